"""Finds files by name."""

import heapq

from towpath.tools.arguments import Glob
from towpath.tools.deadline import Deadline
from towpath.tools.patterns import NamePattern
from towpath.tools.values import Result, words
from towpath.tools.walking import SKIPPED, files_below
from towpath.tools.workspace import Workspace

_MAX_FILES = 100


def glob(workspace: Workspace, arguments: Glob, deadline: Deadline) -> Result:
    """The paths of the files relative to the workspace, newest first, one a line. Raises RefusedError."""
    pattern = NamePattern("pattern", arguments.pattern)
    skipped = SKIPPED - set(arguments.pattern.split("/"))
    newest: list[tuple[float, str]] = []
    count = 0
    with workspace.locate("path", arguments.path) as place, files_below(place, skipped) as files:
        for file in files:
            if not pattern.matches(file.path, deadline) or (modified := file.modified()) is None:
                continue
            count += 1
            add = heapq.heappush if count <= _MAX_FILES else heapq.heappushpop
            add(newest, (modified, place.below(file.path)))
    if not newest:
        return words("No files found.")
    shown = [path for _, path in sorted(newest, reverse=True)]
    if count > _MAX_FILES:
        shown += ["", f"[{count} files; the newest {_MAX_FILES} are shown. Narrow the pattern or path.]"]
    return words("\n".join(shown))
