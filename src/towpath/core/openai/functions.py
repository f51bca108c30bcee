"""Functions of OpenAI's chat API as it was before tools: at most one call at a time, without an id. Pure.

They are tools under older names, so a request gets the newer names before it is translated. Calls come back
without ids and get some here, which no live session knows.
"""

from typing import Any

from towpath.core.errors import invalid
from towpath.core.to_json import Json

_OLD = ("functions", "function_call")


def uses_functions(body: Json) -> bool:
    return any(body.get(name) is not None for name in _OLD)


def with_tools(body: Any) -> Any:
    """The body with tools in place of functions. Raises ApiError (400) for one that has both."""
    if not isinstance(body, dict):
        return body
    made = {name: value for name, value in body.items() if name not in _OLD}
    if isinstance(body.get("messages"), list):
        made["messages"] = _messages(body["messages"])
    if not uses_functions(body):
        return made
    if body.get("tools") is not None or body.get("tool_choice") is not None:
        raise invalid("functions", "the older name of tools; send one of them")
    functions, choice = body.get("functions"), body.get("function_call")
    if isinstance(functions, list):
        made["tools"] = [{"type": "function", "function": function} for function in functions]
    elif functions is not None:
        raise invalid("functions", "Input should be a list")
    if choice is not None:
        made["tool_choice"] = {"type": "function", "function": choice} if isinstance(choice, dict) else choice
    return {**made, "parallel_tool_calls": False}


def _messages(messages: list[Any]) -> list[Any]:
    made, call_id = [], ""
    for index, message in enumerate(messages):
        if isinstance(message, dict) and message.get("role") == "function":
            others = {name: value for name, value in message.items() if name != "name"}
            message = {**others, "role": "tool", "tool_call_id": call_id}
        elif isinstance(message, dict) and message.get("function_call") is not None:
            call_id = f"function_call_{index}"
            others = {name: value for name, value in message.items() if name != "function_call"}
            call = {"id": call_id, "type": "function", "function": message["function_call"]}
            message = {**others, "tool_calls": [*(message.get("tool_calls") or []), call]}
        made.append(message)
    return made
