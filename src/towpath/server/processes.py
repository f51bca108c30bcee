"""How a server makes its processes: what a launch becomes under these settings."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol
from weakref import WeakSet

from towpath.agent.accesses import Access
from towpath.agent.internal import InternalLimits, InternalProcess
from towpath.agent.passthrough import PassthroughProcess
from towpath.agent.process import AgentProcess
from towpath.agent.verdicts import OnVerdict
from towpath.core.launch import Launch
from towpath.core.mode import Mode
from towpath.sessions.process import Process
from towpath.settings import Settings


class Processes(Protocol):
    """All processes of a server: called with a launch, it makes one that has not been started."""

    def __call__(self, launch: Launch, /) -> Process: ...

    def has_made(self, session_id: str, /) -> bool:
        """Whether one of those that live calls itself so when it asks the API (docs/engine.md, N9)."""


class MakesProcesses(Protocol):
    """Makes all of them, below ``folder``; ``accesses`` and ``mark`` as ``ProcessMaker`` takes them."""

    def __call__(
        self,
        settings: Settings,
        folder: Path,
        accesses: Mapping[str, tuple[Access, OnVerdict]],
        /,
        *,
        mark: str,
    ) -> Processes: ...


class ProcessMaker:
    """Makes a process for a launch, and knows those that it made; each has a folder of its own below
    ``folder``. ``accesses``: which ones there are, and who is told of the limits of each."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        accesses: Mapping[str, tuple[Access, OnVerdict]],
        *,
        mark: str,
    ) -> None:
        self._settings = settings
        self._mark = mark
        self._folder = folder
        self._accesses = accesses
        self._internal = _internal_limits(settings)
        self._numbers = itertools.count(1)
        self._made: WeakSet[AgentProcess] = WeakSet()

    def __call__(self, launch: Launch) -> AgentProcess:
        made = self._new(launch, self._folder / str(next(self._numbers)))
        self._made.add(made)
        return made

    def has_made(self, session_id: str) -> bool:
        return any(process.session_id == session_id for process in self._made)

    def environment_of(self, launch: Launch) -> Mapping[str, str]:
        """That of the CLIs of its access, and through which servers its requests come, for the upstream.

        The latter only where the user named an upstream, which may be a server as well: where a login
        belongs, nothing is added to what the CLI sends (docs/engine.md, N10).
        """
        access, _ = self._accesses[launch.access]
        if not access.is_named:
            return access.environment
        via = f"via: {', '.join((*launch.via, self._mark))}"
        headers = "\n".join(filter(None, (access.added_headers, via)))
        return {**access.environment, "ANTHROPIC_CUSTOM_HEADERS": headers}

    def _new(self, launch: Launch, own: Path) -> AgentProcess:
        environment = self.environment_of(launch)
        seconds, gated = self._settings.start_timeout_seconds, self._settings.call_gate
        access, on_verdict = self._accesses[launch.access]
        if launch.mode is Mode.INTERNAL:
            return InternalProcess(
                launch,
                own,
                environment,
                self._internal,
                start_timeout_seconds=seconds,
                on_verdict=on_verdict,
                gated=gated,
                cli_settings=access.settings,
            )
        return PassthroughProcess(
            launch,
            own,
            environment,
            start_timeout_seconds=seconds,
            on_verdict=on_verdict,
            gated=gated,
            cli_settings=access.settings,
        )


def _internal_limits(settings: Settings) -> InternalLimits:
    # A command may print its environment, and the model reads what it prints.
    secret = ("ANTHROPIC_", "CLAUDE_")
    return InternalLimits(
        environment={name: value for name, value in os.environ.items() if not name.startswith(secret)},
        allow_bash=settings.allow_bash,
        max_turns=settings.max_turns,
        shows_tools=settings.show_tools,
        shows_changes=settings.file_changes,
    )
