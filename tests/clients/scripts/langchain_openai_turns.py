"""A conversation, a stream, two tools at once, typed outputs, an image and an error with langchain-openai.

The argument is the API that it speaks: ``responses`` or ``chat_completions``.
"""

import json
import sys

from langchain.agents import create_agent
from langchain_core.messages import HumanMessage, SystemMessage
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openai import APIStatusError
from pydantic import BaseModel

DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptV"
    "AAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
model = ChatOpenAI(
    model="claude-sonnet-4-6", use_responses_api=sys.argv[1] == "responses", max_retries=0, stream_usage=True
)
said = {}


class Lock(BaseModel):
    """A lock of the canal."""

    name: str
    metres: int


@tool
def depth(lock: str) -> str:
    """Measures the depth of a lock."""
    return f"{lock} is three metres deep"


asked = [SystemMessage("You are a lock keeper."), HumanMessage("SAY hello")]
first = model.invoke(asked)
again = model.invoke([*asked, first, HumanMessage("SAY again")])
said["text"] = [first.text, again.text]
chunks = [*model.stream("REPEAT 5 boat ")]
said["streamed"] = [chunk.text for chunk in chunks if chunk.text]
said["usage"] = sum(chunk.usage_metadata["output_tokens"] for chunk in chunks if chunk.usage_metadata)
agent = create_agent(model, tools=[depth])
turns = agent.invoke(
    {"messages": [HumanMessage('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}')]}
)
later = agent.invoke({"messages": [*turns["messages"], HumanMessage("SAY noted")]})
said["tools"] = [state["messages"][-1].text for state in (turns, later)]
said["typed"] = [
    model.with_structured_output(Lock, method=method).invoke(prompt).model_dump()
    for method, prompt in (
        ("json_schema", "Which lock?"),
        ("function_calling", 'CALL Lock {"name": "upper", "metres": 3}'),
        ("json_mode", 'Answer in JSON.\nCALL answer_in_json {"name": "lower", "metres": 2}'),
    )
]
image = {"type": "image_url", "image_url": {"url": DOT}}
said["image"] = model.invoke([HumanMessage([{"type": "text", "text": "SAY grey"}, image])]).text
try:
    model.invoke("CLOSE THE GATE")
except APIStatusError as error:
    said["error"] = [error.status_code, error.body["message"]]
print(json.dumps(said))
