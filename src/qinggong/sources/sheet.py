"""A sheet of cells (工作表): what a cell says as text, as a number, as a period, and where it lies.

Cells come from a workbook as numbers, dates and texts, from a CSV file all as texts; both are read alike.
"""

from __future__ import annotations

import calendar
import codecs
import csv
import datetime as dt
import functools
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from qinggong.periods import Period, PeriodError, month, parse
from qinggong.sources.base import UnreadableFile

MAX_CSV_CELLS = 5_000_000
_EXCEL_EPOCH = dt.date(1899, 12, 30)
_EXCEL_DAYS = range(18_264, 73_051)  # 1950 to 2100
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?)?")
_RUN = re.compile(r"(\d{4}-\d{1,2})[~～](\d{4}-\d{1,2})")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})")
_NUMBER = re.compile(r"[+-]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?")
_POWER = re.compile(r"[+-]?[0-9]+(?:\.[0-9]+)?[eE][+-]?[0-9]{1,2}")
_WIDTH = str.maketrans("０１２３４５６７８９．，−－–＋", "0123456789.,---+")
_LONGEST_NUMBER, _LONGEST_PERIOD = 30, 40


@dataclass(frozen=True, slots=True)
class Sheet:
    """A rectangle of cells from A1 on; ``turned`` when its lines are the columns of the file.

    ``number`` counts the sheets of the file from 1. ``places`` says where the figures stand in the file, as row and
    column from 1, if the sheet was made of a file that is no sheet itself; ``strays`` are rows of such a file that
    found no place in it, with their texts.
    """

    name: str
    number: int
    lines: Sequence[Sequence[object]]
    turned: bool = False
    places: Mapping[tuple[int, int], tuple[int, int]] | None = None
    strays: tuple[tuple[int, str], ...] = ()

    @property
    def extent(self) -> tuple[int, int]:
        """The largest row and the largest column of the file that a figure may stand in."""
        if self.places is not None:
            return max((r for r, _ in self.places.values()), default=0), max(
                (c for _, c in self.places.values()), default=0
            )
        return len(self.lines), max((len(line) for line in self.lines), default=0)

    def turn(self) -> Sheet:
        """Columns as lines."""
        width = max((len(line) for line in self.lines), default=0)
        lines = [[line[j] if j < len(line) else "" for line in self.lines] for j in range(width)]
        places = None if self.places is None else {(j, i): place for (i, j), place in self.places.items()}
        return Sheet(self.name, self.number, lines, not self.turned, places, self.strays)

    def cell(self, line: int, column: int) -> object:
        """The cell at line and column, both from 0; empty outside."""
        if 0 <= line < len(self.lines) and 0 <= column < len(self.lines[line]):
            return self.lines[line][column]
        return ""

    def place(self, line: int, column: int) -> tuple[int, int]:
        """Row and column in the file, both from 1, of line and column from 0."""
        if self.places is not None:
            return self.places.get((line, column), (0, 0))
        return (column + 1, line + 1) if self.turned else (line + 1, column + 1)

    def reference(self, line: int, column: int) -> str:
        """The cell's name in the file: ``C12``; of a made sheet that in the sheet."""
        row, number = (line + 1, column + 1) if self.places is not None else self.place(line, column)
        return f"{column_letters(number)}{row}"


def column_letters(number: int) -> str:
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def cell_text(value: object) -> str:
    """A cell as its reader sees it: a spreadsheet shows 15 digits, the binary rest behind them is not the figure's."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, float):
        text = f"{value:.15g}"
        return format(Decimal(text), "f") if "e" in text and value - value == 0 else text
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value).strip()


def number_text(value: object) -> str | None:
    """A cell's number as text without thousands separators, or ``None`` when it is none."""
    if isinstance(value, float):
        return cell_text(value) if value - value == 0 else None
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str) and len(value) <= _LONGEST_NUMBER:
        text = value.strip().translate(_WIDTH)
        if _NUMBER.fullmatch(text):
            return text.replace(",", "").lstrip("+")
        if _POWER.fullmatch(text) and len(plain := format(Decimal(text), "f")) <= _LONGEST_NUMBER:
            return plain
    return None


def period_of(value: object) -> Period | None:
    """The period that a cell names: a date (any day of the month), ``2024年8月``, ``202408``, ``2024-01/2024-08``."""
    try:
        if isinstance(value, dt.date):
            return month(value.year, value.month)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return _of_number(value)
        if isinstance(value, str) and 4 <= len(value) <= _LONGEST_PERIOD:
            return _of_text(value.strip())
    except PeriodError:
        pass
    return None


def _of_number(value: float) -> Period | None:
    if not float(value).is_integer():
        return None
    number = int(value)
    if number in _EXCEL_DAYS:
        # A date whose format was lost; statistics stand at the first or the last day of a month.
        day = _EXCEL_EPOCH + dt.timedelta(days=number)
        last = calendar.monthrange(day.year, day.month)[1]
        return month(day.year, day.month) if day.day in (1, last) else None
    if 190_001 <= number <= 220_012:
        return month(number // 100, number % 100)
    if 19_000_101 <= number <= 22_001_231:
        return month(number // 10_000, number // 100 % 100)
    return None


@functools.lru_cache(maxsize=4096)
def _of_text(text: str) -> Period | None:
    found = _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    try:
        return month(int(found[1]), int(found[2])) if found else parse(_RUN.sub(r"\1/\2", text))
    except PeriodError:
        return None


def csv_sheet(content: bytes) -> Sheet:
    """A CSV file as one sheet of texts.

    Raises
    ------
    UnreadableFile
        For a file that is no text in UTF-8 or GB18030, or no CSV.
    """
    text = decode(content)
    if "\x00" in text:
        raise UnreadableFile("文件中有空字节，可能已损坏")
    if text.count(",") + text.count("\n") > MAX_CSV_CELLS:
        raise UnreadableFile(f"超过{MAX_CSV_CELLS}个单元格")
    try:
        lines = [[cell.strip() for cell in line] for line in csv.reader(io.StringIO(text, newline=""), strict=True)]
    except csv.Error as error:
        raise UnreadableFile(f"不是完整的 CSV 文件（{error}）") from error
    return Sheet("", 1, lines)


def decode(content: bytes) -> str:
    """UTF-8, with or without its mark, or GB18030."""
    marked = content.startswith(codecs.BOM_UTF8)
    for encoding in ("utf-8-sig",) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("文件中有不合 UTF-8 编码的字节" if marked else "文字编码既不是 UTF-8 也不是 GB18030")
