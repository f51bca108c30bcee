"""OpenCode's configuration, as its users write it."""

import json
from pathlib import Path
from typing import Any

import pytest

from towpath.cli.doctor.findings import Finding
from towpath.cli.doctor.opencode import configuration, judge_opencode, opencode
from towpath.cli.doctor.tested import OPENCODE
from towpath.cli.opencode.config_files import base_urls_of, sources
from towpath.settings import Settings

HERE = "http://127.0.0.1:3456/v1"


def with_url(url: str) -> str:
    return json.dumps({"provider": {"anthropic": {"options": {"baseURL": url}}}})


def test_comments_and_a_comma_too_many_are_read_over() -> None:
    text = '// mine\n{"provider": {"anthropic": {"options": {"baseURL": "http://x", /* why */ },},}}'

    assert base_urls_of(text) == ["http://x"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "null",
        '{"provider": null}',
        '{"provider": {"anthropic": "x"}}',
        '{"provider": {"anthropic": {"options": {"baseURL": 1}}}}',
        '{"provider": {"anthropic": {"options": {"baseURL": ""}}}}',
        '{"provider": {"openai": {"options": {"baseURL": "http://x"}}}}',
        '{"providers": {"anthropic": {"settings": {"baseURL": 1}}}}',
    ],
)
def test_a_configuration_without_the_address(text: str) -> None:
    assert base_urls_of(text) == []


class Home:
    """A home with a repository in it, and the doctor run there."""

    def __init__(self, folder: Path) -> None:
        self.home = folder / "home"
        self.project = folder / "work" / "project"
        (self.project / ".git").mkdir(parents=True)
        self.folder = self.project / "src"
        self.folder.mkdir()

    def write(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def own(self, text: str, name: str = "opencode.json") -> Path:
        return self.write(self.home / ".config" / "opencode" / name, text)

    def judged(self, **environment: str) -> Finding:
        found = sources(environment, self.home, self.folder)
        return configuration(Settings(), found, {"PATH": "", **environment})


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A user's home, without any configuration of OpenCode."""
    return Home(tmp_path)


def test_a_file_that_leads_here_is_named(home: Home) -> None:
    path = home.own(with_url(HERE), "opencode.jsonc")
    path.write_text(f"// mine\n{path.read_text()}")

    finding = home.judged()

    assert (finding.status, finding.detail) == ("ok", f"{path} leads here")


@pytest.mark.parametrize(("native", "status"), [(HERE, "ok"), ("https://gate.example/v1", "warning")])
def test_the_place_of_the_second_major_counts_as_well(home: Home, native: str, status: str) -> None:
    settings = {"providers": {"anthropic": {"settings": {"baseURL": native}}}}
    home.own(json.dumps({**json.loads(with_url(HERE)), **settings}))

    assert home.judged().status == status


def test_a_file_that_leads_elsewhere_gets_the_lines_to_write(home: Home) -> None:
    home.own(with_url("https://me:hush@gate.example/v1"))

    finding = home.judged()

    assert finding.status == "warning"
    assert "https://gate.example/v1" in finding.detail
    assert "hush" not in finding.detail
    assert finding.remedy.splitlines()[0] == "towpath setup opencode"
    assert "ANTHROPIC_BASE_URL=http://127.0.0.1:3456 " in finding.remedy


def test_no_opencode_at_all_is_nothing_to_warn_of(home: Home) -> None:
    assert home.judged().status == "skipped"


def test_a_port_of_no_fixed_number_cannot_be_pointed_at(home: Home) -> None:
    home.own(with_url(HERE))

    found = sources({}, home.home, home.folder)

    assert configuration(Settings(port=0), found, {}).status == "skipped"


def test_a_file_without_the_address_is_a_warning(home: Home) -> None:
    home.own("{}")

    assert home.judged().status == "warning"
    assert home.judged(ANTHROPIC_BASE_URL="http://localhost:3456").status == "ok"
    assert home.judged(ANTHROPIC_BASE_URL="http://localhost:9").status == "warning"


def test_a_broken_file_is_named_and_not_a_fault_of_ours(home: Home) -> None:
    path = home.own("{")

    finding = home.judged()

    assert finding.status == "warning"
    assert str(path) in finding.detail


def test_a_file_in_no_known_encoding_is_named_too(home: Home) -> None:
    home.own("").write_bytes(b"\xff\xfe\xff")

    assert home.judged().status == "warning"


@pytest.mark.parametrize(
    "stronger",
    [
        lambda home: (home.project / "opencode.json", {}),
        lambda home: (home.folder / "opencode.jsonc", {}),
        lambda home: (home.project / ".opencode" / "opencode.json", {}),
        lambda home: (home.home / ".opencode" / "opencode.json", {}),
        lambda home: (home.home / "else.json", {"OPENCODE_CONFIG": str(home.home / "else.json")}),
        lambda home: (home.home / "d" / "opencode.json", {"OPENCODE_CONFIG_DIR": str(home.home / "d")}),
    ],
    ids=["project", "folder", "project's .opencode", "home's .opencode", "OPENCODE_CONFIG", "CONFIG_DIR"],
)
def test_each_of_opencodes_places_beats_the_users_own_file(home: Home, stronger: Any) -> None:
    home.own(with_url("http://localhost:9"))
    path, environment = stronger(home)
    home.write(path, with_url(HERE))

    assert home.judged(**environment).detail == f"{path} leads here"


def test_the_text_of_a_variable_beats_all_files(home: Home) -> None:
    home.write(home.folder / "opencode.json", with_url("http://localhost:9"))

    finding = home.judged(OPENCODE_CONFIG_CONTENT=with_url(HERE))

    assert finding.detail == "OPENCODE_CONFIG_CONTENT leads here"


def test_a_file_above_the_repository_does_not_count(home: Home) -> None:
    home.write(home.project.parent / "opencode.json", with_url(HERE))

    assert home.judged().status == "skipped"


def test_a_configuration_folder_elsewhere(home: Home, tmp_path: Path) -> None:
    home.write(tmp_path / "xdg" / "opencode" / "config.json", with_url(HERE))

    assert home.judged(XDG_CONFIG_HOME=str(tmp_path / "xdg")).status == "ok"


def test_a_variable_in_the_address_is_filled_in(home: Home) -> None:
    home.own(with_url("{env:MY_PROXY}/v1"))

    assert home.judged(MY_PROXY="http://127.0.0.1:3456").status == "ok"
    assert home.judged().status == "warning"


class TestProgram:
    def program(self, folder: Path, script: str) -> dict[str, str]:
        path = folder / "opencode"
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o700)
        return {"PATH": str(folder)}

    def test_the_tested_version(self, tmp_path: Path) -> None:
        finding = opencode(self.program(tmp_path, f"echo {OPENCODE}"))

        assert finding.status == "ok"
        assert str(tmp_path / "opencode") in finding.detail

    def test_another_version(self) -> None:
        finding = judge_opencode("/opencode", "0.1.0")

        assert finding.status == "warning"
        assert f"@{OPENCODE}" in finding.remedy

    def test_a_program_that_fails(self, tmp_path: Path) -> None:
        assert opencode(self.program(tmp_path, "exit 1")).status == "warning"

    def test_none(self, tmp_path: Path) -> None:
        assert opencode({"PATH": str(tmp_path)}).status == "warning"
