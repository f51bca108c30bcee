"""A request of OpenAI's Responses API as one of the Messages API. Pure.

Must not know how the request is served, except for the fields that the answer repeats (``repeated``).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from towpath.core.errors import ApiError, invalid
from towpath.core.openai.json_mode import ask_for_object
from towpath.core.openai.last_message import asked_to_go_on
from towpath.core.openai.responses_input import conversation, left_out_items
from towpath.core.openai.responses_tools import Tools
from towpath.core.openai.shared_fields import (
    DEFAULT_MAX_TOKENS,
    Field,
    answer_format,
    choose_tools,
    effort,
    given_fields,
    object_in,
    same,
    stream_options,
    translate,
    user,
)
from towpath.core.openai.shared_parts import is_blank, refuse_others, string_in, with_own_indexes
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.openai.web_search import NAME, is_search
from towpath.core.to_json import Json

# Fields with the values that ask for nothing.
_WITHOUT_EFFECT: Mapping[str, tuple[Any, ...]] = {
    "background": (False,),
}
_ELSEWHERE = {"input", "instructions", "tools", "tool_choice", "parallel_tool_calls"}
_TOOL = re.compile(r"tools\.(\d+)(?=[.:])")
# ``detailed`` is what there is: thinking is shown as the API gives it.
_SUMMARIES = ("auto", "detailed")
_KEPT_NOWHERE = "conversations are not held by this server; send the whole conversation in `input`"
_DEFAULTS: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "user": None,
}


class Translation(NamedTuple):
    """A request of the Messages API, and what is to be known of it later.

    ``indexes`` and ``tool_paths``: where the client sent each message and each tool. ``json_tool``: the tool
    with which the model gives an answer that is to be an object (``json_mode``). ``left_out``: the names of
    items and tools that have no counterpart.
    """

    request: Json
    names: ToolNames
    indexes: list[int]
    tool_paths: list[str]
    json_tool: str | None
    left_out: list[str]


def translation(body: Any, *, has_search: bool = False) -> Translation:
    """The fields of the Messages API for those of a request without hints. Raises ApiError (400).

    ``has_search``: whether the access has Anthropic's search of the web.
    """
    given = given_fields(body)
    request: Json = {"max_tokens": DEFAULT_MAX_TOKENS}
    translate(given, request, _FIELDS, _WITHOUT_EFFECT, _ELSEWHERE)
    tools = Tools(given.get("tools", []), given.get("input"), has_search=has_search)
    if carried := tools.translated():
        request["tools"] = carried
    indexes = _converse(given, tools.names, request)
    choose_tools(given, lambda choice: _chosen(choice, tools.names), request)
    json_tool = ask_for_object(request) if _asks_for_object(given) else None
    left_out = [*tools.left_out, *left_out_items(given["input"])]
    return Translation(request, tools.names, indexes, tools.paths, json_tool, left_out)


def renamed(error: ApiError, made: Translation) -> ApiError:
    """An error in the request that was made, with the names that the client used."""
    if error.message.startswith("max_tokens:"):
        return replace(error, message=f"max_output_tokens{error.message.removeprefix('max_tokens')}")
    if tool := _TOOL.match(error.message):
        rest = error.message[tool.end() :].replace(".input_schema", ".parameters", 1)
        return replace(error, message=made.tool_paths[int(tool[1])] + rest)
    return with_own_indexes(error, "input", made.indexes)


def repeated(body: Json) -> Json:
    """The fields of a translated request that its answer repeats, absent ones with their defaults."""
    given = given_fields(body)
    reasoning = {"effort": None, "summary": None, **given.get("reasoning", {})}
    text = {"format": {"type": "text"}, **given_fields(given.get("text", {}))}
    return {
        "model": given.get("model"),
        **{name: given.get(name, default) for name, default in _DEFAULTS.items()},
        "background": False,
        "previous_response_id": None,
        "reasoning": reasoning,
        "store": False,
        "text": text,
        "truncation": "disabled",
    }


def wants_summary(body: Json) -> bool:
    """Whether thinking is to be shown."""
    return bool((body.get("reasoning") or {}).get("summary"))


def _converse(given: Json, names: ToolNames, request: Json) -> list[int]:
    """Returns which of the client's items each message was."""
    instructions = given.get("instructions", "")
    if not isinstance(instructions, str):
        raise invalid("instructions", "Input should be a valid string")
    if "input" not in given:
        raise invalid("input", "Field required")
    said = conversation(given["input"], names)
    first = {"type": "text", "text": instructions}
    said = said._replace(system=said.system if is_blank(first) else [first, *said.system])
    request["messages"] = asked_to_go_on(said)
    if said.system:
        request["system"] = said.system
    return said.indexes


