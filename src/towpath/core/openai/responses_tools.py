"""The tools of a request of OpenAI's Responses API as tools of the Messages API. Pure."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from towpath.core.errors import invalid
from towpath.core.openai.custom_tools import custom_function
from towpath.core.openai.shared_fields import as_tool
from towpath.core.openai.shared_parts import refuse_others, string_in
from towpath.core.openai.tool_names import OwnTool, ToolNames
from towpath.core.openai.web_search import NAME, is_live, is_search, search_tool
from towpath.core.to_json import Json

_NAMESPACE = "namespace"
TOOL_ITEMS = ("additional_tools", "tool_search_output")


class _Given(NamedTuple):
    """A tool where the client sent it. ``about``: what it says of the namespace, with its first tool."""

    path: str
    tool: Any
    namespace: str | None = None
    about: str | None = None


class Tools:
    """The tools of a request: its own, and those that items of its input add, which Codex writes.

    One that is there already is the same again.

    Raises ApiError (400) that names the place of something that is no tool.
    """

    def __init__(self, tools: Any, given: Any, *, has_search: bool = False) -> None:
        listed = [*_given(tools, "tools")]
        known = {_own(each) for each in listed}
        items = enumerate(given if isinstance(given, list) else [])
        for index, item in items:
            if isinstance(item, dict) and item.get("type") in TOOL_ITEMS:
                added = [*_given(item.get("tools") or [], f"input.{index}.tools")]
                listed += [each for each in added if _own(each) not in known]
                known |= {_own(each) for each in added}
        self._functions = [each for each in listed if _is_function(each)]
        self.names = ToolNames(own for own in map(_own, self._functions) if own.name)
        can_search = has_search and self.names.own(NAME) not in map(_own, self._functions)
        live = (each for each in listed if is_search(each.tool["type"]) and is_live(each.tool))
        self._searches = [*live][:1] if can_search else []
        carried = [*self._functions, *self._searches]
        self.paths = [each.path for each in carried]
        self.left_out = [f"tools.{each.tool['type']}" for each in listed if each not in carried]

    def translated(self) -> list[Json]:
        """The tools of the Messages API, functions under their legal names."""
        functions = [as_tool(_function(each, self.names)) for each in self._functions]
        return [*functions, *(search_tool(each.tool) for each in self._searches)]


def _is_function(given: _Given) -> bool:
    return given.tool["type"] in ("function", "custom")


def _own(given: _Given) -> OwnTool:
    """The tool by its name, of whatever type that is."""
    name = given.tool.get("name")
    return OwnTool(name if isinstance(name, str) else "", given.namespace, given.tool["type"] == "custom")


def _given(tools: Any, where: str) -> Iterator[_Given]:
    for index, tool in enumerate(_checked(tools, where)):
        path = f"{where}.{index}"
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
