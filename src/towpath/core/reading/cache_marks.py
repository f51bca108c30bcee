"""How long a client asks the API's prompt cache to keep its prompt: 5 minutes, or an hour.

The CLI sets the cache marks (docs/engine.md, K1), and all of a process's live equally long. So a client
that asks for an hour in one place gets it everywhere.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

HOUR = "1h"
LIVES = ("5m", HOUR)
KIND = "ephemeral"
# Blocks stand in blocks this often: a text in a document in a tool's result.
LEVELS = 2

Block = Mapping[str, Any]


def ask_for_hour(blocks: Iterable[Block]) -> bool:
    """Whether one of these blocks or tools, or of the blocks inside them, has a mark for an hour."""
    return any(
        isinstance(mark, dict) and mark.get("ttl") == HOUR for block in blocks for _, mark in marks(block, "")
    )


def marks(block: Block, path: str, levels: int = LEVELS) -> Iterator[tuple[str, Any]]:
    """The marks of a block or tool at ``path`` and of the blocks inside it, each with its own path."""
    if block.get("cache_control") is not None:
        yield f"{path}.cache_control", block["cache_control"]
    if levels:
        for inner_path, inner in _inner_blocks(block, path):
            yield from marks(inner, inner_path, levels - 1)


def _inner_blocks(block: Block, path: str) -> Iterator[tuple[str, Block]]:
    source = block.get("source")
    of_source = source.get("content") if isinstance(source, dict) else None
    for name, content in (("content", block.get("content")), ("source.content", of_source)):
        if isinstance(content, list):
            for index, inner in enumerate(content):
                if isinstance(inner, dict):
                    yield f"{path}.{name}.{index}", inner
