"""Work that ends when its client has left: a model must not go on for a client that is gone."""

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from typing import TypeVar

from starlette.requests import ClientDisconnect
from starlette.types import Receive

T = TypeVar("T")


async def while_client_stays(work: Awaitable[T], receive: Receive) -> T:
    """The result of the work. If the client closes the connection, the work is cancelled: a ClientDisconnect.

    The request's body must have been read.
    """
    doing = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_client_leaves(receive))
    try:
        await asyncio.wait({doing, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        doing.cancel()  # no effect on work that is done
        leaving.cancel()
        await asyncio.gather(doing, leaving, return_exceptions=True)
    if doing.cancelled():
        raise ClientDisconnect
    return doing.result()


async def unless_client_leaves(work: Awaitable[None], receive: Receive) -> None:
    """The same for work without a result: it just ends when the client leaves."""
    with suppress(ClientDisconnect):
        await while_client_stays(work, receive)


async def _client_leaves(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
