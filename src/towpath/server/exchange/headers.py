"""The headers of an answer: what each of them means, and how they are made of an exchange."""

import re
from collections.abc import Mapping

from towpath.core.reading.request import MessagesRequest
from towpath.server.exchange.record import ExchangeRecord

_NOT_IN_HEADERS = re.compile(r"[^\x20-\x7e]")

# What the answer of a model has. /openapi.json and docs/endpoints.md say the same.
OF_ANSWERS: Mapping[str, str] = {
    "request-id": "Id of the exchange, as in the log.",
    "x-towpath-way": "How a process came to hold the conversation: start, resume or answer.",
    "x-towpath-reason": "Why it was that way.",
    "x-towpath-session": "Number of the session that answered.",
    "x-towpath-access": "The access that answered.",
    "x-towpath-transient-texts": "How many transient texts were left out.",
    "x-towpath-loaded-tools": "How many deferred tools were sent in full because a result refers to them; "
    "absent if none.",
    "x-towpath-cache": "Tokens read from the prompt cache and written into it, and after `; miss=` why it "
    "did not hold more; absent where the upstream gives these figures only at the end.",
    "server-timing": "Milliseconds to read the request (`read`), in the queue (`queue`), until a process was "
    "ready (`start`), and until the model's first event (`model`).",
    "anthropic-ratelimit-unified-status": "What is known of the account's limits; further headers of this "
    "prefix say the rest, as at the API.",
}
OF_OTHERS: Mapping[str, str] = {
    "x-request-id": "The same as `request-id`, where OpenAI's clients look for it.",
    "x-towpath-count": "Whose count of tokens it is: exact (the API's) or estimate (the CLI's).",
    "x-towpath-left-out": "Which hints of a request of OpenAI's APIs were left out; absent if none.",
    "retry-after": "Seconds to wait before the next try; on errors, where that is known.",
}


def answer_headers(request: MessagesRequest, record: ExchangeRecord) -> dict[str, str]:
    """How this exchange was served. The account's limits come beside it (``core.account_limits``)."""
    cache = f"read={record.cache.read} write={record.cache.written}"
    note = f"; miss={record.cache_miss.sentence}" if record.cache_miss else ""
    loaded = len(request.loaded_tools)
    return {
        "server-timing": ", ".join(f"{name};dur={ms}" for name, ms in record.phases_ms.items()),
        "x-towpath-way": record.way or "",
        "x-towpath-reason": _NOT_IN_HEADERS.sub("?", record.reason or ""),  # it may quote an error
        "x-towpath-session": str(record.session),
        "x-towpath-access": record.access,
        "x-towpath-transient-texts": str(request.transient),
        **({"x-towpath-loaded-tools": str(loaded)} if loaded else {}),
        **({"x-towpath-cache": cache + note} if record.has_figures else {}),
    }
