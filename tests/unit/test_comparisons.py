"""Ranking, breadth and contributions on made-up figures (synthetic): stated when complete, withheld when not."""

from __future__ import annotations

import datetime as dt

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.bulletins import ComparisonPlan
from qinggong.monitor.comparisons import compare
from qinggong.monitor.facts import Comparison, FactBook
from qinggong.monitor.movements import Desk, movement, observed
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot, winners

AUGUST = month(2024, 8)
DIVISIONS = ("13", "14", "15", "19", "21", "22", "24")
PLAN = ComparisonPlan(
    key="divisions", title="有关行业增加值增速", indicator="增加值", sequence="month", group="whole_divisions",
    benchmark="规模以上工业", also=("金属制品业",),
)  # fmt: skip


def observation(
    code: str, printed: str, period: Period, *, indicator: str = "value_added", measure: str = "yoy", unit: str = "%",
    kind: str = "industry",
) -> Observation:  # fmt: skip
    series = SeriesKey(kind, code, "nbs", "CN", indicator, measure, "published", period.kind, unit)
    day = dt.date(2024, 9, 14)
    return Observation(
        series, period, float(printed), printed, unit, "published", day, "stated",
        dt.datetime(2024, 9, 15, tzinfo=dt.UTC),
        "国家统计局", "synthetic", "0" * 64, 1, "合成数据，仅供测试", "",
    )  # fmt: skip


def desk(*rows: Observation) -> Desk:
    return Desk(Snapshot(tuple(winners(rows)), None, None, 0), load_catalogue(), FactBook())


def compared(*rows: Observation, plan: ComparisonPlan = PLAN, at: Period = AUGUST) -> Comparison:
    found = compare(desk(*rows), plan, wanted=at, candidates=[at], anchor=at)
    assert found is not None
    return found


def all_divisions(period: Period, rates: tuple[str, ...]) -> list[Observation]:
    return [observation(code, rate, period) for code, rate in zip(DIVISIONS, rates, strict=True)]


NOW = ("5.0", "-1.0", "3.0", "3.0", "0.0", "7.5", "2.0")
BEFORE = ("1.0", "1.0", "1.0", "-1.0", "-2.0", "7.0", "2.0")


def test_a_complete_group_is_ranked_and_counted() -> None:
    found = compared(
        observation("BCD", "4.5", month(2024, 8)), *all_divisions(month(2024, 8), NOW),
        *all_divisions(month(2024, 7), BEFORE), observation("33", "99.0", month(2024, 8)),
    )  # fmt: skip
    assert found.complete
    assert found.fastest is not None and found.fastest.text == "7.5"
    assert found.slowest is not None and found.slowest.text == "-1.0"
    assert [f.text for f in found.ranks] == ["1", "2", "3", "3", "5", "6", "7"]  # a tie shares its place
    assert found.growing is not None and found.growing.text == "5"  # 持平 does not grow
    assert found.growing_before is not None and found.growing_before.text == "5"
    assert [m.name for m in found.also if m.present] == ["金属制品业"]  # partly light industry: shown, not counted
    gaps = {m.subject_key: m.gap.text for m in found.members if m.gap}
    assert gaps["industry:22@nbs"] == "3.0"


def test_one_missing_member_withholds_ranking_and_breadth() -> None:
    found = compared(*all_divisions(month(2024, 8), NOW)[:-1], *all_divisions(month(2024, 7), BEFORE))
    assert not found.complete
    assert found.counted is not None and found.counted.text == "6"
    assert found.expected is not None and found.expected.text == "7"
    assert found.fastest is None
    assert [f.status for f in found.ranks] == ["withheld"]
    assert found.growing is not None and not found.growing.stated
    assert "7个成员中本期收录6个" in found.growing.reason
    assert found.missing == ("文教、工美、体育和娱乐用品制造业",)


def test_breadth_needs_the_same_members_in_the_period_before() -> None:
    found = compared(*all_divisions(month(2024, 8), NOW), *all_divisions(month(2024, 7), BEFORE)[1:])
    assert found.complete
    assert found.growing is not None and not found.growing.stated
    assert "上期收录6个" in found.growing.reason


