"""Accounts (账号): who they are, signing in with a counter of failures, and what administrators do with them.

An account is never deleted, only disabled, so that every name in the journal stays somebody's.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Row

from qinggong.office import passwords, sessions, tables
from qinggong.office.database import Database, stamp
from qinggong.office.journal import plain_json, record
from qinggong.office.permissions import Actor, Thing, allowed, permission_table, require
from qinggong.office.problems import OfficeError, Refused

FIRST_ROLES = ("system_admin", "security_admin")
"""Roles of the first account, which makes the others and then hands one of the two on."""
_NAME = re.compile(r"[a-z0-9\u4e00-\u9fff][a-z0-9\u4e00-\u9fff._-]{1,31}")
_CODE = re.compile(r"[A-Za-z0-9_]{1,40}")
_RESERVED = ("system", "everyone")
_LONGEST_TEXT = 100
_ENDING = ("disable", "reset_password", "change_password")
"""What ends the sessions of an account; changed roles count from the next request on anyway."""
_UNTIL_UNLOCKED = "9999-12-31T00:00:00.000000+00:00"


@dataclass(frozen=True, slots=True)
class Account:
    """An account as others may see it."""

    name: str
    display: str
    body: str
    roles: tuple[str, ...]
    industries: tuple[str, ...]
    regions: tuple[str, ...]
    state: str
    locked_until: str
    created_at: str

    def actor(self) -> Actor:
        return Actor(self.name, self.roles, self.industries, self.regions)


def _account(row: Row[Any]) -> Account:
    return Account(
        row.name, row.display, row.body, tuple(json.loads(row.roles)), tuple(json.loads(row.industries)),
        tuple(json.loads(row.regions)), row.state, row.locked_until, row.created_at,
    )  # fmt: skip


def _row(connection: Connection, name: str) -> Row[Any]:
    found = connection.execute(sa.select(tables.accounts).where(tables.accounts.c.name == name)).one_or_none()
    if found is None:
        raise OfficeError(f"没有账号“{name}”，请用 qinggong office user list 查看")
    return found


def _thing(name: str) -> Thing:
    return Thing("account", owner=name)


# --------------------------------------------------------------------------------------------------- making


def first_account(database: Database, name: str, *, display: str, password: str, body: str = "") -> Account:
    """The first account of a new database, with both administrators' roles.

    Raises
    ------
    OfficeError
        If there is an account already.
    """
    _check_text(name, display, body)
    passwords.check_password(password, account=name)
    secret = passwords.hashed(password)
    with database.writing() as connection:
        if connection.execute(sa.select(sa.func.count()).select_from(tables.accounts)).scalar():
            raise OfficeError("已经有账号，新账号请由系统管理员用 qinggong office user add 建立")
        return _add(connection, database, name, name, display, body, secret, FIRST_ROLES)


def add_account(database: Database, actor: Actor, name: str, *, display: str, password: str, body: str = "") -> Account:
    """A new account without any role: a security administrator grants roles afterwards."""
    require(actor, "add", _thing(name))
    _check_text(name, display, body)
    passwords.check_password(password, account=name)
    secret = passwords.hashed(password)
    with database.writing() as connection:
        known = sa.select(tables.accounts.c.name).where(tables.accounts.c.name == name)
        if connection.execute(known).one_or_none():
            raise OfficeError(f"已有账号“{name}”，请换一个名称")
        return _add(connection, database, actor.name, name, display, body, secret, ())


def _add(
    connection: Connection, database: Database, who: str, name: str, display: str, body: str, secret: str,
    roles: tuple[str, ...],
) -> Account:  # fmt: skip
    now = database.clock()
    values = {
        "name": name, "display": display, "body": body, "roles": plain_json(roles), "industries": "[]",
        "regions": "[]", "state": "active",
    }  # fmt: skip
    connection.execute(
        sa.insert(tables.accounts).values(
            **values, password=secret, password_at=stamp(now), failures=0, locked_until="", created_at=stamp(now),
            version=1,
        )
    )  # fmt: skip
    record(connection, at=now, who=who, action="add", kind="account", object=name, after=values)
    return _account(_row(connection, name))


def _check_text(name: str, display: str, body: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise OfficeError(f"账号名“{name[:40]}”不合规定：2到32个小写字母、数字、汉字或 . _ -，请改正")
    for what, text in (("姓名", display), ("单位", body)):
        if len(text) > _LONGEST_TEXT or any(ord(c) < 32 for c in text):
            raise OfficeError(f"{what}应不超过{_LONGEST_TEXT}个字、没有换行，请改正")
    if not display.strip():
        raise OfficeError("姓名不能空着")


# ------------------------------------------------------------------------------------------------ signing in


def sign_in(database: Database, name: str, password: str) -> Actor:
    """Who acts, for a name and its password.

    An attempt is counted before the password is looked at, so that many at once gain nothing.

    Raises
    ------
    Refused
        With one and the same sentence whatever was wrong.
    """
    rules = permission_table().passwords
    refusal = Refused(
        f"账号或密码不对，或账号已停用、已锁定（连续{rules.failures}次不对锁定{rules.locked_minutes}分钟），"
        "请核对，或请安全管理员解除锁定"
    )
    name = name[:_LONGEST_TEXT]
    with database.writing() as connection:
        secret = _count_attempt(connection, database, name)
    if not passwords.matches(password, secret):
        with database.writing() as connection:
            record(connection, at=database.clock(), who=name, action="sign_in_failed", kind="account", object=name)
        raise refusal
    fresh = passwords.hashed(password) if passwords.outdated(secret) else secret
    with database.writing() as connection:
        a = tables.accounts
        done = connection.execute(
            sa.update(a)
            .where(a.c.name == name, a.c.state == "active", a.c.password == secret)
            .values(failures=0, locked_until="", password=fresh)
        )
        if done.rowcount != 1:
            raise refusal
        record(connection, at=database.clock(), who=name, action="sign_in", kind="account", object=name)
        return _account(_row(connection, name)).actor()


def _count_attempt(connection: Connection, database: Database, name: str) -> str:
    """Count an attempt; the hash to hold the password against, empty if the account may not sign in."""
    a, now = tables.accounts, database.clock()
    rules = permission_table().passwords
    row = connection.execute(sa.select(a).where(a.c.name == name)).one_or_none()
    if row is None or row.state != "active" or row.locked_until > stamp(now):
        return ""
    failures = 1 if row.locked_until else row.failures + 1
    until = stamp(now + dt.timedelta(minutes=rules.locked_minutes)) if failures >= rules.failures else ""
    connection.execute(sa.update(a).where(a.c.name == name).values(failures=failures, locked_until=until))
    return str(row.password)


# -------------------------------------------------------------------------------------------------- changing


def grant(
    database: Database,
    actor: Actor,
    name: str,
    *,
    roles: Sequence[str],
    industries: Sequence[str] = (),
    regions: Sequence[str] = (),
) -> Account:
    """Set the roles and the scope of an account; what it had before is in the journal.

    Raises
    ------
    Refused
        Nobody grants themselves anything.
    OfficeError
        Unknown roles, roles that are kept apart, or the last security administrator.
    """
    require(actor, "grant", _thing(name))
    table = permission_table()
    wanted = tuple(dict.fromkeys(roles))
    for role in wanted:
        known = table.role(role)
        if known is None or not known.held_by_accounts:
            names = "、".join(f"{r.code}（{r.name}）" for r in table.roles if r.held_by_accounts)
            raise OfficeError(f"没有角色“{role}”，可用的有 {names}")
    for one, other in table.apart:
        if one in wanted and other in wanted:
            both = "和".join(r.name for r in table.roles if r.code in (one, other))
            raise OfficeError(f"角色{both}不能由一个账号兼任，请分给两个人")
    for code in (*industries, *regions):
        if not _CODE.fullmatch(code):
            raise OfficeError(f"范围代码“{code[:40]}”不合规定，行业如 21，地区如 44")
    values = {
        "roles": plain_json(wanted), "industries": plain_json(list(dict.fromkeys(industries))),
        "regions": plain_json(list(dict.fromkeys(regions))),
    }  # fmt: skip
    return _change(database, actor, name, action="grant", values=values)


def disable(database: Database, actor: Actor, name: str) -> Account:
    """Keep an account from signing in; it stays in the list."""
    require(actor, "disable", _thing(name))
    return _change(database, actor, name, action="disable", values={"state": "disabled"})


def enable(database: Database, actor: Actor, name: str) -> Account:
    require(actor, "enable", _thing(name))
    return _change(database, actor, name, action="enable", values={"state": "active"})


def unlock(database: Database, actor: Actor, name: str) -> Account:
    """End a lock before its time."""
    require(actor, "unlock", _thing(name))
    return _change(database, actor, name, action="unlock", values={"failures": 0, "locked_until": ""})


def reset_password(database: Database, actor: Actor, name: str, *, password: str) -> Account:
    """A new password given by a system administrator, who tells it to the person.

    The account stays locked until a security administrator unlocks it: with a password of his own making, a system
    administrator alone gets at nobody's work.
    """
    require(actor, "reset_password", _thing(name))
    return _new_password(database, actor, name, "reset_password", password)


def change_password(database: Database, actor: Actor, *, old: str, new: str) -> Account:
    """A new password of one's own; the old one is asked for again."""
    require(actor, "change_password", _thing(actor.name))
    if old == new:
        raise OfficeError("新密码与原密码相同，请换一个")
    sign_in(database, actor.name, old)
    return _new_password(database, actor, actor.name, "change_password", new)


