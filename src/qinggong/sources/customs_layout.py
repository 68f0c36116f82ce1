"""The columns of a customs query export (海关在线查询导出), and what one cell of each column may hold.

The facts (names of columns, currencies, flows, vintages, words of the release pages) are
``catalogue/data/sources/customs.yaml``.
"""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath
from typing import Annotated, Literal

from pydantic import Field

from qinggong.catalogue import Catalogue, UnknownName
from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, Snake, Text
from qinggong.periods import Period, PeriodError, month, parse, ytd
from qinggong.sources.base import UnreadableFile

TOTAL = "hs.total"
"""Subject code of all goods together: a file without a goods column."""

_HS_LENGTHS = (2, 4, 6, 8, 10)
_MONTH = re.compile(r"((?:19|20)\d{2})(0[1-9]|1[0-2])")
_RANGE = re.compile(r"(\d{4})(\d{2})\s*[-—–~～至]+\s*(\d{4})(\d{2})")
_MARKED_MISSING = re.compile(r"[-‐-―−─－.…·/]*|无|N/?A", re.IGNORECASE)
NUMBER = r"[0-9]{1,3}(,[0-9]{3}){1,5}(\.[0-9]{1,9})?|[0-9]{1,18}(\.[0-9]{1,9})?"
"""Digits with thousands separators in their places, or without any; the same text for Python and the SQL engine."""
_NUMBER = re.compile(NUMBER)
_TELLING = 20
"""So many characters of GB 18030 text are not sound UTF-8 by chance."""


class Currency(Entry):
    """The word that names a value column, the unit it is printed in and the unit it is kept in."""

    word: Text
    unit: Text
    money: Literal["cny", "usd"]
    canonical: Text


class Flow(Entry):
    """Exports or imports: the words that name it, and its indicators."""

    code: Snake
    name: Text
    words: tuple[Text, ...] = Field(min_length=1)
    value: Snake
    quantity: Snake


class Vintage(Entry):
    """One of the versions in which a month appears (数据版本), and when it comes out.

    ``day`` is that of the month after, or of ``month`` in the year after; ``announced`` names the family whose stated
    days go before it. ``citation`` begins the citation of every figure of the vintage, ``tables`` are the words by
    which the title of a Chinese page tells it.
    """

    code: Snake
    name: Text
    names: tuple[Text, ...] = ()
    citation: Text
    month: Annotated[int, Field(ge=0, le=12)] = 0
    day: Annotated[int, Field(ge=1, le=30)]
    announced: str = ""
    tables: tuple[Text, ...] = ()
    note: str = ""


class Pages(Entry):
    """Words and codes of the release pages."""

    total: tuple[Text, ...]
    partners: Mapping[str, str] = {}
    partners_note: str = ""
    units: Mapping[str, Text] = {}
    units_note: str = ""


class CustomsFacts(Entry):
    """``sources/customs.yaml``."""

    id: Text
    title: Text
    source: Text
    read_at: dt.date
    valid_from: dt.date
    note: str = ""
    publisher: Snake
    scope: Snake
    columns: Mapping[str, tuple[Text, ...]]
    currencies: tuple[Currency, ...]
    flows: tuple[Flow, ...]
    vintages: tuple[Vintage, ...]
    pages: Pages


def facts() -> CustomsFacts:
    return bundled_document("sources/customs.yaml", CustomsFacts)


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is laid out: encoding, column number of each field, currency, flow, line end.

    ``width`` is the number of cells of a line, a trailing empty one included; ``present`` are the breakdowns that
    the first line fills (an empty partner column is a file that is not broken down by partner).
    """

    encoding: str
    fields: Mapping[str, int]
    width: int
    currency: Currency
    flow: Flow
    newline: str
    present: frozenset[str]

    def text(self, raw: str) -> str | None:
        """A cell read byte by byte as it stands in the file's encoding; ``None`` if its bytes are damaged."""
        if raw.isascii():
            return raw.strip()
        try:
            return raw.encode("latin-1").decode(self.encoding).strip()
        except UnicodeError:
            return None


BREAKDOWNS: dict[str, str] = {"goods": "商品", "partner": "贸易伙伴", "mode": "贸易方式", "place": "注册地"}


def header_fields(line: str) -> dict[str, int] | None:
    """Column number of each field, the value column as ``amount``; ``None`` if the line is no such header."""
    try:
        cells = [c.strip().lstrip("\ufeff").strip() for c in next(csv.reader([line], strict=True), [])]
    except csv.Error:
        return None
    known = {name: field for field, names in facts().columns.items() for name in names}
    fields: dict[str, int] = {}
    for number, cell in enumerate(cells):
        field = known.get(cell) or ("amount" if any(c.word in cell for c in facts().currencies) else None)
        if field is not None and field not in fields:
            fields[field] = number
    if {"month", "amount"} <= set(fields) and any(f in fields for f in BREAKDOWNS):
        return fields
    return None


def layout(path: PurePath, head: bytes, *, flow: str = "") -> Layout:
    """The layout of a file by its name and its first lines.

    Parameters
    ----------
    head
        The first bytes, at least the header and one line.
    flow
        ``exports`` or ``imports`` where the caller knows; else the header or the file name says it.

    Raises
    ------
    UnreadableFile
        If the columns, the currency or the flow cannot be told.
    """
    encoding = _encoding(head)
    lines = head.removeprefix(codecs.BOM_UTF8).split(b"\n")
    _check_encoding(encoding, lines[1:-1])
    try:
        first = lines[0].decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableFile("表头的文字编码既不是 GB18030 也不是 UTF-8") from error
    fields = header_fields(first.rstrip("\r"))
    if fields is None:
        raise UnreadableFile("第1行不是海关在线查询导出的表头（应有“数据年月”、至少一个编码栏、“人民币”或“美元”）")
    cells = [c.strip().lstrip("\ufeff").strip() for c in next(csv.reader([first.rstrip("\r")]))]
    currency = _check_header(cells, fields)
    data = next((line for line in lines[1:] if line.strip()), b"").rstrip(b"\r").decode("latin-1")
    try:
        row = next(csv.reader([data], strict=True), [])
    except csv.Error:
        row = []
    present = frozenset(f for f in BREAKDOWNS if f in fields and fields[f] < len(row) and row[fields[f]].strip())
    newline = "\r\n" if first.endswith("\r") else "\n"
    width = len(row) if len(row) > max(fields.values()) else len(cells)
    return Layout(encoding, fields, width, currency, _flow(path, cells, flow), newline, present)


