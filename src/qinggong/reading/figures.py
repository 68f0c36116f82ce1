"""What a number says (读数), and the checks that prose and tables share before they bind one."""

from __future__ import annotations

import functools
import operator
from decimal import Decimal
from typing import Literal, NamedTuple

from qinggong.catalogue import Indicator, Subject
from qinggong.catalogue.names import normalise
from qinggong.periods import Period, month
from qinggong.reading.vocabulary import Dated, Vocabulary

ReadingKind = Literal["observation", "change", "count", "unbound"]
PERCENT, POINTS = "%", "百分点"
RETAIL = "retail_sales"
_BUREAU = "nbs"
_MONTHLY = ("value_added", "producer_prices")
_WHOLE_RETAIL = ("total", "goods", "catering", "goods_above_size")


class Reading(NamedTuple):
    """What one number of a text says.

    ``observation``: ``value`` in ``unit`` of ``measure`` (``level``, ``yoy``, ``mom``) for subject,
    indicator and period.
    ``change``: how far ``measure`` moved against another period, signed, in ``unit``; ``why`` says against which.
    ``count``: a number of industries, products or months. ``unbound``: cannot be told; ``why`` says the reason.
    ``subject`` and ``indicator`` are catalogue keys, ``period`` is ``2024-08`` or ``2024-01/2024-08``; empty where
    unknown. ``start`` and ``end`` bound number and unit in the text that was read, ``sentence`` is where it stands.
    ``value`` is ``None`` only for words that stand in place of a number (由盈转亏).
    """

    kind: ReadingKind
    subject: str
    indicator: str
    measure: str
    period: str
    value: Decimal | None
    unit: str
    printed: str
    start: int
    end: int
    sentence: str
    why: str = ""


PLACE = operator.attrgetter("start", "end")


class Unbound(Exception):
    """Why a number cannot be bound, as a Chinese sentence without the full stop."""


class Amount(Unbound):
    """An amount of change (增加若干亿元): no figure of a series, but the growth behind it is one of the same."""


def subject_of(
    words: Vocabulary, name: str, indicator: Indicator, *, sector: bool = False, limited: bool = False, body: str = ""
) -> Subject:
    """The subject that a name means for an indicator; ``Unbound`` if the catalogue has no such series."""
    subject = words.subject(name, indicator, body=body)
    if subject is None and words.is_open(name, indicator, body=body):
        raise Unbound(f"没有写明“{name}”是谁的口径")
    if subject is None:
        raise Unbound(f"目录中“{name}”没有指标“{indicator.name}”")
    if sector and subject.kind not in ("industry", "group") and not name.endswith(("制造", "制造业")):
        raise Unbound(f"“{name}”在目录中不是行业")
    if subject.kind == "industry" and subject.scope == _BUREAU and _is_trade(indicator):
        raise Unbound(f"没有写明是谁归并的{subject.name}进出口，海关和统计局都不按行业公布")
    if limited and (subject.kind != "retail" or subject.code in _WHOLE_RETAIL):
        raise Unbound(f"“{name}”只指限额以上单位")
    return subject


def _is_trade(indicator: Indicator) -> bool:
    """True for values of exports and imports: of an industry only a federation or an association can tell them."""
    return indicator.nature == "flow" and "trade" in indicator.kinds


def check_unit(words: Vocabulary, indicator: Indicator, measure: str, subject: Subject, unit: str) -> None:
    """``Unbound`` unless the unit measures what the series is kept in."""
    kept = words.kept_unit(indicator.code, measure, subject)
    if kept is None:
        raise Unbound(f"{subject.name}没有指标“{indicator.name}”")
    if words.dimension(kept) != words.dimension(unit):
        raise Unbound(f"单位“{unit}”不是{indicator.name}的单位")


def series_of(
    words: Vocabulary, name: str, indicator: Indicator, measure: str, unit: str, *, sector: bool, limited: bool,
    body: str,
) -> str:  # fmt: skip
    """The key of the subject of such a series, asked once and then remembered; ``Unbound`` if there is none."""
    key = (name, indicator.code, measure, unit, sector, limited, body)
    known = words.series.get(key)
    if known is None:
        try:
            subject = subject_of(words, name, indicator, sector=sector, limited=limited, body=body)
            if measure not in indicator.measures:
                raise Unbound(f"{indicator.name}没有这种数值")
            check_unit(words, indicator, measure, subject, unit)
            known = (subject.key, "")
        except Unbound as why:
            known = ("", str(why))
        words.series[key] = known
    if known[1]:
        raise Unbound(known[1])
    return known[0]


def period_for(dated: Dated, indicator: Indicator) -> Period:
    """The period of a figure of this indicator in the named period; ``Unbound`` if it has no such figure."""
    period = dated.period
    assert period is not None
    at_end = "point" in indicator.spans and "month" not in indicator.spans
    if dated.point:
        if "point" not in indicator.spans:
            raise Unbound(f"{indicator.name}不是期末数，时期却是“{dated.text}”")
        return month(period.year, period.last)
    if period.kind == "ytd" and "ytd" not in indicator.spans:
        return month(period.year, period.last)
    if period.kind == "month" and not at_end:
        if dated.inherited and indicator.code not in _MONTHLY:
            raise Unbound(f"标题写的是单月，{indicator.name}没有写明是当月还是累计")
        if "month" not in indicator.spans:
            raise Unbound(f"{indicator.name}只有累计数，时期却是“{dated.text}”")
        if indicator.industrial and period.last <= 2:
            raise Unbound(f"{indicator.name}没有单独的{period.last}月数据")
    return period


@functools.lru_cache(maxsize=4096)
def implied_indicator(words: Vocabulary, name: str) -> str:
    """The indicator that a name carries in itself: retail classes and totals are only told for their sales."""
    kinds = {m.subject.kind for m in words.catalogue.names.meanings.get(normalise(name), [])}
    return RETAIL if kinds == {"retail"} else ""
