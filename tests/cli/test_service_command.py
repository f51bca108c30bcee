"""The commands as they are typed, on the platforms that they know and here."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.cli.places import place_in
from towpath.cli.service.command import SERVICES, Surroundings, service, this_place
from towpath.cli.service.steps import Outcome


class Typed:
    """A terminal on a machine whose programs all succeed, unless their name is in ``failing``."""

    def __init__(self, folder: Path, system: str) -> None:
        self.asked: list[list[str]] = []
        self.shown: list[list[str]] = []
        self.failing: set[str] = set()
        self.environment: dict[str, str] = {}
        self.place = place_in(folder, system)

    def __call__(self, *words: str) -> Result:
        around = Surroundings(self.place, self.environment, self._run, self._run_on_terminal)
        return CliRunner().invoke(service, words, obj=around)

    def _run(self, argv: Sequence[str]) -> Outcome:
        self.asked.append(list(argv))
        return Outcome(1 if argv[0] in self.failing else 0)

    def _run_on_terminal(self, argv: Sequence[str]) -> Outcome:
        self.shown.append(list(argv))
        return Outcome(3 if argv[0] in self.failing else 0)


@pytest.fixture
def linux(tmp_path: Path) -> Typed:
    """The commands as typed on a Linux."""
    return Typed(tmp_path, "Linux")


def test_help_has_an_example_for_each(linux: Typed) -> None:
    for words in ((), ("install",), ("uninstall",), ("status",), ("logs",)):
        assert "Example: " in " ".join(linux(*words, "--help").output.split())


def test_settings_of_the_shell_are_kept_and_secrets_are_named(linux: Typed) -> None:
    linux.environment = {
        "CLAUDE_PROXY_PORT": "4000",
        "CLAUDE_PROXY_API_KEY": "hush",
        "CLAUDE_PROXY_PROT": "1",
    }

    result = linux("install")

    assert result.exit_code == 0, result.output
    text = Path(linux.place.environment_file).read_text()
    assert "CLAUDE_PROXY_PORT=4000" in text
    assert "hush" not in text + result.output
    assert (
        f"Secrets were not copied: CLAUDE_PROXY_API_KEY. Write them into {linux.place.secrets_file}"
        in result.output
    )
    assert "Then run: systemctl --user restart towpath.service" in result.output
    assert "Not copied, because this release has no such setting: CLAUDE_PROXY_PROT." in result.output


def test_the_server_may_take_as_long_to_end_as_its_requests_may(
    linux: Typed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_STOP_TIMEOUT_SECONDS", "99.5")

    linux("install")

    unit = Path(linux.place.xdg_config, "systemd", "user", "towpath.service").read_text()
    assert "TimeoutStopSec=130" in unit


def test_a_bad_setting_is_refused(linux: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLAUDE_PROXY_PORT", "many")

    assert linux("install").exit_code == 2
    assert linux.asked == []


@pytest.mark.parametrize("command", ["install", "uninstall", "status", "logs"])
def test_without_a_session_of_systemd_all_say_so(linux: Typed, command: str) -> None:
    linux("install")
    linux.failing = {"systemctl"}

    result = linux(command)

    assert result.exit_code == 1
    assert "There is no systemd user session here" in result.output
    assert linux.shown == []


@pytest.mark.parametrize(
    ("system", "command", "argv"),
    [
        ("Linux", ["status"], ["systemctl", "--user", "status", "--no-pager", "--full", "towpath.service"]),
        (
            "Linux",
            ["logs"],
            ["journalctl", "--user", "--unit=towpath.service", "--lines=100", "--no-pager"],
        ),
        (
            "Linux",
            ["logs", "-f"],
            ["journalctl", "--user", "--unit=towpath.service", "--lines=100", "--follow"],
        ),
        ("Darwin", ["status"], ["launchctl", "print", "gui/1000/local.towpath"]),
        ("Darwin", ["logs"], ["tail", "-n", "100", "{home}/Library/Logs/towpath.log"]),
        ("Darwin", ["logs", "--follow"], ["tail", "-n", "100", "-F", "{home}/Library/Logs/towpath.log"]),
    ],
)
def test_status_and_logs_are_the_platforms_own(
    tmp_path: Path, system: str, command: list[str], argv: list[str]
) -> None:
    typed = Typed(tmp_path, system)
    typed("install")
    expected = [word.format(home=typed.place.home) for word in argv]

    dry = typed(*command, "--dry-run")
    shown_before = list(typed.shown)
    result = typed(*command)

    assert dry.output.startswith(f"Would run: {argv[0]}")
    assert shown_before == []
    assert result.exit_code == 0
    assert typed.shown == [expected]


def test_the_exit_code_is_the_platforms(linux: Typed) -> None:
    linux("install")
    linux.failing = {"journalctl"}

    assert linux("logs").exit_code == 3


@pytest.mark.parametrize("command", ["status", "logs"])
@pytest.mark.parametrize("system", SERVICES)
def test_what_is_not_installed_is_said(tmp_path: Path, system: str, command: str) -> None:
    typed = Typed(tmp_path, system)

    result = typed(command)

    assert result.exit_code == 1
    assert "towpath service install" in result.output
    assert typed.shown == []


def test_another_platform_is_said(tmp_path: Path) -> None:
    result = Typed(tmp_path, "Plan9")("install")

    assert result.exit_code == 1
    assert "Plan9" in result.output


def test_this_machine_is_described() -> None:
    place = this_place()

    assert Path(place.program).name == "towpath"
    assert Path(place.program).is_file()
    assert place.home == Path.home()
