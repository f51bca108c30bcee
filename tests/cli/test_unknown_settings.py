"""A variable that only looks like a setting is named wherever a person looks."""

import os
import subprocess
import sys

import pytest

from towpath.cli.doctor.program import variables
from towpath.cli.unknown_settings import unknown_settings

TYPO = "CLAUDE_PROXY_MEMROY_BUDGET_MB"
SENTENCE = f"{TYPO} is not a setting (did you mean CLAUDE_PROXY_MEMORY_BUDGET_MB?); it is ignored"


@pytest.mark.parametrize(
    ("names", "sentences"),
    [
        ([TYPO, "PATH", "CLAUDE_PROXY_PORT"], [SENTENCE]),
        (["claude_proxy_port", "CLAUDE_PROXYPORT"], []),
        (["CLAUDE_PROXY_XYZZY"], ["CLAUDE_PROXY_XYZZY is not a setting; it is ignored"]),
        (
            ["claude_proxy_prot"],
            ["claude_proxy_prot is not a setting (did you mean CLAUDE_PROXY_PORT?); it is ignored"],
        ),
    ],
)
def test_each_unknown_name_is_said_with_the_nearest(names: list[str], sentences: list[str]) -> None:
    assert unknown_settings(names) == sentences


def test_the_doctor_warns() -> None:
    found = variables({TYPO: "1", "CLAUDE_PROXY_PORT": "0"})

    assert (found.status, found.detail) == ("warning", SENTENCE)
    assert variables({"CLAUDE_PROXY_PORT": "0"}).status == "ok"


@pytest.mark.slow
@pytest.mark.parametrize("command", [["settings"], ["serve", "--host", "192.0.2.1", "--api-key", "k"]])
def test_the_commands_say_it(command: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "towpath", *command],
        env={**os.environ, TYPO: "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert SENTENCE in done.stdout + done.stderr
