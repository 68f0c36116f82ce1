"""Year-to-date figures made comparable (可比口径): single months, implied bases, chained levels, with rounding bounds.

Arrays are ``(months,)`` or ``(months, series)``, time first, and start in a January, so that row ``i`` is month
``i % 12 + 1``. The survey has no January: there the arrays hold NaN, and the February row holds the January–February
block. Growth is in percent. Every derived number carries the interval that the rounding of its published inputs
leaves; corrections of the base period are not in it.

References
----------
National Bureau of Statistics of China, notes to the monthly releases on profits (可比口径); Moore, Kearfott & Cloud
(2009), Introduction to Interval Analysis, ch. 5: a function monotone in each argument takes its extremes at corners.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

GROWTH_HALF_UNIT = 0.05
"""Half a unit of the last digit of a published growth rate, in points."""


@dataclass(frozen=True, slots=True)
class Bounded:
    """Values with the interval that rounding of the inputs leaves; NaN where there is no value.

    Attributes
    ----------
    value, low, high
        Arrays of one shape. ``low`` and ``high`` cover rounding only.
    """

    value: Floats
    low: Floats
    high: Floats

    @property
    def half_width(self) -> Floats:
        return np.asarray((self.high - self.low) / 2, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Withheld:
    """What is fit to be used of bounded values, and what is not because rounding hides it.

    Attributes
    ----------
    kept
        The values, NaN where withheld.
    withheld
        True where a value exists but its half-width exceeds the signal.
    signal
        ``(series,)`` or scalar: the largest half-width that is let through.
    """

    kept: Floats
    withheld: Bools
    signal: Floats


@dataclass(frozen=True, slots=True)
class Chained:
    """A comparable-level series.

    Attributes
    ----------
    level
        Bounded levels: published in the reference year, chained by published growth elsewhere.
    anchored
        True where the level is the published one (the reference year).
    broken
        True where a published level exists but the chain does not reach it because a growth rate is missing.
    """

    level: Bounded
    anchored: Bools
    broken: Bools


def exact(values: ArrayLike, *, half_unit: ArrayLike = 0.0) -> Bounded:
    """Published numbers with the interval behind their rounding (``half_unit`` broadcasts; absolute)."""
    v = _floats(values)
    h = np.broadcast_to(_floats(half_unit), v.shape)
    return Bounded(v, v - h, v + h)


def single_months(ytd: Bounded) -> Bounded:
    """Single months from year-to-date levels: the difference to the month before, the block kept in February.

    Parameters
    ----------
    ytd
        Year-to-date levels from a January on.

    Returns
    -------
    Bounded
        January NaN, February the January–February block, later months L(m) − L(m−1); NaN where either is missing.

    Notes
    -----
    Differences carry the corrections of earlier months, so they need not equal a single month published separately.
    Growth rates must not be passed: they cannot be differenced.
    """
    months = _month_of(ytd.value)
    out = Bounded(*(np.full_like(ytd.value, np.nan) for _ in range(3)))
    block, later = months == 2, months >= 3
    before = np.flatnonzero(later) - 1
    for target, source in ((out.value, ytd.value), (out.low, ytd.low), (out.high, ytd.high)):
        target[block] = source[block]
    out.value[later] = ytd.value[later] - ytd.value[before]
    out.low[later] = ytd.low[later] - ytd.high[before]
    out.high[later] = ytd.high[later] - ytd.low[before]
    return out


def implied_base(level: Bounded, growth: Bounded) -> Bounded:
    """Base of the comparison behind a published level and growth: B = L / (1 + g/100).

    NaN where it is not positive throughout the intervals (growth of −100 % and less, losses).
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        fit = (growth.low > -100) & (level.low > 0)
        values = (
            level.value / (1 + growth.value / 100),
            level.low / (1 + growth.high / 100),
            level.high / (1 + growth.low / 100),
        )
    return Bounded(*(np.where(fit, v, np.nan) for v in values))


