"""The documents say what the code has."""

import re
import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from typer.core import TyperGroup
from typer.main import get_group

from towpath.cli.main import app
from towpath.core.reading.memo import MessageMemo
from towpath.server.exchange.limits import KnownLimits
from towpath.server.exchange.publisher import Publisher
from towpath.server.observe.metrics import Metrics
from towpath.sessions.admission import Admission
from towpath.sessions.pool import Pool
from towpath.settings import Settings

ROOT = Path(__file__).parent.parent


def test_every_setting_is_in_the_readme_and_nothing_else() -> None:
    documented = re.findall(r"^\| `(CLAUDE_PROXY_\w+)` \|", (ROOT / "README.md").read_text(), re.MULTILINE)

    assert sorted(documented) == sorted(map(Settings.env_name, Settings.model_fields))


def test_every_contract_row_has_a_test_or_names_one() -> None:
    rows = re.findall(r"^\| ([HTENDILCOW]\d+) \| (.*)$", (ROOT / "docs/engine.md").read_text(), re.MULTILINE)
    tests = "".join(path.read_text() for path in sorted(ROOT.glob("tests/contract/test_*.py")))
    unproven = [row for row, text in rows if f"def test_{row.lower()}_" not in tests and "test_" not in text]

    assert rows
    assert unproven == ["H9"]  # a matter of milliseconds: the code waits, and says how long


def test_every_command_is_documented_with_an_example_in_its_help() -> None:
    texts = "".join(document.read_text() for document in DOCUMENTS)
    commands = get_group(app).commands

    assert [name for name in commands if f"towpath {name}" not in texts] == []
    leaves = {
        path: leaf
        for name, command in commands.items()
        for path, leaf in (
            [(f"{name} {sub}", below) for sub, below in command.commands.items()]
            if isinstance(command, TyperGroup)
            else [(name, command)]
        )
    }
    assert [path for path, leaf in leaves.items() if "Example" not in (leaf.help or "")] == []


def test_every_metric_is_documented_and_nothing_else() -> None:
    pool = cast(Pool, SimpleNamespace(census=dict, starts={}, ends={}, memory_bytes=0))
    metrics = Metrics(
        pool,
        Admission(running=1, waiting=0),
        MessageMemo(),
        KnownLimits(time.time, Publisher().publish, no_extra_usage=False),
    )
    # A counter's name ends in _total only where its values are shown.
    known = {
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in metrics.registry.collect()
    }
    documented = re.findall(r"^\| `(towpath_\w+)` \|", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)

    assert sorted(documented) == sorted(known)


DOCUMENTS = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]
_FILE = re.compile(r"`((?:src|tests|docs|core|agent|sessions|server|cli|tools|bench)/[\w/.]+\.(?:py|md))`")


def test_every_file_that_the_documents_name_exists() -> None:
    for document in DOCUMENTS:
        named = _FILE.findall(document.read_text())
        missing = [n for n in named if not (ROOT / n).exists() and not (ROOT / "src/towpath" / n).exists()]

        assert missing == [], document
