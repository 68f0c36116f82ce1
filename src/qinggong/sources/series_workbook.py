"""Series workbooks (序列工作簿): Wind, iFinD, CEIdata and users' own sheets with a series a column and a period a row.

A sheet is recognised by a layout (``layouts.py``), its series are mapped by their names, its figures become raw rows.
The statistics are those of the official body that the layout names; the terminal stands in the citation. Days of
publication are not in such files: the calendar decides. The number of a figure is sheet·10⁷ + row·10³ + column, all
counted from 1: 10012037 is row 12, column 37 of the first sheet; in a file with a longer or wider sheet it is the
running number of the cell over all sheets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from qinggong.catalogue import Catalogue, UnknownName, load_catalogue
from qinggong.periods import Period, ytd
from qinggong.sources import table
from qinggong.sources.base import Defect, Parsed, RawRow, Shape, Unmapped, UnreadableFile
from qinggong.sources.layout_match import Found, find_layout, head_lines
from qinggong.sources.layouts import HEAD_LINES, Layout, Left, Mapped, load_layouts, map_series
from qinggong.sources.series_figures import Series, Tally, drop_februaries, drop_zeros, raw_rows
from qinggong.sources.sheet import Sheet, cell_text, csv_sheet, number_text
from qinggong.sources.workbook import workbook_sheets
from qinggong.sources.workbook_head import starts_as_long_table

PARSER_VERSION = 1
NAME = "序列工作簿（Wind、iFinD、CEIdata 导出，或已确认的版式）"
FIELDS: dict[str, str] = {
    "period": "由时期列得出：当月序列是单月，累计序列自1月起；“1-2月合并”的2月一格是1—2月；期末数是当月末",
    "subject": "序列名称中的行业，按目录、版式的别名和统一写法（及/和、顿号）对应；名称中没有行业的是规模以上工业",
    "indicator": "序列名称中的指标；版式写明某日以前接的是另一指标的，以前的改记那个指标",
    "measure": "当月值、累计值、期末数是数值；当月同比、累计同比是同比",
    "unit": "单位行；没有单位行的取版式中写明的单位",
    "region": "地区行；没有的是全国",
    "row": "表中位置：工作表序号×10⁷＋行号×10³＋列号",
    "title": "导出软件、文件名和工作表名",
    "publisher": "版式中写明的统计机构，一般是国家统计局",
}
TRAPS: tuple[str, ...] = (
    "Wind 导出以0代缺数：水平的0不收，增速的0只有累计同比能证实才收，其余计入缺数。",
    "当月同比没有1月，2013年起没有2月；单独的1月、2月数一律不收，1—2月取自累计序列或“1-2月合并”序列。",
    "“1-2月合并”序列并不都合并：早年1月一格有数的、2006—2012年与当月同比相同的，2月一格是单独的2月，不当作1—2月。",
    "出口交货值当月值没有1月，2月是0：1—2月取自累计值。",
    "同名的两列（有的第二列名称带“.1”）：数值相同的只收一次，不同的那些期不收并指出两列。",
    "各次导出的行业写法不同（造纸及纸制品业、造纸和纸制品业），按统一写法对应。",
    "iFinD 合计2025年2月的当月同比31.0175是错的，属单独的2月，不收。",
    "名为营业收入的序列早年接的是主营业务收入：iFinD 分行业到2016年，利润率和每百元成本到2018年，按版式改记。",
    "累计值相减得不到单月数，累计值相除得不到公布的同比（样本轮换、去重），本软件不从中推算。",
    "名称上方有数的工作表是有人算过的，不认；没有认出的工作表列在未对应一栏。",
)
_ROWS, _COLUMNS, _SHEETS = 10_000, 1_000, 214
_COUNTRY = ("", "全国", "中国", "CN")


class UnknownLayout(UnreadableFile):
    """A workbook of which no sheet has a known layout; a proposal (``proposal.py``) may help."""


def shape_for(overlay: Path | None, *, catalogue: Catalogue | None = None) -> Shape:
    """The shape with the layouts that a workspace remembers.

    Parameters
    ----------
    overlay
        The workspace's catalogue folder; its layouts are in ``sources/layouts``. Without it only the bundled ones.
    catalogue
        The catalogue by which names are resolved; by default the bundled one with ``overlay`` put over it.

    Layouts are read when the first file is, and a layout that is not valid is then a ``CatalogueError``.
    """
    layouts = functools.cache(lambda: load_layouts(overlay))
    names = functools.cache(lambda: catalogue or load_catalogue(overlay=overlay))
    return Shape(
        "series_workbook", NAME, PARSER_VERSION,
        lambda path, head: _recognises(layouts(), path, head),
        lambda path, content: _parse(layouts(), names, path, content),
    )  # fmt: skip


def open_sheets(path: PurePath, content: bytes) -> list[Sheet]:
    """The sheets of a workbook or a CSV file."""
    if content[:4] == b"PK\x03\x04":
        return [Sheet(n, i, lines) for i, (n, lines) in enumerate(workbook_sheets(content), start=1)]
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        raise UnreadableFile(f"扩展名是 {path.suffix}，内容却不是 Excel 工作簿")
    return [csv_sheet(content)]


# ------------------------------------------------------------------------------------------------- parse


def _parse(layouts: Sequence[Layout], names: Callable[[], Catalogue], path: PurePath, content: bytes) -> Parsed:
    sheets = open_sheets(path, content)
    found = {sheet.number: f for sheet in sheets if (f := find_layout(sheet, layouts)) is not None}
    if not found:
        if any(is_long_table(sheet) for sheet in sheets):
            return table.SHAPE.parse(path, content)
        raise UnknownLayout("没有一张工作表的版式是认识的；可让软件先提出各列的对应关系，确认后再导入")
    tally = Tally()
    number = _numbering(sheets)
    series: list[Series] = []
    for sheet in sheets:
        if sheet.number in found:
            series += _read(found[sheet.number], names(), number, tally)
        else:
            _list_unknown(sheet, tally)
    drop_februaries(series, tally)
    drop_zeros(series, tally)
    rows = tuple(raw_rows(series, path.name, tally))
    return Parsed(
        rows,
        tuple(tally.defects),
        tuple(tally.unmapped),
        _sentence(list(found.values()), rows, series, tally),
        tally.blank,
    )


def is_long_table(sheet: Sheet) -> bool:
    """True if one of the first lines is the header of a long table."""
    return any(table._is_header([cell_text(c) for c in line]) for line in sheet.lines[:HEAD_LINES])


def _numbering(sheets: Sequence[Sheet]) -> Callable[[int, int, int], int]:
    """The number of a figure from sheet, row and column."""
    widths = {s.number: max((len(line) for line in s.lines), default=0) for s in sheets}
    fits = all(len(s.lines) < _ROWS and widths[s.number] < _COLUMNS and s.number < _SHEETS for s in sheets)
    if fits:
        return lambda sheet, row, column: sheet * _ROWS * _COLUMNS + row * _COLUMNS + column
    before, total = {}, 0
    for s in sheets:
        before[s.number] = total
        total += len(s.lines) * widths[s.number]
    return lambda sheet, row, column: before[sheet] + (row - 1) * widths[sheet] + column


def _read(found: Found, catalogue: Catalogue, number: Callable[[int, int, int], int], tally: Tally) -> list[Series]:
    """The mapped series of one sheet; those that stay out are counted into ``tally``."""
    view, layout = found.sheet, found.layout
    body = _ordered(found, number, tally)
    place = layout.place
    heads = {what: head_lines(view, at, place.period - 1) for what, at in _further_heads(layout)}
    missing = frozenset(layout.missing.texts)
    singles, single_series = 0, set()
    result = []
    for column, name in found.names:
        cells = [(p, value, i) for i, p in body if (value := view.cell(i, column)) not in missing]
        tally.blank += len(body) - len(cells)
        states = {what: cell_text(view.cell(lines[0], column)) if lines else "" for what, lines in heads.items()}
        mapped = _map(name, states, layout, catalogue)
        if isinstance(mapped, Left):
            zero = bool(layout.missing.zero_is_missing)
            count = sum(1 for _, v, _ in cells if not (zero and v == 0))
            tally.blank += len(cells) - count
            tally.unmapped.append(Unmapped(f"{view.name}：{name}" if view.name else name, count, mapped.why))
            continue
        one = Series(view.name, name, view.reference(found.names_line, column), layout, mapped, states["region"])
        wrong: list[tuple[int, str]] = []
        january = _january(cells, layout, mapped)
        for period, value, i in cells:
            text = number_text(value)
            where = number(view.number, *view.place(i, column))
            if text is None:
                if cell_text(value) in missing:
                    tally.blank += 1
                else:
                    wrong.append((where, cell_text(value)))
                continue
            kept = _period(period, mapped, january)
            if kept is None:
                if float(text) == 0 and layout.missing.zero(mapped.measure):
                    tally.zeros += 1
                    tally.blank += 1
                else:
                    singles += 1
                    single_series.add(name)
                    if period.first == 2:
                        one.februaries[period.year] = float(text)
                continue
            one.figures[kept] = (text, float(text), where)
        if wrong:
            tally.defects.append(_no_number(one, wrong))
        result.append(one)
    if singles:
        label = f"{view.name}：" if view.name else ""
        what = f"{label}{len(single_series)}个序列中单独的1月、2月数和季度数"
        tally.unmapped.append(Unmapped(what, singles, "1、2月合并统计，目录不收单独的1月、2月；1—2月取自累计序列"))
    return result


def _further_heads(layout: Layout) -> tuple[tuple[str, str | int | tuple[int, ...] | None], ...]:
    return (("unit", layout.place.unit), ("frequency", layout.place.frequency), ("region", layout.place.region))


def _map(name: str, states: dict[str, str], layout: Layout, catalogue: Catalogue) -> Mapped | Left:
    if states["frequency"] not in ("", "月", "月度", "M"):
        return Left(f"频率是{states['frequency']}，不是月度")
    region = "CN" if states["region"] in _COUNTRY else states["region"]
    try:
        states["region"] = catalogue.region(region).code
        catalogue.publisher(layout.publisher)
    except UnknownName:
        return Left(f"目录中没有地区“{region}”或发布机构“{layout.publisher}”")
    return map_series(name, unit=states["unit"], layout=layout, catalogue=catalogue)


def _ordered(found: Found, number: Callable[[int, int, int], int], tally: Tally) -> list[tuple[int, Period]]:
    """The lines of figures; one whose period breaks the layout's order, or stands already above, is left out.

    Where many lines break the order, the order of the layout does not hold for the file, and is let go.
    """
    order = found.layout.place.order
    sign = {"newest_first": -1, "oldest_first": 1}.get(order, 0)
    months = [p.year * 12 + p.last for _, p in found.body]
    breaks = {i for i in range(1, len(months)) if sign * (months[i] - months[i - 1]) < 0}
    if len(breaks) > max(2, len(months) // 20):
        breaks = set()
    result: list[tuple[int, Period]] = []
    seen: set[Period] = set()
    left: list[int] = []
    for i, (line, period) in enumerate(found.body):
        if i in breaks or period in seen:
            left.append(line)
        else:
            seen.add(period)
            result.append((line, period))
    if left:
        view, column = found.sheet, found.layout.place.period - 1
        text = cell_text(view.cell(left[0], column))
        where = number(view.number, *view.place(left[0], column))
        message = (
            f"工作表“{view.name}”有{len(left)}行的时期重复或不合顺序（如{view.reference(left[0], column)}），没有导入"
        )
        tally.defects.append(Defect("period-order", where, text, message, "请核对时期"))
    return result


def _january(cells: Sequence[tuple[Period, object, int]], layout: Layout, mapped: Mapped) -> frozenset[int]:
    """Years in which a series of 1—2月 figures has one for January: their February is February alone."""
    if not mapped.combined:
        return frozenset()
    zero = layout.missing.zero(mapped.measure) is not None
    return frozenset(
        p.year
        for p, v, _ in cells
        if p.first == p.last == 1 and (t := number_text(v)) is not None and not (zero and float(t) == 0)
    )


def _period(period: Period, mapped: Mapped, january: frozenset[int]) -> Period | None:
    """The period of a figure in a line; ``None`` for January and February alone, and for quarters."""
    if period.kind != "month":
        return period if period.kind == "ytd" and mapped.span != "point" else None
    industrial = mapped.indicator.industrial
    if mapped.span == "ytd":
        if period.last > 1:
            return ytd(period.year, period.last)
        return None if industrial else period
    if not industrial or period.last > 2:
        return period
    if mapped.span == "point":
        return period if period.last == 2 else None
    if mapped.combined and period.last == 2 and period.year not in january:
        return ytd(period.year, 2)
    return None


def _no_number(series: Series, wrong: Sequence[tuple[int, str]]) -> Defect:
    row, text = wrong[0]
    message = f"工作表“{series.sheet}”的“{series.name}”有{len(wrong)}格不是数字（如“{text[:20]}”），没有导入"
    return Defect("not-a-number", row, text[:60], message, "请改为数字，缺数请留空")


def _list_unknown(sheet: Sheet, tally: Tally) -> None:
    figures = sum(1 for line in sheet.lines for c in line if isinstance(c, (int, float)) and not isinstance(c, bool))
    if figures:
        tally.unmapped.append(Unmapped(f"工作表“{sheet.name}”", figures, "没有认出版式，或不是月度序列"))


def _sentence(found: Sequence[Found], rows: Sequence[RawRow], series: Sequence[Series], tally: Tally) -> str:
    titles = "、".join(dict.fromkeys(f.layout.title for f in found))
    periods = sorted(p for s in series for p in s.figures)
    run = f"，{periods[0].code}至{periods[-1].code}" if periods else ""
    zeros = (
        f"；0值中{tally.zeros}个按缺数处理，{tally.confirmed}个由累计同比证实为0"
        if tally.zeros or tally.confirmed
        else ""
    )
    return f"{titles}：{len(found)}张工作表，{len(series)}个序列，{len(rows)}个数{run}{zeros}"


# --------------------------------------------------------------------------------------------- recognises


def _recognises(layouts: Sequence[Layout], path: PurePath, head: bytes) -> bool:
    """Workbooks that are no long table, and CSV files with the head of a series export."""
    suffix = path.suffix.lower()
    if head[:4] == b"PK\x03\x04":
        return suffix in (".xlsx", ".xlsm", "") and not starts_as_long_table(head, is_long_table)
    if suffix != ".csv":
        return False
    try:
        sheet = csv_sheet(head.rsplit(b"\n", 1)[0] if b"\n" in head else head)
    except UnreadableFile:
        return False
    return not is_long_table(sheet) and find_layout(sheet, layouts) is not None


SHAPE = shape_for(None)
