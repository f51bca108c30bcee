"""Answers with nothing to show, after which the CLI wants another one (docs/engine.md, E6 and E7)."""

from tests.support.fidelity import text
from towpath.testing import Reply

THINKING = {"type": "thinking", "thinking": "hm", "signature": "c2ln"}
REDACTED = {"type": "redacted_thinking", "data": "eHg="}
SEARCH = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {"query": "canals"}}
FOUND = {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}

SILENT: dict[str, Reply] = {
    "no block": Reply(()),
    "empty text": Reply((text(""),)),
    "white space": Reply((text(" \n\t\u00a0\ufeff"),)),
    "thinking": Reply((THINKING,)),
    "redacted thinking": Reply((REDACTED,)),
    "thinking and white space": Reply((THINKING, text("\n"))),
    "a stop sequence": Reply((), stop_reason="stop_sequence", stop_sequence="END"),
    "a server's tool": Reply((SEARCH, FOUND)),
    "a call that is missing": Reply((text("I call it now."),), stop_reason="tool_use"),
}
