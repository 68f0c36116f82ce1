"""Dispatch meetings (调度会商): the agenda from the data, decisions as cases, and what became of the earlier ones."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from qinggong.catalogue.dispatch import DispatchPlan
from qinggong.catalogue.plans import Plan, Problem, measures_for
from qinggong.catalogue.working_days import working_days_between
from qinggong.monitor.facts import (
    CaseLine,
    Fact,
    FactBook,
    Lineage,
    MeasureLine,
    Meeting,
    TargetLine,
    Targets,
    UnitBrief,
    UnitFigure,
)
from qinggong.office import tables
from qinggong.office.cases import Case, NewCase, case_of, opened
from qinggong.office.database import Database, stamp
from qinggong.office.journal import plain_json, record
from qinggong.office.permissions import Actor, Thing, allowed, require
from qinggong.office.problems import OfficeError
from qinggong.office.workflow import case_table
from qinggong.periods import month

_UNANSWERED = ("new", "assigned", "in_progress")
_NATION = "CN"
PART_NAMES = {
    "decisions": "此前议定事项", "targets": "偏离目标", "warnings": "未答复预警", "tasks": "逾期任务",
    "gaps": "差距较大的地区", "appeals": "共性问题和逾期诉求",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """Names of industries, regions and accounts by code."""

    industries: Mapping[str, str]
    regions: Mapping[str, str]

    def industry(self, code: str) -> str:
        return self.industries.get(code, code)

    def region(self, code: str) -> str:
        return "全国" if code == _NATION else self.regions.get(code, code)


@dataclass(frozen=True, slots=True)
class Figures:
    """What the data say: industries, the provinces furthest behind, targets; the book holds their facts."""

    industries: tuple[UnitFigure, ...]
    gaps: tuple[UnitFigure, ...]
    provinces_known: bool
    targets: Targets | None
    book: FactBook
    synthetic: bool


# ------------------------------------------------------------------------------------------------- the agenda


def agenda(
    database: Database,
    actor: Actor,
    day: dt.date,
    *,
    plan: DispatchPlan,
    figures: Figures,
    names: Names,
    plans: Sequence[Plan],
    problems: Sequence[Problem],
) -> Meeting:
    """The agenda of a meeting from what the actor may see; nothing is kept.

    Raises
    ------
    Refused
        If the actor may not prepare meetings.
    """
    require(actor, "prepare", Thing("meeting"))
    with database.reading() as connection:
        every = _cases(connection, actor, day)
        rules = _rules(connection)
        earlier = _meeting_before(connection, day)
    book = figures.book
    lines = {c.number: _line(c, day, names, book, rules) for c in every}
    warnings = [c for c in every if c.kind == "warning" and c.state in _UNANSWERED]
    warnings.sort(key=lambda c: (-c.severity, c.deadline, c.number))
    targets = tuple(t for t in figures.targets.lines if off_track(t, plan)) if figures.targets else ()
    for target in targets:
        _take_in(book, target)
    parts: dict[str, tuple[Any, ...]] = {
        "decisions": tuple(lines[c.number] for c in _earlier_decisions(every, earlier, day)),
        "targets": targets,
        "warnings": tuple(lines[c.number] for c in warnings),
        "tasks": tuple(lines[c.number] for c in every if c.kind in ("task", "return") and c.overdue_on(day)),
        "appeals": tuple(lines[c.number] for c in every if _is_raised_appeal(c, day)),
        "gaps": figures.gaps,
    }
    return Meeting(
        title=plan.title, day=day.isoformat(), as_of=day.isoformat(), earlier_day=earlier,
        decisions=parts["decisions"], targets=targets, targets_known=figures.targets is not None,
        warnings=parts["warnings"], tasks=parts["tasks"], appeals=parts["appeals"], gaps=figures.gaps,
        provinces_known=figures.provinces_known, ranked_by=plan.ranked_by, industries=figures.industries,
        measures=_measures(warnings, rules, plans, problems, day, plan.measures_per_problem),
        counts={key: _count(book, key, len(part), day) for key, part in parts.items()}, book=book,
        synthetic=figures.synthetic,
    )  # fmt: skip


def unit_brief(
    database: Database,
    actor: Actor,
    day: dt.date,
    *,
    plan: DispatchPlan,
    figures: Sequence[UnitFigure],
    others: Sequence[UnitFigure],
    others_title: str,
    name: str,
    industry: str = "",
    region: str = "",
    names: Names,
    plans: Sequence[Plan],
    problems: Sequence[Problem],
    book: FactBook,
    synthetic: bool,
) -> UnitBrief:
    """One page on an industry or a province: figures, open cases, measures against its warnings' problems."""
    require(actor, "prepare", Thing("meeting"))
    with database.reading() as connection:
        every = _cases(connection, actor, day)
        rules = _rules(connection)
    table = case_table()
    mine = [
        c for c in every
        if not table.state(c.state).ended
        and (not industry or c.industry.startswith(industry)) and (not region or c.region == region)
    ]  # fmt: skip
    warnings = [c for c in mine if c.kind == "warning"]
    return UnitBrief(
        title=plan.title, day=day.isoformat(), name=name, figures=tuple(figures), others=tuple(others),
        others_title=others_title, cases=tuple(_line(c, day, names, book, rules) for c in mine),
        measures=_measures(warnings, rules, plans, problems, day, plan.measures_per_problem), book=book,
        synthetic=synthetic,
    )  # fmt: skip


