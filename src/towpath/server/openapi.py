"""GET /openapi.json: what is served, for programs that make clients, and for the test that tries it all.

The document is a value; ``openapi_schemas`` has what a request and an answer look like. Pure.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from towpath.server.openapi_schemas import (
    activity_schema,
    answer_schema,
    count_schema,
    error_schema,
    health_schema,
    limits_schema,
    request_schema,
)

Json = dict[str, Any]

_WHAT_FAILS: Mapping[int, str] = {
    400: "The request breaks a rule; the message names the field.",
    401: "A key is missing (of this server, or of the upstream).",
    402: "The upstream's account cannot pay.",
    403: "Not from here: Host, Origin, or a mode that is not allowed.",
    404: "There is no such model, batch, file or path; or no upstream for it, and what to set.",
    409: "The upstream says so.",
    413: "The body is over 32 MB.",
    429: "The upstream's limit is reached, or only extra usage would pay and must not; Retry-After where it "
    "is known.",
    500: "The upstream or the Claude CLI failed.",
    502: "The upstream cannot be reached, or broke off.",
    503: "The server is stopping.",
    504: "The upstream took too long.",
    529: "Overloaded: the upstream, or the queue of this server is full (Retry-After).",
}
# 502 is for what the proxy itself asks the upstream.
_OF_A_MODEL = [status for status in _WHAT_FAILS if status != 502]
# One event of a stream; ``data`` is JSON, of the type that ``event`` names.
_EVENT: Json = {
    "type": "object",
    "properties": {"event": {"type": "string"}, "data": {"type": "string"}},
    "required": ["event", "data"],
}
_CHUNK: Json = {"type": "object", "properties": {"data": {"type": "string"}}}
_FOLLOWING = "The same as server-sent events: `activity` at once and at each change, `ping` between"
_ANSWER_HEADERS: Mapping[str, str] = {
    "request-id": "The id of the exchange, also in the log.",
    "x-towpath-way": "start, resume or answer: how a process came to hold the conversation.",
    "x-towpath-reason": "Why that way.",
    "x-towpath-session": "The number of the session that served it.",
    "x-towpath-transient-texts": "How many transient texts were left out.",
    "x-towpath-cache": "Tokens of the prompt cache (`read=1200 write=35`), and behind `; miss=` why it did "
    "not hold more; absent where the upstream has no figures before the end.",
    "server-timing": "Durations in ms.",
    "anthropic-ratelimit-unified-status": "What is known of the account's limits; further headers of this "
    "prefix as in the API.",
}

_KEYS: Json = {
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}
_VERSION: Json = {
    "name": "anthropic-version",
    "in": "header",
    "description": "Taken as it is. /v1/models answers in OpenAI's shape without it.",
    "schema": {"type": "string"},
}


def openapi_document(version: str) -> Json:
    """The OpenAPI 3.1 document of this server, which has that version."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Towpath",
            "version": version,
            "description": "The Anthropic Messages API, answered from the Claude Agent SDK.",
        },
        "paths": {
            "/v1/messages": {"post": _messages()},
            "/v1/messages/count_tokens": {"post": _count()},
            **_batches(),
            **_files(),
            "/v1/chat/completions": {"post": _chat()},
            "/v1/responses": {"post": _responses()},
            "/v1/models": {"get": _models()},
            "/v1/models/{model_id}": {"get": _model()},
            "/health": {"get": _get("How the server is", _json("Health"), failing=(403,))},
            "/v1/limits": {"get": _get("Limits of the account", _json("Limits"), failing=(401, 403))},
            "/metrics": {"get": _get("Figures for Prometheus", _text(), failing=(401, 403))},
            "/openapi.json": {"get": _get("This document", _json("Document"), failing=(401, 403))},
            "/v1/activity": {
                "get": _get("What happens now and happened lately", _json("Activity"), failing=(401, 403))
            },
            "/v1/activity/stream": {"get": _get(_FOLLOWING, _events(), failing=(401, 403))},
            "/": {"get": _get("The page for a browser, else a greeting", _text("html"), failing=(403,))},
            "/page/{name}": {"get": _page_file()},
        },
        "components": {"schemas": _schemas(), "securitySchemes": _KEYS},
        # Without keys of the server's own, any or none will do.
        "security": [{}, {"key": []}, {"bearer": []}],
    }


