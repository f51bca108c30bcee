"""What cannot work is refused before the server says that it is there: in a sentence, once."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.support.program import towpath_process
from tests.support.waiting import WAIT_SECONDS
from towpath.cli.doctor import machine
from towpath.cli.flags import settings_from
from towpath.cli.obstacles import obstacles
from towpath.settings import Settings

NO_FOLDER = "/proc/towpath"  # nobody can make one there, root included


def serve(*flags: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "towpath", "serve", "--port=0", *flags],
        capture_output=True,
        text=True,
        timeout=WAIT_SECONDS,
    )


@pytest.mark.slow
@pytest.mark.parametrize("flags", [(), ("--supervise",)])
def test_what_cannot_work_is_said_once_and_before_anything_else(flags: Sequence[str]) -> None:
    done = serve(f"--state-dir={NO_FOLDER}", *flags)

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"{NO_FOLDER} cannot be written to: ")
    assert done.stderr.endswith("Set CLAUDE_PROXY_STATE_DIR to a folder of your own.\n")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_an_address_of_another_machine_is_refused_without_a_word_on_the_port() -> None:
    done = serve("--host=192.0.2.1", "--api-key=key")

    assert (done.returncode, done.stdout) == (2, "")
    assert "Set CLAUDE_PROXY_HOST to an address of this machine." in done.stderr
    assert "Stop" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"state_dir": "{there}/file/below"}, "{there}/file is a file"),
        (
            {"workdir": "{there}/nowhere"},
            "{there}/nowhere is not a folder. Make it, or set CLAUDE_PROXY_WORKDIR",
        ),
        ({"workdir": "{there}/file"}, "{there}/file is not a folder"),
        ({"record": NO_FOLDER}, f"{NO_FOLDER} cannot be written to"),
        ({"record": "{there}/file"}, "Set CLAUDE_PROXY_RECORD to a folder that can be written to."),
        ({"host": "a..b"}, "a..b is no address of this machine"),
        ({"host": "192.0.2.1"}, "can be reached from other machines. Set CLAUDE_PROXY_API_KEY"),
        ({"port": "4000", "upstream_base_url": "http://localhost:4000/v1"}, "leads back here"),
    ],
)
def test_each_obstacle_says_what_is_and_what_to_do(
    settings: dict[str, str], words: str, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    flags = {"state_dir": str(tmp_path / "state"), **settings}
    given = settings_from({name: value.format(there=tmp_path) for name, value in flags.items()})
    found = [str(one) for one in obstacles(given, {})]

    assert len(found) == 1
    assert words.format(there=tmp_path) in found[0]
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


def test_the_doctor_sees_the_same(tmp_path: Path) -> None:
    found = machine.folders_and_host(Settings(workdir=tmp_path / "nowhere", state_dir=tmp_path))

    assert (found.status, found.detail) == ("problem", f"{tmp_path / 'nowhere'} is not a folder")
    assert machine.folders_and_host(Settings(state_dir=tmp_path)).status == "ok"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"upstream_base_url": "foo"}, "--upstream-base-url: must be an address such as https://"),
        ({"upstream_base_url": "ftp://me:planted@a.example"}, "(given: ftp://a.example)"),
        ({"upstream_base_url": "http://127.0.0.1:99999"}, "must be an address"),
        ({"upstream_base_url": "me:planted@a.example"}, "(given: something that is not a URL)"),
        ({"upstream_base_url": "https://me:planted@a.example:port"}, "must be an address"),
        ({"log_level": "loud"}, "--log-level: must be debug, info, warning or error (given: 'loud')"),
        ({"port": "many"}, "--port: must be a whole number (given: 'many')"),
        ({"port": "70000"}, "--port: must be at most 65535"),
        ({"max_turns": "0"}, "--max-turns: must be at least 1"),
        ({"ping_seconds": "0"}, "--ping-seconds: must be more than 0"),
        ({"ping_seconds": "soon"}, "--ping-seconds: must be a number"),
        ({"allow_bash": "perhaps"}, "--allow-bash: must be 1 or 0"),
        ({"api_key": "@/proc/towpath"}, "--api-key: /proc/towpath: No such file or directory\n"),
        ({"api_key": " , "}, "--api-key: there is no key in it\n"),
        (
            {"allowed_hosts": "a.example,b:3456"},
            "must be names without a port, such as box.example (given: 'b",
        ),
        (
            {"allowed_origins": "chat.example"},
            "--allowed-origins: must be origins such as https://chat.example",
        ),
        ({"allowed_origins": "https://me:planted@chat.example/x"}, "(given: https://chat.example/x)"),
    ],
)
def test_a_bad_value_is_said_in_plain_words(
    flags: dict[str, str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(BaseException, match="2"):
        settings_from(flags)

    said = capsys.readouterr().err
    assert words in said
    assert "planted" not in said
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/"])
def test_an_upstream_may_be_given_with_what_clients_add(end: str) -> None:
    assert Settings(upstream_base_url=f"http://a.example/x{end}").upstream == "http://a.example/x"


@pytest.mark.parametrize("level", ["WARNING", "warning"])
def test_a_log_level_may_be_written_in_capitals(level: str) -> None:
    assert settings_from({"log_level": level}).log_level == "warning"


@pytest.mark.cli
def test_a_v1_that_is_left_out_is_mentioned(own_settings: Settings, tmp_path: Path) -> None:
    given = own_settings.model_copy(update={"upstream_base_url": f"{own_settings.upstream_base_url}/v1"})
    with towpath_process(given, tmp_path / "log"):
        said = (tmp_path / "log").read_text()

    assert f"so they go to {own_settings.upstream_base_url}" in said


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[Work]", "accesses.toml: line 1, Work: must have up to 32 small letters"),
        ("[work]\nAWS_REGION = 1", "accesses.toml: line 2, work.AWS_REGION: must be text in quotes"),
        (
            "[work]\nANTHROPIC_BASE_URL = 'http://127.0.0.1:4000'",
            "the access work leads back here: Towpath would send its requests to itself. Set the address",
        ),
        (
            "[work]\nANTHROPIC_BEDROCK_BASE_URL = 'http://localhost:4000'",
            "the access work leads back here",
        ),
    ],
)
def test_a_mistake_in_the_accesses_is_an_obstacle(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "accesses.toml"
    file.touch(mode=0o600)
    file.write_text(text)
    given = Settings(port=4000, accesses=file, state_dir=tmp_path / "state")

    (obstacle,) = obstacles(given, {})

    assert words in str(obstacle)


def test_a_file_of_accesses_that_is_named_must_be_there(tmp_path: Path) -> None:
    given = Settings(accesses=tmp_path / "accesses.toml", state_dir=tmp_path / "state")

    assert "cannot be read: No such file" in str(*obstacles(given, {}))
    assert list(obstacles(given.model_copy(update={"accesses": Path()}), {})) == []
