"""A conversation as lines of the CLI's session file."""

import copy
import json
from itertools import pairwise
from typing import Any

import pytest

from tests.support.fidelity import Json, assistant, call, document, image, result, text, user
from towpath.agent.history_lines import WITHIN_RESULTS, Additions, session_lines
from towpath.core.canonical import SYSTEM_TEXT

CACHED = {"cache_control": {"type": "ephemeral"}}
THINKING = {"type": "thinking", "thinking": "hm", "signature": "s"}
CONVERSATION = [
    user("look at both", image()),
    assistant(THINKING, "I will", call("a", path="x"), call("b")),
    user(result("a", "ok"), result("b", "no such file", is_error=True), "go on"),
]


def entries_of(
    messages: list[Json], additions: Additions | None = None, *, is_counted: bool = False
) -> list[Json]:
    lines = session_lines(
        "3f1c",
        messages,
        additions or {},
        cwd="/work",
        model="claude-sonnet-4-5",
        version="2.1.330",
        timestamp="2026-08-01T10:00:00.000Z",
        is_counted=is_counted,
    )
    assert lines.endswith(b"\n")
    return [json.loads(line) for line in lines[:-1].split(b"\n")]


def sent(entry: Json) -> Json:
    return {"role": entry["message"]["role"], "content": entry["message"]["content"]}


def native(block: Json) -> Json:
    """A block of the newest user message as the file has it."""
    [entry] = entries_of([user(block)])[1:-1]
    content: Json = entry["message"]["content"][-1]
    return content


def attachment(name: str) -> Json:
    return {"type": "attachment", "attachment": {"type": name}, "rendered": f"the {name}"}


def test_without_messages_the_file_is_its_opening_entry() -> None:
    [opening] = entries_of([])

    assert (opening["type"], opening["parentUuid"]) == ("system", None)


def test_the_opening_entry_comes_first_then_one_entry_a_message_then_an_empty_user_entry() -> None:
    entries = entries_of(CONVERSATION)

    assert [entry["type"] for entry in entries] == ["system", "user", "assistant", "user", "user"]
    assert [sent(entry)["role"] for entry in entries[1:]] == ["user", "assistant", "user", "user"]
    assert sent(entries[-1]) == {"role": "user", "content": []}


def test_each_entry_names_the_one_before_as_its_parent() -> None:
    entries = entries_of(CONVERSATION, {1: [attachment("date")]})

    assert entries[0]["parentUuid"] is None
    assert all(entry["parentUuid"] == before["uuid"] for before, entry in pairwise(entries))
    assert len({entry["uuid"] for entry in entries}) == len(entries)


def test_each_entry_says_where_and_when_and_by_which_version() -> None:
    common = {
        "sessionId": "3f1c",
        "cwd": "/work",
        "version": "2.1.330",
        "timestamp": "2026-08-01T10:00:00.000Z",
        "isSidechain": False,
        "userType": "external",
    }

    assert all(entry.items() >= common.items() for entry in entries_of(CONVERSATION, {2: [attachment("x")]}))


def test_blocks_without_a_native_form_of_their_own_stay_as_they_are() -> None:
    messages = [user("a", image(), document()), assistant(THINKING, "b", call("c", path=[1, {"x": None}]))]

    assert [sent(entry) for entry in entries_of(messages)[1:-1]] == messages


def test_additions_follow_the_messages_that_they_came_with() -> None:
    date, model, late = attachment("date"), attachment("model"), attachment("late")

    entries = entries_of(CONVERSATION, {1: [date, model], 3: [late]})

    added = [None if "message" in entry else entry.get("rendered") for entry in entries[1:]]
    assert added == [None, "the date", "the model", None, None, "the late", None]
    assert all(entries[2][key] == date[key] for key in date)


def test_a_system_message_comes_after_the_user_s_and_before_additions() -> None:
    told = user("a", {"type": SYSTEM_TEXT, "text": "be brief"})

    _, said, system, addition, _ = entries_of([told], {1: [attachment("date")]})

    assert sent(said) == user("a")
    assert (system["type"], system["renderedRole"]) == ("attachment", "system")
    assert system["rendered"] == [{"content": "<system-reminder>\nbe brief\n</system-reminder>"}]
    assert addition["rendered"] == "the date"


RESULTS = user(result("a", [text("ok")]), "go on")
CALLED = [user("look"), assistant(call("a"))]


def test_an_entry_with_results_does_not_begin_with_one() -> None:
    """Else the CLI puts its reminders into the last of them."""
    entry = entries_of([*CALLED, RESULTS])[3]

    assert sent(entry)["content"] == [text(""), *RESULTS["content"]]


def test_additions_of_a_live_process_stand_in_the_results_again() -> None:
    later = {**attachment("date"), WITHIN_RESULTS: True}
    entries = entries_of([*CALLED, RESULTS], {3: [later]})

    assert sent(entries[3]) == RESULTS
    assert WITHIN_RESULTS not in entries[4]


