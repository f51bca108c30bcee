"""What counts as the same conversation: each rule of ``core.canonical`` in both directions, and the chain."""

from collections.abc import Iterator
from functools import reduce
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.fidelity import Json, assistant, call, document, image, result, text, user
from towpath.core.canonical import Tip, seed, step, tips
from towpath.core.reading.message import checked_message
from towpath.core.reading.request import merge_runs, runs_of_one_side

CACHED = {"cache_control": {"type": "ephemeral"}}
THINKING = {"type": "thinking", "thinking": "hm", "signature": "s"}
REDACTED = {"type": "redacted_thinking", "data": "xyz"}
KEY = b"launch"


def digests_of(*messages: Json, transient: tuple[str, ...] = ()) -> tuple[bytes, ...]:
    """The digests of a conversation in which adjacent messages of one role are merged."""
    checked = [checked_message(message, b"") for message in messages]
    return merge_runs(runs_of_one_side(checked), transient)[1]


def tip_of(*messages: Json, transient: tuple[str, ...] = ()) -> Tip:
    return tips(KEY, digests_of(*messages, transient=transient))[-1]


def string(role: str, content: str) -> Json:
    return {"role": role, "content": content}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(string("user", "a"), user("a"), id="1-a-string-is-one-text-block"),
        pytest.param(user(result("c", "a")), user(result("c", [text("a")])), id="1-in-a-tool-result"),
        pytest.param(user(result("c", None)), user(result("c", [])), id="1-no-content"),
        pytest.param(user({**text("a"), **CACHED}), user("a"), id="2-on-a-text"),
        pytest.param(user({**image(), **CACHED}), user(image()), id="2-on-an-image"),
        pytest.param(assistant({**call("c", a=1), **CACHED}), assistant(call("c", a=1)), id="2-on-a-call"),
        pytest.param(user(result("c", "a", **CACHED)), user(result("c", "a")), id="2-on-a-tool-result"),
        pytest.param(
            user(result("c", [{**text("a"), **CACHED}])), user(result("c", "a")), id="2-inside-a-tool-result"
        ),
        pytest.param(assistant(THINKING, "a"), assistant("a"), id="3-thinking"),
        pytest.param(assistant(REDACTED, "a", THINKING), assistant("a"), id="3-redacted-thinking"),
        pytest.param(assistant("a \n\t"), assistant("a"), id="4-trailing-space"),
        pytest.param(assistant(" \n", call("c")), assistant(call("c")), id="4-blank-text"),
        pytest.param(assistant("a", " ", THINKING), assistant("a"), id="4-after-a-word"),
        pytest.param(user(result("c", "a", is_error=False)), user(result("c", "a")), id="5-is-error-false"),
        pytest.param(user(result("c", "a", is_error=None)), user(result("c", "a")), id="5-is-error-null"),
        pytest.param(assistant({**text("a"), "citations": None}), assistant("a"), id="5-null"),
        pytest.param(assistant({**text("a"), "citations": []}), assistant("a"), id="5-no-citations"),
        pytest.param(
            assistant({**call("c"), "caller": {"type": "direct"}}), assistant(call("c")), id="5-direct-caller"
        ),
        pytest.param(assistant(call("c", a=1, b=2)), assistant(call("c", b=2, a=1)), id="6-order-of-keys"),
        pytest.param(assistant(call("c", a=1.0)), assistant(call("c", a=1)), id="6-integral-float"),
        pytest.param(assistant(call("c", a=[-0.0])), assistant(call("c", a=[0])), id="6-negative-zero"),
    ],
)
def test_what_clients_rewrite_does_not_count(one: Json, other: Json) -> None:
    assert tip_of(one) == tip_of(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(user("a"), user("b"), id="text"),
        pytest.param(user("a"), assistant("a"), id="role"),
        pytest.param(user("a", "b"), user("b", "a"), id="order-of-blocks"),
        pytest.param(user("a", "b"), user("ab"), id="1-two-text-blocks-are-not-one"),
        pytest.param(user("a", "a"), user("a"), id="1-a-block-that-is-repeated"),
        pytest.param(user(result("c", "")), user(result("c", [])), id="1-an-empty-string-is-a-block"),
        pytest.param(
            user(result("c", [text("a"), text("b")])), user(result("c", "ab")), id="1-blocks-of-a-result"
        ),
        pytest.param(user(result("c", [image()])), user(result("c", [])), id="1-an-image-in-a-result"),
        pytest.param(user("a"), user({**text("a"), "cache": 1}), id="2-another-key"),
        pytest.param(assistant(THINKING, "a"), assistant("hm", "a"), id="3-thought-aloud"),
        pytest.param(assistant(" a"), assistant("a"), id="4-space-in-front"),
        pytest.param(assistant("a\n\nb"), assistant("a\nb"), id="4-space-inside"),
        pytest.param(user("a "), user("a"), id="4-the-user-s-trailing-space"),
        pytest.param(user(" ", "a"), user("a"), id="4-the-user-s-blank-text"),
        pytest.param(user(result("c", "a ")), user(result("c", "a")), id="4-trailing-space-of-a-result"),
        pytest.param(user(result("c", "a", is_error=True)), user(result("c", "a")), id="5-is-error-true"),
        pytest.param(
            assistant({**text("a"), "citations": [{"cited_text": "b"}]}), assistant("a"), id="5-citations"
        ),
        pytest.param(
            assistant({**call("c"), "caller": {"type": "code_execution"}}),
            assistant(call("c")),
            id="5-another-caller",
        ),
        pytest.param(assistant(call("c", a=[None])), assistant(call("c", a=[])), id="5-null-in-a-list"),
        pytest.param(assistant(call("c", a="")), assistant(call("c")), id="5-an-empty-string"),
        pytest.param(assistant(call("c", a=1)), assistant(call("c", a=2)), id="6-tool-input"),
        pytest.param(assistant(call("c", a=1)), assistant(call("c", a="1")), id="6-number-and-string"),
        pytest.param(assistant(call("c", a=1)), assistant(call("c", a=True)), id="6-number-and-boolean"),
        pytest.param(assistant(call("c", a=1)), assistant(call("c", a=1.5)), id="6-number-and-fraction"),
        pytest.param(assistant(call("c", a=[1, 2])), assistant(call("c", a=[2, 1])), id="6-order-of-a-list"),
        pytest.param(assistant(call("c")), assistant(call("d")), id="id-of-a-call"),
        pytest.param(assistant(call("c", "read")), assistant(call("c", "write")), id="name-of-a-tool"),
        pytest.param(user(result("c", "a")), user(result("d", "a")), id="id-of-a-result"),
        pytest.param(
            user(result("c", "a"), result("d", "b")), user(result("d", "b"), result("c", "a")), id="order"
        ),
        pytest.param(user(document("a")), user(document("b")), id="document"),
        pytest.param(user({**document(), "title": "b"}), user(document()), id="title-of-a-document"),
    ],
)
def test_what_the_model_sees_counts(one: Json, other: Json) -> None:
    assert tip_of(one) != tip_of(other)


