"""Release pages of the customs: small synthetic pages in the shape of the recorded and the described ones."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.concordance import load_concordance
from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.customs_commodities import commodities, commodity, headings, industries
from qinggong.sources.customs_pages import SHAPE, parse_page, read_index


def page(
    *rows: str,
    title: str = "(4) China's Total Export & Import Values by Country/Region, March 2025 (in USD)",
    date: str = "2025/04/18",
) -> str:
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><p>GACC</p>"
        f'<div class="atcl-ttl">{title}</div><div class="atcl-date">{date}</div>'
        f"<table>{table}</table></body></html>"
    )


def cells(*texts: str) -> str:
    return "".join(f"<td><span>{t}</span></td>" for t in texts)


ROWS = (
    '<td colspan="10">China</td>',
    '<td colspan="10">Unit: USD 1 Million</td>',
    '<td>Import Source</td><td colspan="2">Export &amp; Import</td><td colspan="2">Export</td>'
    '<td colspan="2">Import</td>'
    '<td colspan="3">1-to-3 Total Year-on-Year (±%)</td>',
    cells(
        "Export Destination",
        "Mar",
        "1-to-3",
        "Mar",
        "1-to-3",
        "Mar",
        "1-to-3",
        "Export &amp; Import",
        "Export",
        "Import",
    ),
    cells("Total", "500", "1,400.5", "300.1", "853", "200", "547", "0.2", "5.8", "-7.0"),
    cells("of which: Germany", "17", "47", "9.9", "27", "-", "20", "1.0", "2.1", "—"),
    cells("Atlantis", "1", "1", "1", "1", "1", "1", "1", "1", "1"),
    '<td colspan="10">Note: read with care</td>',
)


def parse(text: str, vintage: str = "") -> Parsed:
    return parse_page(PurePath("page.html"), text.encode(), vintage=vintage)


def test_a_page_with_month_and_year_to_date() -> None:
    parsed = parse(page(*ROWS))
    found = {(r.subject, r.indicator, r.measure, r.period): (r.value, r.unit) for r in parsed.rows}
    assert found["trade:hs.total@gacc", "exports_usd", "level", "2025-03"] == ("300.1", "百万美元")
    assert found["trade:hs.total@gacc", "imports_usd", "level", "2025-01/2025-03"] == ("547", "百万美元")
    assert found["trade:hs.total@gacc", "imports_usd", "yoy", "2025-01/2025-03"] == ("-7.0", "%")
    assert found["trade:hs.total.p304@gacc", "exports_usd", "level", "2025-03"] == ("9.9", "百万美元")
    assert len(parsed.rows) == 6 + 4
    assert (parsed.blank_rows, parsed.defects) == (2, ())
    assert {(u.series, u.figures) for u in parsed.unmapped} == {("Atlantis", 9), ("进出口合计", 6)}
    assert {(r.published, r.title[:9]) for r in parsed.rows} == {("2025-04-18", "海关总署统计月报：")}


@pytest.mark.parametrize(
    ("date", "vintage", "citation"),
    [
        ("2025/04/15", "", "海关总署统计快讯"),
        ("04/17/2025", "月报", "海关总署统计快讯"),  # what the page says goes before what the user says
        ("2025/04/18", "", "海关总署统计月报"),
        ("", "", "海关总署统计月报"),
        ("", "快讯", "海关总署统计快讯"),
        ("", "2025-04-16", "海关总署统计快讯"),
    ],
)
def test_the_vintage_of_an_english_page_is_told_by_its_date_else_by_the_user(
    date: str, vintage: str, citation: str
) -> None:
    rows = parse(page(*ROWS, date=date), vintage).rows
    assert {r.title.partition("：")[0] for r in rows} == {citation}
    if vintage == "2025-04-16":
        assert {r.published for r in rows} == {"2025-04-16"}


@pytest.mark.parametrize(("word", "citation"), [("主要国别", "海关总署统计快讯"), ("国别", "海关总署统计月报")])
def test_a_chinese_page(word: str, citation: str) -> None:
    rows = (
        '<td colspan="3">单位：亿元</td>',
        cells("国别（地区）", "出口当月", "进口1至3月"),
        cells("总值", "12.5", "30"),
        cells("其中：德国", "1", "2"),
    )
    parsed = parse(page(*rows, title=f"海关总署 2025年3月进出口商品{word}（地区）总值表（人民币值）", date=""))
    assert [(r.subject, r.indicator, r.period, r.unit) for r in parsed.rows] == [
        ("trade:hs.total@gacc", "exports_cny", "2025-03", "亿元"),
        ("trade:hs.total@gacc", "imports_cny", "2025-01/2025-03", "亿元"),
        ("trade:hs.total.p304@gacc", "exports_cny", "2025-03", "亿元"),
        ("trade:hs.total.p304@gacc", "imports_cny", "2025-01/2025-03", "亿元"),
    ]
    assert {(r.published, r.title.partition("：")[0]) for r in parsed.rows} == {("", citation)}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page(*ROWS, title="News of exports and imports"), "没有时期"),
        (page(title="Exports and Imports by Country, Jan. 2018"), "没有表格"),
        (page(*ROWS, title="(2) Imports and Exports by Trade Mode, March 2025").replace("Countr", "Land"), "只读"),
        (page(*ROWS).replace("USD 1 Million", "cowries"), "单位"),
        (page(*ROWS).replace("USD 1 Million", "CNY 100 Million"), "币种"),
        (page(*ROWS).replace("1-to-3", "1-to-4"), "不符"),
        (page(*ROWS[:4]), "没有一行数字"),
    ],
)
def test_other_pages_say_why(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        parse(text)


def test_a_page_in_mixed_encodings_says_where() -> None:
    content = page(*ROWS).encode() + "\n尾注".encode("gb18030") + "\n尾注".encode() + b"\xff"
    with pytest.raises(UnreadableFile, match="第3行的文字编码既不是 UTF-8 也不是 GB18030"):
        SHAPE.parse(PurePath("page.html"), content)


def test_only_customs_pages_are_recognised() -> None:
    good = page(*ROWS)
    assert SHAPE.recognises(PurePath("x.html"), good.encode())
    assert SHAPE.recognises(PurePath("x.html"), page(title="海关总署 出口重点商品量值表").encode("gb18030"))
    assert not SHAPE.recognises(PurePath("x.html"), good.replace("GACC", "").encode())
    assert not SHAPE.recognises(PurePath("x.csv"), b"GACC Export Import")
    news = "<html><body><p>据海关总署统计，2025年1—8月我国货物贸易进出口总值增长3.5%，玩具出口增长。</p></body></html>"
    assert not SHAPE.recognises(PurePath("x.html"), news.encode())


# ------------------------------------------------------------------------------------------------- goods

GOODS_TITLE = "(5) China's Major Exports by Quantity and Value, May 2026 (in USD)"
GOODS_HEAD = (
    f'<td colspan="10">{GOODS_TITLE}</td>',
    '<td colspan="10">Unit: USD1 Million</td>',
    '<td rowspan="2">Commodity</td><td rowspan="2">Quantity Unit</td><td colspan="2">5</td>'
    '<td colspan="2">1-5 Total</td><td colspan="2">1-5 Total,2025</td>'
    '<td colspan="2">1-5 Total, Year-On-Year(%)&nbsp;</td>',
    cells("Quantity", "Value", "Quantity", "Value", "Quantity", "Value", "Quantity", "Value"),
)
GOODS = (
    *GOODS_HEAD,
    cells("Agriculture products*", "—", "-", "8,000.1", "-", "43,000", "-", "41,000", "-", "5.0"),
    cells("&nbsp;&nbsp;Toys", "-", "-", "3,001.5", "-", "15,002", "-", "16,003", "-", "-6.2"),
    cells("Footwear", "10,000 Pairs", "7.7", "4,004", "35.5", "18,005", "36", "19,006", "-1.4", "-5.3"),
    cells("&nbsp;Household appliances", "10,000 Sets", "40,007.1", "9,008", "190,009", "43,010", "1", "1", "8.8", "3"),
    cells("Ships", "Ship", "480", "5,011", "2,500", "25,012", "1", "1", "2", "3"),
    '<td colspan="10">Note: “Agriculture products*” include relevant products listed in the table.</td>',
)  # fmt: skip


def test_a_table_of_goods() -> None:
    parsed = parse(page(*GOODS, title=GOODS_TITLE, date="2026/06/10"))
    found = {(r.subject, r.indicator, r.measure, r.period): (r.value, r.unit) for r in parsed.rows}
    month, since = "2026-05", "2026-01/2026-05"
    assert found == {
        ("玩具", "exports_usd", "level", month): ("3001.5", "百万美元"),
        ("玩具", "exports_usd", "level", since): ("15002", "百万美元"),
        ("玩具", "exports_usd", "yoy", since): ("-6.2", "%"),
        ("鞋靴", "export_quantity", "level", month): ("7.7", "亿双"),
        ("鞋靴", "exports_usd", "level", month): ("4004", "百万美元"),
        ("鞋靴", "export_quantity", "level", since): ("35.5", "亿双"),
        ("鞋靴", "exports_usd", "level", since): ("18005", "百万美元"),
        ("鞋靴", "export_quantity", "yoy", since): ("-1.4", "%"),
        ("鞋靴", "exports_usd", "yoy", since): ("-5.3", "%"),
        ("家用电器", "export_quantity", "level", month): ("40007.1", "万台"),
        ("家用电器", "exports_usd", "level", month): ("9008", "百万美元"),
        ("家用电器", "export_quantity", "level", since): ("190009", "万台"),
        ("家用电器", "exports_usd", "level", since): ("43010", "百万美元"),
        ("家用电器", "export_quantity", "yoy", since): ("8.8", "%"),
        ("家用电器", "exports_usd", "yoy", since): ("3", "%"),
    }
    assert {(u.series, u.figures) for u in parsed.unmapped} == {
        ("Agriculture products*", 4), ("Ships", 8), ("上年同期数", 5),
    }  # fmt: skip
    assert parsed.defects == ()
    assert {(r.published, r.title[:9]) for r in parsed.rows} == {("2026-06-10", "海关总署统计快讯：")}
    assert "海关快讯发布页：出口商品量值，2026-05，百万美元" in parsed.recognised


def test_a_table_without_its_unit_cells_is_read_in_its_columns_and_quantities_stay_out() -> None:
    """As the page of April 2025: no unit cell in any line, an empty cell at the end of each."""
    rows = (
        cells("Toys", "-", "3,001.5", "-", "15,002", "-", "16,003", "-", "-6.2", ""),
        cells("Footwear", "7.7", "4,004", "35.5", "18,005", "36", "19,006", "-1.4", "-5.3", ""),
    )
    parsed = parse(page(*GOODS_HEAD, *rows, title=GOODS_TITLE))
    found = {(r.subject, r.indicator, r.measure, r.period): r.value for r in parsed.rows}
    assert found["鞋靴", "exports_usd", "level", "2026-05"] == "4004"
    assert found["玩具", "exports_usd", "level", "2026-01/2026-05"] == "15002"
    assert {(u.series, u.figures, u.why) for u in parsed.unmapped if u.series == "Footwear"} == {
        ("Footwear", 2, "这一栏有数而没有计量单位")
    }


@pytest.mark.parametrize(
    "row",
    [
        cells("Footwear", "7.7", "4,004", "35.5", "18,005", "36", "19,006", "-1.4", "-5.3", "1"),
        cells("Footwear", "10,000 Pairs", "7.7", "-", "35.5", "-", "36", "-", "-1.4", "-5.3"),
    ],
)
def test_columns_that_slipped_otherwise_are_refused(row: str) -> None:
    with pytest.raises(UnreadableFile, match="栏目错位"):
        parse(page(*GOODS[:6], row, title=GOODS_TITLE))


def test_a_table_of_goods_with_months_in_words_and_in_chinese() -> None:
    head = (
        cells("Commodity", "Quantity Unit", "May", "May", "Jan-May in Total", "Jan-May in Total",
              "Jan-May 2018 in Total", "Jan-May Total Year-on-Year ±%"),
        cells("Commodity", "Quantity Unit", "Quantity", "Value", "Quantity", "Value", "Value", "Value"),
    )  # fmt: skip
    title = "(5) China's Major Exports by Quantity and Value, May 2019 (in CNY)"
    unit = '<td colspan="8">Value Unit: CNY 100 Million</td>'
    body = cells("Plastic Products", "10,000 Tons", "134.3", "300", "600", "1,400", "1,300", "7.0")
    old = parse(page(unit, *head, body, title=title, date="06/10/2019"))
    chinese_head = (
        cells("商品名称", "计量单位", "5月", "5月", "1至5月累计", "1至5月累计", "去年同期累计", "累计比去年同期±%"),
        cells("商品名称", "计量单位", "数量", "金额", "数量", "金额", "金额", "金额"),
    )
    body = cells("塑料制品", "万吨", "134.3", "300", "600", "1,400", "1,300", "7.0")
    title = "（11）2019年5月出口重点商品量值表（人民币值）"
    new = parse(page("<td>单位：亿元人民币</td>", *chinese_head, body, title=title, date="2019-06-10"))
    key = [(r.subject, r.indicator, r.measure, r.period, r.value, r.unit) for r in old.rows]
    assert key == [(r.subject, r.indicator, r.measure, r.period, r.value, r.unit) for r in new.rows]
    assert key == [
        ("塑料制品", "export_quantity", "level", "2019-05", "134.3", "万吨"),
        ("塑料制品", "exports_cny", "level", "2019-05", "300", "亿元"),
        ("塑料制品", "export_quantity", "level", "2019-01/2019-05", "600", "万吨"),
        ("塑料制品", "exports_cny", "level", "2019-01/2019-05", "1400", "亿元"),
        ("塑料制品", "exports_cny", "yoy", "2019-01/2019-05", "7.0", "%"),
    ]


def test_the_goods_of_the_concordance_are_the_catalogues_and_lead_to_industries() -> None:
    catalogue, links = load_catalogue(), load_concordance()
    for goods in commodities():
        for indicator in ("exports_usd", "imports_cny", "export_quantity"):
            assert catalogue.subject(goods.name, indicator=indicator).key.startswith("trade:")
        assert headings(goods)
        for wording in (goods.name, *goods.names, *goods.english):
            assert commodity(wording, year=2025) is goods
    found = {goods.name: {link.industry[:2] for link in industries(goods, links)} for goods in commodities()}
    assert found["玩具"] == {"24"}
    assert found["家具及其零件"] >= {"21"}
    assert found["鞋靴"] == {"19"}
    assert found["塑料制品"] == {"29"}
    assert "38" in found["家用电器"]
    assert commodity("  of which: TOYS *", year=2025) is commodity("玩具", year=2025)
    assert commodity("Ships", year=2025) is None


# ------------------------------------------------------------------------------------------------- index

INDEX = (
    "<!DOCTYPE html><html><head><title>GACC</title></head><body>Coverage of Major Imports &amp; Exports"
    '<select><option value="2026">2026</option><option value="2025">2025</option></select><table>'
    "<tr><th>Title</th><th>Month</th></tr>"
    "<tr><td>(4) Values by Country/Region (in CNY)</td><td><span>Jan.</span><a href=http://example.cn/a.html> Feb.</a>"
    "<a href=http://example.cn/b.html> Mar.</a><span>Apr.</span></td></tr>"
    "<tr><td>(5) China's Major Exports (in CNY)</td><td><a href='http://example.cn/c.html'>Mar.</a></td></tr>"
    "</table></body></html>"
)


def test_an_index_page_says_what_it_offers() -> None:
    found = read_index(INDEX.encode())
    assert [(f.title[:3], f.year, f.month, f.url[-6:]) for f in found] == [
        ("(4)", 2026, 2, "a.html"), ("(4)", 2026, 3, "b.html"), ("(5)", 2026, 3, "c.html"),
    ]  # fmt: skip
    with pytest.raises(UnreadableFile, match=r"2026年的发布目录页.*列有2种表、3页，最新到3月；.*c\.html"):
        parse(INDEX)
    assert read_index(page(*ROWS).encode()) == ()


# ------------------------------------------------------------------------------------------------- fuzz

SMALL = (page(*ROWS).encode(), page(*GOODS, title=GOODS_TITLE).encode(), INDEX.encode())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_bytes_give_rows_or_an_unreadable_file(data: st.DataObject) -> None:
    content = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[position] = data.draw(st.sampled_from([*b"<>&\"'/ 09-\x00", 0x80, 0xFF]))
        else:
            del content[position : position + data.draw(st.integers(1, 60))]
    SHAPE.recognises(PurePath("x.html"), bytes(content))
    try:
        parsed = SHAPE.parse(PurePath("x.html"), bytes(content))
    except UnreadableFile as error:
        assert str(error)
    else:
        assert all(r.value and r.period for r in parsed.rows)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.lists(st.tuples(st.text(max_size=6), st.sampled_from(["", "2", "3", "40", "999"])), max_size=6), max_size=8
    )
)
def test_tables_of_any_spans_give_rows_or_an_unreadable_file(table: list[list[tuple[str, str]]]) -> None:
    rows = ["".join(f'<td colspan="{span}" rowspan="{span}">{text}</td>' for text, span in row) for row in table]
    try:
        parse(page(*GOODS[:4], *rows, *GOODS[4:], title=GOODS_TITLE))
    except UnreadableFile as error:
        assert str(error)
