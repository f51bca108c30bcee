"""The gate of a CLI: what nobody sent does not get into its conversation, nor to the model.

After some answers the CLI writes a message or a result in its own words, and calls the model again
(docs/engine.md, E1 and E6 to E8). To end it when such an answer is read is a race: there are some 10 ms, and
a busy proxy needs more. So ``gate_plugin/`` has hooks on the rows that the CLI adds (E12). They end the turn
at a note, which is a user message in the CLI's own words, and at a result that the client did not give: the
hooks and the proxy share a file, which has the number of those that it gave.

Model calls have a hook of their own, ``turn.step``. It is not used: all stream events go through it, at
0.3 ms of CPU each, and a call whose id is not of letters, digits, - and _ comes out of it as a text.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from towpath.agent.failures import as_process_died

_PLUGIN = Path(__file__).with_name("gate_plugin")
_FILE_VARIABLE = "TOWPATH_RESULTS"
# Undocumented. Without it a plugin gets a worker, and a start costs 16 to 24 % more CPU instead of 3 to 5 %.
_NO_WORKER = {"CLAUDE_CODE_HOOKS_SAME_THREAD": "1"}


class CallGate:
    """The gate of one CLI, whose private folder is ``folder``. Not ``closed``: everything passes.

    ``awaits_results``: the client gives the results of calls. Else they come of tools here; all pass.
    """

    def __init__(self, folder: Path, *, closed: bool, awaits_results: bool) -> None:
        self._file = folder / "results"
        self._closed = closed
        self._awaits_results = awaits_results
        self._given = 0
        self._handle: int | None = None

    def open_file(self) -> None:
        """Before the CLI starts. It stays open, and its size stays the same: an answer must reach a CLI that
        waits for it also where the disk is full or no more files can be opened."""
        if self._closed and self._awaits_results:
            self._handle = os.open(self._file, os.O_WRONLY | os.O_CREAT, 0o600)
            self._write()

    def close_file(self) -> None:
        """When the CLI has ended."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None

    def environment(self) -> Mapping[str, str]:
        """What the CLI has to know."""
        return {**_NO_WORKER, **({_FILE_VARIABLE: str(self._file)} if self._awaits_results else {})}

    def options(self) -> Mapping[str, Any]:
        """What it adds to the options of the process."""
        return {"plugins": [{"type": "local", "path": str(_PLUGIN)}]} if self._closed else {}

    def let_pass(self, results: int) -> None:
        """So many more results are the client's. Raises ProcessDied if the CLI cannot be told."""
        self._given += results
        with as_process_died("the Claude CLI cannot be told to go on"):
            self._write()

    def _write(self) -> None:
        if self._handle is not None:
            os.pwrite(self._handle, b"%016d" % self._given, 0)
