"""Opens files below one folder and nowhere else.

Paths are walked one component at a time from an open folder (openat, O_NOFOLLOW), links are resolved here
and not by the system. So there is no moment between a check and its use: what was checked is what is open,
and a folder that becomes a link in between is refused by the system call itself. Hard links are not seen:
they are files of the workspace.
"""

import errno
import os
import stat
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from towpath.tools.repositories import belongs_to_repository
from towpath.tools.values import RefusedError

# As Linux does it.
_MAX_LINKS = 40
# Every folder on the way stays open, so that ".." leads back to where the walk came from.
_MAX_DEPTH = 100
_MAX_LENGTH = 4096
_PROBLEMS = {
    errno.ENOENT: "does not exist",
    errno.EISDIR: "is a folder, not a file",
    errno.ENOTDIR: "leads through something that is not a folder",
    errno.ELOOP: "became a link while it was being used; nothing was done",
    errno.EACCES: "is not accessible: permission denied",
    errno.ENAMETOOLONG: "has a name that is too long",
    errno.ENXIO: "is not a regular file",
    errno.ENOSPC: "cannot be written: the disk is full",
    errno.EROFS: "cannot be written: the file system is read-only",
}


def is_supported() -> bool:
    """Whether this system has what confinement needs: POSIX calls relative to an open folder."""
    needed = {os.open, os.stat, os.readlink, os.mkdir, os.unlink, os.rename}
    return needed <= os.supports_dir_fd and os.scandir in os.supports_fd and hasattr(os, "O_NOFOLLOW")


def _flags(*names: str) -> int:
    # By name: the module can be imported where is_supported() is False.
    return sum(getattr(os, name, 0) for name in names)


_FOLDER_FLAGS = _flags("O_RDONLY", "O_DIRECTORY", "O_NOFOLLOW", "O_CLOEXEC")
# Not blocking: opening a FIFO would wait for the other side.
_FILE_FLAGS = _flags("O_NOFOLLOW", "O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY")


def open_folder(folder: int, name: str) -> int:
    """Open a folder in an open folder; never through a link. Raises OSError."""
    return os.open(name, _FOLDER_FLAGS, dir_fd=folder)


def open_regular(folder: int, name: str, access: int = os.O_RDONLY) -> int | None:
    """Open a regular file in an open folder; never through a link. None if it is something else.

    Raises OSError.
    """
    opened = os.open(name, access | _FILE_FLAGS, dir_fd=folder)
    if stat.S_ISREG(os.fstat(opened).st_mode):
        return opened
    os.close(opened)
    return None


@dataclass(frozen=True)
class Place:
    """Where a path led: a name in an open folder of the workspace. There may be nothing yet.

    ``path`` is relative to the workspace, with all links resolved; ``name`` is ``.`` for ``folder`` itself.
    """

    parameter: str
    folder: int
    name: str
    path: str

    def is_folder(self) -> bool:
        """Whether a folder is there now. Raises OSError."""
        return stat.S_ISDIR(os.stat(self.name, dir_fd=self.folder, follow_symlinks=False).st_mode)

    def below(self, path: str) -> str:
        """A path relative to this place as one relative to the workspace."""
        return path if self.path == "." else f"{self.path}/{path}"

    def open_file(self, access: int = os.O_RDONLY) -> int:
        """Open the regular file that is there. Raises OSError, RefusedError if it is something else."""
        opened = open_regular(self.folder, self.name, access)
        if opened is not None:
            return opened
        if self.is_folder():
            raise RefusedError(f"{self.parameter}: {self.path} is a folder; list its files with glob")
        raise RefusedError(f"{self.parameter}: {self.path} is not a regular file")

    def open_folder(self) -> int:
        """Open the folder that is there. Raises OSError."""
        return open_folder(self.folder, self.name)


