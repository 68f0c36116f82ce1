"""X-11: filters, the steps of its tables, bad series, and what must hold of every decomposition."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numpy.typing import NDArray

from qinggong.methods import extreme_values, x11_averages, x11_filters
from qinggong.methods.forcing import force_yearly_totals
from qinggong.methods.x11 import MODES, REASONS, Mode, Status, decompose, restore
from qinggong.methods.x11_kernel import TABLES

Floats = NDArray[np.float64]

# Kernels that only other kernels call, made callable from Python.
extreme_weights, replace_extremes, mend_trend = (
    njit(vars(module)[name].py_func)
    for module, name in (
        (extreme_values, "extreme_weights"),
        (extreme_values, "replace_extremes"),
        (x11_averages, "mend_trend"),
    )
)


def simulated(count: int = 4, months: int = 132, *, seed: int = 1, start_month: int = 1) -> Floats:
    """Positive series with trend, moving seasonal and noise, ``(months, count)``."""
    random = np.random.default_rng(seed)
    place = np.arange(months)[:, None] + start_month - 1
    trend = np.cumsum(random.normal(0.004, 0.01, (months, count)), axis=0)
    angle = place * np.pi / 6 + random.uniform(0, 6, count) + place * 0.002
    seasonal = 0.15 * np.cos(angle) + 0.08 * np.cos(2 * angle)
    noise = random.standard_t(4, (months, count)) * 0.02
    return np.asarray(100 * np.exp(trend + seasonal + noise))


# Filters


def test_henderson_weights_agree_with_published_tables() -> None:
    # Ladiray and Quenneville (2001): symmetric weights, and the last row of the 13-term filter for I/C 3.5.
    five = [-0.073, 0.294, 0.559, 0.294, -0.073]
    assert x11_filters.henderson_weights(5).round(3).tolist() == five
    thirteen = [-0.019, -0.028, 0.0, 0.066, 0.147, 0.214, 0.240]
    np.testing.assert_allclose(x11_filters.henderson_weights(13)[:7], thirteen, atol=0.0006)
    last = x11_filters.henderson_matrix(13, 3.5)[-1]
    np.testing.assert_allclose(last[6:], [-0.092, -0.058, 0.012, 0.120, 0.244, 0.353, 0.421], atol=0.0006)
    assert not last[:6].any()


@pytest.mark.parametrize("length", [5, 7, 9, 13, 17, 23])
def test_henderson_filters_keep_lines_in_the_middle_and_constants_at_the_ends(length: int) -> None:
    matrix = x11_filters.henderson_matrix(length, 3.5)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-12)
    place = np.arange(length, dtype=np.float64)
    for power in range(4):
        middle = length // 2
        np.testing.assert_allclose(matrix[middle] @ place**power, place[middle] ** power, rtol=1e-9)
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1], atol=1e-15)


def test_end_weights_minimise_the_mean_squared_revision() -> None:
    """Musgrave's criterion, solved as a constrained least-squares problem instead of his formula."""
    symmetric = x11_filters.henderson_weights(9)
    ratio = 4 / (np.pi * 2.5**2)
    for known in range(5, 9):
        place = np.arange(1, 10) - 5.0
        # Revision: noise (own − full)² plus slope² times noise of the squared difference in what a line gives.
        keep = np.eye(9)[:known]
        system = np.zeros((known + 1, known + 1))
        system[:known, :known] = np.eye(known) + ratio * np.outer(place[:known], place[:known])
        system[:known, known] = system[known, :known] = 1.0
        line = symmetric @ place
        right = np.append(keep @ symmetric + ratio * line * place[:known], 1.0)
        expected = np.linalg.solve(system, right)[:known]
        np.testing.assert_allclose(x11_filters.musgrave_weights(symmetric, known, 2.5), expected, atol=1e-12)


@pytest.mark.parametrize("name", x11_filters.SEASONAL_FILTERS)
@pytest.mark.parametrize("years", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 19, 20, 21, 30])
def test_seasonal_filters_keep_a_constant_and_are_symmetric_in_time(name: str, years: int) -> None:
    matrix = x11_filters.seasonal_matrix(name, years)
    np.testing.assert_allclose(matrix.sum(axis=1), 1.0, atol=1e-12)
    np.testing.assert_allclose(matrix, matrix[::-1, ::-1], atol=1e-15)


