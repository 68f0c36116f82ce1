"""Estimation of the dynamic factor model: principal components to start, expectation–maximisation with extrapolation.

The expectation step is the exact smoother. The maximisation step of the series is ``factor_step``; that of the vector
autoregression solves its normal equations with the score of the stationary start added (taken at the last values), so
that the fixed point is the maximum of the exact likelihood. Two steps give an extrapolated point (SQUAREM, scheme S3);
it is taken if the log-likelihood there is not below that of the last step, else the extrapolation is shortened down to
the plain step. A step that would lower the likelihood is halved and, if nothing helps, refused: the log-likelihood of
the accepted points never decreases.

References
----------
Dempster, Laird & Rubin (1977), JRSS B 39; Shumway & Stoffer (1982), Journal of Time Series Analysis 3; Bańbura &
Modugno (2014), Journal of Applied Econometrics 29, 133–160; Green (1990), On use of the EM algorithm for penalized
likelihood estimation, JRSS B 52 (one step late); Varadhan & Roland (2008), Simple and globally convergent methods for
accelerating the convergence of any EM algorithm, Scandinavian Journal of Statistics 35, 335–353; Doz, Giannone &
Reichlin (2011), Journal of Econometrics 164 (start by principal components).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.factor_aggregation import Chains, build, window
from qinggong.methods.factor_parameters import (
    STATIONARY,
    FactorForm,
    FactorParameters,
    companion,
    discounted_sum,
    spectral_radius,
    stationary_covariance,
)
from qinggong.methods.factor_smoother import Smoothed, smooth
from qinggong.methods.factor_step import LARGEST, series_step

Floats = NDArray[np.float64]

LEAST_VARIANCE = 1e-6
_LONGEST_STEP, _SHORTENINGS, _HALVINGS = 64.0, 3, 8


@dataclass(frozen=True, slots=True)
class Estimate:
    """The end of an estimation; ``path`` holds the log-likelihoods of the accepted points."""

    smoothed: Smoothed
    iterations: int
    converged: bool
    path: tuple[float, ...]


def estimate(
    form: FactorForm,
    standardised: Floats,
    known: NDArray[np.bool_],
    first_month: tuple[int, int],
    begin: FactorParameters,
    *,
    tolerance: float,
    max_iterations: int,
) -> Estimate:
    """Maximise the likelihood from principal components.

    Parameters
    ----------
    standardised, known
        (rows, series) figures, and which are there.
    begin
        Carries means, deviations and which series are included; its other numbers are replaced.
    tolerance
        Relative change of the log-likelihood, 2|a − b| / (|a| + |b|), over two steps and an extrapolation, twice in
        a row.
    max_iterations
        Maximisation steps.
    """
    chains = build(form, known, first_month)
    values = chains.values(standardised)
    current = smooth(chains, _start(chains, begin, standardised, known), values)
    path = [current.loglikelihood]
    steps, quiet = 0, 0
    while steps < max_iterations:
        one = _not_lower(current, _step(current))
        steps += 1
        best = one
        if one is not current and steps < max_iterations:
            ahead = _step(one)
            steps += 1
            best = _extrapolated(current, one, ahead)
        change = _relative(current.loglikelihood, best.loglikelihood)
        stuck = best is current
        current = best
        path.append(current.loglikelihood)
        quiet = quiet + 1 if change < tolerance else 0
        if stuck or quiet == 2:
            return Estimate(_normalised(current), steps, True, tuple(path))
    return Estimate(_normalised(current), steps, False, tuple(path))


def _relative(a: float, b: float) -> float:
    return 2 * abs(a - b) / max(abs(a) + abs(b), 1e-300)


def _extrapolated(current: Smoothed, one: Smoothed, ahead: FactorParameters) -> Smoothed:
    """The best of an extrapolation through three points, shorter ones, and the plain second step."""
    x0, x1, x2 = (_vector(p) for p in (current.parameters, one.parameters, ahead))
    move, bend = x1 - x0, x2 - 2 * x1 + x0
    length = float(np.sqrt((move @ move) / max(float(bend @ bend), 1e-300)))
    length = min(max(length, 1.0), _LONGEST_STEP)
    for _ in range(_SHORTENINGS):
        if length <= 1.05:
            break
        trial = _parameters(x0 + 2 * length * move + length * length * bend, one.parameters)
        if trial is not None:
            found = smooth(one.chains, trial, one.values)
            if found.loglikelihood >= one.loglikelihood:
                return found
        length = (length + 1) / 2 if length > 2 else 1.0
    return _not_lower(one, ahead)


def _not_lower(current: Smoothed, wanted: FactorParameters) -> Smoothed:
    """The smoother at ``wanted``, or on the way to it, or ``current`` where all that is lower."""
    here, there = _vector(current.parameters), _vector(wanted)
    share = 1.0
    for _ in range(_HALVINGS):
        trial = wanted if share == 1.0 else _parameters(here + share * (there - here), wanted)
        if trial is not None:
            found = smooth(current.chains, trial, current.values)
            if found.loglikelihood >= current.loglikelihood:
                return found
        share /= 2
    return current


def _step(smoothed: Smoothed) -> FactorParameters:
    """Expectation and maximisation."""
    chains = smoothed.chains
    covariance = smoothed.covariance()
    moments = smoothed.factor_moments(covariance, max(chains.longest, chains.form.order))
    return _maximised(chains, smoothed.parameters, smoothed.values, smoothed.solution, covariance, moments)


def _maximised(
    chains: Chains, old: FactorParameters, values: Floats, solution: Floats, covariance: Floats, moments: Floats
) -> FactorParameters:
    form = chains.form
    loading, phi, variance = old.loadings[form.loads], old.persistence.copy(), old.variance.copy()
    series_step(
        solution, covariance, chains.row, chains.base, moments, chains.pointer, chains.month, values, chains.gap,
        chains.term_pointer, chains.term, chains.term_weight, chains.load_pointer, chains.load, loading, phi, variance,
        form.idiosyncratic == "ar1", LEAST_VARIANCE, chains.longest,
    )  # fmt: skip
    loadings = np.zeros_like(old.loadings)
    loadings[form.loads] = loading
    transition, innovation = _autoregression(form, old, moments)
    scale = np.sqrt(np.diag(innovation))
    return replace(
        old,
        loadings=loadings * scale,
        transition=transition * np.tile(scale, form.order) / scale[:, None],
        innovation=innovation / np.outer(scale, scale),
        persistence=phi,
        variance=variance,
    )


def _autoregression(form: FactorForm, old: FactorParameters, moments: Floats) -> tuple[Floats, Floats]:
    """Vector autoregressions of the blocks; their innovations are not yet scaled."""
    r = form.number
    transition, innovation = np.zeros_like(old.transition), np.zeros_like(old.innovation)
    for at, lags in zip(form.spans, form.factor_order, strict=True):
        size = at.stop - at.start
        columns = np.concatenate([np.arange(k * r + at.start, k * r + at.stop) for k in range(lags)])
        products = _lag_products(moments[:, :, at, at], lags)
        now, cross, past = products[:size, :size], products[:size, size:], products[size:, size:]
        months = moments.shape[1] - lags
        a_old, q_old = old.transition[at][:, columns], old.innovation[at, at]
        first = _first_months(moments[:, :, at, at], lags)
        for late in (True, False):
            slope_a, slope_q = _start_score(a_old, q_old, first) if late else (0.0 * a_old, 0.0 * q_old)
            a: Floats = np.asarray(np.linalg.solve(past, (cross + q_old @ slope_a).T).T, dtype=np.float64)
            q = (now - a @ cross.T - cross @ a.T + a @ past @ a.T + 2 * q_old @ slope_q @ q_old) / months
            q = (q + q.T) / 2
            if spectral_radius(a) < STATIONARY and np.linalg.eigvalsh(q).min() > 1e-10 * np.trace(q):
                break
        else:
            # Growing factors: keep to the stationary side of where the equations point.
            while spectral_radius(a) >= STATIONARY:
                a = 0.5 * (a + a_old) if spectral_radius(0.5 * (a + a_old)) < spectral_radius(a) else 0.98 * a
            q = (now - a @ cross.T - cross @ a.T + a @ past @ a.T) / months
            q = (q + q.T) / 2 + 1e-10 * np.trace(now) / months * np.eye(size)
        transition[at, columns] = a
        innovation[at, at] = q
    return transition, innovation


def _lag_products(moments: Floats, lags: int) -> Floats:
    """Σ E F F' of F = (f(t), f(t−1), …, f(t−lags)) over all months that have so many before them."""
    months, size = moments.shape[1], moments.shape[2]
    found = np.empty(((lags + 1) * size, (lags + 1) * size))
    for j in range(lags + 1):
        for k in range(j, lags + 1):
            part = moments[k - j, lags - j : months - j].sum(axis=0)
            found[j * size : (j + 1) * size, k * size : (k + 1) * size] = part
            found[k * size : (k + 1) * size, j * size : (j + 1) * size] = part.T
    return found


