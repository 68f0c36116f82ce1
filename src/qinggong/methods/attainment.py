r"""Probability that a cumulative figure reaches its target by the end of a year (达标概率), from simulated paths.

Growth on the year before, one value for January–February and one for each month after, follows

.. math:: x_{t+1} = \ell_t + a(\mu - \ell_t) + b\,(x_{t+1-11} - \ell_{t-11}) + e_{t+1}, \qquad
          \ell_t = \ell_{t-1} + \alpha (x_t - \ell_{t-1}),

a level that is smoothed exponentially, a pull towards the mean μ of the last years, and the base effect: what last
year's same month was above its own level then is missing now (b < 0). One α, a and b are fitted by least squares over
all series at hand, each scaled by its own spread. Paths add residuals drawn in whole years (a moving-block bootstrap
whose block is the rest of a year of one series), so that what moves together within a year stays together. Cumulative
growth of the year is W·G + Σ vₖxₖ over the remaining months k, with the shares v of the base year, plus the closing
error of the drawn year: the published rate of a full year less that sum, for revisions and the roughness of the shares.

The interval of a probability comes from resampling the years of the history: a path counts as often as its year is
drawn.

References
----------
Künsch (1989), The jackknife and the bootstrap for general stationary observations, Annals of Statistics 17: 1217–1241.
Hyndman, Koehler, Ord, Snyder (2008), Forecasting with Exponential Smoothing, ch. 3 (damped level models).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

STEPS = 11
"""Observations of a year: January–February, March … December."""

_ALPHAS = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.85, 1.0)
_MEAN_YEARS = 5
_ROUNDING = 0.05
_JITTER = 0.6
"""Drawn years count by a factor between 0.4 and 1.6: a short history has few years, and paths would lie in lumps."""


@dataclass(frozen=True, slots=True)
class GrowthModel:
    """How growth moves, learnt from several series.

    Attributes
    ----------
    alpha, pull, base_effect
        Smoothing of the level, pull towards the mean, coefficient of last year's surprise.
    residuals
        ``(series, years, 11)`` in units of the series' scale; NaN where unknown.
    closing
        ``(series, years, 11)`` published full-year growth less the share-weighted sum that starts from the cumulative
        rate of each step, in units of the scale.
    scales
        ``(series,)`` spread of the residuals in points (1.4826 × median absolute deviation).
    shares
        ``(11,)`` base-year shares of the steps; they sum to 1.
    """

    alpha: float
    pull: float
    base_effect: float
    residuals: Floats
    closing: Floats
    scales: Floats
    shares: Floats

    @property
    def years(self) -> int:
        return int(self.residuals.shape[1])


@dataclass(frozen=True, slots=True)
class Paths:
    """Simulated years.

    Attributes
    ----------
    growth
        ``(paths, years)`` growth of each simulated year in percent: the running one and those after.
    steps
        ``(paths, years, 11)`` growth of the steps; known ones as given.
    drawn
        ``(paths, years)`` the year of history that gave a path its residuals.
    history_years
        Years of history to draw from.
    """

    growth: Floats
    steps: Floats
    drawn: Integers
    history_years: int


def fit(growth: Floats, cumulative: Floats, shares: Floats) -> GrowthModel:
    """Learn the model from the histories of one or more series.

    Parameters
    ----------
    growth
        ``(series, years, 11)`` growth of the steps in percent, NaN where missing.
    cumulative
        ``(series, years, 11)`` published year-to-date growth up to each step.
    shares
        ``(11,)`` positive shares of the steps in a base year; scaled to sum to 1.

    Raises
    ------
    ValueError
        If fewer than three years of residuals are left.
    """
    if growth.ndim != 3 or growth.shape[2] != STEPS or growth.shape != cumulative.shape:
        raise ValueError(f"growth and cumulative are (series, years, {STEPS}), got {growth.shape}, {cumulative.shape}")
    if shares.shape != (STEPS,) or not (shares > 0).all():
        raise ValueError(f"shares are {STEPS} positive numbers")
    shares = shares / shares.sum()
    means = _means(growth, shares)
    best: tuple[float, float, float, float, Floats] | None = None
    for alpha in _ALPHAS:
        level = levels(growth, alpha)
        gap, surprise = _predictors(growth, level, means)
        error = growth - _shifted(level)
        usable = np.isfinite(error) & np.isfinite(gap)
        surprise = np.where(np.isfinite(surprise), surprise, 0.0)
        scale = _scale(np.where(usable, error, np.nan))
        weight = np.broadcast_to(1 / scale[:, None, None], error.shape)[usable]
        # A third of the sample may be wild (2020, 2021): residuals beyond five scales are clipped in the fit alone.
        target = np.clip(error[usable] * weight, -5, 5)
        predictors = np.stack([gap[usable] * weight, surprise[usable] * weight], axis=1)
        ridge = np.eye(2) * 1e-6 * max(target.size, 1)
        found = np.linalg.solve(predictors.T @ predictors + ridge, predictors.T @ target)
        pull, effect = min(max(float(found[0]), 0.0), 0.9), min(max(float(found[1]), -1.0), 0.0)
        loss = float(np.mean((target - predictors @ np.array([pull, effect])) ** 2)) if target.size else np.inf
        if best is None or loss < best[0] - 1e-12:
            best = (loss, alpha, pull, effect, np.where(usable, error - pull * gap - effect * surprise, np.nan))
    assert best is not None
    _, alpha, pull, effect, residual = best
    known_years = np.isfinite(residual).any(axis=(0, 2)).sum()
    if known_years < 3:
        raise ValueError(f"{known_years} years of history are too few to learn how growth moves; at least 3")
    scales = _scale(residual)
    closing = _closing(growth, cumulative, shares)
    return GrowthModel(
        alpha, pull, effect, residual / scales[:, None, None], closing / scales[:, None, None],
        scales, shares,
    )  # fmt: skip


def simulate(
    model: GrowthModel,
    own: Floats,
    cumulative: float,
    *,
    step: int,
    years: int = 1,
    scale: float | None = None,
    paths: int = 4000,
    seed: int = 0,
    rounding: float = _ROUNDING,
    upto: int | None = None,
) -> Paths:
    """Simulate the rest of a year and, if asked, the years after it.

    Parameters
    ----------
    own
        ``(years, 11)`` the series' own growth, the running year last; NaN where unknown. Values after ``step`` in the
        running year are not used.
    cumulative
        Published cumulative growth up to ``step``; ignored where ``step`` is −1 (nothing of the year is known).
    step
        Last known step of the running year, 0 (January–February) … 10, or −1.
    scale
        Spread of the residuals in points; the median scale of the model's series if not given.
    rounding
        Half a unit of the last digit of ``cumulative``.
    upto
        Last step simulated of the last year (10, December, if not given): growth is then cumulative up to that step.

    Notes
    -----
    Deterministic for a seed. Draws are made for whole years first and series second, each year with residuals at all
    the steps needed counting alike.
    """
    if own.ndim != 2 or own.shape[1] != STEPS or not -1 <= step < STEPS or years < 1:
        raise ValueError(f"own is (years, {STEPS}), step −1…{STEPS - 1}, years ≥ 1; got {own.shape}, {step}, {years}")
    if step >= 0 and not np.isfinite(cumulative):
        raise ValueError("the cumulative growth so far is missing")
    generator = np.random.default_rng(seed)
    spread = float(np.median(model.scales)) if scale is None else scale
    past = own.copy()
    past[-1, step + 1 :] = np.nan
    mean = _own_mean(past, model.shares, step)
    level, last_level, last_growth = _state(past, model.alpha, mean)
    steps = np.full((paths, years, STEPS), np.nan)
    steps[:, 0, : step + 1] = past[-1, : step + 1]
    growth = np.full((paths, years), np.nan)
    drawn = np.full((paths, years), -1, dtype=np.int64)
    at = np.full(paths, level)
    base_growth = np.broadcast_to(last_growth, (paths, STEPS)).copy()
    base_level = np.broadcast_to(last_level, (paths, STEPS)).copy()
    for year in range(years):
        first = step + 1 if year == 0 else 0
        final = STEPS - 1 if upto is None or year < years - 1 else upto
        series, chosen = _draw(model, first, paths, generator)
        drawn[:, year] = chosen
        size = generator.uniform(1 - _JITTER, 1 + _JITTER, paths)
        for k in range(first, STEPS):
            surprise = base_growth[:, k] - base_level[:, k]
            surprise = np.where(np.isfinite(surprise), surprise, 0.0)
            shock = model.residuals[series, chosen, k] * (spread * size)
            shock = np.where(np.isfinite(shock), shock, 0.0)
            value = at + model.pull * (mean - at) + model.base_effect * surprise + shock
            value = np.maximum(value, -99.0)
            base_level[:, k] = at
            steps[:, year, k] = value
            at = at + model.alpha * (value - at)
        weights = model.shares
        before = float(weights[: step + 1].sum()) if year == 0 else 0.0
        known = before * (cumulative + generator.uniform(-rounding, rounding, paths)) if before else np.zeros(paths)
        rest = steps[:, year, first : final + 1] @ weights[first : final + 1]
        whole = before + float(weights[first : final + 1].sum())
        error = np.zeros(paths)
        if final == STEPS - 1 and first < STEPS:
            place = max(first - 1, 0)
            error = model.closing[series, chosen, place] * spread
            error = np.where(np.isfinite(error), np.clip(error, -3 * spread, 3 * spread), 0.0)
        growth[:, year] = (known + rest) / whole + error
        # A step's base for the next year is this year's value and the level that went before it.
        base_growth = steps[:, year].copy()
        if year == 0:
            base_level[:, : step + 1] = _shifted(levels(past[None], model.alpha))[0, -1, : step + 1]
    return Paths(growth, steps, drawn, model.years)


def chance(
    reached: NDArray[np.bool_], paths: Paths, *, resamples: int = 100, interval: float = 0.9, seed: int = 0
) -> tuple[float, float, float]:
    """Share of paths that reach the target, and its interval over resampled years of history.

    Returns
    -------
    tuple of float
        Probability, lower and upper end, each 0…1. Jeffreys' rule keeps the share of a finite number of paths off 0
        and 1 by (n + ½)/(N + 1).
    """
    total = reached.size
    probability = (float(reached.sum()) + 0.5) / (total + 1)
    generator = np.random.default_rng(seed)
    years = np.unique(paths.drawn)
    hits = np.zeros(resamples)
    for b in range(resamples):
        counts = np.zeros(paths.history_years)
        picked, number = np.unique(generator.choice(years, size=years.size), return_counts=True)
        counts[picked] = number
        weight = counts[paths.drawn].prod(axis=1)
        mass = weight.sum()
        hits[b] = (float(weight[reached].sum()) + 0.5) / (float(mass) + 1) if mass > 0 else probability
    tail = (1 - interval) / 2
    low, high = np.quantile(hits, [tail, 1 - tail])
    return probability, min(float(low), probability), max(float(high), probability)


def levels(growth: Floats, alpha: float) -> Floats:
    """Exponentially smoothed level after each step, ``(series, years, 11)``; missing steps leave it as it was."""
    series, years, steps = growth.shape
    flat = growth.reshape(series, years * steps)
    out = np.full_like(flat, np.nan)
    before = np.full(series, np.nan)
    for t in range(flat.shape[1]):
        now = flat[:, t]
        smoothed = np.where(np.isnan(before), now, before + alpha * (now - before))
        before = np.where(np.isnan(now), before, smoothed)
        out[:, t] = before
    return out.reshape(growth.shape)


def _shifted(values: Floats) -> Floats:
    """The values one step before."""
    series, years, steps = values.shape
    flat = values.reshape(series, years * steps)
    return np.concatenate([np.full((series, 1), np.nan), flat[:, :-1]], axis=1).reshape(values.shape)


def _year_growth(growth: Floats, shares: Floats) -> Floats:
    """Share-weighted growth of each year over its known steps; NaN unless half of the year is known."""
    known = np.isfinite(growth)
    weight = (known * shares).sum(axis=-1)
    total = (np.where(known, growth, 0.0) * shares).sum(axis=-1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight >= 0.5, total / weight, np.nan)


def _means(growth: Floats, shares: Floats) -> Floats:
    """Mean growth of the up to five years before each year, ``(series, years)``."""
    yearly = _year_growth(growth, shares)
    out = np.full_like(yearly, np.nan)
    for year in range(1, yearly.shape[1]):
        window = yearly[:, max(0, year - _MEAN_YEARS) : year]
        known = np.isfinite(window)
        count = known.sum(axis=1)
        total = np.where(known, window, 0.0).sum(axis=1)
        out[:, year] = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    return out


def _predictors(growth: Floats, level: Floats, means: Floats) -> tuple[Floats, Floats]:
    """Distance of the mean from the level, and last year's surprise at the same step."""
    before = _shifted(level)
    gap = means[:, :, None] - before
    surprise = np.full_like(growth, np.nan)
    surprise[:, 1:] = growth[:, :-1] - before[:, :-1]
    return gap, surprise


