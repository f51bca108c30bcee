"""From a request's body to the events of its answer, whichever door it came through."""

import os
import re
import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

from starlette.datastructures import Headers
from starlette.types import Receive
from structlog.contextvars import bind_contextvars

from towpath.core.canonical import Tip, tips
from towpath.core.client_habits.subagents import tool_for_agents
from towpath.core.client_habits.workdir import named_directory
from towpath.core.errors import ApiError
from towpath.core.launch import Launch, launch_of
from towpath.core.mode import HEADER, Mode, check_internal, mode_of
from towpath.core.prompt_cache.causes import Prompt, prompt_of
from towpath.core.prompt_cache.memory import CacheMemory
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import MessagesRequest, parse_request
from towpath.core.ways import Start
from towpath.server.dashboard.activity import Activity
from towpath.server.exchange.limits import KnownLimits
from towpath.server.exchange.preview import Words
from towpath.server.exchange.record import ExchangeRecord, Observer, log, tell
from towpath.server.exchange.recorder import Recorder
from towpath.server.http.parse_queue import Reading
from towpath.server.http.streaming import Items
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher, Reply
from towpath.settings import Settings

_SHOWN_CHARS = 200  # of a path, in the log
_NOT_IN_HEADERS = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True)
class _Asked:
    """A request with what it needs: its launch, the tips of its conversation, and how the cache sees it."""

    request: MessagesRequest
    launch: Launch
    tips: Sequence[Tip]
    prompt: Prompt
    cpu_seconds: float  # what it took to find all that out


class Exchanges:
    """Makes exchanges of requests. ``empty_folder``: where a model works that was told no place.

    ``clock`` is Unix time in seconds: a machine that slept has an older cache.
    """

    def __init__(
        self,
        settings: Settings,
        dispatcher: Dispatcher,
        admission: Admission,
        empty_folder: Path,
        memo: MessageMemo,
        limits: KnownLimits,
        reading: Reading,
        observers: Sequence[Observer],
        activity: Activity,
        clock: Callable[[], float],
    ) -> None:
        self._settings = settings
        self._dispatcher = dispatcher
        self._admission = admission
        self._empty_folder = empty_folder
        self._observers = [*observers, activity.observe]
        self._activity = activity
        self._recorder = _recorder(settings)
        self._started_in = Path.cwd()
        self._memo = memo
        self._limits = limits
        self._reading = reading
        self._cache = CacheMemory()
        self._clock = clock

    async def begin(
        self, body: bytes, headers: Headers, caller: str, request_id: str, receive: Receive
    ) -> tuple[MessagesRequest, Items]:
        """The request in a body of the Messages API, and the items of its answer, which begin when asked for.

        Raises ApiError for a request that breaks a rule, ClientDisconnect if its client leaves before that.
        """
        asked = await self._reading.of(body, partial(self._asked, body, headers, caller), receive)
        items = self._exchange(asked, request_id)
        if self._recorder:
            items = self._recorder.recorded(items, request_id, headers, body)
        return asked.request, items

    def refused(self, request_id: str, error: ApiError) -> None:
        """A request broke a rule before there was an exchange."""
        log.info("refused", request_id=request_id, status=error.status, type=error.type)
        self._activity.refused(request_id, error)

    def _asked(self, body: bytes, headers: Headers, caller: str) -> _Asked:
        """What a body asks for."""
        before = time.thread_time()
        request = parse_request(body, self._memo, self._settings.transient_texts)
        launch = self._launch(request, headers, caller)
        digests = tips(launch.key, request.digests)
        prompt = prompt_of(launch, request.messages, request.digests)
        return _Asked(request, launch, digests, prompt, time.thread_time() - before)

    async def _exchange(self, asked: _Asked, request_id: str) -> Items:
        """The exchange, from its place in the queue to its last event, with one log line at its end."""
        messages = asked.request.messages
        bind_contextvars(request_id=request_id)
        words = Words(messages[-1]) if self._settings.show_content else None
        record = ExchangeRecord(request_id, asked.launch, asked.tips, asked.cpu_seconds, words)
        self._activity.begins(record)
        try:
            async with self._admission.enter(answers=self._dispatcher.is_awaited(messages, asked.tips)):
                record.started()
                self._activity.goes_on(record)
                self._limits.check(asked.launch.model)
                reply = await self._dispatcher.reply(
                    asked.launch, messages, asked.tips, asked.prompt.messages
                )
                record.opened(reply)
                self._activity.goes_on(record)
                async with aclosing(reply.rest) as rest:
                    record.saw(reply.first)
                    judged = self._judge_cache(record, asked.prompt, reply)
                    own = _headers(reply, asked.request, record, has_cache=judged)
                    yield {**self._limits.headers(asked.launch.model), **own}
                    yield reply.first
                    async for event in rest:
                        record.saw(event)
                        if event["type"] == "message_delta" and not judged:
                            judged = self._judge_cache(record, asked.prompt, reply)
                        yield event
        except ApiError as error:
            record.failed(error)
            error.headers = {**self._limits.headers(asked.launch.model), **error.headers}
            raise
        except Exception as error:
            log.exception("exchange failed")
            failure = ApiError(500, f"{type(error).__name__} in towpath; its log says more")
            record.failed(failure)
            raise failure from error
        finally:
            tell(self._observers, record)

    def _judge_cache(self, record: ExchangeRecord, prompt: Prompt, reply: Reply) -> bool:
        """Whether the usage that is known by now says what the cache did; the note is in the record."""
        use = record.cache
        if not use.prompt:
            return False  # some gateways have no figures before the end
        now = self._clock()
        note = self._cache.note(
            prompt,
            use,
            sent_at=now - (time.monotonic() - reply.taken_at),
            now=now,
            is_start=reply.way == Start.name,
        )
        record.cache_note, record.cache_cause = (note.sentence, note.cause) if note else (None, None)
        return True

    def _launch(self, request: MessagesRequest, headers: Headers, caller: str) -> Launch:
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
            mode=mode,
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
    """Whether this server's user may work there. Anything may be named: another machine's folder, or none."""
    is_there = os.path.isdir(directory)  # noqa: PTH112 - Path's own raises for a folder inside a closed one
    return is_there and os.access(directory, os.X_OK)


@lru_cache  # else each request of a conversation would say it
def _say_once_of(directory: str) -> None:
    log.warning(
        "cannot enter the working directory that a client names, an empty one serves", named=directory
    )


def _recorder(settings: Settings) -> Recorder | None:
    return Recorder(settings.record, with_content=settings.record_content) if settings.record else None


def _headers(
    reply: Reply, request: MessagesRequest, record: ExchangeRecord, *, has_cache: bool
) -> dict[str, str]:
    cache = f"read={record.cache.read} write={record.cache.written}"
    note = f"; miss={record.cache_note}" if record.cache_note else ""
    loaded = len(request.loaded_tools)
    return {
        "server-timing": ", ".join(f"{name};dur={ms}" for name, ms in record.phases.items()),
        "x-towpath-way": reply.way,
        "x-towpath-reason": _NOT_IN_HEADERS.sub("?", reply.reason),  # it may quote an error
        "x-towpath-session": str(reply.session),
        "x-towpath-transient-texts": str(request.transient),
        **({"x-towpath-loaded-tools": str(loaded)} if loaded else {}),
        **({"x-towpath-cache": cache + note} if has_cache else {}),
    }