def test_contribution_and_share_from_levels_and_comparable_growth() -> None:
    plan = ComparisonPlan(
        key="profit", title="利润", indicator="利润总额", sequence="ytd", group="whole_divisions",
        benchmark="规模以上工业", contributions=True,
    )  # fmt: skip
    at = ytd(2024, 8)
    rows = [
        observation("BCD", "1050.0", at, indicator="profit", measure="level", unit="亿元"),
        observation("BCD", "5.0", at, indicator="profit"),
        observation("13", "110.0", at, indicator="profit", measure="level", unit="亿元"),
        observation("13", "10.0", at, indicator="profit"),
    ]
    found = compared(*rows, plan=plan, at=at)
    (first, *_) = found.members
    assert first.contribution is not None and first.contribution.text == "1.0"
    assert first.contribution.status == "computed" and "测算" in first.contribution.label
    assert first.share is not None and first.share.text == "10.5"


def test_value_added_is_weighted_by_last_years_revenue_and_says_so() -> None:
    rows = [
        observation("BCD", "5.0", month(2024, 8)), observation("13", "10.0", month(2024, 8)),
        observation("BCD", "1000.0", ytd(2023, 12), indicator="revenue", measure="level", unit="亿元"),
        observation("13", "50.0", ytd(2023, 12), indicator="revenue", measure="level", unit="亿元"),
    ]  # fmt: skip
    found = compared(*rows)
    (first, *_) = found.members
    assert first.contribution is not None and first.contribution.text == "0.5"
    assert "revenue share of 2023" in first.contribution.lineage.method
    assert "营业收入" in found.contribution_note and "测算" in found.contribution_note


def test_the_two_kinds_of_rates_are_never_compared() -> None:
    """1—2月: the single-month rate is held against December, the cumulative one against last year's full year."""
    at = ytd(2024, 2)
    rows = [
        observation("13", "3.0", at), observation("13", "1.0", month(2023, 12)),
        observation("13", "2.5", ytd(2023, 12)),
    ]  # fmt: skip
    here = desk(*rows)
    subject, indicator = (
        here.catalogue.subject("农副食品加工业", indicator="增加值"),
        here.catalogue.indicator("增加值"),
    )
    single = movement(here, subject, indicator, sequence="month", period=at)
    cumulative = movement(here, subject, indicator, sequence="ytd", period=at)
    assert single.change is not None and single.change.text == "2.0"
    assert cumulative.change is not None and cumulative.change.text == "0.5"


def test_a_gap_between_two_periods_is_an_error() -> None:
    here = desk(observation("13", "3.0", month(2024, 8)), observation("BCD", "1.0", month(2024, 7)))
    indicator = here.catalogue.indicator("增加值")
    whole = movement(
        here,
        here.catalogue.subject("规模以上工业", indicator="增加值"),
        indicator,
        sequence="month",
        period=month(2024, 7),
    )
    with pytest.raises(ValueError, match="one period"):
        movement(
            here, here.catalogue.subject("农副食品加工业", indicator="增加值"), indicator, sequence="month",
            period=month(2024, 8), benchmark=whole,
        )  # fmt: skip


def test_runs_need_every_month() -> None:
    periods = [month(2023, 11), month(2023, 12), ytd(2024, 2), month(2024, 3), month(2024, 4)]
    rates = ["-0.5", "1.0", "2.0", "1.0", "3.0"]
    rows = [observation("13", r, p) for r, p in zip(rates, periods, strict=True)]
    for missing, said in ((None, "5"), (2, ""), (0, "")):
        here = desk(*(r for i, r in enumerate(rows) if i != missing))
        indicator = here.catalogue.indicator("增加值")
        subject = here.catalogue.subject("农副食品加工业", indicator="增加值")
        assert observed(here, subject, indicator, measure="yoy", sequence="month", period=month(2024, 4)) is not None
        found = movement(here, subject, indicator, sequence="month", period=month(2024, 4), history=True)
        assert found.run is not None
        assert found.run.text == said
        assert found.run.stated == bool(said)
        if not said:
            assert "没有收录" in found.run.reason