def test_seasonal_filters_have_their_known_weights() -> None:
    assert (x11_filters.seasonal_matrix("3x3", 9)[4] * 9).round(9).tolist() == [0, 0, 1, 2, 3, 2, 1, 0, 0]
    assert (x11_filters.seasonal_matrix("3x5", 9)[4] * 15).round(9).tolist() == [0, 1, 2, 3, 3, 3, 2, 1, 0]
    assert (x11_filters.seasonal_matrix("3x5", 9)[0] * 60).round(9).tolist() == [17, 17, 17, 9, 0, 0, 0, 0, 0]
    assert (x11_filters.seasonal_matrix("3x3", 3) * 27).round(9).tolist() == [[11, 11, 5], [9, 9, 9], [5, 11, 11]]
    assert x11_filters.seasonal_matrix("3x15", 19).round(9).tolist() == np.full((19, 19), 1 / 19).round(9).tolist()
    assert x11_filters.seasonal_matrix("3x9", 11)[5].round(6).tolist() == (
        np.convolve(np.ones(3) / 3, np.ones(9) / 9).round(6).tolist()
    )


@pytest.mark.parametrize("length", [2, 4, 103])
def test_an_impossible_henderson_length_is_an_error(length: int) -> None:
    with pytest.raises(ValueError, match="odd"):
        x11_filters.henderson_weights(length)


# Extremes


def slow_weights(irregular: Floats, low: int, high: int, expected: float) -> Floats:
    """The rule of B17 in words: years 3 to n − 2 by their own five years, the others by the nearest such window."""
    weights = np.ones(irregular.size)
    years = range(low // 12, (high - 1) // 12 + 1)
    windows = {}
    full = [y for y in years if 12 * y >= low and 12 * y + 12 <= high]
    for year in years:
        if len(full) < 5:
            windows[year] = (low, high)
            continue
        middle = min(max(year, years[0] + 2), years[-1] - 2)
        begin, end = 12 * (middle - 2), 12 * (middle + 3)
        if middle == years[0] + 2:
            begin, end = low, 12 * (full[0] + 5)
        elif middle == years[-1] - 2:
            begin, end = 12 * (full[-1] - 4), high
        windows[year] = (begin, end)
    first = weights.copy()
    for second in (False, True):
        for t in range(low, high):
            begin, end = windows[t // 12]
            window = np.arange(begin, end)
            used = irregular[window[first[window] > 0]] if second else irregular[window]
            distance = abs(irregular[t] - expected) / np.sqrt(((used - expected) ** 2).mean())
            if second:
                weights[t] = float(np.clip(2.5 - distance, 0, 1))
            elif distance > 2.5:
                weights[t] = 0.0
        if not second:
            first = weights.copy()
    return weights


@pytest.mark.parametrize(("low", "high"), [(0, 96), (4, 93), (11, 73), (0, 61), (5, 64), (7, 140)])
def test_extreme_weights_follow_the_rule_in_words(low: int, high: int) -> None:
    irregular = 1 + np.random.default_rng(low + high).standard_t(3, 150) * 0.02
    found = np.ones(150)
    extreme_weights(irregular, found, low, high, 1.0, 1.5, 2.5)
    np.testing.assert_allclose(found[low:high], slow_weights(irregular, low, high, 1.0)[low:high], atol=1e-12)
    assert (found[low:high] < 1).sum() > 3


def test_an_irregular_without_spread_has_full_weights() -> None:
    weights = np.zeros(96)
    extreme_weights(np.ones(96), weights, 0, 96, 1.0, 1.5, 2.5)
    assert weights.tolist() == [1.0] * 96


def test_extremes_are_replaced_by_a_mean_with_their_nearest_full_neighbours() -> None:
    ratios, weights = np.zeros(120), np.ones(120)
    january = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0])
    ratios[::12] = january
    weights[::12] = [1, 1, 1, 0.5, 0.9, 1, 1, 1, 1, 0]
    replace_extremes(ratios, weights, 0, 120)
    found = ratios[::12]
    assert found[3] == (0.5 * 4 + 2 + 3 + 6 + 7) / 4.5
    assert found[4] == (0.9 * 5 + 2 + 3 + 6 + 7) / 4.9
    assert found[9] == (6 + 7 + 8 + 9) / 4  # none after it: four before it
    assert found[[0, 1, 2, 5, 6, 7, 8]].tolist() == [1, 2, 3, 6, 7, 8, 9]
    few, low_weights = january.repeat(12)[:60], np.ones(60)
    low_weights[[12, 24]] = 0.0
    replace_extremes(few, low_weights, 0, 60)
    assert few[[12, 24]].tolist() == [3.0, 3.0]  # three full neighbours: the mean of the month


