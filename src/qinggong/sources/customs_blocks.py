"""Blocks of a customs file, cut at line ends and parsed into tables of text by the embedded SQL engine.

In GB18030 no byte of a longer character is a comma, a quotation mark or a line end, so the lines are cut and the
cells split byte for byte: every byte passes as the Latin-1 character of its number. A block that is not plain (a torn
line, a line break inside quotes) is read line by line by :mod:`csv` instead.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

import duckdb

from qinggong.periods import Period
from qinggong.sources.base import Defect, Unmapped, UnreadableFile
from qinggong.sources.customs_layout import BREAKDOWNS, Layout

LINE_LIMIT = 1 << 20
_READ_AT_LEAST = 1 << 16
FIELDS = ("month", *BREAKDOWNS, "quantity", "unit", "quantity2", "unit2", "amount")
NAMES = ("goods_name", "partner_name", "mode_name")
_NEVER = "\x1d"
"""Stands for no value in the parsed blocks; not a character of these files, so that an empty cell stays empty text."""
DEFECTS_KEPT = 1000
FAULTS: dict[str, tuple[str, str, str]] = {
    "month": ("unknown-period", "数据年月“{}”不是一个月，也不是自1月起的累计", "请核对查询时所选的时期"),
    "goods": ("unknown-goods", "商品编码“{}”不是2、4、6、8位数字", "请核对商品编码一栏"),
    "partner": ("unknown-partner", "贸易伙伴编码“{}”不是三位数字", "请核对；整栏都空才表示不分贸易伙伴"),
    "mode": ("unknown-mode", "贸易方式编码“{}”不是两位数字", "请核对；整栏都空才表示不分贸易方式"),
    "place": ("unknown-region", "注册地编码“{}”不是省级区划代码", "请核对；整栏都空才表示不分注册地"),
    "amount": ("not-a-number", "金额一栏是“{}”，不是数字", "请核对金额；没有数据时请留空"),
    "quantity": ("not-a-number", "第一数量一栏是“{}”，不是数字", "请核对数量；没有数据时请留空"),
    "quantity2": ("not-a-number", "第二数量一栏是“{}”，不是数字", "请核对数量；没有数据时请留空"),
}


@dataclass(frozen=True, slots=True)
class Origin:
    """What a store row says about its file: the name it came under, its hash, when frozen, by which way and whence."""

    name: str
    sha256: str
    known_at: dt.datetime
    source: str = "file"
    url: str = ""


@dataclass(slots=True)
class Tally:
    """What was met on the way; filled while the batches are taken, complete after the last one.

    ``refused`` counts all bad lines, ``defects`` keeps the first thousand. ``names`` are the names that the file
    gives to codes: ``hs.95030010``, ``p502``, ``m10``.
    """

    rows: int = 0
    observations: int = 0
    blank: int = 0
    refused: int = 0
    defects: list[Defect] = field(default_factory=list)
    units: Counter[str] = field(default_factory=Counter)
    names: dict[str, str] = field(default_factory=dict)
    periods: set[Period] = field(default_factory=set)
    recognised: str = ""

    @property
    def unmapped(self) -> tuple[Unmapped, ...]:
        """The quantities left out because the catalogue does not know their unit."""
        return tuple(
            Unmapped(f"数量（{unit}）" if unit else "数量（没有计量单位）", count,
                     "目录的计量单位表里没有这个单位" if unit else "这一栏有数而没有计量单位")
            for unit, count in sorted(self.units.items())
        )  # fmt: skip

    def refuse(self, defect: Defect) -> None:
        self.refused += 1
        if len(self.defects) < DEFECTS_KEPT:
            self.defects.append(defect)


@dataclass(frozen=True, slots=True)
class Batch:
    """Observations of some hundred thousand lines, lazily, in the columns of the store.

    ``relation`` can be written as Parquet, exported as an Arrow stream or fetched as NumPy arrays; it is valid until
    the next batch is asked for. ``lines`` are the lines of the file that went into it.
    """

    relation: duckdb.DuckDBPyRelation
    lines: int


@dataclass(frozen=True, slots=True)
class Loaded:
    """A parsed block: the table it is in, its good lines, and the lines that could not be split into cells.

    ``understood`` says that the table holds codes and numbers already and not the texts of the cells.
    """

    table: str
    lines: int
    defects: list[Defect]
    understood: bool = False


@dataclass(frozen=True, slots=True)
class _Cut:
    """Whole lines of the file: their bytes, how many, the line before the first, and a UTF-8 file of them."""

    content: bytes
    lines: int
    first: int
    file: Path


class Blocks:
    """The rest of an open file after its header line, block by block.

    ``names`` brings the columns of names along; ``file`` stands behind the header line;
    ``size`` is that of a block in bytes. ``quick`` makes the query that
    understands a plain block at once; a block with a cell that it does not understand is brought in as text instead.
    """

    def __init__(
        self,
        file: BinaryIO,
        layout: Layout,
        connection: duckdb.DuckDBPyConnection,
        folder: Path,
        *,
        names: bool,
        size: int,
    ) -> None:
        self.file, self.layout, self.connection, self.names = file, layout, connection, names
        self.folder, self.size, self.number = folder, size, 0
        self.line, self.rest, self.ended = 1, b"", False
        self.quick: Callable[[str], str] | None = None
        self.missed = 0
        self.reader = ThreadPoolExecutor(max_workers=1)
        self.ahead: Future[_Cut | None] | None = None

    def load(self, slot: int) -> Loaded | None:
        """Bring the next block into a table of its own; ``None`` after the last one."""
        # While a block is parsed, the next one is read and written in the engine's encoding.
        cut = (self.ahead or self.reader.submit(self._cut)).result()
        self.ahead = self.reader.submit(self._cut)
        if cut is None:
            return None
        return self._quickly(cut, f"typed{slot}") or self._parse(cut, f"raw{slot}")

    def close(self) -> None:
        self.reader.shutdown(wait=True, cancel_futures=True)

    def _cut(self) -> _Cut | None:
        """The next whole lines of the file, and a file of them for the engine."""
        if self.ended:
            return None
        data, cut = self.rest, 0
        while cut == 0:
            read = self.file.read(max(_READ_AT_LEAST, self.size - len(data)))
            data += read
            self.ended = not read
            cut = len(data) if self.ended else data.rfind(b"\n") + 1
            if len(data) - data.rfind(b"\n") > LINE_LIMIT:
                raise UnreadableFile(f"第{self.line + 1}行长于{LINE_LIMIT >> 20} MiB 而没有换行，可能不是文本文件")
            if self.ended and not data:
                return None
        block, self.rest = data[:cut], data[cut:]
        if not block.endswith(b"\n"):
            block += self.layout.newline.encode()
        self.number += 1
        file = self.folder / f"block{self.number % 3}.csv"
        file.write_bytes(block.decode("latin-1").encode())
        found = _Cut(block, block.count(b"\n"), self.line, file)
        self.line += found.lines
        return found

    def _quickly(self, cut: _Cut, table: str) -> Loaded | None:
        """Parse and understand in one go; after three blocks in a row for which that failed it is not tried again."""
        if self.quick is None or self.missed > 2:
            return None
        try:
            source = self._source(f"{cut.first} + row_number() OVER ()", 0, self.layout.newline)
            self.connection.execute(f"CREATE OR REPLACE TABLE {table} AS {self.quick(source)}", [str(cut.file)])
            counted = f"SELECT count(*) FILTER (NOT bad) FROM {table}"
            if (lines := one(self.connection, counted)) == cut.lines:
                self.missed = 0
                return Loaded(table, lines, [], understood=True)
        except duckdb.Error:
            pass
        self.missed += 1
        return None

    def _parse(self, cut: _Cut, table: str) -> Loaded:
        """Parse a block into texts, line by line if it is not plain."""
        defects: list[Defect] = []
        try:
            self._read(table, cut.file, f"{cut.first} + row_number() OVER ()", 0, self.layout.newline)
            plain = one(self.connection, f"SELECT count(*) FROM {table}") == cut.lines
        except duckdb.Error:
            plain = False
        if not plain:
            repaired, defects = self._repaired(cut.content, cut.first)
            cut.file.write_bytes(repaired.encode())
            self._read(table, cut.file, "CAST(c0 AS INTEGER)", 1, "\n")
        return Loaded(table, one(self.connection, f"SELECT count(*) FROM {table}"), defects)

    def _read(self, table: str, file: Path, row: str, shift: int, newline: str) -> None:
        source = self._source(row, shift, newline)
        self.connection.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM {source}", [str(file)])

    def _source(self, row: str, shift: int, newline: str) -> str:
        """The query of the block's cells as text, with their row numbers; the block's file is its parameter."""
        names = [f"c{i}" for i in range(self.layout.width + shift)]
        columns = ", ".join(f"'{n}': 'VARCHAR'" for n in names)
        wanted = [f for f in (*FIELDS, *(NAMES if self.names else ())) if f in self.layout.fields]
        chosen = ", ".join(f"c{self.layout.fields[f] + shift} AS {f}" for f in wanted)
        ending = "\\r\\n" if newline == "\r\n" else "\\n"
        return (
            f"(SELECT {row} AS row, {chosen} FROM read_csv(?, header = false, auto_detect = false, delim = ',',"
            f" quote = '\"', escape = '\"', new_line = '{ending}', nullstr = '{_NEVER}', columns = {{{columns}}}))"
        )

    def _repaired(self, block: bytes, line: int) -> tuple[str, list[Defect]]:
        """The good lines of a block with their numbers in front; bad ones become defects, empty ones nothing."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        defects: list[Defect] = []
        width, named = self.layout.width, max(self.layout.fields.values()) + 1
        for number, text in enumerate(block.decode("latin-1").split("\n")[:-1], start=line + 1):
            text = text.replace("\x00", "").rstrip("\r")
            if not text.strip(" ,\t"):
                continue
            try:
                row = next(csv.reader([text], strict=True))
            except (csv.Error, StopIteration):
                row = []
            if len(row) < named or any(cell.strip() for cell in row[width:]) or "\r" in text:
                shown = (self.layout.text(text[:200]) or "")[:60]
                defects.append(
                    Defect("short-row", number, shown, "这一行的栏数与表头不符，或引号不成对", "请重新导出该文件")
                )
                continue
            writer.writerow([number, *(row + [""] * width)[:width]])
        return out.getvalue(), defects


def one(connection: duckdb.DuckDBPyConnection, query: str) -> int:
    """The one whole number that a query gives."""
    return int(connection.execute(query).fetchall()[0][0])
