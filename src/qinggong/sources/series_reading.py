"""Sheets of series to raw rows (序列读取): layouts, names, periods; one way for workbooks, program texts and JSON.

A sheet is recognised by a layout (``layouts.py``), else by series that are called as the national data service calls
them; a sheet that is neither is listed. The number of a figure is sheet·10⁷ + row·10³ + column, all counted from 1:
10012037 is row 12, column 37 of the first sheet; in a file with a longer or wider sheet it is the running number of
the cell over all sheets.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import NamedTuple

from qinggong.catalogue import Catalogue, UnknownName, load_catalogue
from qinggong.catalogue.nbs_codes import load_nbs_codes
from qinggong.periods import Period, month, ytd
from qinggong.sources.base import Defect, Parsed, RawRow, Shape, Unmapped, UnreadableFile
from qinggong.sources.layout_match import Found, find_layout, head_lines, series_names
from qinggong.sources.layouts import Layout, Left, Mapped, load_layouts, map_series
from qinggong.sources.named_series import REGION, SOURCE, UNIT, stated_line
from qinggong.sources.nbs_series import NATION, Collector, less
from qinggong.sources.series_figures import Series, Tally, drop_februaries, drop_zeros, raw_rows
from qinggong.sources.sheet import Sheet, cell_text, number_text, period_of

_ROWS, _COLUMNS, _SHEETS = 10_000, 1_000, 214
_COUNTRY = ("", "全国", "中国", "CN")
_MONTHLY = ("", "月", "月度", "M", "Monthly")
_MISSING = ("", "-", "--", "—", "——", "…", "NA", "NaN", "nan", "null", "None")
_FEWEST_KNOWN = 0.5
_EDGE = 15  # rows and columns from the corner in which periods stand
_SEVERAL = 6
Number = Callable[[Sheet, int, int], int]


class _Told(NamedTuple):
    """A figure of a series that is called as in the national data service; ``value`` is ``None`` if it is missing."""

    name: str
    unit: str
    region: str
    period: Period
    value: str | None
    row: int


class UnknownLayout(UnreadableFile):
    """A file of which no sheet has a known layout; a proposal (``proposal.py``) may help."""


def series_shape(
    ident: str,
    name: str,
    version: int,
    *,
    recognises: Callable[[PurePath, bytes], bool],
    sheets: Callable[[PurePath, bytes], Sequence[Sheet]],
    overlay: Path | None,
    catalogue: Catalogue | None,
) -> Shape:
    """The shape of files that can be laid out as sheets of series, with a workspace's layouts and its catalogue.

    Layouts and catalogue are read when the first file is; a layout that is not valid is then a ``CatalogueError``.
    """
    layouts = functools.cache(lambda: load_layouts(overlay))
    names = functools.cache(lambda: catalogue or load_catalogue(overlay=overlay))

    def parse(path: PurePath, content: bytes) -> Parsed:
        return parse_sheets(path, sheets(path, content), layouts=layouts(), catalogue=names())

    return Shape(ident, name, version, recognises, parse)


def parse_sheets(path: PurePath, sheets: Sequence[Sheet], *, layouts: Sequence[Layout], catalogue: Catalogue) -> Parsed:
    """The rows of all sheets of a file.

    Raises
    ------
    UnknownLayout
        If no sheet is understood; nothing is taken in then.
    """
    found = {sheet.number: f for sheet in sheets if (f := find_layout(sheet, layouts)) is not None}
    own = {s.number: n for s in sheets if s.number not in found and (n := _service_names(s, catalogue))}
    if not found and not own:
        raise UnknownLayout(_unknown(sheets))
    tally = Tally()
    number = _numbering(sheets)
    collector = Collector(load_nbs_codes(), catalogue, source=path.name)
    series: list[Series] = []
    told: list[_Told] = []
    for sheet in sheets:
        if sheet.number in found:
            series += _read(found[sheet.number], catalogue, number, tally)
        elif sheet.number in own:
            told += _collect(sheet, own[sheet.number], number, collector, tally)
        else:
            _list_unknown(sheet, tally)
        _list_strays(sheet, tally)
    drop_februaries(series, tally)
    drop_zeros(series, tally)
    rows = tuple(raw_rows(series, path.name, tally))
    _add(told, collector, tally)
    named = collector.parsed("按国家数据命名的序列")
    sentences = [_sentence(list(found.values()), rows, series, tally)] if found else []
    sentences += [f"{named.recognised}，{len(named.rows)}个数"] if own else []
    return Parsed(
        (*rows, *named.rows), (*tally.defects, *named.defects), (*tally.unmapped, *named.unmapped),
        "；".join(sentences), tally.blank + named.blank_rows,
    )  # fmt: skip


def _unknown(sheets: Sequence[Sheet]) -> str:
    """Why no sheet was read: it may be one of another layout, or hold no figures of periods at all."""
    for sheet in sheets:
        edges = [line[:_EDGE] for line in sheet.lines] + [line[_EDGE:] for line in sheet.lines[:_EDGE]]
        dated = [cell for cells in edges for cell in cells if period_of(cell) is not None]
        # A number or two may look like a date whose format was lost.
        if len(dated) >= _SEVERAL or any(not isinstance(cell, (int, float)) for cell in dated):
            return "没有一张工作表的版式是认识的；可让软件先提出各列的对应关系，确认后再导入"
    return "没有一张工作表有写明时期的行或列，像是名录、权重或投入产出表，不是观测数据"


def is_understood(sheet: Sheet, *, layouts: Sequence[Layout], catalogue: Catalogue) -> bool:
    """True if ``parse_sheets`` would read this sheet."""
    return find_layout(sheet, layouts) is not None or bool(_service_names(sheet, catalogue))


# ------------------------------------------------------------------------------------------- names of the service


def _service_names(sheet: Sheet, catalogue: Catalogue) -> tuple[tuple[int, str], ...]:
    """The named columns of a made sheet if most are called as in the national data service, and it is the source."""
    if sheet.places is None:
        return ()
    codes, names = load_nbs_codes(), series_names(sheet, (0,), 0)
    source = stated_line(sheet, SOURCE)
    stated = {cell_text(sheet.cell(source, j)) for j, _ in names} - {""} if source is not None else set()
    bureau = catalogue.publishers[codes.file.publisher]
    if stated - {bureau.name, bureau.short, *bureau.aliases}:
        return ()
    known = sum(1 for _, name in names if codes.names(name))
    return names if names and known >= _FEWEST_KNOWN * len(names) else ()


def _collect(
    sheet: Sheet, names: Sequence[tuple[int, str]], number: Number, collector: Collector, tally: Tally
) -> Iterator[_Told]:
    """The figures of a sheet whose series are called as in the national data service."""
    unit, region = stated_line(sheet, UNIT), stated_line(sheet, REGION)
    body = [(i, p) for i in range(1, len(sheet.lines)) if (p := period_of(sheet.cell(i, 0))) is not None]
    for column, name in names:
        place = cell_text(sheet.cell(region, column)) if region is not None else ""
        stated = cell_text(sheet.cell(unit, column)) if unit is not None else ""
        for line, period in body:
            if sheet.place(line, column) == (0, 0):
                continue  # the file has no cell for this series and period
            value, where = sheet.cell(line, column), number(sheet, line, column)
            text = number_text(value)
            if text is None and cell_text(value) not in _MISSING:
                message = f"“{name[:40]}”{period.code}的“{cell_text(value)[:20]}”不是数字"
                tally.defects.append(Defect("not-a-number", where, cell_text(value)[:60], message, "缺数请留空"))
            elif period.kind not in ("month", "ytd"):
                collector.leave(name, "季度数没有对应的时期")
            else:
                yield _Told(name, stated, NATION if place in _COUNTRY else place, period, text, where)


def _add(told: Iterable[_Told], collector: Collector, tally: Tally) -> None:
    """Add each figure once; where a series has two different ones of a period, neither is taken."""
    known: dict[tuple[str, str, Period], list[_Told]] = {}
    for one in told:
        same = known.setdefault((one.name, one.region, one.period), [])
        if not any(other.value == one.value for other in same):
            same.append(one)
    for figures in known.values():
        given = [one for one in figures if one.value is not None] or figures
        if len(given) > 1:
            what = "、".join(str(one.value) for one in given[:3])
            message = f"“{given[0].name[:40]}”{given[0].period.code}有几个不同的数（{what}），没有导入"
            tally.defects.append(
                Defect("duplicate-series", given[1].row, given[0].name[:60], message, "请核对后只保留正确的一个")
            )
            continue
        one = given[0]
        collector.add(
            row=one.row, name=one.name, unit=one.unit, year=one.period.year, number=one.period.last, region=one.region,
            value=one.value, whole=one.period.kind == "ytd",
        )  # fmt: skip


# ---------------------------------------------------------------------------------------------------- layouts


def _numbering(sheets: Sequence[Sheet]) -> Number:
    """The number of a figure from its sheet, or that sheet turned, and line and column in it."""
    extents = {s.number: s.extent for s in sheets}
    if all(rows < _ROWS and columns < _COLUMNS and number < _SHEETS for number, (rows, columns) in extents.items()):

        def by_place(view: Sheet, line: int, column: int) -> int:
            row, place = view.place(line, column)
            return view.number * _ROWS * _COLUMNS + row * _COLUMNS + place

        return by_place
    before, total = {}, 0
    for number, (rows, columns) in extents.items():
        before[number] = total
        total += rows * columns

    def running(view: Sheet, line: int, column: int) -> int:
        row, place = view.place(line, column)
        return before[view.number] + (row - 1) * extents[view.number][1] + place

    return running


def _read(found: Found, catalogue: Catalogue, number: Number, tally: Tally) -> list[Series]:
    """The mapped series of one sheet; those that stay out are counted into ``tally``."""
    view, layout = found.sheet, found.layout
    body = _ordered(found, number, tally)
    place = layout.place
    heads = {what: head_lines(view, at, place.period - 1) for what, at in _further_heads(layout)}
    missing = frozenset(layout.missing.texts)
    singles, single_series = 0, set()
    result = []
    for column, name in found.names:
        own = body if view.places is None else [(i, p) for i, p in body if (i, column) in view.places]
        cells = [(p, value, i) for i, p in own if (value := view.cell(i, column)) not in missing]
        tally.blank += len(own) - len(cells)
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
            where = number(view, i, column)
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
            text = less(text, mapped.base)
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
    if states["frequency"] not in _MONTHLY:
        return Left(f"频率是{states['frequency']}，不是月度")
    region = "CN" if states["region"] in _COUNTRY else states["region"]
    try:
        states["region"] = catalogue.region(region).code
        catalogue.publisher(layout.publisher)
    except UnknownName:
        return Left(f"目录中没有地区“{region}”或发布机构“{layout.publisher}”")
    return map_series(name, unit=states["unit"], layout=layout, catalogue=catalogue)


def _ordered(found: Found, number: Number, tally: Tally) -> list[tuple[int, Period]]:
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
        where = number(view, left[0], column)
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
    if period.kind == "ytd" and mapped.span == "point":
        return month(period.year, 12) if period.last == 12 else None  # a stock of the year is that of its end
    if period.kind != "month":
        return period if period.kind == "ytd" else None
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
    if sheet.places is not None:
        figures = sum(1 for line, column in sheet.places if number_text(sheet.cell(line, column)) is not None)
    else:
        cells = (c for line in sheet.lines for c in line)
        figures = sum(1 for c in cells if isinstance(c, (int, float)) and not isinstance(c, bool))
    if figures:
        what = "工作表" if sheet.places is None else "数据"
        tally.unmapped.append(Unmapped(f"{what}“{sheet.name}”", figures, "没有认出版式，或不是月度序列"))


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


def _list_strays(sheet: Sheet, tally: Tally) -> None:
    if sheet.strays:
        row, text = sheet.strays[0]
        what = f"第{row}行等{len(sheet.strays)}行" + (f"（“{text}”）" if text.strip() else "")
        tally.unmapped.append(Unmapped(what, len(sheet.strays), "没有读懂时期或名称，或同一时期的数过多"))
