"""Cases (事项): what a person must settle, from opening to the end, step by step as the table of states allows.

Every step is one transaction: permission, state, change, and a line in the journal with the values before and after.
A caller that has looked at a case gives its ``version``; if somebody has changed it since, nothing is done.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from qinggong.catalogue.working_days import working_days_after
from qinggong.office import accounts, tables
from qinggong.office.database import Database, stamp
from qinggong.office.journal import Entry, entries, plain_json, record
from qinggong.office.permissions import ACTION_NAMES, Actor, Thing, allowed, require
from qinggong.office.problems import Conflict, OfficeError, Refused
from qinggong.office.workflow import NEED_NAMES, CaseTable, case_table

_CODE = re.compile(r"[A-Za-z0-9_]{0,60}")
_BEIJING = dt.timezone(dt.timedelta(hours=8))
_FURTHEST_YEARS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """One case as it stands. ``deadline`` and moments are ISO texts, empty where there is none."""

    number: str
    kind: str
    state: str
    title: str
    body: str
    industry: str
    region: str
    severity: int
    owner: str
    opened_by: str
    opened_at: str
    deadline: str
    changed_at: str
    ended_at: str
    episode: str
    origin: Mapping[str, Any] = field(hash=False)
    merged_into: str
    version: int
    parent: str
    meeting: str
    answer: str

    @property
    def thing(self) -> Thing:
        return Thing(self.kind, self.owner, self.opened_by, self.industry, self.region)

    def overdue_on(self, day: dt.date, *, table: CaseTable | None = None) -> bool:
        """Whether the deadline has passed and somebody still has to do something."""
        waiting = not (table or case_table()).state(self.state).ended and self.state != "answered"
        return waiting and bool(self.deadline) and self.deadline < day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class NewCase:
    """What a new case says. Without ``deadline`` it follows from kind and severity, in working days."""

    kind: str
    title: str
    body: str = ""
    industry: str = ""
    region: str = "CN"
    severity: int = 1
    owner: str = ""
    deadline: dt.date | None = None
    episode: str = ""
    origin: Mapping[str, Any] = field(default_factory=dict, hash=False)
    parent: str = ""
    meeting: str = ""


def local_day(moment: dt.datetime) -> dt.date:
    """The day of a moment in Beijing, by which deadlines run."""
    return moment.astimezone(_BEIJING).date()


def case_of(row: Row[Any]) -> Case:
    """A row of the table as a value."""
    values = row._asdict()
    values["origin"] = json.loads(values["origin"])
    for name in ("owner", "merged_into", "parent"):
        values[name] = values[name] or ""
    return Case(**values)


def _stored(connection: Connection, number: str) -> Case | None:
    c = tables.cases
    row = connection.execute(sa.select(c).where(c.c.number == number)).one_or_none()
    return None if row is None else case_of(row)


def visible(connection: Connection, actor: Actor, number: str) -> Case:
    """A case by its number.

    Raises
    ------
    OfficeError
        No such case, or none that the actor may see: the two are not told apart.
    """
    found = _stored(connection, number.strip().upper())
    if found is None or not allowed(actor, "view", found.thing):
        raise OfficeError(f"没有事项“{number[:40]}”，或账号“{actor.name}”无权查看")
    return found


# -------------------------------------------------------------------------------------------------- opening


def open_case(database: Database, actor: Actor, new: NewCase, *, table: CaseTable | None = None) -> Case:
    """Open a case.

    Raises
    ------
    Refused
        The actor may not open this kind.
    OfficeError
        A text, code, severity, owner or deadline that cannot be.
    """
    with database.writing() as connection:
        return opened(connection, database, actor, new, table=table)


def opened(
    connection: Connection, database: Database, actor: Actor, new: NewCase, *, table: CaseTable | None = None
) -> Case:
    """Open a case within the caller's transaction."""
    table = table or case_table()
    kind = table.kind_of(new.kind)
    now = database.clock()
    require(actor, "open", Thing(new.kind, "", actor.name, new.industry, new.region))
    _check_new(new, table, local_day(now))
    if new.owner:
        require(actor, "assign", Thing(new.kind, "", actor.name, new.industry, new.region))
        accounts.active(connection, new.owner)
    if new.parent and _stored(connection, new.parent) is None:
        raise OfficeError(f"没有上级事项“{new.parent}”")
    deadline = new.deadline or working_days_after(local_day(now), kind.working_days[new.severity - 1])
    values = {
        "number": _next_number(connection, kind.prefix, local_day(now).year), "kind": new.kind,
        "state": "assigned" if new.owner else "new", "title": new.title.strip(), "body": new.body,
        "industry": new.industry, "region": new.region, "severity": new.severity, "owner": new.owner or None,
        "opened_by": actor.name, "opened_at": stamp(now), "deadline": deadline.isoformat(), "changed_at": stamp(now),
        "ended_at": "", "episode": new.episode, "origin": plain_json(dict(new.origin)), "merged_into": None,
        "version": 1, "parent": new.parent or None, "meeting": new.meeting, "answer": "",
    }  # fmt: skip
    connection.execute(sa.insert(tables.cases).values(**values))
    number = str(values["number"])
    record(connection, at=now, who=actor.name, action="open", kind=new.kind, object=number, after=values)
    case = _stored(connection, number)
    assert case is not None
    return case


