"""How values and lights of the level index changed after they were first shown (事后变化), from what was known earlier.

The index is compiled again as of the days of earlier bulletins. Where the store holds several editions of a figure the
one known on that day is used (a real vintage); a figure without a later edition counts from its date of release on
(a vintage by the calendar), which shows what came late, but no revision.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue
from qinggong.methods import lights
from qinggong.monitor.prosperity import DECIMALS, IndustryIndex, Prosperity, prosperity, zones_of
from qinggong.periods import Period
from qinggong.store.base import Observation, Snapshot

AGGREGATE = ""
"""The key of the aggregate in ``LaterLights.history``."""
_GROWTH, _LEVELS = frozenset(range(3)), frozenset((*range(4), *range(12, 16)))
"""Months before an index value whose growth, and whose cumulative levels, it is made from."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One value as it stood on a day, in points with two decimals."""

    day: dt.date
    value: float


@dataclass(frozen=True, slots=True)
class LaterLights:
    """How first lights fared.

    Attributes
    ----------
    compared, changed
        First lights of industries held against today's, and those that are others today.
    revision
        Median size of the revision of their indices in points, NaN without one.
    bulletins
        Days that brought a first light.
    real
        First lights made from figures that were revised later.
    history
        By subject key (the aggregate: "") and row the values before today's, the oldest first; equal ones once.
    """

    compared: int
    changed: int
    revision: float
    bulletins: int
    real: int = 0
    history: dict[tuple[str, int], tuple[Shown, ...]] = field(default_factory=dict)


def earlier_days(released: dt.date, count: int) -> tuple[dt.date, ...]:
    """The days of ``count`` earlier bulletins: the same day of the months before, the oldest first."""
    days = []
    for back in range(count, 0, -1):
        number = released.year * 12 + released.month - 1 - back
        year, place = divmod(number, 12)
        after = dt.date(year + (place == 11), (place + 1) % 12 + 1, 1)
        last = (after - dt.timedelta(days=1)).day
        days.append(dt.date(year, place + 1, min(released.day, last)))
    return tuple(days)


def later_lights(
    found: Prosperity, catalogue: Catalogue, earlier: Iterable[tuple[dt.date, Snapshot]], *, at: Period
) -> LaterLights:
    """Hold the newest light of each industry on earlier days against today's light of that month.

    Parameters
    ----------
    found
        Today's compilation.
    earlier
        What was known on earlier days, in order; each is compiled and let go.
    """
    then_zones, now_zones, sizes = [], [], []
    seen: set[tuple[str, int]] = set()
    editions = {i.subject.key: _editions(i) for i in found.industries}
    history: dict[tuple[str, int], list[Shown]] = {}
    bulletins = real = 0
    for day, snapshot in earlier:
        then = prosperity(snapshot, catalogue, found.plan, at=at)
        number = len(seen)
        _note(history, AGGREGATE, day, then, then.aggregate, found)
        for before, now in zip(then.industries, found.industries, strict=True):
            key = now.subject.key
            _note(history, key, day, then, before.index, found)
            known, newest = (np.flatnonzero(~np.isnan(i.index)) for i in (before, now))
            if not known.size or not newest.size:
                continue
            row = found.row(then.period(int(known[-1])))
            if row >= newest[-1] or (key, row) in seen or np.isnan(now.index[row]):
                continue
            seen.add((key, row))
            then_zones.append(before.zones[known[-1]])
            now_zones.append(now.zones[row])
            sizes.append(abs(float(now.index[row] - before.index[known[-1]])))
            real += _was_revised(before, editions[key], found.start_year * 12 + row)
        bulletins += len(seen) > number
    changed, compared = lights.light_changes(then_zones, now_zones)
    return LaterLights(
        compared, changed, float(np.median(sizes)) if sizes else float("nan"), bulletins, real,
        {place: tuple(values) for place, values in history.items()},
    )  # fmt: skip


def zone_then(shown: Shown, found: Prosperity) -> int:
    """The light that a value had."""
    return int(zones_of(np.array([shown.value]), found.plan)[0])


def _note(
    history: dict[tuple[str, int], list[Shown]], key: str, day: dt.date, then: Prosperity,
    values: NDArray[np.float64], found: Prosperity,
) -> None:  # fmt: skip
    """Add the values of the months that a bulletin shows, where they differ from what was noted last."""
    first = found.months - 14 * found.plan.shown.observations // 12
    for row in np.flatnonzero(~np.isnan(values)):
        place = found.row(then.period(int(row)))
        if place < first:
            continue
        value = round(float(values[row]), DECIMALS)
        noted = history.setdefault((key, place), [])
        if not noted or noted[-1].value != value:
            noted.append(Shown(day, value))


_Name = tuple[str, str, str, Period]


def _name(o: Observation) -> _Name:
    return (o.series.indicator, o.series.measure, o.series.span, o.period)


def _editions(industry: IndustryIndex) -> dict[_Name, Observation]:
    return {_name(o): o for o in industry.observations}


def _was_revised(before: IndustryIndex, now: dict[_Name, Observation], number: int) -> bool:
    """True if one of the figures of a month's value was later replaced by another number."""
    for o in before.observations:
        distance = number - (o.period.year * 12 + o.period.last - 1)
        if distance in (_LEVELS if o.series.measure == "level" else _GROWTH):
            later = now.get(_name(o))
            if later is not None and later.value != o.value:
                return True
    return False
