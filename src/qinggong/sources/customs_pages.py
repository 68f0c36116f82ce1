"""Release pages of the customs (海关总署发布页): the monthly table of trade by country and region, HTML.

The English and the Chinese pages carry the same table: exports, imports and both, of the month and since January,
with growth. Countries that ``sources/customs.yaml`` gives a code come in as ``hs.total.p<code>``, the total as
``hs.total``; groups of countries and the sum of exports and imports are listed and left out. The page says its date.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import PurePath

from qinggong.catalogue import load_catalogue
from qinggong.periods import Period, PeriodError, month, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Shape, Unmapped, UnreadableFile
from qinggong.sources.customs_layout import Currency, facts, is_missing

PARSER_VERSION = 1
SIZE_LIMIT = 16 << 20
FIELDS: dict[str, str] = {
    "标题": "时期与币种：January-February 2025 (in CNY)，2025年1至2月（人民币）",
    "单位": "CNY 100 Million 亿元，USD 1 Million 百万美元",
    "国别（地区）": "有海关编码的国家和地区：序列对象 hs.total.p<编码>；合计行 hs.total",
    "Export、Import": "出口额、进口额：当月或自 1 月起的累计",
    "Year-on-Year": "同比，%",
    "页面日期": "发布日期",
}
TRAPS: tuple[str, ...] = (
    "英文页面把数字四舍五入到一位小数，中文页面的位数更多。",
    "早年的页面里表格是图片，读不出数字。",
    "1 月与 2 月合并发布，列名写作 1-to-2。",
    "of which 之后的国家属于上一行的集团，集团本身没有编码，不入库。",
    "快讯之后还有月刊和在线查询，数字会订正。",
)
_CELLS_LIMIT = 200_000
_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_WORD = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TITLE_RUN = re.compile(rf"{_WORD}\s*[-–—]\s*{_WORD},?\s*((?:19|20)\d\d)", re.IGNORECASE)
_TITLE_MONTH = re.compile(rf"{_WORD},?\s*((?:19|20)\d\d)", re.IGNORECASE)
_TITLE_CHINESE = re.compile(r"((?:19|20)\d\d)年(\d{1,2})(?:\s*[-–—至]\s*(\d{1,2}))?月")
_RUN = re.compile(r"1\s*-?\s*(?:to|至|[-–—])\s*-?\s*(\d{1,2})", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|[-+]?[0-9]+(?:\.[0-9]+)?")
_UNITS = (
    (re.compile(r"CNY\s*100\s*Million|亿元", re.IGNORECASE), "亿元"),
    (re.compile(r"USD?\s*\$?\s*1?\s*Million|US\$\s*1?\s*Million|百万美元", re.IGNORECASE), "百万美元"),
    (re.compile(r"亿美元"), "亿美元"),
    (re.compile(r"CNY\s*10,?000|万元", re.IGNORECASE), "万元"),
)


class _Reader(HTMLParser):
    """Title, date and the rows of the tables; a cell that spans columns stands in each of them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.rows: list[list[str]] = []
        self.title, self.heading, self.date = "", "", ""
        self.images = self.cells = 0
        self._row: list[str] | None = None
        self._cell: list[str] | None = None
        self._span = 1
        self._into = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {k: v or "" for k, v in attrs}
        if tag == "tr":
            self._row = []
        elif tag in ("td", "th"):
            self._close_cell()
            span = given.get("colspan", "1")
            self._cell, self._span = [], min(40, int(span)) if span.isascii() and span.isdigit() else 1
        elif tag == "img" and "excel" in given.get("src", "").lower():
            self.images += 1
        elif tag == "title":
            self._into = "title"
        elif tag == "div":
            self._into = {"atcl-ttl": "heading", "atcl-date": "date"}.get(given.get("class", ""), "")

    def handle_endtag(self, tag: str) -> None:
        if tag in ("td", "th"):
            self._close_cell()
        elif tag == "tr":
            self._close_cell()
            if self._row:
                self.rows.append(self._row)
            self._row = None
        elif tag in ("title", "div"):
            self._into = ""

    def handle_data(self, data: str) -> None:
        if self._cell is not None:
            self._cell.append(data)
        elif self._into:
            setattr(self, self._into, (getattr(self, self._into) + data)[:400])

    def _close_cell(self) -> None:
        if self._cell is None:
            return
        if self._row is not None:
            text = " ".join("".join(self._cell).split())
            self._row += [text] * max(1, self._span)
            self.cells += self._span
            if self.cells > _CELLS_LIMIT:
                raise UnreadableFile("网页里的表格过大，不像海关发布页")
        self._cell, self._span = None, 1


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds; ``flow`` is empty for the sum of exports and imports."""

    number: int
    flow: str
    measure: str
    period: Period


def _recognises(path: PurePath, head: bytes) -> bool:
    start = head[:2048].lower()
    if b"<html" not in start and b"<!doctype html" not in start:
        return False
    text = head.decode("utf-8", errors="ignore")
    return ("GACC" in text or "customs.gov.cn" in text or "海关总署" in text) and bool(
        re.search(r"Exports?\b.{0,80}\bImports?\b|Imports?\b.{0,80}\bExports?\b|进出口", text, re.DOTALL)
    )


def _parse(path: PurePath, content: bytes) -> Parsed:
    reader = _read(content)
    title = " ".join((reader.heading or reader.title).split())
    period = _title_period(title)
    if period is None:
        raise UnreadableFile("网页标题里没有时期，可能是发布目录页；请保存“国别（地区）总值表”一页")
    if not reader.rows:
        raise UnreadableFile("网页里的表格是图片，没有数字" if reader.images else "网页里没有表格")
    words = " ".join((title, *(c for row in reader.rows[:4] for c in row)))
    if not re.search(r"Countr|国别|国家", words, re.IGNORECASE):
        raise UnreadableFile(f"只读“国别（地区）总值表”，这一页是“{title[:60]}”")
    unit, currency = _unit(words)
    start, columns = _columns(reader.rows, period)
    return _figures(reader.rows, start, columns, title=title, date=_date(reader.date), unit=unit, currency=currency)


def _read(content: bytes) -> _Reader:
    if len(content) > SIZE_LIMIT:
        raise UnreadableFile(f"网页大于{SIZE_LIMIT >> 20} MiB")
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise UnreadableFile("网页的文字编码既不是 UTF-8 也不是 GB18030")
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError) as error:
        raise UnreadableFile(f"网页不完整（{str(error)[:60]}）") from error
    return reader


def _title_period(title: str) -> Period | None:
    try:
        if found := _TITLE_CHINESE.search(title):
            first, last = int(found[2]), int(found[3] or found[2])
            return month(int(found[1]), last) if first == last else ytd(int(found[1]), last) if first == 1 else None
        if found := _TITLE_RUN.search(title):
            return ytd(int(found[3]), _MONTHS[found[2].lower()]) if found[1].lower() == "jan" else None
        if found := _TITLE_MONTH.search(title):
            return month(int(found[2]), _MONTHS[found[1].lower()])
    except PeriodError:
        return None
    return None


def _unit(words: str) -> tuple[str, Currency]:
    unit = next((name for pattern, name in _UNITS if pattern.search(words)), None)
    if unit is None:
        raise UnreadableFile("网页的表格没有写单位（CNY 100 Million 或 USD 1 Million）")
    dimension = load_catalogue().unit(unit).dimension
    return unit, next(c for c in facts().currencies if dimension == f"money_{c.money}")


def _columns(rows: Sequence[Sequence[str]], period: Period) -> tuple[int, list[_Column]]:
    """The first row of figures and what the columns hold, by the heads above it."""
    start = next((i for i, row in enumerate(rows) if len(row) > 2 and all(map(_is_figure, row[1:]))), None)
    if start is None:
        raise UnreadableFile("网页的表格里没有一行数字")
    heads = [row for row in rows[:start] if len(set(row)) > 1]
    columns = []
    for number in range(1, len(rows[start])):
        # The heads' words of a column, from top to bottom, each once: "1-to-2 Total Year-on-Year (±%)", "Export".
        parts = list(dict.fromkeys(row[number] for row in heads if number < len(row)))
        text = " ".join(parts)
        both = re.search(r"Exports?\s*(?:&|and)\s*Imports?|Imports?\s*(?:&|and)\s*Exports?|进出口", text, re.IGNORECASE)
        flow = "" if both else next((f.code for f in facts().flows if any(w in text.lower() for w in f.words)), "")
        measure = "yoy" if re.search(r"Year-on-Year|±|同比", text, re.IGNORECASE) else "level"
        run = _RUN.search(text)
        own = ytd(period.year, int(run[1])) if run and 1 < int(run[1]) <= 12 else month(period.year, period.last)
        if own.last != period.last:
            raise UnreadableFile(f"表头的时期“{text[:40]}”与标题的时期{period.code}不符")
        if period.kind == "ytd" and own.kind == "month":
            own = period
        columns.append(_Column(number, flow, measure, own))
    return start, columns


def _is_figure(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) or is_missing(text)


def _date(text: str) -> str:
    """The page's date, written 2025/03/11 or 03/08/2018."""
    found = re.search(r"(\d{4})[/.-](\d{1,2})[/.-](\d{1,2})|(\d{1,2})/(\d{1,2})/(\d{4})", text)
    if found is None:
        return ""
    a, b, c, d, e, f = (int(g) if g else 0 for g in found.groups())
    try:
        return (dt.date(a, b, c) if a else dt.date(f, d, e)).isoformat()
    except ValueError:
        return ""


