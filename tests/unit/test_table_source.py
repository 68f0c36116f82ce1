"""Long tables: encodings, delimiters, heads, missing values, short rows, and files that are not what they seem."""

from __future__ import annotations

import datetime as dt
import io
import time
import zipfile
from pathlib import PurePath

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from qinggong.sources import Parsed, UnreadableFile
from qinggong.sources.table import SHAPE as TABLE

HEAD = ("时期", "地区", "行业或商品", "指标", "度量", "数值", "单位", "发布标题", "发布日期", "发布机构", "页面地址")
ROW = ("2024-08", "CN", "原盐", "产量", "level", "512.3", "万吨", "2024年8月份", "2024-09-14", "国家统计局", "")
Cells = tuple[object, ...]


def text(*lines: Cells, delimiter: str = ",") -> str:
    return "".join(delimiter.join(map(str, line)) + "\r\n" for line in lines)


def workbook(*lines: Cells, before: tuple[str, ...] = ()) -> bytes:
    """An XLSX file with these lines on its last sheet; dates as dates, numbers as numbers."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    for name in before:
        book.add_worksheet(name).write(0, 0, "说明")
    sheet = book.add_worksheet("数据")
    day = book.add_format({"num_format": "yyyy-mm-dd"})
    for i, line in enumerate(lines):
        for j, value in enumerate(line):
            if isinstance(value, dt.date):
                sheet.write_datetime(i, j, dt.datetime(value.year, value.month, value.day), day)
            else:
                sheet.write(i, j, value)
    book.close()
    return out.getvalue()


def parsed(content: bytes, name: str = "数据.csv") -> Parsed:
    path = PurePath(name)
    assert TABLE.recognises(path, content[:65536])
    return TABLE.parse(path, content)


def refused(content: bytes, name: str) -> str:
    with pytest.raises(UnreadableFile) as error:
        parsed(content, name)
    assert name not in str(error.value)
    return str(error.value)


def changed(**cells: object) -> Cells:
    names = {"period": 0, "region": 1, "value": 5, "unit": 6, "title": 7, "published": 8, "publisher": 9}
    line: list[object] = list(ROW)
    for name, value in cells.items():
        line[names[name]] = value
    return tuple(line)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
@pytest.mark.parametrize(
    "delimiter, name", [(",", "a.csv"), ("\t", "a.tsv"), ("\t", "a.txt"), (",", "A.TXT"), (";", "a.csv")]
)
def test_encodings_and_delimiters(encoding: str, delimiter: str, name: str) -> None:
    (row,) = parsed(text(HEAD, ROW, delimiter=delimiter).encode(encoding), name).rows
    assert (row.row, row.period, row.subject, row.value, row.publisher) == (2, "2024-08", "原盐", "512.3", "国家统计局")
    assert (row.region, row.published, row.url, row.status) == ("CN", "2024-09-14", "", "")
    assert row.series_text == "原盐·产量·level"


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends(ending: str) -> None:
    content = text(HEAD, ROW, changed(period="2024-09")).replace("\r\n", ending).encode()
    assert [(r.row, r.period) for r in parsed(content).rows] == [(2, "2024-08"), (3, "2024-09")]


@pytest.mark.parametrize(
    "head",
    [
        ("period", "geo", "industry", "indicator", "measure", "value", "unit", "release_title", "release_date",
         "publisher", "read_at"),
        (" Period ", "Region", "SUBJECT", "Indicator", "Measure", "Value", "Unit", "Title", "Published_At",
         "Publisher", "URL"),
        ("统计时期", "地区", "对象", "指标", "类型", "本期值", "单位", "来源标题", "发布日期", "发布机构", "来源地址"),
    ],
    ids=["english", "capitals", "chinese"],
)  # fmt: skip
def test_heads_in_both_languages(head: Cells) -> None:
    (row,) = parsed(text(head, ROW).encode()).rows
    assert (row.title, row.published, row.region) == ("2024年8月份", "2024-09-14", "CN")


def test_columns_in_any_order_and_further_columns() -> None:
    order = [9, 5, 0, 2, 6, 3, 4]
    head = (*(HEAD[i] for i in order), "备注")
    (row,) = parsed(text(head, (*(ROW[i] for i in order), "不导入")).encode()).rows
    assert (row.publisher, row.value, row.period, row.region, row.title) == ("国家统计局", "512.3", "2024-08", "", "")


def test_lines_above_the_head_are_left_alone_and_rows_count_as_in_a_spreadsheet() -> None:
    content = text(
        ("2024年8月份待补数字",), ("请填写",), HEAD, changed(title='"两行\r\n标题"'), ROW, ("",), ROW
    ).encode()
    assert [r.row for r in parsed(content).rows] == [4, 5, 7]
    assert parsed(content).defects == ()


@pytest.mark.parametrize("missing", ["", " ", "-", "—", "——", "--", "－", "…", "……", "...", "–"])
def test_a_missing_value_is_a_blank_row_and_no_finding(missing: str) -> None:
    read = parsed(text(HEAD, ROW, changed(value=missing)).encode())
    assert (len(read.rows), read.blank_rows, read.defects) == (1, 1, ())


@pytest.mark.parametrize("value", ["0", "0.0", "-0.5", "－0.5", "无", "持平"])
def test_what_is_no_missing_value_goes_on_to_the_checks(value: str) -> None:
    assert [r.value for r in parsed(text(HEAD, changed(value=value)).encode()).rows] == [value]


def test_a_withdrawal_has_no_value() -> None:
    (row,) = parsed(text((*HEAD, "状态"), (*changed(value=""), "撤回")).encode()).rows
    assert (row.value, row.status) == ("", "撤回")


def test_a_short_row_is_a_defect_and_the_others_stay() -> None:
    read = parsed(text(HEAD, ROW, ROW[:4], ROW[:9], ROW[:10]).encode())
    assert [r.row for r in read.rows] == [2, 5]
    assert [(d.rule, d.row) for d in read.defects] == [("short-row", 3), ("short-row", 4)]
    assert "原盐" in read.defects[0].text
    assert all(d.message and d.advice and not d.advice.endswith("。") for d in read.defects)


def test_a_quoted_value_keeps_its_comma() -> None:
    (row,) = parsed(text(HEAD, changed(value='"1,234.5"')).encode()).rows
    assert row.value == "1,234.5"


@pytest.mark.parametrize("name", ["数据.xlsx", "数据.XLSM", "数据"])
def test_a_workbook(name: str) -> None:
    (row,) = parsed(workbook(HEAD, ROW), name).rows
    assert (row.row, row.period, row.value, row.unit) == (2, "2024-08", "512.3", "万吨")


def test_a_workbook_whose_table_is_on_a_later_sheet_below_a_title() -> None:
    content = workbook(("标题",), (), HEAD, ROW, before=("封面", "说明"))
    assert [r.row for r in parsed(content, "a.xlsx").rows] == [4]


@pytest.mark.parametrize(
    "cell, read",
    [(512.3, "512.3"), (512.0, "512"), (5.1 + 0.5, "5.6"), (0.1 + 0.2, "0.3"), (-3, "-3"), (0.00001, "0.00001"),
     (123456789012, "123456789012"), ("512.30", "512.30"), (True, "是")],
)  # fmt: skip
def test_a_number_in_a_cell_reads_as_it_is_shown(cell: object, read: str) -> None:
    assert [r.value for r in parsed(workbook(HEAD, changed(value=cell)), "a.xlsx").rows] == [read]


def test_dates_in_cells() -> None:
    content = workbook(HEAD, changed(period=dt.date(2024, 8, 1), published=dt.date(2024, 9, 14)))
    (row,) = parsed(content, "a.xlsx").rows
    assert (row.period, row.published) == ("2024-08", "2024-09-14")


def test_a_day_is_no_month() -> None:
    content = workbook(HEAD, changed(period=dt.date(2024, 8, 15)))
    assert [r.period for r in parsed(content, "a.xlsx").rows] == ["2024-08-15"]


def test_a_workbook_without_the_table() -> None:
    assert "没有含" in refused(workbook(("甲", "乙"), (1, 2)), "a.xlsx")


@pytest.mark.parametrize(
    "content, why",
    [
        (b"", "表头"),
        (b"\r\n\r\n", "表头"),
        (text(("甲", "乙"), (1, 2)).encode(), "表头"),
        (text(HEAD[:-2], ROW[:-2]).encode(), "表头"),
        (text(HEAD, ROW).encode().replace("原盐".encode(), b"\x00\x00"), "空字节"),
        (text(HEAD, ROW).encode("utf-16"), "编码"),
        (text(HEAD, ROW).encode("utf-8-sig") + b"\xff\xfe", "UTF-8"),
        (b"\xff\xff\xff\xff", "编码"),
        (text(HEAD, ROW).encode() + b'2024-09,CN,"', "CSV"),
        (text(HEAD, ROW).encode() + b'2024-09,CN,"x"y,', "CSV"),
        (text(HEAD, changed(title="x" * 200_000)).encode(), "CSV"),
    ],
    ids=["empty", "blank", "no-head", "head-too-short", "nul", "utf-16", "bom-but-not-utf-8", "bytes", "open-quote",
         "text-after-quote", "huge-cell"],
)  # fmt: skip
def test_damaged_text_files(content: bytes, why: str) -> None:
    assert why in refused(content, "a.csv")


def test_a_text_that_is_no_table_is_not_ours() -> None:
    for name, content in (("读我.txt", "说明文字\n".encode()), ("a.pdf", b"%PDF-1.7"), ("a.xls", b"\xd0\xcf\x11\xe0")):
        assert not TABLE.recognises(PurePath(name), content)


def rezipped(content: bytes, **changes: bytes) -> bytes:
    """The archive with some parts replaced; a name's ``__`` stands for ``/``."""
    out = io.BytesIO()
    wanted = {name.replace("__", "/") + ".xml": data for name, data in changes.items()}
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            new.writestr(entry.filename, wanted.pop(entry.filename, None) or old.read(entry))
        for name, data in wanted.items():
            new.writestr(name, data)
    return out.getvalue()


