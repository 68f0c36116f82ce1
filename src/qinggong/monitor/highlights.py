"""What stands out of a figure (看点): season records, streaks, round marks, gaps in the calendar, contrasts.

All are facts with lineage, made from published figures only. A streak is stated only if its beginning is known; a
season record claims no more years than are known without a gap.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import Literal

import numpy as np

from qinggong.catalogue import Indicator, Subject
from qinggong.methods import growth as arithmetic
from qinggong.monitor.facts import Contrast, Fact, Lineage, Movement, quantity
from qinggong.monitor.movements import (
    EARLIEST,
    Desk,
    Sequence_,
    citation_of,
    difference_fact,
    observed,
    past_rates,
    published_fact,
    rates_of,
    withheld,
)
from qinggong.periods import Period, previous_ytd
from qinggong.store.base import Observation

MarkWord = Literal["", "passed", "above", "near"]
_WHOLE = {"亿元": "万亿元", "亿美元": "万亿美元"}
_MARKED = frozenset({"亿元", "万亿元", "亿美元", "万亿美元"})
_TEN_THOUSAND = Decimal(10000)


def highlighted(desk: Desk, subject: Subject, indicator: Indicator, m: Movement) -> Movement:
    """The movement with everything that may stand out of it."""
    since = since_growth = since_change = streak = season = mark = None
    word: MarkWord = ""
    if m.growth is not None and m.growth.unit == "%":
        if m.previous_growth is None and m.sequence == "ytd":
            since, since_growth, since_change = _since(desk, subject, indicator, m)
        streak = streak_fact(desk, subject, indicator, sequence=m.sequence, growth=m.growth)
        season = season_fact(desk, subject, indicator, sequence=m.sequence, growth=m.growth)
    if m.level is not None and m.sequence == "ytd":
        mark, word = mark_fact(desk, subject, indicator, m.level)
    return dataclasses.replace(
        m, since=since, since_growth=since_growth, since_change=since_change, streak=streak, season=season,
        mark=mark, mark_word=word,
    )  # fmt: skip


def _since(
    desk: Desk, subject: Subject, indicator: Indicator, m: Movement
) -> tuple[Period | None, Fact | None, Fact | None]:
    """The newest earlier cumulative rate of the year, else that of last year, where the one before is not known."""
    assert m.growth is not None
    period, label = m.period, quantity(m.name, m.indicator, m.indicator_name)
    while period.year == m.period.year:
        period = previous_ytd(period)
        o = observed(desk, subject, indicator, measure="yoy", sequence="ytd", period=period)
        if o is None or o.printed_unit != m.growth.unit:
            continue
        before = published_fact(desk, o, label=f"{label}同比")
        change = difference_fact(
            desk, m.growth, before, suffix=f"change.since/{period.code}", label=f"{label}增速变化", unit="百分点",
            method=f"growth({m.period.code}) − growth({period.code})",
        )  # fmt: skip
        return period, before, change
    return None, None, None


def streak_fact(
    desk: Desk, subject: Subject, indicator: Indicator, *, sequence: Sequence_, growth: Fact
) -> Fact | None:
    """Months for which the single-month rate has risen or fallen without a break; 1—2月 counts as two."""
    if sequence != "month":
        return None
    periods, rows = past_rates(desk, subject, indicator, sequence=sequence, period=growth.period)
    months = np.array([p.months for p in periods[1:]], dtype=np.int64)
    run = arithmetic.trailing_run(np.diff(rates_of(rows)), months)
    if run is None or run.sign == 0 or run.months < desk.threshold("streak"):
        return None
    label = f"{quantity(subject.name, indicator.code, indicator.name)}增速连续{'加快' if run.sign > 0 else '回落'}"
    if not run.closed:
        reason = f"已知连续{run.months}个月，更早的数据没有收录，起点不明"
        return withheld(desk, f"{growth.id}#streak", label=label, unit="个月", period=growth.period, reason=reason)
    used = [o for o in rows[-run.observations - 2 :] if o is not None]
    return desk.book.add(
        Fact(
            f"{growth.id}#streak", label, float(run.months * run.sign), str(run.months), "个月", growth.period,
            "computed",
            _lineage(used, "months in which the rate moved in one direction; January–February counts as two"),
        )
    )  # fmt: skip


def season_fact(
    desk: Desk, subject: Subject, indicator: Indicator, *, sequence: Sequence_, growth: Fact
) -> Fact | None:
    """“为近n年同期最高/最低”: the rate against those of the same period of the years before, up to the first unknown.

    A rate below zero is never called the highest.
    """
    own = observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=growth.period)
    if own is None or own.value is None:
        return None
    years: list[Observation] = []
    period = growth.period.year_before()
    while period.year >= EARLIEST.year:
        o = observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=period)
        if o is None or o.value is None:
            break
        years.append(o)
        period = period.year_before()
    for sign in (1, -1):
        if sign > 0 and own.value <= 0:
            continue
        beaten = 0
        for o in years:
            assert o.value is not None
            if (own.value - o.value) * sign <= 0:
                break
            beaten += 1
        count = beaten + 1
        if count < desk.threshold("season"):
            continue
        noun, word = quantity(subject.name, indicator.code, indicator.name), "最高" if sign > 0 else "最低"
        used = [own, *years[:beaten]]
        return desk.book.add(
            Fact(
                f"{growth.id}#season", f"{noun}增速为近若干年同期{word}", float(sign * count), str(count), "年",
                growth.period, "computed",
                _lineage(used, "strictly above or below the same period of each year before"),
            )
        )  # fmt: skip
    return None


def mark_fact(desk: Desk, subject: Subject, indicator: Indicator, level: Fact) -> tuple[Fact | None, MarkWord]:
    """The round level that an amount has passed within a year, is just above, or is near.

    Marks are whole units of the leading digit; above ten (of 亿元: above ten 万亿元) they are multiples of five.
    """
    if level.value is None or level.value <= 0 or level.unit not in _MARKED:
        return None, ""
    value, unit = Decimal(level.text), level.unit
    half = Decimal("0.5").scaleb(value.as_tuple().exponent)  # type: ignore[arg-type]  # of finite numbers an int
    if unit in _WHOLE and value >= _TEN_THOUSAND:
        value, half, unit = value / _TEN_THOUSAND, half / _TEN_THOUSAND, _WHOLE[unit]
    step = Decimal(1).scaleb(value.adjusted())
    if unit.startswith("万亿"):
        step = Decimal(5) if value >= 10 else Decimal(1)
    below = (value / step).to_integral_value(rounding=ROUND_FLOOR) * step
    near = Decimal(repr(desk.threshold("near")))
    before = observed(
        desk, subject, indicator, measure="level", sequence="ytd", period=level.period.year_before()
    )  # fmt: skip
    now = observed(desk, subject, indicator, measure="level", sequence="ytd", period=level.period)
    if now is None or now.value is None:
        return None, ""
    if below > 0 and before is not None and before.value is not None:
        one = Decimal(repr(now.value)) / value  # what one of the mark's units is in the unit of the series
        if value - half >= below and Decimal(repr(before.value)) < below * one:
            return _mark(desk, level, below, unit, [now, before]), "passed"
    if below > 0 and below < value - half and value <= below * (1 + near):
        return _mark(desk, level, below, unit, [now]), "above"
    if (below + step) * (1 - near) <= value < below + step - half:
        return _mark(desk, level, below + step, unit, [now]), "near"
    return None, ""


def _mark(desk: Desk, level: Fact, mark: Decimal, unit: str, used: Sequence[Observation]) -> Fact:
    text = format(mark.normalize(), "f")
    lineage = _lineage(used, "nearest whole multiple of the leading digit")
    return desk.book.add(
        Fact(f"{level.id}#mark", f"{level.label}的整数关口", float(mark), text, unit, level.period, "computed", lineage)
    )


def contrasts(desk: Desk, movements: Sequence[Movement], pairs: Sequence[tuple[str, str, str]]) -> tuple[Contrast, ...]:
    """Pairs of growth rates of one subject at one period, with their difference in points.

    Parameters
    ----------
    pairs
        Key, indicator of the first figure, indicator of the second.
    """
    found = []
    for key, first_code, second_code in pairs:
        for first in movements:
            second = next(
                (
                    m for m in movements
                    if m.indicator == second_code and m.subject_key == first.subject_key and m.period == first.period
                    and m.sequence == first.sequence
                ),
                None,
            )  # fmt: skip
            if first.indicator != first_code or second is None or first.growth is None or second.growth is None:
                continue
            if (first.growth.unit, second.growth.unit) != ("%", "%"):
                continue
            label = f"{first.name}{second.indicator_name}增速与{first.indicator_name}增速之差"
            gap = difference_fact(
                desk, second.growth, first.growth, suffix=f"less/{first_code}", label=label, unit="百分点",
                method="growth of the second − growth of the first, same subject and period",
            )  # fmt: skip
            found.append(Contrast(key, first, second, gap))
    return tuple(found)


def _lineage(used: Sequence[Observation], method: str) -> Lineage:
    citations = {c.key: c for c in map(citation_of, used)}
    return Lineage(tuple(f"{o.series.id}@{o.period.code}" for o in used), method, tuple(citations.values()))
