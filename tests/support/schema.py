"""The two judges of a body: the schemas of /openapi.json, and the checks."""

from collections.abc import Callable
from typing import Any

import jsonschema_rs
import orjson

from towpath.core.errors import ApiError
from towpath.core.reading.request import parse_request
from towpath.server.openapi.schemas import count_schema, request_schema

REQUEST = jsonschema_rs.validator_for(request_schema())
COUNT = jsonschema_rs.validator_for(count_schema())
# What holds between fields, between messages, or of how a number is written: no matter of the schema.
BEYOND_THE_SCHEMA = (
    "tools: Tool names must be unique.",
    "may only be made while providing `tools`",
    "not found in provided tools",
    "does not support assistant message prefill",
    "use the top-level 'system' parameter",
    "a system message must follow a user message",
    "`tool_use` ids must be unique",
    "unexpected `tool_use_id` found",
    "found multiple `tool_result` blocks",
    "`tool_use` ids were found without",
    "a call of the API's own tools cannot be carried without its result",
    "all content must be type `text` if `is_error` is true",
    "tool_choice.name: ",
    ": Input should be a valid integer",  # 1.0 and 1e300 are integers to a schema, and none to the API
)


def refused(body: Any, parse: Callable[[bytes], object] = parse_request) -> str | None:
    """What the checks say against a body."""
    try:
        parse(orjson.dumps(body))
    except ApiError as error:
        return error.message
    return None
