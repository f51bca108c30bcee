"""Which environment variables concern a CLI, by their names. Pure.

Those of the machine say where it runs and how it reaches the network. Those of an access say which account
it uses, and which models that account calls so. ANTHROPIC_BASE_URL and the two keys are of an access only
where its user wrote them down for it: a shell has them for clients, and they would lead back to the proxy.
What else a shell holds (tokens of other programs, say) is none of a CLI's business.
"""

import re

_NETWORK = frozenset(
    {
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY"),
        *("NODE_EXTRA_CA_CERTS", "SSL_CERT_FILE", "SSL_CERT_DIR"),
    }
)
_MACHINE = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "TZ", "TERM", "TMPDIR", "PWD"),
        "DBUS_SESSION_BUS_ADDRESS",
    }
)
_MACHINE_KINDS = ("LC_", "XDG_", "NIX_")
_ACCOUNT = frozenset({"CLOUD_ML_REGION", "CLAUDE_CONFIG_DIR", "CLAUDE_CODE_OAUTH_TOKEN"})
_ACCOUNT_KINDS = (
    *("AWS_", "GOOGLE_", "GCLOUD_", "AZURE_", "VERTEX_REGION_", "CLAUDE_CODE_USE_"),
    *("ANTHROPIC_BEDROCK_", "ANTHROPIC_VERTEX_", "ANTHROPIC_FOUNDRY_", "ANTHROPIC_AWS_"),
    # What the account calls opus, sonnet, haiku and fable, and which headers its gateway wants.
    *("ANTHROPIC_DEFAULT_", "ANTHROPIC_SMALL_FAST_MODEL", "ANTHROPIC_CUSTOM_", "CLAUDE_CODE_API_KEY_HELPER_"),
)
# Another CLAUDE_CODE_SKIP_ keeps the CLI from writing its session file, by which caches survive a process.
_SKIPPED_LOGIN = re.compile(r"CLAUDE_CODE_SKIP_\w+_AUTH")
_UPSTREAM = frozenset({"ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"})


def custom_headers(value: str) -> dict[str, str]:
    """The headers in a value of ANTHROPIC_CUSTOM_HEADERS, which has one on each line (``Name: value``)."""
    named = (line.partition(":") for line in value.splitlines())
    return {name.strip(): text.strip() for name, colon, text in named if colon and name.strip()}


def is_of_machine(name: str) -> bool:
    """Whether every CLI gets it of the proxy's own environment. Names are in upper case."""
    return name in _MACHINE or name in _NETWORK or name.startswith(_MACHINE_KINDS)


def is_of_account(name: str) -> bool:
    """Whether the proxy's own environment says by it which account to use."""
    return bool(name in _ACCOUNT or name.startswith(_ACCOUNT_KINDS) or _SKIPPED_LOGIN.fullmatch(name))


def may_be_of_access(name: str) -> bool:
    """Whether a user may write it down for one access."""
    return name in _UPSTREAM or name in _NETWORK or is_of_account(name)
