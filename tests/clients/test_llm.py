"""The command `llm` with its plugin llm-anthropic, through the proxy."""

import subprocess
from pathlib import Path

import pytest

from tests.clients.listed import Client
from tests.clients.python_clients import FAILING, FAILURE, TIMEOUT_SECONDS, Environment, begin, run
from tests.clients.recorder import RecordedProxy, model_calls, requests
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.cli, pytest.mark.timeout(TIMEOUT_SECONDS)]

LLM = Environment("llm", ("llm==0.36", "llm-anthropic==0.30"))
CLIENT = Client(
    name="llm with llm-anthropic",
    version=" with ".join(package.partition("==")[2] for package in LLM.packages),
    lines="export ANTHROPIC_BASE_URL=http://127.0.0.1:3456 ANTHROPIC_API_KEY=dummy",
)
MODEL = ("-m", "claude-sonnet-4.6")


def llm(proxy: RecordedProxy, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    return run((LLM.program("llm"), *arguments), home, CLIENT.variables(proxy.url))


@pytest.mark.shows("text turn", "a second turn")
@pytest.mark.later_steps("resume")
def test_a_conversation_goes_on(proxy: RecordedProxy, api: ScriptedApi, tmp_path: Path) -> None:
    begin(proxy, api)
    first = llm(proxy, tmp_path, *MODEL, "-s", "You are a lock keeper.", "SAY hello")
    again = llm(proxy, tmp_path, "-c", "SAY again")

    assert (first.stdout, again.stdout) == ("hello\n", "again\n"), first.stderr + again.stderr
    assert api.exchanges[0].body["system"][-1]["text"] == "You are a lock keeper."
    assert len(model_calls(api)) == 2
    assert model_calls(api) == requests(proxy.recorder)


@pytest.mark.shows("tool round trip")
@pytest.mark.later_steps("answer")
def test_a_tool_is_called_and_answered(proxy: RecordedProxy, api: ScriptedApi, tmp_path: Path) -> None:
    begin(proxy, api)
    done = llm(proxy, tmp_path, *MODEL, "-T", "llm_version", "CALL llm_version {}")

    assert done.stdout.endswith(f"Results: {LLM.version}\n"), done.stderr
    assert proxy.recorder.ways == ["start", "answer"]
    assert model_calls(api) == requests(proxy.recorder)


@pytest.mark.shows("error")
def test_an_error_of_the_api_is_shown(proxy: RecordedProxy, api: ScriptedApi, tmp_path: Path) -> None:
    begin(proxy, api)
    done = llm(proxy, tmp_path, *MODEL, FAILING)

    assert done.returncode == 1
    assert str(FAILURE.status) in done.stderr
    assert FAILURE.message in done.stderr