# Whole decompositions


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("start_month", [1, 8])
def test_components_make_up_the_series(mode: Mode, start_month: int) -> None:
    series = simulated(start_month=start_month)
    result = decompose(series, mode=mode, start_month=start_month)
    if mode == "additive":
        whole = result.trend + result.seasonal + result.irregular
        np.testing.assert_allclose(result.adjusted, series - result.seasonal, rtol=1e-12)
    else:
        whole = result.trend * result.seasonal * result.irregular
        np.testing.assert_allclose(result.adjusted, series / result.seasonal, rtol=1e-12)
    np.testing.assert_allclose(whole, series, rtol=1e-12)
    assert result.status.tolist() == [Status.ADJUSTED] * 4


def test_tables_follow_from_each_other() -> None:
    series = simulated(months=140)
    result = decompose(series, start_month=5, tables=TABLES)
    t = result.tables
    inner = slice(6, -6)
    weights = np.array([0.5, *[1.0] * 11, 0.5]) / 12
    np.testing.assert_allclose(t["B2"][inner, 0], np.convolve(series[:, 0], weights, mode="valid"), rtol=1e-12)
    assert np.isnan(t["B2"][:6]).all() and np.isnan(t["B3"][-6:]).all()
    np.testing.assert_allclose(t["B3"][inner], t["B1"][inner] / t["B2"][inner], rtol=1e-12)
    for part, total in (("B", "B1"), ("C", "C1"), ("D", "D1")):
        np.testing.assert_allclose(t[f"{part}6"], t[total] / t[f"{part}5"], rtol=1e-12)
    for part, after in (("B", "C1"), ("C", "D1")):
        np.testing.assert_allclose(t[f"{part}11"], series / t[f"{part}10"], rtol=1e-12)
        np.testing.assert_allclose(t[f"{part}13"], t[f"{part}11"] / t[f"{part}7"], rtol=1e-12)
        irregular, weight = t[f"{part}13"], t[f"{part}17"]
        np.testing.assert_allclose(t[f"{part}20"], irregular / (1 + weight * (irregular - 1)), rtol=1e-12)
        np.testing.assert_allclose(t[after], series / t[f"{part}20"], rtol=1e-12)
    np.testing.assert_allclose(t["D8"], t["D1"] / t["D7"] * t["C20"], rtol=1e-12)
    replaced = np.isfinite(t["D9"])
    assert (replaced == (t["C20"] != 1)).all() and 0 < replaced.sum() < replaced.size / 2
    # Seasonal factors of any twelve months are about one on average.
    assert np.abs(np.convolve(t["D10"][:, 1], weights, mode="valid") - 1).max() < 0.005


def test_additive_and_multiplicative_runs_agree_on_a_series_with_little_variation() -> None:
    series = 1 + (simulated(months=150) / 100 - 1) * 1e-6
    product, total = decompose(series), decompose(series, mode="additive")
    logs = decompose(series, mode="log-additive")
    for name in ("seasonal", "irregular", "si"):
        np.testing.assert_allclose(getattr(product, name) - 1, getattr(total, name), atol=1e-11)
        np.testing.assert_allclose(getattr(product, name), getattr(logs, name), atol=1e-11)
    np.testing.assert_allclose(product.trend, total.trend, atol=1e-11)
    np.testing.assert_allclose(product.trend, logs.trend, atol=1e-11)
    np.testing.assert_allclose(product.weights, total.weights, atol=1e-4)
    assert product.seasonal_filters == total.seasonal_filters and np.ptp(product.seasonal) > 1e-8


def test_log_additive_is_additive_on_logarithms_with_a_trend_that_keeps_the_level() -> None:
    series = simulated(seed=3)
    result, logs = decompose(series, mode="log-additive"), decompose(np.log(series), mode="additive")
    np.testing.assert_allclose(result.seasonal, np.exp(logs.seasonal), rtol=1e-12)
    np.testing.assert_allclose(result.weights, logs.weights, rtol=1e-12)
    assert (result.trend > np.exp(logs.trend)).all()
    # The correction brings the trend to the level of the series, which the uncorrected one is below.
    level = series.mean(axis=0)
    assert np.abs(result.trend.mean(axis=0) / level - 1).max() < 0.0035
    assert (np.exp(logs.trend).mean(axis=0) / level - 1).max() < -0.005
    # No yearly wave in it: its swing about a year's mean is that of the trend before the correction.
    inner = slice(12, -12)
    change, before = (np.diff(np.log(t[inner]), axis=0) for t in (result.trend, np.exp(logs.trend)))
    assert np.abs(change - before).max() < 0.002


