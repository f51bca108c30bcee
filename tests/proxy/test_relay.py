"""Batches and Files go through to the upstream that the operator named, piece by piece, under its key."""

import asyncio
import gzip
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import anthropic
import httpx
import orjson
import pytest
from pydantic import SecretStr
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

KEY = "the-operators"
VERSION = {"anthropic-version": "2023-06-01"}
PIECE = b"a" * 65536
FORM = {"content-type": "multipart/form-data; boundary=x", **VERSION}
Place = Callable[..., Any]


@contextmanager
def proxy(folder: Path, base_url: str | None, key: str | None = KEY) -> Iterator[httpx.Client]:
    secret = SecretStr(key) if key else None
    settings = Settings(upstream_base_url=base_url, upstream_api_key=secret, state_dir=folder, spares=0)
    with isolated_proxy(settings) as own:
        yield own.http


def sdk_of(http: httpx.Client) -> anthropic.Anthropic:
    return anthropic.Anthropic(base_url=str(http.base_url), api_key="the-clients", max_retries=0)


@pytest.fixture(scope="module")
def upstream() -> Iterator[tuple[ScriptedApi, str]]:
    """An API of the operator's, and its URL."""
    api = ScriptedApi()
    with serve_in_thread(api.app) as url:
        yield api, url


@pytest.fixture(scope="module")
def http(
    upstream: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    """A client of a proxy in front of it."""
    with proxy(tmp_path_factory.mktemp("state"), upstream[1]) as http:
        yield http


@pytest.fixture
def sdk(http: httpx.Client) -> Iterator[anthropic.Anthropic]:
    """The SDK, pointed at that proxy."""
    with sdk_of(http) as client:
        yield client


@pytest.fixture
def stored(upstream: tuple[ScriptedApi, str]) -> Any:
    """The files and batches of the upstream, of which nothing was asked yet."""
    upstream[0].stored.asked.clear()
    return upstream[0].stored


def test_a_batch_from_its_creation_to_its_deletion(
    http: httpx.Client, sdk: anthropic.Anthropic, stored: Any
) -> None:
    batches = sdk.messages.batches
    params: Any = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "SAY done"}]}

    made = batches.create(requests=[{"custom_id": "one", "params": params}])

    assert [batch.id for batch in batches.list()] == [made.id] == [batches.retrieve(made.id).id]
    # Results are fetched from that address, with the client's key: it must lead here.
    assert made.results_url == f"{http.base_url}/v1/messages/batches/{made.id}/results"
    (result,) = batches.results(made.id)
    assert result.result.type == "succeeded"
    assert result.result.message.content[0].model_dump(include={"text"}) == {"text": "done"}
    assert batches.cancel(made.id).id == made.id
    assert batches.delete(made.id).type == "message_batch_deleted"
    with pytest.raises(anthropic.NotFoundError):
        batches.retrieve(made.id)
    assert_only_the_operators_key(stored)


def test_a_file_from_its_upload_to_its_deletion(sdk: anthropic.Anthropic, stored: Any) -> None:
    files = sdk.beta.files

    made = files.upload(file=("notes.txt", b"line one\r\nline two", "text/plain"))

    assert (made.filename, made.size_bytes) == ("notes.txt", 18)
    assert made.id in [file.id for file in files.list()]
    assert files.retrieve_metadata(made.id).id == made.id
    assert files.download(made.id).read() == b"line one\r\nline two"
    assert files.delete(made.id).type == "file_deleted"
    assert_only_the_operators_key(stored)


def assert_only_the_operators_key(stored: Any) -> None:
    assert len(stored.asked) > 4
    assert {asked.headers.get("x-api-key") for asked in stored.asked} == {KEY}
    assert not [asked for asked in stored.asked if "the-clients" in str(asked.headers)]
    assert all("anthropic-version" in asked.headers for asked in stored.asked)


