"""What a dispatch meeting is told (调度会商): earlier decisions, targets, warnings, overdue work, provinces, measures."""

from __future__ import annotations

from dataclasses import dataclass, field

from qinggong.monitor.facts.book import Citation, Fact, FactBook
from qinggong.monitor.facts.targets import TargetLine
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class UnitFigure:
    """One indicator of an industry or a province at its newest period.

    ``before`` is the growth one step earlier, ``change`` the difference of the two in points, ``gap`` that from
    ``benchmark`` (of the same period).
    """

    unit: str
    unit_name: str
    subject_name: str
    indicator: str
    indicator_name: str
    period: Period
    level: Fact | None = None
    growth: Fact | None = None
    before: Fact | None = None
    change: Fact | None = None
    benchmark: Fact | None = None
    gap: Fact | None = None
    benchmark_name: str = ""


@dataclass(frozen=True, slots=True)
class CaseLine:
    """A case on the agenda, in words; ``overdue`` counts working days after the deadline."""

    number: str
    kind: str
    title: str
    industry: str
    region: str
    severity: str
    state: str
    owner: str
    deadline: str
    overdue: Fact | None = None
    answer: str = ""
    rules: tuple[str, ...] = ()
    ended: bool = False


@dataclass(frozen=True, slots=True)
class MeasureLine:
    """A measure of a plan against a problem, and the cases for which it is named."""

    problem: str
    plan: str
    task: str
    official: bool
    text: str
    cases: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Meeting:
    """The agenda of a dispatch meeting with everything that its papers may print.

    Attributes
    ----------
    day, as_of
        The day of the meeting, and the day by whose end figures were published; ISO dates.
    earlier_day
        The meeting before, empty if there was none.
    decisions
        What became of earlier decisions.
    provinces_known
        Whether there is any provincial figure.
    ranked_by
        Name of the indicator by which ``gaps`` are ranked.
    counts
        Numbers of lines by part, as facts.
    """

    title: str
    day: str
    as_of: str
    earlier_day: str
    decisions: tuple[CaseLine, ...]
    targets: tuple[TargetLine, ...]
    targets_known: bool
    warnings: tuple[CaseLine, ...]
    tasks: tuple[CaseLine, ...]
    appeals: tuple[CaseLine, ...]
    gaps: tuple[UnitFigure, ...]
    provinces_known: bool
    ranked_by: str
    industries: tuple[UnitFigure, ...]
    measures: tuple[MeasureLine, ...]
    counts: dict[str, Fact] = field(hash=False)
    book: FactBook = field(hash=False)
    synthetic: bool = False

    @property
    def citations(self) -> tuple[Citation, ...]:
        found = {c.key: c for fact in self.book for c in fact.lineage.citations}
        return tuple(sorted(found.values(), key=lambda c: (c.publisher, c.published_at, c.title, c.url)))


@dataclass(frozen=True, slots=True)
class UnitBrief:
    """One page on an industry or a province (一页纸): its figures, its cases, the measures that apply."""

    title: str
    day: str
    name: str
    figures: tuple[UnitFigure, ...]
    others: tuple[UnitFigure, ...]
    others_title: str
    cases: tuple[CaseLine, ...]
    measures: tuple[MeasureLine, ...]
    book: FactBook = field(hash=False)
    synthetic: bool = False
