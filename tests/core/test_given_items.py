"""Items of earlier answers that a request points at."""

from typing import Any

import pytest

from towpath.core.errors import ApiError
from towpath.core.openai.given_items import GivenItems

ITEM: dict[str, Any] = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
HI: dict[str, Any] = {"role": "user", "content": "hi"}


@pytest.mark.parametrize("reference", [{"type": "item_reference", "id": "msg_1"}, {"id": "msg_1"}])
def test_a_reference_becomes_the_item_that_was_given_out(reference: Any) -> None:
    items = GivenItems()
    items.keep("ada", ITEM)
    body = {"model": "m", "input": [HI, reference, HI]}

    assert items.resolved("ada", body) == {"model": "m", "input": [HI, ITEM, HI]}
    assert body["input"][1] == reference
    with pytest.raises(ApiError) as caught:
        items.resolved("bob", body)
    assert (caught.value.status, caught.value.message.split(":")[0]) == (404, "input.1")
    assert "set `store` to false" in caught.value.message


def test_those_that_nobody_points_at_go_first() -> None:
    items = GivenItems(budget=150)
    body = {"input": [{"type": "item_reference", "id": "msg_1"}]}
    items.keep("", ITEM)
    items.keep("", ITEM)
    items.keep("", {**ITEM, "id": "msg_2"})
    items.resolved("", body)
    items.keep("", {**ITEM, "id": "msg_3"})

    assert items.resolved("", body)["input"] == [ITEM]
    with pytest.raises(ApiError):
        items.resolved("", {"input": [{"type": "item_reference", "id": "msg_2"}]})


@pytest.mark.parametrize("body", [7, {}, {"input": "hi"}, {"input": [7, HI]}])
def test_what_points_at_nothing_stays_as_it_is(body: Any) -> None:
    assert GivenItems().resolved("", body) is body
