"""The scripted endpoints of cloud providers over HTTP: what they refuse, list and count.

What they answer is read by the official SDK's clients: tests/clients/test_anthropic_clouds.py.
"""

import base64
import json
from collections.abc import Iterator, Mapping

import httpx
import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.testing import Failure, ScriptedApi, bedrock_models, serve_in_thread
from towpath.testing.script import Json

ASKED: Json = {"max_tokens": 99, "messages": [{"role": "user", "content": "SAY hello"}]}
DENIED = ("us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6")
PUBLISHER = "/v1/projects/locks/locations/us-east5/publishers/anthropic/models"
SIGNED = {"authorization": "Bearer scripted"}
KEY = {"api-key": "scripted"}
# where a model is asked at a provider, and with which headers
PLACES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "bedrock": ("/model/{}/invoke", SIGNED),
    "vertex": (PUBLISHER + "/{}:rawPredict", {}),
    "foundry": ("/anthropic/v1/messages", KEY),
}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[ScriptedApi, str]]:
    """A scripted API that denies some models, and its URL."""
    api = ScriptedApi(denied=DENIED)
    with serve_in_thread(api.app) as url:
        yield api, url


@pytest.fixture
def api(served: tuple[ScriptedApi, str]) -> ScriptedApi:
    """The same, with nothing recorded and nothing queued."""
    served[0].clear()
    return served[0]


@pytest.fixture(scope="module")
def http(served: tuple[ScriptedApi, str]) -> Iterator[httpx.Client]:
    """A client of it."""
    with httpx.Client(base_url=served[1], timeout=WAIT_SECONDS) as client:
        yield client


def ask(http: httpx.Client, provider: str, model: str) -> httpx.Response:
    path, headers = PLACES[provider]
    body = {**ASKED, "model": model} if provider == "foundry" else ASKED
    return http.post(path.format(model), headers=headers, json=body)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("bedrock", "us.anthropic.claude-sonnet-4-6"),
        ("bedrock", "arn:aws:bedrock:us-east-1:1:inference-profile%2Fus.anthropic.claude-sonnet-4-6"),
        ("vertex", "claude-sonnet-4-6"),
        ("foundry", "claude-sonnet-4-6"),
    ],
)
def test_a_model_that_is_offered_answers(
    http: httpx.Client, api: ScriptedApi, provider: str, model: str
) -> None:
    answer = ask(http, provider, model)

    assert answer.json()["content"] == [{"type": "text", "text": "hello"}]
    assert answer.json()["model"] == "claude-sonnet-4-6"
    assert api.last["model"].endswith("claude-sonnet-4-6")


@pytest.mark.parametrize(
    ("provider", "model"), [("bedrock", DENIED[0]), ("vertex", DENIED[1]), ("foundry", DENIED[1])]
)
def test_a_model_that_is_denied_is_a_403_and_the_request_is_noted(
    http: httpx.Client, api: ScriptedApi, provider: str, model: str
) -> None:
    assert ask(http, provider, model).status_code == 403
    assert api.last["model"] == model


def test_a_model_of_bedrock_is_there_through_a_profile_only(http: httpx.Client, api: ScriptedApi) -> None:
    answer = ask(http, "bedrock", bedrock_models.MODELS[0])

    assert answer.status_code == 400
    assert answer.headers["x-amzn-errortype"] == "ValidationException"
    assert "inference profile" in answer.json()["message"]


def test_who_shows_nothing_is_refused(http: httpx.Client, api: ScriptedApi) -> None:
    unsigned = http.post("/model/us.anthropic.claude-sonnet-4-6/invoke", json=ASKED)
    unknown = http.post("/anthropic/v1/messages", json={**ASKED, "model": "claude-sonnet-4-6"})

    assert (unsigned.status_code, unsigned.json()) == (403, {"message": "Missing Authentication Token"})
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (401, "401")


@pytest.mark.parametrize(
    ("provider", "model", "expected"),
    [
        ("bedrock", "us.anthropic.claude-sonnet-4-6", {"message": "slowly"}),
        (
            "vertex",
            "claude-sonnet-4-6",
            {"error": {"code": 429, "message": "slowly", "status": "RESOURCE_EXHAUSTED"}},
        ),
        ("foundry", "claude-sonnet-4-6", {"error": {"code": "RateLimitReached", "message": "slowly"}}),
    ],
)
def test_a_failure_looks_as_at_its_provider(
    http: httpx.Client, api: ScriptedApi, provider: str, model: str, expected: Json
) -> None:
    api.reply(Failure(429, "rate_limit_error", "slowly", {"retry-after": "7"}))
    answer = ask(http, provider, model)

    assert (answer.status_code, answer.json(), answer.headers["retry-after"]) == (429, expected, "7")


def test_bedrock_lists_what_it_offers(http: httpx.Client, api: ScriptedApi) -> None:
    listed = http.get("/inference-profiles", headers=SIGNED).json()["inferenceProfileSummaries"]
    models = http.get("/foundation-models", headers=SIGNED).json()["modelSummaries"]

    assert [profile["inferenceProfileId"] for profile in listed] == list(bedrock_models.PROFILES)
    assert [model["modelId"] for model in models] == list(bedrock_models.MODELS)
    one = http.get(f"/inference-profiles/{listed[0]['inferenceProfileArn']}", headers=SIGNED)
    assert one.json() == listed[0]
    assert http.get("/inference-profiles/unknown", headers=SIGNED).status_code == 404
    assert http.get("/inference-profiles").status_code == 403
    assert len(api.bedrock.asked) == 5


def test_each_of_them_counts(http: httpx.Client, api: ScriptedApi) -> None:
    wrapped = {"input": {"invokeModel": {"body": base64.b64encode(json.dumps(ASKED).encode()).decode()}}}
    named = {**ASKED, "model": "claude-sonnet-4-6"}
    counts = [
        http.post("/model/anthropic.claude-sonnet-4-6/count-tokens", headers=SIGNED, json=wrapped),
        http.post(f"{PUBLISHER}/count-tokens:rawPredict", json=named),
        http.post("/anthropic/v1/messages/count_tokens", headers=KEY, json=named),
    ]

    assert [list(count.json()) for count in counts] == [["inputTokens"], ["input_tokens"], ["input_tokens"]]
    assert [exchange.body["messages"] for exchange in api.exchanges] == [ASKED["messages"]] * 3
