"""Simple forecasts and their combination: formulas written out, missing figures, refusals."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qinggong.methods.forecast_combination import combine, discounted_weights, weights_of
from qinggong.methods.simple_forecasts import autoregression, bridge, random_walk, seasonal_naive


def _ar1(n: int, phi: float, *, mean: float = 2.0, seed: int = 1) -> np.ndarray:
    random = np.random.default_rng(seed)
    y = np.zeros(n)
    for t in range(1, n):
        y[t] = phi * y[t - 1] + random.normal()
    return y + mean


def test_random_walk() -> None:
    y = np.array([1.0, 2, 4, 3, 5, 4, 6, 7, 6, 8, 9, 8, 10])
    told = random_walk(y, 4)
    spread = np.mean(np.diff(y) ** 2)
    assert told.mean.tolist() == [10.0] * 4
    np.testing.assert_allclose(told.std, np.sqrt(spread * np.arange(1, 5)))
    # A missing end is further away: its first step is the third after the newest figure.
    late = random_walk(np.append(y, [np.nan, np.nan]), 1)
    np.testing.assert_allclose(late.std, np.sqrt(spread * 3))


def test_seasonal_naive_takes_the_same_step_of_the_newest_year() -> None:
    y = np.concatenate([np.arange(11.0), np.arange(11.0) + 1, np.arange(11.0) + 3])
    y[24] = np.nan  # third step of the newest year
    told = seasonal_naive(y, 13, season=11)
    assert told.mean.tolist() == [3, 4, 3, 6, 7, 8, 9, 10, 11, 12, 13, 3, 4]
    changes = y[11:] - y[:-11]
    spread = np.nanmean(changes**2)
    np.testing.assert_allclose(told.std, np.sqrt(spread * np.array([1, 1, 2, *[1] * 8, 2, 2])))


def test_autoregression_is_least_squares_with_its_psi_weights() -> None:
    y = _ar1(400, 0.7)
    told = autoregression(y, 3, most=1)
    assert told.order == 1
    design = np.column_stack([np.ones(399), y[:-1]])
    c, phi = np.linalg.lstsq(design, y[1:], rcond=None)[0]
    left = y[1:] - design @ [c, phi]
    variance = left @ left / (399 - 2)
    first = c + phi * y[-1]
    second = c + phi * first
    np.testing.assert_allclose(told.mean, [first, second, c + phi * second])
    psi = [1, 1 + phi**2, 1 + phi**2 + phi**4]
    np.testing.assert_allclose(told.std, np.sqrt(variance * np.array(psi)))


def test_autoregression_agrees_with_statsmodels() -> None:
    models = pytest.importorskip("statsmodels.tsa.ar_model")
    y = _ar1(300, 0.5, seed=4)
    y[2:] += 0.3 * y[:-2]
    orders = [models.AutoReg(y[6 - p :], p).fit() for p in range(7)]
    best = min(range(7), key=lambda p: len(y[6:]) * math.log(orders[p].ssr / len(y[6:])) + 2 * (p + 2))
    told = autoregression(y, 5)
    assert told.order == best
    np.testing.assert_allclose(told.mean, orders[best].forecast(5), rtol=1e-6)


def test_an_explosive_series_is_drawn_back() -> None:
    told = autoregression(1.1 ** np.arange(40.0) + np.random.default_rng(2).normal(size=40) * 0.01, 60, most=1)
    assert np.isfinite(told.mean).all() and abs(told.mean[-1]) < 1.1**40 * 2


def test_bridge_uses_what_is_known_of_the_step() -> None:
    random = np.random.default_rng(3)
    x = random.normal(size=(201, 1))
    y = 1 + 2 * x[:, 0] + 0.1 * random.normal(size=201)
    told = bridge(y[:200], x, 1)
    assert abs(told.mean[0] - y[200]) < 0.5 and told.std[0] < 0.15
    blind = bridge(y[:200], x[:200], 1)
    assert blind.std[0] > 1.5  # the indicator is forecast too, and its doubt counts
    held = bridge(np.append(y[:199], np.nan), x[:200], 1)
    assert held.stated


@pytest.mark.parametrize("y", [np.full(30, np.nan), np.arange(5.0), np.array([1.0, *[np.nan] * 40])])
def test_too_little_is_said_not_guessed(y: np.ndarray) -> None:
    for told in (random_walk(y, 2), seasonal_naive(y, 2, season=11), autoregression(y, 2), bridge(y, y[:, None], 2)):
        assert not told.stated and np.isnan(told.mean).all()


def test_a_constant_series_stays() -> None:
    told = autoregression(np.full(30, 3.0), 2)
    assert told.mean.tolist() == [3.0, 3.0] and told.std.tolist() == [0.0, 0.0]


@pytest.mark.parametrize(("y", "h"), [(np.ones((3, 3)), 1), (np.ones(30), 0), (np.array([np.inf] * 30), 1)])
def test_wrong_arguments(y: np.ndarray, h: int) -> None:
    with pytest.raises(ValueError, match=r"[一-龥]"):
        random_walk(y, h)


def test_weights_by_past_performance() -> None:
    errors = np.column_stack([np.full(40, 1.0), np.full(40, 2.0)])
    np.testing.assert_allclose(discounted_weights(errors), [0.8, 0.2])
    assert discounted_weights(errors[:5]).tolist() == [0.5, 0.5]
    errors[-10:] = [2.0, 0.5]
    late = discounted_weights(errors, discount=0.5)
    assert late[1] > 0.9
    assert weights_of([0.0, 1.0]).tolist() == [1.0, 0.0]


def test_the_mixture_has_the_spread_between_methods() -> None:
    told = combine([[1.0], [3.0]], [[1.0], [2.0]], [0.5, 0.5])
    assert told.mean[0] == 2.0
    np.testing.assert_allclose(told.std[0] ** 2, 0.5 * (1 + 1) + 0.5 * (4 + 1))
    without = combine([[1.0], [np.nan]], [[1.0], [2.0]], [0.5, 0.5])
    assert without.mean[0] == 1.0 and without.weights[:, 0].tolist() == [1.0, 0.0]
