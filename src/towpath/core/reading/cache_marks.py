"""How long a client asks the API's prompt cache to keep its prompt: 5 minutes, or an hour.

The CLI sets the cache marks (docs/engine.md, K1), and all of a process's live equally long. So a client
that asks for an hour in one place gets it everywhere.
"""

from collections.abc import Iterable, Mapping
from typing import Any

HOUR = "1h"


def ask_for_hour(blocks: Iterable[Mapping[str, Any]]) -> bool:
    """Whether one of these blocks or tools, or of the blocks inside them, has a mark for an hour."""
    return any(map(_asks, blocks))


def _asks(block: Mapping[str, Any]) -> bool:
    mark, inner, source = block.get("cache_control"), block.get("content"), block.get("source")
    return (
        (isinstance(mark, dict) and mark.get("ttl") == HOUR)
        or (isinstance(inner, list) and any(_asks(item) for item in inner if isinstance(item, dict)))
        or (isinstance(source, dict) and _asks(source))
    )
