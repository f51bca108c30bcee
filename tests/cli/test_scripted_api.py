"""`towpath scripted-api`: the scripted API as a program."""

import re
import signal
import subprocess
import sys

import httpx

from tests.support.waiting import WAIT_SECONDS

BODY = {"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "SAY hello"}]}


def test_it_says_where_it_listens_and_answers_until_ctrl_c() -> None:
    command = [sys.executable, "-u", "-m", "towpath", "scripted-api"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            lines = process.stdout.readline(), process.stdout.readline()
            (url,) = re.findall(r"http://\S+:\d+", lines[0])
            said = httpx.post(f"{url}/v1/messages", json=BODY, timeout=WAIT_SECONDS).json()
            process.send_signal(signal.SIGINT)
            rest = process.stdout.read()
            code = process.wait()
        finally:
            process.kill()

    assert said["content"] == [{"type": "text", "text": "hello"}]
    assert f"--upstream-base-url {url} --upstream-api-key scripted" in lines[1]
    assert (code, rest.strip()) == (0, "Stopped.")
