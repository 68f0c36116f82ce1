"""The moving averages of X-11 on one series, compiled, and the rules by which it chooses among them.

Positions count months from a January, so ``position % 12`` is the calendar month; a range is [low, high). The weights
come from ``x11_filters``.

References
----------
Shiskin, J., Young, A. H. and Musgrave, J. C. (1967), The X-11 Variant of the Census Method II Seasonal Adjustment
Program, Technical Paper 15, Bureau of the Census.
Lothian, J. (1984), The Identification and Treatment of Moving Seasonality in the X-11 Seasonal Adjustment Method,
Statistics Canada (moving seasonality ratio and its limits).
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec X11.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.compiled import compiled_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

AUTOMATIC = -1  # seasonal filter: 3x3 then 3x5, the last one by the moving seasonality ratio
DEFAULT = -2  # 3x3 then 3x5 throughout
HELD = -10  # less a place in SEASONAL_FILTERS: like AUTOMATIC, but the last filter is that one
_3X3, _3X5, _3X9, _STABLE = 1, 2, 3, 5  # places in x11_filters.SEASONAL_FILTERS
FIRST_TREND, TREND_9, TREND_23, TREND_PRESET = 0, 3, 4, 5  # places in x11_filters.henderson_bank


@compiled_part
def remove(total: Floats, part: Floats, out: Floats, low: int, high: int, additive: bool) -> None:
    """``total`` without ``part``: quotient, or difference if additive."""
    if additive:
        for t in range(low, high):
            out[t] = total[t] - part[t]
    else:
        for t in range(low, high):
            out[t] = total[t] / part[t]


@compiled_part
def centred_year(x: Floats, out: Floats, low: int, high: int) -> None:
    """2x12 average, written in [low + 6, high - 6)."""
    for t in range(low + 6, high - 6):
        total = 0.5 * (x[t - 6] + x[t + 6])
        for s in range(t - 5, t + 6):
            total += x[s]
        out[t] = total / 12.0


@compiled_part
def _weighted(x: Floats, weights: Floats, at: int, length: int) -> float:
    total = 0.0
    for j in range(length):
        total += weights[j] * x[at + j]
    return total


@compiled_part
def henderson(x: Floats, out: Floats, low: int, high: int, matrix: Floats, length: int) -> None:
    """Henderson average with its end filters over all of [low, high)."""
    half = length // 2
    for t in range(low, high):
        if t < low + half:
            out[t] = _weighted(x, matrix[t - low], low, length)
        elif t >= high - half:
            out[t] = _weighted(x, matrix[length - (high - t)], high - length, length)
        else:
            out[t] = _weighted(x, matrix[half], t - half, length)


@compiled_part
def _smooth_months(x: Floats, out: Floats, low: int, high: int, bank: Floats) -> None:
    """Smooth each calendar month over the years."""
    for start in range(low, low + 12):
        years = (high - start + 11) // 12
        for i in range(years):
            weights = bank[years, i]
            total = 0.0
            for j in range(years):
                total += weights[j] * x[start + 12 * j]
            out[start + 12 * i] = total


@compiled_part
def filter_in_use(chosen: int, months: int, first_half: bool) -> int:
    """The seasonal filter that a choice means: 3x3 and then 3x5 if none, the stable one below five years."""
    if months < 60:
        return _STABLE
    if chosen < 0:
        return _3X3 if first_half else _3X5
    return chosen


@compiled_part
def seasonal_factors(
    ratios: Floats,
    out: Floats,
    scratch: Floats,
    low: int,
    high: int,
    bank: Floats,
    chosen: int,
    first_half: bool,
    additive: bool,
) -> None:
    """Seasonal factors from SI ratios: the average by month, then normalised by its own 2x12 average.

    At the ends the nearest 2x12 average serves, or that of the same month if the stable filter was chosen.
    """
    _smooth_months(ratios, out, low, high, bank[filter_in_use(chosen, high - low, first_half)])
    centred_year(out, scratch, low, high)
    first, last = low + 6, high - 7
    step = 12 if chosen == _STABLE else 0
    for i in range(1, 7):
        scratch[first - i] = scratch[first - i + 12] if step else scratch[first]
        scratch[last + i] = scratch[last + i - 12] if step else scratch[last]
    remove(out, scratch, out, low, high, additive)


@compiled_part
def _change_corrections(changes: int) -> tuple[float, float]:
    """Corrections of the mean changes of I and S after a 7-term average, for a number of years less one.

    X-13ARIMA-SEATS tabulates two to five changes and extrapolates from there; the corrections undo the smaller
    changes at the ends, where the average runs over repeated values (Lothian 1978, moving seasonality ratio).
    """
    if changes < 6:
        of_irregular = (1.0, 1.02584, 1.01779, 1.01383)
        of_seasonal = (1.0, 3.0, 1.55291, 1.30095)
        return of_irregular[changes - 2], of_seasonal[changes - 2]
    return (
        changes * 12.247449 / (73.239334 + (changes - 6) * 12.247449),
        changes * 1.732051 / (8.485281 + (changes - 6) * 1.732051),
    )


@compiled_part
def moving_seasonality_ratio(
    ratios: Floats, low: int, high: int, additive: bool, padded: Floats, averaged: Floats
) -> float:
    """Global moving seasonality ratio: mean change of the irregular over that of the seasonal, year on year.

    The seasonal of a month is the 7-term average of its SI ratios, three means of three values added at each end.
    ``padded`` and ``averaged`` are work space for the years and six more.
    """
    total_irregular = 0.0
    total_seasonal = 0.0
    for start in range(low, low + 12):
        years = (high - start + 11) // 12
        if years < 3:
            return 999.99
        for i in range(years):
            padded[i + 3] = ratios[start + 12 * i]
        head = (padded[3] + padded[4] + padded[5]) / 3.0
        tail = (padded[years + 2] + padded[years + 1] + padded[years]) / 3.0
        for i in range(3):
            padded[i] = head
            padded[years + 3 + i] = tail
        of_irregular = 0.0
        of_seasonal = 0.0
        before = 0.0
        for i in range(years):
            total = 0.0
            for j in range(7):
                total += padded[i + j]
            averaged[i] = total / 7.0
            irregular = padded[i + 3] - averaged[i] if additive else padded[i + 3] / averaged[i]
            if i > 0:
                if additive:
                    of_irregular += abs(irregular - before)
                    of_seasonal += abs(averaged[i] - averaged[i - 1])
                else:
                    of_irregular += abs(irregular - before) / before
                    of_seasonal += abs(averaged[i] - averaged[i - 1]) / averaged[i - 1]
            before = irregular
        correct_irregular, correct_seasonal = _change_corrections(years - 1)
        total_irregular += of_irregular * correct_irregular
        total_seasonal += of_seasonal * correct_seasonal
    if total_seasonal == 0.0 or total_irregular > 999.0 * total_seasonal:
        return 999.99
    return total_irregular / total_seasonal


@compiled_part
def filter_by_msr(
    ratios: Floats, low: int, end: int, additive: bool, padded: Floats, averaged: Floats
) -> tuple[int, int]:
    """Seasonal filter by the global moving seasonality ratio, leaving out a year at the end while it is undecided.

    At most 2.5: 3x3; 3.5 to 5.5: 3x5; at least 6.5: 3x9 (Lothian 1984; X-13ARIMA-SEATS manual, ``seasonalma``).
    Below five years: 3x5. Returns the filter and the number of years left out.
    """
    last = end - end % 12
    dropped = 0
    while last - low >= 60:
        ratio = moving_seasonality_ratio(ratios, low, last, additive, padded, averaged)
        if ratio <= 2.5:
            return _3X3, dropped
        if ratio >= 6.5:
            return _3X9, dropped
        if 3.5 <= ratio <= 5.5:
            return _3X5, dropped
        last -= 12
        dropped += 1
    return _3X5, dropped


@compiled_part
def henderson_trend(
    adjusted: Floats,
    out: Floats,
    low: int,
    high: int,
    end: int,
    additive: bool,
    rule: int,
    first_part: bool,
    ends: int,
    bank: Floats,
    lengths: Ints,
) -> tuple[int, int, float]:
    """Henderson trend of a seasonally adjusted series; the length by I/C after a 13-term average.

    I/C below 1: 9 terms; 1 to 3.5: 13; above: 23, but never in part B. ``ends`` is the 13-term filter in use (which
    differ in the I/C of their end weights). Returns it for the next call, the length used, and I/C. ``rule`` is 0 for a
    preset filter, 1 for the choice by I/C, else the length that is held whatever I/C says.
    """
    half = 6
    symmetric = bank[FIRST_TREND, half]
    change_trend = 0.0
    change_irregular = 0.0
    trend_before = 0.0
    irregular_before = 0.0
    for t in range(low + half, end - half):
        trend = _weighted(adjusted, symmetric, t - half, lengths[FIRST_TREND])
        irregular = adjusted[t] - trend if additive else adjusted[t] / trend
        if t > low + half:
            if additive:
                change_trend += abs(trend - trend_before)
                change_irregular += abs(irregular - irregular_before)
            else:
                change_trend += abs(trend - trend_before) / trend_before
                change_irregular += abs(irregular - irregular_before) / irregular_before
        trend_before = trend
        irregular_before = irregular
    ratio = 999.0 if change_trend == 0.0 else change_irregular / change_trend
    use = ends
    if rule == 0:
        use = TREND_PRESET
    elif rule == 9 or (rule == 1 and ratio < 1.0):
        use, ends = TREND_9, 1
    elif rule == 23 or (rule == 1 and ratio >= 3.5 and not first_part):
        use, ends = TREND_23, 2
    henderson(adjusted, out, low, high, bank[use], lengths[use])
    return ends, lengths[use], ratio


@compiled_part
def mend_trend(trend: Floats, low: int, high: int, begin: int, end: int) -> None:
    """A trend that is not positive in a multiplicative run takes the mean of its nearest positive neighbours."""
    for t in range(low, high):
        if trend[t] > 0.0:
            continue
        before = t - 1
        while before >= begin and not trend[before] > 0.0:
            before -= 1
        after = t + 1
        while after < end and not trend[after] > 0.0:
            after += 1
        has_before = begin <= before < end
        has_after = begin <= after < end
        if has_before and has_after:
            trend[t] = 0.5 * (trend[before] + trend[after])
        elif has_before:
            trend[t] = trend[before]
        elif has_after:
            trend[t] = trend[after]
