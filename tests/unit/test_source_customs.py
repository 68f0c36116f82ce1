"""Customs query exports: synthetic files in the shape of the platform's, good, ragged and hostile."""

from __future__ import annotations

import datetime as dt
from pathlib import Path, PurePath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.periods import month, ytd
from qinggong.sources import customs
from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.customs_layout import read_goods, read_month, released
from qinggong.store import delta

HEADER = (
    "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,贸易方式编码,贸易方式名称,注册地编码,注册地名称,"
    "第一数量,第一计量单位,第二数量,第二计量单位,美元,"
)
LINES = (
    '202501,01012100,改良种用马,502,美国,10,一般贸易,44,广东省,"1,234",千克,12,台,"12,345,678",',
    '202501,95030010,"玩具,乘骑的",110,中国香港,14,来料加工贸易,11,北京市,0,千克,0,-,0,',
    "202412,95030010,乘骑玩具,110,中国香港,10,一般贸易,65,新疆维吾尔自治区,5,千克,7,驮,900,",
)
KNOWN = dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


def synthetic(*lines: str, header: str = HEADER, encoding: str = "gb18030", end: str = "\r\n") -> bytes:
    return end.join((header, *lines, "")).encode(encoding)


def parse(content: bytes, name: str = "出口明细.csv") -> Parsed:
    return customs.SHAPE.parse(PurePath(name), content)


def figures(parsed: Parsed) -> list[tuple[int, str, str, str, str, str, str]]:
    return [(r.row, r.period, r.region, r.subject, r.indicator, r.value, r.unit) for r in parsed.rows]


EXPECTED = [
    (2, "2025-01", "44", "trade:hs.01012100.p502.m10@gacc", "exports_usd", "12345678", "美元"),
    (2, "2025-01", "44", "trade:hs.01012100.p502.m10@gacc", "export_quantity", "1234", "千克"),
    (2, "2025-01", "44", "trade:hs.01012100.p502.m10@gacc", "export_quantity", "12", "台"),
    (3, "2025-01", "11", "trade:hs.95030010.p110.m14@gacc", "exports_usd", "0", "美元"),
    (4, "2024-12", "65", "trade:hs.95030010.p110.m10@gacc", "exports_usd", "900", "美元"),
    (4, "2024-12", "65", "trade:hs.95030010.p110.m10@gacc", "export_quantity", "5", "千克"),
]


def test_a_file_with_all_columns() -> None:
    parsed = parse(synthetic(*LINES))
    assert figures(parsed) == EXPECTED
    assert parsed.blank_rows == 2  # two quantities of zero: not applicable
    assert [(u.series, u.figures) for u in parsed.unmapped] == [("数量（驮）", 1)]
    assert not parsed.defects
    assert parsed.recognised.startswith(
        "海关在线查询导出：出口，美元，按商品、贸易伙伴、贸易方式、注册地，2024-12—2025-01（2期）"
    )


@pytest.mark.parametrize(("encoding", "end"), [("utf-8", "\n"), ("utf-8-sig", "\r\n"), ("gb18030", "\n")])
def test_the_same_file_saved_otherwise_reads_alike(encoding: str, end: str) -> None:
    assert figures(parse(synthetic(*LINES, encoding=encoding, end=end))) == EXPECTED


def test_a_spreadsheet_that_dropped_zeros_and_commas() -> None:
    """1012100 is 01012100 again, and an ending without a line break loses nothing."""
    content = synthetic(LINES[0].replace("01012100", "1012100")).rstrip()
    assert figures(parse(content)) == EXPECTED[:3]


def test_a_file_by_partner_only_is_about_all_goods() -> None:
    content = synthetic('202501,502,美国,"3,000,000",', header="数据年月,贸易伙伴编码,贸易伙伴名称,人民币,")
    parsed = parse(content, "进口.csv")
    assert figures(parsed) == [
        (2, "2025-01", "CN", "trade:hs.total.p502@gacc", "imports_cny", "3000000", "元"),
    ]


def test_an_empty_column_is_no_breakdown_and_a_gap_in_it_is_a_bad_line() -> None:
    header = "数据年月,商品编码,贸易伙伴编码,美元"
    whole = parse(synthetic("202501,9503,,5", "202502,9503,,6", header=header))
    assert [r.subject for r in whole.rows] == ["trade:hs.9503@gacc"] * 2
    mixed = parse(synthetic("202501,9503,502,5", "202501,9503,,6", header=header))
    assert len(mixed.rows) == 1
    assert [(d.row, d.rule) for d in mixed.defects] == [(3, "unknown-partner")]


