"""The permission table (权限表): one place that decides, and what it does not allow is refused."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Literal

from pydantic import Field, model_validator

from qinggong.catalogue.datafile import bundled_document
from qinggong.catalogue.schema import Entry, Snake, Text
from qinggong.office.problems import Refused

Whose = Literal["own", "opened", "scope", "others", "any"]
Object = Literal["account", "journal", "meeting", "warning", "task", "appeal", "decision", "return", "issue", "month"]
Action = Literal[
    "view", "add", "disable", "enable", "unlock", "reset_password", "change_password", "grant", "verify",
    "prepare", "decide", "open", "assign", "accept", "answer", "send_back", "close", "dismiss", "reopen", "merge",
    "extend", "comment", "attach", "classify", "rate", "repeat", "subside", "escalate", "resume", "enrol",
    "reset_factor", "run", "take_in", "vouch", "edit", "publish",
]  # fmt: skip
Count = Annotated[int, Field(ge=1, le=100_000)]

ACTION_NAMES: dict[str, str] = {
    "view": "查看", "add": "新增", "disable": "停用", "enable": "启用", "unlock": "解除锁定",
    "reset_password": "重置密码", "change_password": "修改密码", "grant": "授权", "verify": "核验",
    "prepare": "准备", "decide": "记录议定事项", "open": "登记", "assign": "交办", "accept": "承办", "answer": "答复",
    "send_back": "退回重办", "close": "办结", "dismiss": "不予办理", "reopen": "重新办理", "merge": "并案",
    "extend": "延期", "comment": "说明", "attach": "添加附件", "classify": "归类", "rate": "评价",
    "repeat": "再次预警", "subside": "信号消退", "escalate": "升级", "resume": "再度出现",
    "enrol": "启用第二重验证", "reset_factor": "解除第二重验证",
    "run": "编制", "take_in": "导入", "vouch": "采信", "edit": "撰写", "publish": "发布",
}  # fmt: skip
OBJECT_NAMES: dict[str, str] = {
    "account": "账号", "journal": "操作记录", "meeting": "会商", "warning": "预警", "task": "任务", "appeal": "企业诉求",
    "decision": "议定事项", "return": "报表", "issue": "共性问题", "month": "月报",
}  # fmt: skip
WHOSE_NAMES: dict[str, str] = {
    "own": "本人承办的（账号：本人的）", "opened": "本人登记的", "scope": "范围内的", "others": "他人的", "any": "全部",
}  # fmt: skip


class Role(Entry):
    """A role; ``held_by_accounts`` is false for the roles of the program and of everybody."""

    code: Snake
    name: Text
    name_en: Text
    duty: Text
    held_by_accounts: bool = True


class Grant(Entry):
    """These roles may do these actions to these kinds of things, of all or of those that ``whose`` says."""

    roles: tuple[Snake, ...] = Field(min_length=1)
    kinds: tuple[Object, ...] = Field(min_length=1)
    actions: tuple[Action, ...] = Field(min_length=1)
    whose: Whose


class PasswordRules(Entry):
    """How passwords must be, and when an account locks."""

    shortest: Count
    longest: Count
    classes: Annotated[int, Field(ge=1, le=4)]
    failures: Count
    locked_minutes: Count


class SessionRules(Entry):
    """How long a session of the portal lasts: after a pause, and in all."""

    idle_minutes: Count
    hours: Count


class PermissionTable(Entry):
    """All that is allowed."""

    kind: Literal["permissions"]
    source: Text
    valid_from: dt.date
    roles: tuple[Role, ...]
    apart: tuple[tuple[Snake, Snake], ...]
    grants: tuple[Grant, ...]
    passwords: PasswordRules
    sessions: SessionRules

    @model_validator(mode="after")
    def _consistent(self) -> PermissionTable:
        known = {r.code for r in self.roles}
        used = {r for g in self.grants for r in g.roles} | {r for pair in self.apart for r in pair}
        if used - known:
            raise ValueError(f"roles: {', '.join(sorted(used - known))} is used but not defined")
        if len(known) != len(self.roles):
            raise ValueError("roles: a code stands twice")
        return self

    def role(self, code: str) -> Role | None:
        return next((r for r in self.roles if r.code == code), None)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the account's name, its roles, and the industries and regions that it answers for.

    Both empty: no scope. One empty: no limit there. A code covers the codes under it (``14`` covers ``143``).
    """

    name: str
    roles: tuple[str, ...]
    industries: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()

    def covers(self, industry: str, region: str) -> bool:
        """Whether something of an industry and region lies in the scope; what is of all industries is in none."""
        if not self.industries and not self.regions:
            return False
        in_industry = not self.industries or any(industry.startswith(code) for code in self.industries)
        return in_industry and (not self.regions or region in self.regions)


SYSTEM = Actor("system", ("system",))
"""The program itself, for what rules bring about."""


@dataclass(frozen=True, slots=True)
class Thing:
    """What is acted upon, as far as the decision needs it: its kind, whose it is, who opened it, where it belongs."""

    kind: str
    owner: str = ""
    opener: str = ""
    industry: str = ""
    region: str = ""


@cache
def permission_table() -> PermissionTable:
    """The bundled table; a workspace has none of its own."""
    return bundled_document("office/permissions.yaml", PermissionTable)


def allowed(actor: Actor, action: str, thing: Thing, *, table: PermissionTable | None = None) -> bool:
    """Whether some grant lets the actor do that; otherwise it is refused."""
    table = table or permission_table()
    held = set(actor.roles) | ({"everyone"} if "system" not in actor.roles else set())
    own = actor.name == thing.owner
    for grant in table.grants:
        if action not in grant.actions or thing.kind not in grant.kinds or held.isdisjoint(grant.roles):
            continue
        match grant.whose:
            case "any":
                return True
            case "own" if own:
                return True
            case "opened" if actor.name == thing.opener:
                return True
            case "others" if not own:
                return True
            case "scope" if actor.covers(thing.industry, thing.region):
                return True
    return False


def require(actor: Actor, action: str, thing: Thing) -> None:
    """Raise ``Refused`` unless allowed."""
    if not allowed(actor, action, thing):
        what = f"{ACTION_NAMES.get(action, action)}{OBJECT_NAMES.get(thing.kind, thing.kind)}"
        raise Refused(f"账号“{actor.name}”没有{what}的权限，如确有需要请向安全管理员申请")
