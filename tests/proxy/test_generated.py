"""Fidelity on generated conversations, with the habits that clients have, on the natural way and on Start."""

from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.support.fidelity import Json, document, image, result, seen, sent, text, user
from tests.support.profiles import scaled
from tests.support.proxy import Client, calls_of
from towpath.testing import Reply, ScriptedApi

pytestmark = pytest.mark.cli

words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30).filter(str.strip)
sayings = st.one_of(
    words, words.map(lambda w: f"/{w}"), words.map(lambda w: f"@/etc/{w}\n"), words.map(lambda w: f" {w} \n")
)
media = st.builds(image) | st.builds(document)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**31) | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=5,
)
THOUGHT = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
thinking: st.SearchStrategy[list[Json]] = st.sampled_from([[], [THOUGHT]])
calls = st.lists(
    st.builds(
        lambda name, arguments: {"type": "tool_use", "name": name, "input": arguments},
        st.sampled_from(["read", "write", "Bash"]),
        st.dictionaries(words, json_values, max_size=3),
    ),
    max_size=3,
)
replies = st.builds(lambda t, w, c: [*t, text(w), *c], thinking, words, calls)
results = st.one_of(
    words.map(lambda w: {"content": w}),
    words.map(lambda w: {"content": w, "is_error": True}),
    st.lists(words.map(text), max_size=3).map(lambda b: {"content": b}),
    st.lists(words.map(text) | media, min_size=1, max_size=3).map(lambda b: {"content": b}),
)
newest = st.lists(sayings | media, min_size=1, max_size=3)


@dataclass(frozen=True)
class Turn:
    """What the user says (or adds after results), what a tool gives, what the model answers."""

    said: list[Any]
    after: list[Any]
    given: list[Json]
    answer: list[Json]
    habit: int


turns = st.builds(
    Turn, newest, st.just([]) | newest, st.lists(results, min_size=3, max_size=3), replies, st.integers(0, 3)
)


# Not shrunk: each attempt is a conversation with real processes.
@settings(
    max_examples=scaled(3, 100),
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@given(conversation=st.lists(turns, min_size=1, max_size=4))
def test_the_model_sees_what_the_client_sent(
    api: ScriptedApi, http: httpx.Client, conversation: list[Turn]
) -> None:
    api.clear()
    client = Client(http)
    waiting: list[str] = []
    forgets = False
    for turn in conversation:
        api.reply(Reply(tuple(turn.answer)))
        given_back = [result(i, **fields) for i, fields in zip(waiting, turn.given, strict=False)]
        reply = client.say(user(*given_back, *turn.after) if waiting else user(*turn.said))

        # A process still holds the thinking that its client has dropped since: the API ignores it there.
        forgets |= turn.habit == 3
        assert without_thinking(seen(api.last), forgets) == without_thinking(
            sent(client.messages[:-1]), forgets
        )
        assert len(api.exchanges) == len(client.ways)
        waiting = calls_of(reply)
        client.messages = [rewritten(message, turn.habit) for message in client.messages]

    api.reply(Reply((text("again"),)))
    client.another_launch()
    client.ask(client.messages[:-1])
    assert client.ways[-1] == "start"
    assert seen(api.last) == sent(client.messages[:-1])


def without_thinking(messages: list[Json], drop: bool) -> list[Json]:
    if not drop:
        return messages
    return [
        {**message, "content": [block for block in message["content"] if block["type"] != "thinking"]}
        for message in messages
    ]


def rewritten(message: Json, habit: int) -> Json:
    """The message as a client of some habit repeats it in its next request."""
    blocks = list(message["content"]) if isinstance(message["content"], list) else [text(message["content"])]
    match habit:
        case 1 if blocks:
            blocks[-1] = {**blocks[-1], "cache_control": {"type": "ephemeral"}}
        case 2 if len(blocks) == 1 and blocks[0]["type"] == "text":
            return {"role": message["role"], "content": blocks[0]["text"]}
        case 3:
            blocks = [block for block in blocks if block["type"] != "thinking"]
    return {"role": message["role"], "content": blocks}
