"""The HTTP side: paths, refusals, health, queueing; no model is asked where none is needed."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed

import httpx
import orjson
import pytest

from tests.support.fidelity import call, request, result, seen, sent, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.profiles import scaled
from tests.support.proxy import Client, calls_of
from tests.support.waiting import WAIT_SECONDS
from towpath.settings import Settings
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

CONVERSATIONS = scaled(4, 10)


def test_the_paths_that_clients_use(api: ScriptedApi, http: httpx.Client) -> None:
    messages = []
    for path in ("/v1/messages", "/messages", "/v1/messages?beta=true", "/v1/v1/messages"):
        messages.append(user("SAY hello"))
        response = http.post(path, json=request(messages))
        messages.append({"role": "assistant", "content": response.json()["content"]})

        assert response.json()["content"] == [{"type": "text", "text": "hello"}], path
        assert response.headers["request-id"].startswith("req_")


@pytest.mark.parametrize(
    ("body", "path"),
    [
        (b"{", "not valid JSON"),
        (b"[]", "object"),
        (request([]), "messages"),
        (request([{"role": "tool", "content": "x"}]), "messages.0.role"),
        (request([user("")]), "messages.0.content.0.text"),
        (request([user("a"), {"role": "assistant", "content": "b"}]), "messages.1.role"),
        (request([user(result("t1", "r"))]), "messages.0.content.0"),
        (request([user("a"), {"role": "assistant", "content": [call("t1")]}, user("b")]), "messages.1"),
        (request([user("a")], max_tokens=-1), "max_tokens"),
        (request([user("a")], temperature="hot"), "temperature"),
        (request([user("a")], tools=[{"name": "a b", "input_schema": {"type": "object"}}]), "tools.0.name"),
        (request([user("a")], thread={"type": "create"}), "thread"),
    ],
)
def test_bad_input_is_refused_with_the_field_and_nothing_is_started(
    api: ScriptedApi, http: httpx.Client, body: object, path: str
) -> None:
    content = body if isinstance(body, bytes) else orjson.dumps(body)
    response = http.post("/v1/messages", content=content, headers={"content-type": "application/json"})

    error = response.json()
    assert response.status_code == 400
    assert error["error"]["type"] == "invalid_request_error"
    assert path in error["error"]["message"]
    assert error["request_id"] == response.headers["request-id"]
    assert api.exchanges == []


def test_a_body_over_32_mb_is_too_large(http: httpx.Client) -> None:
    response = http.post(
        "/v1/messages", content=b" " * (33 * 2**20), headers={"content-type": "application/json"}
    )

    assert response.status_code == 413
    assert response.json()["error"]["type"] == "request_too_large"


def test_what_is_not_served_is_said_in_the_apis_form(http: httpx.Client) -> None:
    response = http.get("/v1/nothing")

    assert response.status_code == 404
    assert response.json()["error"]["type"] == "not_found_error"
    assert http.head("/").status_code == 200
    assert "POST /v1/messages, POST /v1/chat/completions" in response.json()["error"]["message"]
    wrong = http.get("/v1/messages")
    assert (wrong.status_code, wrong.headers["allow"]) == (405, "POST")
    message = wrong.json()["error"]["message"]
    assert message == "GET /v1/messages is not served here; this path takes POST"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "evil.example"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"content-type": "text/plain"}, 400),
        ({"origin": "http://localhost:3000"}, 403),  # nor one of another server of this machine
    ],
)
def test_a_web_page_cannot_call(
    api: ScriptedApi, http: httpx.Client, headers: dict[str, str], status: int
) -> None:
    body = orjson.dumps(request([user("SAY hello")]))
    response = http.post(
        "/v1/messages", content=body, headers={"content-type": "application/json", **headers}
    )

    assert response.status_code == status


def test_health_says_how_the_server_is(proxy_url: str, http: httpx.Client) -> None:
    with httpx.stream("GET", f"{proxy_url}/health", timeout=WAIT_SECONDS) as response:
        response.read()
    report = http.get("/health").json()

    assert report["mode"] == "passthrough"
    assert report["cli"]["found"] is True
    assert report["status"] in ("starting", "ok")
    assert set(report["sessions"]) == {"spare", "running", "idle", "parked"}
    assert report["memory_mb"] >= 0
    assert set(report["auth"]) == {"logged_in", "method", "provider", "subscription"}


@pytest.fixture
def narrow(own_settings: Settings) -> Iterator[httpx.Client]:
    """A client of a proxy that runs one request at a time and lets one wait."""
    with isolated_proxy(own_settings.model_copy(update={"max_concurrent": 1, "max_waiting": 1})) as proxy:
        yield proxy.http


def test_more_requests_wait_in_order_and_then_are_refused(api: ScriptedApi, narrow: httpx.Client) -> None:
    with ThreadPoolExecutor() as threads, api.held():
        running = threads.submit(Client(narrow).post, [user("SAY first")])
        api.wait_for(1)
        others = [threads.submit(Client(narrow).post, [user(f"SAY {name}")]) for name in ("a", "b")]
        refused = next(as_completed(others, timeout=60)).result()
    answers = [o.result(WAIT_SECONDS) for o in (running, *others)]

    assert refused.status_code == 529
    assert refused.headers["retry-after"]
    assert refused.json()["error"]["type"] == "overloaded_error"
    assert sorted(answer.status_code for answer in answers) == [200, 200, 529]


def test_the_answer_to_parked_calls_goes_before_a_new_start(api: ScriptedApi, own_settings: Settings) -> None:
    with isolated_proxy(own_settings.model_copy(update={"max_concurrent": 1})) as proxy:
        http = proxy.http
        parked = Client(http)
        (parked_call,) = calls_of(parked.say(user('CALL read {"path": "a"}')))
        with ThreadPoolExecutor() as threads, api.held():
            threads.submit(Client(http).say, user("SAY runs"))
            api.wait_for(2)
            threads.submit(Client(http).say, user("SAY waits"))
            wait_until(lambda: http.get("/health").json()["waiting"] == 1)
            threads.submit(parked.say, user(result(parked_call, "one")))
            wait_until(lambda: http.get("/health").json()["waiting"] == 2)

    assert parked.ways == ["start", "answer"]
    assert seen(api.exchanges[2].body) == sent(parked.messages[:-1])


def test_conversations_at_once(api: ScriptedApi, own_settings: Settings) -> None:
    with isolated_proxy(own_settings.model_copy(update={"memory_budget_mb": 6000})) as proxy:
        clients = [proxy.client() for _ in range(CONVERSATIONS)]
        with ThreadPoolExecutor(CONVERSATIONS) as threads:
            replies = list(threads.map(lambda c: c.say(user(f"SAY {id(c)}")), clients))
            replies = list(threads.map(lambda c: c.say(user(f"SAY again {id(c)}")), clients))

    assert [r["content"][0]["text"] for r in replies] == [f"again {id(c)}" for c in clients]
    assert len(api.exchanges) == 2 * CONVERSATIONS


def test_title_and_main_request_at_the_same_moment(api: ScriptedApi, http: httpx.Client) -> None:
    """OpenCode sends both within 0.1 s, under the same session header."""
    headers = {"x-session-id": "ses_same"}
    title = {"model": "claude-haiku-4-5", "max_tokens": 100, "messages": [user("SAY a title")]}
    main = request([user("SAY an answer")])
    with ThreadPoolExecutor() as threads:
        answers = list(
            threads.map(
                lambda body: http.post("/v1/messages", json=body, headers=headers).json(), [title, main]
            )
        )

    assert [answer["content"][0]["text"] for answer in answers] == ["a title", "an answer"]


def test_a_key_is_needed_where_one_is_set(own_settings: Settings, api: ScriptedApi) -> None:
    locked = own_settings.model_copy(update={"api_key": own_settings.upstream_api_key})
    with isolated_proxy(locked) as proxy:
        http = proxy.http
        without = http.post("/v1/messages", json=request([user("hello")]))
        keyed = [{"x-api-key": "dummy"}, {"authorization": "Bearer dummy"}]
        allowed = [http.post("/v1/messages", json=request([user("hi")]), headers=h) for h in keyed]

    assert without.status_code == 401
    assert [response.status_code for response in allowed] == [200, 200]


def test_a_quiet_stream_is_kept_alive(own_settings: Settings, api: ScriptedApi) -> None:
    """Seen with the shortest interval; the default is 15 s."""
    from towpath.core.events import encode

    api.reply(Reply(({"type": "text", "text": "late"},), delay_seconds=1.0))
    with isolated_proxy(own_settings.model_copy(update={"ping_seconds": 0.2})) as proxy:
        text = proxy.http.post("/v1/messages", json=request([user("hello")], stream=True)).text

    assert text.startswith(encode({"type": "ping"}).decode())
    assert text.count("message_start") == 2  # its event line and its data
    assert text.rstrip().endswith('{"type":"message_stop"}')


def test_a_failure_that_nobody_foresaw_has_the_apis_form(
    http: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A large body is read in a thread, which a machine at its limit does not have."""

    def no_thread(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("concurrent.futures.ThreadPoolExecutor.submit", no_thread)
    response = http.post("/v1/messages", json=request([user("x" * 300_000)]))

    assert response.status_code == 500
    assert response.json()["error"] == {
        "type": "api_error",
        "message": "RuntimeError in towpath; its log says more",
    }
    assert response.headers["x-content-type-options"] == "nosniff"
