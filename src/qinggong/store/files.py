"""The data files of the table (数据文件): how they are written, listed, skipped and handed to the SQL engine.

A file is written under a hidden name, looked at, flushed to disk, and only then gets its name, which ends with the
beginning of the SHA-256 of its bytes: the log, which lists files by name, thereby says what each of them must hold.
"""

from __future__ import annotations

import datetime as dt
import errno
import hashlib
import json
import os
import re
import sys
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote

import duckdb
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from qinggong.store.base import StoreError
from qinggong.store.layout import COLUMNS, FILE_ORDER, HIDDEN, HIDDEN_SQL, ROW_GROUP, STORED, typed

Kind = Literal["rows", "bulk", "sorted"]
"""``rows``: one append; ``bulk``: a part of a large one; ``sorted``: made by ``compact``."""

HIDDEN_PREFIX = "_part-"
_NAME = re.compile(r"^(?P<kind>rows|bulk|sorted)-[0-9a-f]{32}-(?P<sum>[0-9a-f]{32})\.parquet$")
_SUM_DIGITS = 32
_MAGIC = b"PAR1"
GONE = "文件不见了"
_FULL = (errno.ENOSPC, errno.EFBIG, errno.EDQUOT)
_FULL_TEXTS = tuple(os.strerror(number) for number in _FULL)
_STATISTICS = ("series_hash", "period_first", "period_last", "published_at")
_READ_ERRORS = (
    duckdb.IOException, duckdb.InvalidInputException, duckdb.SerializationException, duckdb.InternalException,
    duckdb.OutOfRangeException, duckdb.ConversionException,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file of one version of the table, as the log describes it.

    ``low`` and ``high`` are its least and greatest fingerprint of a series, ``earliest`` and ``latest`` its days of
    publication; ``None`` where the log does not say. Of files without ``low`` nothing is presumed: they were written
    before there were fingerprints, or by another program. ``written`` is the moment of writing in milliseconds since
    1970.
    """

    name: str
    size: int
    rows: int | None
    low: int | None = None
    high: int | None = None
    earliest: dt.date | None = None
    latest: dt.date | None = None
    written: int = 0

    @property
    def kind(self) -> Kind | None:
        found = _NAME.match(self.name)
        return found["kind"] if found else None  # type: ignore[return-value]

    @property
    def sum(self) -> str:
        """Beginning of the SHA-256 of its bytes; empty for files of other writers."""
        found = _NAME.match(self.name)
        return found["sum"] if found else ""


def connect(*, threads: int = 1, memory: str = "", spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """An embedded engine that installs and loads no extension.

    Parameters
    ----------
    memory
        Limit of its memory, such as ``2GiB``; beyond it sorts go to ``spill``.
    """
    settings: dict[str, Any] = {
        "threads": str(threads),
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    if memory:
        settings["memory_limit"] = memory
    if spill is not None:
        settings["temp_directory"] = str(spill)
    made = duckdb.connect(config=settings)
    made.execute("SET enable_progress_bar = false")  # it is written to standard output, into lines and JSON
    return made


def listed(table: DeltaTable) -> tuple[DataFile, ...]:
    """The files of the version that ``table`` is at."""
    actions = table.get_add_actions(flatten=True)
    names = set(actions.schema.names)

    def column(name: str) -> list[Any]:
        return list(actions.column(name).to_pylist()) if name in names else [None] * actions.num_rows

    described = zip(
        column("path"), column("size_bytes"), column("num_records"), column("min.series_hash"),
        column("max.series_hash"), column("min.published_at"), column("max.published_at"),
        column("modification_time"), strict=True,
    )  # fmt: skip
    return tuple(sorted((DataFile(plain_name(path), *rest) for path, *rest in described), key=lambda f: f.name))


def plain_name(path: str) -> str:
    """The name of a file whose path the log gives percent-encoded; all files lie side by side in the folder."""
    return unquote(path.replace("\\", "/").rsplit("/", 1)[-1])


def needed(
    files: Iterable[DataFile], *, low: int | None = None, high: int | None = None, until: dt.date | None = None,
    after: dt.date | None = None,
) -> list[DataFile]:  # fmt: skip
    """The files that may hold rows of series in ``[low, high)``, published by ``until`` and after ``after``."""
    return [
        f
        for f in files
        if not (high is not None and f.low is not None and f.low >= high)
        and not (low is not None and f.high is not None and f.high < low)
        and not (until is not None and f.earliest is not None and f.earliest > until)
        and not (after is not None and f.latest is not None and f.latest <= after)
    ]


def source(folder: Path, files: Sequence[DataFile]) -> str:
    """What follows FROM: the rows of some files with the columns of ``STORED``. The one place where files are read."""
    known = [f for f in files if f.low is not None]
    others = [f for f in files if f.low is None]
    stored = ", ".join(STORED)
    parts = []
    if known:
        parts.append(f"SELECT {stored} FROM {_scan(folder, known)}")
    if others:
        made = ", ".join(f"{HIDDEN_SQL[name]} AS {name}" for name in HIDDEN)
        parts.append(f"SELECT {', '.join(COLUMNS)}, {made} FROM {_scan(folder, others)}")
    if not parts:
        parts.append(f"SELECT {', '.join(typed(name, 'NULL') for name in STORED)} WHERE false")
    return "(" + " UNION ALL ".join(parts) + ")"


def _scan(folder: Path, files: Sequence[DataFile]) -> str:
    paths = (str(folder / f.name).replace("'", "''") for f in files)
    return "read_parquet([" + ", ".join(f"'{path}'" for path in paths) + "])"


def with_hidden(relation: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """A batch in the types of the table, with the columns of ``HIDDEN``, in the order of a file."""
    given = ", ".join(typed(name) for name in COLUMNS)
    made = ", ".join(f"{HIDDEN_SQL[name]} AS {name}" for name in HIDDEN)
    return relation.project(given).project(f"*, {made}").order(FILE_ORDER)


def write(
    relation: duckdb.DuckDBPyRelation, folder: Path, *, kind: Kind, connection: duckdb.DuckDBPyConnection | None = None
) -> tuple[DataFile, AddAction] | None:
    """Write rows that are in the order of a file; ``None`` and no file if there is no row.

    Parameters
    ----------
    connection
        An engine to look at the written file with; by default a new one.

    Returns
    -------
    tuple
        The file, and the action that a commit makes it visible with.

    Raises
    ------
    StoreError
        If the folder cannot be written to; nothing is left there then.
    """
    number = uuid.uuid4().hex
    part = folder / f"{HIDDEN_PREFIX}{number}.parquet"
    try:
        try:
            relation.write_parquet(str(part), compression="zstd", row_group_size=ROW_GROUP)
            rows, bounds = _looked_at(part, connection)
            if not rows:
                return None
            path = folder / f"{kind}-{number}-{_sum_of(part)[:_SUM_DIGITS]}.parquet"
            flush(part)
            part.rename(path)
        except (duckdb.IOException, duckdb.OutOfMemoryException, OSError) as error:
            raise unwritable(folder, error) from error
    finally:
        part.unlink(missing_ok=True)
    size, low, high, days = path.stat().st_size, bounds["min"], bounds["max"], "published_at"
    statistics = {
        "numRecords": rows,
        "minValues": {name: _text(value) for name, value in low.items() if value is not None},
        "maxValues": {name: _text(value) for name, value in high.items() if value is not None},
        "nullCount": bounds["nulls"],
    }
    now = int(time.time() * 1000)
    file = DataFile(path.name, size, rows, low["series_hash"], high["series_hash"], low[days], high[days], now)
    return file, AddAction(path.name, size, {}, now, kind != "sorted", json.dumps(statistics))


def _looked_at(part: Path, connection: duckdb.DuckDBPyConnection | None) -> tuple[int, dict[str, dict[str, Any]]]:
    """Rows and bounds of a file just written, read back from it."""
    asked = ", ".join(f"min({n}), max({n}), count(*) - count({n})" for n in _STATISTICS)
    with nullcontext(connection) if connection else connect() as engine:
        (found,) = engine.execute(f"SELECT count(*), {asked} FROM read_parquet(?)", [str(part)]).fetchall()
    named = {
        "min": dict(zip(_STATISTICS, found[1::3], strict=True)),
        "max": dict(zip(_STATISTICS, found[2::3], strict=True)),
        "nulls": dict(zip(_STATISTICS, found[3::3], strict=True)),
    }
    return int(found[0]), named


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def flush(path: Path) -> None:
    """Bring a file or a folder to the disk, so that a power cut does not undo it."""
    if sys.platform == "win32":
        return  # folders cannot be opened there, and files only by their writer
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def flaw(folder: Path, file: DataFile) -> str:
    """What is wrong with a file as far as its size and its two ends tell; empty if nothing."""
    path = folder / file.name
    try:
        size = path.stat().st_size
        if size != file.size:
            return f"应有{file.size}字节，实有{size}字节"
        with path.open("rb") as opened:
            head = opened.read(len(_MAGIC))
            opened.seek(-len(_MAGIC), os.SEEK_END)
            return "" if head == opened.read() == _MAGIC else "不是完整的 Parquet 文件"
    except FileNotFoundError:
        return GONE
    except OSError as error:
        return f"打不开：{error.strerror}"


def changed_content(folder: Path, file: DataFile) -> str:
    """What is wrong with the bytes of a file; empty if nothing, or if its name does not say what they were."""
    try:
        found = _sum_of(folder / file.name)
    except OSError as error:
        return f"打不开：{error.strerror}"
    return "" if found.startswith(file.sum) else "内容与写入时不同，SHA-256 不符"


@contextmanager
def reading(folder: Path, files: Iterable[DataFile]) -> Iterator[None]:
    """Errors of reading as errors of the table, with the file that is at fault; errors of a query are left alone."""
    try:
        yield
    except duckdb.Error as error:
        if is_of_reading(error):
            raise damaged(folder, error, files) from error
        raise


def is_of_reading(error: duckdb.Error) -> bool:
    """True for errors of what is read, false for those of a query."""
    return isinstance(error, _READ_ERRORS) or type(error) is duckdb.Error


def damaged(folder: Path, error: Exception, files: Iterable[DataFile] = ()) -> StoreError:
    """The error of a table that cannot be read; it names the file that is at fault, if one is."""
    advice = "请运行 qinggong store verify 查明范围，再运行 qinggong replay 用原始档重建"
    given = list(files)
    for look in (flaw, changed_content):
        for file in given:
            if found := look(folder, file):
                return StoreError(f"观测表的数据文件 {folder / file.name} 已损坏（{found}），{advice}")
    reason = " ".join(str(error).split())[:160]
    return StoreError(f"观测表 {folder} 打不开或已损坏（{reason}），{advice}")


def unwritable(folder: Path, error: Exception) -> StoreError:
    """The error of a table that cannot be written; what is in it stays."""
    number = error.errno if isinstance(error, OSError) else None
    text = " ".join(str(error).split())
    if isinstance(error, PermissionError) or "Permission denied" in text or "Read-only file system" in text:
        advice = f"文件夹 {folder} 没有写入权限，请更改权限或换一个位置后重试"
    elif number in _FULL or any(phrase in text for phrase in _FULL_TEXTS):
        advice = f"{folder} 所在磁盘已满或文件大小受限，请腾出空间后重试"
    else:
        advice = f"请检查 {folder} 所在磁盘后重试（{text[:160]}）"
    return StoreError(f"观测表写入失败，已入库的数据不受影响：{advice}")
