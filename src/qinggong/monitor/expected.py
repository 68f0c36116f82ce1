"""Which figures a month should have (应收数字): what is there, what is missing, who publishes it, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from qinggong.catalogue import Catalogue, Indicator, Subject, UnknownName
from qinggong.catalogue.bulletins import MonthlyPlan
from qinggong.monitor.briefs import Completeness, completeness, latest_complete_month, missing_figure
from qinggong.monitor.comparisons import members_of
from qinggong.monitor.facts import FactBook, Missing
from qinggong.monitor.movements import Desk, Sequence_, back_from, observed, period_in
from qinggong.periods import Period
from qinggong.store.base import Observation, Snapshot

LOOK_BACK = 13
"""Steps within which a series must have had a figure to be expected again."""


@dataclass(frozen=True, slots=True)
class Expected:
    """One figure of a month.

    ``missing`` describes it in any case; ``known`` says whether it is there; ``last`` is the newest earlier figure.
    """

    missing: Missing
    known: bool
    last_period: Period | None
    last_printed: str
    last_unit: str


@dataclass(frozen=True, slots=True)
class Standing:
    """How a month stands."""

    month: Period
    completeness: Completeness
    figures: tuple[Expected, ...]

    @property
    def absent(self) -> tuple[Expected, ...]:
        return tuple(f for f in self.figures if not f.known)


def desk_for(snapshot: Snapshot, catalogue: Catalogue) -> Desk:
    return Desk(snapshot, catalogue, FactBook())


def standing(snapshot: Snapshot, catalogue: Catalogue, plan: MonthlyPlan, *, at: Period) -> Standing:
    """Hold the month against everything that the bulletin would tell."""
    desk = desk_for(snapshot, catalogue)
    figures: dict[tuple[str, str, str, Period], Expected] = {}
    for subject, indicator, sequence, wanted in _wanted(desk, plan, at):
        for measure in ("level", "yoy"):
            if measure not in indicator.measures:
                continue
            last = _last(desk, subject, indicator, measure, sequence, wanted)
            here = observed(desk, subject, indicator, measure=measure, sequence=sequence, period=wanted)
            if last is None and here is None:
                continue
            described = missing_figure(desk, subject, indicator, measure, sequence, wanted)
            figures[(subject.key, indicator.code, measure, wanted)] = Expected(
                described, here is not None, last.period if last else None,
                last.printed if last else "", last.printed_unit if last else described.unit,
            )  # fmt: skip
    return Standing(at, completeness(desk, plan, at), tuple(figures.values()))


def newest_month(snapshot: Snapshot, catalogue: Catalogue, plan: MonthlyPlan) -> Period | None:
    """The newest month that is complete enough for a bulletin."""
    return latest_complete_month(desk_for(snapshot, catalogue), plan)


def _wanted(desk: Desk, plan: MonthlyPlan, at: Period) -> Iterator[tuple[Subject, Indicator, Sequence_, Period]]:
    code = f"{at.year}-{at.last:02d}"
    for topic in plan.topics:
        for line in topic.headlines:
            if (line.since and code < line.since) or (line.until and code > line.until):
                continue
            indicator = desk.catalogue.indicator(line.indicator)
            yield _subject(desk, line.subject, indicator), indicator, line.sequence, period_in(line.sequence, at)
        for comparison in topic.comparisons:
            indicator = desk.catalogue.indicator(comparison.indicator)
            members, also, _ = members_of(desk, comparison, indicator)
            for subject in (*members, *also):
                yield subject, indicator, comparison.sequence, period_in(comparison.sequence, at)


def _subject(desk: Desk, name: str, indicator: Indicator) -> Subject:
    return desk.catalogue.subject(name, indicator=indicator.code)


def _last(
    desk: Desk, subject: Subject, indicator: Indicator, measure: str, sequence: Sequence_, wanted: Period
) -> Observation | None:
    try:
        desk.catalogue.canonical_unit(indicator.code, measure, subject)
    except UnknownName:
        return None
    for period in back_from(sequence, wanted, steps=LOOK_BACK)[1:]:
        if found := observed(desk, subject, indicator, measure=measure, sequence=sequence, period=period):
            return found
    return None
