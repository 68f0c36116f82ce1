"""The Delta table in a folder (表): opening it, and commits; what is asked of it stands in ``delta`` and ``panels``."""

from __future__ import annotations

import datetime as dt
import random
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import CommitFailedError, DeltaError
from deltalake.transaction import AddAction, CommitProperties, RemoveAction, Transaction

from qinggong.store import layout, log
from qinggong.store.base import StoreError
from qinggong.store.files import GONE, DataFile, Kind, damaged, flaw, flush, listed, reading, source, unwritable, write

_ATTEMPTS = 60
_PAUSE_S = 0.02
UPKEEP = "qinggong-upkeep"
"""Name of the transaction of every commit that removes files: two of them can never be made from one version."""


class Table:
    """The files and commits of the table in a local folder.

    Parameters
    ----------
    folder
        Where the table lies; it is created by the first commit.
    """

    ordered = True
    """The rows of files that are asked for come in the order of the files and, within each, of the file."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def place(self) -> str:
        """Where the table lies, as messages name it."""
        return str(self.folder)

    def _table(self, version: int | None = None) -> DeltaTable | None:
        """The table at its newest or a given version; ``None`` if there is no table."""
        try:
            if not (self.folder / log.FOLDER).is_dir():
                return None
            table = DeltaTable(str(self.folder), version=version)
        except (DeltaError, OSError) as error:
            raise self._unopened(error, version) from error
        if (found := layout.schema_version(table)) > layout.SCHEMA_VERSION:
            raise StoreError(
                f"观测表 {self.folder} 的格式是第{found}版，本软件只认识到第{layout.SCHEMA_VERSION}版，请升级本软件"
            )
        return table

    def _unopened(self, error: Exception, version: int | None) -> StoreError:
        try:
            faults = self._log().faults
        except StoreError as refused:
            return refused
        if faults:
            path = self.folder / log.FOLDER / faults[0].name
            return StoreError(
                f"观测表的日志 {path} 已损坏（{faults[0].what}），请从备份恢复该文件，"
                "或运行 qinggong replay 用原始档重建"
            )
        if version is not None:
            return StoreError(f"观测表 {self.place} 已没有第{version}版，请改用当前版本重新计算")
        return self._damaged(error)

    def _damaged(self, error: Exception) -> StoreError:
        """The error of a table that cannot be read."""
        return damaged(self.folder, error)

    def _unwritable(self, error: Exception) -> StoreError:
        """The error of a table that cannot be written; what is in it stays."""
        return unwritable(self.folder, error)

    def _lacks(self, files: Iterable[DataFile]) -> bool:
        """True if one of these files is there no more."""
        return any(flaw(self.folder, file) == GONE for file in files)

    def _reading(self, files: Iterable[DataFile]) -> AbstractContextManager[None]:
        """Errors of reading as errors of the table."""
        return reading(self.folder, files)

    def _log(self) -> log.Log:
        """The log as files, whether or not the table can be opened."""
        try:
            return log.read(self.folder)
        except OSError as error:
            raise StoreError(f"观测表 {self.folder} 打不开（{error.strerror}），请检查文件夹的读取权限") from error

    def _made(self) -> DeltaTable:
        """The table, made empty if there is none; a maker that came first is as good."""
        table = self._table()
        if table is not None:
            return table
        try:
            return DeltaTable.create(
                str(self.folder), layout.schema(), mode="ignore", configuration=dict(layout.PROPERTIES)
            )  # fmt: skip
        except (DeltaError, OSError) as error:
            if (table := self._table()) is None:
                raise self._unwritable(error) from error
            return table

    @property
    def version(self) -> int:
        """Version of the table, −1 before the first commit."""
        table = self._table()
        return -1 if table is None else table.version()

    def _files(self, table: DeltaTable | None) -> tuple[DataFile, ...]:
        """The files of the version that ``table`` is at; none of no table."""
        return () if table is None else listed(table)

    def _rows(
        self,
        connection: duckdb.DuckDBPyConnection,
        table: DeltaTable | None,
        files: Sequence[DataFile],
        *,
        low: int = 0,
        high: int = layout.HASHES,
        until: dt.date | None = None,
    ) -> str:
        """What follows FROM: the rows of some files of a version. The one place where it is chosen how files are read.

        Parameters
        ----------
        low, high, until
            The asker looks at fingerprints in ``[low, high)`` published by ``until`` only and says so in the query
            too: nothing needs to be left out here, but may be.
        """
        return source(self.folder, files)

    def _write(
        self, relation: duckdb.DuckDBPyRelation, *, kind: Kind, connection: duckdb.DuckDBPyConnection | None = None
    ) -> tuple[DataFile, AddAction] | None:
        """Write rows as a data file that no version names yet. The one place where files are written."""
        return write(relation, self.folder, kind=kind, connection=connection)

    def _remove(self, names: Iterable[str]) -> None:
        """Remove files, but none of the table: a commit that is said to have failed may have been made."""
        if orphans := set(names):
            for name in orphans - {file.name for file in self._files(self._table())}:
                (self.folder / name).unlink(missing_ok=True)

    def _commit(self, actions: Sequence[AddAction], transaction: str, opened: DeltaTable | None = None) -> bool:
        """Make written files visible at once; ``False`` if the transaction is in already.

        Parameters
        ----------
        opened
            The table as opened a moment ago, for the first attempt.
        """

        def attempt(table: DeltaTable) -> bool:
            if table.transaction_version(transaction) is not None:
                return False
            self._write_log(table, actions, Transaction(app_id=transaction, version=1))
            return True

        # The commit is made against the very version in which the transaction was looked for: of two writers of one
        # transaction the second meets a conflict, looks again and finds it.
        return self._attempted(attempt, {action.path for action in actions}, opened)

    def _replace(self, table: DeltaTable, old: Iterable[DataFile], new: Sequence[AddAction]) -> bool:
        """Put files in the place of others that hold the same rows; ``False`` if another did so meanwhile."""
        number = table.transaction_version(UPKEEP) or 0
        # A clock that was set back must not make a removal look older than what was written before it: ``vacuum``
        # counts from here.
        now = max([int(time.time() * 1000), *(f.written for f in listed(table))])
        removals = [RemoveAction(f.name, False, now, f.size, {}) for f in old]

        def attempt(current: DeltaTable) -> bool:
            if (current.transaction_version(UPKEEP) or 0) != number:
                return False
            self._write_log(current, [*new, *removals], Transaction(app_id=UPKEEP, version=number + 1))
            return True

        return self._attempted(attempt, {action.path for action in new})

    def _write_log(
        self, table: DeltaTable, actions: Sequence[AddAction | RemoveAction], transaction: Transaction
    ) -> None:
        table.create_write_transaction(
            list(actions),
            mode="append",
            schema=table.schema(),
            commit_properties=CommitProperties(app_transactions=[transaction]),
        )
        self._settle(table)

    def _settle(self, table: DeltaTable) -> None:
        """Bring the newest entry to the disk: one that a power cut empties would take the rows away without a word."""
        entry = self.folder / log.FOLDER / log.entry_name(table.version())
        for path in (self.folder, entry.parent, entry):
            flush(path)

    def _attempted(
        self, attempt: Callable[[DeltaTable], bool], names: set[str], opened: DeltaTable | None = None
    ) -> bool:
        """Try a commit of files again as long as others come first."""
        for number in range(_ATTEMPTS):
            table = opened if opened and number == 0 else self._made()
            try:
                return attempt(table)
            except (DeltaError, OSError) as error:
                now = self._made()
                if names <= {f.name for f in listed(now)}:
                    return True  # what failed came after the commit: the log's own tidying
                if not isinstance(error, CommitFailedError) or now.version() == table.version():
                    raise self._unwritable(error) from error
            time.sleep(random.uniform(0, _PAUSE_S * (number + 1)))
        raise StoreError(f"观测表 {self.place} 正被别的程序不断写入，请稍后再试")
