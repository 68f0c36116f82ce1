"""Properties of the adjustment on made-up series: units, blocks, time, and sums."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import qinggong as qg

FAST = {"model": "airline", "trading_day": None, "outliers": ("AO",)}


def simulated(seed: int, series: int, months: int = 96) -> np.ndarray:
    """合成."""
    random = np.random.default_rng(seed)
    season = np.tile(random.normal(0, 0.1, (12, series)), (months // 12, 1))
    return np.exp(4 + np.cumsum(random.normal(0, 0.02, (months, series)), axis=0) + season)


@settings(deadline=None, max_examples=12)
@given(st.integers(0, 10**6), st.integers(-40, 40), st.sampled_from(["log", "none"]))
def test_a_change_of_unit_scales_the_result(seed: int, power: int, transform: str) -> None:
    values = simulated(seed, 2)
    plain = qg.seasonal_adjust(values, "2012-01", transform=transform, **FAST)
    scaled = qg.seasonal_adjust(values * 2.0**power, "2012-01", transform=transform, **FAST)
    np.testing.assert_allclose(scaled.adjusted, plain.adjusted * 2.0**power, rtol=1e-9)
    assert scaled.diagnostics.verdict == plain.diagnostics.verdict


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.integers(1, 6))
def test_a_series_is_the_same_in_every_batch(seed: int, cut: int) -> None:
    values = simulated(seed, 7)
    values[5, 3] = np.nan
    whole = qg.seasonal_adjust(values, "2012-01", transform="log", **FAST)
    parts = [qg.seasonal_adjust(part, "2012-01", transform="log", **FAST) for part in np.split(values, [cut], axis=1)]
    for name in ("adjusted", "seasonal", "trend", "calendar", "forecast", "forecast_high"):
        np.testing.assert_array_equal(np.hstack([getattr(part, name) for part in parts]), getattr(whole, name))


@settings(deadline=None, max_examples=8)
@given(st.integers(0, 10**6), st.sampled_from(["log", "none"]))
def test_the_season_evens_out_over_a_year(seed: int, transform: str) -> None:
    values = simulated(seed, 3)
    result = qg.seasonal_adjust(values, "2012-01", transform=transform, holiday=None, **FAST)
    years = (96 // 12, 12, 3)
    ratio = result.adjusted.reshape(years).mean(axis=1) / values.reshape(years).mean(axis=1)
    assert np.abs(ratio - 1).max() < 0.05
    again = result.adjusted + result.seasonal if transform == "none" else result.adjusted * result.seasonal
    np.testing.assert_allclose(again, values, rtol=1e-9)
