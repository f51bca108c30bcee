"""What would change in a configuration, for a person to read: a unified diff without secrets. Pure."""

import difflib
import re
from collections.abc import Iterator

from towpath.cli.opencode.jsonc import Node, parse

_SECRET = re.compile(r"key|token|secret|passw|auth|credential|cookie", re.IGNORECASE)
_NO_SECRET = re.compile(r'"(?:dummy|\{(?:env|file):[^"]*)"')  # names where the secret is, or none
_HIDDEN = '"(hidden)"'


def unified(before: str, after: str, name: str) -> list[str]:
    """The lines of the diff, without line ends. Both texts are JSONC, or empty."""
    return list(
        difflib.unified_diff(
            masked(before).splitlines(),
            masked(after).splitlines(),
            f"{name} (now)",
            f"{name} (then)",
            lineterm="",
        )
    )


def masked(text: str) -> str:
    """The text without the values of keys that sound like secrets: a diff shows a change's neighbours."""
    if not text.strip():
        return text
    for start, end in sorted(_secrets(text, parse(text), named=False), reverse=True):
        text = text[:start] + _HIDDEN + text[end:]
    return text


def _secrets(text: str, node: Node, *, named: bool) -> Iterator[tuple[int, int]]:
    """The spans of strings below a key that sounds like a secret (``named``), at any depth."""
    if named and isinstance(node.value, str) and not _NO_SECRET.fullmatch(text[node.start : node.end]):
        yield node.start, node.end
    for child in node.children:
        below = named or bool(child.key and _SECRET.search(child.key))
        yield from _secrets(text, child.node, named=below)
