"""Switching models and trends against statsmodels, and against a slow literal transcription of the filter."""

from __future__ import annotations

import itertools
import math
import warnings
from pathlib import Path

import numpy as np
import pytest

from qinggong.methods.cycles import bbq
from qinggong.methods.real_time_turns import bbq_detector, evaluate, switching_detector
from qinggong.methods.switching import markov_switching, turns_by_probability
from qinggong.methods.switching_kernel import filtered_states
from qinggong.methods.trend_filters import hodrick_prescott

SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "data" / "validation_methods"

statsmodels = pytest.importorskip("statsmodels.api")


def _series(seed: int, phi: float = 0.0, months: int = 240) -> np.ndarray:
    """Synthetic: two states with means −1 and 1."""
    rng = np.random.default_rng(seed)
    state, error, out = 1, 0.0, []
    for _ in range(months):
        state = state if rng.random() < (0.95 if state else 0.9) else 1 - state
        error = phi * error + rng.normal(0, 0.8)
        out.append((-1.0, 1.0)[state] + error)
    return np.array(out)


def _model(y: np.ndarray, order: int, switching_variance: bool):  # type: ignore[no-untyped-def]
    if order == 0:
        return statsmodels.tsa.MarkovRegression(y, 2, switching_variance=switching_variance)
    return statsmodels.tsa.MarkovAutoregression(
        y, 2, order=order, switching_ar=False, switching_variance=switching_variance
    )


@pytest.mark.parametrize(("order", "switching_variance"), [(0, False), (0, True), (1, False), (1, True), (3, False)])
def test_likelihood_and_probabilities_at_the_same_parameters(order: int, switching_variance: bool) -> None:
    y = _series(order + 1, 0.4 if order else 0.0)
    got = markov_switching(y, order=order, switching_variance=switching_variance)
    variance = got.deviations[:, 0] ** 2
    parameters = np.concatenate(
        [
            [got.transition[0, 0, 0], got.transition[1, 0, 0]],
            got.means[:, 0],
            variance if switching_variance else variance[:1],
            got.autoregression[:, 0],
        ]
    )
    judge = _model(y, order, switching_variance).smooth(parameters)
    assert got.loglikelihood[0] == pytest.approx(judge.llf, abs=1e-6)
    np.testing.assert_allclose(got.filtered[order:], judge.filtered_marginal_probabilities[:, 0], atol=1e-9)
    np.testing.assert_allclose(got.smoothed[order:], judge.smoothed_marginal_probabilities[:, 0], atol=1e-9)
    assert np.isnan(got.filtered[:order]).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("switching_variance", [False, True])
def test_estimates_of_the_model_without_autoregression_are_those_of_statsmodels(
    seed: int, switching_variance: bool
) -> None:
    y = _series(seed)
    got = markov_switching(y, switching_variance=switching_variance)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        judge = _model(y, 0, switching_variance).fit(disp=0)
    assert got.loglikelihood[0] == pytest.approx(judge.llf, abs=1e-3)
    low = int(np.argmin(judge.params[2:4]))
    np.testing.assert_allclose(got.filtered, judge.filtered_marginal_probabilities[:, low], atol=2e-3)
    np.testing.assert_allclose(got.means[:, 0], np.sort(judge.params[2:4]), atol=2e-3)


@pytest.mark.parametrize("order", [1, 2])
def test_no_search_of_statsmodels_finds_a_better_autoregressive_model(order: int) -> None:
    y = _series(10 + order, 0.4)
    got = markov_switching(y, order=order)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        variance = got.deviations[0, 0] ** 2
        start = [
            got.transition[0, 0, 0],
            got.transition[1, 0, 0],
            *got.means[:, 0],
            variance,
            *got.autoregression[:, 0],
        ]
        model = _model(y, order, False)
        near = model.fit(start_params=np.array(start), disp=0)
        free = model.fit(disp=0)
    # From our estimates nothing is left to gain; from its own start it may stop at a lower summit.
    assert got.loglikelihood[0] >= near.llf - 1e-3
    assert got.loglikelihood[0] >= free.llf - 1e-3


