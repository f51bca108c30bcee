"""Which files belong to a version control system, which runs programs that they name.

``git status`` runs what ``core.fsmonitor`` in ``.git/config`` names, a commit what is in ``.git/hooks``;
``repo`` is itself a program in ``.repo``. The others have settings that name commands, or are code. Writing
there means running a program at the user's next command.
"""

import os
import unicodedata

# Git, repo, Mercurial, Sapling, Jujutsu, Breezy, Subversion, Pijul; Darcs, Monotone; checkouts of Fossil.
_HIDDEN = (".git", ".repo", ".hg", ".sl", ".jj", ".bzr", ".svn", ".pijul")
_NAMES = frozenset({*_HIDDEN, "_darcs", "_mtn", "_fossil_", ".fslckout", ".fos"})
# Windows has a second name for each that begins with a dot: GIT~1.
_SHORT_NAMES = frozenset(f"{name[1:7]}~1" for name in _NAMES if name.startswith("."))
# Git takes a folder for a repository's, whatever its name, if it has these (is_git_directory in its setup.c):
# bare ones, those that a .git file points to, and with the second those of worktrees. The third is what
# svnadmin makes, where a commit runs hooks; the last a folder "CVS", whose Root names such a place.
_MARKS = (
    frozenset({"HEAD", "objects", "refs"}),
    frozenset({"HEAD", "commondir"}),
    frozenset({"conf", "db", "format", "hooks", "locks"}),
    frozenset({"Entries", "Repository", "Root"}),
)
_MARK_OF = {mark.casefold(): mark for marks in _MARKS for mark in marks}


def belongs_to_repository(folder: int, name: str) -> bool:
    """Whether what ``name`` is in an open folder is a repository's own, or would make the folder one.

    Asked at each step of a path, it holds for all below. Raises OSError.
    """
    name = _as_read(name)
    if name in _NAMES | _SHORT_NAMES:
        return True
    coming = _MARK_OF.get(name)
    return any(all(mark == coming or _is_there(folder, mark) for mark in marks) for marks in _MARKS)


def _as_read(name: str) -> str:
    """A name as the most forgiving file systems read it; git protects its own names from the same ones.

    macOS ignores case, and HFS+ characters that cannot be seen; Windows, below a Linux that it runs, dots and
    spaces at the end and all after a colon.
    """
    seen = "".join(character for character in name if unicodedata.category(character) != "Cf")
    return seen.partition(":")[0].rstrip(". ").casefold()


def _is_there(folder: int, name: str) -> bool:
    try:
        os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True
