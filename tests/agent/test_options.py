"""A launch as options of the SDK: the body, the environment and the private files of a process."""

import json
import stat
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from claude_agent_sdk import ClaudeAgentOptions

from towpath.agent.options import agent_options, extra_body
from towpath.agent.parked_tools import ParkedTools
from towpath.core.launch import Launch

CACHED: dict[str, Any] = {"cache_control": {"type": "ephemeral"}}
READ = {"name": "read", "input_schema": {"type": "object"}}
WRITE = {**READ, "name": "write"}
SEARCH = {"type": "web_search_20250305", "name": "web_search"}


def launch(*, system: str = "", betas: tuple[str, ...] = (), **body: Any) -> Launch:
    return Launch(model="claude-opus-4-5", system=system, body=body, cwd="/work", betas=betas)


def options_of(
    launch: Launch, folder: Path, environment: Mapping[str, str] | None = None, *, continues: bool = True
) -> ClaudeAgentOptions:
    tools = ParkedTools(launch.tool_names)
    return agent_options(
        launch, folder, folder / "s.jsonl", tools.options(), environment or {}, continues=continues
    )


def test_the_body_is_sent_as_it_is() -> None:
    body: dict[str, Any] = {"max_tokens": 64, "temperature": 0.5, "tools": [READ, SEARCH], "new": [None, 1.0]}

    assert extra_body(launch(**body)) == body


def test_automatic_caching_is_left_to_the_cli() -> None:
    assert extra_body(launch(max_tokens=64, **CACHED)) == {"max_tokens": 64}


@pytest.mark.parametrize(
    ("tools", "sent"),
    [
        pytest.param([READ, WRITE], [READ, WRITE], id="none"),
        pytest.param([READ, {**WRITE, **CACHED}], [READ, {**WRITE, **CACHED}], id="the-last-tool"),
        pytest.param([{**READ, **CACHED}, WRITE], [{**READ, **CACHED}, WRITE], id="one-before"),
        pytest.param(
            [{**READ, **CACHED}, {**WRITE, **CACHED}, SEARCH], [READ, {**WRITE, **CACHED}, SEARCH], id="two"
        ),
        pytest.param(
            [{**READ, **CACHED}, {**WRITE, **CACHED}, {**SEARCH, **CACHED}],
            [READ, WRITE, {**SEARCH, **CACHED}],
            id="three",
        ),
        pytest.param(
            [{**READ, **CACHED}, {**WRITE, "cache_control": None}],
            [{**READ, **CACHED}, {**WRITE, "cache_control": None}],
            id="a-null",
        ),
        pytest.param([], [], id="no-tools"),
    ],
)
def test_only_the_last_marked_tool_stays_marked(
    tools: Sequence[dict[str, Any]], sent: Sequence[dict[str, Any]]
) -> None:
    assert extra_body(launch(tools=tools))["tools"] == sent


@pytest.mark.parametrize("mark", [{"type": "ephemeral"}, {"type": "ephemeral", "ttl": "5m"}])
def test_a_marked_tool_lives_as_long_as_the_other_marks(mark: dict[str, str]) -> None:
    for_an_hour = replace(launch(tools=[READ, {**WRITE, "cache_control": mark}]), cache_hour=True)

    (_, tool) = extra_body(for_an_hour)["tools"]
    assert tool == {**WRITE, "cache_control": {"type": "ephemeral", "ttl": "1h"}}


@pytest.mark.parametrize("mark", [None, "ephemeral"])
def test_a_mark_that_is_none_is_left_to_the_api(mark: Any) -> None:
    tools = [{**READ, "cache_control": mark}]

    assert extra_body(replace(launch(tools=tools), cache_hour=True))["tools"] == tools


def test_the_launch_is_not_changed() -> None:
    marked = launch(tools=[{**READ, **CACHED}, {**WRITE, **CACHED}], **CACHED)

    extra_body(marked)

    assert marked.body == {"tools": [{**READ, **CACHED}, {**WRITE, **CACHED}], **CACHED}


def test_a_process_keeps_its_files_in_its_own_folder(tmp_path: Path) -> None:
    env = options_of(launch(), tmp_path, {"XDG_CACHE_HOME": "/home/cache", "ANTHROPIC_BASE_URL": "x"}).env

    assert Path(env["XDG_CACHE_HOME"]).is_relative_to(tmp_path)
    assert Path(env["CLAUDE_CODE_TMPDIR"]).is_relative_to(tmp_path)
    assert env["ANTHROPIC_BASE_URL"] == "x"


def test_only_a_process_that_continues_answers_at_once(tmp_path: Path) -> None:
    name = "CLAUDE_CODE_RESUME_INTERRUPTED_TURN"

    assert options_of(launch(), tmp_path, continues=True).env[name] == "1"
    assert name not in options_of(launch(), tmp_path, continues=False).env


def test_betas_go_over_those_of_the_proxy(tmp_path: Path) -> None:
    env = options_of(launch(betas=("a", "b")), tmp_path, {"ANTHROPIC_BETAS": ""}).env

    assert env["ANTHROPIC_BETAS"] == "a,b"


def test_the_system_prompt_is_a_file_of_its_own(tmp_path: Path) -> None:
    prompt: Any = options_of(launch(system="Be brief. ä"), tmp_path).system_prompt

    assert Path(prompt["path"]).read_text("utf-8") == "Be brief. ä"


def test_without_a_system_prompt_there_is_none(tmp_path: Path) -> None:
    assert options_of(launch(), tmp_path).system_prompt is None


def test_the_body_travels_in_the_settings_file(tmp_path: Path) -> None:
    options = options_of(launch(max_tokens=64, stop_sequences=["ä"]), tmp_path)

    environment = json.loads(Path(str(options.settings)).read_bytes())["env"]
    assert json.loads(environment["CLAUDE_CODE_EXTRA_BODY"]) == {"max_tokens": 64, "stop_sequences": ["ä"]}


def test_the_files_of_a_process_are_private(tmp_path: Path) -> None:
    options_of(launch(system="Be brief."), tmp_path)

    assert {stat.S_IMODE(file.stat().st_mode) for file in tmp_path.iterdir()} == {0o600}


@pytest.mark.parametrize(
    ("body", "servers"), [({}, []), ({"tools": [READ]}, ["client"]), ({"tools": [SEARCH]}, ["client"])]
)
def test_the_client_s_tools_are_one_server(tmp_path: Path, body: dict[str, Any], servers: list[str]) -> None:
    served: Any = options_of(launch(**body), tmp_path).mcp_servers

    assert list(served) == servers


@pytest.mark.parametrize(
    ("name", "decision"),
    [
        ("read", "allow"),
        ("mcp__client__read", "allow"),
        ("Bash", "deny"),
        ("mcp__other__read", "deny"),
        ("", "deny"),
    ],
)
async def test_exactly_the_client_s_tools_may_be_called(tmp_path: Path, name: str, decision: str) -> None:
    hooks: Any = options_of(launch(tools=[READ]), tmp_path).hooks

    [matcher] = hooks["PreToolUse"]
    [hook] = matcher.hooks
    answer = await hook({"tool_name": name}, None, {})
    assert answer["hookSpecificOutput"]["permissionDecision"] == decision
