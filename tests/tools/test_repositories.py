"""write and edit leave alone what belongs to a repository: git runs programs that are named there."""

import itertools
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.tools.boxes import call, done, refused
from towpath.tools import Result

pytestmark = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")

CONTENT = "[core]\n\tfsmonitor = touch ran; false\n"


def git(folder: Path, *words: str) -> str:
    identity = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "protocol.file.allow=always")
    plain = ("-c", "init.templateDir=")  # no examples of hooks: fourteen files to copy
    done = subprocess.run(["git", *identity, *plain, *words], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose ``kept`` is a workspace as ``made`` makes it at ``work``."""
    place = tmp_path_factory.mktemp("repositories")
    made(place / "work").rename(place / "kept")
    return place


@pytest.fixture
def work(place: Path) -> Iterator[Path]:
    """The workspace, at the place that git has written into it. It is made once: that takes 0.15 s."""
    yield Path(shutil.copytree(place / "kept", place / "work", symlinks=True))
    shutil.rmtree(place / "work")


def made(work: Path) -> Path:
    """A workspace with every kind of repository; ``plain`` is a folder of none."""
    for name in ("project", "plain", "separate", "library"):
        (work / name).mkdir(parents=True)
    git(work / "project", "init", "-q")
    git(work / "project", "commit", "-q", "--allow-empty", "-m", "one")
    git(work / "project", "worktree", "add", "-q", "../tree")
    git(work, "init", "-q", "--bare", "bare")
    git(work / "separate", "init", "-q", "--separate-git-dir", "../kept-here")
    git(work / "library", "init", "-q")
    git(work / "library", "commit", "-q", "--allow-empty", "-m", "one")
    git(work / "project", "submodule", "add", "-q", str(work / "library"), "inner")
    (work / "mercurial" / ".hg").mkdir(parents=True)
    (work / "mercurial" / ".hg" / "hgrc").touch()
    for name in ("conf/svnserve.conf", "db/uuid", "format", "hooks/post-commit.tmpl", "locks/db.lock"):
        (work / "subversion" / name).parent.mkdir(parents=True, exist_ok=True)
        (work / "subversion" / name).touch()
    (work / "concurrent" / "CVS").mkdir(parents=True)
    for name in ("Entries", "Repository", "Root"):
        (work / "concurrent" / "CVS" / name).touch()
    (work / "to-repository").symlink_to("project/.git")
    (work / "to-config").symlink_to("project/.git/config")
    (work / "plain" / "up").symlink_to("..")
    return work


PATHS = [
    "project/.git/config",
    "project/.git/hooks/pre-commit",
    "project/.git/new/deep/file",
    "project/.git/modules/inner/config",
    "project/.git/worktrees/tree/config.worktree",
    "project/.git/worktrees/tree/commondir",
    "project/inner/.git",
    "tree/.git",
    "separate/.git",
    "kept-here/config",
    "kept-here/hooks/pre-commit",
    "bare/config",
    "bare/hooks/post-update",
    "bare/HEAD",
    "mercurial/.hg/hgrc",
    "mercurial/HG~1/hgrc",
    "subversion/hooks/post-commit",
    "concurrent/CVS/Root",
    "plain/.jj/repo/config.toml",
    "plain/.sl/config",
    "plain/.SL/config",
    "plain/SL~1/config",
    "plain/.repo/repo/main.py",
    "plain/.bzr/branch/branch.conf",
    "plain/.svn/wc.db",
    "plain/.pijul/config",
    "plain/_darcs/prefs/defaults",
    "plain/_MTN/monotonerc",
    "plain/_FOSSIL_",
    "plain/.fslckout",
    "plain/FSLCKO~1",
    "plain/.git",
    "plain/.git/config",
    "plain/.GIT/config",
    "plain/.Git",
    "plain/.g\u200cit/config",
    "plain/.git./config",
    "plain/.git /config",
    "plain/git~1/config",
    "plain/.git::$INDEX_ALLOCATION/config",
    "plain/.git/../file",
    "plain/up/project/./.git/config",
    "{work}/project/.git/config",
    "to-repository/config",
    "to-repository/hooks/pre-commit",
    "to-config",
]


def write(work: Path, path: str) -> Result:
    return call(work, "write", file_path=path, content=CONTENT)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("path", PATHS)
def test_nothing_of_a_repository_is_changed(work: Path, path: str) -> None:
    path = path.format(work=work)
    before, folders = files_in(work), {str(path) for path in work.rglob("*")}
    edit = call(work, "edit", file_path=path, old_string="e", new_string="f", replace_all=True)

    assert f"{path} is one of a repository's own files" in refused(write(work, path))
    assert refused(edit)
    assert files_in(work) == before
    assert {str(path) for path in work.rglob("*")} == folders


@pytest.mark.parametrize(
    "path",
    [
        "project/.gitignore",
        "project/.gitattributes",
        "project/.github/workflows/ci.yml",
        "project/git/config",
        "project/config",
        "tree/file",
        "separate/file",
        "plain/HEAD",
        "plain/Root",
        "plain/cvs/one.c",
        "plain/svn/hooks/one",
        "plain/objects/one",
        "plain/refs/one",
        "plain/hooks/pre-commit",
        "project/inner/file",
    ],
)
def test_all_else_is_written(work: Path, path: str) -> None:
    done(write(work, path))

    assert (work / path).read_text() == CONTENT


def test_a_repository_can_still_be_read(work: Path) -> None:
    assert "bare = false" in done(call(work, "read", file_path="project/.git/config"))
    assert "project/.git/config:" in done(
        call(work, "grep", pattern="bare", path="project/.git/config", output_mode="count")
    )


@pytest.mark.parametrize("parts", [*itertools.permutations(["HEAD", "objects/one", "refs/one"])])
def test_no_repository_is_made_of_pieces(work: Path, parts: tuple[str, ...]) -> None:
    """Git would take ``plain`` for one, and obey the configuration in it."""
    *first, last = parts
    for part in ("config", *first):
        done(write(work, f"plain/{part}"))

    refused(write(work, f"plain/{last}"))

    git(work, "init", "-q")  # where a search for a repository ends
    assert git(work / "plain", "rev-parse", "--show-prefix") == "plain/"


def test_the_workspace_itself_can_be_a_repository(work: Path) -> None:
    refused(write(work / "bare", "config"))
    refused(write(work / "project", ".git/config"))
    done(write(work / "project", "config"))