class Workspace:
    """One folder. ``root`` is its real path; paths that begin with the name it was given work as well."""

    def __init__(self, root: Path) -> None:
        self.root = os.path.realpath(root)
        self._real = _parts(self.root)
        self._named = _parts(str(root.absolute()))

    @contextmanager
    def locate(
        self, parameter: str, path: str, *, for_change: bool = False, make_folders: bool = False
    ) -> Iterator[Place]:
        """Walk to a path and keep its folder open. ``parameter`` is the argument that held it.

        ``for_change``: what is there will be changed, so it may not be a repository's own. Raises
        RefusedError, also in place of every OSError within the ``with`` block.
        """
        if not path or "\0" in path or len(path) > _MAX_LENGTH:
            raise RefusedError(f"{parameter}: must be a path of 1 to {_MAX_LENGTH} characters without NUL")
        if path == "~" or path.startswith("~/"):
            raise RefusedError(f"{parameter}: ~ is not resolved; use a path below the workspace {self.root}")
        try:
            with closing(_Walk(self, for_change=for_change, make_folders=make_folders)) as walk:
                folder, name = walk.to(path)
                names = walk.names if name == "." else [*walk.names, name]
                yield Place(parameter, folder, name, "/".join(names) or ".")
        except _OutsideError:
            sentence = f"{path} is outside the workspace {self.root}; only files below it can be used"
            raise RefusedError(f"{parameter}: {sentence}") from None
        except _RepositoryError:
            sentence = f"{path} is one of a repository's own files, which can make programs run"
            raise RefusedError(f"{parameter}: {sentence}; this tool does not change them") from None
        except OSError as error:
            problem = _PROBLEMS.get(error.errno or 0) or f"cannot be used: {error.strerror or error}"
            hint = f" (the workspace is {self.root})" if error.errno == errno.ENOENT else ""
            raise RefusedError(f"{parameter}: {path} {problem}{hint}") from None

    def real_parts(self, parts: list[str]) -> list[str]:
        """The components of an absolute path, with the workspace's given name replaced by its real one."""
        if parts[: len(self._named)] == self._named:
            return self._real + parts[len(self._named) :]
        return parts

    def name_above(self, levels: int) -> str:
        """The name that leads from ``levels`` above the root one level down towards it."""
        return self._real[-levels]

    @property
    def depth(self) -> int:
        """How many levels the root is below ``/``."""
        return len(self._real)


class _OutsideError(Exception):
    """The walk left the workspace."""


class _RepositoryError(Exception):
    """The walk came to what belongs to a version control system, and was for a change."""


class _Walk:
    """The way from the root to a path: the open folders, and how far above the root it stands.

    Above the root nothing is opened: only the names that lead back to it are allowed there.
    """

    def __init__(self, workspace: Workspace, *, for_change: bool, make_folders: bool) -> None:
        self.names: list[str] = []
        self._workspace = workspace
        self._for_change = for_change
        self._make_folders = make_folders
        self._above = 0
        self._links = 0
        self._folders = [os.open(workspace.root, _FOLDER_FLAGS)]

    def close(self) -> None:
        for folder in self._folders:
            os.close(folder)

    def to(self, path: str) -> tuple[int, str]:
        """The open folder that holds what ``path`` leads to, and its name there: never a link's."""
        pending = deque(self._begin(path))
        while pending:
            name = pending.popleft()
            if name == "..":
                self._up()
            elif self._above:
                self._back(name)
            elif (target := self._target(name)) is not None:
                pending.extendleft(reversed(self._begin(target)))
            else:
                self._check(name)
                if not pending:
                    return self._folders[-1], name
                self._enter(name)
        if self._above:
            raise _OutsideError
        return self._folders[-1], "."

    def _begin(self, path: str) -> list[str]:
        """The components to go from here, or from ``/`` if the path is absolute."""
        parts = _parts(path)
        if not path.startswith("/"):
            return parts
        while self.names:
            self._up()
        self._above = self._workspace.depth
        return self._workspace.real_parts(parts)

    def _up(self) -> None:
        if self.names:
            self.names.pop()
            os.close(self._folders.pop())
        else:
            self._above = min(self._above + 1, self._workspace.depth)

    def _back(self, name: str) -> None:
        if name != self._workspace.name_above(self._above):
            raise _OutsideError
        self._above -= 1

    def _target(self, name: str) -> str | None:
        """Where a link leads; None for all that is no link."""
        try:
            target = os.readlink(name, dir_fd=self._folders[-1])
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOENT):
                return None
            raise
        self._links += 1
        if self._links > _MAX_LINKS:
            raise OSError(0, "too many links follow one another")
        return target

    def _check(self, name: str) -> None:
        """Before anything is made: a folder of that name would be one step towards a repository."""
        if self._for_change and belongs_to_repository(self._folders[-1], name):
            raise _RepositoryError

    def _enter(self, name: str) -> None:
        if len(self.names) >= _MAX_DEPTH:
            raise OSError(0, f"it is more than {_MAX_DEPTH} folders deep")
        try:
            folder = open_folder(self._folders[-1], name)
        except FileNotFoundError:
            if not self._make_folders:
                raise
            with suppress(FileExistsError):
                os.mkdir(name, dir_fd=self._folders[-1])
            folder = open_folder(self._folders[-1], name)
        self._folders.append(folder)
        self.names.append(name)


def _parts(path: str) -> list[str]:
    return [part for part in path.split("/") if part not in ("", ".")]
