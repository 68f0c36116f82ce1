"""Recorded release pages of the customs, and the headings of the HS; skipped without the shared example data."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from qinggong.catalogue.concordance import load_concordance
from qinggong.sources import customs_pages
from qinggong.sources.base import UnreadableFile

WHOLE = (
    "02 04 07 08 09 10 11 15 16 17 18 19 20 21 22 23 24 33 34 42 43 46 47 48 49 64 65 66 67 91 92 95 96"
)  # fmt: skip
"""Chapters of which every heading is linked."""


def test_the_page_by_country(shared: Path) -> None:
    folder = shared / "data" / "api_responses" / "gacc_customs"
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
    assert parsed.defects == ()
    assert "European Union" in [u.series for u in parsed.unmapped]
    for name, said in (("release_section4_by_country_jan2018_cny", "图片"), ("seed_2026", "目录")):
        other = folder / f"meridian_{name}.html"
        with pytest.raises(UnreadableFile, match=said):
            customs_pages.SHAPE.parse(other, other.read_bytes())


def test_the_concordance_covers_the_headings(shared: Path) -> None:
    table = shared / "data" / "classifications" / "hs_harmonized-system_en.csv"
    with table.open(encoding="utf-8", newline="") as file:
        codes = {row["hscode"] for row in csv.DictReader(file)}
    links = load_concordance().links
    assert [c for c in links if c not in codes] == []
    wanted = [c for c in codes if len(c) == 4 and c[:2] in WHOLE.split()]
    assert sorted(c for c in wanted if not any(k.startswith(c) for k in links)) == []