def _schemas() -> Json:
    return {
        "Request": request_schema(),
        "CountRequest": count_schema(),
        "Count": {
            "type": "object",
            "properties": {"input_tokens": {"type": "integer", "minimum": 0}},
            "required": ["input_tokens"],
        },
        "Message": answer_schema(),
        "Error": error_schema(),
        "Health": health_schema(),
        "Limits": limits_schema(),
        # Anthropic's reference describes these: they are handed on as they are.
        "Batch": {"type": "object"},
        "File": {"type": "object"},
        "Activity": activity_schema(),
        "Clients": {"type": "array", "items": {"type": "object", "required": ["title", "place", "text"]}},
        # OpenAI describes the rest of these.
        "ChatRequest": {"type": "object", "required": ["model", "messages"]},
        "Completion": {"type": "object", "required": ["id", "object", "choices"]},
        "ResponsesRequest": {"type": "object", "required": ["model", "input"]},
        "Response": {"type": "object", "required": ["id", "object", "output", "status"]},
        "OpenAIError": {"type": "object", "required": ["error"]},
        # In OpenAI's shape for clients that send no anthropic-version.
        "Models": {"type": "object", "required": ["data"]},
        "Model": {"type": "object", "required": ["id"]},
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
    }


def _messages() -> Json:
    answer = {
        "description": "The answer: one message, or with `stream` server-sent events, of which an `error` "
        "event may be the last.",
        "headers": {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in _ANSWER_HEADERS.items()
        },
        "content": {**_json("Message"), "text/event-stream": {"schema": _EVENT}},
    }
    return {
        "summary": "Ask for the next message of a conversation",
        "parameters": [
            _VERSION,
            _header("anthropic-beta", "Names with commas between; passed on."),
            _header("x-towpath-mode", "Who executes the tools.", enum=["passthrough", "internal"]),
        ],
        "requestBody": {"required": True, "content": _json("Request")},
        "responses": {"200": answer, **_failures(_OF_A_MODEL)},
    }


def _count() -> Json:
    kind = _header("x-towpath-count", "Whose count it is.", enum=["exact", "estimate"])
    answer = {
        "description": "The API's own count with an upstream of the operator's, else the CLI's estimate.",
        "headers": {"x-towpath-count": {key: kind[key] for key in ("description", "schema")}},
        "content": _json("Count"),
    }
    return {
        "summary": "Count the tokens of a conversation",
        "parameters": [_VERSION, _header("anthropic-beta", "Names with commas between; passed on.")],
        "requestBody": {"required": True, "content": _json("CountRequest")},
        "responses": {"200": answer, **_failures(_WHAT_FAILS)},
    }


def _batches() -> Json:
    one, path = _path("batch_id"), "/v1/messages/batches"
    create = {"requestBody": {"required": True, "content": _json("Batch")}}
    lines = {"application/x-jsonl": {"schema": {"type": "string"}}}
    return {
        path: {
            "get": _handed_on("List batches", _json("Batch")),
            "post": {**_handed_on("Create a batch", _json("Batch")), **create},
        },
        f"{path}/{{batch_id}}": {
            "parameters": [one],
            "get": _handed_on("A batch", _json("Batch")),
            "delete": _handed_on("Delete a batch", _json("Batch")),
        },
        f"{path}/{{batch_id}}/cancel": {
            "parameters": [one],
            "post": _handed_on("Cancel a batch", _json("Batch")),
        },
        f"{path}/{{batch_id}}/results": {
            "parameters": [one],
            "get": _handed_on("The results of a batch", lines),
        },
    }


