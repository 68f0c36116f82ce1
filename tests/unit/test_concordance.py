"""Goods to industries: the bundled links, the longest code first, and the subjects of trade."""

from __future__ import annotations

from pathlib import Path

import pytest

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.concordance import load_concordance, subject_of_key, trade_subject

HEAD = """id: own
title: 自定
source: 测试
read_at: 2026-11-21
valid_from: 2022-01-01
edition: HS 2022
entries:
"""
CHAPTERS = {
    "02": 10, "03": 8, "04": 10, "07": 14, "08": 14, "09": 10, "10": 8, "11": 9, "15": 18, "16": 5, "17": 4, "18": 6,
    "19": 5, "20": 9, "21": 6, "22": 9, "24": 4, "33": 7, "42": 4, "46": 2, "47": 7, "48": 22, "49": 11, "64": 6,
    "66": 3, "67": 4, "91": 14, "92": 7, "95": 6, "96": 20,
}  # fmt: skip
"""Chapters of light-industry goods and, at least, how many of their headings are linked."""


def test_every_link_goes_to_an_industry_of_the_catalogue() -> None:
    known = load_catalogue().industries
    links = [k for found in load_concordance().links.values() for k in found]
    assert len(links) > 400
    assert [k.hs for k in links if k.industry not in known] == []
    assert {k.share for k in links} == {"whole", "main", "part"}


@pytest.mark.parametrize(("chapter", "count"), CHAPTERS.items())
def test_the_headings_of_light_industry_are_linked(chapter: str, count: int) -> None:
    headings = {code[:4] for code in load_concordance().links if code.startswith(chapter)}
    assert len(headings) >= count


def test_the_longest_code_wins() -> None:
    found = load_concordance()
    assert [k.industry for k in found.industries("84145110")] == ["385"]
    assert found.industries("84148000") == ()
    assert [k.industry for k in found.industries("94036010")] == ["211"]
    assert [k.industry for k in found.industries("9403")] == ["21"]
    assert [(k.industry, k.share) for k in found.industries("160250")] == [("135", "main"), ("145", "part")]
    assert found.industries("2709") == ()
    assert found.name("950300") == "玩具"


def test_goods_of_an_industry() -> None:
    codes = [k.hs for k in load_concordance().goods("385")]
    assert {"8415", "841810", "845011", "8509", "8516"} <= set(codes)
    assert codes == sorted(codes)
    assert {k.industry for k in load_concordance().goods("21")} == {"21", "211", "212", "213", "214", "219"}


def test_a_workspace_links_codes_its_own_way(tmp_path: Path) -> None:
    (tmp_path / "concordance").mkdir()
    file = tmp_path / "concordance" / "hs_gbt4754.yaml"
    file.write_text(HEAD + '  - {hs: ["8715"], industry: "376", share: main, name: 婴儿车}\n', encoding="utf-8")
    assert [k.industry for k in load_concordance(overlay=tmp_path).industries("871500")] == ["376"]
    file.write_text(HEAD + '  - {hs: ["87I5"], industry: "376", share: main, name: 婴儿车}\n', encoding="utf-8")
    with pytest.raises(CatalogueError, match=r"hs_gbt4754.yaml, line 8"):
        load_concordance(overlay=tmp_path)
    twice = HEAD + 2 * '  - {hs: ["8715"], industry: "376", share: part, name: 婴儿车}\n'
    file.write_text(twice, encoding="utf-8")
    with pytest.raises(CatalogueError, match="twice"):
        load_concordance(overlay=tmp_path)


def test_subjects_of_trade() -> None:
    subject = trade_subject("hs.95030010.p502.m10")
    assert subject.key == "trade:hs.95030010.p502.m10@gacc"
    assert subject.name == "玩具（HS 95030010）·贸易伙伴502·贸易方式10"
    assert trade_subject("hs.95030010", name="乘骑玩具").name == "乘骑玩具（HS 95030010）"
    assert trade_subject("hs.total.p502").name == "全部商品·贸易伙伴502"
    assert trade_subject("hs.2709").name == "HS 2709"
    assert subject_of_key(subject.key) == subject
    assert subject_of_key("玩具") is None
    assert subject_of_key("trade:lamps@gacc") is None
    with pytest.raises(CatalogueError):
        trade_subject("hs.950")
