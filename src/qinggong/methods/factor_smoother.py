"""Exact smoother and log-likelihood of the dynamic factor model by its sparse precision matrix.

Factors and the few latent monthly values are Gaussian with a precision matrix A that is banded in time: the vector
autoregression adds blocks of p + 1 months, and each link of a series' chain adds an outer product divided by its
variance. So an observation vector of any length collapses into months of r factors, an AR(1) idiosyncratic term needs
no state where the series is observed, and a factorisation costs (months · r) · (band)²:

    log p(y) = log p(y, x̂) + ½ n log 2π − ½ log|A|,   x̂ = A⁻¹b: smoothed means,   A⁻¹ in the band: covariances

The start is the stationary distribution. Equal to Kalman filter and smoother of the full state space.

References
----------
Jungbacker & Koopman (2015), Likelihood-based dynamic factor analysis for measurement and forecasting, Econometrics
Journal 18 (collapsing); Chan & Jeliazkov (2009), as in ``factor_kernel``; Rue & Held (2005).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.methods import factor_kernel as kernel
from qinggong.methods.factor_aggregation import Chains, window
from qinggong.methods.factor_parameters import MONTH, FactorParameters, stationary_covariance

Floats = NDArray[np.float64]

LOG_2PI = float(np.log(2 * np.pi))


@dataclass(frozen=True, slots=True, eq=False)
class Smoothed:
    """Factors and latent values given the figures.

    Attributes
    ----------
    loglikelihood
        Of the standardised figures; NaN where the precision matrix is not positive definite.
    values
        (nodes,) constants of the chains.
    solution
        (unknowns,) smoothed means.
    factor
        The Cholesky factor in its envelope, with ``inverse`` 1 over its diagonal.
    residual
        (nodes,) idiosyncratic terms.
    """

    chains: Chains
    parameters: FactorParameters
    loglikelihood: float
    values: Floats
    solution: Floats
    factor: Floats
    inverse: Floats
    residual: Floats

    def covariance(self) -> Floats:
        """Elements of the covariance of the unknowns inside the envelope."""
        found = np.zeros(self.factor.size)
        kernel.selected_inverse(self.factor, self.chains.first, self.chains.row, self.inverse, found)
        return found

    def factor_moments(self, covariance: Floats, lags: int) -> Floats:
        """(lags + 1, months, r, r): E f(t) f(t−d)'."""
        chains = self.chains
        found = np.zeros((lags + 1, chains.months, chains.form.number, chains.form.number))
        kernel.factor_moments(
            self.solution, covariance, chains.first, chains.row, chains.base, chains.form.number, found
        )
        return found

    def factors(self) -> Floats:
        """(months, r) smoothed factors."""
        return np.asarray(self.solution[self.chains.base[:, None] + np.arange(self.chains.form.number)])

    def half_solved(self, rights: Floats) -> Floats:
        """(targets, unknowns) c'L'⁻¹: their inner products are the covariances of the targets c'x."""
        found = np.array(rights, order="C")
        kernel.half_solved(self.factor, self.chains.first, self.chains.row, self.inverse, found)
        return found

    def solved(self, rights: Floats) -> Floats:
        """(targets, unknowns) A⁻¹c."""
        found = self.half_solved(rights)
        kernel.back_solved(self.factor, self.chains.first, self.chains.row, self.inverse, found)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """A figure as a function of the unknowns: constant + Σ weight · unknown + noise, on the standardised scale.

    ``nodes`` are the weights of the constants of nodes, of which ``constant`` is the sum. ``noise`` is the variance of
    what the unknowns leave open, ``own`` the part of it that belongs to the figure but not to its signal.
    """

    unknown: tuple[int, ...]
    weight: tuple[float, ...]
    nodes: tuple[tuple[int, float], ...]
    noise: float
    own: float

    def constant(self, values: Floats) -> float:
        return float(sum(w * values[j] for j, w in self.nodes))

    def mean(self, smoothed: Smoothed) -> float:
        found = self.constant(smoothed.values)
        return found + float(np.dot(self.weight, smoothed.solution[list(self.unknown)]))


