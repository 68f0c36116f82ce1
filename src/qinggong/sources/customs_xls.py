"""Tables of the customs as workbooks: the XLS files that the Chinese release pages carry, and XLSX saved from them.

An XLS file lies in an OLE compound file. It is looked through before the workbook reader opens it, for that reader
lays a sheet out as one rectangle: two cells in opposite corners would ask for more memory than there is.

Formats: [MS-CFB] (header, FAT, directory) and [MS-XLS] (records of cells).
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

from qinggong.sources.base import UnreadableFile
from qinggong.sources.customs_html import Page
from qinggong.sources.sheet import cell_text
from qinggong.sources.workbook import workbook_sheets

OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
SIZE_LIMIT = 32 << 20
MAX_CELLS = 2_000_000
TITLE = re.compile(r"(?:19|20)\d\d年.{0,40}(?:总值表|量值表)")
_WORDS = ("总值表", "量值表")
_FREE, _END = 0xFFFFFFFF, 0xFFFFFFFE
_HEADER, _ENTRY, _MINI_CUTOFF, _MINI = 512, 128, 4096, 64
_CELL_RECORDS = {0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x0007, 0x0406, 0x0001,
                 0x0002, 0x0003, 0x0004, 0x0005}  # fmt: skip
_RUNS = {0x00BD, 0x00BE}
"""Records of several cells in one row: their last column stands at their end."""
_PEEKED = 1 << 20


def is_table(suffix: str, head: bytes, *, whole: bool) -> bool:
    """True if a workbook's first bytes hold the title of a table of the customs."""
    if head.startswith(OLE):
        return any(w.encode(e) in head for w in _WORDS for e in ("utf-16-le", "gb18030"))
    if not head.startswith(ZIP) or suffix not in (".xlsx", "") or not whole:
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(head)) as archive, archive.open("xl/sharedStrings.xml") as part:
            text = part.read(_PEEKED).decode("utf-8", "ignore")
    except (zipfile.BadZipFile, KeyError, zlib.error, OSError, EOFError, RuntimeError, ValueError, NotImplementedError):
        return False
    return bool(TITLE.search(text)) and "发布机构" not in text


def read_workbook(content: bytes) -> Page:
    """The first sheet with a table of the customs; its title is a cell of the first rows.

    Raises
    ------
    UnreadableFile
        If the file is no sound workbook, is too large, or has no such sheet.
    """
    if len(content) > SIZE_LIMIT:
        raise UnreadableFile(f"工作簿大于{SIZE_LIMIT >> 20} MiB")
    for _, lines in _sheets(content):
        page = _page(lines)
        if page is not None:
            return page
    raise UnreadableFile("工作簿里没有“总值表”或“量值表”的标题，不是海关统计快讯、月报的表")


def _page(lines: list[list[object]]) -> Page | None:
    texts = [[" ".join(cell_text(c).split()) for c in line] for line in lines]
    title = next((c for line in texts[:8] for c in line if any(w in c for w in _WORDS)), "")
    if not title:
        return None
    # The table lies in the columns that its lines fill; title, unit and notes may stand in others.
    used = sorted({j for line in texts if sum(map(bool, line)) > 2 for j, cell in enumerate(line) if cell})
    rows = [(i, _in_columns(line, used)) for i, line in enumerate(texts, start=1)]
    filled = [(i, row) for i, row in rows if any(row)]
    return Page(title, "", tuple(row for _, row in filled), 0, tuple(i for i, _ in filled))


def _in_columns(line: list[str], used: list[int]) -> tuple[str, ...]:
    if sum(map(bool, line)) > 2:
        return tuple(line[j] if j < len(line) else "" for j in used)
    return (" ".join(c for c in line if c), *[""] * (len(used) - 1))


