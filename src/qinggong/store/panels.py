"""Whole series as arrays, block by block (分块读取): what array code and engines work on.

A block is a range of fingerprints, so it holds whole series whatever the files look like. Its rows come from one
sorted run of files and from the files written since. In the run the row that counts is the last one of a series and
period among those that were known: one pass in the order of the file. The few others are ranked, and the greater of
the two counts.
"""

from __future__ import annotations

import datetime as dt
import itertools
import os
from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
from deltalake import DeltaTable
from numpy.typing import NDArray

from qinggong.panel import UNDATED, WITHDRAWN, Panel
from qinggong.store.base import Block, StoreError
from qinggong.store.files import DataFile, connect, needed
from qinggong.store.layout import HASHES, IDENTITY, LAST_TO_FIRST, PERIOD_NUMBER, SERIES, SERIES_ID, period_of_number
from qinggong.store.rows import microseconds

if TYPE_CHECKING:
    from qinggong.store.table import Table

ROWS_OF_A_BLOCK = 4_000_000
CELLS_OF_A_BLOCK = 24_000_000
_SAMPLE = 200_000
_FLAGS = (
    f"CAST(CASE WHEN status = 'withdrawn' THEN {WITHDRAWN} ELSE 0 END"
    f" + CASE WHEN published_at IS NULL THEN {UNDATED} ELSE 0 END AS UTINYINT)"
)
# An undated row comes before every dated one, as in ``base.order_in_history``.
_NUMBERS = (
    "CAST(coalesce(published_at - DATE '1970-01-01', -2147483648) AS INTEGER) AS published,"
    " epoch_us(known_at) AS known, row"
)
_ORDER = ("published", "known", "row")
_SHOWN = ("series_hash", "period", "value", "flags")
_PERIODS = 1 << 20  # numbers of periods are smaller: the year 2200 ends at 422,587
_VALUE = "coalesce(value, CAST('nan' AS DOUBLE)) AS value"
Columns = dict[str, NDArray[Any]]


@dataclass(frozen=True, slots=True)
class _Question:
    """Which rows of a block count."""

    low: int
    high: int
    as_of: dt.date | None
    known: int | None

    @property
    def condition(self) -> str:
        parts = [f"series_hash BETWEEN {self.low} AND {self.high - 1}"]
        if self.as_of is not None:
            parts.append(f"published_at <= DATE '{self.as_of.isoformat()}'")
        if self.known is not None:
            parts.append(f"epoch_us(known_at) <= {self.known}")
        return " AND ".join(parts)


