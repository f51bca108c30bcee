"""What a server keeps apart for each access: nothing that one account says is taken for another's."""

import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from towpath.agent.accesses import Access
from towpath.agent.bundled_cli import AuthStatus, auth_status
from towpath.agent.catalog import model_entries
from towpath.agent.default_models import for_listing
from towpath.core.models import without_list
from towpath.core.openai.web_search import is_offered
from towpath.server.api.count import Count, EstimatedCount, ExactCount
from towpath.server.catalog import Models
from towpath.server.exchange.events import Publish
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.server.upstream.accesses import accesses_of
from towpath.server.upstream.client import UpstreamApi, asked_with
from towpath.settings import Settings


@dataclass(frozen=True)
class ServedAccess:
    """An access, what is known of its limits and models, and how tokens are counted with it.

    ``ask_login`` asks its CLI who is logged in. ``upstream``: whom the proxy itself asks, if the user gave
    it an address or a key.
    """

    access: Access
    ask_login: Callable[[], Awaitable[AuthStatus | None]]
    limits: KnownLimits
    models: Models
    upstream: UpstreamApi | None
    count: Count

    def has_search(self, wanted: bool | None) -> bool:
        """Whether it has Anthropic's search of the web; ``wanted`` is what the operator says."""
        environment = {**os.environ, **self.access.environment}
        return is_offered(wanted, environment, is_gateway=self.access.is_named)


@dataclass(frozen=True)
class Folders:
    """``run`` has the files of all processes, ``empty`` is the working directory of those without one."""

    run: Path
    empty: Path


def served(
    settings: Settings, folders: Folders, clock: Callable[[], float], publish: Publish, mark: str
) -> Mapping[str, ServedAccess]:
    """All accesses of a server by name. Raises AccessesError.

    ``clock`` is Unix time in seconds; ``mark`` is the server's own in Via.
    """
    make = partial(_served, settings=settings, folders=folders, clock=clock, publish=publish, mark=mark)
    return {name: make(access) for name, access in accesses_of(settings, os.environ).items()}


def _served(
    access: Access,
    settings: Settings,
    folders: Folders,
    clock: Callable[[], float],
    publish: Publish,
    mark: str,
) -> ServedAccess:
    ask_models = partial(model_entries, access.environment, folders.run, access.settings)
    models = Models(ask_models, without_list({**os.environ, **for_listing(access.environment)}))
    upstream = asked_with(access.upstream, mark)
    count: Count = (
        ExactCount(upstream, models)
        if upstream
        else EstimatedCount(
            folders.run,
            folders.empty,
            access.environment,
            models,
            settings.start_timeout_seconds,
            cli_settings=access.settings,
        )
    )
    limits = KnownLimits(clock, publish, access=access.name, no_extra_usage=settings.no_extra_usage)
    ask_login = partial(auth_status, access.environment, folders.run, access.settings)
    return ServedAccess(access, ask_login, limits, models, upstream, count)