def _next_number(connection: Connection, prefix: str, year: int) -> str:
    """``YJ-2025-0007``: by kind and year, without gaps, since there is one writer at a time."""
    c, start = tables.cases, f"{prefix}-{year}-"
    # By length first: 10000 comes after 9999.
    query = sa.select(c.c.number).where(c.c.number.startswith(start, autoescape=True))
    found = connection.execute(query.order_by(sa.func.length(c.c.number).desc(), c.c.number.desc()).limit(1)).scalar()
    return f"{start}{int(found.removeprefix(start)) + 1 if found else 1:04d}"


def _check_new(new: NewCase, table: CaseTable, today: dt.date) -> None:
    title = new.title.strip()
    if not title or len(title) > table.texts.longest_title or any(ord(c) < 32 for c in title):
        raise OfficeError(f"事项标题应有1到{table.texts.longest_title}个字、没有换行，请改正")
    check_note(new.body, table)
    for what, code in (("行业", new.industry), ("地区", new.region)):
        if not _CODE.fullmatch(code):
            raise OfficeError(f"{what}代码“{code[:40]}”不合规定，行业如 21，地区如 44")
    if new.severity not in (1, 2, 3):
        raise OfficeError(f"严重程度{new.severity}不对，应为1（一般）、2（较重）或3（严重）")
    if new.deadline is not None:
        check_deadline(new.deadline, today)


def check_note(text: str, table: CaseTable) -> None:
    if len(text) > table.texts.longest_note or "\x00" in text:
        raise OfficeError(f"文字应不超过{table.texts.longest_note}个字，较长的请作为附件")


def check_deadline(day: dt.date, today: dt.date) -> None:
    if not today <= day <= today + dt.timedelta(days=366 * _FURTHEST_YEARS):
        raise OfficeError(f"期限{day}应在今天（{today}）以后、{_FURTHEST_YEARS}年以内，请改正")


# --------------------------------------------------------------------------------------------------- reading


def find(database: Database, actor: Actor, number: str) -> Case:
    """A case by its number, if the actor may see it."""
    with database.reading() as connection:
        return visible(connection, actor, number)


def listed(
    database: Database,
    actor: Actor,
    *,
    kinds: Sequence[str] = (),
    states: Sequence[str] = (),
    owner: str = "",
    industry: str = "",
    region: str = "",
    meeting: str = "",
    still_open: bool = False,
    overdue_on: dt.date | None = None,
    table: CaseTable | None = None,
) -> tuple[Case, ...]:
    """Cases that the actor may see, the nearest deadline first."""
    table = table or case_table()
    for kind in kinds:
        table.kind_of(kind)
    if unknown := set(states) - {s.code for s in table.states}:
        names = "、".join(f"{s.code}（{s.name}）" for s in table.states)
        raise OfficeError(f"没有状态“{'、'.join(sorted(unknown))}”，可用的有 {names}")
    c = tables.cases
    query = sa.select(c).order_by(c.c.deadline, c.c.number)
    for column, wanted in ((c.c.owner, owner), (c.c.industry, industry), (c.c.region, region), (c.c.meeting, meeting)):
        if wanted:
            query = query.where(column == wanted)
    if kinds:
        query = query.where(c.c.kind.in_(kinds))
    if states:
        query = query.where(c.c.state.in_(states))
    if still_open or overdue_on is not None:
        query = query.where(c.c.state.not_in([s.code for s in table.states if s.ended]))
    with database.reading() as connection:
        found = [case_of(row) for row in connection.execute(query)]
    seen = [case for case in found if allowed(actor, "view", case.thing)]
    return tuple(s for s in seen if overdue_on is None or s.overdue_on(overdue_on, table=table))


def log_of(database: Database, actor: Actor, number: str) -> tuple[Entry, ...]:
    """Everything that happened to a case, in order."""
    with database.reading() as connection:
        case = visible(connection, actor, number)
        return entries(connection, kind=case.kind, object=case.number)


def actions_for(actor: Actor, case: Case, *, table: CaseTable | None = None) -> tuple[str, ...]:
    """What the actor may do with a case as it stands."""
    steps = (table or case_table()).steps(kind=case.kind, state=case.state)
    return tuple(dict.fromkeys(t.action for t in steps if allowed(actor, t.action, case.thing)))


