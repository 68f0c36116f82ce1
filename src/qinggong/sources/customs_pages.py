"""Release pages of the customs (海关总署统计快讯、月报): trade by country and by goods, HTML or XLS.

The table by country (国别（地区）总值表): countries that ``sources/customs.yaml`` gives a code come in as
``hs.total.p<code>``, the total as ``hs.total``; groups of countries and the sum of exports and imports are listed and
left out. The table of goods (出口、进口主要商品量值表, 重点商品量值表): goods that the dated concordance
``catalogue/data/concordance/gacc_commodities.yaml`` names come in under the catalogue's name, with quantity, value and
growth; others are listed. An English page is HTML and says its date; a Chinese one carries its table as an XLS file
without one, which is dated by the calendar of its vintage (快讯 or 月报, as its title says), or by the day that the
user states. The index page of a year has no figures; what it offers is read by :func:`read_index`.

The table by country is tested on recorded pages. Of the table of goods no recording lies with the project: it is read
by the layout that is publicly described (columns, units, the page that leaves its units out), and tested on pages of
our own in that layout; likewise the XLS files.
"""

from __future__ import annotations

import re
from pathlib import PurePath

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.sources.base import Parsed, Shape, UnreadableFile
from qinggong.sources.customs_html import Listed, read_index, read_page
from qinggong.sources.customs_tables import read_tables, title_period
from qinggong.sources.customs_vintages import dating
from qinggong.sources.customs_xls import OLE, ZIP, is_table, read_workbook

__all__ = ["FIELDS", "SHAPE", "TRAPS", "Listed", "parse_page", "read_index"]

PARSER_VERSION = 2
_HEAD = 65_536
_TABLES = re.compile(
    r"总值表|量值表|(?:Exports?|Imports?)\s*(?:&(?:amp;)?|and)\s*(?:Imports?|Exports?)|Major (?:Exports|Imports)",
    re.IGNORECASE,
)
FIELDS: dict[str, str] = {
    "标题": "时期与币种：January-February 2025 (in CNY)，2025年1至2月（人民币值）；“主要国别”“重点商品”是快讯，“国别”“主要商品”是月报",
    "单位": "金额：CNY 100 Million 亿元，USD 1 Million 百万美元；月报为万元、千美元",
    "国别（地区）": "有海关编码的国家和地区：序列对象 hs.total.p<编码>；合计行 hs.total",
    "Commodity、商品名称": "商品对照表中的商品，按目录的名称入库；其余商品只计数",
    "Quantity Unit、计量单位": "数量的单位，10,000 Tons 万吨、10,000 Sets 万台、100 Million PCS 亿个",
    "Export、Import": "出口额、进口额：当月或自 1 月起的累计",
    "Quantity、Value 数量、金额": "出口（进口）数量、出口（进口）额：当月或自 1 月起的累计",
    "Year-on-Year、±%": "同比，%；没有写明当月的是累计同比",
    "页面日期": "发布日期；XLS 没有日期，按所属版本的发布日",
}
TRAPS: tuple[str, ...] = (
    "英文页面把数字四舍五入到一位小数，中文页面的位数更多。",
    "英文页面的日期可能比中文晚一天，也可能早于实际发布，照页面所写。",
    "英文页的标题不写快讯或月报，按页面日期判断：月报发布日（18日）以前的是快讯。",
    "早年的页面里表格是图片，读不出数字；中文页面里没有表格，数字在 XLS 附件里。",
    "1 月与 2 月合并发布，列名写作 1-to-2。",
    "of which 之后的国家属于上一行的集团，集团本身没有编码，不入库。",
    "带星号的商品（农产品、机电产品、高新技术产品）包含表中别的商品，各行不能相加。",
    "鞋靴的单位英文页写作 10,000 Pairs，数字其实是亿双，已在对照表里改正。",
    "有的英文页漏了计量单位一栏，其余各栏左移一格，已按行末的空格认出；没有单位的数量不入库。",
    "表里的上年同期数不收，以当年的发布为准。",
    "表的编号（4）（5）逐年不同，只按名称认。",
    "快讯之后还有月报和在线查询，数字会订正。",
    "商品量值表和 XLS 附件没有随项目的实录，按公开描述的版式读，用自拟的页面测试。",
)


def parse_page(path: PurePath, content: bytes, *, vintage: str = "", catalogue: Catalogue | None = None) -> Parsed:
    """A release page; ``vintage`` is what the user says of one that tells neither its vintage nor its date.

    Raises
    ------
    UnreadableFile
        If the page has no table of figures that is understood.
    VintageError
        If the vintage is none.
    """
    used, said = catalogue or load_catalogue(), dating(vintage) if vintage.strip() else None
    if content.startswith((OLE, ZIP)):
        return read_tables(read_workbook(content), said=said, catalogue=used)
    page = read_page(content)
    if title_period(page.title) is None and (listed := read_index(content)):
        raise UnreadableFile(_offer(listed))
    return read_tables(page, said=said, catalogue=used)


def _offer(listed: tuple[Listed, ...]) -> str:
    """What an index page offers, as the reason why it has no figures itself."""
    year, last = listed[0].year, max(found.month for found in listed)
    goods = next((f for f in listed if f.month == last and re.search(r"Major Exports|出口", f.title)), listed[-1])
    return (
        f"这是{year}年的发布目录页，没有数字：列有{len({f.title for f in listed})}种表、{len(listed)}页，最新到{last}月；"
        f"请打开其中的一页另存后导入，如“{goods.title[:60]}”{last}月 {goods.url[:120]}"
    )


def _recognises(path: PurePath, head: bytes) -> bool:
    if head.startswith((OLE, ZIP)):
        return is_table(path.suffix.lower(), head, whole=len(head) < _HEAD)
    start = head[:2048].lower()
    if b"<html" not in start and b"<!doctype html" not in start:
        return False
    texts = [head.decode(encoding, errors="ignore") for encoding in ("utf-8", "gb18030")]
    return any(_is_customs(text) for text in texts)


def _is_customs(text: str) -> bool:
    """True for a page of the customs that is about one of its tables; news that quote the customs are prose."""
    if not any(word in text for word in ("GACC", "customs.gov.cn", "海关总署")):
        return False
    return bool(_TABLES.search(text))


def _parse(path: PurePath, content: bytes) -> Parsed:
    return parse_page(path, content)


SHAPE = Shape("customs-page", "海关发布页（网页、XLS）", PARSER_VERSION, _recognises, _parse)
