"""One version of the table, opened once and asked many small questions (只读查询): what a web page reads.

Opening the table and starting the engine cost more than a small question. A reader does both once; whoever keeps it
looks at ``is_current`` and makes a new one when the table has grown. Of a table that is not large it keeps the columns
that are asked for in memory, texts that repeat as numbers: a question to the files takes four times as long, since a
page of every column must be unpacked for it.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from qinggong.periods import Period
from qinggong.store.base import SeriesKey, StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect
from qinggong.store.layout import (
    FILE_ORDER,
    FIRST_TO_LAST,
    IDENTITY,
    LAST_TO_FIRST,
    PERIOD_NUMBER,
    SERIES,
    period_number,
    period_of_number,
    series_hash,
)
from qinggong.store.log import FOLDER

_MEMORY = "256MiB"
_IN_MEMORY = 1_500_000
"""Rows of a table that are kept in memory at most: some 100 MiB."""
_ONE_BY_ONE = 16
"""Series that are asked for one after another: each is found by its place, while a list of them is looked for in the
whole table."""
_PLAIN = ("series_hash", "period_first", "period_last", "value", "printed", "published_at", "known_at", "row")
_REPEATED = ("publisher", "citation", "url", "printed_unit", "published_at_basis", "status", "raw_sha256")
"""Columns that a question looks at, as they are and as numbers that stand for a text; the order of texts is kept."""


@dataclass(frozen=True, slots=True)
class Held:
    """What the table holds of a series, replaced rows counted: first and last period, periods, days of publication.

    ``earliest`` is the first stated or assumed day of publication, ``None`` if no row has one.
    """

    series: SeriesKey
    first: Period
    last: Period
    periods: int
    rows: int
    earliest: dt.date | None
    latest: dt.date | None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that counts on a day, without the marks of its file."""

    period: Period
    value: float
    printed: str
    published_at: dt.date | None


@dataclass(frozen=True, slots=True)
class Vintage:
    """One row of the table as it was published, without the marks of its file; a withdrawal has no value."""

    series: SeriesKey
    period: Period
    value: float | None
    printed: str
    printed_unit: str
    published_at: dt.date | None
    published_at_basis: str
    publisher: str
    citation: str
    url: str
    status: str


