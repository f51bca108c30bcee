"""A text turn, a stream, two tools by the tool runner, both kinds of client, and an error with anthropic."""

import asyncio
import json

from anthropic import Anthropic, APIStatusError, AsyncAnthropic, beta_tool

MODEL = "claude-sonnet-4-6"
client = Anthropic(max_retries=0)
said = {}


@beta_tool
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


def asking(text: str, *before: dict) -> dict:
    return {"model": MODEL, "max_tokens": 2000, "messages": [*before, {"role": "user", "content": text}]}


def turn() -> None:
    first = client.messages.create(**asking("SAY hello"), system="You are a lock keeper.")
    history = asking("SAY hello")["messages"] + [{"role": "assistant", "content": first.content}]
    again = client.messages.create(**asking("SAY again", *history), system="You are a lock keeper.")
    said["text"] = [first.content[0].text, again.content[0].text]


def stream() -> None:
    with client.messages.stream(**asking("REPEAT 5 boat ")) as streamed:
        said["streamed"] = list(streamed.text_stream)
        said["usage"] = streamed.get_final_message().usage.output_tokens


def tools() -> None:
    asked = asking('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}')
    last = client.beta.messages.tool_runner(tools=[depth], **asked).until_done()
    said["results"] = last.content[0].text


async def asynchronous() -> None:
    async with (
        AsyncAnthropic(max_retries=0) as other,
        other.messages.stream(**asking("SAY later")) as streamed,
    ):
        said["async"] = (await streamed.get_final_message()).content[0].text


def error() -> None:
    try:
        client.messages.create(**asking("CLOSE THE GATE"))
    except APIStatusError as refused:
        said["error"] = [refused.status_code, refused.body["error"]["message"], bool(refused.request_id)]


turn()
stream()
tools()
asyncio.run(asynchronous())
error()
print(json.dumps(said))
