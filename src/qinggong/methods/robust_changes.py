"""Composite indices from symmetric changes with quartile ranges (稳健的合成指数), as Japan's official indices are made.

``robust_index`` replaces outliers of what is particular to a component and keeps a slow trend apart.

Arrays are time first: ``(months, components)``; NaN is missing.

References
----------
Economic and Social Research Institute (ESRI), Cabinet Office of Japan, Guide for Using Composite Indexes and
Diffusion Indexes, and glossary of its method (symmetric change, 60-month backward average as the trend, quartile
range, outliers replaced at a multiple of the quartile range). What those pages leave open was found by recomputation:
see docs/methods/composite-indices.md.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.symmetric_changes import (
    FEWEST_CHANGES,
    FEWEST_COMPONENTS,
    REASONS,
    USED,
    SymmetricIndex,
    as_panel,
    cumulated,
    refused,
    symmetric_changes,
    usable_components,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

TREND_MONTHS, OUTLIER_SHARE = 60, 0.05


@dataclass(frozen=True, slots=True)
class Winsorised:
    """Changes whose particular part is bounded.

    Attributes
    ----------
    changes
        ``(months, components)`` after replacement.
    replaced
        ``(months, components)`` True where a change was an outlier.
    common
        ``(months,)`` median of the standardised changes.
    spread
        ``(components,)`` quartile range of the changes before replacement.
    threshold
        Multiple of the quartile range of the particular part beyond which it is an outlier.
    """

    changes: Floats
    replaced: Bools
    common: Floats
    spread: Floats
    threshold: float


def robust_index(
    values: ArrayLike,
    *,
    difference: ArrayLike = False,
    inverted: ArrayLike = False,
    base: ArrayLike | None = None,
    window: ArrayLike | None = None,
    trend: ArrayLike | None = None,
    share: float = OUTLIER_SHARE,
    trend_months: int = TREND_MONTHS,
    fewest: int = FEWEST_COMPONENTS,
) -> SymmetricIndex:
    """Composite index with quartile ranges: V = trend + mean quartile range · mean of (r − trend of r) / quartile
    range.

    Parameters
    ----------
    values
        ``(months, components)``.
    difference, inverted
        See ``symmetric_changes``.
    base
        ``(months,)`` True in the months whose mean is 100; the first month by default.
    window
        ``(months,)`` True where quartiles are taken and the index is computed.
    trend
        ``(months,)`` trend to use instead of the mean trend of these components: leading and lagging indices take
        that of the coincident index.
    share
        Share of outliers (``winsorised``).
    trend_months
        Length of the backward average.
    fewest
        Components that a month needs.
    """
    x = as_panel(values)
    inside = np.ones(x.shape[0], dtype=np.bool_) if window is None else np.asarray(window, dtype=np.bool_)
    state = usable_components(x, difference=difference, fewest=max(FEWEST_CHANGES, trend_months))
    changes = symmetric_changes(np.where(state == USED, x, np.nan), difference=difference, inverted=inverted)
    q1, q3 = _quartiles(changes[inside])
    state[(state == USED) & ~(q3 > q1)] = len(REASONS) - 1
    if (state == USED).sum() < fewest:
        return refused(x, state, fewest)
    changes = np.where(state == USED, changes, np.nan)
    bounded = winsorised(changes, window=inside, share=share)
    slow = backward_average(bounded.changes, trend_months)
    present = ~np.isnan(bounded.changes) & ~np.isnan(slow)
    usable = state == USED
    present &= usable & inside[:, None]
    number = present.sum(axis=1)
    scale = float(np.mean(bounded.spread[usable]))
    known_slow = ~np.isnan(slow) & usable
    with np.errstate(invalid="ignore", divide="ignore"):
        own_trend = np.where(known_slow, slow, 0.0).sum(axis=1) / known_slow.sum(axis=1)
        parts = np.where(present, scale * (bounded.changes - slow) / bounded.spread, 0.0) / number[:, None]
        weights = np.where(usable, 1 / bounded.spread, 0.0)
    level = own_trend if trend is None else np.asarray(trend, dtype=np.float64)
    enough = (number >= fewest) & ~np.isnan(level)
    change = np.where(enough, level + parts.sum(axis=1), np.nan)
    return cumulated(change, parts, level, weights / weights.sum(), bounded.replaced, state, base)


def winsorised(changes: ArrayLike, *, window: ArrayLike | None = None, share: float = OUTLIER_SHARE) -> Winsorised:
    """Replace outliers of what is particular to a component, not of what all components have in common.

    The common movement is the median over components of (r − median) / quartile range; what is left of a component is
    its particular part, bounded at ± k quartile ranges of that part. k is such that ``share`` of all particular parts
    in the window lie beyond it.

    Parameters
    ----------
    changes
        ``(months, components)``.
    window
        ``(months,)`` True where medians, quartiles and the threshold are taken; all months by default.
    share
        Share of outliers.
    """
    r = as_panel(changes)
    if not 0 <= share < 1:
        raise ValueError(f"外点比例应在0到1之间，收到{share}")
    inside = np.ones(r.shape[0], dtype=np.bool_) if window is None else np.asarray(window, dtype=np.bool_)
    centre = _median(r[inside], 0)
    q1, q3 = _quartiles(r[inside])
    spread = q3 - q1
    with np.errstate(invalid="ignore", divide="ignore"):
        common = _median((r - centre) / spread, 1)
        base = centre + common[:, None] * spread
        own = r - base
        first, third = _quartiles(own[inside])
        reach = third - first
        distance = np.abs(own) / reach
    known = distance[inside & ~np.isnan(common)]
    known = known[np.isfinite(known)]
    threshold = float(np.quantile(known, 1 - share)) if known.size and share > 0 else np.inf
    replaced = np.nan_to_num(distance) > threshold
    limit = threshold * reach
    with np.errstate(invalid="ignore"):
        bounded = np.where(replaced, base + np.sign(own) * limit, r)
    return Winsorised(bounded, replaced, common, spread, threshold)


def backward_average(values: ArrayLike, months: int = TREND_MONTHS) -> Floats:
    """Mean of the last ``months`` values of each component, of those known; NaN if over a quarter is missing."""
    r = as_panel(values)
    known = ~np.isnan(r)
    total = np.vstack([np.zeros((1, r.shape[1])), np.cumsum(np.where(known, r, 0.0), axis=0)])
    number = np.vstack([np.zeros((1, r.shape[1])), np.cumsum(known, axis=0)])
    out = np.full_like(r, np.nan)
    if r.shape[0] >= months:
        count = number[months:] - number[:-months]
        with np.errstate(invalid="ignore", divide="ignore"):
            out[months - 1 :] = np.where(count >= 0.75 * months, (total[months:] - total[:-months]) / count, np.nan)
    return out


def _quartiles(x: Floats) -> tuple[Floats, Floats]:
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):
        warnings.simplefilter("ignore", RuntimeWarning)
        q1, q3 = np.nanpercentile(np.where(np.isinf(x), np.nan, x), [25, 75], axis=0)
    return q1, q3


def _median(x: Floats, axis: int) -> Floats:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        return np.asarray(np.nanmedian(np.where(np.isinf(x), np.nan, x), axis=axis))
