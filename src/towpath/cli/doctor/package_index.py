"""Which package index uv or pip would ask, by their variables and configuration files, and what it says."""

import configparser
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx

_PYPI = "https://pypi.org/simple"
_FORBIDDING = ("UV_OFFLINE", "UV_NO_INDEX", "PIP_NO_INDEX")
_NO = frozenset({"", "0", "false", "no", "off", "n", "f"})
_NONE = ""  # said where a file forbids any index
_JSON = "application/vnd.pypi.simple.v1+json"  # PEP 691; the times of files are PEP 700


def index_of(environment: Mapping[str, str], home: Path, system: Path = Path("/etc")) -> str | None:
    """The address of the index, uv's before pip's; None where their user forbids to ask one."""
    if any(environment.get(name, "").lower() not in _NO for name in _FORBIDDING):
        return None
    users = Path(environment.get("XDG_CONFIG_HOME") or home / ".config")
    named = (
        environment.get("UV_DEFAULT_INDEX") or environment.get("UV_INDEX_URL"),
        _in_uv_toml(users / "uv/uv.toml"),
        _in_uv_toml(system / "uv/uv.toml"),
        environment.get("PIP_INDEX_URL"),
        _in_pip_conf(Path(environment.get("PIP_CONFIG_FILE") or users / "pip/pip.conf")),
        _in_pip_conf(system / "pip.conf"),
    )
    address = next((one for one in named if one is not None), _PYPI)
    return re.sub(r"^[\w.-]+=(?=\w+://)", "", address) or None  # uv's may have a name: "mirror=https://…"


def page_of(index: str, package: str, seconds: float) -> Mapping[str, Any]:
    """What the index says of a package. ``seconds``: for each step. Raises what httpx and JSON raise."""
    answer = httpx.get(
        f"{index.rstrip('/')}/{package}/", headers={"accept": _JSON}, timeout=seconds, follow_redirects=True
    )
    page: Mapping[str, Any] = answer.raise_for_status().json()
    return page


def _in_uv_toml(file: Path) -> str | None:
    with suppress(OSError, ValueError):
        said = tomllib.loads(file.read_text("utf-8"))
        if said.get("no-index") or said.get("offline"):
            return _NONE
        default = (index.get("url") for index in said.get("index", ()) if index.get("default"))
        url: str | None = next(default, said.get("index-url"))
        return url
    return None


def _in_pip_conf(file: Path) -> str | None:
    parser = configparser.RawConfigParser()
    with suppress(OSError, ValueError, configparser.Error):
        parser.read_string(file.read_text("utf-8"))
        if parser.get("global", "no-index", fallback="").lower() not in _NO:
            return _NONE
        return parser.get("global", "index-url", fallback=None)
    return None
