"""The program itself, as a user starts it."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from towpath.settings import Settings


@contextmanager
def towpath_process(
    settings: Settings,
    log: Path = Path(os.devnull),
    arguments: Sequence[str] = (),
    started_by: Sequence[str] = (),
) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A proxy in a process of its own, and its URL; what it logs goes into ``log``. It ends by SIGKILL.

    ``started_by`` is a command that becomes another program, as ``setpriv`` does.
    """
    values = settings.model_dump(include={"upstream_base_url", "state_dir", "workdir"})
    environment = {
        **os.environ,
        **{Settings.env_name(name): str(value) for name, value in values.items() if value is not None},
        Settings.env_name("upstream_api_key"): "dummy",
        Settings.env_name("port"): "0",
    }
    program = Path(sys.executable).with_name("towpath")
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*started_by, program, *arguments],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout
            yield process, process.stdout.readline().split()[-1]
        finally:
            process.kill()
