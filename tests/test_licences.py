"""No dependency brings a licence that binds Towpath's users, and the page says which ones there are."""

from pathlib import Path

import pytest

from tests.support.licences import is_allowed, licence_of, page, runtime_packages

PAGE = Path(__file__).parent.parent / "docs/licences.md"


def test_each_runtime_dependency_has_a_licence_that_is_known_and_binds_nobody() -> None:
    licences = {name: licence_of(name) for name in runtime_packages()}

    assert {name: licence for name, licence in licences.items() if not is_allowed(licence)} == {}


def test_the_page_has_what_is_installed() -> None:
    assert PAGE.read_text() == page(), "uv run python -m tests.support.licences > docs/licences.md"


@pytest.mark.parametrize(
    ("licence", "allowed"),
    [
        ("MIT", True),
        ("MIT OR GPL-3.0-only", True),
        ("MIT AND PSF-2.0", True),
        ("Apache-2.0 AND GPL-2.0-only", False),
        ("GPL-2.0-only AND (MIT OR Apache-2.0)", False),
        ("MPL-2.0 AND (MIT OR Apache-2.0)", True),
        ("AGPL-3.0-or-later", False),
        ("LGPL-2.1-only", False),
        ("unknown", False),
        ("", False),
    ],
)
def test_copyleft_and_the_unknown_are_refused(licence: str, allowed: bool) -> None:
    assert is_allowed(licence) is allowed


def test_dependencies_of_dependencies_are_looked_at() -> None:
    found = runtime_packages()

    assert {"starlette", "anyio", "idna", "opentelemetry-sdk"} <= set(found)
    assert "pytest" not in found
