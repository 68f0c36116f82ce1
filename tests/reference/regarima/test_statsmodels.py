"""Likelihood, estimates and forecasts against the exact Kalman filter of statsmodels."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from qinggong.methods.calendar_effects import festival_regressors
from qinggong.methods.regarima import AIRLINE, Order, fit

sarimax = pytest.importorskip("statsmodels.tsa.statespace.sarimax")


def simulated(months: int = 144) -> np.ndarray:
    """合成: a series with trend, moving seasonal and festival effect."""
    random = np.random.default_rng(12)
    moves = random.normal(0, 0.02, (months // 12, 12))
    moves[0] = random.normal(0, 0.1, 12)
    x = festival_regressors((2012, 1), months)
    trend = 6 + np.cumsum(random.normal(0.004, 0.01, months))
    return np.exp(trend + np.cumsum(moves, axis=0).ravel() + x @ [0.08, -0.2, -0.1] + random.normal(0, 0.015, months))


@pytest.mark.parametrize("order", [AIRLINE, ((2, 1, 1), (0, 1, 1))], ids=str)
def test_same_likelihood_at_the_same_parameters(order: Order) -> None:
    values = simulated()
    x = festival_regressors((2012, 1), 156)
    result = fit(values[:, None], x, order=order)
    p, sp = order[0][0], order[1][0]
    arma = result.arma[:, 0]
    # statsmodels: regression, AR, MA, seasonal AR, seasonal MA, variance; moving-average signs are the opposite ones.
    ar, sar, ma, sma = np.split(arma, [p, p + sp, p + sp + order[0][2]])
    parameters = np.r_[result.coefficients[:, 0], ar, -ma, sar, -sma, result.variance[0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = sarimax.SARIMAX(
            np.log(values), exog=x[:144], order=order[0], seasonal_order=(*order[1], 12), simple_differencing=True
        )
        likelihood = model.loglike(parameters)
        fitted = model.fit(start_params=parameters, disp=False, method="bfgs", maxiter=60)
    ours = -0.5 * (result.deviance[0] - 2 * np.log(values[13:]).sum())
    assert ours == pytest.approx(likelihood, abs=1e-6)
    # Its optimiser, started there, gains nothing and stays.
    assert fitted.llf - ours < 1e-5
    np.testing.assert_allclose(fitted.params[:3], result.coefficients[:, 0], atol=1e-4)
    np.testing.assert_allclose(-fitted.params[-2], arma[-1], atol=1e-3)


def test_forecasts_and_their_errors() -> None:
    values = simulated()
    x = festival_regressors((2012, 1), 156)
    known = np.array([[0.08], [-0.2], [-0.1]])
    result = fit(values[:, None], x, known=known)
    parameters = np.r_[-result.arma[:, 0], result.variance[0]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cleared = np.log(values) - x[:144] @ known[:, 0]
        model = sarimax.SARIMAX(cleared, order=(0, 1, 1), seasonal_order=(0, 1, 1, 12), use_exact_diffuse=True)
        forecast = model.smooth(parameters).get_forecast(12)
    np.testing.assert_allclose(result.forecast[:, 0] - x[144:] @ known[:, 0], forecast.predicted_mean, atol=1e-7)
    np.testing.assert_allclose(result.forecast_error[:, 0], forecast.se_mean, rtol=1e-6)
