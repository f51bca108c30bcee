"""The README as a page: all of it, with links that lead somewhere."""

import re

from towpath.server.dashboard.readme import as_page, readme

TEXT = """# Boats

<!-- tables: made by a program -->

See [the locks](#what-locks-are-for), [`towpath top`](docs/page.md#who-may-look) and [a site](https://a.example/x).

| `boat` | horses |
| --- | --- |
| <b>tug</b> | 0 |

<!-- end -->

## What `locks` are for?
"""


def test_a_link_leads_to_the_web_or_this_page_and_a_file_is_named() -> None:
    page = as_page(TEXT)

    assert '<a href="#what-locks-are-for">the locks</a>' in page
    assert '<h2 id="what-locks-are-for">' in page
    assert "<code>towpath top</code> [docs/page.md] and" in page
    assert '<a href="https://a.example/x">a site</a>' in page


def test_tables_are_tables_and_nothing_of_the_text_is_markup() -> None:
    page = as_page(TEXT)

    assert "<td>tug</td>" in page
    assert "made by a program" not in page


def test_the_readme_leads_nowhere_in_vain() -> None:
    page = readme().decode()
    inside = re.findall(r'href="#([^"]*)"', page)
    others = re.findall(r'href="([^#"][^"]*)"', page)

    assert inside
    assert {f'id="{anchor}"' in page for anchor in inside} == {True}
    assert {target for target in others if not target.startswith("https://")} == {
        *("/", "data:,", "/page/page.css", "/page/readme.css")
    }
