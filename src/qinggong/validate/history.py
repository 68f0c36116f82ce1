"""A number against its own past (与历史比较): bounds, slips of the unit, breaks, values far from their history."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator

import numpy as np

from qinggong.periods import Period, month, ytd
from qinggong.validate import plausibility as test
from qinggong.validate.evidence import CHECK, Case, Found, Pool, doubt, scale, text
from qinggong.validate.findings import Finding, Severity
from qinggong.validate.plausibility import Array
from qinggong.validate.related import at
from qinggong.validate.rows import Checked


def bounds(case: Case) -> Found:
    for row in case.rows.values():
        limits = case.limits.bounds.get(row.indicator.code)
        if limits and row.measure == "level" and not limits[0] <= float(row.value or 0) <= limits[1]:
            low, high = limits
            yield doubt(
                case, row, "out-of-bounds", "error", f"{row.indicator.name}按定义在{low:g}与{high:g}之间",
                f"{low:g}—{high:g}{row.unit}",
            )  # fmt: skip


def _pool(case: Case, row: Checked) -> Pool:
    """All figures of a row's series that are comparable over time, made once for a series."""
    series = row.key[:5]
    if series not in case.pools:
        found = dict(case.series.get(series, {}))
        if series[4] == "month":
            first = case.series.get((*series[:4], "ytd"), {})
            found |= {p: f for p, f in first.items() if p.is_jan_feb}
        points = sorted(found.items())
        case.pools[series] = Pool(
            np.array([_time(p) for p, _ in points], dtype=np.int64),
            np.array([f.value / scale(row, p) for p, f in points], dtype=np.float64),
            np.array([f.row == 0 for _, f in points], dtype=np.bool_),
        )
    return case.pools[series]


def _history(case: Case, row: Checked) -> Array:
    """The nearest comparable figures in time, without that of the row's own period.

    Stored ones only if there are enough of them: a file does not vouch for itself.
    """
    pool, own = _pool(case, row), _time(row.period)
    chosen = pool.times != own
    if _is_held_enough(case, row):
        chosen &= pool.held
    order = np.argsort(np.abs(pool.times[chosen] - own), kind="stable")
    nearest: Array = pool.values[chosen][order[: case.limits.history.nearest]]
    return nearest


def _time(period: Period) -> int:
    return period.year * 12 + period.last


def _is_held_enough(case: Case, row: Checked) -> bool:
    pool = _pool(case, row)
    return int(np.count_nonzero(pool.held & (pool.times != _time(row.period)))) >= case.limits.history.least


def _level_distance(value: float, history: Array, case: Case) -> float:
    limits = case.limits.history
    if history.size and history.min() > 0 and value > 0:
        return test.distance(math.log(value), np.log(history), floor=limits.level_floor, least=limits.least)
    floor = max(0.25 * abs(float(np.median(history))) if history.size else 0.0, 1e-9)
    return test.distance(value, history, floor=floor, least=limits.least)


def unit_slips(case: Case) -> Found:
    """A level off by a power of ten: an error where both the expected value and the history say so."""
    slips = case.limits.slips
    broken = yield from _unit_breaks(case)
    for row in case.rows.values():
        value = float(row.value or 0)
        if row.measure != "level" or value <= 0 or row.row in broken:
            continue
        history, months = _history(case, row), scale(row, row.period)
        own = value / months
        known = history.size >= case.limits.history.least
        far = known and _level_distance(own, history, case) > slips.far
        far = far and (history.min() <= 0 or test.outside(own, history, beyond=slips.beyond))
        if known and not far:
            continue
        exact = [(p, e) for e in _expected(case, row) if (p := test.slip(value, e, within=slips.within))]
        if exact:
            power, expected = exact[0]
            severity: Severity = "error" if far else "warning"
            message = f"数值约为应有数值的{_times(power)}，像是单位或小数点错位"
            yield doubt(case, row, "unit-slip", severity, message, text(expected, row.unit))
        elif far and float(np.median(history)) > 0:
            expected = float(np.median(history)) * months
            ratio = math.log10(value / expected)
            power = min(slips.powers, key=lambda p: abs(p - ratio))
            if abs(power - ratio) <= slips.near:
                message = f"数值约为历史中位数的{_times(power)}，可能是单位或小数点错位"
                yield doubt(case, row, "unit-slip", "warning", message, text(expected, row.unit))


