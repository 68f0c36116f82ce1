"""The observation table on Delta Lake, queried by an embedded DuckDB.

One input file is one commit that carries a Delta transaction identifier, so two ingests of one file cannot both
land; a large one is written in parts that only that commit makes visible. DuckDB reads the Parquet files of the
pinned table version; no DuckDB extension is installed or loaded.
"""

from __future__ import annotations

import datetime as dt
import time
import uuid
from collections.abc import Collection, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import duckdb
import numpy as np
from deltalake import DeltaTable, Field, Schema, write_deltalake
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.schema import PrimitiveType
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from qinggong.periods import Period, parse
from qinggong.store.base import Observation, SeriesKey, Snapshot, StoreError, order_in_history

_SERIES = ("subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit")
_REST = (
    "period", "value", "printed", "printed_unit", "status", "published_at", "published_at_basis", "known_at",
    "publisher", "source", "raw_sha256", "row", "citation", "url",
)  # fmt: skip
COLUMNS = _SERIES + _REST
_TYPES = {"value": "DOUBLE", "published_at": "DATE", "row": "INTEGER"}
_DELTA_TYPES = {"value": "double", "published_at": "date", "row": "integer", "known_at": "timestamp"}
_ATTEMPTS = 8
_PART = "bulk-"
_IDENTITY = ", ".join(_SERIES)
# Instants travel as microseconds: the embedded engine then needs no time-zone database of its own.
_FETCHED = ", ".join("epoch_us(known_at)" if name == "known_at" else name for name in COLUMNS)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def _connect() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "threads": "1",
            "autoinstall_known_extensions": "false",
            "autoload_known_extensions": "false",
        }
    )


@cache
def _period(code: str) -> Period:
    return parse(code)


