"""Build the site of the documentation: ``uv run python -m scripts.site``, then open build/site/index.html.

The pages are the repository's own, README.md first, in the folders in which they lie there. So a link that
works on a forge works here. A link to a page or heading that does not exist fails, and so does a page that is
not in the menu.
"""

import shutil
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONFIG = ROOT / "zensical.toml"


def main() -> None:
    """Gather the pages and build them."""
    # In a folder of its own: Zensical keeps a ``.cache`` beside its configuration, and --clean empties it. In
    # the repository's own folder that is where the tests install their clients.
    build = ROOT / "build"
    shutil.rmtree(build, ignore_errors=True)
    gather(build / "pages")
    shutil.copy(CONFIG, build)
    lost = set(page_names(build / "pages")) ^ set(menu(tomllib.loads(CONFIG.read_text())["project"]["nav"]))
    if lost:
        raise SystemExit(f"zensical.toml: the menu and the pages differ in {', '.join(sorted(lost))}")
    built = subprocess.run(("zensical", "build", "--strict"), cwd=build, check=False)
    raise SystemExit(built.returncode)


def gather(pages: Path) -> None:
    """Copy all that the site shows, in the folders in which it lies."""
    shutil.copytree(ROOT / "docs", pages / "docs")
    for page in ROOT.glob("*.md"):
        shutil.copy(page, pages)


def page_names(pages: Path) -> Iterator[str]:
    """The paths of all pages, relative to their folder."""
    return (page.relative_to(pages).as_posix() for page in pages.rglob("*.md"))


def menu(entries: list[dict[str, Any]]) -> Iterator[str]:
    """The pages that a menu leads to, those of its parts included."""
    for entry in entries:
        for target in entry.values():
            if isinstance(target, str):
                yield target
            else:
                yield from menu(target)


if __name__ == "__main__":
    main()
