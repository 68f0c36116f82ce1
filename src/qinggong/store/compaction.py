"""Tidying up (整理): many small files into few sorted ones, and tables of an older layout into today's.

Nothing is added or lost: the new files hold the same rows, which is counted and summed before the commit that puts
them in the place of the old ones. Readers of earlier versions go on with the old files until ``vacuum``.
"""

from __future__ import annotations

import itertools
import shutil
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction

from qinggong.store import panels
from qinggong.store.base import StoreError
from qinggong.store.files import (
    HIDDEN_PREFIX,
    DataFile,
    connect,
    needed,
    source,
)
from qinggong.store.layout import (
    COLUMNS,
    FILE_ORDER,
    HASHES,
    HIDDEN,
    IDENTITY,
    PROPERTIES,
    SCHEMA_VERSION,
    SERIES_ID,
    STORED,
    fields,
    schema_version,
)

if TYPE_CHECKING:
    from qinggong.store.table import Table

ROWS_OF_A_FILE = 2_000_000
_MEMORY = "2GiB"
_SMALL_SHARE = 4


@dataclass(frozen=True, slots=True)
class Compacted:
    """What a compaction did: files and rows that it took, files that it made.

    ``done`` is false if there was nothing to merge, or another compaction came first.
    """

    done: bool
    files_before: int
    files_after: int
    rows: int
    version: int

    @property
    def lines(self) -> list[str]:
        """For the screen."""
        if not self.done:
            return ["没有需要整理的文件。"]
        return [f"已整理：{self.files_before}个文件合并为{self.files_after}个，改写{self.rows}行，内容未变。"]


def migrated(table: Table, opened: DeltaTable) -> DeltaTable:
    """Bring a table of an older layout to today's, and open it again.

    The columns come first, then the files: in between and before, readers make the columns themselves, so a process
    that is killed here leaves a table that can be read and that the next ``compact`` brings to the end.
    """
    for _ in range(8):
        if schema_version(opened) >= SCHEMA_VERSION:
            break
        try:
            opened.alter.set_table_properties(dict(PROPERTIES))
            opened.alter.add_columns(fields(HIDDEN))
        except (DeltaError, OSError) as error:
            if not isinstance(error, CommitFailedError):
                raise table._unwritable(error) from error
        opened = table._made()
    _rewritten(table, opened, [f for f in table._files(opened) if f.low is None])
    return table._made()


def compact(table: Table, *, small: bool = False) -> Compacted:
    """Merge the files of the newest version into sorted ones.

    Parameters
    ----------
    small
        Merge only the files that are not in the sorted run yet, into one more sorted file; quick, and reads of a
        table with hundreds of small files are quick again. Once they are no longer few beside the run, all is merged.

    Raises
    ------
    StoreError
        If the table is damaged or cannot be written to; it stays as it was.
    """
    opened = table._table()
    if opened is None:
        return Compacted(False, 0, 0, 0, -1)
    before = len(table._files(opened))
    old = [f for f in table._files(opened) if f.low is None]
    if schema_version(opened) < SCHEMA_VERSION:
        opened = migrated(table, opened)
    files = table._files(opened)
    run, others = panels.arranged(files)
    chosen = list(files)
    if small and sum(f.rows or 0 for f in others) * _SMALL_SHARE < sum(f.rows or 0 for f in run):
        chosen = others
    if not others or (small and len(chosen) < 2):
        rows = sum(f.rows or 0 for f in old)
        return Compacted(bool(old), before, len(files), rows, opened.version())
    made = _rewritten(table, opened, chosen)
    now = table._made()
    if made is not None:
        try:
            now.create_checkpoint()
        except (DeltaError, OSError) as error:
            raise table._unwritable(error) from error
    rows = sum(f.rows or 0 for f in chosen)
    return Compacted(made is not None, before, len(table._files(now)), rows, now.version())


def _rewritten(table: Table, opened: DeltaTable, old: Sequence[DataFile]) -> list[DataFile] | None:
    """Write the rows of some files anew as sorted files and put them in their place; ``None`` if another did."""
    if not old:
        return []
    written: list[tuple[DataFile, AddAction]] = []
    landed = False
    spill = table.folder / f"{HIDDEN_PREFIX}{uuid.uuid4().hex}"
    try:
        with table._reading(old), connect(threads=2, memory=_MEMORY, spill=spill) as connection:
            before = _summed(connection, table._rows(connection, opened, old))
            count = max(1, -(-before[0] // ROWS_OF_A_FILE))
            borders = [number * HASHES // count for number in range(count + 1)]
            for low, high in itertools.pairwise(borders):
                rows = table._rows(connection, opened, needed(old, low=low, high=high), low=low, high=high)
                part = connection.sql(
                    f"SELECT {', '.join(STORED)} FROM {rows} WHERE series_hash BETWEEN {low} AND {high - 1}"
                    f" ORDER BY {FILE_ORDER}"
                )
                if (one := table._write(part, kind="sorted", connection=connection)) is not None:
                    written.append(one)
            made = [file for file, _ in written]
            written_rows = source(table.folder, made)
            if _summed(connection, written_rows) != before:
                raise StoreError(f"整理观测表 {table.place} 时发现新旧文件内容不同，已放弃整理，原表未改动，请重试")
            _check_fingerprints(connection, table, written_rows)
        landed = table._replace(opened, old, [action for _, action in written])
        return made if landed else None
    finally:
        if not landed:
            for file, _ in written:
                (table.folder / file.name).unlink(missing_ok=True)
        shutil.rmtree(spill, ignore_errors=True)


def _summed(connection: duckdb.DuckDBPyConnection, rows: str) -> tuple[int, int]:
    """Number of rows and the sum of their hashes, whatever their order."""
    found = connection.execute(
        f"SELECT count(*), coalesce(sum(CAST(hash({', '.join(COLUMNS)}) AS HUGEINT)), 0) FROM {rows}"
    ).fetchall()
    return int(found[0][0]), int(found[0][1])


def _check_fingerprints(connection: duckdb.DuckDBPyConnection, table: Table, rows: str) -> None:
    """Two series of one fingerprint cannot be told apart by readers of blocks: no table is made of them."""
    found = connection.execute(
        f"""
        SELECT min({SERIES_ID}), max({SERIES_ID}) FROM (
            SELECT DISTINCT series_hash, {IDENTITY} FROM {rows}
        ) GROUP BY series_hash HAVING count(*) > 1 LIMIT 1
        """
    ).fetchall()
    if found:
        raise StoreError(panels.collision(table, *found[0]))
