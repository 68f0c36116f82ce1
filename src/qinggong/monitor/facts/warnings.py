"""What can be told of warnings (预警): what holds where since when, how grave, on what evidence, what may be done about
it."""

from __future__ import annotations

from dataclasses import dataclass

from qinggong.monitor.facts.book import Fact, FactBook
from qinggong.monitor.facts.meetings import MeasureLine
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class PastEpisode:
    """An earlier warning of the same rule and industry: its months, the lowest figure in them, the figure a quarter
    after."""

    first: Period
    last: Period
    length: Fact
    lowest: Fact | None
    after: Fact | None
    ended: str


@dataclass(frozen=True, slots=True)
class WarningLine:
    """One warning: a rule that holds for an industry of a region.

    Attributes
    ----------
    word
        下降 (growth below zero), 回落 (growth below the period before) or 其他.
    standing
        ``in_force``, ``observed`` or ``untested``; ``why`` says why. Only warnings in force open cases.
    severity
        1 一般, 2 较重, 3 严重: the gravest of the run. ``fresh`` if the rule holds in the month itself, not only before.
    since, run
        The first observation of the run, and how many it has.
    base
        Base effect of the rule's growth, in points: what last year's change alone does to it.
    evidence
        The figures that the rule looked at, and ``chart`` those of the last year or two, the oldest first.
    """

    rule: str
    name: str
    word: str
    what: str
    industry: str
    subject_name: str
    region: str
    region_name: str
    severity: int
    fresh: bool
    since: Period
    period: Period
    run: Fact
    standing: str
    why: str
    evidence: tuple[Fact, ...]
    base: Fact | None
    two_year: Fact | None
    chart: tuple[tuple[Period, Fact | None], ...]
    problems: tuple[str, ...]
    measures: tuple[MeasureLine, ...]
    past: tuple[PastEpisode, ...]


@dataclass(frozen=True, slots=True)
class WarningCase:
    """All warnings of one industry and region: one case, as grave as the gravest of them that is in force."""

    industry: str
    subject_name: str
    region: str
    severity: int
    lines: tuple[WarningLine, ...]


@dataclass(frozen=True, slots=True)
class InactiveRule:
    """A rule that is not in use (未启用：缺数据), with the figures it lacks."""

    rule: str
    name: str
    lacking: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alerts:
    """The warnings of a month.

    ``evaluated`` are rule, industry and region of everything that could be judged in the month, fired or not;
    ``standings`` rule code, name, standing and reason of every rule; ``counts`` are ``judged``, ``cases``,
    ``in_force``, ``observed``.
    """

    period: Period
    lines: tuple[WarningLine, ...]
    cases: tuple[WarningCase, ...]
    inactive: tuple[InactiveRule, ...]
    standings: tuple[tuple[str, str, str, str], ...]
    evaluated: tuple[tuple[str, str, str], ...]
    counts: dict[str, Fact]
    book: FactBook
    vintages: str = ""

    @property
    def in_force(self) -> tuple[WarningLine, ...]:
        return tuple(line for line in self.lines if line.standing == "in_force")

    @property
    def observed(self) -> tuple[WarningLine, ...]:
        return tuple(line for line in self.lines if line.standing != "in_force")