def _chosen(choice: Json, names: ToolNames) -> str:
    if is_search(choice["type"]):
        return NAME
    refuse_others(choice, {"type", "name", "namespace"}, "tool_choice")
    namespace = None if choice.get("namespace") is None else string_in(choice, "namespace", "tool_choice")
    own = OwnTool(string_in(choice, "name", "tool_choice"), namespace, choice["type"] == "custom")
    return names.legal(own)


def _text(value: Any, request: Json) -> None:
    given = _fields_of(value, "text", {"format"})
    if "format" in given and not _is_of_object(given["format"]):
        answer_format(given["format"], _described, request, "text.format")


def _described(given: Json) -> Json:
    refuse_others(given, {"type", "name", "description", "schema", "strict"}, "text.format")
    object_in(given, "schema", "text.format")
    return given


def _asks_for_object(given: Json) -> bool:
    return _is_of_object((given.get("text") or {}).get("format"))


def _is_of_object(given: Any) -> bool:
    return isinstance(given, dict) and given.get("type") == "json_object"


def _reasoning(value: Any, request: Json) -> None:
    given = _fields_of(value, "reasoning", {"effort", "summary"})
    if given.get("summary") not in (None, *_SUMMARIES):
        raise invalid("reasoning.summary", f"{given['summary']!r} is not one of: {', '.join(_SUMMARIES)}")
    if "effort" in given:
        effort(given["effort"], request, "reasoning.effort")


def _fields_of(value: Any, path: str, known: set[str]) -> Json:
    if not isinstance(value, dict):
        raise invalid(path, "Input should be an object")
    refuse_others(value, known, path)
    return given_fields(value)


def _labels(name: str) -> Field:
    """Labels for a reader of the answer or a log, not for the model."""

    def check(value: Any, _request: Json) -> None:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise invalid(name, "Input should be an object of strings")

    return check


def _prompt_cache_key(value: Any, _request: Json) -> None:
    # A hint where to look for a cached prefix. Here prefixes are found by their content.
    if not isinstance(value, str):
        raise invalid("prompt_cache_key", "Input should be a valid string")


def _previous_response_id(_value: Any, _request: Json) -> None:
    # OpenAI's code for a response that it does not have, after which clients send everything.
    raise replace(invalid("previous_response_id", _KEPT_NOWHERE), code="previous_response_not_found")


def _conversation(_value: Any, _request: Json) -> None:
    raise invalid("conversation", _KEPT_NOWHERE)


def _max_output_tokens(value: Any, request: Json) -> None:
    request["max_tokens"] = value


_FIELDS: Mapping[str, Field] = {
    "model": same("model"),
    "stream": same("stream"),
    "top_p": same("top_p"),
    "max_output_tokens": _max_output_tokens,
    "temperature": same("temperature"),
    "text": _text,
    "reasoning": _reasoning,
    "user": user,
    "safety_identifier": user,
    "metadata": _labels("metadata"),
    "client_metadata": _labels("client_metadata"),  # Codex sends it with each request
    "prompt_cache_key": _prompt_cache_key,
    "previous_response_id": _previous_response_id,
    "conversation": _conversation,
    "stream_options": lambda value, _: stream_options(value, {"include_obfuscation"}),
}
