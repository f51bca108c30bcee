"""The pure parts of a soak: marks that tell what became of messages, plans, figures and their verdict."""

import json
from dataclasses import replace
from itertools import islice
from random import Random
from typing import Any

import orjson
import pytest

from bench.soak.figures import Report, Rest, Sample, Tally, lines, progress, slope
from bench.soak.marks import mark, marks_of, saw, verdict, witness
from bench.soak.plans import Act, Plan, begun, inputs, plans, step
from towpath.core.errors import ApiError
from towpath.core.reading.request import parse_request
from towpath.testing.script import Json


def body(*said: str) -> Json:
    return {"system": mark("agent"), "messages": [{"role": "user", "content": text} for text in said]}


def test_marks_are_found_wherever_they_stand_and_in_order() -> None:
    called = {"type": "tool_use", "id": "i", "name": "read", "input": {"path": mark("c")}}
    returned = {"type": "tool_result", "tool_use_id": "i", "content": [{"type": "text", "text": mark("d")}]}
    messages = [
        {"role": "user", "content": f"a {mark('a')} {mark('b')}"},
        {"role": "assistant", "content": [called]},
        {"role": "user", "content": [returned]},
    ]
    system = [{"type": "text", "text": mark("s")}]

    assert marks_of({"system": system, "messages": messages}) == [mark(name) for name in "sabcd"]


@pytest.mark.parametrize(
    ("seen", "found"),
    [
        (["one", "two", "three"], ""),
        (["one", "three"], "lost"),
        (["one", "two", "two", "three"], "duplicated"),
        (["two", "one", "three"], "mixed up"),
        (["one", "other", "three"], "mixed up"),
    ],
)
def test_an_answer_tells_what_the_model_was_shown(seen: list[str], found: str) -> None:
    answer = witness(body(*map(mark, seen)))

    assert verdict(body(mark("one"), mark("two"), mark("three")), answer.content) == found


def test_another_system_prompt_is_noticed_and_so_is_an_answer_without_a_witness() -> None:
    asked = body(mark("one"))

    assert verdict(asked, witness({**asked, "system": mark("other")}).content) == "mixed up"
    assert verdict(asked, [{"type": "text", "text": "You said: one"}]) == "no witness"
    assert verdict(asked, [{"type": "text", "text": f"{saw(marks_of(asked))} cut"}]) == "no witness"


def test_the_witness_does_what_the_text_says_and_long_answers_last() -> None:
    calling = witness(body('CALL read {"path": "a"}\nCALL read {"path": "b"}'))

    assert [block["type"] for block in calling.content] == ["text", "tool_use", "tool_use"]
    assert calling.pause_seconds == 0
    assert witness(body("REPEAT 400 boats")).pause_seconds > 0


def test_the_same_seed_plans_the_same_and_another_seed_something_else() -> None:
    first, again, other = (list(islice(plans("s", Random(seed)), 40)) for seed in (1, 1, 2))

    assert first == again
    assert first != other
    assert {plan.kind for plan in first} == {"talk", "tools", "long", "title", "abandons", "edits"}
    assert {act for plan in islice(plans("s", Random(1)), 500) for act in plan.acts} == set(Act)


def test_every_plan_makes_requests_that_keep_the_rules_and_marks_that_are_its_own() -> None:
    others: set[str] = set()
    for plan in islice(plans("s", Random(3)), 120):
        marks = {
            found for body in held(plan) for found in marks_of(body) if f".{plan.name}" in f".{found[2:]}"
        }
        assert marks
        assert not marks & others
        others |= marks


def held(plan: Plan) -> list[Json]:
    """The requests of a conversation whose model is the witness; each must be good."""
    conversation, bodies = begun(plan), []
    for number, act in enumerate(plan.acts):
        step(conversation, act, number)
        asked = conversation.request()
        try:
            parse_request(orjson.dumps(asked))
        except ApiError as error:
            pytest.fail(f"{plan.acts[: number + 1]}: {error}")
        bodies.append(orjson.loads(orjson.dumps(asked)))
        if act is Act.ABANDON:
            conversation.messages.pop()
            continue
        content = [
            {"id": f"toolu_{plan.name}.{number}.{place}", **block} if block["type"] == "tool_use" else block
            for place, block in enumerate(witness(asked).content)
        ]
        called = [block["input"] for block in content if block["type"] == "tool_use"]
        if act is not Act.REPEAT:
            assert called == inputs(act, mark(f"{plan.name}.{number}"))
        conversation.hear(content)
    return bodies


def test_the_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope([(0, 100), (1800, 110), (3600, 120)]) == 20
    assert slope([(0, 5), (10, 5)]) == 0
    assert slope([(0, 100), (1, 130), (2, 100)]) == 0
    assert slope([(3, 1)]) == slope([]) == 0


GOOD = Report(
    minutes=1.0,
    seed=1,
    machine={"cpus": 2},
    versions={"towpath": "1"},
    interrupted=False,
    calls=3,
    tally=Tally(requests=3),
    rest=Rest(0, 0, 12, 13),
    left_running=0,
    left_folders=0,
)
GOOD.tally.ways["start"] = 3


def samples(growth_mb: float, seconds: int) -> list[Sample]:
    return [Sample(at, 100 + growth_mb * at / 3600, 20, 900, 5) for at in range(0, seconds, 10)]


def test_a_good_run_has_no_problem() -> None:
    assert GOOD.problems == []
    assert not [line for line in lines(GOOD) if "WRONG" in line]
    assert json.loads(json.dumps(GOOD.as_json()))["tally"]["ways"] == {"start": 3}
    assert "3 requests" in progress(1, GOOD.tally)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"tally": {"wrong": {"lost": 1}}}, "lost"),
        ({"tally": {"ways": {}}}, "no request"),
        ({"tally": {"broken": {"500": 2}, "kills": 1}}, "2 answers broke off"),
        ({"rest": {"processes": 1}}, "1 processes stay"),
        ({"rest": {"folders": 2}}, "2 folders stay"),
        ({"rest": {"descriptors_at_end": 30}}, "18 more file descriptors"),
        ({"left_running": 1}, "1 processes outlived"),
        ({"left_folders": 1}, "1 folders outlived"),
        ({"tally": {"samples": samples(500, 3000)}}, "grows by 500"),
    ],
)
def test_what_is_wrong_is_said(changed: dict[str, Any], words: str) -> None:
    report = bad(changed)

    assert len(report.problems) == 1
    assert words in report.problems[0]
    assert any(words in line and "WRONG" in line for line in lines(report))


def test_a_crash_explains_an_answer_that_broke_off_and_a_short_run_says_nothing_of_memory() -> None:
    assert bad({"tally": {"broken": {"500": 1}, "kills": 1}}).problems == []
    assert bad({"tally": {"samples": samples(500, 780)}}).problems == []


def bad(changed: dict[str, Any]) -> Report:
    parts = {
        name: replace(getattr(GOOD, name), **value) if isinstance(value, dict) else value
        for name, value in changed.items()
    }
    if "tally" in parts:
        for name in ("wrong", "broken", "ways"):
            setattr(parts["tally"], name, type(GOOD.tally.ways)(getattr(parts["tally"], name)))
    return replace(GOOD, **parts)
