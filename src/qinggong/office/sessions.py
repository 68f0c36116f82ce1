"""Sessions of the portal (登录会话): kept on the server, so that they can be ended; the browser holds a random token.

Only the hash of a token is kept: a copy of the database opens no session. A session sees the account's roles as they
are at each request, ends after a pause and after a day's work, and all of an account's end with its password.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy import Connection

from qinggong.office import second_factor, tables
from qinggong.office.database import Database, stamp
from qinggong.office.journal import record
from qinggong.office.permissions import Actor, permission_table
from qinggong.office.problems import Refused


@dataclass(frozen=True, slots=True)
class Session:
    """An open session: who, whether the second factor is still to come, and the mark that forms must carry."""

    actor: Actor
    display: str
    waiting: bool
    csrf: str = field(repr=False)

    def carries(self, mark: str) -> bool:
        """Whether a form's mark is this session's (compared in constant time)."""
        return hmac.compare_digest(self.csrf.encode(), mark.encode())


def begin(database: Database, actor: Actor) -> str:
    """A session for who has just signed in by password; the token for the browser.

    It opens nothing but the page of the second factor where the account has one.
    """
    rules, token = permission_table().sessions, secrets.token_urlsafe(32)
    with database.writing() as connection:
        now = database.clock()
        _sweep(connection, now)
        waits = second_factor.needed(connection, actor.name)
        _insert(connection, token, actor.name, now, now + dt.timedelta(hours=rules.hours), passed=not waits)
    return token


def lend(database: Database, actor: Actor) -> str:
    """A session of its own for a job that was started from an open session; it ends within the hour."""
    token = secrets.token_urlsafe(32)
    with database.writing() as connection:
        now = database.clock()
        _insert(connection, token, actor.name, now, now + dt.timedelta(hours=1), passed=True)
    return token


def find(database: Database, token: str) -> Session | None:
    """The session of a token, or ``None`` if there is none, it has ended, or its account may not work any more."""
    rules, s, a = permission_table().sessions, tables.sessions, tables.accounts
    now = database.clock()
    with database.reading() as connection:
        row = connection.execute(
            sa.select(s, a.c.display, a.c.state, a.c.roles, a.c.industries, a.c.regions)
            .join(a, a.c.name == s.c.account)
            .where(s.c.id == _kept(token))
        ).one_or_none()
    idle = stamp(now - dt.timedelta(minutes=rules.idle_minutes))
    if row is None or row.state != "active" or row.ends_at <= stamp(now) or row.used_at <= idle:
        return None
    # A minute's steps are enough for the pause, and spare a write at each request.
    if row.used_at <= stamp(now - dt.timedelta(minutes=1)):
        with database.writing() as connection:
            connection.execute(sa.update(s).where(s.c.id == row.id).values(used_at=stamp(now)))
    actor = Actor(
        row.account, tuple(json.loads(row.roles)), tuple(json.loads(row.industries)), tuple(json.loads(row.regions))
    )
    return Session(actor, row.display, not row.passed, row.csrf)


def pass_second(database: Database, token: str, code: str) -> str:
    """Let a session through by the second factor; the new token, since the old one was of a lesser session.

    Raises
    ------
    Refused
        If there is no such session, or the code is wrong.
    """
    session = find(database, token)
    if session is None:
        raise Refused("登录已过期，请重新登录")
    second_factor.check(database, session.actor.name, code)
    fresh, s = secrets.token_urlsafe(32), tables.sessions
    with database.writing() as connection:
        row = connection.execute(sa.select(s).where(s.c.id == _kept(token))).one_or_none()
        if row is None:
            raise Refused("登录已过期，请重新登录")
        connection.execute(sa.delete(s).where(s.c.id == row.id))
        now = database.clock()
        _insert(connection, fresh, row.account, now, dt.datetime.fromisoformat(row.ends_at), passed=True)
    return fresh


def end(database: Database, token: str) -> None:
    """Sign out; a token that is none ends nothing."""
    s = tables.sessions
    with database.writing() as connection:
        row = connection.execute(sa.select(s.c.account).where(s.c.id == _kept(token))).one_or_none()
        if row is not None:
            connection.execute(sa.delete(s).where(s.c.id == _kept(token)))
            now = database.clock()
            record(connection, at=now, who=row.account, action="sign_out", kind="account", object=row.account)


def end_all(connection: Connection, name: str) -> None:
    """End every session of an account, in the writer's transaction that takes something from it."""
    connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.account == name))


def _insert(
    connection: Connection, token: str, name: str, now: dt.datetime, ends: dt.datetime, *, passed: bool
) -> None:
    connection.execute(
        sa.insert(tables.sessions).values(
            id=_kept(token), account=name, csrf=secrets.token_urlsafe(24), passed=int(passed), begun_at=stamp(now),
            used_at=stamp(now), ends_at=stamp(ends),
        )
    )  # fmt: skip


def _sweep(connection: Connection, now: dt.datetime) -> None:
    connection.execute(sa.delete(tables.sessions).where(tables.sessions.c.ends_at <= stamp(now)))


def _kept(token: str) -> str:
    return hashlib.sha256(token[:200].encode()).hexdigest()