def smooth(chains: Chains, parameters: FactorParameters, values: Floats) -> Smoothed:
    """Smoothed means, factorisation and log-likelihood.

    Parameters
    ----------
    chains
        For the pattern of known figures.
    values
        (nodes,) constants, ``chains.values`` of the standardised figures.
    """
    form = chains.form
    r, order = form.number, form.order
    matrix = np.zeros(int(chains.row[-1]) + chains.unknowns)
    right, solution = np.zeros((1, chains.unknowns)), np.zeros(chains.unknowns)
    loading = np.ascontiguousarray(parameters.loadings[form.loads])
    phi, variance = parameters.persistence, parameters.variance
    series = (chains.pointer, chains.month, values, chains.gap, chains.term_pointer, chains.term, chains.term_weight)
    loads = (chains.load_pointer, chains.load, loading, phi, variance)
    kernel.series_precision(
        matrix,
        right[0],
        chains.row,
        chains.base,
        *series,
        chains.plain,
        *loads,
        np.zeros((chains.months, r, r)),
        np.zeros((chains.longest + 1, chains.months, r, r)),
    )
    lags = [parameters.transition[:, k * r : (k + 1) * r] for k in range(order)]
    innovation = np.linalg.inv(parameters.innovation)
    filters = np.hstack([np.eye(r), *(-lag for lag in lags)])
    start = stationary_covariance(parameters.transition, parameters.innovation)
    start_precision = np.linalg.inv(start)
    kernel.factor_precision(matrix, chains.row, chains.base, start_precision, filters.T @ innovation @ filters, r)
    inverse = np.zeros(chains.unknowns)
    determinant = kernel.cholesky(matrix, chains.first, chains.row, inverse)
    residual = np.zeros(chains.month.size)
    found = Smoothed(chains, parameters, float("nan"), values, solution, matrix, inverse, residual)
    if not np.isfinite(determinant):
        return found
    solution[:] = found.solved(right)[0]
    deviance = kernel.series_deviance(solution, chains.base, *series, *loads, chains.longest, residual)
    f = found.factors()
    errors = f[order:].copy()
    for k, lag in enumerate(lags):
        errors -= f[order - 1 - k : chains.months - 1 - k] @ lag.T
    newest_first = f[:order][::-1].ravel()
    deviance += float(np.einsum("ta,ab,tb->", errors, innovation, errors))
    deviance += errors.shape[0] * float(np.linalg.slogdet(parameters.innovation)[1])
    deviance += float(newest_first @ start_precision @ newest_first) + float(np.linalg.slogdet(start)[1])
    known = chains.month.size + chains.months * r - chains.unknowns
    loglikelihood = chains.logarithm - 0.5 * (deviance + known * LOG_2PI + determinant)
    return Smoothed(chains, parameters, loglikelihood, values, solution, matrix, inverse, residual)


def signals(smoothed: Smoothed) -> Floats:
    """(months, series) smoothed figures on the standardised scale, from chains that are complete."""
    chains, parameters = smoothed.chains, smoothed.parameters
    form = chains.form
    common = smoothed.factors() @ parameters.loadings.T
    months, further = np.arange(chains.months), form.further
    found = common.copy()
    for i in np.flatnonzero(parameters.included).tolist():
        of = form.whole(i)
        nodes = slice(int(chains.pointer[of]), int(chains.pointer[of + 1]))
        at, own = chains.month[nodes], smoothed.residual[nodes]
        if not at.size:
            continue
        if form.kind(i) == MONTH:
            if form.idiosyncratic == "ar1" or i in further:
                found[:, i] += _bridged(at, own, months, float(parameters.persistence[i]))
            continue
        monthly = common[:, i].copy()
        monthly[at] += own
        for row in range(chains.months - chains.lead):
            lags, weights = window(form, i, row, chains.first_month)
            found[row + chains.lead, i] = weights @ monthly[row + chains.lead - lags]
    return found


