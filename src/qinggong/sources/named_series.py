"""Series that are not columns of a sheet (有名称的序列): long tables, JSON and program texts, laid out as one.

Layouts, proposals and the mapping of names know sheets with a series a column and a period a row. What comes in
another form is brought into that form here; every figure keeps its place in the file.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from qinggong.periods import Period
from qinggong.sources.base import UnreadableFile
from qinggong.sources.sheet import Sheet, cell_text, number_text, period_of

NAMES, UNIT, FREQUENCY, REGION, SOURCE = "指标名称", "单位", "频率", "地区", "来源"
MAX_CELLS = 5_000_000
_LONGEST_NAME = 300
_MOST_COPIES = 4
_FEWEST_PERIODS = 0.6
_HEADS: dict[str, tuple[str, ...]] = {
    "period": (
        "时期",
        "期间",
        "统计时期",
        "月份",
        "统计月份",
        "年月",
        "日期",
        "时间",
        "统计时间",
        "period",
        "month",
        "date",
        "time",
    ),
    "value": ("数值", "本期值", "值", "指标值", "value"),
    "region": ("地区", "geo", "region"),
    "unit": ("单位", "计量单位", "unit"),
    "source": ("来源", "发布机构", "数据来源", "publisher", "source"),
}
_NAME_HEADS = (
    ("行业或商品", "行业", "对象", "industry", "subject"),
    ("指标", "指标名称", "序列", "序列名称", "名称", "indicator", "indicatorname", "series", "seriesname", "name"),
    ("分项", "分类", "component", "category"),
    ("度量", "类型", "measure"),
)  # fmt: skip
_LINES: tuple[tuple[str, str], ...] = ((UNIT, "unit"), (FREQUENCY, "frequency"), (REGION, "region"), (SOURCE, "source"))


@dataclass(slots=True)
class NamedSeries:
    """A series with its figures as (period as written, value, (row, column) in the file)."""

    name: str
    unit: str = ""
    frequency: str = ""
    region: str = ""
    source: str = ""
    figures: list[tuple[object, object, tuple[int, int]]] = field(default_factory=list)


def sheet_of(name: str, number: int, series: Sequence[NamedSeries], strays: Iterable[tuple[int, str]] = ()) -> Sheet:
    """The series as a sheet: a head line with the names, lines with what is stated of them, a line a period.

    Periods stand from the oldest to the newest. Where a series has two figures of one period, the second stands in a
    further column of the same name: whether they agree is for the reader of the sheet to say.

    Raises
    ------
    UnreadableFile
        If the sheet would be too large.
    """
    left = list(strays)
    columns: list[tuple[NamedSeries, dict[Period | str, tuple[object, tuple[int, int]]]]] = []
    for one in series:
        own: list[dict[Period | str, tuple[object, tuple[int, int]]]] = [{}]
        for written, value, place in one.figures:
            period: Period | str = period_of(written) or cell_text(written)
            free = next((column for column in own if period not in column), None)
            if free is None and len(own) == _MOST_COPIES:
                left.append((place[0], f"{cell_text(written)} {one.name}"[:60]))
                continue
            if free is None:
                own.append(free := {})
            free[period] = (value, place)
        columns += [(one, column) for column in own]
    named = {when for _, column in columns for when in column}
    if len(columns) * len(named) > MAX_CELLS:
        raise UnreadableFile(f"有{len(columns)}个序列、{len(named)}个时期，超过{MAX_CELLS}个单元格，请分成几个文件")
    known, unknown = (p for p in named if isinstance(p, Period)), (p for p in named if isinstance(p, str))
    ordered: list[Period | str] = [*sorted(known), *sorted(unknown)]
    order = {when: i for i, when in enumerate(ordered)}
    heads = [label for label, what in _LINES if label == UNIT or any(getattr(one, what) for one in series)]
    lines: list[list[object]] = [[NAMES, *(one.name for one, _ in columns)]]
    lines += [[label, *(getattr(one, dict(_LINES)[label]) for one, _ in columns)] for label in heads]
    top = len(lines)
    lines += [[when.code if isinstance(when, Period) else when, *[""] * len(columns)] for when in order]
    places: dict[tuple[int, int], tuple[int, int]] = {}
    for j, (_, column) in enumerate(columns, start=1):
        for when, (value, place) in column.items():
            lines[top + order[when]][j] = value
            places[top + order[when], j] = place
    return Sheet(name, number, lines, places=places, strays=tuple(left))


def stated_line(sheet: Sheet, label: str) -> int | None:
    """The number, from 0, of the line of a made sheet that carries this label."""
    tops = range(min(len(_LINES) + 1, len(sheet.lines))) if sheet.places is not None else ()
    return next((i for i in tops if sheet.cell(i, 0) == label), None)


def unfolded(sheet: Sheet) -> Sheet:
    """A table with one figure in a row, and its series named in columns, as series; any other sheet as it is.

    The header has a column of periods, one of values and at least one of names (行业, 指标, 分项 …, joined by a colon).
    """
    for top, line in enumerate(sheet.lines[:3]):
        columns = _columns(line)
        if columns is not None:
            return _unfolded(sheet, top, *columns)
    return sheet


def _columns(line: Sequence[object]) -> tuple[Mapping[str, int], tuple[int, ...]] | None:
    heads = [cell_text(cell).lstrip("\ufeff").lower() for cell in line]
    found = {what: heads.index(head) for what, names in _HEADS.items() for head in reversed(names) if head in heads}
    names = tuple(next(heads.index(n) for n in ns if n in heads) for ns in _NAME_HEADS if any(n in heads for n in ns))
    return (found, names) if "period" in found and "value" in found and names else None


def _unfolded(sheet: Sheet, top: int, columns: Mapping[str, int], named: tuple[int, ...]) -> Sheet:
    series: dict[tuple[str, ...], NamedSeries] = {}
    strays: list[tuple[int, str]] = []
    filled = 0
    for i in range(top + 1, len(sheet.lines)):
        cells = {what: sheet.cell(i, j) for what, j in columns.items()}
        value, period = cells["value"], cells["period"]
        if number_text(value) is None and not cell_text(period):
            continue
        filled += 1
        name = ":".join(text for j in named if (text := cell_text(sheet.cell(i, j))))
        if period_of(period) is None or not name or len(name) > _LONGEST_NAME:
            strays.append((i + 1, f"{cell_text(period)} {name}"[:60]))
            continue
        stated = [cell_text(cells.get(what, "")) for what in ("unit", "region", "source")]
        one = series.setdefault((name, *stated), NamedSeries(name, stated[0], "", stated[1], stated[2]))
        one.figures.append((period, value, sheet.place(i, columns["value"])))
    dated = filled - len(strays)
    periods = {period for one in series.values() for period, *_ in one.figures}
    if dated < max(1, _FEWEST_PERIODS * filled) or len(series) * _MOST_COPIES * len(periods) > MAX_CELLS:
        return sheet
    return sheet_of(sheet.name, sheet.number, list(series.values()), strays)
