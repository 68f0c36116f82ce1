"""Query exports of the customs statistics (海关统计数据在线查询平台导出文件), CSV.

One line is one figure of a goods code, and where the query was broken down further of a trading partner, a mode of
trade and a province of registration. The series' subject is of kind ``trade``, scope ``gacc``, with the code
``hs.<digits>`` and the suffixes ``.p<partner code>`` and ``.m<mode code>``; the province is the series' region. A
file of any size is read by :func:`stream`; ``SHAPE.parse`` reads a small one into rows. Which version of the figures
an export holds it does not say: of itself it counts as the online query of its month, see ``customs_vintages``.
"""

from __future__ import annotations

import csv
import datetime as dt
import tempfile
from pathlib import Path, PurePath

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.periods import Period
from qinggong.sources import customs_layout as cells
from qinggong.sources.base import Parsed, RawRow, Shape, UnreadableFile
from qinggong.sources.customs_blocks import Batch, Origin, Tally
from qinggong.sources.customs_layout import TOTAL, facts
from qinggong.sources.customs_stream import COLUMNS, SCAN_BYTES, stream
from qinggong.sources.customs_vintages import VintageError, cited, dating

__all__ = [
    "BULK_BYTES",
    "COLUMNS",
    "FIELDS",
    "SCAN_BYTES",
    "SHAPE",
    "TOTAL",
    "TRAPS",
    "Batch",
    "Origin",
    "Tally",
    "VintageError",
    "calendar_day",
    "dating",
    "parse_export",
    "stream",
]

PARSER_VERSION = 1
BULK_BYTES = 6 << 20
"""From this size on (about 50 000 lines) a file is taken in by :func:`stream`."""

FIELDS: dict[str, str] = {
    "数据年月": "统计时期，YYYYMM 为一个月；查询时汇总的时段只收自 1 月起的累计",
    "商品编码": "HS 编码 2、4、6、8 位，保留开头的零；序列对象为 hs.<编码>，没有这一栏时为 hs.total",
    "商品名称": "只用来给编码起名，不作识别",
    "贸易伙伴编码": "三位数字，序列对象加后缀 .p<编码>；没有这一栏为全部贸易伙伴",
    "贸易方式编码": "两位数字，序列对象加后缀 .m<编码>；没有这一栏为全部贸易方式",
    "注册地编码": "收发货人注册地，前两位是省级代码，作序列的地区；没有这一栏为全国",
    "第一数量、第一计量单位": "法定数量，指标为出口数量或进口数量，单位照文件；零和空白都是“不适用”，不入库",
    "第二数量、第二计量单位": "同上；两个数量单位不同的都收；与第一计量单位同类（如都是重量）的不收",
    "人民币或美元": "金额，单位元或美元；指标为出口额或进口额，序列以亿元、亿美元保存，原数照存",
}
TRAPS: tuple[str, ...] = (
    "文件是 GB18030 编码，每行末尾多一个逗号，金额带千分位逗号并加引号。",
    "栏目随查询时选的分组而变，一个文件只有一种币种。",
    "文件里不写是出口还是进口，文件名中必须有“出口”或“进口”。",
    "用电子表格另存过的文件会丢掉编码开头的零，位数为奇数的编码补回一个零。",
    "第一数量为零多半是“不适用”，不是真的零。",
    "同一个月先有快讯（次月7—14日），再有月刊（18日）和在线查询（20日），以后还会订正，年鉴（次年9月30日）出版后不再改。",
    "导出文件不写是哪一种，按在线查询的发布日（次月20日，1—2月在3月）计；以后再查询的，导入时应写明查询的日期。",
    "同一日发布的两个不同数字是互相矛盾，后来的不入库；写明较晚的版本或查询日期的，作为订正入库，旧数照留。",
    "一个文件里混有两种文字编码（如表头 GB18030、数据 UTF-8）的，整个文件不收，并指出行号。",
    "海关出口额与企业填报的出口交货值范围不同，不能接成一个序列。",
    "有一栏不认识就不读整个文件：那一栏可能是又一种分组，不同的数字会混成一个序列。",
)


def _recognises(path: PurePath, head: bytes) -> bool:
    if path.suffix.lower() not in (".csv", ".txt", "") or head[:4] == b"PK\x03\x04":
        return False
    line = head.split(b"\n", 1)[0]
    if len(line) > 4096:
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return cells.header_fields(line.decode(encoding).rstrip("\r")) is not None
        except UnicodeDecodeError:
            continue
    return False


def parse_export(
    path: PurePath,
    content: bytes,
    *,
    vintage: str = "",
    received: dt.datetime | None = None,
    catalogue: Catalogue | None = None,
) -> Parsed:
    """A small export as rows.

    Parameters
    ----------
    vintage
        What the user says of its version.
    received
        When the file came; now, if not given.

    Raises
    ------
    UnreadableFile
        If the file as a whole has another shape.
    VintageError
        If the vintage is none.
    """
    tally, rows, said = Tally(), list[RawRow](), dating(vintage)
    used = catalogue or load_catalogue()
    publisher = used.publisher(facts().publisher).name
    day = "" if said.day is None else said.day.isoformat()
    wanted = "row, period, region, subject, indicator, printed, printed_unit, citation"
    origin = Origin(path.name, "", received or dt.datetime.now(dt.UTC), vintage=vintage)
    try:
        with tempfile.TemporaryDirectory(prefix="qinggong-customs-") as folder:
            file = Path(folder) / "content.csv"
            file.write_bytes(content)
            for batch in stream(file, origin=origin, tally=tally, threads=1, catalogue=used):
                found = batch.relation.project(wanted).fetchall()
                # Each line's figures together, the value first: as a reader of the file meets them.
                rows += [_row(figure, publisher, day) for figure in sorted(found, key=lambda f: f[0])]
    except csv.Error as error:
        raise UnreadableFile(f"表头不是完整的 CSV（{error}）") from error
    return Parsed(tuple(rows), tuple(tally.defects), tally.unmapped, tally.recognised, tally.blank)


def calendar_day(citation: str, period: Period, known_at: dt.datetime, catalogue: Catalogue) -> dt.date | None:
    """The day of publication of a figure without a stated one, by the vintage that its citation names."""
    found = cited(citation)
    return None if found is None else found.published(period, known_at, catalogue)


def _parse(path: PurePath, content: bytes) -> Parsed:
    return parse_export(path, content)


def _row(figure: tuple[int, str, str, str, str, str, str, str], publisher: str, day: str) -> RawRow:
    row, period, region, subject, indicator, printed, unit, title = figure
    return RawRow(
        row=row, period=period, region=region, subject=f"trade:{subject}@{facts().scope}", indicator=indicator,
        measure="level", value=printed, unit=unit, title=title, published=day, publisher=publisher, url="",
    )  # fmt: skip


SHAPE = Shape("customs", "海关在线查询导出（CSV）", PARSER_VERSION, _recognises, _parse)
