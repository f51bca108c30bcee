"""The tools of a request of OpenAI's Responses API as tools of the Messages API. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import custom_function
from towpath.core.openai.shared_parts import refuse_others, string_in
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.to_json import Json

_NAMESPACE = "namespace"


class _Given(NamedTuple):
    """A tool where the client sent it. ``about``: what it says of the namespace, with its first tool."""

    path: str
    tool: Any
    namespace: str | None = None
    about: str | None = None


def functions(tools: Any, names: ToolNames) -> list[Json]:
    """The tools as functions, under their legal names. Raises ApiError (400) that names the place."""
    return [_function(given, names) for given in _carried(tools)]


def tool_names(tools: Any) -> ToolNames:
    """The names of the tools. Those that are no tools at all are refused by ``functions``."""
    return ToolNames(
        OwnTool(given.tool["name"], given.namespace, given.tool["type"] == "custom")
        for given in _carried(tools)
        if isinstance(given.tool.get("name"), str)
    )


def tool_paths(tools: Any) -> list[str]:
    """Where the client sent each of the tools of ``functions``."""
    return [given.path for given in _carried(tools)]


def left_out_tools(tools: Any) -> list[str]:
    """The types of the tools that only OpenAI runs, as the response header names them."""
    return [f"tools.{given.tool['type']}" for given in _given(tools) if not _is_carried(given)]


def _carried(tools: Any) -> list[_Given]:
    return [given for given in _given(tools) if _is_carried(given)]


def _is_carried(given: _Given) -> bool:
    return given.tool["type"] in ("function", "custom")


def _given(tools: Any) -> Iterator[_Given]:
    for index, tool in enumerate(_checked(tools, "tools")):
        path = f"tools.{index}"
        if tool["type"] != _NAMESPACE:
            yield _Given(path, tool)
            continue
        refuse_others(tool, {"type", "name", "description", "tools"}, path)
        name, about = string_in(tool, "name", path), tool.get("description")
        for place, inner in enumerate(_checked(tool.get("tools"), f"{path}.tools")):
            yield _Given(f"{path}.tools.{place}", inner, name, None if place else about)


def _checked(tools: Any, path: str) -> list[Json]:
    if not isinstance(tools, list):
        raise invalid(path, "Input should be a list")
    for index, tool in enumerate(tools):
        string_in(tool if isinstance(tool, dict) else {}, "type", f"{path}.{index}")
    return tools


def _function(given: _Given, names: ToolNames) -> Json:
    tool, path = given.tool, given.path
    is_custom = tool["type"] == "custom"
    if is_custom:
        function = custom_function(tool, path)
    else:
        refuse_others(tool, {"type", "name", "description", "parameters", "strict", "defer_loading"}, path)
        function = dict(tool)
    own = OwnTool(string_in(tool, "name", path), given.namespace, is_custom)
    function["name"] = names.legal(own)
    if given.about:
        about = f"About all tools of {given.namespace}: {given.about}"
        function["description"] = "\n\n".join(filter(None, (about, function.get("description"))))
    return function
