"""The calendar that production follows (月历): months as numbers, Spring Festival, working days, seasonal shape.

Months are counted from January of :data:`EPOCH`. All paths start there, whatever part of them is asked for, so that
a longer synthetic history contains the shorter one.
"""

from __future__ import annotations

import calendar
import datetime as dt
from functools import cache

import numpy as np
import numpy.typing as npt

from qinggong.synth.parameters import FestivalEffect

Array = npt.NDArray[np.float64]

EPOCH = 2005
LAST = 2035
YEARS = LAST - EPOCH + 1
LENGTH = 12 * YEARS
FIRST_YEAR = 2008
"""The first year that may be asked for: what was before only lets the processes settle."""


def index_of(year: int, number: int) -> int:
    """Place of a month on the time axis."""
    return (year - EPOCH) * 12 + number - 1


@cache
def new_year(year: int) -> dt.date:
    """The first day of the Chinese lunar year that begins in ``year``, from the ``holidays`` package."""
    import holidays

    named = "Chinese New Year (Spring Festival)"
    days = holidays.country_holidays("CN", years=year, language="en_US")
    return min(day for day, name in days.items() if name == named and day.year == year)


@cache
def working_days(year: int) -> tuple[int, ...]:
    """Mondays to Fridays of each month; make-up days are left out."""
    return tuple(
        sum(1 for d in range(1, calendar.monthrange(year, m)[1] + 1) if dt.date(year, m, d).weekday() < 5)
        for m in range(1, 13)
    )


def festival_factor(effect: FestivalEffect, year: int) -> Array:
    """How far production of each month lies from a month without Spring Festival, shape (12,), 1 = none.

    The days before lose ``depth`` %; from New Year's Day on the loss fades evenly over the days after. Days of the rush
    before it gain ``rush`` %. A month's factor is the mean over its days. The date moves between 21 January and 20
    February, so January, February and March share the effect differently.
    """
    day = new_year(year)
    factor = np.ones(12)
    for number in (1, 2, 3):
        days = calendar.monthrange(year, number)[1]
        levels = np.ones(days)
        for d in range(days):
            away = (dt.date(year, number, d + 1) - day).days
            if -effect.before <= away < effect.after:
                levels[d] = 1 - effect.depth / 100 * min(1.0, 1 - away / effect.after)
            elif -effect.before - effect.rush_days <= away < -effect.before:
                levels[d] = 1 + effect.rush / 100
        factor[number - 1] = levels.mean()
    return factor


def seasonal_shape(profile: tuple[float, ...], effect: FestivalEffect, elasticity: float) -> Array:
    """Season, Spring Festival and working days together for all years, shape (years, 12), mean 1 in each year.

    The yearly mean is 1 because the date of the festival moves production between months, not between years.
    """
    rows = []
    for year in range(EPOCH, LAST + 1):
        days = np.array(working_days(year), dtype=np.float64)
        row = np.array(profile) * festival_factor(effect, year) * (days / days.mean()) ** elasticity
        rows.append(row / row.mean())
    return np.array(rows)
