"""The run itself: rounds of steps, each at every target in turn, and what they gave.

It must not know how a target was made, or how the samples are used.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from towpath.bench.cases import Stage, Step, known, speak
from towpath.bench.client import Answer, ExchangeError, Target
from towpath.bench.conversations import Conversation
from towpath.bench.resources import own_use_of, usage_of
from towpath.bench.samples import Flow, Samples

# By the name of the row (``Step.rows``) and the name of the target.
Results = dict[str, dict[str, Samples]]


@dataclass
class Driver:
    """Runs steps at targets. ``results`` holds what there is so far, ``requests`` how many each target got.

    ``run_name`` is in all texts: a target that remembers an earlier run must not know these conversations.
    """

    rounds: int
    pause_seconds: float
    run_name: str
    advance: Callable[[str], None] = lambda _step: None
    results: Results = field(default_factory=dict)
    requests: Counter[str] = field(default_factory=Counter)

    async def run(self, step: Step, targets: Sequence[Target]) -> None:
        """All rounds of a step; then the connections are closed."""
        try:
            await self._run(step, targets)
        finally:
            for target in targets:
                self.requests[target.name] += target.requests
                await target.close()

    async def _run(self, step: Step, targets: Sequence[Target]) -> None:
        rows = {
            row: {t.name: Samples(flow=Flow() if step.is_flow else None) for t in targets}
            for row in step.rows
        }
        self.results.update(rows)
        place = f"{self.run_name}-{len(self.results)}"
        for target in targets:  # so that every target has seen the agent that most steps are of
            await _hold(
                target, known(f"{place}-first-{target.name}"), Stage((speak,), counts=False), Samples()
            )
        for number in range(self.rounds):
            await self._round(step, f"{place}-{number}", rotated(targets, number), rows)
            self.advance(step.name)
        for target in targets:
            if target.process:
                usage = usage_of(target.process)
                for samples in rows.values():
                    samples[target.name].usage = usage

    async def _round(self, step: Step, name: str, targets: Sequence[Target], rows: Results) -> None:
        """Stage by stage, so that what is compared is measured within moments."""
        held = {
            t.name: [step.open(f"{name}-{t.name}-{number}") for number in range(step.at_once)]
            for t in targets
        }
        for stage in step.stages:
            if stage.counts:
                await asyncio.sleep(self.pause_seconds)
            for target in targets:
                await _run_stage(stage, target, held[target.name], rows[step.row(stage)][target.name])


def rotated(targets: Sequence[Target], number: int) -> list[Target]:
    """The order of a round: each is first as often as the others."""
    start = number % len(targets)
    return [*targets[start:], *targets[:start]]


async def _run_stage(
    stage: Stage, target: Target, conversations: Sequence[Conversation], samples: Samples
) -> None:
    """All conversations at once; each goes on as soon as it can."""
    before = own_use_of(target.process) if target.process else None
    held = await asyncio.gather(*(_hold(target, c, stage, samples) for c in conversations))
    after = own_use_of(target.process) if target.process else None
    answers = [answer for answers in held for answer in answers]
    if stage.counts and before and after:
        samples.took(before, after)
    if samples.flow and stage.counts and answers:
        samples.flow.events += sum(answer.events for answer in answers)
        samples.flow.seconds += max(a.last_event for a in answers) - min(a.first_event for a in answers)


async def _hold(target: Target, conversation: Conversation, stage: Stage, samples: Samples) -> list[Answer]:
    """One conversation through a stage. After an error it is over: its next request would be another one."""
    answers: list[Answer] = []
    for turn in stage.turns:
        if conversation.is_broken:
            break
        turn(conversation)
        try:
            answer = await target.ask(conversation.request())
        except ExchangeError as error:
            conversation.is_broken = True
            samples.errors.append(str(error))
            break
        conversation.hear(answer.content)
        answers.append(answer)
        if stage.counts:
            samples.seconds.append(answer.first_event - answer.sent)
            samples.ways.update([answer.way] if answer.way else [])
            for name, milliseconds in answer.phases.items():
                samples.phases[name].append(milliseconds)
    return answers
