"""A pool with processes that obey the test, and clients that send whole conversations to it."""

import asyncio
import contextlib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence

from tests.sessions.fake_process import FakeProcess
from tests.sessions.known import launch
from tests.sessions.quiet_loop import QuietLoop
from tests.support.fidelity import Json, call, result, text, user
from towpath.core.canonical import Tip, digest_of, seed, step
from towpath.core.errors import ApiError
from towpath.core.events import Event, MessageFold
from towpath.core.launch import Launch
from towpath.core.life import State
from towpath.core.prompt_cache.causes import numbered
from towpath.sessions.dispatcher import Dispatcher
from towpath.sessions.memory_budget import MIB
from towpath.sessions.plan import Limits
from towpath.sessions.pool import Pool
from towpath.sessions.process import Entry
from towpath.sessions.process_sizes import memory_bytes
from towpath.sessions.session import Session
from towpath.sessions.stalls import StallTimeouts

IDLE_SECONDS = 60.0
PARKED_SECONDS = 120.0
# Tests that are not about silence let a process take its time.
ENDLESS = StallTimeouts(first_event_seconds=1e6, stall_seconds=1e6)
# Until the pool has looked at its sessions, whatever has happened.
TICK_SECONDS = 6.0


_calls = itertools.count()


class NoAdditions:
    """No CLI has added anything."""

    def of(self, _launch: Launch, _tips: Sequence[Tip]) -> Mapping[int, Sequence[Entry]]:
        return {}

    def remember(self, _launch: Launch, _tip: Tip, _entries: Sequence[Entry]) -> None: ...


class World:
    """``processes`` are all that were ever made, in order. They end at once if they do not ``linger``, and
    come up and reply if they are ``eager``."""

    def __init__(
        self,
        *,
        spares: int = 0,
        mib: int = 10_000,
        linger: bool = False,
        eager: bool = False,
        stall_timeouts: StallTimeouts = ENDLESS,
        cores: int = 2,
        measure: Callable[[Iterable[int]], Mapping[int, int]] = memory_bytes,
    ) -> None:
        self.loop = QuietLoop()
        self.limits = Limits(IDLE_SECONDS, PARKED_SECONDS, mib * MIB, spares)
        self.linger, self.eager = linger, eager
        self.processes: list[FakeProcess] = []
        self.clients: list[Client] = []
        self.pool = Pool(
            self._new_process,
            NoAdditions(),
            self.limits,
            self.loop.time,
            stall_timeouts,
            cores=cores,
            measure=measure,
        )
        self.dispatcher = Dispatcher(self.pool)
        self._watch = self.loop.create_task(self.pool.watch())
        self.numbers = itertools.count()
        self.loop.settle()

    def client(self, launch_name: str = "A") -> "Client":
        self.clients.append(Client(self, launch(launch_name)))
        return self.clients[-1]

    def tick(self) -> None:
        self.loop.pass_time(TICK_SECONDS)

    def sessions(self, *states: State) -> list[Session]:
        """Those that the pool has, in these states."""
        return [session for session in self.pool._sessions if session.state in states]

    def session_of(self, process: FakeProcess) -> Session:
        """The session that owns a process."""
        return next(session for session in self.pool._sessions if session._process is process)

    def process_of(self, session: Session) -> FakeProcess:
        """The process that a session owns."""
        return next(process for process in self.processes if process is session._process)

    def come_up(self) -> None:
        """All processes that start come up, and those that wait for them."""
        while starting := [process for process in self.processes if process.is_starting]:
            for process in starting:
                process.come_up()
            self.loop.settle()

    def begun(self, launch_name: str = "A", *, calls: int = 0) -> "Client":
        """A client whose conversation has its first reply, by a process of its own or by a spare."""
        client = self.client(launch_name)
        client.say()
        self.come_up()
        asked = [p for p in self.processes if p.is_asked and p.asked[-1] == client.requests[-1]]
        asked[0].say(*reply(calls=calls))
        self.loop.settle()
        assert not client.is_waiting
        return client

    def reply_to(self, client: "Client", *, calls: int = 0) -> None:
        """Let the process that was asked what the client said last reply."""
        self.come_up()
        (asked,) = [p for p in self.processes if p.is_asked and p.asked[-1] == client.requests[-1]]
        asked.say(*reply(calls=calls))
        self.loop.settle()

    def spare(self) -> FakeProcess:
        """The process that was prepared after a first conversation, and still starts."""
        self.begun()
        self.tick()
        assert self.processes[-1].is_starting
        assert self.session_of(self.processes[-1]).state is State.SPARE
        return self.processes[-1]

    def close(self) -> None:
        """End as the server does; nobody waits then."""
        self._watch.cancel()
        closing = self.loop.create_task(self.pool.close())
        self.loop.settle()
        for process in self.processes:
            process.may_stop.set()
        self.loop.pass_time(TICK_SECONDS)

        assert closing.done(), self.pool
        assert self._watch.done()
        assert [client for client in self.clients if client.is_waiting] == []
        assert self.loop.unhandled == []

    def finish(self) -> None:
        """Close it, and see that nothing is left."""
        try:
            self.close()
            assert [process for process in self.processes if process.is_alive] == []
            assert [process for process in self.processes if process.has_files] == []
            assert [process for process in self.processes if len(process.touched_by) > 1] == []
        finally:
            self.loop.finish()

    def _new_process(self, launch: Launch) -> FakeProcess:
        process = FakeProcess(launch)
        if not self.linger:
            process.may_stop.set()
        if self.eager:
            process.come_up()
            process.say(*reply())
        self.processes.append(process)
        return process


