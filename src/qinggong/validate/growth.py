"""Published growth against the levels (增速与绝对量): beyond what the comparable basis explains.

Growth is computed for one set of enterprises in both years (可比口径), the levels are not. Of one year all months share
that set, so the base that growth implies differs from the level published a year before by nearly one factor all year:
a month is held against the others of its year first, and against the bare ratio only where there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from qinggong.periods import Period
from qinggong.validate import plausibility as test
from qinggong.validate.evidence import Case, Found, Gap, doubt, unusual
from qinggong.validate.findings import Finding
from qinggong.validate.related import Figure, at
from qinggong.validate.rows import Checked, Key

_ENOUGH = 3
"""From so many other months on the whole year is the measure; below, the earlier ones."""


@dataclass(frozen=True, slots=True)
class _Triple:
    """Growth, level and level a year before of one period.

    ``shift`` is how far they are apart (logarithm of the bases, or points for ratios), ``turned`` the same with the
    other sign of the growth, ``rounding`` what rounding explains of it; ``shift`` is ``None`` if one is not positive.
    """

    growth: Figure
    level: Figure
    before: Figure
    shift: float | None
    turned: float | None
    rounding: float
    row: Checked | None
    is_growth: bool


def growth(case: Case) -> Found:
    """Each triple with a new figure once: against its year, or against the bare ratio of the levels."""
    for name in _names(case):
        triples = _triples(case, name)
        points = case.catalogue.indicators[name.indicator].growth_basis == "points"
        limits = case.limits.growth_against_levels
        floor = limits.points_within_year if points else limits.within_year
        gaps, centres = [], dict[Period, float]()
        for period, triple in triples.items():
            centre = _centre(period, triples)
            if triple.shift is not None and centre is not None:
                centres[period] = centre[0]
                # Growth that agrees with the bare ratio of the levels needs no explanation by its year.
                size = min(abs(triple.shift - centre[0]), abs(triple.shift))
                room = triple.rounding + (floor if centre[1] < _ENOUGH else 0.0)
                gaps.append(Gap(period, size, max(0.0, size - room), triple.row))
        told = {gap.period for gap in unusual(gaps, case, floor=floor)}
        turned = set() if points else {
            gap.period for gap in unusual(gaps, case, floor=limits.turned + 0.01)
            if _is_turned(triples[gap.period], centres[gap.period], limits.turned)
        }  # fmt: skip
        for period, triple in triples.items():
            if triple.row is None:
                continue
            if period in centres:
                if period in told | turned:
                    yield _against_year(case, triple, centres[period], sign=period in turned, points=points)
            else:
                yield from _against_ratio(case, triple, points=points)
        if not points:
            yield from _whole_years(case, triples, limits.whole_year)


def _names(case: Case) -> list[Key]:
    """A key of each family of series (growth and level together) that has a new row."""
    found: dict[tuple[str, ...], Key] = {}
    for key in case.rows:
        if key.measure in ("yoy", "level"):
            found.setdefault((key.subject, key.region, key.indicator, key.span), key)
    return list(found.values())


def _triples(case: Case, name: Key) -> dict[Period, _Triple]:
    """The triples of a family in order of time."""
    dimension = name.dimension or case.dimension((name.subject, name.region, name.indicator))
    level_name = at(name, measure="level", dimension=dimension)
    growth_name = at(name, measure="yoy", dimension="")
    levels = case.series.get(level_name.series, {})
    points = case.catalogue.indicators[name.indicator].growth_basis == "points"
    found = {}
    for period, rate in sorted(case.series.get(growth_name.series, {}).items()):
        level, before = levels.get(period), levels.get(period.year_before())
        if level is None or before is None:
            continue
        keys = (
            growth_name._replace(period=period), level_name._replace(period=period),
            level_name._replace(period=period.year_before()),
        )  # fmt: skip
        row = next((r for k in keys if (r := case.rows.get(k)) is not None), None)
        if points:
            shift: float | None = rate.value - (level.value - before.value)
            turned: float | None = None
            rounding = rate.tolerance + level.tolerance + before.tolerance
        else:
            shift = test.base_shift(rate.value, level.value, before.value)
            turned = test.base_shift(-rate.value, level.value, before.value)
            rounding = 0.0 if shift is None else (
                level.tolerance / level.value + before.tolerance / before.value
                + rate.tolerance / (100 + rate.value)
            )  # fmt: skip
        is_growth = row is not None and row.key == keys[0]
        found[period] = _Triple(rate, level, before, shift, turned, rounding, row, is_growth)
    return found


def _centre(period: Period, triples: Mapping[Period, _Triple]) -> tuple[float, int] | None:
    """What the other months of the year say, and how many: the median shift; of the earlier ones if there are few."""
    year = {p: t.shift for p, t in triples.items() if p.year == period.year and p != period and t.shift is not None}
    if len(year) < _ENOUGH:
        year = {p: s for p, s in year.items() if p < period}
    return (test.median(list(year.values())), len(year)) if year else None


def _is_turned(triple: _Triple, centre: float, limit: float) -> bool:
    """True if the growth would fit its year with the other sign."""
    return triple.turned is not None and abs(triple.turned - centre) <= limit + triple.rounding


def _against_year(
    case: Case, triple: _Triple, centre: float, *, sign: bool, points: bool
) -> tuple[Checked, Finding]:  # fmt: skip
    row = triple.row
    assert row is not None
    level, before, unit = triple.level.value, triple.before.value, _unit(case, row)
    due = level - before + centre if points else (level / before / float(np.exp(centre)) - 1) * 100
    message = f"公布的同比{triple.growth.value:g}{unit}与按同年其他月份的口径由两年绝对量推算的{due:.1f}{unit}"
    message += "方向相反，像是正负号写反" if sign else "相差过大"
    expected = f"{due:.1f}{unit}" if triple.is_growth else ""
    return doubt(case, row, "growth-sign" if sign else "growth-against-levels", "warning", message, expected)


def _against_ratio(case: Case, triple: _Triple, *, points: bool) -> Found:
    """A month without others of its year: growth against the bare ratio of the levels, with wide limits."""
    row, limits = triple.row, case.limits.growth_against_levels
    assert row is not None
    level, before, rate = triple.level, triple.before, triple.growth.value
    if points:
        implied: float | None = level.value - before.value
        gap, limit = max(0.0, abs(rate - (implied or 0)) - triple.rounding), limits.points
    else:
        implied = test.implied_growth(level.value, before.value)
        limit = limits.limit(row.indicator.code)
        gap = 0.0 if implied is None else test.growth_gap(
            rate, implied, level=level.value, before=before.value, rounding=(level.tolerance, before.tolerance)
        )  # fmt: skip
    if implied is None:
        return
    opposite = test.contrary(rate, implied) and not points
    if gap <= (limit * limits.sign if opposite else limit):
        return
    unit = _unit(case, row)
    message = f"公布的同比{rate:g}{unit}与两年绝对量之比{implied:.1f}{unit}"
    message += "方向相反" if opposite else "相差过大"
    expected = f"{implied:.1f}{unit}" if triple.is_growth else ""
    yield doubt(case, row, "growth-sign" if opposite else "growth-against-levels", "warning", message, expected)


def _whole_years(case: Case, triples: Mapping[Period, _Triple], limit: float) -> Found:
    """A year whose base is shifted beyond any comparable basis: said once, when several of its months come in."""
    years: dict[int, list[_Triple]] = {}
    for period, triple in triples.items():
        if triple.shift is not None:
            years.setdefault(period.year, []).append(triple)
    for year, found in years.items():
        middle = test.median([t.shift for t in found if t.shift is not None])
        new = [t.row for t in found if t.row is not None]
        if len(new) > _ENOUGH and abs(middle) > limit:
            message = f"{year}年各月公布的同比所含的上年数，约为上年公布数的{np.exp(middle):.2g}倍（中位数），可比口径难以解释"
            yield doubt(case, new[-1], "growth-against-levels", "warning", message)


def _unit(case: Case, row: Checked) -> str:
    return case.catalogue.canonical_unit(row.indicator.code, "yoy", row.subject)
