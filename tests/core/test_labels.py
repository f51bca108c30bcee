"""What a client calls its session and agent."""

import pytest

from towpath.core.client_habits.labels import labels_of


@pytest.mark.parametrize(
    ("headers", "labels"),
    [
        ({}, {}),
        (
            {"x-opencode-session": "ses_1", "x-opencode-agent": "plan", "x-session-id": "ses_2"},
            {"client_session": "ses_1", "client_agent": "plan"},
        ),
        ({"x-session-id": "ses_2"}, {"client_session": "ses_2"}),
        (
            {"x-claude-code-session-id": "s", "x-claude-code-agent-id": "a"},
            {"client_session": "s", "client_agent": "a"},
        ),
        ({"x-opencode-agent": "a" * 200}, {"client_agent": "a" * 100}),
    ],
)
def test_labels_are_what_the_headers_say(headers: dict[str, str], labels: dict[str, str]) -> None:
    assert labels_of(headers) == labels
