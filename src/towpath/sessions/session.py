"""One live process and the conversation that it holds, owned by one task.

The task that connects an SDK client must be the one that disconnects it (engine-facts F8): so all that
happens to a process happens in ``_own``, and everybody else leaves exchanges in its inbox.
"""

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Iterable

import structlog

from towpath.agent.additions import AdditionStore
from towpath.agent.failures import ProcessDied
from towpath.agent.process import AgentProcess
from towpath.core.canonical import Tip, step
from towpath.core.errors import ApiError
from towpath.core.launch import Launch
from towpath.core.ways import Answer, Resume, Start, State
from towpath.sessions.exchange import Exchange

log = structlog.get_logger(__name__)

# Measured: the CLI writes its session file 10 to 20 ms after the reply, and says nothing when it has.
_WRITES_WITHIN_SECONDS = 1.0
_LOOK_AGAIN_SECONDS = 0.005
# Measured: 10 to 20 ms from the end of a reply to the turn's result, or to the calls.
_SETTLES_WITHIN_SECONDS = 30.0
_numbers = itertools.count(1)


class Session:
    """A process from its start to its end.

    ``tip`` is the digest of the conversation that it holds while it is idle or parked, else None.
    ``since`` is when it came into its state, by the clock that was passed in (seconds).
    """

    def __init__(
        self, launch: Launch, process: AgentProcess, additions: AdditionStore, clock: Callable[[], float]
    ) -> None:
        self.number = next(_numbers)
        self.launch = launch
        self.state = State.RUNNING
        self.tip: Tip | None = None
        self.waiting_for: frozenset[str] = frozenset()
        self.since = clock()
        self._clock = clock
        self._process = process
        self._additions = additions
        self.has_told_additions = asyncio.Event()
        self.has_told_additions.set()
        self._served: list[Tip] = []
        self._inbox: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._owner: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.state}, process {self._process.pid}>"

    def open(self, exchange: Exchange, others: Iterable["Session"]) -> "asyncio.Task[None]":
        """Start the process with the exchange's conversation; the task returned owns it to its end.

        ``others`` may just have replied: what their CLIs added to the conversation is learned first.
        """
        told = [other.has_told_additions.wait() for other in others]
        self._owner = asyncio.create_task(self._own(exchange, told), name=f"session-{self.number}")
        return self._owner

    def take(self, exchange: Exchange) -> None:
        """Give an idle or parked session its next exchange."""
        self._enter(State.RUNNING)
        self._inbox.put_nowait(exchange)

    def end(self) -> None:
        """Let the owner end the process now, whatever it does."""
        self._enter(State.CLOSED)
        if self._owner:
            self._owner.cancel()

    async def _own(self, opening: Exchange, told: Iterable[Awaitable[object]]) -> None:
        exchange: Exchange | None = opening
        try:
            await self._start(opening, told)
            while exchange and not self._process.has_ended:
                await self._serve(exchange)
                exchange = await self._inbox.get()  # None: the process has ended by itself
        except asyncio.CancelledError:
            pass  # by ``end``: nobody waits for this task's result
        except ProcessDied as error:
            opening.abandon(error)
        except Exception as error:
            log.exception("session failed", session=self.number)
            if exchange:
                exchange.abandon(ApiError(500, f"{type(error).__name__} in towpath; its log says more"))
        finally:
            self._enter(State.CLOSED)
            await self._process.stop()
            await self._keep_additions()
            await self._process.remove_files()
            waiting = [self._inbox.get_nowait() for _ in range(self._inbox.qsize())]
            for left in (exchange, *waiting):
                if left:
                    left.abandon(ProcessDied("the session ended"))

    async def _start(self, exchange: Exchange, told: Iterable[Awaitable[object]]) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.gather(*told), _WRITES_WITHIN_SECONDS)
        additions = self._additions.of(self.launch, exchange.tips)
        await self._process.start(exchange.messages, additions, on_end=self._notice_end)

    def _notice_end(self) -> None:
        self._inbox.put_nowait(None)

    async def _serve(self, exchange: Exchange) -> None:
        """One exchange: hand the process what is new, pass on its reply, hold the longer conversation."""
        self._served.append(exchange.tips[-1])
        try:
            await self._hand_over(exchange)
            async for event in self._process.events():
                if event["type"] == "message_stop":
                    self._hold(exchange)
                await exchange.put(event)
            await exchange.finish()
            async with asyncio.timeout(_SETTLES_WITHIN_SECONDS):
                await self._process.settle()
        except TimeoutError:
            log.warning("the CLI does not finish its turn", session=self.number)
            self._enter(State.CLOSED)
            self._process.kill()
        except (ApiError, ProcessDied) as error:
            # The process now holds an attempt that the client's conversation does not.
            self._enter(State.CLOSED)
            self._process.kill()
            await exchange.finish(error)
        await self._keep_additions(patience_seconds=_WRITES_WITHIN_SECONDS)

    async def _keep_additions(self, *, patience_seconds: float = 0) -> None:
        """Remember what the CLI added; it writes that down a moment after it has replied."""
        deadline = self._clock() + patience_seconds
        try:
            while True:
                for number, entries in (await asyncio.to_thread(self._process.new_additions)).items():
                    self._additions.remember(self.launch, self._served[number], entries)
                if self._process.replies_written >= len(self._served) or self._clock() >= deadline:
                    return
                await asyncio.sleep(_LOOK_AGAIN_SECONDS)
        except (
            OSError,
            ValueError,
            IndexError,
        ) as error:  # no reason to lose the process: the cache suffers, no answer
            log.warning("additions are lost", session=self.number, error=str(error))
        finally:
            self.has_told_additions.set()

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
        self.state = state
        self.tip = None
        self.waiting_for = frozenset()
        self.since = self._clock()
