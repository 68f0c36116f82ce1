"""From warnings to cases (预警立案): one case an episode, which escalates, instead of one mail a rule and month.

An episode is an industry and a region. Its first warning opens a case; further rules and months are noted in it; a
graver one escalates it. A signal has gone when it was evaluated and did not fire in so many months in a row; a rule
that could not be evaluated says nothing.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from qinggong.catalogue.working_days import working_days_after
from qinggong.office import tables
from qinggong.office.cases import Case, NewCase, case_of, local_day, opened, step, visible
from qinggong.office.database import Database
from qinggong.office.journal import plain_json
from qinggong.office.permissions import Actor, require
from qinggong.office.problems import OfficeError
from qinggong.office.workflow import CaseTable, case_table
from qinggong.periods import PeriodError, parse

What = Literal["opened", "escalated", "repeated", "resumed", "noted", "known"]

WHAT_NAMES: dict[What, str] = {
    "opened": "立案", "escalated": "升级", "repeated": "再次预警", "resumed": "重新办理", "noted": "只作记录",
    "known": "已有记录",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class WarningInput:
    """A warning as the office needs it.

    Attributes
    ----------
    rule
        Code of the rule that fired.
    severity
        1 (一般), 2 (较重), 3 (严重).
    period
        Code of the month, such as ``2025-08``.
    problems
        Codes of the problems by which measures of plans are tagged.
    facts
        Identifiers of the facts that are the evidence.
    """

    rule: str
    title: str
    text: str
    severity: int
    period: str
    industry: str = ""
    region: str = "CN"
    problems: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    @property
    def episode(self) -> str:
        return f"{self.industry or '*'}|{self.region}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a warning brought about."""

    what: What
    case: Case


@dataclass(frozen=True, slots=True)
class Signal:
    """One rule within a case: since when, until when, and for how many months it has been silent."""

    rule: str
    severity: int
    problems: tuple[str, ...]
    first_period: str
    last_period: str
    cleared: int
    text: str = field(repr=False)


def open_or_escalate(
    database: Database, actor: Actor, warning: WarningInput, *, table: CaseTable | None = None
) -> Outcome:
    """Take one warning in; the same warning a second time changes nothing.

    Raises
    ------
    OfficeError
        A severity or period that cannot be.
    """
    table = table or case_table()
    _check(warning)
    with database.writing() as connection:
        return _take(connection, database, actor, warning, table)


def take_month(
    database: Database,
    actor: Actor,
    fired: Sequence[WarningInput],
    *,
    period: str,
    evaluated: Collection[tuple[str, str]],
    table: CaseTable | None = None,
) -> tuple[tuple[Outcome, ...], tuple[Case, ...]]:
    """Take the warnings of a month in: what each brought about, and the cases whose signals have all gone.

    Parameters
    ----------
    evaluated
        Rule and episode of all that could be evaluated in the month, fired or not.
    """
    table = table or case_table()
    for warning in fired:
        _check(warning)
        if warning.period != period:
            raise OfficeError(f"预警“{warning.title}”的月份是{warning.period}，不是{period}")
    _parsed(period)
    with database.writing() as connection:
        outcomes = tuple(_take(connection, database, actor, w, table) for w in fired)
        hot = {(w.rule, w.episode) for w in fired}
        gone = _clear(connection, database, actor, period, set(evaluated) - hot, table)
    return outcomes, gone


def _check(warning: WarningInput) -> None:
    if warning.severity not in (1, 2, 3):
        raise OfficeError(f"预警“{warning.title}”的严重程度{warning.severity}不对，应为1、2或3")
    _parsed(warning.period)


def _parsed(period: str) -> dt.date:
    try:
        return parse(period).end_date
    except PeriodError as error:
        raise OfficeError(f"不认识的月份“{period}”，请写成 2025-08") from error


# ----------------------------------------------------------------------------------------------- one warning


def _take(connection: Connection, database: Database, actor: Actor, warning: WarningInput, table: CaseTable) -> Outcome:
    case = _newest(connection, actor, warning.episode)
    today = local_day(database.clock())
    if case is None:
        return Outcome("opened", _open(connection, database, actor, warning, table, parent=""))
    known = _signal(connection, case.number, warning.rule)
    told = known is not None and _parsed(known.last_period) >= _parsed(warning.period)
    if told and known is not None and known.severity >= warning.severity:
        return Outcome("known", case)
    if not table.state(case.state).ended:
        return _go_on(connection, database, actor, case, warning, table, today)
    days = (today - dt.date.fromisoformat(case.ended_at[:10])).days
    graver = warning.severity > case.severity
    if graver and days <= table.hysteresis.resume_within_days:
        return Outcome("resumed", _raise(connection, database, actor, case, warning, table, today, "resume"))
    if not graver and days <= table.hysteresis.quiet_days:
        return Outcome("noted", _note(connection, database, actor, case, warning, table))
    return Outcome("opened", _open(connection, database, actor, warning, table, parent=case.number))


def _newest(connection: Connection, actor: Actor, episode: str) -> Case | None:
    """The newest case of an episode; of a merged one, the case that it went into."""
    c = tables.cases
    row = connection.execute(
        sa.select(c)
        .where(c.c.kind == "warning", c.c.episode == episode)
        .order_by(c.c.opened_at.desc(), c.c.number.desc())
    ).first()
    if row is None:
        return None
    case = case_of(row)
    seen = {case.number}
    while case.merged_into and case.merged_into not in seen:
        seen.add(case.merged_into)
        case = visible(connection, actor, case.merged_into)
    return case