def _first_months(moments: Floats, lags: int) -> Floats:
    """E F F' of the first months, the newest first."""
    size = moments.shape[2]
    found = np.empty((lags * size, lags * size))
    for j in range(lags):
        for k in range(j, lags):
            part = moments[k - j, lags - 1 - j]
            found[j * size : (j + 1) * size, k * size : (k + 1) * size] = part
            found[k * size : (k + 1) * size, j * size : (j + 1) * size] = part.T
    return found


def _start_score(transition: Floats, innovation: Floats, first: Floats) -> tuple[Floats, Floats]:
    """Derivatives of the expected log-density of the first months by A and Q, through P = M P M' + Q."""
    size = innovation.shape[0]
    stationary = stationary_covariance(transition, innovation)
    precision = np.linalg.inv(stationary)
    slope = 0.5 * (precision @ first @ precision - precision)
    matrix = companion(transition)
    adjoint = discounted_sum(matrix.T, slope)
    return np.asarray((2 * adjoint @ matrix @ stationary)[:size]), adjoint[:size, :size]


def _vector(parameters: FactorParameters) -> Floats:
    """Parameters without bounds: φ by arc tangent, variances by logarithm, Q by its Cholesky factor."""
    form = parameters.form
    parts = [parameters.loadings[form.loads], np.arctanh(parameters.persistence), np.log(parameters.variance)]
    for at in form.spans:
        lower = np.linalg.cholesky(parameters.innovation[at, at])
        parts += [parameters.transition[at][:, np.tile(_members(form, at), form.order)].ravel()]
        parts += [lower[np.tril_indices_from(lower, -1)], np.log(np.diag(lower))]
    return np.concatenate(parts)