def _files() -> Json:
    one, form = _path("file_id"), {"multipart/form-data": {"schema": {"type": "object"}}}
    content = {"application/octet-stream": {"schema": {"type": "string"}}}
    return {
        "/v1/files": {
            "get": _handed_on("List files", _json("File")),
            "post": {
                **_handed_on("Upload a file", _json("File")),
                "requestBody": {"required": True, "content": form},
            },
        },
        "/v1/files/{file_id}": {
            "parameters": [one],
            "get": _handed_on("A file", _json("File")),
            "delete": _handed_on("Delete a file", _json("File")),
        },
        "/v1/files/{file_id}/content": {
            "parameters": [one],
            "get": _handed_on("What is in a file", content),
        },
    }


def _handed_on(summary: str, content: Json) -> Json:
    """What the operator's upstream does; without one it is a 404."""
    answer = {"description": "What the upstream says.", "content": content}
    return {"summary": summary, "responses": {"200": answer, **_failures(_WHAT_FAILS)}}


def _path(name: str) -> Json:
    return {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}


def _chat() -> Json:
    answer = {
        "description": "The answer in OpenAI's shape: one completion, or with `stream` server-sent events.",
        "content": {**_json("Completion"), "text/event-stream": {"schema": _CHUNK}},
    }
    return {
        "summary": "The same in the words of OpenAI's chat API",
        "requestBody": {"required": True, "content": _json("ChatRequest")},
        "responses": {"200": answer, **_failures(_OF_A_MODEL, "OpenAIError")},
    }


def _responses() -> Json:
    answer = {
        "description": "The answer in OpenAI's shape: one response, or with `stream` server-sent events, of "
        "which `error` and `response.failed` may be the last.",
        "content": {**_json("Response"), "text/event-stream": {"schema": _EVENT}},
    }
    return {
        "summary": "The same in the words of OpenAI's Responses API; no response is kept",
        "requestBody": {"required": True, "content": _json("ResponsesRequest")},
        "responses": {"200": answer, **_failures(_OF_A_MODEL, "OpenAIError")},
    }


def _models() -> Json:
    page = {"limit": {"type": "integer", "minimum": 1, "maximum": 1000}, "after_id": {}, "before_id": {}}
    places = [
        {"name": name, "in": "query", "schema": {"type": "string", **schema}} for name, schema in page.items()
    ]
    lifecycle = {"type": "array", "items": {"enum": ["active", "deprecated", "retired"]}}
    answer = _get("What this CLI and account offer", _json("Models"), failing=(400, 401, 403, 500))
    return {
        **answer,
        "parameters": [*places, {"name": "lifecycle", "in": "query", "schema": lifecycle}, _VERSION],
    }


def _model() -> Json:
    answer = _get("One of them, by its id or short name", _json("Model"), failing=(401, 403, 404, 500))
    return {**answer, "parameters": [_path("model_id"), _VERSION]}


def _get(summary: str, content: Json, *, failing: Iterable[int]) -> Json:
    responses = {"200": {"description": summary, "content": content}, **_failures(failing)}
    return {"summary": summary, "responses": responses}


def _failures(statuses: Iterable[int], error: str = "Error") -> Json:
    return {str(status): {"description": _WHAT_FAILS[status], "content": _json(error)} for status in statuses}


def _header(name: str, description: str, **schema: Any) -> Json:
    return {
        "name": name,
        "in": "header",
        "description": description,
        "schema": {"type": "string", **schema},
    }


def _json(name: str) -> Json:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}}


def _text(*others: str) -> Json:
    return {f"text/{kind}": {"schema": {"type": "string"}} for kind in ("plain", *others)}


def _events() -> Json:
    return {"text/event-stream": {"schema": _EVENT}}


def _page_file() -> Json:
    files = {**_json("Clients"), **_text("css", "html", "javascript")}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        **_get("A file of the page; clients.json: how to connect", files, failing=(403, 404)),
        "parameters": [name],
    }
