"""The journal (操作记录): who did what and when, with the values before and after; it only grows.

Each entry carries the hash of the one before it, so that a later change, removal or insertion shows. A journal cut off
at its end shows by the hash of its last entry, which belongs on paper from time to time.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

from qinggong.office import tables
from qinggong.office.database import Database, stamp
from qinggong.office.problems import Conflict

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the journal."""

    seq: int
    at: str
    who: str
    action: str
    kind: str
    object: str
    before: Values
    after: Values
    note: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """What a check of the journal found: its length, the hash of its last entry, and the first fault if any."""

    entries: int
    head: str
    fault: str = ""

    @property
    def sound(self) -> bool:
        return not self.fault


def plain_json(value: Any) -> str:
    """One text for one value, so that hashes repeat."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


_CHAINED = ("seq", "at", "who", "action", "kind", "object", "before", "after", "note")


def chained(previous: str, values: Mapping[str, Any]) -> str:
    """The hash of an entry over all its values and the hash of the one before."""
    return hashlib.sha256(plain_json([previous, *(values[name] for name in _CHAINED)]).encode()).hexdigest()


def record(
    connection: Connection,
    *,
    at: dt.datetime,
    who: str,
    action: str,
    kind: str,
    object: str,
    before: Values | None = None,
    after: Values | None = None,
    note: str = "",
) -> None:
    """Write one entry, in the writer's own transaction: what is not recorded has not happened."""
    head = connection.execute(sa.select(tables.journal_head.c.seq, tables.journal_head.c.hash)).one()
    values = {
        "seq": int(head.seq) + 1, "at": stamp(at), "who": who, "action": action, "kind": kind, "object": object,
        "before": plain_json(dict(before or {})), "after": plain_json(dict(after or {})), "note": note,
    }  # fmt: skip
    digest = chained(head.hash, values)
    connection.execute(sa.insert(tables.journal).values(**values, previous=head.hash, hash=digest))
    moved = connection.execute(
        sa.update(tables.journal_head)
        .where(tables.journal_head.c.id == 1, tables.journal_head.c.seq == head.seq)
        .values(seq=values["seq"], hash=digest)
    )
    if moved.rowcount != 1:
        raise Conflict("操作记录同时被别人写入，没有写入，请再试一次")


def entries(
    connection: Connection, *, kind: str = "", object: str = "", newest: int | None = None
) -> tuple[Entry, ...]:
    """Entries in order; of one kind or object, or only the newest ones."""
    j = tables.journal
    query = sa.select(j).order_by(j.c.seq.desc())
    if kind:
        query = query.where(j.c.kind == kind)
    if object:
        query = query.where(j.c.object == object)
    if newest is not None:
        query = query.limit(newest)
    rows = connection.execute(query).all()
    return tuple(
        Entry(r.seq, r.at, r.who, r.action, r.kind, r.object, json.loads(r.before), json.loads(r.after), r.note, r.hash)
        for r in reversed(rows)
    )


def verify(database: Database, *, head: str = "") -> Verified:
    """Recompute the whole chain.

    Parameters
    ----------
    head
        A hash that was noted before: some entry must still carry it.
    """
    j = tables.journal
    previous, count, seen = "", 0, not head
    with database.reading() as connection:
        known = connection.execute(sa.select(tables.journal_head.c.seq, tables.journal_head.c.hash)).one_or_none()
        for row in connection.execute(sa.select(j).order_by(j.c.seq)).yield_per(1000):
            count += 1
            if row.seq != count:
                return Verified(count - 1, previous, f"第{count}条缺失，下一条是第{row.seq}条")
            digest = chained(row.previous, row._asdict())
            if row.previous != previous or digest != row.hash:
                return Verified(
                    count - 1, previous, f"第{row.seq}条（{row.at} {row.who} {row.action} {row.object}）被改动过"
                )
            previous = row.hash
            seen = seen or previous == head
    if known is None or (known.seq, known.hash) != (count, previous):
        return Verified(count, previous, f"末尾不全：登记到第{known.seq if known else 0}条，实有{count}条")
    if not seen:
        return Verified(count, previous, "没有与所给校验值相符的记录，末尾可能被截去或全部被重写")
    return Verified(count, previous)
