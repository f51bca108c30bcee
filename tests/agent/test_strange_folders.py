"""A state folder that is somebody else's, or leads there, is refused and left as it was."""

import stat
from pathlib import Path

import pytest

from tests.support.strangers import strangers_folder
from towpath.agent.folders import FolderError, make_private


def seen(folder: Path) -> tuple[int, list[str]]:
    return stat.S_IMODE(folder.stat().st_mode), sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize("below", ["", "run", "empty", "additions"])
@pytest.mark.parametrize("is_link", [False, True])
def test_a_folder_of_another_user_is_refused(tmp_path: Path, below: str, is_link: bool) -> None:
    """At the place of the state folder, or of one of those below it."""
    theirs, state_dir = strangers_folder(tmp_path), tmp_path / "state"
    before = seen(theirs)
    place = state_dir / below
    place.parent.mkdir(exist_ok=True)
    if is_link:
        place.symlink_to(theirs)
    elif below and theirs.parent == tmp_path:
        theirs = theirs.rename(place)
    else:
        state_dir = theirs

    with pytest.raises(FolderError, match="belongs to another user, or is a link"):
        make_private(state_dir)

    assert seen(theirs) == before


def test_a_link_to_a_folder_of_ones_own_is_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir(mode=0o755)
    (tmp_path / "state").symlink_to(tmp_path / "elsewhere")

    make_private(tmp_path / "state")

    assert seen(tmp_path / "elsewhere") == (0o700, ["additions", "empty", "run"])


def test_what_is_no_folder_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to(tmp_path / "nowhere")

    with pytest.raises(FolderError, match=r"file cannot be used: File exists\."):
        make_private(tmp_path / "file")
    with pytest.raises(FolderError, match="cannot be used: Not a directory"):
        make_private(tmp_path / "file" / "state")
    with pytest.raises(FolderError, match="cannot be used: File exists"):
        make_private(tmp_path / "link")
    assert not (tmp_path / "nowhere").exists()
