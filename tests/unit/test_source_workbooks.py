"""Series workbooks: layouts, zeros that mean missing, 1—2月, equal columns, proposals, and files that are no workbook.

All workbooks here are made up (合成) and written by the tests.
"""

from __future__ import annotations

import datetime as dt
import io
import time
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.periods import month, ytd
from qinggong.sources import table
from qinggong.sources.base import Parsed, RawRow, UnreadableFile
from qinggong.sources.layouts import FOLDER, Mapped, load_layouts, map_series, plain_name, spelling_key
from qinggong.sources.proposal import confirm, propose, save
from qinggong.sources.series_workbook import FIELDS, SHAPE, TRAPS, UnknownLayout, shape_for
from qinggong.sources.sheet import Sheet, cell_text, column_letters, number_text, period_of
from qinggong.sources.zeros import confirmed_zero
from qinggong.validate import check_rows

FILE = PurePath("合成.xlsx")
DAY = dt.date(2026, 11, 21)
IVA = "中国:工业增加值:规模以上工业企业:"
Line = Sequence[object]


def workbook(sheets: Mapping[str, Sequence[Line]]) -> bytes:
    """An XLSX file of these sheets; dates as dates, ``None`` as an empty cell."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for name, lines in sheets.items():
        sheet = book.add_worksheet(name)
        for i, line in enumerate(lines):
            for j, value in enumerate(line):
                if isinstance(value, dt.date):
                    sheet.write_datetime(i, j, dt.datetime(value.year, value.month, value.day), day)
                elif value is not None:
                    sheet.write(i, j, value)
    book.close()
    return out.getvalue()


def end(year: int, number: int) -> dt.date:
    return month(year, number).end_date


def wind(columns: Mapping[str, Mapping[tuple[int, int], object]], *, sheet: str = "工业增加值") -> bytes:
    """A Wind export: newest first, 0 where nothing is known."""
    months = sorted({m for figures in columns.values() for m in figures}, reverse=True)
    body = [[end(*m), *(figures.get(m, 0) for figures in columns.values())] for m in months]
    return workbook({sheet: [["Wind"], ["指标名称", *columns], *body], "Sheet3": []})


def by_period(rows: Sequence[RawRow]) -> dict[tuple[str, str, str], str]:
    return {(r.subject, r.indicator + r.measure, r.period): r.value for r in rows}


def parse(content: bytes) -> Parsed:
    return SHAPE.parse(FILE, content)


# -------------------------------------------------------------------------------------------------- Wind


def test_a_wind_export_becomes_rows_that_the_checks_accept() -> None:
    """合成"""
    content = wind(
        {
            IVA + "造纸及纸制品业:当月同比": {(2024, 4): 5.6, (2024, 3): 4.1},
            IVA + "造纸及纸制品业:累计同比": {(2024, 4): 5.0, (2024, 3): 4.8, (2024, 2): 5.2},
        }
    )
    parsed = parse(content)
    assert by_period(parsed.rows) == {
        ("造纸和纸制品业", "增加值yoy", "2024-04"): "5.6",
        ("造纸和纸制品业", "增加值yoy", "2024-03"): "4.1",
        ("造纸和纸制品业", "增加值yoy", "2024-01/2024-04"): "5",
        ("造纸和纸制品业", "增加值yoy", "2024-01/2024-03"): "4.8",
        ("造纸和纸制品业", "增加值yoy", "2024-01/2024-02"): "5.2",
    }
    first = parsed.rows[0]
    assert (first.row, first.unit, first.publisher, first.published, first.region) == (
        10003002,
        "%",
        "国家统计局",
        "",
        "CN",
    )
    assert first.title == "Wind 导出（合成.xlsx，工作表 工业增加值）"
    assert parsed.recognised.startswith(
        "Wind 月度序列：1张工作表，2个序列，5个数，2024-01/2024-02至2024-04；0值中1个按缺数处理"
    )
    assert parsed.blank_rows == 1
    report = check_rows(
        parsed.rows,
        file="合成.xlsx",
        catalogue=load_catalogue(),
        received=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        stored={},
    )
    assert len(report.accepted) == 5 and not report.findings
    assert report.accepted[0].published_at_basis == "calendar"


def test_a_zero_is_taken_in_only_when_the_cumulative_growth_confirms_it() -> None:
    """合成"""
    growth = {(2024, 6): 0, (2024, 5): 0, (2024, 4): 4.0}
    cumulative = {(2024, 6): 2.5, (2024, 5): 3.5, (2024, 4): 4.3}
    parsed = parse(wind({IVA + "家具制造业:当月同比": growth, IVA + "家具制造业:累计同比": cumulative}))
    values = by_period(parsed.rows)
    # 5·3.5 − 4·4.3 = 0.3: a true 0; 6·2.5 − 5·3.5 = −2.5: the figure is missing.
    assert values["家具制造业", "增加值yoy", "2024-05"] == "0"
    assert ("家具制造业", "增加值yoy", "2024-06") not in values
    assert "0值中1个按缺数处理，1个由累计同比证实为0" in parsed.recognised
    alone = parse(wind({IVA + "家具制造业:当月同比": growth}))
    assert [r.period for r in alone.rows] == ["2024-04"] and alone.blank_rows == 2


def test_the_level_of_export_delivery_is_never_zero() -> None:
    """合成"""
    name = "中国:出口交货值:规模以上工业企业:家具制造业:"
    parsed = parse(
        wind(
            {
                name + "当月值": {(2024, 3): 30.5, (2024, 2): 0, (2024, 1): 0},
                name + "累计值": {(2024, 3): 88.1, (2024, 2): 57.6, (2024, 1): 0},
            },
            sheet="出口交货值",
        )
    )
    assert by_period(parsed.rows) == {
        ("家具制造业", "出口交货值level", "2024-03"): "30.5",
        ("家具制造业", "出口交货值level", "2024-01/2024-03"): "88.1",
        ("家具制造业", "出口交货值level", "2024-01/2024-02"): "57.6",
    }
    assert parsed.blank_rows == 3 and not parsed.unmapped


def test_january_and_february_alone_stay_out_and_are_counted() -> None:
    """合成"""
    parsed = parse(wind({IVA + "家具制造业:当月同比": {(2010, 3): 20.1, (2010, 2): 9.9, (2010, 1): 3.3}}))
    assert [r.period for r in parsed.rows] == ["2010-03"]
    assert [(u.series, u.figures) for u in parsed.unmapped] == [("工业增加值：1个序列中单独的1月、2月数和季度数", 2)]


def test_the_merged_series_gives_january_and_february_together() -> None:
    """合成"""
    merged = {(2013, 3): 8.0, (2013, 2): 9.9, (2012, 3): 7.0, (2012, 2): 22.4, (2005, 2): 4.0, (2005, 1): 5.0}
    plain = {(2013, 3): 8.0, (2012, 3): 7.0, (2012, 2): 22.4}
    parsed = parse(wind({IVA + "食品制造业:当月同比(1-2月合并)": merged, IVA + "食品制造业:当月同比": plain}))
    # In 2012 the merged series repeats February alone, in 2005 it has a January: neither is 1—2月.
    assert by_period(parsed.rows) == {
        ("食品制造业", "增加值yoy", "2013-01/2013-02"): "9.9",
        ("食品制造业", "增加值yoy", "2013-03"): "8",
        ("食品制造业", "增加值yoy", "2012-03"): "7",
    }
    assert sum(u.figures for u in parsed.unmapped) == 4
    assert not parsed.defects


def test_what_the_catalogue_does_not_hold_is_listed_once_with_its_figures() -> None:
    """合成"""
    parsed = parse(
        wind(
            {
                IVA + "家具制造业:当月同比": {(2024, 4): 1.0, (2024, 3): 2.0},
                IVA + "私营企业:当月同比": {(2024, 4): 1.0, (2024, 3): 2.0},
                "中国:工业增加值:规模以上工业企业:季调:环比": {(2024, 4): 0.1},
                IVA + "家具制造业:当月同比(1-2月拆分)": {(2024, 4): 1.0, (2024, 2): 31.0},
                "中国:某某:规模以上工业企业:累计值": {(2024, 4): 1.0},
                "中国:PPI:不明之业:当月同比": {(2024, 4): 1.0},
            }
        )
    )
    assert len(parsed.rows) == 2
    assert [(u.figures, u.why) for u in parsed.unmapped] == [
        (2, "按经济类型分的序列没有对应的对象"),
        (1, "季调序列逐月修订，没有对应的度量"),
        (2, "1月、2月是 Wind 自行拆分的，不是官方公布的数"),
        (1, "版式中没有这种名称"),
        (1, "目录中没有行业“不明之业”"),
    ]


def test_stocks_stand_at_the_end_of_the_month_and_prices_have_a_january() -> None:
    """合成"""
    parsed = parse(
        wind(
            {
                "中国:应收账款:规模以上工业企业": {(2024, 2): 230000.5},
                "中国:产成品周转天数:规模以上工业企业:累计值": {(2024, 2): 21.5},
                "中国:PPI:家具制造业:当月同比": {(2024, 2): 0.3, (2024, 1): 0.2},
                "中国:营业收入利润率:规模以上工业企业:累计值": {(2019, 2): 4.8, (2018, 12): 6.5},
            }
        )
    )
    assert sorted((r.subject, r.indicator, r.period) for r in parsed.rows) == [
        ("家具制造业", "工业生产者出厂价格", "2024-01"),
        ("家具制造业", "工业生产者出厂价格", "2024-02"),
        ("规模以上工业", "主营业务收入利润率", "2018-01/2018-12"),
        ("规模以上工业", "产成品存货周转天数", "2024-02"),
        ("规模以上工业", "应收账款", "2024-02"),
        ("规模以上工业", "营业收入利润率", "2019-01/2019-02"),
    ]


# -------------------------------------------------------------------------------------- iFinD and CEIdata


def ifind(*body: Line, names: Line, unit: str = "亿元", above: Line = ()) -> bytes:
    head: list[Line] = [["指标名称", *names], ["频率", *["月"] * len(names)], ["单位", *[unit] * len(names)]]
    return workbook({"数据": [list(above) or [0], *head, *body]})


def test_an_ifind_export_keeps_its_zeros_and_counts_its_blanks() -> None:
    """合成"""
    names = ("规模以上工业增加值:印刷和记录媒介复制业:当月同比",)
    parsed = parse(ifind([end(2025, 4), 0], [end(2025, 3), 2.5], [end(2025, 2), None], names=names, unit="%"))
    assert [(r.period, r.value) for r in parsed.rows] == [("2025-04", "0"), ("2025-03", "2.5")]
    assert parsed.blank_rows == 1


def test_equal_columns_are_read_once_and_different_ones_named() -> None:
    """合成"""
    name = "规模以上工业企业:营业收入:家具制造业:累计值"
    lines = ([end(2025, 3), 1459.8, 1459.8], [end(2025, 2), 912.2, 912.2])
    once = parse(ifind(*lines, names=(name, name + ".1")))
    assert [(r.period, r.value, r.row) for r in once.rows] == [
        ("2025-01/2025-03", "1459.8", 10005002),
        ("2025-01/2025-02", "912.2", 10006002),
    ]
    assert not once.defects
    different = parse(ifind([end(2025, 3), 1459.8, 1460.2], lines[1], names=(name, name + ".1")))
    assert [r.period for r in different.rows] == ["2025-01/2025-02"]
    (defect,) = different.defects
    assert defect.rule == "duplicate-series"
    assert "（数据!B2）" in defect.message and "（数据!C2）" in defect.message and "1459.8与1460.2" in defect.message


def test_a_rounded_copy_is_the_same_figure_but_another_decimal_is_not() -> None:
    """合成"""
    name = "规模以上工业增加值:家具制造业:当月同比"
    same = parse(ifind([end(2025, 4), 3.12, 3.1], names=(name, name), unit="%"))
    assert [r.value for r in same.rows] == ["3.12"] and not same.defects
    other = parse(ifind([end(2025, 4), 4, 4.4], names=(name, name), unit="%"))
    assert not other.rows and len(other.defects) == 1


def test_revenue_of_early_years_is_that_of_the_principal_business() -> None:
    """合成"""
    name = "规模以上工业企业:营业收入:家具制造业:累计值"
    parsed = parse(ifind([end(2017, 2), 1100.1], [end(2016, 12), 8559.5], names=(name,)))
    assert [(r.indicator, r.period) for r in parsed.rows] == [
        ("营业收入", "2017-01/2017-02"),
        ("主营业务收入", "2016-01/2016-12"),
    ]


def test_a_sheet_that_someone_calculates_in_is_not_read() -> None:
    """合成"""
    name = "规模以上工业增加值:食品制造业:当月同比"
    with pytest.raises(UnknownLayout, match="版式"):
        parse(ifind([end(2025, 4), 3.0], names=(name,), unit="%", above=(None, 0.6)))


def test_other_frequencies_and_units_stay_out() -> None:
    """合成"""
    names = ("规模以上工业企业:利润总额:家具制造业:累计值", "规模以上工业企业:利润总额:造纸和纸制品业:累计值")
    content = workbook(
        {"数据": [["指标名称", *names], ["频率", "季", "月"], ["单位", "亿元", "万吨"], [end(2025, 3), 1.0, 2.0]]}
    )
    parsed = parse(content)
    assert not parsed.rows
    assert [u.why for u in parsed.unmapped] == ["频率是季，不是月度", "单位“万吨”与利润总额不符"]


def test_ceidata_names_carry_the_edition_of_the_classification() -> None:
    """合成"""
    names = (
        "规模以上工业企业出口交货值_(21_2017)家具制造业_当期",
        "规模以上工业企业出口交货值_(24_2002)文教体育用品制造业_当期",
    )
    head: list[Line] = [
        ["数据来源：中经数据（CEIdata）"],
        ["序列ID", 1, 2],
        ["指标", *names],
        ["频度", "月", "月"],
        ["地区", "全国", "全国"],
    ]
    parsed = parse(
        workbook({"出口": [*head, ["单位", "亿元", "亿元"], ["2025-03", 100.5, 20.1], ["2025-02", None, None]]})
    )
    assert [(r.subject, r.period, r.value, r.region) for r in parsed.rows] == [("家具制造业", "2025-03", "100.5", "CN")]
    assert [u.why for u in parsed.unmapped] == ["按旧版国民经济行业分类"]


def test_words_between_figures_and_repeated_months_are_named() -> None:
    """合成"""
    name = "规模以上工业增加值:家具制造业:当月同比"
    lines = (
        [end(2025, 6), 3.1],
        [end(2025, 5), "见附注"],
        [end(2025, 6), 3.2],
        [end(2025, 4), "--"],
        ["注：合成", None],
    )
    parsed = parse(ifind(*lines, names=(name,), unit="%"))
    assert [(r.period, r.value) for r in parsed.rows] == [("2025-06", "3.1")]
    assert [(d.rule, d.row) for d in parsed.defects] == [("period-order", 10007001), ("not-a-number", 10006002)]
    assert parsed.blank_rows == 1


def test_a_csv_of_a_terminal_is_read_with_the_same_layouts() -> None:
    """合成"""
    text = "国家,中国\n指标名称,中国:工业增加值:规模以上工业企业:家具制造业:当月同比\n频率,月\n单位,%\n2025-04,3.5\n2025-03,0\n"
    for encoding in ("utf-8", "gb18030"):
        content = text.encode(encoding)
        assert SHAPE.recognises(PurePath("合成.csv"), content)
        parsed = SHAPE.parse(PurePath("合成.csv"), content)
        assert [(r.period, r.value, r.row) for r in parsed.rows] == [("2025-04", "3.5", 10005002)]


def test_a_wide_sheet_numbers_its_cells_through() -> None:
    """合成"""
    name = "规模以上工业增加值:家具制造业:当月同比"
    parsed = parse(
        workbook(
            {
                "说明": [["合成"]],
                "数据": [["指标名称", name, *[None] * 1200, "规模以上工业增加值:合成业:当月同比"], [end(2025, 4), 3.1]],
            }
        )
    )
    assert [r.row for r in parsed.rows] == [1 + 1203 + 2]


# ------------------------------------------------------------------------------------------- recognition

TABLE_HEAD = (
    "时期",
    "地区",
    "行业或商品",
    "指标",
    "度量",
    "数值",
    "单位",
    "发布标题",
    "发布日期",
    "发布机构",
    "页面地址",
)
TABLE_ROW = ("2024-08", "CN", "原盐", "产量", "level", 512.3, "万吨", "合成", "2024-09-14", "国家统计局", "")


@pytest.mark.parametrize("rows", [3, 6000])
def test_a_long_table_is_left_to_its_own_shape(rows: int) -> None:
    """合成：small ones are looked at as a whole, large ones by the beginning of their first sheet."""
    lines = [TABLE_HEAD, *[(*TABLE_ROW[:7], f"合成 {i}", *TABLE_ROW[8:]) for i in range(rows)]]
    content = workbook({"数据": lines})
    assert (len(content) > 65536) is (rows > 1000)
    assert not SHAPE.recognises(FILE, content[:65536])
    # Should it be claimed nevertheless, the outcome is the same.
    assert SHAPE.parse(FILE, content) == table.SHAPE.parse(FILE, content)


def test_large_series_workbooks_are_claimed() -> None:
    """合成"""
    columns = {
        IVA + "家具制造业:当月同比" + f".{i}": {(1990 + y, m): y + m / 10 + i for y in range(35) for m in range(3, 13)}
        for i in range(40)
    }
    content = wind(columns)
    assert len(content) > 65536
    assert SHAPE.recognises(FILE, content[:65536])


@pytest.mark.parametrize("name", ["合成.csv", "合成.json", "合成.html", "合成.xls"])
def test_other_files_are_not_claimed(name: str) -> None:
    assert not SHAPE.recognises(PurePath(name), b'{"a": 1}')


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04", b"PK\x03\x04" + b"\0" * 100, b"\x00,1\n", b"\xff\xfe\xff"])
def test_damaged_files_are_refused_with_a_sentence(content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"[一-鿿]"):
        SHAPE.parse(FILE if content[:2] == b"PK" or not content else PurePath("合成.csv"), content)


# ---------------------------------------------------------------------------------------------- proposals

PROFITS: dict[str, Sequence[Line]] = {
    "利润": [
        ["合成：2024年利润总额累计值，单位：亿元"],
        ["月份", "家具制造", "造纸及纸制品业", "皮革毛皮制鞋业", "不明之物"],
        ["2024年3月", 10.5, 20, 30, 1],
        ["2024年4月", 15.5, 25, 35, 2],
        ["2024年5月", 18.5, 29, 39, 3],
    ],
}
TURNED: dict[str, Sequence[Line]] = {
    "营收": [
        ["指标", "单位", dt.date(2024, 3, 31), dt.date(2024, 4, 30), dt.date(2024, 5, 31)],
        ["家具制造业营业收入累计值", "亿元", 1459.8, 2001.5, 2600],
        ["家具制造业营业收入累计同比", "%", 3.5, 0, -1.2],
    ],
}


def test_an_unknown_sheet_is_proposed_and_read_only_once_confirmed(tmp_path: Path) -> None:
    """合成"""
    content, catalogue = workbook(PROFITS), load_catalogue()
    (proposal,) = propose(FILE, content, catalogue=catalogue, day=DAY)
    guesses = {g.name: g for g in proposal.guesses}
    assert guesses["造纸及纸制品业"].subject == "造纸和纸制品业" and guesses["造纸及纸制品业"].take
    assert "写明" in guesses["家具制造"].why and "利润总额" in guesses["家具制造"].why
    assert (guesses["皮革毛皮制鞋业"].certainty, guesses["皮革毛皮制鞋业"].take) == ("低", False)
    assert "相近" in guesses["皮革毛皮制鞋业"].why
    assert not guesses["不明之物"].subject
    assert "建议导入2个" in proposal.summary

    path = save(proposal, tmp_path)
    assert path == tmp_path / FOLDER / f"{proposal.id}.yaml"
    with pytest.raises(UnknownLayout):
        shape_for(tmp_path, catalogue=catalogue).parse(FILE, content)
    layout = confirm(path)
    assert layout.confirmed and "# level 数值" in path.read_text(encoding="utf-8")
    parsed = shape_for(tmp_path, catalogue=catalogue).parse(FILE, content)
    assert by_period(parsed.rows)["造纸和纸制品业", "利润总额level", "2024-01/2024-05"] == "29"
    assert len(parsed.rows) == 6 and len(parsed.unmapped) == 2
    with pytest.raises(UnknownLayout):
        SHAPE.parse(FILE, content)


def test_a_remembered_layout_is_not_put_on_another_sheet_with_the_same_names(tmp_path: Path) -> None:
    """合成：the names are industries only; what is measured stands in the title."""
    catalogue = load_catalogue()
    (proposal,) = propose(FILE, workbook(PROFITS), catalogue=catalogue, day=DAY)
    confirm(save(proposal, tmp_path))
    shape = shape_for(tmp_path, catalogue=catalogue)
    next_year = {"利润": [["合成：2025年利润总额累计值，单位：亿元"], *PROFITS["利润"][1:]]}
    assert shape.parse(FILE, workbook(next_year)).rows
    other = {"利润": [["合成：2024年营业收入累计值，单位：亿元"], *PROFITS["利润"][1:]]}
    with pytest.raises(UnknownLayout):
        shape.parse(FILE, workbook(other))
    with pytest.raises(UnknownLayout):
        shape.parse(FILE, workbook({"收入": PROFITS["利润"]}))


def test_a_sheet_with_a_series_a_row_is_proposed_and_read(tmp_path: Path) -> None:
    """合成"""
    content, catalogue = workbook(TURNED), load_catalogue()
    (proposal,) = propose(FILE, content, catalogue=catalogue, day=DAY)
    assert proposal.orientation == "rows" and all(g.certainty == "高" for g in proposal.guesses)
    confirm(save(proposal, tmp_path))
    parsed = shape_for(tmp_path, catalogue=catalogue).parse(FILE, content)
    values = by_period(parsed.rows)
    assert values["家具制造业", "营业收入level", "2024-01/2024-04"] == "2001.5"
    assert values["家具制造业", "营业收入yoy", "2024-01/2024-04"] == "0"
    assert {r.row for r in parsed.rows if r.period == "2024-01/2024-04"} == {10002004, 10003004}


def test_a_proposal_that_is_being_edited_stops_nothing_but_a_confirmed_fault_is_named(tmp_path: Path) -> None:
    """合成"""
    (proposal,) = propose(FILE, workbook(PROFITS), catalogue=load_catalogue(), day=DAY)
    path = save(proposal, tmp_path)
    path.write_text(proposal.yaml.replace("    measure: level", "    measur: level", 1), encoding="utf-8")
    assert len(load_layouts(tmp_path)) == len(load_layouts())
    path.write_text(path.read_text(encoding="utf-8").replace("confirmed: false", "confirmed: true"), encoding="utf-8")
    with pytest.raises(CatalogueError, match=rf"{proposal.id}\.yaml, line \d+, entry series\.0\.measur: unknown field"):
        load_layouts(tmp_path)


def test_nothing_to_take_in_cannot_be_confirmed(tmp_path: Path) -> None:
    """合成"""
    (proposal,) = propose(FILE, workbook(PROFITS), catalogue=load_catalogue(), day=DAY)
    path = save(proposal, tmp_path)
    path.write_text(proposal.yaml.replace("take: true", "take: false"), encoding="utf-8")
    with pytest.raises(CatalogueError, match="take"):
        confirm(path)
    assert "confirmed: false" in path.read_text(encoding="utf-8")


def test_hostile_names_make_no_hostile_yaml(tmp_path: Path) -> None:
    """合成"""
    name = '家具制造业"\n!!python/object:x {a: b}\u2028# 利润总额累计值\x07'
    content = workbook({"甲 - 乙 #": [["月份", name], *[[f"2024-0{m}", m] for m in range(3, 8)]]})
    (proposal,) = propose(FILE, content, catalogue=load_catalogue(), day=DAY)
    assert load_layouts(save(proposal, tmp_path).parents[2])
    assert "家具制造业" in proposal.yaml


# --------------------------------------------------------------------------------------- cells and layouts


@pytest.mark.parametrize(
    ("cell", "period"),
    [
        (dt.date(2024, 8, 31), month(2024, 8)),
        (dt.datetime(2024, 8, 1), month(2024, 8)),
        ("2024年8月", month(2024, 8)),
        ("2024年1-8月", ytd(2024, 8)),
        ("2024-08", month(2024, 8)),
        ("2024/8/31", month(2024, 8)),
        ("2024-08-31 00:00:00", month(2024, 8)),
        ("20240831", month(2024, 8)),
        ("2024.08", month(2024, 8)),
        (202408.0, month(2024, 8)),
        (20240831, month(2024, 8)),
        (45535.0, month(2024, 8)),
        (45536, month(2024, 9)),
        (45540, None),
        (12.5, None),
        (3, None),
        (True, None),
        ("合计", None),
        ("", None),
        ("2024-13", None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_periods_are_read_in_every_variant(cell: object, period: object) -> None:
    assert period_of(cell) == period


def test_cells_as_text_and_number() -> None:
    assert [cell_text(v) for v in (10.620000000000001, 1e-7, 12.0, 1e16, True)] == [
        "10.62",
        "0.0000001",
        "12",
        "10000000000000000",
        "是",
    ]
    assert [number_text(v) for v in ("1,234.5", " -3 ", "３．５", "2.0276E7", "1e40", "", "12%", 5, True, 0.0)] == [
        "1234.5", "-3", "3.5", "20276000", None, None, None, "5", None, "0",
    ]  # fmt: skip
    assert [column_letters(n) for n in (1, 26, 27, 702, 703)] == ["A", "Z", "AA", "ZZ", "AAA"]
    sheet = Sheet("合成", 1, [["a", "b"], ["c"]])
    assert sheet.turn().lines == [["a", "c"], ["b", ""]]
    assert sheet.turn().reference(0, 1) == sheet.reference(1, 0) == "A2"


def test_spellings_meet_in_one_key() -> None:
    assert spelling_key("造纸及纸制品业") == spelling_key("造纸和纸制品业")
    assert spelling_key("电力、热力的生产和供应业") == spelling_key("电力、热力生产和供应业")
    assert plain_name("规模以上工业企业：营业收入：纺织业：累计值.1") == "规模以上工业企业:营业收入:纺织业:累计值"
    catalogue, (wind_layout,) = load_catalogue(), [x for x in load_layouts() if x.id == "wind_monthly"]
    for name, code in (
        ("印刷和记录媒介的复制业", "23"),
        ("电力、燃气及水的生产和供应业", "D"),
        ("电力、热力的生产和供应业", "44"),
    ):
        mapped = map_series(f"{IVA}{name}:当月同比", unit="", layout=wind_layout, catalogue=catalogue)
        assert isinstance(mapped, Mapped) and mapped.subject.code == code


def test_zeros_are_confirmed_within_rounding() -> None:
    cumulative = {ytd(2024, 2): 4.0, ytd(2024, 3): 2.7, ytd(2024, 4): 2.6}
    assert confirmed_zero(month(2024, 3), {}, cumulative, tolerance=0.3)
    assert not confirmed_zero(month(2024, 4), {}, cumulative, tolerance=0.3)
    assert not confirmed_zero(month(2024, 6), {}, cumulative, tolerance=0.3)
    assert not confirmed_zero(month(2024, 1), {}, cumulative, tolerance=0.3)
    assert confirmed_zero(ytd(2024, 5), {month(2024, 5): -10.4}, cumulative, tolerance=0.3)
    assert not confirmed_zero(ytd(2024, 5), {month(2024, 5): -7.0}, cumulative, tolerance=0.3)


def test_fields_and_traps_are_documented() -> None:
    assert {"period", "subject", "indicator", "measure", "unit", "row"} <= set(FIELDS)
    assert TRAPS and all(t.endswith("。") for t in TRAPS)


# --------------------------------------------------------------------------------------------------- fuzz

_CELLS = st.one_of(
    st.none(), st.integers(-(10**9), 10**9), st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=12),
    st.sampled_from(["指标名称", IVA + "家具制造业:当月同比", "2024年8月", "单位", "%", 202403, 45535, "Wind", "--"]),
    st.dates(dt.date(1990, 1, 1), dt.date(2030, 1, 1)),
)  # fmt: skip


def _only_known_outcomes(path: PurePath, content: bytes) -> None:
    SHAPE.recognises(path, content[:65536])
    try:
        assert isinstance(SHAPE.parse(path, content), Parsed)
    except UnreadableFile as error:
        assert str(error)
    try:
        propose(path, content, catalogue=load_catalogue(), day=DAY)
    except UnreadableFile as error:
        assert str(error)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(_CELLS, max_size=6), max_size=12))
def test_any_cells_are_read_or_refused(lines: list[list[object]]) -> None:
    clean = [[c.replace("\x00", "") if isinstance(c, str) else c for c in line] for line in lines]
    _only_known_outcomes(FILE, workbook({"合成": [["指标名称", IVA + "家具制造业:当月同比"], *clean]}))


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=200).map(lambda t: ("指标名称,中国:PPI:当月同比\n" + t).encode()))
def test_any_csv_is_read_or_refused(content: bytes) -> None:
    _only_known_outcomes(PurePath("合成.csv"), content)


def test_a_long_name_costs_no_time() -> None:
    """合成"""
    name = "中国:" + "规模以上工业企业:" * 3000 + "当月同比"
    start = time.process_time()
    parsed = parse(wind({name: {(2024, 3): 1.0}, IVA + "家具制造业:当月同比": {(2024, 3): 1.0}}))
    assert len(parsed.rows) == 1 and time.process_time() - start < 2
