"""A conversation, a stream, tools, an output type, an image and an error with OpenAI's Agents SDK.

The argument is the API that it speaks: ``responses`` or ``chat_completions``.
"""

import asyncio
import json
import sys

from agents import (
    Agent,
    ModelSettings,
    Runner,
    function_tool,
    set_default_openai_api,
    set_tracing_disabled,
)
from openai import APIStatusError
from pydantic import BaseModel

MODEL = "claude-sonnet-4-6"
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptV"
    "AAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
said = {}


class Lock(BaseModel):
    """A lock of the canal."""

    name: str
    metres: int


@function_tool
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


keeper = Agent(
    "keeper",
    instructions="You are a lock keeper.",
    model=MODEL,
    model_settings=ModelSettings(include_usage=True),
)
measurer = Agent(
    "measurer", model=MODEL, tools=[depth], model_settings=ModelSettings(parallel_tool_calls=True)
)
sketcher = Agent("sketcher", model=MODEL, output_type=Lock)


async def main() -> None:
    first = await Runner.run(keeper, "SAY hello")
    again = await Runner.run(keeper, [*first.to_input_list(), {"role": "user", "content": "SAY again"}])
    said["text"] = [first.final_output, again.final_output]
    stream = Runner.run_streamed(keeper, "REPEAT 5 boat ")
    events = [event.data async for event in stream.stream_events() if event.type == "raw_response_event"]
    said["streamed"] = [event.delta for event in events if event.type == "response.output_text.delta"]
    said["usage"] = stream.context_wrapper.usage.output_tokens
    asked = 'CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}'
    measured = await Runner.run(measurer, asked)
    later = await Runner.run(measurer, [*measured.to_input_list(), {"role": "user", "content": "SAY noted"}])
    said["tools"] = [measured.final_output, later.final_output]
    said["typed"] = (await Runner.run(sketcher, "Which lock?")).final_output.model_dump()
    image = [{"type": "input_text", "text": "SAY grey"}, {"type": "input_image", "image_url": DOT}]
    said["image"] = (await Runner.run(keeper, [{"role": "user", "content": image}])).final_output
    try:
        await Runner.run(keeper, "CLOSE THE GATE")
    except APIStatusError as error:
        said["error"] = [error.status_code, error.body["message"]]


set_tracing_disabled(True)
set_default_openai_api(sys.argv[1])
asyncio.run(main())
print(json.dumps(said))
