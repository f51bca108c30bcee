"""Parts of the page over an account that a test writes: many conversations, many errors, the chart."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.desk import Desk
from towpath.core.account_limits import Window
from towpath.core.errors import ApiError

pytestmark = pytest.mark.slow


def test_conversations_come_25_at_a_time(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(60):
        desk.tell(desk.record(b"%d" % number), session=number)
    with desk.served() as url:
        page.goto(url)
        rows = page.locator("#conversation-list tbody")
        expect(rows).to_have_count(25)
        expect(page.get_by_text("25 of 60 conversations")).to_be_visible()
        page.get_by_role("button", name="Show 25 more").press("Enter")
        expect(rows).to_have_count(50)
        expect(rows.nth(25)).to_be_focused()
        page.get_by_role("button", name="Show 10 more").press("Enter")
        expect(rows).to_have_count(60)
        expect(page.locator(".more")).to_be_hidden()
        assert page.locator("#conversation-list thead").count() == 1


def test_an_access_is_named_where_it_is_not_the_default(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path, windows=[Window("five_hour", "allowed", 0.25)])
    desk.another_access("work", Window("seven_day", "allowed", 0.5))
    desk.tell(desk.record(b"a"))
    desk.tell(replace(desk.record(b"b"), access="work"), session=2)
    with desk.served() as url:
        page.goto(url)
        rows = page.locator("#conversation-list tbody")
        expect(rows.nth(0)).to_contain_text("claude-sonnet-4-5, by work")
        expect(rows.nth(1)).not_to_contain_text("by default")
        expect(page.locator("#limits h3")).to_have_text(["default", "work"])


def test_an_error_leads_to_its_conversation_however_far_down(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    for number in range(60):
        error = ApiError(529, "Overloaded") if number == 5 else None
        desk.tell(desk.record(b"%d" % number), session=number, error=error)
    with desk.served() as url:
        page.goto(url)
        page.locator("#errors summary").press("Enter")
        page.get_by_role("link", name="conversation 6", exact=True).press("Enter")

        expect(page.get_by_role("rowgroup", name="Conversation 6", exact=True)).to_be_focused()


def test_an_opened_error_stays_open_while_it_is_counted(page: Page, tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.tell(desk.record(b"a"), error=ApiError(529, "Overloaded"))
    with desk.served() as url:
        page.goto(url)
        line = page.locator("#errors summary")
        line.press("Enter")
        expect(page.locator("#errors .message")).to_be_visible()
        desk.tell(desk.record(b"b"), session=2, error=ApiError(529, "Overloaded"))

        expect(line.locator(".count")).to_have_attribute("aria-label", "2 times")
        expect(page.locator("#errors .message")).to_be_visible()
        expect(line).to_be_focused()


@pytest.mark.parametrize(
    ("slowest", "labels"),
    [
        (180, ["0", "50 ms", "100 ms", "150 ms", "200 ms"]),
        (2600, ["0", "1 s", "2 s", "3 s"]),
        (1400, ["0", "0.5 s", "1.0 s", "1.5 s"]),
        (125_000, ["0", "50 s", "100 s", "150 s"]),
    ],
)
def test_the_chart_fits_its_slowest_bar_and_its_labels(
    page: Page, tmp_path: Path, slowest: int, labels: list[str]
) -> None:
    desk = Desk(tmp_path)
    desk.tell(desk.record(b"a"), first_event_ms=slowest)
    desk.tell(desk.record(b"b"), session=2, first_event_ms=100)
    with desk.served() as url:
        page.goto(url)
        chart = page.locator("#chart")
        expect(chart.locator("text")).to_have_text(labels)
        starts = chart.locator("text").evaluate_all("all => all.map((one) => one.getBBox().x)")

    assert min(starts) >= 0


def test_the_sentence_of_the_chart_says_what_its_bars_show(page: Page, tmp_path: Path) -> None:
    """One slow start among fast answers: the server's share is what can be seen, not a median."""
    desk = Desk(tmp_path)
    for number in range(3):
        desk.tell(desk.record(b"%d" % number), session=number, first_event_ms=100, start_ms=1)
    desk.tell(desk.record(b"slow"), session=4, first_event_ms=900, start_ms=800)
    with desk.served() as url:
        page.goto(url)

        expect(
            page.get_by_role("img", name=re.compile("Queue and start took 67 % of the whole time"))
        ).to_be_visible()
