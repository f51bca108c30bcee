"""One live process and the conversation that it holds, owned by one task.

The task that connects an SDK client must be the one that disconnects it (engine-facts F8): so all that
happens to a process happens in ``_own``, and everybody else leaves exchanges in its inbox.
"""

import asyncio
import itertools
from collections.abc import Callable

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
        self._inbox: asyncio.Queue[Exchange | None] = asyncio.Queue()
        self._owner: asyncio.Task[None] | None = None

    def __repr__(self) -> str:
        return f"<Session {self.number} {self.state}, process {self._process.pid}>"

    @property
    def pid(self) -> int | None:
        """The CLI's process id, once it has been started."""
        return self._process.pid

    def open(self, exchange: Exchange) -> "asyncio.Task[None]":
        """Start the process with the exchange's conversation; the task returned owns it to its end."""
        self._inbox.put_nowait(exchange)
        self._owner = asyncio.create_task(self._own(), name=f"session-{self.number}")
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

    async def _own(self) -> None:
        try:
            exchange = await self._inbox.get()
            assert exchange
            await self._start_and_serve(exchange)
            while not self._process.has_ended:
                exchange = await self._inbox.get()
                if exchange is None:  # the process ended by itself
                    return
                await self._serve(exchange)
        except asyncio.CancelledError:
            pass  # by ``end``: nobody waits for this task's result
        except Exception:
            log.exception("session failed", session=self.number)
        finally:
            self._enter(State.CLOSED)
            await self._process.close()
            while not self._inbox.empty():
                if left := self._inbox.get_nowait():
                    await left.finish(ProcessDied("the session ended"))

    async def _start_and_serve(self, exchange: Exchange) -> None:
        additions = self._additions.of(self.launch, exchange.tips)
        try:
            await self._process.start(
                exchange.messages, additions, on_end=lambda: self._inbox.put_nowait(None)
            )
        except ProcessDied as error:
            await exchange.finish(error)
            self._process.kill()
            return
        await self._serve(exchange)

    def _notice_end(self) -> None:
        self._inbox.put_nowait(None)

    async def _serve(self, exchange: Exchange) -> None:
        """One exchange: hand the process what is new, pass on its reply, hold the longer conversation."""
        try:
            await self._hand_over(exchange)
            async for event in self._process.events():
                if event["type"] == "message_stop":
                    self._hold(exchange)
                await exchange.put(event)
            await exchange.finish()
            await self._process.settle()
        except (ApiError, ProcessDied) as error:
            # The process now holds an attempt that the client's conversation does not.
            self._enter(State.CLOSED)
            self._process.kill()
            await exchange.finish(error)
        entries = await asyncio.to_thread(self._process.new_additions)
        self._additions.remember(self.launch, exchange.tips[-1], entries)

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
