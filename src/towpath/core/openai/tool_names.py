"""The tools of OpenAI's Responses API under names that the Messages API takes, there and back. Pure.

There, a tool may stand in a namespace (two MCP servers may both have an ``add``), and names have no limits
that both APIs share. The model needs one legal name for each.
"""

import re
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

_LEGAL = re.compile(r"[a-zA-Z0-9_-]{1,128}")
_ILLEGAL = re.compile(r"[^a-zA-Z0-9_-]")
_DIGEST_BYTES = 5
_KEPT_CHARS = 128 - 2 * _DIGEST_BYTES - 1


class OwnTool(NamedTuple):
    """A tool as the client names it. ``is_custom``: its calls have a text, not arguments."""

    name: str
    namespace: str | None = None
    is_custom: bool = False


class ToolNames:
    """The names of a request's tools. They depend on the request alone, so each turn has the same."""

    def __init__(self, tools: Iterable[OwnTool] = ()) -> None:
        self._legal: dict[OwnTool, str] = {}
        self._own: dict[str, OwnTool] = {}
        # Those without a namespace first: they keep their names.
        for tool in sorted(tools, key=lambda tool: tool.namespace is not None):
            self._legal.setdefault(tool, self._claimed(tool))

    def legal(self, tool: OwnTool) -> str:
        """The name for the model; also for a tool of the history that the request no longer has."""
        return self._legal.get(tool) or _free(tool, self._own)

    @property
    def custom(self) -> frozenset[str]:
        """Those of the tools whose calls have a text."""
        return frozenset(legal for tool, legal in self._legal.items() if tool.is_custom)

    def own(self, legal: str) -> OwnTool:
        """The tool that the model called; a name that it made up stays as it is."""
        return self._own.get(legal, OwnTool(legal))

    def _claimed(self, tool: OwnTool) -> str:
        legal = _free(tool, self._own)
        self._own[legal] = tool
        return legal


def _free(tool: OwnTool, taken: dict[str, OwnTool]) -> str:
    """The tool's name after its namespace, with a digest if that is not legal or another tool's."""
    joined = "__".join(filter(None, ((tool.namespace or "").rstrip("_"), tool.name)))
    if _LEGAL.fullmatch(joined) and taken.get(joined, tool) == tool:
        return joined
    digest = blake2b(repr(tuple(tool)).encode(errors="surrogatepass"), digest_size=_DIGEST_BYTES).hexdigest()
    return f"{_ILLEGAL.sub('_', joined)[:_KEPT_CHARS]}_{digest}"
