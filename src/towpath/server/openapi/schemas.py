"""What a request and an answer look like, as JSON Schema: the rules of ``core/reading/rules`` for a machine.

Built from the tables that the checks themselves use, so that both say the same. What a schema cannot say
(a call and its result, unique names, who speaks last) is in the description of the request. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from towpath.core.reading.block_rules import FIELDS, KEYS, RESULT_TYPES, UNCARRIED_ASSISTANT_TYPES, USER_TYPES
from towpath.core.reading.cache_marks import KIND, LEVELS, LIVES
from towpath.core.reading.rules import (
    CLI_FIELDS,
    MAX_MODEL_CHARS,
    MIN_THINKING_TOKENS,
    NOT_COUNTED,
    OPTIONAL,
    TOOL_CHOICES,
    TOOL_NAME,
)
from towpath.core.statuses import STATUSES

Schema = dict[str, Any]

STRING: Schema = {"type": "string"}
OBJECT: Schema = {"type": "object"}
NEVER: Schema = {"not": {}}
# A character that Python does not take for white space. Spelled out: engines differ in \S (U+001C, U+FEFF).
WITH_TEXT: Schema = {
    "type": "string",
    "pattern": r"[^\t-\r\u001c-\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
}
_JSON_TYPES: Mapping[type, Schema] = {str: STRING, dict: OBJECT}
_SOURCE: Schema = {"type": "object", "properties": {"type": STRING}, "required": ["type"]}

_RULES = (
    "Besides what the schema says: the conversation does not end with the assistant; each tool_use has "
    "exactly one tool_result in the user's next message, its id is unique; a call of the API's own tools has "
    "its result in the same message; a message of role system follows "
    "one of the user's, and is the last or followed by the assistant's; an error result holds text only; "
    "tool names are unique; tool_choice any or tool needs tools, and the tool that it names; integers are "
    "written without decimal point and exponent, below 2^64; the body has at most 32 MB, 200 levels and "
    "a million values. Unknown parameters are passed on to the API."
)


def request_schema() -> Schema:
    """The body of POST /v1/messages."""
    share = {"type": "number", "minimum": 0, "maximum": 1}
    stop = {"type": "array", "items": WITH_TEXT}
    messages = [_user(), _assistant(), _system_message()]
    properties = {
        "model": {"type": "string", "minLength": 1, "maxLength": MAX_MODEL_CHARS},
        "max_tokens": {"type": "integer", "minimum": 1},
        "messages": {"type": "array", "minItems": 1, "items": {"anyOf": messages, **_with_marked_blocks()}},
        "system": _system(STRING),
        "tools": {"type": "array", "items": _tool() | _marked()},
        "cache_control": _mark(),
        "tool_choice": _object({"type": {"enum": list(TOOL_CHOICES)}}),
        "stream": {"type": "boolean", "default": False},
        "temperature": share,
        "top_p": share,
        "top_k": {"type": "integer", "minimum": 0},
        "stop_sequences": stop,
        "thinking": _thinking(),
        "metadata": OBJECT,
        "output_config": OBJECT,
        "thread": {"type": "null", "description": "Conversations are not held by this server."},
    }
    properties |= {name: _or_null(properties[name]) for name in OPTIONAL}
    properties |= dict.fromkeys(CLI_FIELDS, NEVER)
    required = ["model", "max_tokens", "messages"]
    return {"type": "object", "description": _RULES, "properties": properties, "required": required}


def count_schema() -> Schema:
    """The body of POST /v1/messages/count_tokens: the same, without the fields about the answer."""
    schema = request_schema()
    properties = {**schema["properties"], **dict.fromkeys(NOT_COUNTED, NEVER)}
    rules = "As for an answer, but the last message may be of any role."
    return {**schema, "description": rules, "properties": properties, "required": ["model", "messages"]}


def answer_schema() -> Schema:
    """A message from the model: the answer to a request that does not stream."""
    return _object(
        {
            "id": STRING,
            "type": {"const": "message"},
            "role": {"const": "assistant"},
            "model": STRING,
            "content": {"type": "array", "items": _object({"type": STRING})},
            "stop_reason": STRING,
            "stop_sequence": {"type": ["string", "null"]},
            "usage": OBJECT,
        },
        optional=("stop_sequence",),
    )


def error_schema() -> Schema:
    """The API's error object, as a response or as the ``error`` event of a stream."""
    kinds = sorted({status.type for status in STATUSES.values()})
    error = _object({"type": {"type": "string", "examples": kinds}, "message": STRING, "details": OBJECT})
    error["required"] = ["type", "message"]
    return _object({"type": {"const": "error"}, "error": error, "request_id": STRING})


