"""Required growth closes the identity exactly: what it asks for, brought about, gives the target."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods import required_growth as need
from qinggong.methods.growth import Interval

RATES = st.floats(-60, 200)
SHARES = st.floats(0.01, 0.97)
LEVELS = st.floats(0.1, 1e6)


@settings(deadline=None)
@given(RATES, RATES, SHARES, LEVELS)
def test_growth_target(target: float, so_far: float, share: float, year: float) -> None:
    g = need.of_share(target, so_far, share)
    assert share * so_far + (1 - share) * g == pytest.approx(target, abs=1e-8)
    base = share * year
    by_bases = need.of_bases(target, so_far, base, year)
    reached = base * (1 + so_far / 100) + (year - base) * (1 + by_bases / 100)
    assert reached == pytest.approx(year * (1 + target / 100), rel=1e-9)
    assert by_bases == pytest.approx(g, rel=1e-7, abs=1e-7)


@settings(deadline=None)
@given(st.floats(0.1, 20), LEVELS, RATES, SHARES)
def test_level_target(times: float, so_far: float, growth: float, share: float) -> None:
    target = times * so_far
    g = need.level_by_share(target, so_far, growth, share)
    base = so_far / (1 + growth / 100)
    rest = base / share - base
    assert so_far + rest * (1 + g / 100) == pytest.approx(target, rel=1e-9)


@settings(deadline=None)
@given(st.floats(-20, 40), st.lists(st.floats(-20, 40), min_size=0, max_size=4), st.floats(-20, 40), SHARES)
def test_mean_over_years(target: float, known: list[float], so_far: float, share: float) -> None:
    years = len(known) + 1
    g = need.of_mean(target, years, known)
    assert need.mean_growth([*known, g]) == pytest.approx(target, abs=1e-8)
    even = need.of_mean_evenly(target, years + 1, known, so_far, share) / 100
    if -0.999 < even < 99:
        product = (1 + share * so_far / 100 + (1 - share) * even) * (1 + even)
        for one in known:
            product *= 1 + one / 100
        assert product == pytest.approx((1 + target / 100) ** (years + 1), rel=1e-9)


@settings(deadline=None)
@given(RATES, RATES, SHARES, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_every_value_of_the_intervals_lies_within_the_bounds(
    target: float, so_far: float, share: float, a: float, b: float, c: float
) -> None:
    targets, rates = Interval(target - 0.05, target + 0.05), Interval(so_far - 0.05, so_far + 0.05)
    shares = Interval(max(share - 0.02, 0), min(share + 0.02, 0.99))
    found = need.bounds(need.of_share, targets, rates, shares)
    inside = need.of_share(targets.low + a * targets.width, rates.low + b * rates.width, shares.low + c * shares.width)
    assert found.low - 1e-9 <= inside <= found.high + 1e-9
