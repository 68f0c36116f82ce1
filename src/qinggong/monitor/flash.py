"""Flash estimate of the light-industry total from the published divisions (轻工业增速快速测算), on each release day.

The federation publishes the total a few times a year; the statistics bureau's divisions come out every month.
Divisions that are light industry as a whole count with all of their revenue, ten others with a part. Published
readings of the total bend the weights and give the error, reading by reading. Where too few divisions or readings are
known, the estimate is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.flash import FlashPlan
from qinggong.methods import flash_estimate
from qinggong.methods.flash_estimate import FlashFit, Groups
from qinggong.monitor.facts import Fact, Flash, FlashLine, FlashRow, Lineage, fixed, quantity
from qinggong.monitor.movements import Desk, citation_of, published_fact
from qinggong.monitor.target_inputs import Figures, Readings, figures_of, readings
from qinggong.periods import Period, ytd, ytds_between
from qinggong.store.base import Observation

Floats = NDArray[np.float64]

_SHOWN = 12
_OLDEST_WEIGHTS = 5
_SCALE = (0.3, 2.0)
"""Bounds of the factor that makes the parts' revenue fit the federation's."""


@dataclass(frozen=True, slots=True)
class _Material:
    """Everything about one indicator over the cumulative periods: growth and weights of the divisions, used figures."""

    periods: tuple[Period, ...]
    growth: Floats
    weights: Floats
    used: tuple[tuple[Observation, ...], ...]
    total: Readings
    whole_industry: Readings


def flash(desk: Desk, plan: FlashPlan, *, at: Period) -> Flash:
    """Estimates of every cumulative period from the plan's first year to a month.

    Parameters
    ----------
    desk
        What is known; figures of later periods are left aside. Estimates of earlier periods use the figures as they are
        known now: their revisions are not represented.
    """
    figures = figures_of(desk, at)
    subject = desk.catalogue.subject(plan.subject, indicator="value_added")
    lines = tuple(_line(figures, plan, desk.catalogue.indicator(name), at=at) for name in plan.indicators)
    level = desk.book.add(
        Fact(
            "parameter:flash/interval", "快速测算区间的置信水平", plan.interval * 100, f"{plan.interval * 100:g}", "%", at,
            "computed", Lineage((), "catalogue parameter"),
        )
    )  # fmt: skip
    return Flash(plan.name, subject.name, at, lines, level)


def _line(figures: Figures, plan: FlashPlan, indicator: Indicator, *, at: Period) -> FlashLine:
    material = _material(figures, plan, indicator, at=at)
    divisions = material.growth.shape[1]
    group = np.array([0] * (divisions - len(plan.parts)) + [1] * len(plan.parts), dtype=np.int64)
    groups = flash_estimate.contributions(material.growth, material.weights, group, fewest=plan.fewest_coverage)
    known = [
        i for i, p in enumerate(material.periods)
        if p in material.total.growth and np.isfinite(groups.contributions[i]).all()
    ]  # fmt: skip
    target = np.array([material.total.growth[material.periods[i]].value or 0.0 for i in known])
    years = np.array([material.periods[i].year for i in known], dtype=np.int64)
    best = max((float(c) for c in groups.coverage[-_SHOWN:]), default=0.0)
    if not np.isfinite(groups.contributions).all(axis=1).any():
        return FlashLine(
            indicator.code, indicator.name,
            reason=f"已收录{indicator.name}增速的大类所占权数不足",
            detail=f"近一年最多占{best * 100:.0f}%，至少需要{plan.fewest_coverage * 100:.0f}%",
        )  # fmt: skip
    if len(known) < plan.fewest_readings or np.unique(years).size < 2:
        return FlashLine(
            indicator.code, indicator.name,
            reason=f"可对照的{plan.subject}公布数太少，误差不能估计",
            detail=f"有{len(known)}期可对照，至少需要{plan.fewest_readings}期，分属两年以上",
        )  # fmt: skip
    found = flash_estimate.fit(
        target, groups.contributions[known], years, slope_spread=plan.slope_spread,
        intercept_spread=plan.intercept_spread,
    )  # fmt: skip
    judged = dict(zip(known, map(float, found.left_one_out), strict=True))
    subject = material.total.subject
    rows = tuple(
        _row(figures, plan, subject, indicator, material, groups, found, place, judged.get(place))
        for place in range(len(material.periods))
    )
    return _judged(figures, indicator, material, found, rows, known, at=at)


def _row(
    figures: Figures, plan: FlashPlan, subject: Subject, indicator: Indicator, material: _Material, groups: Groups,
    found: FlashFit, place: int, error: float | None,
) -> FlashRow:  # fmt: skip
    """One period; where the total was published, the estimate is the one made without that reading."""
    period = material.periods[place]
    due = figures.catalogue.release(publisher=plan.publisher, indicator=indicator.code, period=period)
    day, announced = (due.expected.isoformat(), due.announced is not None) if due is not None else ("", False)
    own = material.total.growth.get(period)
    label = quantity(subject.name, indicator.code, indicator.name) + "同比"
    published = published_fact(figures.desk, own, label=label) if own is not None else None
    coverage = float(groups.coverage[place])
    used = material.used[place]
    if not np.isfinite(groups.contributions[place]).all():
        reason = f"已收录增速的大类占权数的{coverage * 100:.0f}%" if coverage > 0 else "没有收录大类增速"
        return FlashRow(period, day, announced, published=published, reason=reason)
    told = flash_estimate.estimate(
        found, groups.contributions[place], doubt=float(groups.doubt[place]), level=plan.interval
    )
    shift = 0.0
    if error is not None and own is not None and own.value is not None:
        shift = own.value + error - told.value

    def fact(name: str, word: str, value: float, unit: str = "%") -> Fact:
        text = fixed(value, 1)
        citations = {c.key: c for c in map(citation_of, used)}
        lineage = Lineage(
            tuple(f"{o.series.id}@{o.period.code}" for o in used),
            f"flash estimate, {found.readings} readings, intercept {found.intercept:.2f}, slopes "
            + ", ".join(f"{s:.2f}" for s in found.slopes) + (", without this reading" if error is not None else ""),
            tuple(citations.values()),
        )  # fmt: skip
        return figures.desk.book.add(
            Fact(
                f"flash:{subject.key}/{indicator.code}/{period.code}#{name}", f"{label}{word}（本系统测算）", float(text),
                text, unit, period, "computed", lineage,
            )
        )  # fmt: skip

    return FlashRow(
        period, day, announced, fact("value", "", told.value + shift), fact("low", "区间下限", told.low + shift),
        fact("high", "区间上限", told.high + shift), published,
        fact("error", "测算误差", error, "百分点") if error is not None else None, fact("coverage", "所用大类占权数", coverage * 100),
    )  # fmt: skip


def _judged(
    figures: Figures, indicator: Indicator, material: _Material, found: FlashFit, rows: tuple[FlashRow, ...],
    known: Sequence[int], *, at: Period,
) -> FlashLine:  # fmt: skip
    """The line with its errors beside those of simple alternatives."""

    def fact(name: str, label: str, value: float, decimals: int, unit: str) -> Fact:
        text = fixed(value, decimals)
        identifier = f"flash:{material.total.subject.key}/{indicator.code}/{at.year}-{at.last:02d}#{name}"
        lineage = Lineage((), "root mean square of estimate − reading" if unit == "百分点" else "count")
        return figures.desk.book.add(Fact(identifier, label, float(text), text, unit, at, "computed", lineage))

    simple = _simple(material, known)
    name = min(simple, key=lambda n: simple[n]) if simple else ""
    return FlashLine(
        indicator.code, indicator.name, rows[-_SHOWN:], rows,
        readings=fact("readings", "对照的公布数", found.readings, 0, "期"),
        miss=fact("rmse", "逐期留一的测算误差", found.rmse, 1, "百分点"),
        miss_by_year=fact("rmse_by_year", "逐年留出的测算误差", found.rmse_by_year, 1, "百分点"),
        simple=fact("rmse_simple", f"“{name}”的误差", simple[name], 1, "百分点") if simple else None, simple_name=name,
    )  # fmt: skip


def _simple(material: _Material, known: Sequence[int]) -> dict[str, float]:
    """Root mean square errors of two simple alternatives at the same readings, where both are there."""
    errors: dict[str, list[float]] = {"沿用全国工业增速": [], "沿用上一次公布的增速": []}
    growth = material.total.growth
    for i in known:
        period = material.periods[i]
        reading = growth[period].value or 0.0
        same = material.whole_industry.growth.get(period)
        if same is not None and same.value is not None:
            errors["沿用全国工业增速"].append(same.value - reading)
        before = [p for p in growth if p < period]
        if before:
            errors["沿用上一次公布的增速"].append((growth[max(before)].value or 0.0) - reading)
    return {
        name: float(np.sqrt(np.mean(np.square(found))))
        for name, found in errors.items()
        if len(found) >= len(known) - 1 > 0
    }


# ------------------------------------------------------------------------------------------------ material


def _material(figures: Figures, plan: FlashPlan, indicator: Indicator, *, at: Period) -> _Material:
    catalogue = figures.catalogue
    whole = [catalogue.known_subjects[m.subjects[0]] for m in catalogue.groups[plan.whole].members if m.subjects]
    members = [(s, 1.0) for s in whole]
    members += [(catalogue.known_subjects[f"industry:{p.division}@nbs"], p.share) for p in plan.parts]
    revenue = catalogue.indicator("revenue")
    weighing = indicator if indicator.growth_basis == "nominal" else revenue
    total = readings(figures, catalogue.subject(plan.subject, indicator=indicator.code), indicator)
    scale = _scale(figures, plan, members, len(whole), revenue)
    own = [readings(figures, s, indicator) for s, _ in members]
    levels = own if weighing.code == indicator.code else [readings(figures, s, weighing) for s, _ in members]
    industry = readings(figures, catalogue.subject(plan.basis_of, indicator=indicator.code), indicator)
    periods = tuple(ytds_between(ytd(plan.first_year, 2), ytd(at.year, max(at.last, 2))))
    growth = np.full((len(periods), len(members)), np.nan)
    weights = np.full_like(growth, np.nan)
    used: list[tuple[Observation, ...]] = []
    for i, period in enumerate(periods):
        basis = _basis(industry, period) if indicator.growth_basis == "nominal" else None
        seen: list[Observation] = []
        for j, (found, level) in enumerate(zip(own, levels, strict=True)):
            value, taken = _growth(found, period, basis)
            weight = _weight(level, period)
            if value is None or weight is None:
                continue
            growth[i, j] = value
            weights[i, j] = weight.value or 0.0
            seen += [*taken, weight]
        for j, level in enumerate(levels):
            if np.isnan(weights[i, j]) and (weight := _weight(level, period)) is not None:
                weights[i, j] = weight.value or 0.0
        used.append(tuple(dict.fromkeys(seen)))
    shares = np.array([share * (1.0 if j < len(whole) else scale) for j, (_, share) in enumerate(members)])
    return _Material(periods, growth, np.maximum(weights * shares, 0.0), tuple(used), total, industry)


def _scale(
    figures: Figures, plan: FlashPlan, members: Sequence[tuple[Subject, float]], whole: int, revenue: Indicator
) -> float:
    """Factor on the parts' shares with which the divisions' revenue sums to the federation's, mean of all years."""
    total = readings(figures, figures.catalogue.subject(plan.subject, indicator=revenue.code), revenue).level
    levels = [readings(figures, s, revenue).level for s, _ in members]
    factors = []
    for period in sorted(p for p in total if p.last == 12):
        found = [level.get(period) for level in levels]
        if any(o is None or o.value is None for o in found):
            continue
        values = np.array([o.value for o in found if o is not None], dtype=np.float64)
        shares = np.array([share for _, share in members])
        part = float((values * shares)[whole:].sum())
        factors.append(((total[period].value or 0.0) - float(values[:whole].sum())) / part)
    return float(np.clip(np.mean(factors), *_SCALE)) if factors else 1.0


