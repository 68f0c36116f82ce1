"""What a bulletin tells of published figures (条目): movements, comparisons, charts, gaps, doubts, momentum."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from qinggong.monitor.facts.book import Fact
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class Movement:
    """Everything stated about one subject and indicator at one period.

    ``previous`` is the period that ``change`` compares with: the previous cumulative period for cumulative rates
    (last year's full year for 1—2月), the previous single month for single-month rates. Where that is not known,
    ``since`` is the newest earlier cumulative period of the year (or last year's) that is, with its rate and the
    change. ``streak`` are the months for which the rate has risen (+) or fallen (−) without a break, ``season`` the
    years among whose equal periods it is the highest (+) or lowest (−). ``mark`` is a round level that the level has
    ``passed`` within a year, is just ``above``, or is ``near`` (``mark_word``).
    """

    subject_key: str
    name: str
    note: str
    scope: str
    indicator: str
    indicator_name: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    previous: Period
    level: Fact | None = None
    growth: Fact | None = None
    previous_growth: Fact | None = None
    change: Fact | None = None
    gap: Fact | None = None
    run: Fact | None = None
    record: Fact | None = None
    share: Fact | None = None
    contribution: Fact | None = None
    band: str = ""
    since: Period | None = None
    since_growth: Fact | None = None
    since_change: Fact | None = None
    streak: Fact | None = None
    season: Fact | None = None
    mark: Fact | None = None
    mark_word: Literal["", "passed", "above", "near"] = ""

    @property
    def present(self) -> bool:
        return self.level is not None or self.growth is not None


@dataclass(frozen=True, slots=True)
class Contrast:
    """Two figures of one subject at one period that say more together (增收不增利): ``gap`` is second less first."""

    key: str
    first: Movement
    second: Movement
    gap: Fact


@dataclass(frozen=True, slots=True)
class Comparison:
    """Several subjects at one and the same period (横向比较).

    ``expected`` counts the members that the group has, ``counted`` those with a growth rate at ``period``; both are
    ``None`` for an open list of subjects. Ranking and breadth are stated only if the two are equal; otherwise they
    are withheld facts.
    """

    key: str
    title: str
    indicator: str
    indicator_name: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    previous: Period
    wanted: Period
    group_name: str
    members: tuple[Movement, ...]
    also: tuple[Movement, ...]
    benchmark: Movement | None
    expected: Fact | None
    counted: Fact | None
    missing: tuple[str, ...]
    ranks: tuple[Fact, ...]
    fastest: Fact | None
    slowest: Fact | None
    growing: Fact | None
    growing_before: Fact | None
    contribution_note: str = ""

    @property
    def complete(self) -> bool:
        return self.expected is not None and self.counted is not None and self.counted.value == self.expected.value

    @property
    def rows(self) -> tuple[Movement, ...]:
        return tuple(m for m in (*self.members, *self.also) if m.present)


@dataclass(frozen=True, slots=True)
class Line:
    """The history of one growth rate for a chart; a period without a figure has ``None``."""

    key: str
    name: str
    strong: bool
    points: tuple[tuple[Period, Fact | None], ...]


@dataclass(frozen=True, slots=True)
class BreakMark:
    """A declared break in the figures of a chart: the first month after it, what changed, and the label of its line."""

    first: Period
    what: str
    short: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over the same periods; ``breaks`` lie inside them."""

    key: str
    title: str
    indicator_name: str
    unit: str
    sequence: Literal["month", "ytd", "point"]
    periods: tuple[Period, ...]
    lines: tuple[Line, ...]
    breaks: tuple[BreakMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Missing:
    """A figure that the month should have and has not: who publishes it, and when."""

    subject_key: str
    name: str
    indicator: str
    indicator_name: str
    measure: str
    unit: str
    sequence: Literal["month", "ytd", "point"]
    period: Period
    publisher: str
    expected: str
    announced: bool


@dataclass(frozen=True, slots=True)
class NextRelease:
    """The release that continues a topic; ``announced`` dates are certain, others customary."""

    period: Period
    what: str
    publisher: str
    date: str
    announced: bool


@dataclass(frozen=True, slots=True)
class Topic:
    """What one section of a bulletin tells: headlines, comparisons, charts, gaps, and what comes next."""

    key: str
    title: str
    wanted: Period
    period: Period | None
    headlines: tuple[Movement, ...]
    comparisons: tuple[Comparison, ...]
    charts: tuple[Chart, ...]
    missing: tuple[Missing, ...]
    following: NextRelease | None
    contrasts: tuple[Contrast, ...] = ()


@dataclass(frozen=True, slots=True)
class Doubt:
    """A figure that came in with a warning: what it is, the figure, and what the check doubts."""

    what: str
    figure: Fact
    why: str


@dataclass(frozen=True, slots=True)
class Pace:
    """What the seasonally adjusted series of one subject says at one period (季调后的环比).

    ``monthly`` is the change on the month before, ``quarterly`` that of the last three months on the three before,
    ``revision`` how much the first estimate of ``monthly`` was later revised on average, ``growth`` the published
    growth of the same month. A refused series has ``refused`` instead, in Chinese.
    """

    subject_key: str
    name: str
    note: str
    indicator: str
    indicator_name: str
    period: Period
    monthly: Fact | None = None
    quarterly: Fact | None = None
    revision: Fact | None = None
    growth: Fact | None = None
    verdict: str = ""
    refused: str = ""


@dataclass(frozen=True, slots=True)
class AdjustedSum:
    """The members of a group added up and adjusted (direct), against their adjusted figures added up (indirect).

    ``direct`` and ``indirect`` are the changes on the month before, ``deviation`` the mean absolute difference of the
    two adjusted series in percent, ``parts`` the number of members.
    """

    name: str
    indicator: str
    indicator_name: str
    period: Period
    parts: Fact
    direct: Fact
    indirect: Fact
    deviation: Fact


@dataclass(frozen=True, slots=True)
class AdjustmentRecord:
    """What one series was adjusted with, to be stored: ``specification`` is that of the method, in plain values.

    ``reviewed`` is the last month of the figures on which the held part was found; without one nothing was held.
    """

    subject_key: str
    name: str
    indicator: str
    policy: str
    reviewed: Period | None
    verdict: str
    specification: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AdjustedSeries:
    """One adjusted series as a whole (原序列、季调后、趋势), for those who want more than its newest change.

    The three rows go with ``periods``, in ``unit`` and with six significant digits; 1—2月 is one observation where
    January is not surveyed. ``original`` is the comparable level that was adjusted, ``None`` where it has a gap.
    ``inputs`` are the identifiers of the published series behind it.
    """

    subject_key: str
    name: str
    indicator: str
    indicator_name: str
    unit: str
    verdict: str
    inputs: tuple[str, ...]
    periods: tuple[Period, ...]
    original: tuple[float | None, ...]
    adjusted: tuple[float | None, ...]
    trend: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class Momentum:
    """The momentum of a month (环比动能): adjusted series, those refused with the reason, one chart.

    ``sums`` compares direct and indirect adjustment, ``records`` holds the specification of each told series, and
    ``reviewed`` is the month of the review where a revision policy holds specifications (``policy``). ``series`` are
    the told series as a whole; bulletins do not print them.
    """

    title: str
    paces: tuple[Pace, ...]
    chart: Chart | None = None
    sums: tuple[AdjustedSum, ...] = ()
    records: tuple[AdjustmentRecord, ...] = ()
    policy: str = "concurrent"
    reviewed: Period | None = None
    series: tuple[AdjustedSeries, ...] = ()

    @property
    def told(self) -> tuple[Pace, ...]:
        return tuple(p for p in self.paces if not p.refused)

    @property
    def refused(self) -> tuple[Pace, ...]:
        return tuple(p for p in self.paces if p.refused)


@dataclass(frozen=True, slots=True)
class ProvincePart:
    """An industry of a province.

    ``growth`` is published, in percent; ``contribution`` is what it adds to the growth of the whole, in points, with
    the digits that rounding leaves in ``contribution_text``; ``share_text`` is its share in percent, empty if unknown.
    """

    subject_key: str
    name: str
    growth: float
    contribution: float
    contribution_text: str
    share_text: str


@dataclass(frozen=True, slots=True)
class ProvinceGrowth:
    """Which industries pull a province's growth of one indicator up or down (分省拉动), the largest first.

    ``growth`` is that of the whole (``whole_name``), published by ``publisher``, in percent; ``method`` is the formula
    of the contributions. The ``parts`` are the light industries that the province publishes and do not add up to it.
    """

    region: str
    name: str
    indicator: str
    indicator_name: str
    period: Period
    whole_name: str
    growth: float
    publisher: str
    method: str
    parts: tuple[ProvincePart, ...]
