"""Series workbooks (序列工作簿): Wind, iFinD, CEIdata and users' own sheets with a series a column and a period a row.

A sheet is recognised by a layout (``layouts.py``), its series are mapped by their names, its figures become raw rows.
The statistics are those of the official body that the layout names; the terminal stands in the citation. Days of
publication are not in such files: the calendar decides. A table with one figure in a row whose series are named in
columns is laid out as such a sheet first. ``series_reading`` does the rest.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from pathlib import Path, PurePath

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.sources import table
from qinggong.sources.base import Parsed, Shape, UnreadableFile
from qinggong.sources.layouts import Layout, load_layouts
from qinggong.sources.named_series import unfolded
from qinggong.sources.opening import is_long_table
from qinggong.sources.opening import open_sheets as open_sheets
from qinggong.sources.series_reading import UnknownLayout as UnknownLayout
from qinggong.sources.series_reading import is_understood, parse_sheets
from qinggong.sources.sheet import csv_sheet
from qinggong.sources.workbook_head import starts_as_long_table

PARSER_VERSION = 2
NAME = "序列工作簿（Wind、iFinD、CEIdata 导出，或已确认的版式）"
FIELDS: dict[str, str] = {
    "period": "由时期列得出：当月序列是单月，累计序列自1月起；“1-2月合并”的2月一格是1—2月；期末数是当月末",
    "subject": "序列名称中的行业，按目录、版式的别名和统一写法（及/和、顿号）对应；名称中没有行业的是规模以上工业",
    "indicator": "序列名称中的指标；版式写明某日以前接的是另一指标的，以前的改记那个指标",
    "measure": "当月值、累计值、期末数是数值；当月同比、累计同比是同比",
    "unit": "单位行；没有单位行的取版式中写明的单位",
    "region": "地区行；没有的是全国",
    "row": "表中位置：工作表序号×10⁷＋行号×10³＋列号（都是文件中的）",
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
    "一行一个数、由名称列（指标、行业、单位）指明序列的表，先排成一序列一列再读；缺名称的行计入未对应。",
    "名称上方有数的工作表是有人算过的，不认；没有认出的工作表列在未对应一栏。",
)


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
        lambda path, head: _recognises(layouts(), names, path, head),
        lambda path, content: _parse(layouts(), names, path, content),
    )  # fmt: skip


# ------------------------------------------------------------------------------------------------- parse


def _parse(layouts: Sequence[Layout], names: Callable[[], Catalogue], path: PurePath, content: bytes) -> Parsed:
    sheets = open_sheets(path, content)
    try:
        return parse_sheets(path, sheets, layouts=layouts, catalogue=names())
    except UnknownLayout:
        if any(is_long_table(sheet) for sheet in sheets):
            return table.SHAPE.parse(path, content)
        raise


# --------------------------------------------------------------------------------------------- recognises


def _recognises(layouts: Sequence[Layout], names: Callable[[], Catalogue], path: PurePath, head: bytes) -> bool:
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
    return not is_long_table(sheet) and is_understood(unfolded(sheet), layouts=layouts, catalogue=names())


SHAPE = shape_for(None)