def off_track(target: TargetLine, plan: DispatchPlan) -> bool:
    """Whether a target is missed, or its probability of attainment below the plan's."""
    told = target.told
    if told is None:
        return False
    chance = told.probability.value if told.probability is not None else None
    return told.verdict == "missed" or (
        told.verdict != "met" and chance is not None and chance < plan.probability_below
    )


def _cases(connection: Connection, actor: Actor, day: dt.date) -> list[Case]:
    """Cases opened by the end of a day that the actor may see, the nearest deadline first."""
    c = tables.cases
    end = dt.datetime.combine(day, dt.time.max, dt.timezone(dt.timedelta(hours=8)))
    rows = connection.execute(sa.select(c).where(c.c.opened_at <= stamp(end)).order_by(c.c.deadline, c.c.number))
    return [case for case in map(case_of, rows) if allowed(actor, "view", case.thing)]


def _rules(connection: Connection) -> dict[str, list[tuple[str, tuple[str, ...]]]]:
    """Rules with their problems, by case; those that have gone are left out."""
    s = tables.signals
    clear_after = case_table().hysteresis.clear_after
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for row in connection.execute(sa.select(s).where(s.c.cleared < clear_after).order_by(s.c.number, s.c.rule)):
        found.setdefault(row.number, []).append((row.rule, tuple(json.loads(row.problems))))
    return found


def _meeting_before(connection: Connection, day: dt.date) -> str:
    m = tables.meetings
    return str(connection.execute(sa.select(sa.func.max(m.c.day)).where(m.c.day < day.isoformat())).scalar() or "")


def _earlier_decisions(every: Sequence[Case], earlier: str, day: dt.date) -> list[Case]:
    """All decisions of the last meeting, and those of older ones that were still open after it."""
    table = case_table()
    found = []
    for case in every:
        if case.kind != "decision" or not case.meeting or case.meeting >= day.isoformat():
            continue
        ended = table.state(case.state).ended
        if case.meeting == earlier or not ended or case.ended_at[:10] >= earlier:
            found.append(case)
    return sorted(found, key=lambda c: (table.state(c.state).ended, c.meeting, c.deadline, c.number))


def _is_raised_appeal(case: Case, day: dt.date) -> bool:
    if case.kind == "issue":
        return not case_table().state(case.state).ended
    return case.kind == "appeal" and case.overdue_on(day)


def _line(
    case: Case, day: dt.date, names: Names, book: FactBook, rules: Mapping[str, list[tuple[str, tuple[str, ...]]]]
) -> CaseLine:
    table = case_table()
    overdue = None
    if case.overdue_on(day):
        late = working_days_between(dt.date.fromisoformat(case.deadline), day)
        overdue = book.add(
            Fact(
                f"case:{case.number}#overdue@{day.isoformat()}", f"{case.number}逾期工作日", float(late), str(late), "个工作日",
                month(day.year, day.month), "computed", Lineage((f"case:{case.number}",), "working days late"),
            )
        )  # fmt: skip
    state = table.state(case.state)
    return CaseLine(
        case.number, table.kind_of(case.kind).name, case.title,
        names.industry(case.industry) if case.industry else "全行业", names.region(case.region),
        table.severity(case.severity).name, state.name, case.owner, case.deadline, overdue, case.answer,
        tuple(rule for rule, _ in rules.get(case.number, [])), state.ended,
    )  # fmt: skip


def _count(book: FactBook, key: str, number: int, day: dt.date) -> Fact:
    return book.add(
        Fact(f"meeting:{day.isoformat()}#{key}", f"会商材料{key}条数", float(number), str(number), "项",
             month(day.year, day.month), "computed", Lineage((), "count"))
    )  # fmt: skip


def _take_in(book: FactBook, target: TargetLine) -> None:
    """The facts of a target that the papers print."""
    told = target.told
    printed = [*target.numbers, target.target, target.value, target.gap, *(
        (told.floor, told.required, told.probability, told.low, told.high) if told else ()
    )]  # fmt: skip
    for fact in printed:
        if fact is not None:
            book.add(fact)


def _measures(
    warnings: Sequence[Case], rules: Mapping[str, list[tuple[str, tuple[str, ...]]]], plans: Sequence[Plan],
    problems: Sequence[Problem], day: dt.date, most: int,
) -> tuple[MeasureLine, ...]:  # fmt: skip
    """Measures of the plans in force against the problems of the warnings, in the order of the problems."""
    cases: dict[str, list[Case]] = {}
    for case in warnings:
        for code in dict.fromkeys(p for _, found in rules.get(case.number, []) for p in found):
            cases.setdefault(code, []).append(case)
    lines = []
    for problem in (p for p in problems if p.code in cases):
        told = 0
        for plan, task, measure in measures_for(tuple(plans), problem.code, on=day):
            fitting = [c.number for c in cases[problem.code] if not task.industries or c.industry in task.industries]
            if not fitting or told == most:
                continue
            told += 1
            lines.append(
                MeasureLine(
                    problem.name, plan.short, task.title, task.heading == "official", measure.text, tuple(fitting)
                )
            )
    return tuple(lines)


