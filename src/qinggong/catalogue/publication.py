"""When a release may be read (发布日历): months with their moment of publication, by the clock of Asia/Shanghai.

The file is the workspace's own, ``publication.yaml`` beside ``qinggong.toml``. It is no part of the catalogue that a
release depends on: when a release may be read does not change what is in it.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from qinggong.catalogue.datafile import document
from qinggong.catalogue.schema import CatalogueError

ZONE = ZoneInfo("Asia/Shanghai")
RELEASE = re.compile(r"\d{4}(?:-(?:\d{2}|Q[1-4]|H[12]))?(?:\.r(?:[2-9]|[1-9]\d+))?")
_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


class Entry(BaseModel):
    """One release and its day, with the clock time if it is not the usual one."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    release: str
    date: dt.date
    time: str = ""

    @field_validator("release")
    @classmethod
    def _known_form(cls, value: str) -> str:
        if not RELEASE.fullmatch(value):
            raise ValueError("write a month as '2025-11', a correction as '2025-11.r2', in quotes")
        return value

    @field_validator("time")
    @classmethod
    def _clock(cls, value: str) -> str:
        if value and not _CLOCK.fullmatch(value):
            raise ValueError("write a time of day as '10:00', in quotes")
        return value


class PublicationCalendar(BaseModel):
    """The publication calendar of a workspace; without a file it is empty and nothing is under embargo."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time: str = "10:00"
    releases: tuple[Entry, ...] = Field(default=())

    @field_validator("time")
    @classmethod
    def _clock(cls, value: str) -> str:
        if not _CLOCK.fullmatch(value):
            raise ValueError("write a time of day as '10:00', in quotes")
        return value

    @model_validator(mode="after")
    def _once(self) -> PublicationCalendar:
        names = [e.release for e in self.releases]
        if twice := sorted({n for n in names if names.count(n) > 1}):
            raise ValueError(f"{twice[0]} stands twice; keep one")
        return self

    def moment(self, release: str) -> dt.datetime | None:
        """When a release (``2025-11``, ``2025-11.r2``) may be read; ``None`` if the calendar does not name it."""
        for entry in self.releases:
            if entry.release == release:
                return at(entry.date, entry.time or self.time)
        return None


def at(day: dt.date, clock: str) -> dt.datetime:
    """A moment by the clock of Asia/Shanghai."""
    hour, minute = (int(part) for part in clock.split(":"))
    return dt.datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZONE)


def load_publication_calendar(path: Path) -> PublicationCalendar:
    """The calendar in a file; an empty one if there is no such file.

    Raises
    ------
    CatalogueError
        Naming file, line, entry and field.
    """
    if not path.is_file():
        return PublicationCalendar()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogueError(f"{path}: cannot be read as UTF-8 text ({error})") from error
    return document(text, PublicationCalendar, shown=str(path))
