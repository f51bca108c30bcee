"""One live process and the conversation that it holds, owned by one task.

The task that connects an SDK client must be the one that disconnects it (engine-facts F8): so all that
happens to a process happens in ``_own``, and everybody else leaves exchanges in its inbox.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

import structlog
from structlog.contextvars import bind_contextvars

from towpath.agent.additions import AdditionStore
from towpath.agent.failures import ProcessDied
from towpath.agent.process import AgentProcess
from towpath.core.canonical import Tip, seed, step
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.ways import Answer, Resume, Start, State
from towpath.sessions.exchange import Exchange
from towpath.sessions.plan import NEW_PROCESS_BYTES
from towpath.sessions.stalls import Patience, Watch

log = structlog.get_logger(__name__)

# Measured: the CLI writes its session file 10 to 20 ms after the reply, and says nothing when it has.
_WRITES_WITHIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.01
# Measured: 10 to 20 ms from the end of a reply to the turn's result, or to the calls.
_SETTLES_WITHIN_SECONDS = 30.0
_numbers = itertools.count(1)


class Session:
    """A process from its start to its end.

    ``tip`` is the digest of the conversation that it holds while it is idle, parked or a spare, else None.
    ``since`` is when it came into its state, by the clock that was passed in (seconds). ``memory_bytes`` is
    what it occupied when that was last measured. ``starts`` bounds how many processes start at once;
    ``on_change`` is called when this one has started, and when it ends. ``patience`` is how long it may say
    nothing while it serves somebody.
    """

    def __init__(
        self,
        launch: Launch,
        process: AgentProcess,
        additions: AdditionStore,
        clock: Callable[[], float],
        starts: asyncio.Semaphore,
        on_change: "Callable[[Session], None]",
        patience: Patience,
    ) -> None:
        self.number = next(_numbers)
        self.launch = launch
        self.state = State.RUNNING
        self.tip: Tip | None = None
        self.waiting_for: frozenset[str] = frozenset()
        self.since = clock()
        self.is_starting = True
        self.memory_bytes = NEW_PROCESS_BYTES
        self._clock = clock
        self._starts = starts
        self._on_change = on_change
        self._patience = patience
        self._process = process
        self._additions = additions
        self._was_told_to_end = False
        self._is_interruptible = False
        self.has_told_additions = asyncio.Event()
        self.has_told_additions.set()
        self._served: list[Tip] = []
        self._inbox: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._owner: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.state}, process {self._process.pid}>"

    @property
    def pid(self) -> int | None:
        """The CLI's process id, once it has been started."""
        return self._process.pid

    @property
    def died_as_spare(self) -> bool:
        """Whether the process ended by itself before it served anybody."""
        return self.state is State.CLOSED and not self._was_told_to_end and not self._served

    def open(self, exchange: Exchange, others: Iterable["Session"]) -> "asyncio.Task[None]":
        """Start the process with the exchange's conversation; the task returned owns it to its end.

        ``others`` may just have replied: what their CLIs added to the conversation is learned first.
        """
        return self._begin(exchange, partial(self._start, exchange, list(others)))

    def prepare(self) -> "asyncio.Task[None]":
        """Start the process as a spare; the task returned owns it to its end.

        It may be given its first exchange at once, which then waits no longer than for a new process.
        """
        self._enter(State.SPARE)
        self.tip = seed(self.launch.key)
        return self._begin(None, partial(self._process.start, (), {}, on_end=self._notice_end))

    def take(self, exchange: Exchange) -> None:
        """Give an idle or parked session, or a spare, its next exchange."""
        self._enter(State.RUNNING)
        self._inbox.put_nowait(exchange)

    def end(self) -> None:
        """Let the owner end the process now, whatever it does."""
        self._was_told_to_end = True
        self._enter(State.CLOSED)
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
            # None comes when the process has ended by itself.
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
            await self._process.stop()
            await self._keep_additions()
            await self._process.remove_files()

    @property
    def _can_serve(self) -> bool:
        return self.state is State.RUNNING and not self._process.has_ended

    def _let_go(self, exchange: Exchange | None, error: Exception) -> None:
        """Nobody is served here any more: whoever still waits is told why, before the process has ended."""
        self._enter(State.CLOSED)
        waiting = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
        for left in (exchange, *waiting):
            if left:
                left.abandon(error)

    async def _start(self, exchange: Exchange, others: Iterable["Session"]) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_WRITES_WITHIN_SECONDS):
                for other in others:
                    await other.has_told_additions.wait()
        additions = await asyncio.to_thread(self._additions.of, self.launch, exchange.tips)
        await self._process.start(exchange.messages, additions, on_end=self._notice_end)

    def _notice_end(self) -> None:
        if self.state is not State.RUNNING:
            self._enter(State.CLOSED)  # at once: it must not be handed out
        self._inbox.put_nowait(None)

    async def _serve(self, exchange: Exchange) -> None:
        """One exchange: hand the process what is new, pass on its reply, hold the longer conversation."""
        self._served.append(exchange.tips[-1])
        exchange.taken_at = self._clock()
        self._process.log_fields = {
            **exchange.log_fields,
            "session": self.number,
            "way": exchange.way.name,
        }
        bind_contextvars(**self._process.log_fields)
        try:
            await self._pass_on(exchange)
            await self._settle()
        except (ApiError, ProcessDied) as error:
            # The process now holds an attempt that the client's conversation does not.
            self._enter(State.CLOSED)
            self._process.kill()
            exchange.abandon(error)
        await self._keep_additions(patience_seconds=_WRITES_WITHIN_SECONDS)

    async def _pass_on(self, exchange: Exchange) -> None:
        """The reply to one exchange, to its end; the session ends if the process falls silent."""
        watch = Watch(self._process, self._patience, self._clock)
        watching = asyncio.create_task(self._end_if_stalled(exchange, watch))
        try:
            await self._hand_over(exchange)
            async for event in self._process.events():
                if event["type"] == "message_stop":
                    self._hold(exchange)
                    exchange.finish(event)
                else:
                    watch.has_begun = watch.is_held_back = True
                    await exchange.put(event)
                    watch.is_held_back = False
        finally:
            watching.cancel()

    async def _settle(self) -> None:
        """The client has its reply: what is left of the turn is the CLI's alone."""
        try:
            async with asyncio.timeout(_SETTLES_WITHIN_SECONDS):
                await self._process.settle()
        except TimeoutError:
            log.warning("the CLI does not finish its turn")
            self._enter(State.CLOSED)
            self._process.kill()

    async def _end_if_stalled(self, exchange: Exchange, watch: Watch) -> None:
        error = await watch.stall()
        log.warning("the process is silent", error=error.message)
        exchange.abandon(error)
        self.end()

    async def _keep_additions(self, *, patience_seconds: float = 0) -> None:
        """Remember what the CLI added; it writes that down a moment after it has replied.

        The next exchange does not wait for that: its own look finds what this one did not.
        """
        deadline = self._clock() + patience_seconds
        try:
            while True:
                await asyncio.to_thread(self._look_for_additions)
                has_all = self._process.replies_written >= len(self._served)
                if has_all or self._clock() >= deadline or not self._inbox.empty():
                    return
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except (
            OSError,
            RuntimeError,  # no thread can be started
            ValueError,
            IndexError,
        ) as error:  # no reason to lose the process: the cache suffers, no answer
            log.warning("additions are lost", error=str(error))
        finally:
            self.has_told_additions.set()

    def _look_for_additions(self) -> None:
        for number, entries in self._process.new_additions().items():
            self._additions.remember(self.launch, self._served[number], entries)

    async def _hand_over(self, exchange: Exchange) -> None:
        match exchange.way:
            case Answer(results=results, rest=rest):
                await self._process.answer(results, rest)
            case Resume():
                await self._process.resume(exchange.messages[-1]["content"])
            case Start():
                pass  # the process was started with the conversation and answers it by itself

    def _hold(self, exchange: Exchange) -> None:
        """Before the client sees the end of the reply, so that its next request finds this session."""
        self.has_told_additions.clear()
        if self._process.has_ended:
            self._enter(State.CLOSED)
            return
        waiting_for = self._process.waiting_for
        self._enter(State.PARKED if waiting_for else State.IDLE)
        self.waiting_for = waiting_for
        self.tip = step(exchange.tips[-1], self._process.reply.message)

    def _enter(self, state: State) -> None:
        if self.state is State.CLOSED:
            return  # for good
        self.state = state
        self.tip = None
        self.waiting_for = frozenset()
        self.since = self._clock()
        if state is State.CLOSED:
            self._on_change(self)
