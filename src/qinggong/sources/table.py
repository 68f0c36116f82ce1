"""Long tables (一行一个数字): CSV, TSV, XLSX or Parquet with one figure in a row, and the form of ``qinggong status``.

Columns are found by their heads, Chinese or English, in any order; further columns are left alone. An empty
value is a figure not yet known, and the row is skipped without a finding: that is how a form comes back half filled.
"""

from __future__ import annotations

import calendar
import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from pathlib import PurePath

from qinggong.sources.base import Defect, Parsed, RawRow, Shape, UnreadableFile
from qinggong.sources.parquet import is_parquet, parquet_lines
from qinggong.sources.sheet import period_of
from qinggong.sources.workbook import workbook_lines

PARSER_VERSION = 2

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
FIELDS: dict[str, str] = {
    "时期": "2024-08、2024年1—8月、2024-01/2024-08 等官方写法",
    "地区": "省级名称或代码；留空为全国",
    "行业或商品": "目录中的名称，口径写在括号内",
    "指标": "目录中的指标名称",
    "度量": "level（数值）或 yoy（同比）",
    "数值": "数字；留空为尚无数字",
    "单位": "亿元、万台、% 等，可与库中单位换算",
    "发布标题": "引用时写出的标题",
    "发布日期": "公布日期；留空按发布日程推定最晚日期",
    "发布机构": "公布数字的机构",
    "页面地址": "读到数字的页面",
    "状态": "留空为公布；withdrawn 为撤回",
}
TRAPS: tuple[str, ...] = (
    "各列按表头识别，顺序不限，多余的列不读；表头须在前20行内。",
    "“-”“—”“…”和空格都是没有数字，不是0。",
    "编码为 UTF-8 或 GB18030；分隔符为逗号、制表符或分号。",
    "公式不计算，只读单元格里存着的值。",
    "Parquet 按内容认，不看扩展名；列名即表头，行号与同一张表的 CSV 相同（第一条记录是第2行）。",
    "Parquet 的小数（DECIMAL）保留原有位数，NaN 与空值都是没有数字；时期一栏是日期的，取其月份。",
)
REQUIRED = ("period", "subject", "indicator", "measure", "value", "unit", "publisher")
_MISSING = re.compile(r"[-‐-―−─－.…·]*")
_HEAD_LINES = 20
_WORKBOOKS = (".xlsx", ".xlsm")
_DELIMITERS = (",", "\t", ";")
_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})")


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
    marked = content.startswith(codecs.BOM_UTF8)
    for encoding in ("utf-8-sig",) if marked else ("utf-8", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("文件中有不合 UTF-8 编码的字节" if marked else "文字编码既不是 UTF-8 也不是 GB18030")


def _csv_lines(content: bytes) -> list[list[str]]:
    text = _decode(content)
    if "\x00" in text:
        raise UnreadableFile("文件中有空字节，可能已损坏")
    try:
        return list(_reader(text, _delimiter(text) or ","))
    except csv.Error as error:
        raise UnreadableFile(f"不是完整的 CSV 文件（{error}）") from error


def _reader(text: str, delimiter: str) -> Iterator[list[str]]:
    return csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)


def _delimiter(text: str) -> str | None:
    """The delimiter by which one of the first lines is a header, if one is."""
    for delimiter in _DELIMITERS:
        try:
            if any(_is_header(line) for line in islice(_reader(text, delimiter), _HEAD_LINES)):
                return delimiter
        except csv.Error:
            continue
    return None


def _parse(path: PurePath, content: bytes) -> Parsed:
    typed = _is_zip(content) or is_parquet(content)
    lines = _lines(path, content)
    start = next((i for i, line in enumerate(lines[:_HEAD_LINES]) if _is_header(line)), None)
    if start is None:
        raise UnreadableFile(_without_header(lines))
    columns = _fields(lines[start])
    rows, defects, blank = [], [], 0
    for number, line in enumerate(lines[start + 1 :], start=start + 2):
        if not any(cell.strip() for cell in line):
            continue
        if len(line) <= max(columns[f] for f in REQUIRED):
            defects.append(_short_line(number, line))
            continue
        cells = {f: line[i].strip() if i < len(line) else "" for f, i in columns.items()}
        if typed:
            cells["period"] = _month(cells["period"])
        if _MISSING.fullmatch(cells["value"]) and not cells.get("status"):
            blank += 1
            continue
        rows.append(_raw_row(number, cells))
    return Parsed(tuple(rows), tuple(defects), blank_rows=blank)


def _lines(path: PurePath, content: bytes) -> list[list[str]]:
    if is_parquet(content):
        lines = parquet_lines(content, wanted=lambda names: sorted(set(_fields(names).values())))
        if not lines or not _is_header(lines[0]):
            raise UnreadableFile("Parquet 文件中没有名为“时期、行业、指标、度量、数值、单位、发布机构”的各列")
        return lines
    if _is_zip(content):
        return workbook_lines(content, wanted=_is_header, head=_HEAD_LINES)
    if path.suffix.lower() in _WORKBOOKS:
        raise UnreadableFile(f"扩展名是 {path.suffix}，内容却不是 Excel 工作簿")
    return _csv_lines(content)


def _without_header(lines: Sequence[Sequence[str]]) -> str:
    """Why a table without the header is none: it may be one of another form, or hold no figures of periods at all."""
    why = f"前{_HEAD_LINES}行里没有找到含“时期、行业、指标、度量、数值、单位、发布机构”的表头"
    filled = [cell.strip() for line in lines[: 2 * _HEAD_LINES] for cell in line if cell.strip()]
    dated = any(period_of(cell) for cell in filled if len(cell) > 4 or not cell.isdigit())
    return why if dated or not filled else f"{why}，也没有时期，像是名录、权重或属性表，不是观测数据"


def _month(period: str) -> str:
    """A month typed into a cell of dates becomes its first day, in tables of programs its last one."""
    day = _DAY.fullmatch(period)
    if day is None:
        return period
    year, month, number = (int(part) for part in day.groups())
    ends = 1 <= month <= 12 and year > 0 and number in (1, calendar.monthrange(year, month)[1])
    return f"{day[1]}-{day[2]}" if ends else period


def _raw_row(number: int, cells: dict[str, str]) -> RawRow:
    given = {f: cells.get(f, "") for f in FIELD_HEADS}
    return RawRow(row=number, **given)


def _short_line(number: int, line: Iterable[str]) -> Defect:
    return Defect("short-row", number, "，".join(line)[:60], "这一行的列数少于表头", "请补齐各列后重新导入")


def _is_zip(content: bytes) -> bool:
    return content[:4] == b"PK\x03\x04"


def _recognises(path: PurePath, head: bytes) -> bool:
    if is_parquet(head):
        return True
    suffix = path.suffix.lower()
    if suffix in (".csv", ".tsv", *_WORKBOOKS):
        return True
    if suffix == ".txt":
        try:
            # The first bytes may end inside a character; the last line break is a safe place to cut.
            return _delimiter(_decode(head.rsplit(b"\n", 1)[0] if b"\n" in head else head)) is not None
        except UnreadableFile:
            return False
    return _is_zip(head) and suffix == ""


SHAPE = Shape("table", "长表（CSV/XLSX/Parquet，一行一个数字）", PARSER_VERSION, _recognises, _parse)
