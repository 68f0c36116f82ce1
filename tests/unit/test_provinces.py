"""Contributions within a province from made-up figures (synthetic): computed by hand, and withheld where unknown."""

from __future__ import annotations

import datetime as dt

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.monitor.facts import FactBook, ProvinceGrowth
from qinggong.monitor.movements import Desk
from qinggong.monitor.provinces import province_growth, whole_series
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot

AT = month(2025, 8)


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def row(code: str, indicator: str, measure: str, period: Period, printed: str, region: str = "44") -> Observation:
    unit = "%" if measure == "yoy" else "亿元"
    series = SeriesKey("industry", code, "nbs", region, indicator, measure, "published", period.kind, unit)
    return Observation(
        series, period, float(printed), printed, unit, "published", dt.date(2025, 9, 20), "stated",
        dt.datetime(2025, 9, 21, tzinfo=dt.UTC), "合成数据（广东省统计局）", "synthetic", "0" * 64, 1, "合成数据，仅供测试", "",
    )  # fmt: skip


def figures() -> list[Observation]:
    now, year = ytd(2025, 8), ytd(2024, 12)
    return [
        row("BCD", "revenue", "level", year, "10000.0"), row("13", "revenue", "level", year, "800.0"),
        row("21", "revenue", "level", year, "200.0"), row("BCD", "value_added", "yoy", now, "4.0"),
        row("13", "value_added", "yoy", now, "5.0"), row("21", "value_added", "yoy", now, "-7.5"),
        row("BCD", "revenue", "level", now, "7350.0"), row("BCD", "revenue", "yoy", now, "5.0"),
        row("13", "revenue", "level", now, "630.0"), row("13", "revenue", "yoy", now, "12.5"),
    ]  # fmt: skip


def told(catalogue: Catalogue, rows: list[Observation], *, at: Period = AT) -> tuple[ProvinceGrowth, ...]:
    book = FactBook()
    divisions = [catalogue.subject_by_key("industry", code, "nbs") for code in ("13", "14", "21")]
    found = province_growth(Desk(Snapshot(tuple(rows), None, None, 0), catalogue, book), divisions, at=at)
    assert not len(book)
    return found


def test_value_added_is_weighted_with_the_revenue_of_the_year_before(catalogue: Catalogue) -> None:
    one = told(catalogue, figures())[0]
    assert (one.region, one.name, one.indicator, one.growth) == ("44", "广东省", "value_added", 4.0)
    assert one.period == ytd(2025, 8)
    assert one.publisher == "合成数据（广东省统计局）" and "2024" in one.method
    # 8 % × 5 % and 2 % × −7.5 %
    assert [(p.subject_key, p.contribution_text, p.share_text) for p in one.parts] == [
        ("industry:13@nbs", "0.40", "8.00"), ("industry:21@nbs", "-0.15", "2.00"),
    ]  # fmt: skip


def test_revenue_is_compared_on_its_own_base(catalogue: Catalogue) -> None:
    one = told(catalogue, figures())[1]
    # 630 / 1.125 = 560 and 7350 / 1.05 = 7000: 70 of 7000
    assert [(p.name, p.contribution_text, p.growth) for p in one.parts] == [("农副食品加工业", "1.00", 12.5)]
    assert one.parts[0].share_text == "8.57"


def test_a_province_without_its_total_is_left_out(catalogue: Catalogue) -> None:
    rows = [o for o in figures() if o.series.subject != "BCD"]
    assert told(catalogue, rows) == ()
    assert told(catalogue, [row("13", "value_added", "yoy", ytd(2025, 8), "5.0", region="CN")]) == ()


def test_figures_a_little_old_are_told_with_their_period_and_older_ones_not(catalogue: Catalogue) -> None:
    assert {one.period for one in told(catalogue, figures(), at=month(2025, 10))} == {ytd(2025, 8)}
    assert told(catalogue, figures(), at=month(2025, 12)) == ()
    assert told(catalogue, figures(), at=month(2025, 7)) == ()  # nothing of the future


def test_what_rounding_hides_is_not_told(catalogue: Catalogue) -> None:
    now, year = ytd(2025, 8), ytd(2024, 12)
    rows = [
        row("BCD", "revenue", "level", year, "10"), row("13", "revenue", "level", year, "5"),
        row("21", "revenue", "level", year, "0.2"), row("BCD", "value_added", "yoy", now, "4.0"),
        row("13", "value_added", "yoy", now, "100.0"), row("21", "value_added", "yoy", now, "-7.5"),
    ]  # fmt: skip
    (one,) = told(catalogue, rows)  # half of the whole, give or take a tenth: 43 to 58 points
    assert [p.subject_key for p in one.parts] == ["industry:21@nbs"]


def test_the_totals_read_are_those_of_every_province(catalogue: Catalogue) -> None:
    wanted = whole_series(catalogue)
    assert ("industry:BCD@nbs", "44", "revenue") in wanted and not any(region == "CN" for _, region, _ in wanted)
