"""The rules that a request must keep before any process is started for it.

Knows what the API says about the top-level fields, and what cannot be carried: those requests get a
400 that names the field, so that nothing is ever dropped. A parameter without a rule here is left to
the API; one with a rule may be null, which says the same as its absence. Must not know the inside of a block
(``block_rules``) or change anything: it only refuses.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from towpath.core.errors import invalid
from towpath.core.reading.block_rules import (
    check_mark,
    check_marks,
    check_message,
    check_no_others,
    check_system_keys,
    required,
    typed,
)
from towpath.core.reading.message import CheckedMessage
from towpath.core.reading.run_rules import check_pairing, check_server_calls, check_system_places

TOOL_NAME = re.compile(r"[a-zA-Z0-9_-]{1,128}")
TOOL_CHOICES = ("auto", "any", "tool", "none")
MIN_THINKING_TOKENS = 1024
MAX_MESSAGES = 100_000  # the API's own limit
MAX_MODEL_CHARS = 256  # the API's own limit; a name is part of the CLI's command line, which takes 128 KiB
# Fields about the answer. A count has no answer, and the API's own endpoint refuses fields it does not know.
NOT_COUNTED = ("max_tokens", "stream", "temperature", "top_p", "top_k", "stop_sequences", "metadata")
# The API has no such fields, and says so. In the CLI's extra body they would change what it says of itself:
# its betas, its version of the API, whom a request is for. With the last one it ignores all other fields
# (docs/engine.md, D4).
CLI_FIELDS = (
    *("betas", "anthropic_beta", "anthropic_version"),
    *("user_profile_id", "workspace_id", "program_use_case_id"),
)


def check_request(fields: Mapping[str, Any]) -> None:
    """Raise the first rule that the fields of a request break, as an ``ApiError``.

    ``check_conversation`` has the last ones.
    """
    check_model(fields)
    if required(fields, "max_tokens", int) < 1:
        raise invalid("max_tokens", "Input should be greater than or equal to 1")
    if fields.get("stream") is not None:
        typed(fields["stream"], bool, "stream")
    check_input(fields)


def check_count(fields: Mapping[str, Any]) -> None:
    """The same for a request to count the tokens of a conversation."""
    check_model(fields)
    for name in NOT_COUNTED:
        if name in fields:
            raise invalid(name, "Extra inputs are not permitted")
    check_input(fields)


def check_model(fields: Mapping[str, Any]) -> None:
    # First of all: a request that continues a thread lacks the fields that the other rules ask for.
    check_thread(fields)
    model = required(fields, "model", str)
    if not model:
        raise invalid("model", "String should have at least 1 character")
    if len(model) > MAX_MODEL_CHARS:
        raise invalid("model", f"String should have at most {MAX_MODEL_CHARS} characters")


def stated(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that say something. A null in a field without a rule here is passed on as it is."""
    return {name: value for name, value in fields.items() if value is not None or name not in OPTIONAL}


def check_input(fields: Mapping[str, Any]) -> None:
    for name in CLI_FIELDS:
        if name in fields:
            raise invalid(name, "Extra inputs are not permitted")
    fields = stated(fields)
    check_system(fields.get("system", ""))
    check_tools(fields.get("tools", []))
    for name, check in PARAMETER_CHECKS.items():
        if name in fields:
            check(fields[name], name)
    if "tool_choice" in fields:
        check_tool_choice(fields["tool_choice"], fields.get("tools", []))
    check_messages(required(fields, "messages", list))


def check_thread(fields: Mapping[str, Any]) -> None:
    # Null is the API's word for "no thread". For anything else both SDKs look for exactly this
    # error code and then send the whole conversation again without the field; without it they fail.
    if fields.get("thread") is not None:
        details = {"error_code": "thread_unsupported_request", "unsupported": []}
        problem = "conversations are not held by this server; send the whole conversation in `messages`"
        raise invalid("thread", problem, details=details)


def check_system(system: Any) -> None:
    if isinstance(system, str):
        return
    for index, block in enumerate(typed(system, list, "system")):
        path = f"system.{index}"
        if required(typed(block, dict, path), "type", str, path) != "text":
            raise invalid(f"{path}.type", "Input should be 'text'")
        if not required(block, "text", str, path):
            raise invalid(f"{path}.text", "text content blocks must be non-empty")
        check_system_keys(block, path)
        check_marks(block, path)


