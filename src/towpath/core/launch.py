"""A launch: all that is fixed when a process starts, and the key that names it.

Two requests can share a process only if their launches are equal. What may differ between two requests of
one conversation is not part of it: the messages and ``stream``.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import blake2b
from typing import Any

from towpath.core.accesses import DEFAULT
from towpath.core.canonical import comparable, digestible
from towpath.core.client_habits.subagents import Agent, agents_of
from towpath.core.mode import Mode
from towpath.core.models import THE_API, Offer, resolve_model
from towpath.core.reading.request import MessagesRequest

_ACCOUNTING_LINE = "x-anthropic-billing-header:"


@dataclass(frozen=True)
class Launch:
    """What a process is started with.

    ``body`` holds the top-level fields of the API request, verbatim: tools, tool_choice, max_tokens,
    sampling parameters, thinking and whatever else the client sent. ``caller`` keeps the sessions of
    two callers apart; it is a digest, never a key. ``access`` names the account that the process uses. In
    internal mode ``body`` has no tools, and ``agents`` are those that the client described. ``cache_hour``:
    the prompt cache is to keep its prompts for an hour. ``via``: marks of the servers that its requests come
    through, where the upstream must hear of them.
    """

    model: str
    system: str
    body: Mapping[str, Any] = field(repr=False)
    cwd: str
    betas: tuple[str, ...] = ()
    caller: str = ""
    access: str = DEFAULT
    mode: Mode = Mode.PASSTHROUGH
    agents: tuple[Agent, ...] = ()
    cache_hour: bool = False
    via: tuple[str, ...] = ()

    @cached_property
    def key(self) -> bytes:
        """Equal for equal launches; neither a tool's ``cache_control`` nor its nulls count here."""
        body = {**self.body, "tools": [_stated(_unmarked(tool)) for tool in self.body.get("tools", ())]}
        agents = [[agent.name, agent.description] for agent in self.agents]
        fixed = [self.model, self.system, self.cwd, self.betas, self.caller, self.access, self.mode]
        values = [*fixed, self.cache_hour, self.via, _unmarked(body), agents]
        return blake2b(digestible(comparable(values)), digest_size=20).digest()

    @property
    def forces_call(self) -> bool:
        """Whether the model must call a tool, as for structured output, where the call is the answer."""
        return (self.body.get("tool_choice") or {}).get("type") in ("any", "tool")

    @cached_property
    def tool_names(self) -> tuple[str, ...]:
        """The names under which the model can call a tool."""
        return tuple(tool["name"] for tool in self.body.get("tools", ()) if "name" in tool)


def launch_of(
    request: MessagesRequest,
    *,
    cwd: str,
    betas: Sequence[str] = (),
    caller: str = "",
    access: str = DEFAULT,
    mode: Mode = Mode.PASSTHROUGH,
    via: tuple[str, ...] = (),
    offer: Offer = THE_API,
) -> Launch:
    """The launch that a request needs, in the working directory that was chosen for it.

    ``offer``: the models of its access. Raises ApiError (404) if it has not the one that is asked for.
    """
    body: dict[str, Any] = {**request.parameters, "max_tokens": request.max_tokens}
    is_internal = mode is Mode.INTERNAL
    if request.tools and not is_internal:
        body["tools"] = [_loaded(tool, request.loaded_tools) for tool in request.tools]
    return Launch(
        model=resolve_model(request.model, offer),
        system=system_text(request.system),
        body=body,
        cwd=cwd,
        betas=tuple(dict.fromkeys(betas)),
        caller=caller,
        access=access,
        mode=mode,
        agents=agents_of(request.tools) if is_internal else (),
        cache_hour=request.cache_hour,
        via=via,
    )


def system_text(blocks: Sequence[str]) -> str:
    """The system prompt as the one text that the CLI takes, a blank line between the client's blocks.

    A client that is itself a Claude Code sends a line with its own version for Anthropic's accounting. If it
    were passed on, the CLI would take it for its own. How the CLI presents itself is not ours to change.
    """
    return "\n\n".join(block for block in blocks if not block.startswith(_ACCOUNTING_LINE))


def _loaded(tool: dict[str, Any], names: Set[str]) -> dict[str, Any]:
    """The tool as the model is to see it from the start, if it was deferred and has been loaded.

    The API puts a deferred tool where a result refers to it. The CLI carries no such reference.
    """
    if tool.get("name") not in names:
        return tool
    return {name: value for name, value in tool.items() if name != "defer_loading"}


def _stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _unmarked(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name != "cache_control"}
