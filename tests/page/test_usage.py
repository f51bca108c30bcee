"""What the page says of the last days: a ledger of a year, in the real browser."""

import re
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.support.desk import Desk
from tests.support.rows import row
from tests.support.year import MODELS, year
from towpath.core.account_limits import Window
from towpath.ledger.file import FILE_NAME, insert, open_to_write
from towpath.ledger.prices import load_prices
from towpath.ledger.questions import Period, sums_by, total
from towpath.ledger.row import Reading

pytestmark = pytest.mark.slow

PRICES = load_prices()
TODAY = date.today()


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """An account with a year of usage in its ledger."""
    year(tmp_path)
    return Desk(tmp_path)


def test_the_last_days_are_there_before_anything_has_come(desk: Desk, tmp_path: Path, page: Page) -> None:
    with closing(open_to_write(tmp_path / FILE_NAME)) as db:
        month = Period((TODAY - timedelta(days=29)).isoformat(), TODAY.isoformat())
        cost = total(sums_by(db, "model", month, PRICES)).cost
    with desk.served() as url:
        page.goto(url)
        section = page.locator("#usage")
        expect(section.locator("b").first).to_have_text(f"${cost:,.2f}")
        expect(section).to_contain_text("for 600 exchanges since")
        expect(section).to_contain_text("answers not in it: no price is known of the model.")
        expect(section.locator("#usage-chart g")).to_have_count(30)
        said = section.get_by_role("img").get_attribute("aria-label")
        assert said
        assert f"Cost at API prices: ${cost:,.2f} on 30 days; most on " in said
        models = section.locator("details", has_text="By model").locator("tbody th")
        assert set(models.all_inner_texts()) == set(MODELS)
        misses = section.locator("details", has_text="Misses of the prompt cache")
        misses.locator("summary").click()
        expect(misses.locator("tbody th")).to_have_text("too old")


def test_another_measure_can_be_chosen(desk: Desk, page: Page) -> None:
    with desk.served() as url:
        page.goto(url)
        figure = page.locator("#usage-chart").get_by_role("img")
        expect(figure).to_have_attribute("aria-label", re.compile("^Cost at API prices"))
        measure = page.get_by_label("Show", exact=True)
        measure.select_option("Tokens")
        expect(figure).to_have_attribute("aria-label", re.compile("^Tokens: .*M on 30 days"))
        measure.select_option("Input from cache")
        expect(figure).to_have_attribute("aria-label", re.compile("^Input from cache: most on .* with .* %"))
        days = page.locator("#usage details", has_text="The days as a table")
        days.locator("summary").press("Enter")
        expect(days.locator("tbody tr")).to_have_count(30)
        expect(days.locator("tbody th").first).to_have_text(TODAY.isoformat())


def test_a_conversation_opens_to_its_exchanges(desk: Desk, page: Page) -> None:
    with desk.served() as url:
        page.goto(url)
        fold = page.locator("#usage-tables > div > details", has_text="Dearest conversations")
        fold.locator("summary").first.click()
        first = fold.locator("li details").first
        first.locator("summary").click()
        expect(first.locator("tbody tr")).to_have_count(5)
        expect(first.locator("tbody tr").first).to_contain_text("planted reason")


@pytest.mark.parametrize("width", [390, 1080, 1400])
def test_nothing_is_wider_than_the_screen(desk: Desk, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    with desk.served() as url:
        page.goto(url)
        expect(page.locator("#usage-chart g")).to_have_count(30)
        for fold in page.locator("#usage-tables > div > details").all():
            if fold.get_attribute("open") is None:
                fold.locator("summary").first.click()
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_window_says_when_it_is_used_up(tmp_path: Path, page: Page) -> None:
    now = datetime.now().timestamp()
    resets_at = round(now) + 4 * 3600
    with closing(open_to_write(tmp_path / FILE_NAME)) as connection, connection:
        insert(connection, row(day=TODAY.isoformat()))
        for hours, used in ((2, 0.2), (0, 0.6)):
            insert(connection, Reading(now - hours * 3600, "five_hour", used, resets_at))
    desk = Desk(tmp_path, windows=[Window("five_hour", "allowed", 0.6, resets_at)])
    desk.tell(desk.record(b"a"))
    with desk.served() as url:
        page.goto(url)
        expect(page.locator("#limits")).to_contain_text("At the pace of the last hours it is used up")


def test_a_ledger_that_cannot_be_written_is_said(desk: Desk, page: Page) -> None:
    desk.ledger = "The ledger cannot be written: the disk is full."
    with desk.served() as url:
        page.goto(url)
        expect(page.locator("#server .bad")).to_have_text(
            " · The ledger cannot be written: the disk is full."
        )
