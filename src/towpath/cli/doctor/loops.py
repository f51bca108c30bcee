"""Base URLs that would make the proxy ask itself."""

from collections.abc import Mapping

from towpath.cli.doctor.addresses import leads_here, shown
from towpath.cli.doctor.findings import Finding, ok, problem
from towpath.settings import Settings

# The proxy's own ANTHROPIC_BASE_URL is kept from the CLI; those of the cloud providers are handed on.
_HANDED_ON = ("ANTHROPIC_BEDROCK_BASE_URL", "ANTHROPIC_VERTEX_BASE_URL", "ANTHROPIC_FOUNDRY_BASE_URL")


def loops(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Whether what the CLI will be told leads back here. Pure."""
    told = {name: environment[name] for name in _HANDED_ON if environment.get(name)}
    if settings.upstream_base_url:
        told[Settings.env_name("upstream_base_url")] = settings.upstream_base_url
    back = [name for name, url in told.items() if leads_here(url, settings.host, settings.port)]
    if back:
        return problem(
            f"{' and '.join(back)} leads back here: Towpath would send its requests to itself",
            f"unset {' '.join(back)}, or set the address of the API",
        )
    url = environment.get("ANTHROPIC_BASE_URL", "")
    if leads_here(url, settings.host, settings.port):
        return ok("none; ANTHROPIC_BASE_URL leads clients here and is kept from Towpath's own CLI")
    if url:
        return ok(f"none; ANTHROPIC_BASE_URL leads clients to {shown(url)}, and Towpath does not use it")
    return ok("none")
