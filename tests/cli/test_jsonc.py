"""JSON with comments: it is read as OpenCode reads it, and an edit changes nothing but its own place."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from towpath.cli.opencode.jsonc import JsoncError, Keys, find, parse
from towpath.cli.opencode.jsonc_edit import append_item, remove, remove_item, set_item, set_value

KEYS = st.sampled_from(["provider", "anthropic", "a", "b", 'q"\\', "ü"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(["//", "/*", "*/", ",}", '"'])
VALUES = st.recursive(
    SCALARS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=8,
)
OBJECTS = st.dictionaries(KEYS, VALUES, max_size=4)
PATHS = st.lists(KEYS, min_size=1, max_size=3).map(tuple)
COMMENTS = st.sampled_from(["/* c%d */", "// c%d, }\n", "/* c%d \n */", "// c%d\r\n"])
SPACES = st.sampled_from(["", "", " ", "\n", "\n  ", "\t", "\r\n"])


@st.composite
def written(draw: st.DrawFn, values: st.SearchStrategy[Any]) -> tuple[str, Any]:
    """A value as a person may have written it: any gaps, comments (numbered) and trailing commas."""
    value = draw(values)
    numbers = iter(range(10**6))

    def gap() -> str:
        comment = draw(st.none() | COMMENTS) if draw(st.integers(0, 4)) == 0 else None
        return draw(SPACES) + (comment % next(numbers) if comment else "") + draw(SPACES)

    def text(value: Any) -> str:
        if isinstance(value, dict):
            return wrapped("{}", [json.dumps(k) + gap() + ":" + gap() + text(v) for k, v in value.items()])
        if isinstance(value, list):
            return wrapped("[]", [text(item) for item in value])
        return json.dumps(value)

    def wrapped(brackets: str, parts: list[str]) -> str:
        inner = ",".join(gap() + part + gap() for part in parts)
        trailing = "," + gap() if draw(st.booleans()) and parts else ""
        return brackets[0] + (inner or gap()) + trailing + brackets[1]

    return gap() + text(value) + gap(), value


def comments(text: str) -> list[str]:
    """The numbered comments of a text. Strings of the tests hold no such thing."""
    return re.findall(r"(?://|/\*) c\d+", text)


def with_value(value: Any, path: Keys, new: Any) -> Any:
    """The oracle of ``set_value``; KeyError where it must refuse."""
    if not path:
        return new
    if not isinstance(value, dict):
        raise KeyError(path)
    key, *rest = path
    return {**value, key: with_value(value.get(key, {}), tuple(rest), new)}


def without(value: Any, path: Keys) -> Any:
    key, *rest = path
    if not rest:
        return {k: v for k, v in value.items() if k != key}
    return {**value, key: without(value[key], tuple(rest))}


def same_order(value: Any) -> Any:
    """A value that equals another only if their keys are in the same order."""
    if isinstance(value, dict):
        return [(key, same_order(item)) for key, item in value.items()]
    return [same_order(item) for item in value] if isinstance(value, list) else repr(value)


@given(written(VALUES))
def test_what_is_read_is_what_was_written(case: tuple[str, Any]) -> None:
    text, value = case
    node = parse(text)

    assert same_order(node.value) == same_order(value)
    assert same_order(parse(text[node.start : node.end]).value) == same_order(value)


@given(written(OBJECTS), PATHS, VALUES)
def test_a_value_is_set_and_every_comment_key_and_value_beside_it_stays(
    case: tuple[str, Any], path: Keys, new: Any
) -> None:
    text, value = case
    try:
        expected = with_value(value, path, new)
    except KeyError:
        with pytest.raises(JsoncError, match="is not an object"):
            set_value(text, path, new)
        return
    changed = set_value(text, path, new)
    replaced = find(parse(text), path)

    assert same_order(parse(changed).value) == same_order(expected)
    if replaced:
        assert changed.startswith(text[: replaced.start])
        assert changed.endswith(text[replaced.end :])
    else:
        assert comments(changed) == comments(text)
        assert is_subsequence(text, changed)


@given(written(OBJECTS.filter(bool)), VALUES)
def test_taking_out_what_was_put_in_leaves_at_most_a_line_end(case: tuple[str, Any], new: Any) -> None:
    text, _ = case

    assert "".join(remove(set_value(text, ("new",), new), ("new",)).split()) == "".join(text.split())


@given(st.data(), written(OBJECTS.filter(bool)))
def test_a_member_is_taken_out_and_the_rest_stays(data: st.DataObject, case: tuple[str, Any]) -> None:
    text, value = case
    path: Keys = ()
    inner = value
    while isinstance(inner, dict) and inner and (not path or data.draw(st.booleans())):
        path = (*path, data.draw(st.sampled_from(sorted(inner))))
        inner = inner[path[-1]]
    changed = remove(text, path)

    assert same_order(parse(changed).value) == same_order(without(value, path))
    assert is_subsequence(changed, text)


@given(st.data(), written(st.lists(VALUES, min_size=1, max_size=4)), VALUES)
def test_items_are_added_exchanged_and_taken_out(
    data: st.DataObject, case: tuple[str, Any], new: Any
) -> None:
    list_text, items = case
    text = '{"plugin":' + list_text + "}"
    index = data.draw(st.integers(0, len(items) - 1))
    edits: list[tuple[Callable[[], str], list[Any]]] = [
        (lambda: append_item(text, ("plugin",), new), [*items, new]),
        (lambda: set_item(text, ("plugin",), index, new), [*items[:index], new, *items[index + 1 :]]),
        (lambda: remove_item(text, ("plugin",), index), items[:index] + items[index + 1 :]),
    ]

    for edit, expected in edits:
        assert same_order(parse(edit()).value) == same_order({"plugin": expected})


def is_subsequence(short: str, long: str) -> bool:
    characters = iter(long)
    return all(character in characters for character in short)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("{}", '{\n  "new": {\n    "x": 1\n  }\n}'),
        ('{"a": 1}', '{"a": 1, "new": {"x": 1}}'),
        ('{ "a": 1 /* one */ }', '{ "a": 1, /* one */ "new": {"x": 1} }'),
        ('{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "new": {\n    "x": 1\n  }\n}\n'),
        ('{\n\t"a": 1,\n}', '{\n\t"a": 1,\n\t"new": {\n\t\t"x": 1\n\t},\n}'),
        ('{\r\n    "a": 1\r\n}', '{\r\n    "a": 1,\r\n    "new": {\r\n        "x": 1\r\n    }\r\n}'),
        (
            '{\n  "a": 1 // one\n  // two\n}',
            '{\n  "a": 1, // one\n  // two\n  "new": {\n    "x": 1\n  }\n}',
        ),
        ("{\n  // nothing yet\n}", '{\n  // nothing yet\n  "new": {\n    "x": 1\n  }\n}'),
    ],
)
def test_what_is_put_in_looks_like_the_rest_and_can_be_taken_out(before: str, after: str) -> None:
    assert set_value(before, ("new", "x"), 1) == after
    assert remove(after, ("new",)) == before


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('{"a": 1, "b": 2}', '{"a": 1}'),
        ('{"b": 2, "a": 1}', '{ "a": 1}'),
        ('{"b": 1, "a": 1, "b": 2}', '{ "a": 1}'),
        ('{\n  "b": 2\n}', "{}"),
        ('{\n  "a": 1,\n  "b": 2, // two\n  "c": 3\n}', '{\n  "a": 1,\n  // two\n  "c": 3\n}'),
        ('{"a": 1, // one\n"b": 2, "c": 3}', '{"a": 1, // one\n"c": 3}'),
        ('{"a": 1, // one\n"b": 2}', '{"a": 1 // one\n}'),
        ('{"a": 1, // one\r"b": 2}', '{"a": 1 // one\r}'),
    ],
)
def test_what_is_taken_out_leaves_a_tidy_text(before: str, after: str) -> None:
    assert remove(before, ("b",)) == after


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("", 1, 1),
        ("// only this", 1, 13),
        ('{"a": 1', 1, 8),
        ('{\n  "a": 1\n  "b": 2\n}', 3, 3),
        ('{\r\n  "a": tru\r\n}', 2, 8),
        ('{\n  "a: 1\n}', 2, 3),
        ("{'a': 1}", 1, 2),
        ('{"a" 1}', 1, 6),
        ('{"a": 01}', 1, 7),
        ('{"a": "\\x"}', 1, 7),
        ("{,}", 1, 2),
        ("[1,,2]", 1, 4),
        ("{} {}", 1, 4),
        ("{ /* for ever }", 1, 3),
        ("[" * 5000, 1, 101),
    ],
)
def test_a_broken_text_is_refused_with_its_place(text: str, line: int, column: int) -> None:
    with pytest.raises(JsoncError) as caught:
        parse(text)

    assert (caught.value.line, caught.value.column) == (line, column)
    assert str(caught.value).startswith(f"line {line}, column {column}: ")


def test_the_last_of_equal_keys_counts_as_in_javascript() -> None:
    text = '{"a": {"x": 1}, "a": {"x": 2}}'

    assert parse(text).value == {"a": {"x": 2}}
    assert set_value(text, ("a", "x"), 3) == '{"a": {"x": 1}, "a": {"x": 3}}'
