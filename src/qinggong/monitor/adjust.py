"""Seasonally adjusted momentum (环比动能) of the month: harmonised series, adjusted together, told as facts.

A series is adjusted only on a comparable level basis; what cannot be adjusted is listed with its reason.

Under the partial and the fixed policy the specification comes from the last yearly review: it is found on the figures
up to the review's month *as they are known now*, so that a month is a function of the figures known at its date and not
of the runs before it; between reviews it moves only where those figures are revised. Each told series leaves a record
of its specification, which a release stores.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.breaks import Break
from qinggong.catalogue.bulletins import MomentumPlan
from qinggong.monitor.adjusted_sums import adjusted_sums
from qinggong.monitor.comparisons import note_for
from qinggong.monitor.facts import (
    AdjustedSeries,
    AdjustmentRecord,
    BreakMark,
    Chart,
    Fact,
    Line,
    Lineage,
    Momentum,
    Pace,
    fixed,
)
from qinggong.monitor.harmonise import Harmonised, harmonise
from qinggong.monitor.movements import Desk, observed, published_fact
from qinggong.periods import Period, observed_month
from qinggong.store.base import Snapshot

if TYPE_CHECKING:
    from qinggong.methods.adjustment_result import SeasonalAdjustment
    from qinggong.methods.specification import Specification

Floats = NDArray[np.float64]
Policy = Literal["concurrent", "partial", "fixed"]

REVISED_MONTHS, REVISED_AFTER = 12, 12
"""First estimates of so many months, made at least so many months ago, are held against today's."""
FEWEST_MONTHS = 60
GRADES = {"good": "良好", "doubtful": "存疑", "not adjustable": "不可调整"}
METHOD = "regARIMA–X-11"


@dataclass(frozen=True, slots=True)
class Adjusted:
    """One series after adjustment; arrays are rows of ``harmonised`` from ``first`` on."""

    harmonised: Harmonised
    subject: Subject
    indicator: Indicator
    first: int
    original: Floats
    adjusted: Floats
    trend: Floats
    grade: str
    reasons: tuple[str, ...]
    specification: Specification | None = None

    def period(self, row: int) -> Period:
        return self.harmonised.period(self.first + row)

    def row_before(self, row: int) -> int:
        """The observation before: December for the January–February block."""
        block = self.harmonised.block and (self.first + row) % 12 == 1
        return row - 2 if block else row - 1


def momentum(desk: Desk, plan: MomentumPlan, breaks: Sequence[Break], *, at: Period) -> Momentum:
    """Adjust the planned series and tell the month.

    Parameters
    ----------
    desk
        The snapshot ends with the bulletin's month.
    breaks
        Declared breaks.
    at
        The bulletin's month.
    """
    paces: list[Pace] = []
    fit: list[tuple[Harmonised, Subject, Indicator]] = []
    for subject, indicator in _wanted(desk, plan):
        found = harmonise(desk.snapshot, desk.catalogue, subject, indicator, breaks=breaks)
        reason = _refusal(found, plan, at)
        if reason:
            paces.append(_refused(desk, subject, indicator, at, reason))
        elif found is not None:
            fit.append((found, subject, indicator))
    told: list[Adjusted] = []
    reviewed = review_month(plan, at)
    held = _reviewed(desk, fit, plan, breaks, reviewed) if reviewed is not None else []
    for one in adjust_all(fit, specifications=held, policy=plan.policy) if fit else []:
        if one.grade == "not adjustable":
            paces.append(_refused(desk, one.subject, one.indicator, at, one.reasons[0] if one.reasons else "不可调整"))
        else:
            told.append(one)
    revisions = _revisions(told)
    paces = [_pace(desk, one, revision) for one, revision in zip(told, revisions, strict=True)] + paces
    records = tuple(_record(one, fit, held, plan, reviewed) for one in told if one.specification is not None)
    return Momentum(
        plan.title, tuple(paces), _chart(desk, plan, told), adjusted_sums(desk, plan, told), records, plan.policy,
        reviewed if any(r.reviewed for r in records) else None, tuple(_whole(one) for one in told),
    )  # fmt: skip