class Client:
    """One conversation. ``ways`` says how its replies came, ``error`` what the newest one was instead."""

    def __init__(self, world: World, launch: Launch) -> None:
        self.launch = launch
        self.messages: list[Json] = []
        self.requests: list[list[Json]] = []
        self.events: list[Event] = []
        self.ways: list[str] = []
        self.error: ApiError | None = None
        self.errors = 0
        self.may_read = asyncio.Event()  # if cleared: no more than the first event
        self.may_read.set()
        self.reads_until = ""  # the type of the event after which it closes the connection
        self._world = world
        self._task: asyncio.Task[None] | None = None

    @property
    def is_waiting(self) -> bool:
        """Whether it waits for a reply or the rest of one. Raises what no client may see."""
        if self._task and self._task.done() and not self._task.cancelled():
            self._task.result()
        return self._task is not None and not self._task.done()

    def say(self, *blocks: Json, steps: int | None = None) -> None:
        """Send the conversation with one more message, by default with a text that nobody else sends.

        With ``steps`` the loop makes that many, else it runs until nobody can go on.
        """
        self.messages.append(user(*(blocks or [text(f"text {next(self._world.numbers)}")])))
        self.requests.append([*self.messages])
        self._task = self._world.loop.create_task(self._ask())
        if steps is None:
            self._world.loop.settle()
        else:
            self._world.loop.step(steps)

    def go_on(self, *, with_text: bool = False) -> None:
        """Say what follows the newest reply: the results of its calls, or a text."""
        calls = [b for b in self.messages[-1]["content"] if b["type"] == "tool_use"]
        results = [result(block["id"], "done") for block in calls]
        rest = [text(f"text {next(self._world.numbers)}")] if with_text or not results else []
        self.say(*results, *rest)

    def reword(self, how: str) -> None:
        """Change the newest reply as some clients do: no ``text``, or other ``ids`` for the calls."""
        blocks = self.messages[-1]["content"]
        if how == "text" and any(block["type"] == "tool_use" for block in blocks):
            blocks = [block for block in blocks if block["type"] != "text"]
        elif how == "ids":
            blocks = [{**b, "id": f"own_{next(_calls)}"} if b["type"] == "tool_use" else b for b in blocks]
        self.messages[-1] = {**self.messages[-1], "content": blocks}

    def leave(self) -> None:
        """Close the connection."""
        assert self._task
        self._task.cancel()

    async def _ask(self) -> None:
        self.events, self.error = [], None
        message = MessageFold()
        try:
            tips = list(itertools.accumulate(self.messages, step, initial=seed(self.launch.key)))
            numbers = numbered(map(digest_of, self.messages))
            reply = await self._world.dispatcher.reply(self.launch, tuple(self.messages), tips, numbers)
            self.ways.append(f"{reply.way}: {reply.reason}")
            async with contextlib.aclosing(reply.rest) as rest:
                event = reply.first
                self._take(event, message)
                await self.may_read.wait()
                while event["type"] not in (self.reads_until, "message_stop"):
                    event = await anext(rest)
                    self._take(event, message)
            self.messages.append(message.message)
        except ApiError as error:
            self.error = error
            self.errors += 1
        finally:
            if self.messages[-1]["role"] == "user":
                self.messages.pop()

    def _take(self, event: Event, message: MessageFold) -> None:
        self.events.append(event)
        message.add(event)


def reply(text_: str = "done", *, calls: int = 0) -> list[Json]:
    """The blocks of a reply that calls this many tools, under ids that no other call has."""
    return [text(text_), *(call(f"call_{next(_calls)}") for _ in range(calls))]