def _transcription(
    y: list[float], mu: list[float], phi: list[float], variances: list[float], p: list[list[float]]
) -> float:
    """Hamilton (1989), equations 4.1–4.6, with dictionaries of histories."""
    k = len(phi)
    steady = [p[1][0] / (p[0][1] + p[1][0]), p[0][1] / (p[0][1] + p[1][0])]
    current = {}
    for history in itertools.product((0, 1), repeat=k + 1):  # newest first
        weight = steady[history[-1]]
        for newer, older in itertools.pairwise(history):
            weight *= p[older][newer]
        current[history] = weight
    total = 0.0
    for t in range(k, len(y)):
        if t > k:
            moved: dict[tuple[int, ...], float] = {}
            for history, weight in current.items():
                for new in (0, 1):
                    key = (new, *history[:-1])
                    moved[key] = moved.get(key, 0.0) + weight * p[history[0]][new]
            current = moved
        joint = {}
        for history, weight in current.items():
            error = y[t] - mu[history[0]] - sum(phi[j] * (y[t - j - 1] - mu[history[j + 1]]) for j in range(k))
            v = variances[history[0]]
            joint[history] = weight * math.exp(-error * error / (2 * v)) / math.sqrt(2 * math.pi * v)
        likelihood = sum(joint.values())
        total += math.log(likelihood)
        current = {history: weight / likelihood for history, weight in joint.items()}
    return total


@pytest.mark.parametrize("order", [0, 1, 2, 4])
def test_the_filter_is_the_literal_recursion(order: int) -> None:
    y = _series(order, 0.3, 100)
    phi = np.array([0.3, -0.1, 0.05, 0.02])[:order]
    joint, predicted = (np.empty((100 - order, 2 ** (order + 1))) for _ in range(2))
    got = filtered_states(y, np.array([-1.0, 0.8]), phi, np.array([0.5, 0.9]), 0.1, 0.05, joint, predicted)
    wanted = _transcription(y.tolist(), [-1.0, 0.8], phi.tolist(), [0.5, 0.9], [[0.9, 0.1], [0.05, 0.95]])
    assert got == pytest.approx(wanted, abs=1e-9)
    np.testing.assert_allclose(joint.sum(axis=1), 1.0)


def test_the_trend_is_that_of_statsmodels() -> None:
    y = np.cumsum(np.random.default_rng(4).normal(size=(200, 3)), axis=0)
    for penalty in (13.93, 14400.0, 133107.94):
        got = hodrick_prescott(y, penalty=penalty)
        for column in range(3):
            _, trend = statsmodels.tsa.filters.hpfilter(y[:, column], penalty)
            np.testing.assert_allclose(got[:, column], trend, atol=1e-7)


def test_us_industrial_production_contracts_in_its_recessions_and_is_called_in_time() -> None:
    file = SHARED / "nowcast_frbny" / "2016-12-23.xls"
    if not file.is_file():
        pytest.skip("the shared validation data is absent")
    import python_calamine

    rows = python_calamine.CalamineWorkbook.from_path(str(file)).get_sheet_by_index(0).to_python()
    column = rows[0].index("INDPRO")
    level = 100 * np.log([float(r[column]) if r[column] != "" else np.nan for r in rows[1:]])
    change = np.full_like(level, np.nan)
    change[3:] = level[3:] - level[:-3]
    model = markov_switching(change)
    peaks, troughs = turns_by_probability(model.filtered)
    months = [[f"{1985 + t // 12}-{t % 12 + 1:02d}" for t in kind] for kind in (peaks, troughs)]
    # The recessions of 1990-91, 2001 and 2008-09, no other; changes over three months turn a little later than levels.
    assert model.verdicts == ("good",)
    assert months == [["1990-11", "2001-02", "2008-04"], ["1991-04", "2001-12", "2009-07"]]

    # Vintages cut from the last one: later revisions are in them, so delays are those of the methods alone.
    end = int(np.flatnonzero(~np.isnan(level))[-1])
    vintages = [level[:last, None] for last in range(150, end + 2)]
    final = [bbq(level[: end + 1])]
    rules, probability = evaluate(vintages, final, bbq_detector()), evaluate(vintages, final, switching_detector())
    assert (rules.turns, rules.missed, rules.median_delay) == (6, 0, 6.0)
    assert probability.median_delay < rules.median_delay
    assert rules.false_alarms < probability.false_alarms
