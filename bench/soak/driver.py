"""The soak itself: clients that hold conversations, somebody who kills CLIs, somebody who looks on."""

import asyncio
import contextlib
import os
import re
import signal
import time
from collections.abc import Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

import psutil

from bench.soak.figures import Rest, Sample, Tally, progress
from bench.soak.marks import mark, verdict
from bench.soak.plans import Act, Plan, begun, inputs, plans, step
from towpath.bench.client import Answer, ExchangeError, Target
from towpath.bench.conversations import Conversation
from towpath.bench.processes import ProxyProcess
from towpath.bench.resources import own_use_of, usage_of
from towpath.testing.script import Json

_SAMPLE_SECONDS = 2.0
_PROGRESS_SECONDS = 10.0
# A client repeats what broke off; with two crashes at once its second try may break off as well.
_TRIES = 5
_MAX_EXAMPLES = 10
_KIND = re.compile(r"\d{3}|[\w ]+")


@dataclass
class Soak:
    """``kill_seconds`` lie between two crashes, on the average. ``say`` gets the lines of progress."""

    target: Target
    proxy: ProxyProcess
    name: str
    random: Random
    kill_seconds: float
    say: Callable[[str], None]
    tally: Tally = field(default_factory=Tally)

    async def run(self, seconds: float, at_once: int, stop: asyncio.Event) -> None:
        """Hold conversations, ``at_once`` at a time, until the time is over or ``stop`` is set."""
        drawn = plans(self.name, self.random)
        others = [self._every(_SAMPLE_SECONDS, self._look), self._kill_now_and_then()]
        beside = [asyncio.create_task(other) for other in others]
        clients = [asyncio.create_task(self._client(drawn, stop)) for _ in range(at_once)]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await stop.wait()
        stop.set()
        await asyncio.gather(*clients)
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)

    async def _client(self, drawn: Iterator[Plan], stop: asyncio.Event) -> None:
        for plan in drawn:
            if stop.is_set():
                return
            self.tally.conversations[plan.kind] += 1
            await self._hold(plan, stop)

    async def _hold(self, plan: Plan, stop: asyncio.Event) -> None:
        conversation, called = begun(plan), list[Json]()
        for number, act in enumerate(plan.acts):
            if stop.is_set() or conversation.is_broken:
                return
            step(conversation, act, number)
            if act is Act.ABANDON:
                await self._abandon(conversation)
                continue
            if act is not Act.REPEAT:
                called = inputs(act, mark(f"{conversation.name}.{number}"))
            await self._ask(conversation, called)

    async def _abandon(self, conversation: Conversation) -> None:
        self.tally.abandoned += 1
        try:
            await self.target.abandon(conversation.request(), self.random.randint(1, 60))
        except ExchangeError as error:
            self._broke(error)
        conversation.messages.pop()  # its user takes it back

    async def _ask(self, conversation: Conversation, called: Sequence[Json]) -> None:
        body = conversation.request()
        for _ in range(_TRIES):
            self.tally.requests += 1
            try:
                answer = await self.target.ask(body)
            except ExchangeError as error:
                self._broke(error)
                continue
            self._check(body, answer, called)
            conversation.hear(answer.content)
            return
        conversation.is_broken = True
        self._wrong("no answer", conversation.name)

    def _check(self, body: Json, answer: Answer, called: Sequence[Json]) -> None:
        self.tally.ways[answer.way or "none"] += 1
        if found := verdict(body, answer.content):
            self._wrong(found, f"{answer.way}: {answer.content} to {body['messages'][-1]}")
        if [block["input"] for block in answer.content if block["type"] == "tool_use"] != [*called]:
            self._wrong("other calls", f"{answer.content}, not {called}")

    def _broke(self, error: ExchangeError) -> None:
        found = _KIND.match(str(error))
        self.tally.broken[found[0] if found else "unknown"] += 1
        self.say(f"broke off: {str(error)[:200]}")

    def _wrong(self, kind: str, example: str) -> None:
        self.tally.wrong[kind] += 1
        if len(self.tally.examples) < _MAX_EXAMPLES:
            self.tally.examples.append(f"{kind}: {example[:500]}")

    async def _every(self, seconds: float, look: Callable[[], Coroutine[Any, Any, None]]) -> None:
        begun_at = said = time.monotonic()
        while True:
            await look()
            if time.monotonic() - said >= _PROGRESS_SECONDS:
                said = time.monotonic()
                self.say(progress(said - begun_at, self.tally))
            await asyncio.sleep(seconds)

    async def _look(self) -> None:
        now = time.monotonic()
        usage = await asyncio.to_thread(usage_of, self.proxy.process)
        own = own_use_of(self.proxy.process)
        kept = await self.target.figure("towpath_remembered_bytes") / 2**20
        if usage and own:
            self.tally.samples.append(Sample(now, own.rss_mb, kept, usage.memory_mb, usage.processes))

    async def _kill_now_and_then(self) -> None:
        while True:
            await asyncio.sleep(self.random.expovariate(1 / self.kill_seconds))
            if running := _below(self.proxy.process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.random.choice(running).pid, signal.SIGKILL)
                    self.tally.kills += 1


def quiet(proxy: ProxyProcess, descriptors_at_start: int, within_seconds: float) -> Rest:
    """What is left when nobody asks any more; waits until there is nothing, but not for longer than that."""
    deadline = time.monotonic() + within_seconds
    while time.monotonic() < deadline and (_below(proxy.process) or proxy.folders()):
        time.sleep(0.2)
    left = len(_below(proxy.process))
    return Rest(left, proxy.folders(), descriptors_at_start, descriptors(proxy.process))


def descriptors(process: psutil.Process) -> int:
    """How many file descriptors it has open; none if it has died."""
    try:
        return int(process.num_fds())
    except psutil.NoSuchProcess:
        return 0


def _below(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []
