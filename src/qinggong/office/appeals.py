"""Enterprise appeals (企业诉求): intake, classification, merging of like ones, rating, and what many have in common.

An appeal is a case of kind ``appeal`` with what the enterprise said beside it. The same enterprise saying the same
again is merged into its earlier appeal; like appeals of several enterprises are one group; a large group is a systemic
issue (共性问题), a case of its own. Names and telephone numbers of persons stay out of the journal, which keeps for ever.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from qinggong.catalogue.working_days import working_days_after
from qinggong.office import tables
from qinggong.office.appeal_rules import AppealRules, Classified, appeal_rules, classify_text
from qinggong.office.cases import Case, NewCase, case_of, local_day, opened, step, visible
from qinggong.office.database import Database
from qinggong.office.journal import plain_json
from qinggong.office.permissions import SYSTEM, Actor, allowed
from qinggong.office.problems import Conflict, OfficeError
from qinggong.office.similarity import cosine, profile
from qinggong.office.workflow import case_table

_LONGEST_NAME = 100
_TITLE = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppeal:
    """What an enterprise said. ``contact`` is personal and shown only to those who handle the appeal."""

    text: str
    firm: str
    title: str = ""
    firm_code: str = ""
    contact: str = ""
    channel: str = "网络平台"
    industry: str = ""
    region: str = "CN"
    received_on: dt.date | None = None
    severity: int = 1


@dataclass(frozen=True, slots=True)
class Appeal:
    """An appeal beside its case."""

    case: Case
    firm: str
    firm_code: str
    contact: str = field(repr=False)
    channel: str
    received_on: str
    category: str
    classified_by: str
    words: tuple[str, ...]
    alike: str
    rating: int
    rating_note: str


@dataclass(frozen=True, slots=True)
class Received:
    """What intake did: the appeal, the earlier one it repeats, how many firms say the like, the systemic issue."""

    appeal: Appeal
    classified: Classified
    repeats: str = ""
    firms: int = 1
    issue: str = ""


# ----------------------------------------------------------------------------------------------------- intake


def receive(database: Database, actor: Actor, new: NewAppeal, *, rules: AppealRules | None = None) -> Received:
    """Take an appeal in: classify it, hold it against the others, open its case.

    Raises
    ------
    OfficeError
        A text, name, channel or date that cannot be.
    """
    rules = rules or appeal_rules()
    today = local_day(database.clock())
    _check(new, rules, today)
    day = new.received_on or today
    classified = classify_text(f"{new.title}\n{new.text}", rules)
    kind = case_table().kind_of("appeal")
    deadline = max(working_days_after(day, kind.working_days[new.severity - 1]), today)
    with database.writing() as connection:
        case = opened(
            connection, database, actor,
            NewCase(
                kind="appeal", title=new.title.strip() or _first_words(new.text), body=new.text,
                industry=new.industry, region=new.region, severity=new.severity, deadline=deadline,
                origin={"channel": new.channel, "received_on": day.isoformat(), "category": classified.category},
            ),
        )  # fmt: skip
        values: dict[str, Any] = {
            "number": case.number, "firm": new.firm.strip(), "firm_code": new.firm_code.strip(),
            "contact": new.contact.strip(), "channel": new.channel, "received_on": day.isoformat(),
            "category": classified.category, "classified_by": "words", "words": plain_json(classified.words),
            "alike": "", "rating": 0, "rating_note": "",
        }  # fmt: skip
        connection.execute(sa.insert(tables.appeals).values(**values))
        repeats, leader = _compare(connection, case, values, rules)
        _set(connection, case.number, alike=leader)
        if repeats:
            merged = {"merged_into": repeats}
            case = step(
                connection, database, SYSTEM, case, "merge", given={"into": repeats}, changed=merged,
                note="同一企业的同一诉求",
            )  # fmt: skip
        firms, issue = _systemic(connection, database, case, leader, rules, today)
        return Received(_appeal(connection, case.number), classified, repeats, firms, issue)


def _check(new: NewAppeal, rules: AppealRules, today: dt.date) -> None:
    if not new.text.strip():
        raise OfficeError("诉求内容不能空着")
    for what, text in (("企业名称", new.firm), ("统一社会信用代码", new.firm_code), ("联系方式", new.contact)):
        if len(text) > _LONGEST_NAME or any(ord(c) < 32 for c in text):
            raise OfficeError(f"{what}应不超过{_LONGEST_NAME}个字、没有换行，请改正")
    if not new.firm.strip():
        raise OfficeError("企业名称不能空着")
    if new.channel not in rules.channels:
        raise OfficeError(f"没有受理渠道“{new.channel[:40]}”，可用的有 {'、'.join(rules.channels)}")
    if new.received_on is not None and not today - dt.timedelta(days=366) <= new.received_on <= today:
        raise OfficeError(f"收到日期{new.received_on}应在今天（{today}）以前、一年以内，请改正")


def _first_words(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else line[: _TITLE - 1] + "…"


def _appeal(connection: Connection, number: str) -> Appeal:
    a, c = tables.appeals, tables.cases
    row = connection.execute(sa.select(a).where(a.c.number == number)).one()
    case = case_of(connection.execute(sa.select(c).where(c.c.number == number)).one())
    return _as_appeal(row, case)


def _as_appeal(row: Row[Any], case: Case) -> Appeal:
    return Appeal(
        case, row.firm, row.firm_code, row.contact, row.channel, row.received_on, row.category, row.classified_by,
        tuple(json.loads(row.words)), row.alike, row.rating, row.rating_note,
    )  # fmt: skip


def _set(connection: Connection, number: str, **values: Any) -> None:
    connection.execute(sa.update(tables.appeals).where(tables.appeals.c.number == number).values(**values))


# -------------------------------------------------------------------------------------------------- comparing


def _compare(connection: Connection, case: Case, values: dict[str, Any], rules: AppealRules) -> tuple[str, str]:
    """The earlier appeal that this one repeats (or nothing), and the first appeal of the group it belongs to."""
    a, c = tables.appeals, tables.cases
    since = dt.date.fromisoformat(values["received_on"]) - dt.timedelta(days=rules.comparison.within_days)
    others = connection.execute(
        sa.select(a.c.number, a.c.firm, a.c.alike, c.c.state, c.c.title, c.c.body)
        .join(c, c.c.number == a.c.number)
        .where(
            a.c.category == values["category"], a.c.received_on >= since.isoformat(), a.c.number != case.number,
            c.c.state != "merged",
        )
        .order_by(a.c.number)
    )  # fmt: skip
    mine = _profile(case.title, case.body, rules)
    repeats, leader, nearest = "", case.number, 0.0
    for other in others:
        near = cosine(mine, _profile(other.title, other.body, rules))
        going_on = other.state not in ("closed", "dismissed")
        if near >= rules.comparison.duplicate and other.firm == values["firm"] and going_on and not repeats:
            repeats = other.number
        if near >= rules.comparison.alike and near > nearest:
            leader, nearest = other.alike or other.number, near
    return repeats, leader


def _profile(title: str, body: str, rules: AppealRules) -> Any:
    text = body if body.startswith(title.rstrip("…")) else f"{title}\n{body}"
    return profile(text, characters=rules.comparison.characters, without=rules.common_phrases)


def _systemic(
    connection: Connection, database: Database, case: Case, leader: str, rules: AppealRules, today: dt.date
) -> tuple[int, str]:
    """How many firms say the like, and the systemic issue that this makes."""
    a, c = tables.appeals, tables.cases
    since = (today - dt.timedelta(days=rules.systemic.within_days)).isoformat()
    recent = sa.select(a.c.number, a.c.firm).join(c, c.c.number == a.c.number).where(a.c.received_on >= since)
    group = connection.execute(recent.where(a.c.alike == leader)).all()
    firms = len({row.firm for row in group})
    category = connection.execute(sa.select(a.c.category).where(a.c.number == case.number)).scalar_one()
    issue = ""
    if firms >= rules.systemic.alike_firms:
        issue = _issue(connection, database, case, f"alike|{leader}", [r.number for r in group], firms, category, rules)
    elif category != "other" and case.industry:
        same = connection.execute(recent.where(a.c.category == category, c.c.industry == case.industry)).all()
        if (many := len({row.firm for row in same})) >= rules.systemic.category_firms:
            episode = f"category|{category}|{case.industry}"
            issue = _issue(connection, database, case, episode, [r.number for r in same], many, category, rules)
    return firms, issue


def _issue(
    connection: Connection, database: Database, case: Case, episode: str, members: Sequence[str], firms: int,
    category: str, rules: AppealRules,
) -> str:  # fmt: skip
    """The open issue of an episode, opened if there is none; its members know it as their parent."""
    c = tables.cases
    ended = [s.code for s in case_table().states if s.ended]
    query = sa.select(c.c.number).where(c.c.kind == "issue", c.c.episode == episode, c.c.state.not_in(ended))
    number = connection.execute(query).scalar()
    if number is None:
        name = rules.category(category).name
        issue = opened(
            connection, database, SYSTEM,
            NewCase(
                kind="issue", title=f"共性问题（{name}）：{case.title}"[:200], industry=case.industry,
                body=f"{rules.systemic.within_days}天内有{firms}家企业反映同类问题，涉及 {'、'.join(members)}。",
                severity=2, episode=episode, origin={"appeals": list(members), "category": category},
            ),
        )  # fmt: skip
        number = issue.number
    for member in members:
        found = visible(connection, SYSTEM, member)
        if found.parent != number:
            step(
                connection, database, SYSTEM, found, "comment", given={"note": "x"}, changed={"parent": number},
                note=f"归入共性问题 {number}",
            )  # fmt: skip
    return str(number)


# --------------------------------------------------------------------------------------------------- handling


def find(database: Database, actor: Actor, number: str) -> Appeal:
    """An appeal by its number, if the actor may see it."""
    with database.reading() as connection:
        case = visible(connection, actor, number)
        if case.kind != "appeal":
            raise OfficeError(f"{case.number} 不是企业诉求")
        return _appeal(connection, case.number)


def listed(
    database: Database,
    actor: Actor,
    *,
    category: str = "",
    alike: str = "",
    still_open: bool = False,
    rules: AppealRules | None = None,
) -> tuple[Appeal, ...]:
    """The appeals that the actor may see, the nearest deadline first."""
    a, c = tables.appeals, tables.cases
    rules = rules or appeal_rules()
    query = sa.select(a).join(c, c.c.number == a.c.number).order_by(c.c.deadline, c.c.number)
    if category:
        query = query.where(a.c.category == rules.category(category).code)
    if alike:
        query = query.where(a.c.alike == alike.upper())
    if still_open:
        query = query.where(c.c.state.not_in([s.code for s in case_table().states if s.ended]))
    with database.reading() as connection:
        cases = {row.number: case_of(row) for row in connection.execute(sa.select(c).where(c.c.kind == "appeal"))}
        found = [_as_appeal(row, cases[row.number]) for row in connection.execute(query)]
    return tuple(f for f in found if allowed(actor, "view", f.case.thing))


def classify(
    database: Database,
    actor: Actor,
    number: str,
    category: str,
    *,
    version: int | None = None,
    rules: AppealRules | None = None,
) -> Appeal:
    """Put an appeal into another category, by a person."""
    chosen = (rules or appeal_rules()).category(category)
    with database.writing() as connection:
        case = visible(connection, actor, number)
        _unchanged(case, version)
        if case.kind != "appeal":
            raise OfficeError(f"{case.number} 不是企业诉求，不能归类")
        before = _appeal(connection, case.number)
        step(
            connection, database, actor, case, "classify", given={"category": chosen.code}, changed={},
            after={"category": chosen.code, "category_before": before.category},
        )  # fmt: skip
        _set(connection, case.number, category=chosen.code, classified_by=actor.name, words="[]")
        return _appeal(connection, case.number)


def rate(
    database: Database,
    actor: Actor,
    number: str,
    rating: int,
    *,
    note: str = "",
    version: int | None = None,
    rules: AppealRules | None = None,
) -> Appeal:
    """Keep how the enterprise rates the answer (1 to 5); a low rating sends the appeal back to work."""
    rules = rules or appeal_rules()
    if rating not in range(1, 6):
        raise OfficeError(f"评分{rating}不对，应为1（很不满意）到5（很满意）")
    with database.writing() as connection:
        case = visible(connection, actor, number)
        _unchanged(case, version)
        if case.kind != "appeal":
            raise OfficeError(f"{case.number} 不是企业诉求，不能评价")
        rated = step(
            connection, database, actor, case, "rate", given={"rating": rating}, changed={}, note=note,
            after={"rating": rating},
        )  # fmt: skip
        _set(connection, case.number, rating=rating, rating_note=note[:2000])
        if rating <= rules.rating.unsatisfied_at_most:
            again = "reopen" if rated.state == "closed" else "send_back"
            said = f"企业评价{rating}分" + (f"：{note}" if note else "")
            step(connection, database, actor, rated, again, given={"note": said}, changed={}, note=said)
        return _appeal(connection, case.number)


def _unchanged(case: Case, version: int | None) -> None:
    if version is not None and version != case.version:
        raise Conflict(f"{case.number} 刚被改动（第{case.version}版），没有写入，请重新查看后再办")
