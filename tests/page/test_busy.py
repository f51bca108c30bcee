"""The page of a server that many use: fifteen conversations, long names, errors, calls that wait."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.page.scenes import LONG_NAME, busy
from tests.support.isolated_proxy import isolated_proxy
from towpath.settings import Settings
from towpath.testing import ScriptedApi

pytestmark = [pytest.mark.slow, pytest.mark.cli]


def test_all_of_it_can_be_seen_at_a_glance(own_settings: Settings, api: ScriptedApi, page: Page) -> None:
    page.set_viewport_size({"width": 1400, "height": 1000})
    with isolated_proxy(own_settings) as proxy, busy(proxy.http, api):
        page.goto(proxy.url)
        rows = page.locator("#conversation-list tbody")
        expect(rows).to_have_count(15)
        running, parked = rows.nth(0), rows.nth(1)

        expect(running.locator(".end")).to_have_text("asks the model")
        expect(parked.locator(".end")).to_have_text("waits for your client")
        expect(page.locator("#processes")).to_contain_text("waits for your client")
        failed = page.get_by_role("rowgroup", name="Conversation 4", exact=True)
        expect(failed).to_contain_text("Why: Overloaded · Too much at once, at the API or here;")
        expect(page.locator("#errors summary").nth(1)).to_have_text(re.compile("^529Overloaded.* 3"))
        assert page.evaluate(WRAPPED) == []
        assert page.evaluate(CLIPPED) == [LONG_NAME]
        assert page.evaluate("document.documentElement.scrollWidth") == 1400
        colours = {name: page.evaluate(COLOUR, f".badge.{name}") for name in ("running", "idle", "resume")}
        assert len(set(colours.values())) == 3

        parked.get_by_role("link", name=re.compile("^Process .*, parked$")).click()
        process = page.locator("#processes tr:target")
        expect(process).to_contain_text("waits for your client")
        process.get_by_role("link", name="conversation 14").click()
        expect(parked).to_be_focused()


# The lines of both tables that are higher than one line of text.
WRAPPED = """() => [...document.querySelectorAll("#data tr, #errors summary, .below p")]
    .filter((line) => line.checkVisibility() && line.offsetHeight > 40)
    .map((line) => line.textContent)"""
# What ends in an ellipsis or runs out of its cell, reasons and sentences apart: those are told when opened.
CLIPPED = """() => [...new Set([...document.querySelectorAll(
        ".number, .no, .when, .end, .process, .model .cut")]
    .filter((cell) => cell.checkVisibility() && cell.scrollWidth > cell.clientWidth)
    .map((cell) => cell.textContent))]"""
COLOUR = "(badge) => getComputedStyle(document.querySelector(badge)).backgroundColor"
