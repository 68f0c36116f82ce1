r"""Flash estimate of an aggregate from the growth of its published parts (快速测算).

The aggregate is published seldom, its parts every month. With prior weights the parts are summed to groups, whose
contributions c₁ … c_k explain the aggregate's growth:

.. math:: y_t = a + \sum_j s_j c_{jt} + e_t, \qquad a \sim N(0, \tau_a^2),\ s_j \sim N(1, \tau_s^2),\ e_t \sim N(0,
\sigma^2).

Prior means say “the weights are right”; a few readings can only bend them. σ² is found by the fixed point of its
conditional mean given the coefficients, the predictive spread is σ√(1 + x'Vx), and quantiles are those of Student's t
with as many degrees of freedom as readings less one. Errors are left-one-out: every reading is estimated from the
others, and, since readings of one year hang together, also from those of the other years alone. An interval is never
narrower than the latter's root mean square.

A group of which parts are missing stands on the parts that are there, with their weights scaled up; what that may err
is added to the spread.

References
----------
Lindley, Smith (1972), Bayes estimates for the linear model, Journal of the Royal Statistical Society B 34: 1–41.
Stone (1974), Cross-validatory choice and assessment of statistical predictions, ibid. 36: 111–147.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

_ITERATIONS = 50
_FEWEST_COMPLETE = 8


@dataclass(frozen=True, slots=True)
class FlashFit:
    """The bent weights and how far they miss.

    Attributes
    ----------
    intercept, slopes
        Coefficients; ``slopes`` one for each group.
    covariance
        ``(1 + groups, 1 + groups)`` of the coefficients over σ².
    sigma
        Spread of the aggregate about its estimate, in points.
    left_one_out, left_year_out
        Errors (estimate − reading) of every reading, estimated from the others, and from the other years.
    readings
        Number of readings.
    """

    intercept: float
    slopes: Floats
    covariance: Floats
    sigma: float
    left_one_out: Floats
    left_year_out: Floats
    readings: int

    @property
    def rmse(self) -> float:
        return float(np.sqrt(np.mean(self.left_one_out**2)))

    @property
    def rmse_by_year(self) -> float:
        return float(np.sqrt(np.mean(self.left_year_out**2)))


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate with its interval, in the unit of the readings."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Groups:
    """Contributions of groups.

    Attributes
    ----------
    contributions
        ``(times, groups)``; NaN where too little of all weights is there.
    coverage
        ``(times,)`` share of the prior weights whose parts are there.
    doubt
        ``(times,)`` spread in points that missing parts add.
    """

    contributions: Floats
    coverage: Floats
    doubt: Floats


def contributions(growth: Floats, weights: Floats, group: Integers, *, fewest: float) -> Groups:
    """Sum parts to groups, each group standing on the parts that are there.

    Parameters
    ----------
    growth
        ``(times, parts)`` growth in percent, NaN where missing.
    weights
        ``(times, parts)`` prior weights; scaled to sum to 1 at each time.
    group
        ``(parts,)`` number of the group of each part, from 0.
    fewest
        Least share of the weights that must be there.
    """
    if growth.shape != weights.shape or group.shape != growth.shape[1:]:
        raise ValueError(f"growth {growth.shape}, weights {weights.shape} and group {group.shape} do not fit together")
    with np.errstate(invalid="ignore", divide="ignore"):
        share = weights / np.nansum(weights, axis=1, keepdims=True)
    there = np.isfinite(growth) & np.isfinite(share)
    share = np.where(np.isfinite(share), share, 0.0)
    coverage = (share * there).sum(axis=1)
    values = np.where(there, growth, 0.0)
    count = int(group.max()) + 1
    out = np.full((growth.shape[0], count), np.nan)
    overall = np.divide((share * values).sum(axis=1), coverage, out=np.full(coverage.shape, np.nan), where=coverage > 0)
    for g in range(count):
        mine = group == g
        total = share[:, mine].sum(axis=1)
        known = (share * there)[:, mine].sum(axis=1)
        mean = np.divide(
            (share * values)[:, mine].sum(axis=1), known, out=overall.copy(), where=known > 0
        )  # fmt: skip
        out[:, g] = total * mean
    out[coverage < fewest] = np.nan
    return Groups(out, coverage, _doubt(growth, share, there, coverage))


def fit(
    target: Floats, groups: Floats, years: Integers, *, slope_spread: float = 0.3, intercept_spread: float = 1.0
) -> FlashFit:
    """Bend the prior weights to the readings.

    Parameters
    ----------
    target
        ``(n,)`` published growth of the aggregate in percent.
    groups
        ``(n, k)`` contributions of the groups at the same times.
    years
        ``(n,)`` year of each reading.
    slope_spread, intercept_spread
        τ_s and τ_a: how far the slopes may lie from 1, and the intercept from 0 in points.

    Raises
    ------
    ValueError
        If there are fewer than four readings, or readings of one year only.
    """
    if target.size < 4 or np.unique(years).size < 2:
        raise ValueError(f"{target.size} readings of {np.unique(years).size} years are too few to weigh the parts")
    design = np.column_stack([np.ones(target.size), groups])
    if not np.isfinite(design).all() or not np.isfinite(target).all():
        raise ValueError("readings and contributions must be finite; leave out those that are missing")
    spreads = np.array([intercept_spread, *([slope_spread] * groups.shape[1])])
    coefficients, covariance, sigma = _posterior(design, target, spreads)
    one = np.array([_error(design, target, spreads, np.arange(target.size) == i)[0] for i in range(target.size)])
    by_year = np.full(target.size, np.nan)
    for year in np.unique(years):
        by_year[years == year] = _error(design, target, spreads, years == year)
    return FlashFit(float(coefficients[0]), coefficients[1:], covariance, sigma, one, by_year, int(target.size))


def estimate(found: FlashFit, groups: Floats, *, doubt: float = 0.0, level: float = 0.9) -> Estimate:
    """Estimate the aggregate from the contributions of its groups at one time.

    Parameters
    ----------
    groups
        ``(k,)`` contributions.
    doubt
        Spread that missing parts add, in points.
    level
        Probability that the interval holds the published figure.
    """
    from scipy.special import stdtrit  # type: ignore[import-untyped]

    x = np.concatenate([[1.0], groups])
    spread = found.sigma * math.sqrt(1 + float(x @ found.covariance @ x))
    spread = math.sqrt(max(spread, found.rmse_by_year) ** 2 + doubt**2)
    value = found.intercept + float(found.slopes @ groups)
    reach = float(stdtrit(max(found.readings - 1, 1), (1 + level) / 2)) * spread
    return Estimate(value, value - reach, value + reach)


def _posterior(design: Floats, target: Floats, spreads: Floats) -> tuple[Floats, Floats, float]:
    """Coefficients, their covariance over σ², and σ: iterated between the two until they agree."""
    prior = np.concatenate([[0.0], np.ones(design.shape[1] - 1)])
    residual = target - design @ prior
    variance = max(float(residual @ residual) / target.size, 1e-6)
    coefficients: Floats = prior
    inverse: Floats = np.eye(design.shape[1])
    for _ in range(_ITERATIONS):
        inverse = np.asarray(np.linalg.inv(design.T @ design + np.diag(variance / spreads**2)), dtype=np.float64)
        coefficients = np.asarray(prior + inverse @ design.T @ (target - design @ prior), dtype=np.float64)
        residual = target - design @ coefficients
        freedom = float(np.trace(design @ inverse @ design.T))
        new = max(float(residual @ residual) / max(target.size - freedom, 1.0), 1e-6)
        if abs(new - variance) <= 1e-10 * variance:
            variance = new
            break
        variance = new
    return coefficients, inverse, math.sqrt(variance)


def _error(design: Floats, target: Floats, spreads: Floats, out: NDArray[np.bool_]) -> Floats:
    """Estimate − reading of the readings left out."""
    coefficients, _, _ = _posterior(design[~out], target[~out], spreads)
    error: Floats = design[out] @ coefficients - target[out]
    return error


def _doubt(growth: Floats, share: Floats, there: NDArray[np.bool_], coverage: Floats) -> Floats:
    """How far the mean of the parts that are there may lie from that of all.

    Where enough times have every part, the same parts are left out there and the misses measured; else the spread of
    the parts that are there stands for that of the missing ones.
    """
    out = np.zeros(growth.shape[0])
    complete = np.flatnonzero((coverage > 0.999) & there.all(axis=1))
    for t in np.flatnonzero(coverage < 0.999):
        known = there[t]
        if not known.any():
            out[t] = np.inf
            continue
        if complete.size >= _FEWEST_COMPLETE:
            whole = (share[complete] * growth[complete]).sum(axis=1)
            part = share[complete][:, known]
            told = (part * growth[complete][:, known]).sum(axis=1) / part.sum(axis=1)
            out[t] = float(np.sqrt(np.mean((told - whole) ** 2)))
            continue
        weight = share[t, known] / share[t, known].sum()
        mean = float(weight @ growth[t, known])
        apart = math.sqrt(float(weight @ (growth[t, known] - mean) ** 2)) if known.sum() > 1 else 5.0
        out[t] = (1 - coverage[t]) * max(apart, 1.0)
    return out
