"""What the API says of an account and its login: passed on as it came, asked for once, and explained."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.account import REFUSED
from tests.support.fidelity import user
from tests.support.isolated_proxy import IsolatedProxy, isolated_proxy
from tests.support.proxy import Client
from towpath.settings import Settings
from towpath.testing import Failure, ScriptedApi

pytestmark = pytest.mark.cli

THIRD_PARTY = (
    "Third-party apps now draw from your extra usage, not your plan limits. Add more at "
    "claude.ai/settings/usage and keep going."
)
TOO_MUCH = "This request would exceed your account's rate limit. Please try again later."
EXPIRED = "OAuth token has expired. Please obtain a new token or refresh your existing token."
LIMIT = "anthropic-ratelimit-unified"
WEEK_IS_OVER = {
    **REFUSED,
    f"{LIMIT}-representative-claim": "seven_day",
    f"{LIMIT}-5h-status": "allowed",
    f"{LIMIT}-7d-status": "rejected",
}
AS_THEY_CAME = [
    (Failure(400, "invalid_request_error", THIRD_PARTY), "one of a third-party app"),
    (Failure(400, "invalid_request_error", "You're out of extra usage."), "Only usage credits"),
    (Failure(429, "rate_limit_error", TOO_MUCH), "A limit of the account is reached"),
    (Failure(529, "overloaded_error", "Overloaded"), "Too much at once"),
]
OF_A_PLAN = [(REFUSED, "5-hour", "session limit"), (WEEK_IS_OVER, "weekly", "weekly window")]
LOGIN_IS_GONE = "The Claude login on this machine has expired or was revoked."


@pytest.fixture(scope="module")
def logged_in(
    scripted_api: tuple[ScriptedApi, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[IsolatedProxy]:
    """A proxy under a plan's login: the CLI takes any token, and the scripted API looks at none."""
    own = Settings(upstream_base_url=scripted_api[1], state_dir=tmp_path_factory.mktemp("state"), spares=0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLAUDE_CODE_OAUTH_TOKEN", "dummy")
        with isolated_proxy(own) as proxy:
            yield proxy


def refused(proxy: IsolatedProxy, api: ScriptedApi, failure: Failure) -> tuple[Any, str]:
    """The response to a request whose every attempt the API fails, and how the page explains it."""
    api.clear()
    api.reply(*[failure] * 5)
    response = Client(proxy.http).post([user("hello")])
    plain: str = proxy.http.get("/v1/activity").json()["errors"][0]["plain"]
    return response, plain


@pytest.mark.parametrize(("failure", "explained"), AS_THEY_CAME, ids=lambda value: str(value)[:40])
def test_it_arrives_as_it_came_after_one_request(
    api: ScriptedApi, logged_in: IsolatedProxy, failure: Failure, explained: str
) -> None:
    response, plain = refused(logged_in, api, failure)

    assert response.status_code == failure.status
    assert response.json() == {
        "type": "error",
        "error": {"type": failure.type, "message": failure.message},
        "request_id": failure.request_id,
    }
    assert len(api.exchanges) == 1
    assert explained in plain


@pytest.mark.parametrize(("headers", "called", "explained"), OF_A_PLAN, ids=["5-hour", "weekly"])
def test_l7_a_limit_of_the_plan_is_in_the_clis_words(
    api: ScriptedApi, logged_in: IsolatedProxy, headers: dict[str, str], called: str, explained: str
) -> None:
    failure = Failure(429, "rate_limit_error", TOO_MUCH, headers=headers)
    response, plain = refused(logged_in, api, failure)

    assert (response.status_code, response.json()["error"]["type"]) == (429, "rate_limit_error")
    assert response.json()["error"]["message"].startswith(f"You've hit your {called} limit · resets ")
    assert "retry-after" in response.headers
    assert len(api.exchanges) == 1
    assert explained in plain


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (Failure(401, "authentication_error", EXPIRED), EXPIRED),
        (Failure(403, "permission_error", "OAuth token has been revoked."), "OAuth token revoked"),
    ],
    ids=["expired", "revoked"],
)
def test_l8_a_login_that_is_gone_is_looked_for_once_more(
    api: ScriptedApi, logged_in: IsolatedProxy, failure: Failure, message: str
) -> None:
    response, plain = refused(logged_in, api, failure)

    assert response.status_code == failure.status
    assert response.json()["error"]["type"] == failure.type
    assert message in response.json()["error"]["message"]
    assert len(api.exchanges) == 2
    assert plain.startswith(LOGIN_IS_GONE)


def test_a_key_that_is_not_accepted_is_asked_with_once(proxy: IsolatedProxy, api: ScriptedApi) -> None:
    response, _ = refused(proxy, api, Failure(401, "authentication_error", "invalid x-api-key"))

    assert response.status_code == 401
    assert len(api.exchanges) == 1
