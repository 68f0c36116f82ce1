"""What growth rates say over time (增速的变化): two-year averages, base effects, slopes; eleven observations a year.

Arrays are ``(rows, units)`` in percent, NaN where missing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

STEPS = 11
"""Observations a year: January–February is one."""
BEYOND = 200.0
"""Derived growth beyond this many per cent is no growth: a slip, or a base near zero."""


def lagged(values: Floats, steps: int) -> Floats:
    out = np.full_like(values, np.nan)
    out[steps:] = values[:-steps]
    return out


def two_years(growth: Floats) -> Floats:
    """Two-year average growth √((1+g)(1+g₋₁)) − 1 in percent."""
    product = (1 + growth / 100) * (1 + lagged(growth, STEPS) / 100)
    with np.errstate(invalid="ignore"):
        return np.where(product > 0, (np.sqrt(product) - 1) * 100, np.nan)


def base_effect(growth: Floats) -> Floats:
    """Base effect: what last year's change of growth does to this change, in points (a rise then lowers growth now)."""
    base = lagged(growth, STEPS + 1) - lagged(growth, STEPS)
    return np.where(np.abs(base) <= BEYOND / 2, base, np.nan)


def recent_change(two: Floats) -> Floats:
    """Mean of the last three two-year averages less the median of the eleven before, eight of which must be known.

    The median, so that the months of last year's high base, which stand among the eleven, do not raise what is usual.
    """
    recent = (two + lagged(two, 1) + lagged(two, 2)) / 3
    past = np.stack([lagged(two, k) for k in range(3, 3 + STEPS)])
    enough = (~np.isnan(past)).sum(axis=0) >= 8
    before = np.full(two.shape, np.nan)
    if enough.any():
        before[enough] = np.nanmedian(past[:, enough], axis=0)
    change: Floats = recent - before
    return change


def slope(values: Floats, *, over: int) -> Floats:
    """Least-squares slope of the last ``over`` values, per step."""
    place = np.arange(over) - (over - 1) / 2
    total = sum(lagged(values, over - 1 - k) * place[k] if k < over - 1 else values * place[k] for k in range(over))
    return np.asarray(total / (place**2).sum(), dtype=np.float64)
