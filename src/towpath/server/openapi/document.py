"""GET /openapi.json: what is served, for programs that make clients, and for the test that tries all of it.

The document is a value; ``schemas`` has what requests look like, ``server.reports`` what the server says of
itself, and ``pieces`` what operations have in common. Pure.
"""

from collections.abc import Collection

from msgspec.json import schema_components

from towpath.core.accesses import DEFAULT
from towpath.core.catalog import AnthropicModels, OpenAIModels
from towpath.core.to_json import Json
from towpath.server.exchange.headers import OF_ANSWERS, OF_OTHERS
from towpath.server.openapi.ledger import steps, usage
from towpath.server.openapi.pieces import (
    ANY_FAILURE,
    EVENT,
    VERSION,
    events,
    failures,
    get,
    header,
    in_path,
    json_of,
    text,
)
from towpath.server.openapi.relay import batches, files
from towpath.server.openapi.schemas import (
    answer_schema,
    count_schema,
    error_schema,
    request_schema,
)
from towpath.server.reports import (
    ActivityReport,
    Greeting,
    HealthReport,
    LimitsReport,
    StepsReport,
    UsageReport,
)

_CHUNK: Json = {"type": "object", "properties": {"data": {"type": "string"}}}
_FOLLOWING = "The same as server-sent events: `activity` at once and at each change, `ping` between"
_ACCESS = "By which access; the path may begin with /access/NAME instead."
_COUNT_HEADER = "x-towpath-count"
_LEFT_OUT_HEADER = "x-towpath-left-out"
_KEYS: Json = {
    "key": {"type": "apiKey", "in": "header", "name": "x-api-key"},
    "bearer": {"type": "http", "scheme": "bearer"},
}


