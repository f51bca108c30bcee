"""What is served for looking at: who gets the page, who gets a line, and who needs the key."""

import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.desk import Desk
from tests.support.program import towpath_process
from tests.support.streams import events
from tests.support.waiting import WAIT_SECONDS
from towpath import __version__
from towpath.core.client_habits.recipes import CLIENTS
from towpath.settings import Settings

KEY = "s3cret"
BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}

KINDS = {
    ".css": "text/css",
    ".html": "text/html",
    ".js": "text/javascript",
    ".json": "application/json",
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """An account with one exchange."""
    desk = Desk(tmp_path_factory.mktemp("desk"))
    desk.tell(desk.record(model="planted-model"))
    return desk


@pytest.fixture(scope="module")
def http(desk: Desk) -> Iterator[httpx.Client]:
    """A client of the page that shows it."""
    with desk.served() as url, httpx.Client(base_url=url, timeout=WAIT_SECONDS) as client:
        yield client


@pytest.fixture(scope="module")
def locked(desk: Desk) -> Iterator[httpx.Client]:
    """The same where a key is set."""
    with desk.served(keys=[KEY]) as url, httpx.Client(base_url=url, timeout=WAIT_SECONDS) as client:
        yield client


def test_a_browser_gets_the_page_and_programs_a_line(http: httpx.Client) -> None:
    page, line = http.get("/", headers=BROWSER), http.get("/")
    head = http.head("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert line.headers["content-type"] == "text/plain; charset=utf-8"
    assert line.text == f"Towpath {__version__} speaks the Anthropic Messages API at /v1/messages.\n"
    assert page.headers["vary"] == line.headers["vary"] == "accept"
    assert (head.status_code, head.content) == (200, b"")


def test_all_that_the_page_loads_is_served_under_a_strict_policy(http: httpx.Client) -> None:
    page = http.get("/", headers=BROWSER)
    named = set(re.findall(r'(?:src|href)="(/page/[^"]+)"', page.text))
    scripts = {name for name in named if name.endswith(".js")}
    while scripts:
        found = {f"/page/{name}" for path in scripts for name in imports(http.get(path).text)}
        scripts, named = found - named, named | found
    answers = {path: http.get(path) for path in (*named, "/page/clients.json")}

    assert {"/page/page.css", "/page/page.js", "/page/dom.js"} <= set(answers)
    for path, answer in {**answers, "/index.html": page}.items():
        kind, policy = answer.headers["content-type"].partition(";")[0], policy_of(answer)
        assert (answer.status_code, kind) == (200, KINDS[Path(path).suffix]), path
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert policy["default-src"] == policy["frame-ancestors"] == "'none'"
        assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
        assert "unsafe" not in str(policy)
    assert not re.search(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page.text)


def policy_of(answer: httpx.Response) -> dict[str, str]:
    parts = answer.headers["content-security-policy"].split(";")
    return {name: rest for name, _, rest in (part.strip().partition(" ") for part in parts)}


def imports(script: str) -> list[str]:
    return re.findall(r'^import .* from "\./([\w.]+)";$', script, re.MULTILINE)


@pytest.mark.parametrize("name", ["nothing.js", "%2e%2e%2fguard.py", "..%2fguard.py", ""])
def test_nothing_else_is_among_the_pages_files(http: httpx.Client, name: str) -> None:
    assert http.get(f"/page/{name}").status_code == 404


def test_where_keys_are_set_the_data_needs_one_and_the_page_does_not(locked: httpx.Client) -> None:
    open_to_all = [locked.get("/", headers=BROWSER), locked.get("/"), locked.get("/page/clients.json")]
    refused = [locked.get("/v1/activity"), locked.get("/v1/activity/stream")]
    told = locked.get("/v1/activity", headers={"x-api-key": KEY})
    foreign = locked.get("/", headers={**BROWSER, "host": "example.com"})

    assert [answer.status_code for answer in open_to_all] == [200, 200, 200]
    assert not [answer for answer in open_to_all if __version__ in answer.text or "planted" in answer.text]
    assert [answer.status_code for answer in refused] == [401, 401]
    assert "planted-model" in told.text
    assert told.headers["cache-control"] == "no-store"
    assert told.headers["cross-origin-resource-policy"] == "same-origin"
    assert foreign.status_code == 403


def test_the_stream_says_the_same_as_the_snapshot(http: httpx.Client) -> None:
    with http.stream("GET", "/v1/activity/stream") as stream:
        first = next(events(stream))
    told = http.get("/v1/activity").json()
    assert http.head("/v1/activity/stream").status_code == 200

    assert stream.headers["content-type"].startswith("text/event-stream")
    assert first.pop("type") == "activity"
    assert abs(first.pop("at") - told.pop("at")) < 60
    assert first == told


@pytest.mark.parametrize("needs_key", [False, True])
def test_each_client_has_lines_to_copy_without_a_key_in_them(
    http: httpx.Client, locked: httpx.Client, *, needs_key: bool
) -> None:
    recipes = (locked if needs_key else http).get("/page/clients.json").json()

    assert [recipe["title"] for recipe in recipes] == [client.title for client in CLIENTS.values()]
    for recipe in recipes:
        assert "<url>" in recipe["text"]
        assert recipe["place"]
        assert KEY not in recipe["text"]
        assert ("dummy" in recipe["text"]) is not needs_key or recipe["title"] in ("Cline", "pi")


@pytest.mark.slow
def test_a_server_that_stops_does_not_wait_for_those_who_look(settings: Settings, tmp_path: Path) -> None:
    own = settings.model_copy(update={"state_dir": tmp_path})
    with (
        towpath_process(own, arguments=["serve", "--stop-timeout-seconds", "3600"]) as (process, url),
        httpx.stream("GET", f"{url}/v1/activity/stream", timeout=WAIT_SECONDS) as stream,
    ):
        coming = events(stream)  # kept: without it the connection is closed
        next(coming)
        process.terminate()
        assert process.wait(WAIT_SECONDS) is not None  # longer for requests that run
