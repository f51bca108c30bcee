"""`towpath demo`: a conversation with a tool round trip, seen on each leg, without an account.

The client here is a page of code, the proxy and the CLI are the real ones, and the API at the far end is
the scripted one that ships in ``towpath.testing``.
"""

import contextlib
import tempfile
import threading
from pathlib import Path
from typing import Any

import httpx
import typer
from rich.console import Console
from rich.markup import escape
from rich.panel import Panel

from towpath.cli.console import give_up
from towpath.cli.flags import PORT, settings_from
from towpath.cli.logs import configure_logging
from towpath.cli.serve.command import bind, connection_line
from towpath.server.upstream.accesses import NO_FILE
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

_QUESTION = 'CALL read {"filePath": "notes.txt"}\nCALL read {"filePath": "todo.txt"}'
_FILES = {"notes.txt": "Boats need no engine here.", "todo.txt": "1. Feed the horse."}
_TOOL = {
    "name": "read",
    "description": "Reads a file.",
    "input_schema": {
        "type": "object",
        "properties": {"filePath": {"type": "string"}},
        "required": ["filePath"],
    },
}


def demo(
    once: bool = typer.Option(False, "--once", help="Exit after the conversation."),
    port: str | None = PORT,
) -> None:
    """Play a conversation with tool calls through the real CLI and a scripted API. Needs no account.

    Example: towpath demo --once
    """
    from towpath.server.app import create_app  # loads the SDK

    number = settings_from({"port": port}).port
    configure_logging("error")  # what fails is said below, in one sentence
    bind(Settings.model_fields["host"].default, number).close()  # says in words that the port is taken
    console = Console()
    with tempfile.TemporaryDirectory(prefix="towpath-demo-") as folder, contextlib.ExitStack() as running:
        api = ScriptedApi()
        api_url = running.enter_context(serve_in_thread(api.app))
        settings = Settings(
            accesses=NO_FILE,
            upstream_base_url=api_url,
            upstream_api_key="scripted",  # type: ignore[arg-type]
            state_dir=Path(folder),
            api_key=None,
        )
        url = running.enter_context(serve_in_thread(create_app(settings), port=number))
        console.print(f"\nclient ──► [bold]towpath[/] {url} ──► real Claude CLI ──► scripted API {api_url}\n")
        _play(console, api, url)
        if not once:
            console.print("Serving until Ctrl-C. Its model does what the newest text says. Try")
            console.print(f"  {connection_line(url, 'opencode').strip()} run 'SAY hello'", highlight=False)
            with contextlib.suppress(KeyboardInterrupt):
                threading.Event().wait()
            console.print("\nStopped.")


def _play(console: Console, api: ScriptedApi, url: str) -> None:
    messages: list[dict[str, Any]] = [{"role": "user", "content": _QUESTION}]
    with httpx.Client(base_url=url, timeout=60) as client:
        reply = _exchange(console, client, api, "1 · a question that needs two files", messages)
        results = [
            {"type": "tool_result", "tool_use_id": b["id"], "content": _FILES[b["input"]["filePath"]]}
            for b in reply["content"]
            if b["type"] == "tool_use"
        ]
        messages += [{"role": "assistant", "content": reply["content"]}, {"role": "user", "content": results}]
        reply = _exchange(
            console, client, api, "2 · the client ran the tools and sends both results", messages
        )
        messages += [
            {"role": "assistant", "content": reply["content"]},
            {"role": "user", "content": "SAY The boats keep their own crew; the path only pulls them."},
        ]
        _exchange(console, client, api, "3 · a follow-up", messages)


def _exchange(
    console: Console, client: httpx.Client, api: ScriptedApi, title: str, messages: list[dict[str, Any]]
) -> dict[str, Any]:
    before = len(api.exchanges)
    response = client.post(
        "/v1/messages",
        json={
            "model": "claude-sonnet-4-5",
            "max_tokens": 1000,
            "system": "You work on a canal.",
            "tools": [_TOOL],
            "messages": messages,
        },
    )
    reply: dict[str, Any] = response.json()
    if response.is_error:
        give_up(reply["error"]["message"])
    way, reason = response.headers["x-towpath-way"], response.headers["x-towpath-reason"]
    calls = len(api.exchanges) - before
    lines = [
        "[bold]client → towpath[/]",
        *_described([messages[-1]]),
        f"[bold]towpath → API[/]  by way of the CLI: {way} ({reason}), {calls} model call",
        *_described(api.last["messages"]),
        "[bold]API → client[/]",
        *_described([reply]),
    ]
    console.print(Panel("\n".join(lines), title=title, title_align="left"))
    return reply


def _described(messages: list[dict[str, Any]]) -> list[str]:
    """One line a block; what the CLI adds to a conversation is shown dimmed and short."""
    lines = []
    for message in messages:
        content = message["content"]
        blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
        lines += [f"  {message['role']:9} {_line(block)}" for block in blocks]
    return lines


def _line(block: dict[str, Any]) -> str:
    match block["type"]:
        case "text" if block["text"].startswith("<system-reminder>"):
            return "[dim]text  (a reminder that the CLI adds: environment, model or date)[/]"
        case "text":
            return escape(f"text  {block['text']!r}")
        case "tool_use":
            return escape(f"tool_use {block['id']}  {block['name']} {block['input']}")
        case "tool_result":
            return escape(f"tool_result {block['tool_use_id']}  {block['content']}")
        case kind:
            return str(kind)
