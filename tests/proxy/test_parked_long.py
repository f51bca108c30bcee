"""A person may think for long: a call that was parked all that time is answered.

The rule itself is proven on a clock of the test's own, in tests/sessions/test_stalls.py.
"""

import time

import pytest

from tests.support.fidelity import result, user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.profiles import TIMEOUT_SECONDS
from tests.support.proxy import calls_of
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.nightly, pytest.mark.timeout(TIMEOUT_SECONDS)]

# The limits of everything that could end it meanwhile lie below the time that it waits.
SHORT_SECONDS = 2.0
PARKED_SECONDS = 30 * 60


def test_a_call_that_was_parked_for_long_is_answered(own_settings: Settings, api: ScriptedApi) -> None:
    limits = {
        "idle_timeout_seconds": SHORT_SECONDS,
        "first_event_timeout_seconds": SHORT_SECONDS,
        "stall_timeout_seconds": SHORT_SECONDS,
        "parked_timeout_seconds": PARKED_SECONDS * 2,
    }
    with isolated_proxy(own_settings.model_copy(update=limits)) as proxy:
        client = proxy.client()
        reply = client.say(user('CALL read {"path": "a"}'))
        time.sleep(PARKED_SECONDS)  # that it waits is the matter: there is no event to wait for
        answer = client.say(user(result(calls_of(reply)[0], "late")))

    assert client.ways == ["start", "answer"]
    assert answer["content"][0]["text"] == "Results: late"
    assert len(api.exchanges) == 2
