"""How old the SDK is: what the package index says of its releases, in words, or nothing.

A release of Towpath has one SDK for as long as it lives, and a newer SDK comes out every few days. Only the
index knows both when this one came and what has come since. So without it nothing is said: a date of our own
would tell that time has passed, and not whether there is anything newer.
"""

import re
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from towpath.cli.doctor.package_index import index_of, page_of

# What else the doctor asks takes about a second, so nobody waits for the index.
LIMIT_SECONDS = 1.0


@dataclass(frozen=True)
class Release:
    """A final release on the index. ``at``: when its first file came, where the index tells that."""

    version: str
    at: datetime | None

    @property
    def order(self) -> tuple[int, ...]:
        """Newer ones are greater."""
        return tuple(map(int, self.version.split(".")))


def sdk_age(
    package: str, installed: str, environment: Mapping[str, str], seconds: float = LIMIT_SECONDS
) -> str:
    """How old it is, in words; empty if that is not known within so many seconds."""
    index = index_of(environment, Path.home())
    if index is None:
        return ""
    found: list[str] = []

    def ask() -> None:
        with suppress(Exception):  # whatever an index has is not a finding about Towpath
            releases = releases_in(page_of(index, package, seconds), package)
            found.append(in_words(releases, installed, datetime.now(UTC)))

    # A thread that can be left: looking up a name takes longer than any limit that httpx knows.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(seconds)
    return next(iter(found), "")


def releases_in(page: Mapping[str, Any], package: str) -> list[Release]:
    """The final releases on a package's page of the index, those that were withdrawn left out."""
    name = re.escape(package).replace(r"\-", "[-_.]")
    times: dict[str, list[datetime]] = {}
    for file in page["files"]:
        version = re.match(rf"{name}-(\d+(?:\.\d+)*)(?:-|\.tar|\.zip)", file["filename"])
        if version and not file.get("yanked"):
            known = times.setdefault(version[1], [])
            if uploaded := file.get("upload-time"):
                known.append(datetime.fromisoformat(uploaded))
    return [Release(version, min(known, default=None)) for version, known in times.items()]


def in_words(releases: Sequence[Release], installed: str, now: datetime) -> str:
    """Such as "6 days old, 2 releases before the newest, 0.2.191"; empty if the index does not have it."""
    own = next((release for release in releases if release.version == installed), None)
    if own is None:
        return ""
    newer = sorted((release for release in releases if release.order > own.order), key=lambda one: one.order)
    place = (
        f"{_count(len(newer), 'release')} before the newest, {newer[-1].version}" if newer else "the newest"
    )
    return f"{_count((now - own.at).days, 'day')} old, {place}" if own.at else place


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
