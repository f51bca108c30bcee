"""What the operations of ``openapi`` have in common: answers, failures, parameters. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

from towpath.core.to_json import Json

WHAT_FAILS: Mapping[int, str] = {
    400: "The request breaks a rule; the message names the field.",
    401: "A key is missing (of this server, or of the upstream).",
    402: "The upstream's account cannot pay.",
    403: "Not from here: Host, Origin, or a mode that is not allowed.",
    404: "There is no such model, batch, file or path; or no upstream for it, and what to set.",
    408: "The request did not arrive in time.",
    409: "The upstream says so.",
    413: "The body is over 32 MB, as it came or unpacked.",
    415: "The body is in a coding other than gzip, deflate and zstd; Accept-Encoding names these.",
    429: "The upstream's limit is reached, or only extra usage would pay and must not; Retry-After where it "
    "is known.",
    500: "The upstream or the Claude CLI failed.",
    502: "The upstream cannot be reached, or broke off.",
    503: "The server is stopping.",
    504: "The upstream took too long.",
    529: "Overloaded: the upstream, or the queue of this server is full (Retry-After).",
}
# 502 is for what the proxy itself asks the upstream.
OF_A_MODEL = [status for status in WHAT_FAILS if status != 502]
# One event of a stream; ``data`` is JSON, of the type that ``event`` names.
EVENT: Json = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
VERSION: Json = {
    "name": "anthropic-version",
    "in": "header",
    "description": "Taken as it is. /v1/models answers in OpenAI's shape without it.",
    "schema": {"type": "string"},
}


def get(summary: str, content: Json, *, failing: Iterable[int]) -> Json:
    responses = {"200": {"description": summary, "content": content}, **failures(failing)}
    return {"summary": summary, "responses": responses}


def failures(statuses: Iterable[int], error: str = "Error") -> Json:
    return {
        str(status): {"description": WHAT_FAILS[status], "content": json_of(error)} for status in statuses
    }


def header(name: str, description: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string", **schema},
    }


def json_of(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def text(*others: str) -> Json:
    return {f"text/{kind}": {"schema": {"type": "string"}} for kind in ("plain", *others)}


def events() -> Json:
    return {"text/event-stream": {"schema": EVENT}}


def in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
