"""Contributions and shares (拉动、比重): how much a part adds to the growth of the whole, marked 测算.

With levels: (Lᵢ − Bᵢ) / ΣB with Bᵢ = Lᵢ / (1 + gᵢ), on the publisher's comparable basis, the whole's base from its
own level and growth. For value added, which has no published level, base-period weight × growth with revenue of
the previous full year as the weight. All results are intervals that carry the rounding of the published figures.
"""

from __future__ import annotations

from decimal import Decimal

from qinggong.catalogue import Indicator, Subject
from qinggong.methods.growth import Interval, around, contribution, implied_base, ratio, settled_decimals
from qinggong.monitor.facts import Fact, Lineage, fixed, quantity
from qinggong.monitor.movements import Desk, Sequence_, citation_of, observed
from qinggong.periods import Period, ytd
from qinggong.store.base import Observation

LEVEL_METHOD = "(L − L/(1+g)) / (ΣL/(1+Σg)), published levels and comparable growth"
WEIGHT_METHOD = "revenue share of {year} × growth of value added"


def interval_of(desk: Desk, o: Observation) -> Interval:
    """The interval behind a published figure, in the unit of its series."""
    assert o.value is not None
    half = Decimal(5).scaleb(-o.decimals - 1)
    tolerance = desk.catalogue.convert(half, unit=o.printed_unit, to=o.series.unit)
    return around(o.value, float(tolerance))


def _settled(
    desk: Desk, identifier: str, *, label: str, unit: str, period: Period, interval: Interval, most: int,
    used: tuple[Observation, ...], method: str,
) -> Fact | None:  # fmt: skip
    decimals = settled_decimals(interval, most=most)
    if decimals is None:
        return None
    text = fixed(interval.middle, decimals)
    citations = {c.key: c for c in map(citation_of, used)}
    lineage = Lineage(tuple(f"{o.series.id}@{o.period.code}" for o in used), method, tuple(citations.values()))
    return desk.book.add(Fact(identifier, label, float(text), text, unit, period, "computed", lineage))


def level_contribution(
    desk: Desk, subject: Subject, whole: Subject, indicator: Indicator, *, sequence: Sequence_, period: Period
) -> Fact | None:
    """Contribution in 百分点 of one part to the growth of the whole, from published levels and growth."""
    found = [
        observed(desk, s, indicator, measure=m, sequence=sequence, period=period)
        for s in (subject, whole)
        for m in ("level", "yoy")
    ]
    used = tuple(o for o in found if o is not None)
    if len(used) < 4:
        return None
    level, growth, whole_level, whole_growth = (interval_of(desk, o) for o in used)
    base = implied_base(whole_level, whole_growth)
    result = contribution(level, growth, base) if base else None
    if result is None:
        return None
    return _settled(
        desk, f"{subject.key}/{indicator.code}/yoy/{period.code}#contribution",
        label=f"{subject.name}拉动{quantity(whole.name, indicator.code, indicator.name)}增长（测算）",
        unit="百分点", period=period,
        interval=result, most=1, used=used, method=LEVEL_METHOD,
    )  # fmt: skip


def level_share(
    desk: Desk, subject: Subject, whole: Subject, indicator: Indicator, *, sequence: Sequence_, period: Period
) -> Fact | None:
    """Share of one part in the whole, in percent, both of one period."""
    part = observed(desk, subject, indicator, measure="level", sequence=sequence, period=period)
    total = observed(desk, whole, indicator, measure="level", sequence=sequence, period=period)
    if part is None or total is None or part.series.unit != total.series.unit:
        return None
    result = ratio(interval_of(desk, part), interval_of(desk, total))
    if result is None or not 0 <= result.middle <= 100:
        return None
    return _settled(
        desk, f"{subject.key}/{indicator.code}/level/{period.code}#share",
        label=f"{subject.name}占{quantity(whole.name, indicator.code, indicator.name)}比重（测算）", unit="%", period=period,
        interval=result, most=1, used=(part, total), method="level / level, same period",
    )  # fmt: skip


def margin(
    desk: Desk, subject: Subject, *, profit: Indicator, revenue: Indicator, label: str, period: Period
) -> Fact | None:
    """Profit margin in percent from published profit and revenue; for use where none is published."""
    top = observed(desk, subject, profit, measure="level", sequence="ytd", period=period)
    bottom = observed(desk, subject, revenue, measure="level", sequence="ytd", period=period)
    if top is None or bottom is None:
        return None
    result = ratio(interval_of(desk, top), interval_of(desk, bottom))
    if result is None:
        return None
    return _settled(
        desk, f"{subject.key}/revenue_margin/level/{period.code}#computed", label=f"{subject.name}{label}（测算）",
        unit="%", period=period, interval=result, most=2, used=(top, bottom), method="profit / revenue",
    )  # fmt: skip


def weighted_contribution(
    desk: Desk, subject: Subject, whole: Subject, indicator: Indicator, *, revenue: Indicator,
    sequence: Sequence_, period: Period,
) -> Fact | None:  # fmt: skip
    """Contribution of a division to the growth of value added; the weight is last year's share in revenue."""
    base_year = ytd(period.year - 1, 12)
    growth = observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=period)
    part = observed(desk, subject, revenue, measure="level", sequence="ytd", period=base_year)
    total = observed(desk, whole, revenue, measure="level", sequence="ytd", period=base_year)
    if growth is None or part is None or total is None:
        return None
    weight = ratio(interval_of(desk, part), interval_of(desk, total))
    if weight is None:
        return None
    rate = interval_of(desk, growth)
    corners = [w / 100 * g for w in (weight.low, weight.high) for g in (rate.low, rate.high)]
    return _settled(
        desk, f"{subject.key}/{indicator.code}/yoy/{period.code}#contribution.{sequence}",
        label=f"{subject.name}拉动{whole.name}增加值增长（测算）", unit="百分点", period=period,
        interval=Interval(min(corners), max(corners)), most=1, used=(growth, part, total),
        method=WEIGHT_METHOD.format(year=base_year.year),
    )  # fmt: skip
