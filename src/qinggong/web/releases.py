"""What has been released (发布物): the folders of ``releases/``, newest by a day, and their computed results.

A folder is read when its manifest is there and whole; one that is being written is not seen until it is moved into
its place. Drafts and embargoed releases lie elsewhere and are never looked at.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from qinggong.publish.portal_data import FILE
from qinggong.publish.release import MANIFEST

NAME = re.compile(r"^\d{4}(?:-(?:0[1-9]|1[0-2]|Q[1-4]|H[12]))?(?:\.r\d{1,3})?$")
_MONTHLY = re.compile(r"^\d{4}-\d{2}")
_SHOWN_STATES = frozenset({"checked", "published"})
_KEPT = 4
LOOK_AGAIN_S = 0.5
"""Seconds for which what a look at the folders found is taken as true: a page asks many times."""

Portal = Mapping[str, Any]
"""The parts of ``data/portal.json`` (``publish.portal_data``)."""


@dataclass(frozen=True, slots=True)
class Release:
    """One release: its folder's name, the month or longer period, and the day from which it counts."""

    name: str
    folder: Path = field(repr=False)
    title: str
    month: str
    state: str
    day: dt.date
    synthetic: bool
    files: Mapping[str, Mapping[str, Any]] = field(repr=False, hash=False)
    manifest: Mapping[str, Any] = field(repr=False, hash=False)
    mark: str

    @property
    def monthly(self) -> bool:
        return bool(_MONTHLY.match(self.name))

    @property
    def revision(self) -> int:
        """1 for the first publication, 2 for ``.r2`` …"""
        return int(self.name.partition(".r")[2] or 1)


class Releases:
    """The releases of a workspace, looked at again whenever the folder has changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._mark: tuple[Any, ...] = ()
        self._looked = -LOOK_AGAIN_S
        self._found: tuple[Release, ...] = ()
        self._portals: OrderedDict[tuple[str, str], Portal] = OrderedDict()

    @property
    def mark(self) -> str:
        """Changes with every release that comes, goes or is replaced."""
        return "-".join(r.mark for r in self.all())

    def all(self) -> tuple[Release, ...]:
        """The newest first; corrections before what they correct."""
        with self._lock:
            now = time.monotonic()
            if now - self._looked < LOOK_AGAIN_S:
                return self._found
            try:
                entries = sorted(p for p in self.folder.iterdir() if NAME.match(p.name))
                seen = tuple((p.name, (p / MANIFEST).stat().st_mtime_ns) for p in entries if (p / MANIFEST).is_file())
            except OSError:
                return self._found
            if seen != self._mark:
                found = [r for name, moment in seen if (r := _read(self.folder / name, moment)) is not None]
                self._found = tuple(sorted(found, key=lambda r: (r.month, r.revision, r.day), reverse=True))
                self._mark = seen
            self._looked = now
            return self._found

    def newest(self, day: dt.date | None = None) -> Release | None:
        """The newest monthly release published by a day; a correction goes before what it corrects."""
        return next((r for r in self.all() if r.monthly and (day is None or r.day <= day)), None)

    def named(self, name: str) -> Release | None:
        return next((r for r in self.all() if r.name == name), None)

    def portal(self, release: Release) -> Portal | None:
        """The computed results of a release; ``None`` if it was made before there were any."""
        key = (release.name, release.mark)
        with self._lock:
            if key in self._portals:
                self._portals.move_to_end(key)
                return self._portals[key]
        if FILE not in release.files:
            return None
        try:
            read: Portal = json.loads((release.folder / FILE).read_bytes())
        except (OSError, ValueError):
            return None
        with self._lock:
            self._portals[key] = read
            while len(self._portals) > _KEPT:
                self._portals.popitem(last=False)
        return read


def _read(folder: Path, moment: int) -> Release | None:
    try:
        told = json.loads((folder / MANIFEST).read_bytes())
        day = dt.date.fromisoformat(str(told.get("published_at") or told["release_date"])[:10])
        state = str(told["state"])
        if state not in _SHOWN_STATES or told.get("as_of"):
            return None
        return Release(
            folder.name, folder, str(told["title"]), str(told["month"]), state, day, bool(told["synthetic"]),
            dict(told["files"]), told, f"{moment:x}",
        )  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