def test_7_a_transient_text_is_not_there() -> None:
    messages = [user("a"), assistant("b"), user("c", "go on")]

    assert tip_of(*messages, transient=("go on",)) == tip_of(user("a"), assistant("b"), user("c"))


def test_a_system_message_belongs_to_the_user_s_before_it_and_counts() -> None:
    told = [user("a"), string("system", "b"), assistant("c")]

    assert len(digests_of(*told)) == 2
    assert tip_of(*told) != tip_of(user("a"), assistant("c"))
    assert tip_of(*told) != tip_of(user("a", "b"), assistant("c"))
    assert tip_of(*told) == tip_of(
        user("a"), {"role": "system", "content": [text("b") | CACHED]}, assistant("c")
    )


def test_adjacent_messages_of_one_role_are_one() -> None:
    assert tip_of(user("a"), user("b")) == tip_of(user("a", "b"))


CONVERSATION = [user("a"), assistant("b", call("c")), user(result("c", "d"), "e")]
DIGESTS = digests_of(*CONVERSATION)


def test_the_chain_begins_with_the_launch_key() -> None:
    assert tips(KEY, []) == [seed(KEY)]


def test_the_chain_has_one_step_a_message() -> None:
    first, second, third = CONVERSATION

    assert tips(KEY, DIGESTS)[1:] == [
        step(seed(KEY), first),
        step(step(seed(KEY), first), second),
        step(step(step(seed(KEY), first), second), third),
    ]


@pytest.mark.parametrize("count", range(len(CONVERSATION) + 1))
def test_the_tips_of_a_prefix_are_the_prefix_of_the_tips(count: int) -> None:
    assert tips(KEY, DIGESTS[:count]) == tips(KEY, DIGESTS)[: count + 1]


def test_all_tips_of_a_conversation_differ() -> None:
    chain = tips(KEY, digests_of(user("a"), assistant("a"), user("a"), assistant("a")))

    assert len(set(chain)) == len(chain)


