"""The port: free, held by a towpath (which is fine), or by somebody else."""

import errno
from collections.abc import Sequence
from dataclasses import dataclass

import httpx

from towpath import __version__
from towpath.cli.address import client_url
from towpath.cli.doctor.findings import Finding, ok, problem, warning
from towpath.cli.listening import holder_of, listener_at
from towpath.settings import Settings

_HEALTH_SECONDS = 1.0
_CHOOSE_ANOTHER = "choose another port with CLAUDE_PROXY_PORT or --port"


@dataclass(frozen=True)
class PortFacts:
    """``error``: of listening there; None if it is possible. ``towpath``: the version that answers there."""

    error: OSError | None = None
    towpath: str | None = None
    holder: str | None = None


def port(settings: Settings) -> Finding:
    return judge_port(settings.host, settings.port, facts_about(settings))


def facts_about(settings: Settings) -> PortFacts:
    """Try to listen, and where that fails find out who does."""
    error = _error_of_listening(settings.host, settings.port)
    if error is None or error.errno != errno.EADDRINUSE:
        return PortFacts(error)
    version = towpath_at(client_url(settings), settings.keys)
    return PortFacts(error, version, None if version else holder_of(settings.port))


def judge_port(host: str, number: int, facts: PortFacts) -> Finding:
    where = f"{host}:{number}"
    if facts.error is None:
        return ok(f"{where} is free" if number else "any free port is taken")
    if facts.towpath == __version__:
        return ok(f"towpath {facts.towpath} runs at {where}")
    if facts.towpath:
        return warning(
            f"towpath {facts.towpath} runs at {where}; this one is {__version__}",
            "restart it to use the version that is installed",
        )
    if facts.error.errno == errno.EADDRINUSE:
        holder = facts.holder or "another program (probably of another user)"
        return problem(f"{holder} holds {where}", f"stop it, or {_CHOOSE_ANOTHER}")
    if facts.error.errno == errno.EACCES:
        return problem(f"you may not listen on {where}", f"{_CHOOSE_ANOTHER}, above 1023")
    return problem(
        f"cannot listen on {where}: {facts.error.strerror}",
        "set CLAUDE_PROXY_HOST to an address of this machine: 127.0.0.1",
    )


def towpath_at(url: str, keys: Sequence[str] = ()) -> str | None:
    """The version of the towpath that answers there; None if none does.

    A server that needs a key says more than "ok" only to callers that have one.
    """
    try:
        # Without trust_env a proxy of the user's would be asked for an address of this machine.
        with httpx.Client(timeout=_HEALTH_SECONDS, trust_env=False) as client:
            said = client.get(f"{url}/health", headers={"x-api-key": keys[0]} if keys else {}).json()
    except (httpx.HTTPError, ValueError):
        return None
    is_towpath = isinstance(said, dict) and {"version", "mode", "cli", "sessions"} <= said.keys()
    return str(said["version"]) if is_towpath else None


def _error_of_listening(host: str, number: int) -> OSError | None:
    try:
        listener_at(host, number).close()
    except OSError as error:
        return error
    return None
