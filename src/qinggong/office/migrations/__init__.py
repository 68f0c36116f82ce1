"""Numbered changes of the office's database (数据库升级), each applied once, in order, all in one transaction.

A migration is plain SQL that both databases take; it is never edited once released. What the program expects today is
in ``office.tables``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, inspect, text

from qinggong import __version__
from qinggong.office.migrations import m0001_accounts_and_cases, m0002_appeals_and_meetings, m0003_sessions
from qinggong.office.problems import OfficeError


@dataclass(frozen=True, slots=True)
class Migration:
    """One step: its number, what it brings, and the statements for a dialect (``sqlite`` or ``postgresql``)."""

    number: int
    name: str
    statements: Callable[[str], tuple[str, ...]]


MIGRATIONS = (
    Migration(1, "accounts and cases", m0001_accounts_and_cases.statements),
    Migration(2, "appeals and meetings", m0002_appeals_and_meetings.statements),
    Migration(3, "sessions and second factors", m0003_sessions.statements),
)
NEWEST = MIGRATIONS[-1].number

_VERSION_TABLE = """CREATE TABLE office_version (
    number INTEGER NOT NULL PRIMARY KEY, name TEXT NOT NULL, applied_at TEXT NOT NULL, code_version TEXT NOT NULL
)"""


def present_version(connection: Connection) -> int:
    """The number of the newest migration applied; 0 for a database without the office's tables."""
    if not inspect(connection).has_table("office_version"):
        return 0
    return int(connection.execute(text("SELECT max(number) FROM office_version")).scalar() or 0)


def check_version(present: int, *, shown: str) -> None:
    """Refuse a database that a newer program has written.

    Raises
    ------
    OfficeError
        Naming the database and both versions.
    """
    if present > NEWEST:
        raise OfficeError(f"数据库 {shown} 是第{present}版，由更新的程序建立，本程序只到第{NEWEST}版，请先升级程序")


def migrate(connection: Connection, *, now: dt.datetime, shown: str, upto: int = NEWEST) -> tuple[int, ...]:
    """Apply what is missing, inside the caller's transaction; the numbers applied."""
    present = present_version(connection)
    check_version(present, shown=shown)
    if present == 0 and not inspect(connection).has_table("office_version"):
        connection.execute(text(_VERSION_TABLE))
    applied = []
    for step in MIGRATIONS:
        if present < step.number <= upto:
            for statement in step.statements(connection.dialect.name):
                connection.exec_driver_sql(statement)
            connection.execute(
                text("INSERT INTO office_version (number, name, applied_at, code_version) VALUES (:n, :w, :t, :c)"),
                {"n": step.number, "w": step.name, "t": now.astimezone(dt.UTC).isoformat(), "c": __version__},
            )
            applied.append(step.number)
    return tuple(applied)
