"""The working directory that a system prompt names."""

import pytest

from towpath.core.client_habits.workdir import named_directory

OPENCODE = "Some facts.\n<env>\n  Working directory: /home/ann/canal\n  Is directory a git repo: yes\n</env>"
CLAUDE_CODE = "# Environment\n - Primary working directory: /home/ann/canal\n - Platform: linux"


@pytest.mark.parametrize(
    ("system", "directory"),
    [
        pytest.param(OPENCODE, "/home/ann/canal", id="opencode"),
        pytest.param(CLAUDE_CODE, "/home/ann/canal", id="claude-code"),
        pytest.param("Working directory: /a", "/a", id="whole-text"),
        pytest.param("working DIRECTORY:/a", "/a", id="any-case"),
        pytest.param("* Working directory: /a", "/a", id="list-item"),
        pytest.param("Working directory: /a b/c  \nnext", "/a b/c", id="spaces-inside-count"),
        pytest.param("Working directory: /a\r\nnext", "/a", id="windows-line-end"),
        pytest.param("Working directory: /a\nWorking directory: /b", "/a", id="first"),
    ],
)
def test_a_line_names_the_directory(system: str, directory: str) -> None:
    assert named_directory(system) == directory


@pytest.mark.parametrize(
    "system",
    [
        pytest.param("", id="empty"),
        pytest.param("You are a test.", id="none"),
        pytest.param("Working directory: src/canal", id="relative"),
        pytest.param("Working directory: C:\\canal", id="windows"),
        pytest.param("Working directory: ~/canal", id="home"),
        pytest.param("Working directory:", id="nothing-after-it"),
        pytest.param("Working directory:\n/a", id="next-line"),
        pytest.param("The working directory: /a", id="inside-a-sentence"),
        pytest.param("Additional working directory: /a", id="another-word"),
    ],
)
def test_no_line_names_an_absolute_directory(system: str) -> None:
    assert named_directory(system) is None


def test_the_first_absolute_path_is_taken() -> None:
    assert named_directory("Working directory: src\nWorking directory: /abs") == "/abs"


def test_blank_lines_do_not_take_time() -> None:
    """64,000 of them took minutes with a pattern that ran over line ends."""
    assert named_directory("\n" * 64_000 + "Working directory: /a b \n") == "/a b"
