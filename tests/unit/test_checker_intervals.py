"""Interval arithmetic over printed numbers, against hand-made cases."""

from __future__ import annotations

from decimal import Decimal

import pytest

from qinggong.publish.checker.intervals import Interval, decimals_of, exactly, rounded, shown


def interval(low: str, high: str) -> Interval:
    return Interval(Decimal(low), Decimal(high))


def test_a_printed_number_stands_for_half_a_unit_to_each_side() -> None:
    assert rounded(Decimal("6.04"), "6.04") == interval("6.035", "6.045")
    assert rounded(Decimal("-0.1"), "0.1") == interval("-0.15", "-0.05")
    assert rounded(Decimal(24), "24", factor=10_000) == interval("235000", "245000")
    assert rounded(Decimal("5.34"), "5.34", slack=Decimal(1)) == interval("5.33", "5.35")


def test_sums_products_quotients() -> None:
    one, two = interval("1", "2"), interval("-3", "4")
    assert one + two == interval("-2", "6")
    assert one - two == interval("-3", "5")
    assert one.times(two) == interval("-6", "8")
    assert two.over(one) == interval("-3", "4")
    assert one.scaled(-2) == interval("-4", "-2")
    with pytest.raises(ZeroDivisionError):
        one.over(two)


def test_published_margin_follows_from_level_and_profit() -> None:
    # 2022 January–August: 9177.6 of 15.2 trillion is 6.04 per cent
    margin = rounded(Decimal("9177.6"), "9177.6").over(rounded(Decimal("15.2"), "15.2", factor=10_000)).scaled(100)
    assert margin.meets(rounded(Decimal("6.04"), "6.04"))
    assert not margin.meets(rounded(Decimal("6.14"), "6.14"))


def test_touching_ends_meet() -> None:
    assert interval("1", "2").meets(interval("2", "3"))
    assert not interval("1", "2").meets(interval("2.01", "3"))
    assert exactly(3) == interval("3", "3")
    assert interval("1", "2").middle == Decimal("1.5")


@pytest.mark.parametrize(
    ("value", "places", "text"), [("-0.04", 1, "0.0"), ("1.05", 1, "1.1"), ("-1.25", 2, "-1.25"), ("3", 0, "3")]
)
def test_shown(value: str, places: int, text: str) -> None:
    assert shown(Decimal(value), places) == text
    assert decimals_of(text) == places
