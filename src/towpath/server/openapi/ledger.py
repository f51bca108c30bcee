"""What the ledger tells: its operations, in the words of OpenAPI."""

from towpath.core.to_json import Json
from towpath.server.openapi.pieces import get, in_path, json_of


def usage() -> Json:
    """GET /v1/usage."""
    days = {"type": "integer", "minimum": 1, "maximum": 3660, "default": 30}
    return {
        **get("What was used lately, and its cost", json_of("UsageReport"), failing=(400, 401, 403, 404)),
        "parameters": [{"name": "days", "in": "query", "schema": days}],
    }


def steps() -> Json:
    """GET /v1/usage/conversations/{name}."""
    return {
        **get("The exchanges of a conversation", json_of("StepsReport"), failing=(401, 403, 404)),
        "parameters": [in_path("name")],
    }
