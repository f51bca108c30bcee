"""The versions that the doctor calls tested are those that the tests use."""

import tomllib
from pathlib import Path

from tests.clients.npm import VERSIONS
from towpath.cli.doctor import tested

ROOT = Path(__file__).parents[2]


def test_opencode_is_the_one_that_the_tests_run() -> None:
    assert VERSIONS["opencode-ai"] == tested.OPENCODE


def test_the_sdk_is_the_one_that_the_project_pins() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert f"claude-agent-sdk=={tested.pinned_sdk()}" in project["dependencies"]
