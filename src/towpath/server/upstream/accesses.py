"""The accesses of a server: its settings, its environment, and the file of them. Imports no SDK, for
`towpath doctor`."""

from collections.abc import Mapping
from pathlib import Path

from towpath.agent.accesses import Access, accesses, read_accesses
from towpath.agent.environment import Upstream
from towpath.settings import Settings
from towpath.settings.values import default_accesses

NO_FILE = Path()  # what an empty value of the setting is


def accesses_of(settings: Settings, environment: Mapping[str, str]) -> Mapping[str, Access]:
    """By name, the default first. ``environment`` is the server's own. Raises AccessesError."""
    key = settings.upstream_api_key
    upstream = Upstream(settings.upstream, key.get_secret_value() if key else None)
    # At the default place there may be none: one that the user has named must be there.
    is_named = settings.accesses not in (NO_FILE, default_accesses())
    is_wanted = is_named or (settings.accesses != NO_FILE and settings.accesses.exists())
    written = read_accesses(settings.accesses) if is_wanted else {}
    return accesses(written, upstream, environment)