# --------------------------------------------------------------------------------------- keeping and deciding


def plain_meeting(meeting: Meeting) -> dict[str, Any]:
    """The agenda as plain values, for JSON and for the record."""

    def fact(value: Fact | None) -> Any:
        return None if value is None else {"id": value.id, "text": value.text, "unit": value.unit}

    def case(line: CaseLine) -> dict[str, Any]:
        values = dataclasses.asdict(dataclasses.replace(line, overdue=None))
        values.pop("overdue")
        return values | {"overdue": fact(line.overdue), "rules": list(line.rules)}

    def unit(line: UnitFigure) -> dict[str, Any]:
        return {
            "unit": line.unit, "name": line.unit_name, "subject": line.subject_name, "indicator": line.indicator,
            "period": line.period.code,
            **{key: fact(getattr(line, key)) for key in ("level", "growth", "before", "change", "benchmark", "gap")},
        }  # fmt: skip

    def target(line: TargetLine) -> dict[str, Any]:
        told = line.told
        return {
            "key": line.key, "plan": line.plan_title, "text": line.text, "state": line.state,
            "period": line.period.code if line.period else None, "value": fact(line.value), "target": fact(line.target),
            "gap": fact(line.gap), "probability": fact(told.probability) if told else None,
            "verdict": told.verdict if told else "",
        }  # fmt: skip

    return {
        "title": meeting.title, "day": meeting.day, "synthetic": meeting.synthetic,
        "earlier_meeting": meeting.earlier_day or None,
        "decisions": [case(c) for c in meeting.decisions], "targets_known": meeting.targets_known,
        "targets": [target(t) for t in meeting.targets], "warnings": [case(c) for c in meeting.warnings],
        "tasks": [case(c) for c in meeting.tasks], "appeals": [case(c) for c in meeting.appeals],
        "provinces_known": meeting.provinces_known, "gaps": [unit(g) for g in meeting.gaps],
        "industries": [unit(i) for i in meeting.industries],
        "measures": [dataclasses.asdict(m) | {"cases": list(m.cases)} for m in meeting.measures],
    }  # fmt: skip


def keep(database: Database, actor: Actor, meeting: Meeting) -> str:
    """Put a meeting with its agenda on record, so that decisions can refer to it; the hash of the agenda."""
    require(actor, "prepare", Thing("meeting"))
    text = plain_json(plain_meeting(meeting))
    digest = hashlib.sha256(text.encode()).hexdigest()
    m, now = tables.meetings, database.clock()
    values = {
        "title": meeting.title, "agenda": text, "sha256": digest, "prepared_by": actor.name, "prepared_at": stamp(now),
    }  # fmt: skip
    with database.writing() as connection:
        known = connection.execute(sa.select(m.c.sha256).where(m.c.day == meeting.day)).scalar()
        if known == digest:
            return digest
        if known is None:
            connection.execute(sa.insert(m).values(day=meeting.day, **values))
        else:
            connection.execute(sa.update(m).where(m.c.day == meeting.day).values(**values))
        record(
            connection, at=now, who=actor.name, action="prepare", kind="meeting", object=meeting.day,
            before={"sha256": known or ""}, after={"sha256": digest},
        )  # fmt: skip
    return digest


def decide(
    database: Database,
    actor: Actor,
    day: dt.date,
    *,
    title: str,
    owner: str,
    deadline: dt.date | None = None,
    body: str = "",
    industry: str = "",
    region: str = _NATION,
    parent: str = "",
    severity: int = 1,
) -> Case:
    """Record a decision of a meeting as a case that somebody owns.

    Parameters
    ----------
    parent
        The case on the agenda that the decision is about, if it is about one.

    Raises
    ------
    OfficeError
        If there is no such meeting, or nobody to do it.
    """
    require(actor, "decide", Thing("meeting"))
    if not owner:
        raise OfficeError("议定事项需要承办人，请用 --owner 指明")
    with database.writing() as connection:
        m = tables.meetings
        if connection.execute(sa.select(m.c.day).where(m.c.day == day.isoformat())).scalar() is None:
            raise OfficeError(
                f"没有{day.isoformat()}的会商，请先用 qinggong dispatch --date {day.isoformat()} 编制议程"
            )
        new = NewCase(
            kind="decision", title=title, body=body, industry=industry, region=region, severity=severity, owner=owner,
            deadline=deadline, parent=parent, meeting=day.isoformat(), origin={"meeting": day.isoformat()},
        )  # fmt: skip
        return opened(connection, database, actor, new)