def _sheets(content: bytes) -> list[tuple[str, list[list[object]]]]:
    if not content.startswith(OLE):
        return workbook_sheets(content)
    check_extent(content)
    from python_calamine import CalamineError, CalamineWorkbook  # only workbooks need it

    try:
        book: Any = CalamineWorkbook.from_filelike(io.BytesIO(content))
        return [(name, book.get_sheet_by_name(name).to_python(skip_empty_area=False)) for name in book.sheet_names]
    except (CalamineError, OSError, ValueError, KeyError, IndexError) as error:
        raise UnreadableFile(f"不是可读的 Excel 97 工作簿（{' '.join(str(error).split())[:80]}）") from error
    except BaseException as error:  # a panic of the compiled reader is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise UnreadableFile("不是可读的 Excel 97 工作簿（内容不合格式）") from error


def check_extent(content: bytes) -> None:
    """Refuse a compound file that is damaged or whose cells span too large a rectangle.

    Raises
    ------
    UnreadableFile
        In these cases.
    """
    try:
        stream = _workbook_stream(content)
        rows = columns = 0
        for kind, start, size in _records(stream):
            if kind in _CELL_RECORDS and size >= 4:
                row, column = struct.unpack_from("<HH", stream, start)
                if kind in _RUNS:
                    column = max(column, *struct.unpack_from("<H", stream, start + size - 2))
                rows, columns = max(rows, row + 1), max(columns, column + 1)
                if rows * columns > MAX_CELLS:
                    raise UnreadableFile(f"有工作表的范围超过{MAX_CELLS}个单元格，不像海关的表")
    except (struct.error, IndexError, ValueError) as error:
        raise UnreadableFile("不是可读的 Excel 97 工作簿（文件不完整）") from error


def _records(stream: bytes) -> Iterator[tuple[int, int, int]]:
    """Kind, start and size of each record."""
    at = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        if at + 4 + size > len(stream):
            return
        yield kind, at + 4, size
        at += 4 + size


def _workbook_stream(content: bytes) -> bytes:
    """The bytes of the stream ``Workbook`` (or ``Book`` of older files)."""
    sector = 1 << struct.unpack_from("<H", content, 30)[0]
    if sector not in (512, 4096):
        raise ValueError("sector size")
    count, first = struct.unpack_from("<I", content, 44)[0], struct.unpack_from("<I", content, 48)[0]
    mini_first = struct.unpack_from("<I", content, 60)[0]

    def read(number: int) -> bytes:
        start = (number + 1) * sector
        if start + sector > len(content) + sector:
            raise ValueError("sector outside the file")
        return content[start : start + sector]

    places = [s for s in struct.unpack_from("<109I", content, 76) if s < _END][:count]
    more, left = struct.unpack_from("<II", content, 68)
    seen = 0
    while more < _END and seen < min(left, len(content) // sector + 1):
        block = struct.unpack(f"<{sector // 4}I", read(more).ljust(sector, b"\xff"))
        places += [s for s in block[:-1] if s < _END]
        more, seen = block[-1], seen + 1
    table: list[int] = []
    for place in places[: len(content) // sector + 1]:
        table += struct.unpack(f"<{sector // 4}I", read(place).ljust(sector, b"\xff"))

    def chain(start: int, links: list[int]) -> Iterator[int]:
        met = 0
        while start < _END:
            if met > len(links) or start >= len(links):
                raise ValueError("chain of sectors")
            yield start
            start, met = links[start], met + 1

    directory = b"".join(read(s) for s in chain(first, table))
    root_start = stream_start = size = -1
    for at in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        length = min(64, struct.unpack_from("<H", directory, at + 64)[0])
        name = directory[at : at + max(0, length - 2)].decode("utf-16-le", "replace").lower()
        start, extent = struct.unpack_from("<II", directory, at + 116)
        if directory[at + 66] == 5:
            root_start = start
        elif name in ("workbook", "book") and (stream_start < 0 or name == "workbook"):
            stream_start, size = start, extent
    if stream_start < 0:
        raise ValueError("no workbook stream")
    if size >= _MINI_CUTOFF:
        return b"".join(read(s) for s in chain(stream_start, table))[:size]
    links = [
        n for s in chain(mini_first, table) for n in struct.unpack(f"<{sector // 4}I", read(s).ljust(sector, b"\xff"))
    ]
    mini = b"".join(read(s) for s in chain(root_start, table))
    return b"".join(mini[s * _MINI : (s + 1) * _MINI] for s in chain(stream_start, links))[:size]
