"""How a server makes its processes: what a launch becomes under these settings."""

import itertools
import os
from collections.abc import Mapping
from pathlib import Path
from weakref import WeakSet

from towpath.agent.internal import InternalLimits, InternalProcess
from towpath.agent.passthrough import PassthroughProcess
from towpath.agent.process import AgentProcess
from towpath.agent.verdicts import OnVerdict
from towpath.core.launch import Launch
from towpath.core.mode import Mode
from towpath.settings import Settings


class ProcessMaker:
    """Makes a process for a launch, and knows those that it made; each has a folder of its own below
    ``folder``."""

    def __init__(
        self,
        settings: Settings,
        folder: Path,
        environment: Mapping[str, str],
        on_verdict: OnVerdict,
        *,
        mark: str,
    ) -> None:
        self._settings = settings
        self._mark = mark
        self._folder = folder
        self._environment = environment
        self._on_verdict = on_verdict
        self._internal = _internal_limits(settings)
        self._numbers = itertools.count(1)
        self._made: WeakSet[AgentProcess] = WeakSet()

    def __call__(self, launch: Launch) -> AgentProcess:
        made = self._new(launch, self._folder / str(next(self._numbers)))
        self._made.add(made)
        return made

    def has_made(self, session_id: str) -> bool:
        """Whether one of those that live calls itself so when it asks the API (docs/engine.md, N9)."""
        return any(process.session_id == session_id for process in self._made)

    def environment_of(self, launch: Launch) -> Mapping[str, str]:
        """That of all CLIs, and through which servers this one's requests come, for the upstream.

        The latter only where the operator named an upstream, which may be a server as well: where a login
        belongs, nothing is added to what the CLI sends (docs/engine.md, N10).
        """
        if not self._settings.upstream:
            return self._environment
        via = ", ".join((*launch.via, self._mark))
        return {**self._environment, "ANTHROPIC_CUSTOM_HEADERS": f"via: {via}"}

    def _new(self, launch: Launch, own: Path) -> AgentProcess:
        environment = self.environment_of(launch)
        seconds, gated = self._settings.start_timeout_seconds, self._settings.call_gate
        if launch.mode is Mode.INTERNAL:
            return InternalProcess(
                launch,
                own,
                environment,
                self._internal,
                start_timeout_seconds=seconds,
                on_verdict=self._on_verdict,
                gated=gated,
            )
        return PassthroughProcess(
            launch,
            own,
            environment,
            start_timeout_seconds=seconds,
            on_verdict=self._on_verdict,
            gated=gated,
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
