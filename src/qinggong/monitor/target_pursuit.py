"""What a target is followed with, and what came of it (目标测算): facts that all kinds of targets share.

All results are facts with their lineage. What rounding and the unknown shares of the months leave open is carried as an
interval from the published digits to the printed sentence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.plans import Plan, Reading, Target, TargetSettings
from qinggong.methods.attainment import Paths, chance
from qinggong.methods.growth import Interval
from qinggong.monitor.facts import Fact, Lineage, Part, TargetReading, fixed, quantity
from qinggong.monitor.harmonise import half_unit
from qinggong.monitor.movements import citation_of, published_fact
from qinggong.monitor.target_industries import Weighted
from qinggong.monitor.target_inputs import Figures
from qinggong.monitor.target_outlook import Outlook
from qinggong.periods import Period
from qinggong.store.base import Observation

_SHOWN_PARTS = 3


@dataclass(frozen=True, slots=True)
class Follower:
    """A target and what it is followed with; ``figures`` hold nothing that ends after ``at``."""

    figures: Figures
    plan: Plan
    target: Target
    settings: TargetSettings
    subject: Subject
    indicator: Indicator
    at: Period
    moved: tuple[tuple[str, str, float], ...] = ()

    @staticmethod
    def published(figures: Figures, o: Observation, subject: Subject, indicator: Indicator) -> Fact:
        label = quantity(subject.name, indicator.code, indicator.name) + ("同比" if o.series.measure == "yoy" else "")
        return published_fact(figures.desk, o, label=label)

    def shown(self, o: Observation) -> Fact:
        return self.published(self.figures, o, self.subject, self.indicator)

    def computed(
        self, name: str, label: str, value: float, decimals: int, unit: str, period: Period, method: str,
        used: Sequence[Observation] = (),
    ) -> Fact:  # fmt: skip
        text = fixed(value, decimals)
        citations = {c.key: c for c in map(citation_of, used)}
        lineage = Lineage(
            tuple(dict.fromkeys(f"{o.series.id}@{o.period.code}" for o in used)), method, tuple(citations.values())
        )
        identifier = f"target:{self.plan.code}.{self.target.code}/{self.at.year}-{self.at.last:02d}#{name}"
        return self.figures.desk.book.add(
            Fact(identifier, f"{self.target.text}：{label}", float(text), text, unit, period, "computed", lineage)
        )

    def bounds(self) -> tuple[Reading, ...]:
        """Readings of the bound: several only for 左右."""
        return self.settings.readings if self.target.bound == "approximate" else self.settings.readings[:1]

    def headline(self, bounds: Sequence[Reading]) -> int:
        keys = [b.key for b in bounds]
        return keys.index(self.settings.headline) if self.settings.headline in keys else 0


@dataclass(frozen=True, slots=True)
class Pursuit:
    """What holding a target against the figures gave; the fields are those of a ``TargetLine``."""

    state: str
    reason: str = ""
    period: Period | None = None
    value: Fact | None = None
    growth: Fact | None = None
    finished: tuple[Fact, ...] = ()
    mean: Fact | None = None
    gap: Fact | None = None
    benchmark: Fact | None = None
    benchmark_name: str = ""
    remaining: Fact | None = None
    rest: str = "months"
    readings: tuple[TargetReading, ...] = ()
    headline: int = 0
    carrying: tuple[Part, ...] = ()
    dragging: tuple[Part, ...] = ()
    weights: str = ""


def around(o: Observation) -> Interval:
    """The interval behind a published figure, in the unit of its series."""
    assert o.value is not None
    half = half_unit(o)
    return Interval(o.value - half, o.value + half)


def decimals_for(interval: Interval) -> int:
    """One decimal where the interval leaves it a meaning, else none."""
    return 1 if interval.width <= 2 and abs(interval.middle) < 100 else 0


def required_facts(
    f: Follower, key: str, interval: Interval, period: Period, method: str, used: Sequence[Observation], what: str
) -> dict[str, Fact]:
    """Required growth with its bounds."""
    decimals = decimals_for(interval)
    return {
        name: f.computed(f"{key}.{name}", f"{what}需增长{word}", value, decimals, "%", period, method, used)
        for name, word, value in (
            ("required", "", interval.middle), ("required_low", "（下限）", interval.low),
            ("required_high", "（上限）", interval.high),
        )
    }  # fmt: skip


def chance_facts(
    f: Follower, key: str, reached: NDArray[np.bool_], paths: Paths, period: Period, method: str,
    used: Sequence[Observation],
) -> dict[str, Fact]:  # fmt: skip
    """Probability of attainment in whole percent, kept between 1 and 99, with its interval."""
    s = f.settings.simulation
    values = chance(reached, paths, resamples=s.resamples, interval=s.interval, seed=s.seed)
    return {
        name: f.computed(
            f"{key}.{name}", f"达到的可能性{word}", min(max(v * 100, 1), 99), 0, "%", period, method, used
        )
        for name, word, v in zip(("probability", "low", "high"), ("", "（下限）", "（上限）"), values, strict=True)
    }  # fmt: skip


def year_of(f: Follower) -> int:
    """The year of a yearly target at a month: that year, or the last one of the target."""
    return f.at.year if f.at.year in f.target.years else f.target.years[-1]


def with_facts(reading: TargetReading, facts: Mapping[str, Fact]) -> TargetReading:
    """A reading with what it takes and how likely that is."""
    get = facts.get
    return replace(
        reading, required=get("required"), required_low=get("required_low"), required_high=get("required_high"),
        probability=get("probability"), low=get("low"), high=get("high"),
    )  # fmt: skip


def how(ahead: Outlook) -> str:
    """How a probability was found, for the lineage."""
    return (
        f"share of simulated paths, seeded; learnt from {ahead.learnt_from}; spread {ahead.spread:.2f} points a month"
    )


def carriers(
    f: Follower, industries: Weighted | None, told: TargetReading, period: Period
) -> tuple[tuple[Part, ...], tuple[Part, ...], str]:
    """Industries that add to, or take from, the growth that the year needs."""
    if industries is None or not industries.rows:
        return (), (), ""
    aim = told.year_need.value if told.year_need is not None else told.floor.value
    parts = []
    for row in industries.rows:
        points = row.weight * (row.growth - (aim or 0.0))
        parts.append(
            (
                points,
                Part(
                    row.name,
                    f.computed(
                        f"part.{row.key}", f"{row.name}对目标增速的拉动", points, 2, "百分点", period,
                        "weight × (growth − growth that the year needs); weight: " + industries.origin, row.used,
                    ),
                ),
            )
        )  # fmt: skip
    parts.sort(key=lambda p: -p[0])
    carrying = tuple(p for v, p in parts if v >= 0.005)[:_SHOWN_PARTS]
    dragging = tuple(p for v, p in reversed(parts) if v <= -0.005)[:_SHOWN_PARTS]
    return carrying, dragging, industries.origin
