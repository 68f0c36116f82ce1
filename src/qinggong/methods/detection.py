"""Statistical detectors (统计检出): robust residuals, CUSUM with its run length, change points with a stated false-alarm
rate.

Arrays are time first; a column is a series. A detector says how often it would fire on a series in which nothing
happens.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
MAD = 1.4826
"""Median absolute deviation to standard deviation of a normal distribution (Rousseeuw & Croux 1993, JASA 88:1273)."""


@dataclass(frozen=True, slots=True)
class Residuals:
    """Robust one-step residuals: ``z`` in spreads, ``centre`` and ``spread`` in the unit of the series; all ``(time,
    series)``."""

    z: Floats
    centre: Floats
    spread: Floats


@dataclass(frozen=True, slots=True)
class Cusum:
    """Lower CUSUM: ``statistic`` ``(time, series)`` in standard deviations, ``alarm`` where it exceeds ``limit``.

    ``run_length`` is the mean number of periods to a false alarm of independent standard normal values.
    """

    statistic: Floats
    alarm: NDArray[np.bool_]
    reference: float
    limit: float
    run_length: float


@dataclass(frozen=True, slots=True)
class ChangePoints:
    """First rows of the segments after the first one, and the mean of each segment."""

    points: tuple[int, ...]
    means: tuple[float, ...]
    penalty: float


def robust_residuals(values: Floats, *, window: int, fewest: int) -> Residuals:
    """Each value against the median of its ``window`` predecessors, in spreads of theirs.

    Parameters
    ----------
    values
        ``(time, series)``, NaN where missing: adjusted changes or growth rates.
    fewest
        Known predecessors that are needed; else NaN.

    Raises
    ------
    ValueError
        If the window is too short for a spread.
    """
    if not 3 <= fewest <= window:
        raise ValueError(f"needs 3 ≤ fewest ≤ window, got {fewest} and {window}")
    data = np.asarray(values, dtype=np.float64)
    padded = np.concatenate([np.full((window, data.shape[1]), np.nan), data[:-1]])
    past = np.lib.stride_tricks.sliding_window_view(padded, window, axis=0)
    past = past[: data.shape[0]]
    enough = (~np.isnan(past)).sum(axis=2) >= fewest
    centre, spread = np.full(data.shape, np.nan), np.full(data.shape, np.nan)
    chosen = past[enough]
    if chosen.size:
        middle = np.nanmedian(chosen, axis=1)
        centre[enough] = middle
        spread[enough] = MAD * np.nanmedian(np.abs(chosen - middle[:, None]), axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        z = np.where(spread > 0, (data - centre) / spread, np.nan)
    return Residuals(z, centre, spread)


def lower_cusum(z: Floats, *, reference: float = 0.5, limit: float = 4.0) -> Cusum:
    """S_t = max(0, S_{t−1} − z_t − reference): a lasting fall of the mean (Page 1954, Biometrika 41:100).

    The sum is held at twice the limit, so that an old fall does not keep it up for years; runs to a first alarm are
    the same. A missing value leaves the sum as it was and has no statistic.
    """
    statistic = np.full(z.shape, np.nan)
    total = np.zeros(z.shape[1])
    for row in range(z.shape[0]):
        known = ~np.isnan(z[row])
        total = np.where(known, np.clip(total - np.where(known, z[row], 0.0) - reference, 0.0, 2 * limit), total)
        statistic[row] = np.where(known, total, np.nan)
    return Cusum(statistic, statistic > limit, reference, limit, run_length(reference=reference, limit=limit))


@lru_cache(maxsize=64)
def run_length(*, reference: float, limit: float, shift: float = 0.0, states: int = 200) -> float:
    """Mean periods to an alarm of a one-sided CUSUM of independent normal values with mean ``shift`` in its direction.

    The statistic is cut into ``states`` cells, (I − Q) μ = 1 (Brook & Evans 1972, Biometrika 59:539).

    Raises
    ------
    ValueError
        If the limit is not positive.
    """
    from scipy.special import ndtr  # type: ignore[import-untyped]

    if limit <= 0 or states < 2:
        raise ValueError(f"needs a positive limit and two states, got {limit} and {states}")
    width = 2 * limit / (2 * states - 1)
    cells = np.arange(states) * width
    ends = cells[None, :] - cells[:, None] + width / 2 + reference - shift
    below = ndtr(ends)
    move = np.diff(np.concatenate([np.zeros((states, 1)), below], axis=1), axis=1)
    return float(np.linalg.solve(np.eye(states) - move, np.ones(states))[0])


def siegmund(*, reference: float, limit: float, shift: float = 0.0) -> float:
    """The same by Siegmund's approximation, b = limit + 1.166 (Siegmund 1985, Sequential Analysis, §2.6)."""
    drift, b = shift - reference, limit + 1.166
    return b * b if drift == 0 else float((np.exp(-2 * drift * b) + 2 * drift * b - 1) / (2 * drift**2))


def limit_for(run: float, *, reference: float = 0.5) -> float:
    """The limit whose mean run to a false alarm is ``run``, by bisection on :func:`run_length`."""
    low, high = 1e-3, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if run_length(reference=reference, limit=middle) < run else (low, middle)
    return (low + high) / 2