# --------------------------------------------------------------------------------------------------- changing


def act(
    database: Database,
    actor: Actor,
    number: str,
    action: str,
    *,
    version: int | None = None,
    note: str = "",
    owner: str = "",
    deadline: dt.date | None = None,
    into: str = "",
    table: CaseTable | None = None,
) -> Case:
    """Make one step with a case.

    Parameters
    ----------
    action
        A word of the table of states: ``assign``, ``accept``, ``answer``, ``send_back``, ``close`` …
    version
        The version that the person has looked at.
    into
        Of ``merge``: the case that goes on.

    Raises
    ------
    Conflict
        Somebody has changed the case since that version.
    Refused
        The actor may not do that with this case.
    OfficeError
        The step does not exist from this state, or something that it needs is missing.
    """
    table = table or case_table()
    with database.writing() as connection:
        case = visible(connection, actor, number)
        if version is not None and case.version != version:
            raise Conflict(
                f"{case.number} 刚被改动（现为“{table.state(case.state).name}”，第{case.version}版），没有写入，请重新查看后再办"
            )
        today = local_day(database.clock())
        changed: dict[str, Any] = {}
        if action == "assign" and owner:
            accounts.active(connection, owner)
            changed["owner"] = owner
        elif action == "extend" and deadline is not None:
            check_deadline(deadline, today)
            if deadline.isoformat() <= case.deadline:
                raise OfficeError(f"新的期限{deadline}不晚于原来的{case.deadline}，请改正")
            changed["deadline"] = deadline.isoformat()
        elif action == "accept" and not case.owner:
            changed["owner"] = actor.name
        elif action == "answer":
            changed["answer"] = note
        elif action == "merge" and into:
            changed["merged_into"] = _merge_target(connection, actor, case, into, table)
        given = {"owner": owner, "note": note.strip(), "deadline": deadline, "into": into}
        return step(connection, database, actor, case, action, given=given, changed=changed, note=note, table=table)


def step(
    connection: Connection,
    database: Database,
    actor: Actor,
    case: Case,
    action: str,
    *,
    given: Mapping[str, Any],
    changed: Mapping[str, Any],
    note: str = "",
    after: Mapping[str, Any] | None = None,
    table: CaseTable | None = None,
) -> Case:
    """One step within the caller's transaction: permission, state, needs, change, journal.

    ``changed`` are columns of the case; ``after`` is what else the journal should know of it.
    """
    table = table or case_table()
    require(actor, action, case.thing)
    found = table.find(action, kind=case.kind, state=case.state)
    if found is None:
        possible = "、".join(dict.fromkeys(t.name for t in table.steps(kind=case.kind, state=case.state)))
        now_is, wanted = table.state(case.state).name, ACTION_NAMES.get(action, action)
        raise OfficeError(f"{case.number} 现为“{now_is}”，不能{wanted}，可以：{possible or '无'}")
    if lacking := [NEED_NAMES[need] for need in found.needs if not given.get(need)]:
        raise OfficeError(f"{case.number} {found.name}需要{'、'.join(lacking)}，请补上")
    check_note(note, table)
    now = database.clock()
    to = found.to or case.state
    values = dict(changed)
    if to != case.state:
        values["state"] = to
        if (ended := table.state(to).ended) or case.ended_at:
            values["ended_at"] = stamp(now) if ended else ""
    c = tables.cases
    done = connection.execute(
        sa.update(c)
        .where(c.c.number == case.number, c.c.version == case.version)
        .values(**values, changed_at=stamp(now), version=case.version + 1)
    )
    if done.rowcount != 1:
        raise Conflict(f"{case.number} 刚被别人改动，没有写入，请重新查看后再办")
    before = {name: getattr(case, name) for name in values}
    record(
        connection, at=now, who=actor.name, action=action, kind=case.kind, object=case.number, before=before,
        after={**values, **(after or {}), "version": case.version + 1}, note=note,
    )  # fmt: skip
    result = _stored(connection, case.number)
    assert result is not None
    return result


def _merge_target(connection: Connection, actor: Actor, case: Case, into: str, table: CaseTable) -> str:
    """The case that another is merged into: of the same kind, going on, and not itself."""
    target = visible(connection, actor, into)
    if target.number == case.number:
        raise OfficeError(f"{case.number} 不能并入自己")
    if target.kind != case.kind:
        names = f"{table.kind_of(case.kind).name}和{table.kind_of(target.kind).name}"
        raise OfficeError(f"{case.number} 与 {target.number} 是{names}，不同类的事项不能并案")
    if table.state(target.state).ended:
        raise OfficeError(f"{target.number} 已是“{table.state(target.state).name}”，不能再并入，请先重新办理")
    if not allowed(actor, "merge", target.thing):
        raise Refused(f"账号“{actor.name}”没有把事项并入 {target.number} 的权限")
    return target.number
