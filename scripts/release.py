"""Make a release ready: ``uv run python -m scripts.release 0.2.0``. It publishes nothing.

It checks what a release must say of itself, builds it, installs the wheel into an empty environment and
tries it there, and prints what is left to do by hand. It needs the package index and nothing else of the
network, and changes nothing but dist/.
"""

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
UV = os.environ.get("UV", "uv")
_NUMBER = r"(0|[1-9]\d*)"
_VERSION = re.compile(rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}")


def main(version: str) -> None:
    """Check, build and try this version. Ends with a sentence where something is missing."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    in_code = (ROOT / "src/towpath/__init__.py").read_text()
    missing = [*complaints(version, project, in_code, changelog), *_uncommitted()]
    if missing:
        raise SystemExit("\n".join(missing))
    try_out(build(), version)
    print(f"\n{notes(changelog, version)}\n\n{next_steps(version, has_urls='urls' in project)}")


def complaints(version: str, project: dict[str, Any], in_code: str, changelog: str) -> Iterator[str]:
    """What must be mended before this version can be released, a sentence each."""
    if not _VERSION.fullmatch(version):
        yield f"{version!r} is no version: three numbers with dots between (docs/versions.md)."
    if project["version"] != version:
        yield f"pyproject.toml has the version {project['version']}, not {version}."
    if f'__version__ = "{version}"\n' not in in_code:
        yield f"src/towpath/__init__.py does not have the version {version}."
    if not notes(changelog, version):
        yield f"CHANGELOG.md has nothing under '## {version}': rename '## Unreleased', and begin a new one."
    if notes(changelog, "Unreleased"):
        yield "CHANGELOG.md still has lines under '## Unreleased': they belong to this version."


def notes(changelog: str, heading: str) -> str:
    """What the changelog has under a heading; empty if there is no such heading, or nothing under it."""
    found = re.search(rf"^## {re.escape(heading)}(?![\w.]).*\n((?:(?!## ).*\n?)*)", changelog, re.MULTILINE)
    return found[1].strip() if found else ""


def next_steps(version: str, *, has_urls: bool) -> str:
    """What is left to a person, in order."""
    steps = [
        "Look up known vulnerabilities (CONTRIBUTING.md, Dependencies).",
        "TOWPATH_PROFILE=nightly .ci/run",
        f"git tag --sign v{version} --message 'Towpath {version}' && git push origin v{version}",
        f"uv publish dist/towpath-{version}*",
        f"docker/build, then push the image as {version}.",
        "Publish build/site (uv run python -m scripts.site), and the notes above as those of the release.",
    ]
    if not has_urls:
        steps.insert(
            0, "Write the addresses of the repository and its issues into pyproject.toml: [project.urls]."
        )
    return "What is left to do:\n" + "\n".join(f"{n}. {step}" for n, step in enumerate(steps, 1))


def build() -> Path:
    """Source distribution and wheel, in a fresh dist/; the wheel is built from the source distribution."""
    dist = ROOT / "dist"
    for old in dist.glob("towpath-*"):
        old.unlink()
    _run(UV, "build", "--quiet", "--out-dir", str(dist))
    (wheel,) = dist.glob("*.whl")
    return wheel


def try_out(wheel: Path, version: str) -> None:
    """Install the wheel into an environment that has nothing else, away from the sources, and use it."""
    with tempfile.TemporaryDirectory(prefix="towpath-release-") as folder:
        _run(UV, "venv", "--quiet", "env", cwd=folder)
        # As a user gets it: with the newest of all that it asks for.
        _run(UV, "pip", "install", "--quiet", "--python", "env/bin/python", str(wheel), cwd=folder)
        towpath = str(Path(folder) / "env/bin/towpath")
        said = _run(towpath, "--version", cwd=folder).strip()
        if said != f"towpath {version}":
            raise SystemExit(f"the wheel says {said!r}, not 'towpath {version}'")
        print(f"{wheel.name} is installed and says {said!r}; now the demo:", flush=True)
        print(_run(towpath, "demo", "--once", "--port", "0", cwd=folder))


def _uncommitted() -> Iterator[str]:
    if changed := _run("git", "status", "--porcelain"):
        yield f"There are changes that are not committed:\n{changed}"


def _run(*command: str, cwd: str | Path = ROOT) -> str:
    """What a program writes; ends this one, with what it said, if it fails."""
    environment = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    ran = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if ran.returncode:
        raise SystemExit(f"{' '.join(command)} failed with {ran.returncode}\n{ran.stdout}{ran.stderr}")
    return ran.stdout


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: uv run python -m scripts.release VERSION")
    main(sys.argv[1])
