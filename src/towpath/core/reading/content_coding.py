"""Content-Encoding undone, as RFC 9110 (8.4) has it, and never to more than a body may have.

A few KB can hold gigabytes. So each coding stops at the limit, also in the middle of a list: its output may
be huge even if the next coding makes something small of it.
"""

import sys
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Protocol

from towpath.core.errors import ApiError
from towpath.core.reading.body_limits import MAX_BODY_BYTES, too_large

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

# More are of no use, and each costs a pass over the body.
MAX_CODINGS = 4
# Several streams one after another are one, as `cat a.gz b.gz` makes it. An empty one takes 20 bytes, and the
# rest of the body is copied for each.
MAX_STREAMS = 64
# RFC 9659: what a sender may ask of the decoder's memory, 8 MB.
_ZSTD_WINDOW: Mapping[int, int] = {zstd.DecompressionParameter.window_log_max: 23}


class _Stream(Protocol):
    """A stream that is being decoded. ``unused_data`` is what follows its end."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


def _inflate(body: bytes) -> _Stream:
    """With zlib's frame, as the RFC says, or without, as many senders do.

    The frame's first byte ends in 8. Deflate's own would be a stored block there, padded with a bit that is
    not zero; no encoder writes that.
    """
    has_frame = body[:1] and body[0] & 0x0F == 8
    return zlib.decompressobj(zlib.MAX_WBITS if has_frame else -zlib.MAX_WBITS)


def _gunzip(_body: bytes) -> _Stream:
    return zlib.decompressobj(zlib.MAX_WBITS | 16)


def _unzstd(_body: bytes) -> _Stream:
    return zstd.ZstdDecompressor(options=_ZSTD_WINDOW)


_STREAMS: Mapping[str, Callable[[bytes], _Stream]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _inflate,
    "zstd": _unzstd,
}
_ACCEPTED = "gzip, deflate, zstd"


def codings_in(fields: Iterable[str]) -> Sequence[str]:
    """The codings that Content-Encoding names, in the order in which they were applied.

    ``fields`` are the header's values, one for each time that it was sent. Raises ApiError, 415, for a coding
    that is not known here.
    """
    names = [name.strip().lower() for field in fields for name in field.split(",")]
    codings = [name for name in names if name not in ("", "identity")]
    for coding in codings:
        if coding not in _STREAMS:
            raise _unsupported(f"{coding[:50]!r} is not supported; send {_ACCEPTED}, or the body as it is")
    if len(codings) > MAX_CODINGS:
        raise _unsupported(f"more than {MAX_CODINGS} codings on top of each other")
    return codings


def decoded(body: bytes, codings: Sequence[str]) -> bytes:
    """The body without these codings. Raises ApiError: 400 if it is damaged, 413 if it is too large."""
    for coding in reversed(codings):
        try:
            body = _decoded(body, _STREAMS[coding])
        except (zlib.error, zstd.ZstdError) as error:
            raise ApiError(400, f"Content-Encoding: the body is not valid {coding}: {error}") from error
        except EOFError as error:
            raise ApiError(
                400, f"Content-Encoding: the body ends in the middle of the {coding} data"
            ) from error
    return body


def _decoded(body: bytes, begin: Callable[[bytes], _Stream]) -> bytes:
    parts: list[bytes] = []
    left = MAX_BODY_BYTES
    for _ in range(MAX_STREAMS):
        stream = begin(body)
        part = stream.decompress(body, left + 1)
        if len(part) > left:
            raise too_large()
        if not stream.eof:
            raise EOFError
        parts.append(part)
        left -= len(part)
        body = stream.unused_data
        if not body:
            return b"".join(parts)
    raise ApiError(400, f"Content-Encoding: the body has more than {MAX_STREAMS} streams; send one")


def _unsupported(problem: str) -> ApiError:
    return ApiError(415, f"Content-Encoding: {problem}", headers={"accept-encoding": _ACCEPTED})