def review_month(plan: MomentumPlan, at: Period) -> Period | None:
    """The newest month of review before the bulletin's month; ``None`` under the concurrent policy."""
    if plan.policy == "concurrent":
        return None
    return observed_month(at.year - (at.last <= plan.review), plan.review)


def _reviewed(
    desk: Desk,
    series: Sequence[tuple[Harmonised, Subject, Indicator]],
    plan: MomentumPlan,
    breaks: Sequence[Break],
    until: Period,
) -> list[Specification | None]:
    """The specification of each series on its figures up to the review; ``None`` where they are too few or unfit.

    The figures are made comparable without the later ones, which would change the basis of all.
    """
    known = desk.snapshot
    then = Snapshot(
        tuple(o for o in known.observations if o.period.end_date <= until.end_date),
        known.as_of, known.known, known.version, known.undated,
    )  # fmt: skip
    chosen: list[tuple[int, tuple[Harmonised, Subject, Indicator]]] = []
    for place, (_, subject, indicator) in enumerate(series):
        found = harmonise(then, desk.catalogue, subject, indicator, breaks=breaks)
        if found is not None and not found.reason and found.usable().stop - found.usable().start >= plan.shortest:
            chosen.append((place, (found, subject, indicator)))
    held: list[Specification | None] = [None] * len(series)
    for (place, _), one in zip(chosen, adjust_all([c for _, c in chosen]) if chosen else [], strict=True):
        held[place] = one.specification
    return held


def _record(
    one: Adjusted,
    series: Sequence[tuple[Harmonised, Subject, Indicator]],
    held: Sequence[Specification | None],
    plan: MomentumPlan,
    reviewed: Period | None,
) -> AdjustmentRecord:
    assert one.specification is not None
    place = next(i for i, (found, _, _) in enumerate(series) if found is one.harmonised)
    kept = bool(held) and held[place] is not None
    return AdjustmentRecord(
        one.subject.key, one.subject.name, one.indicator.code, plan.policy if kept else "concurrent",
        reviewed if kept else None, GRADES[one.grade], one.specification.to_dict(),
    )  # fmt: skip


def _whole(one: Adjusted) -> AdjustedSeries:
    """Original, adjusted series and trend of every observation; the January of a block is none."""
    rows = [r for r in range(one.adjusted.size) if not (one.harmonised.block and (one.first + r) % 12 == 0)]

    def told(values: Floats) -> tuple[float | None, ...]:
        # Six digits are more than published levels have, and the same on every machine.
        return tuple(float(f"{values[r]:.6g}") if np.isfinite(values[r]) else None for r in rows)

    return AdjustedSeries(
        one.subject.key, one.subject.name, one.indicator.code, one.indicator.name, one.harmonised.unit,
        GRADES[one.grade], tuple(sorted({i.rpartition("@")[0] for i in one.harmonised.inputs})),
        tuple(one.period(r) for r in rows), told(one.original), told(one.adjusted), told(one.trend),
    )  # fmt: skip


