"""From a clause to a measure (度量): level or growth, its sign from the verb, its base from 同比 or 环比.

What is taken for granted nowhere: a bare “增长” is a growth on the year before only where the text has said so, or the
period is cumulative; points are a change of a rate, not a growth.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from qinggong.catalogue import Indicator
from qinggong.periods import Period
from qinggong.reading.figures import PERCENT, POINTS, Amount, Reading, Unbound, period_for, series_of
from qinggong.reading.numbers import TIMES, Number
from qinggong.reading.vocabulary import Dated, Token, Vocabulary

_EXPORTS = ("exports_usd", "exports_cny")


class Words(dict[str, list[Token]]):
    """The tokens before a number in its clause, by kind."""

    @staticmethod
    def of(tokens: Iterable[Token]) -> Words:
        words = Words()
        for token in tokens:
            words.setdefault(token[0], []).append(token)
        return words

    def all(self, kind: str) -> list[Token]:
        return self.get(kind, [])

    @property
    def sector(self) -> bool:
        """True if a word such as 行业 or 企业 follows the last subject: then it must be an industry."""
        subjects = self.all("subject")
        return bool(subjects) and any(t.start >= subjects[-1].end for t in self.all("sector"))


class Target(NamedTuple):
    """Subject (as named) and indicator of a number; ``sign`` of the growth told last."""

    subject: str
    indicator: str
    sector: bool = False
    limited: bool = False
    sign: int = 0


@dataclass(slots=True)
class Situation:
    """What a paragraph has said so far; it changes while the paragraph is read.

    ``dated`` is the period named last (else ``dated_why`` says why there is none), ``base`` the comparison in force
    (``yoy``, ``mom``, empty), ``seen`` those met in the paragraph, ``body`` the one whose figures it quotes (据工信部统计),
    ``told`` the figures of the paragraph; ``places`` and ``offset`` lead from the squeezed text to the text that was
    read; ``period_code`` is that of the last figure, remembered for the period and the indicator ``coded_for``.
    """

    words: Vocabulary
    places: list[int]
    offset: int
    dated: Dated | None
    dated_why: str = "这一段没有写明时期"
    base: str = ""
    seen: set[str] = field(default_factory=set)
    body: str = ""
    sentence: str = ""
    told: dict[tuple[str, ...], Decimal] = field(default_factory=dict)
    coded_for: tuple[Dated | None, Indicator | None] = (None, None)
    period_code: str = ""

    def place(self, number: Number) -> tuple[int, int]:
        """Where a number and its unit stand in the text that was read."""
        return self.offset + self.places[number.start], self.offset + self.places[number.end - 1] + 1


def measured(number: Number, lead: Words, target: Target, now: Situation) -> Reading:
    """The reading of a number with a known target ; ``Unbound`` says why not."""
    if number.spaced:
        raise Unbound("数字之间有空格，可能是一个数，也可能是两个数")
    if number.unit == "":
        raise Unbound("没有认出计量单位")
    indicator = now.words.catalogue.indicators[target.indicator]
    if number.unit == PERCENT:
        measure, value, unit = _percentage(number, lead, indicator, now)
    elif number.unit == POINTS:
        return _points(number, lead, target, indicator, now)
    elif number.unit == TIMES:
        measure, value, unit = _multiple(number, lead, indicator, now)
    else:
        return _level(number, lead, target, indicator, now)
    return observation(number, now, target, indicator, measure, value, unit)


def consistent(reading: Reading, now: Situation, *, named: bool) -> Reading:
    """A reading as it is; ``Unbound`` if the paragraph has told the same figure otherwise and no subject stands here.

    In “家具制造业增加值增长3%；工业增加值增长5%” the second figure is not that of the industry named before.
    """
    if reading.kind == "observation" and reading.value is not None:
        series = reading.subject, reading.indicator, reading.measure, reading.period, reading.unit
        if now.told.setdefault(series, reading.value) != reading.value and not named:
            raise Unbound("这个数字前面已有，与此不同，这里没有写明统计对象")
    return reading


def _percentage(number: Number, lead: Words, indicator: Indicator, now: Situation) -> tuple[str, Decimal, str]:
    ratio = indicator.measures.get("level") == PERCENT
    verbs, rates = lead.all("verb"), lead.all("rate")
    if rates:
        if verbs and "reached" not in lead:
            raise Unbound("“增速”之后又有升降的动词")
        return _growth_measure(lead, indicator, now), rates[-1].value * number.value, PERCENT
    if "reached" in lead or not verbs:
        if ratio and "base" not in lead:
            return "level", number.value, PERCENT
        raise Unbound("百分数前面没有说明是增长还是下降")
    if ratio:
        raise Unbound("比率的升降应以百分点计")
    if any(v.value[2] for v in verbs):
        raise Unbound("升降的是增速，单位却是百分数")
    if "level" in lead and lead.all("level")[-1].start > verbs[-1].start:
        raise Unbound("百分数前面没有说明是增长还是下降")
    return _growth_measure(lead, indicator, now), _signed(number, verbs), PERCENT


def _growth_measure(lead: Words, indicator: Indicator, now: Situation) -> str:
    bases = lead.all("base")
    if bases:
        kind, text = bases[-1].value
        if kind == "previous":
            raise Unbound(f"与“{text}”相比的增长，不是同比")
        if len({b.value[0] for b in bases}) > 1:
            raise Unbound("比较的基期不止一个")
        return str(kind)
    if now.base == "yoy" or (now.base and "indicator" not in lead and "period" not in lead):
        return now.base
    cumulative = now.dated is not None and now.dated.period is not None and now.dated.period.kind == "ytd"
    # 增加值 has no level and its growth on the month before is always called so (环比, 比上月)
    if "mom" not in now.seen and ("yoy" in now.seen or cumulative or "level" not in indicator.measures):
        return "yoy"
    raise Unbound("没有写明是同比还是环比")


def _multiple(number: Number, lead: Words, indicator: Indicator, now: Situation) -> tuple[str, Decimal, str]:
    verbs = lead.all("verb")
    if "reached" in lead or not verbs or any(v.value[0] != "up" or v.value[2] for v in verbs) or "rate" in lead:
        raise Unbound("倍数不是“增长若干倍”")
    if number.value < 0:
        raise Unbound("倍数不应为负")
    return _growth_measure(lead, indicator, now), number.value.scaleb(2), PERCENT


def _points(number: Number, lead: Words, target: Target, indicator: Indicator, now: Situation) -> Reading:
    verbs, rates, bases = lead.all("verb"), lead.all("rate"), lead.all("base")
    if not verbs or "reached" in lead:
        raise Unbound("百分点前面没有说明升降")
    rate = rates[-1].value if rates else 0
    name, sign, change_only = verbs[-1].value
    if len(verbs) > 1:
        raise Unbound("百分点前面的动词不止一个")
    ratio = indicator.measures.get("yoy") == POINTS
    if name in ("narrow", "widen"):
        rate = rate or (1 if ratio else target.sign)
        if not rate:
            raise Unbound(f"没有写明{'收窄' if name == 'narrow' else '扩大'}的是增幅还是降幅")
        sign = -1 if name == "narrow" else 1
    value = number.value * sign * (rate or 1)
    if number.value < 0:
        raise Unbound("升降之后又有负号")
    base = bases[-1].value if bases else ("", "")
    if ratio and not rates and base[0] == "yoy":
        return observation(number, now, target, indicator, "yoy", value, POINTS)
    if not ratio and not rates and not change_only and base[0] == "yoy":
        raise Unbound("增长以百分点计，没有写明是增速的变化")
    why = _against(*base) if base[1] else "没有写明与哪一期相比"
    measure: Literal["level", "yoy"] = "level" if ratio and not rates else "yoy"
    kept = indicator.measures.get(measure, "")
    reading = observation(number, now, target, indicator, measure, value, kept or PERCENT)
    return reading._replace(kind="change", unit=POINTS, why=why)


def _level(number: Number, lead: Words, target: Target, indicator: Indicator, now: Situation) -> Reading:
    if "rate" in lead:
        raise Unbound("“增速”之后不是百分数")
    if target.indicator in _EXPORTS:
        cny = now.words.dimension(number.unit) == "money_cny"
        indicator = now.words.catalogue.indicators[_EXPORTS[cny]]
    unit = _per_person(number.unit, indicator)
    verbs = [] if "reached" in lead else lead.all("verb")
    if not verbs:
        if "base" in lead and "reached" not in lead:
            raise Unbound("比较之后没有说明升降")
        return observation(number, now, target, indicator, "level", number.value, unit)
    if indicator.growth_basis != "points":
        raise Amount("增减的数额，不是水平，也不是增速")
    bases = lead.all("base")
    value = _signed(number, verbs)
    if bases and bases[-1].value[0] == "yoy":
        return observation(number, now, target, indicator, "yoy", value, unit)
    if bases:
        reading = observation(number, now, target, indicator, "level", value, unit)
        return reading._replace(kind="change", why=_against(*bases[-1].value))
    raise Unbound("没有写明与哪一期相比")


def observation(
    number: Number, now: Situation, target: Target, indicator: Indicator, measure: str, value: Decimal, unit: str
) -> Reading:
    subject = series_of(
        now.words, target.subject, indicator, measure, unit, sector=target.sector, limited=target.limited, body=now.body
    )
    if now.dated is None or now.dated is not now.coded_for[0] or indicator is not now.coded_for[1]:
        now.period_code = _period_of(indicator, now).code
        now.coded_for = now.dated, indicator
    start, end = now.place(number)
    return Reading(
        "observation", subject, indicator.code, measure, now.period_code, value, unit,
        number.printed, start, end, now.sentence,
    )  # fmt: skip


def _period_of(indicator: Indicator, now: Situation) -> Period:
    if now.dated is None or now.dated.period is None:
        raise Unbound(now.dated_why)
    return period_for(now.dated, indicator)


def _signed(number: Number, verbs: list[Token]) -> Decimal:
    signs = {v.value[1] for v in verbs}
    if len(signs) != 1 or 0 in signs:
        raise Unbound("升降的方向不明")
    sign = signs.pop()
    if number.value < 0 and sign < 0:
        raise Unbound("“下降”之后又有负号")
    return number.value * int(sign)


def _per_person(unit: str, indicator: Indicator) -> str:
    level = indicator.measures.get("level", "")
    return level if level.endswith("/人") and level[:-2] == unit else unit


def _against(kind: str, text: str) -> str:
    """The other side of a comparison: 比上年同期, 比上月, 比2024-07."""
    if kind in ("yoy", "mom"):
        return "比上年同期" if kind == "yoy" else "比上月"
    return "比" + re.sub(r"^[比较与同]", "", text)
