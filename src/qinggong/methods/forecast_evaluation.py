"""How good forecasts were (预测检验): root mean square error, CRPS, coverage, and the test of Diebold and Mariano.

    CRPS of N(μ, σ²)       σ [ z (2Φ(z) − 1) + 2φ(z) − 1/√π ],  z = (y − μ)/σ
    CRPS of an ensemble    mean |x_i − y| − ½ mean |x_i − x_j|
    Diebold–Mariano        d(t) = L(e1) − L(e2);  DM = d̄ / √(V/n),  V = γ_0 + 2 Σ_{k<h} w_k γ_k
    small samples          HLN = DM · √[(n + 1 − 2h + h(h − 1)/n)/n], against t with n − 1 degrees of freedom

V takes rectangular weights (w = 1) as in the original test; where they make it negative or nil, Bartlett weights
w = 1 − k/h are taken and the result says so.

References
----------
Gneiting & Raftery (2007), Strictly proper scoring rules, prediction, and estimation, Journal of the American
Statistical Association 102, 359–378; Gneiting, Raftery, Westveld & Goldman (2005), Monthly Weather Review 133,
1098–1118 (normal CRPS); Diebold & Mariano (1995), Journal of Business & Economic Statistics 13, 253–263; Harvey,
Leybourne & Newbold (1997), Testing the equality of prediction mean squared errors, International Journal of
Forecasting 13, 281–291; Newey & West (1987), Econometrica 55, 703–708.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DieboldMariano:
    """``statistic`` below 0: the first forecast is the better one; ``p_value`` two-sided; NaN where it cannot be
    said."""

    statistic: float
    p_value: float
    observations: int
    weights: Literal["rectangular", "bartlett"] = "rectangular"


@dataclass(frozen=True, slots=True)
class Accuracy:
    """One way of forecasting over a number of outcomes; NaN without any.

    ``coverage`` is the share of outcomes inside the central intervals of ``levels``.
    """

    observations: int
    rmse: float
    bias: float
    crps: float
    levels: tuple[float, ...]
    coverage: tuple[float, ...]


def accuracy(actual: ArrayLike, mean: ArrayLike, std: ArrayLike, *, levels: tuple[float, ...] = (0.5, 0.8)) -> Accuracy:
    """Normal forecasts held against outcomes; all arrays (n,), NaN in any leaves the row out."""
    y, m, s = (np.asarray(a, dtype=np.float64) for a in (actual, mean, std))
    use = ~(np.isnan(y) | np.isnan(m) | np.isnan(s))
    n = int(use.sum())
    if not n:
        nan = float("nan")
        return Accuracy(0, nan, nan, nan, levels, tuple(nan for _ in levels))
    y, m, s = y[use], m[use], s[use]
    shares = tuple(float(np.mean(np.abs(y - m) <= normal_quantile(0.5 + level / 2) * s)) for level in levels)
    return Accuracy(
        n, rmse(y, m), float(np.mean(m - y)), float(np.mean(crps_normal(y, m, s))), levels, shares
    )  # fmt: skip


def rmse(actual: ArrayLike, mean: ArrayLike) -> float:
    """Root mean square error over rows where both are known; NaN without any."""
    errors = np.asarray(mean, dtype=np.float64) - np.asarray(actual, dtype=np.float64)
    errors = errors[~np.isnan(errors)]
    return float(np.sqrt(np.mean(errors**2))) if errors.size else float("nan")


def crps_normal(actual: ArrayLike, mean: ArrayLike, std: ArrayLike) -> Floats:
    """(n,) scores in the units of the figure; with std 0 the absolute error."""
    from scipy.special import ndtr  # type: ignore[import-untyped]

    y, m, s = (np.asarray(a, dtype=np.float64) for a in (actual, mean, std))
    if (s < 0).any():
        raise ValueError("标准差不能为负")
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (y - m) / s
        density = np.exp(-0.5 * z**2) / math.sqrt(2 * math.pi)
        score = s * (z * (2 * ndtr(z) - 1) + 2 * density - 1 / math.sqrt(math.pi))
    return np.where(s > 0, score, np.abs(y - m))


def crps_ensemble(actual: ArrayLike, members: ArrayLike) -> Floats:
    """(n,) scores of ensembles ``members`` (n, k), by the sorted form of the double sum."""
    y, x = np.asarray(actual, dtype=np.float64), np.sort(np.asarray(members, dtype=np.float64), axis=1)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"members应为（{y.size}，成员数）的二维数组，收到形状{x.shape}")
    k = x.shape[1]
    pairs = x @ (2.0 * np.arange(1, k + 1) - k - 1) / k**2
    return np.asarray(np.mean(np.abs(x - y[:, None]), axis=1) - pairs, dtype=np.float64)


def interval_coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of known outcomes inside [low, high]; NaN without any."""
    y, a, b = (np.asarray(v, dtype=np.float64) for v in (actual, low, high))
    use = ~(np.isnan(y) | np.isnan(a) | np.isnan(b))
    return float(np.mean((y[use] >= a[use]) & (y[use] <= b[use]))) if use.any() else float("nan")


def diebold_mariano(
    first: ArrayLike, second: ArrayLike, *, horizon: int = 1, power: Literal[1, 2] = 2
) -> DieboldMariano:
    """Test whether two forecasts are equally accurate, with the correction for small samples.

    Parameters
    ----------
    first, second
        (n,) errors of the same outcomes in order of time; NaN in either leaves the row out.
    horizon
        Steps ahead; errors of h steps ahead are correlated over h − 1 steps.
    power
        Loss |e|^power.
    """
    from scipy.special import stdtr

    a, b = (np.asarray(e, dtype=np.float64) for e in (first, second))
    if a.shape != b.shape or a.ndim != 1:
        raise ValueError(f"两列误差应同样长，收到形状{a.shape}与{b.shape}")
    if horizon < 1:
        raise ValueError(f"horizon应为正整数，收到{horizon!r}")
    use = ~(np.isnan(a) | np.isnan(b))
    d = np.abs(a[use]) ** power - np.abs(b[use]) ** power
    n = d.size
    nothing = DieboldMariano(float("nan"), float("nan"), n)
    correction = (n + 1 - 2 * horizon + horizon * (horizon - 1) / n) / n if n else 0.0
    if n < 3 or correction <= 0:
        return nothing
    weights: Literal["rectangular", "bartlett"] = "rectangular"
    variance = long_run_variance(d, horizon - 1, bartlett=False)
    if variance <= 1e-14 * float(np.mean(d**2)):
        weights, variance = "bartlett", long_run_variance(d, horizon - 1, bartlett=True)
    if variance <= 1e-14 * float(np.mean(d**2)) or not variance > 0:
        return nothing
    statistic = float(d.mean()) / math.sqrt(variance / n) * math.sqrt(correction)
    return DieboldMariano(statistic, float(2 * stdtr(n - 1, -abs(statistic))), n, weights)


def long_run_variance(d: Floats, lags: int, *, bartlett: bool) -> float:
    """γ_0 + 2 Σ w_k γ_k over ``lags`` autocovariances (divided by n)."""
    centred = d - d.mean()
    total = float(centred @ centred) / d.size
    for k in range(1, min(lags, d.size - 1) + 1):
        weight = 1 - k / (lags + 1) if bartlett else 1.0
        total += 2 * weight * float(centred[k:] @ centred[:-k]) / d.size
    return total


def normal_quantile(probability: float) -> float:
    """Quantile of the standard normal distribution."""
    from scipy.special import ndtri

    return float(ndtri(probability))