def openapi_document(version: str, accesses: Collection[str] = (DEFAULT,)) -> Json:
    """The OpenAPI 3.1 document of this server, which has that version and these accesses."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Towpath",
            "version": version,
            "description": "The Anthropic Messages API, answered from the Claude Agent SDK.",
        },
        "paths": {
            "/v1/messages": {"post": _messages(accesses)},
            "/v1/messages/count_tokens": {"post": _count()},
            **batches(),
            **files(),
            "/v1/chat/completions": {"post": _chat()},
            "/v1/responses": {"post": _responses()},
            "/v1/models": {"get": _models()},
            "/v1/models/{model_id}": {"get": _model()},
            "/health": {"get": get("How the server is", json_of("HealthReport", "Greeting"), failing=(403,))},
            "/api/hello": {"get": get("Whether the server is up", json_of("Hello"), failing=(403,))},
            "/v1/limits": {"get": get("Limits of the account", json_of("LimitsReport"), failing=(401, 403))},
            "/metrics": {"get": get("Figures for Prometheus", text(), failing=(401, 403))},
            "/openapi.json": {"get": get("This document", json_of("Document"), failing=(401, 403))},
            "/v1/activity": {
                "get": get(
                    "What happens now and happened lately", json_of("ActivityReport"), failing=(401, 403)
                )
            },
            "/v1/usage": {"get": usage()},
            "/v1/usage/conversations/{name}": {"get": steps()},
            "/v1/activity/stream": {"get": get(_FOLLOWING, events(), failing=(401, 403))},
            "/": {"get": get("The page for a browser, otherwise a greeting", text("html"), failing=(403,))},
            "/page/{name}": {"get": _page_file()},
        },
        "components": {"schemas": _schemas(), "securitySchemes": _KEYS},
        # A server without keys of its own takes any key, or none.
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
        "Hello": {"type": "object", "required": ["message"]},
        # Anthropic's reference describes these: they are handed on as they are.
        "Batch": {"type": "object"},
        "File": {"type": "object"},
        "Clients": {"type": "array", "items": {"type": "object", "required": ["title", "place", "text"]}},
        # OpenAI describes the rest of these.
        "ChatRequest": {"type": "object", "required": ["model", "messages"]},
        "Completion": {"type": "object", "required": ["id", "object", "choices"]},
        "ResponsesRequest": {"type": "object", "required": ["model", "input"]},
        "Response": {"type": "object", "required": ["id", "object", "output", "status"]},
        "OpenAIError": {"type": "object", "required": ["error"]},
        "Document": {"type": "object", "required": ["openapi", "info", "paths"]},
        **_reports(),
    }


def _reports() -> Json:
    """The schemas of the reports, made from their types."""
    told = (Greeting, HealthReport, LimitsReport, ActivityReport, UsageReport, StepsReport)
    _, schemas = schema_components(
        (*told, AnthropicModels, OpenAIModels),
        ref_template="#/components/schemas/{name}",
    )
    return schemas


def _messages(accesses: Collection[str]) -> Json:
    answer = {
        "description": "The answer: one message, or with `stream` server-sent events, of which an `error` "
        "event may be the last.",
        "headers": {
            name: {"description": meaning, "schema": {"type": "string"}}
            for name, meaning in OF_ANSWERS.items()
        },
        "content": {**json_of("Message"), "text/event-stream": {"schema": EVENT}},
    }
    return {
        "summary": "Ask for the next message of a conversation",
        "parameters": [
            VERSION,
            header("anthropic-beta", "Comma-separated names; passed on."),
            header("x-towpath-mode", "Who executes the tools.", enum=["passthrough", "internal"]),
            header("x-towpath-access", _ACCESS, enum=[*accesses]),
        ],
        "requestBody": {"required": True, "content": json_of("Request")},
        "responses": {"200": answer, **failures(ANY_FAILURE)},
    }


def _count() -> Json:
    kind = header(_COUNT_HEADER, OF_OTHERS[_COUNT_HEADER], enum=["exact", "estimate"])
    answer = {
        "description": "The API's own count if the operator set an upstream, otherwise the CLI's estimate.",
        "headers": {_COUNT_HEADER: {key: kind[key] for key in ("description", "schema")}},
        "content": json_of("Count"),
    }
    return {
        "summary": "Count the tokens of a conversation",
        "parameters": [VERSION, header("anthropic-beta", "Comma-separated names; passed on.")],
        "requestBody": {"required": True, "content": json_of("CountRequest")},
        "responses": {"200": answer, **failures(ANY_FAILURE)},
    }


def _chat() -> Json:
    answer = {
        "description": "The answer in OpenAI's shape: one completion, or with `stream` server-sent events.",
        "headers": _left_out(),
        "content": {**json_of("Completion"), "text/event-stream": {"schema": _CHUNK}},
    }
    return {
        "summary": "The same in the words of OpenAI's chat API",
        "requestBody": {"required": True, "content": json_of("ChatRequest")},
        "responses": {"200": answer, **failures(ANY_FAILURE, "OpenAIError")},
    }


def _left_out() -> Json:
    described = {"description": OF_OTHERS[_LEFT_OUT_HEADER], "schema": {"type": "string"}}
    return {_LEFT_OUT_HEADER: described}


def _responses() -> Json:
    answer = {
        "description": "The answer in OpenAI's shape: one response, or with `stream` server-sent events, of "
        "which `error` and `response.failed` may be the last.",
        "headers": _left_out(),
        "content": {**json_of("Response"), "text/event-stream": {"schema": EVENT}},
    }
    return {
        "summary": "The same in the words of OpenAI's Responses API; no response is kept",
        "requestBody": {"required": True, "content": json_of("ResponsesRequest")},
        "responses": {"200": answer, **failures(ANY_FAILURE, "OpenAIError")},
    }


def _models() -> Json:
    page = {"limit": {"type": "integer", "minimum": 1, "maximum": 1000}, "after_id": {}, "before_id": {}}
    places = [
        {"name": name, "in": "query", "schema": {"type": "string", **schema}} for name, schema in page.items()
    ]
    lifecycle = {"type": "array", "items": {"enum": ["active", "deprecated", "retired"]}}
    answer = get(
        "What this CLI and account offer",
        json_of("AnthropicModels", "OpenAIModels"),
        failing=(400, 401, 403, 500),
    )
    return {
        **answer,
        "parameters": [*places, {"name": "lifecycle", "in": "query", "schema": lifecycle}, VERSION],
    }


def _model() -> Json:
    answer = get(
        "One of them, by its id or short name",
        json_of("AnthropicModel", "OpenAIModel"),
        failing=(401, 403, 404, 500),
    )
    return {**answer, "parameters": [in_path("model_id"), VERSION]}


def _page_file() -> Json:
    files = {**json_of("Clients"), **text("css", "html", "javascript")}
    name = {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}
    return {
        **get("A file of the page; clients.json: how to connect", files, failing=(403, 404)),
        "parameters": [name],
    }
