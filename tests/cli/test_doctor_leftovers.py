"""The doctor on what earlier versions left; how that is told from other files is in tests/contract."""

import json
from pathlib import Path

import pytest

from towpath.agent.leftovers import Places
from towpath.cli.doctor.leftovers import judge_leftovers, leftovers


def test_they_are_named_and_on_request_removed(tmp_path: Path) -> None:
    variables = {"XDG_CACHE_HOME": str(tmp_path / "cache"), "CLAUDE_CONFIG_DIR": str(tmp_path / "config")}
    log = Places.of(variables).cache / "-a-project" / "mcp-logs-client" / "2026-11-28T08-50-08-899Z.jsonl"
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps({"debug": "Calling MCP tool: read", "sessionId": "6d4560e8"}) + "\n")

    told = leftovers(tmp_path / "state", variables, sweep=False)

    assert told.status == "warning"
    assert told.remedy == "towpath doctor --sweep"
    assert log.exists()

    swept = leftovers(tmp_path / "state", variables, sweep=True)

    assert (swept.status, swept.detail) == ("ok", "1 file removed")
    assert not log.exists()


@pytest.mark.parametrize(
    ("found", "left", "status", "detail"),
    [
        (0, 0, "ok", "none"),
        (3, 0, "ok", "3 files removed"),
        (1, 1, "warning", "earlier versions left 1 file below"),
        (3, 2, "warning", "1 file removed; earlier versions left 2 files below"),
    ],
)
def test_the_finding(found: int, left: int, status: str, detail: str) -> None:
    finding = judge_leftovers(found, left, Places(Path("/config"), Path("/cache")))

    assert finding.status == status
    assert finding.detail.startswith(detail)
