"""The words of official releases and the rule behind each of them."""

from __future__ import annotations

import pytest

from qinggong.monitor.facts import Fact, Lineage, Movement, NextRelease, fixed, multiple
from qinggong.periods import Period, month, previous_month, previous_ytd, ytd
from qinggong.publish.language import speaking
from qinggong.publish.narrative import (
    Candidate,
    before_name,
    change_clause,
    chosen,
    details,
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
    [
        ("5.0", "同比增长5.0%"),
        ("-2.0", "同比下降2.0%"),
        ("0.0", "与上年同期持平"),
        ("336.7", "同比增长3.37倍"),
        ("99.9", "同比增长99.9%"),
        ("100.0", "同比增长1倍"),
    ],
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
        ("12.0", "5.0", "增速比7月份大幅加快7.0个百分点"),
        ("-9.0", "-4.0", "降幅比7月份大幅扩大5.0个百分点"),
        ("9.9", "5.0", "增速比7月份加快4.9个百分点"),
        ("150.0", "5.0", ""),
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


# ------------------------------------------------------------------------------------------------- what stands out


def computed(text: str, unit: str, value: float | None = None, label: str = "") -> Fact:
    lineage = Lineage(("industry/13/nbs/CN/value_added/yoy/published/month/%@2022-05",))
    return Fact(f"c/{text}/{label}", label, float(text) if value is None else value, text, unit, month(2024, 8),
                "computed", lineage)  # fmt: skip


def test_of_a_figure_the_best_few_are_told_in_their_order() -> None:
    m = movement(
        "5.0", "6.3", gap=fact("0.4", "百分点"), run=computed("28", "个月"), streak=computed("4", "个月", -4.0),
        record=computed("4.9", "%", label="增速为2022年5月份以来最低"), season=computed("3", "年", 3.0, "season"),
    )  # fmt: skip
    assert [text(list(c)) for c in details(m)] == ["连续28个月增长", "增速已连续4个月回落", "为2022年5月份以来最低"]
    far = movement("5.0", "6.3", gap=fact("14.0", "百分点"), run=computed("3", "个月"))
    assert [text(list(c)) for c in details(far)] == ["连续3个月增长", "高于全国工业14.0个百分点"]


def test_a_record_and_a_season_never_stand_together() -> None:
    long = computed("9", "年", -9.0, "season")
    record = computed("4.9", "%", label="增速为2022年5月份以来最低")
    assert [text(list(c)) for c in details(movement("5.0", "6.3", record=record, season=long))] == ["为近9年同期最低"]
    short = computed("3", "年", -3.0, "season")
    said = details(movement("5.0", "6.3", record=record, season=short))
    assert [text(list(c)) for c in said] == ["为2022年5月份以来最低"]


def test_what_is_withheld_is_not_told() -> None:
    held = Fact("h", "", None, "", "个月", month(2024, 8), "withheld", Lineage(()), "起点不明")
    assert details(movement("5.0", "6.3", run=held, streak=held, record=held)) == []


def test_candidates_without_words_never_compete() -> None:
    many = [Candidate("gap", n, (f"{n}",)) for n in range(1, 6)] + [Candidate("record", 0, ())]
    assert chosen(many, limit="details") == [["5"], ["4"], ["3"]]


def test_a_mark_stands_beside_the_exact_level() -> None:
    m = movement("5.0", level=fact("25.1", "万亿元"), mark=computed("25", "万亿元"), mark_word="passed")
    assert text(headline(m)).startswith("农副食品加工业增加值25.1万亿元（突破25万亿元），同比增长5.0%")
    assert "突破" not in text(headline(m, detailed=False))


def test_a_comparison_over_a_gap_names_its_period() -> None:
    at = ytd(2024, 6)
    m = movement("5.3", period=at, sequence="ytd", since=ytd(2024, 4), since_growth=fact("5.9", period=ytd(2024, 4)),
                 since_change=fact("-0.6", "百分点", at))  # fmt: skip
    assert text(change_clause(m)) == "增速比1—4月回落0.6个百分点"
    m = movement("5.3", period=at, sequence="ytd", since=ytd(2023, 12), since_growth=fact("9.9", period=ytd(2023, 12)),
                 since_change=fact("-4.6", "百分点", at))  # fmt: skip
    assert text(change_clause(m)) == "增速比2023年全年回落4.6个百分点"


# ------------------------------------------------------------------------------------------------------- English


@pytest.mark.parametrize(
    ("now", "before", "said"),
    [
        ("5.0", "6.3", "rose by 5.0% year on year, slowing by 1.3 percentage points from July"),
        ("-3.0", "-2.3", "fell by 3.0% year on year, the decline widening by 0.7 percentage points from July"),
        ("1.0", "-2.0", "rose by 1.0% year on year, turning from decline to growth (down 2.0% in July)"),
        ("12.0", "5.0", "rose by 12.0% year on year, accelerating sharply by 7.0 percentage points from July"),
        ("336.7", "", "rose by 3.37 times year on year"),
        ("0.0", "", "was level with the same period of the year before"),
    ],
)
def test_the_same_facts_in_english(now: str, before: str, said: str) -> None:
    m = movement(now, before)
    with speaking("en"):
        english = headline(m)
        assert text(english) == f"value added of agricultural and sideline food processing {said}"
    chinese = headline(m)
    assert {n.fact_id for n in english if not isinstance(n, str)} == {
        n.fact_id for n in chinese if not isinstance(n, str)
    }


def test_one_point_is_singular() -> None:
    with speaking("en"):
        assert text(gap_clause(movement("1.0", gap=fact("-1", "百分点")))) == "1 percentage point below all industry"


def test_the_language_ends_with_its_block() -> None:
    with speaking("en"):
        pass
    assert text(growth_clause(movement("5.0"))) == "同比增长5.0%"
    with pytest.raises(ValueError, match="fr"), speaking("fr"):  # type: ignore[arg-type]
        pass
