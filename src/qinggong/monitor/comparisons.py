"""Several subjects at one period (横向比较): table rows, ranking, growth breadth, contributions.

Two periods are never mixed: every row, the benchmark and every rank belong to one period. Ranking, “fastest” and
breadth need all members of the group; otherwise they are withheld with “n of N”. The breadth counted here is a
count of members on the same list in both periods; it is not called 增长面, a name that stays with the publisher's own.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Literal

from qinggong.catalogue import Indicator, Subject, UnknownName
from qinggong.catalogue.bulletins import ComparisonPlan
from qinggong.monitor.contributions import level_contribution, level_share, weighted_contribution
from qinggong.monitor.facts import Comparison, Fact, Lineage, Movement
from qinggong.monitor.highlights import highlighted
from qinggong.monitor.movements import Desk, Sequence_, movement, observed, step_back, withheld
from qinggong.periods import Period


def members_of(desk: Desk, plan: ComparisonPlan, indicator: Indicator) -> tuple[list[Subject], list[Subject], str]:
    """The group's members, the further subjects of the table, and the group's name."""
    also = [s for name in plan.also if (s := _named(desk, name, indicator)) is not None]
    if plan.group:
        group = desk.catalogue.groups[plan.group]
        members = [desk.catalogue.known_subjects[m.subjects[0]] for m in group.members if m.subjects]
        return members, also, plan.group_label or group.name
    found = {
        o.series.subject_key: desk.catalogue.subject_by_key(o.series.subject_kind, o.series.subject, o.series.scope)
        for o in desk.snapshot.observations
        if o.series.subject_kind == plan.subject_kind and o.series.indicator == indicator.code
    }
    return [], [*(found[k] for k in sorted(found)), *also], ""


def _named(desk: Desk, name: str, indicator: Indicator) -> Subject | None:
    try:
        return desk.catalogue.subject(name, indicator=indicator.code)
    except UnknownName:
        return None


def note_for(desk: Desk, subject: Subject) -> str:
    """Why a subject is not counted as light industry as a whole."""
    if subject.kind != "industry" or subject.code not in desk.catalogue.industries:
        return ""
    return "部分小类属轻工业" if desk.catalogue.industries[subject.code].confidence == "partial" else ""


def newest_period(
    desk: Desk, subjects: Sequence[Subject], indicator: Indicator, *, sequence: Sequence_, candidates: Sequence[Period]
) -> Period | None:
    """The newest candidate (newest first) at which any of the subjects has a figure."""
    for period in candidates:
        for subject in subjects:
            for measure in ("yoy", "level"):
                if observed(desk, subject, indicator, measure=measure, sequence=sequence, period=period):
                    return period
    return None


def compare(
    desk: Desk, plan: ComparisonPlan, *, wanted: Period, candidates: Sequence[Period], anchor: Period | None
) -> Comparison | None:
    """Build one comparison at the section's period if anything is known there, else at the newest period.

    Parameters
    ----------
    wanted
        The step of the comparison's sequence that belongs to the bulletin's month.
    candidates
        Steps of the sequence, newest first, as far back as a bulletin may go.
    anchor
        The section's own period in this sequence.
    """
    indicator = desk.catalogue.indicator(plan.indicator)
    sequence = plan.sequence
    members, also, group_name = members_of(desk, plan, indicator)
    everyone = [*members, *also]
    order = [anchor, *candidates] if anchor is not None else list(candidates)
    period = newest_period(desk, everyone, indicator, sequence=sequence, candidates=order)
    if period is None:
        return None
    whole = _named(desk, plan.benchmark, indicator) if plan.benchmark else None
    benchmark = movement(desk, whole, indicator, sequence=sequence, period=period) if whole else None
    if benchmark is not None and not benchmark.present:
        benchmark = None

    def row(subject: Subject) -> Movement:
        found = movement(
            desk, subject, indicator, sequence=sequence, period=period, benchmark=benchmark, history=plan.history,
            note=note_for(desk, subject),
        )  # fmt: skip
        if not found.present:
            return found
        if plan.history:
            found = highlighted(desk, subject, indicator, found)
        return _with_contribution(desk, found, subject, whole, indicator, plan)

    rows, further = [row(s) for s in members], [row(s) for s in also]
    counted = [m for m in rows if m.growth is not None]
    complete = bool(rows) and len(counted) == len(rows)
    identifier = f"comparison:{plan.key}/{indicator.code}/{period.code}"
    reason = f"{group_name}{len(rows)}个成员中本期收录{len(counted)}个"
    ranks, fastest, slowest = _ranking(
        desk, counted, identifier, period, complete=complete, reason=reason, asked=bool(rows)
    )
    growing, before = _breadth(desk, rows, identifier, period, group_name=group_name, reason=reason)
    return Comparison(
        plan.key, plan.title, indicator.code, indicator.name, sequence, period, step_back(sequence, period), wanted,
        group_name, tuple(_sorted(rows)), tuple(_sorted(further)), benchmark,
        _count(desk, f"{identifier}#members", f"{group_name}成员数", len(rows), period) if rows else None,
        _count(desk, f"{identifier}#counted", f"{group_name}中已收录增速的成员数", len(counted), period) if rows else None,
        tuple(m.name for m in rows if m.growth is None), ranks, fastest, slowest, growing, before,
        _contribution_note(rows, further, whole, indicator),
    )  # fmt: skip


def _count(desk: Desk, identifier: str, label: str, number: int, period: Period) -> Fact:
    return desk.book.add(
        Fact(
            identifier,
            label,
            float(number),
            str(number),
            "个",
            period,
            "computed",
            Lineage((), "count of catalogue members"),
        )
    )


def _with_contribution(
    desk: Desk, found: Movement, subject: Subject, whole: Subject | None, indicator: Indicator, plan: ComparisonPlan
) -> Movement:
    if whole is None or whole.scope != subject.scope or whole.key == subject.key:
        return found
    sequence: Literal["month", "ytd", "point"] = plan.sequence
    share = added = None
    if plan.contributions:
        share = level_share(desk, subject, whole, indicator, sequence=sequence, period=found.period)
        added = level_contribution(desk, subject, whole, indicator, sequence=sequence, period=found.period)
    elif indicator.growth_basis == "real":
        revenue = desk.catalogue.indicator("revenue")
        added = weighted_contribution(
            desk, subject, whole, indicator, revenue=revenue, sequence=sequence, period=found.period
        )
    return dataclasses.replace(found, share=share, contribution=added)


def _contribution_note(
    rows: Sequence[Movement], further: Sequence[Movement], whole: Subject | None, indicator: Indicator
) -> str:
    """The sentence under a table that shows contributions: what they are and where the weights come from."""
    methods = {m.contribution.lineage.method for m in (*rows, *further) if m.contribution is not None}
    if not methods or whole is None:
        return ""
    if indicator.growth_basis == "real":
        return f"“拉动”为本系统测算：以上年营业收入占{whole.name}的比重为权数，乘以增加值增速"
    return f"“拉动”“比重”为本系统测算：按公布的本期数和可比增速推算同期基数，对{whole.name}增速的拉动"


def _sorted(rows: Sequence[Movement]) -> list[Movement]:
    """Fastest first; rows without a growth rate keep their order at the end."""
    return sorted(rows, key=lambda m: (m.growth is None, -(m.growth.value or 0) if m.growth else 0))


def _ranking(
    desk: Desk,
    counted: Sequence[Movement],
    identifier: str,
    period: Period,
    *,
    complete: bool,
    reason: str,
    asked: bool,
) -> tuple[tuple[Fact, ...], Fact | None, Fact | None]:
    if not asked:
        return (), None, None
    if not complete:
        held = withheld(
            desk, f"{identifier}#rank", label="增速位次", unit="位", period=period, reason=reason + "，不作排名"
        )
        return (held,), None, None
    ordered = _sorted(counted)
    ranks = []
    for m in ordered:
        assert m.growth is not None and m.growth.value is not None
        place = 1 + sum(1 for other in ordered if other.growth and (other.growth.value or 0) > m.growth.value)
        ranks.append(
            desk.book.add(
                Fact(
                    f"{m.growth.id}#rank", f"{m.name}{m.indicator_name}增速位次", float(place), str(place), "位", period,
                    "computed", Lineage((m.growth.id,), f"rank among {len(ordered)} members, ties share a place"),
                )
            )
        )  # fmt: skip
    return tuple(ranks), ordered[0].growth, ordered[-1].growth


def _breadth(
    desk: Desk, rows: Sequence[Movement], identifier: str, period: Period, *, group_name: str, reason: str
) -> tuple[Fact | None, Fact | None]:
    """Number of members that grow, in this period and the one before, on the same members."""
    if not rows:
        return None, None
    now = [m.growth for m in rows if m.growth is not None]
    before = [m.previous_growth for m in rows if m.previous_growth is not None]
    if len(now) < len(rows) or len(before) < len(rows):
        held = reason if len(now) < len(rows) else f"{group_name}{len(rows)}个成员中上期收录{len(before)}个"
        fact = withheld(
            desk,
            f"{identifier}#growing",
            label="增长的成员数",
            unit="个",
            period=period,
            reason=held + "，不统计增长个数",
        )
        return fact, None
    facts = []
    for suffix, rates in (("growing", now), ("growing.before", before)):
        count = sum(1 for f in rates if (f.value or 0) > 0)
        facts.append(
            desk.book.add(
                Fact(
                    f"{identifier}#{suffix}", f"{group_name}中增长的成员数", float(count), str(count), "个",
                    rates[0].period, "computed", Lineage(tuple(f.id for f in rates), f"growth > 0 among {len(rates)}"),
                )
            )
        )  # fmt: skip
    return facts[0], facts[1]
