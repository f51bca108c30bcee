"""What is left of a request when its content has been taken out."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.fidelity import assistant, call, image, request, result, user
from towpath.core.redact import Redactor

REDACTOR = Redactor(b"salt")
SECRET = "the secret plan"


def test_a_conversation_keeps_its_shape_and_loses_its_words() -> None:
    conversation = [
        user(SECRET, image()),
        assistant(SECRET, call("toolu_1", "read", **{SECRET: [SECRET, {"name": SECRET, "n": 4}]})),
        user(result("toolu_1", SECRET)),
    ]
    tools = [{"name": "read", "description": SECRET, "input_schema": {"properties": {SECRET: {}}}}]
    fields: dict[str, Any] = {"system": SECRET, "metadata": {"user_id": SECRET}, "stop_sequences": [SECRET]}

    redacted = REDACTOR.redacted(request(conversation, tools=tools, temperature=0.5, **fields))

    assert "secret" not in json.dumps(redacted)
    messages = redacted["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert [block["type"] for block in messages[1]["content"]] == ["text", "tool_use"]
    assert messages[1]["content"][1]["id"] == messages[2]["content"][0]["tool_use_id"] == "toolu_1"
    assert (redacted["temperature"], redacted["tools"][0]["name"]) == (0.5, "read")
    assert redacted["tools"][0]["input_schema"] == {"type": "object"}


def test_equal_texts_have_equal_stand_ins_in_one_recording_only() -> None:
    one, other = REDACTOR.stand_in(SECRET), REDACTOR.stand_in("the secret plot")

    assert one == REDACTOR.stand_in(SECRET) != other
    assert len(one) == len(SECRET)
    assert Redactor(b"pepper").stand_in(SECRET) != one


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["input", "text", "type", "name"]), inner)
    ),
)


@given(VALUES)
def test_any_value_keeps_its_structure(value: Any) -> None:
    redacted = REDACTOR.redacted({"x": value})["x"]

    assert type(redacted) is type(value)
    if isinstance(value, list):
        assert len(redacted) == len(value)
    if isinstance(value, dict):
        assert redacted.keys() == value.keys()


def test_no_text_stays_none() -> None:
    assert REDACTOR.stand_in("") == ""
