"""Regressors of the calendar: the Spring Festival (春节), working days, weekdays, leap years.

The festival moves between 21 January and 20 February, the work of the weeks around it with it. Each window of days
before, during and after the festival gives one regressor: the share of the window's days that falls in the month, less
the mean of that share over a long table of festivals, so that the regressor has no seasonal pattern of its own and the
level is not moved.

References: W. R. Bell and S. C. Hillmer (1983), Modeling time series with calendar variation, Journal of the American
Statistical Association 78, 526–534; J.-L. Lin and T.-S. Liu (2002), Modeling lunar calendar holiday effects in Taiwan,
Taiwan Economic Forecast and Policy 33, 1–37; X-13ARIMA-SEATS Reference Manual, section 7.13 (trading day, leap year)
and the program genhol (centring by calendar month). Festival dates, statutory holidays (《全国年节及纪念日放假办法》) and the
State Council's yearly notices of make-up workdays come from the package ``holidays``.
"""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Window = tuple[int, int]
Windows = tuple[Window, ...]

# Days relative to the festival (day 0 is the first day of the lunar year), both ends included.
DEFAULT_WINDOWS: Windows = ((-20, -1), (0, 6), (7, 20))
# Years of festivals whose mean centres the regressors: 33 festivals, which spread over the lunar cycle of 19 years.
CENTRING_YEARS = (1998, 2030)
# Years whose mean centres working days: from the present law of holidays on, all with their notices published.
WORKING_DAY_YEARS = (2008, 2025)
# Lengths before and after the festival that the choice of windows tries; production winds down for one to four weeks
# and recovers by the Lantern Festival (day 14) or up to two weeks later.
_BEFORE = (7, 14, 20, 27)
_AFTER = (13, 20, 27)
_FIRST_YEAR, _LAST_YEAR = 1950, 2100


def window_grid() -> tuple[Windows, ...]:
    """The combinations of windows that are compared, the default first."""
    grid = [((-before, -1), (0, 6), (7, after)) for before in _BEFORE for after in _AFTER]
    return (DEFAULT_WINDOWS, *(windows for windows in grid if windows != DEFAULT_WINDOWS))


@lru_cache(maxsize=1)
def _festivals() -> dict[int, dt.date]:
    import holidays

    found = holidays.country_holidays("CN", years=range(_FIRST_YEAR, _LAST_YEAR + 1), language="zh_CN")
    first: dict[int, dt.date] = {}
    for day in found.get_named("春节", lookup="exact"):
        first[day.year] = min(day, first.get(day.year, day))
    return first


def spring_festival(year: int) -> dt.date:
    """First day of the lunar year (正月初一), 1950–2100."""
    try:
        return _festivals()[year]
    except KeyError:
        raise ValueError(f"春节日期只到{_FIRST_YEAR}—{_LAST_YEAR}年，没有{year}年") from None


