"""Data files: the same numbers in CSV, Parquet and XLSX, and no text that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import duckdb
from python_calamine import CalamineWorkbook

from qinggong.publish.data import DataTable, to_csv, to_parquet, to_workbook

TABLE = DataTable(
    "facts", "事实", (("id", "编号"), ("value", "数值"), ("note", "说明")),
    [("甲", 1.5, "=1+1"), ("乙", None, "-2.0"), ("丙", -3.0, "@x")], ("value",),
)  # fmt: skip


def test_csv_opens_in_excel_and_runs_nothing() -> None:
    data = to_csv(TABLE)
    assert data.startswith(b"\xef\xbb\xbf")
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))
    assert rows[0] == ["id", "value", "note"]
    assert rows[1] == ["甲", "1.5", "'=1+1"]
    assert rows[2] == ["乙", "", "-2.0"]  # missing is absent, a negative number stays a number
    assert rows[3][2] == "'@x"


def test_parquet_has_the_rows_in_order_and_missing_as_null(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(to_parquet(TABLE))
    assert duckdb.read_parquet(str(path)).fetchall() == [("甲", 1.5, "=1+1"), ("乙", None, "-2.0"), ("丙", -3.0, "@x")]
    assert to_parquet(TABLE) == path.read_bytes()


def test_workbook_has_text_as_text() -> None:
    data = to_workbook([TABLE], release_time="2024-09-27T00:00:00+08:00")
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_name("事实").to_python()
    assert rows[2] == ["编号", "数值", "说明"]
    assert rows[3] == ["甲", 1.5, "=1+1"]
