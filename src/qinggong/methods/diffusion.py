"""Diffusion indices (扩散指数): share rising, purchasing managers' type, enterprise surveys.

References
----------
Broida (1955), Diffusion Indexes, American Statistician 9; National Bureau of Statistics of China, method notes of the
purchasing managers' index and of the enterprise prosperity survey (企业景气指数: 0.4 current + 0.6 expected).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def share_rising(values: ArrayLike, *, span: int = 1, weights: ArrayLike | None = None, fewest: int = 1) -> Floats:
    """Share of series above their value ``span`` rows before, unchanged ones counted half, in percent.

    Parameters
    ----------
    values
        ``(months, series)``.
    weights
        ``(series,)``; equal if ``None``.
    fewest
        Series that a month needs.

    Returns
    -------
    array
        ``(months,)``, 50 is neutral; NaN in the first ``span`` rows and where too few series are known.
    """
    x = np.asarray(values, dtype=np.float64)
    w = np.ones(x.shape[1]) if weights is None else np.asarray(weights, dtype=np.float64)
    step = np.full_like(x, np.nan)
    step[span:] = x[span:] - x[:-span]
    known = ~np.isnan(step)
    score = np.where(known, np.where(step > 0, 1.0, np.where(step == 0, 0.5, 0.0)), 0.0)
    total = (known * w).sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        out = (score * w).sum(axis=1) / total * 100
    return np.where(known.sum(axis=1) >= max(fewest, 1), out, np.nan)


def balance(better: ArrayLike, same: ArrayLike) -> Floats:
    """Better share plus half of the unchanged share, 0–100 with 50 neutral (PMI and central-bank surveys)."""
    return np.asarray(np.asarray(better, dtype=np.float64) + np.asarray(same, dtype=np.float64) / 2)


def purchasing_managers(components: ArrayLike, weights: ArrayLike, *, inverted: ArrayLike) -> Floats:
    """Purchasing managers' type index: Σ w·d, components that slow growth (supplier deliveries) as 100 − d.

    Parameters
    ----------
    components
        ``(months, k)`` diffusion indices, 0–100.
    weights
        ``(k,)`` summing to one.
    inverted
        ``(k,)`` True where a rise is bad.
    """
    from qinggong.methods.composite import check_weights

    x, w = np.asarray(components, dtype=np.float64), check_weights(weights)
    turned = np.where(np.asarray(inverted, dtype=np.bool_), 100.0 - x, x)
    return np.asarray((turned * w).sum(axis=1))


def survey_index(good: ArrayLike, bad: ArrayLike) -> Floats:
    """(good − bad) · 100 + 100 with shares as fractions: 0–200, 100 neutral."""
    return np.asarray((np.asarray(good, dtype=np.float64) - np.asarray(bad, dtype=np.float64)) * 100 + 100)


def enterprise_prosperity(current: ArrayLike, expected: ArrayLike, *, current_weight: float = 0.4) -> Floats:
    """企业景气指数: 0.4 × current + 0.6 × expected."""
    a, b = np.asarray(current, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    return np.asarray(current_weight * a + (1 - current_weight) * b)
