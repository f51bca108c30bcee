"""Messages of OpenAI's APIs, which take them in any order, where the Messages API takes them."""

import itertools
from typing import Any

import orjson
import pytest

from towpath.core.openai import chat_request
from towpath.core.openai.responses_request import translation
from towpath.core.openai.thinking import packed
from towpath.core.reading.request import parse_request

Json = dict[str, Any]
USER: Json = {"role": "user", "content": "say"}
TOLD: Json = {"role": "developer", "content": "rule"}
SAID: Json = {"role": "assistant", "content": "said"}
CALL: Json = {"type": "function_call", "call_id": "c1", "name": "f", "arguments": "{}"}
OUTPUT: Json = {"type": "function_call_output", "call_id": "c1", "output": "found"}
THOUGHT: Json = {
    "type": "reasoning",
    "summary": [],
    "encrypted_content": packed({"type": "thinking", "thinking": "hm", "signature": "s"}),
}
LETTERS = {"user": "u", "system": "s", "assistant": "a"}


IN_A_CHAT: Json = {
    "function_call": {
        "role": "assistant",
        "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
    },
    "function_call_output": {"role": "tool", "tool_call_id": "c1", "content": "found"},
    "reasoning": {
        "role": "assistant",
        "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}],
    },
}


def messages(*items: Json) -> list[Json]:
    """What becomes of these items, and of the same as messages of a chat."""
    made: list[Json] = translation({"model": "m", "input": [*items]}).request["messages"]
    chat = [IN_A_CHAT[item["type"]] if "type" in item else item for item in items]
    assert chat_request.translation({"model": "m", "messages": chat}).request["messages"] == made
    return made


@pytest.mark.parametrize(
    ("items", "roles"),
    [
        pytest.param([USER, SAID, TOLD, USER], "uaus", id="in front of the user's"),
        pytest.param([USER, TOLD, USER, TOLD, USER, SAID, USER], "uuusau", id="between the user's"),
        pytest.param([USER, TOLD, TOLD], "us", id="two in one place"),
        pytest.param([USER, CALL, TOLD, OUTPUT], "uaus", id="in front of a result"),
        pytest.param([USER, CALL, USER, OUTPUT], "uauu", id="what the user says in front of a result"),
        pytest.param([USER, CALL, SAID, TOLD, SAID, OUTPUT], "uaaaus", id="before the results are in"),
        pytest.param([USER, SAID, TOLD, SAID, USER], "uauau", id="between two of the assistant's"),
        pytest.param([USER, SAID, TOLD], "uau", id="at the end, after the assistant's"),
        pytest.param([USER, TOLD, THOUGHT, USER], "uaus", id="in front of a thought that led to nothing"),
        pytest.param([SAID, TOLD, USER], "aus", id="after an assistant's that is the first"),
    ],
)
def test_a_system_message_goes_after_the_users_beside_it(items: list[Json], roles: str) -> None:
    assert "".join(LETTERS[message["role"]] for message in messages(*items)) == roles


def test_two_in_one_place_become_one_with_all_that_they_say() -> None:
    later = {"role": "system", "content": "and this"}

    assert messages(USER, SAID, TOLD, USER, later)[-1] == {
        "role": "system",
        "content": [{"type": "text", "text": "rule"}, {"type": "text", "text": "and this"}],
    }


@pytest.mark.parametrize("length", range(1, 4))
def test_no_place_makes_a_conversation_unusable(length: int) -> None:
    pairs = [CALL, TOLD, OUTPUT], [CALL, OUTPUT], [CALL, THOUGHT, OUTPUT]
    for middle in itertools.product(([USER], [TOLD], [SAID], [THOUGHT], *pairs), repeat=length):
        items = [USER, *(item for piece in middle for item in piece), USER]
        calls = itertools.count()
        results = itertools.count()
        numbered = [
            {**item, "call_id": f"c{next(calls if item['type'] == 'function_call' else results)}"}
            if "call_id" in item
            else item
            for item in items
        ]
        parse_request(orjson.dumps(translation({"model": "m", "input": numbered}).request))
