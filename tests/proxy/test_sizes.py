"""What is too large for the CLI is refused in words; what is not arrives whole."""

from collections.abc import Callable

import httpx
import pytest

from tests.support.fidelity import Json, user
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

MIB = 1024 * 1024


def tool(**schema: object) -> Json:
    return {"name": "read", "input_schema": {"type": "object", **schema}}


def many_properties(count: int) -> Json:
    return {"tools": [tool(properties={f"p{number}": {} for number in range(count)})]}


# Made when they are asked for: each worker imports this, and a million keys take a second.
TOO_LARGE: dict[str, tuple[Callable[[], Json], int, str]] = {
    "long-schema": (
        lambda: {"tools": [tool(description="x" * 15 * MIB)]},
        413,
        "tools and parameters: the Claude CLI takes 2,",
    ),
    "many-properties": (lambda: many_properties(200_000), 413, "tools and parameters: "),
    "a-million-keys": (lambda: many_properties(1_000_000), 413, "Request exceeds the max"),
    "quotation-marks": (lambda: {"stop_sequences": ['"' * MIB]}, 413, "tools and parameters: "),
    "long-model-name": (
        lambda: {"model": "claude-" + "m" * 200_000},
        400,
        "model: String should have at most 256 characters",
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_what_the_cli_does_not_take_is_refused(api: ScriptedApi, http: httpx.Client, name: str) -> None:
    fields, status, beginning = TOO_LARGE[name]

    response = Client(http).post([user("hello")], **fields())

    assert response.status_code == status
    assert response.json()["error"]["message"].startswith(beginning)
    assert api.exchanges == []


def test_what_it_just_takes_arrives_whole(api: ScriptedApi, http: httpx.Client) -> None:
    fields = {"model": "claude-" + "m" * 249, "tools": [tool(description="x" * (2 * MIB - 1000))]}
    Client(http).ask([user("hello")], **fields)

    assert {name: api.last[name] for name in fields} == fields
