"""Install and uninstall: what is written, what is run, and that both can be repeated."""

import stat
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.cli.places import place_in
from towpath.cli.service.changes import install, uninstall
from towpath.cli.service.command import SERVICES
from towpath.cli.service.definition import File, Place, Service, Step
from towpath.cli.service.environment import environment_file
from towpath.cli.service.steps import Outcome, ServiceError, perform, run_quietly

VALUES = {"CLAUDE_PROXY_PORT": "4000"}


class Machine:
    """A platform's tool that notes what it is asked, and fails where it is told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.fails: dict[str, Outcome] = {}

    def __call__(self, argv: Sequence[str]) -> Outcome:
        line = " ".join(argv)
        self.asked.append(line)
        return next((outcome for words, outcome in self.fails.items() if words in line), Outcome(0))


class World:
    """A user of one platform, before the commands."""

    def __init__(self, folder: Path, system: str) -> None:
        self.place: Place = place_in(folder, system)
        self.service: Service = SERVICES[system](self.place)
        self.run = Machine()
        self.said: list[str] = []
        self.root = folder

    def files(self, values: dict[str, str] = VALUES) -> list[File]:
        return [environment_file(self.place, values), self.service.file]

    def install(self, values: dict[str, str] = VALUES, *, dry_run: bool = False) -> list[str]:
        """What the platform's tool was asked, the question whether it is there left out."""
        self._begin()
        install(self.service, self.files(values), self.run, self.said.append, dry_run=dry_run)
        return self.asked()

    def uninstall(self, *, dry_run: bool = False) -> list[str]:
        self._begin()
        uninstall(self.service, self.files({}), self.place, self.run, self.said.append, dry_run=dry_run)
        return self.asked()

    def asked(self) -> list[str]:
        return [line for line in self.run.asked if line != " ".join(self.service.probe.argv)]

    def written(self) -> list[Path]:
        return sorted(path for path in self.root.rglob("*") if path.is_file())

    @property
    def words(self) -> str:
        return "\n".join(self.said)

    def _begin(self) -> None:
        self.run.asked.clear()
        self.said.clear()


@pytest.fixture(params=SERVICES)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """A machine of each system, on which no service is installed."""
    return World(tmp_path, request.param)


@pytest.fixture
def linux(tmp_path: Path) -> World:
    """A Linux on which no service is installed."""
    return World(tmp_path, "Linux")


def paths(world: World) -> list[Path]:
    return sorted(Path(file.path) for file in world.files())


def test_install_writes_its_files_and_shows_them(world: World) -> None:
    world.install()

    assert world.written() == paths(world)
    for file in world.files():
        assert Path(file.path).read_text("utf-8") == file.text
        assert stat.S_IMODE(Path(file.path).stat().st_mode) == file.mode
        assert str(file.path) in world.words
    assert "  CLAUDE_PROXY_PORT=4000" in world.words
    assert stat.S_IMODE(Path(world.place.environment_file).stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("system", "commands"),
    [
        (
            "Linux",
            [
                "systemctl --user daemon-reload",
                "systemctl --user enable towpath.service",
                "systemctl --user restart towpath.service",
            ],
        ),
        (
            "Darwin",
            [
                "launchctl bootout gui/1000/local.towpath",
                "launchctl enable gui/1000/local.towpath",
                "launchctl bootstrap gui/1000 {home}/Library/LaunchAgents/local.towpath.plist",
            ],
        ),
    ],
)
def test_install_asks_the_platforms_tool(tmp_path: Path, system: str, commands: list[str]) -> None:
    world = World(tmp_path, system)

    asked = world.install()

    assert asked == [command.format(home=world.place.home) for command in commands]
    assert all(f"$ {command.partition(' {')[0]}" in world.words for command in commands)


@pytest.mark.parametrize(
    ("system", "commands"),
    [
        ("Linux", ["systemctl --user enable towpath.service", "systemctl --user start towpath.service"]),
        (
            "Darwin",
            [
                "launchctl enable gui/1000/local.towpath",
                "launchctl bootstrap gui/1000 {home}/Library/LaunchAgents/local.towpath.plist",
                "launchctl kickstart gui/1000/local.towpath",
            ],
        ),
    ],
)
def test_a_second_install_changes_nothing_and_does_not_restart(
    tmp_path: Path, system: str, commands: list[str]
) -> None:
    world = World(tmp_path, system)
    world.install()
    Path(world.place.environment_file).chmod(0o644)

    asked = world.install()

    assert asked == [command.format(home=world.place.home) for command in commands]
    assert world.words.count("Unchanged: ") == 2
    assert stat.S_IMODE(Path(world.place.environment_file).stat().st_mode) == 0o600


