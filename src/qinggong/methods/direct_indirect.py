"""Direct against indirect adjustment: an aggregate adjusted itself, or summed from its adjusted parts.

References
----------
Dagum, E. B. (1979), On the Seasonal Adjustment of Economic Time Series Aggregates: A Case Study of the Unemployment
Rate, National Commission on Employment and Unemployment Statistics (roughness measures R1 and R2).
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec COMPOSITE.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.seasonality_tests import Significance, qs_of_levels

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class AdjustmentComparison:
    """Direct and indirect adjustment of one aggregate."""

    direct: Floats
    indirect: Floats
    """Sum of the adjusted parts, ``(periods,)``."""
    deviation: Floats
    """Direct over indirect less 1, per cent, ``(periods,)``."""
    mean_absolute_deviation: float
    largest_deviation: float
    growth_deviation: Floats
    """Difference of the monthly growth rates, points; NaN in the first period."""
    roughness: tuple[float, float]
    """R1 of direct and indirect: root mean square of the monthly changes."""
    distance_to_trend: tuple[float, float]
    """R2 of direct and indirect: root mean square distance to their Henderson trends."""
    gain: tuple[float, float]
    """(direct − indirect) / direct in R1 and R2, per cent; positive where the indirect one is smoother."""
    qs: tuple[Significance, Significance]
    """QS of direct and indirect, for residual seasonality."""


def compare_adjustments(
    direct: ArrayLike, parts: ArrayLike, *, weights: ArrayLike | None = None, last_years: int | None = None
) -> AdjustmentComparison:
    """Compare the adjusted aggregate with the sum of the adjusted parts.

    Parameters
    ----------
    direct
        Adjusted aggregate, ``(periods,)``.
    parts
        Adjusted parts, ``(periods, parts)``.
    weights
        Weight of each part, ``(parts,)`` or ``(periods, parts)``; by default 1. Negative ones subtract.
    last_years
        Restrict the summary measures to the last years.

    Notes
    -----
    R1 = √mean (xₜ − xₜ₋₁)², R2 = √mean (xₜ − Hₜ)², with H the 13-term Henderson average of x. Months where a part
    is missing are left out.
    """
    from qinggong.methods.x11_filters import henderson_matrix

    own = np.asarray(direct, dtype=np.float64)
    pieces = np.asarray(parts, dtype=np.float64)
    summed = (pieces if weights is None else pieces * np.asarray(weights, dtype=np.float64)).sum(axis=1)
    if own.shape != summed.shape:
        raise ValueError(f"direct {own.shape} and parts {pieces.shape} do not match")
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = (own / summed - 1) * 100
        growth = np.full(own.shape, np.nan)
        growth[1:] = (own[1:] / own[:-1] - summed[1:] / summed[:-1]) * 100
    there = np.isfinite(deviation)
    if last_years is not None:
        there[: max(0, there.size - 12 * last_years)] = False
    both = np.stack([own[there], summed[there]])
    if both.shape[1] < 25:
        raise ValueError(f"a comparison needs 25 months with all parts, not {both.shape[1]}")
    filters = henderson_matrix(13, 3.5)
    trend = np.stack([_henderson(series, filters) for series in both])
    rough = np.sqrt((np.diff(both, axis=1) ** 2).mean(axis=1))
    distance = np.sqrt(((both - trend) ** 2).mean(axis=1))
    tests = tuple(qs_of_levels(series[None]) for series in both)
    return AdjustmentComparison(
        direct=own,
        indirect=summed,
        deviation=deviation,
        mean_absolute_deviation=float(np.abs(deviation[there]).mean()),
        largest_deviation=float(np.abs(deviation[there]).max()),
        growth_deviation=growth,
        roughness=(float(rough[0]), float(rough[1])),
        distance_to_trend=(float(distance[0]), float(distance[1])),
        gain=(_gain(rough), _gain(distance)),
        qs=(tests[0], tests[1]),
    )


def _gain(measure: Floats) -> float:
    """Per cent by which the indirect measure is below the direct one; 0 where both vanish."""
    return float((measure[0] - measure[1]) / measure[0] * 100) if measure[0] > 0 else 0.0


def _henderson(series: Floats, filters: Floats) -> Floats:
    half = filters.shape[0] // 2
    middle = np.convolve(series, filters[half], mode="valid")
    head, tail = series[: filters.shape[0]], series[-filters.shape[0] :]
    return np.concatenate([filters[:half] @ head, middle, filters[half + 1 :] @ tail])
