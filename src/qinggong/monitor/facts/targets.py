"""What can be told of the targets of plans (目标进度): values, gaps, required growth, chances, industries that carry."""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.monitor.facts.book import Fact
from qinggong.monitor.facts.signals import Part
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class TargetReading:
    """A target under one reading of its bound (对“左右”的一种理解).

    Attributes
    ----------
    floor
        The lowest value that meets the target: growth in percent, or a level.
    year_need
        Growth that the running year needs as a whole, where the target covers several years.
    required, required_low, required_high
        Growth that the remaining months need, in percent, and its bounds from rounding and from the months' shares.
    probability, low, high
        Probability of attainment in percent and its interval.
    verdict
        ``met``, ``missed``, or empty while it is open.
    """

    key: str
    name: str
    floor: Fact
    year_need: Fact | None = None
    required: Fact | None = None
    required_low: Fact | None = None
    required_high: Fact | None = None
    probability: Fact | None = None
    low: Fact | None = None
    high: Fact | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class TargetPoint:
    """What could be said of a target when a figure came out, for the chart: probability and required growth."""

    period: Period
    value: Fact
    probability: Fact | None = None
    low: Fact | None = None
    high: Fact | None = None
    required: Fact | None = None


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One target of a plan at one month.

    Attributes
    ----------
    state
        ``open`` (figures known, not decided), ``decided``, ``ended`` (its years are over, the last figure is not
        known),
        ``no_number`` (无量化目标), ``no_data`` (缺数据), ``no_base`` (缺基数), ``not_published`` (方案未公布).
    reason
        Why nothing more can be said, in Chinese; empty where nothing is lacking.
    numbers
        Every number in ``text``, in order; they cite the plan.
    target
        The number of the plan, if it has one.
    period
        The period of ``value``, the newest known figure; ``growth`` stands beside a level.
    finished
        Full-year figures of the years of the target that are over, with their ``mean`` where that is the target.
    gap
        Distance of ``value`` from the target: in points for growth, in the unit of a level.
    remaining
        Months that remain of the year of ``value``.
    rest
        What the required growth is about: ``months`` of this year, ``years`` (these months and the years after) or
        ``year`` (a whole year of which nothing is known).
    readings
        The target's own value first; more than one only for 左右. ``headline`` is the place of the one told in words.
    carrying, dragging
        Industries by what they add to or take from the growth aimed at, in points, largest first; ``weights`` says
        where their weights come from.
    points
        One for each published figure since the target began.
    """

    key: str
    plan: str
    plan_title: str
    text: str
    kinds: tuple[str, ...]
    deadline: int | None
    state: str
    source: str
    numbers: tuple[Fact, ...] = ()
    reason: str = ""
    target: Fact | None = None
    subject_name: str = ""
    indicator_name: str = ""
    period: Period | None = None
    value: Fact | None = None
    growth: Fact | None = None
    finished: tuple[Fact, ...] = ()
    mean: Fact | None = None
    gap: Fact | None = None
    benchmark: Fact | None = None
    benchmark_name: str = ""
    baseline: Fact | None = None
    remaining: Fact | None = None
    rest: str = "months"
    readings: tuple[TargetReading, ...] = ()
    headline: int = 0
    carrying: tuple[Part, ...] = ()
    dragging: tuple[Part, ...] = ()
    weights: str = ""
    points: tuple[TargetPoint, ...] = ()
    supposed: str = ""

    @property
    def told(self) -> TargetReading | None:
        return self.readings[self.headline] if self.readings else None


@dataclass(frozen=True, slots=True)
class Targets:
    """The targets of the plans in force at a month (目标进度).

    ``unfollowed`` counts, plan by plan, the targets without figures; ``settings`` are the level of the intervals in
    percent and the number of paths.
    """

    title: str
    wanted: Period
    lines: tuple[TargetLine, ...]
    unfollowed: tuple[tuple[str, Fact], ...] = ()
    settings: tuple[Fact, ...] = ()

    @property
    def followed(self) -> tuple[TargetLine, ...]:
        return tuple(line for line in self.lines if line.value is not None)
