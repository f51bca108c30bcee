"""What a release must say of itself (scripts/release.py)."""

import pytest

from scripts.release import complaints, next_steps, notes

CHANGELOG = """# Changelog

## Unreleased

## 0.2.0

### Fixed

- A lock that leaked.

## 0.1.0

The first version.
"""
CODE = '__version__ = "0.2.0"\n'
PROJECT = {"version": "0.2.0"}


def test_a_release_that_says_all_of_itself_is_ready() -> None:
    assert list(complaints("0.2.0", PROJECT, CODE, CHANGELOG)) == []


def test_the_notes_of_a_version_are_what_stands_below_its_heading() -> None:
    assert notes(CHANGELOG, "0.2.0") == "### Fixed\n\n- A lock that leaked."
    assert notes(CHANGELOG, "0.1.0") == "The first version."
    assert notes(CHANGELOG, "Unreleased") == notes(CHANGELOG, "0.2") == notes(CHANGELOG, "0.3.0") == ""


@pytest.mark.parametrize(
    ("version", "code", "changelog", "words"),
    [
        ("0.2", CODE, CHANGELOG, "'0.2' is no version"),
        ("0.3.0", CODE, CHANGELOG, "pyproject.toml has the version 0.2.0"),
        ("0.2.0", '__version__ = "0.1.0"\n', CHANGELOG, "__init__.py does not have"),
        ("0.2.0", CODE, CHANGELOG.replace("0.2.0", "0.1.9"), "nothing under '## 0.2.0'"),
        ("0.2.0", CODE, CHANGELOG.replace("Unreleased\n", "Unreleased\n\n- Late.\n"), "still has lines"),
    ],
)
def test_what_is_missing_is_named(version: str, code: str, changelog: str, words: str) -> None:
    assert words in "\n".join(complaints(version, PROJECT, code, changelog))


def test_what_is_left_is_said_in_order() -> None:
    steps = next_steps("0.2.0", has_urls=True).splitlines()

    assert [step.partition(".")[0] for step in steps[1:]] == ["1", "2", "3", "4", "5", "6"]
    assert "v0.2.0" in steps[3]
    assert "[project.urls]" in next_steps("0.2.0", has_urls=False).splitlines()[1]
