"""The documents say what the code has, and lead where they say."""

import re
from pathlib import Path
from typing import Any

import pytest
from typer.core import TyperGroup
from typer.main import get_command, get_group

from scripts.tables import DOCUMENTS, ROOT, TABLES, with_tables
from tests.support.pins import pinned
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.cli.main import app
from towpath.server.dashboard.activity import KEPT_ERRORS, KEPT_EXCHANGES
from towpath.server.exchange.headers import OF_ANSWERS, OF_OTHERS
from towpath.server.headers import ALWAYS
from towpath.settings import Settings

RENEW = "run: uv run python -m scripts.tables"
TEXTS = {document.relative_to(ROOT).as_posix(): document.read_text("utf-8") for document in DOCUMENTS}
PROSE = "".join(text for name, text in TEXTS.items() if name != "CHANGELOG.md")
SOURCES = "".join(path.read_text("utf-8") for path in sorted(ROOT.glob("src/towpath/**/*.py")))


@pytest.mark.parametrize("name", TEXTS)
def test_the_tables_of_a_document_are_what_the_code_has(name: str) -> None:
    assert TEXTS[name] == with_tables(TEXTS[name]), RENEW


def test_every_table_is_in_a_document() -> None:
    everything = "".join(TEXTS.values())

    assert [name for name in TABLES if f"<!-- {name}: made by scripts/tables.py -->" not in everything] == []


def test_a_setting_is_described_in_sentences() -> None:
    texts = {name: field.description or "" for name, field in Settings.model_fields.items()}

    assert [
        name for name, text in texts.items() if not re.match(r"[A-Z01@d]", text) or text[-1:] != "."
    ] == []
    for_people = [name for name, text in texts.items() if name.endswith("_seconds") and "Seconds" not in text]
    assert for_people == []  # whose unit is only in the name


def test_every_command_has_an_example_in_its_help() -> None:
    leaves = {
        path: leaf
        for name, command in get_group(app).commands.items()
        for path, leaf in (
            [(f"{name} {sub}", below) for sub, below in command.commands.items()]
            if isinstance(command, TyperGroup)
            else [(name, command)]
        )
    }

    assert [path for path, leaf in leaves.items() if "Example" not in (leaf.help or "")] == []


def test_every_setting_that_a_document_names_exists_with_its_default() -> None:
    names = {Settings.env_name(field): Settings.default_in_words(field) for field in Settings.model_fields}
    named = set(re.findall(r"\b(CLAUDE_PROXY_[A-Z_]*[A-Z])\b", PROSE))
    said = set(re.findall(r"`(CLAUDE_PROXY_\w+)`(?: \| | \()(\d+)(?= \||\))", PROSE))

    assert named - names.keys() == set()
    assert {(name, figure) for name, figure in said if names[name] != figure} == set()


@pytest.mark.parametrize("line", sorted(set(re.findall(r"\btowpath((?: [\w./-]+)+)", PROSE))))
def test_every_option_that_a_document_shows_exists(line: str) -> None:
    command: Any = get_command(app)
    for word in line.split():
        if isinstance(command, TyperGroup) and word in command.commands:
            command = command.commands[word]
        elif word.startswith("--"):
            known = [
                option
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts)
            ]
            assert word in (*known, "--help")


def test_the_page_shows_as_much_as_its_document_says() -> None:
    scripts = ROOT / "src/towpath/server/dashboard/page"
    conversations, answers = (
        re.findall(rf"const {constant} = (\d+);", (scripts / name).read_text())[0]
        for name, constant in (("conversations.js", "AT_A_TIME"), ("chart.js", "MOST_BARS"))
    )

    for words in (
        f"{conversations} conversations at a time",
        f"the last {answers} answers",
        f"the last {KEPT_EXCHANGES} exchanges, the last {KEPT_ERRORS} errors",
    ):
        assert words in " ".join(TEXTS["docs/page.md"].split())


def test_every_header_of_the_servers_own_is_declared() -> None:
    asked_for = {"x-towpath-mode"}
    sent = set(re.findall(r'"(x-towpath-[a-z-]+)"', SOURCES)) - asked_for

    assert sent <= {*OF_ANSWERS, *OF_OTHERS, *ALWAYS}


def test_the_page_about_the_engine_is_about_the_one_that_is_pinned() -> None:
    named = f"`claude-agent-sdk` {pinned('claude-agent-sdk')} and the CLI that it bundles ({BUNDLED_VERSION})"

    assert named in TEXTS["docs/engine.md"]


def test_every_contract_row_has_a_test_or_names_one() -> None:
    rows = re.findall(r"^\| ([HTENDILCOW]\d+) \| (.*)$", TEXTS["docs/engine.md"], re.MULTILINE)
    tests = "".join(path.read_text() for path in sorted(ROOT.glob("tests/contract/test_*.py")))
    unproven = [row for row, text in rows if f"def test_{row.lower()}_" not in tests and "test_" not in text]

    assert rows
    assert unproven == ["H9"]  # a matter of milliseconds: the code waits, and says how long


def test_what_a_process_occupies_is_one_figure() -> None:
    (figure,) = re.findall(r"\d+ to (\d+)\.", Settings.model_fields["memory_budget_mb"].description or "")
    named = re.findall(r"up to (\d+) MB each", "".join(TEXTS.values()) + (ROOT / "compose.yaml").read_text())

    assert set(named) == {figure}


def test_the_example_of_the_scripted_api_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", TEXTS["docs/scripted-api.md"], re.DOTALL)

    exec(compile(example, "docs/scripted-api.md", "exec"), {})  # noqa: S102 - it asserts what it says


_FILE = re.compile(r"`((?:src|tests|docs|core|agent|sessions|server|cli|tools|bench)/[\w/.]+\.(?:py|md))`")
_LINK = re.compile(r"\]\((?!\w+:)([^)\s#]*)(?:#([^)\s]+))?\)")


@pytest.mark.parametrize("name", TEXTS)
def test_every_file_that_a_document_names_exists(name: str) -> None:
    named = _FILE.findall(TEXTS[name])

    assert [n for n in named if not (ROOT / n).exists() and not (ROOT / "src/towpath" / n).exists()] == []


@pytest.mark.parametrize("name", TEXTS)
def test_every_link_of_a_document_leads_somewhere(name: str) -> None:
    dead = []
    for path, heading in _LINK.findall(TEXTS[name]):
        target = (ROOT / name).parent / path if path else ROOT / name
        if not target.exists() or (heading and heading not in _headings(target)):
            dead.append(f"{path}#{heading}")

    assert dead == []


def _headings(document: Path) -> set[str]:
    """The anchors of a document's headings: lower case, hyphens for spaces, other signs left out."""
    titles = re.findall(r"^#+ (.+)$", document.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}