def test_the_launch_key_participates_in_every_tip() -> None:
    assert not set(tips(b"one", DIGESTS)) & set(tips(b"other", DIGESTS))


def test_what_came_before_participates() -> None:
    assert tip_of(user("a"), assistant("b"), user("c")) != tip_of(user("a"), assistant("x"), user("c"))


def test_where_a_message_ends_participates() -> None:
    one = [user("a"), assistant("b", "c"), user("d")]
    other = [user("a"), assistant("b"), assistant("c"), user("d")]

    assert reduce(step, one, seed(KEY)) != reduce(step, other, seed(KEY))


# Messages, the forms in which clients echo them, and single changes of what counts.

NAMES = st.sampled_from(["path", "limit", "a b", "ä", ""])
JSON = st.recursive(
    st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-(2.0**53), 2.0**53) | st.text(max_size=4),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(NAMES, values, max_size=3),
    max_leaves=5,
)
# Neither blank nor with space at the end: those do not count, and are put in by the rewriting.
WORDS = st.text(max_size=5).map(lambda value: value + ".")
MEDIA = st.builds(document, WORDS) | st.builds(image)
RESULT_CONTENT = WORDS | st.lists(st.builds(text, WORDS) | MEDIA, max_size=2)


@st.composite
def messages(draw: st.DrawFn) -> Json:
    """A message of either role with blocks of all kinds; calls and results have ids of their own."""
    numbers = range(draw(st.integers(0, 2)))
    if draw(st.booleans()):
        errors = st.sampled_from([{}, {"is_error": True}])
        results = [result(f"c{n}", draw(RESULT_CONTENT), **draw(errors)) for n in numbers]
        return user(
            *draw(st.permutations([*results, *draw(st.lists(WORDS | MEDIA, min_size=1, max_size=2))]))
        )
    calls = [{**call(f"c{n}"), "input": draw(st.dictionaries(NAMES, JSON, max_size=3))} for n in numbers]
    others: list[Any] = draw(st.lists(WORDS | st.sampled_from([THINKING, REDACTED]), max_size=2))
    return assistant(*draw(st.permutations([*calls, draw(WORDS), *others])))


def rewritten(draw: st.DrawFn, message: Json) -> Json:
    """The message as a client might send it again."""
    role = message["role"]
    blocks = [rewritten_block(draw, role, block) for block in message["content"] if not is_thought(block)]
    if role == "assistant":
        uncounted = st.sampled_from([THINKING, REDACTED, text(" "), text("")])
        place = draw(st.integers(0, len(blocks)))
        blocks[place:place] = draw(st.lists(uncounted, max_size=2))
    if len(blocks) == 1 and set(blocks[0]) == {"type", "text"} and draw(st.booleans()):
        return string(role, blocks[0]["text"])
    return {"role": role, "content": blocks}


def rewritten_block(draw: st.DrawFn, role: str, block: Json) -> Json:
    block = dict(block)
    if block["type"] == "text" and role == "assistant":
        block["text"] += draw(st.sampled_from(["", " ", "\n\n"]))
    elif block["type"] == "tool_use":
        block["input"] = same_json(draw, block["input"])
        block |= draw(st.sampled_from([{}, {"caller": {"type": "direct"}}, {"caller": None}]))
    elif block["type"] == "tool_result":
        block["content"] = rewritten_content(draw, block["content"])
        block = {**draw(st.sampled_from([{}, {"is_error": False}, {"is_error": None}])), **block}
    block |= draw(st.sampled_from([{}, CACHED, {"cache_control": None}]))
    return dict(draw(st.permutations(list(block.items()))))


def rewritten_content(draw: st.DrawFn, content: Any) -> Any:
    """One text as a string or as a block; marks on the blocks inside."""
    blocks = [text(content)] if isinstance(content, str) else content
    if len(blocks) == 1 and blocks[0]["type"] == "text" and draw(st.booleans()):
        return blocks[0]["text"]
    return [{**block, **draw(st.sampled_from([{}, CACHED]))} for block in blocks]


def same_json(draw: st.DrawFn, value: Any) -> Any:
    """The same value with its keys in another order, and integers as floats or the other way round."""
    if isinstance(value, dict):
        return {key: same_json(draw, value[key]) for key in draw(st.permutations(sorted(value)))}
    if isinstance(value, list):
        return [same_json(draw, item) for item in value]
    if type(value) is int and draw(st.booleans()):
        return float(value)
    if type(value) is float and value.is_integer() and draw(st.booleans()):
        return int(value)
    return value


