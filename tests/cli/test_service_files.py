"""The files of the service: as they were looked at once, and as their readers take them."""

import os
import plistlib
import shlex
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.places import LINUX, MAC, PLACES, place_in
from towpath.cli.service.command import SERVICES
from towpath.cli.service.environment import carried, environment_file
from towpath.cli.service.launchd import launchd_service
from towpath.cli.service.start import read_environment
from towpath.cli.service.steps import ServiceError
from towpath.cli.service.systemd import systemd_service

GOLDEN = Path(__file__).parent / "golden"
GENERATOR = Path("/usr/lib/systemd/user-environment-generators/30-systemd-environment-d-generator")
# Known to systemd from 254 on; older ones say that they ignore them, and do.
NEWER_KEYS = ("'RestartSteps'", "'RestartMaxDelaySec'")
VALUES = {
    "CLAUDE_PROXY_PORT": "4000",
    "CLAUDE_PROXY_STATE_DIR": '/home/a person/it\'s "here"',
    "CLAUDE_PROXY_TRANSIENT_TEXTS": "first line\n# second $HOME `line` %h",
    "CLAUDE_PROXY_WORKDIR": "C:\\Users\\me",
}


@pytest.mark.parametrize("system", PLACES)
def test_the_description_of_the_service(system: str) -> None:
    file = SERVICES[system](PLACES[system]).file

    assert file.text == (GOLDEN / file.path.name).read_text("utf-8")


def test_the_environment_file() -> None:
    file = environment_file(LINUX, VALUES)

    assert file.text == (GOLDEN / "service.env").read_text("utf-8")
    assert file.mode == 0o600


def test_launchd_reads_what_was_meant() -> None:
    agent = plistlib.loads(launchd_service(MAC).file.text.encode())

    support = "/Users/a person/Library/Application Support/towpath"
    assert agent["ProgramArguments"] == [
        "/Users/a person/R&D <tools>/bin/python",
        "-P",
        "-m",
        "towpath.cli.service.start",
        f"{support}/service.env",
        f"{support}/secrets.env",
    ]
    assert agent["WorkingDirectory"] == "/Users/a person"
    assert agent["KeepAlive"] == {"SuccessfulExit": False}
    assert agent["Umask"] == 0o077


def require(program: str | Path, package: str) -> None:
    """Skip where a program is missing; in CI that is a failure."""
    if shutil.which(program) is None:
        sentence = f"{program} is missing: it is in Debian's package {package}"
        if os.environ.get("CI"):
            pytest.fail(sentence)
        pytest.skip(sentence)


def verified(unit: Path, folder: Path) -> list[str]:
    """What systemd has to say against a unit."""
    require("systemd-analyze", "systemd")
    runtime = folder / "runtime"
    runtime.mkdir(exist_ok=True)
    ran = subprocess.run(
        ["systemd-analyze", "--user", "verify", "--man=no", unit],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
        capture_output=True,
        text=True,
        check=False,
    )
    lines = (ran.stdout + ran.stderr).splitlines()
    complaints = [line for line in lines if not any(key in line for key in NEWER_KEYS)]
    return complaints or (["it failed without a word"] if ran.returncode else [])


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit of a program that is there, at a path with all that has to be quoted."""
    place = place_in(tmp_path, "Linux")
    program = tmp_path / "50%h my $HOME tools" / "tow path"
    program.parent.mkdir()
    program.touch(mode=0o700)
    path = tmp_path / "towpath.service"
    path.write_text(systemd_service(replace(place, program=program)).file.text)
    return path


def test_systemd_accepts_the_unit(unit: Path, tmp_path: Path) -> None:
    assert verified(unit, tmp_path) == []


@pytest.mark.parametrize(
    ("old", "new"),
    [("Type=notify", "Type=notfy"), ("PrivateTmp", "PrivatTmp"), ('tow path"', 'no path"'), ("=30", "=3o")],
)
def test_systemd_would_say_so_if_it_did_not(unit: Path, tmp_path: Path, old: str, new: str) -> None:
    text = unit.read_text()
    assert old in text
    unit.write_text(text.replace(old, new))

    assert verified(unit, tmp_path)


@pytest.mark.parametrize("name", ['to"w', "to'w", "to\\w"])
def test_a_program_that_systemd_refuses_is_refused_at_once(tmp_path: Path, name: str) -> None:
    with pytest.raises(ServiceError, match="quote or backslash"):
        systemd_service(replace(place_in(tmp_path, "Linux"), program=tmp_path / name))


def test_systemd_reads_the_environment_file_as_it_was_written(tmp_path: Path) -> None:
    """With the program of systemd's own that prints such files (it also fills in variables: none here)."""
    require(GENERATOR, "systemd")
    values = {name: value.replace("$", "") for name, value in VALUES.items()}
    folder = tmp_path / "environment.d"
    folder.mkdir()
    (folder / "towpath.conf").write_text(environment_file(LINUX, values).text)

    printed = subprocess.run(
        [GENERATOR], env={"XDG_CONFIG_HOME": str(tmp_path)}, capture_output=True, text=True, check=True
    ).stdout

    script = f'{printed}\nfor name in {" ".join(values)}; do printf "%s\\0" "${{!name}}"; done'
    read = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True).stdout
    # It prints a newline as \n, as C does.
    assert [value.replace("\\n", "\n") for value in read.split("\0")[:-1]] == list(values.values())


