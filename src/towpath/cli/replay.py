"""`towpath replay`: a recorded exchange once more, through the real CLI, against a scripted API."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import httpx
import orjson
import typer

from towpath.cli.logs import configure_logging
from towpath.cli.printable import printable
from towpath.core.events import MessageFold
from towpath.core.figures import counted
from towpath.core.to_json import Json
from towpath.server.upstream.accesses import NO_FILE
from towpath.settings import Settings
from towpath.testing import Failure, Reply, ScriptedApi, serve_in_thread

_TIMEOUT_SECONDS = 120


def replay(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `towpath serve --record DIR` wrote.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print the comparison as JSON.")] = False,
) -> None:
    """Play a recorded exchange again and compare. Exits with 0 if it ends as it did, with 1 if not.

    A scripted API plays the model: no account is needed, and nothing leaves this machine.

    Example: towpath replay recordings/req_0123.json
    """
    configure_logging("error")
    recording = _read(file)
    now = _play(recording)
    then: Json = {"status": _status(recording["answer"]), "kinds": _kinds(recording["answer"]["events"])}
    same = then == {name: now[name] for name in then}
    if as_json:
        typer.echo(json.dumps({"same": same, "then": then, "now": now}, indent=2))
    else:
        body = recording["request"]["body"]
        way = recording["answer"]["headers"].get("x-towpath-way", "none")
        length = counted(len(body["messages"]), "message")
        for line in (
            f"recorded with towpath {recording['towpath']}: {length}, way {way}",
            f"then: {then['status']}, {_in_words(then['kinds'])}",
            f"now:  {now['status']}, {_in_words(now['kinds'])}, {counted(now['calls'], 'model call')}",
            "It ends as it did." if same else f"It ends differently. {now['error'] or ''}".rstrip(),
        ):
            typer.echo(printable(line))
    raise typer.Exit(0 if same else 1)


def _read(file: Path) -> Json:
    from towpath.server.observe.recorder import FORMAT  # loads the SDK, as below

    try:
        recording = orjson.loads(file.read_bytes())
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}") from error
    except orjson.JSONDecodeError as error:
        raise typer.BadParameter(f"{file}: not JSON: {error}") from error
    if not isinstance(recording, dict) or recording.get("format") != FORMAT:
        raise typer.BadParameter(f"{file}: not a recording of this version ({FORMAT})")
    return recording


def _play(recording: Json) -> Json:
    from towpath.server.app import create_app  # loads the SDK

    api = ScriptedApi()
    api.reply(_script(recording["answer"]))
    body = {**recording["request"]["body"], "stream": True}
    with TemporaryDirectory(prefix="towpath-replay-") as folder, serve_in_thread(api.app) as upstream:
        settings = Settings(
            accesses=NO_FILE,
            upstream_base_url=upstream,
            upstream_api_key="dummy",  # type: ignore[arg-type]
            state_dir=Path(folder) / "state",
            workdir=Path(folder),
            allow_internal=True,
            spares=0,
            record=None,
            api_key=None,
        )
        with serve_in_thread(create_app(settings)) as url:
            response = httpx.post(
                f"{url}/v1/messages",
                json=body,
                headers=recording["request"]["headers"],
                timeout=_TIMEOUT_SECONDS,
            )
    events = [json.loads(line[6:]) for line in response.text.splitlines() if line.startswith("data: ")]
    error = next((event["error"]["message"] for event in events if event["type"] == "error"), None)
    if response.status_code != 200:
        error = response.json()["error"]["message"]
    kinds = _kinds([[0, event] for event in events])
    return {"status": response.status_code, "kinds": kinds, "calls": len(api.exchanges), "error": error}


def _script(answer: Json) -> Reply | Failure:
    """What the model's side said then, as far as it got."""
    error = answer["error"]
    if error and not answer["events"]:
        return Failure(error["status"], error["type"], error["message"])
    message = MessageFold()
    for _, event in answer["events"]:
        message.add(event)
    content = tuple(message.message.get("content", ()))
    broken = {"type": error["type"], "message": error["message"]} if error else None
    return Reply(
        content,
        stop_reason=message.message.get("stop_reason"),
        error_after_events=(len(answer["events"]), broken) if broken else None,
    )


def _status(answer: Json) -> int:
    return int(answer["error"]["status"]) if answer["error"] and not answer["events"] else 200


def _kinds(events: list[list[Any]]) -> list[str]:
    """The shape of an answer: its blocks in order, and how it ended."""
    blocks = [e["content_block"]["type"] for _, e in events if e["type"] == "content_block_start"]
    ends = [e["delta"].get("stop_reason") or "none" for _, e in events if e["type"] == "message_delta"]
    return [*blocks, *ends]


def _in_words(kinds: list[str]) -> str:
    return ", ".join(kinds) or "no message"
