"""The server's own memory: given back after large requests, and when nobody asks any more."""

import subprocess
import sys

import orjson
import pytest

from tests.sessions.quiet_loop import QuietLoop
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import parse_request
from towpath.server.own_memory import forget_when_idle

IDLE_SECONDS = 900

# In a program of its own: this one's memory has a history. Each body is new, and read in a thread as large
# ones are. It prints what is in use beyond what was at the start and is remembered, in MB.
GROWTH = """
import asyncio, sys
import orjson, psutil
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.request import parse_request
from towpath.server.own_memory import give_back_large_blocks

if sys.argv[1] == "give back":
    give_back_large_blocks()
used = psutil.Process().memory_info
start, memo, text = used().rss, MessageMemo(), "x" * 2**20
for turn in range(4):
    said = [{"role": "user", "content": f"{turn} {number} {text}"} for number in range(29)]
    body = orjson.dumps({"model": "sonnet", "max_tokens": 1, "messages": said})
    asyncio.run(asyncio.to_thread(parse_request, body, memo))
    del said, body
print((used().rss - start - memo.size_bytes) // 2**20)
"""


def growth_mb(way: str) -> int:
    done = subprocess.run([sys.executable, "-c", GROWTH, way], capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only glibc keeps such blocks")
def test_what_large_bodies_needed_goes_back_to_the_system() -> None:
    assert growth_mb("keep") > 60 > growth_mb("give back")


def ask(memo: MessageMemo) -> None:
    messages = [{"role": "user", "content": "hi"}]
    parse_request(orjson.dumps({"model": "sonnet", "max_tokens": 1, "messages": messages}), memo)


def test_messages_are_forgotten_when_nobody_has_asked_for_as_long_as_a_process_idles() -> None:
    loop, memo = QuietLoop(), MessageMemo()
    loop.create_task(forget_when_idle(memo, IDLE_SECONDS))
    loop.settle()
    ask(memo)
    loop.pass_time(IDLE_SECONDS)
    kept = memo.size_bytes
    ask(memo)
    loop.pass_time(IDLE_SECONDS)
    kept_after_another = memo.size_bytes
    loop.pass_time(IDLE_SECONDS)
    loop.finish()

    assert kept_after_another == kept > 0
    assert memo.size_bytes == 0
