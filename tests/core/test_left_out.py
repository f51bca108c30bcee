"""Hints without a counterpart: what is left out of a request, and what a response says of it."""

from typing import Any

import pytest

from towpath.core.openai.left_out import CHAT, RESPONSES, header, leave_out

Json = dict[str, Any]
IMAGE: Json = {"type": "image_url", "image_url": {"url": "https://a.test/b.png"}}


def said(**message: Any) -> Json:
    return {"messages": [{"role": "user", "content": "hi", **message}]}


def seen(detail: str) -> Json:
    return said(content=[{**IMAGE, "image_url": {**IMAGE["image_url"], "detail": detail}}])


@pytest.mark.parametrize(
    ("fields", "kept", "names"),
    [
        ({"seed": 7, "logprobs": True, "top_logprobs": 3}, {}, {"seed", "logprobs", "top_logprobs"}),
        ({"logit_bias": {"5": 1}, "presence_penalty": 0.5}, {}, {"logit_bias", "presence_penalty"}),
        ({"store": True, "metadata": {"a": "b"}}, {}, {"store", "metadata"}),
        ({"service_tier": "flex", "prediction": {"type": "content"}}, {}, {"service_tier", "prediction"}),
        ({"verbosity": "low"}, {}, {"verbosity"}),
        ({"top_p": 1}, {}, set()),
        ({"top_p": 0.5}, {"top_p": 0.5}, set()),
        ({"user": "a", "safety_identifier": "b"}, {"safety_identifier": "b"}, {"user"}),
        ({"user": "a", "safety_identifier": "a"}, {"safety_identifier": "a"}, set()),
        ({"user": "a", "safety_identifier": None}, {"user": "a", "safety_identifier": None}, set()),
        ({"temperature": 1.7}, {"temperature": 1}, {"temperature"}),
        ({"temperature": 0.7}, {"temperature": 0.7}, set()),
        ({"stop": ["a", "\n", " "]}, {"stop": ["a"]}, {"stop"}),
        ({"stop": "\n\n"}, {}, {"stop"}),
        ({"stop": ["a"]}, {"stop": ["a"]}, set()),
        ({"stop": 7}, {"stop": 7}, set()),
        (said(name="Ada"), said(), {"messages.name"}),
        (said(name=None), said(), set()),
        (seen("low"), said(content=[IMAGE]), {"messages.content.image_url.detail"}),
        (seen("high"), said(content=[IMAGE]), set()),
        (
            {"tools": [{"type": "function", "function": {"name": "f", "strict": True}}]},
            {"tools": [{"type": "function", "function": {"name": "f"}}]},
            {"tools.function.strict"},
        ),
        ({"seed": None, "logprobs": False, "frequency_penalty": 0, "store": False}, {}, set()),
        ({"n": 2, "messages": "hi", "tools": 7}, {"n": 2, "messages": "hi", "tools": 7}, set()),
    ],
)
def test_a_hint_of_a_chat_is_left_out_and_named_if_it_says_something(
    fields: Json, kept: Json, names: set[str]
) -> None:
    before = repr(fields)
    asked, left_out = leave_out(fields, CHAT)

    assert (asked, set(left_out)) == (kept, names)
    assert repr(fields) == before


@pytest.mark.parametrize(
    ("fields", "kept", "names"),
    [
        (
            {"store": True, "truncation": "auto", "max_tool_calls": 3},
            {},
            ["store", "truncation", "max_tool_calls"],
        ),
        ({"include": ["message.output_text.logprobs"]}, {}, ["include"]),
        ({"include": ["reasoning.encrypted_content"], "store": False}, {}, []),
        (
            {"tools": [{"name": "n", "tools": [{"name": "f", "strict": True, "defer_loading": True}]}]},
            {"tools": [{"name": "n", "tools": [{"name": "f"}]}]},
            ["tools.tools.strict", "tools.tools.defer_loading"],
        ),
        ({"text": {"verbosity": "low"}}, {"text": {}}, ["text.verbosity"]),
        (
            {"reasoning": {"summary": "concise"}},
            {"reasoning": {"summary": "detailed"}},
            ["reasoning.summary"],
        ),
        ({"reasoning": {"summary": "auto", "mode": "standard"}}, {"reasoning": {"summary": "auto"}}, []),
        ({"access_programs": {"a": "b"}, "context_management": []}, {}, ["access_programs"]),
        (
            {"input": [{"content": [{"type": "output_text", "annotations": [7], "logprobs": []}]}]},
            {"input": [{"content": [{"type": "output_text"}]}]},
            ["input.content.annotations"],
        ),
        ({"temperature": 2, "top_logprobs": 0}, {"temperature": 1}, ["temperature"]),
        (
            {"input": [{"role": "user", "content": [{"type": "input_image", "detail": "low"}]}]},
            {"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
            ["input.content.detail"],
        ),
    ],
)
def test_so_is_one_of_a_request_for_a_response(fields: Json, kept: Json, names: list[str]) -> None:
    assert leave_out(fields, RESPONSES) == (kept, names)


def test_a_hint_that_is_only_left_out_where_it_says_nothing_is_not_named() -> None:
    unnamed = {hint.name for hint in (*CHAT, *RESPONSES) if not hint.is_named}

    assert unnamed == {"top_p", "tools.async", "tools.tools.async"}


def test_the_header_has_each_name_once_and_nothing_that_a_header_cannot_have() -> None:
    assert header([]) == {}
    assert len(header(str(number) * 100 for number in range(5000))["x-towpath-left-out"]) < 4000
    assert header(["seed", "input.ü\r\n,x", "seed"]) == {"x-towpath-left-out": "seed, input.????x"}
