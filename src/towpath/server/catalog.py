"""The models of an access, as its CLI lists them: asked for when they are needed, and kept."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog

from towpath.core.catalog import Offered, find, offered
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.model_names import FAMILIES
from towpath.core.models import CLOUDS, THE_API, Offer

log = structlog.get_logger(__name__)

_KEPT_SECONDS = 3600.0
_ASK_TIMEOUT_SECONDS = 30.0
Ask = Callable[[], Awaitable[Sequence[Mapping[str, Any]]]]


class Models:
    """The models of an access. ``ask`` asks the CLI: at the first request, and again after an hour.

    ``offer``: what its variables say of them.
    """

    def __init__(self, ask: Ask, offer: Offer = THE_API) -> None:
        self._ask = ask
        self._offer = offer
        self._known: tuple[Offered, ...] = ()
        self._asked_at = 0.0
        self._asking = asyncio.Lock()

    async def find(self, name: str) -> Offered:
        """The model that serves a request for a name. Raises ApiError (404) if none does."""
        models = await self.all()
        return find(models, name, await self.offer())

    async def offer(self) -> Offer:
        """What names are resolved with.

        The CLI is asked where the access has ids of its own. If it does not say, its ids are taken as they
        are.
        """
        if self._offer.provider not in CLOUDS:
            return self._offer
        try:
            models = await self.all()
        except ApiError:
            return self._offer
        # Else the CLI would ask the cloud, at each start of a process, what the family is.
        families = {model.alias: model.id for model in models if model.alias in FAMILIES}
        return replace(self._offer, ids=[model.id for model in models], families=families)

    async def all(self) -> tuple[Offered, ...]:
        """All of them. Raises ApiError (500) if the CLI did not say."""
        async with self._asking:  # those that come meanwhile get the same answer
            if not self._known or time.monotonic() - self._asked_at > _KEPT_SECONDS:
                self._known = await self._ask_cli() or self._known
                self._asked_at = time.monotonic()
        if not self._known:
            raise ApiError(
                500, "the Claude CLI did not say which models it offers; the server's log says why"
            )
        return self._known

    async def _ask_cli(self) -> tuple[Offered, ...]:
        try:
            async with asyncio.timeout(_ASK_TIMEOUT_SECONDS):
                return offered(await self._ask())
        except (ProcessDied, TimeoutError) as error:  # an old list is good enough
            log.warning("the CLI was not asked for its models", error=f"{type(error).__name__}: {error}")
            return ()