def sheet(cells: str) -> bytes:
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    return f'<?xml version="1.0"?><worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'.encode()


GOOD = workbook(HEAD, ROW)


@pytest.mark.parametrize(
    "content",
    [
        b"PK\x03\x04",
        GOOD[: len(GOOD) // 2],
        GOOD[:-30],
        GOOD[:200] + bytes(200) + GOOD[400:],
        rezipped(GOOD, xl__worksheets__sheet1=b"<worksheet><sheetData><row"),
        rezipped(GOOD, xl__workbook=b"not XML at all"),
        rezipped(GOOD, xl__sharedStrings=b"<sst><si><t>one</t></si></sst>"),
    ],
    ids=["magic", "half", "no-directory", "zeros", "torn-sheet", "torn-book", "lost-strings"],
)
def test_damaged_workbooks(content: bytes) -> None:
    assert refused(content, "a.xlsx")


@pytest.mark.parametrize(
    "content",
    [
        text(HEAD, ROW).encode(),
        b"<html><table></table></html>",
        b"",
        b"\xd0\xcf\x11\xe0\xa1\xb1",
        b"PK\x05\x06" + bytes(18),
    ],
    ids=["csv", "html", "empty", "old-excel", "empty-zip"],
)
def test_a_name_of_a_workbook_on_something_else(content: bytes) -> None:
    assert "不是 Excel 工作簿" in refused(content, "a.xlsx")


def test_an_archive_that_is_no_workbook() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert "workbook.xml" in refused(out.getvalue(), "a.xlsx")


def test_a_bomb_is_refused_before_it_unpacks() -> None:
    content = rezipped(GOOD, xl__worksheets__sheet2=bytes(500_000_000))
    assert len(content) < 1_000_000
    start = time.process_time()
    assert "解压后超过" in refused(content, "a.xlsx")
    assert time.process_time() - start < 20


@pytest.mark.parametrize(
    "cells",
    [
        '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        '<row r="1">' + "<c><v>1</v></c>" * 300 + '</row><row r="1048576"><c><v>1</v></c></row>',
        "<x:row r='1'><x:c r='XFD1'/></x:row><x:row r='99999'><x:c r='A99999'/></x:row>",
    ],
    ids=["corners", "without-references", "prefixed"],
)
def test_two_cells_far_apart_do_not_fill_the_memory(cells: str) -> None:
    assert "单元格" in refused(rezipped(GOOD, xl__worksheets__sheet1=sheet(cells)), "a.xlsx")


def test_a_sheet_of_angle_brackets_takes_no_time() -> None:
    start = time.process_time()
    assert refused(rezipped(GOOD, xl__worksheets__sheet1=b"<c " * 3_000_000), "a.xlsx")
    assert time.process_time() - start < 10
