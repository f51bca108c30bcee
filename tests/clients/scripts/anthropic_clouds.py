"""A stream with a call, a whole answer and two errors with each of the anthropic SDK's clients for clouds.

Takes the scripted API's address, and prints what came as one JSON object.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

from anthropic import AnthropicBedrock, AnthropicFoundry, AnthropicVertex, APIError, APIStatusError

URL = sys.argv[1]
TOOL = {"name": "gauge", "description": "Reads the level.", "input_schema": {"type": "object"}}
# client, an id that is offered, one that is not
CLIENTS: dict[str, tuple[Any, str, str]] = {
    "bedrock": (
        AnthropicBedrock(
            base_url=URL,
            aws_region="us-east-1",
            aws_access_key="scripted",
            aws_secret_key="scripted",
            max_retries=0,
        ),
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "claude-haiku-4-5",
    ),
    "vertex": (
        AnthropicVertex(
            base_url=f"{URL}/v1",
            region="us-east5",
            project_id="locks",
            access_token="scripted",
            max_retries=0,
        ),
        "claude-haiku-4-5@20251001",
        "claude-haiku-4-5-20251001",
    ),
    "foundry": (
        AnthropicFoundry(base_url=f"{URL}/anthropic", api_key="scripted", max_retries=0),
        "claude-haiku-4-5",
        "claude-haiku-4-5-20251001",
    ),
}


def error_of(ask: Callable[[], Any]) -> list[Any]:
    """The status of the error that a call raises, if it has one, and its sentence."""
    try:
        ask()
    except APIStatusError as error:
        return [error.status_code, str(error)]
    except APIError as error:
        return [None, str(error)]
    return []


def played(client: Any, model: str, unknown: str) -> dict[str, Any]:
    """All of it with one client."""
    asked = {"max_tokens": 99, "messages": [{"role": "user", "content": 'SAY naïve\nCALL gauge {"lock": 1}'}]}
    with client.messages.stream(model=model, tools=[TOOL], **asked) as stream:
        pieces = list(stream.text_stream)
        message = stream.get_final_message()
    whole = client.messages.create(model=model, **asked)

    def read_to_its_end() -> None:
        with client.messages.stream(model=model, max_tokens=9, messages=[broken]) as stream:
            stream.until_done()

    broken = {"role": "user", "content": "BREAK"}
    return {
        "pieces": pieces,
        "model": message.model,
        "stop_reason": message.stop_reason,
        "inputs": [block.input for block in message.content if block.type == "tool_use"],
        "whole": whole.content[0].text,
        "unknown": error_of(lambda: client.messages.create(model=unknown, **asked)),
        "broken": error_of(read_to_its_end),
    }


print(json.dumps({name: played(*client) for name, client in CLIENTS.items()}))
