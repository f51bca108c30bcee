"""What the scripted model answers, and that its stream says all of an answer and nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from towpath.testing.script import THINKING_SIGNATURE, Json, Reply, obey
from towpath.testing.stream import events, message


def says(*blocks: str | Json, **more: Any) -> Json:
    content = [{"type": "text", "text": block} if isinstance(block, str) else block for block in blocks]
    return {"model": "claude-test", "messages": [{"role": "user", "content": content}], **more}


def result(content: str | list[Json], tool_use_id: str = "toolu_1") -> Json:
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": content}


def text(words: str) -> Json:
    return {"type": "text", "text": words}


def call(name: str, tool_input: Json) -> Json:
    return {"type": "tool_use", "name": name, "input": tool_input}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        pytest.param(says("hello"), [text("You said: hello")], id="plain"),
        pytest.param(says("x" * 300), [text("You said: " + "x" * 200)], id="long"),
        pytest.param(says("one", "two"), [text("You said: one\ntwo")], id="two-blocks"),
        pytest.param(says("<system-reminder>cwd", "hi"), [text("You said: hi")], id="reminder"),
        pytest.param(says("please\nSAY  as it is "), [text(" as it is ")], id="say"),
        pytest.param(says('"SAY it"'), [text("it")], id="say-in-quotes"),
        pytest.param(
            says("THINK hard\nSAY so"),
            [{"type": "thinking", "thinking": "hard", "signature": THINKING_SIGNATURE}, text("so")],
            id="think",
        ),
        pytest.param(
            says('CALL read {"path": "a"}\nand\nCALL bash {}'),
            [text("Calling 2 tools."), call("read", {"path": "a"}), call("bash", {})],
            id="parallel-calls",
        ),
        pytest.param(
            says('SAY first\nCALL read {"path": "a"}'),
            [text("first"), call("read", {"path": "a"})],
            id="say-and-call",
        ),
        pytest.param(
            says(r'"CALL read {\"path\": \"a \\"b\\"\"}"', "unquoted tail"),
            [text("Calling 1 tool."), call("read", {"path": 'a "b"'})],
            id="call-in-escaped-quotes",
        ),
        pytest.param(
            says('"CALL read {"path": "a"}"'),
            [text("Calling 1 tool."), call("read", {"path": "a"})],
            id="call-in-quotes",
        ),
        pytest.param(says("REPEAT 3 ab "), [text("ab ab ab ")], id="repeat"),
        pytest.param(
            says("SAY no\nTHINK hard\nREPEAT 12  a"),
            [{"type": "thinking", "thinking": "hard", "signature": THINKING_SIGNATURE}, text(" a" * 12)],
            id="think-and-repeat",
        ),
        pytest.param(says("REPEAT 0 a"), [text("You said: REPEAT 0 a")], id="repeat-never"),
        pytest.param(says("REPEAT some a"), [text("You said: REPEAT some a")], id="repeat-no-number"),
        pytest.param(says("CALL read {oops"), [text("You said: CALL read {oops")], id="not-json"),
        pytest.param(says("CALL read [1]"), [text("You said: CALL read [1]")], id="not-an-object"),
        pytest.param(says("Please CALL read {}"), [text("You said: Please CALL read {}")], id="mid-line"),
    ],
)
def test_obey_does_what_the_text_says(body: Json, content: list[Json]) -> None:
    assert list(obey(body).content) == content


def test_what_is_repeated_comes_in_a_delta_each() -> None:
    body = says("REPEAT 500 boats, ")
    sent = events(obey(body), message_id="msg_1", model="m", body=body)

    assert [e["delta"]["text"] for e in sent if e["type"] == "content_block_delta"] == ["boats, "] * 500


def test_a_string_as_content_is_one_text_block() -> None:
    assert obey({"messages": [{"role": "user", "content": "SAY yes"}]}).content == (text("yes"),)


def test_only_the_last_user_message_counts_and_system_messages_may_follow_it() -> None:
    body = says("SAY new")
    older = [{"role": "user", "content": "SAY old"}, {"role": "assistant", "content": "old"}]
    body["messages"] = [*older, *body["messages"], {"role": "system", "content": "SAY system"}]

    assert obey(body).content == (text("new"),)


def test_tool_results_are_quoted_in_their_order() -> None:
    image = {"type": "image", "source": {"type": "url", "url": "https://example.org/a.png"}}
    blocks = [text("c" * 300), image, text("<system-reminder>date")]

    body = says(result("a\n"), result([text("b"), text("b2")]), result(blocks), {"type": "tool_result"})

    assert obey(body).content == (text("Results: a | b\nb2 | " + "c" * 200 + " | "),)


def test_text_after_tool_results_is_obeyed_only_if_it_commands() -> None:
    assert obey(says(result("a"), "Continue.")).content == (text("Results: a"),)
    assert obey(says(result("a"), "SAY more")).content == (text("more"),)


@pytest.mark.parametrize(
    ("choice", "tools", "content"),
    [
        ({"type": "any"}, [{"name": "read"}, {"name": "bash"}], (call("read", {}),)),
        ({"type": "tool", "name": "bash"}, [{"name": "read"}, {"name": "bash"}], (call("bash", {}),)),
        ({"type": "any"}, [], (text("You said: hi"),)),
        ({"type": "auto"}, [{"name": "read"}], (text("You said: hi"),)),
    ],
)
def test_a_forced_tool_is_called_with_empty_input(
    choice: Json, tools: list[Json], content: tuple[Json, ...]
) -> None:
    assert obey(says("hi", tool_choice=choice, tools=tools)).content == content


def test_a_call_line_comes_before_a_forced_tool() -> None:
    body = says('CALL bash {"command": "ls"}', tool_choice={"type": "any"}, tools=[{"name": "read"}])

    assert obey(body).content == (text("Calling 1 tool."), call("bash", {"command": "ls"}))


def test_a_schema_is_answered_with_its_required_properties() -> None:
    properties = {
        "name": {"type": "string"},
        "age": {"type": "integer"},
        "size": {"type": "number"},
        "old": {"type": "boolean"},
        "tags": {"type": "array"},
        "kind": {"enum": ["a", "b"]},
        "is": {"const": "person"},
        "home": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "maybe": {"type": ["string", "null"]},
        "either": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        "place": {"$ref": "#/$defs/place"},
        "anything": True,
        "left_out": {"type": "string"},
    }
    places = {"place": {"type": "object", "properties": {"at": {"type": "null"}}, "required": ["at"]}}
    required = [name for name in properties if name != "left_out"]
    schema = {"type": "object", "properties": properties, "required": required, "$defs": places}

    reply = obey(says("hi", output_config={"format": {"type": "json_schema", "schema": schema}}))

    assert json.loads(reply.content[0]["text"]) == {
        "name": "",
        "age": 0,
        "size": 0,
        "old": False,
        "tags": [],
        "kind": "a",
        "is": "person",
        "home": {"city": ""},
        "maybe": "",
        "either": 0,
        "place": {"at": None},
        "anything": {},
    }


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
OBJECTS = st.dictionaries(st.text(), JSON_VALUES, max_size=3)
CITATIONS = st.lists(st.fixed_dictionaries({"type": st.just("char_location"), "cited_text": st.text()}))
BLOCKS = st.one_of(
    st.fixed_dictionaries(
        {"type": st.just("text"), "text": st.text(max_size=120)}, optional={"citations": CITATIONS}
    ),
    st.fixed_dictionaries({"type": st.just("thinking"), "thinking": st.text(), "signature": st.text()}),
    st.fixed_dictionaries({"type": st.just("redacted_thinking"), "data": st.text()}),
    st.fixed_dictionaries(
        {
            "type": st.sampled_from(["tool_use", "server_tool_use", "mcp_tool_use"]),
            "id": st.text(),
            "name": st.text(),
            "input": OBJECTS,
        }
    ),
    st.fixed_dictionaries({"type": st.just("web_search_tool_result"), "content": st.lists(OBJECTS)}),
    st.fixed_dictionaries({"type": st.just("not_invented_yet"), "input": OBJECTS, "text": st.text()}),
)
REPLIES = st.builds(
    Reply,
    content=st.lists(BLOCKS, max_size=4).map(tuple),
    chunk_chars=st.integers(1, 50),
    stop_reason=st.sampled_from([None, "max_tokens", "stop_sequence"]),
)


def streamed(reply: Reply) -> list[Json]:
    return events(reply, message_id="msg_1", model="claude-test", body=says("hi"))


def folded(stream: list[Json]) -> list[Json]:
    """The content that a client makes of a stream."""
    blocks: list[Json] = []
    for event in stream:
        if event["type"] == "content_block_start":
            assert event["index"] == len(blocks)
            blocks.append({**event["content_block"], "json": ""})
        elif event["type"] == "content_block_delta":
            fold(blocks[event["index"]], event["delta"])
    for block in blocks:
        written = block.pop("json")
        if written:
            block["input"] = json.loads(written)
    return blocks


def fold(block: Json, delta: Json) -> None:
    match delta:
        case {"type": "text_delta", "text": piece}:
            block["text"] += piece
        case {"type": "thinking_delta", "thinking": piece}:
            block["thinking"] += piece
        case {"type": "input_json_delta", "partial_json": piece}:
            block["json"] += piece
        case {"type": "citations_delta", "citation": citation}:
            block["citations"] = [*block["citations"], citation]
        case {"type": "signature_delta", "signature": signature}:
            assert block["signature"] == "", "a second signature"
            block["signature"] = signature
        case _:
            raise AssertionError(f"no such delta: {delta}")


@given(REPLIES)
@settings(deadline=None)  # a busy machine is no failure
def test_a_folded_stream_is_the_content(reply: Reply) -> None:
    stream = streamed(reply)

    assert folded(stream) == list(reply.content)
    assert folded(stream) == message(reply, message_id="msg_1", model="m", body={})["content"]


@given(REPLIES)
@settings(deadline=None)  # a busy machine is no failure
def test_a_stream_is_framed_and_chunked_as_promised(reply: Reply) -> None:
    stream = streamed(reply)
    deltas = [event["delta"] for event in stream if event["type"] == "content_block_delta"]
    pieces = [
        delta.get("text") or delta.get("thinking") or delta.get("partial_json") or "" for delta in deltas
    ]

    assert [event["type"] for event in (stream[0], *stream[-2:])] == [
        "message_start",
        "message_delta",
        "message_stop",
    ]
    assert max(map(len, pieces), default=0) <= reply.chunk_chars
    starts = [event["index"] for event in stream if event["type"] == "content_block_start"]
    stops = [event["index"] for event in stream if event["type"] == "content_block_stop"]
    assert starts == stops == list(range(len(reply.content)))


def test_the_first_piece_of_an_input_is_empty_and_the_signature_is_last() -> None:
    thinking = {"type": "thinking", "thinking": "hm", "signature": "sig"}

    stream = streamed(Reply((thinking, {**call("read", {"path": "a"}), "id": "toolu_1"})))

    assert [event.get("delta") or event.get("content_block") for event in stream[1:-2]] == [
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "hm"},
        {"type": "signature_delta", "signature": "sig"},
        None,
        {"type": "tool_use", "name": "read", "input": {}, "id": "toolu_1"},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"path": "a"}'},
        None,
    ]


@pytest.mark.parametrize(
    ("reply", "stop_reason"),
    [
        (Reply((text("a"),)), "end_turn"),
        (Reply((text("a"), call("read", {}))), "tool_use"),
        (Reply((call("read", {}),), stop_reason="max_tokens"), "max_tokens"),
        (Reply((text("a"),), stop_reason="stop_sequence", stop_sequence="END"), "stop_sequence"),
    ],
)
def test_the_reason_to_stop_is_given_or_follows_from_the_content(reply: Reply, stop_reason: str) -> None:
    delta = streamed(reply)[-2]["delta"]
    whole = message(reply, message_id="msg_1", model="m", body={})

    assert delta == {"stop_reason": stop_reason, "stop_sequence": reply.stop_sequence}
    assert (whole["stop_reason"], whole["stop_sequence"]) == (stop_reason, reply.stop_sequence)


def test_usage_is_estimated_and_what_is_given_wins() -> None:
    start, *_, delta, _stop = streamed(Reply((text("a" * 400),), usage={"cache_read_input_tokens": 7}))

    assert delta["usage"]["cache_read_input_tokens"] == 7
    assert delta["usage"]["output_tokens"] > 100
    assert delta["usage"]["input_tokens"] == len(json.dumps(says("hi"))) // 4
    assert start["message"]["usage"] == {
        **delta["usage"],
        "output_tokens": 1,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
        "service_tier": "standard",
        "inference_geo": "not_available",
    }


def test_a_failing_stream_has_only_the_events_before() -> None:
    whole = streamed(Reply((text("a"),)))
    overloaded = {"type": "overloaded_error", "message": "Overloaded"}

    assert streamed(Reply((text("a"),), cut_after_events=3)) == whole[:3]
    assert streamed(Reply((text("a"),), error_after_events=(2, overloaded))) == [
        *whole[:2],
        {"type": "error", "error": overloaded},
    ]
