"""Slips of the unit and of the decimal point (单位错位): a number off by a power of ten, a series that jumps by one.

Two kinds of evidence make an error. Figures that are tied to the number (the difference of two cumulative figures,
another release of it, its growth and the figure of the year before) say what it should be within a few percent. Or its
own history does it alone: the number lies far outside all of it, and moved by the power in its midst.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import numpy as np

from qinggong.periods import Period, month, ytd
from qinggong.validate import plausibility as test
from qinggong.validate.evidence import (
    CHECK,
    Case,
    Found,
    comparable,
    doubt,
    held_enough,
    is_seasonal,
    scale,
    text,
    time,
)
from qinggong.validate.findings import Finding, Severity
from qinggong.validate.history import level_distance
from qinggong.validate.plausibility import Array
from qinggong.validate.related import Figure, at
from qinggong.validate.rows import Checked
from qinggong.validate.rules import MAY_BE_NEGATIVE

_WORDS = {1: "10倍", 2: "100倍", 3: "1000倍", 4: "1万倍", 5: "10万倍", 6: "100万倍", 7: "1000万倍", 8: "1亿倍"}
_PARTS = {1: "十分之一", 2: "百分之一", 3: "千分之一", 4: "万分之一", 5: "十万分之一", 6: "百万分之一", 8: "亿分之一"}


def unit_slips(case: Case) -> Found:
    broken = yield from _unit_breaks(case)
    for row in case.rows.values():
        if row.row in broken or not row.value:
            continue
        if row.measure in ("level", "share"):
            yield from _level(case, row)
        else:
            yield from _growth(case, row)


def _level(case: Case, row: Checked) -> Found:
    slips, value, months = case.limits.slips, float(row.value or 0), scale(row, row.period)
    history, own = comparable(case, row), value / months
    known = history.size >= case.limits.history.least
    far = known and abs(level_distance(own, history, case)) > slips.far
    far = far and (history.min() <= 0 or own <= 0 or test.outside(own, history, beyond=slips.beyond, trim=slips.trim))
    alone = _alone(case, row, own, history) if history.size >= slips.few else None
    if known and (not (far or alone) or is_seasonal(case, row)):
        return
    tied = list(_tied(case, row))
    exact = _exact(value, tied, case)
    seasonal = _exact(value, _seasonal(case, row, only_held=held_enough(case, row)), case)
    if not known and exact is None:
        alone = None  # A short history shows nothing by itself; see ``short_history``.
    certain = alone is not None
    certain |= exact is not None and far
    certain |= seasonal is not None and far and abs(seasonal[0]) >= slips.error
    confirmed = any(abs(value / e - 1) <= slips.alone.confirms for e in tied if e)
    severity: Severity = "error" if certain and not confirmed else "warning"
    if best := exact or seasonal:
        power, expected = best
        message = f"数值约为应有数值的{times(power)}，像是单位或小数点错位"
        yield doubt(case, row, "unit-slip", severity, message, text(expected, row.unit))
    elif alone:
        yield _by_history(case, row, history, alone, severity)
    elif far and test.median(history) > 0 and value > 0:
        expected = test.median(history) * months
        ratio = math.log10(value / expected)
        power = min((*slips.powers, *slips.alone.both), key=lambda p: abs(p - ratio))
        if abs(power - ratio) <= slips.near:
            message = f"数值约为历史中位数的{times(power)}，可能是单位或小数点错位"
            yield doubt(case, row, "unit-slip", "warning", message, text(expected, row.unit))


def _by_history(case: Case, row: Checked, history: Array, power: int, severity: Severity) -> tuple[Checked, Finding]:
    expected = test.median(np.abs(history)) * scale(row, row.period)
    message = f"数值远在本序列{history.size}个可比数字之外，约为其{times(power)}，像是单位或小数点错位"
    return doubt(case, row, "unit-slip", severity, message, text(expected, row.unit))


def short_history(case: Case) -> Found:
    """A level far above the few figures known of its series: a hint, after all that could prove it has been tried.

    Far below is no hint: small amounts are common in short series, of trade above all.
    """
    for row in case.rows.values():
        history = comparable(case, row)
        if row.measure == "level" and row.value and case.limits.slips.few <= history.size < case.limits.history.least:
            power = _alone(case, row, float(row.value) / scale(row, row.period), history)
            if power is not None and power > 0:
                yield _by_history(case, row, history, power, "warning")


def _alone(case: Case, row: Checked, own: float, history: Array) -> int | None:
    """The power by which the history alone shows a slip; profits pass through zero, so a small one alone is none."""
    limits, least = case.limits.slips.alone, -1
    if row.indicator.code in MAY_BE_NEGATIVE:
        least = -case.limits.slips.error
    powers = [p for p in limits.both if p > 0 or (p <= least and min(own, history.min()) > 0)]
    return test.slip_by_record(
        own, history, powers=powers, beyond=limits.beyond, inside=limits.inside, trim=case.limits.slips.trim
    )


def _exact(value: float, expected: Iterator[float] | list[float], case: Case) -> tuple[int, float] | None:
    return next(((p, e) for e in expected if (p := test.slip(value, e, within=case.limits.slips.within))), None)


def _growth(case: Case, row: Checked) -> Found:
    """A growth rate far above all of its history that is in its midst without some zeros."""
    limits, value, history = case.limits.slips.alone, float(row.value or 0), comparable(case, row)
    if history.size < case.limits.history.least:
        return
    power = test.slip_by_record(
        value, history, powers=limits.powers, beyond=limits.growth_beyond, inside=limits.inside,
        trim=case.limits.slips.trim, floor=limits.growth_floor,
    )  # fmt: skip
    if power is None or abs(value) <= limits.growth_beyond * limits.growth_floor:
        return
    implied = _implied(case, row)
    if implied is not None and abs(value / implied - 1) <= limits.confirms:
        return
    # Growth of an industry that hardly exports jumps by thousands of per cent: there a person must look.
    calm = test.trimmed_range(np.abs(history), trim=case.limits.slips.trim)[1] <= limits.growth_calm
    severity: Severity = "error" if calm else "warning"
    message = f"数值远在本序列{history.size}个可比数字之外，约为其{times(power)}，像是单位或小数点错位"
    yield doubt(case, row, "unit-slip", severity, message, text(value / 10.0**power, row.unit))


def _implied(case: Case, row: Checked) -> float | None:
    """Growth that the levels of the year and of the year before say; ``None`` if that is unknown or 0."""
    key = row.key
    dimension = case.dimension((key.subject, key.region, key.indicator))
    level = case.figures.get(at(key, measure="level", dimension=dimension))
    before = case.figures.get(at(key, measure="level", period=key.period.year_before(), dimension=dimension))
    if row.measure != "yoy" or level is None or before is None:
        return None
    if row.indicator.growth_basis == "points":
        return (level.value - before.value) or None
    return test.implied_growth(level.value, before.value) or None


def times(power: int) -> str:
    """How many times, in Chinese words."""
    return (_WORDS if power > 0 else _PARTS).get(abs(power), f"10的{power}次方")


def _unit_breaks(case: Case) -> Generator[tuple[Checked, Finding], None, set[int]]:
    """Where a series jumps by a power of ten and stays; which side is wrong only a person can say."""
    slips = case.limits.slips
    rows = {(key.series, key.period): row for key, row in case.rows.items() if row.measure == "level"}
    passed: set[int] = set()
    one_of = {series: row for (series, _), row in rows.items()}
    for series, row in one_of.items():
        points = sorted(case.series[series].items())
        if sum(1 for f in case.record(row.key).values() if not f.row) >= case.limits.history.least:
            continue
        values = np.array([f.value / scale(row, p) for p, f in points], dtype=np.float64)
        for position, power in test.breaks(values, powers=slips.powers, within=slips.near, run=slips.run):
            after = rows.get((series, points[position][0])) or rows.get((series, points[position - 1][0]))
            if after is None:
                continue
            near = case.limits.history.nearest
            passed |= {f.row for _, f in points[max(0, position - near) : position + near] if f.row}
            before = text(points[position - 1][1].value, row.unit)
            message = f"自此数值约为此前的{times(power)}（此前{before}），像是单位改变"
            yield doubt(case, after, "unit-break", "warning", message, "", "请核对前后的单位；" + CHECK)
    return passed


def _tied(case: Case, row: Checked) -> Iterator[float]:
    """What figures that are tied to the level say: other versions of it, its growth, its cumulative figures.

    Levels of the same file count only where too few are stored: a file in a wrong unit agrees with itself.
    """
    key, held = row.key, held_enough(case, row)

    def level(period: Period) -> float | None:
        found = case.known(at(key, period=period))
        return None if found is None or (held and found.row) else found.value

    for version in reversed(case.stored.get(key, ())):
        if version.value is not None:
            yield version.value
    if row.measure != "level":
        return
    year, first, last = row.period.year, row.period.first, row.period.last
    before, growth = level(row.period.year_before()), case.figures.get(at(key, measure="yoy"))
    if before is not None and growth is not None and row.indicator.growth_basis != "points":
        yield before * (1 + growth.value / 100)
    if row.indicator.nature == "flow" and last >= 3:
        single = first > 1
        earlier = level(ytd(year, first - 1 if single else last - 1))
        beside = level(ytd(year, last) if single else month(year, last))
        if earlier is not None and beside is not None:
            yield beside - earlier if single else beside + earlier


def _seasonal(case: Case, row: Checked, *, only_held: bool) -> Iterator[float]:
    """The same season of a year beside, moved by the growth that the series had around."""
    series: dict[Period, Figure] = {p: f for p, f in case.record(row.key).items() if not (only_held and f.row)}
    own = time(row.period)
    steps = sorted(
        (abs(time(p) - own), math.log(f.value / series[p.year_before()].value))
        for p, f in series.items()
        if p != row.period and p.year_before() in series and p.year_before() != row.period
        if f.value > 0 and series[p.year_before()].value > 0
    )[:5]
    growth = math.exp(test.median([s for _, s in steps])) if steps else 1.0
    after = Period(year=row.period.year + 1, first=row.period.first, last=row.period.last)
    if (f := series.get(row.period.year_before())) is not None:
        yield f.value * growth
    if (f := series.get(after)) is not None:
        yield f.value / growth