def test_a_conversation_that_is_only_counted_has_no_empty_text() -> None:
    assert sent(entries_of([*CALLED, RESULTS], is_counted=True)[3]) == RESULTS


def test_an_addition_belongs_to_this_session() -> None:
    foreign = {**attachment("date"), "sessionId": "other", "uuid": "u", "parentUuid": "p", "cwd": "/other"}

    added = entries_of(CONVERSATION, {1: [foreign]})[2]

    assert (added["sessionId"], added["cwd"]) == ("3f1c", "/work")
    assert (added["uuid"], added["parentUuid"]) != ("u", "p")


def test_the_additions_passed_in_are_not_changed() -> None:
    additions = {1: [attachment("date")]}

    entries_of(CONVERSATION, additions)

    assert additions == {1: [attachment("date")]}


def test_the_messages_passed_in_are_not_changed() -> None:
    marked = {**text("a"), **CACHED}
    messages = [
        user(marked, image()),
        assistant({**call("c"), **CACHED}, call("d")),
        user(result("c", [marked], is_error=True), result("d", [marked], **CACHED), marked),
    ]
    before = copy.deepcopy(messages)

    entries_of(messages)

    assert messages == before


@pytest.mark.parametrize(
    "message",
    [
        pytest.param(user({**text("a"), **CACHED}), id="text"),
        pytest.param(user({**image(), **CACHED}, {**document(), **CACHED}), id="media"),
        pytest.param(assistant({**text("a"), **CACHED}, {**call("c"), **CACHED}), id="assistant"),
        pytest.param(user(result("c", "a", **CACHED)), id="result"),
        pytest.param(user(result("c", "a", is_error=True, **CACHED)), id="error"),
        pytest.param(user(result("c", [{**text("a"), **CACHED}, {**image(), **CACHED}])), id="in-a-result"),
        pytest.param(
            user(result("c", [{**text("a"), **CACHED}, text("b")], is_error=True)), id="inside-an-error"
        ),
    ],
)
def test_no_block_is_marked_for_the_cache(message: Json) -> None:
    assert "cache_control" not in json.dumps(entries_of([message]))


@pytest.mark.parametrize(
    ("content", "blocks"),
    [
        ("ok", [text("ok")]),
        ([text("ok"), image()], [text("ok"), image()]),
        ([], []),
        (None, []),
        ("", [text("")]),
    ],
)
@pytest.mark.parametrize("more", [{}, {"is_error": False}, {"is_error": None}])
def test_a_result_is_a_list_of_blocks(content: Any, blocks: list[Json], more: Json) -> None:
    assert native(result("c", content, **more)) == {
        "type": "tool_result",
        "tool_use_id": "c",
        "content": blocks,
    }


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ("no such file", "no such file"),
        ([text("no such file")], "no such file"),
        ([text("a"), text("b")], [text("a"), text("b")]),
        ([image()], [image()]),
        ([], []),
    ],
)
def test_an_error_with_one_text_is_that_text(content: Any, written: Any) -> None:
    assert native(result("c", content, is_error=True)) == {
        "type": "tool_result",
        "tool_use_id": "c",
        "content": written,
        "is_error": True,
    }


def test_the_form_of_a_result_does_not_depend_on_how_the_client_wrote_it() -> None:
    assert json.dumps(native(result("c", "ok"))) == json.dumps(
        native({"content": [text("ok")], "is_error": False, "tool_use_id": "c", "type": "tool_result"})
    )


def test_an_assistant_entry_names_the_model() -> None:
    entry = entries_of(CONVERSATION)[2]

    assert entry["message"]["model"] == "claude-sonnet-4-5"
    assert [e["message"].get("model") for e in entries_of(CONVERSATION) if e["type"] == "user"] == [None] * 3


@pytest.mark.parametrize(
    ("message", "reason"), [(assistant("b", call("c")), "tool_use"), (assistant("b"), "end_turn")]
)
def test_an_assistant_entry_says_why_it_ended(message: Json, reason: str) -> None:
    assert entries_of([user("a"), message])[2]["message"]["stop_reason"] == reason


def test_assistant_entries_have_ids_of_their_own_that_stay_the_same() -> None:
    messages = [user("a"), assistant("b"), user("c"), assistant("d"), user("e")]
    ids = [e["message"]["id"] for e in entries_of(messages) if e["type"] == "assistant"]

    assert len(set(ids)) == 2
    assert [e["message"]["id"] for e in entries_of(messages) if e["type"] == "assistant"] == ids


def test_a_user_entry_is_no_command() -> None:
    users = [entry for entry in entries_of(CONVERSATION) if entry["type"] == "user"]

    assert all(entry["queueSkipSlashCommands"] and entry["queueSkipAttachments"] for entry in users)
