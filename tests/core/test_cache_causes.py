"""Why the prompt cache was not read: the decision, without any process."""

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.profiles import scaled
from towpath.core.launch import Launch
from towpath.core.prompt_cache.causes import CacheUse, Cause, Prompt, cache_use, prompt_of
from towpath.core.prompt_cache.misses import CacheMemory
from towpath.core.reading.message import checked_message
from towpath.core.reading.request import Message

Fields = dict[str, Any]
LARGE = "a long system prompt " * 2000
BODY: Fields = {
    "tools": [{"name": "read", "input_schema": {"type": "object"}}],
    "max_tokens": 100,
    "thinking": {"type": "enabled", "budget_tokens": 2000},
}


def prompt(texts: Sequence[str], *, blocks: int = 1, **fields: Any) -> Prompt:
    """A prompt of messages that have these texts, user and assistant in turn, in this many blocks each."""
    messages: list[Message] = [
        {"role": ("user", "assistant")[place % 2], "content": [{"type": "text", "text": text}] * blocks}
        for place, text in enumerate(texts)
    ]
    digests = [checked_message(message, b"").digest for message in messages]
    own = {"model": "claude-sonnet-4-5", "system": "You are a test.", "cwd": "/", **fields}
    body = {**BODY, **own.pop("body", {})}
    launch = Launch(body={name: value for name, value in body.items() if value is not None}, **own)
    return prompt_of(launch, messages, digests)


def use(read: int, written: int = 0, life: float | None = 300.0) -> CacheUse:
    return CacheUse(read, written, read + written + 3, life if written else None)


class CacheScenario:
    """Requests one after another, each sent when it is told and answered a second later."""

    def __init__(self, **limits: int) -> None:
        self.memory = CacheMemory(**limits)
        self.cause: Cause | None = None

    def ask(self, prompt: Prompt, use: CacheUse, *, at: float = 0, is_start: bool = False) -> str | None:
        note = self.memory.note(prompt, use, sent_at=at, now=at + 1, is_start=is_start)
        self.cause = note.cause if note else None
        return note.sentence if note else None


FIRST = ["one", "One.", "two"]
NEXT = [*FIRST, "Two.", "three"]


@pytest.mark.parametrize(
    ("changed", "cause", "sentence"),
    [
        ({"model": "claude-opus-5-5"}, Cause.MODEL, "model changed"),
        ({"body": {"tools": []}}, Cause.TOOLS, "tools changed"),
        (
            {"body": {"tools": [{"input_schema": {"type": "object"}, "name": "read"}]}},
            Cause.TOOLS,
            "tools changed",  # the order of keys is part of the prompt
        ),
        ({"system": "You are another."}, Cause.SYSTEM, "system changed"),
        (
            {"body": {"thinking": None}},
            Cause.PARAMETERS,
            "parameters changed: thinking.budget_tokens, thinking.type",
        ),
        (
            {"body": {"thinking": {"type": "enabled", "budget_tokens": 3000}}},
            Cause.PARAMETERS,
            "parameters changed: thinking.budget_tokens",
        ),
        (
            {"body": {"output_config": {"effort": "low"}}},
            Cause.PARAMETERS,
            "parameters changed: output_config.effort",
        ),
        ({"betas": ("some-beta",)}, Cause.PARAMETERS, "parameters changed: betas"),
        ({"body": {"Évil\r\nx: y": 1}}, Cause.PARAMETERS, "parameters changed: another field"),
        # The first in the order of the cache is named.
        ({"model": "claude-opus-5-5", "system": "You are another."}, Cause.MODEL, "model changed"),
        ({"body": {"tools": []}, "system": "You are another."}, Cause.TOOLS, "tools changed"),
    ],
)
def test_a_segment_that_changed_is_named(changed: Fields, cause: Cause, sentence: str) -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000))

    assert scenario.ask(prompt(NEXT, **changed), use(0, 2100), at=10, is_start=True) == sentence
    assert scenario.cause is cause


@pytest.mark.parametrize(
    "changed",
    [
        {"body": {"max_tokens": 5}},
        {"body": {"temperature": 0.5, "top_p": 1, "stop_sequences": ["x"], "metadata": {"user_id": "x"}}},
        {"body": {"tools": [{"name": "read", "input_schema": {"type": "object"}}], "service_tier": "auto"}},
        {"cwd": "/elsewhere", "caller": "someone"},
    ],
)
def test_what_does_not_count_is_never_named(changed: Fields) -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000))

    assert scenario.ask(prompt(NEXT, **changed), use(0, 2100), at=10) == "unknown"


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [
        (["one", "One.", "2", "Two.", "three"], "message 3 changed"),
        (["one", "1.", "two", "Two.", "three"], "message 2 changed"),
        (["1", "One.", "two", "Two.", "three"], "message 1 changed"),
        (["one", "One.", "two", "Two.", "3"], "message 5 changed"),
        (["one", "One.", "two", "2.", "3"], "message 4 changed"),
        (["one", "summary"], "message 2 changed"),
        (["another", "start", "altogether"], None),
        (["one", "One.", "two"], None),  # only shorter: what was kept of it is not known
    ],
)
def test_a_message_that_changed_is_named(texts: list[str], sentence: str | None) -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000))
    scenario.ask(prompt(NEXT), use(2000, 100), at=10)

    assert scenario.ask(prompt(texts), use(1000), at=20, is_start=True) == sentence


