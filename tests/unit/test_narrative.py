"""The words of official releases and the rule behind each of them."""

from __future__ import annotations

import pytest

from qinggong.monitor.facts import Fact, Lineage, Movement, NextRelease, fixed, multiple
from qinggong.periods import Period, month, previous_month, previous_ytd, ytd
from qinggong.publish.narrative import (
    before_name,
    change_clause,
    following_sentence,
    gap_clause,
    growth_clause,
    headline,
    join,
    run_clause,
)


def fact(text: str, unit: str = "%", period: Period | None = None) -> Fact:
    return Fact(f"f/{text}/{unit}", "", float(text), text, unit, period or month(2024, 8), "published", Lineage(()))


def movement(
    now: str, before: str = "", *, period: Period | None = None, sequence: str = "month", **more: object
) -> Movement:
    at = period or month(2024, 8)
    previous = previous_ytd(at) if sequence == "ytd" else previous_month(at)
    change = None
    if before:
        change = fact(fixed(float(now) - float(before), 1), "百分点", at)
    return Movement(
        "industry:13@nbs", "农副食品加工业", "", "nbs", "value_added", "增加值", sequence, at, previous,  # type: ignore[arg-type]
        growth=fact(now, period=at), previous_growth=fact(before, period=previous) if before else None, change=change,
        **more,  # type: ignore[arg-type]
    )  # fmt: skip


def text(inlines: list[object]) -> str:
    return "".join(part if isinstance(part, str) else part.text for part in inlines)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("growth", "said"),
    [("5.0", "同比增长5.0%"), ("-2.0", "同比下降2.0%"), ("0.0", "与上年同期持平"), ("336.7", "同比增长336.7%")],
)
def test_growth(growth: str, said: str) -> None:
    assert text(growth_clause(movement(growth))) == said


def test_the_second_mention_drops_tongbi() -> None:
    assert text(growth_clause(movement("5.0"), first=False)) == "增长5.0%"


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ("5.0", "6.3", "增速比7月份回落1.3个百分点"),
        ("6.3", "5.0", "增速比7月份加快1.3个百分点"),
        ("5.0", "5.0", "增速与7月份持平"),
        ("-3.0", "-2.3", "降幅比7月份扩大0.7个百分点"),
        ("-2.3", "-3.0", "降幅比7月份收窄0.7个百分点"),
        ("-2.3", "-2.3", "降幅与7月份相同"),
        ("1.0", "-2.0", "增速由负转正（7月份为下降2.0%）"),
        ("-1.0", "2.0", "增速由正转负（7月份为增长2.0%）"),
        ("0.0", "-2.0", "由降转平（7月份为下降2.0%）"),
    ],
)
def test_change_of_growth(now: str, before: str, said: str) -> None:
    assert text(change_clause(movement(now, before))) == said


@pytest.mark.parametrize(
    ("period", "sequence", "said"),
    [
        (month(2024, 8), "month", "7月份"),
        (month(2024, 3), "month", "1—2月"),
        (ytd(2024, 2), "month", "上年12月份"),
        (ytd(2024, 2), "ytd", "上年全年"),
        (ytd(2024, 8), "ytd", "1—7月"),
        (ytd(2024, 7), "ytd", "1—6月"),
    ],
)
def test_what_a_rate_is_compared_with(period: Period, sequence: str, said: str) -> None:
    assert before_name(movement("1.0", period=period, sequence=sequence)) == said


def test_gap_and_run_and_a_withheld_run() -> None:
    assert (
        text(gap_clause(movement("1.0", gap=fact("-3.5", "百分点")), against="全国工业")) == "低于全国工业3.5个百分点"
    )
    assert text(run_clause(movement("1.0", run=fact("28", "个月")))) == "连续28个月增长"
    held = Fact("r", "", None, "", "个月", month(2024, 8), "withheld", Lineage(()), "7月份没有收录")
    assert run_clause(movement("1.0", run=held)) == []


def test_a_headline_says_level_growth_and_change_in_this_order() -> None:
    said = headline(movement("5.0", "6.3", level=fact("19.37", "万亿元"), gap=fact("0.4", "百分点")))
    assert (
        text(said)
        == "农副食品加工业增加值19.37万亿元，同比增长5.0%，增速比7月份回落1.3个百分点，高于全国工业0.4个百分点"
    )


def test_joining_leaves_empty_clauses_out() -> None:
    assert text(join([["甲"], [], ["乙"]], "，")) == "甲，乙"


@pytest.mark.parametrize(
    ("date", "announced", "period", "said"),
    [
        ("2024-09-27", True, ytd(2024, 8), "1—8月利润数据将于9月27日发布"),
        ("2024-09-27", False, ytd(2024, 8), "1—8月利润数据按惯例将于9月27日前后发布"),
        ("2024-09-10", True, ytd(2024, 8), "1—8月利润数据按发布日程已于9月10日发布，本库尚未收录"),
        ("2024-09-10", True, ytd(2024, 9), "前三季度利润数据的发布日期为9月10日"),
        ("2025-01-27", True, ytd(2024, 12), "全年利润数据将于2025年1月27日发布"),
    ],
)
def test_the_next_release(date: str, announced: bool, period: Period, said: str) -> None:
    following = NextRelease(period, "利润", "国家统计局", date, announced)
    assert following_sentence(following, reference="2024-09-20", beside=month(2024, 8)) == said


@pytest.mark.parametrize(
    ("value", "decimals", "printed"),
    [
        (72.527, 1, "72.5"),
        (63.736, 1, "63.7"),
        (57.608, 1, "57.6"),
        (0.05, 1, "0.1"),
        (-0.04, 1, "0.0"),
        (2.675, 2, "2.68"),
    ],
)
def test_rounding_half_up_without_negative_zero(value: float, decimals: int, printed: str) -> None:
    assert fixed(value, decimals) == printed


def test_multiples() -> None:
    assert multiple(179) == "1.79"
    assert multiple(105) == "1.05"
    assert "1.05" in fact("105").forms()
