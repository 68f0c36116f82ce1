"""Which version of a month's figures a customs file holds (数据版本), and since when the world could know it.

The customs publish a month three times: the preliminary figures (快讯, on the 7th to 14th of the month after), the
verified ones (月刊 on the 18th; the online query opens with them on the 20th), and what later corrections leave, until
the yearbook of the next September closes the year; “the latest published figure prevails” (以最新公布数据为准). Each
version is a further row with its own day of publication, so that a question as of a day between two of them is
answered by the earlier one.

Source: 海关总署 2025 年统计数据发布时间表 and its notes; the days are ``vintages`` of
``catalogue/data/sources/customs.yaml``, the days that a timetable states those of ``catalogue/data/calendar``.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Literal

from qinggong.catalogue import Catalogue
from qinggong.periods import Period
from qinggong.sources.base import UnreadableFile
from qinggong.sources.customs_layout import Vintage, facts

_SHANGHAI = dt.timezone(dt.timedelta(hours=8), "Asia/Shanghai")
_DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?|(\d{4})(\d{2})(\d{2})")


class VintageError(ValueError):
    """A text names no vintage and no day; the message is a Chinese sentence that lists what may be written."""


@dataclass(frozen=True, slots=True)
class Dating:
    """How the figures of a file are dated: by the calendar of a vintage, or by the day on which they were queried."""

    vintage: Vintage
    day: dt.date | None = None

    @property
    def basis(self) -> Literal["stated", "calendar"]:
        return "calendar" if self.day is None else "stated"

    @property
    def text(self) -> str:
        """One wording for what a user says in several: the day of the query, or the name of the vintage."""
        return self.vintage.name if self.day is None else self.day.isoformat()

    @property
    def citation(self) -> str:
        """How a citation of such a figure begins: ``海关统计数据在线查询（2025-10-12查询）``."""
        asked = "" if self.day is None else f"（{self.day.isoformat()}查询）"
        return self.vintage.citation + asked

    def published(self, period: Period, known_at: dt.datetime, catalogue: Catalogue) -> dt.date:
        """The day of publication of a figure of this period in a file that was frozen then.

        Raises
        ------
        UnreadableFile
            If the stated day of the query lies before the end of the period, or after the day on which the file came.
        """
        received = known_at.astimezone(_SHANGHAI).date()
        if self.day is None:
            # A file in hand was published before, whatever the calendar says.
            return min(released(period, self.vintage, catalogue), received)
        if self.day > received:
            raise UnreadableFile(f"所写的查询日期{self.day}晚于收到文件的日期{received}，请核对 --vintage")
        if self.day <= period.end_date:
            raise UnreadableFile(f"文件里有{period.code}的数字，不会在所写的{self.day}查询到，请核对 --vintage")
        return self.day


def vintage(code: str) -> Vintage:
    return next(v for v in facts().vintages if v.code == code)


def dating(text: str) -> Dating:
    """What a user says of a file: nothing (an online query), a vintage by code or name, or the day of the query.

    Raises
    ------
    VintageError
        For any other text.
    """
    said = text.strip()
    for known in facts().vintages:
        if said.lower() in (known.code, known.name, *known.names):
            return Dating(known)
    if not said:
        return Dating(vintage("online"))
    if found := _DAY.fullmatch(said):
        try:
            year, month, day = (int(g) for g in found.groups() if g is not None)
            return Dating(vintage("online"), dt.date(year, month, day))
        except ValueError:
            pass
    names = "、".join(v.name for v in facts().vintages)
    raise VintageError(f"“{text}”不是海关数据的版本，请写{names}，或查询的日期（如 2025-10-12）")


def released(period: Period, version: Vintage, catalogue: Catalogue) -> dt.date:
    """The stated day of release of a vintage, else the latest customary one; January comes out with February."""
    last = max(period.last, 2)
    if version.month:
        return dt.date(period.year + 1, version.month, version.day)
    stated = catalogue.announced.get((version.announced, period.year, last))
    return stated[0] if stated else dt.date(period.year + last // 12, last % 12 + 1, version.day)


def by_day(period: Period, day: dt.date, catalogue: Catalogue) -> Vintage:
    """The vintage of a dated page: the last one that was out by that day, of those that come as pages."""
    paged = [v for v in facts().vintages if v.tables]
    return max((v for v in paged if released(period, v, catalogue) <= day), key=_order, default=paged[0])


def cited(citation: str) -> Dating | None:
    """The dating of a figure by its citation; ``None`` if no customs file gives such a one."""
    for known in facts().vintages:
        if citation.startswith(known.citation):
            return Dating(known)
    return None


def _order(version: Vintage) -> int:
    return facts().vintages.index(version)
