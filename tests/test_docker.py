"""The image and compose.yaml, checked without a Docker engine: what they say, and the image's own steps.

The steps are read from the Dockerfile, and run in a clean folder.
"""

import contextlib
import json
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import takewhile
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.fidelity import user
from tests.support.processes import cli_processes, wait_until
from tests.support.waiting import WAIT_SECONDS
from towpath.agent.bundled_cli import BUNDLED_VERSION
from towpath.settings import Settings
from towpath.testing import ScriptedApi

ROOT = Path(__file__).parent.parent
# Before the tests get a home of their own: the packages that uv has fetched already are in the real one.
ENVIRONMENT = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
KEY = "a key of the test's own"
MIB = 1024**2
# What a process takes at most, as the memory budget's text says it: "125 to 270".
MAX_PROCESS_MB = int(
    re.findall(r"\d+ to (\d+)", Settings.model_fields["memory_budget_mb"].description or "")[0]
)


def program(name: str) -> str:
    """A program of the dev group."""
    return str(Path(sys.executable).with_name(name))


@dataclass(frozen=True)
class Instruction:
    name: str
    arguments: str

    @property
    def command(self) -> list[str]:
        """The command in exec form, after HEALTHCHECK's own options."""
        command: list[str] = json.loads(self.arguments[self.arguments.index("[") :])
        return command


@cache
def dockerfile() -> list[Instruction]:
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = filter(None, text.replace("\\\n", " ").splitlines())
    return [Instruction(*line.split(maxsplit=1)) for line in lines]


def build_stage() -> list[Instruction]:
    first, *rest = dockerfile()
    return [first, *takewhile(lambda one: one.name != "FROM", rest)]


def last(name: str) -> Instruction:
    return [one for one in dockerfile() if one.name == name][-1]


def image_environment() -> dict[str, str]:
    return dict(assignment.split("=", 1) for assignment in shlex.split(last("ENV").arguments))


def installed() -> str:
    """The folder that the image has from the build stage."""
    source, target = last("COPY").arguments.removeprefix("--from=build ").split()
    assert source == target  # the scripts in it name their Python by its path
    return target


def copied() -> list[str]:
    """What the image is built from."""
    return [name for one in build_stage() if one.name == "COPY" for name in one.arguments.split()[:-1]]


