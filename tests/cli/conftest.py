import pytest


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hints are those of an installed Towpath, although `uv run` runs the tests."""
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH", raising=False)
