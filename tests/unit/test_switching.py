"""Markov switching and the real-time evaluation of turning points: rules, refusals, a batch that never fails."""

from __future__ import annotations

import numpy as np
import pytest

from qinggong.methods import real_time_turns as real_time
from qinggong.methods import switching
from qinggong.methods.cycles import bbq


def _switching(seed: int, months: int = 240, phi: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Synthetic: two states with means −1 and 1."""
    rng = np.random.default_rng(seed)
    state, states, y, error = 1, [], [], 0.0
    for _ in range(months):
        state = state if rng.random() < (0.96 if state else 0.92) else 1 - state
        error = phi * error + rng.normal(0, 0.6)
        states.append(state)
        y.append((-1.0, 1.0)[state] + error)
    return np.array(y), np.array(states)


def test_the_states_are_found_and_the_lower_mean_is_contraction() -> None:
    y, states = _switching(1)
    got = switching.markov_switching(y)
    assert got.verdicts == ("good",) and got.reasons == ("",)
    assert got.means[0, 0] == pytest.approx(-1, abs=0.3) and got.means[1, 0] == pytest.approx(1, abs=0.3)
    assert ((got.smoothed > 0.5) == (states == 0)).mean() > 0.95
    assert got.filtered.shape == y.shape and ((got.filtered >= 0) & (got.filtered <= 1)).all()
    np.testing.assert_allclose(got.transition.sum(axis=1), 1.0)
    assert got.filtered[-1] == pytest.approx(got.smoothed[-1])
    assert 5 < got.durations[0, 0] < 40


def test_a_series_does_not_depend_on_its_batch_or_its_units() -> None:
    panel = np.column_stack([_switching(i)[0] for i in range(3)])
    together, alone = switching.markov_switching(panel), switching.markov_switching(panel[:, 1])
    np.testing.assert_array_equal(together.filtered[:, 1], alone.filtered)
    scaled = switching.markov_switching(1000 * panel[:, 1] + 7)
    np.testing.assert_allclose(scaled.filtered, alone.filtered, atol=1e-8)
    assert scaled.means[0, 0] == pytest.approx(1000 * alone.means[0, 0] + 7, rel=1e-6)
    assert scaled.loglikelihood[0] == pytest.approx(alone.loglikelihood[0] - 240 * np.log(1000), rel=1e-9)


def test_no_series_of_a_batch_raises() -> None:
    panel = np.column_stack([_switching(i)[0] for i in range(8)])
    panel[:, 1] = np.nan
    panel[9, 2] = np.inf
    panel[100, 3] = np.nan
    panel[: 240 - 36, 4] = np.nan
    panel[:, 5] = 2.5
    panel[:, 6] = np.random.default_rng(1).normal(size=240)
    panel[:, 7] = 0.01 * np.random.default_rng(1).normal(size=240) + 9.0 * (np.arange(240) == 50)
    got = switching.markov_switching(panel, order=1)
    assert got.state[:6].tolist() == [
        switching.GOOD, switching.EMPTY, switching.INFINITE, switching.GAPS, switching.SHORT, switching.CONSTANT,
    ]  # fmt: skip
    assert got.verdicts[1:6] == ("not estimated",) * 5 and np.isnan(got.filtered[:, 1:6]).all()
    assert got.verdicts[7] != "good" and got.reasons[7]
    plain = switching.markov_switching(panel)
    assert plain.state[3] == switching.GOOD and not np.isnan(plain.filtered[100, 3])
    assert plain.state[7] == switching.ONE_OFF
    assert switching.markov_switching(panel[:, 0], most=2).state[0] == switching.NOT_CONVERGED
    with pytest.raises(ValueError, match="自回归阶数"):
        switching.markov_switching(panel, order=5)
    with pytest.raises(ValueError, match="形状"):
        switching.markov_switching(np.ones((3, 3, 3)))


def test_what_is_probable_within_some_months() -> None:
    got = switching.markov_switching(_switching(4)[0])
    stay = got.transition[1, 1, 0]
    np.testing.assert_allclose(got.probability_of_downturn(1), 1 - (1 - got.filtered) * stay)
    assert (got.probability_of_downturn(6) >= got.probability_of_downturn(1)).all()
    np.testing.assert_allclose(got.probability_of_upturn(0), 1 - got.filtered)


def test_turns_are_dated_at_one_half_and_called_at_the_thresholds() -> None:
    p = np.array([np.nan, 0.1, 0.1, 0.6, 0.7, 0.9, 0.9, 0.6, 0.9, 0.4, 0.1, 0.1, 0.6, 0.3, 0.1, 0.95])
    peaks, troughs = switching.turns_by_probability(p)
    assert peaks.tolist() == [2, 14] and troughs.tolist() == [8]
    assert switching.turns_by_probability(np.full(5, np.nan))[0].size == 0
    with pytest.raises(ValueError, match="概率界限"):
        switching.turns_by_probability(p, enter=0.3, leave=0.6)


def _vintages(number: int = 36, months: int = 240, series: int = 3) -> np.ndarray:
    """Synthetic: cycles of 40 months, the last three values revised later."""
    rng = np.random.default_rng(12)
    t = np.arange(months)[:, None]
    final = np.sin(2 * np.pi * t / 40 + np.arange(series)) + 0.01 * rng.normal(size=(months, series))
    out = np.full((number, months, series), np.nan)
    for v in range(number):
        end = months - number + 1 + v
        out[v, :end] = final[:end]
        if v < number - 1:
            out[v, end - 3 : end] += 0.02 * rng.normal(size=(3, series))
    return out


def test_bbq_is_as_late_as_its_rules_and_switching_is_earlier() -> None:
    vintages = _vintages()
    final = [bbq(vintages[-1][:, i]) for i in range(3)]
    rules = real_time.evaluate(vintages, final, real_time.bbq_detector())
    model = real_time.evaluate(vintages, final, real_time.switching_detector())
    assert rules.turns == model.turns > 2 and rules.found + rules.missed == rules.turns
    assert rules.missed == 0 and rules.false_alarms == 0 and 5 <= rules.median_delay <= 7
    assert model.median_delay < rules.median_delay
    assert rules.series_years == pytest.approx(3 * 35 / 12) and rules.vintages == 36 and rules.verdict == "good"
    one = real_time.evaluate(vintages[:, :, 0], final[:1], real_time.bbq_detector())
    assert one.series == 1 and one.turns < rules.turns


def test_delays_misses_and_alarms_are_counted() -> None:
    vintages = np.full((10, 120), np.nan)
    for v in range(10):
        vintages[v, : 100 + v] = 0.0
    calls = {0: [], 1: [98], 2: [98], 3: [97, 101], 4: [60]}

    def detect(panel: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        rows = calls.get(panel.shape[0] - 100, [])
        return [(np.array(rows, dtype=np.int64), np.empty(0, dtype=np.int64))]

    got = real_time.evaluate(vintages, [([96], [102])], detect, undated=6)
    # The peak of row 96 is dated in the vintage that ends in row 100; the trough never; 60 lies before the span.
    assert (got.turns, got.found, got.missed, got.delays) == (2, 1, 1, (4,))
    assert got.share_missed == 0.5 and got.false_alarms == 0
    alarm = real_time.evaluate(vintages, [([], [])], detect, undated=6)
    assert alarm.false_alarms == 1 and alarm.false_alarms_per_year == pytest.approx(1 / (9 / 12))
    assert np.isnan(alarm.median_delay) and np.isnan(alarm.share_missed)


def test_vintages_that_cannot_be_evaluated() -> None:
    one = real_time.evaluate(np.ones((1, 100)), [([], [])], real_time.bbq_detector())
    assert one.verdict == "not evaluated" and "版本不足" in one.reason
    empty = real_time.evaluate(np.full((3, 100), np.nan), [([], [])], real_time.bbq_detector())
    assert empty.verdict == "not evaluated"
    vintages = _vintages(4)
    with pytest.raises(ValueError, match="由旧到新"):
        real_time.evaluate(vintages[::-1], [([], [])] * 3, real_time.bbq_detector())
    with pytest.raises(ValueError, match="序列数"):
        real_time.evaluate(vintages, [([], [])], real_time.bbq_detector())
    with pytest.raises(ValueError, match="给出1个"):
        real_time.evaluate(vintages, [([], [])] * 3, lambda panel: [(np.empty(0, int), np.empty(0, int))])
    with pytest.raises(ValueError, match="形状"):
        real_time.evaluate(np.ones((2, 2, 2, 2)), [([], [])], real_time.bbq_detector())


def test_a_series_with_holes_is_missed_and_does_not_stop_the_others() -> None:
    vintages = _vintages()
    final = [bbq(vintages[-1][:, i]) for i in range(3)]
    vintages[:, 50, 0], vintages[:, :, 1] = np.nan, np.nan
    rules = real_time.evaluate(vintages, final, real_time.bbq_detector())
    model = real_time.evaluate(vintages, final, real_time.switching_detector())
    alone = real_time.evaluate(vintages[:, :, 2], final[2:], real_time.bbq_detector())
    assert rules.found == alone.found > 0 and rules.missed > 0
    assert model.found > 0 and model.missed > 0
