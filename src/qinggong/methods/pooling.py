"""Pooling of festival coefficients within a group: each series' estimate is drawn towards the group (empirical Bayes).

Fifteen years hold fifteen festivals, so one series' coefficients b_i are noisy, b_i ~ N(β_i, V_i) with V_i known from
the regression. If the series of an industry group behave alike, β_i ~ N(μ, T), and the best estimate is

    β̂_i = μ̂ + W_i (b_i − μ̂),   W_i = T (T + V_i)⁻¹.

T is estimated by restricted maximum likelihood, started from the moments of DerSimonian and Laird; T = 0 pools fully,
a large T leaves each series alone. Series published month by month and series whose January and February are one
figure identify the effect from different months and must not be pooled together: ``pool`` refuses mixed groups.

References: R. DerSimonian and N. Laird (1986), Meta-analysis in clinical trials, Controlled Clinical Trials 7, 177–188;
D. Jackson, I. R. White and S. G. Thompson (2010), Extending DerSimonian and Laird's methodology to perform multivariate
random effects meta-analyses, Statistics in Medicine 29, 1282–1297; C. N. Morris (1983), Parametric empirical Bayes
inference, Journal of the American Statistical Association 78, 47–55.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_LEAST_SERIES = 3  # below, a variance between series cannot be told from noise


@dataclass(frozen=True, slots=True)
class Pooled:
    """Result of pooling one group.

    Attributes
    ----------
    coefficients, covariance
        (k, series) and (k, k, series) pooled estimates and their covariance, the uncertainty of μ included.
    mean, mean_covariance
        (k,) and (k, k) of the group.
    between
        (k, k) estimated T.
    weights
        (k, k, series) W_i: identity keeps a series' own estimate, zero takes the group's mean.
    pooled
        (series,) False where a series had no usable estimate (it gets the mean) or the group was too small.
    """

    coefficients: Floats
    covariance: Floats
    mean: Floats
    mean_covariance: Floats
    between: Floats
    weights: Floats
    pooled: NDArray[np.bool_]


def pool(coefficients: Floats, covariances: Floats, *, combined: Sequence[bool] | None = None) -> Pooled:
    """Shrink the coefficients of one group of series towards their mean.

    Parameters
    ----------
    coefficients
        (k, series), in comparable units: those of models in logarithms. NaN where a series has none.
    covariances
        (k, k, series) of the estimates.
    combined
        Which series have January and February as one figure; all or none.

    Raises
    ------
    ValueError
        If the group mixes monthly and combined series, or shapes do not fit.

    Notes
    -----
    With fewer than three usable series nothing is pooled, and every estimate is returned as it came.
    """
    b = np.asarray(coefficients, dtype=np.float64).T
    v = np.moveaxis(np.asarray(covariances, dtype=np.float64), 2, 0)
    series, k = b.shape
    if v.shape != (series, k, k):
        raise ValueError(f"系数为{k}×{series}，协方差应为{k}×{k}×{series}，收到{np.shape(covariances)}")
    if combined is not None and any(combined) and not all(combined):
        raise ValueError("月度完整的序列与1—2月合并的序列不能放在一组合并估计，请分成两组")
    good: NDArray[np.bool_] = np.asarray(np.isfinite(b).all(axis=1) & np.isfinite(v).all(axis=(1, 2)))
    if k:
        good[good] = np.linalg.eigvalsh(v[good])[:, 0] > 0
    if good.sum() < _LEAST_SERIES or k == 0:
        eye = np.repeat(np.eye(k)[:, :, None], series, axis=2)
        nothing = np.full((k, k), np.nan)
        return Pooled(
            b.T.copy(), np.moveaxis(v, 0, 2).copy(), np.full(k, np.nan), nothing, nothing.copy(), eye,
            np.zeros(series, dtype=np.bool_),
        )  # fmt: skip
    between = _between(b[good], v[good])
    mean, mean_covariance = _mean(b[good], v[good], between)
    out = np.repeat(mean[None], series, axis=0)
    spread = np.repeat((between + mean_covariance)[None], series, axis=0)
    weights = np.zeros((series, k, k))
    precision = np.linalg.inv(between + v[good])
    weights[good] = between @ precision
    rest = np.eye(k) - weights[good]
    out[good] = mean + np.einsum("sij,sj->si", weights[good], b[good] - mean)
    spread[good] = rest @ between + rest @ mean_covariance @ np.swapaxes(rest, 1, 2)
    return Pooled(out.T, np.moveaxis(spread, 0, 2), mean, mean_covariance, between, np.moveaxis(weights, 0, 2), good)


def _mean(b: Floats, v: Floats, between: Floats) -> tuple[Floats, Floats]:
    precision = np.linalg.inv(between + v)
    covariance = np.linalg.inv(precision.sum(axis=0))
    return covariance @ np.einsum("sij,sj->i", precision, b), covariance


def _between(b: Floats, v: Floats) -> Floats:
    """T by restricted maximum likelihood; expectation–maximisation keeps it positive semidefinite.

    Each step sets T to the mean of E[(β_i − μ)(β_i − μ)'] given the data, the uncertainty of μ included.
    """
    between = _moments(b, v)
    for _ in range(500):
        mean, mean_covariance = _mean(b, v, between)
        weights = between @ np.linalg.inv(between + v)
        rest = np.eye(b.shape[1]) - weights
        deviation = np.einsum("sij,sj->si", weights, b - mean)
        new = np.einsum("si,sj->ij", deviation, deviation)
        new += (rest @ between).sum(axis=0)
        # μ̂ moves with the data: the deviations W_i (b_i − μ̂) are that much too small.
        new += (weights @ mean_covariance @ np.swapaxes(weights, 1, 2)).sum(axis=0)
        new = (new + new.T) / (2 * len(b))
        if np.abs(new - between).max() < 1e-9 * max(np.trace(new), 1e-30):
            return np.asarray(new, dtype=np.float64)
        between = new
    return between


def _moments(b: Floats, v: Floats) -> Floats:
    """A start: the covariance between the estimates less the mean of their own, made positive definite."""
    excess = np.cov(b, rowvar=False).reshape(b.shape[1], b.shape[1]) - v.mean(axis=0)
    values, vectors = np.linalg.eigh((excess + excess.T) / 2)
    floor = 0.01 * np.trace(v.mean(axis=0)) / b.shape[1]
    return np.asarray((vectors * np.maximum(values, floor)) @ vectors.T, dtype=np.float64)
