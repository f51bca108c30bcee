"""Changes to a text of JSON with comments that leave all else in it as it is, byte for byte. Pure.

New values follow the indentation, line ends and trailing commas that they find. Comments stay, except
those inside of what is taken out. All functions take a text and return the changed one; they raise
JsoncError for a text that cannot be read, or in which something else is at the place.
"""

import json
import re
from typing import Any

from towpath.cli.opencode.jsonc import Child, JsoncError, Keys, Node, parse

_INDENT = re.compile(r"[ \t]*")
_BREAK = re.compile(r"[\r\n]")
_DEFAULT_UNIT = "  "


def set_value(text: str, path: Keys, value: Any) -> str:
    """Give the member at ``path`` a value; objects on the way that are missing are made."""
    node = parse(text)
    for depth, key in enumerate(path):
        if not isinstance(node.value, dict):
            raise _not_an_object(text, node, path[:depth])
        child = node.child(key)
        if child is None:
            for missing in reversed(path[depth + 1 :]):
                value = {missing: value}
            return _insert(text, node, key, value)
        node = child.node
    return _replace(text, [(node.start, node.end, _rendered(text, value, node.start))])


def append_item(text: str, path: Keys, item: Any) -> str:
    """Add an item to the end of the array at ``path``, which must be there."""
    node = _at(text, path)
    if not isinstance(node.value, list):
        raise JsoncError(f"{'.'.join(path)} is not a list", text, node.start)
    return _insert(text, node, None, item)


def set_item(text: str, path: Keys, index: int, item: Any) -> str:
    """Put another item in the place of one in the array at ``path``."""
    node = _at(text, path).children[index].node
    return _replace(text, [(node.start, node.end, _rendered(text, item, node.start))])


def remove(text: str, path: Keys) -> str:
    """Take the member at ``path`` out, with all that repeat its key."""
    *parents, key = path
    while (child := _at(text, tuple(parents)).child(key)) is not None:
        text = _remove_child(text, _at(text, tuple(parents)), child)
    return text


def remove_item(text: str, path: Keys, index: int) -> str:
    """Take an item out of the array at ``path``."""
    node = _at(text, path)
    return _remove_child(text, node, node.children[index])


def _at(text: str, path: Keys) -> Node:
    node = parse(text)
    for depth, key in enumerate(path):
        child = node.child(key)
        if child is None:
            raise JsoncError(f"{'.'.join(path[: depth + 1])} is missing", text, node.start)
        node = child.node
    return node


def _not_an_object(text: str, node: Node, path: Keys) -> JsoncError:
    what = ".".join(path) or "the whole"
    return JsoncError(f"{what} is not an object", text, node.start)


def _insert(text: str, parent: Node, key: str | None, value: Any) -> str:
    """After the last child and the comments that follow it; the comma goes right after that child."""
    last = parent.children[-1] if parent.children else None
    edits = []
    if last and last.comma is None:
        edits.append((last.node.end, last.node.end, ","))
    trailing = "," if last and last.comma is not None else ""
    label = "" if key is None else f"{json.dumps(key, ensure_ascii=False)}: "
    outer = _indent_at(text, parent.start)
    if not _spread(text, parent):
        new = f"{' ' if last else ''}{label}{json.dumps(value, ensure_ascii=False)}{trailing}"
        return _replace(text, [*edits, (parent.rest, parent.rest, new)])
    inner = _indent_of_children(text, parent, outer)
    newline = _newline(text)
    new = f"{newline}{inner}{label}{_pretty(text, value, inner)}{trailing}"
    if not _BREAK.search(text, parent.rest, parent.end):
        new += newline + outer
    return _replace(text, [*edits, (parent.rest, parent.rest, new)])


def _remove_child(text: str, parent: Node, child: Child) -> str:
    edits = []
    end = child.node.end
    if child.comma is not None and not text[end : child.comma].strip():
        end = child.comma + 1
    elif child.comma is not None:  # a comment before the comma stays
        edits.append((child.comma, child.comma + 1, ""))
    elif (index := parent.children.index(child)) and (comma := parent.children[index - 1].comma) is not None:
        edits.append((comma, comma + 1, ""))
    changed = _replace(text, [*edits, (*_with_space(text, child, end), "")])
    inside = slice(parent.start + 1, parent.end - 1 + len(changed) - len(text))
    if changed[inside].strip():
        return changed
    return changed[: inside.start] + changed[inside.stop :]


def _with_space(text: str, child: Child, end: int) -> tuple[int, int]:
    """The span of a child with the whitespace that is its own.

    The line end before it may be what ends a comment, so it goes only if another one follows.
    """
    lead = text[child.lead : child.start]
    spaces = _INDENT.match(text, end)
    after = spaces.end() if spaces else end
    if not _BREAK.search(lead) or _BREAK.match(text, after):
        return child.lead, end
    return child.start, after


def _spread(text: str, node: Node) -> bool:
    """Whether a new child gets a line of its own."""
    if not node.children:
        whole = text.strip()
        return bool(_BREAK.search(whole)) or whole == text[node.start : node.end]
    gaps = (text[node.start : node.children[0].start], text[node.rest : node.end])
    return any(_BREAK.search(gap) for gap in gaps)


def _indent_of_children(text: str, node: Node, outer: str) -> str:
    if node.children and "\n" in text[node.start : node.children[0].start]:
        return _indent_at(text, node.children[0].start)
    return outer + _unit(text)


def _rendered(text: str, value: Any, position: int) -> str:
    return _pretty(text, value, _indent_at(text, position))


def _pretty(text: str, value: Any, indent: str) -> str:
    written = json.dumps(value, indent=_unit(text), ensure_ascii=False)
    return written.replace("\n", _newline(text) + indent)


def _indent_at(text: str, position: int) -> str:
    """The whitespace that the line of a position begins with."""
    found = _INDENT.match(text, text.rfind("\n", 0, position) + 1)
    return found[0] if found else ""


def _unit(text: str) -> str:
    """One step of indentation: that of the outermost object's first member."""
    root = parse(text)
    if root.children and "\n" in text[root.start : root.children[0].start]:
        return _indent_at(text, root.children[0].start) or _DEFAULT_UNIT
    return _DEFAULT_UNIT


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _replace(text: str, edits: list[tuple[int, int, str]]) -> str:
    """Apply edits that do not overlap; of two at one position the earlier in the list comes first."""
    parts, at = [], 0
    for start, end, new in sorted(edits, key=lambda edit: edit[0]):
        parts += [text[at:start], new]
        at = end
    return "".join(parts) + text[at:]
