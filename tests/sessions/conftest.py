"""Worlds that are left as they were found, and quiet logs: a machine would make thousands of lines."""

import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog

from tests.sessions.world import World


@pytest.fixture(scope="module", autouse=True)
def quiet_log() -> Iterator[None]:
    """No lines of the log: they would cost more time than the tests."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    """Makes worlds, closes them and sees that nothing is left of them."""
    with contextlib.ExitStack() as worlds:

        def make(**options: Any) -> World:
            world = World(**options)
            worlds.callback(world.finish)
            return world

        yield make


@pytest.fixture
def world(opened: Callable[..., World]) -> World:
    """One with room for two spares."""
    return opened(spares=2)
