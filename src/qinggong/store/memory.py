"""The slow, obvious store: a list and loops. It judges the Delta table in tests and serves throw-away work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from qinggong.store.base import Observation, SeriesKey, Snapshot, order_in_history, winners


class MemoryStore:
    """Observations in a list, in order of arrival."""

    def __init__(self) -> None:
        self._rows: list[Observation] = []
        self._transactions: list[str] = []

    def append(self, observations: Sequence[Observation], *, transaction: str) -> bool:
        if not observations or transaction in self._transactions:
            return False
        self._transactions.append(transaction)
        self._rows.extend(observations)
        return True

    def as_of(self, date: dt.date, *, known: dt.datetime | None = None) -> Snapshot:
        in_time = [o for o in self._rows if known is None or o.known_at <= known]
        rows = [o for o in in_time if o.published_at is not None and o.published_at <= date]
        undated = sum(1 for o in in_time if o.published_at is None and o.period.end_date <= date)
        return Snapshot(tuple(winners(rows)), date, known, self._version, undated)

    def latest(self) -> Snapshot:
        return Snapshot(tuple(winners(self._rows)), None, None, self._version)

    def history(self, series: SeriesKey) -> list[Observation]:
        rows = [o for o in self._rows if o.series == series]
        return sorted(rows, key=lambda o: (o.period, order_in_history(o)))

    def series(self) -> list[SeriesKey]:
        return sorted({o.series for o in self._rows})

    @property
    def _version(self) -> int:
        return len(self._transactions) or -1