def _bridged(at: NDArray[np.int64], own: Floats, months: NDArray[np.int64], phi: float) -> Floats:
    """(months,) expectation of an AR(1) that is known in the months ``at``."""
    after = np.searchsorted(at, months)
    left, right = np.maximum(after - 1, 0), np.minimum(after, at.size - 1)
    a = np.where(after > 0, phi ** (months - at[left]).clip(min=0), 0.0)
    b = np.where(after < at.size, phi ** (at[right] - months).clip(min=0), 0.0)
    whole = np.maximum(1 - (a * b) ** 2, 1e-300)
    found = (a * (1 - b * b) * own[left] + b * (1 - a * a) * own[right]) / whole
    return np.where(b == 1.0, own[right], found)


def target(chains: Chains, parameters: FactorParameters, series: int, row: int) -> Target:
    """The figure of a series in a row (also after the last one) as a function of the unknowns.

    An observed month of a series with white idiosyncratic terms is its common component, as in statsmodels: the noise
    of the figure itself is ``own``.
    """
    form = chains.form
    lags, weights = window(form, series, row, chains.first_month)
    white = form.kind(series) == MONTH and form.idiosyncratic == "white" and series not in form.further
    series = form.whole(series)
    unknown: dict[int, float] = {}
    nodes: dict[int, float] = {}
    noise = 0.0
    for lag, w in zip(lags.tolist(), weights.tolist(), strict=True):
        month = row - lag + chains.lead
        if white:
            _add_factors(unknown, chains, parameters, series, month, w)
            continue
        j = chains.node(series, month)
        if j >= 0:
            _add_node(unknown, nodes, chains, j, w)
        else:
            noise += w * w * _between(unknown, nodes, chains, parameters, series, month, w)
    own = float(parameters.variance[series]) if white else 0.0
    return Target(tuple(unknown), tuple(unknown.values()), tuple(nodes.items()), noise, own)


def rights(targets: Sequence[Target], unknowns: int) -> Floats:
    """(targets, unknowns) dense weights."""
    found = np.zeros((len(targets), unknowns))
    for line, each in zip(found, targets, strict=True):
        line[list(each.unknown)] = each.weight
    return found


def _add_factors(
    unknown: dict[int, float], chains: Chains, parameters: FactorParameters, series: int, month: int, weight: float
) -> None:
    for a in chains.load[chains.load_pointer[series] : chains.load_pointer[series + 1]].tolist():
        at = int(chains.base[month]) + a
        unknown[at] = unknown.get(at, 0.0) + weight * float(parameters.loadings[series, a])


def _add_node(unknown: dict[int, float], nodes: dict[int, float], chains: Chains, j: int, weight: float) -> None:
    nodes[j] = nodes.get(j, 0.0) + weight
    for q in range(int(chains.term_pointer[j]), int(chains.term_pointer[j + 1])):
        at = int(chains.term[q])
        unknown[at] = unknown.get(at, 0.0) + weight * float(chains.term_weight[q])


def _between(
    unknown: dict[int, float],
    nodes: dict[int, float],
    chains: Chains,
    parameters: FactorParameters,
    series: int,
    month: int,
    weight: float,
) -> float:
    """A month between two nodes, before the first or after the last: the bridge of the AR(1); its variance."""
    start, end = int(chains.pointer[series]), int(chains.pointer[series + 1])
    after = start + int(np.searchsorted(chains.month[start:end], month))
    phi = float(parameters.persistence[series])
    stationary = float(parameters.variance[series]) / (1 - phi * phi)
    _add_factors(unknown, chains, parameters, series, month, weight)
    a = phi ** (month - int(chains.month[after - 1])) if after > start else 0.0
    b = phi ** (int(chains.month[after]) - month) if after < end else 0.0
    whole = 1 - (a * b) ** 2
    for j, slope in ((after - 1, a * (1 - b * b) / whole), (after, b * (1 - a * a) / whole)):
        if slope:
            _add_node(unknown, nodes, chains, j, weight * slope)
            _add_factors(unknown, chains, parameters, series, int(chains.month[j]), -weight * slope)
    return stationary * (1 - a * a) * (1 - b * b) / whole
