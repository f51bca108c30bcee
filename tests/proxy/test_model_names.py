"""Names of models at the three clouds, through the real CLI: what reaches the cloud is its own id."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.clouds import CLOUDS
from tests.support.fidelity import Json, request, user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.cli

VERSION = {"anthropic-version": "2023-06-01"}


@pytest.fixture(scope="module")
def clouds(
    settings: Settings, scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IsolatedProxy]:
    """A proxy with an access for each cloud, under its name."""
    folder = tmp_path_factory.mktemp("clouds")
    file = folder / "accesses.toml"
    file.touch(mode=0o600)
    file.write_text("".join(table(name, scripted_api[1]) for name in CLOUDS))
    own = settings.model_copy(update={"state_dir": folder / "state", "accesses": file})
    with isolated_proxy(own) as proxy:
        yield proxy


def table(name: str, url: str) -> str:
    lines = (f'{name} = "{value}"' for name, value in CLOUDS[name].environment(url).items())
    return "\n".join([f"[{name}]", *lines, ""])


def asked(proxy: IsolatedProxy, cloud: str, model: str, **fields: Any) -> httpx.Response:
    body = {**request([user("SAY hello")]), "model": model, **fields}
    return proxy.http.post(f"/access/{cloud}/v1/messages", json=body)


@pytest.mark.parametrize(
    ("cloud", "name"),
    [
        *((cloud, "claude-sonnet-4-5") for cloud in CLOUDS),
        ("bedrock", "anthropic/claude-sonnet-4.5"),
        ("vertex", "claude-sonnet-4-5-20250929"),
        ("foundry", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ],
)
def test_any_spelling_of_a_version_is_one_call_of_the_clouds_own_id(
    clouds: IsolatedProxy, api: ScriptedApi, cloud: str, name: str
) -> None:
    response = asked(clouds, cloud, name)

    assert response.status_code == 200, response.text
    assert [exchange.body["model"] for exchange in api.exchanges] == [CLOUDS[cloud].ids["claude-sonnet-4-5"]]


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_version_that_a_cloud_does_not_offer_is_a_404_and_no_call(
    clouds: IsolatedProxy, api: ScriptedApi, cloud: str
) -> None:
    error: Json = asked(clouds, cloud, "claude-opus-9").json()["error"]
    listed = clouds.http.get(f"/access/{cloud}/v1/models").json()["data"]

    assert error["type"] == "not_found_error"
    assert error["message"] == (
        f"model: claude-opus-9: this access ({cloud}) does not offer it; it offers "
        + ", ".join(model["id"] for model in listed)
    )
    assert api.exchanges == []


def test_openais_doors_say_so_in_their_own_shape(clouds: IsolatedProxy) -> None:
    body = {"model": "claude-opus-9", "messages": [{"role": "user", "content": "hi"}]}
    response = clouds.http.post("/access/vertex/v1/chat/completions", json=body)

    assert response.status_code == 404
    assert response.json()["error"]["code"] == "model_not_found"


@pytest.mark.parametrize("cloud", CLOUDS)
def test_what_is_listed_may_be_sent_back(clouds: IsolatedProxy, api: ScriptedApi, cloud: str) -> None:
    models = f"/access/{cloud}/v1/models"
    listed = [model["id"] for model in clouds.http.get(models, headers=VERSION).json()["data"]]
    found = [clouds.http.get(f"{models}/{one}", headers=VERSION).json()["id"] for one in listed]

    assert found == listed
    assert len(listed) > 3
    assert (
        clouds.http.get(f"{models}/anthropic/claude-sonnet-4.5", headers=VERSION).json()["id"]
        == (CLOUDS[cloud].ids["claude-sonnet-4-5"])
    )
    assert api.exchanges == []
