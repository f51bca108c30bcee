"""A text turn, a stream, a tool round trip and an error with litellm; prints what came of them."""

import json

import litellm

DEPTH = {
    "type": "function",
    "function": {
        "name": "depth",
        "description": "Measures the depth of a lock.",
        "parameters": {"type": "object", "properties": {"lock": {"type": "string"}}, "required": ["lock"]},
    },
}
litellm.suppress_debug_info = True  # it would be printed where the answers are
MODEL = "anthropic/claude-sonnet-4-6"
said = {}


def user(text: str) -> dict:
    return {"role": "user", "content": text}


first = litellm.completion(
    MODEL, [{"role": "system", "content": "You are a lock keeper."}, user("SAY hello")], max_tokens=2000
)
said["text"] = first.choices[0].message.content

chunks = list(
    litellm.completion(MODEL, [user("REPEAT 5 boat ")], stream=True, stream_options={"include_usage": True})
)
pieces = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]  # the usage comes without
said["streamed"] = [piece for piece in pieces if piece]
said["usage"] = max(chunk.usage.completion_tokens for chunk in chunks if getattr(chunk, "usage", None))

messages = [user('CALL depth {"lock": "upper"}\nCALL depth {"lock": "lower"}')]
message = litellm.completion(MODEL, messages, tools=[DEPTH]).choices[0].message
messages.append(message.model_dump())
for call in message.tool_calls:
    lock = json.loads(call.function.arguments)["lock"]
    messages.append({"role": "tool", "tool_call_id": call.id, "content": f"{lock} is three metres deep"})
said["results"] = litellm.completion(MODEL, messages, tools=[DEPTH]).choices[0].message.content

try:
    litellm.completion(MODEL, [user("CLOSE THE GATE")])
except litellm.exceptions.PermissionDeniedError as error:
    said["error"] = [error.status_code, error.message]

print(json.dumps(said))
