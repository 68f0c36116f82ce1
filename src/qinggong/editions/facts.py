"""The facts of editions (各版本的事实): made once for all editions and subjects that are asked for together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from qinggong.briefing import month_brief
from qinggong.catalogue import UnknownName
from qinggong.catalogue.dispatch import load_dispatch_plan
from qinggong.catalogue.editions import Edition, EditionPlan
from qinggong.editions.asked import Span, edition_plan
from qinggong.intake import Workspace
from qinggong.monitor.facts import Brief, UnitReport
from qinggong.monitor.meeting_figures import NATION, meeting_figures, meeting_series
from qinggong.monitor.movements import Desk
from qinggong.monitor.unit_reports import find_unit, unit_report, units
from qinggong.periods import name as period_name
from qinggong.standing import FlowError, known
from qinggong.store.base import Snapshot, winners

_NEEDS = {
    "momentum": {"momentum"}, "prosperity": {"prosperity", "revisions"}, "flash": {"flash"}, "targets": {"targets"},
    "nowcast": {"nowcasts"}, "warnings": {"warnings", "nowcasts", "targets"}, "unit_index": {"prosperity"},
    "unit_overview": {"prosperity"}, "unit_nowcast": {"nowcasts"}, "unit_targets": {"targets"},
    "unit_warnings": {"warnings", "nowcasts", "targets"},
    "one_page": {"prosperity", "warnings", "nowcasts", "targets"},
}  # fmt: skip
"""What a section needs of the brief beside its topics; warnings are judged with the nowcasts and targets at hand."""


@dataclass(frozen=True, slots=True)
class Facts:
    """The facts of a span, made once for all editions of it."""

    workspace: Workspace
    plan: EditionPlan
    span: Span
    snapshot: Snapshot
    brief: Brief
    desk: Desk
    """What is known up to the span's last month, with the book of the brief."""
    sides: Mapping[tuple[str, str, str], str] | None = None
    """Side files by edition, subject and language where they are not those of the workspace."""


def gathered(
    workspace: Workspace, span: Span, editions: Collection[Edition], *, as_of: dt.date | None = None,
    snapshot: Snapshot | None = None,
) -> Facts:  # fmt: skip
    """The facts that some editions of a span need.

    Raises
    ------
    FlowError
        If nothing is known of it.
    """
    plan = edition_plan(workspace)
    snapshot = snapshot or known(workspace, as_of)
    if not snapshot.observations:
        raise FlowError("库中没有截至该日已发布的数据，不能编制" if as_of else "库中没有数据，不能编制")
    wanted = {s.section for e in editions for s in e.sections}
    parts = set().union(*(_NEEDS.get(section, set()) for section in wanted))
    brief = month_brief(workspace, snapshot, at=span.month, as_of=as_of, parts=parts)
    return laid_out(workspace, plan, span, snapshot, brief)


def laid_out(
    workspace: Workspace, plan: EditionPlan, span: Span, snapshot: Snapshot, brief: Brief,
    sides: Mapping[tuple[str, str, str], str] | None = None,
) -> Facts:  # fmt: skip
    """The facts of a span from a brief that is there."""
    end = span.month.end_date
    rows = tuple(o for o in snapshot.observations if o.period.end_date <= end)
    capped = Snapshot(rows, snapshot.as_of, snapshot.known, snapshot.version, snapshot.undated)
    return Facts(workspace, plan, span, snapshot, brief, Desk(capped, workspace.catalogue, brief.book), sides)


def subjects_of(facts: Facts, edition: Edition, wanted: Sequence[str]) -> list[tuple[str, str]]:
    """Codes and names of the subjects of an edition; ``all`` are those with figures.

    Raises
    ------
    FlowError
        If a subject is unknown, or there are no figures of any.
    """
    if edition.subject == "whole":
        return [("", "")]
    if "all" in wanted:
        if edition.subject == "industry":
            found = units(facts.desk, facts.plan, at=facts.span.month)
            if not found:
                raise FlowError(
                    f"库中没有{period_name(facts.span.month)}及此前一年的分行业数字，不能编制{edition.name}"
                )
            return found
        return [(c, r.short or r.name) for c, r in facts.workspace.catalogue.regions.items() if c != NATION]
    return [_subject(facts, edition, text) for text in wanted]


def _subject(facts: Facts, edition: Edition, text: str) -> tuple[str, str]:
    catalogue = facts.workspace.catalogue
    if edition.subject == "industry":
        found = find_unit(catalogue, text)
        if found is None:
            raise FlowError(f"“{text[:40]}”不是目录中的轻工行业，请写大类代码或全称，如 21 或 家具制造业")
        return found
    try:
        region = catalogue.region(text)
    except UnknownName:
        raise FlowError(f"目录中没有地区“{text[:40]}”，请写代码（44）或名称（广东）") from None
    if region.code == NATION:
        raise FlowError("全国不是一个省份，请写省级行政区的名称，如 广东")
    return region.code, region.short or region.name


def units_of(facts: Facts, edition: Edition, subjects: Sequence[tuple[str, str]]) -> Iterator[UnitReport | None]:
    """The report of each subject; ``None`` for an edition of the whole. Provinces without figures are left out."""
    if edition.subject == "whole":
        yield None
        return
    if edition.subject == "industry":
        desk = facts.desk
        yield from (unit_report(desk, facts.plan, code, at=facts.span.month) for code, _ in subjects)
        return
    yield from _provinces(facts, subjects)


def _provinces(facts: Facts, subjects: Sequence[tuple[str, str]]) -> Iterator[UnitReport]:
    catalogue, plan = facts.workspace.catalogue, facts.plan
    told = load_dispatch_plan(catalogue, overlay=facts.workspace.layout.catalogue)
    names = tuple(i.indicator for i in plan.province_indicators) or told.indicators
    ranked = told.ranked_by if told.ranked_by in names else names[0]
    told = told.model_copy(update={"indicators": names, "ranked_by": ranked, "oldest_months": plan.oldest_months})
    as_of = facts.snapshot.as_of
    store = facts.workspace.store
    rows = store.of_series(meeting_series(catalogue, told, units=[("", code) for code, _ in subjects]))
    end = facts.span.month.end_date
    known_rows = (
        o for o in rows
        if o.period.end_date <= end and (as_of is None or (o.published_at is not None and o.published_at <= as_of))
    )  # fmt: skip
    snapshot = Snapshot(tuple(winners(known_rows)), as_of, None, store.version)
    for code, name in subjects:
        found = meeting_figures(snapshot, catalogue, told, day=end, region=code)
        if not found.industries:
            continue
        facts.brief.book.add_all(found.book)
        yield UnitReport("province", code, name, "", facts.span.month, figures=found.industries)
