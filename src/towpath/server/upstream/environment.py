"""What tells a CLI of the operator's upstream. Imports no SDK, for `towpath doctor`."""

from collections.abc import Mapping

from towpath.agent.environment import Upstream, cli_environment
from towpath.settings import Settings


def environment_of_clis(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """What to set for every CLI of a server whose own environment is ``environment``."""
    key = settings.upstream_api_key
    upstream = Upstream(settings.upstream, key.get_secret_value() if key else None)
    return cli_environment(upstream, environment)
