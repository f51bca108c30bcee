"""The session file: private when it is written; what the CLI appends is read once, by exchange."""

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from tests.support.fidelity import user
from towpath.agent.history_lines import WITHIN_RESULTS
from towpath.agent.session_file import SessionFileReader, last_failure, write_session_file
from towpath.core.launch import Launch

ENTRIES = [{"type": "attachment", "attachment": {"type": "date"}, "rendered": "the date"}]


def line(**entry: Any) -> bytes:
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def attachment(rendered: str | None = "the date", **more: Any) -> bytes:
    return line(type="attachment", attachment={"type": "date"}, rendered=rendered, **more)


PROMPT = line(type="user", message={"role": "user", "content": []})
REPLY = line(type="assistant", message={"role": "assistant", "content": []})


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A session file as Towpath writes it: with an addition of an earlier process."""
    path = tmp_path / "session.jsonl"
    path.write_bytes(line(type="system") + attachment("given back"))
    return path


def test_the_file_and_its_folder_are_the_users_alone(tmp_path: Path) -> None:
    path = tmp_path / "own" / "name.jsonl"
    write_session_file(path, Launch(model="m", system="", body={}, cwd="/work"), [user("hello")], {})

    entries = [json.loads(entry) for entry in path.read_bytes().splitlines()]
    assert {entry["sessionId"] for entry in entries} == {"name"}
    assert [stat.S_IMODE(made.stat().st_mode) for made in (path.parent, path)] == [0o700, 0o600]


def test_what_was_in_the_file_before_is_not_new(path: Path) -> None:
    assert SessionFileReader(path).new_additions() == {}


def test_what_is_appended_is_new_once(path: Path) -> None:
    reader = SessionFileReader(path)
    append(path, attachment())

    assert reader.new_additions() == {0: ENTRIES}
    assert reader.new_additions() == {}


def test_a_line_is_read_when_it_is_complete(path: Path) -> None:
    reader = SessionFileReader(path)
    written = attachment()
    append(path, attachment("first") + written[:20])

    assert [entry["rendered"] for entry in reader.new_additions()[0]] == ["first"]
    append(path, written[20:-1])
    assert reader.new_additions() == {}
    append(path, written[-1:])
    assert reader.new_additions()[0][1:] == ENTRIES


def test_only_what_makes_an_addition_is_kept(path: Path) -> None:
    reader = SessionFileReader(path)
    append(path, attachment(renderedRole="system", uuid="u", sessionId="s", cwd="/work"))

    assert reader.new_additions() == {0: [{**ENTRIES[0], "renderedRole": "system"}]}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(attachment(None), id="attachment-without-a-text"),
        pytest.param(attachment(""), id="attachment-with-an-empty-text"),
        pytest.param(line(type="attachment", attachment={}), id="attachment-that-was-not-rendered"),
        pytest.param(line(type="user", message={"content": [{"type": "attachment"}]}), id="message"),
        pytest.param(line(type="user", message={"content": '"type":"attachment"'}), id="quotation"),
        pytest.param(line(type="user", rendered="the date"), id="another-entry-with-a-text"),
    ],
)
def test_other_lines_are_passed_over(path: Path, other: bytes) -> None:
    reader = SessionFileReader(path)
    append(path, other + attachment())

    assert reader.new_additions() == {0: ENTRIES}


def test_additions_belong_to_the_exchange_in_which_they_stand(path: Path) -> None:
    reader = SessionFileReader(path)
    append(path, attachment("a") + REPLY + attachment("b") + REPLY + PROMPT + attachment("c") + REPLY)
    append(path, PROMPT + PROMPT + attachment("d"))

    found = {number: [e["rendered"] for e in entries] for number, entries in reader.new_additions().items()}

    assert found == {0: ["a", "b"], 1: ["c"], 2: ["d"]}


def test_exchanges_are_counted_over_all_that_was_read(path: Path) -> None:
    reader = SessionFileReader(path)
    append(path, attachment("a") + REPLY)
    reader.new_additions()
    append(path, PROMPT + attachment())

    assert {number: len(entries) for number, entries in reader.new_additions().items()} == {1: 1}


def test_those_of_later_exchanges_stand_in_the_results_that_a_live_process_was_given(path: Path) -> None:
    reader = SessionFileReader(path)
    append(path, attachment() + REPLY + PROMPT + attachment())

    assert reader.new_additions() == {0: ENTRIES, 1: [{**ENTRIES[0], WITHIN_RESULTS: True}]}


@pytest.mark.parametrize(
    ("written", "replies"),
    [
        ((), 0),
        (("prompt",), 0),
        (("reply",), 1),
        (("prompt", "reply"), 1),
        (("reply", "reply"), 1),
        (("reply", "prompt"), 1),
        (("reply", "prompt", "reply"), 2),
        (("reply", "prompt", "prompt", "reply", "reply"), 2),
    ],
)
def test_the_replies_that_were_written_are_counted(
    path: Path, written: tuple[str, ...], replies: int
) -> None:
    reader = SessionFileReader(path)
    append(path, b"".join({"prompt": PROMPT, "reply": REPLY}[kind] for kind in written))

    reader.new_additions()

    assert reader.replies == replies


def test_the_newest_failure_is_found(path: Path) -> None:
    append(path, line(isApiErrorMessage=True, requestId="req_1"))
    append(path, line(isApiErrorMessage=True, requestId="req_2") + attachment())

    assert last_failure(path)["requestId"] == "req_2"


def test_without_a_failure_there_is_no_note(path: Path) -> None:
    assert last_failure(path) == {}


def test_of_an_exchange_with_new_additions_all_are_told(path: Path) -> None:
    """Seen: environment and model in one go, the date in the next; the second must not replace the first."""
    reader = SessionFileReader(path)
    append(path, attachment("first"))
    reader.new_additions()
    append(path, attachment("second"))

    assert [entry["rendered"] for entry in reader.new_additions()[0]] == ["first", "second"]


def test_tool_results_begin_no_exchange_where_tools_run_in_the_proxy(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    file.write_bytes(b"")
    ours, theirs = SessionFileReader(file, results_count=False), SessionFileReader(file)
    results = line(type="user", message={"role": "user", "content": [{"type": "tool_result"}]})
    append(file, PROMPT + REPLY + results + REPLY + attachment("late"))

    assert list(ours.new_additions()) == [0]
    assert list(theirs.new_additions()) == [1]
    assert (ours.replies, theirs.replies) == (1, 2)
