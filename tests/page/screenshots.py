"""Makes the pictures of the page in docs/images: ``uv run python -m tests.page.screenshots``."""

import tempfile
from pathlib import Path

import httpx

from tests.page.browser import launched
from tests.page.scenes import conversation, failure
from tests.support.fidelity import user
from tests.support.proxy import Client
from towpath.server.app import create_app
from towpath.settings import Settings
from towpath.testing import ScriptedApi, serve_in_thread

FOLDER = Path(__file__).parents[2] / "docs/images"
LOOKS: dict[str, dict[str, object]] = {
    "page-light": {"viewport": {"width": 1080, "height": 1120}, "color_scheme": "light"},
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
        with serve_in_thread(create_app(settings)) as url:
            with httpx.Client(base_url=url, timeout=60) as http:
                conversation(http, api)
                failure(http, api)
                client = conversation(http, api, model="claude-opus-4-6")
                client.say(user("SAY One thing more."))
                Client(http, model="claude-haiku-4-5").say(user("SAY A title"))
            _take(url)


def _take(url: str) -> None:
    with launched() as browser:
        for name, look in LOOKS.items():
            page = browser.new_page(**look)  # type: ignore[arg-type]
            page.goto(url)
            page.get_by_role("heading", name="Conversation 1").wait_for()
            page.screenshot(path=FOLDER / f"{name}.png")
            page.close()


if __name__ == "__main__":
    main()
