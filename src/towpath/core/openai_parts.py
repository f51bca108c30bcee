"""What stands in the messages of OpenAI's APIs, chat and responses, as blocks of the Messages API. Pure."""

import re
from collections.abc import Mapping, Sequence, Set
from typing import Any

import orjson

from towpath.core.errors import ApiError, invalid

Json = dict[str, Any]

SYSTEM_ROLES = ("system", "developer")
_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+);base64,(.*)", re.DOTALL)
# Images go to the model as they are; a coarser look is none of its parameters.
_DETAILS = (None, "auto", "high", "original")


def refuse_others(fields: Mapping[str, Any], known: Set[str], path: str) -> None:
    """Refuse fields that are not known, unless they say nothing."""
    # Of an earlier answer, as some clients send it back: nothing, or what nobody could act on.
    given = {name for name, value in fields.items() if value not in (None, [])}
    if unknown := sorted(given - known):
        raise invalid(f"{path}.{unknown[0]}", "has no counterpart in the Messages API")


def check_place(role: str, path: str, *, is_first: bool) -> None:
    """Refuse a system message in the middle of a conversation."""
    if not is_first:
        raise invalid(f"{path}.role", f"a {role} message is possible only at the beginning")


def parts(content: Any, path: str, text_type: str) -> Sequence[Json]:
    """The parts of a content; a string is one part of that type."""
    if isinstance(content, str):
        return [{"type": text_type, "text": content}]
    if not isinstance(content, list) or not all(isinstance(part, dict) for part in content):
        raise invalid(path, "Input should be a string or a list of parts")
    return content


def text_block(part: Json) -> Json:
    return {"type": "text", "text": part.get("text")}


def text_blocks(content: Any, path: str, *types: str) -> list[Json]:
    """The blocks of a content that may have parts of these types only; the first is that of a string."""
    blocks = []
    for index, part in enumerate(parts(content, path, types[0])):
        if part.get("type") not in types:
            raise invalid(f"{path}.{index}.type", "only text is possible here")
        blocks.append(text_block(part))
    return blocks


def image(value: Any, name: str, path: str) -> Json:
    """The block of an image whose address is the field ``name`` of ``value``."""
    source = _source(value, name, path)
    if value.get("detail") not in _DETAILS:
        raise invalid(f"{path}.detail", f"{value['detail']!r} has no counterpart in the Messages API")
    return {"type": "image", "source": source}


def document(value: Any, name: str, path: str) -> Json:
    """The block of a file whose data or address is the field ``name`` of ``value``."""
    source = _source(value, name, path)
    title = {"title": value["filename"]} if value.get("filename") else {}
    return {"type": "document", "source": source, **title}


def _source(value: Any, name: str, path: str) -> Json:
    url = value.get(name) if isinstance(value, dict) else None
    if not isinstance(url, str):
        raise invalid(f"{path}.{name}", "Field required")
    if data := _DATA_URL.fullmatch(url):
        return {"type": "base64", "media_type": data[1], "data": data[2]}
    if url.startswith(("https://", "http://")):
        return {"type": "url", "url": url}
    raise invalid(f"{path}.{name}", "must be a data URL (data:image/png;base64,…) or a web address")


def tool_use(call_id: Any, function: Json, path: str) -> Json:
    """The block of a call; ``function`` has its name and, as a string, its arguments."""
    try:
        arguments = orjson.loads(function.get("arguments") or "{}")
    except (orjson.JSONDecodeError, TypeError) as error:
        raise invalid(f"{path}.arguments", f"not JSON: {error}") from error
    return {"type": "tool_use", "id": call_id, "name": function.get("name"), "input": arguments}


def error_body(error: ApiError) -> Json:
    """An error as OpenAI's APIs have it."""
    return {"error": {"message": error.message, "type": error.type, "param": None, "code": None}}
