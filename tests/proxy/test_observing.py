"""What an operator sees of the exchanges: metrics, log lines, recordings; and never a secret."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.fidelity import Json, request, result, text, user
from tests.support.figures import figures
from tests.support.isolated_proxy import isolated_proxy
from tests.support.processes import wait_until
from tests.support.program import towpath_process
from tests.support.proxy import Client, calls_of
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi

pytestmark = pytest.mark.cli


@pytest.fixture
def recordings(tmp_path: Path) -> Path:
    """Where the proxy writes recordings."""
    return tmp_path / "recordings"


@pytest.fixture
def http(own_settings: Settings, recordings: Path) -> Iterator[httpx.Client]:
    """A client of a proxy that records."""
    with isolated_proxy(own_settings.model_copy(update={"record": recordings})) as proxy:
        yield proxy.http


@pytest.fixture
def client(http: httpx.Client, api: ScriptedApi) -> Client:
    """A conversation that is recorded."""
    return Client(http)


def messages_in(recording: Path) -> int:
    return len(json.loads(recording.read_text())["request"]["body"]["messages"])


def written(recordings: Path, count: int) -> list[Path]:
    """So many files; each is there some time after the end of its answer."""
    wait_until(lambda: len(list(recordings.glob("*.json"))) == count)
    return list(recordings.iterdir())


def test_metrics_count_what_happened(api: ScriptedApi, http: httpx.Client, client: Client) -> None:
    usage = {"input_tokens": 7, "output_tokens": 5, "cache_read_input_tokens": 3}
    api.reply(Reply((text("hello"),), usage={**usage, "cache_creation_input_tokens": 2}))
    client.say(user("a"))
    api.reply(Failure(529, "overloaded_error", "Overloaded"))
    client.post([*client.messages, user("b")])
    seen = figures(http)

    assert seen["towpath_exchanges_total", "default", "complete", "the conversation begins", "start"] == 1
    assert seen["towpath_exchanges_total", "default", "failed", "", "none"] == 1
    assert seen["towpath_errors_total", "default", "529", "overloaded_error"] == 1
    assert [
        seen["towpath_tokens_total", "default", kind]
        for kind in ("input", "output", "cache_read", "cache_write")
    ] == [
        7,
        5,
        3,
        2,
    ]
    assert seen["towpath_first_event_seconds_count", "start"] == 1
    assert seen["towpath_queue_seconds_count",] == 2
    assert seen["towpath_process_starts_total", "conversation"] == 1
    assert {name[1] for name in seen if name[0] == "towpath_sessions"} == {
        "idle",
        "parked",
        "running",
        "spare",
    }
    assert seen["towpath_waiting",] == 0
    assert seen["towpath_memory_bytes",] > 0


def test_a_recording_has_no_content_and_can_be_played_again(
    api: ScriptedApi, client: Client, recordings: Path
) -> None:
    reply = client.say(user('SAY the secret answer\nCALL read {"path": "secret.txt"}'))
    client.say(user(result(calls_of(reply)[0], "the secret result")))
    files = sorted(written(recordings, 2), key=messages_in)

    assert all(file.stat().st_mode & 0o777 == 0o600 for file in files)
    assert not any("secret" in file.read_text() for file in files)
    in_words, as_json = _replay(files[0]), _replay(files[1], "--json")
    assert (in_words.returncode, as_json.returncode) == (0, 0), in_words.stderr + as_json.stderr
    assert "tool_use" in in_words.stdout
    assert json.loads(as_json.stdout)["same"] is True


def test_a_recorded_error_is_played_again_too(api: ScriptedApi, client: Client, recordings: Path) -> None:
    api.reply(Failure(429, "rate_limit_error", "slow down"))
    client.post([user("a")])
    (file,) = written(recordings, 1)
    done = _replay(file)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "now:  429" in done.stdout


def test_what_ends_otherwise_is_told(api: ScriptedApi, client: Client, recordings: Path) -> None:
    client.say(user("a"))
    (file,) = written(recordings, 1)
    recording = json.loads(file.read_text())
    recording["request"]["body"]["messages"][0]["role"] = "nobody"
    file.write_text(json.dumps(recording))
    done = _replay(file)

    assert done.returncode == 1
    assert "It ends differently. messages.0.role" in done.stdout


@pytest.mark.parametrize("content", ["{", "[]", '{"format": "other"}'])
def test_what_is_no_recording_is_refused_in_words(tmp_path: Path, content: str) -> None:
    (tmp_path / "file.json").write_text(content)
    done = _replay(tmp_path / "file.json")

    assert done.returncode == 2
    assert "Traceback" not in done.stderr


def test_the_log_names_each_exchange_and_holds_no_secret(
    own_settings: Settings, api: ScriptedApi, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets = {
        "CLAUDE_PROXY_API_KEY": "planted-key-1",
        "ANTHROPIC_API_KEY": "planted-key-2",
        "ANTHROPIC_AUTH_TOKEN": "planted-token-3",
        "CLAUDE_PROXY_LOG_LEVEL": "debug",
        "CLAUDE_PROXY_ALLOW_INTERNAL": "1",
        "CLAUDE_PROXY_ALLOW_BASH": "1",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    log = tmp_path / "log"
    with towpath_process(own_settings, log) as (_, url):
        headers = {"x-api-key": "planted-key-1", "authorization": "Bearer planted-token-4"}
        headers["x-opencode-session"] = "ses_1"
        with httpx.Client(base_url=url, headers=headers, timeout=60) as http:
            client = Client(http, system="planted-system")
            reply = client.say(user('SAY planted-text\nCALL read {"path": "planted-input"}'))
            client.say(user(result(calls_of(reply)[0], "planted-result")))
            api.reply(Failure(400, "invalid_request_error", "messages: planted-error"))
            client.post([user("planted-other")])
            command = json.dumps({"command": "echo planted-output; exit 3"})
            body = request([user(f"CALL bash {command}")], tools=[])
            http.post("/v1/messages", json=body, headers={"x-towpath-mode": "internal"})
            client.post([{"role": "planted-role", "content": "planted"}])
            http.get("/nothing", headers={"x-api-key": "planted-wrong-key"})
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]

    assert not re.search("planted", log.read_text())
    exchanges = [line for line in lines if line["event"] == "exchange"]
    assert {line["client_session"] for line in exchanges} == {"ses_1"}
    assert [line["outcome"] for line in exchanges] == ["complete", "complete", "failed", "complete"]
    assert [line["way"] for line in exchanges] == ["start", "answer", None, "start"]
    assert len({line["request_id"] for line in exchanges}) == 4
    tool = next(line for line in lines if line["event"] == "tool")
    assert _named(tool) == _named(exchanges[-1])


def _named(line: Json) -> list[object]:
    return [line["request_id"], line["session"], line["way"]]


def _replay(file: Path, *flags: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "towpath", "replay", str(file), *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)
