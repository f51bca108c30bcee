"""Which files belong to a version control system, which runs programs that stand in them.

``git status`` runs what ``core.fsmonitor`` in ``.git/config`` names, a commit what is in ``.git/hooks``;
``hg`` and ``jj`` are no better. Who writes there has a program run at the user's next command.
"""

import os
import unicodedata

_NAMES = frozenset({".git", "git~1", ".hg", ".jj"})
# Git takes a folder for a repository's, whatever its name, if it has these (is_git_directory in its setup.c):
# bare ones, those that a .git file points to, and with the latter those of worktrees.
_REPOSITORY = frozenset({"head", "objects", "refs"})
_WORKTREE = frozenset({"head", "commondir"})


def belongs_to_repository(folder: int, name: str) -> bool:
    """Whether what ``name`` is in an open folder is a repository's own, or would make the folder one.

    Asked at each step of a path, it holds for all below. Raises OSError.
    """
    if _as_read(name) in _NAMES:
        return True
    there = {_as_read(name)} | {part for part in _REPOSITORY | _WORKTREE if _is_there(folder, part)}
    return there >= _REPOSITORY or there >= _WORKTREE


def _as_read(name: str) -> str:
    """A name as the most forgiving file systems read it; git protects its own names from the same ones.

    macOS ignores case, and HFS+ characters that cannot be seen; Windows, below a Linux that it runs, dots and
    spaces at the end and all after a colon.
    """
    seen = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return seen.partition(":")[0].rstrip(". ").casefold()


def _is_there(folder: int, name: str) -> bool:
    written = name.upper() if name == "head" else name
    try:
        os.stat(written, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
