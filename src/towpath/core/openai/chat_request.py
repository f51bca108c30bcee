"""A request of OpenAI's chat API as one of the Messages API. Pure.

Must not know what becomes of the request.
"""

from collections.abc import Mapping
from typing import Any

from towpath.core.errors import invalid
from towpath.core.openai.chat_messages import messages_and_system
from towpath.core.openai.shared_fields import (
    DEFAULT_MAX_TOKENS,
    Field,
    answer_format,
    choose_tools,
    effort,
    given_fields,
    object_in,
    same,
    stream_options,
    tools,
    translate,
    user,
)
from towpath.core.to_json import Json

# Fields with the values that ask for nothing.
_WITHOUT_EFFECT: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "modalities": (["text"],),
}
_ELSEWHERE = {"max_tokens", "max_completion_tokens", "tool_choice", "parallel_tool_calls"}


def messages_request(body: Any) -> Json:
    """The fields of the Messages API for those of a chat request without hints. Raises ApiError (400).

    ``stream_options`` concerns the answer (``chat_answer``) and is left out.
    """
    given = given_fields(body)
    if "messages" not in given:
        raise invalid("messages", "Field required")
    request: Json = {"max_tokens": _max_tokens(given)}
    translate(given, request, _FIELDS, _WITHOUT_EFFECT, _ELSEWHERE)
    choose_tools(given, lambda choice: object_in(choice, "function", "tool_choice").get("name"), request)
    return request


def wants_usage(body: Json) -> bool:
    """Whether the stream is to end with a chunk that has the usage."""
    return bool((body.get("stream_options") or {}).get("include_usage"))


def _max_tokens(given: Json) -> Any:
    limits = {name: given[name] for name in ("max_completion_tokens", "max_tokens") if name in given}
    if len(set(map(repr, limits.values()))) > 1:
        raise invalid("max_tokens", "differs from max_completion_tokens; send one of them")
    return next(iter(limits.values()), DEFAULT_MAX_TOKENS)


def _messages(value: Any, request: Json) -> None:
    request["messages"], system = messages_and_system(value)
    if system:
        request["system"] = system


def _stop(value: Any, request: Json) -> None:
    request["stop_sequences"] = [value] if isinstance(value, str) else value


def _function(tool: Any, path: str) -> Json:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
    if not isinstance(function, dict):
        raise invalid(f"{path}.type", "only functions have a counterpart in the Messages API")
    return {"cache_control": tool.get("cache_control"), **function}


def _response_format(value: Any, request: Json) -> None:
    def described(format_: Json) -> Json:
        return object_in(format_, "json_schema", "response_format")

    answer_format(value, described, request, "response_format")


_FIELDS: Mapping[str, Field] = {
    "model": same("model"),
    "stream": same("stream"),
    "top_p": same("top_p"),
    "messages": _messages,
    "temperature": same("temperature"),
    "stop": _stop,
    "tools": lambda value, request: tools(value, _function, request),
    "response_format": _response_format,
    "reasoning_effort": lambda value, request: effort(value, request, "reasoning_effort"),
    "user": user,
    "safety_identifier": user,
    "stream_options": lambda value, _: stream_options(value, {"include_usage", "include_obfuscation"}),
}
