"""Heads and captions of tables (表头与表题): what a column holds, and what stands above all columns.

Heads of several lines are read downwards (8月 → 同比增长（%）); the period and the unit may stand in the caption or in a
line such as “单位：亿元、%”.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qinggong.catalogue import UnknownName
from qinggong.reading.figures import PERCENT
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.vocabulary import Dated, Vocabulary
from qinggong.reading.writer import Cell

MISSING = re.compile(r"[-.…·*]{1,6}|注|x|X|/")
_LONE_NUMBER = re.compile(r"[+-]?\d[\d,.]*(?:[^\d月年季]{0,6})")
_UNIT_LINE = re.compile(r"(?:计量)?单位[::]?\s*([^。;；)]{1,40})")
UNIT_IN = re.compile(r"\(([^()]{1,12})\)|\[([^\[\]]{1,12})\]")
_FOREIGN = re.compile(
    r"环比|比上[月期年](?!同期)|占|比重|份额|排名|位次|拉动|贡献|上年同期|去年同期|上期|目标|预|权重|两年|增减额|差|基期|上年(?!同期)"
)
_GROWTH = re.compile(
    r"(?:比|较)?(?:上年|去年)?同期?(?:比)?(?:实际|名义)?(?:增长|增速|增减|增幅|升降|±)(?:率|速度|幅度)?|同比|增速|±"
)
_PERCENT_SIGN = re.compile(r"[±]?%|百分比")
_LEVEL = re.compile(r"绝对量|绝对数|金额|数量|指标值|数值|总量|实绩|完成|实际|本期|水平|比(?=$|[(%])")
_SINGLE = re.compile(r"本月(?!止|末)|当月|单月")
_RUN = re.compile(r"(?:本月止|自年初|年初至本月|1-本月|至本月|本年)?累计|本月止|自年初累计|1-本月|年初至本月")
_CAPTION_WORDS = re.compile(r"生产|主要|财务|经济|指标|数据|效益|情况|分行业|续|表|速度|统计")
_MOST_HEAD_ROWS = 6


@dataclass(frozen=True, slots=True)
class Column:
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
class Caption:
    """What stands above a table: period, units in order, the one indicator and the one subject if there is one."""

    dated: Dated | None
    units: tuple[str, ...]
    indicator: str
    subject: str


def is_figure(cell: Cell) -> bool:
    """True for a cell with one number, and perhaps a mark behind it."""
    text = cell.text
    if text.isascii():
        return _LONE_NUMBER.fullmatch(text.replace(" ", "")) is not None
    return any(c.isdigit() for c in text) and _LONE_NUMBER.fullmatch(fold(text).replace(" ", "")) is not None


def head_rows(rows: Sequence[Sequence[Cell]]) -> int:
    """The number of rows before the first row with figures (or marks of missing ones) behind its first cell."""
    headed = False
    for y, row in enumerate(rows[: _MOST_HEAD_ROWS + 1]):
        if any(is_figure(c) or MISSING.fullmatch(fold(c.text)) for c in row[1:] if c.text and len(c.text) < 24):
            return y
        distinct = {id(c) for c in row if c.text}
        if headed and len(distinct) == 1 and not any(c.text for c in row[1:]):
            return y  # a section without figures is no head
        headed = headed or len(distinct) > 1
    # a table whose first rows are sections without figures: the head is what names periods or growth
    return min(len(rows), 1)


def head_text(heads: Sequence[Sequence[Cell]], x: int) -> str:
    """The head of column ``x`` read downwards, folded and squeezed."""
    seen: list[Cell] = []
    for row in heads:
        if x < len(row) and row[x].text and not any(row[x] is other for other in seen):
            seen.append(row[x])
    return squeeze(fold(" ".join(c.text for c in seen)))[0].replace(" ", "")


def caption_of(
    lines: Sequence[str], words: Vocabulary, year: int | None, context: Dated | None, *, trusting: bool = False
) -> Caption:
    """What the lines above a table say; ``context`` is the period of the heading, used where they name none.

    A month that they name may be that of a release with cumulative figures; ``trusting`` takes it at its word.
    """
    dated, units, indicator, subject = None, tuple[str, ...](), "", ""
    for line in lines:
        text = squeeze(fold(line))[0]
        if len(text) > 60 or "。" in text:
            continue
        if found := _UNIT_LINE.search(text):
            listed = [unit_code(part, words) for part in re.split(r"[、，,/和及 ]", found[1])]
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
    inherited = not (trusting and dated)
    return Caption(replace(above, inherited=inherited) if above else None, units, indicator, subject)


def unit_code(text: str, words: Vocabulary) -> str:
    """The catalogue's code of a unit; empty for what is none."""
    text = text.strip().removeprefix("±")
    if not text:
        return ""
    try:
        return words.catalogue.unit(text).code
    except UnknownName:
        return ""


@functools.lru_cache(maxsize=4096)
def column_of(head: str, words: Vocabulary, year: int | None) -> Column:
    """What a column with this head holds; ``year`` is that of periods that name none."""
    if not head:
        return Column(head, why="这一列没有表头")
    units = [code for found in UNIT_IN.finditer(head) if (code := unit_code(found[1] or found[2], words))]
    text = UNIT_IN.sub(lambda m: "" if unit_code(m[1] or m[2], words) else m[0], head)
    growth = _GROWTH.search(text) is not None or "±" in head
    foreign = _FOREIGN.search(_GROWTH.sub("", text))
    if foreign:
        return Column(head, why=f"表头里有“{foreign[0]}”")
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
        return Column(head, why=f"表头“{head[:20]}”没有读懂")
    if len(periods) > 1 or len(indicators) > 1 or len(subjects) > 1 or len(set(units)) > 1:
        return Column(head, why=f"表头“{head[:20]}”有几种含义")
    if periods and periods[0].period is None:
        return Column(head, why=f"时期“{periods[0].text}”没有年份")
    percent = _PERCENT_SIGN.search(text) is not None
    unit = units[0] if units else PERCENT if percent and growth else ""
    return Column(
        head, "yoy" if growth else "level", indicators.pop() if indicators else "", subjects.pop() if subjects else "",
        periods[0] if periods else None, unit, turn, bare=not growth and not _LEVEL.search(text) and not turn,
    )  # fmt: skip


def neighbours(columns: list[Column]) -> list[Column]:
    """Beside columns that name an indicator, a bare 同比增长 is the growth of the column to its left."""
    if not any(column.indicator for column in columns):
        return columns
    done: list[Column] = []
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
