"""The README of the version that runs, as a page for a browser."""

import re
from collections.abc import Iterable, Iterator
from importlib import metadata
from itertools import pairwise

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PAGE = """<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>Towpath: README</title>
    <link rel="icon" href="data:," />
    <link rel="stylesheet" href="/page/page.css" />
    <link rel="stylesheet" href="/page/readme.css" />
  </head>
  <body class="readme">
    <p><a href="/">What happens now</a></p>
    <main>
{body}    </main>
  </body>
</html>
"""
# All other links of the README are to files of the repository, which are not served.
_LEADS_SOMEWHERE = re.compile(r"https?://|#")


def readme() -> bytes:
    """The page, of the text that was installed."""
    return as_page(metadata.metadata("towpath")["Description"]).encode()


def as_page(markdown: str) -> str:
    """The page of a text of ours. A link to another file of the repository becomes that file's name."""
    parser = MarkdownIt("commonmark").enable("table")
    for comment in ("html_block", "html_inline"):  # the marks of tables that are made by a program
        parser.add_render_rule(comment, lambda *_: "")
    tokens = parser.parse(markdown)
    for opening, heading in pairwise(tokens):
        if opening.type == "heading_open":
            opening.attrSet("id", _anchor(heading.content))
    for token in tokens:
        token.children = token.children and list(_with_names_of_files(token.children))
    return _PAGE.replace("{body}", parser.renderer.render(tokens, parser.options, {}))


def _anchor(heading: str) -> str:
    """As GitHub names it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _with_names_of_files(tokens: Iterable[Token]) -> Iterator[Token]:
    file = ""
    for token in tokens:
        if token.type == "link_open":
            target = str(token.attrGet("href"))
            file = "" if _LEADS_SOMEWHERE.match(target) else target.partition("#")[0]
        if not (file and token.type in ("link_open", "link_close")):
            yield token
        elif token.type == "link_close":
            yield Token("text", "", 0, content=f" [{file}]")
            file = ""
