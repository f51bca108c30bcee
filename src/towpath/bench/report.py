"""A report: all figures of a run, where and with what they were measured, and its form as JSON.

Pure, but for ``this_machine`` and ``installed_versions``, which ask.
"""

import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import psutil

from towpath import __version__
from towpath.bench.driver import Results
from towpath.bench.samples import Row, row

DIRECT = "direct"
TOWPATH = "towpath"


@dataclass(frozen=True)
class TargetReport:
    """What was measured at a target. ``calls_per_request``: None where nobody could count."""

    steps: list[Row]
    calls_per_request: float | None


@dataclass(frozen=True)
class Report:
    """A run. ``left_running``: processes of the proxy that outlived it."""

    machine: dict[str, str | int]
    versions: dict[str, str]
    date: str
    rounds: int
    pause: float
    interrupted: bool
    left_running: int
    targets: dict[str, TargetReport]

    @property
    def has_errors(self) -> bool:
        """Whether an answer was none, or a process outlived the proxy."""
        return bool(self.left_running or any(r.errors for t in self.targets.values() for r in t.steps))

    def as_json(self) -> dict[str, Any]:
        """The document of ``--json``."""
        return asdict(self)


def target_reports(
    results: Results, requests: Mapping[str, int], calls: Mapping[str, int]
) -> dict[str, TargetReport]:
    """The figures of each target. ``requests`` were sent to it, ``calls`` came from it, both by name."""
    return {
        name: TargetReport(
            [row(step, samples[name], samples[DIRECT]) for step, samples in results.items()],
            round(calls[name] / sent, 4) if sent and name in calls else None,
        )
        for name, sent in requests.items()
    }


def attributed(calls: Mapping[str, int], peers: Sequence[str]) -> dict[str, int]:
    """Model calls by target. Those that came to the root of the API are the peer's, if there is but one."""
    found = {name: count for name, count in calls.items() if name}
    if len(peers) == 1 and "" in calls:
        found[peers[0]] = found.get(peers[0], 0) + calls[""]
    return found


def this_machine() -> dict[str, str | int]:
    """What the figures depend on."""
    return {
        "python": platform.python_version(),
        "cpus": os.cpu_count() or 0,
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "platform": platform.platform(),
    }


def installed_versions() -> dict[str, str]:
    """Of Towpath and of the SDK, which brings the CLI."""
    return {"towpath": __version__, "claude-agent-sdk": version("claude-agent-sdk")}