def _scale(residual: Floats) -> Floats:
    """1.4826 × median absolute value of each series; the overall one where a series has nothing."""
    out = np.full(residual.shape[0], np.nan)
    for i, values in enumerate(residual):
        known = np.abs(values[np.isfinite(values)])
        if known.size:
            out[i] = 1.4826 * float(np.median(known))
    usual = float(np.nanmedian(out)) if np.isfinite(out).any() else 1.0
    return np.maximum(np.where(np.isfinite(out), out, usual), 0.05)


def _closing(growth: Floats, cumulative: Floats, shares: Floats) -> Floats:
    """Published growth of the full year less the share-weighted sum from each step on."""
    weighted = growth * shares
    rest = np.cumsum(weighted[:, :, ::-1], axis=2)[:, :, ::-1]
    after = np.concatenate([rest[:, :, 1:], np.zeros((*rest.shape[:2], 1))], axis=2)
    so_far = np.cumsum(shares)
    error: Floats = cumulative[:, :, -1:] - (so_far * cumulative + after)
    return error


def _own_mean(past: Floats, shares: Floats, step: int) -> float:
    yearly = _year_growth(past[:-1], shares)
    known = yearly[np.isfinite(yearly)][-_MEAN_YEARS:]
    if known.size:
        return float(known.mean())
    now = past[-1, : step + 1]
    return float(np.nanmean(now)) if np.isfinite(now).any() else 0.0


