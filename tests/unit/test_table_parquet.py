"""Long tables as Parquet files: typed columns, row numbers, and files that are refused with one sentence."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path, PurePath

import duckdb
import pytest

from qinggong.sources import SHAPES, Parsed, UnreadableFile, parquet
from qinggong.sources.parquet import parquet_lines
from qinggong.sources.table import SHAPE as TABLE

FIELDS = {
    "时期": "'2024-08'", "行业": "'原盐'", "指标": "'产量'", "度量": "'level'", "数值": "512.3", "单位": "'万吨'",
    "发布标题": "'合成'", "发布日期": "DATE '2024-09-14'", "发布机构": "'国家统计局'",
}  # fmt: skip
Write = Callable[..., bytes]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """A synthetic Parquet file: the usual columns as SQL expressions, some of them replaced, others added."""

    def file(rows: int = 1, options: str = "", **columns: str) -> bytes:
        path = tmp_path / "合成.parquet"
        fields = ", ".join(f'{sql} AS "{name}"' for name, sql in (FIELDS | columns).items())
        with duckdb.connect() as connection:
            connection.execute(f"COPY (SELECT {fields} FROM range({rows}) t(i)) TO '{path}' (FORMAT parquet {options})")
        return path.read_bytes()

    return file


def parsed(content: bytes, name: str = "数据.parquet") -> Parsed:
    assert next(s for s in SHAPES if s.recognises(PurePath(name), content[:65536])) is TABLE
    return TABLE.parse(PurePath(name), content)


def refused(content: bytes) -> str:
    with pytest.raises(UnreadableFile) as error:
        parsed(content)
    text = str(error.value)
    assert "qinggong-" not in text and "\n" not in text
    return text


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.xlsx", "a.json", "a.html", "a"])
def test_the_content_tells_and_not_the_name(write: Write, name: str) -> None:
    (row,) = parsed(write(), name).rows
    assert (row.row, row.period, row.region, row.subject, row.indicator, row.measure, row.value, row.unit) == (
        2, "2024-08", "", "原盐", "产量", "level", "512.3", "万吨",
    )  # fmt: skip
    assert (row.title, row.published, row.publisher) == ("合成", "2024-09-14", "国家统计局")


@pytest.mark.parametrize(
    ("sql", "text"),
    [
        ("512.30::DECIMAL(9, 2)", "512.30"),
        ("(-0.5)::DECIMAL(4, 1)", "-0.5"),
        ("512::INTEGER", "512"),
        ("9223372036854775807", "9223372036854775807"),
        ("5::UTINYINT", "5"),
        ("0.1::DOUBLE + 0.2::DOUBLE", "0.3"),
        ("5.6::FLOAT", "5.6"),
        ("1e20::DOUBLE", "100000000000000000000"),
        ("1e20::FLOAT", "100000000000000000000"),
        ("'１，２３４．５'", "１，２３４．５"),
        ("'512.3'::BLOB", "512.3"),
        ("'inf'::DOUBLE", "inf"),
    ],
)
def test_numbers_as_text(write: Write, sql: str, text: str) -> None:
    assert [r.value for r in parsed(write(数值=sql)).rows] == [text]


@pytest.mark.parametrize("sql", ["NULL::DOUBLE", "'nan'::DOUBLE", "'nan'::FLOAT", "NULL::DECIMAL(9,1)", "''", "'—'"])
def test_a_missing_value_is_a_blank_row(write: Write, sql: str) -> None:
    read = parsed(write(数值=sql))
    assert (read.rows, read.blank_rows, read.defects) == ((), 1, ())


@pytest.mark.parametrize(
    ("sql", "period"),
    [
        ("DATE '2024-08-01'", "2024-08"),
        ("DATE '2024-02-29'", "2024-02"),
        ("DATE '2024-08-15'", "2024-08-15"),
        ("TIMESTAMP '2024-08-31 00:00:00'", "2024-08"),
        ("TIMESTAMPTZ '2024-07-31 16:00:00+00'", "2024-08"),
        ("202408", "202408"),
        ("'2024年1—8月'", "2024年1—8月"),
        ("'infinity'::DATE", "infinity"),
    ],
)
def test_periods_that_are_dates(write: Write, sql: str, period: str) -> None:
    assert [r.period for r in parsed(write(时期=sql)).rows] == [period]


def test_rows_count_as_in_the_same_table_as_csv(write: Write) -> None:
    content = write(rows=5000, 数值="CASE WHEN i % 7 = 3 THEN NULL ELSE i END", options=", ROW_GROUP_SIZE 2048")
    read = parsed(content)
    assert [(r.row, r.value) for r in read.rows] == [(i + 2, str(i)) for i in range(5000) if i % 7 != 3]
    assert read.blank_rows == 714


def test_heads_in_english_in_any_order_and_further_columns() -> None:
    names = ["note", "Publisher", "VALUE", "unit", "measure", "indicator", "industry", "period", 'a "quoted" one']
    values = ["'不导入'", "'国家统计局'", "1.5", "'%'", "'yoy'", "'增加值'", "'家具制造业'", "'2024-08'", "'x'"]
    with duckdb.connect() as connection:
        fields = ", ".join(f'{v} AS "{n.replace(chr(34), chr(34) * 2)}"' for n, v in zip(names, values, strict=True))
        lines = parquet_lines(_parquet(connection, fields), wanted=lambda found: [found.index(n) for n in names])
    assert lines[0] == names and lines[1][2:6] == ["1.5", "%", "yoy", "增加值"]


def _parquet(connection: duckdb.DuckDBPyConnection, fields: str) -> bytes:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "合成.parquet"
        connection.execute(f"COPY (SELECT {fields}) TO '{path}' (FORMAT parquet)")
        return path.read_bytes()


@pytest.mark.parametrize(
    ("columns", "why"),
    [
        ({"明细": "[1, 2]"}, "“明细”一栏是嵌套的"),
        ({"明细": "{'a': 1}"}, "“明细”一栏是嵌套的"),
        ({"明细": "MAP {'a': 1}"}, "“明细”一栏是嵌套的"),
        ({"数值": "[512.3]"}, "“数值”一栏是嵌套的"),
        ({"数值": "TIME '10:00:00'"}, "“数值”一栏的类型是 TIME"),
        ({"数值": "uuid()"}, "“数值”一栏的类型是 UUID"),
        ({"发布标题": "repeat('长', 20000)"}, "有一格超过10000个字"),
    ],
)
def test_columns_that_are_no_cells(write: Write, columns: dict[str, str], why: str) -> None:
    assert why in refused(write(**columns))


def test_a_strange_type_of_a_further_column_does_no_harm(write: Write) -> None:
    assert len(parsed(write(编号="uuid()", 时刻="TIME '10:00:00'")).rows) == 1


def test_torn_and_foreign_files(write: Write) -> None:
    content = write()
    for torn in (content[:-1], content[: len(content) // 2], content[:4], content[:4] + content[-8:]):
        assert "不完整" in refused(torn)
    footer = int.from_bytes(content[-8:-4], "little")
    assert "不是可读的 Parquet" in refused(content[: -8 - footer] + b"\xff" * footer + content[-8:])
    assert "不是可读的 Parquet" in refused(content[:4] + bytes(len(content) - footer - 12) + content[-8 - footer :])
    assert "没有名为“时期" in refused(write(时期="1", 数值="2").replace("时期".encode(), b"xxxxxx"))


def test_encrypted_files(write: Write) -> None:
    content = write()
    assert "加密" in refused(b"PARE" + content[4:])
    assert "加密" in refused(content[:-4] + b"PARE")
    # A footer in the clear that says by which algorithm the columns are encrypted: field 8, a union, in Thrift.
    size = int.from_bytes(content[-8:-4], "little")
    footer = content[-8 - size : -9] + b"\x1c\x1c\x00\x00\x00"
    assert "加密" in refused(content[: -8 - size] + footer + len(footer).to_bytes(4, "little") + b"PAR1")


def test_files_that_are_too_large(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    wide = {f"c{i}": "1" for i in range(parquet.MAX_COLUMNS)}
    assert f"有{parquet.MAX_COLUMNS + len(FIELDS)}列" in refused(write(**wide))
    content = write(rows=3000)
    for limit, value, why in (
        ("MAX_FOOTER_BYTES", 100, "目录超过"),
        ("MAX_CELLS", 3000 * len(FIELDS) - 1, "有3000行"),
        ("MAX_ROW_GROUP_BYTES", 100, "行组"),
        ("MAX_TEXT", 1000, "解开后超过"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(parquet, limit, value)
            assert why in refused(content)
    assert len(parsed(content).rows) == 3000


def test_a_million_columns_are_refused_at_a_glance() -> None:
    """A footer as a million columns would need is refused by its size, unread."""
    footer = b"\x15\x02" * (parquet.MAX_FOOTER_BYTES // 2 + 1)
    content = b"PAR1" + bytes(16) + footer + len(footer).to_bytes(4, "little") + b"PAR1"
    assert "目录超过16MB" in refused(content)


def test_nothing_else_is_opened(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine that reads the copy may open that copy only, and the copy is gone afterwards."""
    other = tmp_path / "other.csv"
    other.write_text("a\n1\n")
    copies, columns = [], parquet._columns

    def peep(connection: duckdb.DuckDBPyConnection, path: str) -> list[str]:
        copies.append(Path(path))
        for statement in (f"SELECT * FROM '{other}'", f"COPY (SELECT 1) TO '{tmp_path / 'new.csv'}'", "INSTALL httpfs"):
            with pytest.raises(duckdb.Error):
                connection.execute(statement)
        return columns(connection, path)

    monkeypatch.setattr(parquet, "_columns", peep)
    assert len(parsed(write()).rows) == 1
    assert len(copies) == 1 and not copies[0].exists()


def test_a_day_of_release_may_be_an_instant(write: Write) -> None:
    day = dt.date(2024, 9, 14)
    (row,) = parsed(write(发布日期=f"TIMESTAMP '{day} 10:00:00'")).rows
    assert row.published == day.isoformat()
