"""The rules between messages: where a system message may be, and that each call has exactly one result.

Knows runs: the adjacent messages of one side, which count as one message, as at the API (``request``).
Must not know the inside of a message (``block_rules``). The first broken rule is raised as a 400 whose path
counts in the client's own list.
"""

from collections.abc import Iterable, Mapping, Sequence, Set

from towpath.core.errors import invalid
from towpath.core.reading.message import CheckedMessage, answered_calls


def check_system_places(runs: Iterable[Sequence[CheckedMessage]]) -> None:
    """The API's rules: a system message follows a user's, and is the last or followed by an assistant's."""
    index = 0
    for run in runs:
        for place, message in enumerate(run):
            if message.role == "system":
                if index + place == 0:
                    problem = "use the top-level 'system' parameter for the initial system prompt"
                    raise invalid("messages.0.role", problem)
                said_before = any(other.role == "user" for other in run[:place])
                if not said_before or place < len(run) - 1:
                    problem = (
                        "a system message must follow a user message, "
                        "and be the last message or be followed by an assistant message"
                    )
                    raise invalid(f"messages.{index + place}.role", problem)
        index += len(run)


def check_references(runs: Iterable[Sequence[CheckedMessage]], tools: Set[str]) -> None:
    """The API's rule: what a result refers to is one of the tools."""
    for index, message in enumerate(message for run in runs for message in run):
        for place, name in message.references:
            if name not in tools:
                problem = f"Tool reference {name!r} has no corresponding tool definition"
                raise invalid(f"messages.{index}.content.{place}", problem)


def check_pairing(runs: Iterable[Sequence[CheckedMessage]]) -> None:
    """Each call must have exactly one result in the next run, and each result its call in the one before.

    A run is of one side and counts as one message, as at the API.
    """
    seen: set[str] = set()
    open_calls: dict[str, int] = {}  # the calls of the run before, with the index each was sent at
    index = 0
    for run in runs:
        placed: list[tuple[int, int, str]] = []
        for message in run:
            if message.call_ids:
                placed += [(index, place, call) for place, call in message.call_ids]
            index += 1
        if not placed and not open_calls:
            continue
        if all(message.role == "assistant" for message in run):
            open_calls = find_calls(placed, seen)
            seen.update(open_calls)
        else:
            check_results(placed, open_calls)


def find_calls(placed: Sequence[tuple[int, int, str]], seen: Set[str]) -> dict[str, int]:
    calls: dict[str, int] = {}
    for index, place, call in placed:
        if call in seen or call in calls:
            raise invalid(f"messages.{index}.content.{place}", "`tool_use` ids must be unique")
        calls[call] = index
    return calls


def check_results(placed: Sequence[tuple[int, int, str]], open_calls: Mapping[str, int]) -> None:
    # The wording is the API's: clients look for it in order to repair their history.
    answered: set[str] = set()
    for index, place, call in placed:
        if call not in open_calls:
            problem = f"unexpected `tool_use_id` found in `tool_result` blocks: {call}"
            raise invalid(f"messages.{index}.content.{place}", problem)
        if call in answered:
            problem = f"found multiple `tool_result` blocks with id: {call}"
            raise invalid(f"messages.{index}.content.{place}", problem)
        answered.add(call)
    missing = [call for call in open_calls if call not in answered]
    if missing:
        problem = "`tool_use` ids were found without `tool_result` blocks immediately after: "
        raise invalid(f"messages.{open_calls[missing[0]]}", problem + ", ".join(missing))


def check_server_calls(runs: Iterable[Sequence[CheckedMessage]]) -> None:
    """Each call that the API itself answers must have its result in the same run.

    The CLI drops a call without one, in every way of serving.
    """
    index = 0
    for run in runs:
        if any(message.server_calls for message in run):
            answered = {call for message in run for call in answered_calls(message.message["content"])}
            for nth, message in enumerate(run, start=index):
                for place, call in message.server_calls:
                    if call not in answered:
                        problem = "a call of the API's own tools cannot be carried without its result"
                        raise invalid(f"messages.{nth}.content.{place}", problem)
        index += len(run)
