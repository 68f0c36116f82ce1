"""The data behind a bulletin (数据发布): facts and the observations they come from, as CSV, Parquet and XLSX."""

from __future__ import annotations

import csv
import io
import json
import math
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qinggong.catalogue.synthetic import MARK, publisher_name
from qinggong.monitor.facts import AdjustmentRecord, FactBook
from qinggong.periods import name as period_name
from qinggong.publish.xlsx import Sheet, SheetColumn, render_workbook

Value = str | float | int | None


@dataclass(frozen=True, slots=True)
class DataTable:
    """Rows with named columns; ``numbers`` are those with numeric values. Rows come in their final order."""

    name: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Sequence[tuple[Value, ...]]
    numbers: tuple[str, ...] = ()
    note: str = ""


FACT_COLUMNS = (
    ("id", "事实编号"), ("label", "名称"), ("period", "时期"), ("period_name", "时期名称"), ("value", "数值"),
    ("printed", "印出的数字"), ("unit", "单位"), ("status", "状态"), ("reason", "不写出的原因"), ("method", "方法"),
    ("inputs", "所用序列与时期"), ("publisher", "发布机构"), ("release", "发布"), ("published_at", "发布日期"),
    ("published_at_basis", "日期依据"), ("url", "页面地址"),
)  # fmt: skip
OBSERVATION_HEADS = {
    "series_id": "序列",
    "subject_kind": "对象类别", "subject": "对象编码", "scope": "口径", "region": "地区", "indicator": "指标",
    "measure": "度量", "basis": "基础", "span": "时期类型", "unit": "单位", "period": "时期", "value": "数值",
    "printed": "公布的数字", "printed_unit": "公布的单位", "status": "状态", "published_at": "发布日期",
    "published_at_basis": "日期依据", "known_at": "入库时间", "publisher": "发布机构", "source": "来源",
    "raw_sha256": "原始文件", "row": "行", "citation": "发布", "url": "页面地址",
}  # fmt: skip
WIDE = ("id", "label", "release", "inputs", "url", "citation")
STATUS = {"published": "公布", "computed": "测算", "withheld": "不写出"}


def fact_table(book: FactBook, *, synthetic: bool = False) -> DataTable:
    """All facts of a bulletin, in the order of their identifiers; synthetic ones name no other publisher."""
    rows: list[tuple[Value, ...]] = []
    own = publisher_name("本系统测算") if synthetic else ""
    for fact in sorted(book, key=lambda f: f.id):
        cited = fact.lineage.citations
        single = cited[0] if len(cited) == 1 else None
        publisher = "、".join(dict.fromkeys(c.publisher for c in cited)) or own
        if synthetic and not publisher.startswith(MARK):  # a plan's own words: no row of such a file may pass for real
            publisher = publisher_name(publisher)
        rows.append(
            (
                fact.id, fact.label, fact.period.code, period_name(fact.period), fact.value, fact.text, fact.unit,
                STATUS[fact.status], fact.reason, fact.lineage.method, " | ".join(fact.lineage.inputs),
                publisher,
                single.title if single else (f"{len(cited)}次发布，见所用序列" if cited else ""),
                single.published_at if single else "", single.basis if single else "", single.url if single else "",
            )
        )  # fmt: skip
    return DataTable(
        "facts", "月报所用事实", FACT_COLUMNS, rows, ("value",), "一行一个数字；状态为“不写出”的注明原因。"
    )


def observation_table(rows: Iterable[Mapping[str, Value]]) -> DataTable:
    """The observations behind the facts; every mapping has the fields of :data:`OBSERVATION_HEADS`."""
    return DataTable(
        "observations",
        "月报所用公布数字",
        tuple(OBSERVATION_HEADS.items()),
        [tuple(row[name] for name in OBSERVATION_HEADS) for row in rows],
        ("value", "row"),
        "月报所用的公布数字，每行注明读到该数字的页面。",
    )


SERIES_COLUMNS = (
    ("series_id", "序列"), ("last", "最近月份"), ("value", "数值"), ("growth", "同比增速（%）"),
    ("momentum", "近三个月比前三个月（%）"), ("average", "近十二个月平均"), ("surprise", "与历史增速的偏离（稳健标准差）"),
    ("place", "同类序列中的位次"), ("of", "同类序列数"), ("publisher", "测算者"),
)  # fmt: skip


def series_table(
    series: Sequence[str], last: Iterable[int], *columns: Iterable[float], synthetic: bool = False
) -> DataTable:
    """One row a series of the store; the columns are those of :data:`SERIES_COLUMNS` from the value on."""
    own = publisher_name("本系统测算") if synthetic else "本系统测算"
    rows: list[tuple[Value, ...]] = []
    for name, at, *found in zip(series, last, *columns, strict=True):
        month = int(at)
        *measured, place, of = found
        numbers: list[Value] = [None if math.isnan(v) else float(f"{float(v):.12g}") for v in measured]
        numbers += [int(place) or None, int(of) or None]  # a series without growth has no place
        rows.append((name, "" if month < 0 else f"{month // 12}-{month % 12 + 1:02d}", *numbers, own))
    return DataTable("all_series", "全部序列测算", SERIES_COLUMNS, rows, tuple(n for n, _ in SERIES_COLUMNS[2:9]))