def _parameters(vector: Floats, like: FactorParameters) -> FactorParameters | None:
    """Back from ``_vector``; None outside the stationary region."""
    form = like.form
    if not np.isfinite(vector).all() or np.abs(vector).max() > 1e8:
        return None
    free, series = int(form.loads.sum()), form.series
    loadings = np.zeros_like(like.loadings)
    loadings[form.loads] = vector[:free]
    persistence = np.clip(np.tanh(vector[free : free + series]), -LARGEST, LARGEST)
    variance = np.maximum(np.exp(np.minimum(vector[free + series : free + 2 * series], 50)), LEAST_VARIANCE)
    at_place = free + 2 * series
    transition, innovation = np.zeros_like(like.transition), np.zeros_like(like.innovation)
    for at in form.spans:
        size = at.stop - at.start
        columns = np.flatnonzero(np.tile(_members(form, at), form.order))
        count = size * columns.size
        transition[at, columns] = vector[at_place : at_place + count].reshape(size, -1)
        at_place += count
        lower = np.zeros((size, size))
        below = np.tril_indices(size, -1)
        lower[below] = vector[at_place : at_place + below[0].size]
        at_place += below[0].size
        lower[np.diag_indices(size)] = np.exp(np.minimum(vector[at_place : at_place + size], 50))
        at_place += size
        innovation[at, at] = lower @ lower.T
    if spectral_radius(transition) >= STATIONARY:
        return None
    return replace(
        like,
        loadings=loadings,
        transition=transition,
        innovation=innovation,
        persistence=persistence,
        variance=variance,
    )


def _members(form: FactorForm, at: slice) -> NDArray[np.bool_]:
    found = np.zeros(form.number, dtype=bool)
    found[at] = True
    return found


def _normalised(smoothed: Smoothed) -> Smoothed:
    """The same model with factors of stationary variance 1 and a positive sum of loadings."""
    p = smoothed.parameters
    r = p.form.number
    spread = np.sqrt(np.diag(stationary_covariance(p.transition, p.innovation))[:r])
    scale = spread * np.where((p.loadings / np.sqrt(p.variance)[:, None]).sum(axis=0) < 0, -1.0, 1.0)
    found = replace(
        p,
        loadings=p.loadings * scale,
        transition=p.transition * np.tile(scale, p.form.order) / scale[:, None],
        innovation=p.innovation / np.outer(scale, scale),
    )
    return smooth(smoothed.chains, found, smoothed.values)