def check_tools(tools: Any) -> None:
    names = [check_tool(tool, f"tools.{index}") for index, tool in enumerate(typed(tools, list, "tools"))]
    named = [name for name in names if name is not None]
    if len(set(named)) < len(named):
        raise invalid("tools", "Tool names must be unique.")
    for index, tool in enumerate(tools):
        check_marks(tool, f"tools.{index}")


def check_tool(tool: Any, path: str) -> str | None:
    """Check one tool and return its name; None for a toolset, whose members the API names."""
    kind = typed(tool, dict, path).get("type")
    is_custom = kind is None or typed(kind, str, f"{path}.type") == "custom"
    if is_custom:
        schema = required(tool, "input_schema", dict, path)
        if required(schema, "type", str, f"{path}.input_schema") != "object":
            raise invalid(f"{path}.input_schema.type", "Input should be 'object'")
    elif "name" not in tool:
        return None
    name = required(tool, "name", str, path)
    if not TOOL_NAME.fullmatch(name):
        raise invalid(f"{path}.name", f"String should match pattern '^{TOOL_NAME.pattern}$'")
    return name


def check_tool_choice(choice: Any, tools: list[dict[str, Any]]) -> None:
    kind = required(typed(choice, dict, "tool_choice"), "type", str, "tool_choice")
    if kind not in TOOL_CHOICES:
        raise invalid("tool_choice.type", f"Input should be one of {', '.join(TOOL_CHOICES)}")
    if kind in ("any", "tool") and not tools:
        raise invalid("tool_choice", f"a choice of type {kind!r} may only be made while providing `tools`")
    if kind == "tool":
        name = required(choice, "name", str, "tool_choice")
        if name not in [tool.get("name") for tool in tools]:
            raise invalid("tool_choice.name", f"Tool {name!r} not found in provided tools")


def check_share(value: Any, path: str) -> None:
    if type(value) not in (int, float) or not 0 <= value <= 1:
        raise invalid(path, "Input should be a number from 0 to 1")


def check_top_k(value: Any, path: str) -> None:
    if typed(value, int, path) < 0:
        raise invalid(path, "Input should be greater than or equal to 0")


def check_stop_sequences(value: Any, path: str) -> None:
    for index, sequence in enumerate(typed(value, list, path)):
        if not typed(sequence, str, f"{path}.{index}").strip():
            raise invalid(f"{path}.{index}", "each stop sequence must contain non-whitespace")


def check_thinking(value: Any, path: str) -> None:
    kind = required(typed(value, dict, path), "type", str, path)
    if kind == "disabled":
        check_no_others(value, ("type",), path)  # the CLI would remove them
    if kind != "enabled":
        return
    # That it is below max_tokens is the API's to say: with interleaved thinking it need not be.
    if required(value, "budget_tokens", int, path) < MIN_THINKING_TOKENS:
        raise invalid(
            f"{path}.budget_tokens", f"Input should be greater than or equal to {MIN_THINKING_TOKENS}"
        )


def check_object(value: Any, path: str) -> None:
    typed(value, dict, path)


PARAMETER_CHECKS: Mapping[str, Callable[[Any, str], None]] = {
    "temperature": check_share,
    "top_p": check_share,
    "top_k": check_top_k,
    "stop_sequences": check_stop_sequences,
    "thinking": check_thinking,
    "metadata": check_object,
    "cache_control": check_mark,
    "output_config": check_object,  # the CLI iterates over it: a string would become its letters
}
OPTIONAL = frozenset({"system", "tools", "tool_choice", "stream", "thread", *PARAMETER_CHECKS})


def check_messages(messages: list[Any]) -> None:
    """Check each message on its own; a known one keeps these rules in any position."""
    if not messages:
        raise invalid("messages", "at least one message is required")
    if len(messages) > MAX_MESSAGES:
        raise invalid("messages", f"at most {MAX_MESSAGES:,} messages are possible")
    for index, message in enumerate(messages):
        if not isinstance(message, CheckedMessage):
            check_message(message, f"messages.{index}")


def check_conversation(runs: Sequence[Sequence[CheckedMessage]]) -> None:
    """Check what holds between messages, after ``check_request``; each run is of one side."""
    if runs[-1][-1].role == "assistant":
        # The words of the API for models that take no prefill: clients look for them.
        problem = (
            "This model does not support assistant message prefill. "
            "The conversation must end with a user message."
        )
        raise invalid(f"messages.{sum(map(len, runs)) - 1}.role", problem)
    check_between(runs)


def check_between(runs: Sequence[Sequence[CheckedMessage]]) -> None:
    """The rules of ``run_rules``."""
    check_system_places(runs)
    check_pairing(runs)
    check_server_calls(runs)
