"""SQL over the table and arrays from it: the views against the store's own answers, and what a statement may not do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from qinggong import panel as panels
from qinggong.panel import MissingPackage, frame, panel_frame
from qinggong.periods import Period, month
from qinggong.store.base import Observation, SeriesKey, plain
from qinggong.store.delta import DeltaStore
from qinggong.store.query import QueryError, panel, plain_value, query

FIRST = dt.datetime(2024, 1, 1, 8, tzinfo=dt.UTC)


def observation(subject: str, period: Period, value: float | None, *, day: int, row: int = 1,
indicator: str = "value_added"
                ) -> Observation:  # fmt: skip
    series = SeriesKey("industry", subject, "nbs", "CN", indicator, "yoy", "published", period.kind, "%")
    status = "published" if value is not None else "withdrawn"
    return Observation(
        series, period, value, "" if value is None else str(value), "%",
        status, dt.date(2024, 1, day), "stated",  # type: ignore[arg-type]
        FIRST + dt.timedelta(days=day), "合成数据", "synthetic", "0" * 64, row, "合成数据，仅供测试", "",
    )  # fmt: skip


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> DeltaStore:
    made = DeltaStore(tmp_path_factory.mktemp("query") / "store")
    rows = [observation(s, month(2023, m), float(m), day=2, row=m) for s in ("13", "14") for m in range(3, 9)]
    made.append(rows, transaction="a")
    made.append([observation("13", month(2023, 8), 9.5, day=10)], transaction="b")
    made.append([observation("14", month(2023, 3), None, day=12)], transaction="c")
    return made


def test_the_views_say_what_the_store_says(store: DeltaStore) -> None:
    assert query(store, "SELECT count(*) FROM observations").rows == ((14,),)
    for sql, snapshot in (
        ("SELECT * FROM latest", store.latest()),
        ("SELECT * FROM as_of('2024-01-05')", store.as_of(dt.date(2024, 1, 5))),
        ("SELECT * FROM as_of('2024-01-11')", store.as_of(dt.date(2024, 1, 11))),
        ("SELECT * FROM as_of(DATE '2024-01-31', known := '2024-01-05 00:00')",
         store.as_of(dt.date(2024, 1, 31), known=dt.datetime(2024, 1, 5, tzinfo=dt.UTC))),
    ):  # fmt: skip
        got = query(store, sql)
        assert got.version == snapshot.version and not got.more
        ours = {
            (r["series_id"], r["period"]): r for r in (dict(zip(got.columns, row, strict=True)) for row in got.rows)
        }
        theirs = {(o.series.id, o.period.code): o for o in snapshot.observations}
        assert ours.keys() == theirs.keys() and len(ours) == len(got.rows)
        for key, row in ours.items():
            expected = plain(theirs[key])
            assert {k: row[k] for k in ("value", "printed", "publisher", "status", "row")} == {
                k: expected[k] for k in ("value", "printed", "publisher", "status", "row")
            }
            assert row["known_at"].isoformat() == str(expected["known_at"]).removesuffix("+00:00")


def test_an_empty_table_has_the_views_too(tmp_path: Path) -> None:
    nothing = DeltaStore(tmp_path / "store")
    assert query(nothing, "SELECT * FROM latest").rows == ()
    got = query(nothing, "SELECT * FROM facts")
    assert got.rows == () and got.columns[0] == "bulletin" and got.version == -1


def test_rows_are_limited_and_it_is_said(store: DeltaStore) -> None:
    got = query(store, "SELECT * FROM observations", most=5)
    assert len(got.rows) == 5 and got.more


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        ("SELECT 1; SELECT 2", "一次只能查询一条语句"), ("", "收到0条"), ("DELETE FROM observations", "只能用 SELECT"),
        ("CREATE TABLE t AS SELECT 1", "只能用 SELECT"), ("SET threads = 8", "只能用 SELECT"),
        ("ATTACH 'other.db'", "只能用 SELECT"), ("INSTALL httpfs", "只能用 SELECT"),
        ("COPY (SELECT 1) TO 'out.csv'", "只能用 SELECT"),
        ("SELECT * FROM read_text('pyproject.toml')", "不能读写文件或网络"),
        ("SELECT * FROM read_csv('pyproject.toml')", "不能读写文件或网络"),
        ("SELECT * FROM glob('*')", "不能读写文件或网络"), ("SELECT * FROM 'pyproject.toml'", "没有这个表"),
        ("SELECT * FROM rows", "没有这个表"), ("SELECT nothing FROM latest", "不认识的列"), ("SELEC 1", "语句写法不对"),
        ("SELECT CAST('x' AS INTEGER)", "值的类型不对"), ("SELECT getenv('HOME')", "没有这个表或函数"),
    ],
)  # fmt: skip
def test_a_statement_reads_the_views_and_nothing_else(store: DeltaStore, sql: str, said: str) -> None:
    rows = [1, 2, 3]  # a name of Python that an engine with replacement scans would find
    before = store.version
    with pytest.raises(QueryError, match=said):
        query(store, sql)
    assert store.version == before and rows


def test_a_panel_holds_the_chosen_series(store: DeltaStore) -> None:
    got = panel(store, {"indicator": "value_added", "subject": ["13", "14"], "measure": "yoy"})
    assert [s.split("@")[0] for s in got.series] == ["industry:13", "industry:14"]
    assert [p.code for p in got.periods] == [f"2023-{m:02d}" for m in range(3, 9)]
    assert got.values[-1].tolist() == [9.5, 8.0] and np.isnan(got.values[0, 1])
    earlier = panel(store, {"subject": "13"}, as_of=dt.date(2024, 1, 5))
    assert earlier.values[-1, 0] == 8.0 and earlier.as_of == dt.date(2024, 1, 5)
    assert panel(store, {"subject": []}).values.shape == (0, 0)
    with pytest.raises(QueryError, match="industry"):
        panel(store, {"industry": "13"})
    with pytest.raises(QueryError, match="缩小范围"):
        panel(store, {}, most=3)
    assert panel(store, {"subject": "1' OR '1'='1"}).series == ()


@pytest.mark.parametrize("kind", ["pandas", "polars", "arrow"])
def test_tables_of_other_libraries(store: DeltaStore, kind: panels.FrameKind) -> None:
    pytest.importorskip({"arrow": "pyarrow"}.get(kind, kind))
    table = panel_frame(panel(store, {}), kind)
    names = list(table.column_names if kind == "arrow" else table.columns)
    assert names[0] == "period" and len(names) == 3 and len(table) == 6
    answer = query(store, "SELECT period, value, published_at FROM latest ORDER BY series_id, period").frame(kind)
    assert len(answer) == 11
    with pytest.raises(ValueError, match="pandas、polars、arrow"):
        frame({}, "excel")  # type: ignore[arg-type]


def test_a_library_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(panels._PACKAGES, "polars", "a_library_that_is_not_there")
    with pytest.raises(MissingPackage, match=r"pip install 'qinggong\[polars\]'"):
        frame({"a": [1]}, "polars")


def test_answers_as_arrays_and_plain_values(store: DeltaStore) -> None:
    got = query(store, "SELECT row, value, period FROM observations ORDER BY series_id, period, row").arrays()
    assert got["row"].dtype == np.int64 and got["value"].dtype == np.float64 and got["period"].dtype == object
    assert np.isnan(got["value"]).sum() == 1  # a withdrawal has no value
    assert plain_value(dt.date(2024, 1, 2)) == "2024-01-02" and plain_value(None) is None and plain_value([1]) == "[1]"