def blocks(table: Table, count: int | None = None) -> tuple[Block, ...]:
    """Cut the newest version into blocks; none if there is no row."""
    opened = table._table()
    files = table._files(opened)
    rows = sum(f.rows or 0 for f in files)
    if opened is None or not files:
        return ()
    if count is None:
        count = _fitting(table, opened, files, rows)
    if count < 1:
        raise ValueError(f"{count} blocks")
    borders = [number * HASHES // count for number in range(count + 1)]
    version = opened.version()
    return tuple(Block(number, low, high, version) for number, (low, high) in enumerate(itertools.pairwise(borders)))


def _fitting(table: Table, opened: DeltaTable, files: Sequence[DataFile], rows: int) -> int:
    """Blocks of which each fits into memory: neither its rows nor the arrays made of them are too many."""
    # Fingerprints are spread evenly, so a narrow range of them stands for the whole.
    share = min(1.0, _SAMPLE / max(rows, 1))
    limit = int(HASHES * share)
    with table._reading(files), connect() as connection:
        sample = table._rows(connection, opened, needed(files, high=limit), high=limit)
        found = connection.execute(
            f"SELECT count(DISTINCT series_hash), count(DISTINCT period) FROM {sample} WHERE series_hash < {limit}"
        ).fetchall()
    cells = int(found[0][0]) / share * int(found[0][1])
    return max(1, -(-rows // ROWS_OF_A_BLOCK), round(cells / CELLS_OF_A_BLOCK))


def read(
    table: Table, block: Block, *, as_of: dt.date | None = None, known: dt.datetime | None = None
) -> tuple[Panel, ...]:
    """The series of a block, one panel a span, sorted by span.

    Raises
    ------
    StoreError
        If the version of the block is gone, or the table is damaged.
    """
    opened = table._table(block.version)
    if opened is None:
        raise StoreError(f"观测表 {table.place} 不存在，请核对工作区文件夹")
    files = table._files(opened)
    try:
        return _read(table, opened, files, block, as_of, known)
    except StoreError as error:
        if block.version < table.version and table._lacks(files):
            raise StoreError(
                f"观测表 {table.place} 第{block.version}版的文件已清理，请用当前版本重新分块后再算"
            ) from error
        raise


def panels(
    table: Table, *, as_of: dt.date | None = None, known: dt.datetime | None = None,
    blocks: Sequence[Block] | None = None, threads: int = 0,
) -> Iterator[tuple[Panel, ...]]:  # fmt: skip
    """The panels of block after block; the next blocks are read while one is looked at."""
    chosen = cut(table) if blocks is None else tuple(blocks)
    versions = {block.version: table._table(block.version) for block in chosen}
    files = {version: table._files(opened) for version, opened in versions.items()}
    workers = max(1, min(threads or os.cpu_count() or 1, len(chosen)))
    waiting: deque[Future[tuple[Panel, ...]]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        try:
            for block in chosen:
                if len(waiting) >= workers:
                    yield waiting.popleft().result()
                waiting.append(
                    pool.submit(_read, table, versions[block.version], files[block.version], block, as_of, known)
                )
            while waiting:
                yield waiting.popleft().result()
        finally:
            for left in waiting:
                left.cancel()


cut = blocks


def arranged(files: Sequence[DataFile]) -> tuple[list[DataFile], list[DataFile]]:
    """The run of sorted files that do not overlap, in order, and all other files."""
    run: list[DataFile] = []
    for file in sorted(files, key=lambda f: (-(f.rows or 0), f.name)):
        if file.kind == "sorted" and file.low is not None and file.high is not None:
            low, high = file.low, file.high
            if all(high < other.low or low > other.high for other in run):  # type: ignore[operator]
                run.append(file)
    taken = {f.name for f in run}
    return sorted(run, key=lambda f: f.low or 0), [f for f in files if f.name not in taken]


def _read(
    table: Table,
    opened: DeltaTable | None,
    files: Sequence[DataFile],
    block: Block,
    as_of: dt.date | None,
    known: dt.datetime | None,
) -> tuple[Panel, ...]:
    asked = _Question(block.low, block.high, as_of, None if known is None else microseconds(known))
    files = needed(files, low=block.low, high=block.high, until=as_of)
    run, others = arranged(files) if table.ordered else ([], list(files))
    with table._reading(files), connect() as connection:

        def rows(some: Sequence[DataFile]) -> str:
            return table._rows(connection, opened, some, low=block.low, high=block.high, until=as_of)

        if not others:
            counting = _last_of_runs(connection, rows(run), asked, keys=False)
        else:
            counting = _ranked(connection, rows(others), asked)
            if run:
                merged = _merged(_last_of_runs(connection, rows(run), asked, keys=True), counting)
                counting = _ranked(connection, rows(files), asked) if merged is None else merged
        names = _names(connection, table, rows(run) if run else "", rows(others) if others else "", asked)
    return _panels(counting, names, as_of)


def _last_of_runs(connection: duckdb.DuckDBPyConnection, rows: str, asked: _Question, *, keys: bool) -> Columns:
    """The rows that count of sorted files: the last one of each series and period, in one pass in file order."""
    chosen = f", {_NUMBERS}" if keys else ""
    columns = connection.execute(
        f"""
        SELECT series_hash, period, {_VALUE}, {_FLAGS} AS flags{chosen} FROM (
            SELECT *, lead(series_hash) OVER () AS next_hash, lead(period) OVER () AS next_period FROM (
                SELECT series_hash, {PERIOD_NUMBER} AS period, value, status, published_at, known_at, row
                FROM {rows} WHERE {asked.condition}
            )
        ) WHERE next_hash IS DISTINCT FROM series_hash OR next_period IS DISTINCT FROM period
        """
    ).fetchnumpy()
    if not _increasing(columns["series_hash"], columns["period"]):
        # Files of one run lie in order, and one thread reads them in order: this is no file of ours.
        return _ranked(connection, rows, asked)
    return columns


def _ranked(connection: duckdb.DuckDBPyConnection, rows: str, asked: _Question) -> Columns:
    """The rows that count, of files in any order, by series and period."""
    return connection.execute(
        f"""
        SELECT series_hash, {PERIOD_NUMBER} AS period, {_VALUE}, {_FLAGS} AS flags, {_NUMBERS}
        FROM {rows} WHERE {asked.condition}
        QUALIFY row_number() OVER (PARTITION BY series_hash, period_last, period_first ORDER BY {LAST_TO_FIRST}) = 1
        ORDER BY series_hash, period_last, period_first
        """
    ).fetchnumpy()


def _increasing(series: NDArray[Any], periods: NDArray[Any]) -> bool:
    same = series[1:] == series[:-1]
    return bool(np.all(series[1:] >= series[:-1]) and np.all(periods[1:][same] > periods[:-1][same]))


def _merged(run: Columns, others: Columns) -> Columns | None:
    """Of two sets of rows that count those that count in both; ``None`` if only their texts could tell.

    Both are sorted by series and period, so each row of the smaller set is looked up in the larger one.
    """
    mine, theirs = _places(run, others)
    at = np.searchsorted(mine, theirs)
    met = np.zeros(len(theirs), dtype=bool)
    inside = at < len(mine)
    met[inside] = mine[at[inside]] == theirs[inside]
    later, tied = np.zeros(int(met.sum()), dtype=bool), np.ones(int(met.sum()), dtype=bool)
    for name in _ORDER:
        old, new = run[name][at[met]], others[name][met]
        later |= tied & (new > old)
        tied &= new == old
    if tied.any():
        return None
    merged = {}
    for name in _SHOWN:
        column = run[name].copy()
        column[at[met][later]] = others[name][met][later]
        merged[name] = np.insert(column, at[~met], others[name][~met])
    return merged


def _places(*sets: Columns) -> list[NDArray[np.int64]]:
    """Series and period as one number that sorts like them, comparable between sets of rows."""
    series = np.unique(np.concatenate([rows["series_hash"] for rows in sets]))
    return [np.searchsorted(series, rows["series_hash"]) * _PERIODS + rows["period"] for rows in sets]


def _names(connection: duckdb.DuckDBPyConnection, table: Table, run: str, others: str, asked: _Question) -> Columns:
    """Identifier and span of every series of the block, by fingerprint."""
    within = f"WHERE series_hash BETWEEN {asked.low} AND {asked.high - 1}"
    parts = []
    if run:  # that each fingerprint stands for one series was looked at when the run was made
        each = ", ".join(f"any_value({name}) AS {name}" for name in SERIES)
        parts.append(f"SELECT series_hash, {each} FROM {run} {within} GROUP BY series_hash")
    if others:
        parts.append(f"SELECT DISTINCT series_hash, {IDENTITY} FROM {others} {within}")
    if not parts:
        return {"series_hash": np.zeros(0, np.int64), "span": np.zeros(0, object), "id": np.zeros(0, object)}
    found = connection.execute(
        f"SELECT series_hash, span, {SERIES_ID} AS id FROM ({' UNION '.join(parts)}) ORDER BY series_hash"
    ).fetchnumpy()
    hashes = found["series_hash"]
    if (twice := np.flatnonzero(hashes[1:] == hashes[:-1])).size:
        raise StoreError(collision(table, *(str(found["id"][twice[0] + n]) for n in (0, 1))))
    return found


def collision(table: Table, one: str, other: str) -> str:
    return f"观测表 {table.place} 中序列 {one} 与 {other} 的指纹相同，请改动其中一个序列的代码后重新导入"


def _panels(counting: Columns, names: Columns, as_of: dt.date | None) -> tuple[Panel, ...]:
    """Arrays of the rows that count, which are sorted by series and period."""
    hashes = counting["series_hash"]
    if not len(hashes):
        return ()
    starts = np.flatnonzero(np.append(True, hashes[1:] != hashes[:-1]))
    lengths = np.diff(np.append(starts, len(hashes)))
    named = np.searchsorted(names["series_hash"], hashes[starts])
    spans, ids = names["span"][named], names["id"][named]
    numbers = counting["period"] - counting["period"].min()
    made = []
    for span in sorted(set(spans)):
        members = np.flatnonzero(spans == span)
        texts = [str(ids[m]) for m in members]
        order = sorted(range(len(texts)), key=texts.__getitem__)
        place = np.full(len(starts), -1, dtype=np.int64)
        place[members[order]] = np.arange(len(members))
        column = np.repeat(place, lengths)
        chosen = slice(None) if len(members) == len(starts) else np.flatnonzero(column >= 0)
        mine = numbers[chosen]
        occurring = np.zeros(int(mine.max()) + 1, dtype=bool)
        occurring[mine] = True
        axis = np.flatnonzero(occurring)
        row = (np.cumsum(occurring) - 1)[mine]
        shape = (len(axis), len(members))
        values, flags = np.full(shape, np.nan), np.zeros(shape, dtype=np.uint8)
        values[row, column[chosen]] = counting["value"][chosen]
        flags[row, column[chosen]] = counting["flags"][chosen]
        least = int(counting["period"].min())
        periods = tuple(period_of_number(int(number) + least) for number in axis)
        made.append(Panel(tuple(texts[i] for i in order), periods, values, flags, str(span), as_of))
    return tuple(made)
