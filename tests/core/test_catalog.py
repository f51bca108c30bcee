"""The list of models in both shapes."""

from typing import Any

import msgspec
import pytest

from towpath.core.catalog import Offered, anthropic_page, find, offered, openai_model
from towpath.core.errors import ApiError
from towpath.core.models import THE_API, Offer

ENTRIES: list[dict[str, Any]] = [
    {
        "value": "default",
        "resolvedModel": "claude-opus-9",
        "description": "Use the default model (currently Opus 9)",
    },
    {
        "value": "opus",
        "resolvedModel": "claude-opus-9",
        "description": "Opus 9 \u00b7 Best for everyday tasks",
    },
    {"value": "sonnet", "resolvedModel": "claude-sonnet-9", "description": "Sonnet 9 \u00b7 Efficient"},
    {"value": "opusplan", "resolvedModel": "claude-opus-9", "description": "Opus 9 in plan mode"},
    {"value": "claude-custom", "description": ""},
    {"displayName": "nothing"},
]
MODELS = offered(ENTRIES)


def ids(**query: str) -> list[str]:
    page = anthropic_page(MODELS, {name: [value] for name, value in query.items()})
    return [model.id for model in page.data]


def test_each_id_is_listed_once_under_the_name_for_people() -> None:
    assert (
        Offered("claude-opus-9", "opus", "Opus 9"),
        Offered("claude-sonnet-9", "sonnet", "Sonnet 9"),
        Offered("claude-custom", "claude-custom", "claude-custom"),
    ) == MODELS


def test_both_shapes() -> None:
    page = anthropic_page(MODELS, {})

    assert page.data[0].display_name == "Opus 9"
    assert [model.line for model in page.data] == ["opus", "sonnet", None]
    assert (page.has_more, page.first_id, page.last_id) == (False, "claude-opus-9", "claude-custom")
    assert msgspec.to_builtins(openai_model(MODELS[1])) == {
        "id": "claude-sonnet-9",
        "object": "model",
        "created": 0,
        "owned_by": "anthropic",
    }


@pytest.mark.parametrize(
    ("query", "expected", "has_more"),
    [
        ({"limit": "2"}, ["claude-opus-9", "claude-sonnet-9"], True),
        ({"limit": "2", "after_id": "claude-sonnet-9"}, ["claude-custom"], False),
        ({"limit": "1", "after_id": "claude-opus-9"}, ["claude-sonnet-9"], True),
        ({"limit": "1", "before_id": "claude-custom"}, ["claude-sonnet-9"], True),
        ({"before_id": "claude-sonnet-9"}, ["claude-opus-9"], False),
        ({"lifecycle": "deprecated"}, [], False),
        ({"lifecycle[]": "active"}, ["claude-opus-9", "claude-sonnet-9", "claude-custom"], False),
        ({"unknown": "x"}, ["claude-opus-9", "claude-sonnet-9", "claude-custom"], False),
    ],
)
def test_pages(query: dict[str, str], expected: list[str], *, has_more: bool) -> None:
    assert ids(**query) == expected
    assert anthropic_page(MODELS, {name: [value] for name, value in query.items()}).has_more is has_more


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"limit": "1001"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"after_id": "nobody"}, "after_id"),
        ({"before_id": "nobody"}, "before_id"),
        ({"lifecycle": "young"}, "lifecycle"),
    ],
)
def test_a_value_that_is_none_is_refused_by_its_name(query: dict[str, str], field: str) -> None:
    with pytest.raises(ApiError, match=f"400 .*: {field}: "):
        ids(**query)


@pytest.mark.parametrize("name", ["sonnet", "claude-sonnet-9", "anthropic/claude-sonnet-9", "gpt"])
def test_a_model_is_found_by_each_name_that_it_serves(name: str) -> None:
    assert find(MODELS, name, THE_API) == MODELS[1]


@pytest.mark.parametrize("name", ["claude-sonnet-4-5-20250929", "haiku"])
def test_what_is_not_listed_is_served_and_so_it_is_found(name: str) -> None:
    assert find(MODELS, name, THE_API).id == name


def test_a_version_that_is_not_offered_is_not_found() -> None:
    with pytest.raises(ApiError, match="404 not_found_error: model: claude-opus-8: this access"):
        find(MODELS, "claude-opus-8", Offer("vertex", [model.id for model in MODELS]))


def test_a_default_that_is_a_model_of_its_own_is_listed_under_its_id() -> None:
    listed = offered(
        [
            {"value": "default", "resolvedModel": "claude-sonnet-4-5", "description": "Use the default"},
            {"value": "opus", "resolvedModel": "claude-opus-9", "description": "Opus 9"},
        ]
    )

    assert listed[1] == Offered("claude-sonnet-4-5", "claude-sonnet-4-5", "claude-sonnet-4-5")
