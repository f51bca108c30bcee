"""Strategies for Hypothesis: requests that keep the rules, and such with one place damaged."""

from typing import Any

from hypothesis import strategies as st

TOOL = {"name": "read", "input_schema": {"type": "object"}, "strict": True}
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=8), values, max_size=4),
    max_leaves=12,
)
INPUTS = st.dictionaries(st.text(max_size=4), JSON_VALUES, max_size=2)
TEXTS = st.sampled_from(["", " ", "a", "b\n", "ä"])
WORDS = st.sampled_from(["a", "b\n", "ä"])
KEYS: st.SearchStrategy[dict[str, Any]] = st.sampled_from(
    [{}, {"cache_control": {"type": "ephemeral"}}, {"unknown": [1, {}]}]
)
USER_BLOCKS = st.builds(lambda text, more: {"type": "text", "text": text, **more}, WORDS, KEYS) | st.builds(
    lambda more: {"type": "image", "source": {"type": "url", "url": "u"}, **more}, KEYS
)
ASSISTANT_BLOCKS = st.builds(
    lambda text, more: {"type": "text", "text": text, **more}, TEXTS, KEYS
) | st.just({"type": "thinking", "thinking": "", "signature": "s"})


@st.composite
def conversations(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Messages that keep the rules: adjacent ones of one role, strings, parallel calls and results."""
    messages: list[dict[str, Any]] = []
    for turn in range(draw(st.integers(0, 3))):
        texts: list[Any] = draw(st.lists(WORDS | st.lists(USER_BLOCKS, min_size=1, max_size=3), max_size=3))
        messages += [{"role": "user", "content": content} for content in texts]
        ids = [f"c{turn}_{number}" for number in range(draw(st.integers(0, 3)))]
        calls = [{"type": "tool_use", "id": id, "name": "read", "input": draw(INPUTS)} for id in ids]
        blocks = draw(st.lists(ASSISTANT_BLOCKS, min_size=1, max_size=2)) + calls
        cut = draw(st.integers(0, len(blocks)))
        parts = [part for part in (blocks[:cut], blocks[cut:]) if part]
        messages += [{"role": "assistant", "content": part} for part in parts]
        results = [{"type": "tool_result", "tool_use_id": id} for id in draw(st.permutations(ids))]
        messages += [{"role": "user", "content": [result]} for result in results]
    return [*messages, {"role": "user", "content": draw(st.lists(USER_BLOCKS, min_size=1, max_size=2))}]


REQUESTS = st.fixed_dictionaries(
    {"model": WORDS, "max_tokens": st.integers(1, 2**40), "messages": conversations()},
    optional={
        "system": TEXTS | st.lists(WORDS.map(lambda text: {"type": "text", "text": text}), max_size=2),
        "tools": st.lists(st.just(TOOL), max_size=1),
        "stream": st.booleans(),
        "temperature": st.integers(0, 1) | st.floats(0, 1),
        "new": JSON_VALUES,
    },
)


@st.composite
def damaged(draw: st.DrawFn) -> Any:
    """A good request of which one place, at any depth, was removed or replaced."""
    return damage(draw, draw(REQUESTS))


def damage(draw: st.DrawFn, value: Any) -> Any:
    """The value with one place, at any depth, removed or replaced."""
    if not value or not isinstance(value, (dict, list)) or draw(st.integers(0, 4)) == 0:
        return draw(
            JSON_VALUES | st.sampled_from(["user", "assistant", "text", "tool_use", "tool_result", "c0_0"])
        )
    if isinstance(value, list):
        place = draw(st.integers(0, len(value) - 1))
        return [*value[:place], damage(draw, value[place]), *value[place + 1 :]]
    key = draw(st.sampled_from(sorted(value)))
    rest = {name: child for name, child in value.items() if name != key}
    return rest if draw(st.integers(0, 3)) == 0 else {**rest, key: damage(draw, value[key])}
