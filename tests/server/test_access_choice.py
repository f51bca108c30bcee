"""Which access a request is answered by, and what an unknown one gets. No CLI is started."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from tests.support.fidelity import user
from tests.support.isolated_proxy import isolated_proxy
from towpath.settings import Settings

KEY = "the-key"


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server with two accesses, which asks for a key."""
    folder = tmp_path_factory.mktemp("accesses")
    file = folder / "accesses.toml"
    file.write_text("[office]\nAWS_REGION = 'x'\n[private]\nANTHROPIC_API_KEY = 'sk'")
    file.chmod(0o600)
    settings = Settings(accesses=file, state_dir=folder / "state", spares=0, api_key=SecretStr(KEY))
    with isolated_proxy(settings) as proxy:
        proxy.http.headers["x-api-key"] = KEY
        yield proxy.http


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/access/office/v1/limits", {}),
        ("/access/office//v1/limits/", {}),
        ("/v1/limits", {"x-towpath-access": "office"}),
        ("/access/office/v1/limits", {"x-towpath-access": "office"}),
    ],
)
def test_a_request_names_its_access(http: httpx.Client, path: str, headers: dict[str, str]) -> None:
    report = http.get(path, headers=headers).json()

    assert report["access"] == "office"
    assert [one["access"] for one in report["others"]] == ["default", "private"]


def test_a_request_that_names_none_has_the_default(http: httpx.Client) -> None:
    assert http.get("/v1/limits").json()["access"] == "default"


@pytest.mark.parametrize(
    "path", ["/v1/messages", "/messages", "/v1/messages/count_tokens", "/v1/models", "/v1/files", "/health"]
)
def test_an_unknown_name_is_a_404_that_lists_the_names(http: httpx.Client, path: str) -> None:
    for response in (
        http.post(f"/access/offcie{path}", json={}, headers={"anthropic-version": "2023-06-01"})
        if "messages" in path
        else http.get(f"/access/offcie{path}"),
        http.get(path, headers={"x-towpath-access": "offcie"}),
    ):
        assert response.status_code == 404
        assert response.json()["error"] == {
            "type": "not_found_error",
            "message": "access: there is none with the name 'offcie'; there are: default, office, private",
        }


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/responses", "/chat/completions"])
def test_openais_doors_say_so_in_their_own_shape(http: httpx.Client, path: str) -> None:
    error = http.post(f"/access/offcie{path}", json={}).json()["error"]

    assert "there are: default, office, private" in error["message"]
    assert set(error) >= {"message", "type", "param", "code"}


def test_two_names_are_a_400(http: httpx.Client) -> None:
    response = http.get("/access/office/v1/limits", headers={"x-towpath-access": "private"})

    assert response.status_code == 400
    assert "name one access" in response.json()["error"]["message"]


def test_nobody_without_the_key_learns_the_names(http: httpx.Client) -> None:
    response = http.get("/access/offcie/v1/limits", headers={"x-api-key": "other"})

    assert response.status_code == 401
    assert "private" not in response.text
    assert http.get("/access/office/health", headers={"x-api-key": "other"}).json() == {"status": "ok"}


def test_the_guard_sees_the_path_that_the_routes_see(http: httpx.Client) -> None:
    """An upload may be a form where a message may not, below an access as well."""
    message = http.post("/access/office/v1/messages", files={"file": b"x"})

    assert message.status_code == 400
    assert message.json()["error"]["message"] == "Content-Type: must be application/json"


def test_what_an_access_cannot_do_is_said_of_it(http: httpx.Client) -> None:
    version = {"anthropic-version": "2023-06-01"}

    assert http.get("/access/office/v1/files", headers=version).status_code == 404  # no key for the proxy


def test_a_file_with_a_mistake_keeps_the_server_from_starting(tmp_path: Path) -> None:
    file = tmp_path / "accesses.toml"
    file.write_text("[Work]")
    file.chmod(0o600)

    with (
        pytest.raises(Exception, match="line 1, Work: must have"),
        isolated_proxy(Settings(accesses=file, state_dir=tmp_path / "state")),
    ):
        pytest.fail("it started")


def test_a_body_is_read_the_same_below_an_access(http: httpx.Client) -> None:
    response = http.post("/access/office/v1/messages", json={"model": "sonnet", "messages": [user("x")]})

    assert (response.status_code, response.json()["error"]["message"]) == (400, "max_tokens: Field required")
