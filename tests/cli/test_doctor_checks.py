"""What the checks make of the facts, and how they get those that a test can provide."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from towpath import __version__
from towpath.agent.bundled_cli import AuthStatus
from towpath.cli.doctor import machine, program
from towpath.cli.doctor.addresses import leads_here, shown
from towpath.cli.doctor.loops import loops
from towpath.cli.doctor.machine import CliProcess, judge_disk, judge_processes
from towpath.cli.doctor.port import PortFacts, facts_about, judge_port
from towpath.cli.obstacles import nearest
from towpath.settings import Settings

IN_USE = OSError(errno.EADDRINUSE, "Address already in use")


@pytest.mark.parametrize(
    ("version", "status"),
    [((3, 10, 14), "problem"), ((3, 11, 0), "ok"), ((3, 14, 1), "ok"), ((4, 0, 0), "ok")],
)
def test_python(version: tuple[int, ...], status: str) -> None:
    assert program.judge_python(version).status == status


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("2.1.330 (Claude Code)", "ok"),
        ("2.1.331 (Claude Code)", "warning"),
        ("Segmentation fault", "problem"),
    ],
)
def test_the_cli_says_the_version_that_came_with_the_sdk(said: str, status: str) -> None:
    finding = program.judge_cli(Path("/cli"), said, "2.1.330")

    assert finding.status == status
    assert bool(finding.remedy) is (status != "ok")


@pytest.mark.parametrize("content", [None, "#!/bin/sh\nexit 3\n"])
def test_a_cli_that_does_not_run_is_a_problem(content: str | None, tmp_path: Path) -> None:
    cli = tmp_path / "claude"
    if content:
        cli.write_text(content)
        cli.chmod(0o700)

    finding = program.bundled_cli(cli, os.environ)

    assert finding.status == "problem"
    assert str(cli) in finding.detail
    assert "install" in finding.remedy


class TestLogin:
    COMMAND = "'/a folder/claude' auth login"

    def test_a_login_is_named_by_its_kind_only(self) -> None:
        status = AuthStatus(True, "claude.ai", "firstParty", "max")

        finding = program.judge_login(status, has_key=False, log_in=self.COMMAND)

        assert finding.status == "ok"
        assert "claude.ai" in finding.detail
        assert "max" not in finding.detail

    def test_a_key_is_named_by_its_variable(self) -> None:
        status = AuthStatus(True, "api_key", "firstParty")

        finding = program.judge_login(status, has_key=True, log_in=self.COMMAND)

        assert "CLAUDE_PROXY_UPSTREAM_API_KEY" in finding.detail

    def test_no_login_says_the_command(self) -> None:
        finding = program.judge_login(
            AuthStatus(False, "none", "firstParty"), has_key=False, log_in=self.COMMAND
        )

        assert finding.status == "problem"
        assert finding.remedy.splitlines()[0] == self.COMMAND

    def test_a_cli_that_says_nothing_is_a_problem(self) -> None:
        assert program.judge_login(None, has_key=True, log_in=self.COMMAND).status == "problem"

    def test_a_cli_that_does_not_run_is_not_the_way_to_log_in(self) -> None:
        finding = program.judge_login(None, has_key=False, log_in=self.COMMAND, runs=False)

        assert finding.status == "skipped"
        assert self.COMMAND not in finding.remedy

    def test_the_command_is_short_where_claude_is_on_the_path_and_full_elsewhere(
        self, tmp_path: Path
    ) -> None:
        claude = tmp_path / "claude"
        claude.touch(mode=0o700)

        assert program.login_command({"PATH": str(tmp_path)}) == "claude auth login"
        full = program.login_command({"PATH": str(tmp_path / "none")})
        assert full.endswith("_bundled/claude auth login")
        assert full.startswith("/")


@pytest.mark.parametrize(
    ("installed", "pinned", "status"),
    [("0.2.187", "0.2.187", "ok"), ("0.2.188", "0.2.187", "problem"), ("0.2.188", None, "ok")],
)
def test_the_sdk_is_the_one_that_was_tested(installed: str, pinned: str | None, status: str) -> None:
    assert program.judge_versions(installed, pinned, "").status == status


class TestPort:
    @pytest.mark.parametrize(
        ("facts", "status", "words"),
        [
            (PortFacts(), "ok", "free"),
            (PortFacts(IN_USE, __version__), "ok", f"towpath {__version__} runs"),
            (PortFacts(IN_USE, "0.0.9"), "warning", "0.0.9"),
            (PortFacts(IN_USE, holder="nginx (process 7)"), "problem", "nginx (process 7)"),
            (PortFacts(IN_USE), "problem", "another program"),
            (PortFacts(PermissionError(errno.EACCES, "Permission denied")), "problem", "may not"),
            (PortFacts(OSError(errno.EADDRNOTAVAIL, "Cannot assign")), "problem", "Cannot assign"),
        ],
    )
    def test_what_holds_it_decides(self, facts: PortFacts, status: str, words: str) -> None:
        finding = judge_port("127.0.0.1", 3456, facts)

        assert finding.status == status
        assert words in finding.detail

    @pytest.fixture
    def taken(self) -> Iterator[int]:
        """A port at which somebody listens."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            yield listener.getsockname()[1]

    def test_the_holder_is_found_though_it_never_answers(self, taken: int) -> None:
        facts = facts_about(Settings(port=taken))

        assert facts.error
        assert facts.error.errno == errno.EADDRINUSE
        assert facts.towpath is None
        assert facts.holder
        assert f"(process {os.getpid()})" in facts.holder

    def test_a_port_that_was_looked_at_stays_free(self, taken: int) -> None:
        ports = range(taken + 1, taken + 1000)
        free = next(port for port in ports if facts_about(Settings(port=port)) == PortFacts())

        with socket.create_server(("127.0.0.1", free)):
            assert facts_about(Settings(port=free)).error

    def test_an_address_of_another_machine_is_an_error(self) -> None:
        facts = facts_about(Settings(host="192.0.2.1"))

        assert judge_port("192.0.2.1", 0, facts).status == "problem"


