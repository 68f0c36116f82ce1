"""Simple forecasts of one series (简单预测), each with a standard deviation: what a model has to beat.

    random walk      E y(t+h) = y(t),                        sd² = h · mean (y(s) − y(s−1))²
    seasonal naive   E y(t+h) = y(t+h−m⌈h/m⌉),               sd² = ⌈h/m⌉ · mean (y(s) − y(s−m))²
    autoregression   y(t) = c + Σ φ_j y(t−j) + e(t), order by AIC; sd² = σ² Σ_{k<h} ψ_k²
    bridge equation  y(t) = c + ρ y(t−1) + β′x(t) + e(t); a missing x is forecast by its own autoregression, and its
                     variance enters by β²

Gaps in the past: least squares uses the rows without a gap; where a lag at the end is missing it is the equation's own
forecast of it, and its variance is carried on.

References
----------
Hyndman & Athanasopoulos (2021), Forecasting: Principles and Practice, 3rd ed., 5.2, 5.5 (naive methods and their
deviations); Akaike (1974), IEEE Transactions on Automatic Control 19, 716–723; Hurvich & Tsai (1989), Biometrika 76,
297–307 (orders compared on one sample); Baffigi, Golinelli & Parigi (2004), Bridge models to forecast the euro area
GDP, International Journal of Forecasting 20, 447–460.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

FEWEST = 12
"""Values, or rows of a regression, below which nothing is said."""
LARGEST_ROOT = 0.98
"""Autoregressions with a root beyond are drawn back to it: a growth rate does not explode."""


@dataclass(frozen=True, slots=True, eq=False)
class SimpleForecast:
    """``mean`` and ``std`` (h,) of the steps after the data, in the units of the series; NaN where too little is known.

    ``order`` is the number of lags of an autoregression (0: the mean), −1 for other methods.
    """

    mean: Floats
    std: Floats
    order: int = -1

    @property
    def stated(self) -> bool:
        return bool(np.isfinite(self.mean).all() and np.isfinite(self.std).all())


def random_walk(values: ArrayLike, h: int) -> SimpleForecast:
    """The newest value, wherever it stands; ``values`` (steps,), NaN missing.

    A gap of d steps before the end counts as d further steps of the horizon.
    """
    y, h = _checked(values, h)
    known = np.flatnonzero(~np.isnan(y))
    changes = np.diff(y)
    changes = changes[~np.isnan(changes)]
    if known.size < FEWEST or changes.size < FEWEST - 1:
        return _nothing(h)
    ahead = np.arange(1, h + 1) + (y.size - 1 - known[-1])
    return SimpleForecast(np.full(h, y[known[-1]]), math.sqrt(float(np.mean(changes**2))) * np.sqrt(ahead))


def seasonal_naive(values: ArrayLike, h: int, *, season: int) -> SimpleForecast:
    """The value of the same step of the newest year that has it; ``season`` steps make a year."""
    y, h = _checked(values, h)
    if season < 1:
        raise ValueError(f"season应为正整数，收到{season!r}")
    changes = y[season:] - y[:-season] if y.size > season else np.empty(0)
    changes = changes[~np.isnan(changes)]
    if changes.size < FEWEST:
        return _nothing(h)
    spread = float(np.mean(changes**2))
    mean, std = np.full(h, np.nan), np.full(h, np.nan)
    for step in range(h):
        at, years = y.size + step - season, 1
        while at >= 0 and (at >= y.size or np.isnan(y[at])):
            at, years = at - season, years + 1
        if at >= 0:
            mean[step], std[step] = y[at], math.sqrt(spread * years)
    return SimpleForecast(mean, std)


def autoregression(values: ArrayLike, h: int, *, most: int = 6) -> SimpleForecast:
    """Autoregression with a constant by least squares, the order from 0 to ``most`` by AIC on the same rows."""
    y, h = _checked(values, h)
    fitted = _fit(y, most)
    if fitted is None:
        return _nothing(h)
    constant, lags, variance = fitted
    return SimpleForecast(*_ahead(y, constant, lags, variance, np.zeros((y.size + h, 2)), h), order=lags.size)


def bridge(values: ArrayLike, indicators: ArrayLike, h: int, *, most: int = 4) -> SimpleForecast:
    """Bridge equation with one own lag and what ``indicators`` say of the same step.

    Parameters
    ----------
    values
        (steps,) of the target, NaN missing.
    indicators
        (rows, k) from the same first step on; more rows than ``values`` where indicators are known further.
    most
        Highest order of the autoregressions that fill the indicators.
    """
    y, h = _checked(values, h)
    x = np.asarray(indicators, dtype=np.float64)
    if x.ndim != 2 or x.shape[0] < y.size:
        raise ValueError(f"indicators应为二维数组，且不少于{y.size}行，收到形状{x.shape}")
    x = np.vstack([x[: y.size + h], np.full((max(0, y.size + h - x.shape[0]), x.shape[1]), np.nan)])
    observed, doubt = x.copy(), np.zeros_like(x)
    for j in range(x.shape[1]):
        filled = _fit(x[: y.size, j], most)
        if filled is None:
            return _nothing(h)
        at = np.flatnonzero(~np.isnan(x[:, j]))
        last = int(at[-1]) + 1
        # A gap between known values is drawn straight; it serves the forecast only, not the regression.
        x[:last, j] = np.interp(np.arange(last), at, x[at, j])
        ahead = x.shape[0] - last
        if ahead:
            mean, std = _ahead(x[:last, j], *filled, np.zeros((x.shape[0], 2)), ahead)
            x[last:, j], doubt[last:, j] = mean, std**2
    past = np.concatenate([[np.nan], y[:-1]])
    rows = np.column_stack([np.ones(y.size), past, observed[: y.size]])
    use = ~np.isnan(rows).any(axis=1) & ~np.isnan(y)
    if use.sum() < max(FEWEST, 3 * rows.shape[1]):
        return _nothing(h)
    found, *_ = np.linalg.lstsq(rows[use], y[use], rcond=None)
    left = y[use] - rows[use] @ found
    variance = float(left @ left) / (int(use.sum()) - rows.shape[1])
    own = np.clip(found[1:2], -LARGEST_ROOT, LARGEST_ROOT)
    added = np.column_stack([x @ found[2:], doubt @ found[2:] ** 2])
    return SimpleForecast(*_ahead(y, float(found[0]), own, variance, added, h))


def _checked(values: ArrayLike, h: int) -> tuple[Floats, int]:
    y = np.array(values, dtype=np.float64)
    if y.ndim != 1:
        raise ValueError(f"values应为一维数组，收到形状{y.shape}")
    if isinstance(h, bool) or int(h) != h or h < 1:
        raise ValueError(f"预测步数应为正整数，收到{h!r}")
    if np.isinf(y).any():
        raise ValueError(f"第{int(np.flatnonzero(np.isinf(y))[0]) + 1}个值是无穷大；请改正，或以NaN表示缺失")
    return y, int(h)


def _nothing(h: int) -> SimpleForecast:
    return SimpleForecast(np.full(h, np.nan), np.full(h, np.nan))


def _fit(y: Floats, most: int) -> tuple[float, Floats, float] | None:
    """Constant, lags and variance of the order with the lowest AIC; all orders are compared on the same rows."""
    known = y[~np.isnan(y)]
    if known.size < FEWEST:
        return None
    if np.ptp(known) <= 1e-12 * (1 + np.abs(known).max()):
        return float(known[-1]), np.zeros(0), 0.0
    for highest in range(most, -1, -1):
        design, target = _lagged(y, highest)
        if target.size >= max(FEWEST, 3 * (highest + 1)):
            break
    best: tuple[float, float, Floats, float] | None = None
    for order in range(highest + 1):
        rows = design[:, : order + 1]
        found, *_ = np.linalg.lstsq(rows, target, rcond=None)
        left = target - rows @ found
        squares = float(left @ left)
        if squares <= 0:
            continue
        n = target.size
        aic = n * math.log(squares / n) + 2 * (order + 2)
        if best is None or aic < best[0] - 1e-9:
            best = aic, float(found[0]), found[1:].astype(np.float64), squares / max(n - order - 1, 1)
    if best is None:
        return None
    _, constant, lags, variance = best
    return *_stationary(constant, lags, float(target.mean())), variance


def _lagged(y: Floats, order: int) -> tuple[Floats, Floats]:
    columns = [np.ones(y.size)] + [np.concatenate([np.full(j, np.nan), y[: y.size - j]]) for j in range(1, order + 1)]
    design = np.column_stack(columns)
    use = ~np.isnan(design).any(axis=1) & ~np.isnan(y)
    return design[use], y[use]


def _stationary(constant: float, lags: Floats, mean: float) -> tuple[float, Floats]:
    """Lags with roots inside the unit circle; roots beyond are shortened alike, around the same mean."""
    if not lags.size:
        return constant, lags
    largest = float(np.abs(np.roots(np.concatenate([[1.0], -lags]))).max())
    if largest <= LARGEST_ROOT:
        return constant, lags
    shorter = lags * (LARGEST_ROOT / largest) ** np.arange(1, lags.size + 1)
    return mean * (1 - float(shorter.sum())), shorter


def _ahead(y: Floats, constant: float, lags: Floats, variance: float, added: Floats, h: int) -> tuple[Floats, Floats]:
    """Mean and std of the h steps after ``y``; ``added`` (steps + h, 2) is what other terms add to mean and
    variance."""
    p, n = lags.size, y.size
    known = np.flatnonzero(~np.isnan(y))
    first = int(known[-1]) + 1
    # Gaps inside the last p known values are bridged by the equation itself, from the first complete run on.
    path = np.concatenate([y, np.full(h, np.nan)])
    mean = float(y[known].mean())
    begin = max(first - p, 0)
    for t in range(begin, first):
        if np.isnan(path[t]):
            before = [path[t - j] if t - j >= 0 and not np.isnan(path[t - j]) else mean for j in range(1, p + 1)]
            path[t] = constant + float(np.dot(lags, before)) + added[t, 0]
    weights = np.zeros(n + h - first + 1)
    weights[0] = 1.0
    for k in range(1, weights.size):
        weights[k] = float(np.dot(lags[: min(p, k)], weights[k - 1 :: -1][: min(p, k)]))
    std = np.full(n + h, np.nan)
    for t in range(first, n + h):
        before = [path[t - j] if t - j >= 0 else mean for j in range(1, p + 1)]
        path[t] = constant + float(np.dot(lags, before)) + added[t, 0]
        spread = variance + added[first : t + 1, 1]
        std[t] = math.sqrt(float(np.dot(weights[: t - first + 1][::-1] ** 2, spread)))
    return path[n:], std[n:]
