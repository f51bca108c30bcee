"""How the values of settings are read that are more than a number or a word."""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import AfterValidator, BeforeValidator
from pydantic_settings import NoDecode

from towpath.core.callers import checked_host, checked_origin


def _lines(value: Any) -> Any:
    return tuple(line for line in value.splitlines() if line) if isinstance(value, str) else value


def _names(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(name.strip().lower().rstrip("/") for name in value.split(",") if name.strip())


LogLevel = Annotated[Literal["debug", "info", "warning", "error"], BeforeValidator(str.lower)]
Lines = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_lines)]
"""Texts, one a line."""
Hosts = Annotated[tuple[Annotated[str, AfterValidator(checked_host)], ...], NoDecode, BeforeValidator(_names)]
"""Names of hosts, with commas between them."""
Origins = Annotated[
    tuple[Annotated[str, AfterValidator(checked_origin)], ...], NoDecode, BeforeValidator(_names)
]
"""Addresses of web pages, with commas between them."""


def keys(value: str) -> tuple[str, ...]:
    """The keys that a value of api_key stands for. Raises ValueError for a file that cannot be read."""
    if value.startswith("@"):
        try:
            value = Path(value[1:]).read_text("utf-8")
        except OSError as error:
            raise ValueError(f"{value[1:]}: {error.strerror}") from error
    return tuple(key.strip() for key in re.split(r"[,\n]", value) if key.strip())


def quarter_of_memory_mb() -> int:
    """A quarter of this machine's memory, at most 4 GB; in MB."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return min(total // 4, 4 * 1024**3) // 1024**2


def default_accesses() -> Path:
    """Where a user's accesses are, if they say no other place."""
    return Path(platformdirs.user_config_dir("towpath")) / "accesses.toml"
