"""Which variables concern a CLI, by their names."""

import pytest

from towpath.core.cli_variables import custom_headers, is_of_account, is_of_machine, may_be_of_access


@pytest.mark.parametrize(
    ("name", "machine", "account", "access"),
    [
        ("PATH", True, False, False),
        ("XDG_CONFIG_HOME", True, False, False),
        ("HTTPS_PROXY", True, False, True),
        ("AWS_REGION", False, True, True),
        ("CLAUDE_CODE_USE_VERTEX", False, True, True),
        ("CLAUDE_CODE_SKIP_VERTEX_AUTH", False, True, True),
        ("ANTHROPIC_DEFAULT_OPUS_MODEL", False, True, True),
        ("ANTHROPIC_CUSTOM_HEADERS", False, True, True),
        ("ANTHROPIC_API_KEY", False, False, True),
        ("CLAUDE_CODE_EXTRA_BODY", False, False, False),
        ("CLAUDE_CODE_SKIP_PROMPT_HISTORY", False, False, False),
        ("GITHUB_TOKEN", False, False, False),
    ],
)
def test_a_variable_is_of_the_machine_of_an_account_or_none_of_its_business(
    name: str, *, machine: bool, account: bool, access: bool
) -> None:
    assert (is_of_machine(name), is_of_account(name), may_be_of_access(name)) == (machine, account, access)


@pytest.mark.parametrize(
    ("value", "headers"),
    [
        ("", {}),
        ("X-One: 1", {"X-One": "1"}),
        ("X-One:a:b\n\n X-Two : 2 \nno header\n: nameless", {"X-One": "a:b", "X-Two": "2"}),
    ],
)
def test_custom_headers_are_one_on_each_line(value: str, headers: dict[str, str]) -> None:
    assert custom_headers(value) == headers
