"""A request of OpenAI's Responses API as one of the Messages API. Pure.

Must not know what becomes of the request, except for the fields that the answer repeats (``repeated``).
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from towpath.core.errors import ApiError, invalid
from towpath.core.openai.last_message import asked_to_go_on
from towpath.core.openai.responses_input import indexes, messages_and_system
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
from towpath.core.openai.shared_parts import refuse_others, with_own_indexes
from towpath.core.to_json import Json

# Fields with the values that ask for nothing.
_WITHOUT_EFFECT: Mapping[str, tuple[Any, ...]] = {
    "background": (False,),
    "include": ([], ["reasoning.encrypted_content"]),  # which is always there
    "store": (False,),
    "truncation": ("disabled",),
}
_ELSEWHERE = {"input", "instructions", "tool_choice", "parallel_tool_calls"}
# ``detailed`` is what there is: thinking is shown as the API gives it.
_SUMMARIES = ("auto", "detailed")
_KEPT_NOWHERE = "conversations are not held by this server; send the whole conversation in `input`"
_DEFAULTS: Json = {
    "instructions": None,
    "max_output_tokens": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "prompt_cache_key": None,
    "safety_identifier": None,
    "temperature": None,
    "tool_choice": "auto",
    "tools": [],
    "top_p": None,
    "user": None,
}


def messages_request(body: Any) -> Json:
    """The fields of the Messages API for those of a request without hints. Raises ApiError (400)."""
    given = given_fields(body)
    request: Json = {"max_tokens": DEFAULT_MAX_TOKENS}
    translate(given, request, _FIELDS, _WITHOUT_EFFECT, _ELSEWHERE)
    _converse(given, request)
    choose_tools(given, _chosen, request)
    return request


def renamed(error: ApiError, body: Json) -> ApiError:
    """An error in the request that was made of ``body``, with the names that ``body`` has."""
    if error.message.startswith("max_tokens:"):
        return replace(error, message=f"max_output_tokens{error.message.removeprefix('max_tokens')}")
    return with_own_indexes(error, "input", indexes(body["input"]))


def repeated(body: Json) -> Json:
    """The fields of a translated request that its answer repeats, absent ones with their defaults."""
    given = given_fields(body)
    reasoning = {"effort": None, "summary": None, **given.get("reasoning", {})}
    text = {"format": {"type": "text"}, **given_fields(given.get("text", {}))}
    return {
        "model": given.get("model"),
        **{name: given.get(name, default) for name, default in _DEFAULTS.items()},
        "background": False,
        "previous_response_id": None,
        "reasoning": reasoning,
        "store": False,
        "text": text,
        "truncation": "disabled",
    }


def wants_summary(body: Json) -> bool:
    """Whether thinking is to be shown."""
    return bool((body.get("reasoning") or {}).get("summary"))


def _converse(given: Json, request: Json) -> None:
    instructions = given.get("instructions", "")
    if not isinstance(instructions, str):
        raise invalid("instructions", "Input should be a valid string")
    if "input" not in given:
        raise invalid("input", "Field required")
    messages, system = messages_and_system(given["input"])
    request["messages"] = asked_to_go_on(messages)
    if instructions:
        system.insert(0, {"type": "text", "text": instructions})
    if system:
        request["system"] = system


def _function(tool: Any, path: str) -> Json:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        raise invalid(f"{path}.type", "only functions have a counterpart in the Messages API")
    without_effect = {"defer_loading"} if tool.get("defer_loading") is False else set()
    refuse_others(tool, {"type", "name", "description", "parameters", "strict"} | without_effect, path)
    return tool


def _chosen(choice: Json) -> Any:
    refuse_others(choice, {"type", "name"}, "tool_choice")
    return choice.get("name")


def _text(value: Any, request: Json) -> None:
    given = _fields_of(value, "text", {"format"})
    if "format" in given:
        answer_format(given["format"], _described, request, "text.format")


def _described(given: Json) -> Json:
    refuse_others(given, {"type", "name", "description", "schema", "strict"}, "text.format")
    object_in(given, "schema", "text.format")
    return given


def _reasoning(value: Any, request: Json) -> None:
    given = _fields_of(value, "reasoning", {"effort", "summary"})
    if given.get("summary") not in (None, *_SUMMARIES):
        raise invalid("reasoning.summary", f"{given['summary']!r} is not one of: {', '.join(_SUMMARIES)}")
    if "effort" in given:
        effort(given["effort"], request, "reasoning.effort")


def _fields_of(value: Any, path: str, known: set[str]) -> Json:
    if not isinstance(value, dict):
        raise invalid(path, "Input should be an object")
    refuse_others(value, known, path)
    return given_fields(value)


def _labels(name: str) -> Field:
    """Labels for a reader of the answer or a log, not for the model."""

    def check(value: Any, _request: Json) -> None:
        if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
            raise invalid(name, "Input should be an object of strings")

    return check


def _prompt_cache_key(value: Any, _request: Json) -> None:
    # A hint where to look for a cached prefix. Here prefixes are found by their content.
    if not isinstance(value, str):
        raise invalid("prompt_cache_key", "Input should be a valid string")


def _held_elsewhere(name: str) -> Field:
    def refuse(_value: Any, _request: Json) -> None:
        raise invalid(name, _KEPT_NOWHERE)

    return refuse


def _max_output_tokens(value: Any, request: Json) -> None:
    request["max_tokens"] = value


_FIELDS: Mapping[str, Field] = {
    "model": same("model"),
    "stream": same("stream"),
    "top_p": same("top_p"),
    "max_output_tokens": _max_output_tokens,
    "temperature": same("temperature"),
    "tools": lambda value, request: tools(value, _function, request),
    "text": _text,
    "reasoning": _reasoning,
    "user": user,
    "safety_identifier": user,
    "metadata": _labels("metadata"),
    "client_metadata": _labels("client_metadata"),  # Codex sends it with each request
    "prompt_cache_key": _prompt_cache_key,
    "previous_response_id": _held_elsewhere("previous_response_id"),
    "conversation": _held_elsewhere("conversation"),
    "stream_options": lambda value, _: stream_options(value, {"include_obfuscation"}),
}
