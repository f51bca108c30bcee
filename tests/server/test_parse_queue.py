"""Large bodies beside each other: nobody waits for another's, and none is read for a client that has left."""

import asyncio
import threading
from pathlib import Path

import httpx
import pytest
from starlette.requests import ClientDisconnect

from tests.support.answering import answering_proxy
from tests.support.exchanges import leaves, stays
from towpath.core.reading.body_limits import MAX_VALUES
from towpath.server.http.parse_queue import ParseQueue
from towpath.settings import Settings

LARGE = b"x" * 300_000


async def test_a_large_body_is_read_while_another_one_is() -> None:
    is_read = threading.Event()

    queue = ParseQueue()
    slow = asyncio.create_task(queue.run(LARGE, is_read.wait, stays))
    await queue.run(LARGE, is_read.set, stays)
    assert await slow


async def test_a_body_that_waits_for_its_turn_is_not_read_once_its_client_has_left() -> None:
    go_on = threading.Event()
    read = []

    queue = ParseQueue()
    slow = [asyncio.create_task(queue.run(LARGE, go_on.wait, stays)) for _ in range(8)]
    await asyncio.sleep(0)
    try:
        with pytest.raises(ClientDisconnect):
            await queue.run(LARGE, lambda: read.append("left"), leaves)
    finally:
        go_on.set()
    await asyncio.gather(*slow)
    await queue.run(LARGE, lambda: read.append("stays"), stays)
    assert read == ["stays"]


async def test_an_error_of_reading_arrives() -> None:
    queue = ParseQueue()
    with pytest.raises(ZeroDivisionError):
        await queue.run(LARGE, lambda: 1 / 0, stays)


def test_a_body_of_too_many_values_is_refused_at_each_door(tmp_path: Path) -> None:
    body = b'{"model": "m", "max_tokens": 1, "messages": [%s1], "input": []}' % (b"[]," * MAX_VALUES)
    paths = ("/messages", "/messages/count_tokens", "/chat/completions", "/responses")

    with answering_proxy(Settings(state_dir=tmp_path, spares=0)) as url:
        for path in paths:
            headers = {"content-type": "application/json"}
            response = httpx.post(f"{url}/v1{path}", content=body, headers=headers, timeout=60)
            assert response.status_code == 413
            assert "maximum number of JSON values" in response.json()["error"]["message"]
