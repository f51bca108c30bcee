"""The page in the first hour: nobody is logged in, and nothing has come yet."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.desk import Desk
from tests.support.isolated_proxy import isolated_proxy
from towpath.agent.bundled_cli import AuthStatus, cli_path
from towpath.core.errors import ApiError
from towpath.server.exchange.events import CallerRejected
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.slow


async def nobody() -> AuthStatus:
    return AuthStatus(logged_in=False, method="none", provider="firstParty")


def sections(page: Page) -> list[str]:
    """The headings of all that is shown, from the top down."""
    return [heading.inner_text() for heading in page.locator("main h2").all() if heading.is_visible()]


def test_nobody_logged_in_is_a_banner_with_the_command_to_copy(own_settings: Settings, page: Page) -> None:
    with isolated_proxy(own_settings, ask_login=nobody) as proxy:
        page.goto(proxy.url)
        banner = page.get_by_role("alert")

        expect(banner.get_by_role("heading")).to_have_text("Nobody is logged in to Claude")
        expect(page.locator("#connection")).to_have_attribute("data-state", "trouble")
        banner.get_by_role("button", name="Copy the command").press("Enter")
        expect(page.locator("#copied")).to_have_text("Copied the command.")
        assert page.evaluate("navigator.clipboard.readText()") == f"{cli_path()} auth login"
        assert sections(page) == ["Nobody is logged in to Claude", "Connect a client"]


def test_until_something_comes_the_page_says_how_to_connect_and_nothing_else(
    page: Page, tmp_path: Path
) -> None:
    desk = Desk(tmp_path)
    with desk.served() as url:
        page.goto(url)
        expect(page.get_by_text("Nothing has come yet.")).to_be_visible()
        assert sections(page) == ["Connect a client"]
        expect(page.locator("#clients > .cards h3")).to_have_text(["OpenCode", "curl"])
        expect(page.get_by_role("heading", name="Claude Code")).to_be_hidden()
        page.get_by_text(re.compile("other clients$")).press("Enter")
        expect(page.get_by_role("heading", name="Claude Code")).to_be_visible()

        focused = page.get_by_role("button", name="Copy the lines for curl")
        focused.focus()
        desk.tell(desk.record())
        expect(page.get_by_role("row", name="Conversation 1")).to_be_visible()
        expect(focused).to_be_focused()
        shown = sections(page)
        assert (shown[:2], shown[-1]) == (["Now", "Conversations"], "Connect a client")


@pytest.mark.cli
@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_the_lines_for_curl_are_answered_as_they_are(
    own_settings: Settings, api: ScriptedApi, page: Page
) -> None:
    with isolated_proxy(own_settings) as proxy:
        page.goto(proxy.url)
        lines = page.get_by_role("group", name="The lines for curl").inner_text()
        done = subprocess.run(["bash", "-c", lines], capture_output=True, text=True, check=False)

        assert "You said: Hello" in done.stdout, done.stderr
        assert "event: message_stop" in done.stdout
        assert len(api.exchanges) == 1


def test_a_first_caller_that_is_not_let_in_is_seen_beside_how_to_connect(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    error = ApiError(401, "x-api-key: this server needs a key")
    desk.activity.caller_rejected(CallerRejected("req_1", "/v1/messages", error))
    with desk.served() as url:
        page.goto(url)
        expect(page.locator("#errors")).to_contain_text("x-api-key: this server needs a key")
        assert sections(page) == ["Connect a client", "Last errors"]


def test_the_tab_names_the_server_and_its_documentation_is_a_link_away(page: Page, tmp_path: Path) -> None:
    with Desk(tmp_path).served(keys=["s3cret"]) as url:
        page.goto(url)
        expect(page).to_have_title(f"Towpath · {url.removeprefix('http://')}")
        page.get_by_role("link", name="Documentation").click()
        expect(page.get_by_role("heading", name="Towpath", exact=True)).to_be_visible()
        page.get_by_role("link", name="which may I use?").click()
        expect(page.get_by_role("heading", name="Terms")).to_be_in_viewport()
