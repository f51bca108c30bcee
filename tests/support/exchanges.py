"""Exchanges without processes: somebody else answers for the dispatcher."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path
from typing import cast

from starlette.types import Message

from towpath.core.memo import MessageMemo
from towpath.server.activity import Activity
from towpath.server.exchanges import Exchanges
from towpath.server.health import Health
from towpath.server.limits import KnownLimits
from towpath.server.reading import Reading
from towpath.server.record import Observer
from towpath.sessions.admission import Admission
from towpath.sessions.dispatcher import Dispatcher
from towpath.sessions.pool import Pool
from towpath.settings import Settings


async def stays() -> Message:
    """A client that has sent its body, and does not leave."""
    await asyncio.Event().wait()
    raise AssertionError


async def leaves() -> Message:
    """One that has left."""
    return {"type": "http.disconnect"}


def exchanges_of(dispatcher: object, observers: Sequence[Observer] = ()) -> Exchanges:
    """Those that ``dispatcher`` serves, as far as a test lets them come."""
    limits = KnownLimits(time.time, no_extra_usage=False)
    return Exchanges(
        Settings(),
        cast(Dispatcher, dispatcher),
        Admission(running=1, waiting=0),
        Path("empty"),
        MessageMemo(),
        limits,
        Reading(),
        observers,
        Activity(cast(Pool, None), cast(Health, None), shows_content=False, limits=limits.report),
        time.time,
    )
