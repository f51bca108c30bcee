"""Which mode a request is served in, and what internal mode refuses."""

from typing import Any

import orjson
import pytest

from tests.support.fidelity import user
from towpath.core.errors import ApiError
from towpath.core.launch import launch_of
from towpath.core.mode import Mode, mode_of
from towpath.core.reading.internal_rules import check_internal
from towpath.core.reading.request import MessagesRequest, parse_request

PASS, OWN = Mode.PASSTHROUGH, Mode.INTERNAL


def asked(**fields: Any) -> MessagesRequest:
    return parse_request(orjson.dumps({"model": "m", "max_tokens": 1, "messages": [user("a")], **fields}))


@pytest.mark.parametrize(
    ("header", "default", "allowed", "expected"),
    [
        (None, PASS, False, PASS),
        (None, PASS, True, PASS),
        (None, OWN, False, OWN),
        ("internal", PASS, True, OWN),
        ("internal", OWN, False, OWN),
        (" Internal ", PASS, True, OWN),
        ("passthrough", OWN, False, PASS),
    ],
)
def test_the_mode_is_what_was_asked_for_or_the_default(
    header: str | None, default: Mode, allowed: bool, expected: Mode
) -> None:
    assert mode_of(header, default, allows_internal=allowed) is expected


@pytest.mark.parametrize(
    ("header", "status", "words"),
    [
        ("internal", 403, "x-towpath-mode: internal mode is not allowed here"),
        ("both", 400, "x-towpath-mode: 'both' is neither"),
        ("", 400, "x-towpath-mode: '' is neither"),
    ],
)
def test_another_mode_is_refused_in_words(header: str, status: int, words: str) -> None:
    with pytest.raises(ApiError, match=words) as caught:
        mode_of(header, PASS, allows_internal=False)

    assert caught.value.status == status


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "tools.0.type: 'web_search_2"),
        (
            {"tools": [{"name": "a", "input_schema": {"type": "object"}}], "tool_choice": {"type": "any"}},
            "tool_choice.type: in internal mode",
        ),
    ],
)
def test_what_internal_mode_cannot_carry_is_named(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ApiError, match=words):
        check_internal(asked(**fields))


def test_the_clients_tools_are_no_part_of_an_internal_launch_but_its_agents_are() -> None:
    task = {
        "name": "task",
        "description": "Available agent types and the tools they have access to:\n- explore: Looks around.",
        "input_schema": {"type": "object"},
    }
    choice = {"type": "auto", "disable_parallel_tool_use": True}
    request = asked(tools=[task, {**task, "name": "b", "type": None}], tool_choice=choice, temperature=0.5)
    check_internal(request)

    internal = launch_of(request, cwd="/w", mode=Mode.INTERNAL)
    passthrough = launch_of(request, cwd="/w")

    assert internal.body == {"max_tokens": 1, "tool_choice": choice, "temperature": 0.5}
    assert [agent.name for agent in internal.agents] == ["explore"]
    assert passthrough.agents == ()
    assert passthrough.body["tools"][0] == task
    assert internal.key != passthrough.key != launch_of(asked(), cwd="/w", mode=Mode.INTERNAL).key
    without = launch_of(asked(tool_choice=choice, temperature=0.5), cwd="/w", mode=Mode.INTERNAL)
    assert internal.key != without.key
