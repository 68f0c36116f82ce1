"""Everything that the publications of one month may print (月度要情): figures, index, targets, nowcasts and warnings in
one brief.

A stage of ``flow``: the bulletin, its editions and the flash note are composed from the same brief, so that they cannot
disagree. A publication that tells less asks for less, and its brief is made in less time.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Collection

from qinggong import watch
from qinggong.catalogue.breaks import load_breaks
from qinggong.catalogue.bulletins import load_wording
from qinggong.catalogue.narrative import load_narrative
from qinggong.catalogue.prosperity import load_level_index
from qinggong.catalogue.synthetic import SOURCE
from qinggong.intake import Workspace, warnings_for
from qinggong.intake.earlier import known_on_days
from qinggong.intake.synthetic import holds_plan, is_synthetic
from qinggong.monitor import briefs
from qinggong.monitor.facts import Brief, FactBook, ProvinceGrowth
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import index_series
from qinggong.monitor.provinces import province_growth, whole_series
from qinggong.outlook import estimated_flash, expected_figures, followed_targets
from qinggong.periods import Period
from qinggong.standing import FlowError
from qinggong.store.base import Snapshot, winners

PARTS = frozenset({"momentum", "prosperity", "revisions", "flash", "targets", "nowcasts", "warnings", "provinces"})
"""What a brief may hold beside the figures of its topics; ``revisions`` are those of the index."""


def month_brief(
    workspace: Workspace,
    snapshot: Snapshot,
    *,
    at: Period,
    as_of: dt.date | None = None,
    parts: Collection[str] = PARTS,
) -> Brief:
    """The brief of a month from what is known.

    Parameters
    ----------
    snapshot
        What may be used (``standing.known``).
    parts
        What to tell beside the topics, of :data:`PARTS`; all that the monthly bulletin tells unless said otherwise.

    Raises
    ------
    FlowError
        If nothing is known of the month.
    """
    overlay, catalogue, plan = workspace.layout.catalogue, workspace.catalogue, workspace.plan
    if "momentum" not in parts:
        plan = plan.model_copy(update={"momentum": None})
    level_index = load_level_index(overlay=overlay) if "prosperity" in parts else None
    earlier = None
    if level_index is not None and "revisions" in parts:
        earlier = known_on_days(workspace, index_series(catalogue, level_index))
    warned = [(f.rule, f.series, f.period, f.value) for f in warnings_for(workspace, at)]
    try:
        brief = briefs.brief(
            snapshot, catalogue, plan, load_wording(overlay=overlay), at=at, warned=warned,
            breaks=load_breaks(overlay=overlay), level_index=level_index, earlier=earlier,
            narrative=load_narrative(overlay=overlay),
        )  # fmt: skip
    except briefs.NothingToTell as error:
        raise FlowError(f"{error}；请用 qinggong status --month {at.year}-{at.last:02d} 查看缺什么") from error
    book = brief.book
    marked = is_synthetic(workspace) or any(o.source == SOURCE for o in snapshot.observations)
    brief = dataclasses.replace(
        brief, synthetic=marked,
        flash=estimated_flash(workspace, snapshot, book, at=at) if "flash" in parts else None,
        targets=followed_targets(workspace, snapshot, book, at=at, as_of=as_of) if "targets" in parts else None,
        nowcasts=expected_figures(workspace, book, at=at, as_of=as_of) if "nowcasts" in parts else None,
        provinces=_provinces(workspace, snapshot, at) if "provinces" in parts else (),
    )  # fmt: skip
    if "warnings" not in parts:
        return brief
    told = watch.alerts(workspace, snapshot, book, at=at, nowcasts=brief.nowcasts, targets=brief.targets)
    return dataclasses.replace(brief, warnings=told)


def _provinces(workspace: Workspace, snapshot: Snapshot, at: Period) -> tuple[ProvinceGrowth, ...]:
    """Contributions by province of the industries that the index is made of.

    What is used of a synthetic store has these industries but not the totals.
    """
    catalogue, index = workspace.catalogue, load_level_index(overlay=workspace.layout.catalogue)
    members = catalogue.groups[index.subjects.group].members
    divisions = [catalogue.known_subjects[m.subjects[0]] for m in members if m.subjects]
    if holds_plan(workspace):
        as_of, recent = snapshot.as_of, at.year - 2
        rows = workspace.store.of_series(whole_series(catalogue))
        totals = (o for o in rows if as_of is None or (o.published_at is not None and o.published_at <= as_of))
        own = (o for o in snapshot.observations if o.period.year >= recent and o.series.region != "CN")
        snapshot = Snapshot((*own, *winners(totals)), as_of, None, snapshot.version)
    return province_growth(Desk(snapshot, catalogue, FactBook()), divisions, at=at)
