"""The rules that internal mode adds, where the tools are the proxy's own."""

from towpath.core.errors import ApiError
from towpath.core.reading.request import MessagesRequest


def check_internal(request: MessagesRequest) -> None:
    """Raise ``ApiError`` for what internal mode cannot carry: the model gets the proxy's tools there."""
    for number, tool in enumerate(request.tools):
        if tool.get("type") not in (None, "custom"):
            raise ApiError(400, f"tools.{number}.type: {tool['type']!r} is not available in internal mode")
    choice = request.parameters.get("tool_choice")
    if choice and choice.get("type") not in ("auto", "none"):
        sentence = "tool_choice.type: in internal mode the tools are the proxy's own; use auto or none"
        raise ApiError(400, sentence)
