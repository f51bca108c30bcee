"""What differs from the nearest conversation that a session holds, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest

from towpath.core.launch import Launch
from towpath.core.mode import Mode
from towpath.core.prompt_cache.causes import numbered
from towpath.core.why_start import difference

TOOL = {"name": "read", "input_schema": {"type": "object"}}
LAUNCH = Launch("m", "You help.", {"tools": [TOOL], "max_tokens": 9}, "/", caller="one")


@dataclass(frozen=True)
class Held:
    launch: Launch
    numbers: Sequence[int]


def numbers(letters: str) -> Sequence[int]:
    """A message for each letter, equal for equal ones."""
    return numbered(letter.encode() for letter in letters)


def said(asked: str, *held: str, launch: Launch = LAUNCH, of: Launch = LAUNCH) -> str:
    """What is said of a request with these messages before its newest one."""
    return difference([Held(of, numbers(one)) for one in held], launch, numbers(asked))


def with_body(**fields: Any) -> Launch:
    return replace(LAUNCH, body={**LAUNCH.body, **fields})


@pytest.mark.parametrize(
    ("asked", "held", "expected"),
    [
        pytest.param("ab", [], "", id="nobody-there"),
        pytest.param("ab", [""], "", id="only-a-spare"),
        pytest.param("aB", ["ab"], "message 2 changed", id="the-reply"),
        pytest.param("Ab", ["ab"], "message 1 changed", id="the-first-message"),
        pytest.param("abcD", ["abcd"], "message 4 changed", id="further-down"),
        pytest.param("aBcd", ["ab", "xy"], "message 2 changed", id="long-ago"),
        pytest.param("ab", ["abcd"], "the session that held it has gone on", id="an-undo"),
        pytest.param("abcd", ["ab"], "a session holds its first 2 messages", id="went-on-elsewhere"),
        pytest.param("abcd", ["a"], "a session holds its first message", id="went-on-at-once"),
        pytest.param("abcX", ["aXXX", "abcd", "ab"], "message 4 changed", id="the-nearest-of-several"),
    ],
)
def test_messages(asked: str, held: list[str], expected: str) -> None:
    assert said(asked, *held) == expected


@pytest.mark.parametrize(
    ("launch", "expected"),
    [
        pytest.param(replace(LAUNCH, access="work"), "access changed", id="access"),
        pytest.param(replace(LAUNCH, model="n"), "model changed", id="model"),
        pytest.param(replace(LAUNCH, system="You helped."), "system changed", id="system"),
        pytest.param(with_body(tools=[{**TOOL, "name": "write"}]), "tools changed", id="tools"),
        pytest.param(with_body(tools=[]), "tools changed", id="no-tools"),
        pytest.param(with_body(max_tokens=10), "parameters changed: max_tokens", id="max-tokens"),
        pytest.param(
            with_body(tool_choice={"type": "any"}, thinking={"type": "adaptive"}),
            "parameters changed: thinking.type, tool_choice.type",
            id="several",
        ),
        pytest.param(with_body(**{"my secret": 1}), "parameters changed: another field", id="unknown"),
        pytest.param(replace(LAUNCH, betas=("b",)), "parameters changed: betas", id="betas"),
        pytest.param(replace(LAUNCH, cwd="/x"), "working directory changed", id="directory"),
        pytest.param(replace(LAUNCH, cache_hour=True), "cache life changed", id="cache-life"),
        pytest.param(replace(LAUNCH, mode=Mode.INTERNAL), "mode changed", id="mode"),
        pytest.param(replace(LAUNCH, via=("1.1 towpath-0",)), "it came through other servers", id="via"),
        pytest.param(replace(LAUNCH, model="n", system=""), "model changed", id="the-first-in-order"),
    ],
)
def test_launches(launch: Launch, expected: str) -> None:
    assert said("ab", "ab", launch=launch) == expected
    assert said("aB", "ab", launch=launch) == f"{expected}; message 2 changed"
    assert said("xy", "ab", launch=launch) == ""


def test_a_mark_of_a_tool_is_no_difference() -> None:
    marked = with_body(tools=[{**TOOL, "cache_control": {"type": "ephemeral"}}], max_tokens=10)

    assert said("ab", "ab", launch=marked) == "parameters changed: max_tokens"


def test_of_two_that_are_as_near_the_one_of_the_same_launch_counts() -> None:
    held = [Held(replace(LAUNCH, model="n"), numbers("ab")), Held(LAUNCH, numbers("ab"))]

    assert difference(held, LAUNCH, numbers("aB")) == "message 2 changed"


def test_sessions_of_another_caller_are_private() -> None:
    other = replace(LAUNCH, caller="two")

    assert said("aB", "ab", of=other) == ""
    assert said("ab", "ab", of=other) == ""