def _new_password(database: Database, actor: Actor, name: str, action: str, password: str) -> Account:
    passwords.check_password(password, account=name)
    secret = passwords.hashed(password)
    locked = _UNTIL_UNLOCKED if action == "reset_password" else ""
    values = {"password": secret, "password_at": stamp(database.clock()), "failures": 0, "locked_until": locked}
    return _change(database, actor, name, action=action, values=values)


def _change(database: Database, actor: Actor, name: str, *, action: str, values: dict[str, Any]) -> Account:
    a = tables.accounts
    with database.writing() as connection:
        before = _row(connection, name)
        connection.execute(sa.update(a).where(a.c.name == name).values(**values, version=before.version + 1))
        if action in _ENDING:
            sessions.end_all(connection, name)
        if not _administrators(connection):
            raise OfficeError(f"“{name}”是最后一个安全管理员，请先把这个角色授予别人")
        shown = {key: value for key, value in values.items() if key != "password"}
        record(
            connection, at=database.clock(), who=actor.name, action=action, kind="account", object=name,
            before={key: before._mapping[key] for key in shown}, after=shown,
        )  # fmt: skip
        return _account(_row(connection, name))


def _administrators(connection: Connection) -> int:
    """How many accounts can still grant roles."""
    a = tables.accounts
    rows = connection.execute(sa.select(a.c.roles).where(a.c.state == "active"))
    return sum("security_admin" in json.loads(row.roles) for row in rows)


# --------------------------------------------------------------------------------------------------- reading


def listed(database: Database, actor: Actor) -> tuple[Account, ...]:
    """The accounts that the actor may see, by name."""
    with database.reading() as connection:
        rows = connection.execute(sa.select(tables.accounts).order_by(tables.accounts.c.name)).all()
    return tuple(_account(r) for r in rows if allowed(actor, "view", _thing(r.name)))


def active(connection: Connection, name: str) -> Account:
    """An account that work can be given to.

    Raises
    ------
    OfficeError
        Unknown or disabled.
    """
    found = _account(_row(connection, name))
    if found.state != "active":
        raise OfficeError(f"账号“{name}”已停用，请换一个承办人")
    return found
