"""Release pages of the customs: a small synthetic page in the shape of the recorded ones."""

from __future__ import annotations

from pathlib import PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.customs_pages import SHAPE


def page(
    *rows: str, title: str = "(4) China's Total Export & Import Values by Country/Region, March 2025 (in USD)"
) -> str:
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return (
        f"<!DOCTYPE html><html><head><title>{title}</title></head><body><p>GACC</p>"
        f'<div class="atcl-ttl">{title}</div><div class="atcl-date">2025/04/18</div>'
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


def parse(text: str) -> Parsed:
    return SHAPE.parse(PurePath("page.html"), text.encode())


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
    assert {r.published for r in parsed.rows} == {"2025-04-18"}


def test_a_chinese_page() -> None:
    rows = (
        '<td colspan="3">单位：亿元</td>',
        cells("国别（地区）", "出口当月", "进口1至3月"),
        cells("总值", "12.5", "30"),
        cells("其中：德国", "1", "2"),
    )
    parsed = parse(page(*rows, title="海关总署 2025年3月进出口商品国别（地区）总值表（人民币值）"))
    assert [(r.subject, r.indicator, r.period, r.unit) for r in parsed.rows] == [
        ("trade:hs.total@gacc", "exports_cny", "2025-03", "亿元"),
        ("trade:hs.total@gacc", "imports_cny", "2025-01/2025-03", "亿元"),
        ("trade:hs.total.p304@gacc", "exports_cny", "2025-03", "亿元"),
        ("trade:hs.total.p304@gacc", "imports_cny", "2025-01/2025-03", "亿元"),
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (page(*ROWS, title="News of exports and imports"), "没有时期"),
        (page(title="Exports and Imports by Country, Jan. 2018"), "没有表格"),
        (page(*ROWS, title="(5) Major Exports by Quantity, March 2025").replace("Countr", "Land"), "只读"),
        (page(*ROWS).replace("USD 1 Million", "cowries"), "单位"),
        (page(*ROWS).replace("1-to-3", "1-to-4"), "不符"),
        (page(*ROWS[:4]), "没有一行数字"),
    ],
)
def test_other_pages_say_why(text: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        parse(text)


def test_only_customs_pages_are_recognised() -> None:
    good = page(*ROWS)
    assert SHAPE.recognises(PurePath("x.html"), good.encode())
    assert not SHAPE.recognises(PurePath("x.html"), good.replace("GACC", "").encode())
    assert not SHAPE.recognises(PurePath("x.csv"), b"GACC Export Import")


BYTES = page(*ROWS).encode()


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_bytes_give_rows_or_an_unreadable_file(data: st.DataObject) -> None:
    content = bytearray(BYTES)
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
        assert all(r.subject.startswith("trade:hs.total") for r in parsed.rows)
