"""A client that is a program; and nothing that it starts outlives its test."""

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

RUN_SECONDS = 90
Done = subprocess.CompletedProcess


def run(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> "Done[str]":
    """Run a client in ``folder`` to its end, with this environment and PATH."""
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        with started(command, folder, environment, out, err) as process:
            code = process.wait(RUN_SECONDS)
        out.seek(0)
        err.seek(0)
        return Done(command, code, out.read(), err.read())


@contextmanager
def started(
    command: Sequence[str | Path],
    folder: Path,
    environment: Mapping[str, str],
    out: "int | IO[str]",
    err: "IO[str]",
) -> "Iterator[subprocess.Popen[str]]":
    """A process with a group of its own, which is killed after the block, with all that it has started."""
    process = subprocess.Popen(
        command,
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=err,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