def test_a_changed_setting_is_shown_as_a_difference_and_restarts(linux: World) -> None:
    linux.install()

    asked = linux.install({"CLAUDE_PROXY_PORT": "5000"})

    assert "  -CLAUDE_PROXY_PORT=4000\n  +CLAUDE_PROXY_PORT=5000" in linux.words
    assert f"Unchanged: {linux.service.file.path}" in linux.words
    assert asked[-1] == "systemctl --user restart towpath.service"


def test_lingering_is_explained(linux: World) -> None:
    linux.install()

    assert "loginctl enable-linger" in linux.words


def test_a_dry_run_shows_all_and_does_nothing(world: World) -> None:
    asked = world.install(dry_run=True)

    assert asked == world.run.asked == []
    assert world.written() == []
    assert f"Would write {world.service.file.path}:" in world.words
    assert f"Would run: {world.service.load[0].argv[0]}" in world.words


def test_a_dry_run_where_all_is_installed_says_so(world: World) -> None:
    world.install()

    assert world.install(dry_run=True) == []
    assert world.words.count("Unchanged: ") == 2


@pytest.mark.parametrize("code", [1, 127])
def test_without_the_platforms_tool_nothing_is_written(world: World, code: int) -> None:
    world.run.fails[" ".join(world.service.probe.argv)] = Outcome(code, "Failed to connect to bus\nmore")

    with pytest.raises(ServiceError) as error:
        world.install()

    assert world.service.unavailable in str(error.value)
    assert "(Failed to connect to bus)" in str(error.value)
    assert world.asked() == []
    assert world.written() == []


def test_somebody_elses_file_is_left_alone(world: World) -> None:
    path = Path(world.service.file.path)
    path.parent.mkdir(parents=True)
    path.write_text("mine")

    for change in (world.install, world.uninstall):
        with pytest.raises(ServiceError, match="was not written by Towpath"):
            change()

    assert path.read_text() == "mine"
    assert world.written() == [path]
    assert world.asked() == []


def test_a_step_that_fails_is_said_with_its_words(linux: World) -> None:
    linux.run.fails["restart"] = Outcome(1, "Job for towpath.service failed")

    with pytest.raises(ServiceError, match=r"Job for towpath\.service failed"):
        linux.install()


def test_uninstall_removes_exactly_what_install_wrote(world: World) -> None:
    other = Path(world.service.file.path).with_name("other.file")
    other.parent.mkdir(parents=True)
    other.touch()
    world.install()

    world.uninstall()

    assert world.written() == [other]
    assert all(f"Removed {path}" in world.words for path in paths(world))


@pytest.mark.parametrize(
    ("system", "commands"),
    [
        (
            "Linux",
            [
                "systemctl --user disable --now towpath.service",
                "systemctl --user daemon-reload",
                "systemctl --user reset-failed towpath.service",
            ],
        ),
        ("Darwin", ["launchctl bootout gui/1000/local.towpath"]),
    ],
)
def test_uninstall_asks_the_platforms_tool(tmp_path: Path, system: str, commands: list[str]) -> None:
    world = World(tmp_path, system)
    world.install()

    assert world.uninstall() == commands
    assert not Path(world.place.config_dir).exists()


def test_uninstall_of_what_does_not_run_removes_it_all_the_same(world: World) -> None:
    world.install()
    world.run.fails = {" ".join(step.argv): Outcome(5, "not running") for step in world.service.stop}

    world.uninstall()

    assert world.written() == []


def test_a_second_uninstall_does_nothing(world: World) -> None:
    world.install()
    world.uninstall()

    assert world.uninstall() == []
    assert world.said == ["The service is not installed."]


def test_the_users_secrets_stay(world: World) -> None:
    world.install()
    secrets = Path(world.place.secrets_file)
    secrets.write_text("CLAUDE_PROXY_API_KEY=hush")

    world.install({"CLAUDE_PROXY_PORT": "1"})
    world.uninstall()

    assert world.written() == [secrets]
    assert f"Kept: {secrets}" in world.words
    assert "hush" not in world.words


def test_a_dry_uninstall_does_nothing(world: World) -> None:
    world.install()

    assert world.uninstall(dry_run=True) == []
    assert world.written() == paths(world)
    assert f"Would remove {world.service.file.path}" in world.words


def test_a_step_is_tried_as_often_as_it_says() -> None:
    outcomes = [Outcome(5), Outcome(5), Outcome(0)]
    slept: list[float] = []
    said: list[str] = []

    perform([Step(("x",), tries=3)], lambda _: outcomes.pop(0), said.append, slept.append)
    assert (outcomes, len(slept)) == ([], 2)

    with pytest.raises(ServiceError):
        perform([Step(("x",), tries=3)], lambda _: Outcome(5), said.append, slept.append)


def test_a_missing_program_is_an_outcome() -> None:
    assert run_quietly(["/no/such program"]).code == 127
    assert run_quietly(["sh", "-c", "echo said; echo warned >&2; exit 3"]) == Outcome(3, "said\nwarned")
