"""Composite indices of amplitude-adjusted deviations from trend (幅度调整法), as the OECD builds its leading indicators.

    c = deviation of a component from its trend     n = (c − mean) / mean |c − mean|     index = 100 + 100·s·mean of n

Arrays are time first: ``(months, components)``; NaN is missing.

References
----------
OECD (2012), OECD System of Composite Leading Indicators (detrending, normalisation by the mean absolute deviation,
aggregation with missing components); OECD (1987), OECD Leading Indicators and Business Cycles in Member Countries
1960–1985 (phase shift of the components).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.composite import check_weights
from qinggong.methods.trend_filters import LONGEST, SHORTEST, band_pass, hodrick_prescott, penalty_for

Floats = NDArray[np.float64]
States = NDArray[np.int8]
Detrending = Literal["band", "trend", "none"]

USED = 0
REASONS: tuple[str, ...] = (
    "",
    "分项全部缺失",
    "分项含有无穷大的值",
    "分项含有零或负值，不能取对数",
    "分项历史不足",
    "分项没有变化",
    "分项中间有缺月",
)

FEWEST_MONTHS, FEWEST_COMPONENTS, FEWEST_SHARE, LONGEST_GAP = 84, 3, 0.6, 1


@dataclass(frozen=True, slots=True)
class AmplitudeIndex:
    """A composite of normalised deviations from trend.

    Attributes
    ----------
    index
        ``(months,)``; 100 is the trend, one point is a hundredth of the mean amplitude times ``scale``.
    components
        ``(months, components)`` normalised deviations, aligned by their lags, in points around 100.
    contributions
        ``(months, components)`` parts of the change on the month before, in points, summing to it exactly.
    weights
        ``(months, components)`` weights used in the change of the month, summing to one.
    state
        ``(components,)`` places in ``REASONS``; 0 where the component is used.
    verdict, reason
        ``"good"``, or ``"not computed"`` with the reason in Chinese.
    """

    index: Floats
    components: Floats
    contributions: Floats
    weights: Floats
    state: States
    verdict: str = "good"
    reason: str = ""


def amplitude_adjusted(
    values: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    inverted: ArrayLike = False,
    logarithm: ArrayLike = False,
    lags: ArrayLike | None = None,
    detrend: Detrending = "band",
    shortest: float = SHORTEST,
    longest: float = LONGEST,
    scale: float = 1.0,
    fewest: int = FEWEST_COMPONENTS,
    fewest_share: float = FEWEST_SHARE,
) -> AmplitudeIndex:
    """Composite index of amplitude-adjusted components.

    Parameters
    ----------
    values
        ``(months, components)`` seasonally adjusted levels or rates. One missing month inside is bridged.
    weights
        ``(components,)`` summing to one; equal by default.
    inverted
        ``(components,)`` True where a rise is bad.
    logarithm
        ``(components,)`` True where the deviation is relative: logarithms are detrended.
    lags
        ``(components,)`` months by which a component is moved later (its median lead over the others); the ends that
        this opens are missing.
    detrend
        ``"band"`` keeps cycles of ``shortest`` to ``longest`` months, ``"trend"`` takes off the trend only, ``"none"``
        takes values that are deviations already.
    shortest, longest
        Periods in months.
    scale
        Points for one mean absolute deviation.
    fewest, fewest_share
        Components, and share of the weight, that a month needs. Where a component is missing the index moves by the
        changes of those present, so that its coming or going makes no step.

    Raises
    ------
    ValueError
        For weights that are negative or do not sum to one, or shapes that do not fit.
    """
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 2:
        raise ValueError(f"合成指数的分项应为（月，分项）两维数组，收到形状{x.shape}")
    w = np.ones(x.shape[1]) / x.shape[1] if weights is None else check_weights(weights)
    moves = np.zeros(x.shape[1], dtype=np.int64) if lags is None else np.asarray(lags, dtype=np.int64)
    if w.shape != x.shape[1:] or moves.shape != x.shape[1:]:
        raise ValueError(f"分项有{x.shape[1]}个，权重有{w.size}个，移动月数有{moves.size}个，三者应相同")
    state = usable_components(x, logarithm=logarithm)
    deviation = deviations(
        np.where(state == USED, x, np.nan), logarithm=logarithm, detrend=detrend, shortest=shortest, longest=longest
    )
    turned = np.where(np.broadcast_to(np.asarray(inverted, dtype=np.bool_), x.shape[1:]), -deviation, deviation)
    points, amplitude = normalised(turned)
    # A component that differs from its trend by rounding only has no cycle to be scaled up.
    with np.errstate(invalid="ignore"):
        size = np.nanmax(np.where(np.isfinite(x), np.abs(x), 0.0), axis=0, initial=0.0)
        state[(state == USED) & ~(amplitude > 1e-10 * (1 + size))] = 5
    points = np.where(state == USED, points, np.nan)
    aligned = np.full_like(points, np.nan)
    for column, move in enumerate(moves):
        aligned[max(move, 0) : points.shape[0] + min(move, 0), column] = points[
            max(-move, 0) : points.shape[0] - max(move, 0), column
        ]
    number = int((state == USED).sum())
    if number < fewest:
        return _refused(aligned, state, f"可用分项{number}个，至少需要{fewest}个")
    w = np.where(state == USED, w, 0.0)
    if not w.sum() > 0:
        return _refused(aligned, state, "可用分项的权重之和为零")
    return _chained(100 + scale * aligned, w / w.sum(), state, fewest, fewest_share)


def usable_components(values: ArrayLike, *, logarithm: ArrayLike = False) -> States:
    """Why a component cannot be used: places in ``REASONS``, 0 where it can."""
    x = np.asarray(values, dtype=np.float64)
    relative = np.broadcast_to(np.asarray(logarithm, dtype=np.bool_), x.shape[1:])
    present = ~np.isnan(x)
    first, last = present.argmax(axis=0), x.shape[0] - present[::-1].argmax(axis=0)
    gaps = np.array([_longest_gap(present[a:b, i]) for i, (a, b) in enumerate(zip(first, last, strict=True))])
    with np.errstate(invalid="ignore"):
        lowest, highest = np.where(present, x, np.inf).min(axis=0), np.where(present, x, -np.inf).max(axis=0)
        tests = (
            ~present.any(axis=0),
            np.isinf(x).any(axis=0),
            relative & (x <= 0).any(axis=0),
            last - first < FEWEST_MONTHS,
            ~(highest > lowest),
            gaps > LONGEST_GAP,
        )
    return np.asarray(np.select(tests, np.arange(1, 7), 0).astype(np.int8))


def deviations(
    values: ArrayLike,
    *,
    logarithm: ArrayLike = False,
    detrend: Detrending = "band",
    shortest: float = SHORTEST,
    longest: float = LONGEST,
) -> Floats:
    """Deviations from trend of ``(months, series)``; relative ones in percent."""
    if detrend not in ("band", "trend", "none"):
        raise ValueError(f"去趋势方法为band、trend或none，收到{detrend!r}")
    x = np.asarray(values, dtype=np.float64)
    relative = np.broadcast_to(np.asarray(logarithm, dtype=np.bool_), x.shape[1:])
    with np.errstate(invalid="ignore", divide="ignore"):
        y = _bridged(np.where(relative, 100 * np.log(x), x))
    if detrend == "none":
        return y
    if detrend == "trend":
        return np.asarray(y - hodrick_prescott(y, penalty=penalty_for(longest)))
    return band_pass(y, shortest=shortest, longest=longest)


def normalised(deviation: ArrayLike) -> tuple[Floats, Floats]:
    """Deviations less their mean, in units of their mean absolute deviation; and those units, ``(series,)``."""
    c = np.asarray(deviation, dtype=np.float64)
    known = ~np.isnan(c)
    count = known.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, c, 0.0).sum(axis=0) / count
        amplitude = np.where(known, np.abs(c - mean), 0.0).sum(axis=0) / count
        return (c - mean) / amplitude, np.asarray(amplitude)


def _chained(points: Floats, weights: Floats, state: States, fewest: int, share: float) -> AmplitudeIndex:
    """The level where all components are known, and from there month by month the changes of those known in both."""
    months = points.shape[0]
    present = ~np.isnan(points)
    held = (present * weights).sum(axis=1)
    whole = np.flatnonzero(held >= held.max() - 1e-12)
    both = present[1:] & present[:-1]
    used = np.where(both, weights, 0.0)
    total = used.sum(axis=1, keepdims=True)
    enough = (both.sum(axis=1) >= fewest) & (total[:, 0] >= share - 1e-12)
    with np.errstate(invalid="ignore", divide="ignore"):
        used = np.where(enough[:, None], used / total, 0.0)
    parts = used * np.where(both, points[1:] - points[:-1], 0.0)
    change = np.where(enough, parts.sum(axis=1), np.nan)
    index = np.full(months, np.nan)
    anchor = int(whole[-1])
    if present[anchor].sum() < fewest or held[anchor] < share - 1e-12:
        return _refused(points, state, "没有一个月的可用分项达到最少个数")
    index[anchor] = float((np.where(present[anchor], points[anchor], 0.0) * weights).sum() / held[anchor])
    for t in range(anchor + 1, months):
        index[t] = index[t - 1] + change[t - 1]
    for t in range(anchor - 1, -1, -1):
        index[t] = index[t + 1] - change[t]
    contributions, all_used = np.full_like(points, np.nan), np.zeros_like(points)
    known = ~np.isnan(index[1:]) & ~np.isnan(index[:-1])
    contributions[1:][known] = parts[known]
    all_used[1:] = used
    return AmplitudeIndex(index, points, contributions, all_used, state)


def _refused(points: Floats, state: States, reason: str) -> AmplitudeIndex:
    return AmplitudeIndex(
        np.full(points.shape[0], np.nan), points, np.full_like(points, np.nan), np.zeros_like(points), state,
        "not computed", reason,
    )  # fmt: skip


def _longest_gap(present: NDArray[np.bool_]) -> int:
    known = np.flatnonzero(present)
    return int(np.diff(known).max() - 1) if known.size > 1 else 0


def _bridged(y: Floats) -> Floats:
    """One missing month between two known ones by their mean."""
    out = y.copy()
    inner = out[1:-1]
    hole = np.isnan(inner) & ~np.isnan(out[:-2]) & ~np.isnan(out[2:])
    inner[hole] = ((out[:-2] + out[2:]) / 2)[hole]
    return out
