"""One run from beginning to end: the processes, the driver, the report; and Ctrl-C at any moment."""

import asyncio
import secrets
import signal
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from towpath.bench.cases import Step
from towpath.bench.client import Target
from towpath.bench.driver import Driver
from towpath.bench.processes import ProxyProcess, proxy_under_test, scripted_api
from towpath.bench.report import (
    DIRECT,
    TOWPATH,
    Report,
    attributed,
    installed_versions,
    target_reports,
    this_machine,
)


@dataclass(frozen=True)
class Options:
    """What a run is to do. ``peers``: base URLs of further targets by name."""

    steps: Sequence[Step]
    rounds: int
    pause_seconds: float
    peers: Mapping[str, str]
    api_port: int


def run_bench(options: Options, *, ready: Callable[[str], None], advance: Callable[[str], None]) -> Report:
    """Measure, and report; what was measured until then if the run is interrupted.

    ``ready`` is told the URL of the scripted API, ``advance`` the step of each round that is over.

    Raises:
        StartError: a process that the run needs did not start.
        KeyboardInterrupt: it was interrupted before the first step.
    """
    _end_like_ctrl_c()
    driver = Driver(options.rounds, options.pause_seconds, secrets.token_hex(3), advance)
    with scripted_api(options.api_port) as api:
        ready(api.url)
        run = _Run(options, api.url, driver)
        run.all_steps()
        calls = attributed(api.calls(), list(options.peers))
    return Report(
        machine=this_machine(),
        versions=installed_versions(),
        date=datetime.now(UTC).date().isoformat(),
        rounds=options.rounds,
        pause=options.pause_seconds,
        interrupted=run.is_interrupted,
        left_running=run.left_running,
        targets=target_reports(
            driver.results, {name: driver.requests[name] for name in (DIRECT, TOWPATH, *options.peers)}, calls
        ),
    )


class _Run:
    """The steps one after another, each with a proxy of its own: what one leaves must not slow the next."""

    def __init__(self, options: Options, api_url: str, driver: Driver) -> None:
        self._options = options
        self._api_url = api_url
        self._driver = driver
        self._proxies: list[ProxyProcess] = []
        self.is_interrupted = False

    @property
    def left_running(self) -> int:
        """How many processes outlived their proxy."""
        return sum(proxy.left_running for proxy in self._proxies)

    def all_steps(self) -> None:
        """Until the last step, or Ctrl-C."""
        try:
            for step in self._options.steps:
                with proxy_under_test(f"{self._api_url}/{TOWPATH}") as proxy:
                    self._proxies.append(proxy)
                    asyncio.run(self._driver.run(step, self._targets(proxy)))
        except KeyboardInterrupt:
            self.is_interrupted = True

    def _targets(self, proxy: ProxyProcess) -> list[Target]:
        return [
            Target(DIRECT, f"{self._api_url}/{DIRECT}"),
            Target(TOWPATH, proxy.url, proxy.process),
            *(Target(name, url) for name, url in self._options.peers.items()),
        ]


def _end_like_ctrl_c() -> None:
    """Every way of ending the bench ends its processes as well."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background job ignores it
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda _number, _frame: signal.raise_signal(signal.SIGINT))
