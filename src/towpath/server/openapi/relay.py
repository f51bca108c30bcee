"""The operations of ``openapi`` that the operator's upstream serves: batches and files. Pure."""

from towpath.core.to_json import Json
from towpath.server.openapi.pieces import ANY_FAILURE, failures, in_path, json_of


def batches() -> Json:
    one, path = in_path("batch_id"), "/v1/messages/batches"
    create = {"requestBody": {"required": True, "content": json_of("Batch")}}
    lines = {"application/x-jsonl": {"schema": {"type": "string"}}}
    return {
        path: {
            "get": _handed_on("List batches", json_of("Batch")),
            "post": {**_handed_on("Create a batch", json_of("Batch")), **create},
        },
        f"{path}/{{batch_id}}": {
            "parameters": [one],
            "get": _handed_on("A batch", json_of("Batch")),
            "delete": _handed_on("Delete a batch", json_of("Batch")),
        },
        f"{path}/{{batch_id}}/cancel": {
            "parameters": [one],
            "post": _handed_on("Cancel a batch", json_of("Batch")),
        },
        f"{path}/{{batch_id}}/results": {
            "parameters": [one],
            "get": _handed_on("The results of a batch", lines),
        },
    }


def files() -> Json:
    one, form = in_path("file_id"), {"multipart/form-data": {"schema": {"type": "object"}}}
    content = {"application/octet-stream": {"schema": {"type": "string"}}}
    return {
        "/v1/files": {
            "get": _handed_on("List files", json_of("File")),
            "post": {
                **_handed_on("Upload a file", json_of("File")),
                "requestBody": {"required": True, "content": form},
            },
        },
        "/v1/files/{file_id}": {
            "parameters": [one],
            "get": _handed_on("A file", json_of("File")),
            "delete": _handed_on("Delete a file", json_of("File")),
        },
        "/v1/files/{file_id}/content": {
            "parameters": [one],
            "get": _handed_on("What is in a file", content),
        },
    }


def _handed_on(summary: str, content: Json) -> Json:
    """What the operator's upstream does; without one it is a 404."""
    answer = {"description": "What the upstream says.", "content": content}
    return {"summary": summary, "responses": {"200": answer, **failures(ANY_FAILURE)}}
