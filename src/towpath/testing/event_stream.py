"""AWS's framing of an event stream: lengths, headers, a payload, and two checksums around them.

Pure. It must not know what the events say.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

MEDIA_TYPE = "application/vnd.amazon.eventstream"

_STRING = 7  # the type of a header's value; AWS has nine others, and Bedrock uses none of them


def message(headers: Mapping[str, str], payload: bytes) -> bytes:
    """One message: a prelude (both lengths and their CRC32), the rest, and the CRC32 of all before it."""
    written = b"".join(_header(name.encode(), value.encode()) for name, value in headers.items())
    lengths = struct.pack("!II", 16 + len(written) + len(payload), len(written))
    prelude = lengths + _checksum(lengths)
    return prelude + written + payload + _checksum(prelude + written + payload)


def _header(name: bytes, value: bytes) -> bytes:
    return struct.pack("!B", len(name)) + name + struct.pack("!BH", _STRING, len(value)) + value


def _checksum(covered: bytes) -> bytes:
    return struct.pack("!I", crc32(covered))
