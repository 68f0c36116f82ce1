"""Working days (工作日) for deadlines: weekends, statutory holidays and the State Council's make-up workdays.

Source: 《全国年节及纪念日放假办法》 and the yearly notices, from the package ``holidays``. A year whose notice is not out
yet has its statutory holidays, but neither bridge days nor make-up workdays.
"""

from __future__ import annotations

import datetime as dt
from functools import lru_cache

_ONE = dt.timedelta(days=1)


@lru_cache(maxsize=64)
def _year(year: int) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    import holidays

    found = holidays.country_holidays("CN", years=year)
    return frozenset(found), frozenset(found.weekend_workdays)


def is_working_day(day: dt.date) -> bool:
    """Whether offices work on a day."""
    off, worked = _year(day.year)
    return day in worked or (day.weekday() < 5 and day not in off)


def working_days_after(day: dt.date, number: int) -> dt.date:
    """The ``number``-th working day after ``day``, which is itself not counted.

    Raises
    ------
    ValueError
        For a negative number.
    """
    if number < 0:
        raise ValueError(f"{number} working days: the number cannot be negative")
    while number > 0:
        day += _ONE
        number -= is_working_day(day)
    return day


def working_days_between(first: dt.date, last: dt.date) -> int:
    """Working days after ``first`` up to and with ``last``; negative if ``last`` is before ``first``."""
    if last < first:
        return -working_days_between(last, first)
    return sum(is_working_day(first + dt.timedelta(days=n)) for n in range(1, (last - first).days + 1))