@pytest.mark.parametrize(
    ("at", "life", "is_start", "blocks", "sentence"),
    [
        (301, 300, False, 1, "unknown"),  # counted from when the last answer began, at 1
        (302, 300, False, 1, "older than 5 minutes"),
        (302, 3600, False, 1, "unknown"),
        (3602, 3600, True, 1, "older than 1 hour"),
        (10, 300, True, 1, "process restarted"),
        (10, 300, False, 9, "unknown"),  # two messages came, with 18 blocks
        (10, 300, False, 10, "20 blocks or more since"),
        (10, 300, True, 10, "20 blocks or more since"),
        (0.5, 300, False, 1, None),  # sent before the other's answer began: it could not be read
    ],
)
def test_the_cause_where_nothing_changed(
    at: float, life: float, is_start: bool, blocks: int, sentence: str | None
) -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST, blocks=blocks), use(0, 2000, life))

    assert scenario.ask(prompt(NEXT, blocks=blocks), use(0, 2100), at=at, is_start=is_start) == sentence


def test_a_life_is_remembered_over_requests_that_wrote_nothing() -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000, 3600.0))
    scenario.ask(prompt(FIRST), use(2000), at=10)

    assert scenario.ask(prompt(NEXT), use(0, 2100), at=1000) == "unknown"
    assert scenario.ask(prompt([*NEXT, "Three.", "four"]), use(0, 2100), at=9000) == "older than 5 minutes"


def test_nothing_is_said_where_nothing_was_kept() -> None:
    """Prompts that are too short for the cache, or an upstream that has none."""
    scenario = CacheScenario()

    assert scenario.ask(prompt(FIRST), use(0)) is None
    assert scenario.ask(prompt(NEXT, system="another"), use(0), at=10) is None


def test_a_first_request_is_told_of_tools_and_system_that_were_kept_before() -> None:
    scenario = CacheScenario()
    assert scenario.ask(prompt(["a"], system=LARGE), use(0, 9000)) is None
    assert scenario.ask(prompt(["b"], system=LARGE), use(8000, 10), at=10) is None
    assert scenario.ask(prompt(["c"], system=LARGE), use(0, 9000), at=20) == "unknown"
    assert scenario.ask(prompt(["d"], system=LARGE), use(0, 9000), at=400) == "older than 5 minutes"
    assert scenario.ask(prompt(["e"], system=LARGE + "x"), use(0, 9000), at=410) is None
    assert (
        scenario.ask(prompt(["f"], system=LARGE), use(0, 9000), at=400.5) is None
    )  # sent beside another one


def test_a_small_head_is_expected_only_when_it_was_read_before() -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(["a"]), use(0, 5000))
    assert scenario.ask(prompt(["b"]), use(0, 5000), at=10) is None
    assert scenario.ask(prompt(["b"]), use(5000), at=20) is None  # the same once more: that proves nothing
    assert scenario.ask(prompt(["c"]), use(0, 5000), at=30) is None
    assert scenario.ask(prompt(["d"]), use(1500, 3500), at=40) is None
    assert scenario.ask(prompt(["e"]), use(0, 5000), at=50) == "unknown"


def test_another_agent_that_begins_with_the_same_words_is_no_change() -> None:
    """Clients ask for a title with the conversation's first message, and another system prompt."""
    scenario = CacheScenario()
    scenario.ask(prompt(["one"]), use(0, 2000))
    assert scenario.ask(prompt(["one"], system="Make a title."), use(0, 1500), at=10) is None
    assert scenario.ask(prompt(FIRST), use(2000, 50), at=20) is None
    summary = prompt([*FIRST, "Two.", "Summarize."], system="Sum up.")
    assert scenario.ask(summary, use(0, 2500), at=30) == "system changed"
    assert scenario.ask(prompt(NEXT), use(2050, 50), at=40) is None


def test_conversations_that_begin_alike_are_told_apart() -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(["hi", "Hello!", "work", "Done.", "thanks"]), use(0, 3000))
    scenario.ask(prompt(["hi"]), use(1500, 10), at=10)

    assert scenario.ask(prompt(["hi", "Hello!", "play"]), use(1510, 20), at=20) is None


def test_a_conversation_that_changed_its_agent_and_went_back_says_so() -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000))
    assert scenario.ask(prompt(NEXT, system="plan"), use(0, 2100), at=10) == "system changed"
    assert scenario.ask(prompt([*NEXT, "Three.", "four"]), use(2000, 200), at=20) == "system changed"
    edited = [*NEXT[:3], "2.", "three"]
    assert scenario.ask(prompt(edited), use(2000, 100), at=30) == "message 4 changed"


