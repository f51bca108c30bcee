"""The scripted API as a process of its own: so its work is neither the proxy's nor the driver's.

Counts the model calls by name: each target calls below ``/<name>``, a call at the root has none.
Run as a module. It says its URL, then the counts for each line that it reads, and ends when there is
nothing more to read: that is, with the process that started it, however that ended.
"""

import json
import sys
from collections import Counter
from typing import Any

from towpath.testing import ScriptedApi, serve_in_thread


class CountingApi:
    """The scripted API below any path, as an ASGI application. It keeps the counts and nothing else."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._api = ScriptedApi()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            name, found, rest = scope["path"].partition("/v1/")
            scope = {**scope, "path": f"/v1/{rest}" if found else scope["path"]}
            if scope["method"] == "POST" and rest == "messages":
                self.calls[name.strip("/")] += 1
        await self._api.app(scope, receive, send)
        self._api.clear()  # bodies of megabytes, thousands of them in a run


def main(port: int) -> None:
    """Serve until standard input ends."""
    api = CountingApi()
    try:
        with serve_in_thread(api, port=port) as url:
            print(url, flush=True)
            for _ in sys.stdin:
                print(json.dumps(api.calls), flush=True)
    except OSError as error:
        sys.exit(f"The scripted API cannot listen on port {port}: {error.strerror}.")


if __name__ == "__main__":
    main(int(sys.argv[1]))
