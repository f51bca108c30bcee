"""A text turn, a stream, a tool round trip and an error with langchain-anthropic; prints what came."""

import json

from anthropic import PermissionDeniedError
from langchain_anthropic import ChatAnthropic
from langchain_core.messages import HumanMessage, SystemMessage, ToolMessage
from langchain_core.tools import tool


@tool
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


model = ChatAnthropic(model="claude-sonnet-4-6", max_tokens=2000)
said = {}

said["text"] = model.invoke([SystemMessage("You are a lock keeper."), HumanMessage("SAY hello")]).text

chunks = list(model.stream("REPEAT 5 boat "))
said["streamed"] = [chunk.text for chunk in chunks if chunk.text]
said["usage"] = sum((chunk.usage_metadata or {}).get("output_tokens", 0) for chunk in chunks)

messages = [HumanMessage('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}')]
with_tools = model.bind_tools([depth])
answer = with_tools.invoke(messages)
results = [depth.invoke(call) for call in answer.tool_calls]
assert all(isinstance(result, ToolMessage) for result in results)
said["results"] = with_tools.invoke([*messages, answer, *results]).text

try:
    model.invoke("CLOSE THE GATE")
except PermissionDeniedError as error:
    said["error"] = [error.status_code, error.body["error"]["message"]]

print(json.dumps(said))
