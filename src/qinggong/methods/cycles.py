"""Turning points (转折点) by the rules of Bry and Boschan as Harding and Pagan state them, and phases of the cycle.

References
----------
Bry & Boschan (1971), Cyclical Analysis of Time Series, NBER Technical Paper 20, ch. 2; Harding & Pagan (2002),
Dissecting the cycle: a methodological investigation, Journal of Monetary Economics 49, 365–381 (monthly: window 5,
phase 5, cycle 15 months).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Phase = Literal["", "上升", "放缓", "收缩", "复苏"]
PHASES: tuple[Phase, ...] = ("", "上升", "放缓", "收缩", "复苏")

WINDOW, SHORTEST_PHASE, SHORTEST_CYCLE, UNDATED_END = 5, 5, 15, 6
FEWEST_MONTHS = 84


@dataclass(frozen=True, slots=True)
class TurningPoints:
    """Dated turns of one series.

    Attributes
    ----------
    peaks, troughs
        Periods such as ``"2008-02"``, in order; they alternate.
    verdict
        ``"good"``, or ``"not dated"`` with ``reason`` in Chinese.
    undated_from
        The first month of the end in which no turn is dated.
    """

    peaks: tuple[str, ...]
    troughs: tuple[str, ...]
    verdict: Literal["good", "not dated"] = "good"
    reason: str = ""
    undated_from: str = ""


def turning_points(
    values: ArrayLike,
    start: str,
    *,
    method: Literal["bbq"] = "bbq",
    window: int = WINDOW,
    phase: int = SHORTEST_PHASE,
    cycle: int = SHORTEST_CYCLE,
    end: int = UNDATED_END,
) -> TurningPoints:
    """Date the peaks and troughs of one monthly series.

    Parameters
    ----------
    values
        ``(months,)``: an adjusted comparable level (classical cycle) or its deviation from trend (growth cycle).
        NaN only at either end, or in a January whose February carries the January–February block.
    start
        Month of the first value, ``"2010-01"``.
    method
        ``"bbq"`` is the only one.
    window
        A turn is strictly the highest (lowest) of this many months on either side.
    phase, cycle
        Fewest months of a phase and of a full cycle.
    end
        No turn is dated in so many months at either end.

    Returns
    -------
    TurningPoints
        Not dated with a reason where the sample is shorter than 84 months or has gaps.

    Raises
    ------
    ValueError
        For a malformed ``start``, an unknown method or an array that is not one series.
    """
    if method != "bbq":
        raise ValueError(f"转折点方法只有 bbq，收到{method!r}")
    y = np.asarray(values, dtype=np.float64)
    if y.ndim != 1:
        raise ValueError(f"转折点一次判定一个序列，收到形状为{y.shape}的数组")
    origin = _month_index(start)
    inner, reason = _without_gaps(y, origin % 12)
    if reason:
        return TurningPoints((), (), "not dated", reason)
    first, series = inner
    peaks, troughs = bbq(series, window=window, phase=phase, cycle=cycle, end=end)
    return TurningPoints(
        tuple(_code(origin + first + int(t)) for t in peaks),
        tuple(_code(origin + first + int(t)) for t in troughs),
        undated_from=_code(origin + first + series.size - end),
    )


def bbq(
    values: Floats,
    *,
    window: int = WINDOW,
    phase: int = SHORTEST_PHASE,
    cycle: int = SHORTEST_CYCLE,
    end: int = UNDATED_END,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows of peaks and troughs of a gapless series.

    The rules, in order: (1) candidates are strict extremes of ±``window`` months; (2) none within ``end`` months of
    either end; (3) of neighbouring turns of one kind the higher peak (lower trough) stays, the later of equal ones;
    (4) the first and the last turn are not passed by the values beyond them; (5) of two peaks (troughs) closer than
    ``cycle`` the lower peak (higher trough) goes; (6) a phase shorter than ``phase`` goes with both its turns. After
    a removal by 4, 5 or 6 the rules start again from 3.
    """
    kind = _candidates(values, window)
    kind[:end], kind[kind.size - end :] = 0, 0
    turns = [(int(t), int(kind[t])) for t in np.flatnonzero(kind)]
    while True:
        turns = _alternating(turns, values)
        shorter = _inside_ends(turns, values)
        if len(shorter) == len(turns):
            shorter = _long_cycles(turns, values, cycle)
        if len(shorter) == len(turns):
            shorter = _long_phases(turns, phase)
        if len(shorter) == len(turns):
            break
        turns = shorter
    rows = np.array([t for t, _ in turns], dtype=np.int64)
    kinds = np.array([k for _, k in turns], dtype=np.int64)
    return rows[kinds > 0], rows[kinds < 0]


