"""SQL over the observation table (查询): documented views, read only, nothing outside the table can be reached.

========================  =====================================================================================
view                      rows
========================  =====================================================================================
``observations``          every row ever taken in, replaced and withdrawn ones too
``latest``                of each series and period the row that counts now
``as_of('2025-10-01')``   the same as known on that day; ``as_of('2025-10-01', known := '2025-10-02 08:00')`` also
                          leaves out what this workspace took in later
``facts``                 the facts of all releases; ``bulletin`` names the release they were printed in
========================  =====================================================================================
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray

from qinggong.panel import FrameKind, Panel, frame
from qinggong.periods import parse
from qinggong.store.base import StoreError
from qinggong.store.delta import DeltaStore
from qinggong.store.files import connect
from qinggong.store.layout import COLUMNS, IDENTITY, LAST_TO_FIRST, SERIES, SERIES_ID

_KNOWN = "make_timestamp(epoch_us(known_at)) AS known_at"  # UTC, without a time-zone database in the engine
_SHOWN = ", ".join(_KNOWN if name == "known_at" else name for name in COLUMNS)
FACT_VIEW = (
    "bulletin", "id", "label", "period", "period_name", "value", "printed", "unit", "status", "reason", "method",
    "inputs", "publisher", "release", "published_at", "published_at_basis", "url",
)  # fmt: skip
MOST_ROWS = 100_000
MEMORY = "2GiB"


class QueryError(Exception):
    """A query cannot be answered; the message is one Chinese sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """The answer to a query.

    Attributes
    ----------
    columns
        Names, in the order of the query.
    rows
        Values as Python objects; ``None`` where there is none.
    more
        True if there were more rows than were asked for.
    version
        Version of the table that was read, −1 for none.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    more: bool
    version: int

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Columns as NumPy arrays: numbers as float64 or int64, anything else as objects."""
        return {name: _array([row[place] for row in self.rows]) for place, name in enumerate(self.columns)}

    def frame(self, kind: FrameKind) -> Any:
        """The answer as a table of pandas, polars or Arrow (extras)."""
        return frame({n: [row[i] for row in self.rows] for i, n in enumerate(self.columns)}, kind)


def query(store: DeltaStore, sql: str, *, facts: Mapping[str, Path] | None = None, most: int = MOST_ROWS) -> Answer:
    """Answer one SELECT over the views.

    Parameters
    ----------
    sql
        One statement of DuckDB's SQL. It cannot write, nor read a file, a variable or the network.
    facts
        Parquet file of the facts of each release, by the name of the release.
    most
        Rows given back at most.

    Raises
    ------
    QueryError
        For anything but one SELECT, and for faults of the statement, in one sentence.
    StoreError
        If the table is damaged.
    """
    table = store._table()
    files = store._files(table)
    releases = dict(sorted((facts or {}).items()))
    with store._reading(files), connect(memory=MEMORY) as connection:
        _check(connection, sql)
        rows = store._rows(connection, table, files)
        _make_views(connection, rows, releases)
        _lock(connection, [*(str(store.folder / f.name) for f in files), *(str(p) for p in releases.values())])
        try:
            found = connection.execute(sql)
            names = tuple(str(d[0]) for d in found.description or ())
            got = found.fetchmany(most + 1)
        except duckdb.IOException:
            raise
        except duckdb.Error as error:
            raise QueryError(_said(error)) from error
    return Answer(names, tuple(got[:most]), len(got) > most, -1 if table is None else table.version())


def panel(
    store: DeltaStore,
    wanted: Mapping[str, str | Sequence[str]],
    *,
    span: str = "month",
    as_of: dt.date | None = None,
    most: int = 5_000_000,
) -> Panel:
    """Values of chosen series as an array.

    Parameters
    ----------
    wanted
        Parts of a series' identity, each one value or several: ``{"indicator": "value_added", "subject": ["13",
        "14"]}``;
        also ``region``, ``measure``, ``subject_kind``, ``scope``, ``basis``, ``unit``.
    span
        ``month``, ``ytd``, ``point`` …: a panel has one.
    as_of
        Only what was published by the end of that day.

    Raises
    ------
    QueryError
        For an unknown part, or for more figures than ``most``.
    """
    if unknown := set(wanted) - set(SERIES):
        raise QueryError(f"不认识的条件{'、'.join(sorted(unknown))}，可用：{'、'.join(SERIES)}")
    conditions = [f"span = {_text(span)}"]
    for name, value in wanted.items():
        chosen = [value] if isinstance(value, str) else list(value)
        conditions.append(f"{name} IN ({', '.join(_text(v) for v in chosen)})" if chosen else "false")
    view = "latest" if as_of is None else f"as_of('{as_of.isoformat()}')"
    found = query(store, f"SELECT series_id, period, value FROM {view} WHERE {' AND '.join(conditions)}", most=most)
    if found.more:
        raise QueryError(f"多于{most}个数字，请缩小范围")
    series = sorted({row[0] for row in found.rows})
    codes = {row[1] for row in found.rows}
    periods = sorted(parse(code) for code in codes)
    at, across = {p.code: i for i, p in enumerate(periods)}, {name: i for i, name in enumerate(series)}
    values = np.full((len(periods), len(series)), np.nan)
    for name, code, number in found.rows:
        values[at[code], across[name]] = number
    return Panel(tuple(series), tuple(periods), values, np.zeros(values.shape, dtype=np.uint8), span, as_of)


