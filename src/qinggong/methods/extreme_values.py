"""Extreme values in X-11: weights from moving standard deviations of the irregular, and replacement of SI ratios.

Compiled kernels on one series. Positions count months from a January, so ``position % 12`` is the calendar month and
``position // 12`` the year; a range is [low, high).

References
----------
Shiskin, J., Young, A. H. and Musgrave, J. C. (1967), The X-11 Variant of the Census Method II Seasonal Adjustment
Program, Technical Paper 15, Bureau of the Census.
Ladiray, D. and Quenneville, B. (2001), Seasonal Adjustment with the X-11 Method, Springer.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.compiled import compiled_part

Floats = NDArray[np.float64]

_REJECTED = -1.0  # beyond the upper limit in the second round; becomes weight 0


@compiled_part
def _deviation(irregular: Floats, weights: Floats, low: int, high: int, expected: float, second: bool) -> float:
    """Root mean square of the irregular about its expectation; the second round leaves out weight 0."""
    total = 0.0
    count = 0
    for t in range(low, high):
        if not (second and weights[t] == 0.0):
            total += (irregular[t] - expected) ** 2
            count += 1
    return np.sqrt(total / count) if count > 0 else 0.0


@compiled_part
def _weigh(
    irregular: Floats,
    weights: Floats,
    low: int,
    high: int,
    expected: float,
    deviation: float,
    lower: float,
    upper: float,
    second: bool,
) -> None:
    """Weights of [low, high) from one standard deviation: 1 within the lower limit, 0 beyond the upper, linear between.

    The first round only sets aside what is beyond the upper limit.
    """
    if deviation == 0.0:
        return
    for t in range(low, high):
        distance = abs(irregular[t] - expected) / deviation
        if distance <= upper:
            if second and distance > lower:
                weights[t] = (upper - distance) / (upper - lower)
        elif not second:
            weights[t] = 0.0
        elif weights[t] > 0.0:
            weights[t] = _REJECTED


@compiled_part
def extreme_weights(
    irregular: Floats, weights: Floats, low: int, high: int, expected: float, lower: float, upper: float
) -> None:
    """Tables B17 and C17: weights of the irregular by standard deviations that move over five calendar years.

    Two rounds: values beyond ``upper`` deviations are left out of the deviations of the second round. The deviation of
    five complete years serves the middle year; the first one also the years before it and the last one those after
    it, incomplete years at the ends included. Fewer than five complete years have one deviation for all.

    Parameters
    ----------
    irregular
        Irregular, ratio (``expected`` 1) or difference (0).
    weights
        Written in [low, high).
    lower, upper
        Sigma limits, by default 1.5 and 2.5.
    """
    first_full = (low + 11) // 12 * 12
    last_full = high // 12 * 12 - 60  # start of the last five complete years
    first = low // 12 * 12
    last = (high + 11) // 12 * 12 - 60  # start of the five years that end with the last, complete or not
    if last_full < first_full:
        last = first
    for t in range(low, high):
        weights[t] = 1.0
    for number in range(2):
        second = number == 1
        if last <= first:
            deviation = _deviation(irregular, weights, low, high, expected, second)
            _weigh(irregular, weights, low, high, expected, deviation, lower, upper, second)
            continue
        for year in range(first, last + 1, 12):
            if year == first:
                begin, end, window_begin, window_end = low, first + 36, low, first_full + 60
            elif year < last:
                begin, end, window_begin, window_end = year + 24, year + 36, year, year + 60
            else:
                begin, end, window_begin, window_end = last + 24, high, last_full, high
            deviation = _deviation(irregular, weights, window_begin, window_end, expected, second)
            _weigh(irregular, weights, begin, end, expected, deviation, lower, upper, second)
    for t in range(low, high):
        if weights[t] == _REJECTED:
            weights[t] = 0.0


@compiled_part
def replace_extremes(ratios: Floats, weights: Floats, low: int, high: int) -> None:
    """Tables B4 and B9: in place, SI ratios with a weight below 1 become a mean with their neighbours.

    The mean takes the value at its weight and the nearest two values of full weight of the same month before it and
    after it; where one side has fewer, more come from the other. With fewer than four of them it is the mean of all
    years of the month.
    """
    for start in range(low, min(low + 12, high)):
        total = 0.0
        count = 0
        for t in range(start, high, 12):
            total += ratios[t]
            count += 1
        mean = total / count
        for t in range(start, high, 12):
            if weights[t] == 1.0:
                continue
            after = 0
            before = 0
            for s in range(t + 12, high, 12):
                if weights[s] == 1.0:
                    after += 1
            for s in range(t - 12, start - 1, -12):
                if weights[s] == 1.0:
                    before += 1
            if after + before < 4:
                ratios[t] = mean
                continue
            want_after = min(after, max(2, 4 - before))
            want_before = 4 - want_after
            total = weights[t] * ratios[t]
            s = t + 12
            while want_after > 0:
                if weights[s] == 1.0:
                    total += ratios[s]
                    want_after -= 1
                s += 12
            s = t - 12
            while want_before > 0:
                if weights[s] == 1.0:
                    total += ratios[s]
                    want_before -= 1
                s -= 12
            ratios[t] = total / (4.0 + weights[t])
