"""Chaining to a comparable basis: reference figures from releases, brute force over the rounding box, identities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods import chain
from qinggong.methods.chain import Bounded, exact

RNG = np.random.default_rng(20261121)


def _year_to_date(years: int, *, series: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """True single months and the year-to-date levels of a survey without January."""
    months = 100 + 10 * RNG.random((12 * years, series))
    ytd = months.reshape(years, 12, series).cumsum(axis=1).reshape(12 * years, series)
    ytd[::12] = np.nan
    return months, ytd


def test_implied_base_of_the_profit_release_of_may_2018() -> None:
    # National Bureau of Statistics, January–May 2018: 27298.3 亿元, +16.5 %; 29047.6 亿元 had been published for 2017.
    base = chain.implied_base(exact([27298.3], half_unit=0.05), exact([16.5], half_unit=0.05))
    assert base.value[0] == pytest.approx(27298.3 / 1.165)
    assert base.low[0] < 23432.0 < base.high[0] and base.value[0] < 29047.6 * 0.81
    assert base.half_width[0] == pytest.approx(23431.8 * 0.05 / 116.5, rel=0.01)


def test_a_base_that_is_not_positive_is_no_base() -> None:
    base = chain.implied_base(exact([10.0, -5.0, 10.0]), exact([-100.0, 4.0, np.nan]))
    assert np.isnan(base.value).all() and np.isnan(base.low).all()


def test_single_months_keep_the_block_and_difference_the_rest() -> None:
    months, ytd = _year_to_date(2)
    got = chain.single_months(exact(ytd, half_unit=0.05))
    assert np.isnan(got.value[[0, 12]]).all()
    assert got.value[1] == pytest.approx(months[0] + months[1])
    np.testing.assert_allclose(got.value[2:12], months[2:12])
    np.testing.assert_allclose(got.half_width[2:12], 0.1)
    np.testing.assert_allclose(got.half_width[1], 0.05)


def test_a_missing_month_costs_two_differences_and_no_more() -> None:
    _, ytd = _year_to_date(1)
    ytd[5] = np.nan
    got = chain.single_months(exact(ytd)).value[:, 0]
    assert np.flatnonzero(np.isnan(got)).tolist() == [0, 5, 6]


def test_comparable_month_growth_finds_the_growth_of_the_same_units() -> None:
    # This year's sample is a fifth smaller than last year's published one, so a ratio of levels would show a fall.
    months, _ = _year_to_date(1)
    before = months / 1.037
    growth = (months.cumsum(axis=0) / before.cumsum(axis=0) - 1) * 100
    level, growth[0] = months.cumsum(axis=0), np.nan
    level[0] = np.nan
    got = chain.comparable_month_growth(exact(level), exact(growth))
    np.testing.assert_allclose(got.value[1:], 3.7)
    np.testing.assert_allclose(got.low[1:], 3.7)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 2**32 - 1))
def test_no_point_of_the_rounding_box_lies_outside_the_bounds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    level = np.sort(rng.uniform(50, 500, 12))
    growth = rng.uniform(-20, 20, 12)
    level[0] = growth[0] = np.nan
    bounds = chain.comparable_month_growth(exact(level, half_unit=0.5), exact(growth, half_unit=0.05))
    for _ in range(50):
        moved = chain.comparable_month_growth(
            exact(level + rng.uniform(-0.5, 0.5, 12)), exact(growth + rng.uniform(-0.05, 0.05, 12))
        )
        inside = ~np.isnan(bounds.value)
        slack = 1e-9 * (1 + np.abs(bounds.value[inside]))
        assert (moved.value[inside] >= bounds.low[inside] - slack).all()
        assert (moved.value[inside] <= bounds.high[inside] + slack).all()


def test_the_bounds_are_attained() -> None:
    level, growth = np.full(12, np.nan), np.full(12, np.nan)
    level[1:3], growth[1:3] = [100.0, 160.0], [5.0, 6.0]
    got = chain.comparable_month_growth(exact(level, half_unit=0.05), exact(growth, half_unit=0.05))
    corners = [
        (lm - lp) / (lm / (1 + gm / 100) - lp / (1 + gp / 100)) * 100 - 100
        for lm in (159.95, 160.05)
        for lp in (99.95, 100.05)
        for gm in (5.95, 6.05)
        for gp in (4.95, 5.05)
    ]
    assert got.low[2] == pytest.approx(min(corners)) and got.high[2] == pytest.approx(max(corners))


def test_a_loss_or_a_fall_of_the_cumulative_level_gives_no_growth() -> None:
    level, growth = np.full(12, np.nan), np.full(12, np.nan)
    level[1:4], growth[1:4] = [100.0, 90.0, 95.0], [5.0, 6.0, 7.0]
    got = chain.comparable_month_growth(exact(level, half_unit=0.05), exact(growth, half_unit=0.05))
    assert got.value[1] == 5.0 and np.isnan(got.value[2])


def test_a_published_rate_goes_before_a_derived_one() -> None:
    joined, derived = chain.preferring_published(exact([4.0, np.nan, np.nan]), exact([9.0, 8.0, np.nan]))
    assert joined.value[:2].tolist() == [4.0, 8.0] and np.isnan(joined.value[2])
    assert derived.tolist() == [False, True, False]


def test_rates_that_rounding_hides_are_withheld_and_counted() -> None:
    value = np.linspace(0, 6, 24)
    low, high = value - 0.1, value + 0.1
    low[5], high[5] = -30.0, 40.0
    value[6] = np.nan
    got = chain.withhold(Bounded(value, low, high))
    assert np.flatnonzero(got.withheld).tolist() == [5]
    assert np.isnan(got.kept[[5, 6]]).all() and got.kept[7] == value[7] and float(got.signal) == 1.0


def test_comparable_levels_keep_the_reference_year_and_chain_the_others_by_published_growth() -> None:
    months, _ = _year_to_date(4, series=2)
    growth = RNG.uniform(-10, 10, months.shape)
    got = chain.comparable_levels(exact(months, half_unit=0.05), exact(growth, half_unit=0.05))
    np.testing.assert_array_equal(got.level.value[36:], months[36:])
    assert got.anchored[36:].all() and not got.anchored[:36].any()
    c = got.level.value
    np.testing.assert_allclose((c[12:] / c[:-12] - 1) * 100, growth[12:])
    assert (got.level.half_width[:12] > got.level.half_width[36:]).all()
    assert not got.broken.any()


def test_a_missing_growth_rate_ends_the_chain_of_its_calendar_month_only() -> None:
    months, _ = _year_to_date(4)
    growth = np.full(months.shape, 3.0)
    growth[24 + 4] = np.nan
    got = chain.comparable_levels(exact(months), exact(growth))
    assert np.flatnonzero(np.isnan(got.level.value[:, 0])).tolist() == [4, 16]
    assert np.flatnonzero(got.broken[:, 0]).tolist() == [4, 16]


def test_months_not_yet_published_take_the_year_before_as_anchor() -> None:
    months, _ = _year_to_date(3)
    months[30:] = np.nan
    growth = np.full(months.shape, 5.0)
    got = chain.comparable_levels(exact(months), exact(growth))
    assert got.anchored[18:30].all() and not got.anchored[30:].any()
    np.testing.assert_allclose(got.level.value[6:12], months[18:24] / 1.05)
    # A rate published before its level carries the chain on.
    np.testing.assert_allclose(got.level.value[30:], months[18:24] * 1.05)


def test_a_linked_index_takes_its_season_from_the_profile_and_its_growth_from_the_rates() -> None:
    profile = np.array([np.nan, 150.0, 110, 100, 100, 105, 95, 95, 105, 110, 115, 120])
    growth = np.full((36, 2), [4.0, -2.0])
    growth[::12] = np.nan
    got = chain.linked_index(exact(growth, half_unit=0.05), profile, base_year=1)
    year = got.level.value[12:24]
    np.testing.assert_allclose(np.nansum(year, axis=0) / 12, 100.0)
    np.testing.assert_allclose(got.level.value[24:][1:], year[1:] * [1.04, 0.98])
    np.testing.assert_allclose(got.level.value[:12][1:], year[1:] / [1.04, 0.98])
    with pytest.raises(ValueError, match="12 months"):
        chain.linked_index(exact(growth), profile[:11], base_year=0)


def test_momentum_from_growth_alone_is_this_years_change_less_the_usual_one() -> None:
    change = RNG.normal(0, 0.01, 12 * 8)
    level = np.exp(np.cumsum(change))
    growth = np.full(level.shape, np.nan)
    growth[12:] = (level[12:] / level[:-12] - 1) * 100
    got = chain.momentum_from_growth(growth, years=3)
    at = np.arange(12 * 5, 12 * 8)
    usual = (change[at - 12] + change[at - 24] + change[at - 36]) / 3
    np.testing.assert_allclose(got[at], 100 * (change[at] - usual), atol=1e-10)
    assert np.isnan(got[: 12 * 3]).all()


def test_a_splice_scales_the_old_edition_and_refuses_without_overlap() -> None:
    old = np.array([80.0, 90, 100, np.nan, np.nan])
    new = np.array([np.nan, np.nan, 50.0, 55, 60])
    joined, factor = chain.splice(old, new, overlap=slice(2, 3))
    assert joined.tolist() == [40.0, 45.0, 50.0, 55.0, 60.0] and float(factor) == 0.5
    joined, factor = chain.splice(old, new, overlap=slice(3, 4))
    assert np.isnan(joined[:2]).all() and np.isnan(factor)
