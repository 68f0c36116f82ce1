"""Excel workbooks (XLSX 工作簿) as lines of text, behind a guard: a workbook is looked through before it is opened.

The reader lays a sheet out as one full rectangle in memory, so two cells in opposite corners, or a few bytes that
unpack to gigabytes, would end the whole program. Both are found by a streaming look at the packed parts.
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

from qinggong.sources.base import UnreadableFile

MAX_CELLS = 20_000_000
MAX_UNPACKED_BYTES = 400_000_000
_CHUNK = 1 << 20
_LONGEST_TAG = 1 << 16
# An element <row …> or <c …>, whatever its prefix, with its reference r="B12" or r="12" if it has one.
_ELEMENT = re.compile(rb"<(?:\w+:)?(row|c)(?=[\s/>])(?:[^<>]*?\sr=[\"']([A-Za-z]{0,3})(\d{1,10})[\"'])?")


def workbook_lines(content: bytes, *, wanted: Callable[[Sequence[str]], bool], head: int) -> list[list[str]]:
    """The lines of the first sheet that has a line as ``wanted`` among its first ``head`` ones.

    Raises
    ------
    UnreadableFile
        For anything that is no sound workbook, is too large, or has no such sheet.
    """
    with _opened(content) as workbook:
        for name in workbook.sheet_names:
            sheet = workbook.get_sheet_by_name(name)
            lines = [[_text(c) for c in line] for line in sheet.to_python(skip_empty_area=False)]
            if any(wanted(line) for line in lines[:head]):
                return lines
    raise UnreadableFile("工作簿中没有含“时期、行业、指标、度量、数值、单位、发布机构”各列的工作表")


def workbook_sheets(content: bytes) -> list[tuple[str, list[list[object]]]]:
    """Every worksheet by name, its cells as they are typed in (number, date, text; empty is ``""``), from cell A1.

    Raises
    ------
    UnreadableFile
        For anything that is no sound workbook, or is too large.
    """
    with _opened(content) as workbook:
        kinds = {m.name: str(m.typ) for m in workbook.sheets_metadata}
        names = [n for n in workbook.sheet_names if kinds.get(n, "WorkSheet").endswith("WorkSheet")]
        return [(n, workbook.get_sheet_by_name(n).to_python(skip_empty_area=False)) for n in names]


@contextmanager
def _opened(content: bytes) -> Iterator[Any]:
    """A workbook that passed the guard; whatever its reader cannot read is an ``UnreadableFile``."""
    _guard(content)
    from python_calamine import CalamineError, CalamineWorkbook  # only workbooks need it

    try:
        yield CalamineWorkbook.from_filelike(io.BytesIO(content))
    except (CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise UnreadableFile(f"不是可读的 Excel 工作簿（{_plain(error)}）") from error
    except BaseException as error:  # a panic of the compiled reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile("不是可读的 Excel 工作簿（内容不合格式）") from error


def _guard(content: bytes) -> None:
    """Refuse what is no ZIP archive, is damaged, or would not fit into memory."""
    unpacked = 0
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [name.lower().replace("\\", "/") for name in archive.namelist()]
            if not any(name.endswith("workbook.xml") for name in names):
                raise UnreadableFile("不是 .xlsx 工作簿（没有 workbook.xml）")
            for entry in archive.infolist():
                extent = _Extent()
                with archive.open(entry) as part:
                    while chunk := part.read(_CHUNK):
                        unpacked += len(chunk)
                        if unpacked > MAX_UNPACKED_BYTES:
                            raise UnreadableFile(f"解压后超过{MAX_UNPACKED_BYTES // 1_000_000}MB，不像数据表")
                        extent.read(chunk)
                        if extent.cells > MAX_CELLS:
                            raise UnreadableFile(f"有工作表的范围超过{MAX_CELLS}个单元格，请删去表格以外的内容")
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, NotImplementedError, ValueError) as error:
        raise UnreadableFile(f"不是可读的 Excel 工作簿（{_plain(error)}）") from error


class _Extent:
    """The rectangle that the cells of one part span, from pieces of its text."""

    def __init__(self) -> None:
        self._rest = b""
        self._row = self._rows = self._column = self._columns = 0

    @property
    def cells(self) -> int:
        return self._rows * self._columns

    def read(self, chunk: bytes) -> None:
        text = self._rest + chunk
        cut = text.rfind(b"<")
        # An element that the piece may have cut off waits for the next piece.
        torn = cut >= 0 and text.find(b">", cut) < 0
        self._rest = text[cut : cut + _LONGEST_TAG] if torn else b""
        whole = text[:cut] if torn else text
        for found in _ELEMENT.finditer(whole):
            kind, letters, number = found.groups()
            if kind == b"row":
                self._row = int(number) if number else self._row + 1
                self._column = 0
            else:
                self._column = _column(letters) if letters else self._column + 1
                self._row = int(number) if letters else self._row
            self._rows, self._columns = max(self._rows, self._row), max(self._columns, self._column)


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _plain(error: Exception) -> str:
    return " ".join(str(error).split())[:80] or type(error).__name__


def _text(value: object) -> str:
    """A cell as the text its reader sees: 12 rather than 12.0, 5.6 rather than 5.6000000000000005, dates by ISO."""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        # A spreadsheet shows 15 significant digits; the binary rest behind them is none of the figure's.
        return format(Decimal(f"{value:.15g}"), "f")
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value).strip()