def comparable_month_growth(level: Bounded, growth: Bounded) -> Bounded:
    """Growth of the single month on a comparable basis, from year-to-date levels and growth.

    g = (L(m) − L(m−1)) / (L(m)/(1+G(m)) − L(m−1)/(1+G(m−1))) − 1, in percent; for February the published growth of
    the block itself.

    Parameters
    ----------
    level, growth
        Year-to-date levels and their published growth, from a January on.

    Returns
    -------
    Bounded
        NaN where an input is missing or where the month's level or base may be zero or less within the rounding.

    Notes
    -----
    The expression is monotone in each of its four arguments while the base is positive, so its bounds are attained
    at corners of the box; all sixteen are evaluated.
    """
    months = _month_of(level.value)
    out = Bounded(*(np.full_like(level.value, np.nan) for _ in range(3)))
    block = months == 2
    known = ~np.isnan(level.value[block])
    for target, source in ((out.value, growth.value), (out.low, growth.low), (out.high, growth.high)):
        target[block] = np.where(known, source[block], np.nan)
    rows = np.flatnonzero(months >= 3)
    before = rows - 1
    corners = []
    fit = np.ones(level.value[rows].shape, dtype=np.bool_)
    sides = (("low", "high"),) * 4
    with np.errstate(invalid="ignore", divide="ignore"):
        for now, then, g_now, g_then in itertools.product(*sides):
            l_now, l_then = getattr(level, now)[rows], getattr(level, then)[before]
            b_now = l_now / (1 + getattr(growth, g_now)[rows] / 100)
            b_then = l_then / (1 + getattr(growth, g_then)[before] / 100)
            fit &= (l_now > l_then) & (b_now > b_then) & (l_then > 0)
            corners.append((l_now - l_then) / (b_now - b_then) * 100 - 100)
        fit &= (growth.low[rows] > -100) & (growth.low[before] > -100)
        base = level.value[rows] / (1 + growth.value[rows] / 100)
        base_before = level.value[before] / (1 + growth.value[before] / 100)
        middle = (level.value[rows] - level.value[before]) / (base - base_before) * 100 - 100
    out.value[rows] = np.where(fit, middle, np.nan)
    out.low[rows] = np.where(fit, np.min(corners, axis=0), np.nan)
    out.high[rows] = np.where(fit, np.max(corners, axis=0), np.nan)
    return out


def preferring_published(published: Bounded, derived: Bounded) -> tuple[Bounded, Bools]:
    """A published single-month rate goes before the derived one; the mask says where it was derived."""
    there = ~np.isnan(published.value)
    joined = Bounded(
        np.where(there, published.value, derived.value),
        np.where(there, published.low, derived.low),
        np.where(there, published.high, derived.high),
    )
    return joined, ~there & ~np.isnan(derived.value)


def withhold(rates: Bounded, *, tolerance: float = 1.0) -> Withheld:
    """Withhold rates whose rounding noise exceeds the signal.

    Parameters
    ----------
    rates
        Growth rates in percent with rounding bounds.
    tolerance
        Half-width in points that is always let through.

    Returns
    -------
    Withheld
        The signal of a series is its median absolute step between neighbouring values, at least ``tolerance``:
        a rate known no better than it usually moves says nothing about this month.
    """
    flat = rates.value.reshape(rates.value.shape[0], -1)
    signal = np.full(flat.shape[1], tolerance)
    for column in range(flat.shape[1]):
        present = flat[~np.isnan(flat[:, column]), column]
        if present.size > 12:
            signal[column] = max(tolerance, float(np.median(np.abs(np.diff(present)))))
    largest: Floats = signal.reshape(rates.value.shape[1:])
    with np.errstate(invalid="ignore"):
        noisy = rates.half_width > largest
    return Withheld(np.where(noisy, np.nan, rates.value), noisy & ~np.isnan(rates.value), largest)


