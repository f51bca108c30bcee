"""What a soak found, counted, and its report. Pure."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

# Until the proxy has as many processes as it keeps, memory grows; the figures are of what comes later.
_WARM_UP_SHARE = 0.25
# In less time chance decides: a garbage collection, a long conversation more or less.
_JUDGED_SECONDS = 600
# A proxy that leaked a conversation of 100 KB each second would grow by 350 MB in an hour.
_MAX_SLOPE_MB_PER_HOUR = 100.0
_FEW_DESCRIPTORS = 5


@dataclass(frozen=True)
class Sample:
    """A look at the proxy: its own memory, what of it are remembered messages, that of all its processes."""

    seconds: float
    rss_mb: float
    remembered_mb: float
    all_mb: float
    processes: int


@dataclass
class Tally:
    """What happened so far. ``broken``: exchanges that ended in an error, by kind; ``wrong``: answers."""

    conversations: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    abandoned: int = 0
    kills: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    ways: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


@dataclass(frozen=True)
class Rest:
    """What there is when all is quiet: processes and folders, descriptors before and after."""

    processes: int
    folders: int
    descriptors_at_start: int
    descriptors_at_end: int


@dataclass(frozen=True)
class Report:
    """A soak that is over. ``left_*`` is what outlived the proxy; memory slopes are in MB per hour."""

    minutes: float
    seed: int
    machine: dict[str, str | int]
    versions: dict[str, str]
    interrupted: bool
    calls: int
    tally: Tally
    rest: Rest
    left_running: int
    left_folders: int

    @property
    def rss_slope(self) -> float:
        """Of the proxy's own process, without the messages that it remembers: these are bounded."""
        return slope([(s.seconds, s.rss_mb - s.remembered_mb) for s in _judged(self.tally.samples)])

    @property
    def all_slope(self) -> float:
        """Of the proxy and its CLIs."""
        return slope([(s.seconds, s.all_mb) for s in _judged(self.tally.samples)])

    @property
    def problems(self) -> list[str]:
        """What must not be; empty for a good run."""
        rest, tally = self.rest, self.tally
        judged = _judged(tally.samples)
        is_long = bool(judged) and judged[-1].seconds - judged[0].seconds >= _JUDGED_SECONDS
        broken = sum(tally.broken.values())
        more = rest.descriptors_at_end - rest.descriptors_at_start
        found = {
            "no request was answered": not tally.ways,
            f"wrong answers: {dict(tally.wrong)}": bool(tally.wrong),
            f"{broken} answers broke off, and {tally.kills} crashes": broken > tally.kills,
            f"{rest.processes} processes stay when all is quiet": rest.processes > 0,
            f"{rest.folders} folders stay when all is quiet": rest.folders > 0,
            f"{more} more file descriptors": more > _FEW_DESCRIPTORS,
            f"{self.left_running} processes outlived the proxy": self.left_running > 0,
            f"{self.left_folders} folders outlived the proxy": self.left_folders > 0,
            f"the proxy grows by {self.rss_slope} MB an hour": is_long
            and self.rss_slope > _MAX_SLOPE_MB_PER_HOUR,
        }
        return [sentence for sentence, holds in found.items() if holds]

    def as_json(self) -> dict[str, Any]:
        """The document of ``--json``, with every tenth sample."""
        whole = asdict(replace(self, tally=Tally()))
        # One by one: asdict makes counters of pairs out of counters.
        tally = {name: dict(v) if isinstance(v, Counter) else v for name, v in vars(self.tally).items()}
        whole["tally"] = {**tally, "samples": [asdict(sample) for sample in self.tally.samples[::10]]}
        slopes = {"rss_mb_per_hour": self.rss_slope, "all_mb_per_hour": self.all_slope}
        return {**whole, **slopes, "problems": self.problems}


def slope(points: Sequence[tuple[float, float]]) -> float:
    """By least squares, over points of seconds and a value: how much the value grows in an hour."""
    if len(points) < 2:
        return 0.0
    middle = sum(x for x, _ in points) / len(points)
    spread = sum((x - middle) ** 2 for x, _ in points)
    together = sum((x - middle) * y for x, y in points)
    return round(together / spread * 3600, 1) if spread else 0.0


def progress(seconds: float, tally: Tally) -> str:
    """One line on how it goes."""
    memory = (
        f"{tally.samples[-1].rss_mb:.0f} MB ({tally.samples[-1].remembered_mb:.0f} remembered), "
        f"{tally.samples[-1].processes} CLIs"
        if tally.samples
        else "-"
    )
    return (
        f"{seconds:5.0f} s  {tally.conversations.total()} conversations, {tally.requests} requests, "
        f"{tally.kills} crashes, {tally.broken.total()} broken off, {tally.wrong.total()} wrong, {memory}"
    )


def lines(report: Report) -> list[str]:
    """The report for a person."""
    tally, rest = report.tally, report.rest
    machine = ", ".join(f"{name} {value}" for name, value in {**report.machine, **report.versions}.items())
    return [
        f"minutes             {report.minutes:.1f}{' (interrupted)' if report.interrupted else ''}, "
        f"seed {report.seed}",
        f"conversations       {tally.conversations.total()} {dict(tally.conversations)}",
        f"requests            {tally.requests}, model calls {report.calls}, ways {dict(tally.ways)}",
        f"abandoned streams   {tally.abandoned}",
        f"crashes             {tally.kills}, answers broken off {dict(tally.broken)}",
        f"wrong answers       {dict(tally.wrong)}",
        *(f"                    {example}" for example in tally.examples),
        f"left when quiet     {rest.processes} processes, {rest.folders} folders",
        f"left after its end  {report.left_running} processes, {report.left_folders} folders",
        f"file descriptors    {rest.descriptors_at_start} at the start, {rest.descriptors_at_end} at the end",
        *(_memory("memory at the start", tally.samples[:1])),
        *(_memory("memory at the end", tally.samples[-1:])),
        f"memory slope        {report.rss_slope} MB/h the proxy without what it remembers, "
        f"{report.all_slope} MB/h all",
        f"machine             {machine}",
        *(f"WRONG: {problem}" for problem in report.problems),
    ]


def _memory(name: str, samples: Sequence[Sample]) -> Iterator[str]:
    for sample in samples:
        yield (
            f"{name:20}{sample.rss_mb:.0f} MB the proxy, {sample.remembered_mb:.0f} of them remembered "
            f"messages; {sample.processes} CLIs"
        )


def _judged(samples: Sequence[Sample]) -> Sequence[Sample]:
    return samples[int(len(samples) * _WARM_UP_SHARE) :]
