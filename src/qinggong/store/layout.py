"""How the observation table lies on disk (表的存放): its columns, the columns kept beside them, and the order of rows.

Beside the columns of an observation stand three that a person never reads: the fingerprint of the series, and the
first and the last month of the period as numbers. Rows of a file are sorted by (fingerprint, period, order in
history), so the rows of a series lie together, a reader skips files and row groups by their least and greatest
fingerprint, and the row that counts is the last one of a run.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import cache

from deltalake import DeltaTable, Field, Schema
from deltalake.schema import PrimitiveType

from qinggong.periods import Period
from qinggong.store.base import SeriesKey

SERIES = ("subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit")
REST = (
    "period", "value", "printed", "printed_unit", "status", "published_at", "published_at_basis", "known_at",
    "publisher", "source", "raw_sha256", "row", "citation", "url",
)  # fmt: skip
COLUMNS = SERIES + REST
"""The columns of an observation: what every batch brings."""

HIDDEN = ("series_hash", "period_first", "period_last")
STORED = COLUMNS + HIDDEN
"""All columns of the table."""

SCHEMA_VERSION = 2
"""Version of the layout. 1: the columns of an observation alone; 2: with those of ``HIDDEN``."""

HASHES = 1 << 63
"""Fingerprints of series lie in ``range(HASHES)``."""

ROW_GROUP = 1 << 16
"""Rows of a row group: what a reader of one series has to look through at least."""

IDENTITY = ", ".join(SERIES)
_SEPARATOR = "\x1f"
_MARK = "qinggong.schemaVersion"
SQL_TYPES = dict.fromkeys(STORED, "VARCHAR") | {
    "value": "DOUBLE", "published_at": "DATE", "row": "INTEGER", "known_at": "TIMESTAMPTZ", "series_hash": "BIGINT",
    "period_first": "INTEGER", "period_last": "INTEGER",
}  # fmt: skip
_DELTA_TYPES = {
    "value": "double", "published_at": "date", "row": "integer", "known_at": "timestamp", "series_hash": "long",
    "period_first": "integer", "period_last": "integer",
}  # fmt: skip
# Deleted files and old entries of the log are known for that long at least; ``vacuum`` keeps no longer.
RETENTION_DAYS = 30
PROPERTIES: Mapping[str, str] = {
    "delta.deletedFileRetentionDuration": f"interval {RETENTION_DAYS} days",
    "delta.logRetentionDuration": f"interval {RETENTION_DAYS} days",
}

HISTORY = (
    "published_at {nulls}, known_at {way}, row {way}, raw_sha256 {way}, publisher {way}, status {way}, printed {way}"
)
"""The order in which one row replaces another (``base.order_in_history``), as SQL."""

FIRST_TO_LAST = HISTORY.format(nulls="ASC NULLS FIRST", way="ASC")
LAST_TO_FIRST = HISTORY.format(nulls="DESC NULLS LAST", way="DESC")
FILE_ORDER = f"series_hash, period_last, period_first, {FIRST_TO_LAST}"

# RFC 1321; only a fingerprint, nothing rests on it being hard to forge. Of its lower half the last bit is dropped,
# so that the number fits a signed column of any engine.
_HASH_SQL = f"CAST(md5_number_lower(concat_ws(chr(31), {IDENTITY})) >> 1 AS BIGINT)"
_LAST_SQL = "CAST(left(right(period, 7), 4) AS INTEGER) * 12 + CAST(right(period, 2) AS INTEGER) - 1"
_FIRST_SQL = "CAST(left(period, 4) AS INTEGER) * 12 + CAST(substr(period, 6, 2) AS INTEGER) - 1"
HIDDEN_SQL = {
    "series_hash": _HASH_SQL,
    "period_first": f"CAST({_FIRST_SQL} AS INTEGER)",
    "period_last": f"CAST({_LAST_SQL} AS INTEGER)",
}

SERIES_ID = (
    "subject_kind || ':' || subject || '@' || scope || '/' || region || '/' || indicator || '/' || measure"
    " || '/' || basis || '/' || span || '/' || unit"
)
"""``SeriesKey.id`` as SQL."""

PERIOD_NUMBER = "CAST(period_last * 16 + 11 - (period_last - period_first) AS INTEGER)"
"""A period as one number that sorts like periods: by its end, then by its start."""


def series_hash(series: SeriesKey) -> int:
    """The fingerprint of a series: the same number in Python and in SQL, on every machine and for ever."""
    text = _SEPARATOR.join(getattr(series, name) for name in SERIES)
    digest = hashlib.md5(text.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") >> 1


@cache
def period_ends(code: str) -> tuple[int, int]:
    """First and last month of a period as numbers of months since the year 0."""
    first, last = code[:7], code[-7:]
    return int(first[:4]) * 12 + int(first[5:]) - 1, int(last[:4]) * 12 + int(last[5:]) - 1


@cache
def period_of_number(number: int) -> Period:
    """The period behind ``PERIOD_NUMBER``."""
    last, rest = divmod(number, 16)
    year, month = divmod(last, 12)
    return Period(year=year, last=month + 1, first=month + 1 - (11 - rest))


def period_number(period: Period) -> int:
    """``PERIOD_NUMBER`` of a period."""
    return (period.year * 12 + period.last - 1) * 16 + 11 - (period.last - period.first)


def typed(name: str, expression: str = "") -> str:
    """A column of a batch, or an expression for it, in the type of the table."""
    return f"CAST({expression or name} AS {SQL_TYPES[name]}) AS {name}"


def fields(names: tuple[str, ...]) -> list[Field]:
    """The columns as the Delta log names them; the fingerprint carries the version of the layout."""
    return [
        Field(
            name, PrimitiveType(_DELTA_TYPES.get(name, "string")),
            metadata={_MARK: str(SCHEMA_VERSION)} if name == HIDDEN[0] else None,
        )
        for name in names
    ]  # fmt: skip


def schema() -> Schema:
    return Schema(fields(STORED))


def schema_version(table: DeltaTable) -> int:
    """Version of a table's layout; 1 for tables of the time before there was one."""
    for field in table.schema().fields:
        if _MARK in field.metadata:
            return int(field.metadata[_MARK])
    return 1
