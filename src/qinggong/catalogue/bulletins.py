"""The plan of a bulletin as data (月报编排): what each section tells, when a month is complete, growth bands."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import BaseModel, Field

from qinggong.catalogue.datafile import bundled_document, own_document
from qinggong.catalogue.lookup import Catalogue
from qinggong.catalogue.schema import CatalogueError, Entry, UnknownName

Sequence = Literal["month", "ytd", "point"]


class Wanted(Entry):
    """One figure that a month should have."""

    subject: str
    indicator: str
    sequence: Sequence
    measure: Literal["level", "yoy"] = "yoy"


class MinimumMembers(Entry):
    """At least ``count`` members of a group with this indicator."""

    group: str
    indicator: str
    sequence: Sequence
    measure: Literal["level", "yoy"] = "yoy"
    count: int


class Anchor(Entry):
    """The figure whose newest period is the period of a section."""

    subject: str
    indicator: str
    sequence: Sequence


class Headline(Entry):
    """One figure told in a section's text.

    ``own_period`` figures come from another body and may stand at an older period than the section.
    ``since`` and ``until`` bound the periods (YYYY-MM) in which the publisher used this aggregate.
    """

    subject: str
    indicator: str
    sequence: Sequence
    history: bool = False
    own_period: bool = False
    since: str = ""
    until: str = ""


class ComparisonPlan(Entry):
    """A table across subjects: a group of the catalogue or all subjects of a kind, beside a benchmark."""

    key: str
    title: str
    indicator: str
    sequence: Sequence
    group: str = ""
    group_label: str = ""
    subject_kind: str = ""
    also: tuple[str, ...] = ()
    benchmark: str = ""
    contributions: bool = False
    history: bool = False


class ChartPlan(Entry):
    """A chart of growth rates over ``steps`` observations; the first subject is drawn strong."""

    key: str
    title: str
    indicator: str
    sequence: Sequence
    subjects: tuple[str, ...]
    steps: int


class ContrastPlan(Entry):
    """Two indicators of one subject that are told against each other (增收不增利)."""

    key: str
    first: str
    second: str


class TopicPlan(Entry):
    """One section; ``release_name`` is how the release of its anchor figure is called (利润数据)."""

    key: str
    title: str
    release_name: str
    anchor: Anchor
    headlines: tuple[Headline, ...]
    comparisons: tuple[ComparisonPlan, ...]
    charts: tuple[ChartPlan, ...]
    contrasts: tuple[ContrastPlan, ...] = ()


class IndustryIndicator(Entry):
    """An indicator told for each sub-industry."""

    indicator: str
    sequence: Sequence


class MomentumSeries(Entry):
    """Series to be seasonally adjusted: one indicator of a group's members and of further subjects."""

    indicator: str
    group: str = ""
    also: tuple[str, ...] = ()


class MomentumPlan(Entry):
    """The section of seasonally adjusted momentum.

    ``shortest`` is the fewest months that are adjusted, ``oldest`` how many months a series may lag behind the
    bulletin, ``chart`` the subject drawn, ``chart_steps`` the observations of the chart. ``policy`` is the revision
    policy (``methods.specification``); what it holds is reviewed once a year, on figures up to the month ``review``.
    """

    title: str
    shortest: int
    oldest: int
    chart: Anchor
    chart_steps: int
    series: tuple[MomentumSeries, ...]
    policy: Literal["concurrent", "partial", "fixed"] = "concurrent"
    review: int = Field(default=12, ge=2, le=12)


class MonthlyPlan(Entry):
    """The whole monthly bulletin."""

    kind: Literal["bulletins"]
    source: str
    valid_from: dt.date
    title: str
    title_en: str
    complete_when: tuple[Wanted, ...]
    minimum_members: MinimumMembers
    oldest_months: int
    oldest_comparison: int
    topics: tuple[TopicPlan, ...]
    industry_indicators: tuple[IndustryIndicator, ...]
    momentum: MomentumPlan | None = None


class Band(Entry):
    """A growth band from ``lower`` (inclusive) up to the next one."""

    lower: float
    label: str


class Wording(Entry):
    """Bounds and words of the bulletin."""

    kind: Literal["wording"]
    source: str
    valid_from: dt.date
    bands: tuple[Band, ...]
    doubts: dict[str, str]


def check_plan(plan: MonthlyPlan, catalogue: Catalogue) -> None:
    """Resolve every name of the plan.

    Raises
    ------
    CatalogueError
        Naming the entry of ``bulletins/monthly.yaml`` whose name the catalogue does not hold.
    """
    wanted = [("complete_when", w.subject, w.indicator) for w in plan.complete_when]
    wanted += [("industry_indicators", "", w.indicator) for w in plan.industry_indicators]
    groups = [("minimum_members", plan.minimum_members.group)]
    for topic in plan.topics:
        place = f"topics, {topic.key}"
        wanted.append((f"{place}, anchor", topic.anchor.subject, topic.anchor.indicator))
        wanted += [(f"{place}, headlines", h.subject, h.indicator) for h in topic.headlines]
        for c in topic.comparisons:
            entry = f"{place}, comparisons, {c.key}"
            wanted += [(entry, name, c.indicator) for name in (c.benchmark, *c.also) if name or not c.also]
            groups += [(entry, c.group)] if c.group else []
        wanted += [(f"{place}, charts, {c.key}", name, c.indicator) for c in topic.charts for name in c.subjects]
    if plan.momentum is not None:
        chart = plan.momentum.chart
        wanted.append(("momentum, chart", chart.subject, chart.indicator))
        for series in plan.momentum.series:
            wanted += [("momentum, series", name, series.indicator) for name in (*series.also, "")]
            groups += [("momentum, series", series.group)] if series.group else []
    for entry, subject, indicator in wanted:
        try:
            found = catalogue.indicator(indicator)
            if subject:
                catalogue.subject(subject, indicator=found.code)
        except UnknownName as error:
            raise CatalogueError(f"bulletins/monthly.yaml, entry {entry}: {error}") from error
    for entry, group in groups:
        if group not in catalogue.groups:
            raise CatalogueError(
                f"bulletins/monthly.yaml, entry {entry}: no group “{group}”; groups are {', '.join(catalogue.groups)}"
            )


_Plan = TypeVar("_Plan", bound=BaseModel)


def load_monthly_plan(*, overlay: Path | None = None) -> MonthlyPlan:
    """The plan of the monthly bulletin; a workspace's own ``bulletins/monthly.yaml`` replaces the bundled one."""
    return _load("monthly.yaml", MonthlyPlan, overlay)


def load_wording(*, overlay: Path | None = None) -> Wording:
    """The wording rules; a workspace's own ``bulletins/wording.yaml`` replaces the bundled one."""
    return _load("wording.yaml", Wording, overlay)


def _load(name: str, model: type[_Plan], overlay: Path | None) -> _Plan:
    file = f"bulletins/{name}"
    return own_document(overlay, file, model) or bundled_document(file, model)
