"""Deleting what no version of the last days needs (清理): files that were merged, and what killed writers left.

A reader pins a version and goes on reading its files after they were merged, on this machine or another; a writer
has written files that no commit names yet. Both are safe as long as nothing is deleted that is younger, or was
merged later, than the retention.
"""

from __future__ import annotations

import datetime as dt
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deltalake.exceptions import DeltaError

from qinggong.store.base import StoreError
from qinggong.store.files import HIDDEN_PREFIX, unwritable
from qinggong.store.layout import RETENTION_DAYS

if TYPE_CHECKING:
    from qinggong.store.table import Table

KEEP = dt.timedelta(days=7)
FLOOR = dt.timedelta(days=1)
CEILING = dt.timedelta(days=RETENTION_DAYS)


@dataclass(frozen=True, slots=True)
class Vacuumed:
    """What was deleted: names and bytes. ``kept`` counts merged files that a recent version may still need."""

    deleted: tuple[str, ...]
    size: int
    kept: int

    @property
    def lines(self) -> list[str]:
        """For the screen."""
        said = f"已清理{len(self.deleted)}个文件，共{self.size / 1e6:.1f} MB"
        return [f"{said}；另有{self.kept}个旧文件在保留期内，未动。" if self.kept else f"{said}。"]


def vacuum(table: Table, *, keep: dt.timedelta = KEEP, force: bool = False) -> Vacuumed:
    """Delete files that no version of the last ``keep`` needs.

    Parameters
    ----------
    keep
        At least a day, at most 30: so long the log remembers when a file was merged.
    force
        Allow less than a day. Only where no other process reads or writes the table: it may lose files under it.

    Raises
    ------
    StoreError
        If ``keep`` is not allowed, or the log is damaged; nothing is deleted then.
    """
    check(keep, force=force)
    opened = table._table()
    if opened is None:
        return Vacuumed((), 0, 0)
    read = table._log()
    live = {f.name for f in table._files(opened)}
    if read.faults or live != set(read.live):
        raise StoreError(f"观测表 {table.folder} 的日志已损坏，未删除任何文件，请运行 qinggong store verify 查明范围")
    limit = dt.datetime.now(dt.UTC) - keep
    recent = {name for name, moment in read.removed.items() if moment >= limit.timestamp() * 1000}
    deleted, size = [], 0
    for path in _files_in(table.folder):
        if path.name in live or path.name in recent:
            continue
        found = path.stat()
        if found.st_mtime > limit.timestamp():
            continue
        try:
            shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
        except OSError as error:
            raise unwritable(table.folder, error) from error
        deleted.append(path.name)
        size += found.st_size
    try:
        opened.create_checkpoint()
        opened.cleanup_metadata()
    except (DeltaError, OSError) as error:
        raise unwritable(table.folder, error) from error
    present = {path.name for path in _files_in(table.folder)}
    return Vacuumed(tuple(deleted), size, len(present & set(read.removed) - live))


def check(keep: dt.timedelta, *, force: bool) -> None:
    """Refuse a retention that is not allowed."""
    if keep < dt.timedelta(0) or keep > CEILING:
        raise StoreError(f"保留期应在1天至{CEILING.days}天之间，请改写")
    if keep < FLOOR and not force:
        raise StoreError("保留期不到1天，正在读取的程序可能失去文件；确知没有别的程序在用此表时，才可加 --force")


def _files_in(folder: Path) -> list[Path]:
    """Data files, and hidden parts of writes; nothing else in the folder is ours to delete."""
    return sorted({*folder.glob("*.parquet"), *folder.glob(f"{HIDDEN_PREFIX}*")})
