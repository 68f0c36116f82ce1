"""Level indices (景气水平指数): standardised components, weighted means, exact contributions.

Arrays are time first: ``(months, components)`` or ``(months, components, subjects)``; NaN is missing.

References
----------
OECD & JRC (2008), Handbook on Constructing Composite Indicators, part 1, steps 5–6 (z-scores, linear aggregation);
the frozen reference window and the cap are the project's own rules, stated on the method page.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SCALE, CAP = 10.0, 4.0
FEWEST_COMPONENTS, FEWEST_OBSERVATIONS = 3, 60


@dataclass(frozen=True, slots=True)
class Reference:
    """Centre and spread of each component in the reference window.

    Attributes
    ----------
    centre, spread
        ``(components, …)``: mean and standard deviation (n − 1); NaN where ``observations`` are too few or constant.
    observations
        Values of the whole sample, per component.
    """

    centre: Floats
    spread: Floats
    observations: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class LevelIndex:
    """A level index.

    Attributes
    ----------
    index
        ``(months, …)``, 100 at the centre; NaN where fewer than the needed components are there.
    components
        ``(months, components, …)``: 100 + 10·z of each.
    weights
        ``(months, components, …)``: the weights used, summing to one where there is an index.
    capped
        ``(months, components, …)``: True where |z| met the cap.
    usable
        ``(components, …)``: components with enough observations and a spread.
    """

    index: Floats
    components: Floats
    weights: Floats
    capped: Bools
    usable: Bools

    def contributions(self, *, lag: int = 1) -> Floats:
        """``(months, components, …)``: parts of the change over ``lag`` months, in points, summing to it exactly.

        A component that enters or leaves carries what its coming or going changes.
        """
        parts = np.nan_to_num(self.weights * (self.components - 100.0))
        out = np.full_like(parts, np.nan)
        out[lag:] = parts[lag:] - parts[:-lag]
        known = ~np.isnan(self.index)
        both = np.zeros(self.index.shape, dtype=np.bool_)
        both[lag:] = known[lag:] & known[:-lag]
        return np.where(both[:, None], out, np.nan)


def reference(values: ArrayLike, window: ArrayLike, *, fewest: int = FEWEST_OBSERVATIONS) -> Reference:
    """Centre and spread of components over a fixed window.

    Parameters
    ----------
    values
        ``(months, components, …)``.
    window
        ``(months,)`` True in the reference window (ten years, without the months declared distorted).
    fewest
        Observations that a component needs in the whole sample, and half as many in the window.
    """
    x = np.asarray(values, dtype=np.float64)
    inside = np.asarray(window, dtype=np.bool_)
    chosen = x[inside]
    count, total = (~np.isnan(chosen)).sum(axis=0), (~np.isnan(x)).sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.nansum(chosen, axis=0) / count
        squares = np.nansum((chosen - mean) ** 2, axis=0)
        spread = np.sqrt(squares / (count - 1))
    # What rounding alone leaves of a constant is no spread.
    size = np.nanmax(np.where(np.isnan(chosen), 0.0, np.abs(chosen)), axis=0, initial=0.0)
    enough = (total >= fewest) & (count >= fewest // 2) & (spread > 1e-9 * (1 + size))
    return Reference(np.where(enough, mean, np.nan), np.where(enough, spread, np.nan), total.astype(np.int64))


def level_index(
    values: ArrayLike,
    weights: ArrayLike,
    against: Reference,
    *,
    fewest: int = FEWEST_COMPONENTS,
    scale: float = SCALE,
    cap: float = CAP,
) -> LevelIndex:
    """The level index 100 + Σ w·10·z with |z| capped.

    Parameters
    ----------
    values
        ``(months, components, …)``; higher is hotter.
    weights
        ``(components,)`` or ``(components, …)``, not negative, summing to one.
    against
        Centre and spread (``reference``).
    fewest
        Components that a month needs; the weights of those present are scaled to one.

    Raises
    ------
    ValueError
        If weights are negative or do not sum to one to 1e-6, or shapes do not fit.
    """
    x, w = np.asarray(values, dtype=np.float64), check_weights(weights)
    if w.shape[0] != x.shape[1]:
        raise ValueError(f"权重有{w.shape[0]}个，分项有{x.shape[1]}个，两者应相同")
    w = w.reshape(*w.shape, *(1,) * (x.ndim - 1 - w.ndim))
    with np.errstate(invalid="ignore", divide="ignore"):
        z = (x - against.centre) / against.spread
    capped = np.abs(z) > cap
    components = 100.0 + scale * np.clip(z, -cap, cap)
    present = ~np.isnan(components)
    used = np.where(present, w, 0.0)
    total = used.sum(axis=1, keepdims=True)
    enough = (present.sum(axis=1, keepdims=True) >= min(fewest, x.shape[1])) & (total > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        used = np.where(enough, used / total, np.nan)
    index = 100.0 + (used * np.where(present, components - 100.0, 0.0)).sum(axis=1)
    return LevelIndex(index, components, np.where(present, used, 0.0), capped & present, ~np.isnan(against.spread))


def weighted_mean(indices: ArrayLike, weights: ArrayLike, *, fewest_weight: float = 0.0) -> tuple[Floats, Floats]:
    """Aggregate of indices and its parts (行业合成): Σ w·I over those present.

    Parameters
    ----------
    indices
        ``(months, subjects)``.
    weights
        ``(subjects,)`` or ``(months, subjects)``, not negative; scaled to one over those present.
    fewest_weight
        Share of the weight that must be present.

    Returns
    -------
    tuple of arrays
        The aggregate ``(months,)``, NaN where too little is present, and each subject's part of (aggregate − 100).
    """
    x = np.asarray(indices, dtype=np.float64)
    w = np.broadcast_to(np.asarray(weights, dtype=np.float64), x.shape)
    if (w < 0).any():
        raise ValueError("权重不能为负")
    present = ~np.isnan(x)
    used = np.where(present, w, 0.0)
    total = used.sum(axis=1, keepdims=True)
    with np.errstate(invalid="ignore", divide="ignore"):
        share = total / w.sum(axis=1, keepdims=True)
        parts = np.where(present, used / total * (x - 100.0), 0.0)
    enough = (total > 0) & (share >= fewest_weight)
    parts = np.where(enough, parts, np.nan)
    return 100.0 + parts.sum(axis=1), parts


def check_weights(weights: ArrayLike) -> Floats:
    """Weights as an array; a ``ValueError`` says what is wrong with them."""
    w = np.asarray(weights, dtype=np.float64)
    if w.ndim == 0 or not np.isfinite(w).all() or (w < 0).any():
        raise ValueError("权重应为不小于零的数")
    total = w.sum(axis=0)
    if (np.abs(total - 1) > 1e-6).any():
        raise ValueError(f"权重之和应为1，现为{float(np.ravel(total)[0]):.4f}")
    return w


def three_month_growth(growth: ArrayLike, *, block: bool) -> Floats:
    """Mean growth of the last three months; the January–February block counts as both of its months.

    Parameters
    ----------
    growth
        ``(months, …)`` growth of single months from a January on; with ``block`` January is NaN and February the
        block's.
    """
    g = np.array(growth, dtype=np.float64)
    if block:
        january = np.arange(0, g.shape[0] - 1, 12)
        g[january] = np.where(np.isnan(g[january]), g[january + 1], g[january])
    out = np.full_like(g, np.nan)
    out[2:] = (g[2:] + g[1:-1] + g[:-2]) / 3
    if block:
        # In January itself nothing is published.
        out[np.arange(0, g.shape[0], 12)] = np.nan
    return out


def undistorted(growth: ArrayLike, distorted: ArrayLike) -> Floats:
    """Growth with the two-year average √((1+g(t))(1+g(t−12))) − 1 in the months declared distorted by their base."""
    g = np.asarray(growth, dtype=np.float64)
    out = g.copy()
    rows = np.flatnonzero(np.asarray(distorted, dtype=np.bool_))
    rows = rows[rows >= 12]
    with np.errstate(invalid="ignore"):
        now, before = 1 + g[rows] / 100, 1 + g[rows - 12] / 100
        out[rows] = np.where((now > 0) & (before > 0), np.sqrt(now * before) * 100 - 100, np.nan)
    return out
