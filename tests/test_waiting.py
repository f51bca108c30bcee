"""No test waits for so short a time that a busy machine turns it red."""

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
ASKING = frozenset({"get", "post", "put", "delete", "head", "stream", "request", "Client", "AsyncClient"})
# These take how long to wait as their first argument, or by the name of timeout.
WAITING = frozenset({"wait", "join", "result", "exception", "communicate"})


def calls() -> Iterator[tuple[str, ast.Call, ast.Attribute]]:
    for path in sorted(TESTS.rglob("*.py")):
        if "scripts" in path.parts:  # programs of clients' own
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                yield f"{path.relative_to(TESTS)}:{node.lineno}", node, node.func


def test_each_http_client_says_how_long_it_waits() -> None:
    """httpx gives up after 5 s by default."""
    hasty = [
        place
        for place, call, function in calls()
        if isinstance(function.value, ast.Name)
        and function.value.id == "httpx"
        and function.attr in ASKING
        and not {"timeout", "transport"} & {keyword.arg for keyword in call.keywords}
    ]

    assert hasty == []


def test_who_waits_for_what_must_happen_names_how_long() -> None:
    """A bare number says nothing of why; ``tests.support.waiting.WAIT_SECONDS`` does."""
    bare = [
        place
        for place, call, function in calls()
        if function.attr in WAITING
        for value in (*call.args[:1], *(k.value for k in call.keywords if k.arg == "timeout"))
        if isinstance(value, ast.Constant) and type(value.value) in (int, float)
    ]

    assert bare == []