def _check(connection: duckdb.DuckDBPyConnection, sql: str) -> None:
    try:
        statements = connection.extract_statements(sql)
    except duckdb.Error as error:
        raise QueryError(_said(error)) from error
    if len(statements) != 1:
        raise QueryError(f"一次只能查询一条语句，收到{len(statements)}条")
    if statements[0].type != duckdb.StatementType.SELECT:
        raise QueryError("只能用 SELECT 查询，不能修改数据或设置")


def _make_views(connection: duckdb.DuckDBPyConnection, rows: str, releases: Mapping[str, Path]) -> None:
    connection.execute(f"CREATE VIEW stored AS SELECT * FROM {rows}")
    connection.execute(f"CREATE VIEW observations AS SELECT {SERIES_ID} AS series_id, {_SHOWN} FROM stored")
    connection.execute(f"CREATE VIEW latest AS {_winners('true')}")
    condition = (
        "published_at <= CAST(day AS DATE)"
        " AND (known IS NULL OR epoch_us(known_at) <= epoch_us(CAST(known AS TIMESTAMP)))"
    )
    connection.execute(f"CREATE MACRO as_of(day, known := NULL) AS TABLE {_winners(condition)}")
    if releases:
        parts = [
            f"SELECT {_text(name)} AS bulletin, * FROM read_parquet({_text(str(path))})"
            for name, path in releases.items()
        ]
        connection.execute("CREATE VIEW facts AS " + " UNION ALL BY NAME ".join(parts))
    else:
        nothing = ", ".join(f"CAST(NULL AS {'DOUBLE' if n == 'value' else 'VARCHAR'}) AS {n}" for n in FACT_VIEW)
        connection.execute(f"CREATE VIEW facts AS SELECT {nothing} WHERE false")


def _winners(condition: str) -> str:
    return f"""
        SELECT {SERIES_ID} AS series_id, {_SHOWN} FROM (
            SELECT *, row_number() OVER (PARTITION BY {IDENTITY}, period ORDER BY {LAST_TO_FIRST}) AS place
            FROM stored WHERE {condition}
        ) WHERE place = 1 AND status <> 'withdrawn'
    """


def _lock(connection: duckdb.DuckDBPyConnection, paths: Sequence[str]) -> None:
    """From here on the statement sees the views and nothing else."""
    listed = "[" + ", ".join(_text(p) for p in paths) + "]"
    connection.execute(f"SET allowed_paths = {listed}")
    connection.execute("SET enable_external_access = false")
    connection.execute("SET python_enable_replacements = false")
    connection.execute("SET lock_configuration = true")


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"


def _said(error: duckdb.Error) -> str:
    """What is wrong with a statement, in one line."""
    text = " ".join(str(error).split("LINE 1:")[0].split())
    kind, _, rest = text.partition(": ")
    named = {
        "Parser Error": "语句写法不对",
        "Binder Error": "语句中有不认识的列或函数",
        "Catalog Error": "没有这个表或函数（可用：observations、latest、as_of('2025-10-01')、facts）",
        "Conversion Error": "值的类型不对",
        "Permission Error": "查询只能使用本库的表，不能读写文件或网络",
        "Invalid Input Error": "输入不对",
        "Out of Memory Error": f"查询需要的内存超过{MEMORY}，请缩小范围",
    }.get(kind, "查询出错")
    return f"{named}：{rest[:200]}" if rest and kind != "Permission Error" else named


def _array(values: Sequence[Any]) -> NDArray[Any]:
    present = [v for v in values if v is not None]
    if present and all(isinstance(v, int) and not isinstance(v, bool) for v in present) and len(present) == len(values):
        return np.array(values, dtype=np.int64)
    if present and all(isinstance(v, int | float) and not isinstance(v, bool) for v in present):
        return np.array([np.nan if v is None else float(v) for v in values])
    return np.array(values, dtype=object)


def plain_value(value: Any) -> str | int | float | bool | None:
    """A value as plain text or number, for JSON, CSV and worksheets."""
    if value is None or isinstance(value, str | int | float | bool):
        return value
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return str(value)


__all__ = ["Answer", "QueryError", "StoreError", "panel", "plain_value", "query"]
