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
    file = settings.accesses
    is_named = "accesses" in settings.model_fields_set and file != default_accesses()
    is_wanted = file != NO_FILE and (is_named or file.exists())
    written = read_accesses(file) if is_wanted else {}
    return accesses(written, upstream, environment)