class DeltaStore:
    """The append-only table in a local folder.

    Parameters
    ----------
    folder
        Where the table lies; it is created by the first ``append``.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def _table(self) -> DeltaTable | None:
        if not (self.folder / "_delta_log").is_dir():
            return None
        try:
            return DeltaTable(str(self.folder))
        except DeltaError as error:
            raise _damaged(self.folder, error) from error

    def _made(self) -> DeltaTable:
        """The table, made empty if there is none; a maker that came first is as good."""
        table = self._table()
        if table is not None:
            return table
        schema = Schema([Field(name, PrimitiveType(_DELTA_TYPES.get(name, "string"))) for name in COLUMNS])
        try:
            return DeltaTable.create(str(self.folder), schema, mode="ignore")
        except DeltaError as error:
            table = self._table()
            if table is None:
                raise _damaged(self.folder, error) from error
            return table

    @property
    def version(self) -> int:
        """Version of the table, −1 before the first commit."""
        table = self._table()
        return -1 if table is None else table.version()

    def append(self, observations: Sequence[Observation], *, transaction: str) -> bool:
        if not observations:
            return False
        columns = _to_columns(observations)
        fields = ", ".join(f"{_cast(name)} AS {name}" for name in COLUMNS)
        for _ in range(_ATTEMPTS):
            # The commit is made against the very version in which the transaction was looked for: of two writers of
            # one transaction the second meets a conflict, looks again and finds it.
            table = self._made()
            if table.transaction_version(transaction) is not None:
                return False
            with _connect() as connection:
                connection.register("incoming", columns)
                try:
                    write_deltalake(
                        table,
                        connection.sql(f"SELECT {fields} FROM incoming"),
                        mode="append",
                        commit_properties=CommitProperties(
                            app_transactions=[Transaction(app_id=transaction, version=1)],
                        ),
                    )
                except CommitFailedError:
                    continue
                except DeltaError as error:
                    raise _damaged(self.folder, error) from error
            return True
        raise StoreError(f"观测表 {self.folder} 正被别的程序不断写入，请稍后再试")

    def append_parts(self, batches: Iterable[duckdb.DuckDBPyRelation], *, transaction: str) -> int | None:
        """Add one large file's rows as one commit, in the memory of one batch.

        Parameters
        ----------
        batches
            Relations with the columns of the table, taken and written one by one before the commit; what the
            iterator does after its last batch is done before it too, and what it raises undoes the parts.
        transaction
            As for ``append``.

        Returns
        -------
        int | None
            Rows added, 0 without a commit if there is none; ``None`` if the transaction is in already.

        Raises
        ------
        StoreError
            If the table is damaged or is being written to all the time.
        """
        if self.holds(transaction):
            return None
        name, parts, added = f"{_PART}{uuid.uuid4().hex}", list[tuple[Path, int]](), 0
        try:
            for number, batch in enumerate(batches):
                self._made()
                path = self.folder / f"{name}-{number:05d}.parquet"
                parts.append((path, 0))
                batch.write_parquet(str(path), compression="zstd")
                parts[-1] = (path, _rows_in(path))
            filled = [(path, rows) for path, rows in parts if rows]
            if filled and not self._commit(filled, transaction):
                return None
            added = sum(rows for _, rows in filled)
            return added
        finally:
            if not added:
                self._remove(path for path, _ in parts)

    def _commit(self, parts: Sequence[tuple[Path, int]], transaction: str) -> bool:
        """Make written parts visible at once; ``False`` if the transaction is in already."""
        now = int(time.time() * 1000)
        actions: list[AddAction | RemoveAction] = [
            AddAction(path.name, path.stat().st_size, {}, now, True, f'{{"numRecords":{rows}}}')
            for path, rows in parts
        ]  # fmt: skip
        for _ in range(_ATTEMPTS):
            table = self._made()
            if table.transaction_version(transaction) is not None:
                return False
            try:
                table.create_write_transaction(
                    actions,
                    mode="append",
                    schema=table.schema(),
                    commit_properties=CommitProperties(
                        app_transactions=[Transaction(app_id=transaction, version=1)],
                    ),
                )
            except CommitFailedError:
                continue
            except DeltaError as error:
                raise _damaged(self.folder, error) from error
            return True
        raise StoreError(f"观测表 {self.folder} 正被别的程序不断写入，请稍后再试")

    def sweep(self) -> None:
        """Remove the parts of a process that was killed before its commit; only for the table's only writer."""
        self._remove(self.folder.glob(f"{_PART}*.parquet"))

    def _remove(self, parts: Iterable[Path]) -> None:
        """Remove parts, but none of the table: a commit that is said to have failed may have been made."""
        if orphans := set(parts):
            for path in orphans - {Path(file) for file in self._files()}:
                path.unlink(missing_ok=True)

    def holds(self, transaction: str) -> bool:
        """True if the file of this transaction has been taken in."""
        table = self._table()
        return table is not None and table.transaction_version(transaction) is not None

    def everything(self) -> list[Observation]:
        """All rows, replaced ones too, in the order in which one replaces another."""
        rows, _ = self._select(f"SELECT {_FETCHED} FROM observations", {})
        return sorted((_to_observation(r) for r in rows), key=lambda o: (o.series, o.period, order_in_history(o)))

    def of_series(self, wanted: Collection[tuple[str, str, str]]) -> list[Observation]:
        """All rows, replaced ones too, of the series with these (subject key, region, indicator), in order."""
        if not wanted:
            return []
        names = ("subject_key", "wanted_region", "wanted_indicator")
        asked = {
            n: np.array(column, dtype=object)
            for n, column in zip(names, zip(*sorted(wanted), strict=True), strict=True)
        }
        rows, _ = self._select(
            f"SELECT {_FETCHED} FROM observations SEMI JOIN asked ON region = wanted_region"
            " AND indicator = wanted_indicator AND subject_kind || ':' || subject || '@' || scope = subject_key",
            {},
            asked=asked,
        )
        return sorted((_to_observation(r) for r in rows), key=lambda o: (o.series, o.period, order_in_history(o)))

    def rows_of(self, raw_sha256: str) -> set[int]:
        """The row numbers of a file that are in."""
        rows, _ = self._select("SELECT row FROM observations WHERE raw_sha256 = $sha", {"sha": raw_sha256})
        return {int(row) for (row,) in rows}

    def without(self, other: DeltaStore) -> list[Observation]:
        """The rows of this table that the other lacks, every column compared; a row held twice counts twice.

        Rows are compared one by one only of input files whose count or sum of row hashes differs.
        """
        files, theirs = self._files(), other._files()
        if not files:
            return []
        columns = ", ".join(COLUMNS)
        try:
            with _connect() as connection:
                connection.read_parquet(files).create_view("mine")
                if theirs:
                    connection.read_parquet(theirs).create_view("theirs")
                    mine, other_sums = _sums(connection, "mine"), _sums(connection, "theirs")
                    differing = sorted(sha for sha, sums in mine.items() if other_sums.get(sha) != sums)
                    if not differing:
                        return []
                    connection.register("differing", {"sha": np.array(differing, dtype=object)})
                    chosen = "SEMI JOIN differing ON raw_sha256 = sha"
                    beside = f"{chosen} EXCEPT ALL SELECT {columns} FROM theirs {chosen}"
                else:
                    beside = ""
                rows = connection.execute(f"SELECT {_FETCHED} FROM (SELECT {columns} FROM mine {beside})").fetchall()
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise _damaged(self.folder, error) from error
        return sorted((_to_observation(r) for r in rows), key=lambda o: (o.series, o.period, order_in_history(o)))

    def count(self) -> int:
        """Number of rows."""
        rows, _ = self._select("SELECT count(*) FROM observations", {})
        return int(rows[0][0]) if rows else 0

    def as_of(self, date: dt.date, *, known: dt.datetime | None = None) -> Snapshot:
        condition = "published_at <= $date AND ($known IS NULL OR epoch_us(known_at) <= $known)"
        limit = None if known is None else _microseconds(known)
        rows, version = self._select(_winner_query(condition), {"date": date, "known": limit})
        counted, _ = self._select(
            "SELECT period, count(*) FROM observations WHERE published_at IS NULL"
            " AND ($known IS NULL OR epoch_us(known_at) <= $known) GROUP BY period",
            {"known": limit},
        )
        undated = sum(int(n) for code, n in counted if _period(code).end_date <= date)
        return Snapshot(tuple(_to_observation(r) for r in rows), date, known, version, undated)

    def latest(self) -> Snapshot:
        rows, version = self._select(_winner_query("true"), {})
        return Snapshot(tuple(_to_observation(r) for r in rows), None, None, version)

    def history(self, series: SeriesKey) -> list[Observation]:
        condition = " AND ".join(f"{name} = ${name}" for name in _SERIES)
        rows, _ = self._select(
            f"SELECT {_FETCHED} FROM observations WHERE {condition} ORDER BY published_at NULLS FIRST, known_at, row",
            {name: getattr(series, name) for name in _SERIES},
        )
        return sorted((_to_observation(r) for r in rows), key=lambda o: o.period)

    def series(self) -> list[SeriesKey]:
        rows, _ = self._select(f"SELECT DISTINCT {_IDENTITY} FROM observations", {})
        return sorted(SeriesKey(*row) for row in rows)

    def _files(self, table: DeltaTable | None = None) -> list[str]:
        table = table or self._table()
        # The log gives percent-encoded addresses; the parts lie side by side in the folder under plain names.
        uris = [] if table is None else table.file_uris()
        return [str(self.folder / unquote(uri.replace("\\", "/").rsplit("/", 1)[1])) for uri in uris]

    def _select(
        self, query: str, parameters: dict[str, Any], *, asked: dict[str, Any] | None = None
    ) -> tuple[list[tuple[Any, ...]], int]:
        table = self._table()
        if table is None:
            return [], -1
        files = self._files(table)
        if not files:
            return [], table.version()
        try:
            with _connect() as connection:
                connection.read_parquet(files).create_view("observations")
                if asked is not None:
                    connection.register("asked", asked)
                used = {k: v for k, v in parameters.items() if f"${k}" in query}
                return connection.execute(query, used).fetchall(), table.version()
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            raise _damaged(self.folder, error) from error


