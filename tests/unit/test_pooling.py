"""Pooling of festival coefficients: formulas, limits, and the gain against a simulated truth."""

from __future__ import annotations

import numpy as np
import pytest

import qinggong as qg
from qinggong.methods.calendar_effects import festival_regressors
from qinggong.methods.pooling import pool


def drawn(series: int, between: np.ndarray, *, noise: float = 0.05, seed: int = 2) -> tuple[np.ndarray, ...]:
    """合成: true coefficients of a group, estimates of them, and the estimates' covariances."""
    random = np.random.default_rng(seed)
    k = between.shape[0]
    truth = np.array([0.1, -0.2, -0.1])[:k, None] + np.linalg.cholesky(between) @ random.normal(size=(k, series))
    covariances = np.empty((k, k, series))
    estimates = np.empty((k, series))
    for i in range(series):
        root = random.normal(0, noise, (k, k + 3)) / np.sqrt(k)
        covariances[:, :, i] = root @ root.T
        estimates[:, i] = truth[:, i] + random.multivariate_normal(np.zeros(k), covariances[:, :, i])
    return truth, estimates, covariances


def test_the_variance_between_series_is_recovered() -> None:
    between = np.array([[4e-3, -1e-3, 0], [-1e-3, 2e-3, 5e-4], [0, 5e-4, 1e-3]])
    _, estimates, covariances = drawn(600, between)
    found = pool(estimates, covariances)
    np.testing.assert_allclose(found.between, between, atol=7e-4)
    assert found.mean == pytest.approx([0.1, -0.2, -0.1], abs=0.02)


def test_pooled_estimates_are_nearer_the_truth_and_honest() -> None:
    truth, estimates, covariances = drawn(200, np.diag([1.5e-3, 8e-4, 1e-3]))
    found = pool(estimates, covariances)
    assert np.mean((found.coefficients - truth) ** 2) < 0.8 * np.mean((estimates - truth) ** 2)
    spread = np.sqrt(np.diagonal(found.covariance).T)
    assert 0.85 < ((found.coefficients - truth) / spread).std() < 1.15


def test_a_single_coefficient_follows_the_textbook_formula() -> None:
    _, estimates, covariances = drawn(8, np.array([[4e-3]]))
    found = pool(estimates, covariances)
    total = found.between[0, 0] + covariances[0, 0]
    mean = np.sum(estimates[0] / total) / np.sum(1 / total)
    assert found.mean[0] == pytest.approx(mean)
    weight = found.between[0, 0] / total
    np.testing.assert_allclose(found.weights[0, 0], weight)
    np.testing.assert_allclose(found.coefficients[0], mean + weight * (estimates[0] - mean))
    # The estimate maximises the restricted likelihood.

    def restricted(t: float) -> float:
        v = t + covariances[0, 0]
        m = np.sum(estimates[0] / v) / np.sum(1 / v)
        return float(-0.5 * (np.log(v).sum() + np.log(np.sum(1 / v)) + np.sum((estimates[0] - m) ** 2 / v)))

    best = restricted(found.between[0, 0])
    assert best >= max(restricted(found.between[0, 0] * factor) for factor in (0.8, 0.95, 1.05, 1.25)) - 1e-9


def test_equal_series_take_the_mean_and_very_different_ones_keep_their_own() -> None:
    _, _, covariances = drawn(20, np.eye(2) * 1e-3)
    same = pool(np.repeat([[0.1], [-0.2]], 20, axis=1), covariances)
    np.testing.assert_allclose(same.coefficients, np.repeat([[0.1], [-0.2]], 20, axis=1), atol=1e-9)
    random = np.random.default_rng(9)
    apart = random.normal(0, 50, (2, 20))
    np.testing.assert_allclose(pool(apart, covariances).coefficients, apart, rtol=1e-3, atol=1e-3)


def test_series_without_an_estimate_take_the_mean_and_small_groups_stay_alone() -> None:
    _, estimates, covariances = drawn(6, np.eye(2) * 1e-3)
    estimates[:, 2] = np.nan
    found = pool(estimates, covariances)
    np.testing.assert_array_equal(found.coefficients[:, 2], found.mean)
    assert found.pooled.tolist() == [True, True, False, True, True, True]
    few = pool(estimates[:, :2], covariances[:, :, :2])
    np.testing.assert_array_equal(few.coefficients, estimates[:, :2])
    assert not few.pooled.any()


def test_monthly_and_combined_series_never_mix() -> None:
    _, estimates, covariances = drawn(4, np.eye(2) * 1e-3)
    pool(estimates, covariances, combined=[True] * 4)
    with pytest.raises(ValueError, match="1—2月合并"):
        pool(estimates, covariances, combined=[True, False, True, True])
    with pytest.raises(ValueError, match="协方差"):
        pool(estimates, covariances[:, :, :3])


def test_growth_is_nearer_the_truth_with_pooling() -> None:
    """合成: twenty series of one group with seven festivals; growth errs less, above all about the festival."""
    random = np.random.default_rng(18)
    months, series = 84, 20
    x = festival_regressors((2014, 1), months)
    beta = np.array([0.08, -0.25, -0.12])[:, None] + random.normal(0, 0.02, (3, series))
    season = np.tile(random.normal(0, 0.1, (12, series)), (7, 1))
    clean = np.exp(5 + np.cumsum(random.normal(0.004, 0.012, (months, series)), axis=0))
    clean *= np.exp(random.normal(0, 0.04, (months, series)))
    values = clean * np.exp(season + x @ beta)
    options = {"transform": "log", "model": "airline", "trading_day": None, "outliers": None}
    alone = qg.seasonal_adjust(values, "2014-01", **options)
    pooled = qg.seasonal_adjust(values, "2014-01", **options, pool=["家具"] * series)

    def error(adjusted: np.ndarray, first: int, last: int) -> float:
        growth = np.diff(np.log(adjusted / clean), axis=0)
        month = np.arange(1, months) % 12 + 1
        return float(np.sqrt(np.mean(growth[(month >= first) & (month <= last)] ** 2)))

    assert error(pooled.adjusted, 1, 12) < 0.97 * error(alone.adjusted, 1, 12)
    assert error(pooled.adjusted, 1, 3) < 0.92 * error(alone.adjusted, 1, 3)
    own, shrunk = (np.array([r.coefficients[f"cny[{w}]"] for w in ("-20,-1", "0,6", "7,20")]) for r in (alone, pooled))
    assert np.mean((shrunk - beta) ** 2) < 0.7 * np.mean((own - beta) ** 2)
