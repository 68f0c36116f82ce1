"""Records from anywhere as typed columns (记录): lists of mappings, columns, data frames, CSV and XLSX files.

Columns are matched with the fields of a pack by code, Chinese name, English name or alias; a head may name its unit
(``营业收入（亿元）``). What cannot be read is unknown, and a finding with row and column.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from qinggong.catalogue.names import normalise
from qinggong.rules import cells
from qinggong.rules.model import OverTime, Pack, RecordField
from qinggong.rules.problems import Finding, RecordsError, shortened
from qinggong.rules.steps import step_number
from qinggong.rules.tables import Table, as_table
from qinggong.rules.windows import Ordering

MOST_FINDINGS = 1000
_HEAD_UNIT = re.compile(r"(.+?)[(（\[]([^()（）\[\]]{1,12})[)）\]]")
_DIGITS = frozenset("0123456789.-")


@dataclass(frozen=True, slots=True)
class Records:
    """Typed columns of a pack's fields.

    Attributes
    ----------
    columns
        As :func:`qinggong.rules.operations.run` takes them; every field of the pack is there, absent ones all unknown.
    absent
        Codes of fields for which there is no column.
    ordering
        Subjects and periods, for packs over time.
    names
        What a record is called in reports, by row; empty if nothing says so.
    """

    columns: dict[str, npt.NDArray[Any]]
    rows: int
    first_row: int
    findings: tuple[Finding, ...]
    absent: tuple[str, ...]
    names: Sequence[str]
    ordering: Ordering | None = None


@dataclass(slots=True)
class _Doubts:
    """Findings in the making; beyond :data:`MOST_FINDINGS` they are only counted."""

    found: list[Finding] = field(default_factory=list)
    more: int = 0

    def add(self, finding: Finding) -> None:
        if len(self.found) < MOST_FINDINGS:
            self.found.append(finding)
        else:
            self.more += 1

    def all(self) -> tuple[Finding, ...]:
        if not self.more:
            return tuple(self.found)
        return (*self.found, Finding("more", "warning", f"另有{self.more}处读不懂的内容未列出"))


def typed(records: Any, pack: Pack) -> Records:
    """Records of any kind as the columns of a pack.

    Parameters
    ----------
    records
        A path (CSV, TSV, XLSX), a list of mappings, a mapping of columns, or a data frame.

    Raises
    ------
    RecordsError
        If they cannot be read, or no column is a field of the pack.
    """
    table = as_table(records)
    heads = _heads(table)
    doubts = _Doubts()
    columns: dict[str, npt.NDArray[Any]] = {}
    absent: list[str] = []
    for one in pack.fields:
        if one.formula:
            continue
        head, unit = _found(one, heads, table)
        if head is None:
            absent.append(one.code)
            columns[one.code] = _unknown(one, table.rows)
        else:
            columns[one.code] = _column(one, table.columns[head], head, unit, table, doubts)
            _doubt_shares(one, columns[one.code], head, doubts)
    given = [f for f in pack.fields if not f.formula]
    if table.rows and len(absent) == len(given):
        wanted = "、".join(f.shown for f in given[:8])
        raise RecordsError(f"{table.shown}：没有一列是规则包的字段；表头应有：{wanted} 等")
    ordering = None if pack.over is None else _ordered(pack.over, heads, table, doubts)
    return Records(
        columns, table.rows, table.first_row, doubts.all(), tuple(absent), _names(pack, heads, table), ordering
    )


# ---------------------------------------------------------------------------------------------------- columns


def _heads(table: Table) -> dict[str, tuple[str, str]]:
    """Normalised head -> the head as written and the unit it names."""
    found: dict[str, tuple[str, str]] = {}
    for head in table.columns:
        found.setdefault(normalise(head).lower(), (head, ""))
    for head in table.columns:
        if split := _HEAD_UNIT.fullmatch(head.strip()):
            found.setdefault(normalise(split[1]).lower(), (head, split[2].strip()))
    return found


def _found(one: RecordField, heads: Mapping[str, tuple[str, str]], table: Table) -> tuple[str | None, str]:
    hits = {heads[key] for name in one.names if (key := normalise(name).lower()) in heads}
    if len(hits) > 1:
        listed = "、".join(sorted(h for h, _ in hits))
        raise RecordsError(f"{table.shown}：字段“{one.shown}”有几列（{listed}），请只留一列")
    return next(iter(hits)) if hits else (None, "")


def unknown_columns(pack: Pack, *, rows: int) -> dict[str, npt.NDArray[Any]]:
    """Columns of records of which nothing is known."""
    return {one.code: _unknown(one, rows) for one in pack.fields if not one.formula}


def _unknown(one: RecordField, rows: int) -> npt.NDArray[Any]:
    if one.type == "flag":
        return np.zeros(rows, dtype=np.int8)
    if one.type == "choice":
        return np.full(rows, -1, dtype=np.int32)
    if one.type == "choices":
        return np.zeros((rows, len(one.options)), dtype=np.int8)
    return np.full(rows, np.nan)


def _column(
    one: RecordField, raw: Any, head: str, unit: str, table: Table, doubts: _Doubts
) -> npt.NDArray[Any]:  # fmt: skip
    if unit and (one.type not in ("number", "integer") or cells.unit_ratio(unit, one.unit) is None):
        # Brackets of a head need not hold a unit: “净利润（合并）”.
        unit = ""
    if one.type in ("number", "integer") and (numbers := _as_array(raw)) is not None:
        return _from_numbers(one, numbers, head, unit, table, doubts)
    column = _unknown(one, table.rows)
    for row, value in enumerate(raw):
        if cells.is_blank(value):
            continue
        read = _READERS[one.type](value, one, unit)
        if isinstance(read, cells.Refused):
            text = shortened(value)
            message = f"第{row + table.first_row}行“{head}”：{read.reason}（现为“{text}”），按未知处理"
            doubts.add(Finding(read.rule, "warning", message, row=row + table.first_row, column=head, value=text))
        elif isinstance(read, frozenset):
            column[row] = -1
            column[row, list(read)] = 1
        else:
            column[row] = read
    return column


def _doubt_shares(one: RecordField, column: npt.NDArray[Any], head: str, doubts: _Doubts) -> None:
    """A spreadsheet holds 5 % as 0.05: a column of per cents that never leaves -1…1 was perhaps written so."""
    if one.unit != "%" or one.type != "number":
        return
    known = column[~np.isnan(column)]
    if len(known) >= 5 and np.abs(known).max() <= 1 and (known != np.round(known)).mean() > 0.5:
        message = f"“{head}”的数都在-1与1之间：单位是%，5%应写 5 或 5%；表格软件的百分比格式存的是0.05，请核对"
        doubts.add(Finding("perhaps-shares", "info", message, column=head))


def _as_array(raw: Any) -> npt.NDArray[Any] | None:
    """A column that holds numbers only as an array; ``None`` if it must be read cell by cell."""
    if isinstance(raw, np.ndarray):
        return raw if raw.dtype.kind in "fiu" else None
    kinds = {type(v) for v in raw} if isinstance(raw, list | tuple) else {object}
    try:
        if kinds <= {int, float, type(None)}:
            return np.array([np.nan if v is None else v for v in raw], dtype=np.float64)
        # Texts of plain digits only: what a file mostly holds.
        if kinds <= {str, type(None)} and set("".join(filter(None, raw))) <= _DIGITS:
            return np.array([float(v) if v and v != "-" else np.nan for v in raw], dtype=np.float64)
    except (OverflowError, ValueError):
        pass
    return None


_READERS: dict[str, Callable[[object, RecordField, str], Any]] = {
    "number": lambda v, f, u: cells.number_in(v, f, column_unit=u),
    "integer": lambda v, f, u: cells.number_in(v, f, column_unit=u),
    "flag": lambda v, f, u: cells.flag_in(v),
    "choice": lambda v, f, u: cells.option_in(v, f),
    "choices": lambda v, f, u: cells.options_in(v, f),
    "date": lambda v, f, u: cells.day_in(v),
}


def _from_numbers(
    one: RecordField, raw: npt.NDArray[Any], head: str, unit: str, table: Table, doubts: _Doubts
) -> npt.NDArray[Any]:  # fmt: skip
    """A numeric array at once; the cells that are not allowed become unknown."""
    column = raw.astype(np.float64)
    ratio = cells.unit_ratio(unit, one.unit) if unit and unit != one.unit else None
    if ratio is not None:
        column = column * float(ratio)
        whole = np.round(column)
        # 0.29万人 is 2900 people, not 2900.0000000000005.
        column = np.where(np.abs(column - whole) <= 1e-11 * np.abs(column), whole, column)
    bad = np.isinf(column) | (np.abs(column) >= 1e15)
    if one.minimum is not None:
        bad |= column < one.minimum
    if one.maximum is not None:
        bad |= column > one.maximum
    if one.type == "integer":
        bad |= (column != np.round(column)) & ~np.isnan(column)
    for row in np.flatnonzero(bad):
        read = cells.number_in(float(raw[row]), one, column_unit=unit)
        reason = read.reason if isinstance(read, cells.Refused) else "超出范围"
        place = int(row) + table.first_row
        text = f"{raw[row]}"
        message = f"第{place}行“{head}”：{reason}（现为“{text}”），按未知处理"
        rule = read.rule if isinstance(read, cells.Refused) else "out-of-range"
        doubts.add(Finding(rule, "warning", message, row=place, column=head, value=text))
    column[bad] = np.nan
    return column


def _names(pack: Pack, heads: Mapping[str, tuple[str, str]], table: Table) -> Sequence[str]:
    """What records are called: a column of the subject, or the usual ones."""
    for name in (f"{pack.subject}名称", pack.subject, "名称", "name", "企业名称", "编号", "id"):
        if (key := normalise(name).lower()) in heads:
            return [shortened(v) if v is not None else "" for v in table.columns[heads[key][0]]]
    return ()


def _ordered(over: OverTime, heads: Mapping[str, tuple[str, str]], table: Table, doubts: _Doubts) -> Ordering:
    def column(name: str) -> tuple[str, Sequence[Any]]:
        key = normalise(name).lower()
        if key not in heads:
            raise RecordsError(f"{table.shown}：规则包按时间判断，表里缺少“{name}”一列")
        return heads[key][0], table.columns[heads[key][0]]

    head, raw = column(over.period)
    periods = np.full(table.rows, -1, dtype=np.int64)
    known: dict[object, int | None] = {}
    for row, value in enumerate(raw):
        if cells.is_blank(value):
            continue
        text = cells.text_of(value)
        if text not in known:
            known[text] = step_number(value, over.step)
        number = known[text]
        if number is None:
            place = row + table.first_row
            message = f"第{place}行“{head}”：不认识的时期（现为“{shortened(text)}”），按未知处理"
            doubts.add(Finding("not-a-period", "warning", message, row=place, column=head, value=shortened(text)))
        else:
            periods[row] = number
    subjects = np.zeros(table.rows, dtype=np.int64)
    for name in over.by:
        values = ["" if v is None else cells.text_of(v).strip() for v in column(name)[1]]
        codes: dict[str, int] = {}
        coded = np.array([codes.setdefault(v, len(codes)) for v in values], dtype=np.int64)
        subjects = subjects * max(len(codes), 1) + coded
        subjects = np.unique(subjects, return_inverse=True)[1].astype(np.int64)
    if (periods >= 0).any():
        periods = np.where(periods >= 0, periods - periods[periods >= 0].min(), -1)
    ordering = Ordering(subjects, periods)
    for one, other in ordering.repeated():
        places = one + table.first_row, other + table.first_row
        message = f"第{places[0]}行和第{places[1]}行是同一对象的同一时期；与前后期比较时都按未知处理，请删去一行"
        doubts.add(Finding("repeated-period", "warning", message, row=places[1], column=head))
    return ordering
