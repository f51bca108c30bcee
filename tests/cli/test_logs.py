"""The log: JSON for programs, words for people, and never a character that a terminal would obey."""

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.program import towpath_process
from tests.support.raw import sent_raw
from towpath.cli.printable import printable
from towpath.settings import Settings

# A title, a C1 control sequence, DEL, a line in another direction, a line separator, half of a pair.
HOSTILE = "\x1b]0;owned\x07\x9b2J\x7f\u202egnp\u2028\x85\ud800\nforged"
LOGGING = f"""
import asyncio, logging, structlog, warnings
from towpath.cli.logs import configure_logging
configure_logging("info")
hostile = {HOSTILE!r}
own = structlog.get_logger("towpath.test")
own.info("kept out " + hostile, path="/" + hostile, names=[hostile], **{{hostile: 1}})
logging.getLogger("uvicorn.error").warning("Invalid %s", hostile)
logging.getLogger("asyncio").error("Task exception was never retrieved")
warnings.warn("planted warning")
own.debug("planted debug")
try:
    raise RuntimeError(hostile)
except RuntimeError:
    own.exception("failed")
    logging.getLogger("other").exception("other failed")
"""


def on_a_terminal(code: str) -> str:
    """What a program shows that logs to one."""
    master, slave = pty.openpty()
    with subprocess.Popen([sys.executable, "-c", code], stderr=slave) as process:
        os.close(slave)
        seen = b""
        try:
            while part := os.read(master, 65536):
                seen += part
        except OSError:  # Linux: nobody has it open any more
            pass
        assert process.wait() == 0
    os.close(master)
    return seen.decode("utf-8")


KEPT_OUT = """
import structlog
from towpath.cli.logs import configure_logging
from towpath.core.errors import ApiError
from towpath.server.exchange.events import CallerRejected
from towpath.server.observe import log
configure_logging("info")
error = ApiError(401, "x-api-key: this server needs a key")
log.caller_rejected(CallerRejected("req_1", "/v1/models", error))
"""


def test_a_person_reads_of_a_caller_who_is_kept_out_in_one_line() -> None:
    (shown,) = re.sub(r"\x1b\[[\d;]*m", "", on_a_terminal(KEPT_OUT)).splitlines()

    assert shown.endswith("-       401  kept out  /v1/models  req_1  x-api-key: this server needs a key")


def test_a_program_gets_json_of_everybody() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOGGING], stderr=subprocess.PIPE, text=True, check=True, timeout=60
    )
    lines = [json.loads(line) for line in done.stderr.splitlines()]

    assert [line["level"] for line in lines] == [
        *("info", "warning", "error", "warning", "error", "error"),
    ]
    assert lines[0]["path"] == "/" + HOSTILE
    assert (lines[1]["logger"], lines[1]["event"]) == ("uvicorn.error", "Invalid " + HOSTILE)
    assert "planted warning" in lines[3]["event"]
    assert all("RuntimeError" in line["exception"] for line in lines[4:])
    assert all(line["timestamp"].endswith("Z") for line in lines)
    assert done.stderr.isascii()


def test_a_person_gets_lines_in_which_only_the_log_has_colours() -> None:
    said = on_a_terminal(LOGGING)

    assert "planted warning" in said
    assert "RuntimeError: " + printable(HOSTILE.partition("\n")[0]) in said
    assert "\\x1b]0;owned\\x07\\x9b2J\\x7f\\u202egnp\\u2028\\x85\\ud800" in said
    assert not [c for c in said if not c.isprintable() and c not in "\x1b\r\n"]
    assert "\x1b]" not in said
    assert "\\nforged" in said
    assert "hostile = " not in said  # no values of variables beside a traceback


@pytest.mark.parametrize("text", ["", "plain", "größer 日本語 🙂", r"C:\x1b"])
def test_what_can_be_printed_stays_as_it_is(text: str) -> None:
    assert printable(text) == text


@pytest.mark.slow
def test_what_the_web_server_says_is_a_line_like_the_others(tmp_path: Path) -> None:
    log = tmp_path / "log"
    settings = Settings(
        state_dir=tmp_path / "state", workdir=tmp_path, upstream_base_url="http://127.0.0.1:9"
    )
    with towpath_process(settings, log) as (_, url):
        status, body = sent_raw(url, b"\x16\x03\x01 garbage\r\n\r\n")
        rejected = sent_raw(url, b"GET /%1b]0;owned HTTP/1.1\r\nhost: evil.example\r\n\r\n")
    lines = [json.loads(line) for line in log.read_text().splitlines()]

    assert (status, json.loads(body)["error"]["type"]) == (400, "invalid_request_error")
    assert rejected[0] == 403
    invalid = next(line for line in lines if line.get("logger") == "uvicorn.error")
    assert (invalid["level"], invalid["event"]) == ("warning", "Invalid HTTP request received.")


def test_a_log_that_cannot_be_written_ends_nothing() -> None:
    code = LOGGING.replace(
        "hostile = ", "import os; os.close(2); os.open('/dev/full', os.O_WRONLY)\nhostile = "
    )
    done = subprocess.run(
        [sys.executable, "-c", code + "\nprint('went on')"], stdout=subprocess.PIPE, timeout=60
    )

    assert done.stdout == b"went on\n"
    assert done.returncode in (0, 120)  # 120: Python's word, at its end, for lines that it still held


# An exchange that went well, one that failed, one that was refused; a level that shows the latter two.
EXCHANGES = """
from dataclasses import replace
from towpath.cli.logs import configure_logging
from towpath.core.errors import ApiError
from towpath.core.mode import Mode
from towpath.server.exchange.events import Ended, Refused
from towpath.server.exchange.record import ExchangeRecord, State
from towpath.server.observe import log
configure_logging("{level}")
done = ExchangeRecord(
    request_id="req_1", user_agent="", model="sonnet", mode=Mode.PASSTHROUGH, tips=(), conversation=1,
    read_seconds=0, began_at=0, began=10, ended_at=11.25, state=State.COMPLETE, way="start",
    usage={{"input_tokens": 7, "cache_read_input_tokens": 900, "output_tokens": 5}},
)
log.ended(Ended(done))
log.ended(Ended(replace(done, request_id="req_2", way=None).failed(ApiError(429, "the week is over \\x1b"))))
log.refused(Refused("req_3", ApiError(400, "model: Field required")))
"""


def test_a_person_sees_each_exchange_in_one_line() -> None:
    shown = on_a_terminal(EXCHANGES.format(level="info"))
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()

    assert lines[0].endswith("start   200  1.2 s  sonnet  907 tokens in, 5 out  req_1")
    assert "[warning" in lines[1]
    assert lines[1].endswith(
        "-       429  1.2 s  sonnet  907 tokens in, 5 out  req_2  the week is over \\x1b"
    )
    assert lines[2].endswith("-       400  refused  invalid_request_error  req_3  model: Field required")
    assert len(lines) == 3


def test_what_failed_is_there_at_the_level_of_warnings_and_quotes_nobody_in_a_file() -> None:
    code = EXCHANGES.format(level="warning")
    done = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True, check=True)
    failed, refused = (json.loads(line) for line in done.stderr.splitlines())

    assert (failed["level"], failed["event"], failed["status"]) == ("warning", "exchange", 429)
    assert failed["explanation"].startswith("A limit of the account is reached")
    assert (refused["request_id"], refused["type"]) == ("req_3", "invalid_request_error")
    assert "the week is over" not in done.stderr
    assert "Field required" not in done.stderr
