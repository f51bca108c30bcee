"""What is said: sizes, shape, and that no two conversations say the same."""

import json
from itertools import pairwise

import pytest

from towpath.bench.cases import EVENTS_PER_STREAM, STEPS, STREAMS, Step, select
from towpath.bench.conversations import agent, calls, history, prose
from towpath.testing.script import obey


def test_an_agent_has_the_size_of_a_real_one() -> None:
    fields = agent("known")

    assert len(fields["system"]) == 10_000
    assert len(fields["tools"]) == 12
    assert 38_000 < len(json.dumps(fields)) < 44_000


def test_an_agent_of_another_name_differs_in_its_prompt_and_its_user() -> None:
    one, other = agent("one"), agent("other")

    assert one == agent("one")
    assert one["system"] != other["system"]
    assert one["metadata"] != other["metadata"]


@pytest.mark.parametrize(("messages", "size"), [(20, 40_000), (400, 800_000), (1_000, 2_000_000)])
def test_a_history_has_its_length_and_about_its_size(messages: int, size: int) -> None:
    made = history("a", messages, size)

    assert len(made) == messages
    assert 0.9 * size < len(json.dumps(made, ensure_ascii=False)) < 1.25 * size


def test_a_history_is_one_that_the_api_takes() -> None:
    made = history("a", 40, 80_000)
    ids = [i for message in made if message["role"] == "assistant" for i in calls(message)]

    assert [m["role"] for m in made] == ["user", "assistant"] * 20
    assert len(ids) == len(set(ids)) == 15
    for message, following in pairwise(made):
        if message["role"] == "assistant" and calls(message):
            assert [block["tool_use_id"] for block in following["content"]] == calls(message)


def test_no_text_of_a_history_is_in_it_or_in_another_twice() -> None:
    made = [*history("run-1-1", 40, 80_000), *history("run-1-2", 40, 80_000)]
    blocks = [block for m in made for block in (m["content"] if isinstance(m["content"], list) else [m])]
    texts = [block.get("text") or block.get("content") for block in blocks if block.get("type") != "tool_use"]

    assert len(texts) == 90
    assert len(texts) == len(set(texts))


def test_prose_has_exactly_its_length() -> None:
    assert [len(prose("a", n)) for n in (1, 80, 1_000)] == [1, 80, 1_000]


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_the_model_does_in_each_step_what_the_next_turn_needs(step: Step) -> None:
    conversation = step.open("run-1")
    turns = [turn for stage in step.stages for turn in stage.turns]
    for number, turn in enumerate(turns):
        turn(conversation)
        message = conversation.messages[-1]
        assert message["role"] == "user"
        assert message["content"], "results for calls that were never made"
        reply = obey(conversation.request())
        blocks = [{**b, "id": f"toolu_{number}_{i}"} for i, b in enumerate(reply.content)]
        conversation.hear(
            [b if b["type"] == "tool_use" else {"type": "text", "text": b["text"]} for b in blocks]
        )

    assert conversation.request()["stream"] is True
    assert not calls(conversation.messages[-1])


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_two_conversations_of_a_step_begin_differently(step: Step) -> None:
    first, second = step.open("run-1"), step.open("run-2")
    for conversation in (first, second):
        step.stages[0].turns[0](conversation)

    assert first.messages != second.messages


def test_only_the_first_step_has_an_agent_of_its_own() -> None:
    kinds = {step.name: json.dumps(step.open("run-1").agent) == json.dumps(agent("known")) for step in STEPS}

    assert [name for name, known in kinds.items() if not known] == ["first of an unknown kind"]


def test_the_stream_is_long() -> None:
    assert STREAMS * EVENTS_PER_STREAM >= 20_000


@pytest.mark.parametrize(
    ("names", "chosen"),
    [
        (["resume"], ["resume"]),
        (["resume, 1"], ["resume, 1,000 messages, 5 MB"]),
        (["answer, t", "first of a k"], ["first of a known kind", "answer, two results"]),
        ([], [step.name for step in STEPS]),
    ],
)
def test_steps_are_chosen_by_name_or_beginning(names: list[str], chosen: list[str]) -> None:
    assert [step.name for step in select(names)] == chosen


def test_a_name_that_is_none_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValueError, match=r"'foo'.*cold start, 20 messages"):
        select(["resume", "foo"])