@settings(deadline=None, max_examples=25)
@given(
    factor=st.floats(1e-6, 1e9),
    seed=st.integers(0, 1000),
    months=st.integers(60, 160),
    start_month=st.integers(1, 12),
    mode=st.sampled_from(MODES),
)
def test_the_unit_of_a_series_does_not_matter(
    factor: float, seed: int, months: int, start_month: int, mode: Mode
) -> None:
    series = simulated(1, months, seed=seed)
    plain = decompose(series, mode=mode, start_month=start_month)
    scaled = decompose(series * factor, mode=mode, start_month=start_month)
    np.testing.assert_allclose(scaled.adjusted, plain.adjusted * factor, rtol=1e-7)
    np.testing.assert_allclose(scaled.trend, plain.trend * factor, rtol=1e-7)
    assert scaled.seasonal_filters == plain.seasonal_filters


def test_a_series_is_adjusted_the_same_in_any_company() -> None:
    series = simulated(9, 150, seed=11)
    series[:7, 2] = np.nan
    series[140:, 5] = np.nan
    series[3, 7] = np.nan
    whole = decompose(series, span=(0, 138), start_month=3, tables=TABLES)
    for columns in ([2], [5, 2, 0], [8, 7, 6, 5, 4, 3, 2, 1, 0]):
        part = decompose(series[:, columns], span=(0, 138), start_month=3, tables=TABLES)
        for name in ("seasonal", "adjusted", "trend", "irregular", "weights", "si"):
            assert getattr(part, name).tobytes() == getattr(whole, name)[:, columns].tobytes()
        for name in TABLES:
            assert part.tables[name].tobytes() == whole.tables[name][:, columns].tobytes()
    one = decompose(series[:, 0], span=(0, 138), start_month=3)
    assert one.adjusted.tobytes() == whole.adjusted[:, [0]].tobytes()


def test_missing_months_at_the_ends_shorten_a_series() -> None:
    series = simulated(2, 150, seed=12)
    padded = series.copy()
    padded[:10, 0] = padded[130:, 0] = np.nan
    found, short = decompose(padded, start_month=4), decompose(series[10:130, :1], start_month=2)
    assert found.adjusted[10:130, 0].tobytes() == short.adjusted[:, 0].tobytes()
    assert np.isnan(found.adjusted[:10, 0]).all() and np.isnan(found.adjusted[130:, 0]).all()
    assert np.isfinite(found.adjusted[:, 1]).all()


def test_bad_series_are_refused_by_name_and_leave_the_others_alone() -> None:
    series = simulated(10, 120, seed=5)
    series[:, 0] = np.nan
    series[50, 1] = np.nan
    series[50, 2] = np.inf
    series[35:, 3] = np.nan
    series[40, 4] = 0.0
    series[40, 5] = -3.0
    series[:, 6] = 7.0
    series[60:, 7] *= 1e4
    series[:, 8] *= 1e300
    found = decompose(series)
    names = [Status(int(s)).name for s in found.status]
    assert names[:7] == [
        "ALL_MISSING", "GAPS", "NOT_FINITE", "TOO_SHORT", "NOT_POSITIVE", "NOT_POSITIVE", "CONSTANT",
    ]  # fmt: skip
    assert names[7] == "ADJUSTED" and names[9] == "ADJUSTED"
    for column, name in enumerate(names):
        assert np.isnan(found.adjusted[:, column]).all() == (name != "ADJUSTED")
        assert (found.seasonal_filters[column] == "") == (name != "ADJUSTED")
    assert found.adjusted[:, 9].tobytes() == decompose(series[:, 9]).adjusted[:, 0].tobytes()
    additive = decompose(series, mode="additive")
    assert [Status(int(s)).name for s in additive.status[4:6]] == ["ADJUSTED", "ADJUSTED"]
    assert all(REASONS[status] or status == Status.ADJUSTED for status in Status)


