"""Where exact versions stand, and how they are written: texts in, texts out. Pure."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

# What npm says of a package that no installation needs: half of the file.
_NOT_NEEDED = frozenset({"license", "funding", "engines", "deprecated"})


def with_pins(project: str, name: str, pins: Sequence[str]) -> str:
    """The text of a pyproject.toml with these pins in the list of this name, one a line."""
    lines = "".join(f"    {json.dumps(pin)},\n" for pin in pins)
    text, count = re.subn(
        rf"^{name} = \[\n.*?^\]$", lambda _: f"{name} = [\n{lines}]", project, flags=re.DOTALL | re.MULTILINE
    )
    if count != 1:
        raise SystemExit(f"pyproject.toml: no list {name} under [tool.uv]")
    return text


def with_version(text: str, package: str, version: str | None) -> str:
    """A text that asks for this version of a package where it asks for an exact one, in quotes.

    Without a version it asks for any.
    """
    wanted = "" if version is None else f"=={version}"
    return _exact(package).sub(lambda found: f"{found[1]}{wanted}", text)


def version_in(text: str, package: str) -> str | None:
    """The exact version of a package that a text asks for, in quotes."""
    found = _exact(package).search(text)
    return found and found[2]


def exact_in(text: str) -> Iterator[str]:
    """The names of all packages of which a text asks for an exact version, in quotes."""
    yield from (found[1].partition("[")[0] for found in _exact(r"[\w.-]+", is_pattern=True).finditer(text))


def _exact(package: str, *, is_pattern: bool = False) -> re.Pattern[str]:
    name = package if is_pattern else re.escape(package)
    return re.compile(rf"""(?<=["'])({name}(?:\[[^]"']*\])?)==(\w[\w.!+-]*)""")


def locked_pins(lock: str) -> Iterator[str]:
    """What a uv.lock has from a registry, ``name==version``, in its own order.

    A package that has several versions, each for a part of all machines, says for which.
    """
    for package in tomllib.loads(lock)["package"]:
        if "registry" in package["source"]:
            markers = " or ".join(f"({marker})" for marker in package.get("resolution-markers", ()))
            yield f"{package['name']}=={package['version']}" + (f" ; {markers}" if markers else "")


def pinned_in(pins: Sequence[str], package: str) -> str:
    """The version in a list of pins. Raises ValueError if there is none, or more than one."""
    versions = [pin.partition("==")[2].split(" ")[0] for pin in pins if pin.startswith(f"{package}==")]
    (version,) = versions
    return version


def npm_lock_text(lock: Mapping[str, Any]) -> str:
    """A package-lock.json with a package a line, so that a change can be read."""
    packages = {
        path: {key: value for key, value in package.items() if key not in _NOT_NEEDED}
        for path, package in lock["packages"].items()
    }
    lines = ",\n".join(f"{json.dumps(path)}: {json.dumps(package)}" for path, package in packages.items())
    return (
        f'{{"lockfileVersion": {lock["lockfileVersion"]}, "requires": true, "packages": {{\n{lines}\n}}}}\n'
    )
