"""Long tables (一行一个数字): CSV, TSV or XLSX with one figure in a row, and the form that ``qinggong status`` writes.

Columns are found by their heads, Chinese or English, in any order; further columns are left alone. An empty
value is a figure not yet known, and the row is skipped without a finding: that is how a form comes back half filled.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import PurePath

from qinggong.sources.base import Defect, Parsed, RawRow, Shape, UnreadableFile

PARSER_VERSION = 1

FIELD_HEADS: dict[str, tuple[str, ...]] = {
    "period": ("时期", "期间", "统计时期", "period"),
    "region": ("地区", "geo", "region"),
    "subject": ("行业或商品", "行业", "对象", "industry", "subject"),
    "indicator": ("指标", "indicator"),
    "measure": ("度量", "类型", "measure"),
    "value": ("数值", "本期值", "value"),
    "unit": ("单位", "unit"),
    "title": ("发布标题", "来源标题", "release_title", "title"),
    "published": ("发布日期", "release_date", "published_at"),
    "publisher": ("发布机构", "publisher"),
    "url": ("页面地址", "来源地址", "read_at", "url"),
    "status": ("状态", "status"),
}
REQUIRED = ("period", "subject", "indicator", "measure", "value", "unit", "publisher")
_MISSING = {"", "-", "—", "——", "...", "……", "…", "－"}
_MAX_CELLS = 20_000_000


def _fields(header: Sequence[str]) -> dict[str, int]:
    """Column number of each field that the header names."""
    heads = [h.strip().lstrip("\ufeff").lower() for h in header]
    found: dict[str, int] = {}
    for field, names in FIELD_HEADS.items():
        for name in names:
            if name in heads:
                found[field] = heads.index(name)
                break
    return found


def _is_header(cells: Sequence[str]) -> bool:
    return set(REQUIRED) <= set(_fields(cells))


def _decode(content: bytes) -> str:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("文字编码既不是 UTF-8 也不是 GB18030")


def _csv_lines(content: bytes) -> list[list[str]]:
    text = _decode(content)
    if "\x00" in text:
        raise UnreadableFile("文件中有空字节，可能已损坏")
    first = text.split("\n", 1)[0]
    delimiter = "\t" if first.count("\t") > first.count(",") else ","
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableFile(f"不是完整的 CSV 文件（{error}）") from error


def _xlsx_lines(content: bytes) -> list[list[str]]:
    from python_calamine import CalamineError, CalamineWorkbook  # only workbooks need it

    try:
        workbook = CalamineWorkbook.from_filelike(io.BytesIO(content))
        for name in workbook.sheet_names:
            lines = [
                [_cell(c) for c in line] for line in workbook.get_sheet_by_name(name).to_python(skip_empty_area=False)
            ]
            if sum(map(len, lines)) > _MAX_CELLS:
                raise UnreadableFile(f"工作表“{name}”超过{_MAX_CELLS}个单元格")
            if any(_is_header(line) for line in lines[:20]):
                return lines
    except (CalamineError, OSError, ValueError) as error:
        raise UnreadableFile(f"不是可读的 Excel 工作簿（{error}）") from error
    raise UnreadableFile("工作簿中没有含“时期、行业、指标、度量、数值、单位、发布机构”各列的工作表")


def _cell(value: object) -> str:
    """A cell as the text its reader sees: 12 rather than 12.0, dates as 2024-09-14."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    if isinstance(value, bool):
        return "是" if value else "否"
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    return str(value).strip()


def _parse(path: PurePath, content: bytes) -> Parsed:
    lines = _xlsx_lines(content) if _is_zip(content) else _csv_lines(content)
    start = next((i for i, line in enumerate(lines[:20]) if _is_header(line)), None)
    if start is None:
        raise UnreadableFile("前20行里没有找到含“时期、行业、指标、度量、数值、单位、发布机构”的表头")
    columns = _fields(lines[start])
    rows, defects, blank = [], [], 0
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) <= max(columns[f] for f in REQUIRED):
            defects.append(_short_line(number, line))
            continue
        cells = {f: line[i].strip() if i < len(line) else "" for f, i in columns.items()}
        if cells["value"] in _MISSING and not cells.get("status"):
            blank += 1
            continue
        rows.append(_raw_row(number, cells))
    return Parsed(tuple(rows), tuple(defects), blank)


def _raw_row(number: int, cells: dict[str, str]) -> RawRow:
    given = {f: cells.get(f, "") for f in FIELD_HEADS}
    return RawRow(row=number, **given)


def _short_line(number: int, line: Iterable[str]) -> Defect:
    return Defect("short-row", number, "，".join(line)[:60], "这一行的列数少于表头", "请补齐各列后重新导入")


def _is_zip(content: bytes) -> bool:
    return content[:4] == b"PK\x03\x04"


def _recognises(path: PurePath, head: bytes) -> bool:
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", ".txt"):
        try:
            first = _decode(head.rsplit(b"\n", 1)[0] if b"\n" in head else head)
        except UnreadableFile:
            return suffix == ".csv"
        return any(_is_header(line) for line in csv.reader(io.StringIO(first))) or suffix == ".csv"
    return suffix in (".xlsx", ".xlsm") or (_is_zip(head) and suffix == "")


SHAPE = Shape("table", "长表（CSV/XLSX，一行一个数字）", PARSER_VERSION, _recognises, _parse)
