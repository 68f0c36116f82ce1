"""The office's database (办公数据库): SQLite beside the workspace's other files, or PostgreSQL by an address.

``reading`` sees one consistent state; ``writing`` is the only writer until it ends, on both databases, so that the
journal's chain has one order. What is written outside of ``writing`` does not exist.
"""

from __future__ import annotations

import datetime as dt
import os
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError

from qinggong.office import tables
from qinggong.office.migrations import NEWEST, check_version, migrate, present_version
from qinggong.office.problems import Conflict, OfficeError

WAIT_SECONDS = 15
"""How long a writer waits for another one."""
_ANSWER_SECONDS = 60
"""How long a server may take over one answer: longer than a writer waits, so that the server says why."""
_WRITE = "qinggong_write"
_LOCAL = ("", "localhost", "127.0.0.1", "::1")


def utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


def stamp(moment: dt.datetime) -> str:
    """A moment as it is kept: UTC, microseconds, one width."""
    return moment.astimezone(dt.UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, slots=True)
class Database:
    """An opened database; ``shown`` names it without its secret, ``files`` is the folder of attachments."""

    shown: str
    files: Path
    engine: Engine = field(repr=False)
    clock: Callable[[], dt.datetime] = field(default=utc_now, repr=False)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """One consistent state of the database, read only."""
        with _told(self.shown), self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """The only writer: all of it happens, or nothing.

        Raises
        ------
        Conflict
            If another writer does not end within ``WAIT_SECONDS``.
        """
        with _writer(self) as connection:
            if self.engine.dialect.name != "sqlite":
                connection.execute(sa.select(tables.journal_head.c.id).with_for_update())
            yield connection

    def close(self) -> None:
        self.engine.dispose()


@contextmanager
def _writer(database: Database) -> Iterator[Connection]:
    options = {_WRITE: True}
    with (
        _told(database.shown),
        database.engine.connect().execution_options(**options) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _told(shown: str) -> Iterator[None]:
    """Turn the driver's errors into one sentence; statements, parameters and addresses stay out of it."""
    try:
        yield
    except DBAPIError as error:
        said = str(error.orig).lower()
        if "locked" in said or "lock timeout" in said or "55p03" in said:
            raise Conflict(f"数据库 {shown} 正被别人改动，{WAIT_SECONDS}秒内没有轮到，请稍后再试") from None
        if any(word in said for word in ("not a database", "malformed", "disk image")):
            raise OfficeError(f"数据库 {shown} 已损坏或不是数据库文件，请用备份替换") from None
        if "readonly" in said or "read-only" in said:
            raise OfficeError(f"数据库 {shown} 只读，不能写入，请检查文件权限") from None
        if "disk is full" in said or "53100" in said:
            raise OfficeError(f"数据库 {shown} 所在磁盘已满，没有写入，请腾出空间") from None
        kind = type(error.orig).__name__
        raise OfficeError(f"数据库 {shown} 出错（{kind}），没有写入，请检查数据库服务和地址") from None
    except (TimeoutError, ConnectionError):
        raise OfficeError(f"数据库 {shown} 没有应答，请检查网络和数据库服务后再试") from None
    except SQLAlchemyError as error:
        raise OfficeError(f"数据库 {shown} 出错（{type(error).__name__}），没有写入") from None


def open_database(
    address: str | Path,
    *,
    files: Path,
    make: bool = False,
    clock: Callable[[], dt.datetime] = utc_now,
) -> Database:
    """Open the database at a path (SQLite) or an address (``postgresql://…``), bringing an older one up to date.

    Parameters
    ----------
    files
        Folder in which attachments are kept.
    make
        Make the tables if there are none yet.

    Raises
    ------
    OfficeError
        No database yet, one of a newer program, one that cannot be reached, a driver that is not installed.
    """
    url = _url(address)
    lite = url.get_backend_name() == "sqlite"
    shown = str(url.database) if lite else url.render_as_string(hide_password=True)
    path = Path(str(url.database)) if lite else None
    if path is not None:
        if not path.exists() and not make:
            raise OfficeError(f"还没有办公数据库（{path}），请先运行 qinggong office init")
        _private(path)
    engine = _sqlite(url) if lite else _postgresql(url)
    database = Database(shown, files, engine, clock)
    try:
        _bring_up_to_date(database, path, make=make)
    except BaseException:
        engine.dispose()
        raise
    return database


def _url(address: str | Path) -> URL:
    if isinstance(address, Path):
        return URL.create("sqlite", database=str(address))
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        # The text may hold a secret, so it is not repeated.
        raise OfficeError("办公数据库地址写法不对，应如 postgresql://用户:密码@主机/库名") from None
    if url.drivername in ("postgresql", "postgres", "postgresql+pg8000"):
        return url.set(drivername="postgresql+pg8000")
    raise OfficeError(f"办公数据库不支持“{url.drivername}”，只能是 PostgreSQL（postgresql://…）或本机文件")


def _private(path: Path) -> None:
    """The file is for its owner only, from its first byte on."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _sqlite(url: URL) -> Engine:
    engine = sa.create_engine(url, connect_args={"timeout": WAIT_SECONDS}, poolclass=sa.pool.NullPool)

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _: Any) -> None:
        # The driver's own transactions are off: "begin" below says which kind it is.
        connection.isolation_level = None
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL", "trusted_schema = OFF"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get(_WRITE)
        if not writes:
            connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    query = dict(url.query)
    mode = str(query.pop("sslmode", "disable" if (url.host or "") in _LOCAL else "require"))
    arguments: dict[str, Any] = {"application_name": "qinggong", "timeout": _ANSWER_SECONDS}
    if mode == "require":
        # Certificate and host name are checked; a certificate of one's own is named by sslrootcert.
        root = query.pop("sslrootcert", None)
        arguments["ssl_context"] = ssl.create_default_context(cafile=str(root) if root else None)
    elif mode != "disable":
        raise OfficeError(f"办公数据库地址中 sslmode={mode} 不认识，应为 require 或 disable")
    if socket := query.pop("unix_sock", None):
        arguments["unix_sock"] = str(socket)
    if query:
        raise OfficeError(f"办公数据库地址中有不认识的参数 {'、'.join(sorted(query))}，请删去")
    try:
        engine = sa.create_engine(
            url.set(query={}), connect_args=arguments, isolation_level="READ COMMITTED", pool_pre_ping=True
        )
    except ModuleNotFoundError:
        raise OfficeError("没有安装 PostgreSQL 驱动，请安装 qinggong[postgres]") from None

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        if connection.get_execution_options().get(_WRITE):
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{WAIT_SECONDS}s'")
        else:
            connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

    return engine


def _bring_up_to_date(database: Database, path: Path | None, *, make: bool) -> None:
    with database.reading() as connection:
        present = present_version(connection)
    check_version(present, shown=database.shown)
    if present == NEWEST:
        return
    if present == 0 and not make:
        raise OfficeError(f"数据库 {database.shown} 里还没有办公数据，请先运行 qinggong office init")
    if present and path is not None:
        _copy(database, path.with_name(f"{path.name}.v{present}.bak"))
    with _writer(database) as connection:
        if database.engine.dialect.name != "sqlite":
            # Two programs that upgrade at once: the second waits and finds it done.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7112026)")
        migrate(connection, now=database.clock(), shown=database.shown)


def _copy(database: Database, target: Path) -> None:
    """Keep the file as it was before an upgrade; a copy that is there already stays."""
    import sqlite3

    if target.exists():
        return
    _private(target)
    with database.engine.connect() as connection, sqlite3.connect(target) as copy:
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.backup(copy)
    copy.close()
