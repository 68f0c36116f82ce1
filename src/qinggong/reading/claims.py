"""Claims (论断): what a number of a text is said to be, also where no series can be bound.

Readings serve intake: a number that is not a figure of a known series is left alone. Claims serve checking: shares,
gaps, changes of a rate, counts, words of turning and numbers of unknown nouns are kept, each with its noun as the
text has it. A claim is never taken in as data.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from typing import Literal, NamedTuple

from qinggong.periods import Period
from qinggong.reading.figures import PERCENT, POINTS
from qinggong.reading.measures import Words
from qinggong.reading.numbers import TIMES, Number
from qinggong.reading.vocabulary import Dated, Token, Vocabulary

Role = Literal["level", "growth", "change", "gap", "share", "amount", "count", "from", "turn", "flat", "other"]
INDEX_POINTS = "点"
LAST_MONTH = "上月"
GAP, SHARE, TURN = "两个对象的差距", "占比或份额", "由一值转为另一值"
_PULL, _FORMER, _ADJUSTED = "拉动或贡献", "上年同期的数", "权数或调整"
_RATIO = re.compile(r"(?:率|比重|占比|份额|增长面|亏损面)$")
_INDEX = re.compile(r"指数|景气度")
_COUNTED = frozenset({"", "个", "种", "户", "件", "项"})
_COUNT_WORD = re.compile(r"[个种类家户项省](?!百分)")
_SAYING = frozenset({"verb", "rate", "reached", "level"})
_STRANGE = frozenset({"unknown", "noun", "skip", "indicator", "subject"})
_DIGITS = re.compile(r"[+-]?[\d.,]*")


class Claim(NamedTuple):
    """What one number (or one word of turning) is said to be.

    Attributes
    ----------
    role
        ``level``, ``growth`` (signed, per cent), ``change`` (of a growth rate or of a level, signed), ``gap`` to
        another side, ``share`` of a whole, ``amount`` of an increase, ``count``, ``from`` (the value left behind),
        ``turn`` (由正转负) and ``flat`` (持平) without a number, ``other`` for what is not understood.
    subject, indicator
        Names in the text; ``indicator`` is a catalogue code where it is one, else the noun as printed.
    of
        What a change is of: ``growth`` or ``level``.
    period, against
        The period of the value, and the one it is compared with; ``None`` where the text does not say.
    other
        The other side of a gap, the whole of a share.
    verb, rate, rough, base
        The words: 加快, 降幅, 近; ``yoy``, ``mom`` or ``previous``.
    unit
        The catalogue's code, ``点`` for points of an index, empty for a unit that is not known.
    body, limit
        Whose figures are quoted (据工信部统计); the word that narrows the sentence (东部, 民营).
    aside, named
        It stands in brackets; its own clause names its noun.
    """

    role: Role
    subject: str
    indicator: str
    value: Decimal
    unit: str
    printed: str
    start: int
    end: int
    block: int
    sentence: int
    clause: int
    text: str
    period: Dated | None = None
    against: Period | None = None
    of: str = ""
    other: str = ""
    verb: str = ""
    rate: str = ""
    rough: str = ""
    base: str = ""
    body: str = ""
    limit: str = ""
    aside: bool = False
    named: bool = False
    scale: int = 1


class Heard(NamedTuple):
    """What a sentence has said before a number: its line, the noun in force, the claim before, doubts."""

    line: str
    words: Vocabulary
    subject: str
    indicator: str
    last: Claim | None
    left_rate: bool
    dim: bool


def role_of(
    heard: Heard, kinds: Words, own: list[Token], number: Number, unit: str, side: str, *, listed: bool
) -> tuple[Role, Decimal, str]:
    """The role of a number, its signed value, and what a change is of.

    Parameters
    ----------
    kinds, own
        The words before the number by kind; those of its own noun, without the other side of a gap or a share.
    side
        ``gap``, ``share`` or empty.
    listed
        The number is one of several behind 分别: its own noun is not known.
    """
    value = number.value
    strange = {t.value for t in kinds.all("foreign")} & {_PULL, _FORMER, _ADJUSTED}
    if listed or strange or heard.dim or number.spaced or _parted(own):
        return "other", value, ""
    if side == "gap":
        sign = -1 if gap_word(heard.line, kinds.all("foreign")).startswith(("低", "慢", "落")) else 1
        return ("gap", sign * value, "") if unit in (PERCENT, POINTS) else ("other", value, "")
    if side == "share":
        return ("share", value, "") if unit == PERCENT else ("other", value, "")
    foreign = [t for t in kinds.all("foreign") if t.value == TURN]
    if foreign:
        left = heard.line[foreign[-1].start : foreign[-1].end] in ("由", "从")
        return ("from" if left else "other"), value, ""
    return _told(heard, kinds, own, value, unit)


def _parted(own: list[Token]) -> bool:
    """True if a noun stands between the verb or the rate and the number: they do not belong together (增长方案6.7%)."""
    last = max((i for i, t in enumerate(own) if t.kind in _SAYING), default=-1)
    return last >= 0 and any(t.kind in _STRANGE for t in own[last + 1 :])


def _told(heard: Heard, kinds: Words, own: list[Token], value: Decimal, unit: str) -> tuple[Role, Decimal, str]:
    verbs, rates, reached = Words.of(own).all("verb"), kinds.all("rate"), "reached" in kinds
    moves = bool(verbs) and not reached
    if unit == TIMES:
        up = moves and verbs[-1].value[0] == "up" and not rates
        return ("growth", value * 100, "") if up else ("other", value, "")
    if unit == PERCENT and moves and not rates:
        sign = verbs[-1].value[1]
        return ("growth", sign * value, "") if sign else ("other", value, "")
    if unit in (PERCENT, POINTS, INDEX_POINTS) and moves:
        return "change", _moved(heard, verbs[-1], rates, value), _changed(heard, rates, unit)
    if unit == PERCENT and (rates or heard.left_rate):
        return "growth", (rates[-1].value if rates else 1) * value, ""
    if unit == POINTS:
        return "other", value, ""
    if moves:
        return "amount", verbs[-1].value[1] * value, ""
    return "level", value, ""


def _moved(heard: Heard, verb: Token, rates: list[Token], value: Decimal) -> Decimal:
    """The change with its sign: a fall that narrows is a rate that rises."""
    name, sign, _ = verb.value
    rate = rates[-1].value if rates else 0
    if name in ("narrow", "widen"):
        sign = -1 if name == "narrow" else 1
        if not rate and heard.last is not None and heard.last.role == "growth":
            rate = -1 if heard.last.value < 0 else 1
    return value * Decimal(sign * (rate or 1))


def _changed(heard: Heard, rates: list[Token], unit: str) -> str:
    """What moved: the growth rate, or the level itself (of a ratio or an index)."""
    if rates:
        return "growth"
    if unit == INDEX_POINTS:
        return "level"
    last = heard.last
    if last is not None and (last.subject, last.indicator) == (heard.subject, heard.indicator):
        if last.role in ("level", "growth") and last.unit == PERCENT:
            return last.role
        if last.role == "change":
            return last.of
    return "level" if is_ratio(heard.words, heard.indicator) else "growth"


def is_ratio(words: Vocabulary, indicator: str) -> bool:
    """True for a rate or share, known to the catalogue or by its name: it moves by percentage points."""
    known = words.catalogue.indicators.get(indicator)
    return known.measures.get("yoy") == POINTS if known is not None else bool(_RATIO.search(indicator))


def is_index(words: Vocabulary, indicator: str) -> bool:
    known = words.catalogue.indicators.get(indicator)
    return bool(_INDEX.search(indicator if known is None else known.name))


def is_count(words: Vocabulary, number: Number, line: str) -> bool:
    """True for a number of industries, products, enterprises, months."""
    if number.unit not in _COUNTED or number.scale != 1:
        return False
    digits = _DIGITS.match(line, number.start)
    at = digits.end() if digits else number.start
    return words.count.match(line, at) is not None or _COUNT_WORD.match(line, at) is not None


def gap_word(line: str, foreign: Iterable[Token]) -> str:
    """The word of a gap (高于); empty if there is none."""
    return next((line[t.start : t.end] for t in foreign if t.value == GAP), "")
