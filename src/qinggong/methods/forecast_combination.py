"""Forecasts combined by how good they were (组合预测): weights by inverse discounted mean square errors.

    w_i ∝ 1 / Σ_s δ^(T−s) e_i(s)²,   δ in (0, 1]

The combination of normal forecasts is told by the mean and the deviation of their mixture:
μ = Σ w_i μ_i,  σ² = Σ w_i (σ_i² + (μ_i − μ)²).

References
----------
Bates & Granger (1969), The combination of forecasts, Operational Research Quarterly 20, 451–468; Stock & Watson (2004),
Combination forecasts of output growth in a seven-country data set, Journal of Forecasting 23, 405–430 (discounted mean
square errors).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Combined:
    """``mean`` and ``std`` (…,) of the mixture; ``weights`` as used, 0 for forecasts that were not at hand."""

    mean: Floats
    std: Floats
    weights: Floats


def discounted_weights(errors: ArrayLike, *, discount: float = 0.95, fewest: int = 12) -> Floats:
    """(methods,) weights that sum to 1.

    Parameters
    ----------
    errors
        (outcomes, methods) errors of the past in order of time; a row counts if no method lacks it.
    discount
        Weight of a step further back.
    fewest
        With fewer complete rows all methods weigh the same.
    """
    e = np.asarray(errors, dtype=np.float64)
    if e.ndim != 2 or not e.shape[1]:
        raise ValueError(f"errors应为（次数，方法）的二维数组，收到形状{e.shape}")
    if not 0 < discount <= 1:
        raise ValueError(f"discount应在0与1之间，收到{discount!r}")
    rows = e[~np.isnan(e).any(axis=1)]
    if rows.shape[0] < fewest:
        return np.full(e.shape[1], 1.0 / e.shape[1])
    faded = discount ** np.arange(rows.shape[0] - 1, -1, -1)
    return weights_of(faded @ rows**2 / faded.sum())


def weights_of(mean_squares: ArrayLike) -> Floats:
    """Weights from mean square errors; methods without any error share all of the weight."""
    mse = np.asarray(mean_squares, dtype=np.float64)
    if (mse == 0).any():
        return np.asarray((mse == 0) / (mse == 0).sum(), dtype=np.float64)
    inverse = 1 / mse
    return np.asarray(inverse / inverse.sum(), dtype=np.float64)


def combine(means: ArrayLike, stds: ArrayLike, weights: ArrayLike) -> Combined:
    """The mixture of normal forecasts, (methods, …) each; a method with NaN is left out and the others weigh more."""
    m, s, w = (np.asarray(a, dtype=np.float64) for a in (means, stds, weights))
    if m.shape != s.shape or w.shape != m.shape[:1]:
        raise ValueError(f"预测与权重的形状不一致：{m.shape}、{s.shape}、{w.shape}")
    shaped = np.broadcast_to(w.reshape((-1,) + (1,) * (m.ndim - 1)), m.shape)
    used = np.where(np.isnan(m) | np.isnan(s), 0.0, shaped)
    total = used.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        used = used / total
    mean = np.where(total > 0, (used * np.nan_to_num(m)).sum(axis=0), np.nan)
    variance = (used * (np.nan_to_num(s) ** 2 + (np.nan_to_num(m) - mean) ** 2)).sum(axis=0)
    return Combined(mean, np.sqrt(variance), used)
