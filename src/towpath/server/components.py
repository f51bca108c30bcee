"""What a server is made of: one of each, made from its settings, each with those before it."""

import os
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from towpath.agent.additions import AdditionStore
from towpath.agent.bundled_cli import AuthStatus
from towpath.agent.folders import additions_folder, empty_folder, run_folder
from towpath.core.accesses import DEFAULT
from towpath.core.reading.memo import MessageMemo
from towpath.server.accesses import Folders, ServedAccess, served
from towpath.server.dashboard.activity import Activity
from towpath.server.dashboard.usage import UsageHistory
from towpath.server.exchange.conversations import Conversations
from towpath.server.exchange.events import (
    Began,
    CallerRejected,
    Ended,
    FirstEvent,
    LeftQueue,
    LimitsChanged,
    Publish,
    Refused,
    Streamed,
)
from towpath.server.exchange.exchanges import Exchanges
from towpath.server.exchange.limit_refusals import limits_report
from towpath.server.exchange.publisher import Publisher
from towpath.server.exchange.reader import RequestReader
from towpath.server.http.parse_queue import ParseQueue
from towpath.server.loopback import is_loopback
from towpath.server.observe import log
from towpath.server.observe.bookkeeper import Bookkeeper
from towpath.server.observe.health import Health
from towpath.server.observe.metrics import Metrics
from towpath.server.observe.recorder import Recorder
from towpath.server.observe.telemetry import Telemetry
from towpath.server.processes import MakesProcesses, Processes, ProcessMaker
from towpath.server.via import new_mark
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher
from towpath.sessions.memory_budget import MIB
from towpath.sessions.plan import Limits
from towpath.sessions.pool import Pool
from towpath.sessions.stalls import StallTimeouts
from towpath.settings import Settings


@dataclass(frozen=True)
class Components:
    """``folder`` has the files of all processes, and goes with the server; ``mark`` is its own in Via."""

    folder: Path
    mark: str
    processes: Processes
    pool: Pool
    health: Health
    accesses: Mapping[str, ServedAccess]
    memo: MessageMemo
    queue: ParseQueue
    publish: Publish
    recorder: Recorder | None
    telemetry: Telemetry | None
    bookkeeper: Bookkeeper
    usage: UsageHistory
    metrics: Metrics
    activity: Activity
    exchanges: Exchanges


def assemble(
    settings: Settings,
    clock: Callable[[], float],
    ask_login: Callable[[], Awaitable[AuthStatus | None]] | None = None,
    process_maker: MakesProcesses = ProcessMaker,
) -> Components:
    """The components for these settings.

    ``clock`` is Unix time in seconds; ``ask_login`` is asked instead of the CLI, and ``process_maker`` makes
    what makes the processes.
    """
    folder, nowhere = run_folder(settings.state_dir), empty_folder(settings.state_dir)
    publisher = Publisher()
    mark = new_mark()
    accesses = served(settings, Folders(folder, nowhere), clock, publisher.publish, mark)
    limits = {name: one.limits for name, one in accesses.items()}
    told = {name: (one.access, one.limits.hear) for name, one in accesses.items()}
    processes = process_maker(settings, folder, told, mark=mark)
    pool = _pool(settings, processes)
    admission = Admission(running=settings.max_concurrent, waiting=settings.max_waiting)
    bookkeeper = Bookkeeper(settings, limits, clock)
    health = _health(settings, pool, admission, accesses, ask_login, bookkeeper)
    memo, queue, conversations = MessageMemo(), ParseQueue(), Conversations()
    metrics = Metrics(pool, admission, memo, limits, bookkeeper.prices)
    telemetry, recorder = Telemetry.wanted(os.environ, bookkeeper.prices), Recorder.wanted(settings)
    all_limits = partial(limits_report, limits)
    activity = Activity(
        pool, health, conversations, all_limits, bookkeeper.today, shows_content=settings.show_content
    )
    _subscribe(publisher, activity, metrics, bookkeeper, telemetry, recorder)
    offers = {name: one.models.offer for name, one in accesses.items()}
    named = {name for name, one in accesses.items() if one.access.is_named}
    reader = RequestReader(settings, memo, queue, nowhere, offers, named)
    exchanges = Exchanges(
        reader, Dispatcher(pool), admission, limits, publisher.publish, conversations, clock
    )
    return Components(
        folder=folder,
        mark=mark,
        processes=processes,
        pool=pool,
        health=health,
        accesses=accesses,
        memo=memo,
        queue=queue,
        publish=publisher.publish,
        recorder=recorder,
        telemetry=telemetry,
        bookkeeper=bookkeeper,
        usage=UsageHistory(bookkeeper.file, bookkeeper.prices, clock),
        metrics=metrics,
        activity=activity,
        exchanges=exchanges,
    )


def _subscribe(
    publisher: Publisher,
    activity: Activity,
    metrics: Metrics,
    bookkeeper: Bookkeeper,
    telemetry: Telemetry | None,
    recorder: Recorder | None,
) -> None:
    """Who hears what."""
    hear = publisher.subscribe
    hear(Began, activity.began)
    hear(LeftQueue, activity.left_queue)
    hear(FirstEvent, activity.first_event)
    hear(Streamed, activity.streamed)
    hear(Ended, log.ended, metrics.ended, bookkeeper.ended, activity.ended)
    hear(Refused, log.refused, activity.refused)
    hear(CallerRejected, log.caller_rejected, activity.caller_rejected)
    hear(LimitsChanged, log.limits_changed)
    if telemetry:
        hear(Ended, telemetry.ended)
    if recorder:
        hear(Began, recorder.began)
        hear(FirstEvent, recorder.first_event)
        hear(Streamed, recorder.streamed)
        hear(Ended, recorder.ended)


def _health(
    settings: Settings,
    pool: Pool,
    admission: Admission,
    accesses: Mapping[str, ServedAccess],
    ask_login: Callable[[], Awaitable[AuthStatus | None]] | None,
    bookkeeper: Bookkeeper,
) -> Health:
    logins = {name: ask_login or one.ask_login for name, one in accesses.items()}
    return Health(
        pool,
        admission,
        settings.mode,
        is_shared=not is_loopback(settings.host),
        ask=logins.pop(DEFAULT),
        others=logins,
        ledger=bookkeeper.status,
    )


def _pool(settings: Settings, processes: Processes) -> Pool:
    limits = Limits(
        idle_seconds=settings.idle_timeout_seconds,
        parked_seconds=settings.parked_timeout_seconds,
        memory_bytes=settings.memory_budget_mb * MIB,
        spares=settings.spares,
    )
    additions = AdditionStore(additions_folder(settings.state_dir))
    stalls = StallTimeouts(settings.first_event_timeout_seconds, settings.stall_timeout_seconds)
    return Pool(processes, additions, limits, time.monotonic, stalls, cores=os.cpu_count() or 1)
