"""The outlier search: critical values, statistics of all positions, and what it finds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numba import njit

from qinggong.methods import arima_likelihood, regarima_forecast, regarima_kernel
from qinggong.methods import outliers as ol
from qinggong.methods.calendar_effects import festival_regressors
from qinggong.methods.regarima import AIRLINE, Order, fit


def from_python(part: Any) -> Any:
    return njit(part.py_func)


deviance = from_python(arima_likelihood.deviance)
series_residuals = from_python(regarima_forecast.series_residuals)
_assemble = from_python(regarima_kernel._assemble)
scan = from_python(ol.scan)


def simulated(series: int, *, seed: int = 4, months: int = 144) -> np.ndarray:
    """合成: logarithms of an airline-like series."""
    random = np.random.default_rng(seed)
    moves = random.normal(0, 0.01, (months // 12, 12, series))
    moves[0] = random.normal(0, 0.1, (12, series))
    season = np.cumsum(moves, axis=0).reshape(-1, series)
    return (
        5 + np.cumsum(random.normal(0, 0.01, (months, series)), axis=0) + season + random.normal(0, 0.01, season.shape)
    )


def test_critical_values() -> None:
    # Ljung's asymptotic formula at 100 and 200, the normal quantile of both values together at 2.
    assert ol.critical_value(100) == pytest.approx(3.8101, abs=5e-4)
    assert ol.critical_value(2) == pytest.approx(2.2365, abs=5e-4)
    values = ol.critical_values(600)
    assert np.isinf(values[:2]).all() and (np.diff(values[2:]) > 0).all()
    with pytest.raises(ValueError, match="two observations"):
        ol.critical_value(1)


def test_critical_value_is_the_quantile_of_the_largest_residual() -> None:
    """合成: the largest of 150 standard normal values exceeds it in about one sample of twenty."""
    random = np.random.default_rng(6)
    largest = np.abs(random.normal(size=(20000, 150))).max(axis=1)
    assert 0.005 < (largest > ol.critical_value(150)).mean() < 0.05


def test_effects() -> None:
    assert ol.effect("AO", 2, 5).tolist() == [0, 0, 1, 0, 0]
    assert ol.effect("LS", 2, 5).tolist() == [-1, -1, 0, 0, 0]
    assert ol.effect("TC", 2, 5) == pytest.approx([0, 0, 1, 0.7, 0.49])


@pytest.mark.parametrize("size", [1, 2, 7, 154, 155])
def test_median_absolute(size: int) -> None:
    x = np.random.default_rng(size).normal(size=size)
    assert from_python(ol.median_absolute)(x) == np.median(np.abs(x))


@pytest.mark.parametrize(
    "order", [AIRLINE, ((1, 1, 1), (0, 1, 1)), ((0, 2, 1), (0, 1, 1)), ((1, 0, 1), (1, 1, 0))], ids=str
)
def test_statistics_are_those_of_one_regression_a_position(order: Order) -> None:
    n = 84
    y = simulated(1, months=n)[:, 0]
    full = np.vstack([festival_regressors((2012, 1), n).T, np.eye(n)[40], ol.effect("LS", 50, n), y])
    orders = np.array([*order[0], *order[1], 12])
    parameters = fit(np.exp(y)[:, None], order=order, forecast=0).parameters[:, 0].copy()

    def fitted(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        rows = _assemble(np.ascontiguousarray(rows), rows.shape[0], n, orders)
        gram = np.zeros((rows.shape[0],) * 2)
        deviance(rows, 0, parameters, orders, gram)
        beta, shocks = np.empty(rows.shape[0] - 1), np.empty(rows.shape[1])
        series_residuals(rows, gram, parameters, orders, beta, shocks)
        return rows, gram, beta, shocks

    rows, gram, beta, shocks = fitted(full)
    partner = np.full(n, -1)
    partner[61] = 60  # a block: its impulse covers two months
    statistics = np.zeros((3, n))
    allowed = np.ones((3, n), dtype=bool)
    scan(rows, gram, beta, parameters, orders, n, shocks, allowed, partner, statistics)
    for kind, name in enumerate(ol.TYPES):
        for t in [*range(0, n, 5), 1, 12, 13, 14, 60, 61, n - 1]:
            x = ol.effect(name, t, n)
            if name == "AO" and t == 61:
                x[60] = 1
            _, factor, coefficients, _ = fitted(np.vstack([full[:-1], x, y]))
            # The last regressor's pivot is the inverse of its standard error over σ.
            expected = coefficients[-1] * factor[-2, -2]
            assert statistics[kind, t] == pytest.approx(expected, rel=1e-6, abs=1e-7), (name, t)


def test_planted_outliers_are_found_and_nothing_else() -> None:
    y = simulated(12)
    y[:, 1] += 0.3 * ol.effect("AO", 70, 144)
    y[:, 2] += 0.25 * ol.effect("LS", 80, 144)
    y[:, 3] += 0.3 * ol.effect("TC", 30, 144)
    y[:, 4] += 0.3 * ol.effect("AO", 0, 144) - 0.3 * ol.effect("AO", 143, 144)
    result = fit(np.exp(y), outliers=ol.TYPES)
    found = [
        {
            (ol.TYPES[k], int(p))
            for k, p in zip(result.outlier_kind[:, i], result.outlier_position[:, i], strict=True)
            if k >= 0
        }
        for i in range(12)
    ]
    assert found[1] == {("AO", 70)} and found[2] == {("LS", 80)} and found[3] == {("TC", 30)}
    assert found[4] >= {("AO", 0), ("AO", 143)}
    # At a level of 5 % for a whole series a few false alarms are expected.
    assert sum(map(len, found[5:])) <= 2
    assert result.outlier_coefficient[0, 1] == pytest.approx(0.3, abs=0.05)
    t = result.outlier_coefficient[0, 1:4] / result.outlier_error[0, 1:4]
    assert (np.abs(t) > ol.critical_value(144)).all()


def test_only_the_types_asked_for() -> None:
    y = simulated(1)
    y[:, 0] += 0.25 * ol.effect("LS", 80, 144)
    result = fit(np.exp(y), outliers=("AO",))
    assert set(result.outlier_kind[result.outlier_kind >= 0]) <= {ol.AO}
    assert (fit(np.exp(y)).outlier_kind.shape) == (0, 1)


def test_a_block_is_an_outlier_as_a_whole() -> None:
    y = np.exp(simulated(1))
    y[96:98] *= 1.4
    y[1::12] += y[0::12]
    y[0::12] = np.nan
    result = fit(y, jan_feb="combined", outliers=("AO", "LS"))
    assert (result.outlier_kind[0, 0], result.outlier_position[0, 0]) == (ol.AO, 97)
    assert result.outlier_coefficient[0, 0] == pytest.approx(np.log(1.4), abs=0.06)


def test_given_outliers_stay() -> None:
    y = simulated(2)
    given = np.full((3, 2, 2), -1)
    given[0, :, 0] = (ol.LS, 50)
    result = fit(np.exp(y), given_outliers=given)
    assert (result.outlier_kind[0].tolist(), result.outlier_position[0, 0]) == ([ol.LS, -1], 50)
