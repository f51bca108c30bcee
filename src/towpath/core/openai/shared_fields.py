"""Fields of a request that OpenAI's APIs share, chat and responses, in the Messages API's words. Pure.

What has no counterpart, and is not one of the hints that were left out before (``left_out``), is a 400 that
names the field; a field that is null, or that has its default, asks for nothing.
"""

from collections.abc import Callable, Mapping, Set
from typing import Any

from towpath.core.errors import invalid
from towpath.core.openai.web_search import is_search
from towpath.core.to_json import Json

Field = Callable[[Any, Json], None]
"""Puts what a value asks for into the request of the Messages API."""

# Those APIs have no default: a model may write until its window is full. Every current model of the Messages
# API can write this much.
DEFAULT_MAX_TOKENS = 32_000
_EFFORTS = {
    "minimal": "low",
    "low": "low",
    "medium": "medium",
    "high": "high",
    "xhigh": "xhigh",
    "max": "max",
}
_TOOL_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def given_fields(body: Any) -> Json:
    """The fields of a body that are not null."""
    if not isinstance(body, dict):
        raise invalid("body", "Input should be an object")
    return {name: value for name, value in body.items() if value is not None}


def translate(
    given: Mapping[str, Any],
    request: Json,
    fields: Mapping[str, Field],
    without_effect: Mapping[str, tuple[Any, ...]],
    elsewhere: Set[str],
) -> None:
    """Put all fields into ``request`` except those that are read ``elsewhere``.

    ``without_effect``: fields with the values that ask for nothing.
    """
    for name, value in given.items():
        if name in without_effect:
            if value not in without_effect[name]:
                raise invalid(name, f"{value!r} has no counterpart in the Messages API")
        elif name in fields:
            fields[name](value, request)
        elif name not in elsewhere:
            raise invalid(name, "has no counterpart in the Messages API")


def same(name: str) -> Field:
    """A field of one name and meaning in both."""

    def copy(value: Any, request: Json) -> None:
        request[name] = value

    return copy


def user(value: Any, request: Json) -> None:
    request["metadata"] = {"user_id": value}


def stream_options(value: Any, allowed: Set[str]) -> None:
    if not isinstance(value, dict) or not value.keys() <= allowed:
        raise invalid("stream_options", f"has fields other than {', '.join(sorted(allowed))}")


def effort(value: Any, request: Json, path: str) -> None:
    if value == "none":
        request["thinking"] = {"type": "disabled"}
    elif isinstance(value, str) and value in _EFFORTS:
        request.setdefault("output_config", {})["effort"] = _EFFORTS[value]
    else:
        raise invalid(path, f"{value!r} is not one of: none, {', '.join(_EFFORTS)}")


def tools(value: Any, function_of: Callable[[Any, str], Json], request: Json) -> None:
    """``function_of`` finds the fields of a function in a tool, whose path it gets."""
    if not isinstance(value, list):
        raise invalid("tools", "Input should be a list")
    functions = (function_of(tool, f"tools.{index}") for index, tool in enumerate(value))
    request["tools"] = [as_tool(function) for function in functions]


def as_tool(function: Json) -> Json:
    made = {"name": function.get("name"), "input_schema": function.get("parameters") or {"type": "object"}}
    optional = {name: function[name] for name in ("description", "cache_control") if function.get(name)}
    return {**made, **optional}


def choose_tools(given: Mapping[str, Any], name_of: Callable[[Json], Any], request: Json) -> None:
    """``name_of`` finds the name in a choice of one tool."""
    choice, parallel = given.get("tool_choice"), given.get("parallel_tool_calls")
    if not isinstance(parallel, bool | None):
        raise invalid("parallel_tool_calls", "Input should be a valid boolean")
    if choice is None and parallel is not False:
        return
    made: Json = {"type": "auto"}
    if isinstance(choice, str) and choice in _TOOL_CHOICES:
        made = {"type": _TOOL_CHOICES[choice]}
    elif isinstance(choice, dict) and _is_of_one(choice.get("type")):
        made = {"type": "tool", "name": name_of(choice)}
    elif choice is not None:
        raise invalid("tool_choice", f"{choice!r} is not one of {', '.join(_TOOL_CHOICES)}, nor one tool")
    if parallel is False and made["type"] != "none":
        made["disable_parallel_tool_use"] = True
    if request.get("tools") or made["type"] in ("any", "tool"):
        request["tool_choice"] = made


def _is_of_one(kind: Any) -> bool:
    return kind in ("function", "custom") or is_search(kind)


def answer_format(value: Any, described: Callable[[Json], Json], request: Json, path: str) -> None:
    """``described`` finds, in a format of type json_schema, the object with schema and description."""
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "json_schema":
        output = request.setdefault("output_config", {})
        output["format"] = {"type": "json_schema", "schema": _schema(described(value))}
    elif kind != "text":
        raise invalid(f"{path}.type", f"{kind!r} has no counterpart; use json_schema with a schema")


def _schema(given: Json) -> Any:
    """The schema, which can have a description where the format of the Messages API can not."""
    schema, description = given.get("schema"), given.get("description")
    if not isinstance(schema, dict) or not description:
        return schema
    own = schema.get("description")
    return {**schema, "description": f"{description}\n\n{own}" if own else description}


def object_in(value: Json, name: str, path: str) -> Json:
    found = value.get(name)
    if not isinstance(found, dict):
        raise invalid(f"{path}.{name}", "Input should be an object")
    return found
