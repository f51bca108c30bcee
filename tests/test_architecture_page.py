"""ARCHITECTURE.md says what holds: its tables are the rules, and each claim names tests."""

import re

from tests.support.named_tests import exists, named_tests
from tests.support.rules import BELONGS_TO, EXCEPTIONS, MAY_IMPORT, ROOT, SOURCE, part_of

PAGE = (ROOT / "ARCHITECTURE.md").read_text("utf-8")


def test_the_table_of_packages_is_what_the_rules_say() -> None:
    table = re.findall(r"^\| `(\w+)/?` \| .+ \| (.+) \| (.+) \|$", PAGE, re.MULTILINE)
    rules = {part: set(others) for part, others in MAY_IMPORT.items() if not part.startswith("__")}
    for module, more in EXCEPTIONS.items():
        rules[part_of(module)] |= more
    homes = {
        part: {library for library, homes in BELONGS_TO.items() if part in map(part_of, homes)}
        for part in rules
    }

    assert {part: set(re.findall(r"`(\w+)`", others)) for part, others, _ in table} == rules
    assert {part: set(re.findall(r"\w+", libraries)) for part, _, libraries in table} == homes


def test_each_claim_of_the_page_names_tests_that_exist() -> None:
    """A claim is a paragraph: neither a heading nor a table, a drawing or an explanation of words."""
    page = re.sub(r"^```.*?^```$|^## Words\n.*?(?=^##)|^## What holds it\n.*", "", PAGE, flags=re.M | re.S)
    claims = [
        part for part in page.split("\n\n") if part.strip() and not part.lstrip().startswith(("#", "|"))
    ]
    notes = re.findall(r"^(\[\^\w+\]): (.*(?:\n    .*)*)", PAGE, re.MULTILINE)
    ends = [re.findall(r"\[\^\w+\]$", claim.strip()) for claim in claims]

    assert ends == [[note] for note, _ in notes]
    assert [note for note, text in notes if not named_tests(text)] == []
    assert [name for name in named_tests(PAGE) if not exists(name)] == []


def test_what_the_page_names_exists() -> None:
    ((way, _), (_, where)) = re.findall(
        r"^## A request.*?```\n(.*?)```|^## Where is what\n(.*?)^##", PAGE, re.MULTILINE | re.DOTALL
    )
    named = re.findall(r"^[a-z]+/\w+", way, re.MULTILINE) + re.findall(r"`([\w/]+(?:\.\w+|/))`", where)
    roots = (SOURCE, ROOT)

    assert [n for n in named if not any((r / n).exists() or (r / f"{n}.py").exists() for r in roots)] == []
