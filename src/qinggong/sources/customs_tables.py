"""The tables of the customs' releases as rows (总值表、量值表): by country and region, and by goods.

Both have the month beside the months since January, with growth; the table by country has exports, imports and both,
the table of goods (出口、进口主要商品量值表) the unit of quantity and, of each period, quantity and value.

What a column holds is told by the words above it, never by its place: the pages change their order and number. The
growth that they print is that of the cumulative figures unless a column says otherwise. Columns of last year's
figures are left out: they repeat that year's own releases with fewer digits.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qinggong.catalogue import Catalogue
from qinggong.periods import Period, PeriodError, month, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Unmapped, UnreadableFile
from qinggong.sources.customs_commodities import commodity
from qinggong.sources.customs_html import Page
from qinggong.sources.customs_layout import Currency, Flow, Vintage, facts, is_missing, read_unit
from qinggong.sources.customs_vintages import Dating, by_day, vintage

_MONTHS = {
    m: i
    for i, m in enumerate(["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"], start=1)
}
_WORD = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_TITLE_RUN = re.compile(rf"{_WORD}\s*[-–—]\s*{_WORD},?\s*((?:19|20)\d\d)", re.IGNORECASE)
_TITLE_MONTH = re.compile(rf"{_WORD},?\s*((?:19|20)\d\d)", re.IGNORECASE)
_TITLE_CHINESE = re.compile(r"((?:19|20)\d\d)年(\d{1,2})(?:\s*月?\s*[-–—至]\s*(\d{1,2}))?月")
_RUN = re.compile(r"(?<!\d)1\s*月?\s*-?\s*(?:to|至|[-–—])\s*-?\s*(\d{1,2})", re.IGNORECASE)
_RUN_WORDS = re.compile(rf"jan[a-z]*\.?\s*[-–—]\s*{_WORD}", re.IGNORECASE)
_YEAR = re.compile(r"(?<!\d)((?:19|20)\d\d)(?!\d)")
_GROWTH = re.compile(r"Year-on-Year|±|同比|比(?:去年|上年)", re.IGNORECASE)
_LAST_YEAR = re.compile(r"去年同期|上年同期|去年累计|上年累计")
_TOGETHER = re.compile(r"累计|\bTotal\b", re.IGNORECASE)
_ALONE = re.compile(r"当月|本月")
_BOTH = re.compile(r"Exports?\s*(?:&|and)\s*Imports?|Imports?\s*(?:&|and)\s*Exports?|进出口", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?[0-9]{1,3}(?:,[0-9]{3})*(?:\.[0-9]+)?|[-+]?[0-9]+(?:\.[0-9]+)?")
_COUNTRIES = re.compile(r"Countr|国别|国家", re.IGNORECASE)
_GOODS = re.compile(r"Quantity and Value|Quantities and Values|量值表", re.IGNORECASE)
_UNITS = (
    (re.compile(r"CNY\s*100\s*Million|亿元", re.IGNORECASE), "亿元"),
    (re.compile(r"USD?\s*\$?\s*1?\s*Million|US\$\s*1?\s*Million|百万美元", re.IGNORECASE), "百万美元"),
    (re.compile(r"亿美元"), "亿美元"),
    (re.compile(r"千美元|USD?\s*1,?000\b", re.IGNORECASE), "千美元"),
    (re.compile(r"万美元"), "万美元"),
    (re.compile(r"CNY\s*10,?000\b|万元", re.IGNORECASE), "万元"),
)
_TITLE_CURRENCIES = {"cny": re.compile(r"CNY|RMB|人民币", re.IGNORECASE), "usd": re.compile(r"USD|美元", re.IGNORECASE)}
_NAME, _UNIT, _VALUE, _QUANTITY, _LEFT_OUT = "name", "unit", "value", "quantity", ""


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds; ``what`` is empty for one that is left out, ``left_out`` then says as what and why."""

    number: int
    what: str
    flow: Flow | None = None
    measure: str = "level"
    period: Period | None = None
    left_out: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class _Frame:
    """What holds for all figures of a table."""

    citation: str
    published: str
    unit: str
    currency: Currency
    publisher: str
    catalogue: Catalogue