def _start(chains: Chains, begin: FactorParameters, standardised: Floats, known: NDArray[np.bool_]) -> FactorParameters:
    """Principal components of each block in turn, then one maximisation step as if they were the factors."""
    form = chains.form
    monthly = monthly_guess(chains, standardised, known)
    factors = np.zeros((chains.months, form.number))
    rest = monthly.copy()
    for block, at in enumerate(form.spans):
        members = np.array([line[block] for line in form.blocks]) & begin.included & form.own
        members &= known.sum(axis=0) > 0
        steady = [i for i in np.flatnonzero(members).tolist() if form.kind(i) != "quarterly"]
        used = np.array(steady if len(steady) >= at.stop - at.start else np.flatnonzero(members), dtype=np.int64)
        scores = _components(rest[:, used], at.stop - at.start)
        factors[:, at] = scores
        rest[:, used] -= scores @ np.linalg.lstsq(scores, rest[:, used], rcond=None)[0]
    solution = np.zeros(chains.unknowns)
    solution[chains.base[:, None] + np.arange(form.number)] = factors
    latent = np.flatnonzero(~np.isin(np.arange(chains.unknowns), chains.base[:, None] + np.arange(form.number)))
    owners = _latent_owners(chains)
    solution[latent] = monthly[owners[latent, 0], owners[latent, 1]]
    moments = np.zeros((max(chains.longest, form.order) + 1, chains.months, form.number, form.number))
    for d in range(moments.shape[0]):
        moments[d, d:] = factors[d:, :, None] * factors[: chains.months - d, None, :]
    moments[0] += 1e-6 * np.eye(form.number)
    begin = replace(
        begin,
        transition=np.zeros((form.number, form.number * form.order)),
        innovation=np.eye(form.number),
        persistence=np.zeros(form.series),
        variance=np.ones(form.series),
        loadings=np.zeros((form.series, form.number)),
    )
    nothing = np.zeros(int(chains.row[-1]) + chains.unknowns)
    found = _maximised(chains, begin, chains.values(standardised), solution, nothing, moments)
    # What a start explains perfectly would never move again.
    return replace(
        found, variance=np.maximum(found.variance, 1e-3), persistence=np.clip(found.persistence, -0.95, 0.95)
    )


def _latent_owners(chains: Chains) -> NDArray[np.int64]:
    """(unknowns, 2) month and series of each latent value."""
    found = np.zeros((chains.unknowns, 2), dtype=np.int64)
    single = np.flatnonzero((np.diff(chains.term_pointer) == 1) & (chains.source_weight == 0).all(axis=1))
    at = chains.term[chains.term_pointer[single]]
    found[at, 0], found[at, 1] = chains.month[single], chains.owner[single]
    return found


def monthly_guess(chains: Chains, standardised: Floats, known: NDArray[np.bool_]) -> Floats:
    """(months, series) rough monthly values: each figure spread over its months, gaps by straight lines, 0 outside."""
    form = chains.form
    found = np.zeros((chains.months, form.series))
    months = np.arange(chains.months)
    for i in range(form.series):
        rows = np.flatnonzero(known[:, i])
        if not rows.size or form.whole(i) != i:
            continue
        total, count = np.zeros(chains.months), np.zeros(chains.months)
        if form.kind(i) == "month":
            total[rows + chains.lead], count[rows + chains.lead] = standardised[rows, i], 1.0
        else:
            for row in rows.tolist():
                lags, weights = window(form, i, row, chains.first_month)
                total[row + chains.lead - lags] += standardised[row, i] / weights.sum()
                count[row + chains.lead - lags] += 1.0
        filled = np.flatnonzero(count)
        found[:, i] = np.interp(months, filled, total[filled] / count[filled], left=0.0, right=0.0)
    return found


def _components(values: Floats, count: int) -> Floats:
    """(months, count) principal components with mean square 1."""
    if values.shape[1] > values.shape[0]:
        _, vectors = np.linalg.eigh(values @ values.T)
        scores = vectors[:, ::-1][:, :count]
    else:
        _, vectors = np.linalg.eigh(values.T @ values)
        scores = values @ vectors[:, ::-1][:, :count]
    size = np.sqrt((scores**2).mean(axis=0))
    return np.asarray(scores / np.where(size > 1e-12, size, 1.0))
