"""LangChain's standard tests of chat models (langchain-tests), and what the model does there."""

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.clients.python_clients import MAX_REQUESTS, SCRIPTS, Environment
from tests.clients.suites import Results, run_suite
from tests.support.fidelity import Json
from towpath.testing import Reply, ScriptedApi
from towpath.testing.script import obey


def run_standard(
    environment: Environment,
    script: str,
    variables: Mapping[str, str],
    api: ScriptedApi,
    folder: Path,
    *chosen: str,
) -> Results:
    """What came of the tests in a script of ``scripts/``; ``folder`` has no configuration of ours."""
    api.reply(*[use_the_tool] * MAX_REQUESTS)
    for name in (script, "langchain_samples.py"):
        shutil.copy(SCRIPTS / name, folder)
    # One loop for all: a client of langchain-openai's is kept, and belongs to the loop that it began in.
    loop = ("asyncio_mode=auto", "asyncio_default_test_loop_scope=session")
    options = (word for option in loop for word in ("-o", option))
    return run_suite(environment, folder, folder, variables, *options, *chosen, script)


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
    # An object without a schema has the names that the prompt has.
    shapes = schema.get("properties") or {key: {} for key in re.findall(r"'(\w+)'", prompt)}
    arguments = {name: _argument(shapes[name], prompt) for name in schema.get("required", shapes)}
    return Reply(({"type": "tool_use", "name": tool["name"], "input": arguments},))


def _argument(schema: Json, prompt: str) -> Any:
    number = re.search(r"\d+", prompt)
    return int(number[0] if number else 1) if schema.get("type") == "integer" else prompt
