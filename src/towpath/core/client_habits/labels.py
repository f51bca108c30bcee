"""What a client calls its own session and agent, in headers: labels for people who read logs. Pure.

They are what a client says of itself, and anybody can say it. So they never tell which conversation a request
is of, nor who sent it.
"""

from collections.abc import Mapping

# The plugin for OpenCode, OpenCode itself, Claude Code; the first that is there counts.
_HEADERS = {
    "client_session": ("x-opencode-session", "x-session-id", "x-claude-code-session-id"),
    "client_agent": ("x-opencode-agent", "x-claude-code-agent-id"),
}
_MAX_CHARS = 100


def labels_of(headers: Mapping[str, str]) -> Mapping[str, str]:
    """``client_session`` and ``client_agent``, as far as the headers have them."""
    found = {
        label: next((value for name in names if (value := headers.get(name))), "")
        for label, names in _HEADERS.items()
    }
    return {label: value[:_MAX_CHARS] for label, value in found.items() if value}