def read_tables(page: Page, *, said: Dating | None, catalogue: Catalogue) -> Parsed:
    """The figures of a page or a sheet.

    Parameters
    ----------
    said
        What the user says of the vintage; holds where the page has neither date nor telling title.

    Raises
    ------
    UnreadableFile
        If the page has no such table, or its columns cannot be understood.
    """
    period = title_period(page.title)
    if period is None:
        raise UnreadableFile(
            f"标题“{page.title[:60]}”里没有时期，可能是发布目录页；请保存“国别（地区）总值表”或“商品量值表”一页"
        )
    if not page.rows:
        raise UnreadableFile(
            "网页里的表格是图片，没有数字"
            if page.images
            else "网页里没有表格；中文发布页的表是 XLS 附件，请下载附件后导入"
        )
    words = " ".join((page.title, *(c for row in page.rows[:4] for c in row)))
    goods = bool(_GOODS.search(words))
    if not goods and not _COUNTRIES.search(words):
        raise UnreadableFile(f"只读“国别（地区）总值表”和“商品量值表”，这一页是“{page.title[:60]}”")
    unit, currency = _money(words, page.title, catalogue)
    version = told_by(page, period, said, catalogue)
    day = page.date or ("" if said is None or said.day is None else said.day.isoformat())
    publisher = catalogue.publisher(facts().publisher).name
    frame = _Frame(f"{version.citation}：{page.title}", day, unit, currency, publisher, catalogue)
    rows = _aligned(page.rows)
    flow = _flow(page.title) if goods else None
    start = _first_figures(rows, labels=2 if goods else 1)
    columns = _columns(rows, start, period, flow)
    body = list(zip(page.places[start:] or range(start + 1, len(rows) + 1), rows[start:], strict=True))
    if goods:
        body = _shifted(body, columns)
    read = _by_goods if goods else _by_country
    what = f"{flow.name}商品量值" if flow is not None else "国别（地区）总值"
    text = f"海关{version.name}发布页：{what}，{period.code}，{unit}，{len(body)}行"
    return _gathered(read(body, columns, frame), text)


def title_period(title: str) -> Period | None:
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


def told_by(page: Page, period: Period, said: Dating | None, catalogue: Catalogue) -> Vintage:
    """The vintage of a page: by the words of a Chinese title, else by its date, else as the user says.

    The English titles are the same for all vintages; a page without anything counts as the verified figures, the
    later and so the safe side.
    """
    for version in facts().vintages:
        if any(w in page.title for w in version.tables):
            return version
    if page.date:
        return by_day(period, dt.date.fromisoformat(page.date), catalogue)
    if said is not None:
        return by_day(period, said.day, catalogue) if said.day is not None else said.vintage
    return vintage("monthly")


# --------------------------------------------------------------------------------------------------- heads


def _money(words: str, title: str, catalogue: Catalogue) -> tuple[str, Currency]:
    unit = next((name for pattern, name in _UNITS if pattern.search(words)), None)
    if unit is None:
        raise UnreadableFile("表格没有写单位（亿元、万元、百万美元，或 CNY 100 Million、USD 1 Million）")
    dimension = catalogue.unit(unit).dimension
    currency = next(c for c in facts().currencies if dimension == f"money_{c.money}")
    named = {money for money, pattern in _TITLE_CURRENCIES.items() if pattern.search(title)}
    if len(named) == 1 and currency.money not in named:
        raise UnreadableFile(f"标题“{title[:60]}”写的币种与表格的单位“{unit}”不符，请核对该页")
    return unit, currency


def _flow(title: str) -> Flow:
    bare = _BOTH.sub("", title).lower()
    named = [f for f in facts().flows if any(w in bare for w in f.words)]
    if len(named) != 1:
        raise UnreadableFile(f"从标题“{title[:60]}”看不出是出口还是进口的商品")
    return named[0]