def test_a_result_that_is_not_finite_is_refused() -> None:
    series = simulated(1, 96) * 1e306
    found = decompose(series, mode="additive")
    assert found.status.tolist() == [Status.FAILED] and np.isnan(found.trend).all()


@pytest.mark.parametrize("months", [0, 1, 35])
def test_short_series_are_refused(months: int) -> None:
    result = decompose(simulated(2, 40)[:months])
    assert result.adjusted.shape == (months, 2) and (result.status != Status.ADJUSTED).all()


@pytest.mark.parametrize("months", [36, 41, 47, 59, 60, 61, 72])
@pytest.mark.parametrize("start_month", [1, 6])
def test_three_years_are_enough(months: int, start_month: int) -> None:
    for mode in MODES:
        for seasonal_filter in ("auto", "3x9", "stable"):
            result = decompose(
                simulated(2, months), mode=mode, start_month=start_month, seasonal_filter=seasonal_filter
            )
            assert np.isfinite(result.adjusted).all() and (result.status == Status.ADJUSTED).all()
            if months < 60:
                assert set(result.seasonal_filters) == {"stable"}


def test_extensions_that_are_not_usable_are_dropped() -> None:
    series = simulated(3, 144, seed=21)
    series[140, 0] = -1.0
    series[138, 1] = np.nan
    result = decompose(series, span=(0, 132))
    assert result.extension_dropped.tolist() == [True, True, False]
    alone = decompose(series[:132, :1])
    assert result.adjusted[:132, 0].tobytes() == alone.adjusted[:, 0].tobytes()
    assert np.isnan(result.adjusted[132:, 0]).all()


def test_forecasts_change_the_end_and_backcasts_the_beginning() -> None:
    series = simulated(1, 168, seed=22)
    both = decompose(series, span=(12, 156), start_month=1, seasonal_filter="3x5", trend_filter=13)
    neither = decompose(series[12:156], start_month=1, seasonal_filter="3x5", trend_filter=13)
    differs = np.abs(both.adjusted[12:156] / neither.adjusted - 1)[:, 0]
    assert differs[:24].max() > 1e-4 and differs[-24:].max() > 1e-4
    assert np.median(differs[60:84]) < differs[-24:].mean() / 3


@pytest.mark.parametrize("trend_filter", [3, 5, 7, 9, 13, 17, 23, 35])
def test_trend_filters_of_any_odd_length(trend_filter: int) -> None:
    result = decompose(simulated(2, 120), trend_filter=trend_filter)
    assert result.trend_lengths.tolist() == [trend_filter] * 2 and np.isfinite(result.trend).all()


def test_a_longer_trend_filter_is_smoother() -> None:
    rough = [np.abs(np.diff(decompose(simulated(), trend_filter=n).trend, n=3, axis=0)).mean() for n in (5, 13, 23)]
    assert rough[0] > rough[1] > rough[2]


