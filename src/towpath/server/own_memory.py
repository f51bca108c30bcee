"""The server's own memory: freed blocks go back to the system, and what is not used is forgotten."""

import asyncio
import ctypes

import structlog

from towpath.core.reading.memo import MessageMemo

log = structlog.get_logger(__name__)

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # <malloc.h>
# glibc's initial value, which it raises to the size of the largest freed block, up to 32 MB.
_LARGE_BYTES = 128 * 1024


def give_back_large_blocks() -> None:
    """From now on, a block of 128 KB or more goes back to the system when it is freed.

    By default glibc learns from a body of 30 MB to keep such blocks, in each thread: after four such bodies
    208 MB stayed for good, of which 62 were in use; with this it is 122 MB. Does nothing where the C library
    has no ``mallopt`` (macOS, musl).
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _LARGE_BYTES)


async def forget_when_idle(memo: MessageMemo, idle_seconds: float) -> None:
    """Forget all messages whenever no request has looked one up for this long, until cancelled.

    By then all processes have ended as well, so the next request of any conversation takes half a second
    more; reading its text again adds some 20 ms for 5 MB.
    """
    while True:
        lookups = memo.lookups
        await asyncio.sleep(idle_seconds)
        if memo.lookups == lookups and memo.size_bytes:
            log.info("messages are forgotten", bytes=memo.size_bytes)
            memo.forget()
