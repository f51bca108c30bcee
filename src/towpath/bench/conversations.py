"""What is said: an agent's system prompt and tools, long histories, and a client that keeps a conversation.

Pure. Nothing here is random: a name makes the text, and another name another text of the same size.
"""

from dataclasses import dataclass
from itertools import count

from towpath.testing.script import Json

MODEL = "claude-sonnet-4-5"

_SYSTEM_CHARS = 10_000
_DESCRIPTION_CHARS = 2_100  # with twelve of them, system prompt and tools are 40 KB: OpenCode's order of size
_TOOLS = (
    "read",
    "write",
    "edit",
    "list",
    "glob",
    "grep",
    "shell",
    "fetch",
    "search",
    "task",
    "plan",
    "ask",
)
# How the bytes of four messages are shared out: a question, a call, its result and what follows from it.
_QUESTION, _CALL, _RESULT, _CONCLUSION = 0.1, 0.15, 0.6, 0.15


@dataclass
class Conversation:
    """A conversation as an agent client keeps it. ``name`` is in its texts: no other has the same.

    ``is_broken``: a request failed, and what the next one would say nobody knows.
    """

    name: str
    agent: Json
    messages: list[Json]
    is_broken: bool = False

    def request(self) -> Json:
        """The request for the next answer."""
        return {**self.agent, "messages": self.messages, "stream": True}

    def say(self, content: str | list[Json]) -> None:
        """Add a message of the user's."""
        self.messages.append({"role": "user", "content": content})

    def hear(self, content: list[Json]) -> None:
        """Add the answer, which goes back with the next request."""
        self.messages.append({"role": "assistant", "content": content})


def agent(name: str) -> Json:
    """What is the same in all requests of an agent: the size of a coding agent's, 40 KB."""
    return {
        "model": MODEL,
        "max_tokens": 8_000,
        "system": prose(f"You are the agent {name}", _SYSTEM_CHARS),
        "tools": [_tool(tool) for tool in _TOOLS],
        "metadata": {"user_id": name},
    }


def history(name: str, messages: int, size: int) -> list[Json]:
    """So many messages of about ``size`` bytes in all, a multiple of four, the last one the assistant's.

    Every second time the assistant calls two tools at once.
    """
    chars = size * 4 // messages
    return [
        message
        for cycle in range(messages // 4)
        for message in _cycle(f"{name}-{cycle}", 1 + cycle % 2, chars)
    ]


def calls(message: Json) -> list[str]:
    """The ids of the calls in a message."""
    return [block["id"] for block in message["content"] if block["type"] == "tool_use"]


def result(tool_use_id: str, text: str) -> Json:
    """What a tool gave back."""
    return {"type": "tool_result", "tool_use_id": tool_use_id, "content": text}


def prose(name: str, chars: int) -> str:
    """So many characters, with what JSON has to escape now and then."""
    lines: list[str] = []
    length = 0
    for number in count():
        lines.append(f'{name}, {number}: the boats keep "their own" crew, à la carte; the path only pulls.\n')
        length += len(lines[-1])
        if length >= chars:
            break
    return "".join(lines)[:chars]


def _tool(name: str) -> Json:
    path = {"type": "string", "description": f"What {name} is to work on."}
    limit = {"type": "integer", "description": "How much of it, in lines.", "minimum": 1}
    return {
        "name": name,
        "description": prose(f"The tool {name}", _DESCRIPTION_CHARS),
        "input_schema": {
            "type": "object",
            "properties": {"path": path, "limit": limit},
            "required": ["path"],
        },
    }


def _cycle(name: str, tools: int, chars: int) -> list[Json]:
    ids = [f"toolu_{name}-{number}" for number in range(tools)]
    uses = [{"type": "tool_use", "id": i, "name": "read", "input": {"path": f"{i}.txt"}} for i in ids]
    results = [result(i, prose(f"Result of {i}", int(chars * _RESULT / tools))) for i in ids]
    return [
        {"role": "user", "content": prose(f"Question {name}", int(chars * _QUESTION))},
        {"role": "assistant", "content": [_text(prose(f"Plan {name}", int(chars * _CALL))), *uses]},
        {"role": "user", "content": results},
        {
            "role": "assistant",
            "content": [_text(prose(f"Conclusion {name}", int(chars * _CONCLUSION)).strip())],
        },
    ]


def _text(text: str) -> Json:
    return {"type": "text", "text": text}
