"""Tables of the customs as XLS: synthetic workbooks in the layout of the attachments, written here record by record."""

from __future__ import annotations

import io
import struct
from collections.abc import Sequence
from pathlib import PurePath

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.customs_pages import SHAPE, parse_page
from qinggong.sources.customs_xls import check_extent

Cells = Sequence[Sequence[str | float]]
_END, _FAT_SECTOR, _FREE = 0xFFFFFFFE, 0xFFFFFFFD, 0xFFFFFFFF


def record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def biff8(rows: Cells, *, corner: tuple[int, int] | None = None) -> bytes:
    """The stream of an Excel 97 workbook with one sheet; ``corner`` is a further empty cell far out."""
    sheet = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0, 0, 0, 0))
    sheet += record(0x0200, struct.pack("<IIHHH", 0, len(rows), 0, max(map(len, rows)), 0))
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            if isinstance(cell, str):
                if cell:
                    text = cell.encode("utf-16-le")
                    sheet += record(0x0204, struct.pack("<HHHHB", i, j, 0, len(cell), 1) + text)
            else:
                sheet += record(0x0203, struct.pack("<HHHd", i, j, 0, cell))
    if corner is not None:
        sheet += record(0x0203, struct.pack("<HHHd", *corner, 0, 1.0))
    sheet += record(0x000A, b"")
    head = record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0, 0, 0, 0)) + record(0x0042, struct.pack("<H", 1200))
    name = b"M139RMBADD"
    bound = len(head) + 4 + 8 + len(name) + 4
    head += record(0x0085, struct.pack("<IBBBB", bound, 0, 0, len(name), 0) + name) + record(0x000A, b"")
    return head + sheet


def compound(stream: bytes) -> bytes:
    """An OLE compound file with that one stream."""
    stream = stream.ljust(4096, b"\0")
    stream += b"\0" * (-len(stream) % 512)
    count = len(stream) // 512
    tables = -(-(count + 2) // 127)
    fat = [_FAT_SECTOR] * tables + [_END] + [tables + 2 + i for i in range(count - 1)] + [_END]
    fat += [_FREE] * (tables * 128 - len(fat))

    def entry(name: str, kind: int, start: int, size: int, child: int) -> bytes:
        text = name.encode("utf-16-le") + b"\0\0"
        body = text.ljust(64, b"\0") + struct.pack("<HBBIII", len(text), kind, 1, _FREE, _FREE, child) + b"\0" * 36
        return body + struct.pack("<III", start, size, 0)

    directory = entry("Root Entry", 5, _END, 0, 1) + entry("Workbook", 2, tables + 1, len(stream), _FREE)
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16 + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + b"\0" * 6
    header += struct.pack("<IIIIIIIII", 0, tables, tables, 0, 4096, _END, 0, _END, 0)
    header += struct.pack("<109I", *range(tables), *[_FREE] * (109 - tables))
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory.ljust(512, b"\0") + stream


def parse(content: bytes, vintage: str = "") -> Parsed:
    return parse_page(PurePath("2026061809490453790.xls"), content, vintage=vintage)


COUNTRIES: Cells = (
    ("（4）2026年6月进出口商品主要国别（地区）总值表（人民币值）",),
    ("", "", "", "", "", "", "", "", "单位：亿元人民币"),
    ("", "进口原产国（地）", "进出口", "", "出口", "", "进口", "", "累计比去年同期±%", "", ""),
    ("", "出口最终目的国（地）", "6月", "1至6月", "6月", "1至6月", "6月", "1至6月", "进出口", "出口", "进口"),
    ("", "总值", 500.25, 2500.5, 300.125, 1500.5, 200.125, 1000.0, 1.5, 2.5, -3.5),
    ("", "其中：德国", 50.0, 250.0, 30.0, 150.0, 20.0, 100.0, 1.0, 2.0, -3.0),
    ("", "欧洲联盟", 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0),
    ("", "注：合成数据，不是海关数字"),
)
GOODS: Cells = (
    ("（13）2026年5月出口主要商品量值表（美元值）",),
    ("单位：千美元",),
    ("商品名称", "计量单位", "5月", "", "1至5月累计", "", "当月比去年同期±%", "", "累计比去年同期±%", ""),
    ("", "", "数量", "金额", "数量", "金额", "数量", "金额", "数量", "金额"),
    ("农产品*", "-", "-", "8,000,100", "-", "43,000,000", "-", "1.0", "-", "5.0"),
    ("  鞋靴", "万双", "70,007", "4,004,000", "350,005", "18,005,000", "1.1", "2.2", "-1.4", "-5.3"),
)


def test_the_table_by_country() -> None:
    content = compound(biff8(COUNTRIES))
    assert SHAPE.recognises(PurePath("a.xls"), content[:65536])
    parsed = parse(content)
    found = {(r.subject, r.indicator, r.measure, r.period): (r.value, r.unit, r.row) for r in parsed.rows}
    assert found["trade:hs.total@gacc", "exports_cny", "level", "2026-06"] == ("300.125", "亿元", 5)
    assert found["trade:hs.total@gacc", "imports_cny", "yoy", "2026-01/2026-06"] == ("-3.5", "%", 5)
    assert found["trade:hs.total.p304@gacc", "exports_cny", "level", "2026-01/2026-06"] == ("150", "亿元", 6)
    assert len(found) == 12
    assert {(r.published, r.title.partition("：")[0]) for r in parsed.rows} == {("", "海关总署统计快讯")}
    assert {r.published for r in parse(content, "2026-07-14").rows} == {"2026-07-14"}


@pytest.mark.parametrize("kind", ["xls", "xlsx"])
def test_the_table_of_goods(kind: str) -> None:
    content = compound(biff8(GOODS)) if kind == "xls" else xlsx(GOODS)
    assert SHAPE.recognises(PurePath(f"a.{kind}"), content[:65536])
    parsed = parse(content)
    found = {(r.subject, r.indicator, r.measure, r.period): (r.value, r.unit) for r in parsed.rows}
    assert found == {
        ("鞋靴", "export_quantity", "level", "2026-05"): ("70007", "万双"),
        ("鞋靴", "exports_usd", "level", "2026-05"): ("4004000", "千美元"),
        ("鞋靴", "export_quantity", "level", "2026-01/2026-05"): ("350005", "万双"),
        ("鞋靴", "exports_usd", "level", "2026-01/2026-05"): ("18005000", "千美元"),
        ("鞋靴", "export_quantity", "yoy", "2026-05"): ("1.1", "%"),
        ("鞋靴", "exports_usd", "yoy", "2026-05"): ("2.2", "%"),
        ("鞋靴", "export_quantity", "yoy", "2026-01/2026-05"): ("-1.4", "%"),
        ("鞋靴", "exports_usd", "yoy", "2026-01/2026-05"): ("-5.3", "%"),
    }
    assert {r.title.partition("：")[0] for r in parsed.rows} == {"海关总署统计月报"}


def xlsx(rows: Cells) -> bytes:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet()
    for i, row in enumerate(rows):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell)
    book.close()
    return out.getvalue()


