"""Hints name a command that the reader has."""

import pytest

from towpath.agent.leftovers import Places
from towpath.cli.console import own_command
from towpath.cli.doctor.leftovers import judge_leftovers


def test_installed_it_is_the_command() -> None:
    assert own_command("doctor --live") == "towpath doctor --live"


def test_where_uv_runs_it_the_hint_does_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")

    assert own_command("doctor") == "uv run --no-sync towpath doctor"
    assert judge_leftovers(1, 1, Places.of({})).remedy == "uv run --no-sync towpath doctor --sweep"
