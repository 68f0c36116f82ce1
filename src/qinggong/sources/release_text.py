"""Release text (发布文字): the prose and the tables of an official release, as HTML, DOCX, PDF or plain text.

Source: releases of the National Bureau of Statistics, the ministries, customs, the federation and the associations, and
reprints that keep their wording. Shape: any document with Chinese prose that names an indicator of the catalogue; the
reading itself is in ``qinggong.reading``. Only figures that are bound to subject, indicator, period and unit become
rows; changes of growth rates and counts of industries are understood but are no observations of a series, and numbers
that cannot be bound are listed with the reason, once a sentence.
"""

from __future__ import annotations

import functools
import re
import zipfile
import zlib
from collections import Counter
from dataclasses import replace
from pathlib import PurePath

from qinggong.catalogue import Catalogue, UnknownName, load_catalogue
from qinggong.reading import Document, DocumentError, Reading, read_blocks, read_document
from qinggong.reading.figures import PLACE
from qinggong.reading.formats import decode
from qinggong.reading.numbers import fold, squeeze
from qinggong.reading.tables import missing_cells
from qinggong.sources.base import Parsed, RawRow, Shape, Unmapped, UnreadableFile

PARSER_VERSION = 2

FIELDS: dict[str, str] = {
    "正文": "逐句提取：统计对象、指标、时期、数值或同比（升降取自动词），并记下数字在文中的位置",
    "表格": "逐格提取：时期和单位取自表题、表头或“单位：”一行，列头分绝对量与同比、本月与累计",
    "标题": "第一个标题；其中的年份用于文中没有写年份的月份",
    "发布机构": "“来源：”“发布机构：”之后的名称，或单独成行的署名；没有写明则为空，须在导入时另行指定",
    "发布日期": "“发布时间：”之后或标题附近单独成行的日期；没有写明则按发布日程",
    "行号": "文中第几个数字（按出现的次序，从1起）",
}
TRAPS: tuple[str, ...] = (
    "一句话里有一个词不在目录和用语表里，这句话的数字就不入库，只列出原因",
    "“比1—7月份加快0.3个百分点”是增速的变化，不是增速，不入库",
    "“两年平均增长”“年均增长”不是同比，不入库；目标、预计和“近、约、超、左右”等约数不入库",
    "占比、差距（高于、低于）、拉动和贡献率不入库，因为句中没有写明是哪个指标的序列",
    "“增长1.05倍”即同比105%；“为上年同期的1.05倍”不是",
    "“其中”之后没有写明统计对象的数字不入库；并列几个对象而没有“分别”的也不入库",
    "“下降”的数字带负号；“由盈转亏”“扭亏为盈”没有增速数字，列出不入库",
    "转载页面上的日期可能是转载日期，导入前请核对发布日期",
    "PDF 只读文字层，扫描件没有文字",
)
_ENDINGS = (".html", ".htm", ".docx", ".txt", ".md", ".pdf")
_PROSE = re.compile(r"[\u4e00-\u9fff][^。\n<>|]{10,400}。")
_CUSTOMS_TABLE = re.compile(
    r"(?:主要商品|国别|收发货人|贸易方式|类章|企业性质).{0,12}(?:量值|总值)表|进出口.{0,12}(?:量值|总值)表"
)
_TAG = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^<>]{0,2000}>", re.IGNORECASE | re.DOTALL)
_LONG_TABLE = re.compile(r"^[^\n]*(?:时期|period)[^\n]*[,\t;][^\n]*(?:数值|value)", re.IGNORECASE | re.MULTILINE)
_SHORTEST_INDICATOR = 3
_SHOWN = 40


def _recognises(path: PurePath, head: bytes, catalogue: Catalogue) -> bool:
    suffix = path.suffix.lower()
    if suffix not in _ENDINGS:
        return False
    if suffix == ".pdf":
        return head[:1024].lstrip().startswith(b"%PDF-")
    if suffix == ".docx":
        return _is_release_docx(head, catalogue)
    if head.startswith((b"PK\x03\x04", b"%PDF-")):
        return False
    try:
        # The first bytes may end inside a character; the last line break is a safe place to cut.
        text = decode(head.rsplit(b"\n", 1)[0] if len(head) >= 65536 and b"\n" in head else head)
    except DocumentError:
        return False
    if suffix in (".html", ".htm"):
        text = _TAG.sub("\n" if "<table" in text.lower() else "", text)
    elif _LONG_TABLE.search(text[:4000]):
        return False
    return _CUSTOMS_TABLE.search(text) is None and _is_release(text, catalogue)


def _is_release(text: str, catalogue: Catalogue) -> bool:
    """True for Chinese prose that names an indicator of the catalogue."""
    prose = "".join(found[0] for found in _PROSE.finditer(squeeze(fold(text))[0]))
    return any(name in prose for name in _indicator_names(catalogue))


@functools.lru_cache(maxsize=8)
def _indicator_names(catalogue: Catalogue) -> list[str]:
    names = [n for i in catalogue.indicators.values() for n in (i.name, *i.aliases)]
    return [*(n for n in names if len(n) >= _SHORTEST_INDICATOR and "增长" not in n), "产量"]


