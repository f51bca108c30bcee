"""The documents say what the code has."""

import re
from pathlib import Path

from towpath.settings import Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_in_the_readme_and_nothing_else() -> None:
    documented = re.findall(r"^\| `(CLAUDE_PROXY_\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert sorted(documented) == sorted(map(Settings.env_name, Settings.model_fields))


def test_every_contract_row_has_a_test_or_names_one() -> None:
    rows = re.findall(r"^\| ([HTEN]\d+) \| (.*)$", (ROOT / "docs/engine.md").read_text(), re.MULTILINE)
    tests = (ROOT / "tests/contract/test_cli.py").read_text()
    unproven = [row for row, text in rows if f"def test_{row.lower()}_" not in tests and "test_" not in text]

    assert rows
    assert unproven == ["H9"]  # a matter of milliseconds: the code waits, and says how long


def test_every_file_that_the_documents_name_exists() -> None:
    for document in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/engine.md"):
        text = (ROOT / document).read_text()
        named = re.findall(r"`((?:src|tests|docs|core|agent|sessions|server|cli)/[\w/.]+\.(?:py|md))`", text)
        missing = [n for n in named if not (ROOT / n).exists() and not (ROOT / "src/towpath" / n).exists()]

        assert missing == [], document
