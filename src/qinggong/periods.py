"""Periods of official statistics (统计时期): month, quarter, half, year, year-to-date.

A period is a run of whole months inside one calendar year. Only the runs that Chinese official
statistics use exist: single months, cumulative runs from January (1—2月 … 全年), the later quarters
and the second half. A first quarter and the run January–March are one period, and so are a first
half and January–June: the releases print the same figure under both names.
"""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import re
from dataclasses import dataclass
from typing import Literal

PeriodKind = Literal["month", "ytd", "quarter", "half"]
NameForm = Literal["flow", "month", "stock"]

_LATER_QUARTERS = {(4, 6): "二季度", (7, 9): "三季度", (10, 12): "四季度"}
_SPOKEN_YTD = {3: "一季度", 6: "上半年", 9: "前三季度", 12: "全年"}


class PeriodError(ValueError):
    """A text or a run of months is not a period of official statistics."""


@dataclass(frozen=True, order=True, slots=True, kw_only=True)
class Period:
    """A run of months ``first``..``last`` of ``year``; periods sort by their end, then by their start."""

    year: int
    last: int
    first: int

    def __post_init__(self) -> None:
        if not (1 <= self.first <= self.last <= 12 and 1900 <= self.year <= 2200):
            raise PeriodError(f"no such run of months: {self.year} {self.first}..{self.last}")
        run = (self.first, self.last)
        if self.first > 1 and self.first != self.last and run not in _LATER_QUARTERS and run != (7, 12):
            raise PeriodError(f"official statistics have no period {self.year}, {self.first}—{self.last}月")

    @property
    def kind(self) -> PeriodKind:
        if self.first == self.last:
            return "month"
        if self.first == 1:
            return "ytd"
        return "half" if self.last - self.first == 5 else "quarter"

    @property
    def code(self) -> str:
        """Canonical text: ``2024-08`` for a month, ``2024-01/2024-08`` for a run."""
        end = f"{self.year}-{self.last:02d}"
        return end if self.first == self.last else f"{self.year}-{self.first:02d}/{end}"

    @property
    def months(self) -> int:
        return self.last - self.first + 1

    @property
    def is_jan_feb(self) -> bool:
        return self.first == 1 and self.last == 2

    @property
    def end_date(self) -> dt.date:
        return dt.date(self.year, self.last, calendar.monthrange(self.year, self.last)[1])

    def year_before(self) -> Period:
        return Period(year=self.year - 1, first=self.first, last=self.last)

    def __str__(self) -> str:
        return self.code


def month(year: int, number: int) -> Period:
    return Period(year=year, first=number, last=number)


def ytd(year: int, number: int) -> Period:
    """January to month ``number`` (1—n月); ``ytd(y, 12)`` is the full year."""
    return Period(year=year, first=1, last=number)


def quarter(year: int, number: int) -> Period:
    return Period(year=year, first=3 * number - 2, last=3 * number)


def observed_month(year: int, number: int) -> Period:
    """The single-month observation that industry statistics have for a month: February is 1—2月."""
    return ytd(year, 2) if number <= 2 else month(year, number)


def previous_month(period: Period) -> Period:
    """The step before in the sequence of single-month observations: … 12月, 1—2月, 3月, 4月 ….

    Source: conventions of monthly industrial statistics; since 2013 January and February are one survey.
    """
    if period.is_jan_feb:
        return month(period.year - 1, 12)
    if period.kind != "month":
        raise PeriodError(f"{period.code} is not a single-month observation")
    if period.last == 1:
        return month(period.year - 1, 12)
    return observed_month(period.year, period.last - 1)


def previous_ytd(period: Period) -> Period:
    """The cumulative period before: 1—7月 for 1—8月, and last year's full year for 1—2月."""
    if period.first != 1 or period.last < 2:
        raise PeriodError(f"{period.code} is not a cumulative period")
    return ytd(period.year - 1, 12) if period.last == 2 else ytd(period.year, period.last - 1)


def months_between(start: Period, end: Period) -> list[Period]:
    """All single-month observations (one for 1—2月) from ``start`` to ``end``, both included."""
    steps = [end]
    while steps[-1] > start:
        steps.append(previous_month(steps[-1]))
    return [p for p in reversed(steps) if p >= start]


def ytds_between(start: Period, end: Period) -> list[Period]:
    """All cumulative periods from ``start`` to ``end``, both included."""
    steps = [end]
    while steps[-1] > start:
        steps.append(previous_ytd(steps[-1]))
    return [p for p in reversed(steps) if p >= start]


def name(period: Period, *, form: NameForm = "flow", with_year: bool = True) -> str:
    """Write a period in the one official form.

    Parameters
    ----------
    form
        ``flow`` for figures over a period (1—8月, 上半年, 8月份), ``stock`` for those at its end (8月末),
        ``month`` for cumulative runs written by their months (1—6月 instead of 上半年).
    with_year
        Put the year in front (``2024年1—8月``).
    """
    year = f"{period.year}年" if with_year else ""
    if form == "stock":
        return f"{year}{period.last}月末"
    if period.kind == "month":
        return f"{year}{period.last}月份"
    run = (period.first, period.last)
    if run in _LATER_QUARTERS:
        return year + _LATER_QUARTERS[run]
    if run == (7, 12):
        return year + "下半年"
    if form == "flow" and period.last in _SPOKEN_YTD:
        return f"{period.year}年全年" if with_year and period.last == 12 else year + _SPOKEN_YTD[period.last]
    return f"{year}1—{period.last}月"


