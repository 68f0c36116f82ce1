"""The workspace behind the portal (数据来源): catalogue, store and releases, each read anew when it has changed."""

from __future__ import annotations

import datetime as dt
import threading
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.breaks import Break, load_breaks
from qinggong.catalogue.plans import Plan, load_plans
from qinggong.catalogue.warnings import WarningSettings, load_warnings
from qinggong.config import Layout, open_workspace, settings
from qinggong.store.base import StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.reader import Reader
from qinggong.web.releases import LOOK_AGAIN_S, Portal, Release, Releases
from qinggong.web.series_index import SeriesIndex


@dataclass(frozen=True, slots=True)
class Told:
    """The computed results that count on a day: the release they come from and its parts.

    ``release`` is ``None`` before the first release; ``portal`` is ``None`` too if that release holds none.
    """

    release: Release | None
    portal: Portal | None


class Place:
    """A workspace as pages see it.

    Parameters
    ----------
    folder
        Of the workspace.

    Raises
    ------
    WorkspaceError
        If the folder is no workspace.
    """

    def __init__(self, folder: Path) -> None:
        self.layout: Layout = open_workspace(folder)
        self.releases = Releases(self.layout.releases)
        self._lock = threading.Lock()
        self._reader: Reader | None = None
        self._filled = False
        self._index: SeriesIndex | None = None
        self._looked = 0.0
        self._marked, self._marked_at = "", -LOOK_AGAIN_S
        chosen = settings(self.layout)
        self.title, self.synthetic = chosen.title, chosen.synthetic
        self._office_elsewhere = bool(chosen.office_database)

    @cached_property
    def catalogue(self) -> Catalogue:
        return load_catalogue(overlay=self.layout.catalogue)

    @cached_property
    def breaks(self) -> tuple[Break, ...]:
        return load_breaks(overlay=self.layout.catalogue)

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        return load_plans(overlay=self.layout.catalogue)

    @cached_property
    def warning_settings(self) -> WarningSettings:
        return load_warnings(overlay=self.layout.catalogue)

    @property
    def reader(self) -> Reader:
        """The store at its newest version.

        Raises
        ------
        StoreError
            If the table is damaged or just being replaced.
        """
        return self._current()[0]

    @property
    def index(self) -> SeriesIndex:
        return self._current()[1]

    def _current(self) -> tuple[Reader, SeriesIndex]:
        with self._lock:
            now = time.monotonic()
            recent = now - self._looked < LOOK_AGAIN_S
            if self._reader is not None and self._index is not None and (recent or self._reader.is_current()):
                self._looked = self._looked if recent else now
                return self._reader, self._index
            reader = Reader(DeltaStore(self.layout.store))
            if reader.version < 0 and (self._filled or self.releases.all()):
                # A store that has gone is not an empty one: it is being replaced, or its disk is away.
                raise StoreError("观测库不在原处，可能正在更换或磁盘没有挂上")
            self._filled = reader.version >= 0
            index = SeriesIndex(reader.held())
            # The old reader is left to those who still ask it; it goes with the last of them.
            self._reader, self._index, self._looked = reader, index, now
            return reader, index

    def forget(self) -> None:
        """Open the store anew at the next question: a file of it has gone."""
        with self._lock:
            self._reader = self._index = None
            self._marked_at = -LOOK_AGAIN_S

    @property
    def office(self) -> bool:
        """Whether the workspace has an office, and so a work area; it is not opened for that."""
        return self._office_elsewhere or self.layout.office.is_file()

    @property
    def mark(self) -> str:
        """Changes with everything that pages show: version of the store, releases, whether there is an office."""
        try:
            version = str(self.reader.version)
        except StoreError:
            version = "x"
        mark = f"{version}.{self.releases.mark}{'.o' if self.office else ''}"
        self._marked, self._marked_at = mark, time.monotonic()
        return mark

    @property
    def recent_mark(self) -> str | None:
        """The mark if it was looked up just now, without asking the disk; else ``None``."""
        return self._marked if time.monotonic() - self._marked_at < LOOK_AGAIN_S else None

    def told(self, day: dt.date | None) -> Told:
        """The computed results of the newest release published by a day."""
        release = self.releases.newest(day)
        return Told(release, None if release is None else self.releases.portal(release))
