"""Cloud providers at the far end of the CLI: the variables of docs/scripted-api.md, and ids of models.

Tests that are marked ``each_access`` are run on all of them (tests/conftest.py).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest


@dataclass(frozen=True)
class Cloud:
    """A provider. ``variables`` name the scripted API ``URL``; ``ids`` are by the API's own."""

    variables: Mapping[str, str]
    ids: Mapping[str, str]

    def environment(self, url: str) -> dict[str, str]:
        """The variables, with the address of a scripted API."""
        return {name: value.replace("URL", url) for name, value in self.variables.items()}


CLOUDS: Mapping[str, Cloud] = {
    "bedrock": Cloud(
        {
            "CLAUDE_CODE_USE_BEDROCK": "1",
            "ANTHROPIC_BEDROCK_BASE_URL": "URL",
            "AWS_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "scripted",
            "AWS_SECRET_ACCESS_KEY": "scripted",
        },
        {
            "claude-sonnet-4-5": "us.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-opus-5-5": "us.anthropic.claude-opus-5-5",
        },
    ),
    "vertex": Cloud(
        {
            "CLAUDE_CODE_USE_VERTEX": "1",
            "ANTHROPIC_VERTEX_BASE_URL": "URL/v1",
            "CLOUD_ML_REGION": "us-east5",
            "ANTHROPIC_VERTEX_PROJECT_ID": "scripted",
            "CLAUDE_CODE_SKIP_VERTEX_AUTH": "1",
        },
        {"claude-sonnet-4-5": "claude-sonnet-4-5@20250929", "claude-opus-5-5": "claude-opus-5-5"},
    ),
    "foundry": Cloud(
        {
            "CLAUDE_CODE_USE_FOUNDRY": "1",
            "ANTHROPIC_FOUNDRY_BASE_URL": "URL/anthropic",
            "ANTHROPIC_FOUNDRY_API_KEY": "scripted",
        },
        {"claude-sonnet-4-5": "claude-sonnet-4-5", "claude-opus-5-5": "claude-opus-5-5"},
    ),
}


class CloudClient(httpx.Client):
    """A client of a proxy at a cloud provider: it asks for models by the ids that they have there."""

    ids: Mapping[str, str]
    state_dir: Path

    def build_request(self, method: str, url: Any, *, json: Any = None, **others: Any) -> httpx.Request:
        if isinstance(json, dict) and "model" in json:
            json = {**json, "model": self.ids.get(json["model"], json["model"])}
        return super().build_request(method, url, json=json, **others)


def at_cloud(cloud: str, scripted_url: str, patch: pytest.MonkeyPatch) -> None:
    """Set the variables of a provider: a CLI that is started gets them of this process."""
    for name, value in CLOUDS[cloud].environment(scripted_url).items():
        patch.setenv(name, value)
