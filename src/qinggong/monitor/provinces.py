"""What the industries of a province add to its growth (分省拉动): published provincial figures, marked 测算.

The same arithmetic as for the country (``monitor.contributions``): of revenue by published levels and comparable growth,
of value added, which has no published level, by last year's share in the province's revenue times growth. A province
tells the light industries that it publishes, so they do not add up to the growth of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.catalogue import Indicator, Subject
from qinggong.methods.growth import Interval, contribution, implied_base, ratio, settled_decimals
from qinggong.monitor.contributions import LEVEL_METHOD, WEIGHT_METHOD, interval_of
from qinggong.monitor.facts import Fact, Lineage, ProvinceGrowth, ProvincePart, fixed, quantity
from qinggong.monitor.movements import Desk, citation_of
from qinggong.periods import Period, previous_ytd, ytd
from qinggong.store.base import Observation

NATION = "CN"
WHOLE = ("industry", "BCD", "nbs")
WEIGHTED, LEVELED = "value_added", "revenue"
OLDEST_STEPS = 3
"""Cumulative periods to look back for a province's newest figures."""
DECIMALS = 2


def province_growth(desk: Desk, *, at: Period) -> tuple[ProvinceGrowth, ...]:
    """Contributions by province and indicator, each at its newest cumulative period; provinces without are left out.

    Parameters
    ----------
    desk
        The facts are added to its book.
    at
        The bulletin's month; nothing later is used.
    """
    catalogue = desk.catalogue
    whole = catalogue.subject_by_key(*WHOLE)
    divisions = [
        catalogue.subject_by_key("industry", i.code, "nbs")
        for i in catalogue.industries.values() if i.level == "division" and i.confidence != "none"
    ]  # fmt: skip
    found = []
    for region in catalogue.regions:
        if region != NATION:
            for code in (WEIGHTED, LEVELED):
                told = _province(desk, region, catalogue.indicator(code), whole, divisions, at)
                if told is not None:
                    found.append(told)
    return tuple(found)


def _province(
    desk: Desk, region: str, indicator: Indicator, whole: Subject, divisions: Sequence[Subject], at: Period
) -> ProvinceGrowth | None:
    period = ytd(at.year, at.last) if at.last > 1 else ytd(at.year - 1, 12)
    for _ in range(OLDEST_STEPS):
        growth = _observed(desk, whole, indicator.code, "yoy", region, period)
        parts = [
            p for s in divisions if (p := _part(desk, region, indicator, s, whole, period)) is not None
        ] if growth is not None else []  # fmt: skip
        if growth is not None and growth.value is not None and parts:
            parts.sort(key=lambda p: (-(p.contribution.value or 0.0), p.subject_key))
            return ProvinceGrowth(
                region, desk.catalogue.regions[region].name, indicator.code, indicator.name, period, whole.name,
                growth.value, tuple(parts),
            )  # fmt: skip
        period = previous_ytd(period)
    return None


def _part(
    desk: Desk, region: str, indicator: Indicator, subject: Subject, whole: Subject, period: Period
) -> ProvincePart | None:
    growth = _observed(desk, subject, indicator.code, "yoy", region, period)
    if growth is None or growth.value is None:
        return None
    weighted = indicator.code == WEIGHTED
    base = ytd(period.year - 1, 12) if weighted else period
    part, total = (_observed(desk, s, LEVELED, "level", region, base) for s in (subject, whole))
    if part is None or total is None or part.series.unit != total.series.unit:
        return None
    share = ratio(interval_of(desk, part), interval_of(desk, total))
    if share is None or not 0 <= share.middle <= 100:
        return None
    if weighted:
        used: tuple[Observation, ...] = (growth, part, total)
        rate = interval_of(desk, growth)
        corners = [w / 100 * g for w in (share.low, share.high) for g in (rate.low, rate.high)]
        added: Interval | None = Interval(min(corners), max(corners))
        method = WEIGHT_METHOD.format(year=base.year)
    else:
        whole_growth = _observed(desk, whole, indicator.code, "yoy", region, period)
        if whole_growth is None:
            return None
        used = (part, growth, total, whole_growth)
        total_base = implied_base(interval_of(desk, total), interval_of(desk, whole_growth))
        added = contribution(interval_of(desk, part), interval_of(desk, growth), total_base) if total_base else None
        method = LEVEL_METHOD
    name = desk.catalogue.regions[region].name
    place = f"{subject.key}@{region}"
    pulled = _fact(
        desk, f"{place}/{indicator.code}/yoy/{period.code}#contribution", added, "百分点", period, used, method,
        f"{name}{subject.name}拉动{quantity(whole.name, indicator.code, indicator.name)}增长（测算）",
    )  # fmt: skip
    weight = _fact(
        desk, f"{place}/{LEVELED}/level/{base.code}#share", share, "%", base, (part, total),
        "level / level, same period", f"{name}{subject.name}占{whole.name}营业收入比重（测算）",
    )  # fmt: skip
    if pulled is None:
        return None
    return ProvincePart(subject.key, subject.name, growth.value, pulled, weight)


def _observed(
    desk: Desk, subject: Subject, indicator: str, measure: str, region: str, period: Period
) -> Observation | None:
    found = desk.snapshot.find(
        subject.key, indicator=indicator, measure=measure, span="ytd", period=period, region=region
    )
    return found if found is not None and found.value is not None else None


def _fact(
    desk: Desk, identifier: str, interval: Interval | None, unit: str, period: Period, used: tuple[Observation, ...],
    method: str, label: str,
) -> Fact | None:  # fmt: skip
    """A computed fact with the digits that the rounding of the published figures leaves; ``None`` if it leaves none."""
    decimals = settled_decimals(interval, most=DECIMALS) if interval is not None else None
    if interval is None or decimals is None:
        return None
    text = fixed(interval.middle, decimals)
    citations = {c.key: c for c in map(citation_of, used)}
    lineage = Lineage(tuple(f"{o.series.id}@{o.period.code}" for o in used), method, tuple(citations.values()))
    return desk.book.add(Fact(identifier, label, float(text), text, unit, period, "computed", lineage))
