"""How hard the tests try: two Hypothesis profiles, chosen by ``TOWPATH_PROFILE`` (CONTRIBUTING.md).

``ci`` is the default: 300 cases of what is fuzzed, load scaled down to seconds. ``nightly`` has 10,000
cases and the full load. Only what asks for a profile is changed by it; other tests keep their own numbers.
"""

import os
from collections.abc import Iterable
from typing import Any, TypeVar

import pytest
from hypothesis import HealthCheck, Phase, settings

PROFILE = os.environ.get("TOWPATH_PROFILE", "ci")
IS_NIGHTLY = PROFILE == "nightly"
# For pytest-timeout, whose limit is made for tests of seconds.
TIMEOUT_SECONDS = 3 * 3600 if IS_NIGHTLY else 120
# Explaining a failure takes longer than all the rest.
_PHASES = [Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink]
# A busy machine is no failure, nor is a case that took long to make.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large]

# Names of their own: Hypothesis loads its profile "ci" on its own where CI is set.
for name, cases in (("ci", 300), ("nightly", 10_000)):
    settings.register_profile(
        f"towpath-{name}",
        max_examples=cases,
        deadline=None,
        phases=_PHASES,
        suppress_health_check=_PATIENT,
    )

fuzzed = settings.get_profile(f"towpath-{PROFILE}")
"""A decorator for tests over generated cases. An unknown profile is an error when this is imported."""

T = TypeVar("T")


def scaled(ci: T, nightly: T) -> T:
    """The value for the profile of this run."""
    return nightly if IS_NIGHTLY else ci


def by_day(chosen: Iterable[str], cases: Iterable[str]) -> list[Any]:
    """The names of all cases as parameters: by day those that are chosen, by night each.

    Each kind of case has one by day; the others are more of the same through a process, which costs 0.7 s of
    CPU.
    """
    names = list(cases)
    wanted = set(chosen)
    assert wanted <= set(names), wanted - set(names)
    return [
        pytest.param(name, marks=() if name in wanted else pytest.mark.nightly, id=name) for name in names
    ]
