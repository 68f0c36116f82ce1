"""What the industries of a province add to its growth (分省拉动): published provincial figures, marked 测算.

The same arithmetic as for the country (``monitor.contributions``): of revenue by published levels and comparable
growth, of value added, which has no published level, by last year's share in the province's revenue times growth. A
province tells those light industries for which it has figures, so they do not add up to the growth of the whole.
"""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.methods.growth import Interval, contribution, implied_base, ratio, settled_decimals
from qinggong.monitor.contributions import LEVEL_METHOD, WEIGHT_METHOD, interval_of
from qinggong.monitor.facts import ProvinceGrowth, ProvincePart, fixed
from qinggong.monitor.movements import Desk
from qinggong.periods import Period, previous_ytd, ytd
from qinggong.store.base import Observation

NATION = "CN"
WHOLE = ("industry", "BCD", "nbs")
WEIGHTED, LEVELED = "value_added", "revenue"
OLDEST_STEPS = 3
"""Cumulative periods to look back for a province's newest figures."""
DECIMALS = 2


def whole_series(catalogue: Catalogue) -> list[tuple[str, str, str]]:
    """Subject, region and indicator of the provincial totals, which no other part of a bulletin reads."""
    key = catalogue.subject_by_key(*WHOLE).key
    return [(key, r, i) for r in catalogue.regions if r != NATION for i in (WEIGHTED, LEVELED)]


def province_growth(desk: Desk, divisions: Sequence[Subject], *, at: Period) -> tuple[ProvinceGrowth, ...]:
    """Contributions by province and indicator, each at its newest cumulative period; provinces without are left out.

    Parameters
    ----------
    desk
        The snapshot holds the provinces' industries and :func:`whole_series`; nothing is added to the book, since
        bulletins do not print these numbers.
    divisions
        The industries to tell.
    at
        The bulletin's month; nothing later is used.
    """
    catalogue = desk.catalogue
    whole = catalogue.subject_by_key(*WHOLE)
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
        if growth is not None and growth.value is not None:
            made = (_part(desk, region, indicator, s, whole, growth) for s in divisions)
            parts = sorted((p for p in made if p is not None), key=lambda p: (-p.contribution, p.subject_key))
            if parts:
                weighted = indicator.code == WEIGHTED
                return ProvinceGrowth(
                    region, desk.catalogue.regions[region].name, indicator.code, indicator.name, period, whole.name,
                    growth.value, growth.publisher,
                    WEIGHT_METHOD.format(year=period.year - 1) if weighted else LEVEL_METHOD, tuple(parts),
                )  # fmt: skip
        period = previous_ytd(period)
    return None


def _part(
    desk: Desk, region: str, indicator: Indicator, subject: Subject, whole: Subject, whole_growth: Observation
) -> ProvincePart | None:
    """One industry; ``None`` where a figure is missing or rounding hides the result."""
    period, weighted = whole_growth.period, indicator.code == WEIGHTED
    growth = _observed(desk, subject, indicator.code, "yoy", region, period)
    base = ytd(period.year - 1, 12) if weighted else period
    part, total = (_observed(desk, s, LEVELED, "level", region, base) for s in (subject, whole))
    if growth is None or growth.value is None or part is None or total is None or part.series.unit != total.series.unit:
        return None
    share = ratio(interval_of(desk, part), interval_of(desk, total))
    if share is None or not 0 <= share.middle <= 100:
        return None
    rate = interval_of(desk, growth)
    added: Interval | None = None
    if weighted:
        corners = [w / 100 * g for w in (share.low, share.high) for g in (rate.low, rate.high)]
        added = Interval(min(corners), max(corners))
    elif total_base := implied_base(interval_of(desk, total), interval_of(desk, whole_growth)):
        added = contribution(interval_of(desk, part), rate, total_base)
    pulled, weight = _settled(added), _settled(share)
    return None if not pulled else ProvincePart(subject.key, subject.name, growth.value, float(pulled), pulled, weight)


def _observed(
    desk: Desk, subject: Subject, indicator: str, measure: str, region: str, period: Period
) -> Observation | None:
    found = desk.snapshot.find(
        subject.key, indicator=indicator, measure=measure, span="ytd", period=period, region=region
    )
    return found if found is not None and found.value is not None else None


def _settled(interval: Interval | None) -> str:
    """The digits that the rounding of the published figures leaves; empty if it leaves none."""
    decimals = settled_decimals(interval, most=DECIMALS) if interval is not None else None
    return "" if interval is None or decimals is None else fixed(interval.middle, decimals)
