"""What a CLI writes beside the private folder of its process, and how it is known to be ours.

- An entry, ``sessions/<pid>.json`` below its configuration, which other sessions of Claude Code on the
  machine read. A CLI that ends removes it; one that is killed cannot. It names a path in the private folder
  (see ``environment.private_places``).
- Where a user's cache cannot be moved (macOS), the logs of its tools. They name the session, whose
  id is the name of the private session file.

``orphans`` finds what earlier versions left, which removed neither.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import orjson
import psutil

from towpath.core.to_json import Json

# After the name of our server. It is not imported: this is loaded by commands that do without the SDK.
_LOGS = "mcp-logs-client"
_CONFIG_NOTE = "config-folder"
# The first line of a log of a server that runs within the SDK's program; others begin with a connection.
_FIRST_WORDS = "Calling MCP tool: "


@dataclass(frozen=True)
class Places:
    """Where the CLI keeps files of its own: its configuration, and its part of the user's cache."""

    config: Path
    cache: Path

    @classmethod
    def of(cls, environment: Mapping[str, str], platform: str = sys.platform) -> "Places":
        """The places for this user. ``platform`` is one of ``sys.platform``."""
        home = Path.home()
        config = Path(environment.get("CLAUDE_CONFIG_DIR") or home / ".claude")
        if platform == "darwin":
            return cls(config, home / "Library" / "Caches" / "claude-cli-nodejs")
        cache = Path(environment.get("XDG_CACHE_HOME") or home / ".cache")
        return cls(config, cache / "claude-cli-nodejs")


def note_config(folder: Path, environment: Mapping[str, str]) -> None:
    """Note in the private folder of a CLI where its configuration is, if its access has one of its own.

    It is needed when the folder is removed, which may be after a crash, by a server with other accesses.
    """
    if config := environment.get("CLAUDE_CONFIG_DIR"):
        (folder / _CONFIG_NOTE).symlink_to(config)


def remove_folder(folder: Path, platform: str = sys.platform) -> None:
    """Remove the private folder of a CLI that has ended, and what that left elsewhere.

    ``platform`` is one of ``sys.platform``.
    """
    places = Places.of(os.environ, platform)
    with contextlib.suppress(OSError):  # none is noted
        places = replace(places, config=(folder / _CONFIG_NOTE).readlink())
    left = [path for path, entry in _entries(places) if _was_below(folder, entry)]
    if platform == "darwin":  # no variable says where a user's cache is
        sessions = {file.stem for file in folder.glob("*.jsonl")}
        left += [path for path, line in _logs(places) if line.get("sessionId") in sessions]
    remove(left)
    shutil.rmtree(folder, ignore_errors=True)


def remove(paths: Sequence[Path]) -> None:
    """Remove these files, and the folders of logs that are empty then."""
    for path in paths:
        with contextlib.suppress(OSError):  # removed by its CLI meanwhile, or not ours to remove
            path.unlink()
            if path.parent.name == _LOGS:
                path.parent.rmdir()
                path.parent.parent.rmdir()


def orphans(places: Places, state_dir: Path) -> list[Path]:
    """What earlier versions left, as far as it is certain that it is ours and that nobody uses it.

    ``state_dir`` is the one that they had.
    """
    entries = _entries(places)
    running = {entry.get("sessionId") for _, entry in entries if _may_run(entry)}
    left: list[Path] = []
    for path, entry in entries:
        if entry.get("sessionId") not in running and _was_below(state_dir, entry):
            left += [path, *_key_of(path, entry)]
    for path, line in _logs(places):
        if line.get("sessionId") not in running and _is_of_a_private_session(line, places):
            left.append(path)
    return left


def _entries(places: Places) -> list[tuple[Path, Json]]:
    return [(path, _first_line(path)) for path in places.config.glob("sessions/*.json")]


def _logs(places: Places) -> list[tuple[Path, Json]]:
    return [(path, _first_line(path)) for path in places.cache.glob(f"*/{_LOGS}/*.jsonl")]


def _first_line(path: Path) -> Json:
    """The object in the first line of a file, or an empty one."""
    try:
        with path.open("rb") as file:
            said = orjson.loads(file.readline())
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _may_run(entry: Json) -> bool:
    """Whether the process may be alive. Outside of a container its processes cannot be looked up."""
    domain, pid = entry.get("pidDomain"), entry.get("pid")
    with contextlib.suppress(OSError):
        if ":pid:[" in str(domain) and not str(domain).endswith(str(Path("/proc/self/ns/pid").readlink())):
            return True
    return not isinstance(pid, int) or psutil.pid_exists(pid)


def _was_below(folder: Path, entry: Json) -> bool:
    """Whether one of the paths that it names is the folder, or below it."""
    named = [Path(str(entry.get(key))) for key in ("logPath", "messagingSocketPath", "cwd")]
    roots = {folder.absolute(), folder.resolve()}
    return any(path.is_relative_to(root) for path in named for root in roots)


def _key_of(path: Path, entry: Json) -> list[Path]:
    """The key to its inbox, a file beside the entry that is named after the socket. It is not read."""
    digest = sha256(str(entry.get("messagingSocketPath")).encode()).hexdigest()
    key = path.with_name(f"{entry.get('pid')}.{digest}.key")
    return [key] if key.is_file() else []


def _is_of_a_private_session(line: Json, places: Places) -> bool:
    """Whether the tools ran within an SDK's program, for a session that is not in the user's own list."""
    is_within = str(line.get("debug")).startswith(_FIRST_WORDS)
    return is_within and not any(places.config.glob(f"projects/*/{line.get('sessionId')}.jsonl"))
