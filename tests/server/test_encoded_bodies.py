"""Bodies that come with a Content-Encoding, at each door that reads one."""

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest

from tests.support.answering import ANSWER, answering_proxy
from tests.support.codings import ENCODERS
from towpath.core.reading.body_limits import MAX_BODY_BYTES
from towpath.settings import Settings

ASKED: dict[str, dict[str, Any]] = {
    "/v1/messages": {"max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]},
    "/v1/messages/count_tokens": {"messages": [{"role": "user", "content": "hi"}], "max_tokens": 9},
    "/v1/chat/completions": {"messages": [{"role": "user", "content": "hi"}]},
    "/v1/responses": {"input": "hi"},
}
# A count is the CLI's: here that a field is refused shows that it was read.
SAID = dict.fromkeys(ASKED, ANSWER["text"]) | {"/v1/messages/count_tokens": "max_tokens: "}

DOORS = pytest.mark.parametrize("path", ASKED)
FORMS = pytest.mark.parametrize(("coding", "encode"), ENCODERS.values(), ids=ENCODERS)


@pytest.fixture(scope="module")
def http(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of a proxy whose processes answer at once."""
    settings = Settings(state_dir=tmp_path_factory.mktemp("state"), spares=0)
    with answering_proxy(settings) as url, httpx.Client(base_url=url, timeout=60) as http:
        yield http


def post(http: httpx.Client, path: str, content: bytes, coding: str) -> httpx.Response:
    return http.post(
        path, content=content, headers={"content-type": "application/json", "content-encoding": coding}
    )


def body_for(path: str) -> bytes:
    return orjson.dumps({"model": "claude-sonnet-5", **ASKED[path]})


@FORMS
@DOORS
def test_an_encoded_body_is_read(
    http: httpx.Client, path: str, coding: str, encode: Callable[[bytes], bytes]
) -> None:
    plain = http.post(path, content=body_for(path), headers={"content-type": "application/json"})
    response = post(http, path, encode(body_for(path)), coding)

    assert SAID[path] in response.text
    assert response.status_code == plain.status_code


@pytest.mark.slow
@FORMS
@DOORS
def test_one_that_grows_beyond_the_limit_is_too_large(
    http: httpx.Client, path: str, coding: str, encode: Callable[[bytes], bytes]
) -> None:
    response = post(http, path, encode(b" " * (MAX_BODY_BYTES + 1)), coding)

    assert response.status_code == 413
    assert response.json()["error"]["type"] == "request_too_large"


@DOORS
@pytest.mark.parametrize(("coding", "status"), [("br", 415), ("gzip", 400)])
def test_one_that_cannot_be_decoded_is_refused_in_words(
    http: httpx.Client, path: str, coding: str, status: int
) -> None:
    response = post(http, path, body_for(path), coding)

    assert response.status_code == status
    assert response.json()["error"]["type"] == "invalid_request_error"
    assert response.json()["error"]["message"].startswith("Content-Encoding: ")
    assert coding in response.json()["error"]["message"]
