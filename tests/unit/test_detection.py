"""Detectors against values computed elsewhere: tables of run lengths, literal loops, every partition of a short
series."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods.detection import (
    change_points,
    limit_for,
    lower_cusum,
    mean_shift,
    mean_shift_limit,
    penalty_for,
    robust_residuals,
    run_length,
    siegmund,
)


@pytest.mark.parametrize(
    ("limit", "shift", "two_sided"),
    [
        (4, 0.0, 168),
        (5, 0.0, 465),
        (4, 0.25, 74.2),
        (5, 0.25, 139),
        (4, 0.5, 26.6),
        (5, 0.5, 38.0),
        (4, 1.0, 8.38),
        (5, 1.0, 10.4),
    ],
)
def test_run_lengths_are_those_of_the_textbook(limit: float, shift: float, two_sided: float) -> None:
    """Lucas and Crosier's table for k = 1/2 (Montgomery, Introduction to Statistical Quality Control, ch. 9): 1/ARL
    adds up."""
    up = run_length(reference=0.5, limit=limit, shift=shift)
    down = run_length(reference=0.5, limit=limit, shift=-shift)
    assert 1 / (1 / up + 1 / down) == pytest.approx(two_sided, rel=0.006)


def test_run_length_of_one_side_and_siegmund() -> None:
    """Hawkins and Olwell (1998) give 930.9 for k = 1/2, h = 5; Siegmund's approximation 938.2."""
    assert run_length(reference=0.5, limit=5) == pytest.approx(930.9, rel=1e-3)
    assert siegmund(reference=0.5, limit=5) == pytest.approx(938.2, rel=1e-4)
    assert siegmund(reference=0.5, limit=4, shift=0.5) == pytest.approx((4 + 1.166) ** 2)
    assert run_length(reference=0.5, limit=limit_for(120)) == pytest.approx(120, rel=1e-6)
    with pytest.raises(ValueError, match="positive limit"):
        run_length(reference=0.5, limit=0)


def test_cusum_is_the_literal_one() -> None:
    rng = np.random.default_rng(7)
    z = rng.standard_normal((60, 3)) - 0.3
    z[5, 0] = np.nan
    got = lower_cusum(z, reference=0.5, limit=4.0)
    for column in range(3):
        total = 0.0
        for row in range(60):
            if np.isnan(z[row, column]):
                assert np.isnan(got.statistic[row, column])
                continue
            total = min(max(0.0, total - z[row, column] - 0.5), 8.0)
            assert got.statistic[row, column] == pytest.approx(total)
            assert got.alarm[row, column] == (total > 4)
    assert got.run_length == pytest.approx(335.4, rel=1e-3)


def test_residuals_know_only_the_past() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((50, 2)).cumsum(axis=0)
    x[10, 1] = np.nan
    got = robust_residuals(x, window=12, fewest=8)
    later = x.copy()
    later[31:] += 100
    assert np.array_equal(got.z[:31], robust_residuals(later, window=12, fewest=8).z[:31], equal_nan=True)
    past = x[18:30, 1]
    spread = 1.4826 * np.median(np.abs(past - np.median(past)))
    assert got.z[30, 1] == pytest.approx((x[30, 1] - np.median(past)) / spread)
    assert np.isnan(got.z[:8]).all()
    assert np.isnan(robust_residuals(np.zeros((30, 1)), window=12, fewest=8).z).all(), "no spread, no residual"


def test_mean_shift_and_its_false_alarms() -> None:
    limit = mean_shift_limit(33, shortest=3, false_alarms=0.05, draws=4000)
    fresh = np.random.default_rng(99).standard_normal((33, 4000))
    assert np.mean(mean_shift(fresh, shortest=3) > limit) == pytest.approx(0.05, abs=0.012)
    assert mean_shift_limit(33, shortest=3, false_alarms=0.05, correlation=0.5, draws=4000) > limit + 0.8
    stepped = np.r_[np.ones(20), -np.ones(13)][:, None]
    assert mean_shift(stepped, shortest=3)[0] == pytest.approx(2 * np.sqrt(20 * 13 / 33))
    assert mean_shift(-stepped, shortest=3)[0] < 0.5, "a rise is no fall"


def _exhaustive(x: np.ndarray, penalty: float, shortest: int) -> float:
    best = np.inf
    for count in range(len(x) // shortest):
        for cuts in itertools.combinations(range(1, len(x)), count):
            edges = [0, *cuts, len(x)]
            if min(b - a for a, b in itertools.pairwise(edges)) < shortest:
                continue
            cost = sum(((x[a:b] - x[a:b].mean()) ** 2).sum() for a, b in itertools.pairwise(edges)) + penalty * count
            best = min(best, cost)
    return float(best)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.integers(-4, 4), min_size=4, max_size=10), st.sampled_from([0.5, 2.0, 6.0]), st.sampled_from([1, 2, 3])
)
def test_change_points_cost_no_more_than_any_partition(values: list[int], penalty: float, shortest: int) -> None:
    if len(values) < shortest:
        return
    x = np.array(values, dtype=float)
    got = change_points(x, spread=1.0, penalty=penalty, shortest=shortest)
    edges = [0, *got.points, len(x)]
    cost = sum(((x[a:b] - x[a:b].mean()) ** 2).sum() for a, b in itertools.pairwise(edges)) + penalty * len(got.points)
    assert min(b - a for a, b in itertools.pairwise(edges)) >= shortest
    assert cost == pytest.approx(_exhaustive(x, penalty, shortest))


def test_change_points_find_steps_and_keep_their_rate() -> None:
    rng = np.random.default_rng(5)
    x = np.r_[rng.normal(0, 1, 40), rng.normal(4, 1, 30), rng.normal(-1, 1, 30)]
    penalty = penalty_for(100, false_alarms=0.05, draws=30)
    got = change_points(x, spread=1.0, penalty=penalty)
    assert [abs(p - q) <= 2 for p, q in zip(got.points, (40, 70), strict=True)] == [True, True]
    flat = [change_points(rng.standard_normal(100), spread=1.0, penalty=penalty).points for _ in range(60)]
    assert sum(bool(p) for p in flat) <= 12
    with pytest.raises(ValueError, match="gaps"):
        change_points(np.array([1.0, np.nan]), spread=1.0, penalty=1.0)