def test_branches_do_not_disturb_each_other() -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(FIRST), use(0, 2000))
    scenario.ask(prompt([*FIRST, "Two.", "left"]), use(2000, 100), at=10)
    assert scenario.ask(prompt([*FIRST, "Two.", "right"]), use(2000, 101), at=20) == "message 5 changed"
    assert scenario.ask(prompt([*FIRST, "Two.", "left", "L.", "on"]), use(2100, 100), at=30) is None
    assert scenario.ask(prompt([*FIRST, "Two.", "right", "R.", "on"]), use(2101, 100), at=40) is None


def test_memory_is_bounded_by_count_and_by_size() -> None:
    scenario = CacheScenario(conversations=3, budget_bytes=100_000)
    for number in range(10):
        scenario.ask(prompt([str(number), "reply"]), use(0, 2000))
    assert scenario.ask(prompt(["6", "reply", "next"]), use(0, 2000), at=10) is None  # forgotten
    assert scenario.ask(prompt(["9", "reply", "next"]), use(0, 2000), at=10) == "unknown"
    before = scenario.memory.size_bytes
    scenario.ask(prompt(["x"] * 6000), use(0, 2000))

    assert scenario.memory.size_bytes < before + 16 * 6000
    assert scenario.memory.size_bytes <= 100_000


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({}, CacheUse(0, 0, 0, None)),
        (
            {"input_tokens": 5, "cache_read_input_tokens": None, "cache_creation": None},
            CacheUse(0, 0, 5, None),
        ),
        (
            {"input_tokens": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2},
            CacheUse(3, 2, 10, 300.0),
        ),
        (
            {"cache_creation_input_tokens": 2, "cache_creation": {"ephemeral_1h_input_tokens": 2}},
            CacheUse(0, 2, 2, 3600.0),
        ),
        (
            {
                "cache_creation_input_tokens": 3,
                "cache_creation": {"ephemeral_1h_input_tokens": 2, "ephemeral_5m_input_tokens": 1},
            },
            CacheUse(0, 3, 3, 300.0),
        ),
    ],
)
def test_figures_are_read_from_a_usage(usage: Fields, expected: CacheUse) -> None:
    assert cache_use(usage) == expected


texts = st.lists(st.sampled_from("abc"), min_size=1, max_size=6)
SYSTEMS, MODELS, EFFORTS = ("s", "t"), ("claude-a", "claude-b"), ("low", "high")
requests = st.tuples(
    texts, st.sampled_from(SYSTEMS), st.sampled_from(MODELS), st.sampled_from(EFFORTS), st.integers(0, 3000)
)


@settings(max_examples=scaled(60, 500))
@given(st.lists(requests, min_size=1, max_size=8))
def test_no_change_is_claimed_of_a_segment_that_no_earlier_request_had_otherwise(
    history: list[tuple[list[str], str, str, str, int]],
) -> None:
    """A claim is true of at least one request that came before, and none is made of what all have alike."""
    scenario = CacheScenario()
    for number, (said, system, model, effort, read) in enumerate(history):
        asked = prompt(said, system=system, model=model, body={"output_config": {"effort": effort}})
        note = scenario.ask(asked, use(read, 500), at=number * 10)
        before = history[:number]
        match note.split() if note else []:
            case ["system", _]:
                assert any(other[1] != system and other[0][0] == said[0] for other in before)
            case ["model", _]:
                assert any(other[2] != model for other in before)
            case ["parameters", *_]:
                assert any(other[3] != effort for other in before)
            case ["message", place, _]:
                k = int(place) - 1
                assert any(
                    other[0][:k] == said[:k] and other[0][k : k + 1] != said[k : k + 1] for other in before
                )


@given(texts, st.integers(0, 3000), st.integers(0, 400), st.booleans())
def test_equal_segments_are_never_called_changed(said: list[str], read: int, at: int, is_start: bool) -> None:
    scenario = CacheScenario()
    scenario.ask(prompt(said), use(0, 2000))
    note = scenario.ask(prompt([*said, "reply", "next"]), use(read, 500), at=at, is_start=is_start)

    assert note is None or "changed" not in note
    assert note is None or read < 2000


def test_of_many_kinds_of_prompts_the_latest_are_remembered() -> None:
    memory = CacheMemory(conversations=2)
    for system in ("a", "b", "c"):
        memory.note(prompt(["hi"], system=system + LARGE), use(0, 5000), sent_at=0, now=1, is_start=True)

    notes = [
        memory.note(prompt(["ho"], system=system + LARGE), use(0, 5000), sent_at=9, now=10, is_start=True)
        for system in ("c", "a")
    ]
    assert [note is not None for note in notes] == [True, False]
