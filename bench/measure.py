"""What a measurement is made of: sides that take turns, medians, and a goal for their ratio."""

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from statistics import median
from time import monotonic
from typing import Literal

FULL = os.environ.get("BENCH_FULL") == "1"
SCALE = float(os.environ.get("BENCH_SCALE", "1"))
ROUNDS = 5 if SCALE >= 1 else 2


def scaled(number: int, *, least: int = 1) -> int:
    """A size or a number of seconds at the scale of this run."""
    return max(least, round(number * SCALE))


class WrongCount(Exception):
    """What was measured did not do what it was measured for."""


def verify(what: str, found: object, expected: object) -> None:
    """End the question when a count is wrong: speed without it means nothing."""
    if found != expected:
        raise WrongCount(f"{what}: found {found}, expected {expected}.")


@dataclass(slots=True)
class Samples:
    """What one side gave, round by round."""

    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle one."""
        return median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """The lowest and the highest."""
        return rounded(min(self.values)), rounded(max(self.values))


Side = Callable[[], Awaitable[float]]


async def alternate(sides: Mapping[str, Side], rounds: int = ROUNDS) -> dict[str, Samples]:
    """Every side once a round, in turns: forwards, then backwards, so that none profits from its place."""
    samples = {name: Samples() for name in sides}
    for number in range(rounds):
        order = list(sides)[:: 1 if number % 2 == 0 else -1]
        for name in order:
            samples[name].values.append(await sides[name]())
    return samples


async def best(sides: Mapping[str, Side]) -> str:
    """The name of the side that gives the highest figure in one try."""
    figures = {name: await side() for name, side in sides.items()}
    return max(figures, key=lambda name: figures[name])


@contextmanager
def undisturbed() -> Iterator[None]:
    """What a workload was made of beforehand must not cost the collector anything while it is measured."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


@dataclass(frozen=True, slots=True)
class Goal:
    """What the ratio has to be, or ours where there is no ratio."""

    sense: Literal[">=", "<="]
    value: float

    def __str__(self) -> str:
        return f"{self.sense} {self.value:g}"

    def met_by(self, figure: float) -> bool:
        """Whether it is reached."""
        return figure >= self.value if self.sense == ">=" else figure <= self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One row. `met` is None where there is only something to report."""

    name: str
    unit: str
    ours: float
    beside: float | None = None
    ratio: float | None = None
    goal: str = "report"
    met: bool | None = None
    spread: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    conditions: str


@dataclass(frozen=True, slots=True)
class Question:
    """A row before it is measured. A `cost` is better when it is lower: its ratio is the peer's by ours."""

    name: str
    unit: str
    goal: Goal | None
    cost: bool = False

    def compared(self, ours: Samples, beside: Samples, conditions: str) -> Result:
        """The medians of two sides, and what one is to the other."""
        ratio = ours.median / beside.median
        if self.cost:
            ratio = 1 / ratio
        return Result(
            name=self.name,
            unit=self.unit,
            ours=rounded(ours.median),
            beside=rounded(beside.median),
            ratio=rounded(ratio),
            goal=str(self.goal) if self.goal else "report",
            met=self.goal.met_by(ratio) if self.goal else None,
            spread={"ours": ours.spread, "beside": beside.spread},
            conditions=conditions,
        )

    def figure(
        self, ours: float, samples: Samples, conditions: str, ratio: float | None = None
    ) -> Result:
        """Ours alone, or with a ratio of our own making."""
        judged = ours if ratio is None else ratio
        return Result(
            name=self.name,
            unit=self.unit,
            ours=rounded(ours),
            ratio=None if ratio is None else rounded(ratio),
            goal=str(self.goal) if self.goal else "report",
            met=self.goal.met_by(judged) if self.goal else None,
            spread={"ours": samples.spread},
            conditions=conditions,
        )


async def until(
    what: str,
    check: Callable[[], Awaitable[object]],
    *,
    every: float = 0.005,
    patience: float = 120,
) -> None:
    """Look often until it is so; WrongCount when it never is."""
    deadline = monotonic() + patience
    while monotonic() < deadline:
        if await check():
            return
        await asyncio.sleep(every)
    raise WrongCount(f"{what}: not within {patience:.0f} s.")


def percentile(values: Sequence[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def rounded(number: float) -> float:
    """Three digits are more than a measurement holds."""
    return float(f"{number:.3g}")
