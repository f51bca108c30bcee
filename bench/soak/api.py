"""The scripted API whose model is the witness (``marks``), as a process of its own, like ``bench.api``."""

import json
import sys
from collections import Counter
from typing import Any

from bench.soak.marks import witness
from towpath.testing import ScriptedApi, serve_in_thread


class WitnessApi:
    """An ASGI application. It keeps the number of calls and nothing else."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._api = ScriptedApi()
        self._open = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or (scope["method"], scope["path"]) != ("POST", "/v1/messages"):
            await self._api.app(scope, receive, send)
            return
        self.calls[""] += 1
        self._open += 1
        self._api.clear()  # else it would keep all bodies
        self._api.reply(*[witness] * self._open)  # one for each that may not have been read yet
        try:
            await self._api.app(scope, receive, send)
        finally:
            self._open -= 1


def main(port: int) -> None:
    """Serve until standard input ends; say the number of calls for each line that is read."""
    api = WitnessApi()
    with serve_in_thread(api, port=port) as url:
        print(url, flush=True)
        for _ in sys.stdin:
            print(json.dumps(api.calls), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
