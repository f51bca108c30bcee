"""All live sessions, and what carries out the plan that starts spares and ends sessions."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import structlog

from towpath.core.canonical import Tip
from towpath.core.errors import ApiError
from towpath.core.gone_on import gone_on
from towpath.core.launch import Launch
from towpath.core.life import State
from towpath.core.why_start import difference
from towpath.sessions.demand import Demand
from towpath.sessions.exchange import Exchange
from towpath.sessions.index import Index
from towpath.sessions.plan import Ending, Limits, plan
from towpath.sessions.process import KnownAdditions, Process
from towpath.sessions.process_sizes import due, memory_bytes
from towpath.sessions.session import Session
from towpath.sessions.stalls import StallTimeouts

log = structlog.get_logger(__name__)

# How often to look at ages and memory; a new demand is noticed at once.
_LOOK_EVERY_SECONDS = 5.0
# Starting a spare takes a core for half a second: the request that made it wanted goes first.
_LET_PASS_SECONDS = 0.25
# Measured: six at once on two cores take 1.0 to 1.4 s each, twenty 5 to 6 s.
_STARTS_PER_CORE = 2
_UNAUTHORIZED = 401


class Pool:
    """Sessions by what they hold. ``new_process`` makes a process that has not been started.

    ``cores`` bounds how many start at once. ``measure`` tells what the processes with these numbers occupy,
    in bytes, those that live; it may raise OSError and RuntimeError, and is called in a thread.
    ``starts`` counts the processes that were to start so far, by purpose; ``ends`` counts the sessions that
    the plan ended, by reason.
    """

    def __init__(
        self,
        new_process: Callable[[Launch], Process],
        additions: KnownAdditions,
        limits: Limits,
        clock: Callable[[], float],
        stall_timeouts: StallTimeouts,
        *,
        cores: int,
        measure: Callable[[Iterable[int]], Mapping[int, int]] = memory_bytes,
    ) -> None:
        self._new_process = new_process
        self._additions = additions
        self._limits = limits
        self._clock = clock
        self._stall_timeouts = stall_timeouts
        self._measured = measure
        self._demand = Demand(limits.idle_seconds)
        self._starts = asyncio.Semaphore(_STARTS_PER_CORE * cores)
        self._sessions: dict[Session, asyncio.Task[None]] = {}
        self._index: Index[Session] = Index()
        self.starts: Counter[str] = Counter(conversation=0, spare=0)
        self.ends: Counter[Ending] = Counter(dict.fromkeys(Ending, 0))
        self._refused: set[str] = set()  # accesses whose login is not accepted
        self._has_changed = asyncio.Event()
        self._is_closed = False

    def __repr__(self) -> str:
        counts = ", ".join(f"{count} {state}" for state, count in self.census().items())
        return f"<Pool: {counts}, {len(self._sessions) - len(self.sessions)} ending>"

    def holders(self, tip: Tip) -> Sequence[Session]:
        """The sessions that hold exactly this conversation, the first to hold it first.

        So of the spares those that are ready come first: they are started one after the other.
        """
        return self._index.holders(tip)

    def why_none(self, launch: Launch, tips: Sequence[Tip], numbers: Sequence[int]) -> str:
        """Why no session holds the conversation before the newest message; empty if that is not known."""
        if why := self._index.ended(tips[-2]):
            return f"its session ended, {why}"
        return difference(self.sessions, launch, numbers[:-1])

    def note(self, launch: Launch, *, begins: bool) -> None:
        """A request with this launch has come; ``begins``: it begins a conversation."""
        self._demand.note(launch, self._clock(), begins=begins)
        self._has_changed.set()

    def start(self, launch: Launch, exchange: Exchange) -> Session:
        """A new session that serves the exchange from its whole conversation.

        Raises a 503 once the pool is closed: a request whose session was ended must not begin another one.
        """
        if self._is_closed:
            raise ApiError(503, "the proxy is stopping; send the request again when it is back")
        self._see_who_is_left(launch, exchange)
        self._carry_out_plan(starting=1)
        session = self._new_session(launch)
        self.starts["conversation"] += 1
        self._keep(session, session.open(exchange, self._sessions))
        return session

    def take(self, session: Session, exchange: Exchange) -> None:
        """Give a session that holds the exchange's conversation its newest message."""
        if session.state is State.PARKED:
            self._demand.answered(session.launch, self._clock() - session.since)
        session.take(exchange)

    async def watch(self) -> None:
        """Carry out the plan as time goes by, until cancelled. Cancel it before the pool is closed."""
        measured = self._clock()
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_EVERY_SECONDS):
                    await self._has_changed.wait()
            await asyncio.sleep(_LET_PASS_SECONDS)
            self._has_changed.clear()
            if self._clock() - measured >= _LOOK_EVERY_SECONDS:
                await self._measure()
                measured = self._clock()
            self._carry_out_plan()

    async def close(self) -> None:
        """End all sessions and wait for their processes. No new ones begin."""
        self._is_closed = True
        owners = list(self._sessions.values())
        for session in list(self._sessions):
            session.end("the proxy stops")
        await asyncio.gather(*owners, return_exceptions=True)

    def census(self) -> Mapping[State, int]:
        """How many sessions are in each state."""
        counts = Counter(session.state for session in self._sessions)
        return {state: counts[state] for state in State if state is not State.CLOSED}

    @property
    def sessions(self) -> Sequence[Session]:
        """All that live, the oldest first."""
        return [session for session in self._sessions if session.state is not State.CLOSED]

    @property
    def memory_bytes(self) -> int:
        """What all live processes occupied when that was last measured."""
        return sum(session.memory_bytes for session in self._sessions)

    def _carry_out_plan(self, *, starting: int = 0) -> None:
        """Carry out the plan; ``starting`` sessions are about to be added."""
        now = self._clock()
        wanted = self._demand.wanted(self._limits.spares, now, without=self._refused)
        decided = plan(self._sessions, wanted, self._demand.paces(), self._limits, now, starting=starting)
        for session, why in decided.end.items():
            log.info("session ends", session=session.number, was=session.state, reason=why.value)
            self.ends[why] += 1
            session.end(why)
        if decided.prepare:
            session = self._new_session(decided.prepare)
            self.starts["spare"] += 1
            log.info("spare starts", session=session.number, model=session.launch.model)
            self._keep(session, session.prepare())

    async def _measure(self) -> None:
        now = self._clock()
        pids = {session: session.pid for session in due(self._sessions, now)}
        try:
            measured = await asyncio.to_thread(self._measured, [pid for pid in pids.values() if pid])
        except (OSError, RuntimeError) as error:  # no file can be opened, no thread be started: later, then
            log.warning("memory cannot be measured", error=str(error))
            return
        for session, pid in pids.items():
            if pid is not None and pid in measured:
                session.memory_bytes, session.measured_at = measured[pid], now

    def _new_session(self, launch: Launch) -> Session:
        process = self._new_process(launch)
        return Session(
            launch, process, self._additions, self._clock, self._starts, self._notice, self._stall_timeouts
        )

    def _see_who_is_left(self, launch: Launch, exchange: Exchange) -> None:
        """A process will start for the exchange: sessions parked in its conversation may wait in vain now."""
        before = exchange.tips[-2]
        is_known = bool(self._index.holders(before) or self._index.ended(before))
        parked = [session for session in self._sessions if session.state is State.PARKED]
        found = gone_on(parked, launch.caller, exchange.messages, exchange.tips, is_known=is_known)
        for session, how_sure in found.items():
            session.gone_on = how_sure

    def _notice(self, session: Session) -> None:
        """It has started, or is in another state."""
        self._index.note(session)
        if session.failed_with == _UNAUTHORIZED:
            self._refused.add(session.launch.access)  # a spare's, until somebody has logged in
        elif session.state in (State.IDLE, State.PARKED):
            self._refused.discard(session.launch.access)
        if session.died_as_spare:
            self._demand.forget(session.launch)
        self._has_changed.set()

    def _keep(self, session: Session, owner: "asyncio.Task[None]") -> None:
        self._sessions[session] = owner
        owner.add_done_callback(lambda _: self._sessions.pop(session, None))
