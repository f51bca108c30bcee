"""Hold the floors of branch coverage: ``uv run python -m scripts.coverage``.

Each package is measured under the quick tests of its own folder, those that need no CLI and take no seconds:
a second complete run would cost minutes. What ``agent``, ``bench`` and ``cli`` do to real programs is proven
by the others, so their floors are lower. A floor is a little below what was measured when it was set; raise
it when you can.
"""

import json
import os
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

ROOT = Path(__file__).parents[1]
# In per cent of lines and branches.
FLOORS = {
    "agent": 62,
    "bench": 75,
    "cli": 80,
    "core": 100,
    "ledger": 97,
    "server": 84,
    "sessions": 98,
    "testing": 93,
    "tools": 93,
}


def main() -> None:
    """Measure all packages, as many at once as there are cores; exit with 1 if one is below its floor."""
    with TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as threads:
        measured = dict(
            zip(FLOORS, threads.map(lambda name: covered(name, Path(folder)), FLOORS), strict=True)
        )
    for package, percent in measured.items():
        print(f"{package:10}{percent:6.1f} %   floor {FLOORS[package]} %")
    below = [package for package, percent in measured.items() if percent < FLOORS[package]]
    if below:
        raise SystemExit(f"Below its floor: {', '.join(below)}. {missing_in(below[0])} says which lines.")


def covered(package: str, folder: Path) -> float:
    """What the tests of a package cover of it, in per cent. Raises SystemExit if they cannot be run.

    Whether one fails is for the run of all tests to say: here all is slower, and some have a time limit.
    """
    report = folder / f"{package}.json"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *selected(package), f"--cov-report=json:{report}"],
        cwd=ROOT,
        env={**os.environ, "COVERAGE_FILE": str(folder / package)},
        capture_output=True,
        text=True,
    )
    if run.returncode > pytest.ExitCode.TESTS_FAILED:
        raise SystemExit(f"{run.stdout}{run.stderr}")
    percent: float = json.loads(report.read_text("utf-8"))["totals"]["percent_covered"]
    return percent


def selected(package: str) -> list[str]:
    """The arguments of pytest that choose the tests of a package, and measure it.

    Where every line must have a test, the slow ones count as well; there are few.
    """
    marks = "not cli" if FLOORS[package] == 100 else "not cli and not slow"
    return [f"tests/{package}", "-m", marks, "-n", "0", f"--cov=towpath.{package}"]


def missing_in(package: str) -> str:
    """The command that shows what has no test."""
    return f"uv run pytest {shlex.join(selected(package))} --cov-report=term-missing"


if __name__ == "__main__":
    main()
