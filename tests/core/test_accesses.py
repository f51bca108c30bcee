"""The file of accesses: what it means, and what is said of mistakes in it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.core.accesses import (
    MOST,
    AccessesError,
    WrittenAccess,
    chosen,
    no_such_access,
    parse_accesses,
    path_of,
    split_path,
)
from towpath.core.errors import ApiError

FILE = """
[office]
CLAUDE_CODE_USE_BEDROCK = "1"
AWS_PROFILE = "office"  # of ~/.aws/config
aws_auth_refresh = "aws sso login --profile office"

[private]
api_key_command = "pass show anthropic"
ANTHROPIC_CUSTOM_HEADERS = '''
X-One: 1
X-Two: 2'''

[gateway]
ANTHROPIC_BASE_URL = "https://gateway.example/v1"
ANTHROPIC_AUTH_TOKEN = { file = "~/.gateway-token" }

[login]
"""


def test_each_table_is_an_access() -> None:
    found = parse_accesses(FILE)

    assert list(found) == ["office", "private", "gateway", "login"]
    assert found["office"] == WrittenAccess(
        {"CLAUDE_CODE_USE_BEDROCK": "1", "AWS_PROFILE": "office"},
        {},
        {"awsAuthRefresh": "aws sso login --profile office"},
    )
    assert found["private"].commands == {"apiKeyHelper": "pass show anthropic"}
    assert found["gateway"].files == {"ANTHROPIC_AUTH_TOKEN": "~/.gateway-token"}
    assert found["login"] == WrittenAccess()


def test_nothing_of_a_value_is_in_what_is_said_of_an_access() -> None:
    (access,) = parse_accesses('[one]\nANTHROPIC_API_KEY = "sk-secret"').values()

    assert "sk-secret" not in repr(access)


TEXT = 'must be text in quotes, or { file = "…" }'
WRONG = [
    ('AWS_PROFILE = "x"', "line 1, AWS_PROFILE: must stand below the name of an access, such as [work]"),
    ("\n[Work]", "line 2, Work: must have up to 32 small letters, digits, - and _, a letter or digit first"),
    ("[office]\n\n# one\nAWS_REGION = 1", f"line 4, office.AWS_REGION: {TEXT}"),
    ("[office]\nAWS_REGION = ''", f"line 2, office.AWS_REGION: {TEXT}"),
    ("[office]\nAWS_REGION = { path = 'x' }", f"line 2, office.AWS_REGION: {TEXT}"),
    (
        "[office]\nPATH = '/bin'",
        "line 2, office.PATH: is no variable that says which account the Claude CLI uses",
    ),
    (
        "[a]\nAWS_PROFILE = '''\n[b]\n'''\nCLAUDE_CODE_EXTRA_BODY = '{}'",
        "line 5, a.CLAUDE_CODE_EXTRA_BODY: is no variable that says which account the Claude CLI uses",
    ),
    (
        "[office]\nkey = 'x'",
        "line 2, office.key: is neither a variable nor one of: "
        "api_key_command, aws_auth_refresh, aws_credential_export, gcp_auth_refresh",
    ),
    ("[office]\napi_key_command = ['pass']", "line 2, office.api_key_command: must be a command, in quotes"),
    (
        "[office]\napi_key_command = './key'",
        "line 2, office.api_key_command: must name a program on the PATH, or its full path: it runs in the "
        "folder of a client's project",
    ),
    (
        "[office]\nANTHROPIC_BASE_URL = 'gateway'",
        "line 2, office.ANTHROPIC_BASE_URL: must be an address such as https://gateway.example or "
        "http://127.0.0.1:4000",
    ),
    (
        "office.AWS_REGION = 5\n[other]\nAWS_REGION = [\n  1,\n]",
        f"line 1, office.AWS_REGION: {TEXT}\nline 3, other.AWS_REGION: {TEXT}",
    ),
    (
        "\n".join(f"[a{number}]" for number in range(MOST + 1)),
        f"line {MOST + 1}, a{MOST}: there are more than {MOST} accesses",
    ),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_mistake_is_named_by_line_and_key(text: str, said: str) -> None:
    with pytest.raises(AccessesError) as caught:
        parse_accesses(text)

    assert str(caught.value) == said


def test_what_is_no_toml_is_named_by_its_line() -> None:
    for text in ("[office]\nAWS_REGION =", "[office]\nAWS_REGION = 'x\n[other]", "[a]\nx = [1,\n[b]"):
        with pytest.raises(AccessesError, match=r"^line 2: "):
            parse_accesses(text)


@given(st.lists(st.sampled_from(["", "# note", "AWS_{} = 'x'", "AWS_{} = '''\n[no]\n'''", "AWS_{} = '\\n'"])))
def test_the_line_is_that_of_the_mistake_whatever_stands_before_it(above: list[str]) -> None:
    lines = ["[office]", *(line.format(number) for number, line in enumerate(above)), "AWS_REGION = 1"]
    text = "\n".join(lines)

    with pytest.raises(AccessesError, match=f"^line {len(text.splitlines())}, office.AWS_REGION: "):
        parse_accesses(text)


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/v1/messages", (None, "/v1/messages")),
        ("/access/office/v1/messages", ("office", "/v1/messages")),
        ("/access/office", ("office", "/")),
        ("/access", (None, "/access")),
        ("/access/a/access/b/x", ("a", "/access/b/x")),
    ],
)
def test_a_path_may_begin_with_an_access(path: str, found: tuple[str | None, str]) -> None:
    assert split_path(path) == found


def test_a_path_of_an_access_leads_to_it() -> None:
    assert split_path(f"/{path_of('office')}v1/files") == ("office", "/v1/files")
    assert split_path(f"/{path_of('default')}v1/files") == (None, "/v1/files")


@pytest.mark.parametrize(
    ("in_path", "in_header", "name"),
    [(None, None, "default"), ("a", None, "a"), (None, "b", "b"), ("a", "a", "a"), (None, "", "default")],
)
def test_a_request_names_one_access(in_path: str | None, in_header: str | None, name: str) -> None:
    assert chosen(in_path, in_header) == name


def test_a_request_that_names_two_is_refused() -> None:
    with pytest.raises(ApiError, match=r"400 .*x-towpath-access: it names 'b', and the path 'a'"):
        chosen("a", "b")


def test_an_unknown_name_is_not_found_among_those_that_there_are() -> None:
    error = no_such_access("c", ["default", "office"])

    assert (error.status, error.type) == (404, "not_found_error")
    assert error.message == "access: there is none with the name 'c'; there are: default, office"