def _figures(
    rows: Sequence[Sequence[str]],
    start: int,
    columns: Sequence[_Column],
    *,
    title: str,
    date: str,
    unit: str,
    currency: Currency,
) -> Parsed:
    body = facts()
    flows = {f.code: f for f in body.flows}
    publisher = load_catalogue().publisher(body.publisher).name
    found, defects, left, blank = list[RawRow](), list[Defect](), Counter[tuple[str, str]](), 0
    for number, row in enumerate(rows[start:], start=start + 1):
        if len(row) != len(columns) + 1 or len(set(row)) == 1:
            continue  # notes below the table
        subject = _subject(row[0])
        for column in columns:
            cell = row[column.number]
            if is_missing(cell):
                blank += 1
            elif not _NUMBER.fullmatch(cell):
                wrong = f"“{cell[:40]}”不是数字"
                defects.append(Defect("not-a-number", number, row[0][:60], wrong, "请核对该页"))
            elif not subject:
                left[row[0], "没有海关国别编码（地区集团不入库）"] += 1
            elif not column.flow:
                left["进出口合计", "出口与进口分开存"] += 1
            else:
                found.append(
                    RawRow(
                        row=number, period=column.period.code, region="CN", subject=f"trade:{subject}@{body.scope}",
                        indicator=f"{flows[column.flow].value}_{currency.money}", measure=column.measure,
                        value=cell.replace(",", ""), unit="%" if column.measure == "yoy" else unit, title=title,
                        published=date, publisher=publisher, url="",
                    )
                )  # fmt: skip
    unmapped = tuple(Unmapped(name, count, why) for (name, why), count in left.items())
    text = f"海关发布页：国别（地区）总值，{columns[0].period.code}，{unit}，{len(rows) - start}行"
    return Parsed(tuple(found), tuple(defects), unmapped, text, blank)


def _subject(label: str) -> str:
    """``hs.total`` or ``hs.total.p502`` for a row's label; empty for what has no code."""
    pages = facts().pages
    bare = re.sub(r"^(?:of which|其中)\s*[:：]?\s*", "", label.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"\s*[（(][A-Za-z. ]+[）)]$", "", bare)
    if bare in pages.total:
        return "hs.total"
    code = pages.partners.get(bare)
    return f"hs.total.p{code}" if code else ""


SHAPE = Shape("customs-page", "海关发布页（网页）", PARSER_VERSION, _recognises, _parse)
