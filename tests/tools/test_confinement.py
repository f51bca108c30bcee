"""Nothing outside the workspace is read, listed or changed, however its path is written."""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.tools.boxes import call, done, refused

SECRET = "the secret"
CHANGED = "changed"
READ = {"read": {}, "grep": {"pattern": "secret"}}
CHANGE = {
    "write": {"content": CHANGED},
    "edit": {"old_string": SECRET, "new_string": CHANGED},
}


@dataclass(frozen=True)
class World:
    """A workspace with ways out, and beside it a folder with a secret that must stay one."""

    root: Path

    @property
    def work(self) -> Path:
        return self.root / "inside"

    @property
    def outside(self) -> Path:
        return self.root / "outside"

    def is_untouched(self) -> bool:
        files = {str(path.relative_to(self.root)) for path in self.root.rglob("*") if path.is_file()}
        return (self.outside / "secret").read_text() == SECRET and files == {
            "outside/secret",
            "outside/deep/secret",
            "inside-other/secret",
            "inside/inner/own",
            "inside/to-secret",
            "inside/to-real-secret",
        }


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A workspace, and secrets outside of it that no call may show."""
    world = World(tmp_path)
    for folder in ("inside/inner", "outside/deep", "inside-other"):
        (tmp_path / folder).mkdir(parents=True)
    for secret in ("outside/secret", "outside/deep/secret", "inside-other/secret"):
        (tmp_path / secret).write_text(SECRET)
    work = world.work
    (work / "inner/own").write_text("own")
    (work / "to-secret").symlink_to("../outside/secret")
    (work / "to-real-secret").symlink_to(world.outside / "secret")
    (work / "to-outside").symlink_to("../outside")
    (work / "to-root").symlink_to("/")
    (work / "to-proc").symlink_to("/proc/self/root")
    (work / "to-cwd").symlink_to("/proc/self/cwd")
    (work / "to-new").symlink_to("../outside/new")
    (work / "chain").symlink_to("chain-2")
    (work / "chain-2").symlink_to("inner/chain-3")
    (work / "inner/chain-3").symlink_to("../to-outside")
    (work / "loop").symlink_to("loop")
    (work / "inner/up").symlink_to("..")
    return world


# {w} is the workspace, {o} the folder outside.
ESCAPES = [
    "../outside/secret",
    "inner/../../outside/secret",
    "inner/up/../outside/secret",
    "./inner/./.././../outside/secret",
    "..//outside///secret",
    "{o}/secret",
    "//{o}/secret",
    "{w}/../outside/secret",
    "{w}-other/secret",
    "../inside-other/secret",
    "to-secret",
    "to-real-secret",
    "to-secret/",
    "to-outside/secret",
    "to-outside/deep/../secret",
    "to-root{o}/secret",
    "to-proc{o}/secret",
    "to-cwd/../../../../../../../../..{o}/secret",
    "chain/secret",
    "{w}/chain/deep/secret",
    "inner/up/to-outside/secret",
    "/proc/self/root{o}/secret",
    "/proc/self/root/{w}/../outside/secret",
    "/../../{o}/secret",
]


def filled(path: str, world: World) -> str:
    return path.format(w=world.work, o=world.outside)


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_path_leads_to_a_file_outside(world: World, escape: str) -> None:
    path = filled(escape, world)
    for tool, arguments in {**READ, **CHANGE}.items():
        name = "path" if tool == "grep" else "file_path"

        words = refused(call(world.work, tool, **{name: path}, **arguments))

        sentence = f"{path} is outside the workspace {world.work}; only files below it can be used"
        assert words == f"{name}: {sentence}"
    assert world.is_untouched()


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_path_leads_to_a_folder_outside(world: World, escape: str) -> None:
    path = filled(escape, world).rstrip("/").removesuffix("/secret")
    for tool in ("glob", "grep"):
        assert "is outside the workspace" in refused(call(world.work, tool, path=path, pattern="secret"))


@pytest.mark.parametrize("escape", ESCAPES)
def test_no_pattern_leads_outside(world: World, escape: str) -> None:
    for pattern in (filled(escape, world), filled(escape, world).replace("secret", "*")):
        result = call(world.work, "glob", pattern=pattern)
        assert result.is_error or done(result) == "No files found."


def test_a_walk_does_not_follow_links(world: World) -> None:
    assert done(call(world.work, "glob", pattern="**")) == "inner/own"
    assert done(call(world.work, "grep", pattern="secret|own")) == "inner/own"


def test_a_link_to_what_is_not_there_yet_makes_nothing_outside(world: World) -> None:
    assert "outside the workspace" in refused(call(world.work, "write", file_path="to-new", content="x"))
    assert "outside the workspace" in refused(
        call(world.work, "write", file_path="to-outside/a/b", content="x")
    )
    assert world.is_untouched()


@pytest.mark.parametrize("path", ["nothing/../../outside/secret", "to-outside/nothing", "/nothing/at/all"])
def test_what_is_outside_is_not_even_looked_for(world: World, path: str) -> None:
    words = refused(call(world.work, "read", file_path=path))

    assert "outside the workspace" in words or "does not exist" in words
    assert ("does not exist" in words) == path.startswith("nothing/")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "must be a path"),
        ("a\0b", "must be a path"),
        ("x" * 300, "has a name that is too long"),
        ("x/" * 3000, "must be a path"),
        ("inner/up/" * 200 + "inner/own", "too many links"),
        ("~", "~ is not resolved"),
        ("~/secret", "~ is not resolved"),
        ("loop", "too many links"),
        ("loop/x", "too many links"),
        (".", "is a folder"),
        ("..", "outside the workspace"),
        ("/", "outside the workspace"),
        ("inner/own/x", "not a folder"),
    ],
)
def test_odd_paths_are_refused_in_words(world: World, path: str, words: str) -> None:
    assert words in refused(call(world.work, "read", file_path=path))


def test_too_many_folders_are_refused(tmp_path: Path) -> None:
    words = refused(call(tmp_path, "write", file_path="a/" * 101 + "file", content=""))

    assert "more than 100 folders deep" in words


@pytest.mark.parametrize(
    "path",
    [
        "inner/own",
        "{w}/inner/own",
        "inner/up/inner/own",
        "../inside/inner/own",
        "inner/../inner/own",
        "{o}/../inside/inner/own",
        "../../{n}/inside/inner/own",
    ],
)
def test_detours_that_come_back_are_fine_if_nothing_outside_is_opened(world: World, path: str) -> None:
    if path.startswith("{o}"):  # this one would have to look into the folder outside
        assert "outside the workspace" in refused(call(world.work, "read", file_path=filled(path, world)))
        return
    path = path.format(w=world.work, n=world.root.name)

    assert done(call(world.work, "read", file_path=path)) == "     1\town"


def test_a_workspace_behind_a_link_has_two_names(world: World) -> None:
    link = world.root / "link"
    link.symlink_to("inside")
    (world.work / "inner/absolute").symlink_to(link / "inner/own")

    for path in (link / "inner/own", world.work / "inner/own", Path("inner/own"), Path("inner/absolute")):
        assert done(call(link, "read", file_path=str(path))) == "     1\town"
    assert "outside" in refused(call(link, "read", file_path=f"{link}/../outside/secret"))


def fifo(path: Path) -> None:
    os.mkfifo(path)


def device(path: Path) -> None:
    path.symlink_to("/dev/zero")


def socket_file(path: Path) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.timeout(10)
@pytest.mark.parametrize("make", [fifo, device, socket_file])
@pytest.mark.parametrize("tool", ["read", "write", "edit", "grep"])
def test_what_is_no_file_is_refused_at_once(
    tmp_path: Path, tool: str, make: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    make(Path("odd"))
    name = "path" if tool == "grep" else "file_path"

    words = refused(call(tmp_path, tool, **{name: "odd", **{**READ, **CHANGE}[tool]}))

    assert "is not a regular file" in words or "outside the workspace" in words
    assert done(call(tmp_path, "grep", pattern="x")) == "No matches found."


@pytest.fixture(autouse=True)
def no_descriptor_stays_open(tmp_path: Path) -> Iterator[None]:
    """After each test no file of the workspace is open."""
    yield
    assert not any(path.startswith(str(tmp_path)) for path in _open_paths())


def _open_paths() -> Iterator[str]:
    """What this process has open; other tests' servers open and close sockets meanwhile."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            yield str(descriptor.readlink())
