"""Test suites of other projects, run against the proxy: which tests failed, and with what message."""

import subprocess
import tarfile
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

from tests.clients.python_clients import CACHE, INSTALL_SECONDS, USERS_ENVIRONMENT, Environment, run

SUITE_SECONDS = 700
Results = Mapping[str, str | None]
"""For each test that was run, by class and name, the message of its failure or None."""


def run_suite(
    environment: Environment, folder: Path, home: Path, variables: Mapping[str, str], *arguments: str
) -> Results:
    """Run pytest in ``folder`` with the ``arguments``. Tests that are skipped are left out."""
    report = home / "report.xml"
    options = ("-q", "-p", "no:cacheprovider", f"--junitxml={report}", "-o", "junit_family=xunit2")
    command = (environment.program("python"), "-m", "pytest", *options, *arguments)
    done = run(command, home, variables, folder, SUITE_SECONDS)
    assert done.returncode in (0, 1), done.stdout + done.stderr
    return _results(report)


def _results(report: Path) -> Results:
    results: dict[str, str | None] = {}
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - pytest has just written it
        name = f"{case.attrib['classname'].rpartition('.')[2]}.{case.attrib['name']}"
        problem = case.find("failure") if case.find("failure") is not None else case.find("error")
        if case.find("skipped") is None:
            results[name] = None if problem is None else problem.attrib["message"]
    return results


def base_name(test: str) -> str:
    """The name of a test without its class and its parameters."""
    return test.rpartition(".")[2].partition("[")[0]


def assert_fails_only(results: Results, expected: Mapping[str, str]) -> None:
    """That exactly those tests failed which are ``expected`` to, each for its reason.

    ``expected`` has base names of tests, and a text in the message of their failure.
    """
    unexpected = {
        test: message
        for test, message in results.items()
        if message is not None and expected.get(base_name(test), "\0") not in message
    }
    assert not unexpected, unexpected
    passed = {test for test, message in results.items() if message is None}
    fixed = [test for test in passed if base_name(test) in expected]
    assert not fixed, f"expected to fail, and passed: {fixed}"
    gone = set(expected) - {base_name(test) for test in results}
    assert not gone, f"expected to fail, and not run: {gone}"


def source_of(environment: Environment, package: str) -> Path:
    """The folder of a package's source as it was published, tests included."""
    folder = CACHE / "sources"
    unpacked = folder / package.replace("==", "-")
    if not unpacked.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        name = package.partition("==")[0]
        options = ("--quiet", "--no-deps", "--no-binary", name, "--dest", str(folder))
        command = (environment.program("python"), "-m", "pip", "download", *options, package)
        subprocess.run(command, env=USERS_ENVIRONMENT, check=True, timeout=INSTALL_SECONDS)
        with tarfile.open(f"{unpacked}.tar.gz") as archive:
            archive.extractall(folder, filter="data")
    return unpacked