def mean_shift(z: Floats, *, shortest: int) -> Floats:
    """The largest fall of the mean within a window: ``(series,)`` max over cuts of √(n₁n₂/n)·(mean before − mean
    after).

    Parameters
    ----------
    z
        ``(time, series)`` in standard deviations; a series with a missing value has no statistic.
    shortest
        Values that each side has at least.
    """
    n = z.shape[0]
    if not 1 <= shortest <= n // 2:
        raise ValueError(f"a window of {n} has no two parts of {shortest}")
    sums = np.cumsum(z, axis=0)
    before = np.arange(shortest, n - shortest + 1)[:, None]
    left, total = sums[before[:, 0] - 1], sums[-1]
    gap = left / before - (total - left) / (n - before)
    found: Floats = np.max(np.sqrt(before * (n - before) / n) * gap, axis=0)
    return found


def fall_detectors(
    values: Floats, start: int, *, past: int, over: int, shortest: int, limit: float
) -> tuple[Floats, Floats, Floats]:
    """Robust residual, lower CUSUM and fall of the mean of series, each ``(rows from start, series)``.

    Parameters
    ----------
    values
        ``(time, series)``: growth rates, or changes of an adjusted series.
    start
        The first row wanted; earlier ones are the past.
    past
        Observations before that a residual is held against, of which eight in eleven must be known.
    over, shortest
        Window of the fall of the mean, and values of its shorter part.
    limit
        Of the CUSUM, which is held at twice this.
    """
    from_row = max(start - past - over, 0)
    z = robust_residuals(values[from_row:], window=past, fewest=past * 8 // 11).z
    sums = lower_cusum(np.clip(z, -4, 4), limit=limit).statistic
    kept = slice(start - from_row, None)
    shift = np.full((values.shape[0] - start, values.shape[1]), np.nan)
    for row in range(values.shape[0] - start):
        end = start + row + 1
        if end >= over:
            window = values[end - over : end]
            middle = np.median(window, axis=0)
            spread = MAD * np.median(np.abs(window - middle), axis=0)
            with np.errstate(invalid="ignore", divide="ignore"):
                shift[row] = mean_shift(np.where(spread > 0, (window - middle) / spread, np.nan), shortest=shortest)
    return z[kept], sums[kept], shift


def mean_shift_limit(
    n: int, *, shortest: int, false_alarms: float, correlation: float = 0.0, draws: int = 20_000, seed: int = 20120101
) -> float:
    """The value of :func:`mean_shift` that a window without a change exceeds with probability ``false_alarms``.

    By simulation of normal values with first-order ``correlation`` and unit variance, from a fixed seed.
    """
    rng = np.random.default_rng(seed)
    noise = rng.standard_normal((n, draws))
    for row in range(1, n):
        noise[row] = correlation * noise[row - 1] + np.sqrt(1 - correlation**2) * noise[row]
    return float(np.quantile(mean_shift(noise, shortest=shortest), 1 - false_alarms))


def change_points(values: Floats, *, spread: float, penalty: float, shortest: int = 2) -> ChangePoints:
    """Changes of the mean that minimise Σ (x − mean)²/spread² + penalty·changes, exactly.

    PELT (Killick, Fearnhead & Eckley 2012, JASA 107:1590): a cut that cannot win later is dropped.

    Parameters
    ----------
    values
        ``(time,)`` without gaps.
    spread
        Standard deviation around the mean.
    shortest
        Values of a segment at least.

    Raises
    ------
    ValueError
        If there is a gap, or no spread.
    """
    x = np.asarray(values, dtype=np.float64)
    if np.isnan(x).any() or not spread > 0:
        raise ValueError("change points need values without gaps and a positive spread")
    n = x.size
    one, two = np.concatenate([[0.0], np.cumsum(x)]), np.concatenate([[0.0], np.cumsum(x * x)])
    best, last = np.full(n + 1, np.inf), np.zeros(n + 1, dtype=np.int64)
    best[0] = -penalty
    open_cuts: list[int] = [0]
    leaving: dict[int, set[int]] = {}
    for end in range(shortest, n + 1):
        cuts = np.array([c for c in open_cuts if end - c >= shortest and np.isfinite(best[c])])
        if not cuts.size:
            continue
        cost = (two[end] - two[cuts] - (one[end] - one[cuts]) ** 2 / (end - cuts)) / spread**2
        total = best[cuts] + cost
        place = int(np.argmin(total))
        best[end], last[end] = total[place] + penalty, cuts[place]
        # A cut at `end` can take its place only once a whole segment fits behind `end`.
        leaving[end + shortest] = set(cuts[total > best[end]].tolist())
        gone = leaving.pop(end, set())
        open_cuts = [c for c in open_cuts if c not in gone] + [end]
    points: list[int] = []
    end = n
    while end > 0 and last[end] > 0:
        points.append(int(last[end]))
        end = int(last[end])
    points.reverse()
    edges = [0, *points, n]
    means = tuple(float(x[a:b].mean()) for a, b in pairwise(edges)) if n else ()
    return ChangePoints(tuple(points), means, penalty)


def penalty_for(
    n: int, *, false_alarms: float, shortest: int = 2, draws: int = 400, seed: int = 20120101
) -> float:  # fmt: skip
    """The penalty under which a series of ``n`` independent normal values shows a change with that probability.

    By simulation: the smallest penalty that leaves a draw in one piece, over fixed draws; its quantile.
    """
    rng = np.random.default_rng(seed)
    needed = []
    for _ in range(draws):
        x = rng.standard_normal(n)
        low, high = 0.0, 60.0
        for _ in range(12):
            middle = (low + high) / 2
            found = change_points(x, spread=1.0, penalty=middle, shortest=shortest).points
            low, high = (middle, high) if found else (low, middle)
        needed.append(high)
    return float(np.quantile(needed, 1 - false_alarms))
