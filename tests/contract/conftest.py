"""Fixtures: the CLI without the proxy."""

import asyncio
import dataclasses
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import ClaudeAgentOptions

from tests.contract.bare_cli import Run, Then, lines_of, talk
from tests.support.fidelity import TOOLS, Json
from towpath.agent.environment import Upstream, cli_environment
from towpath.agent.options import agent_options
from towpath.agent.parked_tools import ParkedTools
from towpath.core.launch import Launch
from towpath.testing import ScriptedApi


@pytest.fixture
def run(scripted_api: tuple[ScriptedApi, str], tmp_path: Path) -> Run:
    """Start a CLI on a conversation; the messages it says until its turn ends (and what ``then`` adds).

    ``cloud``: variables of a provider, in place of an API key.
    """

    def start(
        messages: Sequence[Json],
        *,
        model: str = "claude-sonnet-4-5",
        tools: Sequence[Json] = TOOLS,
        without: Sequence[str] = (),
        lines: Callable[[bytes], bytes] = bytes,
        change: Callable[[ClaudeAgentOptions], ClaudeAgentOptions] = dataclasses.replace,
        then: Then | None = None,
        cloud: Mapping[str, str] | None = None,
    ) -> list[Any]:
        launch = Launch(model, "You are a test.", {"max_tokens": 100, "tools": list(tools)}, str(tmp_path))
        file = tmp_path / "00000000-0000-4000-8000-000000000000.jsonl"
        file.write_bytes(lines(lines_of(messages, launch, file)))
        parked = ParkedTools(launch.tool_names)
        own = cloud or {}
        upstream = Upstream() if cloud else Upstream(scripted_api[1], "dummy")
        all_clis = {**own, **cli_environment(upstream, {**os.environ, **own})}
        options = agent_options(launch, tmp_path, file, parked.options(), all_clis, continues=bool(messages))
        environment = {name: value for name, value in options.env.items() if name not in without}
        return asyncio.run(talk(change(dataclasses.replace(options, env=environment)), parked, then))

    return start
