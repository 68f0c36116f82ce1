"""Composite indices from symmetric changes (合成指数), standardised as The Conference Board does.

    r = 200 · (x(t) − x(t−1)) / (x(t) + x(t−1))      I(t) = I(t−1) · (200 + V(t)) / (200 − V(t))

``standardised_index`` weights the changes by the inverse of their standard deviations; the robust way with quartile
ranges is ``robust_changes.py``.

Arrays are time first: ``(months, components)``; NaN is missing.

References
----------
The Conference Board (2001), Business Cycle Indicators Handbook, section IV (symmetric changes, standardisation
factors, trend adjustment, cumulation, rebasing).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.composite import check_weights

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
States = NDArray[np.int8]

USED = 0
REASONS: tuple[str, ...] = (
    "",
    "分项全部缺失",
    "分项含有无穷大的值",
    "分项含有零或负值，应改用差分",
    "分项历史不足",
    "分项没有变化",
    "分项多数月份没有变化，四分位距为零",
)

FEWEST_CHANGES, FEWEST_COMPONENTS, LONGEST_GAP = 60, 3, 1


@dataclass(frozen=True, slots=True)
class SymmetricIndex:
    """A composite index cumulated from symmetric changes.

    Attributes
    ----------
    index
        ``(months,)``; NaN outside the last run of months with enough components.
    change
        ``(months,)`` symmetric change V of the index, percent.
    contributions
        ``(months, components)`` parts of the change of the index in points; with ``trend_points`` they sum to it.
    trend_points
        ``(months,)`` part of the change in points that belongs to no component (trend, or adjustment to a target).
    trend
        ``(months,)`` trend in percent a month (robust), or its constant adjustment (standardised).
    weights
        ``(components,)`` standardisation factors, summing to one over the usable components.
    replaced
        ``(months, components)`` outliers.
    state
        ``(components,)`` places in ``REASONS``; 0 where the component is used.
    verdict, reason
        ``"good"``, or ``"not computed"`` with the reason in Chinese.
    """

    index: Floats
    change: Floats
    contributions: Floats
    trend_points: Floats
    trend: Floats
    weights: Floats
    replaced: Bools
    state: States
    verdict: str = "good"
    reason: str = ""


def symmetric_changes(
    values: ArrayLike, *, difference: ArrayLike = False, inverted: ArrayLike = False, longest_gap: int = LONGEST_GAP
) -> Floats:
    """Symmetric changes in percent, or differences, of components.

    Parameters
    ----------
    values
        ``(months, components)``.
    difference
        ``(components,)`` True for rates, ratios and whatever may be zero or negative: x(t) − x(t−1).
    inverted
        ``(components,)`` True where a rise is bad: the sign is turned.
    longest_gap
        A change across so many missing months is put into the month in which the series returns (the January of a
        January–February block); after a longer gap the component begins anew.

    Returns
    -------
    array
        ``(months, components)``.
    """
    x = as_panel(values)
    plain = np.broadcast_to(np.asarray(difference, dtype=np.bool_), x.shape[1:])
    turned = np.broadcast_to(np.asarray(inverted, dtype=np.bool_), x.shape[1:])
    before = np.full_like(x, np.nan)
    for gap in range(longest_gap, -1, -1):
        earlier = np.full_like(x, np.nan)
        earlier[gap + 1 :] = x[: x.shape[0] - gap - 1]
        before = np.where(np.isnan(earlier), before, earlier)
    with np.errstate(invalid="ignore", divide="ignore"):
        changes = np.where(plain, x - before, 200 * (x - before) / (x + before))
    return np.asarray(np.where(turned, -changes, changes))


def usable_components(
    values: ArrayLike, *, difference: ArrayLike = False, fewest: int = FEWEST_CHANGES, longest_gap: int = LONGEST_GAP
) -> States:
    """Why a component cannot be used: places in ``REASONS``, 0 where it can."""
    x = as_panel(values)
    changes = symmetric_changes(x, difference=difference, longest_gap=longest_gap)
    plain = np.broadcast_to(np.asarray(difference, dtype=np.bool_), x.shape[1:])
    known = (~np.isnan(changes)).sum(axis=0)
    with np.errstate(invalid="ignore"):
        tests = (
            np.isnan(x).all(axis=0),
            np.isinf(x).any(axis=0),
            ~plain & (x <= 0).any(axis=0),
            known < fewest,
            np.nansum(np.abs(changes), axis=0) == 0,
        )
    return np.asarray(np.select(tests, np.arange(1, 6), 0).astype(np.int8))


def standardised_index(
    values: ArrayLike,
    *,
    difference: ArrayLike = False,
    inverted: ArrayLike = False,
    weights: ArrayLike | None = None,
    base: ArrayLike | None = None,
    target: float | None = None,
    amplitude: float | None = None,
    fewest: int = FEWEST_COMPONENTS,
) -> SymmetricIndex:
    """Composite index with standardisation factors: V = Σ w·r + adjustment, w ∝ 1/σ(r), Σ w = 1.

    Parameters
    ----------
    values
        ``(months, components)``.
    difference, inverted
        See ``symmetric_changes``.
    weights
        ``(components,)`` summing to one, multiplied with the factors (economic importance); equal by default.
    base
        ``(months,)`` True in the months whose mean is 100; the first month by default.
    target
        Mean change a month, percent, that the index is given (trend of the target series); its own by default.
    amplitude
        Mean absolute deviation of the monthly change from its mean, percent, that the index is given (that of the
        target series). By default what the factors leave: little, if one component is a rate that hardly moves.
    fewest
        Components that a month needs; the factors of those present are scaled to one.

    Raises
    ------
    ValueError
        If weights are negative or do not sum to one.
    """
    x = as_panel(values)
    given = np.ones(x.shape[1]) / x.shape[1] if weights is None else check_weights(weights)
    if given.shape != x.shape[1:]:
        raise ValueError(f"权重有{given.shape[0]}个，分项有{x.shape[1]}个，两者应相同")
    state = usable_components(x, difference=difference)
    if (state == USED).sum() < fewest:
        return refused(x, state, fewest)
    x = np.where(state == USED, x, np.nan)
    changes = symmetric_changes(x, difference=difference, inverted=inverted)
    known = ~np.isnan(changes)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, changes, 0.0).sum(axis=0) / count
        deviation = np.sqrt(np.where(known, (changes - mean) ** 2, 0.0).sum(axis=0) / (count - 1))
        factors = np.where(state == USED, given / deviation, 0.0)
    if not factors.sum() > 0:
        return refused(x, state, fewest)
    factors = factors / factors.sum()
    used = np.where(known, factors, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        parts = np.where(known, used / used.sum(axis=1, keepdims=True) * changes, 0.0)
    enough = known.sum(axis=1) >= fewest
    plain = np.where(enough, parts.sum(axis=1), np.nan)
    own = float(np.nanmean(plain)) if enough.any() else np.nan
    if amplitude is not None and enough.any():
        stretch = amplitude / float(np.nanmean(np.abs(plain - own)))
        parts, plain, own = parts * stretch, plain * stretch, own * stretch
    shift = np.full(x.shape[0], 0.0 if target is None else target - own)
    return cumulated(plain + shift, parts, shift, factors, np.zeros(x.shape, dtype=np.bool_), state, base)


def cumulated(
    change: Floats,
    parts: Floats,
    trend: Floats,
    weights: Floats,
    replaced: Bools,
    state: States,
    base: ArrayLike | None,
) -> SymmetricIndex:
    """Levels from changes over the last unbroken run; a month that cannot be known is no reason for a jump."""
    months = change.size
    known = np.flatnonzero(~np.isnan(change) & (np.abs(change) < 200))
    index = np.full(months, np.nan)
    empty = np.full(months, np.nan)
    if not known.size:
        return SymmetricIndex(
            index, change, np.full_like(parts, np.nan), empty, trend, weights, replaced, state, "not computed",
            "没有一个月的可用分项达到最少个数",
        )  # fmt: skip
    last = int(known[-1])
    breaks = np.flatnonzero(np.diff(known) > 1)
    first = int(known[breaks[-1] + 1]) if breaks.size else int(known[0])
    start = max(first - 1, 0)
    run = change[first : last + 1]
    index[first : last + 1] = np.cumprod((200 + run) / (200 - run))
    if start < first:
        index[start] = 1.0
    chosen = np.zeros(months, dtype=np.bool_)
    chosen[start] = True
    if base is not None:
        chosen = np.asarray(base, dtype=np.bool_)
    level = index[chosen & ~np.isnan(index)]
    if not level.size:
        return SymmetricIndex(
            np.full(months, np.nan), change, np.full_like(parts, np.nan), empty, trend, weights, replaced, state,
            "not computed", "基期没有数据",
        )  # fmt: skip
    index = index * 100 / level.mean()
    step = np.full(months, np.nan)
    step[1:] = index[1:] - index[:-1]
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.where(change == 0, 0.0, step / change)
    return SymmetricIndex(
        index, change, np.where(np.isnan(step)[:, None], np.nan, parts * rate[:, None]), trend * rate, trend, weights,
        replaced, state,
    )  # fmt: skip


def refused(x: Floats, state: States, fewest: int) -> SymmetricIndex:
    """An index that is not computed, with the number of usable components as the reason."""
    months, components = x.shape
    empty, wide = np.full(months, np.nan), np.full((months, components), np.nan)
    number = int((state == USED).sum())
    return SymmetricIndex(
        empty, empty.copy(), wide, empty.copy(), empty.copy(), np.zeros(components),
        np.zeros(x.shape, dtype=np.bool_), state, "not computed", f"可用分项{number}个，至少需要{fewest}个",
    )  # fmt: skip


def as_panel(values: ArrayLike) -> Floats:
    """Components as an array of months and components; a ``ValueError`` for another shape."""
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2:
        raise ValueError(f"合成指数的分项应为（月，分项）两维数组，收到形状{x.shape}")
    return x
