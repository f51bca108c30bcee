"""What keeps a server from working: `towpath serve` refuses to start, `towpath doctor` says so.

What can be seen of a value alone is refused by ``settings``. Nothing is made here, and nothing stays.
"""

import socket
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from towpath.agent.folders import FolderError, check_owner
from towpath.cli.doctor.addresses import leads_here
from towpath.cli.listening import family_of
from towpath.core.accesses import DEFAULT, AccessesError
from towpath.ledger.prices import PricesError, load_prices
from towpath.server.loopback import is_loopback
from towpath.server.upstream.accesses import accesses_of
from towpath.settings import Settings

# The server's own ANTHROPIC_BASE_URL is kept from the CLI; those of the cloud providers are handed on.
_HANDED_ON = ("ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL", "ANTHROPIC_FOUNDRY_BASE_URL")


@dataclass(frozen=True)
class Obstacle:
    """``detail`` says what is, ``remedy`` what to do about it."""

    detail: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.detail.rstrip('.')}. {self.remedy[0].upper()}{self.remedy[1:]}."


def obstacles(settings: Settings, environment: Mapping[str, str]) -> Iterator[Obstacle]:
    """All that are there; ``environment`` is the server's own."""
    yield from on_this_machine(settings)
    yield from leading_back(settings, environment)
    yield from in_accesses(settings, environment)


def on_this_machine(settings: Settings) -> Iterator[Obstacle]:
    """Those of the host and of folders."""
    yield from _host(settings)
    yield from _state_folder(settings.state_dir)
    yield from _workdir(settings.workdir)
    yield from _recordings(settings.record)
    yield from _prices(settings.prices)


def leading_back(settings: Settings, environment: Mapping[str, str]) -> Iterator[Obstacle]:
    """One, if the server would ask itself. Pure."""
    told = {name: environment[name] for name in _HANDED_ON if environment.get(name)}
    if settings.upstream_base_url:
        told[Settings.env_name("upstream_base_url")] = settings.upstream_base_url
    if back := [name for name, url in told.items() if leads_here(url, settings.host, settings.port)]:
        yield Obstacle(
            f"{' and '.join(back)} leads back here: Towpath would send its requests to itself",
            f"unset {' '.join(back)}, or set the address of the API",
        )


def in_accesses(settings: Settings, environment: Mapping[str, str]) -> Iterator[Obstacle]:
    """What is wrong with the file of accesses, or with the addresses that it names."""
    try:
        accesses = accesses_of(settings, environment)
    except AccessesError as error:
        remedy = "correct it; `towpath doctor` reads it again"
        yield from (Obstacle(f"{settings.accesses}: {line}", remedy) for line in str(error).splitlines())
        return
    for name, access in accesses.items():
        urls = [access.environment.get(one, "") for one in ("ANTHROPIC_BASE_URL", *_HANDED_ON)]
        if name != DEFAULT and any(leads_here(url, settings.host, settings.port) for url in urls):
            yield Obstacle(
                f"the access {name} leads back here: Towpath would send its requests to itself",
                f"set the address of the API in {settings.accesses}",
            )


def _host(settings: Settings) -> Iterator[Obstacle]:
    host, name = settings.host, Settings.env_name("host")
    try:
        socket.getaddrinfo(host, None, family_of(host))
    except (OSError, UnicodeError) as error:  # the latter: no host can have such a name
        why = error.strerror if isinstance(error, OSError) else error
        yield Obstacle(f"{host} is no address of this machine: {why}", f"set {name} to one, or to 127.0.0.1")
        return
    if not is_loopback(host) and settings.api_key is None:
        yield Obstacle(
            f"{host} can be reached from other machines",
            f"set {Settings.env_name('api_key')} to a key that clients must send, or use {name}=127.0.0.1. "
            "Never share a plan login",
        )


def _state_folder(folder: Path) -> Iterator[Obstacle]:
    remedy = f"set {Settings.env_name('state_dir')} to a folder of your own"
    try:
        if folder.exists():
            check_owner(folder)
    except (FolderError, OSError) as error:
        yield Obstacle(str(error), remedy)
    else:
        if problem := _cannot_be_written(folder):
            yield Obstacle(problem, remedy)


def _workdir(folder: Path | None) -> Iterator[Obstacle]:
    if folder and not folder.is_dir():
        name = Settings.env_name("workdir")
        yield Obstacle(f"{folder} is not a folder", f"make it, or set {name} to one that is there")


def _recordings(folder: Path | None) -> Iterator[Obstacle]:
    if folder and (problem := _cannot_be_written(folder)):
        yield Obstacle(problem, f"set {Settings.env_name('record')} to a folder that can be written to")


def _cannot_be_written(folder: Path) -> str | None:
    """Why nothing can be written into a folder, or nothing can be made where it will be; None if it can."""
    there = nearest(folder)
    if not there.is_dir():
        return f"{folder} cannot be a folder: {there} is a file"
    try:
        with tempfile.TemporaryFile(dir=there) as probe:
            probe.write(b"1")
    except OSError as error:
        return f"{folder} cannot be written to: {error.strerror or error}"
    return None


def nearest(path: Path) -> Path:
    """The path itself, or the first one above it where something is."""
    absolute = path.absolute()
    return next(one for one in (absolute, *absolute.parents) if one.exists())


def _prices(file: Path | None) -> Iterator[Obstacle]:
    try:
        load_prices(file)
    except PricesError as error:
        yield Obstacle(str(error), f"correct it, or unset {Settings.env_name('prices')}")