def _open(
    connection: Connection, database: Database, actor: Actor, warning: WarningInput, table: CaseTable, *, parent: str
) -> Case:
    new = NewCase(
        kind="warning", title=warning.title[: table.texts.longest_title], body=warning.text,
        industry=warning.industry, region=warning.region, severity=warning.severity, episode=warning.episode,
        origin={"rule": warning.rule, "period": warning.period, "facts": list(warning.facts)}, parent=parent,
    )  # fmt: skip
    case = opened(connection, database, actor, new, table=table)
    _keep_signal(connection, case.number, warning)
    return case


def _go_on(
    connection: Connection, database: Database, actor: Actor, case: Case, warning: WarningInput, table: CaseTable,
    today: dt.date,
) -> Outcome:  # fmt: skip
    if warning.severity > case.severity:
        return Outcome("escalated", _raise(connection, database, actor, case, warning, table, today, "escalate"))
    return Outcome("repeated", _note(connection, database, actor, case, warning, table))


def _raise(
    connection: Connection, database: Database, actor: Actor, case: Case, warning: WarningInput, table: CaseTable,
    today: dt.date, action: str,
) -> Case:  # fmt: skip
    """Put a graver severity on a case, with a deadline that is no later than before while it was running."""
    days = table.kind_of("warning").working_days[warning.severity - 1]
    deadline = working_days_after(today, days).isoformat()
    if action == "escalate" and case.state != "answered" and case.deadline:
        deadline = min(deadline, max(case.deadline, today.isoformat()))
    changed = {"severity": warning.severity, "deadline": deadline, "title": warning.title[: table.texts.longest_title]}
    done = step(
        connection, database, actor, case, action, given={}, changed=changed, note=warning.text,
        after=_told(warning), table=table,
    )  # fmt: skip
    _keep_signal(connection, case.number, warning)
    return done


def _note(
    connection: Connection, database: Database, actor: Actor, case: Case, warning: WarningInput, table: CaseTable
) -> Case:
    done = step(
        connection, database, actor, case, "repeat", given={}, changed={}, note=warning.text, after=_told(warning),
        table=table,
    )  # fmt: skip
    _keep_signal(connection, case.number, warning)
    return done


def _told(warning: WarningInput) -> dict[str, Any]:
    return {
        "rule": warning.rule, "period": warning.period, "signal_severity": warning.severity,
        "facts": list(warning.facts),
    }  # fmt: skip


# --------------------------------------------------------------------------------------------------- signals


def _signal(connection: Connection, number: str, rule: str) -> Signal | None:
    s = tables.signals
    row = connection.execute(sa.select(s).where(s.c.number == number, s.c.rule == rule)).one_or_none()
    return None if row is None else _as_signal(row)


def _as_signal(row: Row[Any]) -> Signal:
    return Signal(
        row.rule,
        row.severity,
        tuple(json.loads(row.problems)),
        row.first_period,
        row.last_period,
        row.cleared,
        row.text,
    )


def signals_of(database: Database, actor: Actor, number: str) -> tuple[Signal, ...]:
    """The rules behind a case, the gravest first."""
    s = tables.signals
    with database.reading() as connection:
        case = visible(connection, actor, number)
        rows = connection.execute(sa.select(s).where(s.c.number == case.number).order_by(s.c.severity.desc(), s.c.rule))
        return tuple(_as_signal(row) for row in rows)


def _keep_signal(connection: Connection, number: str, warning: WarningInput) -> None:
    s = tables.signals
    known = _signal(connection, number, warning.rule)
    values = {
        "severity": warning.severity, "problems": plain_json(warning.problems), "last_period": warning.period,
        "cleared": 0, "cleared_period": "", "text": warning.text,
    }  # fmt: skip
    if known is None:
        connection.execute(sa.insert(s).values(number=number, rule=warning.rule, first_period=warning.period, **values))
    else:
        connection.execute(sa.update(s).where(s.c.number == number, s.c.rule == warning.rule).values(**values))


def _clear(
    connection: Connection,
    database: Database,
    actor: Actor,
    period: str,
    silent: set[tuple[str, str]],
    table: CaseTable,
) -> tuple[Case, ...]:
    """Count a month of silence for each signal; the cases in which all signals have now gone."""
    s, c, need = tables.signals, tables.cases, table.hysteresis.clear_after
    end, gone = _parsed(period), []
    touched: dict[str, Case] = {}
    rows = connection.execute(
        sa.select(s, c.c.episode).join(c, c.c.number == s.c.number).where(s.c.cleared < need)
    ).all()
    for row in rows:
        if (row.rule, row.episode) not in silent or _parsed(row.last_period) >= end:
            continue
        if row.cleared_period and _parsed(row.cleared_period) >= end:
            continue
        case = visible(connection, actor, row.number)
        require(actor, "subside", case.thing)
        connection.execute(
            sa.update(s)
            .where(s.c.number == row.number, s.c.rule == row.rule)
            .values(cleared=row.cleared + 1, cleared_period=period)
        )
        touched[row.number] = case
    for number, case in touched.items():
        left = sa.select(sa.func.count()).select_from(s).where(s.c.number == number, s.c.cleared < need)
        if not connection.execute(left).scalar() and case.state != "merged":
            gone.append(
                step(
                    connection, database, actor, case, "subside", given={}, changed={}, after={"period": period},
                    note=f"各项信号已连续{need}个月未再出现", table=table,
                )
            )  # fmt: skip
    return tuple(gone)
