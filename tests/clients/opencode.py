"""The real OpenCode, from npm, as a user runs it; and nothing that it starts outlives its test."""

import json
import platform
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.clients import npm
from tests.clients.listed import Client
from tests.clients.program import RUN_SECONDS, run, started
from tests.support.fidelity import Json, seen

CLIENT = Client(
    name="OpenCode",
    version=npm.VERSIONS["opencode-ai"],
    lines="ANTHROPIC_API_KEY=dummy ANTHROPIC_BASE_URL=http://127.0.0.1:3456 opencode",
)
MODEL = "claude-sonnet-4-5"

# With these, only loopback is contacted (checked with strace): OpenCode would look for updates and models
# and install its plugin library, the plugin would ask npm for its newest version and send telemetry.
OFFLINE: Mapping[str, str] = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_MODELS_FETCH": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OMO_DISABLE_POSTHOG": "1",
    "OMO_SEND_ANONYMOUS_TELEMETRY": "0",
    **npm.OFFLINE,
}


@dataclass(frozen=True)
class Workspace:
    """A user's home and a git repository to work in."""

    home: Path
    folder: Path

    def file(self, name: str, content: str) -> Path:
        """A file in the repository."""
        path = self.folder / name
        path.write_text(content)
        return path


def workspace(folder: Path) -> Workspace:
    """A new workspace below ``folder``."""
    made = Workspace(folder / "home", folder / "work")
    made.home.mkdir(parents=True)
    made.folder.mkdir()
    subprocess.run(("git", "init", "--quiet"), cwd=made.folder, check=True)
    return made


@dataclass(frozen=True)
class OpenCode:
    """OpenCode with the proxy as its Anthropic API. ``modules`` is the folder that npm filled."""

    modules: Path
    proxy_url: str

    def run(
        self, prompt: str, workspace: Workspace, *args: str, model: str = MODEL, plugin: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        """``opencode run``, to its end. ``plugin`` adds oh-my-opencode. A --title saves the title request."""
        self._write_configuration(workspace.home, model, plugin=plugin)
        command: list[str | Path] = [self.program, "run", *args, prompt]
        return run(command, workspace.folder, _environment(workspace.home))

    @contextmanager
    def serve(self, home: Path) -> Iterator["Server"]:
        """``opencode serve``: it is up after 5 s of work, then a conversation costs next to nothing."""
        self._write_configuration(home, MODEL, plugin=False)
        command = (self.program, "serve", "--port", "0")
        with (
            tempfile.TemporaryFile("w+") as err,
            started(command, home, _environment(home), subprocess.PIPE, err) as process,
        ):
            assert process.stdout
            with process.stdout as lines:
                url = next(line for line in lines if "listening on" in line).split()[-1]
                with httpx.Client(base_url=url, timeout=RUN_SECONDS) as client:
                    yield Server(client)

    @property
    def program(self) -> Path:
        """The native program; ``node_modules/.bin`` has only what the install scripts would have replaced."""
        machine = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        return self.modules / f"opencode-{platform.system().lower()}-{machine}" / "bin" / "opencode"

    def _write_configuration(self, home: Path, model: str, *, plugin: bool) -> None:
        folder = home / ".config" / "opencode"
        folder.mkdir(parents=True, exist_ok=True)
        configuration = {
            "autoupdate": False,
            "share": "disabled",
            "model": f"anthropic/{model}",
            "provider": {"anthropic": {"options": {"baseURL": f"{self.proxy_url}/v1", "apiKey": "dummy"}}},
            "permission": {"*": "allow"},
            "plugin": [(self.modules / "oh-my-opencode").as_uri()] if plugin else [],
        }
        (folder / "opencode.json").write_text(json.dumps(configuration))
        quiet = {"disabled_mcps": ["websearch", "context7", "grep_app"], "telemetry": False}
        (folder / "oh-my-opencode.json").write_text(json.dumps(quiet))


def _environment(home: Path) -> dict[str, str]:
    return {"HOME": str(home), **OFFLINE}


@dataclass(frozen=True)
class Server:
    """The HTTP interface of ``opencode serve``."""

    client: httpx.Client

    def session(self, folder: Path, **fields: str) -> "Session":
        """A new conversation in ``folder``. A title saves the title request."""
        where = {"directory": str(folder)}
        response = self.client.post("/session", params=where, json=fields).raise_for_status()
        return Session(self.client, response.json()["id"], where)

    @contextmanager
    def events(self, folder: Path) -> Iterator[Iterator[Json]]:
        """What happens in ``folder`` from now on."""
        with self.client.stream("GET", "/event", params={"directory": str(folder)}) as response:
            lines = (line for line in response.iter_lines() if line)
            events = (json.loads(line.removeprefix("data:")) for line in lines)
            assert next(events)["type"] == "server.connected"
            yield events


@dataclass(frozen=True)
class Session:
    """A conversation with OpenCode."""

    client: httpx.Client
    id: str
    where: Mapping[str, str]

    def say(self, text: str) -> Json:
        """Send a message; the last message of the answer, with its info and parts, when all is done."""
        message: Json = self.post("message", parts=[{"type": "text", "text": text}])
        return message

    def fork(self, message_id: str) -> "Session":
        """A conversation of its own, with what was said before this message."""
        return Session(self.client, self.post("fork", messageID=message_id)["id"], self.where)

    def post(self, action: str, **fields: object) -> Any:
        """Ask for an action on the conversation: revert, abort."""
        path = f"/session/{self.id}/{action}"
        return self.client.post(path, params=self.where, json=fields).raise_for_status().json()


def call(tool: str, **arguments: str) -> str:
    """The line of a prompt that makes the model call a tool."""
    return f"CALL {tool} {json.dumps(arguments)}"


def results(body: Json) -> dict[str, str]:
    """The tool results in the newest message of an API request, by the id of their call."""
    blocks = body["messages"][-1]["content"]
    return {b["tool_use_id"]: text_of(b["content"]) for b in blocks if b["type"] == "tool_result"}


def calls(body: Json) -> dict[str, Json]:
    """The arguments of the calls in the message before, by id."""
    blocks = body["messages"][-2]["content"]
    return {block["id"]: block["input"] for block in blocks if block["type"] == "tool_use"}


def text_of(content: "str | list[Json]") -> str:
    """The text of blocks, or of parts, as OpenCode calls its own."""
    if isinstance(content, str):
        return content
    return "".join(item["text"] for item in content if item["type"] == "text")


def conversation(body: Json) -> list[tuple[str, str]]:
    """The texts that the model sees, with who wrote them."""
    return [(message["role"], text_of(message["content"])) for message in seen(body)]