def _state(past: Floats, alpha: float, mean: float) -> tuple[float, Floats, Floats]:
    """The level now, and of the year before the levels before each step and the growth."""
    found = levels(past[None], alpha)
    now = found[0].ravel()
    known = now[np.isfinite(now)]
    level = float(known[-1]) if known.size else mean
    if past.shape[0] < 2:
        return level, np.full(STEPS, np.nan), np.full(STEPS, np.nan)
    return level, _shifted(found)[0, -2], past[-2]


def _draw(model: GrowthModel, first: int, paths: int, generator: np.random.Generator) -> tuple[Integers, Integers]:
    """A series and a year of history for each path: years first, then a series that has that year."""
    complete: NDArray[np.bool_] = np.asarray(np.isfinite(model.residuals[:, :, first:]).all(axis=2))
    if complete.any(axis=0).sum() < 3:
        # Ragged histories: a missing residual then counts as none.
        complete = np.asarray(np.isfinite(model.residuals[:, :, first:]).mean(axis=2) >= 0.5)
    if not complete.any():
        raise ValueError("no year of history covers the remaining months")
    years = np.flatnonzero(complete.any(axis=0))
    chosen = generator.choice(years, size=paths)
    series = np.zeros(paths, dtype=np.int64)
    for year in years:
        here = np.flatnonzero(chosen == year)
        series[here] = generator.choice(np.flatnonzero(complete[:, year]), size=here.size)
    return series, chosen
