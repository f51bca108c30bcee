"""Launches by name, and a session as the plan sees it."""

from dataclasses import dataclass

from towpath.core.launch import Launch
from towpath.core.ways import State
from towpath.sessions.plan import MIB


def launch(name: str) -> Launch:
    """Equal for equal names."""
    return Launch(model=name, system="", body={}, cwd="/")


LAUNCHES = {name: launch(name) for name in "ABCD"}


@dataclass(eq=False)
class Known:
    """What the plan needs to know of a session."""

    state: State
    since: float
    launch: Launch = LAUNCHES["A"]
    memory_bytes: int = 100 * MIB
    is_starting: bool = False