def _aligned(rows: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Rows of one width, the empty cells beside a head of several columns filled with it."""
    found = [tuple(row) for row in rows]
    width = max(map(len, found))
    return [(*row, *[""] * (width - len(row))) for row in found]


def _first_figures(rows: Sequence[Sequence[str]], *, labels: int) -> int:
    for i, row in enumerate(rows):
        cells = row[labels:]
        if row[0] and len(cells) > 1 and all(map(_is_figure, cells)) and any(map(_NUMBER.fullmatch, cells)):
            return i
    raise UnreadableFile("表格里没有一行数字")


def _columns(rows: Sequence[Sequence[str]], start: int, period: Period, flow: Flow | None) -> list[_Column]:
    """What the columns hold, by the heads above the first row of figures."""
    heads = [_spread(row) for row in rows[:start] if len({c for c in row if c}) > 1]
    # The heads' words of a column, from top to bottom, each once: "1-to-2 Total Year-on-Year (±%)", "Export".
    texts = [" ".join(dict.fromkeys(p for p in parts if p)) for parts in zip(*heads, strict=True)] if heads else []
    if not texts:
        raise UnreadableFile("表格没有表头")
    levels = [t for t in texts if not _GROWTH.search(t)]
    cumulative = any(_run(t, period) is not None or _TOGETHER.search(t) for t in levels)
    found = []
    for number, text in enumerate(texts):
        if flow is not None and number < 2:
            found.append(_Column(number, _NAME if number == 0 else _UNIT))
        elif flow is None and number == 0:
            found.append(_Column(number, _NAME))
        else:
            found.append(_column(number, text, period, flow, cumulative=cumulative))
    if flow is not None and not re.search(r"Unit|单位", texts[1], re.IGNORECASE):
        raise UnreadableFile(f"商品量值表的第2栏应是计量单位，这里是“{texts[1][:40]}”")
    if not any(c.what in (_VALUE, _QUANTITY) for c in found):
        raise UnreadableFile("表头里没有认识的栏（出口、进口，或数量、金额）")
    return found


def _column(number: int, text: str, period: Period, flow: Flow | None, *, cumulative: bool) -> _Column:
    growth = bool(_GROWTH.search(text))
    if not text.strip():
        return _Column(number, _LEFT_OUT, left_out=("没有表头的一栏", "不知道是什么数字"))
    if not growth and (_LAST_YEAR.search(text) or any(int(y) != period.year for y in _YEAR.findall(text))):
        return _Column(number, _LEFT_OUT, left_out=("上年同期数", "以当年的发布为准"))
    own = _run(text, period) or (
        ytd(period.year, period.last)
        if period.last > 1 and (_TOGETHER.search(text) or (growth and cumulative and not _ALONE.search(text)))
        else month(period.year, period.last)
    )
    if own.last != period.last:
        raise UnreadableFile(f"表头的时期“{text[:40]}”与标题的时期{period.code}不符")
    if period.kind == "ytd" and own.kind == "month":
        own = period
    measure = "yoy" if growth else "level"
    strange = (f"“{text[:40]}”一栏", "不认识的表头")
    if flow is not None:
        what = _QUANTITY if re.search(r"Quantity|数量", text, re.IGNORECASE) else _VALUE
        known = what == _QUANTITY or re.search(r"Value|金额|价值|总值", text, re.IGNORECASE)
        return _Column(number, what if known else _LEFT_OUT, flow, measure, own, strange)
    if _BOTH.search(text):
        return _Column(number, _LEFT_OUT, left_out=("进出口合计", "出口与进口分开存"))
    named = next((f for f in facts().flows if any(w in text.lower() for w in f.words)), None)
    return _Column(number, _VALUE if named else _LEFT_OUT, named, measure, own, strange)


def _run(text: str, period: Period) -> Period | None:
    """The months since January that a head names."""
    if found := _RUN.search(text):
        last = int(found[1])
    elif found := _RUN_WORDS.search(text):
        last = _MONTHS[found[1].lower()]
    else:
        return None
    try:
        return ytd(period.year, last) if last > 1 else None
    except PeriodError:
        return None


def _spread(row: Sequence[str]) -> list[str]:
    """A row of heads, each also over the empty cells to its right: in a workbook a merged cell has its text once."""
    found: list[str] = []
    for cell in row:
        found.append(cell if cell or not found else found[-1])
    return found


def _is_figure(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text)) or is_missing(text)


# --------------------------------------------------------------------------------------------------- bodies

_Body = Sequence[tuple[int, Sequence[str]]]
_Found = Iterator[RawRow | Defect | tuple[str, str] | None]
"""A figure, a cell that is none, a figure left out (what, why), or nothing where the table marks a missing one."""


def _by_country(body: _Body, columns: Sequence[_Column], frame: _Frame) -> _Found:
    for place, row in body:
        if _is_note(row, columns):
            continue
        subject = _country(row[0])
        for column in columns[1:]:
            yield _figure(
                row[column.number],
                column,
                frame,
                place,
                row[0],
                subject,
                frame.unit,
                "地区集团和没有海关编码的国别不入库",
            )


def _by_goods(body: _Body, columns: Sequence[_Column], frame: _Frame) -> _Found:
    units = facts().pages.units
    for place, row in body:
        if _is_note(row, columns):
            continue
        period = next(c.period for c in columns if c.period is not None)
        goods = commodity(row[0], year=period.year)
        printed = row[1].strip()
        quantity = (goods.units if goods else {}).get(printed) or units.get(printed) or printed
        for column in columns[2:]:
            cell, why = row[column.number], "目录的商品对照表里没有"
            name = goods.name if goods else ""
            if column.what == _QUANTITY and not is_missing(cell) and goods and column.measure == "level":
                if is_missing(quantity):
                    name, why = "", "这一栏有数而没有计量单位"
                elif read_unit(quantity, frame.catalogue) is None:
                    name, why = "", f"目录的计量单位表里没有“{printed}”"
            unit = frame.unit if column.what == _VALUE else quantity
            yield _figure(cell, column, frame, place, row[0], name, unit, why)


def _figure(
    cell: str, column: _Column, frame: _Frame, place: int, label: str, subject: str, unit: str, why: str
) -> RawRow | Defect | tuple[str, str] | None:
    if is_missing(cell):
        return None
    if not _NUMBER.fullmatch(cell):
        return Defect("not-a-number", place, label[:60], f"“{cell[:40]}”不是数字", "请核对该页")
    if not subject:
        return label, why
    if column.what == _LEFT_OUT or column.flow is None or column.period is None:
        return column.left_out
    value = f"{column.flow.value}_{frame.currency.money}"
    return RawRow(
        row=place, period=column.period.code, region="CN", subject=subject,
        indicator=column.flow.quantity if column.what == _QUANTITY else value,
        measure=column.measure, value=cell.replace(",", ""), unit="%" if column.measure == "yoy" else unit,
        title=frame.citation, published=frame.published, publisher=frame.publisher, url="",
    )  # fmt: skip


def _gathered(found: _Found, text: str) -> Parsed:
    rows, defects, left, blank = list[RawRow](), list[Defect](), Counter[tuple[str, str]](), 0
    for item in found:
        if item is None:
            blank += 1
        elif isinstance(item, RawRow):
            rows.append(item)
        elif isinstance(item, Defect):
            defects.append(item)
        else:
            left[item] += 1
    unmapped = tuple(Unmapped(name, count, why) for (name, why), count in left.items())
    return Parsed(tuple(rows), tuple(defects), unmapped, text, blank)


def _is_note(row: Sequence[str], columns: Sequence[_Column]) -> bool:
    """True for lines below the table: one text in all columns, or in the first one only."""
    cells = {c for c in row if c}
    return len(cells) < 2 or not row[0] or not any(_is_figure(row[c.number]) and row[c.number] for c in columns[1:])


def _shifted(body: list[tuple[int, tuple[str, ...]]], columns: Sequence[_Column]) -> list[tuple[int, tuple[str, ...]]]:
    """The body with its cells under their heads: a page may leave out all cells of the unit and end with an empty one.

    Raises
    ------
    UnreadableFile
        If cells stand under wrong heads in any other way.
    """
    table = [row for _, row in body if not _is_note(row, columns)]
    if table and all(not row[-1] for row in table) and any(_NUMBER.fullmatch(row[1]) for row in table):
        body = [(i, (row[0], "", *row[1:-1]) if not _is_note(row, columns) else row) for i, row in body]
        table = [row for _, row in body if not _is_note(row, columns)]
    quantities = [c.number for c in columns if c.what == _QUANTITY and c.measure == "level"]
    values = [c.number for c in columns if c.what == _VALUE and c.measure == "level"]
    for row in table:
        if _NUMBER.fullmatch(row[1]) or (
            any(not is_missing(row[q]) for q in quantities) and all(is_missing(row[v]) for v in values)
        ):
            raise UnreadableFile(
                f"“{row[0][:40]}”一行有数量而没有金额，或计量单位一栏是数字，表格的栏目错位，请核对该页"
            )
    return body


def _country(label: str) -> str:
    """The subject of a row's label: all goods with a partner that has a code; empty for what has none."""
    pages = facts().pages
    bare = re.sub(r"^(?:of which|其中)\s*[:：]?\s*", "", label.strip(), flags=re.IGNORECASE)
    bare = re.sub(r"\s*[（(][A-Za-z. ]+[）)]$", "", bare)
    if bare in pages.total:
        return f"trade:hs.total@{facts().scope}"
    code = pages.partners.get(bare)
    return f"trade:hs.total.p{code}@{facts().scope}" if code else ""
