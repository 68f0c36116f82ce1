"""The store made anew from the raw archive (重建): same files, same order, same moments, same content.

The new table is built beside the old one, compared with it row by row, and put in its place in one step. Which rows
are accepted depends on the catalogue and on the checks of today: rows that today's would leave out are listed, and the
old table then stays, unless the user insists.
"""

from __future__ import annotations

import ctypes
import dataclasses
import datetime as dt
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from qinggong.config import writing
from qinggong.intake import findings as book
from qinggong.intake.ingest import Progress, quiet
from qinggong.intake.take_in import Ingested, append_file
from qinggong.intake.workspace import Workspace
from qinggong.sources.freeze import archived, thawed
from qinggong.store.base import Observation, StoreError

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a replay made.

    ``lost``: rows of the old table that today's catalogue and checks leave out; ``gained``: rows that only the new
    table has. ``replaced``: the new table is in place; ``kept``: where the old one lies, if it said something else.
    ``damage``: why the old table could not be compared, empty if it could.
    """

    files: tuple[Ingested, ...]
    rows: int
    lost: tuple[Observation, ...]
    gained: tuple[Observation, ...]
    replaced: bool
    kept: Path | None = None
    damage: str = ""

    @property
    def same(self) -> bool:
        return not (self.lost or self.gained or self.damage)


def replay(workspace: Workspace, *, check: bool = False, force: bool = False, progress: Progress = quiet) -> Replayed:
    """Build the store from the archive in order of ``known_at`` and put it in place.

    Parameters
    ----------
    check
        Only compare; nothing is changed.
    force
        Put the new table in place even if it lacks rows of the old one.

    Raises
    ------
    ArchiveError
        If an archived file is gone or altered; the old table stays as it is.
    """
    layout = workspace.layout
    with writing(layout), _room(layout.rebuilt) as folder:
        heal(workspace)
        new = dataclasses.replace(workspace, store_folder=folder)
        noted = book.load(layout)
        done: list[Ingested] = []
        for frozen in archived(layout.raw):
            name = frozen.read_as or frozen.name
            progress(f"重建 {name}")
            accepted = book.accepted_rows(noted, frozen.sha256)
            done.append(append_file(new, name, frozen, thawed(layout.raw, frozen), accepted=accepted))
        lost, gained, damage = _compare(workspace, new)
        result = Replayed(tuple(done), new.store.count(), lost, gained, False, None, damage)
        if check or (lost and not force):
            return result
        if not folder.is_dir():
            return result  # an empty archive makes no table
        kept = _put_in_place(workspace, folder, keep=not result.same)
        now = dt.datetime.now(dt.UTC)
        for one in done:
            book.note(layout, one.findings, sha256=one.sha256, now=now, whole=True)
        return dataclasses.replace(result, replaced=True, kept=kept)


def heal(workspace: Workspace) -> None:
    """Bring the table back if a replay was cut off between taking the old one away and putting the new one there."""
    layout = workspace.layout
    if not layout.store.exists() and layout.previous.is_dir():
        layout.previous.rename(layout.store)


@contextmanager
def _room(folder: Path) -> Iterator[Path]:
    """A place for the new table; whatever is left there at the end is removed."""
    shutil.rmtree(folder, ignore_errors=True)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _compare(old: Workspace, new: Workspace) -> tuple[tuple[Observation, ...], tuple[Observation, ...], str]:
    try:
        if not old.layout.store.is_dir() or old.store.version < 0:
            return (), (), "" if new.store.version < 0 else "原来没有观测表"
        return tuple(old.store.without(new.store)), tuple(new.store.without(old.store)), ""
    except StoreError as error:
        return (), (), str(error)


def _put_in_place(workspace: Workspace, folder: Path, *, keep: bool) -> Path | None:
    """Exchange the new folder with the old one; return where the old one is kept."""
    layout = workspace.layout
    target, previous = layout.store, layout.previous
    shutil.rmtree(previous, ignore_errors=True)
    if not target.exists():
        folder.rename(target)
        return None
    if _exchange(folder, target):
        if not keep:
            return None  # the old table now lies in the room and goes with it
        folder.rename(previous)
        return previous
    target.rename(previous)
    folder.rename(target)
    if keep:
        return previous
    shutil.rmtree(previous, ignore_errors=True)
    return None


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step where the system can (Linux, ``renameat2``); False where it cannot."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return bool(rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _RENAME_EXCHANGE) == 0)