def changed(draw: st.DrawFn, message: Json) -> Json:
    """The message with one counted thing changed: a value, a block more or less, an order, or the role."""
    role, blocks = message["role"], message["content"]
    place = draw(st.sampled_from([n for n, block in enumerate(blocks) if not is_thought(block)]))
    before, block, after = blocks[:place], blocks[place], blocks[place + 1 :]
    match draw(st.sampled_from(["role", "more", "less", "order", "value", "value"])):
        case "role":
            return {"role": "user" if role == "assistant" else "assistant", "content": blocks}
        case "more":
            return {"role": role, "content": [*before, block, block, *after]}
        case "less":
            return {"role": role, "content": [*before, *after]}
        case "order" if after and not is_thought(after[0]) and after[0] != block:
            return {"role": role, "content": [*before, after[0], block, *after[1:]]}
        case _:
            path = draw(st.sampled_from(list(leaves(block))))
            return {"role": role, "content": [*before, with_other_leaf(block, path), *after]}


def is_thought(block: Json) -> bool:
    return block["type"] in ("thinking", "redacted_thinking")


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The paths of all values that are neither object nor list."""
    if isinstance(value, dict | list):
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(item, (*path, key))
    else:
        yield path


def with_other_leaf(value: Any, path: tuple[Any, ...]) -> Any:
    if path:
        copied = value.copy()
        copied[path[0]] = with_other_leaf(value[path[0]], path[1:])
        return copied
    if isinstance(value, str):
        return value + "x"
    if isinstance(value, bool):
        return not value
    return 0.25 if value != 0.25 else 0.75


@st.composite
def with_rewritten(draw: st.DrawFn) -> tuple[Json, Json]:
    message = draw(messages())
    return message, rewritten(draw, message)


@st.composite
def with_changed(draw: st.DrawFn) -> tuple[Json, Json]:
    message = draw(messages())
    return message, changed(draw, message)


@given(with_rewritten())
def test_a_message_and_its_rewritten_form_have_the_same_tip(pair: tuple[Json, Json]) -> None:
    message, again = pair

    assert tip_of(again) == tip_of(message)


@given(with_changed())
def test_any_change_of_what_counts_changes_the_tip(pair: tuple[Json, Json]) -> None:
    message, other = pair

    assert tip_of(other) != tip_of(message)


@st.composite
def with_cut(draw: st.DrawFn) -> tuple[Json, list[Json]]:
    """A message, and the same blocks as adjacent messages of its role."""
    message = draw(messages())
    blocks = message["content"]
    cuts = sorted(draw(st.sets(st.integers(1, len(blocks)), max_size=3)) | {0, len(blocks)})
    return message, [{**message, "content": blocks[start:end]} for start, end in pairwise(cuts)]


@st.composite
def with_transient(draw: st.DrawFn) -> tuple[Json, Json]:
    """A message, and the same with transient texts put in."""
    message = draw(messages())
    blocks = [*message["content"]]
    for kind in draw(st.lists(st.sampled_from([{}, CACHED]), max_size=3)):
        blocks.insert(draw(st.integers(0, len(blocks))), {**text("go on"), **kind})
    return message, {**message, "content": blocks}


@given(with_cut())
def test_a_message_and_its_parts_in_a_row_have_the_same_tip(pair: tuple[Json, list[Json]]) -> None:
    message, parts = pair

    assert tip_of(*parts) == tip_of(message) == step(seed(KEY), message)


@given(with_transient())
def test_transient_texts_do_not_change_a_tip_wherever_they_stand(pair: tuple[Json, Json]) -> None:
    message, other = pair

    assert tip_of(other, transient=("go on",)) == tip_of(message)


@pytest.mark.parametrize("value", [1e20, -1e300, 2**63, 1.5, 2**53 + 1])
def test_a_number_of_any_size_has_a_digest(value: float) -> None:
    assert tip_of(assistant(call("c", n=value))) != tip_of(assistant(call("c", n=1)))


@pytest.mark.parametrize(
    "arguments", [{"a": None}, {"cache_control": 1}, {"citations": []}, {"x": {"caller": None}}]
)
def test_in_the_input_of_a_tool_every_key_is_data(arguments: dict[str, Any]) -> None:
    assert tip_of(assistant(call("c", **arguments))) != tip_of(assistant(call("c")))


def test_marks_of_blocks_inside_a_search_result_do_not_count() -> None:
    found = {"type": "search_result", "source": "s", "title": "t", "content": [text("c")]}
    marked = {**found, "content": [{**text("c"), "cache_control": {"type": "ephemeral"}}]}

    assert tip_of(user(found)) == tip_of(user(marked))
