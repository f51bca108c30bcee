"""Accesses as the CLI gets them, and the file that they are read from."""

import os
from pathlib import Path

import pytest

from towpath.agent.accesses import Access, accesses, read_accesses
from towpath.agent.environment import Upstream, cli_environment
from towpath.core.accesses import AccessesError, WrittenAccess, parse_accesses

SHELL = {
    "PATH": "/bin",
    "https_proxy": "http://proxy",
    "AWS_PROFILE": "mine",
    "CLAUDE_CODE_USE_FOUNDRY": "1",
    "CLAUDE_CODE_OAUTH_TOKEN": "token",
    "ANTHROPIC_BASE_URL": "http://127.0.0.1:3456",
}
GATEWAY = Upstream("https://gateway.example", "key")


def own(access: Access) -> dict[str, str]:
    """What is set for an access beyond that which is set for each CLI."""
    always = cli_environment(Upstream(), {})
    return {name: value for name, value in access.environment.items() if always.get(name) != value}


def test_without_a_file_there_is_the_default_as_the_environment_says() -> None:
    found = accesses({}, GATEWAY, SHELL)

    assert list(found) == ["default"]
    assert own(found["default"]) == {
        "ANTHROPIC_BASE_URL": "https://gateway.example",
        "ANTHROPIC_API_KEY": "key",
    }
    assert found["default"].upstream == GATEWAY


def test_another_access_has_what_is_written_and_the_machine_and_nothing_of_the_environments_account() -> None:
    work = accesses({"work": WrittenAccess({"AWS_PROFILE": "work"})}, GATEWAY, SHELL)["work"]

    assert own(work) == {
        "AWS_PROFILE": "work",
        **dict.fromkeys(("CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_BASE_URL"), ""),
    }
    assert work.upstream == Upstream()


def test_a_variable_of_an_access_goes_over_the_machines_own_in_any_spelling() -> None:
    written = {"work": WrittenAccess({"HTTPS_PROXY": "http://other"})}
    work = accesses(written, Upstream(), SHELL)["work"]

    assert work.environment["https_proxy"] == ""
    assert work.environment["HTTPS_PROXY"] == "http://other"


def test_what_is_written_of_the_default_is_added_to_the_environment() -> None:
    default = accesses({"default": WrittenAccess({"AWS_REGION": "eu-west-1"})}, GATEWAY, SHELL)["default"]

    assert own(default)["AWS_REGION"] == "eu-west-1"
    assert "AWS_PROFILE" not in own(default)  # so it is inherited
    assert default.upstream == GATEWAY


def test_the_key_of_one_address_never_goes_to_another() -> None:
    written = WrittenAccess({"ANTHROPIC_BASE_URL": "https://other.example/v1"})
    default = accesses({"default": written}, GATEWAY, SHELL)["default"]

    assert default.environment["ANTHROPIC_BASE_URL"] == "https://other.example"
    assert "key" not in default.environment.values()
    assert default.upstream == Upstream("https://other.example")


def test_a_key_is_for_the_proxys_own_questions_as_well() -> None:
    key = accesses({"private": WrittenAccess({"ANTHROPIC_API_KEY": "sk"})}, GATEWAY, SHELL)["private"]

    assert key.environment["ANTHROPIC_API_KEY"] == "sk"
    assert key.upstream == Upstream(None, "sk")


@pytest.mark.parametrize(
    "written",
    [
        WrittenAccess(commands={"apiKeyHelper": "pass"}),
        WrittenAccess({"ANTHROPIC_BASE_URL": "https://gateway.example", "ANTHROPIC_AUTH_TOKEN": "t"}),
    ],
)
def test_what_only_the_cli_knows_how_to_use_is_left_to_it(written: WrittenAccess) -> None:
    access = accesses({"one": written}, GATEWAY, SHELL)["one"]

    assert access.upstream == Upstream()
    assert access.settings == written.commands
    assert "ANTHROPIC_API_KEY" not in access.environment


def test_the_proxys_own_questions_have_the_headers_that_the_cli_adds() -> None:
    written = WrittenAccess({"ANTHROPIC_API_KEY": "sk", "ANTHROPIC_CUSTOM_HEADERS": "X-Team: a:b\n\nX-Two:2"})
    shell = {"ANTHROPIC_CUSTOM_HEADERS": "X-Shell: 1"}
    found = accesses({"one": written, "two": WrittenAccess({"ANTHROPIC_API_KEY": "sk"})}, GATEWAY, shell)

    assert found["one"].upstream.headers == {"X-Team": "a:b", "X-Two": "2"}
    assert found["two"].upstream.headers == {}
    assert found["default"].upstream.headers == {"X-Shell": "1"}


def test_a_home_is_filled_in() -> None:
    written = WrittenAccess({"CLAUDE_CONFIG_DIR": "~/.claude-work"})

    access = accesses({"work": written}, Upstream(), {})["work"]

    assert access.environment["CLAUDE_CONFIG_DIR"] == str(Path.home() / ".claude-work")


def test_values_are_read_from_files_beside_the_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    path = written(tmp_path, '[one]\nANTHROPIC_AUTH_TOKEN = { file = "token" }')

    assert read_accesses(path)["one"].variables == {"ANTHROPIC_AUTH_TOKEN": "secret"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "one.AWS_REGION: value cannot be read: No such file or directory"),
        (b" \n", "one.AWS_REGION: value is empty, or is no text"),
        (b"\xff", "one.AWS_REGION: value cannot be read: it is not text in UTF-8"),
    ],
)
def test_a_file_without_a_value_is_named(tmp_path: Path, content: bytes | None, said: str) -> None:
    if content is not None:
        (tmp_path / "value").write_bytes(content)

    with pytest.raises(AccessesError) as caught:
        read_accesses(written(tmp_path, '[one]\nAWS_REGION = { file = "value" }'))

    assert str(caught.value) == said


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o622])
def test_a_file_that_others_can_read_or_write_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path, "[one]")
    path.chmod(mode)

    with pytest.raises(AccessesError, match=f"run: chmod 600 {path}"):
        read_accesses(path)


def test_a_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "[one]")
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    os.chown(path, 12345, -1)

    with pytest.raises(AccessesError, match="belongs to another user"):
        read_accesses(path)


@pytest.mark.parametrize(("made", "said"), [(False, "No such file"), (True, "Is a directory")])
def test_what_is_no_file_is_said(tmp_path: Path, said: str, *, made: bool) -> None:
    if made:
        (tmp_path / "accesses.toml").mkdir()

    with pytest.raises(AccessesError, match=f"cannot be read: {said}"):
        read_accesses(tmp_path / "accesses.toml")


def test_the_text_must_be_text(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    path.write_bytes(b"[one]\xff")

    with pytest.raises(AccessesError, match="UTF-8"):
        read_accesses(path)


def test_what_is_read_is_what_is_parsed(tmp_path: Path) -> None:
    text = '[one]\nAWS_REGION = "x"\n[two]'

    assert read_accesses(written(tmp_path, text)) == parse_accesses(text)


def written(folder: Path, text: str) -> Path:
    path = folder / "accesses.toml"
    path.write_text(text)
    path.chmod(0o600)
    return path