def _damaged(folder: Path, error: Exception) -> StoreError:
    reason = " ".join(str(error).split())[:160]
    return StoreError(f"观测表 {folder} 打不开或已损坏（{reason}），请从备份恢复该文件夹")


def _sums(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, tuple[int, int]]:
    """For each input file the number of its rows and the sum of their hashes, whatever their order."""
    query = (
        f"SELECT raw_sha256, count(*), sum(CAST(hash({', '.join(COLUMNS)}) AS HUGEINT)) FROM {view} GROUP BY raw_sha256"
    )
    return {sha: (int(count), int(total)) for sha, count, total in connection.execute(query).fetchall()}


def _rows_in(path: Path) -> int:
    with _connect() as connection:
        (found,) = connection.execute("SELECT num_rows FROM parquet_file_metadata(?)", [str(path)]).fetchall()
    return int(found[0])


def _cast(name: str) -> str:
    if name == "known_at":
        return "to_timestamp(known_at / 1000000.0)"
    if name == "value":
        return "CASE WHEN isnan(value) THEN NULL ELSE value END"
    return f"CAST({name} AS {_TYPES.get(name, 'VARCHAR')})"


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _winner_query(condition: str) -> str:
    return f"""
        SELECT {_FETCHED} FROM (
            SELECT *, row_number() OVER (
                PARTITION BY {_IDENTITY}, period
                ORDER BY published_at DESC NULLS LAST, known_at DESC, row DESC
            ) AS place
            FROM observations WHERE {condition}
        ) WHERE place = 1 AND status <> 'withdrawn'
    """


def _to_columns(observations: Sequence[Observation]) -> dict[str, Any]:
    columns: dict[str, Any] = {name: [] for name in COLUMNS}
    for o in observations:
        for name in _SERIES:
            columns[name].append(getattr(o.series, name))
        for name in _REST:
            value = getattr(o, name)
            if name == "period":
                value = o.period.code
            elif name == "published_at":
                value = None if value is None else value.isoformat()
            elif name == "known_at":
                value = _microseconds(value)
            columns[name].append(value)
    for name, values in columns.items():
        if name == "value":
            columns[name] = np.array([np.nan if v is None else v for v in values], dtype=np.float64)
        elif name in ("row", "known_at"):
            columns[name] = np.array(values, dtype=np.int64)
        else:
            columns[name] = np.array(values, dtype=object)
    return columns


def _to_observation(row: tuple[Any, ...]) -> Observation:
    series = SeriesKey(*row[: len(_SERIES)])
    values = dict(zip(_REST, row[len(_SERIES) :], strict=True))
    values["period"] = _period(values["period"])
    values["known_at"] = _EPOCH + dt.timedelta(microseconds=values["known_at"])
    return Observation(series=series, **values)
