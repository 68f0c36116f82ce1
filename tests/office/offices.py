"""What the tests of the office share: accounts of every role, a clock that is set, an opened office."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

from qinggong.office import accounts
from qinggong.office.database import Database
from qinggong.office.permissions import Actor

PASSWORD = "Qg-tests-2025-ok"
ACCOUNTS = {
    "guan": (("security_admin",), (), ()),
    "shen": (("auditor",), (), ()),
    "zong": (("coordinator",), (), ()),
    "fenxi": (("analyst",), (), ()),
    "jiaju": (("sector_officer",), ("21",), ()),
    "guangdong": (("province_officer",), (), ("44",)),
    "suqiu": (("appeals_officer",), (), ()),
    "xiehui": (("association",), (), ()),
}


@dataclass
class Clock:
    """The time as the tests want it."""

    now: dt.datetime = field(default_factory=lambda: dt.datetime(2025, 9, 1, 1, 0, tzinfo=dt.UTC))

    def __call__(self) -> dt.datetime:
        self.now += dt.timedelta(milliseconds=1)
        return self.now

    def to(self, day: str) -> None:
        self.now = dt.datetime.fromisoformat(f"{day}T01:00:00+00:00")


@dataclass(frozen=True)
class Office:
    """An opened database, its address, the clock, and the accounts as actors."""

    db: Database
    address: str | Path
    clock: Clock
    actors: dict[str, Actor]

    def __getitem__(self, name: str) -> Actor:
        return self.actors[name]


def fill(db: Database) -> None:
    """The first account and one of each role."""
    first = accounts.first_account(db, "chushi", display="初始", password=PASSWORD).actor()
    for name, (roles, industries, regions) in ACCOUNTS.items():
        accounts.add_account(db, first, name, display=name, password=PASSWORD)
        accounts.grant(db, first, name, roles=roles, industries=industries, regions=regions)
