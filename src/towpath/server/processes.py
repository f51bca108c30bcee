"""How a server makes its processes: what a launch becomes under these settings."""

import itertools
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from towpath.agent.internal import InternalLimits, InternalProcess
from towpath.agent.passthrough import PassthroughProcess
from towpath.agent.process import AgentProcess
from towpath.agent.verdicts import OnVerdict
from towpath.core.launch import Launch
from towpath.core.mode import Mode
from towpath.settings import Settings


def process_maker(
    settings: Settings, folder: Path, environment: Mapping[str, str], on_verdict: OnVerdict
) -> Callable[[Launch], AgentProcess]:
    """A function that makes a process for a launch; each has a folder of its own below ``folder``."""
    numbers, internal = itertools.count(1), _internal_limits(settings)
    seconds, gated = settings.start_timeout_seconds, settings.call_gate

    def new_process(launch: Launch) -> AgentProcess:
        own = folder / str(next(numbers))
        if launch.mode is Mode.INTERNAL:
            return InternalProcess(
                launch,
                own,
                environment,
                internal,
                start_timeout_seconds=seconds,
                on_verdict=on_verdict,
                gated=gated,
            )
        return PassthroughProcess(
            launch,
            own,
            environment,
            start_timeout_seconds=seconds,
            on_verdict=on_verdict,
            gated=gated,
        )

    return new_process


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
