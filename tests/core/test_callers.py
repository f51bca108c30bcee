"""Names of hosts and origins: what an operator may write, and what no request can have."""

import pytest

from towpath.core.callers import checked_host, checked_origin


@pytest.mark.parametrize("name", ["box.example", "192.168.1.5", "::1", "fe80::1", "box"])
def test_a_name_that_a_request_can_have_passes(name: str) -> None:
    assert checked_host(name) == name


@pytest.mark.parametrize("name", ["", "box.example:80", "[::1]", "http://box", "a b", "me@box"])
def test_any_other_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="without a port"):
        checked_host(name)


@pytest.mark.parametrize("origin", ["https://chat.example", "http://localhost:5173", "app://x", "null"])
def test_an_origin_that_a_page_can_have_passes(origin: str) -> None:
    assert checked_origin(origin) == origin


@pytest.mark.parametrize("origin", ["", "chat.example", "https://chat.example/", "https://me@chat.example"])
def test_any_other_origin_is_refused(origin: str) -> None:
    with pytest.raises(ValueError, match="must be origins"):
        checked_origin(origin)
