"""What is the base URL of an API, and how it looks without what clients add."""

import pytest

from towpath.core.base_url import checked, without_version


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://a",
        "https://a.example:8443/x/v1/",
        "HTTP://[::1]:1",
        "https://me:p@ss@a.example",
        "http://a?k=v",
    ],
)
def test_what_is_one_stays_as_it_is(url: str) -> None:
    assert checked(url) == url


@pytest.mark.parametrize(
    "url", ["foo", "a.example:80", "ftp://a", "http://", "http://a:b", "http://a:65536", "http://a b"]
)
def test_what_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="must be an address such as"):
        checked(url)


@pytest.mark.parametrize("end", ["", "/", "/v1", "/v1/", "//"])
def test_the_version_that_clients_add_is_left_out(end: str) -> None:
    assert without_version(f"http://a/x{end}") == "http://a/x"
