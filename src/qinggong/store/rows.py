"""Observations to columns and back (观测与列): the only place that knows both forms of a row."""

from __future__ import annotations

import datetime as dt
import gc
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from operator import attrgetter
from typing import Any

import duckdb
import numpy as np

from qinggong.periods import Period, parse
from qinggong.store.base import Observation, SeriesKey, order_in_history
from qinggong.store.layout import COLUMNS, FILE_ORDER, HIDDEN_SQL, REST, SERIES, STORED, period_ends, typed

# Instants travel as microseconds: the embedded engine then needs no time-zone database of its own.
FETCHED = ", ".join("epoch_us(known_at)" if name == "known_at" else name for name in COLUMNS)
_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_ZERO = dt.date(1970, 1, 1).toordinal()
_NO_DAY = -(2**31)
_MARKS = ("printed_unit", "status", "published_at_basis", "publisher", "source", "raw_sha256", "citation", "url")
_identity_of = attrgetter(*SERIES)
_marks_of = attrgetter(*_MARKS)
_months_of = attrgetter("year", "first", "last")


def microseconds(moment: dt.datetime) -> int:
    """An instant as microseconds since 1970, UTC."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def relation_of(observations: Sequence[Observation], connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    """The rows as a relation in the columns of the table and the order of a file; it lives as long as the connection.

    Texts that repeat (series, publisher, source …) go to the engine once and are joined to numbers there.
    """
    collected = gc.isenabled()
    # Many small tuples make the collector walk over everything that the program holds: a third of the time.
    gc.disable()
    try:
        return _relation_of(observations, connection)
    finally:
        if collected:
            gc.enable()


def _relation_of(observations: Sequence[Observation], connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyRelation:
    series: dict[tuple[str, ...], int] = {}
    periods: dict[tuple[int, ...], int] = {}
    marks: dict[tuple[Any, ...], int] = {}
    moments: dict[int, int] = {}  # most rows of a file share one object

    def moment(known: dt.datetime) -> int:
        return moments.setdefault(id(known), microseconds(known))

    numbers = np.array(
        [
            (
                series.setdefault(_identity_of(o.series), len(series)),
                periods.setdefault(_months_of(o.period), len(periods)),
                marks.setdefault(_marks_of(o), len(marks)),
                _NO_DAY if o.published_at is None else o.published_at.toordinal() - _DAY_ZERO,
                moments[id(o.known_at)] if id(o.known_at) in moments else moment(o.known_at),
                o.row,
            )
            for o in observations
        ],
        dtype=np.int64,
    ).T
    values = np.array([np.nan if o.value is None else o.value for o in observations], dtype=np.float64)
    columns = dict(zip(("s", "p", "m", "day", "known", "row"), numbers, strict=True))
    incoming = columns | {"value": values, "printed": _texts(o.printed for o in observations)}
    connection.register("incoming", incoming)
    identities = list(zip(*series, strict=True))
    connection.register(
        "incoming_series",
        {"s": np.arange(len(series))} | {name: _texts(texts) for name, texts in zip(SERIES, identities, strict=True)},
    )
    codes = [Period(year=y, first=a, last=z).code for y, a, z in periods]
    ends = [period_ends(code) for code in codes]
    connection.register(
        "incoming_periods",
        {
            "p": np.arange(len(periods)), "period": _texts(codes),
            "period_first": np.array([first for first, _ in ends]), "period_last": np.array([last for _, last in ends]),
        },
    )  # fmt: skip
    connection.register(
        "incoming_marks",
        {"m": np.arange(len(marks))}
        | {name: _texts(texts) for name, texts in zip(_MARKS, zip(*marks, strict=True), strict=True)},
    )
    special = {
        "known_at": "to_timestamp(known / 1000000.0)",
        "value": "CASE WHEN isnan(value) THEN NULL ELSE value END",
        "published_at": f"CASE WHEN day > {_NO_DAY} THEN DATE '1970-01-01' + CAST(day AS INTEGER) END",
    }
    chosen = ", ".join(typed(name, special.get(name, "")) for name in STORED)
    hashed = f"(SELECT *, {HIDDEN_SQL['series_hash']} AS series_hash FROM incoming_series)"
    return connection.sql(
        f"SELECT {chosen} FROM incoming JOIN {hashed} USING (s) JOIN incoming_periods USING (p)"
        f" JOIN incoming_marks USING (m) ORDER BY {FILE_ORDER}"
    )


def _texts(texts: Iterable[str]) -> np.ndarray[Any, Any]:
    return np.array(list(texts), dtype=object)


def observation(row: Sequence[Any]) -> Observation:
    """An observation from the columns of ``FETCHED``."""
    values = dict(zip(REST, row[len(SERIES) : len(COLUMNS)], strict=True))
    values["period"] = period(values["period"])
    values["known_at"] = _EPOCH + dt.timedelta(microseconds=values["known_at"])
    return Observation(series=_key(*row[: len(SERIES)]), **values)


def in_order(rows: Iterable[Sequence[Any]]) -> list[Observation]:
    """Observations by series and period, each in the order in which one replaces another."""
    return sorted((observation(row) for row in rows), key=lambda o: (o.series, o.period, order_in_history(o)))


@cache
def period(code: str) -> Period:
    return parse(code)


@lru_cache(1 << 16)
def _key(*texts: str) -> SeriesKey:
    return SeriesKey(*texts)