class Reader:
    """Questions to one version of a table in a folder; may be used by several threads.

    Raises
    ------
    StoreError
        If the table is damaged. A folder without a table is an empty one (version −1).
    """

    def __init__(self, store: DeltaStore) -> None:
        table = store._table()
        files = store._files(table)
        self.version = -1 if table is None else table.version()
        self._store, self._files = store, files
        self._mark = _mark(store)
        self._connection = connect(memory=_MEMORY)
        self._kept = False
        with store._reading(files):
            self._connection.execute(
                f"CREATE VIEW stored AS SELECT * FROM {store._rows(self._connection, table, files)}"
            )
            self._load([file.rows for file in files])
        self._lock = threading.Lock()

    def _load(self, rows: Sequence[int | None]) -> None:
        if None in rows or not 0 < sum(filter(None, rows)) <= _IN_MEMORY:
            self._connection.execute("CREATE VIEW observations AS SELECT * FROM stored")
            return
        for name in _REPEATED:
            self._connection.execute(
                f"CREATE TYPE {name}_text AS ENUM"
                f" (SELECT DISTINCT {name} FROM stored WHERE {name} IS NOT NULL ORDER BY 1)"
            )
        numbered = ", ".join(f"{name}::{name}_text AS {name}" for name in _REPEATED)
        # A file is in order of series and history, so the table is too: a question skips nearly all of it, and finds
        # one row after those which it replaced.
        order = f" ORDER BY {FILE_ORDER}" if len(rows) > 1 else ""
        self._connection.execute(
            f"CREATE TABLE observations AS SELECT {', '.join(_PLAIN)}, {numbered} FROM stored{order}"
        )
        self._kept = True

    def is_current(self) -> bool:
        """False once the log has a newer entry; looks at one folder only."""
        return _mark(self._store) == self._mark

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def held(self) -> tuple[Held, ...]:
        """Every series with what is held of it, in order."""
        rows = self._rows(
            f"SELECT {IDENTITY}, min({PERIOD_NUMBER}), max({PERIOD_NUMBER}), count(DISTINCT {PERIOD_NUMBER}),"
            f" count(*), min(published_at), max(published_at) FROM stored GROUP BY {IDENTITY}"
        )
        at = len(SERIES)
        found = (
            Held(SeriesKey(*row[:at]), period_of_number(row[at]), period_of_number(row[at + 1]), *row[at + 2 :])
            for row in rows
        )
        held = tuple(sorted(found, key=lambda h: h.series))
        if len({series_hash(h.series) for h in held}) < len(held):
            raise StoreError(f"观测表 {self._store.place} 有两个序列指纹相同，请把此事和序列清单报告给维护者")
        return held

    def versions(self, series: SeriesKey) -> list[Vintage]:
        """Every row of a series by period, in the order in which one replaces another (``order_in_history``)."""
        # That a fingerprint belongs to one series only is proved where the series are listed (``held``).
        rows = self._history(
            f"{PERIOD_NUMBER}, CASE WHEN status != 'withdrawn' THEN value END, printed, printed_unit,"
            " published_at, published_at_basis, publisher, citation, url, status",
            f"series_hash = {series_hash(series)}",
        )
        return [Vintage(series, period_of_number(r[0]), *r[1:]) for r in rows]

    def figures(
        self, series: Iterable[SeriesKey], *, as_of: dt.date | None = None, since: Period | None = None
    ) -> dict[SeriesKey, tuple[Figure, ...]]:
        """The numbers that count on a day, of many series at once; without a day all that are known.

        Parameters
        ----------
        since
            Leave out what lies before this period.
        """
        wanted = {series_hash(one): one for one in series}
        if not wanted:
            return {}
        conditions = ""
        if as_of is not None:
            conditions += f" AND published_at <= DATE '{as_of.isoformat()}'"
        if since is not None:
            conditions += f" AND {PERIOD_NUMBER} >= {period_number(since)}"
        columns = f"series_hash, {PERIOD_NUMBER}, value, printed, published_at, status"
        if self._kept and len(wanted) <= _ONE_BY_ONE:
            rows = [row for one in wanted for row in self._history(columns, f"series_hash = {one}{conditions}")]
        else:
            rows = self._history(columns, f"series_hash IN ({', '.join(map(str, wanted))}){conditions}")
        counting = {(row[0], row[1]): row for row in rows}  # the last one of each period, in order
        found: dict[SeriesKey, list[Figure]] = {one: [] for one in wanted.values()}
        for number, period, value, printed, day, status in counting.values():
            if status != "withdrawn" and value is not None:
                found[wanted[number]].append(Figure(period_of_number(period), value, printed, day))
        return {one: tuple(figures) for one, figures in found.items()}

    def _history(self, columns: str, condition: str) -> list[tuple[Any, ...]]:
        """Rows by series and period, one after those which it replaced."""
        query = f"SELECT {columns} FROM observations WHERE {condition}"
        return self._rows(query if self._kept else f"{query} ORDER BY {FILE_ORDER}")

    def vintages(
        self,
        series: Iterable[SeriesKey],
        *,
        as_of: dt.date | None = None,
        start: Period | None = None,
        end: Period | None = None,
        history: bool = False,
        most: int,
    ) -> list[Vintage]:
        """The rows of many series that count on a day, with all that is said of them, by series and period.

        Parameters
        ----------
        start, end
            Leave out periods that end before the end of ``start`` or after that of ``end``.
        history
            Every row published by that day, withdrawals too, in the order in which one replaces another; otherwise the
            last one of each period, if it is no withdrawal.
        most
            Rows given back at most.
        """
        wanted = {series_hash(one): one for one in series}
        if not wanted:
            return []
        conditions = [f"series_hash IN ({', '.join(map(str, wanted))})"]
        if as_of is not None:
            conditions.append(f"published_at <= DATE '{as_of.isoformat()}'")
        if start is not None:
            conditions.append(f"period_last >= {start.year * 12 + start.last - 1}")
        if end is not None:
            conditions.append(f"period_last <= {end.year * 12 + end.last - 1}")
        rows = (
            f"SELECT series_hash, {PERIOD_NUMBER} AS number, CASE WHEN status != 'withdrawn' THEN value END AS value,"
            " printed, printed_unit, published_at, published_at_basis, publisher, citation, url, known_at, row,"
            f" raw_sha256, status FROM observations WHERE {' AND '.join(conditions)}"
        )
        if not history:
            rows += f" QUALIFY row_number() OVER (PARTITION BY series_hash, number ORDER BY {LAST_TO_FIRST}) = 1"
        kept = "true" if history else "value IS NOT NULL"
        order = f", {FIRST_TO_LAST}" if history else ""
        found = self._rows(
            "SELECT series_hash, number, value, printed, printed_unit, published_at, published_at_basis, publisher,"
            f" citation, url, status FROM ({rows}) WHERE {kept} ORDER BY series_hash, number{order} LIMIT {most}"
        )
        rank = {one: place for place, one in enumerate(sorted(wanted, key=wanted.__getitem__))}
        ordered = sorted(found, key=lambda row: rank[row[0]])  # stable: periods stay in order
        return [Vintage(wanted[one], period_of_number(number), *rest) for one, number, *rest in ordered]

    def days(self) -> tuple[dt.date, ...]:
        """All days of publication, the oldest first."""
        rows = self._rows("SELECT DISTINCT published_at FROM observations WHERE published_at IS NOT NULL ORDER BY 1")
        return tuple(row[0] for row in rows)

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        try:
            # A cursor is a connection of its own to the same engine: questions do not wait for each other.
            with self._store._reading(self._files), self._connection.cursor() as cursor:
                return cursor.execute(query).fetchall()
        except duckdb.ConnectionException as error:
            raise StoreError(f"观测表 {self._store.place} 刚刚换了版本，请重新查询") from error


def _mark(store: DeltaStore) -> tuple[int, int]:
    """What changes with every entry of the log: the folder's time and identity; zeros without a table."""
    try:
        found = (store.folder / FOLDER).stat()
    except OSError:
        return (0, 0)
    return (found.st_mtime_ns, found.st_ino)
