"""Tables to readings (表格): which indicator, measure, period and unit a column has, and what a row is about.

Heads of several lines are read downwards (8月 → 同比增长（%）); the period and the unit may stand in the caption or in a
line such as “单位：亿元、%”. A row or column with one word that is not understood gives unbound numbers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qinggong.catalogue import Indicator, UnknownName
from qinggong.periods import Period, month, ytd
from qinggong.reading.figures import (
    PERCENT,
    Reading,
    Unbound,
    check_unit,
    implied_indicator,
    period_for,
    subject_of,
)
from qinggong.reading.numbers import LARGEST_DIGITS, fold, squeeze
from qinggong.reading.vocabulary import Dated, Vocabulary
from qinggong.reading.writer import Block, Cell

_FIGURE = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?")
MISSING = re.compile(r"[-.…·*]{1,6}|注|x|X|/")
_LONE_NUMBER = re.compile(r"[+-]?\d[\d,.]*(?:[^\d月年季]{0,6})")
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_WITH_UNIT = re.compile(r"([+-]?[\d,.]+)\(([^()]{1,6})\)")
_NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])")
_PART = re.compile(r"^(?:其中|#|\*|内|1\.|—|-)+[::]?|[*①②③④]+$")
_UNIT_LINE = re.compile(r"(?:计量)?单位[::]?\s*([^。;；)]{1,40})")
_UNIT_IN = re.compile(r"\(([^()]{1,12})\)|\[([^\[\]]{1,12})\]")
_FOREIGN = re.compile(
    r"环比|比上[月期年](?!同期)|占|比重|份额|排名|位次|拉动|贡献|上年同期|去年同期|上期|目标|预|权重|两年|增减额|差|基期|上年(?!同期)"
)
_GROWTH = re.compile(
    r"(?:比|较)?(?:上年|去年)?同期?(?:比)?(?:实际|名义)?(?:增长|增速|增减|增幅|升降|±)(?:率|速度|幅度)?|同比|增速|±"
)
_PERCENT_SIGN = re.compile(r"[±]?%|百分比")
_LEVEL = re.compile(r"绝对量|绝对数|金额|数量|指标值|数值|总量|实绩|完成|实际|本期|水平|比(?=$|[(%])")
_GROWTH_WORD = re.compile(r"同比|增长|增速")
_SINGLE = re.compile(r"本月(?!止|末)|当月|单月")
_RUN = re.compile(r"(?:本月止|自年初|年初至本月|1-本月|至本月|本年)?累计|本月止|自年初累计|1-本月|年初至本月")
_NEUTRAL = re.compile(r"(?:分|按).{1,12}(?:分|看|类)?|其中|主要行业|合计|总计|总额")
_CAPTION_WORDS = re.compile(r"生产|主要|财务|经济|指标|数据|效益|情况|分行业|续|表|速度|统计")
_TOTALS = re.compile(r"总计|合计|总额|全部")
_UNIT_HEAD = re.compile(r"(?:计量)?单位")
_SKIPPED_HEAD = re.compile(r"序号|行次|代码|编号|编码")
_MOST_HEAD_ROWS = 6


@dataclass(frozen=True, slots=True)
class _Column:
    """What a column holds; ``why`` is set if its head is not understood."""

    head: str
    measure: str = ""
    indicator: str = ""
    subject: str = ""
    dated: Dated | None = None
    unit: str = ""
    turn: str = ""
    bare: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class _Caption:
    """What stands above a table: period, units in order, the one indicator and the one subject if there is one."""

    dated: Dated | None
    units: tuple[str, ...]
    indicator: str
    subject: str


@dataclass(frozen=True, slots=True)
class _Label:
    """What the first cell of a row names."""

    subject: str = ""
    indicator: str = ""
    unit: str = ""
    growth: bool = False
    sector: bool = False
    limited: bool = False
    why: str = ""


def read_table(
    block: Block, *, words: Vocabulary, year: int | None, context: Dated | None, lines: Sequence[str]
) -> list[Reading]:
    """All numbers of a table, row by row.

    Parameters
    ----------
    context
        The period of the heading above, used where neither the table nor its caption names one.
    lines
        The last lines before the table: its caption, and the line with the units.
    """
    rows = [row for row in block.rows if any(cell.text for cell in row)]
    top = _head_rows(rows)
    wide = [row for row in rows[:top] if len({id(c) for c in row if c.text}) == 1]
    caption = _caption([*lines, *(next(c.text for c in row if c.text) for row in wide)], words, year, context)
    heads = [row for row in rows[:top] if row not in wide]
    width = max((len(row) for row in rows), default=0)
    head_texts = [_head_text(heads, x) for x in range(width)]
    label_at = next((x for x, text in enumerate(head_texts) if not _SKIPPED_HEAD.fullmatch(text)), 0)
    unit_at = next((x for x, text in enumerate(head_texts) if x > label_at and _UNIT_HEAD.fullmatch(text)), None)
    columns = _neighbours([_column(text, words, year) for text in head_texts])
    readings: list[Reading] = []
    section, about = "", caption.subject
    for row in rows[top:]:
        if label_at >= len(row):
            continue
        label = _label(row[label_at].text, words)
        figures = [(x, row[x]) for x in range(label_at + 1, len(row)) if x != unit_at and _is_figure(row[x])]
        if label.indicator and not label.subject:
            section = label.indicator
        elif not figures and label.subject:
            about = label.subject
        elif not figures and label.why and not _NEUTRAL.fullmatch(_bare(row[label_at].text)):
            section, about = "", ""
        stated = fold(row[unit_at].text).strip() if unit_at is not None and unit_at < len(row) else ""
        unit = _unit_code(stated, words) if stated and not label.unit else ""
        own = replace(label, unit=unit) if unit else label
        above = caption if about == caption.subject else replace(caption, subject=about)
        name = row[label_at].text
        for x, cell in figures:
            readings.append(_reading(cell, own, columns[x], above, section, words, name))
    return readings


def missing_cells(block: Block) -> int:
    """Cells that mark a figure as missing (…, —, 注)."""
    texts = (cell.text for row in block.rows for cell in row[1:] if cell.text and len(cell.text) < 7)
    return sum(bool(MISSING.fullmatch(fold(text))) for text in texts if not text[0].isdigit())


# ------------------------------------------------------------------------------------------------- the head


def _is_figure(cell: Cell) -> bool:
    text = cell.text
    if text.isascii():
        return _LONE_NUMBER.fullmatch(text.replace(" ", "")) is not None
    return any(c.isdigit() for c in text) and _LONE_NUMBER.fullmatch(fold(text).replace(" ", "")) is not None


def _head_rows(rows: Sequence[Sequence[Cell]]) -> int:
    """The number of rows before the first row with figures (or marks of missing ones) behind its first cell."""
    headed = False
    for y, row in enumerate(rows[: _MOST_HEAD_ROWS + 1]):
        if any(_is_figure(c) or MISSING.fullmatch(fold(c.text)) for c in row[1:] if c.text and len(c.text) < 24):
            return y
        distinct = {id(c) for c in row if c.text}
        if headed and len(distinct) == 1 and not any(c.text for c in row[1:]):
            return y  # a section without figures is no head
        headed = headed or len(distinct) > 1
    # a table whose first rows are sections without figures: the head is what names periods or growth
    return min(len(rows), 1)


def _head_text(heads: Sequence[Sequence[Cell]], x: int) -> str:
    seen: list[Cell] = []
    for row in heads:
        if x < len(row) and row[x].text and not any(row[x] is other for other in seen):
            seen.append(row[x])
    return squeeze(fold(" ".join(c.text for c in seen)))[0].replace(" ", "")


def _caption(lines: Sequence[str], words: Vocabulary, year: int | None, context: Dated | None) -> _Caption:
    dated, units, indicator, subject = None, tuple[str, ...](), "", ""
    for line in lines:
        text = squeeze(fold(line))[0]
        if len(text) > 60 or "。" in text:
            continue
        if found := _UNIT_LINE.search(text):
            listed = [_unit_code(part, words) for part in re.split(r"[、，,/和及 ]", found[1])]
            units = tuple(code for code in listed if code)
        tokens = words.tokens(text, year=year)
        periods = [t.value for t in tokens if t.kind == "period" and t.value.period is not None]
        if len(periods) == 1:
            dated = periods[0]
        elif periods:
            dated, context = None, None
        named = {t.value for t in tokens if t.kind == "indicator"}
        subjects = {t.value for t in tokens if t.kind == "subject"}
        if periods or named or subjects:
            indicator = named.pop() if len(named) == 1 else ""
            strange = "".join(text[t.start : t.end] for t in tokens if t.kind == "unknown")
            subject = subjects.pop() if len(subjects) == 1 and not _CAPTION_WORDS.sub("", strange) else ""
    above = dated or context
    return _Caption(replace(above, inherited=True) if above else None, units, indicator, subject)


def _unit_code(text: str, words: Vocabulary) -> str:
    text = text.strip().removeprefix("±")
    if not text:
        return ""
    try:
        return words.catalogue.unit(text).code
    except UnknownName:
        return ""


@functools.lru_cache(maxsize=4096)
def _column(head: str, words: Vocabulary, year: int | None) -> _Column:
    if not head:
        return _Column(head, why="这一列没有表头")
    units = [code for found in _UNIT_IN.finditer(head) if (code := _unit_code(found[1] or found[2], words))]
    text = _UNIT_IN.sub(lambda m: "" if _unit_code(m[1] or m[2], words) else m[0], head)
    growth = _GROWTH.search(text) is not None or "±" in head
    foreign = _FOREIGN.search(_GROWTH.sub("", text))
    if foreign:
        return _Column(head, why=f"表头里有“{foreign[0]}”")
    turn = "single" if _SINGLE.search(text) else "run" if _RUN.search(text) else ""
    rest = _RUN.sub("", _SINGLE.sub("", text))
    tokens = words.tokens(rest, year=year)
    periods = [t.value for t in tokens if t.kind == "period"]
    kept = [t for t in tokens if t.kind in ("indicator", "subject")]
    left = "".join(
        rest[t.start : t.end]
        for t in tokens
        if t.kind not in ("period", "indicator", "subject", "plain", "sector", "open", "close", "join")
    )
    left = _LEVEL.sub("", _PERCENT_SIGN.sub("", _GROWTH.sub("", left)))
    indicators = {t.value for t in kept if t.kind == "indicator"}
    subjects = {t.value for t in kept if t.kind == "subject"}
    if re.sub(r"[()、/比±增长速率总计值的份]", "", left):
        return _Column(head, why=f"表头“{head[:20]}”没有读懂")
    if len(periods) > 1 or len(indicators) > 1 or len(subjects) > 1 or len(set(units)) > 1:
        return _Column(head, why=f"表头“{head[:20]}”有几种含义")
    if periods and periods[0].period is None:
        return _Column(head, why=f"时期“{periods[0].text}”没有年份")
    percent = _PERCENT_SIGN.search(text) is not None
    unit = units[0] if units else PERCENT if percent and growth else ""
    return _Column(
        head, "yoy" if growth else "level", indicators.pop() if indicators else "", subjects.pop() if subjects else "",
        periods[0] if periods else None, unit, turn, bare=not growth and not _LEVEL.search(text) and not turn,
    )  # fmt: skip


def _neighbours(columns: list[_Column]) -> list[_Column]:
    """Beside columns that name an indicator, a bare 同比增长 is the growth of the column to its left."""
    if not any(column.indicator for column in columns):
        return columns
    done: list[_Column] = []
    for column in columns:
        left = done[-1] if done else None
        if column.measure == "yoy" and not column.indicator and not column.why and left is not None:
            same = left.indicator and column.turn in ("", left.turn) and column.dated in (None, left.dated)
            column = (
                replace(column, indicator=left.indicator, subject=left.subject, turn=left.turn, dated=left.dated)
                if same
                else replace(column, why="表头没有写明是哪个指标的同比")
            )
        done.append(column)
    return done


# ------------------------------------------------------------------------------------------------- the rows


def _bare(text: str) -> str:
    folded = squeeze(fold(text))[0].replace(" ", "")
    return _PART.sub("", _NUMBERING.sub("", folded))


@functools.lru_cache(maxsize=4096)
def _label(text: str, words: Vocabulary) -> _Label:
    bare = _bare(text)
    if not bare:
        return _Label(why="这一行没有名称")
    if _TOTALS.fullmatch(bare):
        return _Label()
    unit = ""
    whole = words.tokens(bare, year=None)
    if not (len(whole) == 1 and whole[0].kind == "subject"):
        for found in reversed(list(_UNIT_IN.finditer(bare))):
            if code := _unit_code(found[1] or found[2], words):
                unit, bare = code, bare[: found.start()] + bare[found.end() :]
                break
        whole = words.tokens(bare, year=None)
    subjects = [t for t in whole if t.kind == "subject"]
    indicators = [t for t in whole if t.kind == "indicator"]
    if len(subjects) == 2 and bare.startswith("商品零售", subjects[1].start):
        subjects = subjects[:1]
    strange = [t for t in whole if t.kind not in _LABEL_KINDS]
    if strange or len(subjects) > 1 or len(indicators) > 1:
        return _Label(unit=unit, why=f"目录中没有“{_bare(text)[:30]}”")
    implied = "规模以上工业" if indicators and not subjects and bare.startswith("规模以上工业") else ""
    return _Label(
        subject=subjects[0].value if subjects else "", indicator=indicators[0].value if indicators else "", unit=unit,
        growth=any(t.kind == "rate" for t in whole), sector=any(t.kind == "sector" for t in whole),
        limited=any(t.kind == "retail_limit" for t in whole),
        why="" if subjects or indicators else f"目录中没有“{_bare(text)[:30]}”",
    ) if not implied else _Label(subject="", indicator=indicators[0].value, unit=unit, growth=False)  # fmt: skip


_LABEL_KINDS = frozenset({"subject", "indicator", "plain", "sector", "retail_limit", "rate", "open", "close"})


def _reading(
    cell: Cell, label: _Label, column: _Column, caption: _Caption, section: str, words: Vocabulary, name: str
) -> Reading:
    sentence = f"{name.strip()} | {column.head}"[:120]
    figure = (cell.text if cell.text.isascii() else fold(cell.text)).replace(" ", "")
    start, end = cell.start, cell.start + len(cell.text)
    unit, why, digits = "", "", "0"
    if figure.endswith(")") and (marked := _WITH_UNIT.fullmatch(figure)):
        unit = _unit_code(marked[2], words)
        figure = marked[1] if unit else figure
    printed = figure.replace(",", "").removesuffix("%").lstrip("+")
    if (number := _DIGITS.match(printed)) and len(number[0]) <= LARGEST_DIGITS:
        digits = number[0]
    try:
        if not _FIGURE.fullmatch(figure) or digits != printed:
            raise Unbound("单元格里不只是一个数字")
        if label.why or column.why:
            raise Unbound(label.why or column.why)
        told = replace(column, unit=unit) if unit else column
        series = _bound(label, told, caption, section, words, percent=figure.endswith("%"))
        subject, indicator, measure, period, unit = series
    except Unbound as error:
        why = str(error)
        return Reading("unbound", "", "", "", "", Decimal(digits), "", digits, start, end, sentence, why)
    return Reading(
        "observation", subject, indicator, measure, period, Decimal(digits), unit, digits, start, end, sentence
    )


def _bound(
    label: _Label, column: _Column, caption: _Caption, section: str, words: Vocabulary, *, percent: bool
) -> tuple[str, str, str, str, str]:
    """Subject key, indicator, measure, period and unit of a cell; ``Unbound`` says why not."""
    named = {code for code in (label.indicator, column.indicator) if code}
    if len(named) > 1:
        raise Unbound("行与列的指标不同")
    subject_name = label.subject or column.subject or caption.subject
    if label.subject and column.subject:
        raise Unbound("行与列的统计对象不同")
    code = next(iter(named), "") or section or caption.indicator
    if label.subject and not named and (own := implied_indicator(words, label.subject)):
        code = own
    if not label.subject and not column.subject and label.indicator == "value_added" and not caption.subject:
        subject_name = "规模以上工业"
    if not code:
        raise Unbound("没有写明指标")
    if not subject_name:
        raise Unbound("没有写明统计对象")
    indicator = words.catalogue.indicators[code]
    measure = "yoy" if label.growth else column.measure or "level"
    series = subject_name, code, measure, label.sector, label.limited
    known = words.table_series.get(series)
    if known is None:
        subject = subject_of(words, subject_name, indicator, sector=label.sector, limited=label.limited)
        known = subject, subject.key, words.kept_unit(code, measure, subject) or ""
        words.table_series[series] = known
    subject, key, kept = known
    if measure not in indicator.measures:
        if column.bare and measure == "level" and (percent or column.unit == PERCENT or caption.units == (PERCENT,)):
            raise Unbound("表头没有写明是同比")
        raise Unbound(f"{indicator.name}没有这种数值")
    dated = _turned(column.dated or caption.dated, column.turn)
    unit = _unit(indicator, measure, label, column, caption, kept, words, percent=percent)
    if unit != kept or not kept:
        check_unit(words, indicator, measure, subject, unit)
    period = period_for(dated, indicator)
    return key, code, measure, period.code, unit


def _turned(dated: Dated | None, turn: str) -> Dated:
    if dated is None or dated.period is None:
        raise Unbound("表格没有写明时期")
    period: Period = dated.period
    if turn == "single" and period.kind == "ytd":
        single = month(period.year, period.last) if period.last > 2 else period
        return replace(dated, period=single, inherited=False)
    if turn == "single":
        return replace(dated, inherited=False)
    if turn == "run" and period.kind == "month":
        return replace(dated, period=ytd(period.year, period.last))
    return dated


def _unit(
    indicator: Indicator, measure: str, label: _Label, column: _Column, caption: _Caption, kept: str, words: Vocabulary,
    *, percent: bool,
) -> str:  # fmt: skip
    """The unit of a cell: of the cell, its column, its row, or the one of the unit line that fits the series."""
    if percent:
        return PERCENT
    if column.unit:
        return column.unit
    if measure == "yoy":
        if kept == PERCENT and (PERCENT in caption.units or _GROWTH_WORD.search(column.head) or label.growth):
            return PERCENT
        raise Unbound("没有写明计量单位")
    if label.unit:
        return label.unit
    dimension = words.dimension(kept)
    if column.bare and not column.indicator and len(caption.units) > 1:
        raise Unbound("表头没有写明是绝对量还是同比")
    fitting = [u for u in caption.units if words.dimension(u) == dimension]
    if len(set(fitting)) != 1:
        raise Unbound("没有写明计量单位" if not fitting else "有几个计量单位")
    return fitting[0]
