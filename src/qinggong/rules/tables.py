"""Raw tables (表格): columns of cells from lists of mappings, columns, data frames, CSV and XLSX files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qinggong.rules.problems import RecordsError, shortened

LARGEST_FILE = 400_000_000
MOST_CELLS = 50_000_000
_LONGEST_CELL = 10_000_000


@dataclass(frozen=True, slots=True)
class Table:
    """Raw columns by head; ``first_row`` is the number of the first record as its source counts."""

    columns: Mapping[str, Any]
    rows: int
    first_row: int = 1
    shown: str = "记录"


def as_table(records: Any) -> Table:
    """Columns of raw cells, from whatever was given."""
    if isinstance(records, str | Path):
        return _from_file(Path(records))
    if isinstance(records, Mapping):
        return _from_columns(records)
    if hasattr(records, "columns") and hasattr(records, "__getitem__"):
        return _from_frame(records)
    if isinstance(records, Iterable):
        return _from_mappings(list(records))
    raise RecordsError("记录要是文件、字典的列表、列的字典或数据框")


def _from_mappings(records: list[Any]) -> Table:
    heads: dict[str, None] = {}
    for number, record in enumerate(records, start=1):
        if not isinstance(record, Mapping):
            raise RecordsError(f"第{number}条记录不是“字段: 值”的形式")
        heads.update(dict.fromkeys(map(str, record)))
    return Table({h: [r.get(h) for r in records] for h in heads}, len(records))


def _from_columns(columns: Mapping[Any, Any]) -> Table:
    single = [str(h) for h, c in columns.items() if not _is_column(c)]
    if single and len(single) == len(columns):
        return _from_mappings([columns])  # one record, not columns
    if single:
        raise RecordsError(
            f"“{shortened(single[0])}”是单个值，别的是一列值；一条记录的各项都写单个值，多条记录的各列都写列表"
        )
    lengths = {str(h): len(c) for h, c in columns.items()}
    if len(set(lengths.values())) > 1:
        raise RecordsError(f"各列的行数不同：{'、'.join(f'{h} {n}行' for h, n in list(lengths.items())[:6])}")
    return Table({str(h): c for h, c in columns.items()}, next(iter(lengths.values()), 0))


def _is_column(values: Any) -> bool:
    """Whether something is the values of several records; a text is one value."""
    if isinstance(values, str | bytes | Mapping) or not (hasattr(values, "__len__") and hasattr(values, "__getitem__")):
        return False
    return getattr(values, "ndim", 1) == 1


def _from_frame(frame: Any) -> Table:
    """A data frame of any library that has ``columns`` and gives a column by its name."""
    heads = list(frame.columns)
    if len(set(map(str, heads))) < len(heads):
        raise RecordsError("数据框里有重名的列，请改名")
    columns: dict[str, Any] = {}
    for head in heads:
        column = frame[head]
        values = column.to_numpy() if hasattr(column, "to_numpy") else np.asarray(column)
        columns[str(head)] = values if values.dtype.kind in "fiu" else list(values)
    return Table(columns, len(frame))


def _from_file(path: Path) -> Table:
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RecordsError(f"{path}：文件大于{LARGEST_FILE // 1_000_000} MB，请分成几个文件")
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise RecordsError(f"找不到记录文件“{path}”，请核对路径") from error
    except OSError as error:
        raise RecordsError(f"{path}：读不了（{error.strerror}）") from error
    if path.suffix.lower() in (".csv", ".tsv", ".txt"):
        lines = _csv_lines(data, path)
    elif path.suffix.lower() in (".xlsx", ".xlsm", ".xls", ".ods"):
        lines = _sheet_lines(data, path)
    else:
        raise RecordsError(f"{path}：不认识这种文件；记录请用 CSV 或 XLSX")
    return _with_head(lines, path)


def _csv_lines(data: bytes, path: Path) -> list[list[Any]]:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        raise RecordsError(f"{path}：既不是 UTF-8 也不是 GB 18030 文本，请另存为 UTF-8")
    separator = "\t" if path.suffix.lower() == ".tsv" or text.partition("\n")[0].count("\t") else ","
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        return list(csv.reader(io.StringIO(text), delimiter=separator))
    except csv.Error as error:
        raise RecordsError(f"{path}：不是正确的 CSV（{error}）") from error
    finally:
        csv.field_size_limit(before)


def _sheet_lines(data: bytes, path: Path) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        return CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python(skip_empty_area=False)
    except (CalamineError, ValueError, OSError) as error:
        raise RecordsError(f"{path}：读不了，不是完好的 XLSX 工作簿，请另存为 XLSX") from error


def _with_head(lines: list[list[Any]], path: Path) -> Table:
    """The first line that is not empty is the head; empty lines are no records."""
    start = next((n for n, line in enumerate(lines) if any(str(c).strip() for c in line)), None)
    if start is None:
        raise RecordsError(f"{path}：文件是空的")
    heads = [str(c).strip() for c in lines[start]]
    named = [h for h in heads if h]
    repeated = next((h for h in named if named.count(h) > 1), None)
    if repeated is not None:
        raise RecordsError(f"{path}：表头“{shortened(repeated)}”出现两次，请改名或删去一列")
    body = lines[start + 1 :]
    while body and not any(str(c).strip() for c in body[-1]):
        body.pop()
    if len(body) * len(heads) > MOST_CELLS:
        raise RecordsError(f"{path}：超过{MOST_CELLS}个单元格，请分成几个文件")
    columns = {h: [line[i] if i < len(line) else None for line in body] for i, h in enumerate(heads) if h}
    return Table(columns, len(body), first_row=start + 2, shown=str(path))
