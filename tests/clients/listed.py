"""The list of clients that are tested, and docs/clients.md, which is made of it.

A module of client tests has a constant ``CLIENT`` and marks its tests with what they show:
``@pytest.mark.shows("text turn")``, and with the ways on which the steps after the first one were served:
``@pytest.mark.later_steps("answer")``, which conftest.py compares with what was recorded. A complete run
with ``--write-clients`` in which all of these passed writes the document; a test compares it with the
modules.
"""

import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

DOCUMENT = Path(__file__).parents[2] / "docs" / "clients.md"
SHOWN_BY_EACH = ("text turn", "tool round trip", "error")
IN_EACH_RUN, NIGHTLY = "✓", "nightly"
WAYS = ("answer", "resume", "start")


@dataclass(frozen=True)
class Client:
    """A client, and the ``lines`` that point it at http://127.0.0.1:3456: of a shell, or of ``language``.

    ``has_tools`` is false for one that offers the model no tools. ``starts`` says why some of its later steps
    need a new process.
    """

    name: str
    version: str
    lines: str
    language: str = "sh"
    has_tools: bool = True
    starts: str = ""

    def variables(self, url: str) -> dict[str, str]:
        """The variables that the lines export, with the ``url`` of a proxy in place of 127.0.0.1:3456."""
        words = shlex.split(self.lines.replace("http://127.0.0.1:3456", url))
        return dict(word.split("=", 1) for word in words if "=" in word)


Listing = Mapping[Client, Mapping[str, str]]
"""For each client what its tests show, and whether they do that in each run or only in the nightly one."""


def all_modules() -> list[ModuleType]:
    """All modules of client tests."""
    names = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py"))
    return [import_module(f"tests.clients.{name}") for name in names]


def modules() -> list[ModuleType]:
    """Those that name a client."""
    return [module for module in all_modules() if hasattr(module, "CLIENT")]


def listing(modules: Iterable[Any]) -> Listing:
    """What modules of client tests show."""
    listed: dict[Client, dict[str, str]] = {}
    for module in modules:
        shown = listed.setdefault(module.CLIENT, {})
        for marks in _marks_of_tests(module):
            when = NIGHTLY if any(mark.name == "nightly" for mark in marks) else IN_EACH_RUN
            for word in (word for mark in marks if mark.name == "shows" for word in mark.args):
                shown[word] = min(when, shown.get(word, when), key=(IN_EACH_RUN, NIGHTLY).index)
    return listed


def later_ways(modules: Iterable[Any]) -> Mapping[Client, Sequence[str]]:
    """The ways that the later steps of each client take, in the order of ``WAYS``."""
    found: dict[Client, set[str]] = {}
    for module in modules:
        ways = found.setdefault(module.CLIENT, set())
        for marks in _marks_of_tests(module):
            ways.update(word for mark in marks if mark.name == "later_steps" for word in mark.args)
    return {client: sorted(ways, key=WAYS.index) for client, ways in found.items()}


def is_nightly(module: Any) -> bool:
    """Whether all of its tests are for the nightly profile."""
    return any(mark.name == "nightly" for mark in _marks_of_all(module))


def _marks_of_tests(module: Any) -> Iterator[list[pytest.Mark]]:
    for name, test in vars(module).items():
        if name.startswith("test_"):
            yield [*_marks_of_all(module), *(_bare(mark) for mark in getattr(test, "pytestmark", []))]


def _marks_of_all(module: Any) -> list[pytest.Mark]:
    marks = getattr(module, "pytestmark", [])
    return [_bare(mark) for mark in (marks if isinstance(marks, list) else [marks])]


def _bare(mark: Any) -> pytest.Mark:
    found: pytest.Mark = getattr(mark, "mark", mark)
    return found


