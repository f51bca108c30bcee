"""The exact versions that the project is tested with, as pyproject.toml has them (scripts/pin.py).

Not what happens to be installed: a newer release on somebody's machine changes no document.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


def project_pins(name: str = "constraint-dependencies") -> Sequence[str]:
    """The pins in this list of ``[tool.uv]``, ``name==version`` each, some with a marker."""
    pins: list[str] = tomllib.loads(PROJECT.read_text())["tool"]["uv"][name]
    return pins


def pinned(package: str) -> str:
    """The one version of a package that the project is tested with."""
    (version,) = [pin.split("==")[1] for pin in project_pins() if pin.startswith(f"{package}==")]
    return version