def _is_release_docx(head: bytes, catalogue: Catalogue) -> bool:
    """True for a Word file; where its text stands in the first bytes, only if that is a release."""
    if not head.startswith(b"PK\x03\x04"):
        return False
    at = head.find(b"word/document.xml")
    if at < 30 or at + 17 >= len(head) or head[at - 30 : at - 26] != b"PK\x03\x04":
        return b"word/" in head or b"[Content_Types].xml" in head
    packed = at + 17 + int.from_bytes(head[at - 2 : at], "little")
    method = int.from_bytes(head[at - 22 : at - 20], "little")
    try:
        data = head[packed:] if method == zipfile.ZIP_STORED else _inflated(head[packed:])
    except zlib.error:
        return False
    return _is_release(_TAG.sub("", data.decode("utf-8", "ignore").replace("</w:p>", "\n")), catalogue)


def _inflated(packed: bytes) -> bytes:
    return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, 2_000_000)


def parse_release(path: PurePath, content: bytes, *, publisher: str = "", catalogue: Catalogue | None = None) -> Parsed:
    """The rows of a release; ``publisher`` (name or code) is used where the document does not name one.

    It belongs here and not behind the parser: which 轻工业 is meant depends on whose release it is. Names are those of
    ``catalogue``, by default the bundled one.

    Raises
    ------
    UnreadableFile
        With a Chinese sentence, if the document cannot be read as a whole.
    """
    catalogue = catalogue or load_catalogue()
    try:
        document = read_document(path, content, catalogue=catalogue)
    except DocumentError as error:
        raise UnreadableFile(str(error)) from error
    document = replace(document, publisher=document.publisher or publisher)
    found = read_blocks(
        document.blocks, catalogue=catalogue, publisher=document.publisher, published=document.published
    )
    found.sort(key=PLACE)
    day = document.published.isoformat() if document.published else ""
    rows: list[RawRow] = []
    left: Counter[tuple[str, str]] = Counter()
    for number, reading in enumerate(found, start=1):
        if reading.kind == "observation":
            row, why = _row(number, reading, document, day, catalogue)
            if row is not None:
                rows.append(row)
            else:
                left[_shown(reading), why] += 1
        elif reading.kind == "unbound":
            left[_shown(reading), reading.why] += 1
    kinds = Counter(reading.kind for reading in found)
    told = f"发布文字：{document.title or '没有标题'}，{len(rows)}个数字可入库"
    told += f"，增速变化{kinds['change']}个，计数{kinds['count']}个，未能认定{sum(left.values())}个"
    if not document.publisher:
        told += "；文中没有写明发布机构"
    blank = sum(missing_cells(block) for block in document.blocks if block.kind == "table")
    unmapped = tuple(Unmapped(series, figures, why) for (series, why), figures in left.items())
    return Parsed(tuple(rows), unmapped=unmapped, recognised=told, blank_rows=blank)


def _row(
    number: int, reading: Reading, document: Document, day: str, catalogue: Catalogue
) -> tuple[RawRow | None, str]:
    """The row of an observation, or why the store does not take it."""
    if reading.measure not in ("level", "yoy"):
        return None, "环比不入库"
    if "/" in reading.period and reading.period[5:8] != "01/":
        return None, "不是单月，也不是自1月起的累计"
    name, indicator = _names(reading.subject, reading.indicator, catalogue)
    if not name:
        return None, f"名称“{catalogue.known_subjects[reading.subject].name}”在目录中另有所指"
    row = RawRow(
        row=number, period=reading.period, region="CN", subject=name, indicator=indicator, measure=reading.measure,
        value=str(reading.value), unit=reading.unit, title=document.title, published=day,
        publisher=document.publisher, url=document.url,
    )  # fmt: skip
    return row, ""


@functools.lru_cache(maxsize=4096)
def _names(key: str, indicator: str, catalogue: Catalogue) -> tuple[str, str]:
    """The names of a subject and an indicator; empty if the catalogue reads the subject's name as another one."""
    name = catalogue.known_subjects[key].name
    try:
        same = catalogue.subject(name, indicator=indicator).key == key
    except UnknownName:
        same = False
    return (name if same else "", catalogue.indicators[indicator].name)


def _shown(reading: Reading) -> str:
    sentence = reading.sentence.strip()
    return sentence if len(sentence) <= _SHOWN else f"{sentence[:_SHOWN]}…"


def shape_for(catalogue: Catalogue | None = None) -> Shape:
    """The shape, with the names of a workspace's catalogue instead of the bundled one."""

    def recognises(path: PurePath, head: bytes) -> bool:
        return _recognises(path, head, catalogue or load_catalogue())

    def parse(path: PurePath, content: bytes) -> Parsed:
        return parse_release(path, content, catalogue=catalogue)

    return Shape("release_text", "发布文字（HTML/DOCX/PDF/文本）", PARSER_VERSION, recognises, parse)


SHAPE = shape_for()
