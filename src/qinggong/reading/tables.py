"""Tables to readings (表格): what a row is about, and what each of its cells says under the head of its column.

A row or column with one word that is not understood gives unbound numbers.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from qinggong.catalogue import Indicator
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
from qinggong.reading.heads import (
    MISSING,
    UNIT_IN,
    Caption,
    Column,
    caption_of,
    column_of,
    head_rows,
    head_text,
    is_figure,
    neighbours,
    unit_code,
)
from qinggong.reading.numbers import LARGEST_DIGITS, fold, squeeze
from qinggong.reading.vocabulary import Dated, Vocabulary
from qinggong.reading.writer import Block, Cell

_FIGURE = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?%?")
_DIGITS = re.compile(r"-?\d+(?:\.\d+)?")
_WITH_UNIT = re.compile(r"([+-]?[\d,.]+)\(([^()]{1,6})\)")
_NUMBERING = re.compile(r"^(?:[一二三四五六七八九十]{1,3}、|\([一二三四五六七八九十\d]{1,3}\)|\d{1,2}[.、])")
_PART = re.compile(r"^(?:其中|#|\*|内|1\.|—|-)+[::]?|[*①②③④]+$")
_GROWTH_WORD = re.compile(r"同比|增长|增速")
_NEUTRAL = re.compile(r"(?:分|按).{1,12}(?:分|看|类)?|其中|主要行业|合计|总计|总额")
_TOTALS = re.compile(r"总计|合计|总额|全部")
_UNIT_HEAD = re.compile(r"(?:计量)?单位")
_SKIPPED_HEAD = re.compile(r"序号|行次|代码|编号|编码")


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
    block: Block, *, words: Vocabulary, year: int | None, context: Dated | None, lines: Sequence[str],
    trusting: bool = False,
) -> list[Reading]:  # fmt: skip
    """All numbers of a table, row by row.

    Parameters
    ----------
    context
        The period of the heading above, used where neither the table nor its caption names one.
    lines
        The last lines before the table: its caption, and the line with the units.
    trusting
        A single month in the caption is the period of all figures, also of those that come cumulated.
    """
    rows = [row for row in block.rows if any(cell.text for cell in row)]
    top = head_rows(rows)
    wide = [row for row in rows[:top] if len({id(c) for c in row if c.text}) == 1]
    caption = caption_of(
        [*lines, *(next(c.text for c in row if c.text) for row in wide)], words, year, context, trusting=trusting
    )
    heads = [row for row in rows[:top] if row not in wide]
    width = max((len(row) for row in rows), default=0)
    head_texts = [head_text(heads, x) for x in range(width)]
    label_at = next((x for x, text in enumerate(head_texts) if not _SKIPPED_HEAD.fullmatch(text)), 0)
    unit_at = next((x for x, text in enumerate(head_texts) if x > label_at and _UNIT_HEAD.fullmatch(text)), None)
    columns = neighbours([column_of(text, words, year) for text in head_texts])
    readings: list[Reading] = []
    section, about = "", caption.subject
    for row in rows[top:]:
        if label_at >= len(row):
            continue
        label = _label(row[label_at].text, words)
        figures = [(x, row[x]) for x in range(label_at + 1, len(row)) if x != unit_at and is_figure(row[x])]
        if label.indicator and not label.subject:
            section = label.indicator
        elif not figures and label.subject:
            about = label.subject
        elif not figures and label.why and not _NEUTRAL.fullmatch(_bare(row[label_at].text)):
            section, about = "", ""
        stated = fold(row[unit_at].text).strip() if unit_at is not None and unit_at < len(row) else ""
        unit = unit_code(stated, words) if stated else ""  # beside it, “出口额（美元）” names the currency
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
        for found in reversed(list(UNIT_IN.finditer(bare))):
            if code := unit_code(found[1] or found[2], words):
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
    cell: Cell, label: _Label, column: Column, caption: Caption, section: str, words: Vocabulary, name: str
) -> Reading:
    sentence = f"{name.strip()} | {column.head}"[:120]
    figure = (cell.text if cell.text.isascii() else fold(cell.text)).replace(" ", "")
    start, end = cell.start, cell.start + len(cell.text)
    unit, why, digits = "", "", "0"
    if figure.endswith(")") and (marked := _WITH_UNIT.fullmatch(figure)):
        unit = unit_code(marked[2], words)
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
    label: _Label, column: Column, caption: Caption, section: str, words: Vocabulary, *, percent: bool
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
    indicator: Indicator, measure: str, label: _Label, column: Column, caption: Caption, kept: str, words: Vocabulary,
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
