"""The tables of a bulletin as a workbook (bulletin.xlsx): one sheet a table, numbers as numbers, a sheet of contents.

Each sheet has title, unit, heads, a row of units, the rows, notes and source; the identifiers of the facts stand in
hidden columns to the right of the rows they belong to.
"""

from __future__ import annotations

import datetime as dt
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from qinggong.publish import layout
from qinggong.publish.document import Bulletin, Cell, Table
from qinggong.publish.printed_number import printed_number
from qinggong.publish.xlsx import FACE, OPTIONS, SheetNames, fit_cell
from qinggong.publish.xml_text import fit_line
from qinggong.publish.zipfiles import release_moment, rewrite_zip

if TYPE_CHECKING:
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

AUTHOR = "轻工运行监测"
_RED, _GREY, _BLUE = "#B3261E", "#595959", "#1F4E79"
_WIDEST, _NARROWEST = 42.0, 9.0
_WEB = re.compile(r"https?://[^\s\"<>]+", re.ASCII)
_LONGEST_LINK = 2000
_WORDS: Mapping[str, Mapping[str, str]] = {
    "zh": {
        "contents": "目录", "sources": "资料来源", "number": "编号", "table": "表", "section": "章节", "rows": "行数",
        "back": "返回目录",
        "unit": "计量单位", "fact": "事实编号", "why": "未列数字的原因", "none": "无数据", "page": "第 &P 页　共 &N 页",
        "title": "标题", "publisher": "发布机构", "date": "发布日期", "address": "页面地址",
        "told": "数字单元格为数值，按月报印出的位数显示；各行所据的事实编号在右侧隐藏的列中，可取消隐藏。",
    },
    "en": {
        "contents": "Contents", "sources": "Sources", "number": "No.", "table": "Table", "section": "Section",
        "rows": "Rows",
        "back": "Back to contents", "unit": "Unit", "fact": "Fact", "why": "Why no figure", "none": "No data",
        "page": "Page &P of &N", "title": "Title", "publisher": "Publisher", "date": "Date", "address": "Address",
        "told": "Numbers are numbers, shown with the digits of the bulletin; "
        "the facts behind a row are named in hidden columns.",
    },
}  # fmt: skip