def _encoding(head: bytes) -> str:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8"
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        raise UnreadableFile("文件是 UTF-16 编码，请另存为 UTF-8 或 GBK 的 CSV")
    try:
        head.split(b"\n", 1)[0].decode("utf-8")
        return "utf-8"
    except UnicodeDecodeError:
        return "gb18030"


def _check_encoding(encoding: str, lines: Sequence[bytes]) -> None:
    """Refuse a file whose lines are UTF-8 under a head in GB 18030, where nearly any bytes pass for characters."""
    longer = [line for line in lines if not line.isascii()] if encoding == "gb18030" else []
    try:
        characters = sum(1 for line in longer for c in line.decode("utf-8") if c > "\x7f")
    except UnicodeDecodeError:
        return
    if characters >= _TELLING:
        number = lines.index(longer[0]) + 2
        raise UnreadableFile(
            f"第{number}行起是UTF-8编码，表头是GB18030编码，一个文件里混有两种文字编码，请统一另存为一种编码"
        )


def _check_header(cells: list[str], fields: Mapping[str, int]) -> Currency:
    known = {name for names in facts().columns.values() for name in names}
    values = [c for c in cells if any(x.word in c for x in facts().currencies)]
    if len(values) > 1:
        raise UnreadableFile(f"有{len(values)}个金额栏（{'、'.join(values)}），请每个文件只留一种币种")
    strange = [c for c in cells if c and c not in known and c not in values]
    if strange:
        # A column that is not understood may be a breakdown: figures of different things would share a name.
        raise UnreadableFile(f"不认识的栏“{strange[0]}”；海关导出文件应只有编码、名称、数量、计量单位和金额各栏")
    repeated = [c for c in cells if c and cells.count(c) > 1]
    if repeated:
        raise UnreadableFile(f"“{repeated[0]}”一栏出现了两次")
    for field, name in BREAKDOWNS.items():
        if f"{field}_name" in fields and field not in fields:
            raise UnreadableFile(f"有{name}名称而没有{name}编码，请保留编码栏")
    for quantity, unit in (("quantity", "unit"), ("quantity2", "unit2")):
        if (quantity in fields) != (unit in fields):
            raise UnreadableFile("数量与计量单位应成对出现，请保留两栏")
    return next(c for c in facts().currencies if c.word in values[0])


def _flow(path: PurePath, cells: list[str], given: str) -> Flow:
    for flow in facts().flows:
        if flow.code == given:
            return flow
    for text in ("".join(cells), path.stem):
        bare = text.lower().replace("进出口", "")
        named = [f for f in facts().flows if any(w in bare for w in f.words)]
        if len(named) == 1:
            return named[0]
    raise UnreadableFile("看不出是出口还是进口：表头没有写，请在文件名中写明“出口”或“进口”")


# --------------------------------------------------------------------------------------------------- cells


@lru_cache(maxsize=4096)
def read_month(text: str) -> Period | None:
    """``202408`` and the forms that a spreadsheet makes of it; a summed range if it is a period of statistics."""
    try:
        if found := _MONTH.fullmatch(text):
            return month(int(found[1]), int(found[2]))
        if found := _RANGE.fullmatch(text):
            year, first, end_year, last = (int(g) for g in found.groups())
            if year == end_year and first == 1:
                return month(year, 1) if last == 1 else ytd(year, last)
            return month(year, first) if (year, first) == (end_year, last) else None
        # A bare year or a bare number is no month of customs statistics.
        return None if text.isdigit() else parse(text)
    except PeriodError:
        return None


def read_goods(text: str) -> str | None:
    """The code without blanks; a zero that a spreadsheet dropped is put back, for HS codes have an even length."""
    code = text.replace(".", "")
    if not (code.isascii() and code.isdigit()):
        return None
    code = code.zfill(len(code) + len(code) % 2)
    return code if len(code) in _HS_LENGTHS and code[:2] not in ("00", "77") else None


def read_partner(text: str) -> str | None:
    return text.zfill(3) if text.isascii() and text.isdigit() and len(text) <= 3 else None


def read_mode(text: str) -> str | None:
    return text.zfill(2) if text.isascii() and text.isdigit() and len(text) <= 4 else None


def read_place(text: str, catalogue: Catalogue) -> str | None:
    """The province of a place of registration: the first two digits."""
    if not (text.isascii() and text.isdigit() and len(text) in (2, 4, 5, 6)):
        return None
    try:
        return catalogue.region(text[:2]).code
    except UnknownName:
        return None


@lru_cache(maxsize=4096)
def read_unit(text: str, catalogue: Catalogue) -> str | None:
    """The catalogue's unit code of a printed unit."""
    try:
        return catalogue.unit(text).code
    except UnknownName:
        return None


def is_number(text: str) -> bool:
    return _NUMBER.fullmatch(text) is not None


def is_missing(text: str) -> bool:
    """True if a cell is empty or carries one of the marks of a figure that does not exist."""
    return _MARKED_MISSING.fullmatch(text) is not None
