"""``python -m bench.soak --minutes N [--json]``: the processes of a soak, and its end.

Exit code 0: all was well; 1: something was wrong; 130: interrupted, and all was well until then.
"""

import argparse
import asyncio
import json
import secrets
import signal
import sys
import time
from pathlib import Path
from random import Random

import httpx

from bench.soak.driver import Soak, descriptors, quiet
from bench.soak.figures import Report, Rest, Tally, lines
from towpath.bench.client import Target
from towpath.bench.processes import ProxyProcess, StartError, proxy_under_test, scripted_api
from towpath.bench.report import installed_versions, this_machine

_INTERRUPTED = 130
_PROJECT = str(Path(__file__).parents[2])
_IDLE_SECONDS = 8
# Sessions that do nothing end soon, so that a quiet proxy has none and what is left then is a leak.
_SETTINGS = {
    "CLAUDE_PROXY_IDLE_TIMEOUT_SECONDS": str(_IDLE_SECONDS),
    "CLAUDE_PROXY_PARKED_TIMEOUT_SECONDS": str(_IDLE_SECONDS),
    "CLAUDE_PROXY_SPARES": "2",
}
_QUIET_WITHIN_SECONDS = _IDLE_SECONDS + 30


def main() -> int:
    """Run, print the report, and say how it went."""
    options = _options()
    seed = options.seed if options.seed is not None else secrets.randbelow(2**32)
    begun = time.monotonic()
    try:
        with scripted_api(0, "bench.soak.api", path=_PROJECT) as api:
            with proxy_under_test(api.url, _SETTINGS) as proxy:
                tally, rest, interrupted = asyncio.run(_soak(proxy, options, seed))
            calls = api.calls().get("", 0)
    except StartError as error:
        print(f"{error}.", file=sys.stderr)
        return 1
    report = Report(
        minutes=round((time.monotonic() - begun) / 60, 2),
        seed=seed,
        machine=this_machine(),
        versions=installed_versions(),
        interrupted=interrupted,
        calls=calls,
        tally=tally,
        rest=rest,
        left_running=proxy.left_running,
        left_folders=proxy.left_folders,
    )
    print(json.dumps(report.as_json(), indent=2) if options.json else "\n".join(lines(report)))
    return 1 if report.problems else _INTERRUPTED if interrupted else 0


async def _soak(proxy: ProxyProcess, options: argparse.Namespace, seed: int) -> tuple[Tally, Rest, bool]:
    interrupts, stop = 0, asyncio.Event()

    def interrupted() -> None:
        nonlocal interrupts
        interrupts += 1
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, interrupted)
    # It says its URL before it serves: the first answer shows that all is open which stays open.
    await asyncio.to_thread(httpx.get, f"{proxy.url}/health", trust_env=False)
    at_start = descriptors(proxy.process)
    target = Target("towpath", proxy.url, proxy.process)
    soak = Soak(target, proxy, f"s{seed:x}", Random(seed), options.kill_seconds, _say)  # noqa: S311
    try:
        await soak.run(options.minutes * 60, options.at_once, stop)
    finally:
        await target.close()
    _say("all clients are done; waiting until the proxy is quiet")
    rest = await asyncio.to_thread(quiet, proxy, at_start, _QUIET_WITHIN_SECONDS)
    return soak.tally, rest, bool(interrupts)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bench.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=2)
    parser.add_argument("--at-once", type=int, default=6, help="how many conversations are held at once")
    parser.add_argument("--kill-seconds", type=float, default=10, help="between two crashes, on the average")
    parser.add_argument("--seed", type=int, help="the same conversations and crashes once more")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    return parser.parse_args()


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
