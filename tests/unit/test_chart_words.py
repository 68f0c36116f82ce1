"""What charts say of themselves: trend, newest value, extremes, from the numbers drawn."""

from __future__ import annotations

import pytest

from qinggong.publish.chart_words import (
    bars_words,
    clock_words,
    fan_words,
    figure_text,
    lights_words,
    line_words,
    panels_words,
    steps_words,
)
from qinggong.publish.document import Figure

MONTHS = ["2024-05", "2024-06", "2024-07", "2024-08"]


def test_a_line_tells_newest_change_run_and_extremes() -> None:
    assert line_words("家具", MONTHS, [1.0, 2.5, 3.0, 4.2], unit="%") == (
        "家具2024-08为4.2%，比2024-07上升1.2个百分点，连续3期上升；最高4.2%（2024-08），最低1.0%（2024-05）"
    )
    assert "比2024-07下降0.25点" in line_words("指数", MONTHS, [1.0, 2.0, 3.0, 2.75], unit="点")
    assert "与2024-07持平" in line_words("指数", MONTHS, [1.0, 2.0, 3.0, 3.0], unit="点")
    assert line_words("指数", MONTHS, [3.0] * 4, unit="点").endswith("持平，各期相同")


def test_gaps_and_single_values_are_told_as_such() -> None:
    assert line_words("家具", MONTHS, [None] * 4, unit="%") == "家具没有数值"
    assert line_words("家具", MONTHS, [None, 2.0, None, None], unit="%") == "家具2024-06为2.0%"
    # the change is against the value before, which is named, not against a month without one
    assert "比2024-05上升3.0个百分点" in line_words("家具", MONTHS, [1.0, None, 4.0, None], unit="%")


def test_the_newest_value_is_told_as_printed() -> None:
    assert "为101.25点" in line_words("指数", MONTHS, [1.0, 2.0, 3.0, 101.249], unit="点", newest="101.25")


@pytest.mark.parametrize(
    ("value", "text"), [(5.0, "5.0"), (12.45, "12.45"), (-0.04, "-0.04"), (-0.001, "0.0"), (1234567.0, "1,234,567.0")]
)
def test_numbers_keep_their_digits(value: float, text: str) -> None:
    assert figure_text(value) == text


def test_bars_are_counted_and_their_ends_named() -> None:
    names = [f"业{n}" for n in range(9)]
    values = [float(n - 3) for n in range(8)]
    told = bars_words(names, [*values, None], [f"{v:.1f}" for v in values] + ["—"], unit="%", reference=("全国", 2.0))
    assert "共9项，高于0的4项、低于0的3项，1项没有数值" in told
    assert "最高的是业7 4.0%".replace(" ", "") in told and told.endswith("高于全国（2.0%）的有2项。")
    assert bars_words(["甲"], [None], ["—"], unit="%") == "条形图，共1项，没有数值。"


def test_lights_tell_the_newest_zones_and_who_moved() -> None:
    told = lights_words(MONTHS[:2], [("甲", [1, 2]), ("乙", [2, 2]), ("丙", [2, -1])], ["冷", "稳", "热"])
    assert "热2个（甲、乙）；没有指数1个（丙）" in told and "甲由稳转为热" in told and "乙由" not in told
    assert "灯号与上一期相同" in lights_words(MONTHS[:2], [("乙", [2, 2])], ["冷", "稳", "热"])


def test_clock_fan_panels_and_steps() -> None:
    phases = ("上升", "放缓", "收缩", "复苏")
    told = clock_words([("甲", 1.0, 1.0), ("乙", -1.0, 1.0), ("丙", -1.0, -1.0), ("丁", 1.0, -1.0)], phases)
    assert told == "周期钟，共4个点：上升1个（甲）；放缓1个（乙）；收缩1个（丙）；复苏1个（丁）。"
    band = ("八成区间", [None, None, 1.0, 0.5], [None, None, 3.0, 4.5])
    told = fan_words(MONTHS, [5.0, 4.0, None, None], [None, None, 2.0, 2.5], [band], unit="%")
    assert "已公布至2024-06，为4.0%；2024-07预测2.0%，八成区间1.0至3.0%；2024-08预测2.5%，八成区间0.5至4.5%" in told
    told = panels_words(MONTHS[:2], [("甲", [1.0, 2.0], "2.0"), ("乙", [3.0, 1.0], "1.0")], unit="%")
    assert "上升的1个、下降的1个；最新值：甲2.0%、乙1.0%" in told
    told = steps_words([("甲", 2.0, "2.0"), ("乙", -0.5, "-0.5")], ("合计", 1.5, "1.5"), unit="点")
    assert told == "瀑布图：合计1.5点；拉高的有甲2.0点；拉低的有乙0.5点。"


def test_a_figure_says_its_own_text_and_then_the_charts() -> None:
    spec = {"description": "折线图，…。"}
    assert Figure("图1-1", "增速", spec).spoken == "增速。折线图，…。"
    assert Figure("图1-1", "增速", spec, alt="先说的话。").spoken == "先说的话。折线图，…。"
    assert Figure("图1-1", "增速", {}, alt="先说的话").spoken == "先说的话"
