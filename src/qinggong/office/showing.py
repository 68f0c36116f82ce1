"""How cases are shown (事项的呈现): one line in Chinese, or plain values for programs."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from qinggong.office import attachments, cases, episodes
from qinggong.office.appeal_rules import AppealRules
from qinggong.office.appeals import Appeal
from qinggong.office.attachments import Attachment
from qinggong.office.cases import Case
from qinggong.office.database import Database
from qinggong.office.episodes import Signal
from qinggong.office.journal import Entry
from qinggong.office.permissions import ACTION_NAMES, Actor
from qinggong.office.workflow import case_table


@dataclass(frozen=True, slots=True)
class Shown:
    """A case ready for the screen."""

    case: Case

    @property
    def line(self) -> str:
        table, c = case_table(), self.case
        owner = f"，承办 {c.owner}" if c.owner else ""
        words = f"{table.kind_of(c.kind).name}  {table.state(c.state).name}  {table.severity(c.severity).name}"
        return f"{c.number}  {words}  期限 {c.deadline}  {c.title}{owner}（第{c.version}版）"

    def plain(self) -> dict[str, Any]:
        return dataclasses.asdict(self.case) | {"origin": dict(self.case.origin)}


@dataclass(frozen=True, slots=True)
class Story:
    """A case with all that belongs to it, and what the account may do next."""

    shown: Shown
    log: tuple[Entry, ...]
    signals: tuple[Signal, ...]
    attachments: tuple[Attachment, ...]
    actions: tuple[str, ...]

    @property
    def lines(self) -> list[str]:
        found = [self.shown.line]
        if self.shown.case.body:
            found.append(self.shown.case.body)
        for s in self.signals:
            found.append(f"  信号 {s.rule}：{s.first_period} 至 {s.last_period}" + ("，近月未现" if s.cleared else ""))
        for e in self.log:
            found.append(f"  {e.at[:19]}Z  {e.who}  {step_name(e.action)}" + (f"：{e.note}" if e.note else ""))
        found += [f"  附件 {a.sha256[:12]}  {a.name}  {a.size}字节" for a in self.attachments]
        return [*found, f"可办：{'、'.join(map(step_name, self.actions)) or '无'}"]

    def plain(self) -> dict[str, Any]:
        return self.shown.plain() | {
            "log": [dataclasses.asdict(e) for e in self.log],
            "signals": [dataclasses.asdict(s) for s in self.signals],
            "attachments": [dataclasses.asdict(a) for a in self.attachments],
            "actions": list(self.actions),
        }


def story(database: Database, actor: Actor, number: str) -> Story:
    """A case, its log, its signals, its attachments, and the steps open to the actor."""
    case = cases.find(database, actor, number)
    return Story(
        Shown(case), cases.log_of(database, actor, case.number), episodes.signals_of(database, actor, case.number),
        attachments.attached(database, actor, case.number), cases.actions_for(actor, case),
    )  # fmt: skip


def step_name(action: str) -> str:
    return ACTION_NAMES.get(action, action)


def appeal_line(appeal: Appeal, rules: AppealRules) -> str:
    """An appeal in one line."""
    category = rules.category(appeal.category).name
    by = "" if appeal.classified_by == "words" else "，人工归类"
    rated = f"，评价{appeal.rating}分" if appeal.rating else ""
    return f"{Shown(appeal.case).line}  {appeal.firm}（{category}{by}{rated}）"


def plain_appeal(appeal: Appeal) -> dict[str, Any]:
    """An appeal as plain values."""
    return dataclasses.asdict(appeal) | {"case": Shown(appeal.case).plain()}


@dataclass(frozen=True, slots=True)
class ShownAppeal:
    """An appeal ready for the screen: one line, or plain values."""

    number: str
    line: str
    plain: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Reception:
    """What became of an appeal that came in (``office.appeals.Received``)."""

    appeal: ShownAppeal
    sure: bool
    words: tuple[str, ...]
    repeats: str
    firms: int
    issue: str
