"""The systems that the command runs on (docs/decisions/0015-no-windows.md)."""

import subprocess
import sys

import pytest

AS_ON_WINDOWS = "import sys; sys.platform = 'win32'; from towpath.__main__ import run; run()"


@pytest.mark.slow
def test_windows_is_refused_before_anything_is_imported_that_is_not_there() -> None:
    done = subprocess.run([sys.executable, "-c", AS_ON_WINDOWS], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr == "Towpath runs on Linux and macOS. On Windows, install it in a Linux of WSL.\n"
