"""What the operations of ``openapi`` have in common: answers, failures, parameters. Pure."""

from collections.abc import Iterable
from typing import Any

from towpath.core.statuses import STATUSES, status_of
from towpath.core.to_json import Json

# How a request to an upstream can fail. A 405 is for methods that are not described at all.
ANY_FAILURE = [code for code in STATUSES if code != 405]
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
        str(status): {"description": status_of(status).explanation, "content": json_of(error)}
        for status in statuses
    }


def header(name: str, description: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string", **schema},
    }


def json_of(*names: str) -> Json:
    """A body that is of one of these schemas."""
    references = [{"$ref": f"#/components/schemas/{name}"} for name in names]
    return {"application/json": {"schema": references[0] if len(names) == 1 else {"anyOf": references}}}


def text(*others: str) -> Json:
    return {f"text/{kind}": {"schema": {"type": "string"}} for kind in ("plain", *others)}


def events() -> Json:
    return {"text/event-stream": {"schema": EVENT}}


def in_path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
