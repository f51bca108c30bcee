"""A conversation, a stream, two tools at once, a structured output, an image and an error with LlamaIndex.

The argument is what it speaks: ``chat_completions``, ``responses`` or ``messages``.
"""

import asyncio
import json
import sys

import anthropic
import openai
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.llms import ChatMessage, ImageBlock, TextBlock
from llama_index.llms.anthropic import Anthropic
from llama_index.llms.openai_like import OpenAILike, OpenAILikeResponses
from pydantic import BaseModel

MODEL = "claude-sonnet-4-6"
DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
said = {}


def model_of(api):
    if api == "messages":
        return Anthropic(model=MODEL, max_retries=0)
    kind = OpenAILikeResponses if api == "responses" else OpenAILike
    return kind(model=MODEL, is_chat_model=True, is_function_calling_model=True, max_retries=0)


class Lock(BaseModel):
    """A lock of the canal."""

    name: str
    metres: int


def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


async def main() -> None:
    model = model_of(sys.argv[1])
    asked = [ChatMessage(role="system", content="You are a lock keeper."), ChatMessage("SAY hello")]
    first = await model.achat(asked)
    again = await model.achat([*asked, first.message, ChatMessage("SAY again")])
    said["text"] = [first.message.content, again.message.content]
    stream = await model.astream_chat([ChatMessage("REPEAT 5 boat ")])
    said["streamed"] = [piece.delta async for piece in stream if piece.delta]
    agent = FunctionAgent(tools=[depth], llm=model)
    said["tools"] = str(await agent.run('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}'))
    # By a tool in a chat, else by a format, for which the model invents something.
    is_chat = sys.argv[1] == "chat_completions"
    prompt = 'CALL Lock {"name": "upper", "metres": 3}' if is_chat else "Which lock?"
    typed = await model.as_structured_llm(Lock).achat([ChatMessage(prompt)])
    said["typed"] = typed.raw.model_dump()
    image = [TextBlock(text="SAY grey"), ImageBlock(image=DOT.encode(), image_mimetype="image/png")]
    said["image"] = (await model.achat([ChatMessage(role="user", blocks=image)])).message.content
    try:
        await model.achat([ChatMessage("CLOSE THE GATE")])
    except (anthropic.APIStatusError, openai.APIStatusError) as error:
        said["error"] = [error.status_code, str(error)]


asyncio.run(main())
print(json.dumps(said))
