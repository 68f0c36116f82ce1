"""Level index, lights and diffusion: published months, exact contributions, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods import composite, diffusion, lights

# Eight published months of an index with its four components (public re-posts of the monthly bulletins 2018-2021).
PUBLISHED = np.array(
    [
        [87.99, 98.56, 92.28, 82.10, 88.38], [86.58, 96.71, 90.43, 83.56, 87.47], [85.53, 98.91, 90.64, 85.65, 87.55],
        [73.11, 85.36, 90.32, 69.82, 76.06], [75.98, 86.39, 89.82, 75.58, 78.89], [116.33, 129.20, 94.46, 151.77,
        121.80],
        [109.14, 109.40, 93.85, 126.43, 110.63], [93.87, 103.47, 94.05, 84.69, 92.89],
    ]
)  # fmt: skip
WEIGHTS = np.array([0.5525, 0.0931, 0.1441, 0.2103])
BOUNDS = (80.0, 90.0, 110.0, 120.0)


def test_the_aggregation_step_gives_eight_published_months() -> None:
    got, parts = composite.weighted_mean(PUBLISHED[:, :4], WEIGHTS)
    assert np.abs(got - PUBLISHED[:, 4]).max() <= 0.04
    np.testing.assert_allclose(parts.sum(axis=1) + 100, got)


def _made(months: int = 180, components: int = 4, subjects: int = 3, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.normal(5, 3, (months, components, subjects)).cumsum(axis=0) * 0.1 + rng.normal(
        0, 2, (months, components, subjects)
    )


def test_the_index_is_a_hundred_at_the_centre_and_ten_a_standard_deviation() -> None:
    x = _made()
    window = np.arange(180) < 120
    against = composite.reference(x, window)
    got = composite.level_index(x, [0.4, 0.3, 0.2, 0.1], against)
    inside = got.components[window]
    np.testing.assert_allclose(inside.mean(axis=0), 100.0)
    np.testing.assert_allclose(inside.std(axis=0, ddof=1), 10.0)
    np.testing.assert_allclose(got.index, (got.components * np.array([0.4, 0.3, 0.2, 0.1])[:, None]).sum(axis=1))


def test_a_published_value_changes_only_when_data_do() -> None:
    x = _made()
    window = np.arange(180) < 120
    whole = composite.level_index(x, [0.25] * 4, composite.reference(x, window))
    cut = composite.level_index(x[:150], [0.25] * 4, composite.reference(x[:150], window[:150]))
    np.testing.assert_array_equal(whole.index[:150], cut.index)


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 10**6), st.floats(0, 0.4))
def test_contributions_sum_to_the_change_even_where_components_come_and_go(seed: int, holes: float) -> None:
    rng = np.random.default_rng(seed)
    x = _made(seed=seed)
    x[rng.random(x.shape) < holes] = np.nan
    got = composite.level_index(x, [0.4, 0.3, 0.2, 0.1], composite.reference(x, np.ones(180, dtype=bool)))
    for lag in (1, 12):
        change = got.index[lag:] - got.index[:-lag]
        parts = got.contributions(lag=lag)[lag:].sum(axis=1)
        np.testing.assert_allclose(parts, change, atol=1e-9)


def test_extremes_are_capped_and_marked() -> None:
    x = _made()
    x[170, 0, 0] = 1e6
    got = composite.level_index(x, [0.25] * 4, composite.reference(x, np.arange(180) < 120))
    assert got.components[170, 0, 0] == 140.0 and got.capped[170, 0, 0] and got.capped.sum() < 60


def test_too_little_is_no_index() -> None:
    x = _made()
    x[:130, 1, 0] = np.nan  # three years and some
    x[:, 2, 0] = 3.0  # constant
    got = composite.level_index(x, [0.25] * 4, composite.reference(x, np.ones(180, dtype=bool)))
    assert np.isnan(got.index[:, 0]).all() and not np.isnan(got.index[:, 1]).any()
    assert got.usable[:, 0].tolist() == [True, False, False, True]
    with pytest.raises(ValueError, match="之和应为1"):
        composite.level_index(x, [0.25, 0.25, 0.25, 0.3], composite.reference(x, np.ones(180, dtype=bool)))
    with pytest.raises(ValueError, match="不小于零"):
        composite.check_weights([1.5, -0.5])
    with pytest.raises(ValueError, match="权重有3个"):
        composite.level_index(x, [0.5, 0.25, 0.25], composite.reference(x, np.ones(180, dtype=bool)))


def test_an_aggregate_needs_its_share_of_weight() -> None:
    x = np.array([[110.0, 90.0], [np.nan, 90.0]])
    got, _ = composite.weighted_mean(x, [0.8, 0.2], fewest_weight=0.5)
    assert got[0] == pytest.approx(106.0) and np.isnan(got[1])


def test_three_month_growth_counts_the_block_twice() -> None:
    g = np.full(24, np.nan)
    g[1], g[2], g[11], g[13], g[14], g[15] = 6.0, 3.0, 9.0, 4.0, 1.0, 1.0
    got = composite.three_month_growth(g, block=True)
    assert got[2] == pytest.approx((6 + 6 + 3) / 3)
    assert got[13] == pytest.approx((9 + 4 + 4) / 3) and got[15] == pytest.approx((4 + 1 + 1) / 3)
    assert np.isnan(got[[0, 12]]).all()


def test_the_two_year_average_stands_in_declared_months_only() -> None:
    g = np.zeros(30)
    g[2], g[14] = -20.0, 30.0
    distorted = np.zeros(30, dtype=bool)
    distorted[14] = True
    got = composite.undistorted(g, distorted)
    assert got[14] == pytest.approx((0.8 * 1.3) ** 0.5 * 100 - 100) and got[2] == -20.0


def test_values_whose_zone_the_bulletins_state() -> None:
    stated = {
        116.33: 3, 121.80: 4, 129.20: 4, 151.77: 4, 109.40: 2, 110.63: 3, 89.82: 1, 89.77: 1, 90.32: 2, 90.43: 2,
        75.84: 0, 83.56: 1, 84.69: 1,
    }  # fmt: skip
    got = lights.zones(np.array(list(stated)), BOUNDS)
    assert got.tolist() == list(stated.values())
    assert lights.zones(np.array([80.0, 90, 110, 120]), BOUNDS).tolist() == [1, 2, 2, 3]
    assert lights.zones(np.array([np.nan]), BOUNDS).tolist() == [lights.UNKNOWN]


def test_hysteresis_keeps_a_light_from_flickering() -> None:
    x = np.array([109.5, 110.5, 109.5, 112.5, 110.5, 109.5, 107.0, 125.0, np.nan, 110.5])
    assert lights.zones(x, BOUNDS).tolist() == [2, 3, 2, 3, 3, 2, 2, 4, -1, 3]
    assert lights.zones(x, BOUNDS, hysteresis=2.0).tolist() == [2, 2, 2, 3, 3, 3, 2, 4, -1, 3]
    for wrong in ({"bounds": (90, 80)}, {"bounds": BOUNDS, "hysteresis": 10.0}):
        with pytest.raises(ValueError):
            lights.zones(x, **wrong)  # type: ignore[arg-type]


@settings(deadline=None)
@given(st.lists(st.integers(0, 40), min_size=5, max_size=5))
def test_shares_add_up(counts: list[int]) -> None:
    shares = lights.whole_shares(tuple(counts))
    assert sum(shares) == (100 if sum(counts) else 0)
    total = sum(counts) or 1
    assert all(abs(s - 100 * c / total) < 1 for s, c in zip(shares, counts, strict=True))


def test_counts_leave_out_what_is_unknown() -> None:
    got = lights.count([2, 2, 3, -1, 0], number=5)
    assert got.counts == (1, 0, 2, 1, 0) and got.unknown == 1 and got.total == 4 and sum(got.shares) == 100
    assert lights.light_changes([2, 3, -1, 1], [2, 2, 2, 1]) == (1, 3)


def test_diffusion_indices_of_surveys_with_published_values() -> None:
    # Export orders: 19.7 % up, 47.8 % unchanged: 43.6. Prosperity 2013 Q3: 117.9 and 123.9: 121.5.
    assert diffusion.balance(19.7, 47.8) == pytest.approx(43.6)
    assert diffusion.enterprise_prosperity(117.9, 123.9) == pytest.approx(121.5)
    assert diffusion.survey_index(0.35, 0.15) == pytest.approx(120.0)
    got = diffusion.purchasing_managers([[52.0, 53.0, 49.0, 51.0, 48.0]], [0.30, 0.25, 0.20, 0.15, 0.10],
                                        inverted=[False, False, False, True, False])  # fmt: skip
    assert got[0] == pytest.approx(0.3 * 52 + 0.25 * 53 + 0.2 * 49 + 0.15 * 49 + 0.1 * 48)
    rising = diffusion.share_rising([[1.0, 1, 1, 1], [2, 1, 0, np.nan], [3, 2, 1, 1]], span=1, fewest=2)
    assert np.isnan(rising[0]) and rising[1] == pytest.approx(50.0) and rising[2] == pytest.approx(100.0)
    assert np.isnan(diffusion.share_rising([[1.0, 1], [2, np.nan]], fewest=2)).all()
