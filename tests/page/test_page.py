"""The page as a person meets it: a real browser, the real proxy, and exchanges through the real CLI."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.page.scenes import conversation, failure
from tests.support.desk import Desk
from tests.support.fidelity import user
from tests.support.isolated_proxy import isolated_proxy
from tests.support.proxy import Client
from towpath.core.account_limits import ExtraUsage, Verdict, Window
from towpath.core.errors import ApiError
from towpath.core.prompt_cache.causes import CacheNote, Cause
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = pytest.mark.slow

KEY = "s3cret"
HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>"
expect.set_options(timeout=30_000)


def conversation_of(page: Page, number: int) -> Locator:
    """The rows of a conversation."""
    return page.get_by_role("rowgroup", name=f"Conversation {number}", exact=True)


def exchanges_of(rows: Locator) -> list[str]:
    """The way and the end of each exchange that is shown of a conversation, the newest first."""
    return [
        re.sub(r"\s*after .*", "", f"{way}: {end}")
        for way, end in zip(
            rows.locator(".way .badge").all_inner_texts(),
            rows.locator("td.end").all_inner_texts(),
            strict=True,
        )
    ]


@pytest.mark.cli
def test_what_happens_is_seen_as_it_happens(own_settings: Settings, api: ScriptedApi, page: Page) -> None:
    with isolated_proxy(own_settings) as proxy:
        http = proxy.http
        page.goto(proxy.url)
        expect(page.get_by_role("status").first).to_have_text("Live")
        expect(page.get_by_text("Nothing has come yet.")).to_be_visible()

        conversation(http, api)
        failure(http, api, "planted error")
        expect(conversation_of(page, 2)).to_contain_text("failed, 529")

        first = conversation_of(page, 1)
        page.get_by_role("button", name="Conversation 1", exact=True).click()
        assert exchanges_of(first) == ["resume: done", "answer: done", "start: called tools"]
        expect(first).to_contain_text("the parked session waits for these results")
        expect(first.locator("td[data-title='From cache']").first).to_have_text("99 %")
        expect(page.locator("#errors")).to_contain_text("Too much at once, at the API or here;")
        expect(page.locator("#new-error")).to_have_text(re.compile("^New error: Too much at once"))
        expect(
            page.get_by_role("img", name=re.compile("The last 3 answers, the newest on the right: median"))
        ).to_be_visible()
        expect(page.locator("#processes")).to_contain_text("conversation 1")
        expect(page.locator("#limits")).to_contain_text("None were told.")

        body = page.locator("body").inner_text()
        assert "What is in my notes" not in body
        assert "boats" not in body + http.get("/v1/activity").text

        seen = len(api.exchanges)
        with ThreadPoolExecutor() as asking, api.held():
            asking.submit(Client(http).say, user("wait"))
            api.wait_for(seen + 1)
            running = conversation_of(page, 3)
            expect(running.locator(".badge.running").first).to_have_text("asks the model")
        expect(running).to_contain_text("done")


@pytest.mark.cli
def test_content_is_shown_where_that_is_asked_for(
    own_settings: Settings, api: ScriptedApi, page: Page
) -> None:
    with isolated_proxy(own_settings.model_copy(update={"show_content": True})) as proxy:
        proxy.client().say(user(f"SAY {HOSTILE}"))
        page.goto(proxy.url)

        expect(page.get_by_text(f"Asked: SAY {HOSTILE}")).to_be_visible()
        expect(page.get_by_text(f"Answered: {HOSTILE}")).to_be_visible()
        assert page.title() == f"Towpath · {page.evaluate('location.host')}"


def test_hostile_names_and_errors_are_text(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path, windows=[Window(HOSTILE, HOSTILE, 0.5)])
    record = replace(desk.record(model=HOSTILE), cache_miss=CacheNote(Cause.UNKNOWN, HOSTILE))
    desk.tell(record, way=HOSTILE, reason=HOSTILE, error=ApiError(400, HOSTILE, type=HOSTILE))
    with desk.served() as url:
        page.goto(url)

        expect(page.locator("#errors")).to_contain_text(HOSTILE)
        expect(page.locator("#conversation-list code")).to_have_text(HOSTILE)
        expect(page.get_by_text(f"Cache miss: {HOSTILE}")).to_be_visible()
        expect(page.locator("#limits")).to_contain_text(HOSTILE)
        assert page.locator("#data img, #data script").count() == 0
        assert page.title() == f"Towpath · {page.evaluate('location.host')}"


def test_the_policy_of_the_page_lets_no_markup_in(page: Page, tmp_path: Path) -> None:
    with Desk(tmp_path).served() as url:
        page.goto(url)
        refused = page.evaluate(
            "() => { try { document.body.innerHTML = '<b>x</b>'; return false } catch { return true } }"
        )

    assert refused is True


def test_plan_windows_say_how_full_they_are_and_when_they_reset(page: Page, tmp_path: Path) -> None:
    now = time.time()
    windows = (
        Window("seven_day_opus", "allowed", 0.05),
        Window("five_hour", "allowed", 0.42, int(now) + 3600),
        Window("seven_day", "rejected"),
    )
    desk = Desk(tmp_path)
    desk.tell(desk.record())
    paid = Verdict("m", now, "allowed", windows=windows, extra=ExtraUsage(in_use=True))
    desk.limits.hear(paid)
    with desk.served() as url:
        page.goto(url)
        shown = page.locator("#limits")

        expect(shown.locator("b")).to_have_text(["Seven days", "Five hours", "Seven day opus"])
        expect(shown).to_contain_text("42 % used")
        expect(shown.get_by_role("meter", name="Five hours, used")).to_have_js_property("value", 0.42)
        expect(shown).to_contain_text(re.compile(r"Resets (at|on) .*\d\d:\d\d"))
        expect(shown).to_contain_text("used up")
        expect(shown).to_contain_text("Paid extra usage pays for the answers now.")


def test_the_keyboard_reaches_everything_and_copies(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(5):
        digests = [b"%d" % index for index in range(2 * number + 1)]
        desk.tell(desk.record(*digests))
    with desk.served() as url:
        page.goto(url)
        opening = page.get_by_role("button", name="Conversation 1", exact=True)
        opening.wait_for()
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(opening).to_be_focused()
        expect(opening).to_have_attribute("aria-expanded", "false")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        page.keyboard.press("Enter")
        expect(opening).to_have_attribute("aria-expanded", "true")
        assert exchanges_of(conversation_of(page, 1)) == ["start: done"] * 5

        copying = page.get_by_role("button", name="Copy the lines for OpenCode", exact=True)
        while not copying.evaluate("button => button === document.activeElement"):
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(copying).to_have_text("Copied")
        expect(page.locator("#copied")).to_have_text("Copied the lines for OpenCode.")
        copied = page.evaluate("navigator.clipboard.readText()")

    assert copied == f"ANTHROPIC_BASE_URL={url}/v1 \\\nANTHROPIC_API_KEY=dummy \\\nopencode"


def test_what_was_opened_stays_open_and_focused_when_more_comes(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(5):
        desk.tell(desk.record(*[b"%d" % index for index in range(2 * number + 1)]))
    with desk.served() as url:
        page.goto(url)
        opening = page.get_by_role("button", name="Conversation 1", exact=True)
        opening.press("Enter")
        page.evaluate("window.before = document.querySelector('#conversation-list tbody')")
        # The account belongs to the server's thread; nobody else looks at it in this moment.
        desk.tell(desk.record(*[b"%d" % index for index in range(11)]))

        expect(page.locator("td.end").filter(visible=True)).to_have_count(6)
        assert page.evaluate("window.before.isConnected") is False
        expect(opening).to_have_attribute("aria-expanded", "true")
        expect(opening).to_be_focused()


def test_the_data_needs_the_key_and_the_tab_keeps_it(context: BrowserContext, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell(desk.record())
    with desk.served(keys=[KEY]) as url:
        page = context.new_page()
        page.goto(url)
        field = page.get_by_role("textbox", name="Key")
        expect(field).to_be_focused()
        expect(page.get_by_text("ANTHROPIC_API_KEY=YOUR-KEY").first).to_be_visible()
        page.keyboard.type("wrong")
        page.keyboard.press("Enter")
        expect(page.get_by_role("alert")).to_have_text("This key is not accepted.")
        field.fill(KEY)
        page.keyboard.press("Enter")
        expect(conversation_of(page, 1)).to_be_visible()
        page.reload()
        expect(conversation_of(page, 1)).to_be_visible()
        assert page.evaluate("[localStorage.length, document.cookie]") == [0, ""]

        other = context.new_page()
        other.goto(url)
        expect(other.get_by_role("textbox", name="Key")).to_be_visible()
        expect(conversation_of(other, 1)).to_have_count(0)

        page.get_by_role("button", name="Forget the key").click()
        page.reload()
        expect(page.get_by_role("textbox", name="Key")).to_be_visible()


def test_it_connects_again_and_says_so(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell(desk.record())
    state = page.get_by_role("status").first
    with desk.served() as url:
        page.goto(url)
        expect(state).to_have_text("Live")
    expect(state).to_contain_text("Connection lost; trying again.")
    expect(conversation_of(page, 1)).to_be_visible()

    again = Desk(tmp_path)
    again.tell(again.record(model="another-model"))
    with again.served(port=int(url.rpartition(":")[2])):
        expect(state).to_have_text("Live")
        expect(page.locator("#conversation-list")).to_contain_text("another-model")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_needs_no_sideways_scrolling_and_colours_can_be_read(
    browser: Browser, tmp_path: Path, scheme: Literal["light", "dark"]
) -> None:
    windows = [Window("five_hour", "allowed", 0.9, int(time.time()) + 3600)]
    desk = Desk(tmp_path, windows=windows, shows_content=True)
    desk.tell(desk.record(model="m" * 80), said="w" * 300, answer="a" * 300, reason="r" * 200)
    desk.tell(desk.record(b"two"), session=2, way="answer", error=ApiError(529, "e" * 300))
    desk.tell(desk.record(b"three"), session=3, way="resume")
    with desk.served() as url:
        page = browser.new_page(viewport={"width": 360, "height": 740}, color_scheme=scheme)
        page.goto(url)
        expect(page.locator("#conversation-list tbody")).to_have_count(3)
        expect(page.get_by_role("table", name="Live processes")).to_be_hidden()
        expect(page.locator(".folded").filter(visible=True)).to_have_count(0)
        wide = page.evaluate("document.documentElement.scrollWidth")
        contrasts = page.evaluate(CONTRASTS)
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        page.close()

    assert wide == 360
    assert {words: ratio for words, ratio in contrasts.items() if ratio < 4.5} == {}
    assert len(contrasts) > 30
    assert (ground == "rgb(245, 246, 244)") is (scheme == "light")


# Each text that is seen, with its contrast to the ground that it stands on (WCAG 2).
CONTRASTS = """() => {
    const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (value) => (value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    const luminance = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    const ground = (element) => {
        for (; element; element = element.parentElement) {
            const colour = channels(getComputedStyle(element).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const found = {};
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
        const element = texts.currentNode.parentElement;
        const words = texts.currentNode.textContent.trim();
        if (!words || !element.checkVisibility()) continue;
        const style = getComputedStyle(element);
        const colour = element instanceof SVGElement ? style.fill : style.color;
        const [a, b] = [luminance(channels(colour)), luminance(ground(element))];
        found[words] = Math.min(found[words] ?? 21, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
    }
    return found;
}"""
