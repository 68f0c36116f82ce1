"""The observation table on Delta Lake, queried by an embedded DuckDB.

One input file is one commit that carries a Delta transaction identifier, so two ingests of one file cannot both
land; a large one is written in parts that only that commit makes visible. DuckDB reads the Parquet files of the
pinned table version; no DuckDB extension is installed or loaded. How the files lie is in ``layout``.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from deltalake import DeltaTable
from deltalake.transaction import AddAction

from qinggong.panel import Panel
from qinggong.periods import Period
from qinggong.store import compaction, log, panels, vacuum, verify
from qinggong.store.base import Block, Change, Observation, SeriesKey, Snapshot, changed, last_rows
from qinggong.store.files import DataFile, connect, needed, with_hidden
from qinggong.store.layout import (
    COLUMNS,
    HASHES,
    IDENTITY,
    LAST_TO_FIRST,
    SCHEMA_VERSION,
    SERIES,
    schema_version,
    series_hash,
)
from qinggong.store.location import SCHEME
from qinggong.store.rows import FETCHED, in_order, microseconds, observation, period, relation_of
from qinggong.store.table import Table

__all__ = ["COLUMNS", "DeltaStore"]

_PART = "bulk-"
_KNOWN = "($known IS NULL OR epoch_us(known_at) <= $known)"


class DeltaStore(Table):
    """The append-only table in a local folder or in an object store.

    Parameters
    ----------
    place
        Folder where the table lies, or ``s3://bucket/prefix``; it is created by the first ``append``.
    settings
        Of the object store, see ``location.location``; none for a folder.
    """

    def __new__(cls, place: Path | str = "", settings: Mapping[str, str] | None = None) -> DeltaStore:
        if cls is DeltaStore and str(place).startswith(SCHEME):
            from qinggong.store.remote import RemoteStore

            return super().__new__(RemoteStore)
        return super().__new__(cls)

    def __init__(self, place: Path | str, settings: Mapping[str, str] | None = None) -> None:
        super().__init__(Path(place))

    # ------------------------------------------------------------------------------------------------- append

    def append(self, observations: Sequence[Observation], *, transaction: str) -> bool:
        if not observations:
            return False
        table = self._ready()
        if table.transaction_version(transaction) is not None:
            return False
        with connect() as connection:
            written = self._write(relation_of(observations, connection), kind="rows", connection=connection)
        assert written is not None  # there is at least one row
        landed = False
        try:
            landed = self._commit([written[1]], transaction, table)
            return landed
        finally:
            if not landed:
                self._remove([written[0].name])

    def append_parts(self, batches: Iterable[duckdb.DuckDBPyRelation], *, transaction: str) -> int | None:
        """Add one large file's rows as one commit, in the memory of one batch.

        Parameters
        ----------
        batches
            Relations with the columns of ``COLUMNS``, taken and written one by one before the commit; what the
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
            If the table is damaged, cannot be written to, or is being written to all the time.
        """
        if self.holds(transaction):
            return None
        parts, added = list[tuple[DataFile, AddAction]](), 0
        try:
            for batch in batches:
                self._made()
                if (part := self._write(with_hidden(batch), kind="bulk")) is not None:
                    parts.append(part)
            if parts:
                self._ready()
                if not self._commit([action for _, action in parts], transaction):
                    return None
            added = sum(file.rows or 0 for file, _ in parts)
            return added
        finally:
            if not added:
                self._remove(file.name for file, _ in parts)

    def _ready(self) -> DeltaTable:
        """The table in today's layout, made if there is none."""
        table = self._table() or self._made()
        return table if schema_version(table) == SCHEMA_VERSION else compaction.migrated(self, table)

    def sweep(self) -> None:
        """Remove the parts of a process that was killed before its commit; only for the table's only writer."""
        parts = {path.name for path in self.folder.glob(f"{_PART}*.parquet")} - {
            f.name for f in self._files(self._table())
        }
        # Parts that were merged are named in the log still, and older readers may be at them.
        for name in parts - log.named(self.folder) if parts else ():
            (self.folder / name).unlink(missing_ok=True)

    def holds(self, transaction: str) -> bool:
        """True if the file of this transaction has been taken in."""
        table = self._table()
        return table is not None and table.transaction_version(transaction) is not None

    # ---------------------------------------------------------------------------------------------- questions

    def as_of(self, date: dt.date, *, known: dt.datetime | None = None) -> Snapshot:
        limit = None if known is None else microseconds(known)
        with self._opened() as (connection, version):
            rows = connection.execute(
                _winner_query(f"published_at <= $date AND {_KNOWN}"), {"date": date, "known": limit}
            ).fetchall()
            counted = connection.execute(
                f"SELECT period, count(*) FROM observations WHERE published_at IS NULL AND {_KNOWN} GROUP BY period",
                {"known": limit},
            ).fetchall()
        undated = sum(int(n) for code, n in counted if period(code).end_date <= date)
        return Snapshot(tuple(observation(r) for r in rows), date, known, version, undated)

    def latest(self) -> Snapshot:
        rows, version = self._select(_winner_query("true"), {})
        return Snapshot(tuple(observation(r) for r in rows), None, None, version)

    def history(self, series: SeriesKey) -> list[Observation]:
        """All rows of a series, by period and in the order in which one replaces another."""
        rows, _ = self._of_one(series, "true", {})
        return in_order(rows)

    def series_as_of(
        self, series: SeriesKey, date: dt.date | None = None, *, known: dt.datetime | None = None
    ) -> tuple[Observation, ...]:
        """The numbers of one series as known on a day, by period; only its own part of the table is read."""
        condition = f"($date IS NULL OR published_at <= $date) AND {_KNOWN}"
        limit = None if known is None else microseconds(known)
        rows, _ = self._of_one(series, condition, {"date": date, "known": limit}, until=date)
        counting = last_rows(in_order(rows)).values()
        return tuple(o for o in counting if o.status != "withdrawn")

    def changes(self, start: dt.date, end: dt.date, *, known: dt.datetime | None = None) -> tuple[Change, ...]:
        limit = None if known is None else microseconds(known)
        # Only numbers with a row of that time can have changed; of these every earlier row is looked at.
        query = f"""
            WITH until AS (SELECT * FROM observations WHERE published_at <= $end AND {_KNOWN}),
                 touched AS (SELECT DISTINCT series_hash, period FROM until WHERE published_at > $start)
            SELECT {FETCHED} FROM until SEMI JOIN touched USING (series_hash, period)
        """
        rows, _ = self._select(query, {"start": start, "end": end, "known": limit})
        found = in_order(rows)
        before = last_rows(o for o in found if o.published_at is not None and o.published_at <= start)
        return changed(before, last_rows(found))

    def series(self) -> list[SeriesKey]:
        rows, _ = self._select(f"SELECT DISTINCT {IDENTITY} FROM observations", {})
        return sorted(SeriesKey(*row) for row in rows)

    def periods(self) -> dict[str, tuple[Period, ...]]:
        """All periods that the table has rows for, by span: a time axis that does not depend on a block."""
        rows, _ = self._select("SELECT DISTINCT span, period FROM observations", {})
        found: dict[str, set[Period]] = {}
        for span, code in rows:
            found.setdefault(span, set()).add(period(code))
        return {span: tuple(sorted(found[span])) for span in sorted(found)}

    def everything(self) -> list[Observation]:
        """All rows, replaced ones too, in the order in which one replaces another."""
        rows, _ = self._select(f"SELECT {FETCHED} FROM observations", {})
        return in_order(rows)

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
            f"SELECT {FETCHED} FROM observations SEMI JOIN asked ON region = wanted_region"
            " AND indicator = wanted_indicator AND subject_kind || ':' || subject || '@' || scope = subject_key",
            {},
            asked=asked,
        )
        return in_order(rows)

    def rows_of(self, raw_sha256: str) -> set[int]:
        """The row numbers of a file that are in."""
        rows, _ = self._select("SELECT row FROM observations WHERE raw_sha256 = $sha", {"sha": raw_sha256})
        return {int(row) for (row,) in rows}

    def count(self) -> int:
        """Number of rows."""
        rows, _ = self._select("SELECT count(*) FROM observations", {})
        return int(rows[0][0])

    def without(self, other: DeltaStore) -> list[Observation]:
        """The rows of this table that the other lacks, every column compared; a row held twice counts twice.

        Rows are compared one by one only of input files whose count or sum of row hashes differs.
        """
        mine_opened, theirs_opened = self._table(), other._table()
        files, theirs = self._files(mine_opened), other._files(theirs_opened)
        columns = ", ".join(COLUMNS)
        with self._reading(files), connect() as connection:
            for name, rows_of in (
                ("mine", self._rows(connection, mine_opened, files)),
                ("theirs", other._rows(connection, theirs_opened, theirs)),
            ):
                connection.execute(f"CREATE VIEW {name} AS SELECT {columns} FROM {rows_of}")
            mine, other_sums = _sums(connection, "mine"), _sums(connection, "theirs")
            differing = sorted(sha for sha, sums in mine.items() if other_sums.get(sha) != sums)
            if not differing:
                return []
            connection.register("differing", {"sha": np.array(differing, dtype=object)})
            chosen = "SEMI JOIN differing ON raw_sha256 = sha"
            rows = connection.execute(
                f"SELECT {FETCHED} FROM (SELECT * FROM mine {chosen} EXCEPT ALL SELECT * FROM theirs {chosen})"
            ).fetchall()
        return in_order(rows)

    # ------------------------------------------------------------------------------------------------- panels

    def blocks(self, count: int | None = None) -> tuple[Block, ...]:
        """Cut the table, as it is now, into parts of whole series, for array work and for engines.

        Parameters
        ----------
        count
            Number of blocks; by default such that a block fits easily into memory.
        """
        return panels.blocks(self, count)

    def read(
        self, block: Block, *, as_of: dt.date | None = None, known: dt.datetime | None = None
    ) -> tuple[Panel, ...]:
        """The series of a block as known on a day, one panel a span; without a day everything, undated rows too."""
        return panels.read(self, block, as_of=as_of, known=known)

    def panels(
        self, *, as_of: dt.date | None = None, known: dt.datetime | None = None,
        blocks: Sequence[Block] | None = None, threads: int = 0,
    ) -> Iterator[tuple[Panel, ...]]:  # fmt: skip
        """All series as known on a day, block by block; ``threads`` blocks at once (0: one a processor)."""
        return panels.panels(self, as_of=as_of, known=known, blocks=blocks, threads=threads)

    # ------------------------------------------------------------------------------------------------- upkeep

    def compact(self, *, small: bool = False) -> compaction.Compacted:
        """Merge files into sorted ones; ``small``: only the small ones with each other."""
        return compaction.compact(self, small=small)

    def vacuum(self, *, keep: dt.timedelta = vacuum.KEEP, force: bool = False) -> vacuum.Vacuumed:
        """Delete files that no version of the last ``keep`` needs."""
        return vacuum.vacuum(self, keep=keep, force=force)

    def verify(self) -> verify.Verified:
        """Compare every file with what the log says of it."""
        return verify.verify(self)

    # -------------------------------------------------------------------------------------------------- parts

    def readable(self, folder: Path, *, where: str) -> list[str]:
        """Parquet files for a query of one's own: the table's, or in ``folder`` a copy from an object store.

        Parameters
        ----------
        where
            Condition in SQL. The files hold all rows that meet it, and may hold others.

        Raises
        ------
        StoreError
            If the table cannot be read.
        """
        return [str(self.folder / file.name) for file in self._files(self._table())]

    @contextmanager
    def _opened(
        self, *, until: dt.date | None = None, hash_of: int | None = None
    ) -> Iterator[tuple[duckdb.DuckDBPyConnection, int]]:
        """An engine with the view ``observations`` of the newest version, and the number of that version."""
        table = self._table()
        low, high = (0, HASHES) if hash_of is None else (hash_of, hash_of + 1)
        files = needed(self._files(table), low=low, high=high, until=until)
        with self._reading(files), connect() as connection:
            rows = self._rows(connection, table, files, low=low, high=high, until=until)
            connection.execute(f"CREATE VIEW observations AS SELECT * FROM {rows}")
            yield connection, -1 if table is None else table.version()

    def _select(
        self, query: str, parameters: Mapping[str, Any], *, asked: dict[str, Any] | None = None
    ) -> tuple[list[tuple[Any, ...]], int]:
        with self._opened() as (connection, version):
            if asked is not None:
                connection.register("asked", asked)
            return connection.execute(query, dict(parameters)).fetchall(), version

    def _of_one(
        self, series: SeriesKey, condition: str, parameters: dict[str, Any], *, until: dt.date | None = None
    ) -> tuple[list[tuple[Any, ...]], int]:
        """The rows of one series under a condition, from the files that may have some."""
        number = series_hash(series)
        named = " AND ".join(f"{name} = ${name}" for name in SERIES)
        identity = {name: getattr(series, name) for name in SERIES}
        with self._opened(until=until, hash_of=number) as (connection, version):
            rows = connection.execute(
                f"SELECT {FETCHED} FROM observations WHERE series_hash = {number} AND {named} AND {condition}",
                identity | parameters,
            ).fetchall()
        return rows, version


def _sums(connection: duckdb.DuckDBPyConnection, view: str) -> dict[str, tuple[int, int]]:
    """For each input file the number of its rows and the sum of their hashes, whatever their order."""
    query = (
        f"SELECT raw_sha256, count(*), sum(CAST(hash({', '.join(COLUMNS)}) AS HUGEINT)) FROM {view} GROUP BY raw_sha256"
    )
    return {sha: (int(count), int(total)) for sha, count, total in connection.execute(query).fetchall()}


def _winner_query(condition: str) -> str:
    return f"""
        SELECT {FETCHED} FROM (
            SELECT *, row_number() OVER (PARTITION BY {IDENTITY}, period ORDER BY {LAST_TO_FIRST}) AS place
            FROM observations WHERE {condition}
        ) WHERE place = 1 AND status <> 'withdrawn'
    """