@pytest.mark.parametrize(
    ("url", "host", "here"),
    [
        ("http://127.0.0.1:3456", "127.0.0.1", True),
        ("http://localhost:3456/v1", "127.0.0.1", True),
        ("http://LOCALHOST.:3456", "127.0.0.1", True),
        ("http://[::1]:3456", "127.0.0.1", True),
        (" http://127.0.0.1:3456/ ", "127.0.0.1", True),
        ("http://127.0.0.1:3456", "0.0.0.0", True),  # noqa: S104
        ("http://0.0.0.0:3456", "127.0.0.1", True),
        ("http://box:3456", "box", True),
        ("http://127.0.0.1:3457", "127.0.0.1", False),
        ("http://example.com:3456", "127.0.0.1", False),
        ("http://127.0.0.1:3456", "192.0.2.1", False),
        ("https://api.anthropic.com", "127.0.0.1", False),
        ("http://127.0.0.1:port", "127.0.0.1", False),
        ("http://[::1", "127.0.0.1", False),
        ("", "127.0.0.1", False),
        ("127.0.0.1:3456", "127.0.0.1", False),
    ],
)
def test_which_urls_lead_here(url: str, host: str, here: bool) -> None:
    assert leads_here(url, host, 3456) is here


def test_a_port_of_none_is_nobodys() -> None:
    assert not leads_here("http://127.0.0.1:0", "127.0.0.1", 0)


def test_the_default_ports_count() -> None:
    assert leads_here("http://127.0.0.1", "127.0.0.1", 80)
    assert not leads_here("https://127.0.0.1", "127.0.0.1", 80)


def test_a_url_is_shown_without_what_could_be_secret() -> None:
    assert shown("https://user:hush@gate.example:8443/v1?key=hush") == "https://gate.example:8443/v1"
    assert shown("http://[::1]:1/") == "http://[::1]:1/"
    assert "hush" not in shown("hush")