def test_bad_lines_give_one_defect_each_and_the_others_stay() -> None:
    lines = [
        LINES[0],
        LINES[0].replace("202501", "202513"),
        LINES[0].replace("01012100", "0101AB"),
        LINES[0].replace(",44,", ",99,"),
        LINES[0].replace('"12,345,678"', '"12,34"'),
        LINES[0].replace('"12,345,678"', "-5"),
        "202501,95030010,太短",
        '202501,95030010,"引号不成对,502',
        "",
        LINES[0].replace("202501", "202502"),
    ]
    parsed = parse(synthetic(*lines))
    assert {r.row for r in parsed.rows} == {2, 11}
    assert [(d.row, d.rule) for d in sorted(parsed.defects, key=lambda d: d.row)] == [
        (3, "unknown-period"), (4, "unknown-goods"), (5, "unknown-region"), (6, "not-a-number"), (7, "not-a-number"),
        (8, "short-row"), (9, "short-row"),
    ]  # fmt: skip
    assert all(d.message and not d.message.endswith("。") for d in parsed.defects)


def test_missing_amounts_are_counted_and_never_zero() -> None:
    parsed = parse(synthetic("202501,9503,", "202502,9503,—", "202503,9503,...", header="数据年月,商品编码,美元"))
    assert (parsed.rows, parsed.blank_rows, parsed.defects) == ((), 3, ())


def test_flow_is_told_by_the_name_or_the_header() -> None:
    content = synthetic("202501,9503,5", header="数据年月,商品编码,美元")
    for name in ("下载.csv", "进出口.csv"):
        with pytest.raises(UnreadableFile, match="出口还是进口"):
            parse(content, name)
    assert parse(content, "2025年1月进口.csv").rows[0].indicator == "imports_usd"
    named = synthetic("202501,9503,5", header="数据年月,商品编码,出口美元值")
    assert parse(named, "下载.csv").rows[0].indicator == "exports_usd"


@pytest.mark.parametrize(
    ("header", "said"),
    [
        ("数据年月,商品编码,人民币,美元", "金额栏"),
        ("数据年月,商品编码,关别,美元", "不认识的栏“关别”"),
        ("数据年月,商品编码,商品编码,美元", "两次"),
        ("数据年月,商品编码,贸易伙伴名称,美元", "贸易伙伴编码"),
        ("数据年月,商品编码,第一数量,美元", "成对"),
    ],
)
def test_a_header_that_would_mix_series_is_refused(header: str, said: str) -> None:
    with pytest.raises(UnreadableFile, match=said):
        parse(synthetic("202501,9503,1,2", header=header))


def test_only_customs_files_are_recognised() -> None:
    good = synthetic(*LINES)
    assert customs.SHAPE.recognises(PurePath("出口.csv"), good)
    assert customs.SHAPE.recognises(PurePath("content"), synthetic(*LINES, encoding="utf-8-sig"))
    assert not customs.SHAPE.recognises(PurePath("出口.json"), good)
    assert not customs.SHAPE.recognises(PurePath("a.csv"), "时期,行业,指标,度量,数值,单位,发布机构\n".encode())
    assert not customs.SHAPE.recognises(PurePath("a.csv"), b"")
    assert not customs.SHAPE.recognises(PurePath("a.csv"), b"\xff\xfe\x00")


def test_cells() -> None:
    assert read_goods("1012100") == "01012100"
    assert read_goods("9503.00") == "950300"
    assert read_goods("101210010") == "0101210010"
    assert read_goods("77") is None
    assert read_month("202401-202408") == ytd(2024, 8)
    assert read_month("2024年8月") == month(2024, 8)
    assert read_month("202404-202408") is None
    assert read_month("2024") is None
    assert released(month(2025, 1)) == released(month(2025, 2)) == dt.date(2025, 3, 20)
    assert released(month(2025, 12)) == dt.date(2026, 1, 20)


# ------------------------------------------------------------------------------------------------------ bulk


def origin(name: str = "出口.csv") -> customs.Origin:
    return customs.Origin(name, "a" * 64, KNOWN)


def many(count: int) -> bytes:
    lines = [
        f'2025{1 + i % 12:02d},{95030000 + i % 97},"玩具,第{i % 97}号",{101 + i % 200},伙伴{i},"{i:,}",千克,"{i * 7919:,}",'
        for i in range(count)
    ]
    return synthetic(
        *lines, header="数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,第一数量,第一计量单位,人民币,"
    )


