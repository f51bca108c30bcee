"""Paths of every form in trees with links: what the system itself says is inside, and only that, is read."""

import os
import shutil
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.tools.arguments import Read, Write
from towpath.tools.deadline import Deadline
from towpath.tools.reading import read
from towpath.tools.values import RefusedError, Text
from towpath.tools.workspace import Workspace
from towpath.tools.writing import write

NAMES = ["a", "b", "c", "file"]
# What paths and the targets of links are made of. @ is the folder with the workspace and what is outside.
STEPS = st.lists(
    st.sampled_from([*NAMES, *NAMES, "..", "..", ".", "", "inside", "outside"]), min_size=1, max_size=7
)
PATHS = st.builds(
    lambda start, steps: start + "/".join(steps),
    st.sampled_from(["", "", "@/inside/", "@/", "@/outside/"]),
    STEPS,
)
INNER = st.lists(st.sampled_from(NAMES[:3]), min_size=0, max_size=2)
LINKS = st.lists(st.tuples(INNER, st.sampled_from(NAMES), PATHS), max_size=6)
fuzzed = settings(deadline=None, max_examples=40)


class Tree:
    """A workspace with some folders, files and links, and a folder outside with files of the same names."""

    def __init__(self, links: list[tuple[list[str], str, str]]) -> None:
        self.root = os.path.realpath(tempfile.mkdtemp(prefix="towpath-tree-"))
        self.work = Path(self.root, "inside")
        for top in ("inside", "outside"):
            for folder in ("", "a", "a/b", "c"):
                Path(self.root, top, folder).mkdir()
                Path(self.root, top, folder, "file").write_text(f"{top}:{folder}")
        for folders, name, target in links:
            link = self.work.joinpath(*folders, name)
            # A link in a folder that is a link by now would be made outside.
            if (
                Path(os.path.realpath(link.parent)) == link.parent
                and not link.is_dir()
                and link.parent.is_dir()
            ):
                link.unlink(missing_ok=True)
                link.symlink_to(self.filled(target) or ".")

    def filled(self, path: str) -> str:
        return path.replace("@", self.root)

    def is_inside(self, path: str) -> bool:
        real = Path(os.path.realpath(self.work / path))
        return real == self.work or self.work in real.parents

    def outside(self) -> dict[str, str]:
        files = Path(self.root, "outside").rglob("*")
        return {str(path): path.read_text() for path in files if path.is_file()}

    def __enter__(self) -> "Tree":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self.root)


@fuzzed
@given(LINKS, PATHS)
def test_what_is_inside_is_read_and_nothing_else(links: list[tuple[list[str], str, str]], path: str) -> None:
    with Tree(links) as tree:
        path = tree.filled(path)
        try:
            result = read(Workspace(tree.work), Read(file_path=path), Deadline(60))
        except RefusedError as refusal:
            if "outside the workspace" in str(refusal):
                # Nothing above the workspace is opened, so that no path leads out of it and back.
                goes_round = path.startswith("/") and ".." in path.split("/")
                assert goes_round or not tree.is_inside(path)
            else:
                assert not (tree.is_inside(path) and (tree.work / path).is_file())
        else:
            assert tree.is_inside(path)
            assert isinstance(result.content[0], Text)
            assert result.content[0].text.removeprefix("     1\t") == (tree.work / path).read_text()


@fuzzed
@given(LINKS, PATHS)
def test_nothing_outside_is_written(links: list[tuple[list[str], str, str]], path: str) -> None:
    with Tree(links) as tree:
        path = tree.filled(path)
        before = tree.outside()
        try:
            written, _ = write(Workspace(tree.work), Write(file_path=path, content="new"))
        except RefusedError:
            pass
        else:
            assert (tree.work / written).read_text() == "new"
            assert os.path.realpath(tree.work / path) == str(tree.work / written)
        assert tree.outside() == before
