"""DBnomics responses: synthetic series; only what the mapping names comes in."""

from __future__ import annotations

import json
from pathlib import Path, PurePath
from typing import Any

import pytest

from qinggong.sources.base import UnreadableFile
from qinggong.sources.dbnomics import SHAPE, shape

DOC: dict[str, Any] = {
    "@frequency": "monthly", "provider_code": "ORG", "dataset_code": "TRADE", "series_code": "M.CHN.TOYS",
    "series_name": "Toys", "dimensions": {"FREQ": "M", "AREA": "CHN"},
    "period": ["2024-07", "2024-08", "2024-Q3", "2024-08-05"], "value": [1.5, "NA", 2, 3],
}  # fmt: skip
MAPPING = """id: own
title: 自定
source: 测试
read_at: 2026-11-21
valid_from: 2026-01-01
entries:
  - {series: ORG/TRADE/M.CHN.TOYS, subject: 玩具, indicator: exports_usd, unit: 百万美元, publisher: gacc}
"""


def response(*docs: dict[str, Any], found: int = 1) -> bytes:
    return json.dumps(
        {"_meta": {"version": "22"}, "provider_code": "ORG", "series": {"docs": list(docs), "num_found": found}}
    ).encode()


def own(folder: Path, text: str = MAPPING) -> Path:
    (folder / "sources").mkdir(exist_ok=True)
    (folder / "sources" / "dbnomics.yaml").write_text(text, encoding="utf-8")
    return folder


def test_an_unmapped_series_is_listed_with_its_figures() -> None:
    parsed = SHAPE.parse(PurePath("a.json"), response(DOC, found=2))
    assert parsed.rows == ()
    assert [(u.series, u.figures) for u in parsed.unmapped] == [("ORG/TRADE/M.CHN.TOYS（Toys）", 4)]
    assert "还有下一页" in parsed.recognised


def test_a_mapping_in_the_workspace_makes_it_come_in(tmp_path: Path) -> None:
    parsed = shape(overlay=own(tmp_path)).parse(PurePath("a.json"), response(DOC))
    assert [(r.row, r.period, r.subject, r.indicator, r.value, r.unit) for r in parsed.rows] == [
        (1, "2024-07", "玩具", "exports_usd", "1.5", "百万美元"),
        (3, "2024-07/2024-09", "玩具", "exports_usd", "2", "百万美元"),
    ]
    assert parsed.blank_rows == 1
    assert [(d.row, d.rule) for d in parsed.defects] == [(4, "unknown-period")]
    assert parsed.unmapped == ()


def test_a_wrong_mapping_names_file_and_line(tmp_path: Path) -> None:
    broken = own(tmp_path, MAPPING.replace("unit:", "units:"))
    with pytest.raises(UnreadableFile, match=r"dbnomics.yaml, line 7"):
        shape(overlay=broken).parse(PurePath("a.json"), response(DOC))


def test_an_entry_that_fits_several_series_takes_none(tmp_path: Path) -> None:
    text = MAPPING.replace("series: ORG/TRADE/M.CHN.TOYS", "dimensions: {AREA: CHN}")
    docs = (DOC, DOC | {"series_code": "M.CHN.SHOES"})
    parsed = shape(overlay=own(tmp_path, text)).parse(PurePath("a.json"), response(*docs))
    assert parsed.rows == ()
    assert ["几个序列" in u.why for u in parsed.unmapped] == [True, True]


@pytest.mark.parametrize(
    "content",
    [
        response(DOC | {"period": ["2024"]}),
        response(DOC | {"value": None}),
        b'{"_meta": {}, "provider_code": "", "errors": [{"message": "no such dataset"}], "series": null}',
        b'{"series": {"docs": [1]}}',
        b"{",
    ],
)
def test_errors_of_the_whole_file(content: bytes) -> None:
    with pytest.raises(UnreadableFile):
        SHAPE.parse(PurePath("a.json"), content)


def test_recognised() -> None:
    assert SHAPE.recognises(PurePath("a.json"), response(DOC))
    assert not SHAPE.recognises(PurePath("a.json"), b'{"returncode": 200}')
