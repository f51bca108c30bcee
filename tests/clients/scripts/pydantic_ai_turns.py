"""A text turn, a stream, a tool round trip, an output type and an error with pydantic-ai."""

import asyncio
import json

from pydantic import BaseModel
from pydantic_ai import Agent, ModelHTTPError
from pydantic_ai.models.anthropic import AnthropicModel

model = AnthropicModel("claude-sonnet-4-6")
said = {}


class Lock(BaseModel):
    """A lock of the canal."""

    name: str
    metres: int


keeper = Agent(model, instructions="You are a lock keeper.")
measurer = Agent(model)
sketcher = Agent(model, output_type=Lock)


@measurer.tool_plain
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


async def main() -> None:
    first = await keeper.run("SAY hello")
    again = await keeper.run("SAY again", message_history=first.all_messages())
    said["text"] = [first.output, again.output]
    async with keeper.run_stream("REPEAT 5 boat ") as stream:
        said["streamed"] = [piece async for piece in stream.stream_text(delta=True, debounce_by=None)]
        said["usage"] = stream.usage.output_tokens
    said["results"] = (
        await measurer.run('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}')
    ).output
    said["typed"] = (
        await sketcher.run('CALL final_result {"name": "upper", "metres": 3}')
    ).output.model_dump()
    try:
        await keeper.run("CLOSE THE GATE")
    except ModelHTTPError as error:
        said["error"] = [error.status_code, error.body["error"]["message"]]


asyncio.run(main())
print(json.dumps(said))
