"""Benchmarking (基准化): a monthly pattern made to agree with sums known better; splitting January–February.

Arrays are time first. What the solver's rounding leaves of a sum is put on its largest month.

References
----------
Denton (1971), JASA 66, 99–102, with Cholette's (1984) start; Dagum & Cholette (2006), Benchmarking, Temporal
Distribution, and Reconciliation Methods for Time Series, ch. 3 and 6; IMF (2017), Quarterly National Accounts Manual,
ch. 6.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Kind = Literal["proportional", "additive"]


@dataclass(frozen=True, slots=True)
class Benchmarked:
    """A benchmarked series.

    Attributes
    ----------
    values
        ``(periods,)``, its sums equal to the benchmarks.
    deviation
        ``(periods,)`` standard deviation of each value under the model of the method; NaN for Denton, which has none.
    verdict
        ``"good"``, or why there is no result (values NaN): ``"no benchmark"``, ``"pattern not positive"``.
    """

    values: Floats
    deviation: Floats
    verdict: str = "good"


@dataclass(frozen=True, slots=True)
class SplitBlock:
    """January–February blocks split in two: an estimate, never a published figure.

    Attributes
    ----------
    january, february
        ``(years,)`` or ``(years, series)``; their sum is the block, exactly.
    deviation
        Standard deviation of either (they are perfectly opposed).
    """

    january: Floats
    february: Floats
    deviation: Floats


def denton(
    pattern: ArrayLike,
    benchmarks: ArrayLike,
    groups: ArrayLike,
    *,
    kind: Kind = "proportional",
    difference: int = 1,
) -> Benchmarked:
    """Denton's movement preservation with Cholette's start (no first-period term).

    Minimises Σ (Δᵈ x(t)/p(t))² (proportional) or Σ (Δᵈ (x(t) − p(t)))² (additive) subject to the sums.

    Parameters
    ----------
    pattern
        ``(periods,)`` monthly indicator p; positive for the proportional kind.
    benchmarks
        ``(m,)`` sums; NaN where a sum is not known.
    groups
        ``(periods,)`` integer number of the sum to which a period belongs, −1 for none (extrapolated).
    kind
        What is kept smooth: the ratio to the pattern, or the difference from it.
    difference
        Order d of the differences, 1 or 2.

    Raises
    ------
    ValueError
        If shapes do not fit.
    """
    p, sums, index = _checked(pattern, benchmarks, groups)
    used = _used(sums, index)
    if not used.size:
        return _refused(p, "no benchmark")
    if np.isnan(p).any() or (kind == "proportional" and (p <= 0).any()):
        return _refused(p, "pattern not positive")
    n, m = p.size, used.size
    weight = p if kind == "proportional" else np.ones(n)
    target = sums[used] if kind == "proportional" else sums[used] - _sums(p, index, used)
    constraint = np.array([(index == g) * weight for g in used])
    d = np.diff(np.eye(n), n=difference, axis=0)
    system = np.zeros((n + m, n + m))
    # Scaling the constraints keeps the system well conditioned whatever the unit of the pattern.
    scale = float(np.abs(weight).mean())
    system[:n, :n] = d.T @ d
    system[:n, n:], system[n:, :n] = constraint.T / scale, constraint / scale
    solution = np.linalg.solve(system, np.concatenate([np.zeros(n), target / scale]))[:n]
    values = solution * p if kind == "proportional" else solution + p
    return Benchmarked(_exact(values, sums, index, used), np.full(n, np.nan))


def cholette_dagum(
    pattern: ArrayLike,
    benchmarks: ArrayLike,
    groups: ArrayLike,
    *,
    variation: ArrayLike,
    rho: float = 0.9,
    benchmark_deviation: ArrayLike = 0.0,
) -> Benchmarked:
    """Additive regression-based benchmarking with autocorrelated errors of the pattern.

    s = θ + e, b = Jθ + w, Cov(e) = diag(σ) R(ρ) diag(σ) with R an AR(1) correlation:
    θ̂ = s + V J′ (J V J′ + W)⁻¹ (b − J s).

    Parameters
    ----------
    pattern, benchmarks, groups
        As for ``denton``.
    variation
        ``(periods,)`` or scalar: standard deviation σ of the pattern's error; proportional to the pattern it gives the
        multiplicative-like variant.
    rho
        Autocorrelation of the error; the book recommends 0.9 for monthly series (ch. 3.5: 0.7–0.95).
    benchmark_deviation
        Standard deviation of the benchmarks; 0 makes them binding.

    Returns
    -------
    Benchmarked
        With the standard deviations of the posterior covariance.
    """
    p, sums, index = _checked(pattern, benchmarks, groups)
    used = _used(sums, index)
    if not used.size:
        return _refused(p, "no benchmark")
    if np.isnan(p).any():
        return _refused(p, "pattern not positive")
    if not 0 <= rho < 1:
        raise ValueError(f"rho is {rho}; it lies in [0, 1)")
    n = p.size
    sigma = np.broadcast_to(np.asarray(variation, dtype=np.float64), p.shape)
    lags = np.abs(np.subtract.outer(np.arange(n), np.arange(n)))
    v = sigma[:, None] * rho**lags * sigma
    j = np.array([index == g for g in used], dtype=np.float64)
    w = np.broadcast_to(np.asarray(benchmark_deviation, dtype=np.float64), sums.shape)[used]
    gain = np.linalg.solve(j @ v @ j.T + np.diag(w**2), j @ v).T
    values = p + gain @ (sums[used] - j @ p)
    variance = np.clip(np.diag(v - gain @ j @ v), 0.0, None)
    if not w.any():
        values = _exact(values, sums, index, used)
    return Benchmarked(values, np.sqrt(variance))


def split_by_days(block: ArrayLike, days: ArrayLike, *, spread: ArrayLike) -> SplitBlock:
    """Split January–February blocks in proportion to working days (工作日) around the festival.

    Parameters
    ----------
    block
        ``(years,)`` or ``(years, series)``: sums of January and February.
    days
        ``(years, 2)``: working days of January and February, fractions allowed (a festival window may count in part).
    spread
        Scalar or ``(series,)``: standard deviation of the log ratio of neighbouring months' daily rates
        (``daily_rate_spread``); the split is no better than daily rates are steady.

    Notes
    -----
    With share s = d₁/(d₁+d₂) and an error of σ in log(rate₁/rate₂), the share errs by s(1−s)σ in first order.
    """
    total, counted = np.asarray(block, dtype=np.float64), np.asarray(days, dtype=np.float64)
    if counted.shape != (total.shape[0], 2):
        raise ValueError(f"days is {counted.shape}; for {total.shape[0]} blocks it is ({total.shape[0]}, 2)")
    share = (counted[:, 0] / counted.sum(axis=1)).reshape(-1, *(1,) * (total.ndim - 1))
    return _halves(total, np.broadcast_to(share, total.shape), np.asarray(spread, dtype=np.float64))


def split_by_indicator(block: ArrayLike, indicator: ArrayLike, *, spread: ArrayLike) -> SplitBlock:
    """Split January–February blocks in proportion to another monthly series (electricity, customs exports).

    Parameters
    ----------
    block
        ``(years,)`` or ``(years, series)``.
    indicator
        ``(years, 2)`` or ``(years, 2, series)``: January and February of the indicator, positive.
    spread
        Standard deviation of the log ratio between series and indicator in neighbouring months.
    """
    total, other = np.asarray(block, dtype=np.float64), np.asarray(indicator, dtype=np.float64)
    if other.shape[:2] != (total.shape[0], 2):
        raise ValueError(f"the indicator is {other.shape}; for {total.shape[0]} blocks it begins ({total.shape[0]}, 2)")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.where((other > 0).all(axis=1), other[:, 0] / other.sum(axis=1), np.nan)
    share = share.reshape(total.shape[0], *(share.shape[1:] or (1,) * (total.ndim - 1)))
    return _halves(total, np.broadcast_to(share, total.shape), np.asarray(spread, dtype=np.float64))


def daily_rate_spread(values: ArrayLike, days: ArrayLike) -> Floats:
    """How steady the daily rate is: standard deviation of log(rate(t)/rate(t−1)) over the ordinary months.

    Parameters
    ----------
    values
        ``(months,)`` or ``(months, series)`` from a January on; January and February are left out.
    days
        ``(months,)`` working days.

    Returns
    -------
    array
        Scalar array or ``(series,)``: √½ of the robust spread (1.4826·MAD) of year-on-year differences of the log
        ratio, so that the ordinary seasonal is not taken for noise; NaN with fewer than 12 differences.
    """
    v, d = np.asarray(values, dtype=np.float64), np.asarray(days, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        rate = np.log(np.where(v > 0, v, np.nan) / d.reshape(-1, *(1,) * (v.ndim - 1)))
    step = np.full_like(rate, np.nan)
    step[1:] = rate[1:] - rate[:-1]
    step[np.arange(v.shape[0]) % 12 < 3] = np.nan
    yearly = step[12:] - step[:-12]
    flat = yearly.reshape(yearly.shape[0], -1)
    out = np.full(flat.shape[1], np.nan)
    for column in range(flat.shape[1]):
        present = flat[~np.isnan(flat[:, column]), column]
        if present.size >= 12:
            out[column] = 1.4826 * np.median(np.abs(present - np.median(present))) / np.sqrt(2)
    return out.reshape(v.shape[1:])


def _halves(total: Floats, share: Floats, spread: Floats) -> SplitBlock:
    # The larger part is at least half of the block, so the difference to it is exact (Sterbenz), and so is the sum.
    larger = total * np.maximum(share, 1 - share)
    smaller = total - larger
    first = share >= 0.5
    january, february = np.where(first, larger, smaller), np.where(first, smaller, larger)
    return SplitBlock(january, february, np.abs(total) * share * (1 - share) * spread)


def _checked(pattern: ArrayLike, benchmarks: ArrayLike, groups: ArrayLike) -> tuple[Floats, Floats, NDArray[np.int64]]:
    p, b = np.asarray(pattern, dtype=np.float64), np.asarray(benchmarks, dtype=np.float64)
    index = np.asarray(groups, dtype=np.int64)
    if p.ndim != 1 or index.shape != p.shape or b.ndim != 1:
        raise ValueError(
            f"pattern {p.shape} and groups {index.shape} are vectors of one length, benchmarks {b.shape} one"
        )
    if index.size and (index.max() >= b.size or index.min() < -1):
        raise ValueError(f"groups name benchmark {index.max()}, but there are {b.size}")
    return p, b, index


def _used(sums: Floats, index: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.array([g for g in range(sums.size) if not np.isnan(sums[g]) and (index == g).any()], dtype=np.int64)


def _sums(values: Floats, index: NDArray[np.int64], used: NDArray[np.int64]) -> Floats:
    return np.array([values[index == g].sum() for g in used])


def _exact(values: Floats, sums: Floats, index: NDArray[np.int64], used: NDArray[np.int64]) -> Floats:
    """What the solver's rounding leaves of each sum goes to its largest month."""
    out = values.copy()
    for g in used:
        rows = np.flatnonzero(index == g)
        out[rows[np.argmax(np.abs(out[rows]))]] += sums[g] - math.fsum(out[rows])
    return out


def _refused(pattern: Floats, reason: str) -> Benchmarked:
    nothing = np.full(pattern.shape, np.nan)
    return Benchmarked(nothing, nothing.copy(), reason)