class TestLoops:
    HERE = "http://localhost:3456/v1"

    def test_an_upstream_that_leads_here_is_a_problem(self) -> None:
        finding = loops(Settings(upstream_base_url=self.HERE), {})

        assert finding.status == "problem"
        assert "unset CLAUDE_PROXY_UPSTREAM_BASE_URL" in finding.remedy

    @pytest.mark.parametrize("provider", ["BEDROCK", "VERTEX", "FOUNDRY"])
    def test_so_is_an_address_of_a_cloud_provider_which_is_handed_on(self, provider: str) -> None:
        assert loops(Settings(), {f"ANTHROPIC_{provider}_BASE_URL": self.HERE}).status == "problem"

    def test_the_clients_variable_is_no_loop_but_said(self) -> None:
        finding = loops(Settings(), {"ANTHROPIC_BASE_URL": self.HERE})

        assert finding.status == "ok"
        assert "ANTHROPIC_BASE_URL leads clients here" in finding.detail

    def test_other_addresses_are_fine_and_shown_without_secrets(self) -> None:
        finding = loops(
            Settings(upstream_base_url="http://127.0.0.1:8080"),
            {"ANTHROPIC_BASE_URL": "https://me:hush@gate.example"},
        )

        assert finding.status == "ok"
        assert "gate.example" in finding.detail
        assert "hush" not in finding.detail

    def test_the_port_of_the_settings_counts(self) -> None:
        assert loops(Settings(port=4000, upstream_base_url="http://127.0.0.1:4000"), {}).status == "problem"
        assert loops(Settings(port=4000, upstream_base_url=self.HERE), {}).status == "ok"


class TestStaleProcesses:
    def test_none(self) -> None:
        assert judge_processes([]).status == "ok"

    def test_those_whose_proxy_is_their_parent_are_at_work(self) -> None:
        finding = judge_processes([CliProcess(11, proxy=10, parent=10), CliProcess(12, proxy=10, parent=10)])

        assert finding.status == "ok"
        assert "2 in use" in finding.detail

    def test_those_with_another_parent_or_none_are_stale(self) -> None:
        finding = judge_processes(
            [
                CliProcess(11, proxy=10, parent=10),
                CliProcess(12, proxy=9, parent=1),
                CliProcess(13, proxy=9, parent=None),
                CliProcess(14, proxy=None, parent=None),
            ]
        )

        assert finding.status == "warning"
        assert finding.remedy == "kill 12 13 14"

    def test_the_machines_processes_are_asked(self, tmp_path: Path) -> None:
        """Two that look like CLIs: one of this process, one of a proxy that is gone."""
        wait = "import sys; sys.stdin.read()"
        runs = tmp_path / "run"
        names = [f"{os.getpid()}-1-aa", "999999-1-bb"]
        started = [
            subprocess.Popen(
                [sys.executable, "-S", "-c", wait, f"--resume={runs / name / '1' / 's.jsonl'}"],
                stdin=subprocess.PIPE,
            )
            for name in names
        ]
        try:
            found = {one.pid: one for one in machine.cli_processes(tmp_path)}
            finding = machine.stale_processes(tmp_path)
        finally:
            for process in started:
                process.communicate()

        assert found == {
            started[0].pid: CliProcess(started[0].pid, os.getpid(), os.getpid()),
            started[1].pid: CliProcess(started[1].pid, 999999, os.getpid()),
        }
        assert finding.remedy == f"kill {started[1].pid}"
        assert machine.cli_processes(tmp_path / "run") == []


@pytest.mark.parametrize(
    ("free_mib", "status"),
    [(100, "problem"), (500, "warning"), (5000, "ok")],
)
def test_disk_space(free_mib: int, status: str) -> None:
    finding = judge_disk(Path("/state"), free_mib)

    assert finding.status == status
    assert "/state" in finding.detail
    assert bool(finding.remedy) is (status != "ok")


def test_a_folder_that_is_not_there_yet_is_judged_by_the_one_above(tmp_path: Path) -> None:
    assert nearest(tmp_path / "a" / "b") == tmp_path
    assert machine.disk_space(tmp_path / "a" / "b").status in ("ok", "warning")
    assert not (tmp_path / "a").exists()
