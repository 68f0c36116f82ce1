"""Numbers against each other (相互核对): months and cumulative figures, parts and wholes, growth, revisions, bodies."""

from __future__ import annotations

from itertools import pairwise

from qinggong.periods import Period, ytd
from qinggong.validate import plausibility as test
from qinggong.validate.evidence import Case, Found, doubt, text
from qinggong.validate.findings import Severity
from qinggong.validate.related import at, formula_parts, ratios_with, wholes
from qinggong.validate.rows import Key


def months(case: Case) -> Found:
    """A single month against the difference of two cumulative figures, each triple once."""
    limit = case.limits.cumulative.difference
    for name in dict.fromkeys(key[:4] for key in case.rows if key[3] == "level"):
        months = case.series.get((*name, "month"), {})
        sums = case.series.get((*name, "ytd"), {})
        for period, one in months.items():
            if period.last < 3:
                continue
            upto, before = ytd(period.year, period.last), ytd(period.year, period.last - 1)
            if upto not in sums or before not in sums:
                continue
            keys = [(*name, "month", period), (*name, "ytd", upto), (*name, "ytd", before)]
            row = next((r for k in keys if (r := case.rows.get(k)) is not None), None)
            difference = sums[upto].value - sums[before].value
            rounding = one.tolerance + sums[upto].tolerance + sums[before].tolerance
            if row is not None and abs(difference - one.value) - rounding > limit * abs(one.value):
                message = f"{period.last}月{text(one.value, row.unit)}与前后累计之差{text(difference, row.unit)}不符"
                expected = {
                    keys[0]: difference, keys[1]: sums[before].value + one.value, keys[2]: sums[upto].value - one.value
                }[row.key]  # fmt: skip
                yield doubt(case, row, "month-against-cumulative", "warning", message, text(expected, row.unit))


def falls(case: Case) -> Found:
    """A cumulative flow that must not fall in the course of a year; each pair of neighbours once."""
    for name in dict.fromkeys(key[:5] for key in case.rows if key[3] == "level" and key[4] == "ytd"):
        indicator = case.catalogue.indicators[name[2]]
        if indicator.nature != "flow" or indicator.code in case.limits.cumulative.may_fall:
            continue
        points = sorted(case.series[name].items())
        for (early, first), (late, second) in pairwise(points):
            if early.year != late.year or second.value >= first.value - first.tolerance - second.tolerance:
                continue
            row = case.rows.get((*name, late)) or case.rows.get((*name, early))
            if row is not None:
                message = f"1—{late.last}月累计小于1—{early.last}月累计{text(first.value, row.unit)}"
                yield doubt(case, row, "cumulative-falls", "warning", message, f"≥{text(first.value, row.unit)}")


def parts(case: Case) -> Found:
    """A part above its whole: other subjects of the same indicator, other indicators of the same subject."""
    limits = case.limits
    pairs: list[tuple[Key, Key]] = []
    for key in case.figures:
        if key[3] != "level":
            continue
        if key[2] in limits.parts.indicators:
            pairs += [(key, at(key, subject=w)) for w in wholes(key[0], case.catalogue, limits)]
        pairs += [(key, at(key, indicator=whole)) for part, whole in limits.not_above if part == key[2]]
    for part_key, whole_key in pairs:
        row = case.rows.get(part_key) or case.rows.get(whole_key)
        part, whole = case.figures[part_key], case.figures.get(whole_key)
        if row is None or whole is None or part.value <= whole.value + part.tolerance + whole.tolerance:
            continue
        severity: Severity = "error" if part.value > whole.value * (1 + limits.parts.over) else "warning"
        if row.key == part_key:
            message, expected = f"大于其所属全部的{text(whole.value, row.unit)}", f"≤{text(whole.value, row.unit)}"
        else:
            message, expected = f"小于其一部分的{text(part.value, row.unit)}", f"≥{text(part.value, row.unit)}"
        yield doubt(case, row, "part-above-whole", severity, message, expected)


def ratios(case: Case) -> Found:
    """A published ratio against numerator and denominator (share × total), each triple once."""
    slack, done = case.limits.ratios.slack, set[Key]()
    for key, row in case.rows.items():
        if row.measure != "level":
            continue
        own = [row.indicator.code] if formula_parts(row.indicator) else []
        for code in (*own, *ratios_with(row.indicator.code, case.catalogue)):
            ratio_key = at(key, indicator=code)
            names = formula_parts(case.catalogue.indicators[code])
            if names is None or ratio_key in done:
                continue
            keys = (ratio_key, at(key, indicator=names[0]), at(key, indicator=names[1]))
            ratio, part, whole = (case.figures.get(k) for k in keys)
            if ratio is None or part is None or whole is None or whole.value <= 0:
                continue
            done.add(ratio_key)
            low, high = test.ratio_range(
                part.value, whole.value, rounding=(part.tolerance, whole.tolerance), scale=_ratio_scale(case, keys)
            )
            room = ratio.tolerance + slack * abs(ratio.value)
            if not low - room <= ratio.value <= high + room:
                shown = case.rows.get(ratio_key) or row
                message = (
                    f"{case.catalogue.indicators[code].name}{ratio.value:g}与按分子分母计算的{(low + high) / 2:.4g}不符"
                )
                expected = f"{(low + high) / 2:.4g}" if shown.key == ratio_key else ""
                yield doubt(case, shown, "ratio-against-parts", "warning", message, expected)


