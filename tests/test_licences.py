"""No dependency brings a licence that binds Towpath's users, and the page says which ones there are."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# pyproject.toml has its options, and the licences that it lets pass.
COMMAND = "uv run --isolated --no-default-groups --group licences --all-extras pip-licenses"


@pytest.mark.slow
@pytest.mark.skipif(sys.version_info >= (3, 12), reason="the page is of the oldest Python")
def test_the_page_has_the_licences_of_all_that_a_user_installs() -> None:
    uv, *words = COMMAND.split()
    command = (os.environ.get("UV", uv), *words)
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() in (ROOT / "docs/licences.md").read_text(), COMMAND
