"""What a request's body asks for: a model call, where it runs, and which conversation it continues."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import structlog
from starlette.datastructures import Headers
from starlette.types import Receive

from towpath.core.canonical import Tip, tips
from towpath.core.client_habits.subagents import tool_for_agents
from towpath.core.client_habits.workdir import named_directory
from towpath.core.launch import Launch, launch_of
from towpath.core.mode import HEADER, Mode, mode_of
from towpath.core.models import Offer
from towpath.core.prompt_cache.causes import Prompt, prompt_of
from towpath.core.reading.internal_rules import check_internal
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import MessagesRequest, parse_request
from towpath.server.http.parse_queue import ParseQueue
from towpath.server.via import marks_in
from towpath.settings import Settings

log = structlog.get_logger(__name__)

_SHOWN_CHARS = 200  # of a path, in the log


@dataclass(frozen=True)
class Asked:
    """A request and what follows from it: its launch, the tips of its conversation, its prompt as the cache
    sees it. ``body`` is of the Messages API; ``cpu_seconds``: what it took to find all that out."""

    body: bytes
    request: MessagesRequest
    launch: Launch
    tips: Sequence[Tip]
    prompt: Prompt
    cpu_seconds: float


class RequestReader:
    """Reads bodies, of the Messages API or translated to it.

    ``empty_folder`` is the working directory when neither the settings nor the request name one. ``offers``
    say which models each access has; ``named`` are those whose user gave the address of their upstream.
    """

    def __init__(
        self,
        settings: Settings,
        memo: MessageMemo,
        queue: ParseQueue,
        empty_folder: Path,
        offers: Mapping[str, Callable[[], Awaitable[Offer]]],
        named: Set[str] = frozenset(),
    ) -> None:
        self._settings = settings
        self._memo = memo
        self._queue = queue
        self._empty_folder = empty_folder
        self._offers = offers
        self._named = named
        self._started_in = Path.cwd()

    async def read(
        self,
        body: bytes,
        headers: Headers,
        caller: str,
        access: str,
        receive: Receive,
        translated: Callable[[bytes], bytes],
    ) -> Asked:
        """What a body asks for. ``translated`` makes a body of the Messages API of it.

        Raises ApiError for a request that breaks a rule, ClientDisconnect if its client leaves before that.
        """
        offer = await self._offers[access]()
        asked = partial(self._asked, body, headers, caller, access, offer, translated)
        return await self._queue.run(body, asked, receive)

    def _asked(
        self,
        sent: bytes,
        headers: Headers,
        caller: str,
        access: str,
        offer: Offer,
        translated: Callable[[bytes], bytes],
    ) -> Asked:
        before = time.thread_time()
        body = translated(sent)
        request = parse_request(body, self._memo, self._settings.transient_texts)
        launch = self._launch(request, headers, caller, access, offer)
        digests = tips(launch.key, request.digests)
        prompt = prompt_of(launch, request.messages, request.digests)
        return Asked(body, request, launch, digests, prompt, time.thread_time() - before)

    def _launch(
        self, request: MessagesRequest, headers: Headers, caller: str, access: str, offer: Offer
    ) -> Launch:
        settings = self._settings
        mode = mode_of(headers.get(HEADER), settings.mode, allows_internal=settings.allow_internal)
        if mode is Mode.INTERNAL:
            check_internal(request)
        named = ",".join(headers.getlist("anthropic-beta"))
        launch = launch_of(
            request,
            cwd=str(self._working_directory(request, mode)),
            betas=[beta.strip() for beta in named.split(",") if beta.strip()],
            caller=caller,
            access=access,
            mode=mode,
            via=marks_in(headers) if access in self._named else (),
            offer=offer,
        )
        if mode is Mode.INTERNAL and not launch.agents and (tool := tool_for_agents(request.tools)):
            log.info("no agents found in the description of a tool", tool=tool)
        return launch

    def _working_directory(self, request: MessagesRequest, mode: Mode) -> Path:
        if self._settings.workdir:
            return self._settings.workdir
        if mode is Mode.INTERNAL:
            return self._started_in
        named = named_directory("\n".join(request.system))
        if named and _may_enter(named):
            return Path(named)
        if named:
            _say_once_of(named[:_SHOWN_CHARS])
        return self._empty_folder


def _may_enter(directory: str) -> bool:
    """Whether this server's user may work there. A client can name anything, a folder of another machine
    included."""
    is_there = os.path.isdir(directory)  # noqa: PTH112 - Path's own raises for a folder inside a closed one
    return is_there and os.access(directory, os.X_OK)


@lru_cache  # otherwise each request of a conversation would say it
def _say_once_of(directory: str) -> None:
    log.warning(
        "cannot enter the working directory that a client names, an empty one serves", named=directory
    )