def compose(environment: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """What Docker makes of compose.yaml. A developer's own .env and compose.override.yaml are left out."""
    arguments = ["--env-file", os.devnull, "-f", "compose.yaml", "config", "--format", "json"]
    return subprocess.run(
        [program("docker-compose"), *arguments],
        env={"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
    )


@cache
def service(**environment: str) -> dict[str, Any]:
    said = compose({"CLAUDE_PROXY_API_KEY": KEY, **environment})
    assert said.returncode == 0, said.stderr
    (proxy,) = json.loads(said.stdout)["services"].values()
    return dict(proxy)


def test_hadolint_finds_nothing() -> None:
    found = subprocess.run([program("hadolint"), ROOT / "Dockerfile"], capture_output=True, text=True)

    assert (found.returncode, found.stdout, found.stderr) == (0, "", "")


def test_the_context_holds_what_is_copied_and_nothing_else() -> None:
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in lines if not line.startswith("#")]

    assert rules[0] == "*"
    assert sorted(rule[1:] for rule in rules if rule.startswith("!")) == sorted(copied())


def test_the_image_does_not_run_as_root() -> None:
    assert last("USER").arguments == "$UID"
    assert int(last("ARG").arguments.removeprefix("UID=")) > 0


def test_it_is_published_to_this_machine_only() -> None:
    (port,) = service()["ports"]

    assert port["host_ip"] == "127.0.0.1"
    assert str(port["target"]) == image_environment()["CLAUDE_PROXY_PORT"] == last("EXPOSE").arguments


@pytest.mark.parametrize("environment", [{}, {"CLAUDE_PROXY_API_KEY": ""}])
def test_compose_does_not_start_it_without_a_key(environment: dict[str, str]) -> None:
    said = compose(environment)

    assert said.returncode != 0
    assert "CLAUDE_PROXY_API_KEY is missing" in said.stderr


def test_an_upstream_key_is_handed_on_only_if_there_is_one() -> None:
    name = Settings.env_name("upstream_api_key")

    assert service()["environment"][name] is None
    assert service(**{name: "sk"})["environment"][name] == "sk"


def test_only_the_home_and_tmp_can_be_written() -> None:
    (volume,) = service()["volumes"]

    assert service()["read_only"]
    assert (volume["type"], volume["target"]) == ("volume", image_environment()["HOME"])
    assert [mount.partition(":")[0] for mount in service()["tmpfs"]] == ["/tmp"]
    # Internal mode's workspace is where the server starts.
    assert not Path(last("WORKDIR").arguments).is_relative_to(image_environment()["HOME"])


def test_the_container_has_no_privileges() -> None:
    assert service()["cap_drop"] == ["ALL"]
    assert service()["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service()
    assert "privileged" not in service()


def test_the_processes_fit_into_the_memory_limit() -> None:
    values = service()["environment"]
    (tmpfs_mb,) = re.findall(r"size=(\d+)m", *service()["tmpfs"])
    for_processes = int(service()["mem_limit"]) // MIB - int(tmpfs_mb) - 512  # the server, and what it reads

    assert int(values[Settings.env_name("memory_budget_mb")]) <= for_processes
    assert int(values[Settings.env_name("max_concurrent")]) * MAX_PROCESS_MB <= for_processes


def test_docker_waits_for_the_server_to_stop_and_reaps_what_is_left() -> None:
    seconds = Settings.model_fields["stop_timeout_seconds"].default

    assert int(service()["stop_grace_period"].removesuffix("s")) >= seconds + 5
    assert service()["init"]


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder that the image has, made by the Dockerfile's own line from what it copies."""
    context, target = tmp_path_factory.mktemp("context"), tmp_path_factory.mktemp("image") / "towpath"
    for name in copied():
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, context / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, context)
    (run,) = (one.arguments for one in build_stage() if one.name == "RUN")
    script, folder = run.split()[-2:]
    assert folder == installed()
    built = subprocess.run([script, target], cwd=context, env=ENVIRONMENT, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    yield target
    shutil.rmtree(target)  # 470 MB, and pytest keeps the folders of three runs


def in_image(environment: Path, home: Path, **settings: str) -> dict[str, str]:
    """The environment variables of the container, on a free port; nothing of the developer's own."""
    variables = image_environment()
    path = variables["PATH"].replace(installed(), str(environment)).replace("$PATH", os.defpath)
    return {**variables, "PATH": path, "HOME": str(home), "CLAUDE_PROXY_PORT": str(free_port()), **settings}


def free_port() -> int:
    """Not one of those that the system gives away: another test had got it before the server could."""
    while True:
        port = 20_000 + secrets.randbelow(10_000)  # `random` has the same seed in each test
        with contextlib.suppress(OSError), socket.socket() as free:
            free.bind(("127.0.0.1", port))
            return port


def is_healthy(variables: Mapping[str, str]) -> bool:
    """What the image's health check says."""
    command = last("HEALTHCHECK").command
    return found(command, variables).returncode == 0


def found(command: list[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command as the container does: found on the PATH of the image."""
    path = shutil.which(command[0], path=variables["PATH"])
    assert path, command
    return subprocess.run([path, *command[1:]], env=variables, capture_output=True, text=True)


@contextlib.contextmanager
def container(variables: Mapping[str, str], workspace: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The entry point, until it is healthy and from then on."""
    command = last("ENTRYPOINT").command + last("CMD").command
    path = shutil.which(command[0], path=variables["PATH"])
    assert path
    with subprocess.Popen([path, *command[1:]], env=variables, cwd=workspace) as process:
        try:
            wait_until(lambda: is_healthy(variables) or process.poll() is not None)
            assert process.poll() is None
            yield process
        finally:
            process.kill()


@pytest.mark.slow
def test_the_wheel_has_every_file_of_the_source(environment: Path) -> None:
    def files(folder: Path) -> set[Path]:
        every = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
        return {path for path in every if "__pycache__" not in path.parts}

    (package,) = environment.glob("lib/python*/site-packages/towpath")

    assert files(package) == files(ROOT / "src/towpath")


@pytest.mark.slow
def test_the_official_login_command_is_on_the_path(environment: Path, tmp_path: Path) -> None:
    variables = in_image(environment, tmp_path)

    assert found(["claude", "--version"], variables).stdout.startswith(BUNDLED_VERSION)
    assert "Sign in" in found(["claude", "auth", "login", "--help"], variables).stdout


@pytest.mark.slow
def test_the_image_does_not_serve_without_a_key(environment: Path, tmp_path: Path) -> None:
    variables = in_image(environment, tmp_path)
    said = found(last("ENTRYPOINT").command + last("CMD").command, variables)

    assert said.returncode == 2
    assert "CLAUDE_PROXY_API_KEY" in said.stderr
    assert not is_healthy(variables)


@pytest.mark.slow
@pytest.mark.cli
def test_the_image_serves_and_stops(
    environment: Path, tmp_path: Path, api: ScriptedApi, scripted_api: tuple[ScriptedApi, str]
) -> None:
    variables = in_image(
        environment,
        tmp_path,
        CLAUDE_PROXY_API_KEY=KEY,
        CLAUDE_PROXY_UPSTREAM_API_KEY="dummy",
        CLAUDE_PROXY_UPSTREAM_BASE_URL=scripted_api[1],
    )
    # As a client beside the container has it, whose port is published under the same number.
    url = f"http://127.0.0.1:{variables['CLAUDE_PROXY_PORT']}/v1/messages"
    body = {"model": "claude-sonnet-4-5", "max_tokens": 100, "messages": [user("SAY hello")]}
    with container(variables, tmp_path) as process:
        refused = httpx.post(url, json=body, timeout=WAIT_SECONDS)
        answer = httpx.post(url, json=body, headers={"x-api-key": KEY}, timeout=60)
        processes = cli_processes(tmp_path)
        process.send_signal(signal.SIGTERM)

        # When all is done uvicorn lets the signal have its effect.
        assert process.wait(WAIT_SECONDS) == 0
    assert processes
    assert not cli_processes(tmp_path)
    assert refused.status_code == 401
    assert answer.json()["content"] == [{"type": "text", "text": "hello"}]
    assert not is_healthy(variables)
