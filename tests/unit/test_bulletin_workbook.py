"""The bulletin's tables as a workbook: real numbers as printed, text as text, links, print set-up, bad names."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]
from python_calamine import CalamineWorkbook
from word_sample import growth_table, one_table, word_bulletin

from qinggong.catalogue.synthetic import NOTICE, is_marked
from qinggong.publish.bulletin_workbook import render_bulletin_workbook
from qinggong.publish.document import Cell, Column
from qinggong.publish.printed_number import printed_number
from qinggong.publish.xlsx import Sheet, SheetColumn, SheetNames, render_workbook

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def _rows(data: bytes, name: str) -> list[list[object]]:
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name(name)
    return sheet.to_python()  # type: ignore[return-value]


def _part(data: bytes, name: str) -> etree._Element:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return etree.fromstring(archive.read(name))


@pytest.mark.parametrize(
    ("text", "value", "shown"),
    [
        ("146,823.4", 146823.4, "#,##0.0"), ("5.20", 5.2, "0.00"), ("-5.3", -5.3, "0.0"), ("−5.3", -5.3, "0.0"), ("0",
        0.0, "0"),
        ("+1.2", 1.2, "+0.0;-0.0;0.0"), ("6.7%", 0.067, "0.0%"), ("75.93万亿元", 75.93, '0.00"万亿元"'),
        ("1.1百分点", 1.1, '0.0"百分点"'), ("25934.2*", 25934.2, '0.0"*"'),
    ],
)  # fmt: skip
def test_printed_numbers_become_values_with_their_format(text: str, value: float, shown: str) -> None:
    found = printed_number(text)
    assert found is not None
    assert (found.value, found.number_format) == (value, shown)


@pytest.mark.parametrize(
    "text", ["—", "", "18~20", "2024年8月", "1,23.4", "=1+1", "1e5", "１２", "007", "1" * 16, "3.2—3.5", "约5"]
)
def test_other_texts_are_no_numbers(text: str) -> None:
    assert printed_number(text) is None


@settings(deadline=None, max_examples=200)
@given(st.decimals(min_value=-(10**9), max_value=10**9, places=3, allow_nan=False), st.booleans())
def test_the_value_is_the_printed_one(number: object, grouped: bool) -> None:
    text = f"{number:,}" if grouped else str(number)
    found = printed_number(text)
    assert found is not None
    assert found.value == float(text.replace(",", ""))


def test_sheets_hold_the_tables_with_real_numbers() -> None:
    bulletin = word_bulletin()
    data = render_bulletin_workbook(bulletin)
    assert render_bulletin_workbook(bulletin) == data
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["目录", *(t.label for t in bulletin.tables), "资料来源"]
    rows = _rows(data, "表1-1")
    assert rows[0][0] == "表1-1　主要指标（2024年8月）"
    assert rows[1][2] == "单位：亿元、%"
    assert rows[2][:3] == ["行业", "营业收入", "同比增长"] and rows[3][:3] == ["", "亿元", "%"]
    assert rows[4][:3] == ["行业0", 1234.5, -1.5]
    assert rows[6][2] == "—"
    assert [row[0] for row in rows[9:]] == [
        "注：1. 按可比口径。",
        "　　2. 行业为示例。",
        "资料来源：示例数据，非官方数字 [1]",
    ]


def test_number_formats_are_those_printed() -> None:
    data = render_bulletin_workbook(one_table(growth_table("表1-1")))
    styles = _part(data, "xl/styles.xml")
    formats = {f.get("formatCode") for f in styles.iterfind(".//m:numFmt", NS)}
    assert {"#,##0.0", "0.0"} <= formats
    cell = _part(data, "xl/worksheets/sheet2.xml").find(".//m:c[@r='B5']", NS)
    assert cell.get("t") is None and cell.findtext("m:v", namespaces=NS) == "1234.5"


def test_facts_stand_in_hidden_columns_and_are_not_printed() -> None:
    data = render_bulletin_workbook(one_table(growth_table("表1-1")))
    rows = _rows(data, "表1-1")
    assert rows[2][4:] == ["事实编号：营业收入", "事实编号：同比增长"]
    assert rows[4][4:] == ["sample/level/0", "sample/yoy/0"] and rows[6][5] == "未列数字的原因：未发布"
    page = _part(data, "xl/worksheets/sheet2.xml")
    hidden = [(c.get("min"), c.get("max")) for c in page.iterfind(".//m:col", NS) if c.get("hidden") == "1"]
    assert hidden == [("5", "6")]
    area = [d.text for d in _part(data, "xl/workbook.xml").iterfind(".//m:definedName", NS) if "Area" in d.get("name")]
    assert area == ["'表1-1'!$A$1:$C$13"]


def test_panes_print_set_up_and_links() -> None:
    data = render_bulletin_workbook(word_bulletin(mark="合成数据"))
    page = _part(data, "xl/worksheets/sheet2.xml")
    pane = page.find(".//m:pane", NS)
    assert (pane.get("state"), pane.get("ySplit"), pane.get("xSplit")) == ("frozen", "4", "1")
    setup = page.find("m:pageSetup", NS)
    assert (setup.get("orientation"), setup.get("paperSize"), setup.get("fitToHeight")) == ("landscape", "9", "0")
    assert "合成数据" in page.find("m:headerFooter/m:oddHeader", NS).text
    titles = [
        d.text for d in _part(data, "xl/workbook.xml").iterfind(".//m:definedName", NS) if "Titles" in d.get("name")
    ]
    assert "'表1-1'!$3:$4" in titles
    links = [h.get("location") for h in _part(data, "xl/worksheets/sheet1.xml").iterfind(".//m:hyperlink", NS)]
    assert links == ["'表1-1'!A1", "'表1-2'!A1", "'表2-1'!A1", "'表2-2'!A1", "'资料来源'!A1"]
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        outward = re.findall(
            rb'Target="([^"]+)" TargetMode="External"', b"".join(archive.read(n) for n in archive.namelist())
        )
    assert outward == [b"https://www.stats.gov.cn/a?b=1&amp;c=2"]
    assert _rows(data, "目录")[0][0] == "合成数据　轻工业经济运行月报"


def test_columns_are_wide_enough_for_chinese() -> None:
    name = "皮革、毛皮、羽毛及其制品和制鞋业"
    table = growth_table("表1-1")
    table = replace(table, rows=((Cell(name), *table.rows[0][1:]),))
    first = _part(render_bulletin_workbook(one_table(table)), "xl/worksheets/sheet2.xml").find(".//m:col", NS)
    assert 2 * len(name) <= float(first.get("width")) <= 45


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")', "{=1}"]
)
def test_no_text_becomes_a_formula(text: str) -> None:
    table = replace(growth_table("表1-1", title=text), columns=(Column(text, align="left"), Column("甲", text)),
                    rows=((Cell(text), Cell(text, f"{text}/id")),), notes=(text,), source=text)  # fmt: skip
    data = render_bulletin_workbook(one_table(table, title=text, issue_line=text))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        pages = b"".join(archive.read(n) for n in archive.namelist() if n.startswith("xl/worksheets/"))
    assert b"<f>" not in pages and b"<f " not in pages
    assert _rows(data, "表1-1")[4][0] == text.strip("\t") or _rows(data, "表1-1")[4][0] == text


def test_bad_names_empty_tables_and_a_hundred_columns() -> None:
    name = "行\x00业\x0b<&\ud800" + "长" * 40_000
    odd = replace(growth_table(name, title=name), rows=((Cell(name), Cell(name), Cell(name)),), source=name)
    data = render_bulletin_workbook(one_table(odd, title=name, subtitle=name, mark=name))
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert all(len(sheet) <= 31 for sheet in book.sheet_names)
    told = str(_rows(data, book.sheet_names[1])[4][0])
    assert told.startswith("行\ufffd业\ufffd<&\ufffd长") and len(told) == 32_767
    empty = render_bulletin_workbook(one_table(replace(growth_table("表1-1"), rows=())))
    assert _rows(empty, "表1-1")[4][0] == "无数据"
    columns = tuple(Column(f"列{j}") for j in range(100))
    wide = replace(growth_table("表1-1"), columns=columns, rows=(tuple(Cell(f"{j}.5") for j in range(100)),))
    assert _rows(render_bulletin_workbook(one_table(wide)), "表1-1")[4][:100] == [j + 0.5 for j in range(100)]
    with pytest.raises(ValueError, match="表1-1 row 1: 1 cells for 3 columns"):
        render_bulletin_workbook(one_table(replace(growth_table("表1-1"), rows=((Cell("甲"),),))))


def test_sheet_names_are_short_allowed_and_unique() -> None:
    names = SheetNames()
    told = [names.free(n) for n in ("表:1/2", "表:1/2", "", "History", "a" * 40, "A" * 40, "'x'")]
    assert told[:4] == ["表－1－2", "表－1－2_2", "表", "History_"]
    assert len({n.casefold() for n in told}) == len(told) and max(map(len, told)) == 31
    assert told[-1] == "x"


def test_data_workbooks_take_bad_text_too() -> None:
    sheet = Sheet("甲/乙", "标\x00题", (SheetColumn("头\x01"),), (("值\x02\ud800",), ("x" * 40_000,)), note="注\x03")
    data = render_workbook([sheet, sheet], release_time="2024-09-27T00:00:00+08:00")
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["甲－乙", "甲－乙_2"]
    assert _rows(data, "甲－乙")[3] == ["值\ufffd\ufffd"]


def test_a_synthetic_workbook_carries_the_mark_that_keeps_it_out_of_real_workspaces() -> None:
    assert is_marked(render_bulletin_workbook(word_bulletin(mark=NOTICE)))
    assert not is_marked(render_bulletin_workbook(word_bulletin()))
