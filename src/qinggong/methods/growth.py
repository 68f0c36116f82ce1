"""Arithmetic of growth rates (增速): base, contribution, runs, records, and how many digits survive rounding.

Arrays in, plain values out; no series, no names. Missing values are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Interval:
    """A closed interval that holds the true value behind a rounded one."""

    low: float
    high: float

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def middle(self) -> float:
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Run:
    """A run of equal sign at the end of a sequence.

    ``months`` counts calendar months (the January–February observation counts as two). ``closed`` says that the
    observation before the run is present and has another sign, so that the count is exact; an open run reaches a
    gap or the start of the data after ``observations`` values.
    """

    sign: int
    months: int
    observations: int
    closed: bool


def around(value: float, tolerance: float) -> Interval:
    """The interval of a value rounded to within ``tolerance`` (half a unit of its last digit)."""
    return Interval(value - tolerance, value + tolerance)


def implied_base(level: Interval, growth: Interval) -> Interval | None:
    """Base of the comparison behind a published level and growth: B = L / (1 + g).

    Parameters
    ----------
    level
        Level of the current period.
    growth
        Growth in percent, on the publisher's comparable basis.

    Returns
    -------
    Interval or None
        ``None`` where the base is not positive for every pair (growth of −100 % and less, or a loss).

    Notes
    -----
    Published growth compares the same set of units in both years, so B differs from the level published a year
    earlier; National Bureau of Statistics, notes to the monthly profit releases (可比口径).
    """
    if growth.low <= -100 or level.low <= 0:
        return None
    return Interval(level.low / (1 + growth.high / 100), level.high / (1 + growth.low / 100))


def contribution(level: Interval, growth: Interval, total_base: Interval) -> Interval | None:
    """Contribution (拉动) in percentage points: (L − B) / ΣB = w·g with w = B / ΣB, B = L / (1 + g)."""
    base = implied_base(level, growth)
    if base is None or total_base.low <= 0:
        return None
    # L − B = L·g/(1+g), monotone in both arguments for L > 0 and g > −100 %.
    corners = [
        lv * (g / 100) / (1 + g / 100) / tb * 100
        for lv in (level.low, level.high)
        for g in (growth.low, growth.high)
        for tb in (total_base.low, total_base.high)
    ]
    return Interval(min(corners), max(corners))


def ratio(numerator: Interval, denominator: Interval) -> Interval | None:
    """Quotient of two rounded values, in percent; ``None`` unless the denominator is positive."""
    if denominator.low <= 0:
        return None
    corners = [n / d * 100 for n in (numerator.low, numerator.high) for d in (denominator.low, denominator.high)]
    return Interval(min(corners), max(corners))


def settled_decimals(interval: Interval, *, most: int) -> int | None:
    """The most decimals (up to ``most``) to which every value of the interval is known within one unit.

    ``None`` if not even whole units are: the number is then not worth printing.
    """
    for decimals in range(most, -1, -1):
        if interval.width <= 2 * 10.0**-decimals:
            return decimals
    return None


def trailing_run(values: Floats, months: NDArray[np.int64]) -> Run | None:
    """The run of equal sign that ends a sequence.

    Parameters
    ----------
    values
        Growth rates, oldest first; NaN where missing. Zero has a sign of its own (持平).
    months
        Calendar months that each observation covers (2 for January–February).

    Returns
    -------
    Run or None
        ``None`` if the last value is missing.
    """
    if values.size == 0 or np.isnan(values[-1]):
        return None
    signs = np.sign(values)
    sign = int(signs[-1])
    length = 0
    for s in signs[::-1]:
        if np.isnan(s) or int(s) != sign:
            break
        length += 1
    closed = length < values.size and not np.isnan(signs[-length - 1])
    return Run(sign, int(months[-length:].sum()), length, closed)


def record_reach(values: Floats, *, highest: bool) -> tuple[int, bool]:
    """How far back the last value is unmatched.

    Returns
    -------
    tuple of int and bool
        Number of directly preceding observations that are all strictly below (above) the last value, and whether
        the search ended at an observation that is not (``True``) or at a gap or the start (``False``).
    """
    if values.size == 0 or np.isnan(values[-1]):
        return 0, False
    last = values[-1]
    for back in range(1, values.size):
        value = values[-1 - back]
        if np.isnan(value):
            return back - 1, False
        if (value >= last) if highest else (value <= last):
            return back - 1, True
    return values.size - 1, False
