"""Tables downloaded by hand from the national data site (国家数据 data.stats.gov.cn), CSV or XLSX.

Title lines (``数据库：月度数据``, ``时间：最近13个月``, ``地区：…``, ``指标：…``), a header ``指标,2024年8月,2024年7月,…`` with the newest
month first, a line a series with its unit in brackets, footnotes (``注：…``, ``数据来源：国家统计局``). Of one indicator
across provinces the header begins with ``地区`` and a title line names the indicator. GBK or UTF-8.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
import zlib
from collections.abc import Sequence
from pathlib import PurePath

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.nbs_codes import load_nbs_codes
from qinggong.sources.base import Defect, Parsed, Shape, UnreadableFile
from qinggong.sources.nbs_series import NATION, Collector
from qinggong.sources.workbook import workbook_lines

PARSER_VERSION = 1
MAX_BYTES = 5_000_000

FIELDS: dict[str, str] = {
    "数据库：": "标题行，月度数据或分省月度数据",
    "时间：": "标题行，所选的时间范围",
    "地区：": "标题行，其下各行的地区；没有这一行为全国",
    "指标：": "标题行，各行是地区时所查的指标",
    "指标,2024年8月,…": "表头，各列是月份，最新的在前",
    "规模以上工业增加值_同比增长(%)": "每行一个指标，括号里是单位",
    "注：、数据来源：": "脚注，不是数据",
}
TRAPS: tuple[str, ...] = (
    "1月、2月的单月格子是空的，1—2月的数在累计指标的2月一列。",
    "空格子是缺数，不是零。",
    "累计指标某月一列的数是1月至该月的数，“本月末”是该月末的数。",
    "XLSX 里的数字不带末位的零，4.0 存作 4，CSV 则保留；同一张表最好下载 CSV。",
    "年度、季度数据的下载表列的不是月份，不收。",
    "工作簿太大时前64KB里可能看不到标题，识别不出，请下载 CSV。",
)

_HEAD_LINES = 20
_TITLE = "数据库："
_WORKBOOK_TITLE = re.compile(f"{_TITLE}[^<]{{0,8}}(?:月度|季度|年度)".encode())
_SOURCE = re.compile(r"数据来源[:：]\s*国家统计局")
_COLUMN = re.compile(r"(\d{4})年(\d{1,2})月份?|(\d{4})-(\d{2})-01")
_OTHER_COLUMN = re.compile(r"\d{4}年(?:第?[一二三四1-4]季度)?")
_NOTE = re.compile(r"注[:：]|数据来源|来源[:：]")
_MISSING = re.compile(r"[-‐-―−─－.…·/]*|null|nan|--", re.IGNORECASE)
_FIRSTS = ("指标", "地区")
_ZIP = b"PK\x03\x04"
_SEEN_BYTES = 2_000_000


def read_download(path: PurePath, content: bytes, *, catalogue: Catalogue | None = None) -> Parsed:
    """Read a downloaded table; without a catalogue the bundled one holds.

    Raises
    ------
    UnreadableFile
        If it is no such table, or one of years or quarters.
    """
    if len(content) > MAX_BYTES:
        raise UnreadableFile(f"超过{MAX_BYTES // 1_000_000}MB，不像网站下载的一张表")
    lines = _workbook(content) if content.startswith(_ZIP) else _csv(content)
    start = next((i for i, line in enumerate(lines[:_HEAD_LINES]) if _is_header(line)), None)
    if start is None:
        if any(_is_header(line, column=_OTHER_COLUMN) for line in lines[:_HEAD_LINES]):
            raise UnreadableFile("这是年度或季度数据，请在网站上改选“月度数据”下载")
        raise UnreadableFile("没有找到“指标,2024年8月,…”这样的表头，不是国家数据网站的下载表")
    if not _is_ours(lines):
        raise UnreadableFile("没有“数据库：”标题行或“数据来源：国家统计局”脚注，不能断定是国家数据网站的下载表")
    return _table(lines, start, Collector(load_nbs_codes(), catalogue or load_catalogue()))


def _table(lines: Sequence[Sequence[str]], start: int, collector: Collector) -> Parsed:
    titles = [line[0].strip() for line in lines[:start] if line]
    by_region = lines[start][0].strip() == "地区"
    region, indicator = _stated(titles, "地区") or NATION, _stated(titles, "指标")
    if by_region and not indicator:
        raise UnreadableFile("各行是地区，却没有“指标：”标题行，不知道是什么指标")
    columns = [(i, month) for i, cell in enumerate(lines[start]) if (month := _month(cell)) is not None]
    for row, line in enumerate(lines[start + 1 :], start=start + 2):
        first = line[0].strip() if line else ""
        if not first or _NOTE.match(first) or _is_header(line):
            continue
        if stated := _stated([first], "地区"):
            region = stated
            continue
        if not any(cell.strip() for cell in line[1:]) and len(line) <= 1:
            continue  # a further title or footnote line
        if len(line) <= columns[-1][0]:
            collector.defects.append(
                Defect("short-row", row, "，".join(line)[:60], "这一行的列数少于表头", "请重新下载这张表")
            )
            continue
        name, place = (indicator, first) if by_region else (first, region)
        for column, (year, number) in columns:
            cell = line[column].strip()
            collector.add(
                row=row, name=name, unit="", year=year, number=number, region=place,
                value=None if _MISSING.fullmatch(cell) else cell,
            )  # fmt: skip
    return collector.parsed("国家数据网站下载表")


def _stated(titles: Sequence[str], what: str) -> str:
    for title in titles:
        if found := re.match(rf"{what}[:：]\s*(.+)", title):
            return found[1].strip()
    return ""


def _month(cell: str) -> tuple[int, int] | None:
    found = _COLUMN.fullmatch(cell.strip())
    if found is None:
        return None
    year, number = (int(g) for g in found.groups() if g is not None)
    return (year, number) if 1 <= number <= 12 and 1900 <= year <= 2200 else None


def _is_header(line: Sequence[str], *, column: re.Pattern[str] = _COLUMN) -> bool:
    if len(line) < 2 or line[0].strip().lstrip("\ufeff") not in _FIRSTS:
        return False
    cells = [cell.strip() for cell in line[1:] if cell.strip()]
    if column is _COLUMN:
        return bool(cells) and all(_month(cell) is not None for cell in cells)
    return bool(cells) and all(column.fullmatch(cell) for cell in cells)


def _is_ours(lines: Sequence[Sequence[str]]) -> bool:
    heads = [line[0].strip().lstrip("\ufeff") for line in lines[:_HEAD_LINES] if line]
    tails = [line[0].strip() for line in lines[-_HEAD_LINES:] if line]
    return any(h.startswith(_TITLE) for h in heads) or any(_SOURCE.match(t) for t in tails)


# ------------------------------------------------------------------------------------------------- both formats


def _csv(content: bytes) -> list[list[str]]:
    text = _decode(content)
    if "\x00" in text:
        raise UnreadableFile("文件中有空字节，可能已损坏")
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except csv.Error as error:
        raise UnreadableFile(f"不是完整的 CSV 文件（{error}）") from error


def _decode(content: bytes) -> str:
    encodings = ("utf-8-sig",) if content.startswith(codecs.BOM_UTF8) else ("utf-8", "gb18030")
    for encoding in encodings:
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableFile("文字编码既不是 UTF-8 也不是 GBK")


def _delimiter(text: str) -> str:
    header = next((line for line in text.splitlines()[:_HEAD_LINES] if line.lstrip('"\ufeff').startswith(_FIRSTS)), "")
    return "\t" if "\t" in header else ","


def _workbook(content: bytes) -> list[list[str]]:
    seen: list[bool] = []

    def wanted(line: Sequence[str]) -> bool:
        found = _is_header(line) or _is_header(line, column=_OTHER_COLUMN)
        seen.append(found)
        return found

    try:
        return workbook_lines(content, wanted=wanted, head=_HEAD_LINES)
    except UnreadableFile as error:
        if seen and not any(seen):
            raise UnreadableFile("工作簿中没有“指标,2024年8月,…”这样的表头，不是国家数据网站的下载表") from error
        raise


def _recognises(path: PurePath, head: bytes) -> bool:
    if head.startswith(_ZIP):
        return _workbook_head(head)
    if path.suffix.lower() not in (".csv", ".txt", ".tsv", ""):
        return False
    try:
        # The first bytes may end inside a character; the last line break is a safe place to cut.
        text = _decode(head.rsplit(b"\n", 1)[0] if b"\n" in head else head)
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text)))
    except (UnreadableFile, csv.Error):
        return False
    named = any(_is_header(li) or _is_header(li, column=_OTHER_COLUMN) for li in lines[:_HEAD_LINES])
    return named and _is_ours(lines)


def _workbook_head(head: bytes) -> bool:
    """Look for the title in the parts of a workbook that the first bytes hold, unpacking little."""
    at, seen = 0, 0
    while head[at : at + 4] == _ZIP and len(head) >= at + 30 and seen < _SEEN_BYTES:
        method = int.from_bytes(head[at + 8 : at + 10], "little")
        packed = int.from_bytes(head[at + 18 : at + 22], "little")
        start = at + 30 + sum(int.from_bytes(head[at + i : at + i + 2], "little") for i in (26, 28))
        if method == 8:
            unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
            try:
                part = unpacker.decompress(head[start:], _SEEN_BYTES)
            except zlib.error:
                return False
            if not unpacker.eof:
                return _WORKBOOK_TITLE.search(part) is not None
            at = len(head) - len(unpacker.unused_data)
        else:
            part = head[start : start + packed]
            at = start + packed
        seen += len(part)
        if _WORKBOOK_TITLE.search(part):
            return True
        if head[at : at + 4] == b"PK\x07\x08":
            at += 16
    return False


def shape_for(catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the catalogue of a workspace instead of the bundled one."""

    def parse(path: PurePath, content: bytes) -> Parsed:
        return read_download(path, content, catalogue=catalogue)

    return Shape("nbs-download", "国家数据网站下载表（CSV/XLSX）", PARSER_VERSION, _recognises, parse)


SHAPE = shape_for()
