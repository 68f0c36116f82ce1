"""Figures of industries and provinces for a dispatch meeting (会商用数): the newest growth, its change, the gap.

Provinces are held against the country in the same indicator and period, industries against all industry. Where the
figure to compare with is not known for that period, there is no gap; it is not taken from another one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.catalogue.dispatch import DispatchPlan
from qinggong.monitor.facts import Fact, FactBook, Lineage, UnitFigure, fixed, quantity
from qinggong.monitor.movements import citation_of
from qinggong.periods import Period, previous_ytd, ytd
from qinggong.store.base import Observation, Snapshot

NATION = "CN"


@dataclass(frozen=True, slots=True)
class MeetingFigures:
    """Figures by unit: industries of the country, and provinces (``regions`` by indicator, then by region)."""

    industries: tuple[UnitFigure, ...]
    provinces: tuple[UnitFigure, ...]
    book: FactBook


def meeting_series(
    catalogue: Catalogue, plan: DispatchPlan, *, units: Sequence[tuple[str, str]] = ()
) -> list[tuple[str, str, str]]:
    """Subject, region and indicator of every series that a meeting may print: a small part of a store with provinces.

    ``units`` are pairs of an industry and a region, one of them empty, that get a page of their own.
    """
    found = []
    provinces = [region for region in catalogue.regions if region != NATION]
    for name in plan.indicators:
        indicator = catalogue.indicator(name)
        members = _members(catalogue, plan)
        whole = _subject(catalogue, plan.subject, indicator)
        wanted = [(s.key, NATION) for s in (*members, whole, _subject(catalogue, plan.benchmark, indicator))]
        for _, region in units:
            wanted += [(s.key, region) for s in (*members, whole) if region]
        if name == plan.ranked_by:
            own = [s for s in members if s.code in {industry for industry, _ in units}]
            wanted += [(s.key, region) for s in (whole, *own) for region in provinces]
        found += [(key, region, indicator.code) for key, region in wanted]
    return list(dict.fromkeys(found))


def meeting_figures(
    snapshot: Snapshot,
    catalogue: Catalogue,
    plan: DispatchPlan,
    *,
    day: dt.date,
    industry: str = "",
    region: str = "",
) -> MeetingFigures:
    """The newest cumulative figures known by a day.

    Parameters
    ----------
    industry
        Code of a division: its figures in the provinces instead of those of the whole; and only it of the country's.
    region
        Code of a province: the industries of that province instead of those of the country, and only it.
    """
    book = FactBook()
    candidates = _candidates(day, plan.oldest_months)
    industries: list[UnitFigure] = []
    provinces: list[UnitFigure] = []
    chosen = [s for s in _members(catalogue, plan) if not industry or s.code == industry]
    regions = [c for c in catalogue.regions if c != NATION and (not region or c == region)]
    for name in plan.indicators:
        indicator = catalogue.indicator(name)
        whole = _subject(catalogue, plan.subject, indicator)
        against = _subject(catalogue, plan.benchmark, indicator)
        desk = _Desk(snapshot, book, indicator, candidates)
        here = region or NATION
        for subject in (*chosen, *(() if industry or region else (whole,))):
            # In a province an industry is held against the same industry of the country.
            other, place = (subject, NATION) if region else (against, NATION)
            if figure := desk.figure(subject, here, subject.code, subject.name, against=other, there=place):
                industries.append(figure)
        if industry and not chosen:
            continue  # an industry that the meeting does not follow has no figures; those of the whole are not its own
        subject = chosen[0] if industry else whole
        for code in regions if region or name == plan.ranked_by else ():
            entry = catalogue.regions[code]
            shown = entry.short or entry.name
            if figure := desk.figure(subject, code, code, shown, against=subject, there=NATION):
                provinces.append(figure)
    return MeetingFigures(tuple(industries), tuple(provinces), book)


def largest_gaps(figures: Sequence[UnitFigure], indicator: str, number: int) -> tuple[UnitFigure, ...]:
    """The units furthest below what they are held against, the furthest first; only at the newest period."""
    below = [f for f in figures if f.indicator == indicator and f.gap and f.gap.value is not None and f.gap.value < 0]
    if not below:
        return ()
    newest = max(f.period for f in below)
    at_newest = [f for f in below if f.period == newest]
    return tuple(sorted(at_newest, key=lambda f: (f.gap.value if f.gap and f.gap.value else 0.0, f.unit)))[:number]


def _members(catalogue: Catalogue, plan: DispatchPlan) -> list[Subject]:
    group = catalogue.groups[plan.group]
    return [catalogue.known_subjects[m.subjects[0]] for m in group.members if m.subjects]


def _subject(catalogue: Catalogue, name: str, indicator: Indicator) -> Subject:
    return catalogue.subject(name, indicator=indicator.code)


def _candidates(day: dt.date, oldest_months: int) -> list[Period]:
    """Cumulative periods that have ended by a day, newest first; there is none for January alone."""
    found = []
    for back in range(oldest_months + 1):
        year, month0 = divmod(day.year * 12 + day.month - 1 - back, 12)
        if month0 + 1 > 1 and (period := ytd(year, month0 + 1)).end_date <= day:
            found.append(period)
    return found


@dataclass(frozen=True, slots=True)
class _Desk:
    """One indicator's figures in a snapshot, and the book that facts go into."""

    snapshot: Snapshot
    book: FactBook
    indicator: Indicator
    candidates: Sequence[Period]

    def figure(
        self, subject: Subject, region: str, unit: str, unit_name: str, *, against: Subject, there: str
    ) -> UnitFigure | None:
        """The newest figure of a subject in a region; ``None`` without growth in any candidate period."""
        for period in self.candidates:
            growth = self._published(subject, region, "yoy", period)
            if growth is None:
                continue
            before = self._published(subject, region, "yoy", previous_ytd(period))
            same = (against.key, there) == (subject.key, region)
            benchmark = None if same else self._published(against, there, "yoy", period)
            name = "全国同行业" if there == NATION != region and subject.kind == "industry" else against.name
            if there == NATION != region and subject.kind != "industry":
                name = "全国"
            points = self.indicator.measures.get("yoy") == "%"
            return UnitFigure(
                unit, unit_name, subject.name, self.indicator.code, self.indicator.name, period,
                self._published(subject, region, "level", period), growth, before,
                self._difference(growth, before, "change", "增速变化") if points else None,
                benchmark, self._difference(growth, benchmark, "gap", "增速差距") if points else None, name,
            )  # fmt: skip
        return None

    def _published(self, subject: Subject, region: str, measure: str, period: Period) -> Fact | None:
        o: Observation | None = self.snapshot.find(
            subject.key, indicator=self.indicator.code, measure=measure, span="ytd", period=period, region=region
        )
        if o is None or o.value is None:
            return None
        place = "" if region == NATION else f"@{region}"
        label = quantity(subject.name, self.indicator.code, self.indicator.name) + ("同比" if measure == "yoy" else "")
        lineage = Lineage((f"{o.series.id}@{o.period.code}",), "published", (citation_of(o),))
        identifier = f"{subject.key}{place}/{self.indicator.code}/{measure}/{period.code}"
        value = float(Decimal(o.printed))
        return self.book.add(Fact(identifier, label, value, o.printed, o.printed_unit, period, "published", lineage))

    def _difference(self, first: Fact, second: Fact | None, suffix: str, label: str) -> Fact | None:
        """Difference of two printed growth rates in 百分点, with the digits that both have."""
        if second is None:
            return None
        decimals = min(len(f.text.partition(".")[2]) for f in (first, second))
        text = fixed(float(Decimal(first.text) - Decimal(second.text)), decimals)
        lineage = Lineage(
            (*first.lineage.inputs, *second.lineage.inputs), "difference of growth rates",
            (*first.lineage.citations, *second.lineage.citations),
        )  # fmt: skip
        return self.book.add(
            Fact(f"{first.id}#meeting.{suffix}", f"{first.label}{label}", float(text), text, "百分点", first.period,
                 "computed", lineage)
        )  # fmt: skip
