"""What the first bytes of a workbook tell (工作簿开头): a long table, or something else.

The content types of a workbook say nothing about its cells. Of a small file the whole is at hand; of a larger one the
beginning of the first sheet, where a long table shows itself by lines that are mostly texts.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable

from qinggong.sources.base import UnreadableFile
from qinggong.sources.sheet import Sheet
from qinggong.sources.workbook import workbook_sheets

HEAD_BYTES = 65_536
_FIRST_LINES = 12
_MOST_UNPACKED = 1 << 20
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_CELL = re.compile(rb"<(?:\w+:)?c\b[^<>]*>")
_TEXT = re.compile(rb"\st=[\"'](?:s|str|inlineStr)[\"']")


def starts_as_long_table(head: bytes, is_long_table: Callable[[Sheet], bool]) -> bool:
    """True if the first bytes are those of a long table; damaged files are none."""
    if len(head) < HEAD_BYTES:
        try:
            sheets = workbook_sheets(head)
        except UnreadableFile:
            return True  # the reader of long tables says what is wrong with the file
        return any(is_long_table(Sheet(n, i, lines)) for i, (n, lines) in enumerate(sheets, start=1))
    return _mostly_texts(_first_sheet(head))


def _mostly_texts(part: bytes) -> bool:
    """True if most of the cells below the first lines of a sheet's XML are texts."""
    rows = [m.start() for m in _ROW.finditer(part)]
    if len(rows) <= _FIRST_LINES:
        return False
    cells = [c.group() for c in _CELL.finditer(part, rows[_FIRST_LINES])]
    return len(cells) > 0 and 2 * sum(1 for c in cells if _TEXT.search(c)) > len(cells)


def _first_sheet(head: bytes) -> bytes:
    """The beginning of the first worksheet's XML, as far as it lies in the head and is packed as usual."""
    at = 0
    while (at := head.find(b"PK\x03\x04", at)) >= 0 and at + 30 <= len(head):
        method = int.from_bytes(head[at + 8 : at + 10], "little")
        name_size = int.from_bytes(head[at + 26 : at + 28], "little")
        start = at + 30 + name_size + int.from_bytes(head[at + 28 : at + 30], "little")
        name = head[at + 30 : at + 30 + name_size].lower()
        if b"worksheets/" in name and name.endswith(b".xml"):
            if method == 0:
                return head[start : start + _MOST_UNPACKED]
            try:
                return zlib.decompressobj(-15).decompress(head[start:], _MOST_UNPACKED)
            except zlib.error:
                return b""
        at += 4
    return b""