def comparable_levels(level: Bounded, growth: Bounded, *, reference_year: int = -1) -> Chained:
    """Levels on the comparable basis of one year, chained month by calendar month with published growth.

    In the reference year C = L; before it C(t−12) = C(t) / (1 + g(t)/100), after it C(t) = C(t−12)·(1 + g(t)/100).

    Parameters
    ----------
    level
        Single-month levels (February: the block) from a January on.
    growth
        Comparable growth of the same months, in percent.
    reference_year
        Index of the year whose published levels are kept; negative counts from the end, as in a list. With the last
        year of the data, months that are not published yet take the year before as their anchor.

    Returns
    -------
    Chained
        Each calendar month is one chain; a missing growth rate ends it, and what lies beyond is NaN and ``broken``.
    """
    values = level.value
    years = -(-values.shape[0] // 12)
    anchor_year = reference_year % years
    result = Bounded(*(np.full_like(values, np.nan) for _ in range(3)))
    anchored = np.zeros(values.shape, dtype=np.bool_)
    for calendar_month in range(12):
        rows = np.arange(calendar_month, values.shape[0], 12)
        if not rows.size:
            continue
        start = _anchor(values[rows], anchor_year)
        for column in np.ndindex(values.shape[1:]):
            if (year := int(start[column])) < 0:
                continue
            at = (rows[year], *column)
            anchored[at] = True
            result.value[at], result.low[at], result.high[at] = values[at], level.low[at], level.high[at]
            _walk_back(result, growth, rows[: year + 1], column)
            _walk_on(result, growth, rows[year:], column)
    return Chained(result, anchored, ~np.isnan(values) & np.isnan(result.value))


def linked_index(growth: Bounded, profile: ArrayLike, *, base_year: int) -> Chained:
    """An index linked from growth alone, by the monthly profile of a named level series in the base year (测算).

    Growth over the same month of the year before holds no seasonal pattern of its own, so that of the base year has
    to come from elsewhere (output, deflated revenue or exports); the result is an estimate and to be marked so.

    Parameters
    ----------
    growth
        Growth of single months (February: the block) from a January on, in percent.
    profile
        ``(12,)`` or ``(12, series)``: levels of the named series in the base year, January NaN, February the block.
    base_year
        Index of the year that is given the profile; its mean month is 100 (the block counts as two months).
    """
    shape = np.asarray(profile, dtype=np.float64)
    if shape.shape[0] != 12:
        raise ValueError(f"the profile has {shape.shape[0]} rows, not the 12 months of the base year")
    scaled = shape / (np.nansum(shape, axis=0) / 12) * 100
    levels = np.full_like(growth.value, np.nan)
    rows = slice(base_year * 12, base_year * 12 + 12)
    levels[rows] = np.broadcast_to(
        scaled.reshape(12, *(1,) * (levels.ndim - scaled.ndim), *scaled.shape[1:]), levels[rows].shape
    )
    return comparable_levels(exact(levels), growth, reference_year=base_year)


def momentum_from_growth(growth: ArrayLike, *, years: int = 3, rows_a_year: int = 12) -> Floats:
    """Momentum of a series known by its growth only: the change of growth less the base effect, in points.

    Log growth is g(t) = y(t) − y(t−12), so its step is Δg(t) = m(t) − m(t−12), where m is the month's own change. A
    step of growth is thus this year's movement less last year's; with the same month of K years before as the norm,

        m(t) − mean_k m(t−12k) = Σ_{j<K} (K−j)/K · Δg(t−12j),   k = 1 … K.

    Parameters
    ----------
    growth
        Growth of consecutive observations in percent, NaN where missing.
    years
        K, years that make the norm.
    rows_a_year
        Observations a year: 12, or 11 where January–February is one.

    Returns
    -------
    array
        NaN where one of the needed steps is missing. For growth of some percent, points and log points agree to
        their first digit.
    """
    g = 100 * np.log1p(_floats(growth) / 100)
    step = np.full_like(g, np.nan)
    step[1:] = g[1:] - g[:-1]
    out = np.zeros_like(g)
    for back in range(years):
        shifted = np.full_like(g, np.nan)
        lag = back * rows_a_year
        shifted[lag:] = step[: g.shape[0] - lag]
        out += (years - back) / years * shifted
    return out


def splice(old: ArrayLike, new: ArrayLike, *, overlap: slice) -> tuple[Floats, Floats]:
    """Join two editions of one series at an overlap: the old one scaled by the ratio of sums in the overlap.

    Parameters
    ----------
    old, new
        ``(months,)`` or ``(months, series)``, NaN where an edition has no value.
    overlap
        Rows in which both editions are published.

    Returns
    -------
    tuple of arrays
        The joined series and the factor(s) applied to the old edition; NaN (no splice) where the overlap is empty or
        a sum is not positive: an undeclared jump is worse than a gap.
    """
    a, b = _floats(old), _floats(new)
    both = ~np.isnan(a[overlap]) & ~np.isnan(b[overlap])
    top = np.where(both, b[overlap], 0.0).sum(axis=0)
    bottom = np.where(both, a[overlap], 0.0).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        factor = np.where((top > 0) & (bottom > 0), top / bottom, np.nan)
    return np.where(np.isnan(b), a * factor, b), np.asarray(factor, dtype=np.float64)


def _floats(values: ArrayLike) -> Floats:
    return np.asarray(values, dtype=np.float64)


def _month_of(values: Floats) -> NDArray[np.int64]:
    """Calendar month of each row of an array that starts in January."""
    return np.arange(values.shape[0]) % 12 + 1


def _anchor(values: Floats, year: int) -> NDArray[np.int64]:
    """For each series the year (index) nearest to ``year`` that has a level, not later first; −1 if there is none."""
    order = list(range(min(year, values.shape[0] - 1), -1, -1)) + list(range(year + 1, values.shape[0]))
    found = np.full(values.shape[1:], -1, dtype=np.int64)
    for y in order:
        found = np.where((found < 0) & ~np.isnan(values[y]), y, found)
    return found


def _walk_back(result: Bounded, growth: Bounded, rows: NDArray[np.int64], column: tuple[int, ...]) -> None:
    for now, then in zip(rows[:0:-1], rows[-2::-1], strict=True):
        at, to = (now, *column), (then, *column)
        if np.isnan(growth.value[at]) or growth.low[at] <= -100:
            return
        result.value[to] = result.value[at] / (1 + growth.value[at] / 100)
        result.low[to] = result.low[at] / (1 + growth.high[at] / 100)
        result.high[to] = result.high[at] / (1 + growth.low[at] / 100)


def _walk_on(result: Bounded, growth: Bounded, rows: NDArray[np.int64], column: tuple[int, ...]) -> None:
    for then, now in itertools.pairwise(rows):
        at, to = (then, *column), (now, *column)
        if np.isnan(growth.value[to]):
            return
        result.value[to] = result.value[at] * (1 + growth.value[to] / 100)
        result.low[to] = result.low[at] * (1 + growth.low[to] / 100)
        result.high[to] = result.high[at] * (1 + growth.high[to] / 100)
