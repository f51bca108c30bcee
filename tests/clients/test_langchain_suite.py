"""LangChain's standard tests of chat models (langchain-tests), with the proxy behind langchain-anthropic."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.clients.langchain import CLIENT, LANGCHAIN
from tests.clients.python_clients import MAX_REQUESTS, SCRIPTS, TIMEOUT_SECONDS
from tests.clients.suites import assert_fails_only, run_suite
from tests.support.fidelity import Json
from tests.support.profiles import IS_NIGHTLY, scaled
from towpath.testing import Reply, ScriptedApi
from towpath.testing.script import obey

pytestmark = [pytest.mark.cli, pytest.mark.long, pytest.mark.timeout(TIMEOUT_SECONDS)]


def use_the_tool(body: Json) -> Reply:
    """Call the tool that the suite wants to be called, with arguments out of the prompt."""
    newest = body["messages"][-1]["content"]
    blocks = [{"type": "text", "text": newest}] if isinstance(newest, str) else newest
    choice = body.get("tool_choice") or {"type": "auto"}
    tools = body.get("tools") or []
    has_results = any(block["type"] == "tool_result" for block in blocks)
    if not tools or (has_results and choice["type"] == "auto"):
        return obey(body)
    tool = next((tool for tool in tools if tool["name"] == choice.get("name")), tools[0])
    texts = [block["text"] for block in blocks if block["type"] == "text"]
    prompt = next((text for text in texts if not text.startswith("<system-reminder>")), "Hello")
    schema = tool["input_schema"]
    names = schema.get("required", ())
    arguments = {name: _argument(schema["properties"][name], prompt) for name in names}
    return Reply(({"type": "tool_use", "name": tool["name"], "input": arguments},))


def _argument(schema: Json, prompt: str) -> Any:
    number = re.search(r"\d+", prompt)
    return int(number[0] if number else 1) if schema.get("type") == "integer" else prompt


# By day without those that send the same kind of request again, in another way of LangChain's own.
AGAIN = ("with_model_override", "async", "batch", "stream_events", "typeddict", "pydantic_2_v1", "astream")
REPEATS = () if IS_NIGHTLY else ("-k", " and ".join(f"not {name}" for name in AGAIN))


@pytest.mark.shows("LangChain's standard tests")
def test_the_standard_tests_pass(proxy_url: str, api: ScriptedApi, tmp_path: Path) -> None:
    """With a proxy that has no spares: each test is of another kind, so most would be in vain."""
    api.reply(*[use_the_tool] * MAX_REQUESTS)
    shutil.copy(SCRIPTS / "langchain_standard.py", tmp_path)  # beside no configuration of ours
    asynchronous = ("-o", "asyncio_mode=auto")
    variables = CLIENT.variables(proxy_url)
    found = run_suite(
        LANGCHAIN, tmp_path, tmp_path, variables, *asynchronous, *REPEATS, "langchain_standard.py"
    )

    assert len(found) > scaled(20, 40)
    assert_fails_only(found, {})
