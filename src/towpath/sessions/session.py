"""One live process and the conversation that it holds, owned by one task.

The task that connects an SDK client must be the one that disconnects it: so all that happens to a process
happens in ``_own``, and everybody else leaves exchanges in its inbox.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial

import structlog
from structlog.contextvars import bind_contextvars

from towpath.core.canonical import Tip, seed
from towpath.core.errors import ApiError, ProcessDied
from towpath.core.gone_on import GoneOn
from towpath.core.launch import Launch
from towpath.core.life import FIRST, State, followed
from towpath.core.ways import Start
from towpath.sessions.exchange import Exchange
from towpath.sessions.learning import Learning, all_done
from towpath.sessions.memory_budget import NEW_PROCESS_BYTES
from towpath.sessions.process import KnownAdditions, Process
from towpath.sessions.process_sizes import NEVER
from towpath.sessions.stalls import StallDetector, StallTimeouts

log = structlog.get_logger(__name__)

# Measured: 10 to 20 ms from the end of a reply to the turn's result, or to the calls.
_SETTLES_WITHIN_SECONDS = 30.0
_numbers = itertools.count(1)


class Session:
    """A process from its start to its end. ``core.life`` has its states.

    ``tip`` is the digest of the conversation that it holds while it is idle, parked or a spare, else None.
    ``numbers`` has a number for each message that it was told or said (``causes.numbered``). ``gone_on`` says
    whether the conversation that it is parked in has gone on elsewhere, ``ended_for`` why somebody ended it
    (empty if nobody did), ``failed_with`` the status of an error that did. ``since`` is when it entered its
    state, by the clock that was passed in (seconds).
    ``is_starting``: its process has not come up yet. ``memory_bytes`` is what that occupied when it was last
    measured, at ``measured_at``. ``starts`` bounds how many processes start at once; ``on_change`` is called
    when this one has started, and whenever its state changes.
    """

    def __init__(
        self,
        launch: Launch,
        process: Process,
        additions: KnownAdditions,
        clock: Callable[[], float],
        starts: asyncio.Semaphore,
        on_change: "Callable[[Session], None]",
        stall_timeouts: StallTimeouts,
    ) -> None:
        self.number = next(_numbers)
        self.launch = launch
        self.state = FIRST
        self.tip: Tip | None = None
        self.waiting_for: frozenset[str] = frozenset()
        self.numbers: Sequence[int] = ()
        self.gone_on = GoneOn.NO
        self.ended_for = ""
        self.failed_with: int | None = None
        self.since = clock()
        self.is_starting = True
        self.memory_bytes = NEW_PROCESS_BYTES
        self.measured_at = NEVER
        self._clock = clock
        self._starts = starts
        self._on_change = on_change
        self._stall_timeouts = stall_timeouts
        self._process = process
        self._additions = additions
        self._is_interruptible = False
        self._learning = Learning(launch, process, additions, clock)
        self._inbox: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._owner: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.state}, process {self._process.pid}>"

    @property
    def pid(self) -> int | None:
        """The CLI's process id, once it has been started."""
        return self._process.pid

    @property
    def asked(self) -> Tip | None:
        """The tip of the conversation that it was asked to reply to last."""
        return self._learning.served[-1] if self._learning.served else None

    @property
    def died_as_spare(self) -> bool:
        """Whether the process ended on its own before it served anybody."""
        return self.state is State.CLOSED and not self.ended_for and not self._learning.served

    def open(self, exchange: Exchange, others: Iterable["Session"]) -> "asyncio.Task[None]":
        """Start the process with the exchange's conversation; the task returned owns it to its end.

        ``others`` may just have replied: what their CLIs added to the conversation is learned first.
        """
        self._enter(State.RUNNING)
        return self._begin(exchange, partial(self._start, exchange, list(others)))

    def prepare(self) -> "asyncio.Task[None]":
        """Start the process as a spare; the task returned owns it to its end.

        It may be given its first exchange at once, which then waits no longer than for a new process.
        """
        self.tip = seed(self.launch.key)
        self._on_change(self)
        return self._begin(None, partial(self._process.start, (), {}, on_end=self._notice_end))

    def take(self, exchange: Exchange) -> None:
        """Give an idle or parked session, or a spare, its next exchange. Raises IllegalTransition."""
        self._enter(State.RUNNING)
        self._inbox.put_nowait(exchange)

    def end(self, why: str) -> None:
        """Let the owner end the process now, whatever it does; ``why`` is for a person."""
        self.ended_for = self.ended_for or why
        self._close()
        if self._is_interruptible and self._owner:  # else it has not begun, or is at its end
            self._is_interruptible = False
            self._owner.cancel()

    def _begin(self, exchange: Exchange | None, start: Callable[[], Awaitable[None]]) -> "asyncio.Task[None]":
        self._owner = asyncio.create_task(self._own(exchange, start), name=f"session-{self.number}")
        return self._owner

    async def _own(self, exchange: Exchange | None, start: Callable[[], Awaitable[None]]) -> None:
        try:
            if self.state is State.CLOSED:
                return
            bind_contextvars(session=self.number)
            self._is_interruptible = True
            async with self._starts:
                await start()
            del start  # it holds the first exchange, and sessions that were before this one
            self.is_starting = False
            self._on_change(self)
            # None comes when the process has ended on its own.
            while (exchange := exchange or await self._inbox.get()) and self._can_serve:
                await self._serve(exchange)
                exchange = None  # else a session that rests would keep the whole conversation in memory
        except asyncio.CancelledError:
            pass  # by ``end``: nobody waits for this task's result
        except ProcessDied as error:
            log.warning("process did not start", error=str(error))
            self._let_go(exchange, error)
        except ApiError as error:  # no process can be started with this launch, and the client is told why
            self._let_go(exchange, error)
        except Exception as error:
            log.exception("session failed")
            self._let_go(exchange, ApiError(500, f"{type(error).__name__} in towpath; its log says more"))
        finally:
            self._is_interruptible = False
            self._let_go(exchange, ProcessDied("the session ended"))
            await self._learning.before_the_end()
            await self._process.stop()
            await self._learning.at_the_end()
            await self._process.remove_files()

    @property
    def _can_serve(self) -> bool:
        return self.state is State.RUNNING and not self._process.has_ended

    def _let_go(self, exchange: Exchange | None, error: Exception) -> None:
        """Serve nobody any more. Those who still wait are told why before the process has ended."""
        self._close()
        waiting = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
        for left in (exchange, *waiting):
            if left:
                left.abandon(error)

    async def _start(self, exchange: Exchange, others: Iterable["Session"]) -> None:
        await all_done(other._learning for other in others)
        additions = await asyncio.to_thread(self._additions.of, self.launch, exchange.tips)
        await self._process.start(exchange.messages, additions, on_end=self._notice_end)

    def _notice_end(self) -> None:
        if self.state is not State.RUNNING:
            self._close()  # at once: it must not be handed out
        self._inbox.put_nowait(None)

    async def _serve(self, exchange: Exchange) -> None:
        """One exchange: hand the process what is new, pass on its reply, hold the longer conversation."""
        self._learning.served.append(exchange.tips[-1])
        self.numbers = exchange.numbers
        exchange.taken_at = self._clock()
        self._process.log_fields = {**exchange.log_fields, "session": self.number, "way": exchange.way}
        bind_contextvars(**self._process.log_fields)
        try:
            await self._pass_on(exchange)
            await self._settle()
        except (ApiError, ProcessDied) as error:
            # The process now holds an attempt that the client's conversation does not.
            self.failed_with = error.status if isinstance(error, ApiError) else None
            self._close()
            self._process.kill()
            exchange.abandon(error)
        await self._learning.go_on(is_in_a_hurry=lambda: not self._inbox.empty())

    async def _pass_on(self, exchange: Exchange) -> None:
        """The reply to one exchange, to its end; the session ends if the process falls silent."""
        detector = StallDetector(self._process, self._stall_timeouts, self._clock)
        watching = asyncio.create_task(self._end_if_stalled(exchange, detector))
        try:
            if exchange.way != Start.name:  # a process that starts with the conversation replies unasked
                await self._process.send(exchange.messages[-1]["content"])
            async for event in self._process.events():
                if event["type"] == "message_stop":
                    self._hold(exchange)
                    exchange.finish(event)
                else:
                    detector.has_begun = detector.is_held_back = True
                    await exchange.put(event)
                    detector.is_held_back = False
        finally:
            watching.cancel()

    async def _settle(self) -> None:
        """The client has its reply: what is left of the turn is the CLI's alone."""
        try:
            async with asyncio.timeout(_SETTLES_WITHIN_SECONDS):
                await self._process.settle()
        except TimeoutError:
            log.warning("the CLI does not finish its turn")
            self._close()
            self._process.kill()

    async def _end_if_stalled(self, exchange: Exchange, detector: StallDetector) -> None:
        error = await detector.stall()
        log.warning("the process is silent", error=error.message)
        exchange.abandon(error)
        self.end("its process was silent for too long")

    def _hold(self, exchange: Exchange) -> None:
        """Before the client sees the end of the reply, so that its next request finds this session."""
        self._learning.expect()
        if self._process.has_ended:
            self._close()
            return
        tip, self.numbers = exchange.followed_by(self._process.reply.message)
        waiting_for = self._process.waiting_for
        self._enter(State.PARKED if waiting_for else State.IDLE, tip, waiting_for)

    def _close(self) -> None:
        """It may have been closed before, by somebody else or for another reason: that holds."""
        if self.state is not State.CLOSED:
            self._enter(State.CLOSED)

    def _enter(self, state: State, tip: Tip | None = None, waiting_for: frozenset[str] = frozenset()) -> None:
        self.state = followed(self.state, state)
        self.tip = tip
        self.waiting_for = waiting_for
        self.gone_on = GoneOn.NO
        self.since = self._clock()
        self._on_change(self)