def test_a_gateway_that_needs_no_key_gets_none(
    upstream: tuple[ScriptedApi, str], stored: Any, tmp_path: Path
) -> None:
    with proxy(tmp_path, upstream[1], key=None) as http, sdk_of(http) as sdk:
        sdk.beta.files.list()

    assert not {"x-api-key", "authorization"} & set(stored.asked[0].headers)


def test_an_upload_arrives_before_it_ends(http: httpx.Client, stored: Any) -> None:
    before, head = stored.received_bytes, b'--x\r\ncontent-disposition: form-data; filename="f"\r\n\r\n'

    def body() -> Iterator[bytes]:
        yield head + PIECE
        wait_until(lambda: stored.received_bytes > before)
        yield PIECE + b"\r\n--x--"

    uploaded = http.post("/v1/files", content=body(), headers=FORM).json()

    assert uploaded["size_bytes"] == 2 * len(PIECE)


@pytest.mark.parametrize("path", ["/files", "/v1/files", "/v1/v1/files", "/messages/batches"])
def test_other_base_urls_lead_to_the_same(http: httpx.Client, stored: Any, path: str) -> None:
    assert http.get(f"{path}?limit=1").status_code == 200
    assert stored.asked[0].path in ("/v1/files", "/v1/messages/batches")


@pytest.mark.parametrize("path", ["/v1/files/%2e%2e", "/v1/files/a%3Fb"])
def test_nothing_leads_elsewhere_with_the_operators_key(http: httpx.Client, stored: Any, path: str) -> None:
    assert http.get(path).status_code == 404
    assert stored.asked == []


@pytest.mark.parametrize(
    ("call", "what"),
    [
        (lambda client: client.messages.batches.list(), "Message batches"),
        (lambda client: client.beta.files.upload(file=("f", b"content")), "Files"),
        (lambda client: client.beta.files.download("file_1"), "Files"),
    ],
)
def test_with_a_login_alone_there_are_none_and_why(tmp_path: Path, call: Place, what: str) -> None:
    with (
        proxy(tmp_path, None, key=None) as http,
        sdk_of(http) as sdk,
        pytest.raises(anthropic.NotFoundError) as raised,
    ):
        call(sdk)

    said = raised.value.body["error"]  # type: ignore[index]
    assert said["type"] == "not_found_error"
    assert what in said["message"]
    assert "CLAUDE_PROXY_UPSTREAM_API_KEY" in said["message"]


def test_an_upstream_that_is_down_is_said_in_words(tmp_path: Path) -> None:
    with proxy(tmp_path, "http://127.0.0.1:9") as http:
        for response in (
            http.get("/v1/files", headers=VERSION),
            http.post("/v1/messages/count_tokens", json={"model": "claude-x", "messages": USER}),
        ):
            assert (response.status_code, response.json()["error"]["type"]) == (502, "api_error")
            assert "the upstream cannot be reached" in response.json()["error"]["message"]
            assert KEY not in response.text


USER = [{"role": "user", "content": "hi"}]


