"""What is too large for the CLI is refused in words; what is not arrives whole."""

import httpx
import pytest

from tests.support.fidelity import Json, user
from tests.support.proxy import Client
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

MIB = 1024 * 1024


def tool(**schema: object) -> Json:
    return {"name": "read", "input_schema": {"type": "object", **schema}}


@pytest.mark.parametrize(
    ("fields", "status", "beginning"),
    [
        ({"tools": [tool(description="x" * 15 * MIB)]}, 413, "tools and parameters: the Claude CLI takes 2,"),
        ({"tools": [tool(properties={f"p{n}": {} for n in range(200_000)})]}, 413, "tools and parameters: "),
        (
            {"tools": [tool(properties={f"p{n}": {} for n in range(1_000_000)})]},
            413,
            "Request exceeds the max",
        ),
        ({"stop_sequences": ['"' * MIB]}, 413, "tools and parameters: "),
        ({"model": "claude-" + "m" * 200_000}, 400, "model: String should have at most 256 characters"),
    ],
    ids=["long-schema", "many-properties", "a-million-keys", "quotation-marks", "long-model-name"],
)
def test_what_the_cli_does_not_take_is_refused(
    api: ScriptedApi, http: httpx.Client, fields: Json, status: int, beginning: str
) -> None:
    response = Client(http).post([user("hello")], **fields)

    assert response.status_code == status
    assert response.json()["error"]["message"].startswith(beginning)
    assert api.exchanges == []


def test_what_it_just_takes_arrives_whole(api: ScriptedApi, http: httpx.Client) -> None:
    fields = {"model": "claude-" + "m" * 249, "tools": [tool(description="x" * (2 * MIB - 1000))]}
    Client(http).ask([user("hello")], **fields)

    assert {name: api.last[name] for name in fields} == fields
