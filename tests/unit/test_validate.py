"""Checks between a file and the store: each wrong cell is one finding that says where, what and what to do."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.sources.base import RawRow
from qinggong.validate import Checked, Key, Report, Stored, check_rows

RECEIVED = dt.datetime(2024, 9, 20, 2, 0, tzinfo=dt.UTC)
SALT = RawRow(
    row=2, period="2024-08", region="CN", subject="原盐", indicator="产量", measure="level", value="512.3", unit="万吨",
    title="2024年8月份规模以上工业生产", published="2024-09-14", publisher="国家统计局", url="",
)  # fmt: skip
PROFIT = dataclasses.replace(
    SALT,
    period="2024-01/2024-07",
    subject="食品制造业",
    indicator="利润总额",
    value="982.2",
    unit="亿元",
    published="2024-08-27",
)
CATALOGUE: Catalogue = load_catalogue()


def check(*rows: RawRow, stored: dict[Key, list[Stored]] | None = None, received: dt.datetime = RECEIVED) -> Report:
    return check_rows(rows, file="数据.csv", catalogue=CATALOGUE, received=received, stored=stored or {})


def salt(**cells: object) -> RawRow:
    return dataclasses.replace(SALT, **cells)


def profit(**cells: object) -> RawRow:
    return dataclasses.replace(PROFIT, **cells)


def one(row: RawRow) -> Checked:
    report = check(row)
    assert report.findings == ()
    (accepted,) = report.accepted
    return accepted


def test_a_good_row_is_understood() -> None:
    checked = one(SALT)
    assert (checked.subject.key, checked.indicator.code, checked.measure) == ("product:raw_salt@nbs", "output", "level")
    assert (float(checked.value or 0), checked.unit, checked.printed, checked.printed_unit) == (
        512.3,
        "万吨",
        "512.3",
        "万吨",
    )
    assert (checked.published_at, checked.published_at_basis) == (dt.date(2024, 9, 14), "stated")
    assert float(checked.tolerance) == 0.05


WRONG = [
    ("unknown-industry", salt(subject="原烟"), "原盐"),
    ("unknown-industry", salt(subject=""), "行业或商品一栏是空的"),
    ("unknown-industry", salt(subject="食品制造业"), "食品制造业"),  # an industry has no 产量
    ("unknown-indicator", salt(indicator="产值量"), "指标“产值量”"),
    ("unknown-indicator", salt(indicator=" "), "指标一栏是空的"),
    ("unknown-unit", salt(unit="万吨吨"), "单位“万吨吨”"),
    ("unknown-unit", salt(unit=""), "单位一栏是空的"),
    ("unit-mismatch", salt(unit="万台"), "不能换算"),
    ("unit-mismatch", salt(value="5.3%"), "百分号"),
    ("unit-mismatch", salt(measure="yoy", value="5.3", unit="百分点"), "不能换算"),
    ("unknown-publisher", salt(publisher="统计学会"), "发布机构“统计学会”"),
    ("unknown-region", salt(region="火星"), "地区“火星”"),
    ("unknown-measure", salt(measure="环比"), "度量"),
    ("unknown-measure", profit(indicator="增加值", measure="level"), "没有“level”"),
    ("unknown-status", salt(status="初步"), "状态"),
    ("unknown-period", salt(period="八月"), "2024-08"),
    ("unknown-period", salt(period=""), "2024-08"),
    ("unknown-period", salt(period="2024-13"), "时期“2024-13”"),
    ("unknown-measure", salt(measure="季调"), "环比"),
    ("unknown-measure", profit(indicator="增加值", measure="占比"), "没有“占比”"),
    ("unknown-measure", profit(indicator="营业收入利润率", measure="share"), "没有“share”"),
    ("unknown-period", profit(indicator="应收账款", period="2024年二季度"), "2024-06（6月末）"),
    ("unknown-period", profit(indicator="增加值", measure="mom", unit="%"), "累计数没有环比"),
    ("future-period", salt(period="2024年三季度"), "尚未结束"),
    ("unknown-period", profit(indicator="应收账款"), "2024-07（7月末）"),
    (
        "unknown-period",
        profit(indicator="每百元营业收入中的成本", unit="元", value="85", period="2024-07"),
        "2024-01/2024-07",
    ),
    ("january", salt(period="2024-01"), "2024-01/2024-02"),
    ("january", salt(period="2024-02"), "2024-01/2024-02"),
    ("january", profit(indicator="应收账款", period="2024-01", published=""), "免报"),
    ("future-period", salt(period="2024-09", published=""), "尚未结束"),
    ("future-period", salt(period="2025-08", published=""), "尚未结束"),
    ("future-date", salt(published="2024-09-21"), "晚于收到文件"),
    ("early-date", salt(published="2024-08-14"), "早于时期"),
    ("bad-date", salt(published="九月十四日"), "2024-09-14"),
    ("bad-date", salt(published="2024-09-31"), "2024-09-14"),
    ("bad-date", salt(published="2024-09-140"), "不是日期"),
    ("bad-date", salt(published="2024-09"), "不是日期"),
    ("not-a-number", salt(value="约五百"), "不是数字"),
    ("not-a-number", salt(value="512.3万吨"), "不是数字"),
    ("not-a-number", salt(value="5,12"), "不是数字"),
    ("not-a-number", salt(value="5.1.2"), "不是数字"),
    ("not-a-number", salt(value="1e3"), "不是数字"),
    ("not-a-number", salt(value="NaN"), "不是数字"),
    ("not-a-number", salt(value=""), "不是数字"),
    ("not-a-number", salt(value="#REF!"), "不是数字"),
    ("implausible", salt(value="-512.3"), "负数"),
    ("implausible", salt(value="9" * 400), "过大"),
    ("implausible", salt(measure="yoy", value="10001", unit="%"), "超出"),
    ("implausible", profit(indicator="增加值", measure="mom", value="-10001", unit="%", period="2024-07"), "环比"),
    ("implausible", profit(indicator="营业收入", measure="share", value="-1", unit="%"), "负数"),
    ("unit-mismatch", profit(measure="share", value="16.2", unit="亿元"), "不能换算"),
]


@pytest.mark.parametrize("rule, row, said", WRONG, ids=[f"{i}-{rule}" for i, (rule, _, _) in enumerate(WRONG)])
def test_each_wrong_cell_is_one_finding(rule: str, row: RawRow, said: str) -> None:
    report = check(dataclasses.replace(row, row=7))
    assert report.accepted == ()
    assert report.rejected == 1
    (finding,) = report.findings
    assert (finding.rule, finding.severity) == (rule, "error")
    assert (finding.file, finding.row, finding.period, finding.value) == ("数据.csv", 7, row.period, row.value)
    assert finding.series == row.series_text
    assert said in finding.message + finding.advice
    assert "数据.csv 第7行" in finding.sentence
    assert finding.sentence.endswith("。") and "。。" not in finding.sentence


def test_a_bad_row_stops_only_itself() -> None:
    report = check(SALT, salt(row=3, subject="原烟"), PROFIT, salt(row=5, value="x"))
    assert [c.subject.key for c in report.accepted] == ["product:raw_salt@nbs", "industry:14@nbs"]
    assert [f.row for f in report.findings] == [3, 5]


@pytest.mark.parametrize(
    "value, unit, number, printed",
    [
        ("512.3", "万吨", 512.3, "512.3"),
        ("5,123,000", "吨", 512.3, "5123000"),
        ("０.０５１２３", "亿吨", 512.3, "0.05123"),
        ("+512.30", "万吨", 512.3, "512.30"),
        (" 512.3 ", "万吨", 512.3, "512.3"),
    ],
)
def test_numbers_and_units(value: str, unit: str, number: float, printed: str) -> None:
    checked = one(salt(value=value, unit=unit))
    assert (float(checked.value or 0), checked.unit) == (number, "万吨")
    assert (checked.printed, checked.printed_unit) == (printed, unit)


@pytest.mark.parametrize("value", ["-5.3", "−5.3", "－5.3", "—5.3", "-5.3%", "-5.3％", "-５.３"])
def test_falling_growth_in_every_width(value: str) -> None:
    checked = one(salt(measure="同比", value=value, unit="%"))
    assert (checked.measure, float(checked.value or 0), checked.printed) == ("yoy", -5.3, "-5.3")


@pytest.mark.parametrize("indicator, unit", [("利润总额", "亿元"), ("营业收入利润率", "%")])
def test_losses_are_negative(indicator: str, unit: str) -> None:
    assert float(one(profit(indicator=indicator, unit=unit, value="-1.2")).value or 0) == -1.2


@pytest.mark.parametrize(
    "written",
    ["2024-09-14", "2024/9/14", "2024.9.14", "2024年9月14日", "20240914", "2024-09-14 10:00", "2024-09-14T10:00:00"],
)
def test_dates_as_spreadsheets_write_them(written: str) -> None:
    assert one(salt(published=written)).published_at == dt.date(2024, 9, 14)


def test_today_is_the_day_in_shanghai() -> None:
    evening = dt.datetime(2024, 9, 13, 17, 0, tzinfo=dt.UTC)  # the 14th, one o'clock, in Shanghai
    assert check(SALT, received=evening).rejected == 0
    assert check(SALT, received=evening - dt.timedelta(hours=2)).findings[0].rule == "future-date"


@pytest.mark.parametrize(
    "row, span, code",
    [
        (SALT, "month", "2024-08"),
        (salt(period="2024年1—8月"), "ytd", "2024-01/2024-08"),
        (salt(period="2024年1—2月", published="2024-03-18"), "ytd", "2024-01/2024-02"),
        (profit(indicator="应收账款", period="2024年7月末"), "point", "2024-07"),
        (profit(indicator="应收账款", period="2024-02", published="2024-03-27"), "point", "2024-02"),
        (profit(indicator="资产负债率", unit="%", period="2024-07"), "point", "2024-07"),
        (salt(period="2024年二季度", published="2024-07-15"), "quarter", "2024-04/2024-06"),
        (salt(period="2024年一季度", published="2024-04-16"), "ytd", "2024-01/2024-03"),
        (salt(period="2023年下半年", published=""), "half", "2023-07/2023-12"),
        (profit(period="2024年二季度", published=""), "quarter", "2024-04/2024-06"),
        (
            profit(indicator="增加值", measure="环比", unit="%", value="0.5", period="2024-02", published=""),
            "month",
            "2024-02",
        ),
        (profit(measure="占比", unit="%", value="1.6"), "ytd", "2024-01/2024-07"),
        (profit(indicator="应收账款", measure="比重", unit="%", value="1.6", period="2024-07"), "point", "2024-07"),
    ],
)
def test_spans(row: RawRow, span: str, code: str) -> None:
    checked = one(row)
    assert (checked.span, checked.period.code) == (span, code)


def test_an_undated_figure_gets_the_latest_customary_date() -> None:
    checked = one(profit(published=""))
    release = CATALOGUE.release(publisher="nbs", indicator="profit", period=checked.period)
    assert release is not None
    assert (checked.published_at, checked.published_at_basis) == (release.latest, "calendar")
    assert release.latest >= max(release.customary, release.announced or release.customary)


def test_an_undated_figure_of_a_body_without_a_calendar_stays_undated() -> None:
    checked = one(profit(published="", publisher="商务部"))
    assert (checked.published_at, checked.published_at_basis) == (None, "unknown")


# ---------------------------------------------------------------------------------------------- one series, one unit

GOODS = dataclasses.replace(
    SALT, period="2024-07", subject="陶瓷产品", indicator="出口数量", value="150", unit="万吨", publisher="海关总署",
    published="2024-08-18",
)  # fmt: skip


def goods(**cells: object) -> RawRow:
    return dataclasses.replace(GOODS, **cells)


def test_two_quantities_of_one_line_are_two_figures() -> None:
    """吨 and 个 are two things; 吨 and 万吨 are one, and so are 亿元 and 万元."""
    report = check(GOODS, goods(row=3, value="3000", unit="万个"), goods(row=4, value="0.015", unit="亿吨"))
    assert [(c.row, c.unit, c.key.dimension) for c in report.accepted] == [(2, "万吨", "mass"), (3, "万个", "count:个")]
    assert (report.findings, report.repeated) == ((), 1)
    report = check(GOODS, goods(row=4, value="1400000", unit="吨"))
    assert [(f.rule, f.row) for f in report.findings] == [("contradiction", 4)]
    assert "150万吨" in report.findings[0].message
    assert check(PROFIT, profit(row=3, value="0.098", unit="万亿元")).repeated == 1
    assert one(PROFIT).key.dimension == "" == one(SALT).key.dimension


def test_a_series_keeps_the_unit_that_it_has() -> None:
    stored = {one(GOODS).key._replace(period=one(goods(period="2024-06", published="2024-07-18")).period): [
        Stored(1_400_000.0, 0.5, dt.date(2024, 7, 18), "gacc", "吨")]}  # fmt: skip
    (accepted,) = check(GOODS, stored=stored).accepted
    assert (float(accepted.value or 0), float(accepted.tolerance), accepted.unit) == (1_500_000.0, 5000.0, "吨")
    assert (accepted.printed, accepted.printed_unit) == ("150", "万吨")


def test_stored_figures_of_another_unit_are_converted_or_left_out() -> None:
    """A catalogue may change the unit of a series."""
    salt_key = one(SALT).key
    old = Stored(5_123_000.0, 500.0, dt.date(2024, 9, 14), "nbs", "吨")
    assert check(SALT, stored={salt_key: [old]}).repeated == 1
    assert len(check(SALT, stored={salt_key: [dataclasses.replace(old, unit="台")]}).accepted) == 1
    assert len(check(SALT, stored={salt_key: [dataclasses.replace(old, unit="没有这种单位")]}).accepted) == 1


# -------------------------------------------------------------------------------------- the same number again


def held(checked: Checked, **changes: object) -> dict[Key, list[Stored]]:
    value = None if checked.value is None else float(checked.value)
    stored = Stored(value, float(checked.tolerance), checked.published_at, checked.publisher.code)
    return {checked.key: [dataclasses.replace(stored, **changes)]}


def test_the_same_number_again_is_no_news() -> None:
    report = check(SALT, stored=held(one(SALT)))
    assert (report.accepted, report.findings, report.repeated) == ((), (), 1)
    assert check(SALT, salt(row=3)).repeated == 1


def test_a_coarser_print_of_the_same_number_is_no_news_and_a_finer_one_is() -> None:
    fine = one(SALT)
    assert check(salt(value="0.05", unit="亿吨"), stored=held(fine)).repeated == 1
    coarse = held(fine, value=500.0, tolerance=50.0)
    assert len(check(SALT, stored=coarse).accepted) == 1


def test_a_duplicate_with_another_value_is_a_contradiction() -> None:
    report = check(salt(row=9, value="513.3"), stored=held(one(SALT)))
    (finding,) = report.findings
    assert (finding.rule, finding.row, finding.value) == ("contradiction", 9, "513.3")
    assert "库中已有另一个数值512.3万吨" in finding.message
    (finding,) = check(SALT, salt(row=3, value="513.3")).findings
    assert "本文件前面已有" in finding.message


def test_another_day_or_another_body_is_no_contradiction() -> None:
    stored = held(one(SALT))
    assert len(check(salt(value="513.3", published="2024-09-18"), stored=stored).accepted) == 1
    assert len(check(salt(value="513.3", publisher="工业和信息化部"), stored=stored).accepted) == 1


def test_a_number_is_withdrawn_and_replaced_on_one_day() -> None:
    gone = salt(row=3, value="", status="撤回")
    report = check(SALT, gone, salt(row=4, value="513.3"), salt(row=5, value="513.3"))
    assert [(c.row, c.status) for c in report.accepted] == [(2, "published"), (3, "withdrawn"), (4, "published")]
    assert report.repeated == 1
    assert len(check(gone, salt(row=4), stored=held(one(SALT))).accepted) == 2  # withdrawn, and put up again
    assert check(gone, dataclasses.replace(gone, row=4)).repeated == 1


@settings(max_examples=150, deadline=None)
@given(
    cells=st.dictionaries(
        st.sampled_from(
            ["period", "region", "subject", "indicator", "measure", "value", "unit", "published", "publisher", "status"]
        ),
        st.text(max_size=12) | st.from_regex(re.compile(r"[0-9年月日—.,+/%-]{0,9}"), fullmatch=True),
        min_size=1,
    )
)
def test_any_text_in_any_cell_is_taken_or_reported(cells: dict[str, str]) -> None:
    report = check(salt(**cells))
    assert len(report.accepted) + len(report.findings) == 1
