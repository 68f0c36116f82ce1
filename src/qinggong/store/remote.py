"""The table in an object store (对象存储): the same questions with the same answers, by other ways to the bytes.

Questions read through `deltalake`, whose stream of the rows in question goes straight into the SQL engine. What needs
whole files (merging some of them, comparing bytes) works on copies in a scratch folder that is gone afterwards. New
files are written there, copied to the store, and become part of the table with the commit, as in a folder.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import math
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
from deltalake import DeltaTable
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from qinggong.store import layout, log, vacuum, verify
from qinggong.store.base import StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import DataFile, is_of_reading, needed, plain_name, source
from qinggong.store.location import Location, location

_STRAY = "日志中没有的文件，多为写入中断所留"
_MISSES = 20
"""Entries of the log that may be missing in a row before the log counts as ended."""


class RemoteStore(DeltaStore):
    """The append-only table in an object store; made by ``DeltaStore("s3://…", settings)``.

    Parameters
    ----------
    place
        ``s3://bucket/prefix``.
    settings
        Of the service, see ``location``.
    """

    ordered = False

    def __init__(self, place: Path | str, settings: Mapping[str, str] | None = None) -> None:
        self.location: Location = location(place, settings)
        self._scratch: Path | None = None
        self._trusted = False

    def __reduce__(self) -> tuple[Any, ...]:
        return RemoteStore, (self.location.address, dict(self.location.settings))

    @property
    def place(self) -> str:
        return self.location.address

    @property
    def folder(self) -> Path:  # type: ignore[override]
        """Where files lie before they are copied to the store; gone with the process."""
        if self._scratch is None:
            self._scratch = Path(tempfile.mkdtemp(prefix="qinggong-store-"))
            weakref.finalize(self, shutil.rmtree, self._scratch, ignore_errors=True)
        return self._scratch

    # --------------------------------------------------------------------------------------------------- opening

    def _table(self, version: int | None = None) -> DeltaTable | None:
        try:
            table = self.location.table(version=version)
        except DeltaError as error:
            raise self._unopened(error, version) from error
        if table is not None and (found := layout.schema_version(table)) != layout.SCHEMA_VERSION:
            advice = (
                "请升级本软件" if found > layout.SCHEMA_VERSION else "请先在本地文件夹用 qinggong store compact 更新"
            )
            raise StoreError(f"观测表 {self.place} 的格式是第{found}版，这里只用第{layout.SCHEMA_VERSION}版，{advice}")
        return table

    def _unopened(self, error: Exception, version: int | None) -> StoreError:
        if version is not None:
            return StoreError(f"观测表 {self.place} 已没有第{version}版，请改用当前版本重新计算")
        return self._damaged(error)

    def _made(self) -> DeltaTable:
        table = self._table()
        if table is not None:
            return table
        self._trust()
        try:
            return self.location.create(layout.schema(), configuration=layout.PROPERTIES)
        except (DeltaError, OSError) as error:
            if (table := self._table()) is None:
                raise self._unwritable(error) from error
            return table

    def _damaged(self, error: Exception) -> StoreError:
        return StoreError(
            f"观测表 {self.place} 读不出或已损坏（{self.location.said(error)}），"
            "请运行 qinggong store verify 查明范围，再运行 qinggong replay 用原始档重建"
        )

    def _lacks(self, files: Iterable[DataFile]) -> bool:
        return any(self.location.size(file.name) is None for file in files)

    @contextmanager
    def _reading(self, files: Iterable[DataFile]) -> Iterator[None]:
        try:
            yield
        except duckdb.Error as error:
            if is_of_reading(error):
                raise self._damaged(error) from error
            raise

    def _settle(self, table: DeltaTable) -> None:
        """Nothing: what the service has answered for it keeps."""

    def _unwritable(self, error: Exception) -> StoreError:
        return StoreError(
            f"观测表写入失败，已入库的数据不受影响：{self.place} 写不进（{self.location.said(error)}），"
            "请检查网络和访问密钥的写入权限后重试"
        )

    # ------------------------------------------------------------------------------------------- reading, writing

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
        if table is None or not files:
            return source(self.folder, ())
        asked = {f.name for f in needed(self._files(table), low=low, high=high, until=until)}
        if not asked <= {f.name for f in files}:
            # Only some of the files that could answer: a stream knows conditions, but no files.
            return source(self._fetched(files), files)
        condition = [f"series_hash >= {low}", f"series_hash < {high}"] if (low, high) != (0, layout.HASHES) else []
        if until is not None:
            condition.append(f"published_at <= DATE '{until.isoformat()}'")
        name = f"stored_{next(_numbers)}"
        try:
            self.location.attach(connection, table, name, columns=layout.STORED, where=" AND ".join(condition))
        except (DeltaError, OSError) as error:
            raise self._damaged(error) from error
        return name

    def _fetched(self, files: Iterable[DataFile]) -> Path:
        """The scratch folder, with copies of these files in it."""
        for file in files:
            copy = self.folder / file.name
            if not copy.exists():
                try:
                    self.location.fetch(file.name, copy)
                except OSError as error:
                    raise self._damaged(error) from error
        return self.folder

    def _commit(self, actions: Sequence[AddAction], transaction: str, opened: DeltaTable | None = None) -> bool:
        self._send(actions)
        return super()._commit(actions, transaction, opened)

    def _replace(self, table: DeltaTable, old: Iterable[DataFile], new: Sequence[AddAction]) -> bool:
        old, landed = list(old), False
        try:
            self._send(new)
            landed = super()._replace(table, old, new)
        finally:
            if not landed:
                self._remove([action.path for action in new])
            for file in old:
                (self.folder / file.name).unlink(missing_ok=True)
        return landed

    def _send(self, actions: Iterable[AddAction]) -> None:
        """Copy files just written to the store."""
        self._trust()
        for action in actions:
            name = plain_name(action.path)
            try:
                self.location.put(self.folder / name, name)
            except OSError as error:
                raise self._unwritable(error) from error
            (self.folder / name).unlink()

    def _trust(self) -> None:
        if not self._trusted:
            try:
                self.location.trust()
            except OSError as error:
                raise self._unwritable(error) from error
            self._trusted = True

    def _remove(self, names: Iterable[str]) -> None:
        orphans = set(names)
        for name in orphans:
            (self.folder / name).unlink(missing_ok=True)
        if orphans:
            self.location.remove(sorted(orphans - {file.name for file in self._files(self._table())}))

    # ---------------------------------------------------------------------------------------------------- upkeep

    def readable(self, folder: Path, *, where: str) -> list[str]:
        copy = folder / "stored.parquet"
        with self._opened() as (connection, _):
            connection.sql(f"SELECT {', '.join(layout.COLUMNS)} FROM observations WHERE {where}").write_parquet(
                str(copy)
            )
        return [str(copy)]

    def sweep(self) -> None:
        """Nothing: no writer knows to be the only one here; ``vacuum`` removes what killed writers left."""

    def vacuum(self, *, keep: dt.timedelta = vacuum.KEEP, force: bool = False) -> vacuum.Vacuumed:
        vacuum.check(keep, force=force)
        table = self._table()
        if table is None:
            return vacuum.Vacuumed((), 0, 0)
        hours = math.ceil(keep / dt.timedelta(hours=1))
        try:
            sizes = {name: self.location.size(name) for name in self.location.orphans(table)}
            present = {name: size for name, size in sizes.items() if size is not None}
            removed = table.vacuum(hours, dry_run=False, enforce_retention_duration=False, full=True)
            table = self._made()
            table.create_checkpoint()
            table.cleanup_metadata()
        except (DeltaError, OSError) as error:
            raise self._unwritable(error) from error
        deleted = sorted(set(map(plain_name, removed)) & set(present))
        return vacuum.Vacuumed(tuple(deleted), sum(present[name] for name in deleted), len(present) - len(deleted))

    def verify(self) -> verify.Verified:
        """Compare every file with what the log says of it, on a copy of the whole table in a scratch folder."""
        with tempfile.TemporaryDirectory(prefix="qinggong-verify-") as name:
            copy = Path(name)
            self._copy_log(copy / log.FOLDER)
            for file in log.read(copy).live:
                with suppress(FileNotFoundError):  # which the comparison will say
                    self._fetch(file, copy / file)
            found, named = verify.verify(DeltaStore(copy)), log.named(copy)
        damages = list(found.damages)
        if not any(damage.kind == "log" for damage in damages) and (table := self._table()) is not None:
            strays = (file for file in self.location.orphans(table) if file not in named)
            damages += (verify.Damage("orphan", file, _STRAY, verify.VACUUM) for file in strays)
        return replace(found, folder=self.place, damages=tuple(damages))

    def _copy_log(self, folder: Path) -> None:
        """The newest checkpoint and all entries after it."""
        folder.mkdir()
        first = 0
        try:
            self._fetch(f"{log.FOLDER}/_last_checkpoint", folder / "_last_checkpoint")
            first = int(json.loads((folder / "_last_checkpoint").read_text(encoding="utf-8"))["version"]) + 1
            name = f"{first - 1:020d}.checkpoint.parquet"
            self._fetch(f"{log.FOLDER}/{name}", folder / name)
        except (FileNotFoundError, ValueError, KeyError):
            first = 0
        missing = 0
        for version in itertools.count(first):
            try:
                self._fetch(f"{log.FOLDER}/{log.entry_name(version)}", folder / log.entry_name(version))
                missing = 0
            except FileNotFoundError:
                if (missing := missing + 1) > _MISSES:
                    return

    def _fetch(self, name: str, target: Path) -> None:
        try:
            self.location.fetch(name, target)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise self.location.unreachable(error) from error


_numbers = itertools.count()
