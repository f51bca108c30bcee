"""How old the SDK is: said where the package index says so in time, else nothing."""

import json
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.support.waiting import WAIT_SECONDS
from towpath.cli.doctor.package_index import index_of
from towpath.cli.doctor.program import judge_versions, versions
from towpath.cli.doctor.sdk_age import in_words, releases_in, sdk_age
from towpath.cli.doctor.tested import pinned_sdk

NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
SDK = "claude-agent-sdk"


def file(name: str, at: str | None = None, *, yanked: str | bool = False) -> dict[str, Any]:
    uploaded = {"upload-time": f"{at}T09:00:00.5Z"} if at else {}
    return {"filename": f"claude_agent_sdk-{name}", "yanked": yanked, **uploaded}


PAGE = {
    "files": [
        file("0.2.10-py3-none-any.whl", "2026-11-27"),
        file("0.2.10.tar.gz", "2026-11-26"),
        file("0.2.9.tar.gz", "2026-11-20"),
        file("0.2.8.tar.gz", "2026-11-01"),
        file("0.2.11.tar.gz", "2026-11-28", yanked="broken"),
        file("0.3.0rc1.tar.gz", "2026-11-28"),
        {"filename": "claude_agent_sdk_extras-9.0.tar.gz"},
    ]
}


@pytest.mark.parametrize(
    ("installed", "words"),
    [
        ("0.2.10", "2 days old, the newest"),
        ("0.2.9", "8 days old, 1 release before the newest, 0.2.10"),
        ("0.2.8", "27 days old, 2 releases before the newest, 0.2.10"),
        ("0.2.7", ""),
    ],
)
def test_its_age_is_that_of_its_first_file(installed: str, words: str) -> None:
    assert in_words(releases_in(PAGE, SDK), installed, NOW) == words


def test_an_index_that_knows_no_times_tells_what_is_newer() -> None:
    page = {"files": [file("0.2.9.tar.gz"), file("0.2.10.tar.gz")]}

    assert in_words(releases_in(page, SDK), "0.2.9", NOW) == "1 release before the newest, 0.2.10"


MIRROR = "http://127.0.0.1:1/simple"


@pytest.mark.parametrize(
    ("variables", "files", "index"),
    [
        ({}, {}, "https://pypi.org/simple"),
        ({"PIP_INDEX_URL": MIRROR}, {}, MIRROR),
        ({"UV_INDEX_URL": MIRROR, "PIP_INDEX_URL": "http://127.0.0.1:2"}, {}, MIRROR),
        ({"UV_DEFAULT_INDEX": f"mirror={MIRROR}"}, {}, MIRROR),
        ({}, {"home/.config/pip/pip.conf": f"[global]\nindex-url = {MIRROR}\n"}, MIRROR),
        ({}, {"etc/pip.conf": f"[global]\nindex-url = {MIRROR}\n"}, MIRROR),
        ({}, {"home/.config/uv/uv.toml": f'index-url = "{MIRROR}"\n'}, MIRROR),
        ({}, {"etc/uv/uv.toml": f'[[index]]\nurl = "{MIRROR}"\ndefault = true\n'}, MIRROR),
        ({}, {"home/.config/uv/uv.toml": "no TOML", "etc/pip.conf": "[nothing"}, "https://pypi.org/simple"),
        ({"UV_OFFLINE": "1", "PIP_INDEX_URL": MIRROR}, {}, None),
        ({"PIP_NO_INDEX": "true"}, {}, None),
        ({"PIP_NO_INDEX": "0"}, {}, "https://pypi.org/simple"),
        ({}, {"etc/pip.conf": "[global]\nno-index = yes\n"}, None),
        ({}, {"home/.config/uv/uv.toml": "offline = true\n"}, None),
    ],
)
def test_the_index_is_the_one_that_uv_or_pip_would_ask(
    variables: Mapping[str, str], files: Mapping[str, str], index: str | None, tmp_path: Path
) -> None:
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)

    assert index_of(variables, tmp_path / "home", tmp_path / "etc") == index


@contextmanager
def an_index(body: str) -> Iterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for."""
    asked: list[str] = []

    class Index(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nothing on the terminal."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/simple/", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_index_is_asked_for_the_package_and_the_finding_has_what_it_says() -> None:
    page = {"files": [file("0.2.9.tar.gz"), file("99.0.tar.gz")]}
    with an_index(json.dumps(page)) as (address, asked):
        age = sdk_age(SDK, "0.2.9", {"UV_INDEX_URL": address}, WAIT_SECONDS)

    assert asked == [f"/simple/{SDK}/"]
    assert f"{SDK} 0.2.9 ({age}), its CLI" in judge_versions("0.2.9", "0.2.9", age).detail
    assert age == "1 release before the newest, 99.0"


def test_where_no_index_may_be_asked_the_finding_is_without() -> None:
    said = versions({"UV_OFFLINE": "1"})

    assert said.status == "ok"
    assert f"{SDK} {pinned_sdk()}, its CLI" in said.detail


@pytest.mark.parametrize("body", ["<html>", "{}", "[]", '{"files": [1]}'])
def test_an_index_that_says_something_else_is_passed_over(body: str) -> None:
    with an_index(body) as (address, _):
        assert sdk_age(SDK, "0.2.9", {"UV_INDEX_URL": address}) == ""


def test_an_index_that_is_not_there_or_never_answers_is_passed_over() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"http://127.0.0.1:{silent.getsockname()[1]}"

        assert sdk_age(SDK, "0.2.9", {"UV_INDEX_URL": address}) == ""
    assert sdk_age(SDK, "0.2.9", {"UV_INDEX_URL": address}) == ""
