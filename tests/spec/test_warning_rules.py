"""When a warning fires, and when it does not. The tables are the manual of the warning rules.

A line of figures is growth on the year in percent, one observation a month (1—2月 is one), the last one is judged;
``?`` is not known. Beside it stands what the rule says: 预警 with its severity, 不预警, or 无法判断.
"""

from __future__ import annotations

import pytest

from qinggong.rules import bundled_packs
from qinggong.rules.compile import compile_pack
from qinggong.rules.evaluate import evaluated
from qinggong.rules.records import typed

WORDS = {1: "预警", -1: "不预警", 0: "无法判断"}
MONTHS = ["2024-02", *(f"2024-{n:02d}" for n in range(3, 13)), "2025-02", "2025-03"]


def judged(pack: str, condition: str, **columns: str) -> str:
    """What a condition says of the last of some observations; a single value stands for all of them."""
    cells = {name: [None if c == "?" else float(c) for c in text.split()] for name, text in columns.items()}
    rows = max(len(c) for c in cells.values())
    records: dict[str, list[object]] = {name: list(c if len(c) == rows else c * rows) for name, c in cells.items()}
    records |= {"时期": list(MONTHS[:rows]), "行业": ["甲"] * rows, "区域": ["全国"] * rows}
    file = next(f for f in bundled_packs() if f.pack.id == pack)
    done = evaluated(compile_pack(file, at=file.pack.valid_from), typed(records, file.pack))
    return WORDS[int(done.conditions[condition][-1])]


# 下降: growth below zero. Zero is no fall, and one month above zero begins anew.
@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ("-0.1 -0.1 -0.1", "预警"),
        ("-5 -5 0", "不预警"),
        ("-5 2 -5", "不预警"),
        ("-5 ? -5", "无法判断"),
        ("-5 ? 1", "不预警"),
    ],
)
def test_three_falls_in_a_row(figures: str, says: str) -> None:
    assert (
        judged("warning_sign", "production_fall_3", production=figures, production_two="1", production_two_change="-2")
        == says
    )


# The base: last year was high, and over two years growth is what it was. Then it is no warning, unless it is below
# zero too.
@pytest.mark.parametrize(
    ("two_years", "change", "says"),
    [
        ("3", "0", "不预警"),
        ("3", "-0.5", "不预警"),
        ("3", "-0.6", "预警"),
        ("-0.1", "0", "预警"),
        ("?", "?", "无法判断"),
        ("3", "?", "无法判断"),
    ],
)
def test_the_base_effect(two_years: str, change: str, says: str) -> None:
    assert (
        judged(
            "warning_sign",
            "production_fall_3",
            production="-2 -2 -2",
            production_two=two_years,
            production_two_change=change,
        )
        == says
    )


# 回落: growth lower than the period before; it may still be above zero.
@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ("9 8 7 6", "预警"),
        ("9 8 7 6.1", "不预警"),
        ("9 8 8 5", "不预警"),
        ("1 0 -1 -2", "预警"),
        ("9 ? 7 5", "无法判断"),
    ],
)
def test_growth_falls_back_three_times_and_three_points(figures: str, says: str) -> None:
    assert (
        judged("warning_speed", "production_slow", production=figures, production_two="3", production_two_change="-2")
        == says
    )


# 增收不增利: revenue grows and profits fall, three times. What is not known of one side is not decided by the other.
@pytest.mark.parametrize(
    ("revenue", "profit", "says"),
    [
        ("1 1 1", "-1 -1 -1", "预警"),
        ("0 1 1", "-1 -1 -1", "不预警"),
        ("1 1 1", "-1 ? -1", "无法判断"),
        ("1 1 -1", "? ? ?", "不预警"),
    ],
)
def test_revenue_without_profit(revenue: str, profit: str, says: str) -> None:
    assert judged("warning_divergence", "revenue_without_profit", revenue=revenue, profit=profit) == says


# 非理性价格竞争的苗头: more is made, prices fall, and profits grow less than revenue.
@pytest.mark.parametrize(
    ("production", "price", "profit", "says"),
    [
        ("4", "-2", "1", "预警"),
        ("4", "0", "1", "不预警"),
        ("-1", "-2", "1", "不预警"),
        ("4", "-2", "6", "不预警"),
        ("4", "?", "1", "无法判断"),
    ],
)
def test_price_competition(production: str, price: str, profit: str, says: str) -> None:
    three = {name: " ".join([value] * 3) for name, value in (("production", production), ("price", price))}
    assert judged("warning_divergence", "price_competition", profit=profit, revenue="3", **three) == says


# 出口与内销背离, 存货与应收账款: both sides are needed.
def test_the_other_divergences() -> None:
    assert judged("warning_divergence", "export_home", export="-6 -6 -6", production="3 3 3") == "预警"
    assert judged("warning_divergence", "export_home", export="-6 -6 -6", production="2 2 2") == "不预警", (
        "eight points are not more than eight"
    )
    assert judged("warning_divergence", "stocks", goods="9 9", receivables="9 9", revenue="3 3") == "预警"
    assert judged("warning_divergence", "stocks", goods="9 9", receivables="? ?", revenue="3 3") == "无法判断"
    assert judged("warning_divergence", "stocks", goods="3 3", receivables="? ?", revenue="3 3") == "不预警"


# The light: a step down counts when it ends in 渐冷 (1) or 过冷 (0).
@pytest.mark.parametrize(
    ("zones", "says"), [("2 1", "预警"), ("3 2", "不预警"), ("1 1", "不预警"), ("? 1", "无法判断")]
)
def test_the_zone_falls(zones: str, says: str) -> None:
    assert judged("warning_level", "zone_down", zone=zones) == says


# The forecast crosses zero only from above.
@pytest.mark.parametrize(
    ("latest", "chance", "says"),
    [("2", "50", "预警"), ("2", "49", "不预警"), ("-1", "90", "不预警"), ("2", "?", "无法判断")],
)
def test_the_forecast_crosses_zero(latest: str, chance: str, says: str) -> None:
    assert judged("warning_forecast", "forecast_below", latest=latest, chance_below=chance) == says


def test_breadth_targets_concentration_and_quality() -> None:
    assert judged("warning_breadth", "production_breadth", falling_share="50") == "预警"
    assert judged("warning_breadth", "production_breadth_rise", falling_share="10 20 20 35") == "预警"
    assert judged("warning_target", "target_at_risk", target_chance="50") == "不预警"
    assert judged("warning_concentration", "one_product", top_share="50") == "预警"
    assert judged("warning_quality", "figures_late", late="1", doubtful="0") == "预警"
    assert judged("warning_quality", "figures_late", doubtful="0", late="?") == "无法判断"
