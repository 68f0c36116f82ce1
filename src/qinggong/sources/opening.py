"""A file opened as sheets (打开为工作表): workbooks, CSV, and what can be laid out as a sheet of series."""

from __future__ import annotations

from pathlib import PurePath

from qinggong.sources import ceic_text, pasted, table
from qinggong.sources.base import UnreadableFile
from qinggong.sources.layouts import HEAD_LINES
from qinggong.sources.named_series import unfolded
from qinggong.sources.sheet import Sheet, cell_text, csv_sheet
from qinggong.sources.workbook import workbook_sheets


def open_sheets(path: PurePath, content: bytes) -> list[Sheet]:
    """The sheets of a file; one with a figure in a row is laid out with a series a column.

    Raises
    ------
    UnreadableFile
        If the file cannot be read as a whole.
    """
    if content[:4] == b"PK\x03\x04":
        return [_laid_out(Sheet(n, i, lines)) for i, (n, lines) in enumerate(workbook_sheets(content), start=1)]
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise UnreadableFile(f"扩展名是 {path.suffix}，内容却不是 Excel 工作簿")
    if ceic_text.recognises(path, content[:65536]):
        return ceic_text.sheets(content)
    if pasted.recognises(path, content[:65536]):
        return pasted.sheets(content)
    return [_laid_out(csv_sheet(content))]


def is_long_table(sheet: Sheet) -> bool:
    """True if one of the first lines is the header of a long table as it is documented."""
    return any(table._is_header([cell_text(c) for c in line]) for line in sheet.lines[:HEAD_LINES])


def _laid_out(sheet: Sheet) -> Sheet:
    return sheet if is_long_table(sheet) else unfolded(sheet)