def adjust_all(
    series: Sequence[tuple[Harmonised, Subject, Indicator]],
    *,
    drop: int = 0,
    specifications: Sequence[Specification | None] = (),
    policy: Policy = "partial",
) -> list[Adjusted]:
    """Adjust harmonised series together: those of one span and one indicator share their festival coefficients.

    Parameters
    ----------
    drop
        Months left off the end, for the history of revisions.
    specifications
        One a series: what is not estimated anew; a series without one is adjusted by the concurrent policy.
    policy
        Of the series with a specification: "partial" or "fixed".
    """
    from qinggong.methods.seasonal_adjustment import seasonal_adjust

    groups: dict[tuple[int, int, bool, bool], list[int]] = {}
    given = list(specifications) or [None] * len(series)
    for place, (found, _, _) in enumerate(series):
        rows = found.usable()
        span = (found.start_year + rows.start // 12, rows.stop - rows.start)
        groups.setdefault((*span, found.block, given[place] is not None), []).append(place)
    done: dict[int, Adjusted] = {}
    for (year, months, block, held), places in groups.items():
        columns = []
        for place in places:
            found = series[place][0]
            values = found.level.value[found.usable()][: months - drop].copy()
            if block:
                values[::12] = np.nan
            columns.append(values)
        stored = [g for p in places if (g := given[p]) is not None]
        result = seasonal_adjust(
            np.stack(columns, axis=1),
            f"{year}-01",
            jan_feb="combined" if block else None,
            pool=None if held else [series[p][2].code for p in places],
            policy=policy if held else "concurrent",
            specifications=stored if held else None,
        )
        for column, place in enumerate(places):
            done[place] = _one(
                series[place], result, column, columns[column], given[place] if policy == "fixed" else None
            )
    return [done[p] for p in range(len(series))]


def _one(
    series: tuple[Harmonised, Subject, Indicator],
    result: SeasonalAdjustment,
    column: int,
    original: Floats,
    held: Specification | None,
) -> Adjusted:
    from qinggong.methods.specification import specification_of

    found, subject, indicator = series
    grade = result.diagnostics.verdict[column]
    try:
        specification = None if grade == "not adjustable" else held or specification_of(result, column)
    except ValueError:  # too little was adjusted to be specified
        specification = None
    return Adjusted(
        found, subject, indicator, found.usable().start, original, result.adjusted[:, column], result.trend[:, column],
        grade, tuple(result.diagnostics.reasons[column]), specification,
    )  # fmt: skip


def change(one: Adjusted, row: int) -> float:
    """Change of the adjusted series on the observation before, in percent; NaN without one."""
    before = one.row_before(row)
    if before < 0 or not one.adjusted[before] > 0:
        return float("nan")
    return float(one.adjusted[row] / one.adjusted[before] * 100 - 100)


def quarter_change(one: Adjusted, row: int) -> float:
    """Change of the last three months on the three before, in percent."""
    if row < 5:
        return float("nan")
    now, before = one.adjusted[row - 2 : row + 1].sum(), one.adjusted[row - 5 : row - 2].sum()
    return float(now / before * 100 - 100) if before > 0 else float("nan")


def _wanted(desk: Desk, plan: MomentumPlan) -> list[tuple[Subject, Indicator]]:
    wanted: dict[tuple[str, str], tuple[Subject, Indicator]] = {}
    for series in plan.series:
        indicator = desk.catalogue.indicator(series.indicator)
        subjects = [desk.catalogue.subject(name, indicator=indicator.code) for name in series.also]
        if series.group:
            members = desk.catalogue.groups[series.group].members
            subjects += [desk.catalogue.known_subjects[m.subjects[0]] for m in members if m.subjects]
        for subject in subjects:
            wanted.setdefault((subject.key, indicator.code), (subject, indicator))
    return list(wanted.values())


def _refusal(found: Harmonised | None, plan: MomentumPlan, at: Period) -> str:
    if found is None:
        return "没有数字"
    if found.reason:
        return found.reason
    rows = found.usable()
    if rows.stop - rows.start < plan.shortest:
        return "同口径绝对量的连续月数不够，不能识别季节形态"
    behind = found.row(at) - (rows.stop - 1)
    if behind > plan.oldest:
        return "近几个月没有数字"
    return ""


def _refused(desk: Desk, subject: Subject, indicator: Indicator, at: Period, reason: str) -> Pace:
    return Pace(subject.key, subject.name, note_for(desk, subject), indicator.code, indicator.name, at, refused=reason)


def _pace(desk: Desk, one: Adjusted, revision: float) -> Pace:
    row = one.adjusted.size - 1
    period = one.period(row)
    growth = observed(
        desk, one.subject, one.indicator, measure="yoy", sequence="month", period=period
    )  # fmt: skip
    label = f"{one.subject.name}{one.indicator.name}"
    return Pace(
        one.subject.key, one.subject.name, note_for(desk, one.subject), one.indicator.code, one.indicator.name, period,
        monthly=_fact(desk, one, "sa_change", f"{label}季调环比", change(one, row), "%", period),
        quarterly=_fact(desk, one, "sa_quarter", f"{label}近三个月比前三个月", quarter_change(one, row), "%", period),
        revision=_fact(desk, one, "sa_revision", f"{label}环比首估平均修订", revision, "百分点", period),
        growth=published_fact(desk, growth, label=f"{label}同比") if growth is not None else None,
        verdict=GRADES[one.grade],
    )  # fmt: skip


def _fact(desk: Desk, one: Adjusted, key: str, label: str, value: float, unit: str, period: Period) -> Fact | None:
    if not np.isfinite(value):
        return None
    text = fixed(value, 1)
    identifier = f"{one.subject.key}/{one.indicator.code}/{key}/{period.code}"
    lineage = Lineage(one.harmonised.inputs, f"{METHOD}: {key}")
    return desk.book.add(Fact(identifier, label, float(text), text, unit, period, "computed", lineage))


def _revisions(told: Sequence[Adjusted]) -> list[float]:
    """Mean absolute revision of the monthly change: first estimates of the year before last against today's.

    Models are chosen on the oldest data and then held, as an office does that reviews them once a year.
    """
    series = [(one.harmonised, one.subject, one.indicator) for one in told]
    sizes: list[list[float]] = [[] for _ in told]
    chosen: list[Specification | None] = []
    for drop in reversed(range(REVISED_AFTER, REVISED_AFTER + REVISED_MONTHS)):
        if not told or min(one.adjusted.size for one in told) - drop < FEWEST_MONTHS:
            continue
        first = adjust_all(series, drop=drop, specifications=chosen)
        chosen = chosen or [one.specification for one in first]
        for place, then in enumerate(first):
            row = then.adjusted.size - 1
            size = abs(change(then, row) - change(told[place], row))
            if np.isfinite(size):
                sizes[place].append(size)
    return [float(np.mean(s)) if s and len(s) >= REVISED_MONTHS // 2 else float("nan") for s in sizes]


def _chart(desk: Desk, plan: MomentumPlan, told: Sequence[Adjusted]) -> Chart | None:
    """Adjusted series and trend of the chart's subject, as an index of the first year shown."""
    indicator = desk.catalogue.indicator(plan.chart.indicator)
    subject = desk.catalogue.subject(plan.chart.subject, indicator=indicator.code)
    one = next((a for a in told if (a.subject.key, a.indicator.code) == (subject.key, indicator.code)), None)
    if one is None:
        return None
    rows = [r for r in range(one.adjusted.size) if not (one.harmonised.block and (one.first + r) % 12 == 0)]
    rows = rows[-plan.chart_steps :]
    base = float(np.nanmean(one.adjusted[rows[:11]]))
    if not base > 0:
        return None
    lines = []
    for key, name, values in (("sa", "季调后", one.adjusted), ("trend", "趋势", one.trend)):
        points = tuple(
            (one.period(r), _index_point(desk, one, key, name, float(values[r] / base * 100), one.period(r)))
            for r in rows
        )
        lines.append(Line(key, name, key == "sa", points))
    periods = tuple(one.period(r) for r in rows)
    title = f"{subject.name}{indicator.name}（季调后，{periods[0].year}年首11期平均=100）"
    return Chart(
        "momentum", title, indicator.name, "点", "month", periods, tuple(lines),
        break_marks(one.harmonised.breaks, periods),
    )  # fmt: skip


def break_marks(breaks: Sequence[Break], periods: Sequence[Period]) -> tuple[BreakMark, ...]:
    """The breaks that lie between the first and the last period shown."""
    if not periods:
        return ()
    low, high = ((p.year, p.last) for p in (periods[0], periods[-1]))
    return tuple(BreakMark(b.first, b.what, b.short) for b in breaks if low < (b.first.year, b.first.last) <= high)


def _index_point(desk: Desk, one: Adjusted, key: str, name: str, value: float, period: Period) -> Fact | None:
    return _fact(
        desk, one, f"sa_index_{key}", f"{one.subject.name}{one.indicator.name}指数（{name}）", value, "点", period
    )
