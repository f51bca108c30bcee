"""Renew the drawing of a session's life in ARCHITECTURE.md: ``uv run python -m scripts.life``.

It is made from the table in ``core.life``; ``tests/core/test_life.py`` sees that the two agree.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from towpath.core.life import FIRST, NEXT

DOCUMENT = Path(__file__).parent.parent / "ARCHITECTURE.md"
_DRAWING = re.compile(r"(?<=```mermaid\n)stateDiagram-v2\n.*?(?=```)", re.DOTALL)


def main() -> None:
    """Write the drawing into the document."""
    DOCUMENT.write_text(renewed(DOCUMENT.read_text("utf-8")), "utf-8")


def renewed(document: str) -> str:
    """The document with a drawing that agrees with the table. Raises ValueError if it has none."""
    text, count = _DRAWING.subn("".join(f"{line}\n" for line in _lines()), document)
    if count != 1:
        raise ValueError(f"{DOCUMENT.name} has {count} drawings of states, not one")
    return text


def _lines() -> Iterator[str]:
    yield "stateDiagram-v2"
    yield f"    [*] --> {FIRST}"
    for state, following in NEXT.items():
        for new, when in following.items():
            yield f"    {state} --> {new}: {when}"
        if not following:
            yield f"    {state} --> [*]"


if __name__ == "__main__":
    main()