def name_en(period: Period) -> str:
    """The English name: ``August 2024``, ``January–August 2024``, ``2024``."""
    if period.kind == "month":
        return f"{calendar.month_name[period.last]} {period.year}"
    if (period.first, period.last) == (1, 12):
        return str(period.year)
    return f"{calendar.month_name[period.first]}–{calendar.month_name[period.last]} {period.year}"


# Hyphens, dashes, minus and box lines of all widths are one dash, waves of all widths one wave.
_DASHES, _WAVES = "‐‑‒–—―−─━﹘﹣－", "～〜∼"
_WIDTH = str.maketrans(
    "０１２３４５６７８９／．年" + _DASHES + _WAVES, "0123456789/.年" + "-" * len(_DASHES) + "~" * len(_WAVES)
)
_DASH = r"(?:-{1,2}|~|至|到)"
_CHINESE_NUMBER = {c: i for i, c in enumerate("一二三四五六七八九十", start=1)} | {"十一": 11, "十二": 12}
_NUMBER = r"(?:\d{1,2}|十[一二]?|[一二三四五六七八九])"
_TAIL = r"(?:月份?|月底|月末)"

_ISO_MONTH = re.compile(r"^(\d{4})[-/.](\d{1,2})$")
_ISO_RUN = re.compile(r"^(\d{4})-(\d{1,2})/(\d{4})-(\d{1,2})$")
_COMPACT = re.compile(r"^(\d{4})(0[1-9]|1[0-2])$")
_YEAR = re.compile(r"^(?:(\d{4})|(\d{2}))年")
_RUN = re.compile(rf"^({_NUMBER})(?:月份?)?{_DASH}({_NUMBER}){_TAIL}$")
_SINGLE = re.compile(rf"^({_NUMBER}){_TAIL}$")
_FIRST_N = re.compile(rf"^前({_NUMBER})个?月$")
_QUARTER = re.compile(r"^第?([一二三四1-4])季度?$")
_THREE_QUARTERS = re.compile(rf"^(?:前|[一1]{_DASH})[三3]个?季度?$")


def _number(text: str) -> int:
    return _CHINESE_NUMBER[text] if text in _CHINESE_NUMBER else int(text)


@functools.lru_cache(maxsize=4096)  # a file says few periods, each of them thousands of times
def parse(text: str, *, year: int | None = None) -> Period:
    """Read a period in any official, dash or width variant.

    Parameters
    ----------
    text
        For example ``2024年1—8月``, ``1-8月份``, ``１～８月``, ``1至8月``, ``上半年``, ``一季度``, ``8月末``,
        ``2024-08``, ``2024-01/2024-08``, ``202408``.
    year
        Year of a text that names none.

    Raises
    ------
    PeriodError
        With the text and what was expected.
    """
    raw = text
    text = re.sub(r"\s+", "", text.translate(_WIDTH)).replace("個", "个").replace("份份", "份")
    try:
        if found := _ISO_RUN.match(text):
            first_year, first, last_year, last = (int(g) for g in found.groups())
            if first_year != last_year:
                raise PeriodError(f"“{raw}” spans two years")
            return Period(year=first_year, first=first, last=last)
        if found := (_ISO_MONTH.match(text) or _COMPACT.match(text)):
            return month(int(found[1]), int(found[2]))
        if re.fullmatch(r"\d{4}", text):
            return ytd(int(text), 12)
        if found := _YEAR.match(text):
            year = int(found[1]) if found[1] else 2000 + int(found[2])
            text = text[found.end() :]
            if text in ("", "度"):
                return ytd(year, 12)
            if text in ("末", "底"):
                return month(year, 12)
        if year is None:
            raise PeriodError(f"“{raw}” names no year; write for example 2024年8月 or 2024-08")
        return _parse_within(text, year, raw)
    except PeriodError:
        raise
    except ValueError as error:
        raise PeriodError(f"“{raw}” is not a period; write for example 2024年1—8月 or 2024-01/2024-08") from error


def _parse_within(text: str, year: int, raw: str) -> Period:
    if text in ("全年", "年度"):
        return ytd(year, 12)
    if text in ("上半年", "下半年"):
        return ytd(year, 6) if text == "上半年" else Period(year=year, first=7, last=12)
    if _THREE_QUARTERS.match(text):
        return ytd(year, 9)
    if found := _QUARTER.match(text):
        return quarter(year, _number(found[1]))
    if found := _FIRST_N.match(text):
        return ytd(year, _number(found[1]))
    if found := _RUN.match(text):
        return Period(year=year, first=_number(found[1]), last=_number(found[2]))
    if found := _SINGLE.match(text):
        return month(year, _number(found[1]))
    raise PeriodError(f"“{raw}” is not a period; write for example 2024年1—8月 or 2024-01/2024-08")
