"""Coherent forecasts: the dense formula, held totals, growth weights, non-negativity, refusals."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from scipy.optimize import nnls

from qinggong.methods.reconcile import constraints, reconcile, shrinkage_intensity

ROWS, COLUMNS = 4, 3
BOTTOM = ROWS * COLUMNS
COUNT = BOTTOM + ROWS + COLUMNS + 1
Totals = list[tuple[int, Sequence[int], Sequence[float] | None]]


def _totals() -> Totals:
    """Industries × regions with both totals and the whole."""
    cells = np.arange(BOTTOM).reshape(ROWS, COLUMNS)
    found: Totals = [(BOTTOM + i, cells[i].tolist(), None) for i in range(ROWS)]
    found += [(BOTTOM + ROWS + k, cells[:, k].tolist(), None) for k in range(COLUMNS)]
    return [*found, (COUNT - 1, list(range(BOTTOM, BOTTOM + ROWS)), None)]


def _summing() -> np.ndarray:
    cells = np.eye(BOTTOM).reshape(ROWS, COLUMNS, BOTTOM)
    return np.vstack([np.eye(BOTTOM), cells.sum(axis=1), cells.sum(axis=0), np.ones((1, BOTTOM))])


def _residuals(periods: int = 40) -> np.ndarray:
    random = np.random.default_rng(7)
    common = random.normal(size=(periods, 2)) @ random.normal(size=(2, COUNT))
    return common + random.normal(size=(periods, COUNT))


def _covariance(e: np.ndarray, shrinkage: float) -> np.ndarray:
    return shrinkage * np.diag(np.mean(e**2, axis=0)) + (1 - shrinkage) * e.T @ e / e.shape[0]


def test_the_projection_is_the_dense_formula_of_minimum_trace() -> None:
    e, y = _residuals(), np.random.default_rng(1).uniform(1, 5, (COUNT, 2))
    told = reconcile(y, constraints(_totals(), COUNT), residuals=e)
    assert 0 < told.shrinkage < 1
    inverse = np.linalg.inv(_covariance(e, told.shrinkage))
    s = _summing()
    dense = s @ np.linalg.solve(s.T @ inverse @ s, s.T @ inverse @ y)
    np.testing.assert_allclose(told.values, dense, rtol=1e-9)
    assert told.incoherence < 1e-12 and told.rounds == 1


def test_ols_and_wls() -> None:
    y, s = np.random.default_rng(2).uniform(1, 5, COUNT), _summing()
    c = constraints(_totals(), COUNT)
    np.testing.assert_allclose(reconcile(y, c, method="ols").values, s @ np.linalg.lstsq(s, y, rcond=None)[0])
    variances = np.random.default_rng(3).uniform(0.5, 2, COUNT)
    half = 1 / np.sqrt(variances)
    wanted = s @ np.linalg.lstsq(s * half[:, None], y * half, rcond=None)[0]
    np.testing.assert_allclose(reconcile(y, c, method="wls", variances=variances).values, wanted)


def test_shrinkage_is_the_double_sum_over_pairs() -> None:
    e = _residuals(25)
    x, t = e / np.sqrt(np.mean(e**2, axis=0)), 25
    top = bottom = 0.0
    for i in range(COUNT):
        for j in range(COUNT):
            if i != j:
                products = x[:, i] * x[:, j]
                top += ((products**2).sum() - products.sum() ** 2 / t) / (t * (t - 1))
                bottom += products.mean() ** 2
    np.testing.assert_allclose(shrinkage_intensity(e), top / bottom)
    assert shrinkage_intensity(np.random.default_rng(1).normal(size=(4, 60))) == 1.0


def test_published_totals_stay_and_everything_adds_up() -> None:
    y = np.random.default_rng(4).uniform(1, 5, COUNT)
    fixed = np.full(COUNT, np.nan)
    fixed[COUNT - 1], fixed[BOTTOM], fixed[2] = 31.7, 8.3, 2.9
    told = reconcile(y, constraints(_totals(), COUNT), residuals=_residuals(), fixed=fixed)
    assert told.values[[COUNT - 1, BOTTOM, 2]].tolist() == [31.7, 8.3, 2.9]
    np.testing.assert_allclose(constraints(_totals(), COUNT) @ told.values, 0, atol=1e-9)


def test_steps_may_have_published_figures_of_their_own() -> None:
    y = np.random.default_rng(4).uniform(1, 5, (COUNT, 2))
    fixed = np.full((COUNT, 2), np.nan)
    fixed[COUNT - 1, 0], fixed[BOTTOM, 1] = 31.7, 8.3
    told = reconcile(y, constraints(_totals(), COUNT), residuals=_residuals(), fixed=fixed)
    assert told.values[COUNT - 1, 0] == 31.7 and told.values[BOTTOM, 1] == 8.3 and told.incoherence < 1e-12


def test_growth_adds_up_with_the_shares_of_the_base() -> None:
    shares = [0.5, 0.3, 0.2]
    c = constraints([(3, [0, 1, 2], shares)], 4)
    told = reconcile([4.0, 2.0, -1.0, 5.0], c, method="wls", variances=[1.0, 1.0, 1.0, 0.1], fixed=[np.nan] * 3 + [3.5])
    np.testing.assert_allclose(np.dot(shares, told.values[:3]), 3.5)
    assert told.values[3] == 3.5


def test_non_negative_agrees_with_least_squares_with_bounds() -> None:
    e = _residuals()
    y = np.random.default_rng(6).uniform(0, 2, COUNT)
    y[:5] = -2.0
    told = reconcile(y, constraints(_totals(), COUNT), residuals=e, nonnegative=True)
    root = np.linalg.cholesky(np.linalg.inv(_covariance(e, told.shrinkage))).T
    bottom, _ = nnls(root @ _summing(), root @ y)
    np.testing.assert_allclose(told.values, _summing() @ bottom, atol=1e-8)
    assert told.values.min() >= 0 and told.at_zero.any() and told.rounds > 1 and told.incoherence < 1e-9


def test_errors_fall_on_synthetic_data() -> None:
    random = np.random.default_rng(8)
    before, after = [], []
    e = _residuals(60)
    c = constraints(_totals(), COUNT)
    for _ in range(40):
        truth = _summing() @ random.gamma(2.0, 2.0, BOTTOM)
        forecast = truth + e[random.integers(60)] * random.choice([-1, 1])
        told = reconcile(forecast, c, residuals=e).values
        before.append(np.mean((forecast - truth) ** 2))
        after.append(np.mean((told - truth) ** 2))
    assert np.mean(after) < 0.8 * np.mean(before)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"method": "best"}, "method只有"),
        ({"residuals": None}, "需要residuals"),
        ({"forecasts": np.full(COUNT, np.nan)}, "不是有限的数"),
        ({"fixed": np.zeros(3)}, "形状"),
        ({"fixed": np.where(np.arange(COUNT) == 0, -1.0, np.nan), "nonnegative": True}, "公布值为负"),
        ({"fixed": np.arange(COUNT, dtype=float)}, "重复或矛盾"),
    ],
)
def test_what_cannot_be_done_is_said(change: dict[str, object], says: str) -> None:
    given: dict[str, object] = {"forecasts": np.ones(COUNT), "residuals": _residuals(), **change}
    forecasts = given.pop("forecasts")
    with pytest.raises(ValueError, match=says):
        reconcile(forecasts, constraints(_totals(), COUNT), **given)  # type: ignore[arg-type]


def test_a_repeated_constraint_changes_nothing_and_a_contradiction_is_refused() -> None:
    y = np.random.default_rng(1).uniform(1, 2, COUNT)
    regions = list(range(BOTTOM + ROWS, BOTTOM + ROWS + COLUMNS))
    once = reconcile(y, constraints(_totals(), COUNT), method="ols").values
    twice = reconcile(y, constraints([*_totals(), (COUNT - 1, regions, None)], COUNT), method="ols").values
    np.testing.assert_allclose(twice, once, rtol=1e-9)
    fixed = np.full(COUNT, np.nan)
    fixed[COUNT - 1], fixed[BOTTOM : BOTTOM + ROWS] = 10.0, 3.0
    with pytest.raises(ValueError, match="矛盾"):
        reconcile(y, constraints(_totals(), COUNT), method="ols", fixed=fixed)


@pytest.mark.parametrize("totals", [[], [(0, [0, 1], None)], [(9, [0, 1], None)], [(2, [0, 1], [1.0])]])
def test_wrong_totals(totals: Totals) -> None:
    with pytest.raises(ValueError, match="合计"):
        constraints(totals, 3)