def test_other_workbooks_are_left_to_others() -> None:
    other = (("时期", "行业", "指标", "度量", "数值", "单位", "发布机构"), ("2025年8月海关总值表", "玩具"))
    assert not SHAPE.recognises(PurePath("a.xlsx"), xlsx(other))
    assert not SHAPE.recognises(PurePath("a.xls"), compound(biff8((("工业增加值", 1.0),))))
    assert not SHAPE.recognises(PurePath("a.xlsx"), b"PK\x03\x04 damaged")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (compound(biff8((("一个别的表", 1.0),))), "没有“总值表”或“量值表”"),
        (compound(biff8(COUNTRIES, corner=(65_535, 16_383))), "范围超过"),
        (compound(biff8(COUNTRIES))[:1500], "不完整"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 4096, "不完整"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "不完整"),
        (b"PK\x03\x04" + b"0" * 100, "Excel"),
    ],
)
def test_damaged_and_hostile_workbooks_say_why(content: bytes, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        parse(content)


def test_a_chain_of_sectors_that_bites_its_tail_ends() -> None:
    content = bytearray(compound(biff8(COUNTRIES)))
    struct.pack_into("<I", content, 512 + 4 * 3, 2)  # the second sector of the stream leads back to the first
    with pytest.raises(UnreadableFile, match="不完整"):
        check_extent(bytes(content))


WHOLE = compound(biff8(COUNTRIES))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_mutated_bytes_give_rows_or_an_unreadable_file(data: st.DataObject) -> None:
    content = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 8))):
        # Mostly where the structure is: header, table of sectors, directory, first records.
        position = data.draw(st.integers(0, data.draw(st.sampled_from([2600, len(content) - 1]))))
        content[position] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content))) :]
    SHAPE.recognises(PurePath("a.xls"), bytes(content))
    if content[:8] != WHOLE[:8]:
        return
    try:
        parsed = parse(bytes(content))
    except UnreadableFile as error:
        assert str(error)
    else:
        assert all(r.value for r in parsed.rows)
