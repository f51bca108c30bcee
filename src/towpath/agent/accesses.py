"""Accesses as the CLI gets them: environment and settings of its own for each.

Reads the file in which their user wrote them down, and the files that this names; logins are the CLI's, and
commands are run by the CLI.
"""

import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from towpath.agent.environment import Upstream, cli_environment
from towpath.core.accesses import DEFAULT, AccessesError, WrittenAccess, parse_accesses
from towpath.core.base_url import without_version
from towpath.core.cli_variables import custom_headers

_BASE_URL, _KEY, _TOKEN = "ANTHROPIC_BASE_URL", "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN"
_KEY_COMMAND, _HEADERS = "apiKeyHelper", "ANTHROPIC_CUSTOM_HEADERS"
# The user's own, or one that the system put there for a group that the user is in (a mounted secret).
_OF_OTHERS, _OF_OTHERS_IF_ROOTS = 0o077, 0o027


@dataclass(frozen=True)
class Access:
    """``environment``: what to set for its CLIs. ``settings``: of the CLI, in its own words.

    ``upstream``: the address and the key with which the proxy itself may ask, if the user gave it one.
    ``added_headers``: what the user wants in each request, a line for each header.
    """

    name: str
    environment: Mapping[str, str] = field(repr=False)
    settings: Mapping[str, Any] = field(default_factory=dict)
    upstream: Upstream = field(default=Upstream(), repr=False)
    added_headers: str = field(default="", repr=False)

    @property
    def is_named(self) -> bool:
        """Whether its user gave the address at which its CLIs ask, which may be another server."""
        return bool(self.environment.get(_BASE_URL))


def accesses(
    written: Mapping[str, WrittenAccess], upstream: Upstream, environment: Mapping[str, str]
) -> Mapping[str, Access]:
    """All accesses by name, the default first. ``environment`` is the proxy's own.

    The default has ``upstream`` and what the environment says of an account, and then what is written of
    it. Each other one has only what is written of it.
    """
    everything = {DEFAULT: WrittenAccess(), **written}
    return {
        name: _access(name, one, environment, upstream if name == DEFAULT else Upstream())
        for name, one in everything.items()
    }


def read_accesses(path: Path) -> Mapping[str, WrittenAccess]:
    """What a file says, with the values that it takes from other files. Raises AccessesError."""
    try:
        with path.open("rb") as file:
            _check_private(path, os.fstat(file.fileno()))
            text = file.read().decode()
    except OSError as error:
        raise AccessesError(f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise AccessesError("is not text in UTF-8") from error
    return {name: _with_files(name, one, path.parent) for name, one in parse_accesses(text).items()}


def _access(name: str, written: WrittenAccess, environment: Mapping[str, str], upstream: Upstream) -> Access:
    own = {key: _expanded(value) for key, value in written.variables.items()}
    asks_for_key = _KEY_COMMAND in written.commands
    if base_url := own.pop(_BASE_URL, None):
        upstream = Upstream(without_version(base_url))  # the key for another address is none for this one
    if asks_for_key or not own.keys().isdisjoint((_KEY, _TOKEN)):
        upstream = replace(upstream, api_key=own.pop(_KEY, None))
    variables = cli_environment(upstream, environment, own, inherits_account=name == DEFAULT)
    added = {**environment, **variables}.get(_HEADERS, "")
    to_ask = replace(upstream, headers=custom_headers(added))
    # Only the CLI knows what the command says, and how a gateway takes a token.
    is_the_clis = not upstream.api_key and (asks_for_key or _TOKEN in own)
    return Access(name, variables, written.commands, Upstream() if is_the_clis else to_ask, added)


def _with_files(name: str, written: WrittenAccess, folder: Path) -> WrittenAccess:
    """``folder``: where relative paths begin."""
    read = {}
    for variable, path in written.files.items():
        try:
            value = (folder / _expanded(path)).read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is not text in UTF-8"
            raise AccessesError(f"{name}.{variable}: {path} cannot be read: {why}") from error
        if not value or "\0" in value:
            raise AccessesError(f"{name}.{variable}: {path} is empty, or is no text")
        read[variable] = value
    return WrittenAccess({**written.variables, **read}, {}, written.commands)


def _expanded(value: str) -> str:
    """With the user's home for a ``~/`` at its beginning: no shell does that here."""
    return str(Path.home() / value[2:]) if value.startswith("~/") else value


def _check_private(path: Path, seen: os.stat_result) -> None:
    if seen.st_uid not in (os.geteuid(), 0):
        raise AccessesError("belongs to another user, who could change what the CLI runs; it must be yours")
    open_to = seen.st_mode & (_OF_OTHERS if seen.st_uid == os.geteuid() else _OF_OTHERS_IF_ROOTS)
    if not stat.S_ISREG(seen.st_mode):
        raise AccessesError("is not a file")
    if open_to:
        raise AccessesError(f"others can read or change it, and keys may be in it; run: chmod 600 {path}")