@pytest.mark.parametrize(
    "options",
    [
        {"mode": "pseudo"}, {"seasonal_filter": "3x7"}, {"trend_filter": 12}, {"trend_filter": 37},
        {"sigma_limits": (2.5, 1.5)}, {"start_month": 13}, {"tables": ("B12",)}, {"span": (5, 500)},
    ],
)  # fmt: skip
def test_options_that_do_not_exist_are_errors(options: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        decompose(simulated(1, 60), **options)


def test_the_seasonal_filter_follows_the_moving_seasonality_ratio() -> None:
    random = np.random.default_rng(3)
    pattern = np.tile(np.cos(np.arange(12) * np.pi / 6), 15) * 0.2
    steady = np.exp(pattern + random.normal(0, 0.05, 180))
    moving = np.exp(pattern * np.linspace(0.2, 3, 180) + random.normal(0, 0.002, 180))
    result = decompose(np.stack([steady, moving], axis=1))
    assert result.seasonal_filters == ("3x5", "3x3") or result.seasonal_filters == ("3x9", "3x3")
    assert result.moving_seasonality[0] > 3.5 and result.moving_seasonality[1] < 2.5


def test_undecided_ratios_drop_years_from_the_end() -> None:
    random = np.random.default_rng(0)
    pattern = np.tile(np.cos(np.arange(12) * np.pi / 6), 12) * 0.2
    series = np.exp(pattern[:, None] * (1 + 0.1 * np.linspace(0, 1, 144)[:, None]) + random.normal(0, 0.01, (144, 40)))
    result = decompose(series)
    undecided = (result.moving_seasonality > 2.5) & (result.moving_seasonality < 3.5)
    undecided |= (result.moving_seasonality > 5.5) & (result.moving_seasonality < 6.5)
    assert undecided.any() and ((result.years_left_out > 0) == undecided).all()


def test_a_trend_that_is_not_positive_is_mended() -> None:
    trend = np.array([1.0, -1.0, 0.0, 3.0, 5.0, -2.0])
    mend_trend(trend, 0, 6, 0, 6)
    assert trend.tolist() == [1.0, 2.0, 2.5, 3.0, 5.0, 5.0]


@pytest.mark.parametrize("mode", ["multiplicative", "additive"])
def test_outliers_return_to_the_components_where_they_belong(mode: Mode) -> None:
    series = simulated(2, 120)
    level, transient = np.ones((120, 1)), np.ones((120, 1))
    level[60:], transient[30] = 1.2, 1.5
    if mode == "additive":
        level, transient = level * 10, transient * 10
    plain = decompose(series, mode=mode)
    found = restore(plain, transient=transient, level=level)
    if mode == "additive":
        np.testing.assert_allclose(found.adjusted - level - transient, plain.adjusted)
        np.testing.assert_allclose(found.adjusted, found.trend + found.irregular)
    else:
        np.testing.assert_allclose(found.adjusted / level / transient, plain.adjusted)
        np.testing.assert_allclose(found.adjusted, found.trend * found.irregular)
    assert found.seasonal is plain.seasonal and restore(plain).adjusted is plain.adjusted


# Yearly totals


@pytest.mark.parametrize("proportional", [True, False])
@pytest.mark.parametrize(("start_month", "first_month"), [(1, 1), (4, 1), (10, 7)])
def test_forced_years_sum_to_the_original(proportional: bool, start_month: int, first_month: int) -> None:
    series = simulated(3, 137, seed=8)
    adjusted = decompose(series, start_month=start_month).adjusted
    adjusted[:5, 1] = np.nan
    forced = force_yearly_totals(
        adjusted, series, start_month=start_month, first_month_of_year=first_month, proportional=proportional
    )
    first = (first_month - start_month) % 12
    for column in range(3):
        begin = first + 12 * (column == 1 and first < 5)
        years = (137 - begin) // 12
        span = slice(begin, begin + 12 * years)
        sums = [table[span, column].reshape(years, 12).sum(axis=1) for table in (forced, series)]
        np.testing.assert_allclose(*sums, rtol=1e-10)
    assert np.abs(forced / adjusted - 1)[5:].max() < 0.05
    assert np.isnan(forced[:5, 1]).all() and np.isfinite(forced[5:]).all()
    change = forced / adjusted if proportional else forced - adjusted
    np.testing.assert_allclose(change[-1] - change[-2], 0, atol=1e-9 if (137 - first) % 12 > 1 else 1)


def test_forcing_disturbs_the_movement_least() -> None:
    series = simulated(1, 72, seed=9)
    adjusted = decompose(series).adjusted
    forced = force_yearly_totals(adjusted, series)
    best = (np.diff(forced / adjusted, axis=0) ** 2).sum()
    random = np.random.default_rng(1)
    for _ in range(20):
        other = random.normal(size=(6, 12))
        other -= (other * adjusted.reshape(6, 12)).sum(axis=1, keepdims=True) / adjusted.reshape(6, 12).sum(
            axis=1, keepdims=True
        )
        moved = forced / adjusted + 1e-3 * other.reshape(72, 1)
        np.testing.assert_allclose((moved * adjusted).reshape(6, 12).sum(1), series.reshape(6, 12).sum(1), rtol=1e-9)
        assert (np.diff(moved, axis=0) ** 2).sum() > best


def test_forcing_what_cannot_be_forced_gives_nothing() -> None:
    adjusted = simulated(4, 36)
    adjusted[5, 0] = np.nan
    adjusted[5, 1] = -1.0
    adjusted[:, 2] = np.nan
    forced = force_yearly_totals(adjusted, adjusted)
    assert np.isnan(forced[:, :3]).all()
    np.testing.assert_allclose(forced[:, 3], adjusted[:, 3])
    assert np.isnan(force_yearly_totals(np.ones(11), np.ones(11))).all()
    with pytest.raises(ValueError, match="shape"):
        force_yearly_totals(np.ones(12), np.ones(13))
