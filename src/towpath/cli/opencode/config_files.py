"""Where OpenCode reads its configuration from, and what is in it that matters here.

The order is OpenCode's own (seen with `opencode debug config` of 1.18.33): each source is merged over
those before it.
What an organisation serves over the network is left out: the doctor asks nobody.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from towpath.cli.opencode.jsonc import find, parse

# Of two in one folder the values of the later of these win.
_NAMES = ("opencode.json", "opencode.jsonc")
# OpenCode 2 has an address at the first of these, or takes that at the second; OpenCode 1 knows the second.
_BASE_URLS = (
    ("providers", "anthropic", "settings", "baseURL"),
    ("provider", "anthropic", "options", "baseURL"),
)


@dataclass(frozen=True)
class Source:
    """A configuration file, or the text of a variable."""

    name: str
    path: Path | None = None
    text: str = ""

    def read(self) -> str:
        """Its text. Raises OSError, or UnicodeDecodeError, which is a ValueError."""
        return self.path.read_text("utf-8") if self.path else self.text


def sources(environment: Mapping[str, str], home: Path, folder: Path) -> Iterator[Source]:
    """The sources that exist for an OpenCode that is started in ``folder``, weakest first."""
    for path in _paths(environment, home, folder):
        if path.is_file():
            yield Source(str(path), path)
    if content := environment.get("OPENCODE_CONFIG_CONTENT"):
        yield Source("OPENCODE_CONFIG_CONTENT", text=content)


def global_file(environment: Mapping[str, str], home: Path) -> Path:
    """The user's configuration to write to: OPENCODE_CONFIG, else that in OpenCode's folder.

    It may not exist yet.
    """
    if named := environment.get("OPENCODE_CONFIG"):
        return Path(named).absolute()
    folder = _own_folder(environment, home)
    return _strongest(folder) or folder / _NAMES[0]


def project_file(folder: Path) -> Path:
    """The configuration to write to that is nearest to a folder, up to the root of its git repository.

    It may not exist yet. Where there is no repository, the folder alone counts.
    """
    projects = _upwards(folder)
    if not (projects[0] / ".git").exists():
        projects = [folder]
    found = (_strongest(project) for project in reversed(projects))
    return next((path for path in found if path), folder / _NAMES[0])


def base_urls_of(text: str) -> list[str]:
    """The base URLs of a configuration: one, or one for each major. Raises ValueError if it is no JSONC."""
    if not text.strip():
        return []
    root = parse(text)
    values = [node.value for keys in _BASE_URLS if (node := find(root, keys))]
    return list(dict.fromkeys(value for value in values if isinstance(value, str) and value))


def _paths(environment: Mapping[str, str], home: Path, folder: Path) -> Iterator[Path]:
    own = _own_folder(environment, home)
    yield own / "config.json"
    yield from (own / name for name in _NAMES)
    if file := environment.get("OPENCODE_CONFIG"):
        yield folder / file
    projects = _upwards(folder)
    yield from (project / name for project in projects for name in _NAMES)
    yield from (project / ".opencode" / name for project in projects for name in _NAMES)
    yield from (home / ".opencode" / name for name in _NAMES)
    if directory := environment.get("OPENCODE_CONFIG_DIR"):
        yield from (folder / directory / name for name in _NAMES)


def _own_folder(environment: Mapping[str, str], home: Path) -> Path:
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "opencode"


def _strongest(folder: Path) -> Path | None:
    return next((folder / name for name in reversed(_NAMES) if (folder / name).is_file()), None)


def _upwards(folder: Path) -> list[Path]:
    """From the root of the folder's repository, or of the disk, down to the folder."""
    found = []
    for parent in (folder, *folder.parents):
        found.append(parent)
        if (parent / ".git").exists():
            break
    return found[::-1]
