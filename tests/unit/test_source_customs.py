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
from qinggong.sources.customs_layout import read_goods, read_month
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


def taken(
    path: Path, *, batch: int, names: bool = False, compiled: bool = False
) -> tuple[list[tuple[object, ...]], customs.Tally]:
    tally, rows = customs.Tally(), list[tuple[object, ...]]()
    wanted = "row, indicator, subject, region, period, span, value, unit, printed, printed_unit, published_at"
    for part in customs.stream(
        path, origin=origin(), batch=batch, names=names, tally=tally, threads=1, compiled=compiled
    ):
        found = part.relation.project(wanted).fetchall()
        assert all(part.first <= row[0] <= part.last for row in found)
        rows += found
    return sorted(rows, key=str), tally


def test_batches_have_the_columns_of_the_store() -> None:
    assert customs.COLUMNS == delta.COLUMNS


@pytest.mark.parametrize("compiled", [False, True])
def test_blocks_of_any_size_give_the_same_observations(tmp_path: Path, compiled: bool) -> None:
    """Block borders fall inside lines and characters; nothing is lost or torn there."""
    path = tmp_path / "content"
    path.write_bytes(many(8_000))
    whole, tally = taken(path, batch=1_000_000, compiled=compiled)
    parts, again = taken(path, batch=200, compiled=compiled)
    assert whole == parts
    assert len(whole) == tally.observations == again.observations == 15_999  # one quantity of zero
    assert (tally.rows, tally.blank, tally.refused) == (8_000, 1, 0)
    assert tally.plain == again.plain == (8_000 if compiled else 0)
    assert len({row[0] for row in whole}) == 8_000


ODD = (
    *LINES,
    LINES[0].replace('"12,345,678"', " 12345678.50\t"),
    LINES[0].replace('"12,345,678"', "0012"),
    LINES[0].replace('"12,345,678"', '"0,123"'),
    LINES[0].replace('"12,345,678"', "123456789012345678"),
    LINES[0].replace('"12,345,678"', "1234567890123456789"),
    LINES[0].replace('"12,345,678"', '"1,23"'),
    LINES[0].replace('"12,345,678"', "1.1234567890"),
    LINES[0].replace('"12,345,678"', "……"),
    LINES[1].replace(",14,", ",0014,").replace(",11,", ",110000,"),
    LINES[1].replace(",14,", ",0,"),
    LINES[1].replace(",110,", ",0,"),
    LINES[2].replace("95030010", "9503001").replace(",65,", ",6532,"),
    LINES[2].replace("202412", "2024年12月"),
    LINES[2].replace("驮", "个"),
    LINES[2].replace("7,驮", "7,吨"),  # a mass beside a mass: the first one stands
    LINES[2].replace("乘骑玩具", '"乘""骑""玩具"'),
    LINES[2].replace("乘骑玩具", '乘"骑'),
    LINES[2] + ",,",
    LINES[2] + "多",
    "torn",
    "",
    ",,,",
)


@pytest.mark.parametrize("encoding", ["gb18030", "utf-8"])
@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_compiled_code_and_the_careful_reading_give_the_same(tmp_path: Path, encoding: str, end: str) -> None:
    path = tmp_path / "content"
    for content in (
        many(1_500) if encoding == "gb18030" else many(300).decode("gb18030").encode(),
        synthetic(*ODD * 3, encoding=encoding, end=end),
        synthetic(*LINES * 200, *ODD, encoding=encoding, end=end),
    ):
        path.write_bytes(content)
        quick, tally = taken(path, batch=700, compiled=True)
        careful, again = taken(path, batch=900)
        assert quick == careful
        assert quick
        for name in ("rows", "observations", "blank", "refused", "units", "periods", "recognised"):
            assert getattr(tally, name) == getattr(again, name), name
        assert sorted(tally.defects, key=lambda d: d.row) == sorted(again.defects, key=lambda d: d.row)
    assert tally.plain >= 600


