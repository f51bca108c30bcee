"""OpenCode: whether it is installed, and whether its configuration leads here."""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from towpath.cli.address import client_url
from towpath.cli.console import own_command
from towpath.cli.doctor import tested
from towpath.cli.doctor.addresses import leads_here, shown
from towpath.cli.doctor.findings import Finding, ok, skipped, warning
from towpath.cli.doctor.shell import where, words_of
from towpath.cli.opencode.config_files import Source, base_urls_of
from towpath.settings import Settings

_INSTALL = "npm install --global opencode-ai"


@dataclass(frozen=True)
class Pointer:
    """Where base URLs are written, and which: one, or one for each major of OpenCode.

    ``error`` says why a source could not be read.
    """

    source: str
    urls: Sequence[str] = ()
    error: str = ""


def program_of(environment: Mapping[str, str]) -> str | None:
    """The path of OpenCode's program. Before its release, the second major had a name of its own."""
    return where("opencode", environment) or where("opencode2", environment)


def opencode(environment: Mapping[str, str]) -> Finding:
    path = program_of(environment)
    if path is None:
        return judge_opencode(None, "")
    try:
        return judge_opencode(path, words_of((path, "--version"), environment))
    except (OSError, subprocess.SubprocessError) as error:
        return warning(f"the program at {path} does not run: {error}", _INSTALL)


def judge_opencode(path: str | None, version: str) -> Finding:
    """``version``: the answer to ``--version``."""
    if path is None:
        return warning("not on the PATH", f"{_INSTALL}\nOpenCode Desktop and other clients do not need it.")
    if version == tested.OPENCODE:
        return ok(f"OpenCode {version} at {path}, the version that was tested")
    if version.startswith("2."):
        return ok(f"OpenCode {version} at {path}; it was not run in tests, but built for as it is documented")
    return warning(
        f"OpenCode {version} at {path}; {tested.OPENCODE} was tested",
        f"if something goes wrong: {_INSTALL}@{tested.OPENCODE}",
    )


def configuration(settings: Settings, sources: Iterable[Source], environment: Mapping[str, str]) -> Finding:
    return judge_configuration(settings, [pointer_of(one) for one in sources], environment)


def pointer_of(source: Source) -> Pointer:
    """What a source says about Anthropic's address. Never raises: the file is the user's."""
    try:
        return Pointer(source.name, base_urls_of(source.read()))
    except (OSError, ValueError) as error:
        return Pointer(source.name, error=str(error))


def judge_configuration(
    settings: Settings, pointers: Iterable[Pointer], environment: Mapping[str, str]
) -> Finding:
    """``pointers``: weakest first, as OpenCode merges them; a base URL in one beats the environment's."""
    if not settings.port:
        return skipped("port 0 takes another port at each start")
    found = list(pointers)
    here = client_url(settings)
    lines = f"{own_command('setup opencode')}\nor: ANTHROPIC_API_KEY=dummy ANTHROPIC_BASE_URL={here} opencode"
    unread = [pointer for pointer in found if pointer.error]
    if unread:
        return warning(f"{unread[-1].source} cannot be read: {unread[-1].error}", "fix the file")
    said = [(pointer.source, pointer.urls) for pointer in found if pointer.urls]
    if not said and environment.get("ANTHROPIC_BASE_URL"):
        said = [("ANTHROPIC_BASE_URL", [environment["ANTHROPIC_BASE_URL"]])]
    if not said:
        if not found and program_of(environment) is None:
            return skipped("there is none")
        return warning("nothing leads OpenCode here: no baseURL, no ANTHROPIC_BASE_URL", lines)
    source, urls = said[-1]
    for url in (_filled(url, environment) for url in urls):
        if not leads_here(url, settings.host, settings.port):
            return warning(f"{source} leads to {shown(url)}, not to {here}", lines)
    return ok(f"{source} leads here")


def _filled(url: str, environment: Mapping[str, str]) -> str:
    """OpenCode's ``{env:NAME}``, filled in."""
    for name, value in environment.items():
        url = url.replace(f"{{env:{name}}}", value)
    return url
