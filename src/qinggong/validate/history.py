"""A number against its definition and its own past (与历史比较): bounds, values far from their history."""

from __future__ import annotations

import math
from fnmatch import fnmatchcase

import numpy as np

from qinggong.validate import plausibility as test
from qinggong.validate.evidence import Case, Found, comparable, doubt, is_seasonal, scale, text
from qinggong.validate.plausibility import Array
from qinggong.validate.rows import Checked, Key
from qinggong.validate.rules import MAY_BE_NEGATIVE


def bounds(case: Case) -> Found:
    for row in case.rows.values():
        code = row.indicator.code
        limits = next((b for pattern, b in case.limits.bounds.items() if fnmatchcase(code, pattern)), None)
        if row.measure == "share":
            limits = None if code in MAY_BE_NEGATIVE else (0.0, 100.0)
        if limits and row.measure in ("level", "share") and not limits[0] <= float(row.value or 0) <= limits[1]:
            low, high = limits
            what = f"{row.indicator.name}占比" if row.measure == "share" else row.indicator.name
            yield doubt(
                case, row, "out-of-bounds", "error", f"{what}按定义在{low:g}与{high:g}之间",
                f"{low:g}—{high:g}{row.unit}",
            )  # fmt: skip


def level_distance(value: float, history: Array, case: Case) -> float:
    """Robust distance of a level from its history, signed, in logarithms where all of it is positive."""
    limits = case.limits.history
    if history.size and history.min() > 0 and value > 0:
        return test.distance(math.log(value), np.log(history), floor=limits.level_floor, least=limits.least)
    floor = max(limits.signed_floor * abs(test.median(history)) if history.size else 0.0, 1e-9)
    return test.distance(value, history, floor=floor, least=limits.least)


def far(case: Case) -> Found:
    """Values far from their history, but for what many series of one indicator have in common in a period.

    A shock moves all industries at once: that is said once, of the one that moved most, and each is held against the
    common movement.
    """
    limits, away = case.limits.history, dict[Key, tuple[float, Array]]()
    groups: dict[tuple[str, ...], list[Key]] = {}
    for key, row in case.rows.items():
        history = comparable(case, row)
        if history.size < limits.least:
            continue
        away[key] = (_distance(case, row, history), history)
        kind = key.subject.partition(":")[0]
        groups.setdefault((kind, key.region, key.indicator, key.measure, key.period.code), []).append(key)
    for keys in groups.values():
        common = test.median([away[k][0] for k in keys]) if len(keys) >= limits.peers else 0.0
        if abs(common) <= limits.common:
            common = 0.0
        else:
            message = f"同期{len(keys)}个对象的这一指标一起偏离历史（中位数为离散度的{abs(common):.0f}倍）"
            advice = "确有普遍的冲击或低基数的，可不处理；否则请核对整列的单位、口径和时期"
            most = max(keys, key=lambda k: abs(away[k][0]))
            yield doubt(case, case.rows[most], "far-from-history", "warning", message, "", advice)
        for key in keys:
            yield from _far(case, case.rows[key], away[key][1], away[key][0] - common)


def _distance(case: Case, row: Checked, history: Array) -> float:
    value, limits = float(row.value or 0) / scale(row, row.period), case.limits.history
    if row.measure in ("level", "share"):
        return level_distance(value, history, case)
    return test.distance(value, history, floor=limits.growth_floor, least=limits.least)


def _far(case: Case, row: Checked, history: Array, away: float) -> Found:
    value, limits = float(row.value or 0) / scale(row, row.period), case.limits.history
    is_level = row.measure in ("level", "share")
    if abs(away) <= (limits.level_far if is_level else limits.growth_far):
        return
    if history.min() <= value <= history.max() or (is_level and is_seasonal(case, row)):
        return
    middle = test.median(history) * scale(row, row.period)
    message = f"与本序列其他{history.size}个可比数字相比过远（离散度的{abs(away):.0f}倍）"
    yield doubt(case, row, "far-from-history", "warning", message, text(middle, row.unit))
