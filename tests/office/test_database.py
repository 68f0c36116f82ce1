"""The database: migrations from older files, newer ones refused, secrets kept, writers one at a time."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from offices import PASSWORD, Clock, Office
from postgres_server import SECRET, Server

from qinggong.office import accounts, cases, database, episodes, journal, tables
from qinggong.office.database import open_database
from qinggong.office.migrations import MIGRATIONS, NEWEST, migrate, present_version
from qinggong.office.permissions import SYSTEM, Actor
from qinggong.office.problems import Conflict, OfficeError

VERSION_1 = Path(__file__).parent / "data" / "office_v1.sql"


def older_file(folder: Path) -> Path:
    """A database of version 1, from its frozen dump."""
    path = folder / "office.sqlite"
    with sqlite3.connect(path) as connection:
        connection.executescript(VERSION_1.read_text(encoding="utf-8"))
    connection.close()
    return path


def test_an_older_file_is_brought_up_to_date_with_a_copy(tmp_path: Path) -> None:
    path = older_file(tmp_path)
    db = open_database(path, files=tmp_path / "files", clock=Clock())
    with db.reading() as connection:
        assert present_version(connection) == NEWEST
    assert (tmp_path / "office.sqlite.v1.bak").is_file()
    actor = accounts.sign_in(db, "zonghe", PASSWORD)
    assert actor == Actor("zonghe", ("coordinator",))
    case = cases.find(db, actor, "YJ-2025-0001")
    assert (case.state, case.owner, case.meeting, case.parent, case.answer) == ("assigned", "zonghe", "", "", "")
    assert episodes.signals_of(db, actor, case.number)[0].problems == ("export",)
    cases.act(db, actor, case.number, "answer", note="升级之后照常办理")
    assert journal.verify(db).sound and len(cases.log_of(db, actor, case.number)) == 3
    db.close()


def test_the_copy_is_the_older_database(tmp_path: Path) -> None:
    path = older_file(tmp_path)
    open_database(path, files=tmp_path).close()
    with sqlite3.connect(tmp_path / "office.sqlite.v1.bak") as copy:
        assert copy.execute("SELECT max(number) FROM office_version").fetchone() == (1,)
        assert copy.execute("SELECT count(*) FROM cases").fetchone() == (1,)
    copy.close()


@pytest.mark.needs_postgres
@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_an_older_postgresql_database_is_brought_up_to_date(server: Server, tmp_path: Path, version: int) -> None:
    server.run(f"CREATE DATABASE older_{version}")
    address = server.address(f"older_{version}")
    engine = database._postgresql(database._url(address))
    with engine.execution_options(**{database._WRITE: True}).begin() as connection:
        migrate(connection, now=Clock()(), shown="x", upto=version)
        if version:
            with sqlite3.connect(older_file(tmp_path)) as older:
                for table in ("accounts", "cases", "signals"):
                    rows = older.execute(f"SELECT * FROM {table}").fetchall()
                    places = ", ".join(f":p{i}" for i in range(len(rows[0])))
                    for row in rows:
                        values = {f"p{i}": value for i, value in enumerate(row)}
                        connection.execute(sa.text(f"INSERT INTO {table} VALUES ({places})"), values)
            older.close()
    engine.dispose()
    db = open_database(address, files=tmp_path, make=not version)
    if version:
        case = cases.find(db, Actor("zonghe", ("coordinator",)), "YJ-2025-0001")
        assert case.state == "assigned" and case.meeting == ""
        cases.act(db, Actor("zonghe", ("coordinator",)), case.number, "answer", note="照常")
    with db.reading() as connection:
        assert present_version(connection) == NEWEST
    db.close()


def test_migrated_tables_are_those_of_the_program(office: Office) -> None:
    with office.db.reading() as connection:
        found = sa.inspect(connection)
        assert set(found.get_table_names()) == set(tables.metadata.tables)
        for name, table in tables.metadata.tables.items():
            columns = {c["name"]: (c["type"].python_type, c["nullable"]) for c in found.get_columns(name)}
            assert columns == {c.name: (c.type.python_type, bool(c.nullable)) for c in table.columns}, name
            assert set(found.get_pk_constraint(name)["constrained_columns"]) == {c.name for c in table.primary_key}
            known = {(tuple(k["constrained_columns"]), k["referred_table"]) for k in found.get_foreign_keys(name)}
            assert known == {((f.parent.name,), f.column.table.name) for f in table.foreign_keys}, name


def test_a_newer_database_is_refused(office: Office) -> None:
    with office.db.writing() as connection:
        connection.execute(
            sa.insert(tables.version).values(number=NEWEST + 1, name="later", applied_at="x", code_version="9")
        )
    with pytest.raises(OfficeError, match=rf"是第{NEWEST + 1}版，由更新的程序建立，本程序只到第{NEWEST}版") as refused:
        open_database(office.address, files=Path("unused"))
    assert SECRET not in str(refused.value)


def test_migrations_are_numbered_without_gaps() -> None:
    assert [m.number for m in MIGRATIONS] == list(range(1, NEWEST + 1))


def test_opening_twice_changes_nothing(lite: Office) -> None:
    before = Path(lite.address).stat().st_size
    open_database(lite.address, files=Path("unused")).close()
    assert Path(lite.address).stat().st_size == before and not list(Path(lite.address).parent.glob("*.bak"))


# ------------------------------------------------------------------------------------------------ faults


def test_without_a_database_it_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="请先运行 qinggong office init"):
        open_database(tmp_path / "office.sqlite", files=tmp_path)
    assert not (tmp_path / "office.sqlite").exists()


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "office.sqlite").write_bytes(b"no database at all" * 100)
    with pytest.raises(OfficeError, match="已损坏或不是数据库文件"):
        open_database(tmp_path / "office.sqlite", files=tmp_path)


def test_a_damaged_database(lite: Office) -> None:
    path = Path(lite.address)
    lite.db.close()
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(OfficeError, match="已损坏"):
        cases.listed(open_database(path, files=Path("unused")), lite["zong"])


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("mysql://u:topsecret@h/d", "不支持“mysql”"),
        ("postgresql://u:topsecret@h:port/d", "写法不对"),
        ("postgresql://u:topsecret@h/d?sslmode=prefer", "sslmode=prefer"),
        ("postgresql://u:topsecret@h/d?options=x", "不认识的参数 options"),
        ("sqlite:///x", "不支持“sqlite”"),
    ],
)
def test_addresses_that_cannot_be(tmp_path: Path, address: str, told: str) -> None:
    with pytest.raises(OfficeError, match=told) as refused:
        open_database(address, files=tmp_path)
    assert "topsecret" not in str(refused.value) and refused.value.__cause__ is None


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    socket = tmp_path / "none"
    with pytest.raises(OfficeError, match="出错") as refused:
        open_database(f"postgresql://u:topsecret@/d?unix_sock={socket}", files=tmp_path)
    assert "topsecret" not in str(refused.value) and refused.value.__cause__ is None


def test_a_far_server_is_reached_by_tls_only() -> None:
    """Without sslmode=disable the driver gets a context that checks certificate and name."""
    made = sa.create_engine("sqlite://")
    seen: dict[str, Any] = {}

    def create(_: object, **more: Any) -> sa.Engine:
        seen.update(more)
        return made

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(database.sa, "create_engine", create)
        database._postgresql(database._url("postgresql://u:s@db.example/d"))
        far = seen["connect_args"]["ssl_context"]
        assert far.check_hostname and far.verify_mode.name == "CERT_REQUIRED"
        database._postgresql(database._url("postgresql://u:s@localhost/d"))
        assert "ssl_context" not in seen["connect_args"]


@pytest.mark.needs_postgres
def test_a_wrong_secret_is_not_shown(server: Server, tmp_path: Path) -> None:
    with pytest.raises(OfficeError, match="出错") as refused:
        open_database(server.address("filled", secret="wrong-secret"), files=tmp_path)
    assert "wrong-secret" not in str(refused.value)


@pytest.mark.needs_postgres
def test_a_database_shows_itself_without_its_secret(make_office: Callable[[str], Office]) -> None:
    office = make_office("postgresql")
    assert SECRET not in repr(office.db) and SECRET not in office.db.shown and "***" in office.db.shown


# -------------------------------------------------------------------------------------------- transactions


def test_what_fails_half_way_has_not_happened(office: Office) -> None:
    before = journal.verify(office.db)
    with pytest.raises(RuntimeError), office.db.writing() as connection:
        cases.opened(connection, office.db, office["zong"], cases.NewCase(kind="task", title="x"))
        raise RuntimeError("power cut")
    assert cases.listed(office.db, office["zong"]) == () and journal.verify(office.db) == before


def test_reading_cannot_write(office: Office) -> None:
    with pytest.raises(OfficeError), office.db.reading() as connection:
        connection.execute(sa.update(tables.cases).values(title="x"))


def test_a_writer_that_waits_too_long_gets_a_sentence(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "WAIT_SECONDS", 1)
    second = open_database(office.address, files=Path("unused"))
    with office.db.writing(), pytest.raises(Conflict, match="正被别人改动"), second.writing():
        pass
    second.close()


def test_writers_wait_for_each_other(office: Office) -> None:
    """Twenty threads that open a case each: twenty numbers without gap or repeat, one chain."""

    def work() -> None:
        cases.open_case(office.db, office["zong"], cases.NewCase(kind="task", title="x"))

    threads = [threading.Thread(target=work) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    numbers = sorted(c.number for c in cases.listed(office.db, office["zong"]))
    assert numbers == [f"RW-2025-{n:04d}" for n in range(1, 21)]
    assert journal.verify(office.db).sound


def test_the_program_cannot_do_what_persons_do(lite: Office) -> None:
    case = cases.open_case(lite.db, lite["zong"], cases.NewCase(kind="task", title="x"))
    with pytest.raises(OfficeError):
        cases.act(lite.db, SYSTEM, case.number, "assign", owner="jiaju")
