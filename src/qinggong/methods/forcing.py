"""Yearly totals of an adjusted series made equal to those of the original (``force`` of X-13).

References
----------
Denton, F. T. (1971), Adjustment of Monthly or Quarterly Series to Annual Totals, JASA 66, 99-102.
Cholette, P. A. (1984), Adjusting Sub-Annual Series to Yearly Benchmarks, Survey Methodology 10, 35-49: the first
value is not tied to the one before it.
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec FORCE.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def force_yearly_totals(
    adjusted: ArrayLike,
    target: ArrayLike,
    *,
    start_month: int = 1,
    first_month_of_year: int = 1,
    proportional: bool = True,
) -> Floats:
    """Change an adjusted series so that its complete years sum to those of another, its movement least disturbed.

    Parameters
    ----------
    adjusted
        Adjusted series, ``(periods,)`` or ``(periods, series)``.
    target
        Series with the totals to reach (the original, or it less its calendar effects), same shape.
    start_month
        Calendar month of the first period.
    first_month_of_year
        Month with which the years begin.
    proportional
        Minimise Σ (Δ x/a)² (proportional Denton, positive series) instead of Σ (Δ (x − a))². X-13's ``type=denton``
        is the additive one.

    Returns
    -------
    ndarray, shape of ``adjusted``
        Incomplete years at the ends carry on the correction of the nearest month. A series with missing values, or
        with values not positive if proportional, is returned as NaN; so is one without a complete year.
    """
    source, wanted = np.asarray(adjusted, dtype=np.float64), np.asarray(target, dtype=np.float64)
    if source.shape != wanted.shape:
        raise ValueError(f"adjusted {source.shape} and target {wanted.shape} differ in shape")
    flat, goal = (a[:, None] if a.ndim == 1 else a for a in (source, wanted))
    forced = np.full_like(flat, np.nan)
    first = (first_month_of_year - start_month) % 12
    for column in range(flat.shape[1]):
        there = np.isfinite(flat[:, column]) & np.isfinite(goal[:, column])
        if not there.any():
            continue
        begin = int(there.argmax())
        end = there.size - int(there[::-1].argmax())
        begins = np.arange(first + -(-(begin - first) // 12) * 12 if begin > first else first, end - 11, 12)
        values = flat[begin:end, column]
        if begins.size == 0 or not there[begin:end].all() or (proportional and not (values > 0).all()):
            continue
        totals = np.zeros((begins.size, end - begin))
        for year, month in enumerate(begins - begin):
            totals[year, month : month + 12] = 1.0
        gap = totals @ (goal[begin:end, column] - values)
        scale = values if proportional else np.ones_like(values)
        forced[begin:end, column] = values + scale * _smoothest(totals * scale, gap)
    return forced.reshape(source.shape)


def _smoothest(constraints: Floats, gap: Floats) -> Floats:
    """The sequence r with ``constraints`` · r = ``gap`` and the least sum of squared differences."""
    years, months = constraints.shape
    difference = np.diff(np.eye(months), axis=0)
    # Rows are scaled to 1 so that series in large units do not spoil the solution.
    size = constraints.sum(axis=1, keepdims=True)
    rows = constraints / size
    system = np.zeros((months + years, months + years))
    system[:months, :months] = difference.T @ difference
    system[:months, months:] = rows.T
    system[months:, :months] = rows
    right = np.concatenate([np.zeros(months), gap / size[:, 0]])
    return np.asarray(np.linalg.solve(system, right)[:months], dtype=np.float64)