def _ratio_scale(case: Case, keys: tuple[Key, Key, Key]) -> float:
    """100, with the factor between the units of numerator and denominator."""
    units = []
    for key in keys[1:]:
        indicator = case.catalogue.indicators[key[2]]
        units.append(case.catalogue.units.get(indicator.measures.get("level", "")))
    if units[0] is None or units[1] is None:
        return 100.0
    return 100.0 * float(units[0].factor / units[1].factor)


def growth(case: Case) -> Found:
    """Published growth against two levels, beyond what the comparable basis explains; each triple once."""
    limits, done = case.limits.growth_against_levels, set[Key]()
    for key in case.rows:
        for period in (key[5], _year_after(key[5])):
            level_key = at(key, measure="level", period=period)
            if level_key in done:
                continue
            keys = (at(key, measure="yoy", period=period), level_key, at(level_key, period=period.year_before()))
            growth, level, before = (case.figures.get(k) for k in keys)
            if growth is None or level is None or before is None:
                continue
            done.add(level_key)
            row = next((r for k in keys if (r := case.rows.get(k)) is not None), None)
            indicator = case.catalogue.indicators[key[2]]
            if row is None:
                continue
            if indicator.growth_basis == "points":
                implied: float | None = level.value - before.value
                rounding = level.tolerance + before.tolerance + growth.tolerance
                gap, limit = max(0.0, abs(growth.value - (implied or 0)) - rounding), limits.points
            else:
                implied = test.implied_growth(level.value, before.value)
                limit = limits.limit(indicator.code)
                gap = 0.0 if implied is None else test.growth_gap(
                    growth.value, implied, level=level.value, before=before.value,
                    rounding=(level.tolerance, before.tolerance),
                )  # fmt: skip
            if implied is None:
                continue
            opposite = test.contrary(growth.value, implied) and indicator.growth_basis != "points"
            if gap <= (limit * limits.sign if opposite else limit):
                continue
            rule = "growth-sign" if opposite else "growth-against-levels"
            unit = case.catalogue.canonical_unit(indicator.code, "yoy", row.subject)
            message = f"公布的同比{growth.value:g}{unit}与两年绝对量之比{implied:.1f}{unit}"
            message += "方向相反" if opposite else "相差过大"
            expected = f"{implied:.1f}{unit}" if row.key == keys[0] else ""
            yield doubt(case, row, rule, "warning", message, expected)


def _year_after(period: Period) -> Period:
    return Period(year=period.year + 1, first=period.first, last=period.last)


def revisions(case: Case) -> Found:
    """A later figure of the same body that differs more than its revisions do."""
    limits = case.limits.revisions
    past: dict[tuple[str, str], list[float]] = {}
    for key, versions in case.stored.items():
        for old, new in pairwise(versions):
            if old.publisher == new.publisher and (change := _change(key, old.value, new.value)):
                past.setdefault((key[2], key[3]), []).append(change)
    for key, row in case.rows.items():
        earlier = [
            v for v in case.stored.get(key, ())
            if v.publisher == row.publisher.code and v.value is not None and v.published_at != row.published_at
        ]  # fmt: skip
        if not earlier:
            continue
        before, value = earlier[-1].value or 0.0, float(row.value or 0)
        change = _change(key, before, value)
        points = row.indicator.growth_basis == "points"
        floor = limits.level if key[3] == "level" else limits.points if points else limits.growth
        known = past.get((key[2], key[3]), [])
        if test.large_revision(change, known, floor=floor, times=limits.times, least=limits.least):
            message = f"较同一机构此前公布的{text(before, row.unit)}修订过大"
            yield doubt(case, row, "large-revision", "warning", message, text(before, row.unit))


def _change(key: Key, old: float | None, new: float | None) -> float:
    """Relative change of a level, difference of a growth rate."""
    if old is None or new is None:
        return 0.0
    return new - old if key[3] != "level" else (new / old - 1 if old else 0.0)


def publishers(case: Case) -> Found:
    """Two bodies, one figure, two values; a row is held against what other bodies published and against its file."""
    for key, row in case.rows.items():
        value, tolerance = float(row.value or 0), float(row.tolerance)
        for other in case.stored.get(key, ()):
            if other.publisher == row.publisher.code or other.value is None:
                continue
            if test.differ(value, other.value, rounding=tolerance + other.tolerance):
                name = case.catalogue.publisher(other.publisher).name
                message = f"与{name}公布的{text(other.value, row.unit)}不一致"
                yield doubt(case, row, "publishers-differ", "warning", message, text(other.value, row.unit))
                break