def specification_file(records: Sequence[AdjustmentRecord], *, synthetic: bool = False) -> bytes:
    """What each seasonally adjusted series was adjusted with: one JSON object a line, by subject and indicator.

    ``specification`` is read by ``methods.specification.Specification.from_dict``; numbers have twelve digits.
    """
    lines = []
    for one in sorted(records, key=lambda r: (r.subject_key, r.indicator)):
        told = {
            "subject": one.subject_key, "name": one.name, "indicator": one.indicator, "policy": one.policy,
            "reviewed": one.reviewed.code if one.reviewed is not None else None, "verdict": one.verdict,
            "publisher": publisher_name("本系统测算") if synthetic else "本系统测算", "synthetic": synthetic,
            "specification": _rounded(one.specification),
        }  # fmt: skip
        lines.append(json.dumps(told, ensure_ascii=False, allow_nan=False) + "\n")
    return "".join(lines).encode("utf-8")


def _rounded(value: Any) -> Any:
    """Plain values with floats of twelve digits: the last ones may differ between processors."""
    if isinstance(value, float):
        return float(f"{value:.12g}")
    if isinstance(value, Mapping):
        return {name: _rounded(inner) for name, inner in value.items()}
    return [_rounded(inner) for inner in value] if isinstance(value, list | tuple) else value


def plain_table(title: str, names: Sequence[str], rows: Sequence[Sequence[Value | bool]]) -> DataTable:
    """Any rows as a table; repeated names are numbered, columns of numbers stay numbers."""
    heads: list[str] = []
    for name in names:
        same = sum(1 for h in heads if h == name or h.startswith(f"{name}_"))
        heads.append(f"{name}_{same + 1}" if name in heads else name)
    numbers = tuple(
        head
        for place, head in enumerate(heads)
        if any(row[place] is not None for row in rows)
        and all(
            row[place] is None or (isinstance(row[place], int | float) and not isinstance(row[place], bool))
            for row in rows
        )
    )
    lines = [tuple(str(v) if isinstance(v, bool) else v for v in row) for row in rows]
    return DataTable("query", title, tuple((h, h) for h in heads), lines, numbers)


def to_csv(table: DataTable) -> bytes:
    """UTF-8 with a byte-order mark, so that Excel opens the Chinese rightly; heads in English."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([name for name, _ in table.columns])
    for row in table.rows:
        writer.writerow([v if type(v) is str and v[:1] not in _STARTS else _written(v) for v in row])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8")


_STARTS = frozenset("=+-@\t\r")
"""Text that starts like this a spreadsheet would take for a formula."""


def _written(value: Value) -> str | int:
    """A cell of a CSV file; dangerous text gets an apostrophe, signed numbers stay as they are."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, int) or value[:1] not in _STARTS:
        return value
    try:
        float(value)
    except ValueError:
        return "'" + value
    return value


def to_parquet(table: DataTable) -> bytes:
    """One row group in the table's order; same rows, same bytes."""
    import duckdb
    import numpy as np

    arrays = {
        name: np.array([np.nan if row[i] is None else row[i] for row in table.rows], dtype=np.float64)
        if name in table.numbers
        else np.array(["" if row[i] is None else str(row[i]) for row in table.rows], dtype=object)
        for i, (name, _) in enumerate(table.columns)
    }
    fields = ", ".join(
        f"CASE WHEN isnan({q}) THEN NULL ELSE {q} END AS {q}" if n in table.numbers else f"CAST({q} AS VARCHAR) AS {q}"
        for n, q in ((name, '"' + name.replace('"', '""') + '"') for name, _ in table.columns)
    )
    settings: dict[str, str | bool | int | float | list[str]] = {
        "threads": "1",
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
    }
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(config=settings) as connection:
        path = Path(folder) / "part.parquet"
        connection.register("rows", arrays)
        connection.sql(f"SELECT {fields} FROM rows").write_parquet(str(path), compression="zstd")
        return path.read_bytes()


def to_workbook(tables: Sequence[DataTable], *, release_time: str, mark: str = "") -> bytes:
    """All tables as sheets of one workbook, heads in Chinese; ``mark`` stands on every sheet and printed page."""
    sheets = [
        Sheet(
            t.title, t.title,
            tuple(
                SheetColumn(head, "number", 12, "General") if name in t.numbers
                else SheetColumn(head, "text", 40 if name in WIDE else 14)
                for name, head in t.columns
            ),
            t.rows, t.note,
        )
        for t in tables
    ]  # fmt: skip
    return render_workbook(sheets, release_time=release_time, mark=mark)