def _times(power: int) -> str:
    words = {
        1: "10倍",
        2: "100倍",
        3: "1000倍",
        4: "1万倍",
        -1: "十分之一",
        -2: "百分之一",
        -3: "千分之一",
        -4: "万分之一",
    }
    return words.get(power, f"10的{power}次方")


def _unit_breaks(case: Case) -> Generator[tuple[Checked, Finding], None, set[int]]:
    """Where a series jumps by a power of ten and stays; which side is wrong only a person can say."""
    slips = case.limits.slips
    rows = {(key[:5], key[5]): row for key, row in case.rows.items() if row.measure == "level"}
    passed: set[int] = set()
    for series in dict.fromkeys(identity for identity, _ in rows):
        points = sorted(case.series[series].items())
        if sum(1 for _, f in points if not f.row) >= case.limits.history.least:
            continue
        row = next(r for (s, _), r in rows.items() if s == series)
        values = np.array([f.value / scale(row, p) for p, f in points], dtype=np.float64)
        for position, power in test.breaks(values, powers=slips.powers, within=slips.near, run=slips.run):
            after = rows.get((series, points[position][0])) or rows.get((series, points[position - 1][0]))
            if after is None:
                continue
            passed |= {f.row for _, f in points if f.row}
            before = text(points[position - 1][1].value, row.unit)
            message = f"自此数值约为此前的{_times(power)}（此前{before}），像是单位改变"
            yield doubt(case, after, "unit-break", "warning", message, "", "请核对前后的单位；" + CHECK)
    return passed


def _expected(case: Case, row: Checked) -> Iterator[float]:
    """What the level should be, by evidence: other versions of it, its growth, its cumulative figures, its season.

    Levels of the same file count only where too few are stored: a file in a wrong unit agrees with itself.
    """
    key, held = row.key, _is_held_enough(case, row)

    def level(period: Period) -> float | None:
        found = case.figures.get(at(key, period=period))
        return None if found is None or (held and found.row) else found.value

    for version in reversed(case.stored.get(key, ())):
        if version.value is not None:
            yield version.value
    year, last = row.period.year, row.period.last
    before, growth = level(row.period.year_before()), case.figures.get(at(key, measure="yoy"))
    if before is not None and growth is not None and row.indicator.growth_basis != "points":
        yield before * (1 + growth.value / 100)
    if row.indicator.nature == "flow" and last >= 3:
        single = row.period.kind == "month"
        earlier, beside = level(ytd(year, last - 1)), level(ytd(year, last) if single else month(year, last))
        if earlier is not None and beside is not None:
            yield beside - earlier if single else beside + earlier
    yield from _seasonal(case, row, only_held=held)


def _seasonal(case: Case, row: Checked, *, only_held: bool) -> Iterator[float]:
    """The same season of a year beside, moved by the growth that the series had around."""
    series = {p: f for p, f in case.series.get(row.key[:5], {}).items() if not (only_held and f.row)}
    own = _time(row.period)
    steps = sorted(
        (abs(_time(p) - own), math.log(f.value / series[p.year_before()].value))
        for p, f in series.items()
        if p != row.period and p.year_before() in series and p.year_before() != row.period
        if f.value > 0 and series[p.year_before()].value > 0
    )[:5]
    growth = math.exp(float(np.median([s for _, s in steps]))) if steps else 1.0
    after = Period(year=row.period.year + 1, first=row.period.first, last=row.period.last)
    if (f := series.get(row.period.year_before())) is not None:
        yield f.value * growth
    if (f := series.get(after)) is not None:
        yield f.value / growth


def far(case: Case) -> Found:
    limits = case.limits.history
    for row in case.rows.values():
        value, history = float(row.value or 0) / scale(row, row.period), _history(case, row)
        if history.size < limits.least or history.min() <= value <= history.max():
            continue
        if row.measure == "level":
            away, far = _level_distance(value, history, case), limits.level_far
        else:
            away = test.distance(value, history, floor=limits.growth_floor, least=limits.least)
            far = limits.growth_far
        if away > far:
            middle = float(np.median(history)) * scale(row, row.period)
            message = f"与本序列其他{history.size}个可比数字相比过远（离散度的{away:.0f}倍）"
            yield doubt(case, row, "far-from-history", "warning", message, text(middle, row.unit))
