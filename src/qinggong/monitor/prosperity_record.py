"""How lights of the level index changed after they were first shown (灯号的事后变化), from what was known on earlier days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.methods import lights
from qinggong.monitor.prosperity import Prosperity, prosperity
from qinggong.periods import Period
from qinggong.store.base import Snapshot


@dataclass(frozen=True, slots=True)
class LaterLights:
    """``changed`` of ``compared`` first lights are others today; ``revision`` is the median size of the revision of
    their indices in points, NaN without one; ``bulletins`` is the number of days that brought a first light."""

    compared: int
    changed: int
    revision: float
    bulletins: int


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
    bulletins = 0
    for _, snapshot in earlier:
        then = prosperity(snapshot, catalogue, found.plan, at=at)
        number = len(seen)
        for before, now in zip(then.industries, found.industries, strict=True):
            known, newest = (np.flatnonzero(~np.isnan(i.index)) for i in (before, now))
            if not known.size or not newest.size:
                continue
            row = found.row(then.period(int(known[-1])))
            if row >= newest[-1] or (now.subject.key, row) in seen or np.isnan(now.index[row]):
                continue
            seen.add((now.subject.key, row))
            then_zones.append(before.zones[known[-1]])
            now_zones.append(now.zones[row])
            sizes.append(abs(float(now.index[row] - before.index[known[-1]])))
        bulletins += len(seen) > number
    changed, compared = lights.light_changes(then_zones, now_zones)
    return LaterLights(compared, changed, float(np.median(sizes)) if sizes else float("nan"), bulletins)
