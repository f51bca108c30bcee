"""One request of the Messages API, parsed.

Knows the parts of a request and the one form in which the other modules see a conversation: content as
a list of blocks, roles that alternate. Must not know the rules (``checks``) or what any part is used
for: a block, a tool and a parameter stay as the client wrote them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

import orjson

from towpath.core.checks import check_request
from towpath.core.errors import ApiError

Message = dict[str, Any]  # {"role": "user" | "assistant", "content": [block, ...]}

MAX_BODY_BYTES = 32 * 1024 * 1024  # the API's own limit
# orjson reads 1024 levels and writes 254, and what is written wraps a message in a few of its own.
MAX_DEPTH = 200
OWN_FIELDS = frozenset({"model", "messages", "system", "tools", "stream", "max_tokens"})


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """A request that keeps all rules. Its messages end with the user's.

    ``parameters`` are all other top-level fields, unknown ones included; the API judges those.
    """

    model: str
    messages: tuple[Message, ...]
    system: tuple[str, ...]
    tools: tuple[dict[str, Any], ...]
    stream: bool
    max_tokens: int
    parameters: dict[str, Any]


def parse_request(body: bytes) -> MessagesRequest:
    """The request in an HTTP body. Raises ``ApiError``, and nothing else, for one that breaks a rule."""
    fields = load_fields(body)
    check_request(fields)
    return MessagesRequest(
        model=fields["model"],
        messages=merge_messages(fields["messages"]),
        system=system_texts(fields.get("system", "")),
        tools=tuple(fields.get("tools", [])),
        stream=fields.get("stream", False),
        max_tokens=fields["max_tokens"],
        parameters={name: value for name, value in fields.items() if name not in OWN_FIELDS},
    )


def load_fields(body: bytes) -> dict[str, Any]:
    if len(body) > MAX_BODY_BYTES:
        raise ApiError(413, f"Request exceeds the maximum allowed number of bytes ({MAX_BODY_BYTES})")
    try:
        fields = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ApiError(400, f"The request body is not valid JSON: {error}") from error
    if not isinstance(fields, dict):
        raise ApiError(400, "The request body is not a JSON object")
    if is_deeper_than(MAX_DEPTH, fields):
        raise ApiError(400, f"The request body is nested deeper than {MAX_DEPTH} levels")
    return fields


def is_deeper_than(limit: int, value: Any) -> bool:
    """Level by level and without recursion, so that no input can exhaust the stack."""
    level = [value]
    for _ in range(limit):
        level = [child for parent in level for child in nested_values(parent)]
        if not level:
            return False
    return True


def nested_values(value: dict[str, Any] | list[Any]) -> list[Any]:
    children = value.values() if isinstance(value, dict) else value
    return [child for child in children if isinstance(child, (dict, list))]


def merge_messages(messages: Sequence[Message]) -> tuple[Message, ...]:
    """Adjacent messages of one role become one, as at the API: its model only ever sees turns."""
    return tuple(
        {"role": role, "content": [block for message in run for block in content_blocks(message)]}
        for role, run in groupby(messages, key=itemgetter("role"))
    )


def content_blocks(message: Message) -> list[dict[str, Any]]:
    content = message["content"]
    return [{"type": "text", "text": content}] if isinstance(content, str) else content


def system_texts(system: str | list[dict[str, Any]]) -> tuple[str, ...]:
    if isinstance(system, str):
        return (system,) if system else ()
    return tuple(block["text"] for block in system)
