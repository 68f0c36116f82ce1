"""The slow, obvious store: a list and loops. It judges the Delta table in tests and serves throw-away work."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np

from qinggong.panel import UNDATED, WITHDRAWN, Panel
from qinggong.store.base import (
    Block,
    Change,
    Observation,
    SeriesKey,
    Snapshot,
    changed,
    last_rows,
    order_in_history,
    winners,
)
from qinggong.store.layout import HASHES, series_hash


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

    def changes(self, start: dt.date, end: dt.date, *, known: dt.datetime | None = None) -> tuple[Change, ...]:
        if start >= end:
            return ()
        return changed(last_rows(self._in_time(start, known)), last_rows(self._in_time(end, known)))

    def blocks(self, count: int | None = None) -> tuple[Block, ...]:
        if not self._rows:
            return ()
        borders = [number * HASHES // (count or 1) for number in range((count or 1) + 1)]
        return tuple(Block(n, borders[n], borders[n + 1], self._version) for n in range(count or 1))

    def read(
        self, block: Block, *, as_of: dt.date | None = None, known: dt.datetime | None = None
    ) -> tuple[Panel, ...]:
        mine = [o for o in self._in_time(as_of, known) if block.low <= series_hash(o.series) < block.high]
        counting = last_rows(mine).values()
        panels = []
        for span in sorted({o.series.span for o in counting}):
            rows = [o for o in counting if o.series.span == span]
            series = sorted({o.series.id for o in rows})
            periods = sorted({o.period for o in rows})
            values = np.full((len(periods), len(series)), np.nan)
            flags = np.zeros(values.shape, dtype=np.uint8)
            for o in rows:
                place = periods.index(o.period), series.index(o.series.id)
                values[place] = np.nan if o.value is None else o.value
                flags[place] = WITHDRAWN * (o.status == "withdrawn") + UNDATED * (o.published_at is None)
            panels.append(Panel(tuple(series), tuple(periods), values, flags, span, as_of))
        return tuple(panels)

    def _in_time(self, date: dt.date | None, known: dt.datetime | None) -> list[Observation]:
        """Rows published by a day and known by a moment; without a day all, undated ones too."""
        in_time = [o for o in self._rows if known is None or o.known_at <= known]
        return [o for o in in_time if date is None or (o.published_at is not None and o.published_at <= date)]

    @property
    def _version(self) -> int:
        return len(self._transactions) or -1
