"""What the CLI added, kept by conversation and by environment."""

import os
import time
from itertools import accumulate
from pathlib import Path

import pytest

from tests.support.fidelity import Json, assistant, user
from towpath.agent.additions import AdditionStore
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


def test_additions_are_given_back_after_the_message_that_they_came_with(tmp_path: Path) -> None:
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
