"""The marks by which servers know a request that comes round, in the header Via (RFC 9110, 7.6.3).

Each server of Towpath's has one of its own. What it sends, or has its CLIs send, to an upstream that may be
another server has that mark after those of the servers before it.
"""

import re
import uuid

from starlette.datastructures import Headers

_MARK = re.compile(r"1\.1 towpath-[0-9a-f]{12}")


def new_mark() -> str:
    """A mark that no other server has."""
    return f"1.1 towpath-{uuid.uuid4().hex[:12]}"


def marks_in(headers: Headers) -> tuple[str, ...]:
    """Those of all servers of Towpath's that a request has come through, the first one first."""
    named = ",".join(headers.getlist("via")).split(",")
    return tuple(mark.strip() for mark in named if _MARK.fullmatch(mark.strip()))
