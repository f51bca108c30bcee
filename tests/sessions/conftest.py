"""Worlds that are left as they were found, and quiet logs: a machine would make thousands of lines."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from tests.sessions.world import World


@pytest.fixture(scope="module", autouse=True)
def quiet_log() -> Iterator[None]:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    yield
    structlog.reset_defaults()


@pytest.fixture
def opened() -> Iterator[Callable[..., World]]:
    """Makes worlds, closes them and sees that nothing is left of them."""
    worlds: list[World] = []

    def make(**options: Any) -> World:
        worlds.append(World(**options))
        return worlds[-1]

    yield make
    for world in worlds:
        world.finish()


@pytest.fixture
def world(opened: Callable[..., World]) -> World:
    """One with room for two spares."""
    return opened(spares=2)
