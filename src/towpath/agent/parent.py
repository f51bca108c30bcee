"""What ends a CLI when its parent dies. Imports no SDK: `towpath doctor` starts a CLI without it."""

import shutil
import subprocess
import sys
from collections.abc import Sequence
from functools import cache


@cache
def tied_to_parent() -> Sequence[str]:
    """Words to put before a command so that it gets SIGTERM when its parent dies; none where no program can
    do that (docs/decisions/0007).

    The kernel sends it when the thread ends that started the command: that of the event loop. The program
    is util-linux's; it is tried once, because busybox has one of the same name that cannot.
    """
    program = shutil.which("setpriv") if sys.platform == "linux" else None
    prefix = [program, "--pdeathsig", "TERM", "--"] if program else []
    return prefix if prefix and subprocess.run([*prefix, "true"], capture_output=True).returncode == 0 else []
