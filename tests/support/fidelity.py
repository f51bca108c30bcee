"""What a client sent and what the API saw, in one form, so that they can be compared.

Written without the code under test: it could not bear witness against itself.
"""

from typing import Any

Json = dict[str, Any]

TOOLS: list[Json] = [
    {
        "name": name,
        "description": f"Runs {name}. " + "It does what its name says. " * 200,
        "input_schema": {"type": "object", "properties": {"path": {"type": "string"}}},
    }
    for name in ("read", "write", "Bash")
]


def request(messages: list[Json], **fields: Any) -> Json:
    """A request body with tools, as an agent client sends it."""
    return {
        "model": "claude-sonnet-4-5",
        "max_tokens": 1000,
        "system": "You are a test.",
        "tools": TOOLS,
        "messages": messages,
        **fields,
    }


def sent(messages: list[Json]) -> list[Json]:
    """The conversation that the model must see."""
    merged: list[Json] = []
    for message in messages:
        blocks = _blocks(message["content"])
        if merged and merged[-1]["role"] == message["role"]:
            merged[-1]["content"] += blocks
        else:
            merged.append({"role": message["role"], "content": blocks})
    return [{"role": m["role"], "content": [_block(b) for b in m["content"]]} for m in merged]


def seen(body: Json) -> list[Json]:
    """The conversation of an API request, without the reminders that the CLI adds (engine-facts F5)."""
    messages = [
        {"role": m["role"], "content": [b for b in _blocks(m["content"]) if not _is_reminder(b)]}
        for m in body["messages"]
        if m["role"] != "system"
    ]
    return sent(messages)


def added(body: Json) -> list[str]:
    """The reminders that ``seen`` left out, in order."""
    return [
        block["text"]
        for message in body["messages"]
        for block in _blocks(message["content"])
        if message["role"] == "system" or _is_reminder(block)
    ]


def beyond(messages: list[Json], body: Json) -> list[str]:
    """What an API request has beside a conversation that it must have whole, in order and at its places.

    For clients that send reminders or system messages of their own, which ``seen`` would leave out.
    """
    own = [(message["role"], block) for message in sent(messages) for block in message["content"]]
    others: list[str] = []
    for message in sent(body["messages"]):
        role = message["role"]
        for block in message["content"]:
            if own and (role, block) == own[0]:
                own.pop(0)
            elif (
                own and role == own[0][0] == "system" and block["text"].startswith(own[0][1]["text"] + "\n\n")
            ):
                others.append(block["text"].removeprefix(own.pop(0)[1]["text"] + "\n\n"))
            else:
                others.append(block.get("text", str(block)))
    assert not own, f"these did not reach the API in this order: {own}"
    return others


def prefix_of(body: Json, count: int) -> list[Json]:
    """The first messages of an API request as the prompt cache sees them: all but the cache marks."""
    return [
        {"role": m["role"], "content": [_unmarked(b) for b in _blocks(m["content"])]}
        for m in body["messages"][:count]
    ]


def user(*content: Any) -> Json:
    """A user message of texts and blocks."""
    return {"role": "user", "content": [_as_block(item) for item in content]}


def assistant(*content: Any) -> Json:
    """An assistant message of texts and blocks."""
    return {"role": "assistant", "content": [_as_block(item) for item in content]}


def text(value: str) -> Json:
    return {"type": "text", "text": value}


def call(tool_use_id: str, name: str = "read", **arguments: Any) -> Json:
    return {"type": "tool_use", "id": tool_use_id, "name": name, "input": arguments}


def result(tool_use_id: str, content: Any, **fields: Any) -> Json:
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": content, **fields}


def image() -> Json:
    """A PNG of one pixel."""
    data = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    return {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": data}}


def document(value: str = "page one") -> Json:
    source = {"type": "text", "media_type": "text/plain", "data": value}
    return {"type": "document", "source": source, "title": "a title"}


def _as_block(item: Any) -> Json:
    return text(item) if isinstance(item, str) else item


def _blocks(content: Any) -> list[Json]:
    return [text(content)] if isinstance(content, str) else list(content)


def _is_reminder(block: Json) -> bool:
    return block["type"] == "text" and str(block["text"]).startswith("<system-reminder>")


def _unmarked(block: Json) -> Json:
    return {key: value for key, value in block.items() if key != "cache_control"}


def _block(block: Json) -> Json:
    plain = _unmarked(block)
    if plain.get("caller") == {"type": "direct"}:
        del plain["caller"]  # what the API says of each call, and the CLI does not say back: the default
    if plain["type"] == "tool_result":
        plain["content"] = [_unmarked(item) for item in _blocks(plain.get("content") or [])]
        if not plain.get("is_error"):
            plain.pop("is_error", None)
    return plain
