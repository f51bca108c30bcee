"""What the CLI added: read from its session file, kept by conversation and by environment."""

import json
import os
import time
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from tests.support.fidelity import Json, assistant, user
from towpath.agent.additions import AdditionStore
from towpath.agent.history import WITHIN_RESULTS
from towpath.agent.session_file import SessionFileReader, last_failure
from towpath.core.canonical import Tip, seed, step
from towpath.core.launch import Launch

LAUNCH = Launch(model="m", system="", body={}, cwd="/work")
ENTRIES = [{"type": "attachment", "attachment": {"type": "date"}, "rendered": "the date"}]
OTHERS = [{"type": "attachment", "attachment": {"type": "model"}, "rendered": "the model"}]


def tips_of(*words: str) -> list[Tip]:
    """The digests of a conversation in which user and assistant take turns."""
    speak = (user, assistant)
    messages = [speak[place % 2](word) for place, word in enumerate(words)]
    return list(accumulate(messages, step, initial=seed(LAUNCH.key)))


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


def test_additions_are_given_back_behind_the_message_that_they_came_with(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    store.remember(LAUNCH, tips_of("a", "b", "c")[-1], OTHERS)

    assert store.of(LAUNCH, tips_of("a", "b", "c", "d", "e")) == {1: ENTRIES, 3: OTHERS}


def test_additions_of_another_conversation_are_not(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    store.remember(LAUNCH, tips_of("x")[-1], OTHERS)

    assert store.of(LAUNCH, tips_of("a", "b", "c")) == {1: ENTRIES}


def test_a_conversation_that_is_not_known_gets_the_newest_of_its_environment_at_its_beginning(
    tmp_path: Path,
) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    store.remember(LAUNCH, tips_of("x", "y", "z")[-1], OTHERS)

    assert store.of(LAUNCH, tips_of("n", "o", "p")) == {1: OTHERS}


@pytest.mark.parametrize("words", [(), ("n",)])
def test_a_conversation_that_begins_gets_none(tmp_path: Path, words: tuple[str, ...]) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)

    assert store.of(LAUNCH, tips_of(*words)) == {}


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Launch(model="m", system="", body={}, cwd="/elsewhere"), id="directory"),
        pytest.param(Launch(model="n", system="", body={}, cwd="/work"), id="model"),
    ],
)
def test_another_environment_gets_none(tmp_path: Path, other: Launch) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)

    assert store.of(other, tips_of("n", "o", "p")) == {}


def test_an_environment_does_not_depend_on_the_rest_of_the_launch(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)

    other = Launch(model="m", system="Be brief.", body={"max_tokens": 1}, cwd="/work", caller="ann")
    assert store.of(other, tips_of("n", "o", "p")) == {1: ENTRIES}


def test_what_an_environment_says_survives_a_restart(tmp_path: Path) -> None:
    AdditionStore(tmp_path / "additions").remember(LAUNCH, tips_of("a")[-1], ENTRIES)

    assert AdditionStore(tmp_path / "additions").of(LAUNCH, tips_of("a", "b", "c")) == {1: ENTRIES}


def test_an_environment_is_what_the_cli_says_of_it_and_nothing_else(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path)
    reminder = {"type": "attachment", "attachment": {"type": "reminder"}, "rendered": "a reminder"}
    store.remember(LAUNCH, tips_of("a")[-1], [reminder, *ENTRIES])
    store.remember(LAUNCH, tips_of("x")[-1], [reminder])

    assert store.of(LAUNCH, tips_of("a", "b", "c")) == {1: [reminder, *ENTRIES]}
    assert store.of(LAUNCH, tips_of("n", "o", "p")) == {1: ENTRIES}


def test_nothing_added_says_nothing(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path)
    store.remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    store.remember(LAUNCH, tips_of("a")[-1], [])

    assert store.of(LAUNCH, tips_of("a", "b", "c")) == {1: ENTRIES}
    assert AdditionStore(tmp_path).of(LAUNCH, tips_of("n", "o", "p")) == {1: ENTRIES}


@pytest.mark.parametrize("damaged", [b"", b'[{"type":"attach', b"\xff\xfe", b"[]"])
def test_a_damaged_file_gives_none(tmp_path: Path, damaged: bytes) -> None:
    AdditionStore(tmp_path).remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    [file] = tmp_path.iterdir()
    file.write_bytes(damaged)

    assert AdditionStore(tmp_path).of(LAUNCH, tips_of("a", "b", "c")) == {}


def test_without_a_folder_there_are_none(tmp_path: Path) -> None:
    assert AdditionStore(tmp_path / "absent").of(LAUNCH, tips_of("a", "b", "c")) == {}


def held(store: AdditionStore, *words: str) -> list[str]:
    """Those words whose conversation the store knows by its tip."""
    fresh: Json = {**ENTRIES[0], "rendered": "of the environment"}
    store.remember(LAUNCH, tips_of("newest")[-1], [fresh])
    return [word for word in words if store.of(LAUNCH, tips_of(word, "b", "c")) == {1: ENTRIES}]


def test_the_conversations_that_were_remembered_last_are_kept(tmp_path: Path) -> None:
    store = AdditionStore(tmp_path, conversations=3)
    for word in ("a", "b", "c", "a", "d"):
        store.remember(LAUNCH, tips_of(word)[-1], ENTRIES)

    assert held(store, "a", "b", "c", "d") == ["a", "d"]  # and the third is the one that `held` brings


def test_of_an_exchange_with_new_additions_all_are_told(path: Path) -> None:
    """Seen: environment and model in one go, the date in the next; the second must not replace the first."""
    reader = SessionFileReader(path)
    append(path, attachment("first"))
    reader.new_additions()
    append(path, attachment("second"))

    assert [entry["rendered"] for entry in reader.new_additions()[0]] == ["first", "second"]


def test_what_nobody_wrote_for_a_month_is_removed(tmp_path: Path) -> None:
    AdditionStore(tmp_path).remember(LAUNCH, tips_of("a")[-1], ENTRIES)
    (file,) = tmp_path.iterdir()
    ages = {}
    for days in (29, 31):
        written = time.time() - days * 24 * 3600
        os.utime(file, (written, written))
        AdditionStore(tmp_path)
        ages[days] = file.exists()

    assert ages == {29: True, 31: False}


def test_tool_results_begin_no_exchange_where_tools_run_in_the_proxy(tmp_path: Path) -> None:
    file = tmp_path / "session.jsonl"
    file.write_bytes(b"")
    ours, theirs = SessionFileReader(file, results_count=False), SessionFileReader(file)
    results = line(type="user", message={"role": "user", "content": [{"type": "tool_result"}]})
    append(file, PROMPT + REPLY + results + REPLY + attachment("late"))

    assert list(ours.new_additions()) == [0]
    assert list(theirs.new_additions()) == [1]
    assert (ours.replies, theirs.replies) == (1, 2)
