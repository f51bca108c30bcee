"""One browser for all tests of the page; each test has a context of its own.

Not for the whole session: while Playwright runs, asyncio.run fails in this thread, and other tests call it.
"""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.page.browser import EXECUTABLE, launched

_NEEDED_SECONDS = 30


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium without a page."""
    if EXECUTABLE is None:
        if "CI" in os.environ:
            pytest.fail("chromium is missing: install Debian's package")
        pytest.skip("chromium is not installed")
    with launched() as browser:
        yield browser


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser's profile; what its pages complain of is a failure."""
    context = browser.new_context(permissions=["clipboard-read", "clipboard-write"])
    context.set_default_timeout(_NEEDED_SECONDS * 1000)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    yield context
    context.close()
    assert complaints == []


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab in which nothing is loaded yet."""
    return context.new_page()
