"""Blocks of whole lines of a customs file, and what is said of the lines met in them."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

import duckdb

from qinggong.periods import Period
from qinggong.sources.base import Defect, Unmapped, UnreadableFile

if TYPE_CHECKING:  # the compiler is brought in for large files only
    from qinggong.sources.customs_plain import Scanned

LINE_LIMIT = 1 << 20
_READ_AT_LEAST = 1 << 16
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
    """What a store row says about its file: the name it came under, its hash, when frozen, by which way and whence.

    ``vintage`` is what the user says of the file's version, see :func:`qinggong.sources.customs_vintages.dating`.
    """

    name: str
    sha256: str
    known_at: dt.datetime
    source: str = "file"
    url: str = ""
    vintage: str = ""


@dataclass(slots=True)
class Tally:
    """What was met on the way; filled while the batches are taken, complete after the last one.

    ``refused`` counts all bad lines, ``defects`` keeps the first thousand. ``names`` are the names that the file
    gives to codes: ``hs.95030010``, ``p502``, ``m10``. ``plain`` counts the lines that compiled code understood.
    """

    rows: int = 0
    observations: int = 0
    blank: int = 0
    refused: int = 0
    plain: int = 0
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
    the next batch is asked for. ``lines`` are the lines of the file that went into it, all of them between lines
    ``first`` and ``last`` of the file.
    """

    relation: duckdb.DuckDBPyRelation
    lines: int
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Block:
    """Whole lines of the file: their bytes, how many, the line before the first, and what the scan made of them."""

    content: bytes
    lines: int
    first: int
    scanned: Scanned | None = None


class Blocks:
    """The rest of an open file after its header line, block by block; while one is used, the next one is made ready.

    Parameters
    ----------
    file
        Stands behind the header line.
    newline
        Ends the last line if the file does not.
    size
        Bytes of a block, about.
    scan
        Run on each block's bytes, first line and number of lines, in another thread.
    """

    def __init__(
        self, file: BinaryIO, newline: bytes, *, size: int, scan: Callable[[bytes, int, int], Scanned] | None
    ) -> None:
        self._file, self._newline, self._size, self._scan = file, newline, size, scan
        self._line, self._rest, self._ended = 1, b"", False
        self._reader = ThreadPoolExecutor(max_workers=1)
        self._ahead: Future[Block | None] | None = None

    def next(self) -> Block | None:
        """The next block; ``None`` after the last one."""
        block = (self._ahead or self._reader.submit(self._cut)).result()
        self._ahead = None if block is None else self._reader.submit(self._cut)
        return block

    def close(self) -> None:
        self._reader.shutdown(wait=True, cancel_futures=True)

    def _cut(self) -> Block | None:
        if self._ended:
            return None
        data, cut = self._rest, 0
        while cut == 0:
            read = self._file.read(max(_READ_AT_LEAST, self._size - len(data)))
            data += read
            self._ended = not read
            cut = len(data) if self._ended else data.rfind(b"\n") + 1
            if len(data) - data.rfind(b"\n") > LINE_LIMIT:
                raise UnreadableFile(f"第{self._line + 1}行长于{LINE_LIMIT >> 20} MiB 而没有换行，可能不是文本文件")
            if self._ended and not data:
                return None
        content, self._rest = data[:cut], data[cut:]
        if not content.endswith(b"\n"):
            content += self._newline
        first, lines = self._line, content.count(b"\n")
        self._line += lines
        scanned = None if self._scan is None else self._scan(content, first, lines)
        return Block(content, lines, first, scanned)
