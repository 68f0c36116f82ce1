"""regARIMA against a judge that is slow and obvious: the Gaussian density of contrasts, with dense matrices."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy.linalg import null_space, toeplitz

from qinggong.methods import arima_likelihood, regarima
from qinggong.methods.arima_likelihood import factors
from qinggong.methods.calendar_effects import festival_regressors, over_blocks
from qinggong.methods.regarima import AIRLINE, Order, fit, parameter_names

product = njit(vars(arima_likelihood)["product"].py_func)  # only other kernels call it

ORDERS: list[Order] = [
    AIRLINE,
    ((0, 1, 2), (0, 1, 1)),
    ((1, 1, 1), (0, 1, 1)),
    ((2, 1, 0), (0, 1, 1)),
    ((1, 1, 0), (1, 1, 0)),
    ((2, 0, 1), (1, 1, 1)),
    ((0, 2, 2), (0, 1, 1)),
    ((1, 0, 0), (0, 0, 0)),
    ((0, 1, 1), (0, 1, 2)),
]


def simulated(series: int = 3, *, seed: int = 1, months: int = 132) -> np.ndarray:
    """合成: trend, moving seasonal and noise, positive."""
    random = np.random.default_rng(seed)
    t = np.arange(months)
    moves = random.normal(0, 0.015, (months // 12 + 1, 12, series))
    moves[0] = random.normal(0, 0.1, (12, series))
    season = np.cumsum(moves, axis=0).reshape(-1, series)[:months]
    level = 5 + 0.005 * t[:, None] + np.cumsum(random.normal(0, 0.01, (months, series)), axis=0)
    return np.exp(level + season + random.normal(0, 0.02, (months, series)))


def differencing(order: Order, months: int) -> np.ndarray:
    """The matrix of (1−B)^d (1−B¹²)^D."""
    polynomial = np.ones(1)
    for _ in range(order[0][1]):
        polynomial = np.convolve(polynomial, [1, -1])
    for _ in range(order[1][1]):
        polynomial = np.convolve(polynomial, np.r_[1, np.zeros(11), -1])
    lost = polynomial.size - 1
    out = np.zeros((months - lost, months))
    for row in range(months - lost):
        out[row, row : row + lost + 1] = polynomial[::-1]
    return out


def autocovariance(order: Order, parameters: np.ndarray, months: int) -> np.ndarray:
    """γ(0), γ(1), … of the differenced series by its moving-average weights, innovation variance 1."""
    orders = np.array([*order[0], *order[1], 12])
    phi, sphi, theta, stheta = factors(np.ascontiguousarray(parameters), orders)
    ar, ma = product(phi, sphi, 12), product(theta, stheta, 12)
    psi = np.zeros(6000)
    for k in range(psi.size):
        psi[k] = (ma[k] if k < ma.size else 0) - sum(ar[j] * psi[k - j] for j in range(1, min(k, ar.size - 1) + 1))
    return np.array([psi[: psi.size - k] @ psi[k:] for k in range(months)])


class Judge:
    """Contrasts of the observations that are free of the unknown start of the differencing."""

    def __init__(self, order: Order, parameters: np.ndarray, observe: np.ndarray, y: np.ndarray, x: np.ndarray) -> None:
        months = observe.shape[1]
        d = differencing(order, months)
        omega = toeplitz(autocovariance(order, parameters, d.shape[0]))
        free = null_space(d)
        self.variance = np.linalg.pinv(d) @ omega @ np.linalg.pinv(d).T
        contrasts = null_space((observe @ free).T) if free.size else np.eye(observe.shape[0])
        v = contrasts.T @ observe @ self.variance @ observe.T @ contrasts
        z, w = contrasts.T @ y, contrasts.T @ observe @ x
        inverse = np.linalg.inv(v)
        self.coefficients = np.linalg.solve(w.T @ inverse @ w, w.T @ inverse @ z) if x.shape[1] else np.zeros(0)
        rest = z - w @ self.coefficients
        self.effective = z.size
        self.sigma2 = float(rest @ inverse @ rest) / z.size
        self.deviance = z.size * (np.log(2 * np.pi * self.sigma2) + 1) + np.linalg.slogdet(v)[1]
        self.covariance = np.linalg.inv(w.T @ inverse @ w) * self.sigma2 if x.shape[1] else np.zeros((0, 0))
        self.free = free

    def predict(self, observe: np.ndarray, wanted: np.ndarray, y: np.ndarray, x: np.ndarray) -> tuple:
        """Universal kriging of ``wanted`` rows: best linear unbiased prediction and its standard deviation."""
        trend = np.hstack([self.free, x])
        known, asked = observe @ trend, wanted @ trend
        k = known.shape[1]
        v = observe @ self.variance @ observe.T
        system = np.block([[v, known], [known.T, np.zeros((k, k))]])
        right = np.vstack([observe @ self.variance @ wanted.T, asked.T])
        weights = np.linalg.lstsq(system, right, rcond=1e-13)[0]
        mean = weights[: y.size].T @ y
        spread = np.diag(wanted @ self.variance @ wanted.T) - np.einsum("ij,ij->j", weights, right)
        return mean, np.sqrt(self.sigma2 * spread)


@pytest.mark.parametrize("order", ORDERS, ids=str)
def test_likelihood_coefficients_and_forecasts_are_those_of_the_dense_judge(order: Order) -> None:
    values = simulated(2, months=96)
    x = festival_regressors((2012, 1), 108)
    result = fit(values, x, order=order, forecast=12)
    assert (result.state == regarima.FITTED).all()
    extended = x
    if order[0][1] + order[1][1] < 2:
        constant = np.ones(108) if order[0][1] + order[1][1] == 0 else np.arange(108) / (12 if order[1][1] else 1)
        extended = np.hstack([x, constant[:, None]])
    for series in range(2):
        y = np.log(values[:, series])
        judge = Judge(order, result.parameters[:, series], np.eye(96), y, extended[:96])
        # The judge's contrasts are orthonormal, those of the product plain differences: a constant apart.
        other = result.parameters[:, series] * 0.8
        elsewhere = Judge(order, other, np.eye(96), y, extended[:96])
        held = fit(values[:, [series]], x, order=order, forecast=0, parameters=other[:, None])
        difference = held.deviance[0] - result.deviance[series]
        assert difference == pytest.approx(elsewhere.deviance - judge.deviance, abs=1e-6)
        assert result.variance[series] == pytest.approx(judge.sigma2, rel=1e-7)
        np.testing.assert_allclose(result.coefficients[:, series], judge.coefficients[:3], rtol=1e-5, atol=1e-8)
        np.testing.assert_allclose(result.covariance[:, :, series], judge.covariance[:3, :3], rtol=1e-4, atol=1e-10)
        whole = Judge(order, result.parameters[:, series], np.eye(108)[:96], y, extended)
        mean, spread = whole.predict(np.eye(108)[:96], np.eye(108)[96:], y, extended)
        np.testing.assert_allclose(result.forecast[:, series], mean, atol=2e-6)
        np.testing.assert_allclose(result.forecast_error[:, series], spread, rtol=1e-4)


def test_the_search_ends_at_the_maximum_of_the_judges_likelihood() -> None:
    values = simulated(1, months=120)
    result = fit(values, forecast=0)
    best = result.parameters[:, 0]
    y, nothing = np.log(values[:, 0]), np.zeros((120, 0))
    top = Judge(AIRLINE, best, np.eye(120), y, nothing).deviance
    for step in ([1e-3, 0], [-1e-3, 0], [0, 1e-3], [0, -1e-3]):
        assert Judge(AIRLINE, best + np.array(step), np.eye(120), y, nothing).deviance >= top - 1e-6


def test_missing_values_are_skipped_exactly() -> None:
    values = simulated(1, months=108)
    values[[7, 20, 21, 60, 104], 0] = np.nan
    x = festival_regressors((2012, 1), 120)
    result = fit(values, x)
    seen = np.isfinite(values[:, 0])
    y = np.log(values[seen, 0])
    observe = np.eye(120)[:108][seen]
    judge = Judge(AIRLINE, result.parameters[:, 0], observe, y, x)
    assert result.effective[0] == judge.effective == 108 - 13 - 5
    assert result.variance[0] == pytest.approx(judge.sigma2, rel=1e-7)
    held = fit(values, x, parameters=np.array([[0.2], [0.3]]))
    elsewhere = Judge(AIRLINE, np.array([0.2, 0.3]), observe, y, x)
    assert held.deviance[0] - result.deviance[0] == pytest.approx(elsewhere.deviance - judge.deviance, abs=1e-6)
    mean, spread = judge.predict(observe, np.eye(120)[[20, 21, 108, 119]], y, x)
    np.testing.assert_allclose(result.filled[[20, 21], 0], mean[:2], atol=2e-6)
    np.testing.assert_allclose(result.forecast[[0, 11], 0], mean[2:], atol=2e-6)
    np.testing.assert_allclose(result.forecast_error[[0, 11], 0], spread[2:], rtol=1e-4)


def combined(values: np.ndarray) -> np.ndarray:
    out = values.copy()
    out[1::12] += out[0::12]
    out[0::12] = np.nan
    return out


def test_a_block_in_levels_is_one_aggregate() -> None:
    values = combined(simulated(1, months=120))
    result = fit(values, transform="none", jan_feb="combined", forecast=0)
    rows = []
    for t in range(120):
        if t % 12:
            rows.append(np.eye(120)[t] + (np.eye(120)[t - 1] if t % 12 == 1 else 0))
    observe, y, nothing = np.array(rows), values[np.isfinite(values[:, 0]), 0], np.zeros((120, 0))
    judge = Judge(AIRLINE, result.parameters[:, 0], observe, y, nothing)
    assert result.effective[0] == judge.effective
    assert result.variance[0] == pytest.approx(judge.sigma2, rel=1e-6)
    held = fit(values, transform="none", jan_feb="combined", forecast=0, parameters=np.array([[0.2], [0.3]]))
    elsewhere = Judge(AIRLINE, np.array([0.2, 0.3]), observe, y, nothing)
    assert held.deviance[0] - result.deviance[0] == pytest.approx(elsewhere.deviance - judge.deviance, abs=1e-6)
    np.testing.assert_allclose(observe @ result.filled[:, 0], y, rtol=1e-10)


def test_a_block_under_logarithms_keeps_its_sum_and_settles() -> None:
    values = combined(simulated(3, seed=5, months=156))
    x = festival_regressors((2011, 1), 168)
    result = fit(values, x, jan_feb="combined")
    assert (result.state == regarima.FITTED).all()
    levels = np.exp(result.filled)
    np.testing.assert_allclose(levels[0::12] + levels[1::12], values[1::12], rtol=1e-10)
    # A window that always lies inside the block cannot be told from the season of the block.
    assert (result.coefficients[:2] == 0).all() and np.isnan(result.errors[:2]).all()
    x = over_blocks(x, 1)[:, 2:]
    # At the end the linearised problem is a Gaussian one: the judge agrees on it, and moves nothing.
    shares = levels[0::12, 0] / values[1::12, 0]
    rows, y = [], []
    for t in range(156):
        row = np.zeros(156)
        if t % 12 == 1:
            row[t - 1], row[t] = shares[t // 12], 1 - shares[t // 12]
        else:
            row[t] = 1
        if t % 12:
            rows.append(row)
            y.append(row @ result.filled[:, 0])
    observe = np.array(rows)
    judge = Judge(AIRLINE, result.parameters[:, 0], observe, np.array(y), x[:156])
    # The mean split of January and February is a convention; shares that differ a little make it faintly visible.
    assert result.variance[0] == pytest.approx(judge.sigma2, rel=0.05)
    np.testing.assert_allclose(result.coefficients[2:, 0], judge.coefficients, atol=0.2 * result.errors[2, 0])


def test_the_block_of_a_known_series_finds_the_festival_effect() -> None:
    x = festival_regressors((2009, 1), 192)
    truth = np.array([0.1, -0.3, -0.1])
    values = simulated(40, seed=8, months=180) * np.exp(x[:180] @ truth)[:, None]
    monthly, block = fit(values, x), fit(combined(values), x, jan_feb="combined")
    for result, rows in ((monthly, slice(0, 3)), (block, slice(2, 3))):
        z = ((result.coefficients - truth[:, None]) / result.errors)[rows]
        assert np.abs(z.mean(axis=1)).max() < 0.6
        assert 0.7 < z.std() < 1.4
    # Most of the effect is inside the block: what is left identifies it less well.
    assert np.median(block.errors[2]) > np.median(monthly.errors[2])


def test_backcasts_are_forecasts_of_the_reversed_series() -> None:
    values = simulated(2, months=120)
    result = fit(values, backcast=12, forecast=12)
    turned = fit(values[::-1], forecast=12, parameters=result.parameters)
    np.testing.assert_allclose(result.backcast, turned.forecast[::-1], atol=1e-9)
    np.testing.assert_allclose(result.backcast_error, turned.forecast_error[::-1], rtol=1e-6)


def test_scaling_moves_only_the_level() -> None:
    values = simulated(2)
    plain, scaled = fit(values), fit(values * 1e9)
    np.testing.assert_allclose(scaled.parameters, plain.parameters, atol=2e-6)
    np.testing.assert_allclose(scaled.forecast - np.log(1e9), plain.forecast, atol=1e-6)
    level, large = fit(values, transform="none"), fit(values * 2.0**30, transform="none")
    np.testing.assert_array_equal(large.forecast, level.forecast * 2.0**30)
    assert large.aicc - level.aicc == pytest.approx(2 * 30 * np.log(2) * level.effective, rel=1e-9)


def test_a_series_does_not_depend_on_its_batch() -> None:
    values = simulated(7, months=120)
    x = festival_regressors((2012, 1), 132)
    batch = fit(values, x, outliers=("AO", "LS", "TC"))
    for i in range(7):
        alone = fit(values[:, [i]], x, outliers=("AO", "LS", "TC"))
        for name in ("parameters", "coefficients", "forecast", "filled", "aicc"):
            np.testing.assert_array_equal(getattr(alone, name)[..., 0], getattr(batch, name)[..., i])
    threaded = fit(values, x, outliers=("AO", "LS", "TC"), threads=2)
    np.testing.assert_array_equal(threaded.forecast, batch.forecast)


def test_bad_series_get_a_state_and_leave_the_others_alone() -> None:
    good = simulated(1)[:, 0]
    bad = np.tile(good[:, None], (1, 9))
    bad[:, 1] = np.nan
    bad[5, 2] = np.inf
    bad[5, 3] = 0
    bad[5, 4] = -1
    bad[30:, 5] = np.nan
    bad[:, 6] = 7
    bad[3::12, 7] = np.nan
    bad[1:, 8] = np.exp(np.arange(131) * 0.01)
    result = fit(bad)
    expected = [
        regarima.FITTED, regarima.ALL_MISSING, regarima.INFINITE, regarima.NOT_POSITIVE, regarima.NOT_POSITIVE,
        regarima.TOO_SHORT, regarima.CONSTANT, regarima.MONTH_NEVER_SEEN,
    ]  # fmt: skip
    assert result.state[:8].tolist() == expected
    assert all(regarima.REASONS[state] for state in expected[1:])
    np.testing.assert_array_equal(result.forecast[:, 0], fit(good[:, None]).forecast[:, 0])
    assert np.isnan(result.forecast[:, 1:8]).all()


def test_a_redundant_regressor_takes_nothing_from_the_others() -> None:
    values = simulated(1)
    x = festival_regressors((2012, 1), 144)
    twice = np.hstack([x, x[:, :1], np.zeros((144, 1))])
    plain, result = fit(values, x), fit(values, twice)
    np.testing.assert_allclose(result.coefficients[:3, 0], plain.coefficients[:, 0], atol=1e-6)
    assert np.isnan(result.errors[3:, 0]).all()


def test_known_coefficients_are_taken_as_they_are() -> None:
    values = simulated(2)
    x = festival_regressors((2012, 1), 144)
    free = fit(values, x)
    held = fit(values, x, known=free.coefficients, parameters=free.parameters)
    np.testing.assert_allclose(held.forecast, free.forecast, atol=1e-9)
    assert (held.errors == 0).all()
    other = fit(values, x, known=np.full((3, 2), 0.5))
    cleared = fit(values / np.exp(x[:132] @ np.full(3, 0.5))[:, None])
    np.testing.assert_allclose(other.parameters, cleared.parameters, atol=1e-5)


def test_standard_errors_are_those_of_repeated_samples() -> None:
    """合成: airline series; the spread of the estimates is what their standard errors say."""
    random = np.random.default_rng(3)
    e = random.normal(0, 0.02, (240, 200))
    w = e.copy()
    w[1:] -= 0.4 * e[:-1]
    w[12:] -= 0.6 * e[:-12]
    w[13:] += 0.24 * e[:-13]
    y = np.zeros_like(w)
    for t in range(240):
        y[t] = w[t] + (y[t - 1] if t else 0) + (y[t - 12] if t >= 12 else 0) - (y[t - 13] if t >= 13 else 0)
    result = fit(np.exp(5 + y[30:]))
    assert np.abs(result.arma.mean(axis=1) - [0.4, 0.6]).max() < 0.03
    ratio = result.arma.std(axis=1) / np.median(result.arma_error, axis=1)
    assert (ratio > 0.8).all() and (ratio < 1.25).all()


def test_names_and_orders() -> None:
    assert parameter_names(((2, 1, 1), (0, 1, 1))) == ["ar_1", "ar_2", "ma_1", "seasonal_ma_1"]
    for wrong in ("airline!", ((0, 1), (0, 1, 1)), ((0, 1, 9), (0, 1, 1)), None):
        with pytest.raises(ValueError, match="模型阶数"):
            regarima.check_order(wrong)  # type: ignore[arg-type]
