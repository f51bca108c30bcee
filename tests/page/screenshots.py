"""Makes the pictures of the page in docs/images: ``uv run python -m tests.page.screenshots``."""

import tempfile
from pathlib import Path

from tests.page.browser import launched
from tests.page.scenes import busy
from tests.support.isolated_proxy import isolated_proxy
from tests.support.year import year
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

FOLDER = Path(__file__).parents[2] / "docs/images"
LOOKS: dict[str, dict[str, object]] = {
    "page-light": {"viewport": {"width": 1400, "height": 1450}, "color_scheme": "light"},
    "page-dark": {"viewport": {"width": 1080, "height": 1120}, "color_scheme": "dark"},
    "page-phone": {"viewport": {"width": 390, "height": 1120}, "color_scheme": "light", "is_mobile": True},
}


def main() -> None:
    """Play some conversations and take the pictures."""
    FOLDER.mkdir(exist_ok=True)
    api = ScriptedApi()
    with tempfile.TemporaryDirectory() as folder, serve_in_thread(api.app) as upstream:
        settings = Settings(
            upstream_base_url=upstream,
            upstream_api_key="scripted",  # type: ignore[arg-type]
            state_dir=Path(folder),
        )
        year(Path(folder))
        with isolated_proxy(settings) as proxy, busy(proxy.http, api):
            _take(proxy.url)


def _take(url: str) -> None:
    with launched() as browser:
        for name, look in LOOKS.items():
            page = browser.new_page(**look)  # type: ignore[arg-type]
            page.goto(url)
            page.get_by_text("asks the model").wait_for()
            page.screenshot(path=FOLDER / f"{name}.png")
            if name == "page-light":
                page.locator("#usage").screenshot(path=FOLDER / "page-usage.png")
            page.close()


if __name__ == "__main__":
    main()
