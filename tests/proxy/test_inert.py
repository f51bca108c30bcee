"""Nothing that Towpath hands out may run on its own origin, from where a page may call it."""

from collections.abc import Iterator

import httpx
import pytest

from tests.support.raw import RawServer, answers_raw, proxy_before

VERSION = {"anthropic-version": "2023-06-01"}
PAGE = b"<script>fetch('/v1/messages', {method: 'POST'})</script>"


@pytest.fixture(scope="module")
def upstream() -> Iterator[RawServer]:
    """An upstream that sends the bytes it is told to."""
    with answers_raw() as upstream:
        yield upstream


@pytest.fixture(scope="module")
def http(upstream: RawServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a proxy in front of it."""
    with proxy_before(upstream, tmp_path_factory.mktemp("inert")) as http:
        yield http


def answer(*headers: bytes, status: bytes = b"200 OK", body: bytes = PAGE) -> bytes:
    fixed = (b"content-length: %d" % len(body), b"connection: close")
    return b"\r\n".join((b"HTTP/1.1 " + status, *headers, *fixed, b"", body))


@pytest.mark.parametrize(
    "kind",
    [
        *("text/html", "image/svg+xml", "application/xhtml+xml", "text/xml", "application/pdf"),
        *("text/html; charset=utf-8", "application/json, text/html", "application/jsonp", "", None),
    ],
)
@pytest.mark.parametrize("path", ["/v1/files/file_1/content", "/v1/messages/batches/batch_1/results"])
def test_what_is_no_json_is_a_file_and_no_page(
    http: httpx.Client, upstream: RawServer, kind: str | None, path: str
) -> None:
    upstream.answer = answer(*([] if kind is None else [b"content-type: " + kind.encode()]))
    response = http.get(path, headers=VERSION)

    assert (response.status_code, response.content) == (200, PAGE)
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["content-disposition"] == "attachment"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"


def test_a_file_keeps_its_name(http: httpx.Client, upstream: RawServer) -> None:
    upstream.answer = answer(b"content-type: text/html", b'content-disposition: inline; filename="a;b.html"')
    response = http.get("/v1/files/file_1/content", headers=VERSION)

    assert response.headers["content-disposition"] == 'attachment; filename="a;b.html"'


@pytest.mark.parametrize("kind", [b"application/json", b"Application/JSON; charset=utf-8"])
def test_json_is_what_the_upstream_said(http: httpx.Client, upstream: RawServer, kind: bytes) -> None:
    upstream.answer = answer(b"content-type: " + kind, body=b"{}")
    response = http.get("/v1/files/file_1", headers=VERSION)

    assert response.json() == {}
    assert not {"content-disposition", "content-security-policy"} & set(response.headers)


def test_a_page_in_place_of_a_count_is_none(http: httpx.Client, upstream: RawServer) -> None:
    upstream.answer = answer(b"content-type: text/html", status=b"503 Unavailable")
    body = {"model": "claude-x", "messages": [{"role": "user", "content": "hi"}]}
    response = http.post("/v1/messages/count_tokens", json=body)

    assert (response.status_code, response.content) == (503, PAGE)
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"


@pytest.mark.parametrize(
    ("method", "path", "headers"),
    [
        *(("GET", path, {}) for path in ("/", "/health", "/metrics", "/v1/limits", "/openapi.json")),
        *(("GET", path, {}) for path in ("/v1/activity", "/page/page.js", "/nowhere", "/page/nowhere")),
        *(("GET", path, {"accept": "text/html"}) for path in ("/", "/nowhere")),
        ("HEAD", "/v1/activity/stream", {}),
        ("PUT", "/v1/messages", {}),
        ("POST", "/v1/messages", {"content-type": "application/json"}),
        ("POST", "/v1/chat/completions", {"content-type": "application/json"}),
        ("POST", "/v1/messages", {}),
        ("GET", "/health", {"host": "evil.example"}),
        ("GET", "/health", {"origin": "https://evil.example"}),
    ],
)
def test_every_response_is_what_it_calls_itself(
    http: httpx.Client, method: str, path: str, headers: dict[str, str]
) -> None:
    response = http.request(method, path, headers=headers)

    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    assert response.headers["content-type"]
