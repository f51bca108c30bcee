"""All live sessions, and the executor of the plan that ends them."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import structlog

from towpath.agent.additions import AdditionStore
from towpath.agent.process import AgentProcess
from towpath.core.canonical import Tip
from towpath.core.launch import Launch
from towpath.core.ways import State
from towpath.sessions.exchange import Exchange
from towpath.sessions.plan import Limits, sessions_to_end
from towpath.sessions.session import Session

log = structlog.get_logger(__name__)

_LOOK_EVERY_SECONDS = 5.0


class Pool:
    """Sessions by what they hold. ``new_process`` makes a process that has not been started."""

    def __init__(
        self,
        new_process: Callable[[Launch], AgentProcess],
        additions: AdditionStore,
        limits: Limits,
        clock: Callable[[], float],
    ) -> None:
        self._new_process = new_process
        self._additions = additions
        self._limits = limits
        self._clock = clock
        self._sessions: dict[Session, asyncio.Task[None]] = {}

    def holders(self, tip: Tip) -> Sequence[Session]:
        """The sessions that hold exactly this conversation."""
        return [session for session in self._sessions if session.tip == tip]

    def start(self, launch: Launch, exchange: Exchange) -> Session:
        """A new session that serves the exchange from its whole conversation."""
        self.keep_within_limits(starting=1)
        session = Session(launch, self._new_process(launch), self._additions, self._clock)
        owner = session.open(exchange, list(self._sessions))
        self._sessions[session] = owner
        owner.add_done_callback(lambda _: self._sessions.pop(session, None))
        return session

    def keep_within_limits(self, *, starting: int = 0) -> None:
        """Carry out the plan; ``starting`` sessions are about to be added."""
        limits = Limits(
            self._limits.idle_seconds, self._limits.parked_seconds, self._limits.sessions - starting
        )
        for session in sessions_to_end(self._sessions, limits, self._clock()):
            log.info("session ends", session=session.number, was=session.state)
            session.end()

    async def watch(self) -> None:
        """Keep within the limits as time goes by, until cancelled."""
        while True:
            await asyncio.sleep(_LOOK_EVERY_SECONDS)
            self.keep_within_limits()

    async def close(self) -> None:
        """End all sessions and wait for their processes."""
        owners = list(self._sessions.values())
        for session in list(self._sessions):
            session.end()
        await asyncio.gather(*owners, return_exceptions=True)

    def census(self) -> Mapping[State, int]:
        """How many sessions are in each state."""
        counts = Counter(session.state for session in self._sessions)
        return {state: counts[state] for state in (State.RUNNING, State.IDLE, State.PARKED)}
