"""Release dates (发布日期): when a figure of a period came out, or is customarily out.

Dates that releases or timetables state are in ``announced.csv``; for the rest the rule of the family holds. An
undated figure is taken as known at ``latest``, the safe late side, so that a replay never sees it too early.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qinggong.catalogue.schema import Rule
from qinggong.periods import Period, parse, ytd

AnyIndicator = "*"
AnnouncedDates = Mapping[tuple[str, int, int], tuple[dt.date, str]]


@dataclass(frozen=True, slots=True)
class ReleaseDate:
    """Release of one family of figures for one period.

    ``customary`` is the usual day, ``latest`` the latest day that is still customary, ``announced`` the day that a
    release or a timetable states. ``rule_source`` says what the rule (or the stated date) rests on.
    """

    customary: dt.date
    latest: dt.date
    announced: dt.date | None
    family: str
    family_name: str
    rule_source: str

    @property
    def expected(self) -> dt.date:
        return self.announced or self.customary


def rule_for(rules: Iterable[Rule], *, publisher: str, indicator: str) -> Rule | None:
    """The rule of a publisher's indicator; a rule that names the indicator goes before one for all of them."""
    found: Rule | None = None
    for rule in rules:
        if publisher in rule.publishers:
            if indicator in rule.indicators:
                return rule
            if AnyIndicator in rule.indicators:
                found = rule
    return found


def release_date(rule: Rule, *, period: Period, announced: AnnouncedDates) -> ReleaseDate:
    """Apply a rule. Month, year-to-date and quarter that end in one month come out together."""
    if rule.days is not None:
        # January never comes out alone: it is published with February, in March.
        period = ytd(period.year, 2) if period.last == 1 else period
        days = rule.days_by_last_month.get(period.last, rule.days)
        customary = _day(period, rule.months_after, days.customary)
        latest = _day(period, rule.months_after, days.latest)
    else:
        assert rule.lag_customary is not None and rule.lag_latest is not None
        customary = period.end_date + dt.timedelta(days=rule.lag_customary)
        latest = period.end_date + dt.timedelta(days=rule.lag_latest)
    for late in rule.exceptions:
        exceptional = parse(late.period)
        if (exceptional.year, exceptional.last) == (period.year, period.last):
            customary, latest = late.date, max(late.date, latest)
    stated = announced.get((rule.family, period.year, period.last))
    return ReleaseDate(
        customary=customary,
        latest=latest if stated is None else max(latest, stated[0]),
        announced=None if stated is None else stated[0],
        family=rule.family,
        family_name=rule.family_name,
        rule_source=rule.source if stated is None else stated[1],
    )


def _day(period: Period, months_after: int, day: int) -> dt.date:
    year, month0 = divmod(period.year * 12 + period.last - 1 + months_after, 12)
    return dt.date(year, month0 + 1, min(day, calendar.monthrange(year, month0 + 1)[1]))
