"""What can be newer than it is here, and which tests are about it, by the texts of the repository. Pure.

Candidate   a package that is asked for in an exact version: the SDK, or a client that is tested
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from scripts.pin import NPM
from scripts.pin_texts import exact_in, pinned_in, version_in

SDK = "claude-agent-sdk"
_CLIENTS = "tests/clients"
# What a newer engine can break. Of the clients' tests, all but the one that compares docs/clients.md.
_OF_THE_SDK = ("tests/contract", "tests/agent", "tests/proxy", _CLIENTS)
_PINNED = re.compile(r"""pinned\(["']([\w.-]+)["']\)""")
_ALIAS = "npm:"  # in package.json: an older release beside the newest, on purpose


@dataclass(frozen=True)
class Candidate:
    """``name`` is as ``scripts.pin --only`` takes it; ``tests`` are paths for pytest."""

    name: str
    version: str
    tests: tuple[str, ...]

    @property
    def is_sdk(self) -> bool:
        """Whether it is what Towpath itself runs on."""
        return self.name == SDK


@dataclass(frozen=True)
class Asked:
    """The texts that ask for exact versions.

    ``pins``: the project's, ``name==version``. ``npm``: name to version. ``sources``: the modules of
    tests/clients, by the name of the file.
    """

    pins: Sequence[str]
    npm: Mapping[str, str]
    sources: Mapping[str, str]


def candidates(asked: Asked) -> list[Candidate]:
    """The SDK, then the clients from PyPI, then those from npm."""
    everything = "\n".join(asked.sources.values())
    of_the_project = sorted(set(_PINNED.findall(everything)))
    own = sorted(set(exact_in(everything)))
    return [
        Candidate(SDK, pinned_in(asked.pins, SDK), _OF_THE_SDK),
        *(Candidate(name, pinned_in(asked.pins, name), _tests(asked, name)) for name in of_the_project),
        *(Candidate(name, version_in(everything, name) or "", _tests(asked, name)) for name in own),
        *(
            Candidate(f"{NPM}{name}", version, _tests(asked, name))
            for name, version in asked.npm.items()
            if not version.startswith(_ALIAS)
        ),
    ]


def chosen(all_of_them: Sequence[Candidate], names: Sequence[str]) -> list[Candidate]:
    """Those of these names; all of them, if there are none. Raises ValueError for a name that is not here."""
    known = {candidate.name: candidate for candidate in all_of_them}
    if unknown := [name for name in names if name not in known]:
        raise ValueError(f"not here: {', '.join(unknown)}. There are: {', '.join(known)}")
    return [known[name] for name in names] or list(all_of_them)


def _tests(asked: Asked, name: str) -> tuple[str, ...]:
    """The modules of tests that name the package, or import a module that does; all if none does."""
    package = re.escape(name)
    names_it = re.compile(rf"""(VERSIONS\[|pinned\()["']{package}["']|["']{package}(\[[^\]]*\])?==\d""")
    about = {file for file, text in asked.sources.items() if names_it.search(text)}
    helpers = {file.removesuffix(".py") for file in about if not file.startswith("test_")}
    imports = re.compile(rf"from tests\.clients\.({'|'.join(map(re.escape, helpers))}) import")
    about |= {file for file, text in asked.sources.items() if helpers and imports.search(text)}
    return tuple(_paths(about)) or (_CLIENTS,)


def _paths(files: set[str]) -> Iterator[str]:
    yield from (f"{_CLIENTS}/{file}" for file in sorted(files) if file.startswith("test_"))
