"""Replaces a text within a file; says what stands there instead when it cannot.

Everything here takes time in proportion to the file: what the model looks for decides nothing.
"""

import os
from difflib import SequenceMatcher
from heapq import nlargest

from towpath.tools.arguments import Edit
from towpath.tools.deadline import Deadline
from towpath.tools.values import RefusedError
from towpath.tools.workspace import Workspace
from towpath.tools.writing import replace_file

_MAX_BYTES = 10_000_000
# To count the letters of a line takes up to 60 us; to find what it has in common with another, 5 ms.
_MAX_COMPARED_LINES = 5000
_MAX_COMPARED_CHARS = 200
_MAX_ALIKE_IN_LETTERS = 20
_ALIKE = 0.7
_MAX_NAMED_LINES = 10


def edit(workspace: Workspace, arguments: Edit, deadline: Deadline) -> tuple[str, str]:
    """Edit the file. Gives its path relative to the workspace and words for the model.

    Raises RefusedError, at the deadline with the file as it was.
    """
    with workspace.locate("file_path", arguments.file_path, for_change=True) as place:
        with os.fdopen(place.open_file(os.O_RDWR), "rb") as file:
            data = file.read(_MAX_BYTES + 1)
            before = os.fstat(file.fileno())
        if len(data) > _MAX_BYTES:
            raise RefusedError(
                f"file_path: {place.path} is over {_MAX_BYTES} bytes; change it with another tool"
            )
        old, new = arguments.old_string, arguments.new_string
        changed, count = edited(data, old, new, deadline, replace_all=arguments.replace_all)
        deadline.left()
        replace_file(place, changed, before)
        return place.path, f"Edited {place.path}: {count} {'place' if count == 1 else 'places'} changed."


def edited(data: bytes, old: str, new: str, deadline: Deadline, *, replace_all: bool) -> tuple[bytes, int]:
    """The content with ``old`` replaced, and in how many places. Raises RefusedError.

    Works on bytes: a UTF-8 text begins at no byte in the middle of a character, so what is not replaced stays
    as it is, whatever it is. Where lines end with CRLF, line breaks of both texts are taken as such.
    """
    if not old:
        raise RefusedError("old_string: is empty; to write a whole file, use write")
    if old == new:
        raise RefusedError("new_string: is the same as old_string; nothing would change")
    find, put = old.encode(), new.encode()
    ends = data.count(b"\r\n")
    if ends and (ends == data.count(b"\n") or find not in data):
        find, put = _with_crlf(find), _with_crlf(put)
    count = data.count(find)
    if not count:
        raise RefusedError(f"old_string: {_not_found(data.decode('utf-8', 'replace'), old, deadline)}")
    if count > 1 and not replace_all:
        sentence = f"occurs {count} times, at {_places(data, find)}"
        raise RefusedError(
            f"old_string: {sentence}; include more of the surrounding text, or set replace_all"
        )
    size = len(data) + count * (len(put) - len(find))
    if size > _MAX_BYTES:
        sentence = f"it would make a file of {size} bytes, more than the {_MAX_BYTES} of an edit"
        raise RefusedError(f"new_string: {sentence}; use a shorter one, or change fewer places")
    return data.replace(find, put), count


def _with_crlf(text: bytes) -> bytes:
    return text.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def _places(data: bytes, find: bytes) -> str:
    lines: list[int] = []
    line, position = 1, 0
    while len(lines) < _MAX_NAMED_LINES and (found := data.find(find, position)) >= 0:
        line += data.count(b"\n", position, found)
        lines.append(line)
        line += find.count(b"\n")
        position = found + len(find)
    more = ", ..." if data.find(find, position) >= 0 else ""
    return f"lines {', '.join(map(str, dict.fromkeys(lines)))}{more}"


def _not_found(text: str, old: str, deadline: Deadline) -> str:
    """What the file has instead: the same except for white space, or lines like the first one."""
    lines = text.split("\n")
    wanted = old.strip("\n").split("\n")
    start = _without_white_space(lines, wanted, deadline)
    if start is not None:
        shown = _shown(lines, range(start, start + len(wanted)))
        return f"was not found; the closest match differs only in white space:\n{shown}"
    first = next((line.strip() for line in wanted if line.strip()), "")
    if not first or len(lines) > _MAX_COMPARED_LINES:
        return "was not found; read the file again"
    close = _alike(lines, first, deadline)
    if not close:
        return "was not found, nor any line like its first one; read the file again"
    return f"was not found; lines like its first one:\n{_shown(lines, close)}"


def _without_white_space(lines: list[str], wanted: list[str], deadline: Deadline) -> int | None:
    """The index of the line at which the wanted lines begin if white space does not count."""
    squeezed = ["".join(line.split()) for line in deadline.checked(lines)]
    sought = ["".join(line.split()) for line in deadline.checked(wanted)]
    if not any(sought):
        return None
    # One text in one: Python finds that in linear time. A single line may stand within one of the file's.
    border = "\n" if len(sought) > 1 else ""
    text = "\n".join(["", *squeezed, ""])
    found = text.find(border + "\n".join(sought) + border)
    return text.count("\n", 0, found + len(border)) - 1 if found >= 0 else None


def _alike(lines: list[str], wanted: str, deadline: Deadline) -> list[int]:
    """The indexes of the lines that are most like the wanted one: of those with its letters, the closest."""
    matcher = SequenceMatcher(b=wanted[:_MAX_COMPARED_CHARS], autojunk=False)
    in_letters, in_order = [], []
    for index, line in enumerate(deadline.checked(lines)):
        matcher.set_seq1(line.strip()[:_MAX_COMPARED_CHARS])
        in_letters.append((matcher.quick_ratio(), -index))
    for _, place in nlargest(_MAX_ALIKE_IN_LETTERS, in_letters):
        matcher.set_seq1(lines[-place].strip()[:_MAX_COMPARED_CHARS])
        in_order.append((matcher.ratio(), place))
    return sorted(-place for alike, place in nlargest(3, in_order) if alike >= _ALIKE)


def _shown(lines: list[str], indexes: list[int] | range) -> str:
    return "\n".join(f"{index + 1:>6}\t{lines[index].rstrip()[:_MAX_COMPARED_CHARS]}" for index in indexes)