def taken(path: Path, *, batch: int, names: bool = False) -> tuple[list[tuple[object, ...]], customs.Tally]:
    tally, rows = customs.Tally(), list[tuple[object, ...]]()
    for part in customs.stream(path, origin=origin(), batch=batch, names=names, tally=tally, threads=1):
        rows += part.relation.project("row, indicator, subject, period, value, printed, published_at").fetchall()
    return sorted(rows, key=str), tally


def test_batches_have_the_columns_of_the_store() -> None:
    assert customs.COLUMNS == delta.COLUMNS


def test_blocks_of_any_size_give_the_same_observations(tmp_path: Path) -> None:
    """Block borders fall inside lines and characters; nothing is lost or torn there."""
    path = tmp_path / "content"
    path.write_bytes(many(40_000))
    whole, tally = taken(path, batch=1_000_000)
    parts, again = taken(path, batch=100)
    assert whole == parts
    assert len(whole) == tally.observations == again.observations == 79_999  # one quantity of zero
    assert (tally.rows, tally.blank, tally.refused) == (40_000, 1, 0)
    assert len({row[0] for row in whole}) == 40_000


def test_the_quick_way_and_the_careful_way_give_the_same(tmp_path: Path) -> None:
    """Asking for names turns the quick query off; a bad line turns it off for its block."""
    path = tmp_path / "content"
    for content in (many(3_000), synthetic(*LINES), synthetic(*LINES, "torn", LINES[0].replace("202501", "2025-03"))):
        path.write_bytes(content)
        quick, tally = taken(path, batch=500)
        careful, again = taken(path, batch=500, names=True)
        assert quick == careful
        assert (tally.blank, tally.units, tally.periods, tally.refused) == (
            again.blank, again.units, again.periods, again.refused
        )  # fmt: skip


def test_a_batch_goes_into_the_store_and_comes_back_as_observations(tmp_path: Path) -> None:
    from deltalake import write_deltalake

    path = tmp_path / "content"
    path.write_bytes(synthetic(*LINES))
    store = delta.DeltaStore(tmp_path / "store")
    for part in customs.stream(path, origin=origin(), threads=1):
        write_deltalake(store._made(), part.relation, mode="append")
    found = {(o.series.subject, o.series.indicator, o.series.unit): o for o in store.latest().observations}
    value = found["hs.01012100.p502.m10", "exports_usd", "亿美元"]
    assert (value.value, value.printed, value.printed_unit) == (0.12345678, "12345678", "美元")
    assert value.series.id == "trade:hs.01012100.p502.m10@gacc/44/exports_usd/level/published/month/亿美元"
    assert (value.published_at, value.published_at_basis) == (dt.date(2025, 3, 20), "calendar")
    assert (value.known_at, value.publisher, value.row) == (KNOWN, "海关总署", 2)
    assert found["hs.01012100.p502.m10", "export_quantity", "台"].value == 12.0
    assert len(found) == 6


def test_names_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(synthetic(*LINES))
    _, tally = taken(path, batch=1000, names=True)
    assert tally.names["hs.01012100"] == "改良种用马"
    assert (tally.names["p110"], tally.names["m10"]) == ("中国香港", "一般贸易")


def test_a_thousand_defects_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(
        synthetic(*["202501,9503,x"] * 2500, *["torn"] * 100, "202501,9503,5", header="数据年月,商品编码,美元")
    )
    rows, tally = taken(path, batch=500)
    assert len(rows) == 1
    assert tally.refused == 2600
    assert len(tally.defects) == 1000


def test_a_line_without_an_end_stops_the_file(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(synthetic("202501,9503,5", header="数据年月,商品编码,美元") + b"1" * (3 << 20))
    with pytest.raises(UnreadableFile, match="没有换行"):
        taken(path, batch=100)


SMALL = synthetic(*LINES)


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_mutated_bytes_give_rows_or_an_unreadable_file(data: st.DataObject) -> None:
    content = bytearray(SMALL)
    for _ in range(data.draw(st.integers(1, 6))):
        position = data.draw(st.integers(0, len(content) - 1))
        if data.draw(st.booleans()):
            content[position] = data.draw(st.sampled_from([*b',"\r\n\x00\x1d 09-.', 0x80, 0xFF]))
        else:
            del content[position : position + data.draw(st.integers(1, 40))]
    try:
        parsed = parse(bytes(content))
    except UnreadableFile as error:
        assert str(error)
    else:
        assert all(r.subject.startswith("trade:hs.") for r in parsed.rows)
    customs.SHAPE.recognises(PurePath("a.csv"), bytes(content))
