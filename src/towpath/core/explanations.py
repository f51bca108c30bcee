"""What an error means to a person and what to do, for log, page, doctor and documents. Pure.

The API has one status for many things: a 400 can mean that the account must pay in another way. Where its
words or the plan's window say which of them it is, that is explained; else the status is (``statuses``). The
words are those of public reports and of the CLI. If they change, the status is explained again, and nothing
else changes: the error goes to the client as it came.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from towpath.core.account_limits import EXTRA_USAGE
from towpath.core.errors import ApiError
from towpath.core.statuses import status_of

_WAIT = "Wait until it is reset: Retry-After and the page say when."
_PAY = "Add usage credits or switch them on at claude.ai/settings/usage"
_KEY = "set CLAUDE_PROXY_UPSTREAM_API_KEY to an API key"


@dataclass(frozen=True)
class Explanation:
    """``meaning`` says what happened and ``advice`` what to do. Neither repeats anything of the request."""

    meaning: str
    advice: str

    def __str__(self) -> str:
        return f"{self.meaning} {self.advice}"


@dataclass(frozen=True)
class KnownWords:
    """Errors of these ``statuses`` with ``words`` in their message, in whichever case.

    ``called`` names them in the documents.
    """

    called: str
    statuses: frozenset[int]
    words: re.Pattern[str]
    explanation: Explanation


def _known(called: str, statuses: set[int], words: str, meaning: str, advice: str) -> KnownWords:
    return KnownWords(
        called, frozenset(statuses), re.compile(words, re.IGNORECASE), Explanation(meaning, advice)
    )


# The first that fits counts.
KNOWN_WORDS = (
    _known(
        "third-party apps draw from extra usage, or from usage credits",
        {400},
        r"third[- ]party apps",
        "Anthropic counts this request as one of a third-party app: usage credits (extra usage) pay for it, "
        "not the plan, and the account has none that it may use.",
        f"{_PAY}, or {_KEY}.",
    ),
    _known(
        "out of extra usage, or usage credits required",
        {400, 402, 403, 429},
        r"out of (extra usage|usage credits)|(extra usage|usage credits) ((is|are) )?required"
        r"|requires (extra usage|usage credits)",
        "Only usage credits (extra usage) can pay for this request, and the account has none that it may "
        "use.",
        f"{_PAY}, or choose another model.",
    ),
    _known(
        "credit balance is too low",
        {400, 402},
        r"credit balance is too low",
        "The organization of the API key has no credit left.",
        "Buy some on the billing page of the Claude Console.",
    ),
    _known(
        "OAuth token expired or revoked, or invalid bearer token",
        {401, 403},
        r"oauth (access )?token|bearer token",
        "The Claude login on this machine has expired or was revoked.",
        "Log in again: the page has the command. The server need not be restarted.",
    ),
    _known(
        "the organization has disabled access with a subscription",
        {401, 403},
        r"disabled claude subscription access|oauth authentication is currently not allowed",
        "The organization does not let its plan be used here.",
        f"Ask its administrator, or {_KEY}.",
    ),
)

# By the window that the API names with a refusal.
WINDOWS: Mapping[str, Explanation] = {
    "five_hour": Explanation("The plan's 5-hour window, also called the session limit, is used up.", _WAIT),
    "seven_day": Explanation("The plan's weekly window is used up.", _WAIT),
    EXTRA_USAGE: Explanation(
        "The plan's window is used up, and so is what the account may spend on usage credits.",
        "Wait until the window is reset, or raise the limit at claude.ai/settings/usage.",
    ),
}
OTHER_WINDOW = Explanation(
    "A limit of the plan that counts only some models is used up.", f"Choose another model. {_WAIT}"
)


def explanation_of(error: ApiError) -> Explanation:
    """What it means, as closely as its words and the plan's window tell."""
    for known in KNOWN_WORDS:
        if error.status in known.statuses and known.words.search(error.message):
            return known.explanation
    if error.status == 429 and error.window:
        return WINDOWS.get(error.window, OTHER_WINDOW)
    status = status_of(error.status)
    return Explanation(status.meaning, status.advice)
