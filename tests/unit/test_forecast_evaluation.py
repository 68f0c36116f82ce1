"""Scores and tests of forecasts against integrals and double loops written out here."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from qinggong.methods.forecast_evaluation import (
    accuracy,
    crps_ensemble,
    crps_normal,
    diebold_mariano,
    interval_coverage,
    rmse,
)


@pytest.mark.parametrize(("y", "mean", "std"), [(0.0, 0.0, 1.0), (2.5, 1.0, 0.7), (-3.0, 2.0, 4.0)])
def test_crps_is_the_integral_of_the_squared_difference_of_distributions(y: float, mean: float, std: float) -> None:
    def below(x: float) -> float:
        return float(stats.norm.cdf(x, mean, std)) ** 2

    def above(x: float) -> float:
        return (1 - float(stats.norm.cdf(x, mean, std))) ** 2

    expected = integrate.quad(below, -60, y, limit=200)[0] + integrate.quad(above, y, 60, limit=200)[0]
    np.testing.assert_allclose(crps_normal([y], [mean], [std]), expected, rtol=1e-6)


def test_crps_with_no_spread_is_the_absolute_error() -> None:
    assert crps_normal([1.0], [3.0], [0.0]).tolist() == [2.0]


def test_crps_of_an_ensemble_is_its_double_sum() -> None:
    random = np.random.default_rng(1)
    y, x = random.normal(size=3), random.normal(size=(3, 7))
    expected = [
        np.mean([abs(a - y[i]) for a in x[i]]) - 0.5 * np.mean([abs(a - b) for a in x[i] for b in x[i]])
        for i in range(3)
    ]
    np.testing.assert_allclose(crps_ensemble(y, x), expected)


@pytest.mark.parametrize("horizon", [1, 3])
def test_diebold_mariano_written_out(horizon: int) -> None:
    random = np.random.default_rng(5)
    a, b = random.normal(size=40), 1.3 * random.normal(size=40)
    d = a**2 - b**2
    n, h = 40, horizon
    gamma = [sum((d[t] - d.mean()) * (d[t - k] - d.mean()) for t in range(k, n)) / n for k in range(h)]
    statistic = d.mean() / np.sqrt((gamma[0] + 2 * sum(gamma[1:])) / n)
    statistic *= np.sqrt((n + 1 - 2 * h + h * (h - 1) / n) / n)
    told = diebold_mariano(a, b, horizon=h)
    np.testing.assert_allclose(told.statistic, statistic)
    np.testing.assert_allclose(told.p_value, 2 * stats.t.sf(abs(statistic), n - 1))
    assert told.weights == "rectangular" and told.observations == 40
    assert diebold_mariano(b, a, horizon=h).statistic == pytest.approx(-statistic)


def test_diebold_mariano_with_a_negative_variance_takes_bartlett_weights() -> None:
    e = np.array([1.0, 3.0] * 12)
    told = diebold_mariano(e, np.sqrt(np.abs(e)) * 0.1, horizon=2)
    assert told.weights == "bartlett" and told.p_value < 0.5


def test_what_cannot_be_compared_is_nan() -> None:
    e = np.ones(20)
    assert np.isnan(diebold_mariano(e, e).p_value)
    assert np.isnan(diebold_mariano(e[:2], 2 * e[:2]).p_value)
    with pytest.raises(ValueError, match="形状"):
        diebold_mariano(e, e[:3])


def test_accuracy_counts_what_falls_inside() -> None:
    random = np.random.default_rng(2)
    y = random.normal(size=4000)
    told = accuracy(np.append(y, np.nan), np.zeros(4001), np.ones(4001))
    assert told.observations == 4000 and abs(told.coverage[0] - 0.5) < 0.03 and abs(told.coverage[1] - 0.8) < 0.03
    assert told.rmse == pytest.approx(rmse(y, np.zeros(4000))) and told.bias == pytest.approx(-y.mean())
    assert accuracy([np.nan], [0.0], [1.0]).observations == 0
    assert interval_coverage([1, 2, np.nan], [0, 3, 0], [2, 4, 1]) == 0.5