def in_expansion(months: int, peaks: ArrayLike, troughs: ArrayLike) -> Bools:
    """``(months,)`` True from the month after a trough up to the peak; before the first turn by its kind."""
    top, bottom = np.asarray(peaks, dtype=np.int64), np.asarray(troughs, dtype=np.int64)
    turns = sorted([(int(t), False) for t in top] + [(int(t), True) for t in bottom])
    state = np.ones(months, dtype=np.bool_)
    if turns:
        state[: turns[0][0] + 1] = not turns[0][1]
    for place, (row, rises) in enumerate(turns):
        stop = turns[place + 1][0] + 1 if place + 1 < len(turns) else months
        state[row + 1 : stop] = rises
    return state


def clock_phase(deviation: ArrayLike, *, smoothing: int = 3) -> NDArray[np.int8]:
    """Phase of a business-cycle clock from the deviation from trend and its direction.

    Above trend and rising 上升, above and falling 放缓, below and falling 收缩, below and rising 复苏.

    Parameters
    ----------
    deviation
        ``(months,)`` or ``(months, series)``, deviation from trend.
    smoothing
        Months over which the direction is taken.

    Returns
    -------
    array of int8
        Places in ``PHASES``; 0 where unknown.
    """
    d = np.asarray(deviation, dtype=np.float64)
    step = np.full_like(d, np.nan)
    step[smoothing:] = d[smoothing:] - d[:-smoothing]
    known = ~np.isnan(d) & ~np.isnan(step)
    out = np.zeros(d.shape, dtype=np.int8)
    for place, chosen in enumerate(
        ((d >= 0) & (step >= 0), (d >= 0) & (step < 0), (d < 0) & (step < 0), (d < 0) & (step >= 0)), start=1
    ):
        out[known & chosen] = place
    return out


def _candidates(values: Floats, window: int) -> NDArray[np.int8]:
    kind = np.zeros(values.size, dtype=np.int8)
    if values.size <= 2 * window:
        return kind
    inner = values[window:-window]
    top, bottom = np.ones(inner.size, dtype=np.bool_), np.ones(inner.size, dtype=np.bool_)
    for shift in range(1, window + 1):
        for beside in (values[window - shift : -window - shift], values[window + shift : values.size - window + shift]):
            top &= inner > beside
            bottom &= inner < beside
    kind[window:-window] = top.astype(np.int8) - bottom.astype(np.int8)
    return kind


def _alternating(turns: list[tuple[int, int]], values: Floats) -> list[tuple[int, int]]:
    kept: list[tuple[int, int]] = []
    for row, kind in turns:
        if kept and kept[-1][1] == kind:
            if kind * values[row] >= kind * values[kept[-1][0]]:
                kept[-1] = (row, kind)
        else:
            kept.append((row, kind))
    return kept


def _inside_ends(turns: list[tuple[int, int]], values: Floats) -> list[tuple[int, int]]:
    if turns:
        row, kind = turns[0]
        if (kind * values[:row] > kind * values[row]).any():
            return turns[1:]
        row, kind = turns[-1]
        if (kind * values[row + 1 :] > kind * values[row]).any():
            return turns[:-1]
    return turns


def _long_cycles(turns: list[tuple[int, int]], values: Floats, cycle: int) -> list[tuple[int, int]]:
    for place in range(len(turns) - 2):
        (row, kind), (later, _) = turns[place], turns[place + 2]
        if later - row < cycle:
            worse = place if kind * values[row] <= kind * values[later] else place + 2
            return turns[:worse] + turns[worse + 1 :]
    return turns


def _long_phases(turns: list[tuple[int, int]], phase: int) -> list[tuple[int, int]]:
    for place in range(len(turns) - 1):
        if turns[place + 1][0] - turns[place][0] < phase:
            return turns[:place] + turns[place + 2 :]
    return turns


def _without_gaps(y: Floats, first_month: int) -> tuple[tuple[int, Floats], str]:
    """The part between the ends' missing values, Januaries of the block filled from February; or why not."""
    present = np.flatnonzero(~np.isnan(y))
    if np.isinf(y).any():
        return (0, y), "序列含有无穷大的值"
    if not present.size:
        return (0, y), "样本不足：序列全部缺失"
    first, last = int(present[0]), int(present[-1])
    series = y[first : last + 1].copy()
    january = (np.arange(first, last + 1) + first_month) % 12 == 0
    missing = np.isnan(series)
    if (missing & ~january).any():
        return (0, y), "样本不足：序列中间有缺月"
    series[missing] = series[np.flatnonzero(missing) + 1]
    if series.size < FEWEST_MONTHS:
        return (0, y), f"样本不足：{series.size}个月，至少需要{FEWEST_MONTHS}个月"
    return (first, series), ""


def _month_index(start: str) -> int:
    found = re.fullmatch(r"(\d{4})-(\d{2})", start)
    if found is None or not 1 <= int(found[2]) <= 12:
        raise ValueError(f"起始月份应写作 2010-01，收到{start!r}")
    return int(found[1]) * 12 + int(found[2]) - 1


def _code(index: int) -> str:
    return f"{index // 12}-{index % 12 + 1:02d}"
