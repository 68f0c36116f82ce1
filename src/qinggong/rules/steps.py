"""Periods as numbers that grow by one a step (时期序号), so that “the period before” is a subtraction."""

from __future__ import annotations

import datetime as dt
import re

from qinggong.periods import Period, PeriodError, month, parse
from qinggong.rules.model import Step
from qinggong.rules.program import days

_YEAR = re.compile(r"(\d{4})年?")
_LATER = {(4, 6): 2, (7, 9): 3, (10, 12): 4}


def step_number(value: object, step: Step) -> int | None:
    """The number of a period, ``None`` if the text is none of this step.

    ``industrial_month`` has eleven steps a year: 1—2月 is one, as in the monthly statistics of industry; single months
    and cumulative periods (1—8月) alike.
    """
    if isinstance(value, dt.date):
        if step == "day":
            return days(value.date() if isinstance(value, dt.datetime) else value)
        value = value.strftime("%Y-%m")
    text = str(value).strip()
    if len(text) > 40:
        return None
    if step == "day":
        try:
            return days(dt.date.fromisoformat(text[:10]))
        except ValueError:
            return None
    if step == "year":
        found = _YEAR.fullmatch(text)
        return int(found[1]) if found else None
    try:
        return _numbered(parse(text), step)
    except PeriodError:
        return None


def _numbered(period: Period, step: Step) -> int | None:
    year, first, last = period.year, period.first, period.last
    if step == "industrial_month":
        return year * 11 + max(last, 2) - 2
    if step == "quarter":
        run = 1 if (first, last) == (1, 3) else _LATER.get((first, last))
        return None if run is None else year * 4 + run - 1
    if step == "half":
        run = {(1, 6): 0, (7, 12): 1}.get((first, last))
        return None if run is None else year * 2 + run
    return year * 12 + last - 1 if period.kind in ("month", "ytd") or period == month(year, last) else None
