"""Recorded release pages of the customs, and the headings of the HS; skipped without the shared example data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qinggong.catalogue.concordance import load_concordance
from qinggong.sources import customs_pages
from qinggong.sources.base import UnreadableFile
from qinggong.sources.customs_commodities import commodity, headings
from qinggong.sources.customs_html import read_page

WHOLE = (
    "02 04 07 08 09 10 11 15 16 17 18 19 20 21 22 23 24 33 34 42 43 46 47 48 49 64 65 66 67 91 92 95 96"
)  # fmt: skip
"""Chapters of which every heading is linked."""
NOT_LIGHT = {"服装及衣着附件", "农产品", "水产品", "音视频设备及其零件", "手机"}
"""Goods of the recorded list that the catalogue does not keep: no subject of light industry is named so."""


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "data" / "api_responses" / "gacc_customs"


def test_the_page_by_country(folder: Path) -> None:
    path = folder / "meridian_release_section4_by_country_janfeb2025_cny.html"
    content = path.read_bytes()
    assert customs_pages.SHAPE.recognises(path, content[:65536])
    parsed = customs_pages.SHAPE.parse(path, content)
    found = {(r.subject, r.indicator, r.measure): r.value for r in parsed.rows}
    assert len(found) == len(parsed.rows) == 96
    assert found["trade:hs.total@gacc", "exports_cny", "level"] == "38812.1"
    assert found["trade:hs.total.p502@gacc", "imports_cny", "yoy"] == "3.8"
    assert found["trade:hs.total.p110@gacc", "exports_cny", "level"] == "3112.8"
    assert {(r.period, r.published, r.unit) for r in parsed.rows if r.measure == "level"} == {
        ("2025-01/2025-02", "2025-03-11", "亿元")
    }
    assert {(r.period, r.title.partition("：")[0]) for r in parsed.rows} == {("2025-01/2025-02", "海关总署统计快讯")}
    assert parsed.defects == ()
    assert "European Union" in [u.series for u in parsed.unmapped]


def test_the_page_whose_table_is_a_picture(folder: Path) -> None:
    path = folder / "meridian_release_section4_by_country_jan2018_cny.html"
    page = read_page(path.read_bytes())
    assert (page.date, page.images, page.rows) == ("2018-03-08", 1, ())
    with pytest.raises(UnreadableFile, match="图片"):
        customs_pages.SHAPE.parse(path, path.read_bytes())


def test_the_index_of_a_year(folder: Path) -> None:
    path = folder / "meridian_seed_2026.html"
    content = path.read_bytes()
    assert customs_pages.SHAPE.recognises(path, content[:65536])
    listed = customs_pages.read_index(content)
    assert {f.year for f in listed} == {2026}
    assert {f.month for f in listed} == {2, 3}
    assert all(f.url.startswith("http://english.customs.gov.cn/Statics/") for f in listed)
    titles = list(dict.fromkeys(f.title for f in listed))
    assert "(4) China's Total Export & Import Values by Country/Region (in CNY)" in titles
    assert "(5) China's Major Exports by Quantity and Value (in USD)" in titles
    with pytest.raises(UnreadableFile, match=r"2026年的发布目录页.*最新到3月.*Major Exports"):
        customs_pages.SHAPE.parse(path, content)


def test_mutated_recorded_pages_give_rows_or_an_unreadable_file(folder: Path) -> None:
    pages = [path.read_bytes() for path in sorted(folder.glob("*.html"))]
    assert len(pages) == 3

    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def mutate(data: st.DataObject) -> None:
        content = bytearray(data.draw(st.sampled_from(pages)))
        for _ in range(data.draw(st.integers(1, 20))):
            position = data.draw(st.integers(0, len(content) - 1))
            if data.draw(st.booleans()):
                content[position] = data.draw(st.integers(0, 255))
            else:
                del content[position : position + data.draw(st.integers(1, 2000))]
            if not content:
                return
        try:
            parsed = customs_pages.SHAPE.parse(Path("page.html"), bytes(content))
        except UnreadableFile as error:
            assert str(error)
        else:
            assert all(r.subject.startswith("trade:hs.total") for r in parsed.rows)

    mutate()


def test_the_goods_of_the_recorded_list_are_named(shared: Path) -> None:
    table = shared / "data" / "classifications" / "gacc_export_commodity_zh_en.csv"
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 14
    for row in rows:
        goods = commodity(row["zh"], year=2026)
        assert (goods is None) == (row["zh"] in NOT_LIGHT), row
        assert goods is commodity(row["en"], year=2026)


def test_the_concordance_covers_the_headings(shared: Path) -> None:
    table = shared / "data" / "classifications" / "hs_harmonized-system_en.csv"
    with table.open(encoding="utf-8", newline="") as file:
        codes = {row["hscode"] for row in csv.DictReader(file)}
    links = load_concordance().links
    assert [c for c in links if c not in codes] == []
    wanted = [c for c in codes if len(c) == 4 and c[:2] in WHOLE.split()]
    assert sorted(c for c in wanted if not any(k.startswith(c) for k in links)) == []
    for name in (
        "玩具",
        "家用电器",
        "鞋靴",
        "箱包及类似容器",
        "陶瓷产品",
        "塑料制品",
        "家具及其零件",
        "灯具、照明装置及其零件",
    ):
        goods = commodity(name, year=2026)
        assert goods is not None
        assert any(heading in codes for heading in headings(goods)), name
