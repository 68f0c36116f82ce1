"""What editions tell beyond the monthly bulletin (各版本的事实): one industry or province, the course of a year, a release
that just came in."""

from __future__ import annotations

from dataclasses import dataclass, field

from qinggong.monitor.facts.book import Fact, FactBook
from qinggong.monitor.facts.meetings import UnitFigure
from qinggong.monitor.facts.topics import Chart, Missing, Movement
from qinggong.periods import Period


@dataclass(frozen=True, slots=True)
class UnitAspect:
    """One side of an industry (生产、收入、利润、出口、价格).

    ``movements`` stand at their own newest periods; ``missing`` is the figure that the month should have where nothing
    is known within the bounds of age. ``related`` are products and goods of the industry.
    """

    key: str
    title: str
    movements: tuple[Movement, ...]
    related: tuple[Movement, ...] = ()
    charts: tuple[Chart, ...] = ()
    missing: Missing | None = None


@dataclass(frozen=True, slots=True)
class UnitReport:
    """One industry (or province) in a month.

    Attributes
    ----------
    code
        Code of the industry or region, as the index, the nowcasts and the warnings know it.
    margin
        Profit margin computed from published profit and revenue, where none is published.
    shares, contributions
        By indicator: share of the whole and contribution to its growth, at the period of the movement.
    parts
        The industries below it with figures at ``parts_period``.
    figures
        A province's industries against the same industries of the country.
    """

    kind: str
    code: str
    name: str
    note: str
    month: Period
    aspects: tuple[UnitAspect, ...] = ()
    margin: Fact | None = None
    shares: tuple[Fact, ...] = ()
    contributions: tuple[Fact, ...] = ()
    parts: tuple[Movement, ...] = ()
    parts_period: Period | None = None
    figures: tuple[UnitFigure, ...] = ()

    @property
    def movements(self) -> tuple[Movement, ...]:
        return tuple(m for a in self.aspects for m in a.movements)


@dataclass(frozen=True, slots=True)
class CourseRow:
    """Growth of one figure at each period of a table; a period without a figure has ``None``."""

    name: str
    scope: str
    points: tuple[Fact | None, ...]


@dataclass(frozen=True, slots=True)
class CourseTable:
    """Growth side by side: ``key`` is ``through_year``, ``months`` or ``years``."""

    key: str
    periods: tuple[Period, ...]
    rows: tuple[CourseRow, ...]


@dataclass(frozen=True, slots=True)
class Course:
    """The course of a year up to a period (走势)."""

    period: Period
    tables: tuple[CourseTable, ...]


@dataclass(frozen=True, slots=True)
class ReleaseFigure:
    """A figure of a release just come in.

    ``base`` is what last year's growth alone does to this one (基数影响), ``two_year`` the average growth of two years;
    ``expected`` and ``surprise`` are the last nowcast made before the release, and what differs from it.
    """

    movement: Movement
    base: Fact | None = None
    two_year: Fact | None = None
    expected: Fact | None = None
    surprise: Fact | None = None
    expected_by: str = ""


@dataclass(frozen=True, slots=True)
class Carriers:
    """What moves a whole: its parts by the size of what they add, and those that grow fastest and slowest."""

    whole: str
    indicator_name: str
    period: Period
    parts: tuple[Movement, ...]
    contributed: bool


@dataclass(frozen=True, slots=True)
class ReleaseNote:
    """A release just come in (数据快评): its figures, what moved the whole, what differs from the nowcasts.

    ``total`` counts the figures of the release at ``period``, ``older`` those of earlier periods. ``moved`` are figures
    not yet published whose nowcast changed: name, before, now, change. ``unexpected`` says why nothing was expected.
    """

    title: str
    publisher: str
    published_at: str
    period: Period
    figures: tuple[ReleaseFigure, ...]
    carriers: tuple[Carriers, ...]
    total: Fact
    older: Fact
    moved: tuple[tuple[str, Fact, Fact, Fact], ...] = ()
    unexpected: str = ""
    synthetic: bool = False
    book: FactBook = field(default_factory=FactBook, hash=False)