HEAD = """\
# Clients

These are real clients, unmodified. Tests send them through Towpath and the real CLI to the scripted API
([scripted-api.md](scripted-api.md)). ✓ means tested in each run of CI, *nightly* only in the nightly profile
([CONTRIBUTING.md](../CONTRIBUTING.md)). The tests are in `tests/clients`. Other clients of the Messages API
or of OpenAI's APIs should work just as well: see [setup.md](setup.md) and [openai.md](openai.md).

*Later steps* are the ways on which a client's requests after the first one of a conversation were served
([how-it-works.md](how-it-works.md)): with `answer` and `resume` a live process goes on, `start` needs a new
one, which takes half a second or so. Where a client's steps need that, the reason is below the table. An
empty cell: there are none, or its tests do not look at them.

OpenCode 2 is not in the list: its program cannot be installed from the registries that the tests use. Its
configuration and its plugin are built for what it documents ([setup.md](setup.md)), and the plugin is run as
its published types say.

This page is written by a test run in which all of it passed, and CI compares it with the tests:

```sh
TOWPATH_PROFILE=nightly uv run pytest tests/clients --write-clients
```
"""


def render(listed: Listing, ways: Mapping[Client, Sequence[str]]) -> str:
    """The document."""
    clients = sorted(listed, key=lambda client: client.name.lower())
    rows = [
        _row(("client", "version", *SHOWN_BY_EACH, "later steps", "and")),
        _row(("---", "---", *[":-:"] * 3, "---", "---")),
    ]
    for client in clients:
        shown = listed[client]
        rest = [
            word if shown[word] == IN_EACH_RUN else f"{word} ({NIGHTLY})"
            for word in shown
            if word not in SHOWN_BY_EACH
        ]
        cells = [shown.get(word, "") if word in expected(client) else "has none" for word in SHOWN_BY_EACH]
        later = ", ".join(ways.get(client, ()))
        rows.append(_row((client.name, client.version, *cells, later, ", ".join(rest))))
    sections = (
        f"\n### {client.name}\n\n```{client.language}\n{client.lines.strip()}\n```\n" for client in clients
    )
    reasons = [f"\n**{client.name}**: {client.starts}\n" for client in clients if client.starts]
    return f"{HEAD}\n{''.join(rows)}{''.join(reasons)}\n## The lines that connect them\n{''.join(sections)}"


def expected(client: Client) -> set[str]:
    """What its tests must show at least."""
    return {word for word in SHOWN_BY_EACH if client.has_tools or word != "tool round trip"}


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


class Outcomes:
    """A pytest plugin that writes the document at the end of a run, if all that is listed was shown."""

    def __init__(self) -> None:
        self._shows: dict[str, set[tuple[Client, str]]] = {}
        self._passed: set[str] = set()
        self._others: set[str] = set()

    def pytest_collection_modifyitems(self, items: list[pytest.Function]) -> None:
        for item in items:
            if client := getattr(item.module, "CLIENT", None):
                words = (word for mark in item.iter_markers("shows") for word in mark.args)
                self._shows[item.nodeid] = {(client, word) for word in words}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if not report.passed:
            self._others.add(report.nodeid)
        elif report.when == "call":
            self._passed.add(report.nodeid)

    def missing(self, listed: Listing) -> list[str]:
        """What is listed and was not shown: a test of it did not pass, or none was run."""
        shown = set().union(*(self._shows.get(test, set()) for test in self._passed))
        shown -= set().union(*(self._shows.get(test, set()) for test in self._others))
        claimed = {(client, word) for client, words in listed.items() for word in words}
        return sorted(f"{client.name}: {word}" for client, word in claimed - shown)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        listed = listing(modules())
        if missing := self.missing(listed):
            terminalreporter.write_line(f"{DOCUMENT.name} was not written, these were not shown:", red=True)
            for line in missing:
                terminalreporter.write_line(f"  {line}")
        else:
            DOCUMENT.write_text(render(listed, later_ways(modules())))
            terminalreporter.write_line(f"{DOCUMENT.name} was written", green=True)
