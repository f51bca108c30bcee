"""A request of OpenAI's chat API as one of the Messages API. Pure.

Must not know how the request is served.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

from towpath.core.errors import ApiError, invalid
from towpath.core.openai import responses_request
from towpath.core.openai.chat_messages import conversation
from towpath.core.openai.chat_shape import Shape, shape_of
from towpath.core.openai.chat_tools import function, with_inner_fields
from towpath.core.openai.functions import with_tools
from towpath.core.openai.json_mode import ask_for_object
from towpath.core.openai.last_message import asked_to_go_on
from towpath.core.openai.left_out import CHAT, RESPONSES, leave_out
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
    "n": (1,),
    "modalities": (["text"],),
}
_ELSEWHERE = {"messages", "max_tokens", "max_completion_tokens", "tool_choice", "parallel_tool_calls"}


class Translation(NamedTuple):
    """A request of the Messages API, and what is to be known of it later.

    ``renamed`` gives an error in it the names that the client used. ``json_tool`` is the tool with which the
    model gives an answer that is to be an object (``json_mode``). ``left_out`` has the names of hints, and of
    what else has no counterpart.
    """

    request: Json
    renamed: Callable[[ApiError], ApiError]
    shape: Shape
    json_tool: str | None
    left_out: list[str]


def translation(body: Any) -> Translation:
    """The fields of the Messages API for those of a chat request. Raises ApiError (400)."""
    if isinstance(body, dict) and "messages" not in body and "input" in body:
        return _of_responses(body)
    body = with_inner_fields(body)
    asked, left_out = leave_out(with_tools(body), CHAT)
    given = given_fields(asked)
    if "messages" not in given:
        raise invalid("messages", "Field required")
    request: Json = {"max_tokens": _max_tokens(given)}
    translate(given, request, _FIELDS, _WITHOUT_EFFECT, _ELSEWHERE)
    said = conversation(given["messages"])
    request["messages"] = asked_to_go_on(said)
    if said.system:
        request["system"] = said.system
    choose_tools(given, lambda choice: object_in(choice, choice["type"], "tool_choice").get("name"), request)
    json_tool = ask_for_object(request) if _is_of_object(given.get("response_format")) else None
    renamed = partial(with_own_indexes, name="messages", indexes=said.indexes)
    return Translation(request, renamed, shape_of(body), json_tool, left_out)


def _of_responses(body: Json) -> Translation:
    """A request as the Responses API has it. Cursor sends its agent's here, and reads a chat's answer."""
    options = body.get("stream_options")
    asked, hints = leave_out(
        {name: value for name, value in body.items() if name != "stream_options"}, RESPONSES
    )
    made = responses_request.translation(asked)
    usage = isinstance(options, dict) and bool(options.get("include_usage"))
    shape = Shape(usage=usage, reasoning=responses_request.wants_summary(asked), custom=made.names.custom)
    renamed = partial(responses_request.renamed, made=made)
    return Translation(made.request, renamed, shape, made.json_tool, [*hints, *made.left_out])


def _max_tokens(given: Json) -> Any:
    limits = {name: given[name] for name in ("max_completion_tokens", "max_tokens") if name in given}
    if len(set(map(repr, limits.values()))) > 1:
        raise invalid("max_tokens", "differs from max_completion_tokens; send one of them")
    return next(iter(limits.values()), DEFAULT_MAX_TOKENS)


def _stop(value: Any, request: Json) -> None:
    request["stop_sequences"] = [value] if isinstance(value, str) else value


def _thinking(value: Any, request: Json) -> None:
    if not isinstance(value, dict):
        raise invalid("thinking", "Input should be an object")
    request["thinking"] = value


def _reasoning(value: Any, request: Json) -> None:
    if not isinstance(value, dict):
        raise invalid("reasoning", "Input should be an object")
    refuse_others(value, {"effort", "summary"}, "reasoning")
    if value.get("effort") is not None:
        effort(value["effort"], request, "reasoning.effort")


def _response_format(value: Any, request: Json) -> None:
    def described(format_: Json) -> Json:
        return object_in(format_, "json_schema", "response_format")

    if not _is_of_object(value):
        answer_format(value, described, request, "response_format")


def _is_of_object(response_format: Any) -> bool:
    return isinstance(response_format, dict) and response_format.get("type") == "json_object"


_FIELDS: Mapping[str, Field] = {
    "model": same("model"),
    "stream": same("stream"),
    "top_p": same("top_p"),
    "top_k": same("top_k"),  # of the Messages API, and of other servers of this one
    "temperature": same("temperature"),
    "stop": _stop,
    "tools": lambda value, request: tools(value, function, request),
    "response_format": _response_format,
    "reasoning_effort": lambda value, request: effort(value, request, "reasoning_effort"),
    "reasoning": _reasoning,  # as the Responses API and other servers of this one have it
    "thinking": _thinking,  # Anthropic's own translation takes it so
    "user": user,
    "safety_identifier": user,
    "stream_options": lambda value, _: stream_options(value, {"include_usage", "include_obfuscation"}),
}
