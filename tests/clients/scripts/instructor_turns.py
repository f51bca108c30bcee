"""Objects by tools, JSON and a schema, two at once, a second try, an image and an error with instructor.

The argument is the API that it speaks: ``responses`` or ``chat_completions``.
"""

import json
import sys
from collections.abc import Iterable

import instructor
from instructor import Mode
from instructor.core import InstructorRetryException
from openai import OpenAI
from pydantic import BaseModel, field_validator

MODEL = "claude-sonnet-4-6"
DOT = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptV"
    "AAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
)
is_chat = sys.argv[1] == "chat_completions"
openai = OpenAI(max_retries=0)
said = {}


class Lock(BaseModel):
    """A lock of the canal."""

    name: str
    metres: int

    @field_validator("metres")
    @classmethod
    def deep(cls, metres: int) -> int:
        if metres < 2:
            raise ValueError("too flat")
        return metres


UPPER = 'CALL Lock {"name": "upper", "metres": 3}'
LOWER = 'CALL Lock {"name": "lower", "metres": 2}'


def ask(mode, prompt, wanted=Lock, **more):
    client = instructor.from_openai(openai, mode=mode)
    return client.create(
        model=MODEL, messages=[{"role": "user", "content": prompt}], response_model=wanted, **more
    )


tools = Mode.TOOLS if is_chat else Mode.RESPONSES_TOOLS
said["tools"] = ask(tools, UPPER).model_dump()
said["retried"] = ask(tools, 'CALL Lock {"name": "flat", "metres": 1}', max_retries=2).model_dump()
if is_chat:
    said["json"] = ask(
        Mode.JSON, 'Which lock?\nCALL answer_in_json {"name": "upper", "metres": 3}'
    ).model_dump()
    said["both"] = [
        lock.model_dump() for lock in ask(Mode.PARALLEL_TOOLS, f"{UPPER}\n{LOWER}", Iterable[Lock])
    ]
    client = instructor.from_openai(openai, mode=tools)
    partial = client.create_partial(
        model=MODEL, messages=[{"role": "user", "content": UPPER}], response_model=Lock
    )
    said["streamed"] = [*partial][-1].model_dump()
    image = [{"type": "text", "text": UPPER}, {"type": "image_url", "image_url": {"url": DOT}}]
    said["image"] = ask(tools, image).model_dump()
try:
    ask(tools, "CLOSE THE GATE", max_retries=0)
except InstructorRetryException as error:
    said["error"] = str(error)
print(json.dumps(said))