def _mark() -> Schema:
    """A cache mark. The API judges further keys, where it gets them."""
    return _object({"type": {"const": KIND}, "ttl": {"enum": [*LIVES, None]}}, optional=("ttl",))


def _marked(levels: int = LEVELS) -> Schema:
    """Of a block or tool, its mark and those of the blocks inside it: the rest is said elsewhere."""
    properties: Schema = {"cache_control": _or_null(_mark())}
    if levels:
        inner = _with_marked_blocks(levels - 1)
        properties |= {**inner["properties"], "source": inner}
    return {"properties": properties}


def _with_marked_blocks(levels: int = LEVELS) -> Schema:
    return {"properties": {"content": {"items": _marked(levels)}}}


def _user() -> Schema:
    blocks = [_block(kind) for kind in sorted(USER_TYPES - {"text", "tool_result"})]
    blocks += [_object({"type": {"const": "text"}, "text": WITH_TEXT}), _tool_result()]
    content = [WITH_TEXT, {"type": "array", "minItems": 1, "items": {"anyOf": blocks}}]
    return _closed({"role": {"const": "user"}, "content": {"anyOf": content}})


def _assistant() -> Schema:
    # Not listed: what the model said, clients send back, and new types appear.
    known = sorted(set(FIELDS) - (USER_TYPES - {"text"}) - {"tool_use"})
    elsewhere = sorted({*FIELDS, *USER_TYPES, *UNCARRIED_ASSISTANT_TYPES})
    new = _object({"type": {"type": "string", "not": {"enum": elsewhere}}})
    call = _block("tool_use")
    call["properties"]["caller"] = {"enum": [None, {"type": "direct"}]}
    blocks = [*(_block(kind) for kind in known), call, new]
    content = [
        {"type": "string", "minLength": 1},
        {"type": "array", "minItems": 1, "items": {"anyOf": blocks}},
    ]
    return _closed({"role": {"const": "assistant"}, "content": {"anyOf": content}})


def _tool_result() -> Schema:
    parts = [_block(kind) for kind in sorted(RESULT_TYPES)]
    schema = _block("tool_result")
    schema["properties"]["is_error"] = _or_null({"type": "boolean"})
    schema["properties"]["content"] = _or_null(STRING, {"type": "array", "items": {"anyOf": parts}})
    return schema


def _block(kind: str) -> Schema:
    """A block with its required fields; further ones are for the API to judge, if it gets them."""
    fields = {name: _JSON_TYPES[json_type] for name, json_type in FIELDS.get(kind, {}).items()}
    if "source" in fields:
        fields["source"] = _SOURCE
    fields["type"] = {"const": kind}
    further = [name for name in KEYS.get(kind, ()) if name not in fields]
    make = _closed if kind in KEYS else _object
    return make({**fields, **{name: {} for name in further}}, optional=further)


def _system_message() -> Schema:
    content = _system(WITH_TEXT)
    content["anyOf"][1] |= {"minItems": 1}
    return _closed({"role": {"const": "system"}, "content": content})


def _system(text: Schema) -> Schema:
    fields = {"type": {"const": "text"}, "text": {**text, "minLength": 1}}
    further: Schema = {"cache_control": _or_null(_mark()), "citations": {"enum": [None, []]}}
    block = _closed({**fields, **further}, optional=further)
    return {"anyOf": [text, {"type": "array", "items": block}]}


def _tool() -> Schema:
    name = {"type": "string", "pattern": f"^{TOOL_NAME.pattern}$"}
    arguments = _object({"type": {"const": "object"}})
    custom = _object(
        {"type": {"enum": ["custom", None]}, "name": name, "input_schema": arguments}, optional=("type",)
    )
    other = {"type": "string", "not": {"const": "custom"}}
    return {"anyOf": [custom, _object({"type": other, "name": name}, optional=("name",))]}


def _thinking() -> Schema:
    budget = {"type": "integer", "minimum": MIN_THINKING_TOKENS}
    enabled = _object({"type": {"const": "enabled"}, "budget_tokens": budget})
    disabled = _closed({"type": {"const": "disabled"}})
    others = {"type": "string", "not": {"enum": ["enabled", "disabled"]}}
    return {"anyOf": [enabled, disabled, _object({"type": others})]}


def _or_null(*schemas: Schema) -> Schema:
    return {"anyOf": [*schemas, {"type": "null"}]}


def _object(properties: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    required = [name for name in properties if name not in {*optional}]
    return {"type": "object", "properties": dict(properties), "required": required}


def _closed(properties: Mapping[str, Schema], *, optional: Iterable[str] = ()) -> Schema:
    return {**_object(properties, optional=optional), "additionalProperties": False}
