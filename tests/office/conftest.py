"""Databases of both kinds with the same accounts, and a clock that tests set."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

sys.path.insert(0, str(Path(__file__).parent))

from offices import ACCOUNTS, Clock, Office, fill
from postgres_server import Server, running

from qinggong.office import accounts, passwords, tables
from qinggong.office.database import open_database
from qinggong.office.permissions import Actor

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.needs_postgres)]
TABLES = tuple(tables.metadata.tables)


@pytest.fixture(scope="session", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hashes that take no time; one test looks at the real ones."""
    with pytest.MonkeyPatch.context() as patch:
        quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_hasher", lambda: quick)
        yield


@pytest.fixture(scope="session")
def server(quick_hashes: None) -> Iterator[Server]:
    with running() as server:
        server.run("CREATE DATABASE filled")
        db = open_database(server.address("filled"), files=Path("unused"), make=True, clock=Clock())
        fill(db)
        db.close()
        server.run(f"CREATE SCHEMA kept; {'; '.join(f'CREATE TABLE kept.{t} AS TABLE {t}' for t in TABLES)}", "filled")
        yield server


def reset(server: Server) -> str:
    """Put the one database back to its first state: a new one for each test would be a thousand files each."""
    again = "; ".join(f"INSERT INTO {t} SELECT * FROM kept.{t}" for t in TABLES)
    server.run(f"SET session_replication_role = replica; TRUNCATE {', '.join(TABLES)}; {again}", "filled")
    return server.address("filled")


@pytest.fixture(scope="session")
def filled(quick_hashes: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the accounts, to be copied."""
    path = tmp_path_factory.mktemp("office") / "filled.sqlite"
    db = open_database(path, files=path.parent, make=True, clock=Clock())
    fill(db)
    with db.reading() as connection:
        connection.exec_driver_sql("SELECT 1")
    db.close()
    return path


@pytest.fixture
def make_office(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], Office]:
    def make(kind: str) -> Office:
        clock = Clock()
        address: str | Path
        if kind == "sqlite":
            address = tmp_path / "office.sqlite"
            shutil.copy(request.getfixturevalue("filled"), address)
        else:
            address = reset(request.getfixturevalue("server"))
        db = open_database(address, files=tmp_path / "files", clock=clock)
        request.addfinalizer(db.close)
        actors = {name: Actor(name, *rest) for name, rest in ACCOUNTS.items()}
        actors["chushi"] = Actor("chushi", accounts.FIRST_ROLES)
        return Office(db, address, clock, actors)

    return make


@pytest.fixture(params=BOTH)
def office(request: pytest.FixtureRequest, make_office: Callable[[str], Office]) -> Office:
    """An office on each of the two databases."""
    return make_office(request.param)


@pytest.fixture
def lite(make_office: Callable[[str], Office]) -> Office:
    """An office on SQLite."""
    return make_office("sqlite")
