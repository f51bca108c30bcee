"""From a request's body to the events of its answer, whichever API it came through."""

import time
from collections.abc import Callable, Mapping
from contextlib import aclosing
from dataclasses import replace

import structlog
from starlette.datastructures import Headers
from starlette.types import Receive
from structlog.contextvars import bind_contextvars

from towpath.core.accesses import DEFAULT
from towpath.core.client_habits.labels import labels_of
from towpath.core.errors import ApiError
from towpath.core.prompt_cache.causes import Prompt
from towpath.core.prompt_cache.misses import CacheMemory
from towpath.core.reading.request import MessagesRequest
from towpath.core.ways import Start
from towpath.server.exchange.conversations import Conversations
from towpath.server.exchange.events import Began, Ended, FirstEvent, LeftQueue, Publish, Refused, Streamed
from towpath.server.exchange.headers import answer_headers
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.server.exchange.reader import Asked, RequestReader
from towpath.server.exchange.record import ExchangeRecord
from towpath.server.http.streaming import Items
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher, Reply

log = structlog.get_logger(__name__)


class Exchanges:
    """Makes exchanges of requests, and publishes what happens to them.

    ``limits`` are those of each access. ``clock`` is Unix time in seconds: a machine that slept has an older
    cache.
    """

    def __init__(
        self,
        reader: RequestReader,
        dispatcher: Dispatcher,
        admission: Admission,
        limits: Mapping[str, KnownLimits],
        publish: Publish,
        conversations: Conversations,
        clock: Callable[[], float],
    ) -> None:
        self._reader = reader
        self._dispatcher = dispatcher
        self._admission = admission
        self._limits = limits
        self._publish = publish
        self._conversations = conversations
        self._clock = clock
        self._cache = CacheMemory()

    @property
    def unfinished(self) -> int:
        """How many answers are still to be given to their end."""
        return self._admission.running + self._admission.waiting

    async def begin(
        self,
        body: bytes,
        headers: Headers,
        caller: str,
        request_id: str,
        receive: Receive,
        translated: Callable[[bytes], bytes] = lambda body: body,
        *,
        access: str = DEFAULT,
    ) -> tuple[MessagesRequest, Items]:
        """The request in a body, and the items of its answer, which begin when asked for.

        ``translated`` makes a body of the Messages API of another API's; ``access``: the one to answer by.
        Raises ApiError for a request that breaks a rule, ClientDisconnect if its client leaves before that.
        """
        asked = await self._reader.read(body, headers, caller, access, receive, translated)
        record = ExchangeRecord(
            request_id=request_id,
            user_agent=headers.get("user-agent", ""),
            access=asked.launch.access,
            labels=labels_of(headers),
            model=asked.launch.model,
            mode=asked.launch.mode,
            tips=asked.tips,
            conversation=self._conversations.begun(asked.tips),
            read_seconds=asked.cpu_seconds,
            began_at=self._clock(),
            began=time.monotonic(),
        )
        return asked.request, self._exchange(asked, Began(record, asked.request, headers, asked.body))

    def refused(self, request_id: str, error: ApiError) -> None:
        """A request broke a rule before there was an exchange."""
        self._publish(Refused(request_id, error))

    async def _exchange(self, asked: Asked, began: Began) -> Items:
        """The exchange, from its place in the queue to its last event."""
        record, messages = began.exchange, asked.request.messages
        limits = self._limits[record.access]
        bind_contextvars(request_id=record.request_id)
        self._publish(began)
        try:
            async with self._admission.enter(answers=self._dispatcher.is_awaited(messages, asked.tips)):
                record = record.left_queue(time.monotonic())
                self._publish(LeftQueue(record))
                limits.check(record.model)
                reply = await self._dispatcher.reply(
                    asked.launch, messages, asked.tips, asked.prompt.messages
                )
                async with aclosing(reply.rest) as rest:
                    number = self._conversations.served(record.tips, record.conversation, reply.session)
                    record = record.first_event(reply, time.monotonic(), number)
                    record = self._judged(record, asked.prompt, reply)
                    is_judged = record.has_figures
                    headers = {**limits.headers(record.model), **answer_headers(asked.request, record)}
                    self._publish(FirstEvent(record, headers))
                    yield headers
                    self._publish(Streamed(record.request_id, reply.first))
                    yield reply.first
                    async for event in rest:
                        record = record.event(event)
                        if event["type"] == "message_delta" and not is_judged:
                            record = self._judged(record, asked.prompt, reply)
                            is_judged = record.has_figures
                        self._publish(Streamed(record.request_id, event))
                        yield event
        except ApiError as error:
            record = record.failed(error)
            error.headers = {**limits.headers(record.model), **error.headers}
            raise
        except Exception as error:
            log.exception("exchange failed")
            failure = ApiError(500, f"{type(error).__name__} in towpath; its log says more")
            record = record.failed(failure)
            raise failure from error
        finally:
            self._publish(Ended(record.ended(time.monotonic())))

    def _judged(self, record: ExchangeRecord, prompt: Prompt, reply: Reply) -> ExchangeRecord:
        """The record with what the cache missed, if its usage says by now what the cache did.

        Some gateways give no figures before the end. Once for each exchange: the next time it would be
        compared with itself.
        """
        if not record.has_figures:
            return record
        now = self._clock()
        miss = self._cache.note(
            prompt,
            record.cache,
            sent_at=now - (time.monotonic() - reply.taken_at),
            now=now,
            is_start=reply.way == Start.name,
        )
        return replace(record, cache_miss=miss)
