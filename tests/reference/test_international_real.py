"""Recorded responses of Comtrade, DBnomics and SDMX services; skipped without the shared example data."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from qinggong.sources import comtrade, dbnomics, sdmx
from qinggong.sources.base import UnreadableFile

SDMX_DATA = {
    "ECB_EXR_1_M.USD.EUR.SP00.A.xml": (1, 252),
    "ECB_EXR_flat.json": (2, 4),
    "ECB_EXR_ng-flat.xml": (4, 12),
    "ECB_EXR_ng-ts.xml": (4, 12),
    "ECB_EXR_ts.json": (2, 4),
    "IMF_PCPS.xml": (1, 1),
    "IMF_RES_WEO-data.xml": (1, 1),
    "OECD_data-PART2-all-all.json": (7, 7),
}
SDMX_OTHER = (
    "ECB_EXR_ng-structure.xml",
    "ESTAT_GOV_10Q_GGNFA.xml",
    "ESTAT_footer.xml",
    "IMF_01R.xml",
    "UNSD_codelist_partial.xml",
)
MAPPING = """id: own
title: 自定
source: 测试
read_at: 2026-11-21
valid_from: 2026-01-01
entries:
  - {dimensions: {FREQ: M, CURRENCY: USD}, subject: 玩具, indicator: exports_usd, unit: 美元, publisher: gacc}
"""


@pytest.fixture
def recorded(shared: Path) -> Path:
    return shared / "data" / "api_responses"


def test_comtrade(recorded: Path) -> None:
    folder = recorded / "comtrade"
    path = folder / "comtradr_data_v1_get_C_A_HS.json"
    parsed = comtrade.SHAPE.parse(path, path.read_bytes())
    assert [(r.subject, r.indicator, r.period, r.value) for r in parsed.rows] == [
        ("trade:hs.total.p32@comtrade", "imports_usd", "2010-01/2010-12", "6804128143"),
        ("trade:hs.total.p276@comtrade", "imports_usd", "2010-01/2010-12", "74251272075"),
        ("trade:hs.total.p32@comtrade", "exports_usd", "2010-01/2010-12", "6115764185"),
        ("trade:hs.total.p276@comtrade", "exports_usd", "2010-01/2010-12", "68047133397"),
    ]
    with pytest.raises(UnreadableFile, match="目录"):
        comtrade.SHAPE.parse(path, (folder / "comtradr_bulk_v1_get_C_A_HS.json").read_bytes())


def test_dbnomics(recorded: Path) -> None:
    path = recorded / "dbnomics" / "dbnomics_v22_series_chelem_chel_refdata.json"
    content = path.read_bytes()
    assert dbnomics.SHAPE.recognises(path, content[:65536])
    parsed = dbnomics.SHAPE.parse(path, content)
    assert len(parsed.unmapped) == 1000
    assert sum(u.figures for u in parsed.unmapped) == 55_000


@pytest.mark.skipif(importlib.util.find_spec("sdmx") is None, reason="附加组件 sdmx 没有安装")
def test_sdmx(recorded: Path, tmp_path: Path) -> None:
    folder = recorded / "sdmx"
    assert {p.name for p in folder.iterdir()} == {*SDMX_DATA, *SDMX_OTHER}
    for name, (series, figures) in SDMX_DATA.items():
        content = (folder / name).read_bytes()
        assert sdmx.SHAPE.recognises(folder / name, content[:65536]), name
        parsed = sdmx.SHAPE.parse(folder / name, content)
        assert (len(parsed.unmapped), sum(u.figures for u in parsed.unmapped)) == (series, figures), name
    for name in SDMX_OTHER:
        with pytest.raises(UnreadableFile):
            sdmx.SHAPE.parse(folder / name, (folder / name).read_bytes())
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "sdmx.yaml").write_text(MAPPING, encoding="utf-8")
    path = folder / "ECB_EXR_1_M.USD.EUR.SP00.A.xml"
    rows = sdmx.shape(overlay=tmp_path).parse(path, path.read_bytes()).rows
    assert (len(rows), rows[0].period, rows[0].value) == (252, "1999-01", "1.16078")
