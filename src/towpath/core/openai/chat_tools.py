"""The tools of a request of OpenAI's chat API as functions. Pure.

Editors that were made for other APIs write them here as there: with their fields beside the type, as OpenAI's
Responses API has them, or with the names that the Messages API has for these.
"""

from collections.abc import Iterator
from typing import Any

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import custom_function
from towpath.core.to_json import Json

_KINDS = ("function", "custom")


def with_inner_fields(body: Any) -> Any:
    """The body with the fields of each tool, and of a tool that is chosen, where the chat API has them."""
    if not isinstance(body, dict):
        return body
    made = dict(body)
    if isinstance(body.get("tools"), list):
        made["tools"] = [_with_inner_fields(tool) for tool in body["tools"]]
    if body.get("tool_choice") is not None:
        made["tool_choice"] = _with_inner_fields(body["tool_choice"])
    return made


def function(tool: Any, path: str) -> Json:
    """The function that a tool is. Raises ApiError (400) for one that is none."""
    kind = tool.get("type") if isinstance(tool, dict) else None
    if kind not in _KINDS or not isinstance(tool.get(kind), dict):
        problem = "only functions and custom tools have a counterpart in the Messages API"
        raise invalid(f"{path}.type", problem)
    fields = tool["function"] if kind == "function" else custom_function(tool["custom"], f"{path}.custom")
    return {"cache_control": tool.get("cache_control"), **fields}


def custom_names(tools: list[Any]) -> Iterator[str]:
    """The names of the tools whose calls have a text. All are known to be tools."""
    return (str(tool["custom"].get("name")) for tool in tools if tool["type"] == "custom")


def _with_inner_fields(tool: Any) -> Any:
    if not isinstance(tool, dict) or "name" not in tool:
        return tool
    kind = tool.get("type")
    fields = {name: value for name, value in tool.items() if name not in ("type", "cache_control")}
    if isinstance(schema := fields.pop("input_schema", None), dict) and kind in (None, "custom"):
        kind, fields["parameters"] = "function", schema
    if kind not in _KINDS or kind in fields:
        return tool
    return {"type": kind, kind: fields, "cache_control": tool.get("cache_control")}
