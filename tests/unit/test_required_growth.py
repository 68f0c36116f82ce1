"""Required growth: worked by hand, and the refusals."""

from __future__ import annotations

import pytest

from qinggong.methods import required_growth as need
from qinggong.methods.growth import Interval


def test_two_years_at_four_percent_after_1_8() -> None:
    assert need.of_mean(4, 2, [1.8]) == pytest.approx((1.04**2 / 1.018 - 1) * 100)
    assert round(need.of_mean(4, 2, [1.8]), 1) == 6.2
    assert need.of_mean(4, 2, []) == pytest.approx(4)


def test_by_hand() -> None:
    # Eight months were 60 of 100 in the base year and grew by 2 %: 61.2. A year at 4 % is 104, so 42.8 after 40: +7 %.
    assert need.of_bases(4, 2, 60, 100) == pytest.approx(7)
    assert need.of_share(4, 2, 0.6) == pytest.approx(7)
    # A level of 105 needs 43.8 after 40: +9.5 %.
    assert need.of_level(105, 61.2, 60, 100) == pytest.approx(9.5)
    assert need.level_by_share(105, 61.2, 2, 0.6) == pytest.approx(9.5)


def test_a_share_of_nothing_asks_for_the_target() -> None:
    assert need.of_share(6.2, 0, 0) == pytest.approx(6.2)


def test_rounding_is_carried_through() -> None:
    found = need.bounds(need.of_share, 4.0, Interval(1.95, 2.05), Interval(0.59, 0.61))
    assert found.low == pytest.approx(need.of_share(4, 2.05, 0.59))
    assert found.high == pytest.approx(need.of_share(4, 1.95, 0.61))
    assert found.low < 7 < found.high


def test_one_rate_for_this_year_and_the_next() -> None:
    g = need.of_mean_evenly(4, 2, [], 0.4, 0.48) / 100
    assert (1 + 0.48 * 0.004 + 0.52 * g) * (1 + g) == pytest.approx(1.04**2)
    assert need.of_mean_evenly(4, 2, [1.8], 4.8, 0.9) == pytest.approx(
        need.of_share(need.of_mean(4, 2, [1.8]), 4.8, 0.9)
    )


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        (need.of_share, (4, 2, 1.0)), (need.of_share, (4, 2, -0.1)), (need.of_bases, (4, 2, 100, 100)),
        (need.of_level, (4, 2, 120, 100)), (need.level_by_share, (25, 20, -100, 0.9)),
        (need.level_by_share, (25, 20, 1, 0)),
        (need.of_mean, (4, 2, [1.8, 4.0])), (need.of_mean, (4, 2, [-100.0])),
        (need.of_mean_evenly, (4, 1, [3.0], 2, 0.5)),
        (need.of_mean_evenly, (4, 2, [], 2, 1.0)), (need.mean_growth, ([],)),
    ],
)  # fmt: skip
def test_without_a_base_nothing_is_said(call: object, arguments: tuple[object, ...]) -> None:
    assert callable(call)
    with pytest.raises(ValueError, match=r"\w"):
        call(*arguments)
