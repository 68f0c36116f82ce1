"""Figures as rows of the observation table (观测行): codes in arrays, texts joined to them by the embedded engine.

A row of the table is mostly text. The arrays hold numbers of subjects, regions, series, months and versions only; the
engine writes the texts, so a million rows cost seconds and no Python object each.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import duckdb
import numpy as np

from qinggong.catalogue.synthetic import SOURCE

COLUMNS = (
    "subject_kind", "subject", "scope", "region", "indicator", "measure", "basis", "span", "unit",
    "period", "value", "printed", "printed_unit", "status", "published_at", "published_at_basis", "known_at",
    "publisher", "source", "raw_sha256", "row", "citation", "url",
)  # fmt: skip
"""The columns of a batch: those of the observation table, in its order (a test compares the two)."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY_ZERO = dt.date(1970, 1, 1)


def quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def day_number(day: dt.date) -> int:
    return (day - _DAY_ZERO).days


class Desk:
    """An embedded engine with the small tables that the rows of one part refer to."""

    def __init__(self, *, raw_sha256: str, known_at: dt.datetime) -> None:
        self.raw_sha256 = raw_sha256
        self.micro = (known_at - _EPOCH) // dt.timedelta(microseconds=1)
        # The taker may sort a batch: what does not fit into memory is spilled into this folder.
        self.spill = tempfile.TemporaryDirectory(prefix="qinggong-synth-", ignore_cleanup_errors=True)
        self.connection = duckdb.connect(
            config={
                "threads": "1",
                "memory_limit": "1GiB",
                "temp_directory": self.spill.name,
                "autoinstall_known_extensions": "false",
                "autoload_known_extensions": "false",
            }
        )

    def __enter__(self) -> Desk:
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self.spill.cleanup()

    def table(self, name: str, columns: str, rows: Iterable[Sequence[Any]]) -> None:
        """Make a small table; ``columns`` as in SQL (``number SMALLINT, code VARCHAR``)."""
        declared = [column.split() for column in columns.split(", ")]
        values = list(zip(*rows, strict=True)) or [()] * len(declared)
        arrays = {
            title: np.array(column, dtype=object if kind == "VARCHAR" else np.float64 if kind == "DOUBLE" else np.int64)
            for (title, kind), column in zip(declared, values, strict=True)
        }
        self.connection.register("given", arrays)
        chosen = ", ".join(f"CAST({title} AS {kind}) AS {title}" for title, kind in declared)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {chosen} FROM given")
        self.connection.unregister("given")

    def relation(self, data: Mapping[str, np.ndarray[Any, Any]], chosen: Mapping[str, str], tables: str) -> Any:
        """The rows of some arrays as a relation in the table's columns.

        Parameters
        ----------
        data
            Arrays of one length, known to SQL as ``data``; they must live until the relation has been read.
        chosen
            An expression for every column that is not the same in all synthetic rows.
        tables
            What follows ``FROM data`` in SQL.
        """
        same = {
            "basis": "'published'", "status": "'published'", "published_at_basis": "'stated'",
            "known_at": f"to_timestamp({self.micro} / 1000000.0)", "source": quoted(SOURCE),
            "raw_sha256": quoted(self.raw_sha256), "url": "''",
        }  # fmt: skip
        written = ", ".join(f"{chosen.get(c) or same[c]} AS {c}" for c in COLUMNS)
        self.connection.register("data", dict(data))
        return self.connection.sql(f"SELECT {written} FROM data {tables}")
