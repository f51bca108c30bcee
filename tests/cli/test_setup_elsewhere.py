"""`towpath setup` where there is nothing to write, or nothing can be written."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from towpath.cli.setup.command import setup

# Empty, and nothing can be put in its place: what an immutable file comes to, without root's rights.
FIXED = Path("/proc/self/timers")


@pytest.mark.skipif(not FIXED.exists(), reason="Linux has such a file")
def test_a_file_that_cannot_be_replaced_is_named_and_leaves_no_backup(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = tmp_path / "opencode.json"
    link.symlink_to(FIXED)
    monkeypatch.setenv("OPENCODE_CONFIG", str(link))
    result = CliRunner().invoke(setup, ["opencode", "--yes"])

    assert result.exit_code == 1
    assert f"{link}: " in result.output.splitlines()[-1]
    assert list(tmp_path.iterdir()) == [link]


def test_claude_code_is_led_to_its_variables() -> None:
    result = CliRunner().invoke(setup, ["claude"])

    assert result.exit_code == 0
    assert 'eval "$(towpath env claude)"' in result.output
