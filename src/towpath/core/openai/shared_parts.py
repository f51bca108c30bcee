"""The parts of messages in OpenAI's APIs, chat and responses, as blocks of the Messages API. Pure."""

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from typing import Any

import orjson

from towpath.core.errors import ApiError, invalid
from towpath.core.to_json import Json

SYSTEM_ROLES = ("system", "developer")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)
_MESSAGE = re.compile(r"messages(?:\.(\d+))?(?=[.:])")
# The API's ids have at most 35 characters (toolu_bdrk_…), and OpenAI's at most 40.
_CALL, _TOOL_USE = "call_", "toolu_"


def refuse_others(fields: Mapping[str, Any], known: Set[str], path: str) -> None:
    """Refuse fields that are not known, unless they say nothing."""
    # Some clients send back all fields of an earlier answer; those that say nothing are harmless.
    given = {name for name, value in fields.items() if value not in (None, [])}
    if unknown := sorted(given - known):
        raise invalid(f"{path}.{unknown[0]}", "has no counterpart in the Messages API")


def parts(content: Any, path: str, text_type: str) -> Sequence[Json]:
    """The parts of a content; a string is one part of that type."""
    if isinstance(content, str):
        return [{"type": text_type, "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid(path, "Input should be a string or a list of parts")
    return content


def text_block(part: Json, path: str) -> Json:
    return {"type": "text", "text": string_in(part, "text", path)}


def is_blank(block: Json) -> bool:
    """Whether it is a text of white space, which says nothing. The Messages API refuses it.

    Clients send one beside an image, and as a system prompt that nobody filled in.
    """
    return block["type"] == "text" and not block["text"].strip()


def result(call_id: str, content: str | list[Json]) -> Json:
    """The block of what a call came to."""
    said = content if isinstance(content, str) else [block for block in content if not is_blank(block)]
    return {"type": "tool_result", "tool_use_id": tool_use_id(call_id), "content": said}


def text_blocks(content: Any, path: str, *types: str) -> list[Json]:
    """The blocks of a content that may have parts of these types only; the first is that of a string."""
    blocks = []
    for index, part in enumerate(parts(content, path, types[0])):
        if part.get("type") not in types:
            raise invalid(f"{path}.{index}.type", "only text is possible here")
        blocks.append(text_block(part, f"{path}.{index}"))
    return blocks


def image(value: Any, name: str, path: str) -> Json:
    """The block of an image whose address is the field ``name`` of ``value``."""
    return {"type": "image", "source": _source(value, name, path)}


def document(value: Any, name: str, path: str) -> Json:
    """The block of a file whose data or address is the field ``name`` of ``value``."""
    source = _source(value, name, path)
    title = {"title": value["filename"]} if value.get("filename") else {}
    return {"type": "document", "source": source, **title}


def _source(value: Any, name: str, path: str) -> Json:
    url = string_in(value if isinstance(value, dict) else {}, name, path)
    if data := _DATA_URL.fullmatch(url):
        return {"type": "base64", "media_type": data[1], "data": data[2]}
    if url.startswith(("https://", "http://")):
        return {"type": "url", "url": url}
    raise invalid(f"{path}.{name}", "must be a data URL (data:image/png;base64,…) or a web address")


def call_id(tool_use_id: str) -> str:
    """The id of a call, as OpenAI's APIs write one; ``tool_use_id`` gives back what it was.

    Clients of those APIs number calls afresh whose ids do not begin with ``call_`` (agno, in each request):
    what they send back is then no longer what the model wrote, and no live session holds it.
    """
    return _CALL + tool_use_id if tool_use_id.startswith(_TOOL_USE) else tool_use_id


def tool_use_id(call_id: str) -> str:
    """The id that the model wrote for a call; an id from elsewhere stays as it is."""
    return call_id.removeprefix(_CALL) if call_id.startswith(_CALL + _TOOL_USE) else call_id


def tool_use(call_id: str, function: Json, path: str) -> Json:
    """The block of a call; ``function`` has its name and, as a string, its arguments."""
    try:
        arguments = orjson.loads(function.get("arguments") or "{}")
    except (orjson.JSONDecodeError, TypeError) as error:
        raise invalid(f"{path}.arguments", f"not JSON: {error}") from error
    if not isinstance(arguments, dict):
        raise invalid(f"{path}.arguments", "Input should be an object, as JSON")
    name = string_in(function, "name", path)
    return {"type": "tool_use", "id": tool_use_id(call_id), "name": name, "input": arguments}


def string_in(fields: Json, name: str, path: str) -> str:
    found = fields.get(name)
    if not isinstance(found, str):
        raise invalid(
            f"{path}.{name}", "Field required" if found is None else "Input should be a valid string"
        )
    return found


def with_own_indexes(error: ApiError, name: str, indexes: Sequence[int]) -> ApiError:
    """An error in a message, with the index that the message has in the client's own list ``name``.

    ``indexes`` has that index for each message.
    """
    found = _MESSAGE.match(error.message)
    if not found:
        return error
    own = f"{name}.{indexes[int(found[1])]}" if found[1] else name
    return replace(error, message=own + error.message[found.end() :])


def error_body(error: ApiError) -> Json:
    """An error as OpenAI's APIs have it."""
    return {"error": {"message": error.message, "type": error.type, "param": None, "code": error.code}}
