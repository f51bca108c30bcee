"""The licences of all that a user of Towpath installs, as the packages themselves say.

``uv run python -m tests.support.licences > docs/licences.md`` writes the table.
"""

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

OWN = "towpath"
EXTRAS = ("otel",)
# By SPDX; MPL binds the files of the package itself only.
ALLOWED = frozenset(
    {"MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "ISC", "PSF-2.0", "MPL-2.0", "Unlicense"}
    | {"CNRI-Python", "0BSD"}
)
# What packages wrote before there was a field for SPDX.
_WORDS = {
    "MIT License": "MIT",
    "BSD License": "BSD-3-Clause",
    "BSD": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache Software License": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "ISC License (ISCL)": "ISC",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_HEAD = """# Licences

Towpath is MIT. This is what is installed with it on Linux (with the extra `otel`), with the licence that
each package states. `tests/test_licences.py` compares the table with what is installed and fails on an
unknown licence. It does not accept the GPL, LGPL and AGPL.

The Claude CLI that `claude-agent-sdk` brings along is Anthropic's own program, under Anthropic's
[commercial terms](https://www.anthropic.com/legal/commercial-terms). Towpath starts it, and neither changes
nor copies it.

| package | licence |
|---|---|
"""


def runtime_packages() -> list[str]:
    """The names of all that is needed at run time on this machine, in order."""
    found: set[str] = set()
    waiting = list(_needed(distribution(OWN), EXTRAS))
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        is_known = name in found or name == OWN
        found.add(name)
        if not is_known or requirement.extras:
            waiting += [
                needed
                for needed in _needed(distribution(name), tuple(requirement.extras))
                if canonicalize_name(needed.name) not in found or needed.extras - requirement.extras
            ]
    return sorted(found - {OWN})


def licence_of(name: str) -> str:
    """Its licence by SPDX, or in the package's own words if these are not known."""
    metadata = distribution(name).metadata
    classifiers = [
        word.rpartition(" :: ")[2]
        for word in metadata.get_all("Classifier") or []
        if word.startswith("License :: OSI Approved :: ")
    ]
    expressions, stated = metadata.get_all("License-Expression") or [], metadata.get_all("License") or []
    words = [text.strip().partition("\n")[0] for text in (*expressions, *stated) if text.strip()]
    said = words[0] if words else " AND ".join(classifiers)
    known = _WORDS.get(said, said)
    if not is_allowed(known) and classifiers:
        known = " AND ".join(_WORDS.get(word, word) for word in classifiers)
    return known or "unknown"


def is_allowed(expression: str) -> bool:
    """Whether all licences of an expression are allowed; where there is a mere choice, one of them."""
    known = [word in ALLOWED for word in re.split(r" AND | OR |[() ]", expression) if word]
    return all(known) and bool(known) if " AND " in expression else any(known)


def page() -> str:
    """docs/licences.md."""
    return _HEAD + "".join(f"| {name} | {licence_of(name)} |\n" for name in runtime_packages())


def _needed(package: Distribution, extras: tuple[str, ...]) -> Iterator[Requirement]:
    for line in package.requires or []:
        requirement = Requirement(line)
        if requirement.marker is None or any(
            requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras)
        ):
            yield requirement


if __name__ == "__main__":
    print(page(), end="")
