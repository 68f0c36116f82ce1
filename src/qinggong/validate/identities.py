"""Numbers against each other (相互核对): months and cumulative figures, parts and wholes, shares, revisions, bodies."""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from qinggong.periods import Period, ytd
from qinggong.periods import name as period_name
from qinggong.validate import plausibility as test
from qinggong.validate.evidence import Case, Found, Gap, comparable, doubt, scale, text, unusual
from qinggong.validate.findings import Severity
from qinggong.validate.related import SHARE, Figure, at, formula_parts, nation, ratios_with, wholes
from qinggong.validate.rows import Checked, Key

_SINGLE = ("month", "quarter", "half")
_CLEARLY = 0.1
"""Powers of ten by which one of two figures must be further from its history to be the one in doubt."""


def months(case: Case) -> Found:
    """A single month, quarter or half-year against the difference of two cumulative figures, each triple once.

    Cumulative figures are revised and single ones are not, each series to its own degree: what exceeds the record of
    the series is doubted, and a series that mostly does not fit, once, when much of it comes in.
    """
    limits = case.limits.cumulative
    for key in _names(case, spans=(*_SINGLE, "ytd")):
        if case.catalogue.indicators[key.indicator].nature != "flow":
            continue
        triples = list(_triples(case, key))
        gaps = [gap for gap, *_ in triples]
        told = {gap.period for gap in unusual(gaps, case)}
        mine = sum(1 for g in gaps if g.row is not None)
        mostly = sorted(g.size for g in gaps)[len(gaps) // 2] if mine >= case.limits.record.least else 0.0
        for gap, keys, single, difference, sums in triples:
            if gap.period not in told or gap.row is None:
                continue
            if gap.left * sums[0].value <= limits.difference * abs(single.value) or gap.left <= limits.of_sum:
                continue
            unit, what = gap.row.unit, period_name(gap.period, with_year=False)
            message = f"{what}{text(single.value, unit)}与前后累计之差{text(difference, unit)}不符"
            expected = dict(zip(keys, (difference, sums[1].value + single.value, sums[0].value - single.value),
                                strict=True))[gap.row.key]  # fmt: skip
            yield doubt(case, gap.row, "month-against-cumulative", "warning", message, text(expected, unit))
        row = next((g.row for g in reversed(gaps) if g.row is not None), None)
        if mostly > limits.mostly and row is not None:
            message = f"本序列{len(gaps)}个时期的单月数与前后累计之差多数不符（中位数为累计数的{mostly:.1%}）"
            yield doubt(case, row, "month-against-cumulative", "warning", message)


def _names(case: Case, *, spans: tuple[str, ...]) -> list[Key]:
    """A key of each family of level series with a new row in one of the spans, all spans of a family taken together."""
    found: dict[tuple[str, ...], Key] = {}
    for key in case.rows:
        if key.measure == "level" and key.span in spans:
            found.setdefault((key.subject, key.region, key.indicator, key.dimension), key)
    return list(found.values())


def _triples(case: Case, name: Key) -> Iterator[tuple[Gap, tuple[Key, Key, Key], Figure, float, tuple[Figure, Figure]]]:
    """Single figure, cumulative figure up to its end and before its start, in order of time."""
    sums = case.series.get(name._replace(span="ytd").series, {})
    singles = [
        (period, span, figure) for span in _SINGLE
        for period, figure in case.series.get(name._replace(span=span).series, {}).items()
    ]  # fmt: skip
    for period, span, single in sorted(singles, key=lambda s: s[0]):
        if period.first < 2 or period.last < 3:
            continue
        upto, before = sums.get(ytd(period.year, period.last)), sums.get(ytd(period.year, period.first - 1))
        if upto is None or before is None or upto.value <= 0:
            continue
        keys = (
            name._replace(span=span, period=period),
            name._replace(span="ytd", period=ytd(period.year, period.last)),
            name._replace(span="ytd", period=ytd(period.year, period.first - 1)),
        )
        difference = upto.value - before.value
        size = abs(difference - single.value) / upto.value
        rounding = (single.tolerance + upto.tolerance + before.tolerance) / upto.value
        row = next((r for k in keys if (r := case.rows.get(k)) is not None), None)
        yield Gap(period, size, max(0.0, size - rounding), row), keys, single, difference, (upto, before)


def falls(case: Case) -> Found:
    """A cumulative flow that must not fall in the course of a year; each pair of neighbours once."""
    for name in _names(case, spans=("ytd",)):
        indicator = case.catalogue.indicators[name.indicator]
        if indicator.nature != "flow" or indicator.code in case.limits.cumulative.may_fall:
            continue
        name = name._replace(span="ytd")
        points = sorted(case.series[name.series].items())
        gaps: list[Gap] = []
        earlier: dict[Period, tuple[Period, Figure]] = {}
        for (early, first), (late, second) in pairwise(points):
            if early.year != late.year or first.value <= 0:
                continue
            fall = (first.value - second.value - first.tolerance - second.tolerance) / first.value
            row = case.rows.get(name._replace(period=late)) or case.rows.get(name._replace(period=early))
            gaps.append(Gap(late, max(0.0, fall), max(0.0, fall), row))
            earlier[late] = (early, first)
        for gap in unusual(gaps, case):
            if gap.row is not None:
                early, first = earlier[gap.period]
                before = text(first.value, gap.row.unit)
                message = f"1—{gap.period.last}月累计小于1—{early.last}月累计{before}"
                yield doubt(case, gap.row, "cumulative-falls", "warning", message, f"≥{before}")


def parts(case: Case) -> Found:
    """A part above its whole: other subjects of the same indicator, other indicators of the same subject."""
    limits = case.limits
    pairs: list[tuple[Key, Key]] = []
    for key in case.figures:
        if key.measure != "level":
            continue
        if key.indicator in limits.parts.indicators:
            pairs += [(key, at(key, subject=w)) for w in wholes(key.subject, case.catalogue, limits)]
        pairs += [(key, at(key, indicator=whole)) for part, whole in limits.not_above if part == key.indicator]
    for part_key, whole_key in pairs:
        part, whole = case.figures[part_key], case.figures.get(whole_key)
        if whole is None or part.value <= whole.value + part.tolerance + whole.tolerance:
            continue
        row = _stranger(case, case.rows.get(part_key), case.rows.get(whole_key))
        if row is None:
            continue
        severity: Severity = "error" if part.value > whole.value * (1 + limits.parts.over) else "warning"
        if row.key == part_key:
            message, expected = f"大于其所属全部的{text(whole.value, row.unit)}", f"≤{text(whole.value, row.unit)}"
        else:
            message, expected = f"小于其一部分的{text(part.value, row.unit)}", f"≥{text(part.value, row.unit)}"
        yield doubt(case, row, "part-above-whole", severity, message, expected)


def _stranger(case: Case, part: Checked | None, whole: Checked | None) -> Checked | None:
    """Of two new rows that contradict each other the one that is further from its own history."""
    if part is None or whole is None:
        return part or whole
    part_away, whole_away = (_away(case, row) for row in (part, whole))
    return whole if whole_away > part_away + _CLEARLY else part


def _away(case: Case, row: Checked) -> float:
    """How many powers of ten a level is from the median of its comparable figures; 0 without any."""
    value, history = abs(float(row.value or 0)) / scale(row, row.period), np.abs(comparable(case, row))
    middle = test.median(history) if history.size else 0.0
    return abs(math.log10(value / middle)) if value and middle else 0.0


def ratios(case: Case) -> Found:
    """A published ratio against numerator and denominator, each triple once."""
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
        indicator = case.catalogue.indicators[key.indicator]
        units.append(case.catalogue.units.get(indicator.measures.get("level", "")))
    if units[0] is None or units[1] is None:
        return 100.0
    return 100.0 * float(units[0].factor / units[1].factor)


def shares(case: Case) -> Found:
    """A share of the national total against part and total (占比×总量＝部分), each triple once.

    A share that does not say of what is held against the one or more indicators that it can mean; it is doubted if it
    fits none of those that are known.
    """
    limits = case.limits.shares
    for key, share in case.figures.items():
        if key.measure != "share" and not (key.indicator == SHARE and key.measure == "level"):
            continue
        kind, whole_subject = key.subject.partition(":")[0], nation(key.subject, case.limits)
        codes = (key.indicator,) if key.measure == "share" else limits.of.get(kind, ())
        if not whole_subject or key.region != "CN":
            continue
        known: list[tuple[Checked, float, float, float, bool]] = []
        for code in codes:
            part_key = at(key, indicator=code, measure="level")
            whole_key = at(part_key, subject=whole_subject)
            part, whole = case.figures.get(part_key), case.figures.get(whole_key)
            row = next((r for k in (key, part_key, whole_key) if (r := case.rows.get(k)) is not None), None)
            if part is None or whole is None or whole.value <= 0 or row is None:
                continue
            low, high = test.ratio_range(
                part.value, whole.value, rounding=(part.tolerance, whole.tolerance), scale=100.0
            )
            room = share.tolerance + limits.slack * abs(share.value)
            known.append((row, low, high, part.value, low - room <= share.value <= high + room))
        if known and not any(fits for *_, fits in known):
            row, low, high, part_value, _ = known[0]
            middle = (low + high) / 2
            message = f"占比{share.value:g}%与部分除以全国合计所得的{middle:.4g}%不符"
            total = part_value / (middle / 100) if middle else 0.0
            expected = (
                f"{middle:.4g}%" if row.key == key
                else text(total * share.value / 100, row.unit) if row.key.subject == key.subject
                else text(part_value / share.value * 100, row.unit) if share.value else ""
            )  # fmt: skip
            yield doubt(case, row, "ratio-against-parts", "warning", message, expected)


def revisions(case: Case) -> Found:
    """A later figure of the same body that differs more than its revisions do."""
    limits = case.limits.revisions
    past: dict[tuple[str, str], list[float]] = {}
    for key, versions in case.stored.items():
        for old, new in pairwise(versions):
            if old.publisher == new.publisher and (change := _change(key, old.value, new.value)):
                past.setdefault((key.indicator, key.measure), []).append(change)
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
        floor = limits.level if key.measure == "level" else limits.points if points else limits.growth
        known = past.get((key.indicator, key.measure), [])
        if test.large_revision(change, known, floor=floor, times=limits.times, least=limits.least):
            message = f"较同一机构此前公布的{text(before, row.unit)}修订过大"
            yield doubt(case, row, "large-revision", "warning", message, text(before, row.unit))


def _change(key: Key, old: float | None, new: float | None) -> float:
    """Relative change of a level, difference of a growth rate or a share."""
    if old is None or new is None:
        return 0.0
    return new - old if key.measure != "level" else (new / old - 1 if old else 0.0)


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
