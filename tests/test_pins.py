"""All that is installed has an exact version, written down without an address (scripts/pin.py)."""

import json
import tomllib
from collections.abc import Iterable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from scripts.pin_texts import exact_in, locked_pins, version_in, with_pins, with_version
from tests.clients.install import all_environments
from tests.clients.npm import DAILY, NIGHTLY, Packages
from tests.clients.npm import PINS as CLIENTS
from tests.clients.python_clients import Environment
from tests.support.pins import PROJECT, pinned, project_pins

RENEW = "uv run python -m scripts.pin"
LOCK = PROJECT.with_name("uv.lock")  # of this machine: uv writes it with addresses, and nobody commits it

FORKED = """
[[package]]
name = "towpath"
version = "0.1.0"
source = { editable = "." }

[[package]]
name = "barge"
version = "1.0"
source = { registry = "https://example.org/simple" }
resolution-markers = ["python_full_version < '3.12'", "sys_platform == 'win32'"]

[[package]]
name = "barge"
version = "2.0"
source = { registry = "https://example.org/simple" }
resolution-markers = ["python_full_version >= '3.12'"]

[[package]]
name = "canal"
version = "1.5"
source = { registry = "https://example.org/simple" }
"""


def names(pins: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(pin).name) for pin in pins}


def is_exact(pin: str) -> bool:
    return [part.operator for part in Requirement(pin).specifier] == ["=="]


def test_all_that_uv_installs_is_pinned() -> None:
    assert LOCK.is_file(), "run the tests with: uv run pytest"
    assert list(locked_pins(LOCK.read_text())) == project_pins(), RENEW


def test_what_builds_the_package_is_pinned() -> None:
    asked = tomllib.loads(PROJECT.read_text())["build-system"]["requires"]
    pins = project_pins("build-constraint-dependencies")

    assert names(asked) < names(pins), RENEW
    assert all(map(is_exact, pins))


@pytest.mark.parametrize("environment", all_environments(), ids=lambda environment: environment.name)
def test_all_that_a_python_client_needs_is_pinned(environment: Environment) -> None:
    pins = environment.pins.read_text().splitlines()

    assert names(environment.packages) <= names(pins), RENEW
    assert all(map(is_exact, pins))
    for asked in map(Requirement, environment.packages):
        (pin,) = [pin for pin in map(Requirement, pins) if pin.name == canonicalize_name(asked.name)]
        assert [part.version for part in pin.specifier if part.version not in asked.specifier] == [], RENEW


def test_no_environment_that_is_gone_has_pins() -> None:
    assert set(CLIENTS.glob("*.txt")) == {environment.pins for environment in all_environments()}


@pytest.mark.parametrize("clients", [DAILY, NIGHTLY], ids=["daily", "nightly"])
def test_all_that_a_client_from_npm_needs_is_pinned(clients: Packages) -> None:
    packages = json.loads((clients.pins / "package-lock.json").read_text())["packages"]

    assert packages.pop("")["dependencies"] == clients.versions, RENEW
    assert all(package["version"] and package["integrity"] for package in packages.values())


def test_no_pin_has_an_address() -> None:
    for file in filter(Path.is_file, CLIENTS.rglob("*")):
        assert "://" not in file.read_text(), file
    assert not [pin for pin in project_pins() if "@" in pin]


def test_a_package_with_several_versions_says_which_is_for_which_machine() -> None:
    assert list(locked_pins(FORKED)) == [
        "barge==1.0 ; (python_full_version < '3.12') or (sys_platform == 'win32')",
        "barge==2.0 ; (python_full_version >= '3.12')",
        "canal==1.5",
    ]


def test_pins_replace_those_that_were_there() -> None:
    project = '[tool.uv]\n# why\npins = [\n    "barge==1.0",\n]\nother = 1\n'

    assert with_pins(project, "pins", ["canal==2.0", "lock==3.1 ; sys_platform == 'win32'"]) == (
        "[tool.uv]\n# why\npins = [\n"
        '    "canal==2.0",\n'
        "    \"lock==3.1 ; sys_platform == 'win32'\",\n"
        "]\nother = 1\n"
    )


def test_a_project_without_the_list_is_refused() -> None:
    with pytest.raises(SystemExit, match="no list pins"):
        with_pins("[tool.uv]\n", "pins", [])


PROJECT_TEXT = 'dependencies = [\n    "barge==1.0",\n    "barge-pole[hook]==1.0",\n    "canal>=2,<3",\n]\n'


def test_one_package_is_asked_for_in_another_version_or_in_any() -> None:
    assert with_version(PROJECT_TEXT, "barge", "1.1") == PROJECT_TEXT.replace('"barge==1.0"', '"barge==1.1"')
    assert with_version(PROJECT_TEXT, "barge", None) == PROJECT_TEXT.replace('"barge==1.0"', '"barge"')
    assert '"barge-pole[hook]==1.1"' in with_version(PROJECT_TEXT, "barge-pole", "1.1")
    assert with_version(PROJECT_TEXT, "canal", "2.1") == PROJECT_TEXT  # asked for by a range, which stays


def test_what_is_asked_for_in_an_exact_version_is_found() -> None:
    assert list(exact_in(PROJECT_TEXT)) == ["barge", "barge-pole"]
    assert (version_in(PROJECT_TEXT, "barge"), version_in(PROJECT_TEXT, "canal")) == ("1.0", None)
    assert list(exact_in('(f"barge=={version}",)')) == []  # follows from something else


def test_a_version_in_a_document_is_the_pinned_one() -> None:
    assert f"openai=={pinned('openai')}" in project_pins()
