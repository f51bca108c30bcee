"""OpenAI's search of the web as Anthropic's, which the API runs in the middle of an answer. Pure.

What was found is in blocks that only the Messages API has: a client sees the queries and the places that the
answer cites, and sends back the text alone.
"""

import re
from collections.abc import Mapping
from typing import Any

from towpath.core.to_json import Json

NAME = "web_search"
CALL = "server_tool_use"
_TYPE = "web_search_20250305"
_TYPES = re.compile(r"web_search(_preview)?(_\d{4}_\d{2}_\d{2})?")
# Where Anthropic has no search: Bedrock, by either of its interfaces.
_WITHOUT = ("CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_USE_MANTLE")


def is_offered(wanted: bool | None, environment: Mapping[str, str], *, is_gateway: bool) -> bool:
    """Whether the access has it, as far as can be known without asking. ``wanted``: what the operator says.

    ``environment`` is that of its CLIs. What is behind a gateway is not known.
    """
    if wanted is not None:
        return wanted
    return not is_gateway and not any(environment.get(name) for name in _WITHOUT)


def is_search(kind: Any) -> bool:
    """Whether a tool or a choice of this type is a search."""
    return isinstance(kind, str) and bool(_TYPES.fullmatch(kind))


def is_live(tool: Json) -> bool:
    """False for one that may only look into OpenAI's own copy of the web."""
    return tool.get("external_web_access") is not False


def search_tool(tool: Json) -> Json:
    """The tool of the Messages API."""
    filters, place = tool.get("filters"), tool.get("user_location")
    made: Json = {"type": _TYPE, "name": NAME}
    if isinstance(filters, dict):
        names = ("allowed_domains", "blocked_domains")
        made |= {name: filters[name] for name in names if filters.get(name)}
    if isinstance(place, dict):
        told = {name: value for name, value in place.items() if value is not None}
        made["user_location"] = {"type": "approximate", **told}
    return made


def url_citation(citation: Json, text: str) -> Json | None:
    """What a block of this text cites as an annotation; None for what is not on the web."""
    if not citation.get("url"):
        return None
    named = {"url": citation["url"], "title": citation.get("title") or ""}
    return {"type": "url_citation", "start_index": 0, "end_index": len(text), **named}
