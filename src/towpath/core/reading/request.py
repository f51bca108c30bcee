"""One request of the Messages API, parsed.

Knows the parts of a request and the one form in which the other modules see a conversation: content as
a list of blocks, roles that alternate, no transient texts; a system message between them is a block of the
user's before it (``canonical.SYSTEM_TEXT``). Must not know the rules (``rules``) or what
any part is used for: a block, a tool and a parameter stay as the client wrote them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import Any

from towpath.core.canonical import SYSTEM_TEXT, message_digest
from towpath.core.client_habits.transient import has_transient, without_transient
from towpath.core.reading.cache_marks import ask_for_hour
from towpath.core.reading.json_body import Body, read_body
from towpath.core.reading.memo import MessageMemo
from towpath.core.reading.message import CheckedMessage, checked_message, content_blocks
from towpath.core.reading.rules import check_between, check_conversation, check_count, check_request, stated
from towpath.core.reading.run_rules import check_references
from towpath.core.to_json import Json

Message = Json  # {"role": "user" | "assistant", "content": [block, ...]}

OWN_FIELDS = frozenset({"model", "messages", "system", "tools", "stream", "max_tokens"})


@dataclass(frozen=True, slots=True)
class MessagesRequest:
    """A request that keeps all rules. Its messages end with the user's.

    ``messages`` are shared with other requests and must not be changed. ``digests`` has one entry a
    message (``canonical.tips``), ``transient`` counts the texts that were left out. ``loaded_tools`` are the
    names of deferred tools that a result refers to. ``cache_hour``: it asks for an hour in the prompt cache.
    ``parameters`` are all other top-level fields, unknown ones included; the API judges those.
    """

    model: str
    messages: tuple[Message, ...]
    digests: tuple[bytes, ...]
    transient: int
    system: tuple[str, ...]
    tools: tuple[dict[str, Any], ...]
    loaded_tools: frozenset[str]
    cache_hour: bool
    stream: bool
    max_tokens: int
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class CountRequest:
    """A request for a count, with fields of ``MessagesRequest``. Its last message may be of either side."""

    model: str
    messages: tuple[Message, ...]
    system: tuple[str, ...]
    tools: tuple[dict[str, Any], ...]
    parameters: dict[str, Any]


def parse_request(
    body: bytes, memo: MessageMemo | None = None, transient_texts: Sequence[str] = ()
) -> MessagesRequest:
    """The request in an HTTP body. Raises ``ApiError``, and nothing else, for one that breaks a rule.

    Messages that ``memo`` knows are not read again; it learns the others.
    """
    fields, runs = _read(body, memo, check_request)
    check_conversation(runs)
    tools = fields.get("tools", [])
    check_references(runs, {tool["name"] for tool in tools if "name" in tool})
    messages, digests, transient = merge_runs(runs, transient_texts)
    return MessagesRequest(
        model=fields["model"],
        messages=messages,
        digests=digests,
        transient=transient,
        system=system_texts(fields.get("system", "")),
        tools=tuple(tools),
        loaded_tools=_loaded_tools(runs, tools),
        cache_hour=_asks_for_hour(fields, runs),
        stream=fields.get("stream", False),
        max_tokens=fields["max_tokens"],
        parameters=_parameters(fields),
    )


def _loaded_tools(
    runs: Iterable[Sequence[CheckedMessage]], tools: Sequence[dict[str, Any]]
) -> frozenset[str]:
    deferred = {tool["name"] for tool in tools if "name" in tool and tool.get("defer_loading")}
    if not deferred:
        return frozenset()
    return frozenset(
        name for run in runs for message in run for _, name in message.references if name in deferred
    )


def _asks_for_hour(fields: Mapping[str, Any], runs: Iterable[Sequence[CheckedMessage]]) -> bool:
    system = content_blocks(fields.get("system", ""))
    automatic = {"cache_control": fields.get("cache_control")}
    return ask_for_hour([automatic, *system, *fields.get("tools", [])]) or any(
        message.asks_for_hour for run in runs for message in run
    )


def parse_count(
    body: bytes, memo: MessageMemo | None = None, transient_texts: Sequence[str] = ()
) -> CountRequest:
    """The request for a count in an HTTP body, as ``parse_request`` does it.

    It may end with the assistant: a client counts what it has before the user continues.
    """
    fields, runs = _read(body, memo, check_count)
    check_between(runs)
    return CountRequest(
        model=fields["model"],
        messages=merge_runs(runs, transient_texts)[0],
        system=system_texts(fields.get("system", "")),
        tools=tuple(fields.get("tools", [])),
        parameters=_parameters(fields),
    )


def _read(
    body: bytes, memo: MessageMemo | None, check: Callable[[Mapping[str, Any]], None]
) -> tuple[dict[str, Any], list[list[CheckedMessage]]]:
    """The checked fields of a body, and its messages as runs of one side."""
    memo = MessageMemo() if memo is None else memo
    read = read_body(body, memo)
    check(read.fields)
    return stated(read.fields), runs_of_one_side(checked_messages(read, memo))


def api_messages(messages: Iterable[Message]) -> list[Message]:
    """The conversation as the API takes it: a system message is a message again."""
    made: list[Message] = []
    for message in messages:
        blocks = message["content"]
        told = [block["text"] for block in blocks if block["type"] == SYSTEM_TEXT]
        said = [block for block in blocks if block["type"] != SYSTEM_TEXT] if told else blocks
        made += [{**message, "content": said}, *({"role": "system", "content": text} for text in told)]
    return made


def _parameters(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in OWN_FIELDS}


def checked_messages(body: Body, memo: MessageMemo) -> list[CheckedMessage]:
    """All messages of a body that was checked; ``memo`` keeps the new ones."""
    messages = [
        message
        if isinstance(message, CheckedMessage)
        else checked_message(message, body.sources.get(index, b""))
        for index, message in enumerate(body.fields["messages"])
    ]
    memo.keep([messages[index] for index in body.sources])
    return messages


def runs_of_one_side(messages: Iterable[CheckedMessage]) -> list[list[CheckedMessage]]:
    """The messages grouped by side: the assistant's, then those of user and system, and so on.

    If nothing that the assistant said counts, that is not a run of its own: it joins the user's around it.
    """
    sides = [(side, list(run)) for side, run in groupby(messages, key=lambda m: m.role == "assistant")]
    heard = [(side and not all(m.says_nothing for m in run), run) for side, run in sides]
    return [[m for _, run in runs for m in run] for _, runs in groupby(heard, key=itemgetter(0))]


def merge_runs(
    runs: Iterable[Sequence[CheckedMessage]], transient_texts: Sequence[str]
) -> tuple[tuple[Message, ...], tuple[bytes, ...], int]:
    """The messages as the model sees them, their digests, and the count of texts that were left out.

    Adjacent messages of one role become one, as at the API: its model only ever sees turns. An
    assistant's message in which nothing counts is left out; the CLI would drop it as well, and join the texts
    around it with a newline.
    """
    messages, digests, transient = [], [], 0
    for whole in runs:
        run = [message for message in whole if message.role != "assistant"] or whole
        role, first = run[0].role, run[0]
        if len(run) == 1 and not has_transient(first.message["content"], transient_texts):
            messages.append(first.message)
            digests.append(first.digest)
            continue
        blocks = [block for message in run for block in message.message["content"]]
        block_digests = [digest for message in run for digest in message.block_digests]
        kept, kept_digests = without_transient(blocks, block_digests, transient_texts)
        transient += len(blocks) - len(kept)
        messages.append({"role": role, "content": kept})
        digests.append(message_digest(role, kept_digests))
    return tuple(messages), tuple(digests), transient


def system_texts(system: str | list[dict[str, Any]]) -> tuple[str, ...]:
    if isinstance(system, str):
        return (system,) if system else ()
    return tuple(block["text"] for block in system)
