"""Launches by name, and a session as the plan sees it."""

from dataclasses import dataclass

from towpath.core.accesses import DEFAULT
from towpath.core.gone_on import GoneOn
from towpath.core.launch import Launch
from towpath.core.life import State
from towpath.sessions.memory_budget import MIB


def launch(name: str) -> Launch:
    """Equal for equal names. ``F…`` forces a call, ``…@work`` is by the access work."""
    body = {"tool_choice": {"type": "any"}} if name.startswith("F") else {}
    access = name.partition("@")[2] or DEFAULT
    return Launch(model=name, system="", body=body, cwd="/", access=access)


LAUNCHES = {name: launch(name) for name in "ABCDF"}


@dataclass(eq=False)
class Known:
    """What the plan needs to know of a session."""

    state: State
    since: float
    launch: Launch = LAUNCHES["A"]
    memory_bytes: int = 100 * MIB
    is_starting: bool = False
    gone_on: GoneOn = GoneOn.NO
