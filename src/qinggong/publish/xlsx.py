"""Data workbooks: plain sheets with frozen heads and fixed number formats, and no formula anywhere."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from qinggong.publish.xml_text import fit_line, fit_text, shortened
from qinggong.publish.zipfiles import release_moment, rewrite_zip

if TYPE_CHECKING:
    from xlsxwriter.format import Format  # type: ignore[import-untyped]
    from xlsxwriter.workbook import Workbook  # type: ignore[import-untyped]
    from xlsxwriter.worksheet import Worksheet  # type: ignore[import-untyped]

Value = str | int | float | dt.date | None

FACE = "宋体"
OPTIONS = {"in_memory": True, "strings_to_formulas": False, "strings_to_numbers": False, "strings_to_urls": False}
"""Text is always written as text: nothing in it becomes a formula, a number or a link."""
_HEAD_ROW = 2
_LONGEST_CELL = 32_767
"""Characters of one cell (Microsoft, Excel specifications and limits)."""
_LONGEST_NAME = 31


@dataclass(frozen=True, slots=True)
class SheetColumn:
    """One column: ``width`` in characters, ``number_format`` as Excel writes it (``#,##0.0``, ``yyyy-mm-dd``)."""

    head: str
    kind: Literal["text", "number", "date"] = "text"
    width: float = 12
    number_format: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: title in its first row, note in its second, head in its third, then ``rows``."""

    name: str
    title: str
    columns: tuple[SheetColumn, ...]
    rows: Sequence[Sequence[Value]]
    note: str = ""


@dataclass(slots=True)
class SheetNames:
    """Names of sheets as a workbook allows them: short, without ``[]:*?/\\``, each once whatever its case."""

    _taken: set[str] = field(default_factory=set)

    def free(self, wanted: str) -> str:
        """``wanted``, changed as little as needed."""
        told = "".join("－" if c in "[]:*?/\\" else c for c in fit_line(wanted)).strip("' ") or "表"
        # Excel keeps this name for itself.
        told = f"{told}_" if told.casefold() == "history" else told
        number, name = 1, told[:_LONGEST_NAME]
        while name.casefold() in self._taken:
            number += 1
            name = f"{told[: _LONGEST_NAME - len(str(number)) - 1]}_{number}"
        self._taken.add(name.casefold())
        return name


def fit_cell(text: str) -> str:
    """Text that a cell can hold: no forbidden characters, not longer than a cell may be."""
    return shortened(fit_text(text), _LONGEST_CELL)


def render_workbook(sheets: Sequence[Sheet], *, release_time: str, mark: str = "") -> bytes:
    """An XLSX file; text is always written as text, so ``=``, ``+``, ``-`` or ``@`` at its start is harmless.

    ``mark`` is put before the title of every sheet, and into the head of its printed pages.

    A text in a number column (“—”) stays text and is set to the right. Raises ``ValueError`` naming sheet, row and
    value when a row has not one value per column or a date is no ISO date.
    """
    import xlsxwriter  # type: ignore[import-untyped]

    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, OPTIONS)
    moment = release_moment(release_time).astimezone(dt.UTC).replace(tzinfo=None)
    title = " ".join(part for part in (mark, sheets[0].title if sheets else "") if part)
    book.set_properties({"title": fit_line(title)[:255], "created": moment})
    names = SheetNames()
    for sheet in sheets:
        _write_sheet(book, sheet, mark, name=names.free(sheet.name))
    book.close()
    return rewrite_zip(out.getvalue(), release_time=release_time)


def _write_sheet(book: Workbook, sheet: Sheet, mark: str, *, name: str) -> None:
    page = book.add_worksheet(name)
    title = book.add_format({"bold": True, "font_size": 14, "font_name": FACE})
    note = book.add_format({"font_size": 9, "font_color": "#595959", "font_name": FACE})
    head = book.add_format(
        {
            "bold": True, "font_name": FACE, "font_size": 10, "align": "center", "valign": "vcenter",
            "text_wrap": True, "top": 2, "bottom": 1, "bg_color": "#f2f2f2",
        }
    )  # fmt: skip
    if mark:
        title.set_font_color("#b3261e")
        page.set_header(f"&C{mark}")
    page.write_string(0, 0, fit_cell(f"{mark}　{sheet.title}" if mark else sheet.title), title)
    page.write_string(1, 0, fit_cell(sheet.note), note)
    page.set_row(_HEAD_ROW, 30)
    formats = [_cell_format(book, column) for column in sheet.columns]
    for j, column in enumerate(sheet.columns):
        page.set_column(j, j, column.width)
        page.write_string(_HEAD_ROW, j, fit_cell(column.head), head)
    for i, row in enumerate(sheet.rows, _HEAD_ROW + 1):
        if len(row) != len(sheet.columns):
            raise ValueError(f"{sheet.name} row {i + 1}: {len(row)} values for {len(sheet.columns)} columns")
        for j, (column, value) in enumerate(zip(sheet.columns, row, strict=True)):
            _write_value(page, sheet, i, j, column, value, formats[j])
    page.freeze_panes(_HEAD_ROW + 1, 1)
    if sheet.columns:
        page.autofilter(_HEAD_ROW, 0, max(_HEAD_ROW + len(sheet.rows), _HEAD_ROW + 1), len(sheet.columns) - 1)
    page.set_paper(9)
    page.fit_to_pages(1, 0)
    page.repeat_rows(_HEAD_ROW)
    if sum(column.width for column in sheet.columns) > 95:
        page.set_landscape()


def _cell_format(book: Workbook, column: SheetColumn) -> Format:
    wanted: dict[str, object] = {"font_name": FACE, "font_size": 10, "valign": "vcenter"}
    if column.kind == "text":
        wanted |= {"num_format": "@", "text_wrap": column.width >= 30}
    else:
        default = "#,##0.0" if column.kind == "number" else "yyyy-mm-dd"
        wanted |= {"num_format": column.number_format or default, "align": "right"}
    return book.add_format(wanted)


def _write_value(
    page: Worksheet, sheet: Sheet, i: int, j: int, column: SheetColumn, value: Value, shape: Format
) -> None:
    if value is None:
        page.write_blank(i, j, None, shape)
    elif column.kind == "date" and not isinstance(value, int | float):
        try:
            day = dt.date.fromisoformat(value) if isinstance(value, str) else value
        except ValueError:
            raise ValueError(f"{sheet.name} row {i + 1}, {column.head}: {value!r} is no ISO date") from None
        page.write_datetime(i, j, dt.datetime(day.year, day.month, day.day), shape)
    elif column.kind == "number" and isinstance(value, int | float):
        page.write_number(i, j, value, shape)
    else:
        page.write_string(i, j, fit_cell(str(value)), shape)