CELLS = {
    "month": ("202501", "202512", "202513", "2025-01", "20251", ""),
    "goods": ("01012100", "9503", "1", "95030010", "00", "77", "0101210010", "95a3"),
    "partner": ("502", "110", "", "5", "5022"),
    "figure": ("0", "5", '"1,234"', "1,5", '"12,34"', "12.50", "-", "--", "—", "", " 7 ", "-5", "1e3", "007", "9" * 18,
               "9" * 19, '"1,234,567.8"', '5"', '"5"6', "٣"),
    "unit": ("千克", "个", "驮", "", "-", '"台"'),
    "name": ("玩具", '"玩具,甲"', '"乙""丙"', "", "丁\u0800𠀀"),
}  # fmt: skip
COLUMNS_OF_CELLS = ("month", "goods", "name", "partner", "figure", "unit", "figure")
HEAD_OF_CELLS = "数据年月,商品编码,商品名称,贸易伙伴编码,第一数量,第一计量单位,美元,"


@settings(max_examples=12, deadline=None)
@given(
    st.lists(st.tuples(*(st.sampled_from(CELLS[c]) for c in COLUMNS_OF_CELLS)), min_size=1, max_size=200),
    st.sampled_from(["gb18030", "utf-8"]),
    st.sampled_from([",", "", ",,", "x"]),
)  # fmt: skip
def test_any_cells_are_understood_alike_by_both(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, ...]], encoding: str, tail: str
) -> None:
    path = tmp_path_factory.mktemp("cells") / "content"
    path.write_bytes(synthetic(*(",".join(row) + tail for row in rows), header=HEAD_OF_CELLS, encoding=encoding))
    quick, tally = taken(path, batch=1000, compiled=True)
    careful, again = taken(path, batch=1000)
    assert quick == careful
    assert (tally.blank, tally.refused, tally.units) == (again.blank, again.refused, again.units)


@pytest.mark.parametrize("compiled", [False, True])
@pytest.mark.parametrize(
    ("header", "lines", "said"),
    [
        ("gb18030", "utf-8", "第1003行是UTF-8编码，表头是GB18030编码"),
        ("utf-8", "gb18030", "第1003行是GB18030编码，表头是UTF-8编码"),
    ],
)
def test_mixed_encodings_are_refused_with_the_line(
    tmp_path: Path, header: str, lines: str, said: str, compiled: bool
) -> None:
    path = tmp_path / "content"
    line = LINES[0].replace("良种", "良")  # an odd number of characters: no GB 18030 text by chance
    path.write_bytes(synthetic(*[line] * 1001, encoding=header) + f"{line}\r\n".encode(lines))
    with pytest.raises(UnreadableFile, match=said):
        taken(path, batch=300, compiled=compiled)


@pytest.mark.parametrize("compiled", [False, True])
def test_a_damaged_character_costs_its_line_only(tmp_path: Path, compiled: bool) -> None:
    path = tmp_path / "content"
    content = synthetic(*[LINES[0]] * 50).splitlines(keepends=True)
    content[7] = content[7].replace("改".encode("gb18030"), b"\x81 ")
    path.write_bytes(b"".join(content))
    rows, tally = taken(path, batch=1000, compiled=compiled)
    assert (len(rows), tally.rows, tally.refused) == (147, 50, 1)
    assert [(d.rule, d.row) for d in tally.defects] == [("bad-row", 8)]
    assert "不是GB18030文字" in tally.defects[0].message


def test_a_file_all_in_another_encoding_than_its_header_is_refused() -> None:
    """Of even numbers of characters each pair of bytes of UTF-8 text may pass as a GB 18030 character."""
    lines = "".join(f"202501,9503,玩具甲乙丙丁,5{i}\r\n" for i in range(20))
    with pytest.raises(UnreadableFile, match="第2行起是UTF-8编码，表头是GB18030编码"):
        parse("数据年月,商品编码,商品名称,美元\r\n".encode("gb18030") + lines.encode())


def test_a_batch_goes_into_the_store_and_comes_back_as_observations(tmp_path: Path) -> None:
    path = tmp_path / "content"
    path.write_bytes(synthetic(*LINES))
    store = delta.DeltaStore(tmp_path / "store")
    store.append_parts((part.relation for part in customs.stream(path, origin=origin(), threads=1)), transaction="t")
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
    for compiled in (False, True):
        rows, tally = taken(path, batch=500, compiled=compiled)
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
