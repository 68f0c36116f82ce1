"""Direct against indirect adjustment (直接调整与间接调整): a group's members added up, and their adjusted figures added up.

Only where every member of the group was adjusted over one span: a sum that lacks a member is no aggregate. Comparable
levels stand on the prices and the sample of the last year, so that they may be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from qinggong.catalogue.bulletins import MomentumPlan
from qinggong.methods.direct_indirect import compare_adjustments
from qinggong.monitor.facts import AdjustedSum, Fact, Lineage, fixed
from qinggong.monitor.movements import Desk

if TYPE_CHECKING:
    from qinggong.monitor.adjust import Adjusted

FEWEST_MONTHS = 60
METHOD = "regARIMA–X-11, direct and indirect"


def adjusted_sums(desk: Desk, plan: MomentumPlan, told: Sequence[Adjusted]) -> tuple[AdjustedSum, ...]:
    """The comparison for each planned series whose group was adjusted as a whole."""
    found = []
    for series in plan.series:
        if not series.group:
            continue
        group = desk.catalogue.groups[series.group]
        wanted = [m.subjects[0] for m in group.members if m.subjects]
        indicator = desk.catalogue.indicator(series.indicator)
        parts = [a for a in told if a.indicator.code == indicator.code and a.subject.key in wanted]
        if len(parts) < max(2, len(group.members)) or not _of_one_span(parts):
            continue
        one = _compared(desk, group.code, group.name, parts)
        if one is not None:
            found.append(one)
    return tuple(found)


def _of_one_span(parts: Sequence[Adjusted]) -> bool:
    spans = {(p.harmonised.start_year * 12 + p.first, p.adjusted.size, p.harmonised.block) for p in parts}
    return len(spans) == 1 and parts[0].adjusted.size >= FEWEST_MONTHS


def _compared(desk: Desk, code: str, name: str, parts: Sequence[Adjusted]) -> AdjustedSum | None:
    from qinggong.methods.seasonal_adjustment import seasonal_adjust

    first = parts[0]
    start = first.harmonised.start_year + first.first // 12
    whole = np.sum([p.original for p in parts], axis=0)
    result = seasonal_adjust(whole, f"{start}-01", jan_feb="combined" if first.harmonised.block else None)
    row = first.adjusted.size - 1
    before = first.row_before(row)
    if result.diagnostics.verdict == "not adjustable" or before < 0:
        return None
    compared = compare_adjustments(result.adjusted, np.stack([p.adjusted for p in parts], axis=1))
    moves = [series[row] / series[before] * 100 - 100 for series in (compared.direct, compared.indirect)]
    deviation = compared.mean_absolute_deviation
    if not np.isfinite([*moves, deviation]).all():
        return None
    period, indicator = first.period(row), first.indicator
    lineage = Lineage(tuple(sorted({i for p in parts for i in p.harmonised.inputs})), METHOD)

    def fact(key: str, label: str, value: float, unit: str, digits: int) -> Fact:
        text = fixed(float(value), digits)
        identifier = f"group:{code}/{indicator.code}/{key}/{period.code}"
        label = f"{name}{indicator.name}合计{label}"
        return desk.book.add(Fact(identifier, label, float(text), text, unit, period, "computed", lineage))

    return AdjustedSum(
        name, indicator.code, indicator.name, period,
        fact("sa_parts", "的部分", float(len(parts)), "个", 0), fact("sa_direct", "直接季调环比", moves[0], "%", 1),
        fact("sa_indirect", "间接季调环比", moves[1], "%", 1), fact("sa_deviation", "两种季调结果平均相差", deviation, "%", 2),
    )  # fmt: skip
