"""What was known on many days (以往各日所知), from one reading of the table: for figures recomputed as of the past."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection

from qinggong.intake.workspace import Workspace
from qinggong.store.base import Observation, Snapshot, order_in_history


def known_on_days(workspace: Workspace, series: Collection[tuple[str, str, str]]) -> Callable[[dt.date], Snapshot]:
    """A function from a day to what was known of some series by its end; the table is read at the first call.

    Parameters
    ----------
    series
        Subject key, region and indicator of each.
    """
    dated: list[tuple[int, dt.date, Observation]] = []
    versions: list[int] = []

    def known(day: dt.date) -> Snapshot:
        if not versions:
            versions.append(workspace.store.version)
            dated.extend(_in_order(workspace.store.of_series(series)))
        counting: dict[int, Observation] = {}
        for number, published, o in dated:
            if published <= day:
                counting[number] = o
        rows = tuple(o for _, o in sorted(counting.items()) if o.status != "withdrawn")
        return Snapshot(rows, day, None, versions[0])

    return known


def _in_order(rows: Collection[Observation]) -> list[tuple[int, dt.date, Observation]]:
    """Dated rows in the order in which one replaces another, with the number of their series and period."""
    numbers = {key: n for n, key in enumerate(sorted({(o.series, o.period) for o in rows}))}
    return [
        (numbers[o.series, o.period], o.published_at, o)
        for o in sorted(rows, key=order_in_history)
        if o.published_at is not None
    ]
