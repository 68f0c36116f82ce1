"""Arithmetic of growth against worked examples of official releases and against brute force."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.methods.growth import (
    Interval,
    around,
    contribution,
    implied_base,
    ratio,
    record_reach,
    settled_decimals,
    trailing_run,
)

MONTHS_OF_YEAR = [2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]


def test_implied_base_of_the_profits_of_2018() -> None:
    """January–May 2018: 27298.3 亿元, +16.5 % comparable; a year earlier 29047.6 had been published."""
    base = implied_base(around(27298.3, 0.05), around(16.5, 0.05))
    assert base is not None
    assert base.low < 27298.3 / 1.165 < base.high
    assert base.middle == pytest.approx(23432, abs=12)
    assert base.high < 29047.6  # the naive base lies outside what rounding can explain


def test_contribution_of_a_part_worked_by_hand() -> None:
    """Part 110 at +10 % (base 100), whole 1050 at +5 % (base 1000): it adds 10/1000 = 1.0 points."""
    whole = implied_base(around(1050, 0), around(5, 0))
    assert whole is not None
    added = contribution(around(110, 0), around(10, 0), whole)
    assert added is not None
    assert added.low == pytest.approx(1.0)
    assert added.high == pytest.approx(1.0)


def test_contributions_of_all_parts_add_up_to_the_growth_of_the_whole() -> None:
    levels, growths = [110.0, 95.0, 400.0], [10.0, -5.0, 0.0]
    bases = [level / (1 + g / 100) for level, g in zip(levels, growths, strict=True)]
    total = Interval(sum(bases), sum(bases))
    parts = [contribution(around(lv, 0), around(g, 0), total) for lv, g in zip(levels, growths, strict=True)]
    assert sum(p.middle for p in parts if p) == pytest.approx((sum(levels) / sum(bases) - 1) * 100)


@settings(max_examples=60)
@given(
    level=st.floats(1, 1e5), growth=st.floats(-90, 400), share=st.floats(0.01, 1),
    shifts=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)),
)  # fmt: skip
def test_intervals_hold_every_value_behind_the_rounding(
    level: float, growth: float, share: float, shifts: tuple[float, float, float]
) -> None:
    base = level / (1 + growth / 100) / share
    inside = contribution(around(level, 0.05), around(growth, 0.05), around(base, base * 1e-4))
    if inside is None:
        return
    lv, g, tb = level + 0.05 * shifts[0], growth + 0.05 * shifts[1], base * (1 + 1e-4 * shifts[2])
    value = (lv - lv / (1 + g / 100)) / tb * 100
    assert inside.low - 1e-6 <= value <= inside.high + 1e-6


def test_no_base_behind_a_loss_or_a_fall_of_a_hundred_percent() -> None:
    assert implied_base(around(-5, 0.05), around(10, 0.05)) is None
    assert implied_base(around(5, 0.05), around(-100, 0.05)) is None
    assert ratio(around(5, 0.05), around(0, 0.05)) is None


def test_margin_from_rounded_levels_keeps_only_the_digits_it_has() -> None:
    """9036.09 / 13.66 万亿 = 6.61…6.62 %: one decimal is settled, and the published 6.6 agrees."""
    result = ratio(around(9036.09, 0.005), around(136600, 50))
    assert result is not None
    assert settled_decimals(result, most=2) == 2
    assert round(result.middle, 1) == 6.6
    wide = ratio(around(15300, 50), around(240000, 500))
    assert wide is not None
    assert settled_decimals(wide, most=2) == 1
    assert settled_decimals(Interval(0, 5), most=2) is None


def test_january_february_counts_as_two_months() -> None:
    values = np.array([-1.0, 2.0, 3.0, 1.0])  # December, January–February, March, April
    run = trailing_run(values, np.array([1, 2, 1, 1]))
    assert run is not None
    assert (run.sign, run.months, run.observations, run.closed) == (1, 4, 3, True)


@pytest.mark.parametrize(
    ("values", "closed", "length"),
    [([np.nan, 1.0, 2.0], False, 2), ([1.0, 2.0], False, 2), ([1.0, np.nan, 2.0], False, 1), ([-1.0, 2.0], True, 1),
     ([1.0, 0.0], True, 1)],
)  # fmt: skip
def test_a_run_is_closed_only_by_a_known_month_of_another_sign(values: list[float], closed: bool, length: int) -> None:
    run = trailing_run(np.array(values), np.ones(len(values), dtype=np.int64))
    assert run is not None
    assert (run.closed, run.observations) == (closed, length)


def test_no_run_without_the_last_value() -> None:
    assert trailing_run(np.array([1.0, np.nan]), np.array([1, 1])) is None
    assert trailing_run(np.array([]), np.array([], dtype=np.int64)) is None


@settings(max_examples=100)
@given(st.lists(st.one_of(st.integers(-3, 3).map(float), st.just(float("nan"))), min_size=1, max_size=14))
def test_record_reach_is_what_looking_back_by_hand_gives(values: list[float]) -> None:
    array = np.array(values)
    for highest in (True, False):
        reach, ended = record_reach(array, highest=highest)
        if np.isnan(array[-1]):
            assert (reach, ended) == (0, False)
            continue
        before = list(array[:-1])[::-1]
        expected = 0
        for value in before:
            if np.isnan(value) or (value >= array[-1] if highest else value <= array[-1]):
                break
            expected += 1
        assert reach == expected
        assert ended == (expected < len(before) and not np.isnan(before[expected]))
