"""Recordings: a file for each exchange, which is not in its way."""

import asyncio
from pathlib import Path

import orjson
import pytest
import structlog

from tests.support.exchanges import Upstream, exchanges_of, items_of
from tests.support.fidelity import Json, user
from towpath.server.exchange.events import Began, Ended, FirstEvent, Streamed
from towpath.server.exchange.publisher import Publisher
from towpath.server.observe.recorder import Recorder

USAGE = {"input_tokens": 7, "output_tokens": 5}


def recorded(folder: Path, *, with_content: bool) -> list[Json]:
    """The items of an exchange, when its file was due and is written, if it can be."""
    recorder, publisher = Recorder(folder, with_content=with_content), Publisher()
    publisher.subscribe(Began, recorder.began)
    publisher.subscribe(FirstEvent, recorder.first_event)
    publisher.subscribe(Streamed, recorder.streamed)
    publisher.subscribe(Ended, recorder.ended)

    async def main() -> list[Json]:
        items = await items_of(exchanges_of(Upstream(USAGE, USAGE), publisher.publish), [user("a secret")])
        await recorder.close()
        return items

    return asyncio.run(main())


@pytest.mark.parametrize("with_content", [False, True])
def test_a_recording_has_all_that_was_sent_and_content_only_if_asked(
    tmp_path: Path, *, with_content: bool
) -> None:
    headers, *events = recorded(tmp_path / "new", with_content=with_content)
    (file,) = (tmp_path / "new").iterdir()
    written = orjson.loads(file.read_bytes())

    assert (file.name, file.stat().st_mode & 0o777) == ("req_1.json", 0o600)
    assert written["answer"]["headers"] == headers
    assert [event["type"] for _, event in written["answer"]["events"]] == [event["type"] for event in events]
    assert written["answer"]["error"] is None
    assert ("a secret" in file.read_text()) is written["has_content"] is with_content


def test_a_file_that_cannot_be_written_is_a_line_in_the_log(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with structlog.testing.capture_logs() as lines:
        items = recorded(tmp_path / "file", with_content=True)

    assert items[-1] == {"type": "message_stop"}
    assert [line["event"] for line in lines] == ["the exchange could not be recorded"]
