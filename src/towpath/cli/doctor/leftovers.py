"""What earlier versions left outside their own folders, and did not remove with a process."""

from collections.abc import Mapping
from pathlib import Path

from towpath.agent.leftovers import Places, orphans, remove
from towpath.cli.console import own_command
from towpath.cli.doctor.findings import Finding, ok, warning
from towpath.core.figures import counted


def leftovers(state_dir: Path, environment: Mapping[str, str], *, sweep: bool) -> Finding:
    """``sweep``: remove what is found."""
    places = Places.of(environment)
    found = orphans(places, state_dir)
    if sweep:
        remove(found)
    left = sum(path.exists() for path in found)
    return judge_leftovers(len(found), left, places)


def judge_leftovers(found: int, left: int, places: Places) -> Finding:
    """``found``: how many files there were; ``left``: how many of them are still there."""
    removed = f"{counted(found - left, 'file')} removed" if found > left else ""
    if not left:
        return ok(removed or "none")
    detail = (
        f"earlier versions left {counted(left, 'file')} below {places.cache} and {places.config}; "
        "some may hold text from conversations"
    )
    return warning(f"{removed}; {detail}" if removed else detail, own_command("doctor --sweep"))
