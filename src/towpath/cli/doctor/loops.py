"""Base URLs that would make the proxy ask itself."""

from collections.abc import Mapping

from towpath.cli.doctor.addresses import leads_here, shown
from towpath.cli.doctor.findings import Finding, ok, problem
from towpath.cli.obstacles import leading_back
from towpath.settings import Settings


def loops(settings: Settings, environment: Mapping[str, str]) -> Finding:
    """Whether what the CLI will be told leads back here. Pure."""
    for obstacle in leading_back(settings, environment):
        return problem(obstacle.detail, obstacle.remedy)
    url = environment.get("ANTHROPIC_BASE_URL", "")
    if leads_here(url, settings.host, settings.port):
        return ok("none; ANTHROPIC_BASE_URL leads clients here and is kept from Towpath's own CLI")
    if url:
        return ok(f"none; ANTHROPIC_BASE_URL leads clients to {shown(url)}, and Towpath does not use it")
    return ok("none")
