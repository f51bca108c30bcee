"""GET /v1/models against the real CLI, read by the official SDK."""

import asyncio
from types import SimpleNamespace
from typing import Any

import anthropic
import httpx
import pytest

from towpath.core.errors import ProcessDied
from towpath.server.api.models import ModelRoutes
from towpath.server.catalog import Models
from towpath.testing import ScriptedApi


@pytest.mark.cli
def test_the_official_sdk_reads_the_list_page_by_page(proxy_url: str, api: ScriptedApi) -> None:
    with anthropic.Anthropic(base_url=proxy_url, api_key="dummy") as client:
        models = list(client.models.list(limit=2))

        assert {"opus", "sonnet", "haiku"} <= {model.line for model in models}
        assert len({model.id for model in models}) == len(models) > 2
        assert client.models.retrieve(models[0].id) == models[0]
        assert client.models.retrieve("sonnet").line == client.models.retrieve("gpt-9").line == "sonnet"
        assert client.models.retrieve("claude-sonnet-4-5-20250929").id == "claude-sonnet-4-5-20250929"
    assert api.exchanges == []


@pytest.mark.cli
def test_without_that_header_the_shape_is_openais(http: httpx.Client) -> None:
    listed = http.get("/v1/models").json()

    assert listed["object"] == "list"
    assert listed["data"][0]["object"] == "model"
    assert http.get(f"/v1/models/{listed['data'][0]['id']}").json() == listed["data"][0]


async def test_the_cli_is_asked_once_and_a_failure_is_said() -> None:
    asked = []

    async def ask() -> list[dict[str, Any]]:
        asked.append(1)
        await asyncio.sleep(0)
        if len(asked) == 1:
            raise ProcessDied("no such file")
        return [{"value": "opus", "resolvedModel": "claude-opus-9"}]

    models = ModelRoutes({"default": Models(ask)})
    request: Any = SimpleNamespace(
        headers={"anthropic-version": "x"},
        path_params={"model_id": "opus"},
        state=SimpleNamespace(access="default"),
    )
    failed = await models.one(request)
    assert (failed.status_code, b"did not say" in bytes(failed.body)) == (500, True)
    both = await asyncio.gather(*(models.one(request) for _ in range(5)))
    assert [response.status_code for response in both] == [200] * 5
    assert len(asked) == 2
