"""Every file that an analyst was given: what it is recognised as, how much is read, and why the rest is not.

No file of the example data may be silently unread: each is listed here as read (shape and rows), proposed (a mapping
for
the user to confirm), or refused with a sentence.
"""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.sources import SHAPES, UnreadableFile, ceic_text, series_workbook, shapes
from qinggong.sources.proposal import confirm, propose, save

FOLDERS = (
    "china_subsector_monthly", "china_macro_products", "china_annual_by_sector", "api_responses", "published_facts",
    "official_releases",
)  # fmt: skip
READ: dict[str, tuple[str, int]] = {
    "china_subsector_monthly/htfa_ifind_iva_revenue_ceidata_exports_202503.xlsx": ("series_workbook", 21243),
    "china_subsector_monthly/htfa_subsector_iva_profit_vintage_20250704.xlsx": ("series_workbook", 17736),
    "china_subsector_monthly/htfa_subsector_iva_profit_vintage_20251014.xlsx": ("series_workbook", 18009),
    "china_subsector_monthly/htfa_subsector_iva_profit_vintage_20251215.xlsx": ("series_workbook", 18077),
    "china_subsector_monthly/htfa_wind_monthly_vintage_20251105.xlsx": ("series_workbook", 108112),
    "china_subsector_monthly/htfa_wind_monthly_vintage_20251204.xlsx": ("series_workbook", 108652),
    "china_macro_products/carbontrading_cpi_yoy_1987_202504.csv": ("series_workbook", 460),
    "china_macro_products/carbontrading_electricity_consumption_monthly.csv": ("series_workbook", 223),
    "china_macro_products/carbontrading_pmi_mfg_2005_202505.csv": ("series_workbook", 244),
    "china_macro_products/nbs_v2_appliance_output_201601_202512.csv": ("series_workbook", 200),
    "china_macro_products/nbs_v2_nev_unit_break_example.csv": ("series_workbook", 0),
    "china_macro_products/zemw_ceic_monthly_1985_2022.m": ("ceic_text", 7252),
    "api_responses/comtrade/comtradr_bulk_error.json": ("comtrade", 0),
    "api_responses/comtrade/comtradr_data_v1_get_C_A_HS.json": ("comtrade", 4),
    "api_responses/dbnomics/dbnomics_v22_series_chelem_chel_refdata.json": ("dbnomics", 0),
    "api_responses/gacc_customs/meridian_release_section4_by_country_janfeb2025_cny.html": ("customs-page", 96),
    "api_responses/nbs_easyquery/ceco_last_12_month_house_invest_y2y.json": ("nbs-answer", 0),
    "api_responses/nbs_easyquery/ceco_last_12_quarter_gdp_y2y.json": ("nbs-answer", 0),
    "api_responses/nbs_easyquery/ceco_last_13_month_cpi_m2m.json": ("nbs-answer", 108),
    "api_responses/nbs_easyquery/ceco_last_13_month_cpi_y2y.json": ("nbs-answer", 108),
    "api_responses/nbs_easyquery/ceco_last_13_month_food_cpi_y2y.json": ("nbs-answer", 12),
    "api_responses/nbs_easyquery/cnstats_test_get_reg_cities.yaml": ("nbs-recording", 0),
    "api_responses/nbs_easyquery/cnstats_test_get_tree.yaml": ("nbs-recording", 0),
    "api_responses/nbs_easyquery/cnstats_test_stats_as_df.yaml": ("nbs-recording", 10),
    "api_responses/nbs_easyquery/cnstats_test_stats_industrial.yaml": ("nbs-recording", 10),
    "api_responses/nbs_easyquery/cnstats_test_stats_multi_period.yaml": ("nbs-recording", 0),
    "api_responses/nbs_easyquery/cnstats_test_stats_multi_zb.yaml": ("nbs-recording", 0),
    "api_responses/nbs_easyquery/cnstats_test_stats_with_reg.yaml": ("nbs-recording", 1),
    "api_responses/nbs_easyquery/cnstats_test_stats_with_reg_annual.yaml": ("nbs-recording", 0),
    "api_responses/nbs_easyquery/sunyangkai_cpi_ppi_202407_202507.js": ("pasted", 208),
    "official_releases/README.md": ("release_text", 0),
    "official_releases/observations.csv": ("table", 4103),
}
"""Files that are read without asking: shape and number of rows; no rows where all series are listed as unmapped."""

