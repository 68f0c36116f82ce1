"""The course of a year (走势): published growth of the main figures at each step of the year, and over years.

Nothing is computed: quarters are not derived from cumulative figures, whose bases change during a year.
"""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.catalogue.editions import CourseLine, EditionPlan
from qinggong.monitor.facts import Course, CourseRow, CourseTable, Fact, quantity
from qinggong.monitor.movements import Desk, Sequence_, observed, published_fact
from qinggong.periods import Period, observed_month, ytd


def course(desk: Desk, plan: EditionPlan, *, period: Period, kind: str) -> Course:
    """The tables of a quarter, half or year that ends with ``period`` (a cumulative one).

    Parameters
    ----------
    kind
        ``quarter``, ``half`` or ``year``: the months shown are those of the last quarter or half, and of the year.
    """
    year, last = period.year, period.last
    ends = [ytd(year, n) for n in (3, 6, 9, 12) if n <= last]
    first = {"quarter": last - 2, "half": last - 5, "year": 1}[kind]
    months = list(dict.fromkeys(observed_month(year, n) for n in range(max(first, 1), last + 1)))
    tables = [
        _table(desk, plan.course, "through_year", "ytd", ends),
        _table(desk, plan.course, "months", "month", months),
    ]
    if kind == "year":
        tables.append(
            _table(desk, plan.course, "years", "ytd", [ytd(y, 12) for y in range(year - plan.years + 1, year + 1)])
        )
    return Course(period, tuple(t for t in tables if t.rows))


def _table(
    desk: Desk, lines: Sequence[CourseLine], key: str, sequence: Sequence_, periods: Sequence[Period]
) -> CourseTable:
    """Rows with at least two known points."""
    rows = []
    for line in lines:
        if line.sequence != sequence:
            continue
        indicator = desk.catalogue.indicator(line.indicator)
        subject = desk.catalogue.subject(line.subject, indicator=indicator.code)
        name = quantity(subject.name, indicator.code, indicator.name)
        points: list[Fact | None] = []
        for period in periods:
            o = observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=period)
            points.append(published_fact(desk, o, label=f"{name}同比") if o is not None else None)
        if sum(p is not None for p in points) >= 2:
            rows.append(CourseRow(name, subject.scope, tuple(points)))
    return CourseTable(key, tuple(periods), tuple(rows))
