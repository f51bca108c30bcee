"""What an error means, by its words, by the plan's window, and else by its status."""

import pytest

from towpath.core.errors import ApiError
from towpath.core.explanations import KNOWN_WORDS, OTHER_WINDOW, WINDOWS, explanation_of
from towpath.core.statuses import status_of

THIRD_PARTY, NO_CREDITS, NO_BALANCE, NO_LOGIN, NO_PLAN = (known.explanation for known in KNOWN_WORDS)
EVERYTHING = [*(known.explanation for known in KNOWN_WORDS), *WINDOWS.values(), OTHER_WINDOW]


@pytest.mark.parametrize(
    ("status", "message", "explanation"),
    [
        (400, "Third-party apps now draw from your extra usage, not your plan limits.", THIRD_PARTY),
        (400, "Third-party apps now draw from usage credits. Ask your workspace admin.", THIRD_PARTY),
        (400, "You're out of extra usage. Add more at claude.ai/settings/usage.", NO_CREDITS),
        (429, "Extra usage is required for long context requests.", NO_CREDITS),
        (429, "Opus requires usage credits.", NO_CREDITS),
        (400, "Your credit balance is too low to access the Anthropic API.", NO_BALANCE),
        (400, "Credit balance is too low", NO_BALANCE),
        (401, "OAuth token has expired. Please obtain a new token.", NO_LOGIN),
        (401, "Invalid bearer token", NO_LOGIN),
        (403, "OAuth token has been revoked.", NO_LOGIN),
        (403, "OAuth authentication is currently not allowed for this organization.", NO_PLAN),
    ],
)
def test_the_words_of_the_api_say_more_than_a_status(status: int, message: str, explanation: object) -> None:
    assert explanation_of(ApiError(status, message)) == explanation


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "messages.0: no good"),
        (500, "Third-party apps now draw from your extra usage, not your plan limits."),
        (401, "x-api-key: this server needs a key"),
        (429, "slow down"),
        (529, "Overloaded"),
    ],
)
def test_other_words_are_explained_by_the_status(status: int, message: str) -> None:
    assert str(explanation_of(ApiError(status, message))) == status_of(status).explanation


@pytest.mark.parametrize(
    ("window", "words"),
    [
        ("five_hour", "session limit"),
        ("seven_day", "weekly window"),
        ("overage", "spend on usage credits"),
        ("seven_day_opus", "counts only some models"),
    ],
)
def test_a_limit_is_explained_by_its_window(window: str, words: str) -> None:
    assert words in str(explanation_of(ApiError(429, "no", window=window)))


def test_each_explanation_says_what_happened_and_what_to_do_in_words_of_its_own() -> None:
    assert all(one.meaning.endswith(".") and one.advice.endswith(".") for one in EVERYTHING)
    assert len({one.meaning for one in EVERYTHING}) == len(EVERYTHING)
