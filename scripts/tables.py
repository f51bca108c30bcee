"""Write the tables that the documents have from the code: ``uv run python -m scripts.tables``.

A table is between two comments, ``<!-- settings: made by scripts/tables.py -->`` and ``<!-- end -->``. It is
replaced by what the code says today. ``tests/test_docs.py`` fails where the two differ.
"""

import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import cast

from prometheus_client import Counter, Histogram
from prometheus_client.core import Metric
from typer.core import TyperGroup
from typer.main import get_group

from towpath.cli.main import app
from towpath.core.accesses import DEFAULT
from towpath.core.client_habits.recipes import CLIENTS
from towpath.core.explanations import KNOWN_WORDS, OTHER_WINDOW, WINDOWS
from towpath.core.openai.left_out import CHAT, RESPONSES
from towpath.core.reading.memo import MessageMemo
from towpath.core.statuses import STATUSES
from towpath.ledger.prices import load_prices
from towpath.server.exchange.headers import OF_ANSWERS, OF_OTHERS
from towpath.server.exchange.limit_refusals import KnownLimits
from towpath.server.exchange.publisher import Publisher
from towpath.server.headers import ALWAYS
from towpath.server.observe.metrics import Metrics
from towpath.sessions.admission import Admission
from towpath.sessions.pool import Pool
from towpath.settings import Settings

ROOT = Path(__file__).parents[1]
DOCUMENTS = [*sorted(ROOT.glob("*.md")), *sorted(ROOT.glob("docs/*.md"))]
_TABLE = re.compile(
    r"(?P<begin><!-- (?P<name>\w+): made by scripts/tables\.py -->\n).*?(?P<end><!-- end -->)", re.DOTALL
)
# Where a document says more of a setting than its one sentence; from the top of the repository.
_MORE = {
    "passthrough": "docs/internal-mode.md",
    "upstream_api_key": "docs/endpoints.md#counts-batches-and-files",
    "web_search": "docs/openai.md#responses",
    "no_extra_usage": "docs/operating.md#limits-of-the-account",
    "parked_timeout_seconds": "docs/operating.md#processes-that-wait-for-results",
    "call_gate": "SECURITY.md#what-is-not-guarded",
    "transient_texts": "docs/operating.md#why-a-step-is-a-start",
    "record": "docs/operating.md#for-a-bug-report-recordings-and-towpath-replay",
    "show_content": "docs/page.md#who-may-look",
}


def main() -> None:
    """Renew the tables of all documents, and name those that changed."""
    for document in DOCUMENTS:
        text = document.read_text("utf-8")
        renewed = with_tables(text)
        if renewed != text:
            document.write_text(renewed, "utf-8")
            print(f"renewed {document.relative_to(ROOT)}")


def with_tables(text: str) -> str:
    """A document with its tables as the code has them. Raises KeyError for a table that nothing makes."""
    return _TABLE.sub(
        lambda found: f"{found['begin']}\n{_lines(TABLES[found['name']]())}\n{found['end']}", text
    )


Row = tuple[str, ...]


def settings() -> Iterator[Row]:
    """Each setting, its default and what it does."""
    yield "variable", "default", "meaning"
    for name, field in Settings.model_fields.items():
        more = f" ([more]({_MORE[name]}))" if name in _MORE else ""
        meaning = f"{field.description}{more}"
        yield f"`{Settings.env_name(name)}`", Settings.default_in_words(name) or "none", meaning


def commands() -> Iterator[Row]:
    """Each command with the first sentence of its help."""
    yield "command", "what it does"
    for name, command in get_group(app).commands.items():
        leaves = command.commands if isinstance(command, TyperGroup) else {"": command}
        for leaf, below in leaves.items():
            says = (below.help or "").partition("\n\n")[0].replace("\n", " ")
            yield f"`towpath {f'{name} {leaf}'.strip()}`", says


def metrics() -> Iterator[Row]:
    """Each metric by the name under which /metrics shows it, with its labels."""
    yield "metric", "labels", "what it counts"
    pool = cast(Pool, SimpleNamespace(census=dict, starts={}, ends={}, memory_bytes=0))
    limits = {DEFAULT: KnownLimits(time.time, Publisher().publish, no_extra_usage=False)}
    made = Metrics(pool, Admission(running=1, waiting=0), MessageMemo(), limits, load_prices())
    for collector in made.registry._collector_to_names:
        for family in collector.collect():
            # The library keeps the labels of a counter or histogram only here, before there are samples.
            named = collector if isinstance(collector, Counter | Histogram) else family
            labels: Sequence[str] = getattr(named, "_labelnames")  # noqa: B009 - it is private
            yield _shown(family), ", ".join(f"`{label}`" for label in labels), family.documentation


def headers() -> Iterator[Row]:
    """What a response may have of headers, and what each of them says."""
    yield "header", "what it says"
    for name, meaning in {**OF_ANSWERS, **OF_OTHERS}.items():
        yield f"`{name}`", meaning
    yield ", ".join(f"`{name}`" for name in ALWAYS), "On every response, for browsers."


def clients() -> Iterator[Row]:
    """What `towpath env` knows: a client's name, and the variables that it reads."""
    yield "name", "client", "variables"
    for name, client in CLIENTS.items():
        if client.variables:
            read = [
                f"`{variable}`{f' with `{path}`' if path else ''}"
                for variable, path in client.variables.items()
            ]
            yield f"`{name}`", client.title, ", ".join(read)


def errors() -> Iterator[Row]:
    """What the API says of an account and its login, and what that means."""
    yield "the API says", "what it means", "what to do"
    for known in KNOWN_WORDS:
        codes = ", ".join(map(str, sorted(known.statuses)))
        yield f"{codes}: {known.called}", known.explanation.meaning, known.explanation.advice
    for window, explanation in WINDOWS.items():
        yield f"429, with `{window}`", explanation.meaning, explanation.advice
    yield "429, with another window", OTHER_WINDOW.meaning, OTHER_WINDOW.advice
    for code in (401, 429, 529):
        yield f"any other {code}", STATUSES[code].meaning, STATUSES[code].advice


def hints() -> Iterator[Row]:
    """What is left out of requests of OpenAI's APIs, by the names that the response header has."""
    chat, responses = (
        dict.fromkeys(hint.name for hint in hints if hint.is_named) for hints in (CHAT, RESPONSES)
    )
    both = [name for name in chat if name in responses]
    yield "API", "left out"
    for title, names in (
        ("both", both),
        ("chat", [name for name in chat if name not in both]),
        ("Responses", [name for name in responses if name not in both]),
    ):
        yield title, ", ".join(f"`{name}`" for name in names)


TABLES: Mapping[str, Callable[[], Iterator[Row]]] = {
    "settings": settings,
    "commands": commands,
    "metrics": metrics,
    "headers": headers,
    "clients": clients,
    "errors": errors,
    "hints": hints,
}


def _shown(family: Metric) -> str:
    # A counter's name ends in _total only where its values are shown.
    return f"`{family.name}_total`" if family.type == "counter" else f"`{family.name}`"


def _lines(rows: Iterator[Row]) -> str:
    head, *others = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "".join(f"| {' | '.join(row)} |\n" for row in (head, ("---",) * len(head), *others))


if __name__ == "__main__":
    main()
