"""Variables that look like settings and are not: a slip that would otherwise go unnoticed."""

import difflib
from collections.abc import Iterable

from towpath.settings import ENV_PREFIX, Settings


def unknown_settings(names: Iterable[str]) -> list[str]:
    """A sentence for each of these variables that has the prefix of the settings but is not one."""
    known = [Settings.env_name(field) for field in Settings.model_fields]
    unknown = sorted(
        name for name in names if name.upper().startswith(ENV_PREFIX) and name.upper() not in known
    )
    return [f"{name} is not a setting{_meant(name, known)}; it is ignored" for name in unknown]


def _meant(name: str, known: Iterable[str]) -> str:
    # Without the prefix, which would make all names look alike.
    words = {other.removeprefix(ENV_PREFIX): other for other in known}
    near = difflib.get_close_matches(name.upper().removeprefix(ENV_PREFIX), words, n=1)
    return f" (did you mean {words[near[0]]}?)" if near else ""