def months_from(start: tuple[int, int], periods: int) -> list[tuple[int, int]]:
    """Year and month of each of ``periods`` months from ``start`` on."""
    first = start[0] * 12 + start[1] - 1
    return [((first + i) // 12, (first + i) % 12 + 1) for i in range(periods)]


@lru_cache(maxsize=512)
def _window_shares(year: int, window: Window) -> tuple[float, ...]:
    """Share of the window of ``year``'s festival in each of the 16 months from September before to December."""
    festival = spring_festival(year)
    days = [festival + dt.timedelta(d) for d in range(window[0], window[1] + 1)]
    counts = [0] * 16
    for day in days:
        counts[(day.year - year) * 12 + day.month + 3] += 1
    return tuple(c / len(days) for c in counts)


@lru_cache(maxsize=64)
def _window_means(window: Window) -> tuple[float, ...]:
    years = range(CENTRING_YEARS[0], CENTRING_YEARS[1] + 1)
    return tuple(np.mean([_window_shares(year, window) for year in years], axis=0).tolist())


def festival_regressors(start: tuple[int, int], periods: int, *, windows: Sequence[Window] = DEFAULT_WINDOWS) -> Floats:
    """Spring Festival regressors, one a window.

    Parameters
    ----------
    start
        Year and month of the first row.
    windows
        First and last day relative to the festival, within −120 and +150.

    Returns
    -------
    ndarray
        (periods, windows) shares of the window in the month, less their mean in that calendar month over the
        festivals of ``CENTRING_YEARS``.

    Raises
    ------
    ValueError
        If a window is empty or too far from the festival, or a year has no date.
    """
    for first, last in windows:
        if not -120 <= first <= last <= 150:
            raise ValueError(f"春节窗口应写作(起,止)天数，起不大于止，且在−120—150之内，收到({first},{last})")
    out = np.zeros((periods, len(windows)))
    for j, window in enumerate(windows):
        out[:, j] = _window_regressor((int(start[0]), int(start[1])), periods, (int(window[0]), int(window[1])))
    return out


@lru_cache(maxsize=256)
def _window_regressor(start: tuple[int, int], periods: int, window: Window) -> tuple[float, ...]:
    """One column: the choice of windows and sliding spans ask for the same ones again and again."""
    out = [0.0] * periods
    means = _window_means(window)
    for i, (year, month) in enumerate(months_from(start, periods)):
        # A month may hold the tail of this year's window or the head of next year's.
        for festival_year in (year, year + 1):
            place = (year - festival_year) * 12 + month + 3
            if 0 <= place < 16:
                out[i] += _window_shares(festival_year, window)[place] - means[place]
    return tuple(out)


@lru_cache(maxsize=256)
def _days_off(year: int) -> tuple[frozenset[dt.date], frozenset[dt.date]]:
    """Holidays, bridge days included, and the weekend days that are worked, in a year."""
    import holidays

    found = holidays.country_holidays("CN", years=year)
    worked = frozenset(day for day in found.weekend_workdays if day.year == year)
    return frozenset(day for day in found if day.year == year), worked


def is_working_day(day: dt.date) -> bool:
    """Whether people work on a day: no holiday, and no weekend unless a notice makes it a workday."""
    off, worked = _days_off(day.year)
    return day in worked or (day.weekday() < 5 and day not in off)


@lru_cache(maxsize=4096)
def _working_days(year: int, month: int) -> int:
    return sum(is_working_day(dt.date(year, month, d)) for d in range(1, calendar.monthrange(year, month)[1] + 1))


def working_days(start: tuple[int, int], periods: int) -> NDArray[np.int64]:
    """Working days of each month.

    Years whose notice is not out yet have the statutory holidays, but no bridge days.
    """
    return np.array([_working_days(year, month) for year, month in months_from(start, periods)], dtype=np.int64)


@lru_cache(maxsize=1)
def _mean_working_days() -> Floats:
    years = WORKING_DAY_YEARS[1] - WORKING_DAY_YEARS[0] + 1
    counts = working_days((WORKING_DAY_YEARS[0], 1), 12 * years)
    return np.asarray(counts.reshape(years, 12).mean(axis=0), dtype=np.float64)


def working_day_regressor(start: tuple[int, int], periods: int) -> Floats:
    """(periods, 1) working days less their mean in that calendar month over ``WORKING_DAY_YEARS``."""
    months = np.array([month for _, month in months_from(start, periods)], dtype=np.int64)
    return (working_days(start, periods) - _mean_working_days()[months - 1])[:, None]


def weekday_regressors(start: tuple[int, int], periods: int) -> Floats:
    """(periods, 6) number of Mondays … Saturdays, each less the number of Sundays."""
    out = np.empty((periods, 6))
    for i, (year, month) in enumerate(months_from(start, periods)):
        first, length = calendar.monthrange(year, month)
        counts = np.full(7, 4.0)
        for extra in range(length - 28):
            counts[(first + extra) % 7] += 1
        out[i] = counts[:6] - counts[6]
    return out


def leap_year_regressor(start: tuple[int, int], periods: int) -> Floats:
    """(periods, 1) 0.75 in a February of 29 days, −0.25 in one of 28, else 0."""
    months = months_from(start, periods)
    return np.array([[0.0 if m != 2 else (0.75 if calendar.isleap(y) else -0.25)] for y, m in months])


def trading_day_regressors(kind: str | None, start: tuple[int, int], periods: int) -> Floats:
    """Regressors of a kind: "china" (working days), "weekday" (contrasts and leap year) or ``None`` (none)."""
    if kind is None:
        return np.zeros((periods, 0))
    if kind == "china":
        return working_day_regressor(start, periods)
    if kind == "weekday":
        return np.hstack([weekday_regressors(start, periods), leap_year_regressor(start, periods)])
    raise ValueError(f'trading_day应为"auto"、"china"、"weekday"或None，收到{kind!r}')


def trading_day_names(kind: str | None) -> tuple[str, ...]:
    """Names of the columns of ``trading_day_regressors``."""
    if kind == "weekday":
        return ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "leap_year")
    return ("working_days",) if kind == "china" else ()


def over_blocks(regressors: Floats, start_month: int) -> Floats:
    """Regressors for series whose January and February are one figure: both months get the mean of the two.

    A block does not tell its months apart: to first order an effect moves its logarithm by the mean effect. A window
    that always lies inside the block becomes zero, and its coefficient is not identified; what is left is what moves
    between the block and December or March.
    """
    out = np.array(regressors, dtype=np.float64)
    for january in range((1 - start_month) % 12, out.shape[0] - 1, 12):
        out[january] = out[january + 1] = (out[january] + out[january + 1]) / 2
    # The difference of two centred shares that should cancel leaves rounding errors, no regressor.
    out[np.abs(out) < 1e-12] = 0.0
    return out


def window_name(window: Window) -> str:
    """Name of a festival regressor: ``cny[-20,-1]``."""
    return f"cny[{window[0]},{window[1]}]"