class Wayward:
    """An upstream that does what real ones do now and then.

    ``left``: nobody reads its endless file any more, or an upload that had begun does not go on.
    """

    def __init__(self) -> None:
        self.left = threading.Event()
        self.has_begun = threading.Event()
        self.headers: dict[str, str] = {}
        self.body = b""
        self.app = Starlette(
            routes=[
                Route("/v1/files/endless/content", self._endless),
                Route("/v1/files/broken/content", self._broken),
                Route("/v1/files", self._refusal),
                Route("/v1/files", self._upload, methods=["POST"]),
                Route("/v1/messages/count_tokens", self._refusal, methods=["POST"]),
            ]
        )

    async def _endless(self, _: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            try:
                while True:
                    await asyncio.sleep(0)
                    yield PIECE
            finally:
                self.left.set()

        return StreamingResponse(pieces())

    async def _broken(self, _: Request) -> Response:
        async def pieces() -> AsyncIterator[bytes]:
            yield PIECE
            raise OSError

        return StreamingResponse(pieces())

    async def _upload(self, request: Request) -> Response:
        self.headers = dict(request.headers)
        try:
            async for part in request.stream():
                self.body += part
                self.has_begun.set()
        except ClientDisconnect:
            self.left.set()
        return JSONResponse({})

    async def _refusal(self, request: Request) -> Response:
        self.headers, self.body = dict(request.headers), await request.body()
        error = {"type": "rate_limit_error", "message": "later"}
        more = {"retry-after": "7", "request-id": "req_theirs", "anthropic-ratelimit-requests-limit": "9"}
        theirs = {"set-cookie": "a=b", "strict-transport-security": "max-age=1", "connection": "close"}
        return JSONResponse({"type": "error", "error": error}, 429, {**more, **theirs})


@pytest.fixture
def wayward(tmp_path: Path) -> Iterator[tuple[Wayward, httpx.Client]]:
    """An upstream that answers oddly, and a client of a proxy in front of it."""
    upstream = Wayward()
    with serve_in_thread(upstream.app) as url, proxy(tmp_path, url) as http:
        yield upstream, http


def test_a_client_that_leaves_ends_the_download(wayward: tuple[Wayward, httpx.Client]) -> None:
    upstream, http = wayward
    with http.stream("GET", "/v1/files/endless/content") as response:
        assert next(response.iter_bytes()).startswith(b"aaaa")
        assert not upstream.left.is_set()

    assert upstream.left.wait(WAIT_SECONDS)


def test_a_client_that_leaves_ends_the_upload(wayward: tuple[Wayward, httpx.Client]) -> None:
    upstream, http = wayward

    def body() -> Iterator[bytes]:
        yield PIECE
        assert upstream.has_begun.wait(WAIT_SECONDS)
        raise InterruptedError

    with pytest.raises(InterruptedError):
        http.post("/v1/files", content=body(), headers=FORM)

    assert upstream.left.wait(WAIT_SECONDS)


def test_a_download_that_breaks_off_does_not_look_whole(wayward: tuple[Wayward, httpx.Client]) -> None:
    with pytest.raises(httpx.RemoteProtocolError):
        wayward[1].get("/v1/files/broken/content")


def test_what_the_upstream_says_of_an_error_is_handed_back(wayward: tuple[Wayward, httpx.Client]) -> None:
    upstream, http = wayward
    sent = {"anthropic-beta": "files-api-2025-04-14", "cookie": "c=d", "range": "bytes=0-9", **VERSION}
    for response in (
        http.get("/v1/files", headers=sent),
        http.post("/v1/messages/count_tokens", headers=sent, json={"model": "claude-x", "messages": USER}),
    ):
        assert (response.status_code, response.json()["error"]["message"]) == (429, "later")
        assert (response.headers["retry-after"], response.headers["request-id"]) == ("7", "req_theirs")
        assert response.headers["anthropic-ratelimit-requests-limit"] == "9"
        assert not {"set-cookie", "strict-transport-security", "x-towpath-count"} & set(response.headers)
        assert upstream.headers["anthropic-beta"] == "files-api-2025-04-14"
        assert "cookie" not in upstream.headers
        assert upstream.headers["user-agent"].startswith("towpath/")


def test_an_encoded_body_is_handed_on_as_it_is(wayward: tuple[Wayward, httpx.Client]) -> None:
    upstream, http = wayward
    encoded = gzip.compress(PIECE)

    http.post("/v1/files", content=encoded, headers={**FORM, "content-encoding": "gzip"})

    assert (upstream.headers["content-encoding"], upstream.body) == ("gzip", encoded)


def test_one_that_is_counted_is_sent_on_decoded(wayward: tuple[Wayward, httpx.Client]) -> None:
    upstream, http = wayward
    encoded = gzip.compress(orjson.dumps({"model": "claude-x", "messages": USER}))
    headers = {"content-type": "application/json", "content-encoding": "gzip"}

    http.post("/v1/messages/count_tokens", content=encoded, headers=headers)

    assert "content-encoding" not in upstream.headers
    assert orjson.loads(upstream.body)["model"] == "claude-x"