PROPOSED: dict[str, tuple[int, int]] = {
    "china_macro_products/liunian_retail_total_2012_2016.js": (4, 1),
    "china_macro_products/wwyhust_industrial_revenue_inventory_yoy_1999_202606.json": (2, 0),
    "china_annual_by_sector/主要货物出口数量.csv": (115, 0),
    "china_annual_by_sector/主要货物出口金额.csv": (123, 0),
    "china_annual_by_sector/工业产品产量.csv": (88, 15),
    "china_annual_by_sector/按工业行业分工业生产者出厂价格指数(上年=100).csv": (39, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_主营业务成本.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_主营业务收入.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_亏损企业单位数.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_产成品.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_企业单位数.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_出口交货值.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_利润总额.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_存货.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2003-2011_应收帐款净额.csv": (40, 0),
    "china_annual_by_sector/规上工业分行业_2003-2011_资产总计.csv": (40, 30),
    "china_annual_by_sector/规上工业分行业_2012-至今_主营业务成本.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_主营业务收入.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_亏损企业单位数.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_产成品.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_企业单位数.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_出口交货值.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_利润总额.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_存货.csv": (42, 40),
    "china_annual_by_sector/规上工业分行业_2012-至今_应收帐款净额.csv": (42, 0),
    "china_annual_by_sector/规上工业分行业_2012-至今_资产总计.csv": (42, 40),
    "published_facts/clii_prosperity_index.csv": (16, 0),
    "published_facts/light_industry_facts.csv": (266, 167),
}
"""Files for which a mapping is proposed: the number of series, and how many of them are suggested to be taken in."""

REFUSED: dict[str, str] = {
    "china_subsector_monthly/htfa_subsector_weights_attributes.csv": "也没有时期，像是名录、权重或属性表，不是观测数据",
    "china_subsector_monthly/htfa_value_added_by_io_sector_2012_2015_2018_2020.xlsx": "没有一张工作表有写明时期的行或列，像是名录、权重或投入产出表",
    "china_macro_products/zemw_ceic_series_names.csv": "也没有时期，像是名录、权重或属性表，不是观测数据",
    "api_responses/comtrade/comtradr_bulk_v1_get_C_A_HS.json": "这是 Comtrade 批量文件的目录，不含数字，请查询数据接口",
    "api_responses/gacc_customs/meridian_release_section4_by_country_jan2018_cny.html": "网页里的表格是图片，没有数字",
    "api_responses/gacc_customs/meridian_seed_2026.html": "目录",
    "api_responses/nbs_easyquery/cnstats_test_invalid_query.yaml": "501：对不起，未能找到符合查询条件的信息。请核对查询的指标代码和时期后重新下载",
    "api_responses/nbs_v2_api_facts.md": "不认识的文件类型",
}
"""Files that hold nothing to take in, and what the user is told."""

SDMX = "api_responses/sdmx/"
OWN_NUMBERS = ("series_workbook", "ceic_text", "pasted", "nbs-recording")


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    return shared / "data"


def files(data: Path) -> list[str]:
    found = [p for folder in FOLDERS for p in sorted((data / folder).rglob("*")) if p.is_file()]
    # Those of the SDMX library have a test of their own (the library is an extra).
    return [n for p in found if not (n := p.relative_to(data).as_posix()).startswith(SDMX)]


def test_no_file_is_forgotten(data: Path) -> None:
    if not all((data / folder).is_dir() for folder in FOLDERS):
        pytest.skip("示例数据不全，跳过 / part of the example data is absent")
    assert sorted(files(data)) == sorted([*READ, *PROPOSED, *REFUSED])


def outcome(path: Path) -> tuple[str, int, str]:
    """Shape, number of rows, and what the user is told."""
    content = path.read_bytes()
    shape = next((s for s in SHAPES if s.recognises(path, content[:65536])), None)
    if shape is None:
        return "", 0, "不认识的文件类型"
    try:
        parsed = shape.parse(path, content)
    except UnreadableFile as error:
        return shape.id, 0, str(error)
    if shape.id in OWN_NUMBERS:
        assert len({r.row for r in parsed.rows}) == len(parsed.rows)
    assert not parsed.defects
    assert all(u.why for u in parsed.unmapped)
    return shape.id, len(parsed.rows), parsed.recognised


def needed(data: Path, name: str) -> Path:
    path = data / name
    if not path.is_file():
        pytest.skip(f"没有 {name}，跳过 / absent")
    return path


@pytest.mark.parametrize("name", READ)
def test_read(data: Path, name: str) -> None:
    shape, rows, told = outcome(needed(data, name))
    assert (shape, rows) == READ[name], told
    assert told or shape == "table"


@pytest.mark.parametrize("name", PROPOSED)
def test_proposed(data: Path, name: str) -> None:
    path = needed(data, name)
    shape, rows, told = outcome(path)
    assert rows == 0 and shape in ("series_workbook", "pasted", "table")
    assert re.search(r"先提出各列的对应关系|没有找到含“时期", told)
    found = propose(path, path.read_bytes(), catalogue=load_catalogue(), day=dt.date(2026, 11, 21))
    series, taken = sum(len(p.guesses) for p in found), sum(g.take for p in found for g in p.guesses)
    assert (series, taken) == PROPOSED[name]


@pytest.mark.parametrize("name", REFUSED)
def test_refused_with_a_sentence(data: Path, name: str) -> None:
    _, rows, told = outcome(needed(data, name))
    assert rows == 0 and re.search(REFUSED[name], told), told


def filled(text: str, name: str, **fields: str) -> str:
    """A proposal's text with the fields of one series as a person would fill them in."""
    start = text.index(f'  - name: "{name}"')
    end = text.find("  - name:", start + 1)
    block = text[start : end if end > 0 else len(text)]
    changed = block
    for field, value in fields.items():
        changed = re.sub(rf"(?m)^(    {field}: )[^#\n]*", rf"\g<1>{value} ", changed)
    return text.replace(block, changed)


def test_a_pasted_file_is_read_once_its_two_series_are_named(data: Path, tmp_path: Path) -> None:
    """Keys in English: the user says that they are the growth of revenue and of finished goods; Wind has the same."""
    path = needed(data, "china_macro_products/wwyhust_industrial_revenue_inventory_yoy_1999_202606.json")
    catalogue = load_catalogue()
    (proposal,) = propose(path, path.read_bytes(), catalogue=catalogue, day=dt.date(2026, 11, 21))
    layout = save(proposal, tmp_path)
    text = layout.read_text(encoding="utf-8")
    common = {"take": "true", "subject": "规模以上工业", "measure": "yoy", "unit": '"%"'}
    text = filled(text, "revenue_yoy", indicator="营业收入", span="ytd", **common)
    text = filled(text, "inventory_yoy", indicator="产成品存货", span="point", **common)
    layout.write_text(text, encoding="utf-8")
    confirm(layout)
    own = next(s for s in shapes(overlay=tmp_path, catalogue=catalogue) if s.id == "pasted")
    pasted = own.parse(path, path.read_bytes())
    assert (len(pasted.rows), pasted.defects) == (524, ())
    wind = needed(data, "china_subsector_monthly/htfa_wind_monthly_vintage_20251204.xlsx")
    known = {
        (r.indicator, r.period): float(r.value)
        for r in series_workbook.SHAPE.parse(wind, wind.read_bytes()).rows
        if r.subject == "规模以上工业" and r.measure == "yoy"
    }
    figures = {(r.indicator, r.period): float(r.value) for r in pasted.rows if r.period >= "2019"}
    shared_keys = figures.keys() & known.keys()
    assert len(shared_keys) > 140
    assert [k for k in shared_keys if figures[k] != known[k]] == []


def test_the_text_of_ceic_agrees_with_other_sources(data: Path) -> None:
    """Months that the data service, Wind and CEIC all have: equal to the last digit that each of them shows."""
    text = needed(data, "china_macro_products/zemw_ceic_monthly_1985_2022.m")
    fridges = needed(data, "china_macro_products/nbs_v2_appliance_output_201601_202512.csv")
    pmi = needed(data, "china_macro_products/carbontrading_pmi_mfg_2005_202505.csv")
    ceic = {
        (r.subject, r.indicator, r.period): float(r.value) for r in ceic_text.SHAPE.parse(text, text.read_bytes()).rows
    }
    output = {
        r.period: float(r.value)
        for r in series_workbook.SHAPE.parse(fridges, fridges.read_bytes()).rows
        if r.subject == "家用电冰箱"
    }
    both = [p for p in output if ("家用电冰箱", "产量", p) in ceic]
    assert len(both) == 69
    assert all(abs(ceic["家用电冰箱", "产量", p] / 10 - output[p]) < 0.051 for p in both)
    index = {r.period: float(r.value) for r in series_workbook.SHAPE.parse(pmi, pmi.read_bytes()).rows}
    months = [p for p in index if ("制造业(采购经理调查)", "采购经理指数", p) in ceic]
    assert len(months) == 216
    assert all(ceic["制造业(采购经理调查)", "采购经理指数", p] == index[p] for p in months)