def test_the_launcher_reads_the_environment_file_as_it_was_written() -> None:
    assert read_environment(environment_file(LINUX, VALUES).text) == VALUES


class TestCarried:
    FOLDER = Path("/here")

    def test_settings_are_copied_and_nothing_else(self) -> None:
        found = carried(
            {"CLAUDE_PROXY_PORT": "4000", "HOME": "/home", "ANTHROPIC_API_KEY": "hush"}, self.FOLDER
        )

        assert found.values == {"CLAUDE_PROXY_PORT": "4000"}
        assert found.secrets == found.unknown == ()

    @pytest.mark.parametrize("name", ["CLAUDE_PROXY_API_KEY", "CLAUDE_PROXY_UPSTREAM_API_KEY"])
    def test_secrets_are_named_only(self, name: str) -> None:
        found = carried({name: "hush"}, self.FOLDER)

        assert found.secrets == (name,)
        assert "hush" not in str(found)

    @pytest.mark.parametrize("url", ["https://me:hush@gate.example", "https://gate.example/?key=hush"])
    def test_so_is_an_address_with_a_password_in_it(self, url: str) -> None:
        assert carried({"CLAUDE_PROXY_UPSTREAM_BASE_URL": url}, self.FOLDER).secrets
        plain = carried({"CLAUDE_PROXY_UPSTREAM_BASE_URL": "https://gate.example/v1"}, self.FOLDER)
        assert plain.values == {"CLAUDE_PROXY_UPSTREAM_BASE_URL": "https://gate.example/v1"}

    def test_what_is_no_setting_is_named_only(self) -> None:
        found = carried({"CLAUDE_PROXY_PROT": "4000"}, self.FOLDER)

        assert (found.values, found.unknown) == ({}, ("CLAUDE_PROXY_PROT",))

    def test_paths_are_completed(self) -> None:
        found = carried(
            {
                "CLAUDE_PROXY_STATE_DIR": "state",
                "CLAUDE_PROXY_WORKDIR": "/work",
                "CLAUDE_CONFIG_DIR": "login",
            },
            self.FOLDER,
        )

        assert found.values == {
            "CLAUDE_CONFIG_DIR": "/here/login",
            "CLAUDE_PROXY_STATE_DIR": "/here/state",
            "CLAUDE_PROXY_WORKDIR": "/work",
        }


@pytest.mark.parametrize("text", ["NAME", "a b=c", "A=one two", "=x", "1A=x", 'A="open'])
def test_a_file_that_is_none_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError):
        read_environment(text)


def test_a_file_as_a_person_writes_it() -> None:
    text = "# my keys\n\nCLAUDE_PROXY_UPSTREAM_API_KEY=sk-ant-x\nB='two words' # why\n"

    assert read_environment(text) == {"CLAUDE_PROXY_UPSTREAM_API_KEY": "sk-ant-x", "B": "two words"}


def test_commands_have_words_not_lines() -> None:
    """No shell in between: a path with a space is one word of an argv list."""
    bootstrap = next(step.argv for step in launchd_service(MAC).load if "bootstrap" in step.argv)

    assert bootstrap[-1] == "/Users/a person/Library/LaunchAgents/local.towpath.plist"
    assert shlex.split(shlex.join(bootstrap)) == list(bootstrap)
