"""At a cloud provider: one request is one call, errors are the provider's, counts call no model.

That conversations arrive there as they were sent is in the tests that are marked ``each_access``.
"""

import httpx
import pytest

from tests.support.clouds import CloudClient
from tests.support.fidelity import TOOLS, assistant, call, image, result, seen, sent, text, user
from tests.support.processes import cli_processes, kill
from tests.support.proxy import Client, calls_of
from tests.support.streams import stream
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli

each_cloud = pytest.mark.parametrize("http", ["bedrock", "vertex", "foundry"], indirect=True)
others_by_night = pytest.mark.parametrize(
    "http",
    ["bedrock", *(pytest.param(cloud, marks=pytest.mark.nightly) for cloud in ("vertex", "foundry"))],
    indirect=True,
)
bedrock = pytest.mark.parametrize("http", ["bedrock"], indirect=True)
# Where each provider is asked for an answer, for one that does not stream, and for a count.
ANSWERS = ("-response-stream", ":streamRawPredict", "/messages")
COUNTS = ("/count-tokens", "/count-tokens:rawPredict", "/count_tokens")


@each_cloud
def test_each_request_of_a_conversation_is_one_call_whichever_way_it_takes(
    http: httpx.Client, api: ScriptedApi
) -> None:
    """With thinking in a live process: an answer there names another model than was asked for."""
    client = Client(http)
    client.say(user("THINK hm\nSAY so"))
    first, second = calls_of(client.say(user('CALL read {"path": "a"}\nCALL Bash {"path": "b"}')))
    client.say(user(result(first, "one"), result(second, [text("two"), text("three")])))
    assert seen(api.last) == sent(client.messages[:-1])
    client.messages[-2:] = [user(result(first, "one"), result(second, [text("see"), image()]))]
    client.ask(client.messages)

    assert client.ways == ["start", "resume", "answer", "start"]
    assert seen(api.last) == sent(client.messages)
    assert len(api.exchanges) == 4
    assert all(exchange.path.endswith(ANSWERS) for exchange in api.exchanges)


@bedrock
def test_a_process_killed_while_parked_is_replaced(http: CloudClient, api: ScriptedApi) -> None:
    client = Client(http)
    (parked,) = calls_of(client.say(user('CALL read {"path": "a"}')))
    for process in cli_processes(http.state_dir):
        kill(process)
    client.say(user(result(parked, "one")))

    assert client.ways == ["start", "start"]
    assert seen(api.last) == sent(client.messages[:-1])
    assert len(api.exchanges) == 2


AWS_EXPIRED = "The security token included in the request is expired"
ERRORS = {
    "bedrock": [
        (Failure(429, "rate_limit_error", "Too many requests"), 429, "Too many requests"),
        (Failure(403, "permission_error", "not authorized"), 403, "not authorized"),
        (Failure(403, "ExpiredTokenException", AWS_EXPIRED), 401, f"{AWS_EXPIRED}. Run `aws sso login`"),
        (Failure(400, "ValidationException", "messages.0: bad"), 400, "messages.0: bad"),
        (Failure(404, "not_found_error", "not in this region"), 404, "selected model (us.anthropic."),
        (Failure(503, "overloaded_error", "unable to process"), 503, "unable to process"),
    ],
    "vertex": [
        (Failure(429, "rate_limit_error", "Quota exceeded"), 429, "Quota exceeded"),
        (Failure(403, "permission_error", "Permission denied"), 403, "Permission denied"),
        (Failure(401, "authentication_error", "No token"), 401, "No token. Run `gcloud auth"),
        (Failure(400, "invalid_request_error", "messages.0: bad"), 400, "messages.0: bad"),
        (Failure(400, "FAILED_PRECONDITION", "is not servable in region x"), 400, "not servable in region x"),
    ],
    "foundry": [
        (Failure(429, "rate_limit_error", "Too many tokens"), 429, "Too many tokens"),
        (Failure(403, "permission_error", "Access is disabled"), 403, "Access is disabled"),
        (Failure(401, "authentication_error", "Invalid key"), 401, "Invalid key. Run `az login`"),
        (Failure(400, "invalid_request_error", "messages.0: bad"), 400, "messages.0: bad"),
    ],
}  # fmt: skip


@pytest.mark.nightly
@each_cloud
def test_an_error_of_the_provider_arrives_as_itself(http: httpx.Client, api: ScriptedApi, cloud: str) -> None:
    for failure, status, message in ERRORS[cloud]:
        api.clear()
        api.reply(*[failure] * 3)
        answer = Client(http).post([user("hello")])

        assert (answer.status_code, message in answer.json()["error"]["message"]) == (status, True), (
            answer.text
        )
        # P4: it takes a 403 of AWS's for an expired login, and a 404 for one of streaming.
        assert len(api.exchanges) == 1 or failure.status in (403, 404)


@bedrock
def test_an_expired_login_of_aws_is_a_401_with_what_to_run(http: httpx.Client, api: ScriptedApi) -> None:
    api.reply(*[Failure(403, "ExpiredTokenException", AWS_EXPIRED)] * 3)
    answer = Client(http).post([user("hello")])

    assert answer.status_code == 401
    assert answer.json()["error"]["type"] == "authentication_error"
    assert "`aws sso login`" in answer.json()["error"]["message"]
    assert len(api.exchanges) == 3  # P4


# An id in the provider's own form is for the provider to judge; Foundry has no such form.
NOT_THERE = {"bedrock": "us.anthropic.claude-opus-9", "vertex": "claude-opus-9@20990101"}


@others_by_night
def test_a_model_that_is_not_there_is_a_404(http: CloudClient, cloud: str) -> None:
    answer = Client(http, model=NOT_THERE.get(cloud, "claude-opus-9")).post([user("hello")])

    assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")


@bedrock
def test_an_exception_in_the_stream_is_an_error_event(http: httpx.Client, api: ScriptedApi) -> None:
    failing = (3, {"type": "ThrottlingException", "message": "Too many tokens"})
    api.reply(Reply((text("partial"),), error_after_events=failing))
    got = stream(http, [user("hello")])

    assert got[-1]["type"] == "error"
    assert "Too many tokens" in got[-1]["error"]["message"]
    assert len(api.exchanges) == 1


@others_by_night
def test_tokens_are_counted_by_the_provider_and_no_model_is_called(
    http: httpx.Client, api: ScriptedApi
) -> None:
    messages = [user("one"), assistant("two", call("t1", path="a")), user(result("t1", "three"))]
    body = {"model": "claude-sonnet-4-5", "messages": messages, "tools": TOOLS}
    counted = http.post("/v1/messages/count_tokens", json=body)

    assert counted.headers["x-towpath-count"] == "estimate"
    assert counted.json()["input_tokens"] > 1000
    assert {exchange.path.endswith(COUNTS) for exchange in api.exchanges} == {True}


@bedrock
def test_batches_and_files_are_not_there(http: httpx.Client, api: ScriptedApi) -> None:
    for path in ("/v1/messages/batches", "/v1/files"):
        answer = http.get(path)

        assert (answer.status_code, answer.json()["error"]["type"]) == (404, "not_found_error")
        assert "cloud provider" in answer.json()["error"]["message"]
