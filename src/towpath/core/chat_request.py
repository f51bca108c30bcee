"""A request of OpenAI's chat API as one of the Messages API. Pure.

What has no counterpart is a 400 that names the field; a field that is null, or that has its default, asks for
nothing and is left out. Must not know what becomes of the request.
"""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from towpath.core.chat_messages import messages_and_system
from towpath.core.errors import invalid

Json = dict[str, Any]

# That API has no default of its own: a model may write until its window is full. Every current model of the
# Messages API can write so much.
DEFAULT_MAX_TOKENS = 32_000
_EFFORTS = {"minimal": "low", "low": "low", "medium": "medium", "high": "high", "xhigh": "xhigh"}
_TOOL_CHOICES = {"auto": "auto", "none": "none", "required": "any"}
# Fields with the one value that asks for nothing.
_WITHOUT_EFFECT: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "frequency_penalty": (0,),
    "presence_penalty": (0,),
    "logprobs": (False,),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "service_tier": ("auto", "default"),
    "store": (False,),
    "metadata": ({},),
    "modalities": (["text"],),
    "verbosity": ("medium",),
}


def messages_request(body: Any) -> Json:
    """The fields of the Messages API for the fields of a chat request. Raises ApiError (400).

    ``stream_options`` is the answer's affair (``chat_answer``) and left out.
    """
    if not isinstance(body, dict):
        raise invalid("body", "Input should be an object")
    given = {name: value for name, value in body.items() if value is not None}
    request: Json = {"max_tokens": _max_tokens(given)}
    for name, value in given.items():
        if name in _WITHOUT_EFFECT:
            if value not in _WITHOUT_EFFECT[name]:
                raise invalid(name, f"{value!r} has no counterpart in the Messages API")
        elif name in _FIELDS:
            _FIELDS[name](value, request)
        elif name not in ("max_tokens", "max_completion_tokens", "tool_choice", "parallel_tool_calls"):
            raise invalid(name, "has no counterpart in the Messages API")
    _choose_tools(given, request)
    return request


def _max_tokens(given: Json) -> Any:
    limits = {name: given[name] for name in ("max_completion_tokens", "max_tokens") if name in given}
    if len(set(map(repr, limits.values()))) > 1:
        raise invalid("max_tokens", "differs from max_completion_tokens; send one of them")
    return next(iter(limits.values()), DEFAULT_MAX_TOKENS)


def _messages(value: Any, request: Json) -> None:
    request["messages"], system = messages_and_system(value)
    if system:
        request["system"] = system


def _temperature(value: Any, request: Json) -> None:
    if isinstance(value, int | float) and value > 1:
        raise invalid("temperature", "must be between 0 and 1: the Messages API has no higher one")
    request["temperature"] = value


def _stop(value: Any, request: Json) -> None:
    request["stop_sequences"] = [value] if isinstance(value, str) else value


def _tools(value: Any, request: Json) -> None:
    if not isinstance(value, list):
        raise invalid("tools", "Input should be a list")
    request["tools"] = [_tool(tool, f"tools.{index}") for index, tool in enumerate(value)]


def _tool(tool: Any, path: str) -> Json:
    function = tool.get("function") if isinstance(tool, dict) and tool.get("type") == "function" else None
    if not isinstance(function, dict):
        raise invalid(f"{path}.type", "only functions have a counterpart in the Messages API")
    made = {"name": function.get("name"), "input_schema": function.get("parameters") or {"type": "object"}}
    optional = {name: function[name] for name in ("description", "strict") if function.get(name) is not None}
    return {**made, **optional}


def _choose_tools(given: Json, request: Json) -> None:
    choice, parallel = given.get("tool_choice"), given.get("parallel_tool_calls")
    if choice is None and parallel is not False:
        return
    made: Json = {"type": "auto"}
    if isinstance(choice, str) and choice in _TOOL_CHOICES:
        made = {"type": _TOOL_CHOICES[choice]}
    elif isinstance(choice, dict) and choice.get("type") == "function":
        made = {"type": "tool", "name": _object(choice, "function", "tool_choice").get("name")}
    elif choice is not None:
        raise invalid("tool_choice", f"{choice!r} is none of {', '.join(_TOOL_CHOICES)} and no function")
    if parallel is False and made["type"] != "none":
        made["disable_parallel_tool_use"] = True
    request["tool_choice"] = made


def _response_format(value: Any, request: Json) -> None:
    kind = value.get("type") if isinstance(value, dict) else None
    if kind == "json_schema":
        schema = _object(value, "json_schema", "response_format").get("schema")
        output = request.setdefault("output_config", {})
        output["format"] = {"type": "json_schema", "schema": schema}
    elif kind != "text":
        raise invalid("response_format.type", f"{kind!r} has no counterpart; use json_schema with a schema")


def _object(value: Json, name: str, path: str) -> Json:
    found = value.get(name)
    if not isinstance(found, dict):
        raise invalid(f"{path}.{name}", "Input should be an object")
    return found


def _effort(value: Any, request: Json) -> None:
    if value == "none":
        request["thinking"] = {"type": "disabled"}
    elif isinstance(value, str) and value in _EFFORTS:
        request.setdefault("output_config", {})["effort"] = _EFFORTS[value]
    else:
        raise invalid("reasoning_effort", f"{value!r} is none of none, {', '.join(_EFFORTS)}")


def _user(value: Any, request: Json) -> None:
    request["metadata"] = {"user_id": value}


def _stream_options(value: Any, _request: Json) -> None:
    allowed = {"include_usage", "include_obfuscation"}
    if not isinstance(value, dict) or not allowed.issuperset(value):
        raise invalid("stream_options", f"has fields other than {', '.join(sorted(allowed))}")


def _same(name: str) -> Callable[[Any, Json], None]:
    def copy(value: Any, request: Json) -> None:
        request[name] = value

    return copy


_FIELDS: Mapping[str, Callable[[Any, Json], None]] = {
    "model": _same("model"),
    "stream": _same("stream"),
    "top_p": _same("top_p"),
    "messages": _messages,
    "temperature": _temperature,
    "stop": _stop,
    "tools": _tools,
    "response_format": _response_format,
    "reasoning_effort": _effort,
    "user": _user,
    "safety_identifier": _user,
    "stream_options": _stream_options,
}


def wants_usage(body: bytes) -> bool:
    """Whether the stream is to end with a chunk that has the usage."""
    options = orjson.loads(body).get("stream_options") or {}
    return bool(options.get("include_usage"))