@dataclass(slots=True)
class _Book:
    """The workbook with the formats used so far; equal ones are shared."""

    book: Workbook
    bulletin: Bulletin
    formats: dict[tuple[tuple[str, Any], ...], Format] = field(default_factory=dict)

    def look(self, **wanted: Any) -> Format:
        told = {"font_name": FACE, "font_size": 10, "valign": "vcenter", **wanted}
        key = tuple(sorted(told.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format(told)
        return self.formats[key]

    def word(self, key: str) -> str:
        return _WORDS["zh" if self.bulletin.language.startswith("zh") else "en"][key]


def render_bulletin_workbook(bulletin: Bulletin, *, author: str = AUTHOR) -> bytes:
    """The tables of a bulletin as an XLSX; same input, same bytes.

    Raises ``ValueError`` when a row of a table has not one cell for each column.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    made = _Book(xlsxwriter.Workbook(out, OPTIONS), bulletin)
    moment = release_moment(bulletin.release_time).astimezone(dt.UTC).replace(tzinfo=None)
    made.book.set_properties(
        {
            "title": fit_line(f"{bulletin.title} {bulletin.period_name}")[:255],
            "subject": fit_line(bulletin.subtitle)[:255],
            "author": fit_line(author), "comments": fit_line(bulletin.mark), "created": moment,
        }
    )  # fmt: skip
    names = SheetNames()
    front = made.book.add_worksheet(names.free(made.word("contents")))
    sheets = [(section.title, table, names.free(table.label)) for section in bulletin.sections
              for table in section.blocks if isinstance(table, Table)]  # fmt: skip
    last = names.free(made.word("sources")) if bulletin.sources else ""
    _front(made, front, sheets, last)
    for _, table, name in sheets:
        _table_sheet(made, made.book.add_worksheet(name), table, front.get_name())
    if last:
        _source_sheet(made, made.book.add_worksheet(last), front.get_name())
    made.book.close()
    return rewrite_zip(out.getvalue(), release_time=bulletin.release_time)


# ------------------------------------------------------------------------------------------------ sheets


def _head(made: _Book, page: Worksheet, title: str, back: str = "") -> None:
    """Title of a sheet, the notice of synthetic data, and the way back to the contents."""
    mark = made.bulletin.mark
    shown = f"{mark}　{title}" if mark else title
    page.write_string(
        0, 0, fit_cell(shown), made.look(bold=True, font_size=14, **({"font_color": _RED} if mark else {}))
    )
    page.set_row(0, 24)
    if back:
        page.write_url(1, 0, _inside(back), made.look(font_color=_BLUE, underline=1, font_size=9), made.word("back"))


def _inside(sheet: str) -> str:
    quoted = sheet.replace("'", "''")
    return f"internal:'{quoted}'!A1"


def _print(made: _Book, page: Worksheet, *, head: tuple[int, int], landscape: bool) -> None:
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(*head)
    page.set_margins(left=0.6, right=0.6, top=0.8, bottom=0.8)
    # The ampersand steers headers of printed pages.
    name = fit_line(made.bulletin.title)[:60].replace("&", "&&")
    notice = f"&C{fit_line(made.bulletin.mark)[:60]}" if made.bulletin.mark else ""
    page.set_header(f"&L{name}{notice}&R{made.bulletin.period_name.replace('&', '&&')}")
    page.set_footer(f"&C{made.word('page')}")
    if landscape:
        page.set_landscape()


def _front(made: _Book, page: Worksheet, sheets: list[tuple[str, Table, str]], last: str) -> None:
    bulletin = made.bulletin
    _head(made, page, bulletin.title)
    grey = made.look(font_size=9, font_color=_GREY)
    about = "　".join(part for part in (bulletin.issue_line, bulletin.subtitle, bulletin.status_line) if part)
    page.write_string(1, 0, fit_cell(about), grey)
    page.write_string(2, 0, made.word("told"), grey)
    heads = ("number", "table", "section", "unit", "rows")
    bar = made.look(bold=True, top=2, bottom=1, align="center")
    for j, (key, width) in enumerate(zip(heads, (12, 58, 24, 18, 8), strict=True)):
        page.set_column(j, j, width)
        page.write_string(4, j, made.word(key), bar)
    plain, link = made.look(text_wrap=True), made.look(font_color=_BLUE, underline=1, text_wrap=True)
    at = 5
    for section, table, name in sheets:
        page.write_url(at, 0, _inside(name), link, fit_cell(table.label))
        for j, text in enumerate((table.title, section, _units(table)), start=1):
            page.write_string(at, j, fit_cell(text), plain)
        page.write_number(at, 4, len(table.rows), made.look(num_format="0", align="right"))
        at += 1
    if last:
        page.write_url(at, 0, _inside(last), link, made.word("sources"))
    page.freeze_panes(5, 1)
    _print(made, page, head=(4, 4), landscape=True)


def _units(table: Table) -> str:
    if table.unit_note:
        return table.unit_note.rpartition("：")[2]
    return "、".join(dict.fromkeys(column.unit for column in table.columns if column.unit))


def _table_sheet(made: _Book, page: Worksheet, table: Table, back: str) -> None:
    layout.check_table(table)
    _head(made, page, f"{table.label}　{table.title}", back)
    count = len(table.columns)
    if table.unit_note:
        unit = made.look(font_size=9, font_color=_GREY, align="right")
        page.write_string(
            1, max(count - 1, 1), fit_cell(layout.unit_line(table.unit_note, made.bulletin.language)), unit
        )
    bar = made.look(bold=True, top=2, align="center", text_wrap=True)
    under = made.look(bottom=1, align="center", font_size=9, font_color=_GREY)
    for j, column in enumerate(table.columns):
        page.write_string(2, j, fit_cell(column.head), bar)
        page.write_string(3, j, fit_cell(column.unit), under)
        page.set_column(j, j, _width(table, j))
    tallest = max((column.head.count("\n") + 1 for column in table.columns), default=1)
    page.set_row(2, 16 * max(tallest, 2))
    for i, cells in enumerate(table.rows, start=4):
        edge = {"bottom": 2} if i == len(table.rows) + 3 else {}
        for j, cell in enumerate(cells):
            _write(made, page, i, j, cell, table.columns[j].align, edge)
    if not table.rows:
        page.write_string(4, 0, made.word("none"), made.look(bottom=2))
    _lineage(made, page, table)
    at = 5 + max(len(table.rows), 1)
    for head, text in layout.note_lines(table, made.bulletin.language):
        page.write_string(at, 0, fit_cell(f"{head}{text}"), made.look(font_size=9, font_color=_GREY))
        at += 1
    page.freeze_panes(4, 1)
    _print(made, page, head=(2, 3), landscape=True)
    # The hidden columns and long names behind them are not for paper.
    page.print_area(0, 0, at, max(count - 1, 0))


def _write(made: _Book, page: Worksheet, i: int, j: int, cell: Cell, align: str, edge: Mapping[str, int]) -> None:
    looks: dict[str, Any] = {"align": align, **edge}
    if cell.strong:
        looks["bold"] = True
    if cell.indent and align == "left":
        looks["indent"] = cell.indent
    number = printed_number(cell.text) if cell.fact_id or align == "right" else None
    if number is not None:
        page.write_number(i, j, number.value, made.look(num_format=number.number_format, **looks))
    elif cell.text:
        wrap = {"text_wrap": True} if align == "left" else {}
        page.write_string(i, j, fit_cell(cell.text), made.look(num_format="@", **looks, **wrap))
    else:
        page.write_blank(i, j, None, made.look(**looks))


def _lineage(made: _Book, page: Worksheet, table: Table) -> None:
    """Hidden columns behind the table: the fact of each number, or why there is none."""
    held = [j for j in range(len(table.columns)) if any(row[j].fact_id or row[j].title for row in table.rows)]
    if not held:
        return
    first = len(table.columns) + 1
    plain = made.look(num_format="@", font_size=9, font_color=_GREY)
    for place, j in enumerate(held, start=first):
        head = " ".join(table.columns[j].head.split())
        page.write_string(2, place, fit_cell(f"{made.word('fact')}：{head}"), plain)
        for i, row in enumerate(table.rows, start=4):
            text = row[j].fact_id or (f"{made.word('why')}：{row[j].title}" if row[j].title else "")
            if text:
                page.write_string(i, place, fit_cell(text), plain)
    page.set_column(first, first + len(held) - 1, 40, None, {"hidden": True})


def _width(table: Table, j: int) -> float:
    """Width of a column in characters of the standard face, a Chinese character counting as two."""
    parts = [part for text in (table.columns[j].head, table.columns[j].unit) for part in text.split("\n")]
    texts = [*parts, *(f"{'  ' * row[j].indent}{row[j].text}" for row in table.rows)]
    widest = max((sum(1.1 if ord(c) < 0x2E80 else 2.1 for c in text[:100]) for text in texts), default=0.0)
    return round(min(max(widest + 2, 14 if j == 0 else _NARROWEST), _WIDEST), 1)


def _source_sheet(made: _Book, page: Worksheet, back: str) -> None:
    _head(made, page, made.word("sources"), back)
    bar = made.look(bold=True, top=2, bottom=1, align="center")
    for j, (key, width) in enumerate((("number", 8), ("title", 60), ("publisher", 24), ("date", 12), ("address", 60))):
        page.set_column(j, j, width)
        page.write_string(2, j, made.word(key), bar)
    plain = made.look(num_format="@", text_wrap=True)
    link = made.look(font_color=_BLUE, underline=1, font_size=9, text_wrap=True)
    for i, source in enumerate(made.bulletin.sources, start=3):
        page.write_number(i, 0, source.number, made.look(num_format="0", align="center"))
        for j, text in enumerate((source.title, source.publisher, source.date), start=1):
            page.write_string(i, j, fit_cell(text), plain)
        url = fit_line(source.url)
        if _WEB.fullmatch(url) and len(url) <= _LONGEST_LINK:
            page.write_url(i, 4, url, link, fit_cell(url)[:255])
        elif url:
            page.write_string(i, 4, fit_cell(url), plain)
    page.freeze_panes(3, 1)
    _print(made, page, head=(2, 2), landscape=True)
