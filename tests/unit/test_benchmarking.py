"""Benchmarking against the worked example of the IMF manual and the published optimality conditions; derived
figures."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods import benchmarking, derived

# Quarterly National Accounts Manual, International Monetary Fund: example of the proportional Denton method.
PATTERN = [98.2, 100.8, 102.2, 100.8, 99.0, 101.6, 102.7, 101.5, 100.5, 103.0, 103.5, 101.5]
PUBLISHED = [969.8, 998.4, 1018.3, 1013.4, 1007.2, 1042.9, 1060.3, 1051.0, 1040.6, 1066.5, 1071.7, 1051.0]
GROUPS = [0] * 4 + [1] * 4 + [-1] * 4
SUMS = [4000.0, 4161.4]


def test_proportional_denton_gives_the_example_of_the_manual() -> None:
    got = benchmarking.denton(PATTERN, SUMS, GROUPS)
    # The manual rounds so that the quarters it prints add up: 1042.85 stands as 1042.9.
    np.testing.assert_allclose(got.values, PUBLISHED, atol=0.052)
    assert math.fsum(got.values[:4]) == pytest.approx(4000.0, abs=1e-9)
    assert np.isnan(got.deviation).all() and got.verdict == "good"


@pytest.mark.parametrize("kind", ["proportional", "additive"])
@pytest.mark.parametrize("difference", [1, 2])
def test_denton_is_optimal(kind: benchmarking.Kind, difference: int) -> None:
    rng = np.random.default_rng(5)
    p = rng.uniform(50, 150, 36)
    groups = np.repeat(np.arange(3), 12)
    sums = np.array([1300.0, np.nan, 1500.0])
    got = benchmarking.denton(p, sums, groups, kind=kind, difference=difference).values

    def loss(x: np.ndarray) -> float:
        return float((np.diff(x / p if kind == "proportional" else x - p, n=difference) ** 2).sum())

    for g in (0, 2):
        assert got[groups == g].sum() == pytest.approx(sums[g], rel=1e-12)
    for _ in range(50):
        moved = rng.normal(0, 1, 36)
        for g in (0, 2):
            moved[groups == g] -= moved[groups == g].mean()
        assert loss(got + moved) >= loss(got)


def test_cholette_dagum_near_rho_one_is_denton_and_its_uncertainty_vanishes_where_sums_bind_alone() -> None:
    p = np.array(PATTERN[:8]) * 10
    near = benchmarking.cholette_dagum(p, SUMS, GROUPS[:8], variation=1.0, rho=0.999999)
    smooth = benchmarking.denton(p, SUMS, GROUPS[:8], kind="additive")
    np.testing.assert_allclose(near.values, smooth.values, atol=0.02)
    single = benchmarking.cholette_dagum([10.0, 12.0, 11.0], [13.0], [-1, 0, -1], variation=2.0, rho=0.5)
    assert single.values.tolist() == pytest.approx([10.5, 13.0, 11.5])
    np.testing.assert_allclose(single.deviation, [2 * math.sqrt(0.75), 0, 2 * math.sqrt(0.75)], atol=1e-7)


def test_benchmarks_that_err_do_not_bind() -> None:
    got = benchmarking.cholette_dagum([10.0], [14.0], [0], variation=1.0, rho=0.0, benchmark_deviation=1.0)
    assert got.values[0] == pytest.approx(12.0) and got.deviation[0] == pytest.approx(math.sqrt(0.5))


def test_what_cannot_be_benchmarked_says_so() -> None:
    assert benchmarking.denton([1.0, 0.0], [3.0], [0, 0]).verdict == "pattern not positive"
    assert benchmarking.denton([1.0, 2.0], [np.nan], [0, 0]).verdict == "no benchmark"
    assert np.isnan(benchmarking.denton([1.0, 2.0], [np.nan], [0, 0]).values).all()
    with pytest.raises(ValueError, match="groups name benchmark 3"):
        benchmarking.denton([1.0, 2.0], [3.0], [0, 3])


@settings(deadline=None, max_examples=200)
@given(st.floats(1e-3, 1e9), st.floats(1, 23), st.floats(1, 23))
def test_a_split_block_adds_up_exactly(block: float, first: float, second: float) -> None:
    got = benchmarking.split_by_days([block], [[first, second]], spread=0.05)
    assert got.january[0] + got.february[0] == block
    assert got.january[0] / block == pytest.approx(first / (first + second))
    s = first / (first + second)
    assert got.deviation[0] == pytest.approx(block * s * (1 - s) * 0.05)


def test_the_uncertainty_of_a_split_covers_the_truth_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    years, series = 200, 40
    days = np.tile(rng.integers(15, 23, (years * 12, 1)).astype(float), (1, series))
    rate = np.exp(rng.normal(0, 0.05, (years * 12, series)))
    months = rate * days
    spread = benchmarking.daily_rate_spread(months, days[:, 0])
    # Steps of independent noise have a standard deviation of 0.05·√2.
    assert np.median(spread) == pytest.approx(0.05 * math.sqrt(2), rel=0.08)
    january, february = months[0::12], months[1::12]
    counted = np.stack([days[0::12, 0], days[1::12, 0]], axis=1)
    got = benchmarking.split_by_days(january + february, counted, spread=spread)
    inside = np.abs(got.january - january) <= 1.96 * got.deviation
    assert 0.93 < inside.mean() < 0.97
    by_other = benchmarking.split_by_indicator(january + february, np.stack([january, february], 1), spread=0.0)
    np.testing.assert_allclose(by_other.january, january)


def test_official_formulas_with_figures_of_releases() -> None:
    # Sales rate check of the releases: 647.1 / 641.5 = 100.9 %; 66 of 91 products growing = 72.5 %.
    assert derived.margin(647.1, 641.5).round(1) == 100.9
    assert derived.growth_breadth([1.0] * 66 + [-1.0] * 24 + [0.0]).round(1) == 72.5
    # Two-year average of value added in June 2021: 13.5 % over 2019 is 6.5 % a year.
    assert derived.two_year_average(100 * (1.135 / 1.048 - 1), 4.8).round(1) == 6.5
    assert derived.turnover_days(50.0, 600.0, months=6) == pytest.approx(360 * 50 / 600 / 2)
    assert derived.revenue_per_hundred_assets(600.0, 1000.0, months=6) == pytest.approx(120.0)
    assert derived.revenue_per_head(600.0, 10.0, months=6) == pytest.approx(120.0)
    assert derived.cost_per_hundred(85.0, 100.0) == 85.0 and derived.loss_breadth(30, 120) == 25.0
    assert (
        derived.asset_liability_ratio(56.0, 100.0) == pytest.approx(56.0) and derived.average_stock(10.0, 14.0) == 12.0
    )
    assert np.isnan(derived.margin(5.0, 0.0)) and np.isnan(derived.growth_breadth([np.nan]))
    assert np.isnan(derived.two_year_average(-120.0, 5.0))


def test_special_cases_of_profit_have_their_names() -> None:
    now = [5.0, -5.0, -2.0, -9.0, 5.0, 0.0, -3.0, 5.0, np.nan]
    before = [-5.0, 5.0, -5.0, -5.0, 0.0, -1.0, -3.0, 4.0, 1.0]
    named = [derived.CASES[i] for i in derived.profit_case(now, before)]
    assert named == ["扭亏为盈", "由盈转亏", "减亏", "增亏", "上年同期为零", "扭亏为盈", "持平", "", ""]