def _basis(industry: Readings, period: Period) -> tuple[float, tuple[Observation, ...]] | None:
    """Implied over published base of all industry at a period."""
    level, growth, before = (
        industry.level.get(period), industry.growth.get(period), industry.level.get(period.year_before())
    )  # fmt: skip
    if level is None or growth is None or before is None or not before.value or not level.value:
        return None
    return level.value / (1 + (growth.value or 0.0) / 100) / before.value, (level, growth, before)


def _growth(
    found: Readings, period: Period, basis: tuple[float, tuple[Observation, ...]] | None
) -> tuple[float | None, tuple[Observation, ...]]:
    """Published growth; for money without one, the ratio of levels over the change of basis of all industry."""
    if (o := found.growth.get(period)) is not None and o.value is not None:
        return o.value, (o,)
    level, before = found.level.get(period), found.level.get(period.year_before())
    if basis is None or level is None or before is None or level.value is None or not before.value or before.value <= 0:
        return None, ()
    return (level.value / before.value / basis[0] - 1) * 100, (level, before, *basis[1])


def _weight(found: Readings, period: Period) -> Observation | None:
    """Full-year level of the newest year before a period, not too old."""
    for year in range(period.year - 1, period.year - 1 - _OLDEST_WEIGHTS, -1):
        o = found.level.get(ytd(year, 12))
        if o is not None and o.value is not None and o.value > 0:
            return o
    return None


def plain_flash(found: Flash) -> list[dict[str, object]]:
    """The lines as plain values, for programs; every period since the first."""

    def number(fact: Fact | None) -> float | None:
        return fact.value if fact is not None else None

    return [
        {
            "indicator": line.indicator, "reason": line.reason, "detail": line.detail,
            "readings": number(line.readings), "rmse": number(line.miss),
            "rmse_year_left_out": number(line.miss_by_year),
            "rmse_simple": number(line.simple), "simple": line.simple_name,
            "rows": [
                {
                    "period": row.period.code, "released": row.released, "announced": row.announced,
                    "value": number(row.value), "low": number(row.low), "high": number(row.high),
                    "published": number(row.published), "error": number(row.error), "coverage": number(row.coverage),
                    "reason": row.reason,
                }
                for row in line.history
            ],
        }
        for line in found.lines
    ]  # fmt: skip
