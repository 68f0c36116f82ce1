"""Tables of releases: heads of several lines, captions, unit lines, rows that must stay unbound. Made-up figures."""

from __future__ import annotations

from decimal import Decimal
from pathlib import PurePath

import pytest

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.reading import Reading, read_blocks, read_document

SECTORS = """
<h1>2024年1—8月份全国规模以上工业企业利润</h1><p>来源：国家统计局</p>
<p>表2 2024年1—8月份规模以上工业企业主要财务指标（分行业）</p>
<table><tr><td rowspan=2>行业</td><td colspan=2>营业收入</td><td colspan=2>利润总额</td></tr>
<tr><td>金额<br>（亿元）</td><td>同比增长<br>（％）</td><td>金额（亿元）</td><td>同比增长（％）</td></tr>
<tr><td>总计</td><td>870,001.1</td><td>2.4</td><td>46001.3</td><td>0.5</td></tr>
<tr><td>　农副食品加工业</td><td>35124.5</td><td>－1.2</td><td>934.5</td><td>18.0</td></tr>
<tr><td>　　其中：国有控股企业</td><td>124.5</td><td>-1.2</td><td>4.5</td><td>8.0</td></tr>
<tr><td>　石油、煤炭及其他燃料加工业</td><td>—</td><td>…</td><td>-207.5</td><td>注</td></tr></table>
"""
PRODUCTION = """
<h1>2024年8月份规模以上工业增加值</h1>
<table><caption>2024年8月份规模以上工业生产主要数据</caption>
<tr><td rowspan=2>指标</td><td colspan=2>8月</td><td colspan=2>1—8月</td></tr>
<tr><td>绝对量</td><td>同比增长（％）</td><td>绝对量</td><td>同比增长（％）</td></tr>
<tr><td>一、规模以上工业增加值</td><td>…</td><td>4.5</td><td>…</td><td>5.8</td></tr>
<tr><td>（一）分三大门类</td><td></td><td></td><td></td><td></td></tr>
<tr><td>　采矿业</td><td>…</td><td>3.7</td><td>…</td><td>2.8</td></tr>
<tr><td>（二）分经济类型</td><td></td><td></td><td></td><td></td></tr>
<tr><td>　其中：国有控股企业</td><td>…</td><td>3.5</td><td>…</td><td>4.4</td></tr>
<tr><td>二、主要产品产量</td><td></td><td></td><td></td><td></td></tr>
<tr><td>　布（亿米）</td><td>25.9</td><td>-1.6</td><td>203.4</td><td>1.8</td></tr>
<tr><td>　太阳能电池（光伏电池）（万千瓦）</td><td>5387</td><td>11.7</td><td>40115</td><td>21.9</td></tr>
<tr><td>三、产品销售率（％）</td><td>96.9</td><td>-0.5（百分点）</td><td>96.3</td><td>…</td></tr>
<tr><td>四、出口交货值（亿元）</td><td>13222</td><td>6.4</td><td>97977</td><td>4.4</td></tr></table>
"""


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


def readings(page: str, catalogue: Catalogue, name: str = "a.html") -> list[Reading]:
    document = read_document(PurePath(name), page.encode(), catalogue=catalogue)
    found = read_blocks(document.blocks, catalogue=catalogue, publisher=document.publisher)
    for r in found:  # every number stands where the reading says
        place = document.text[r.start : r.end]
        assert Decimal(r.printed) in (Decimal(d) for d in [_half(place)]), (r, place)
    return found


def _half(place: str) -> str:
    wide = str.maketrans("－０１２３４５６７８９．", "-0123456789.")
    return "".join(c for c in place.translate(wide).replace(",", "") if c in "-0123456789.")


def bound(found: list[Reading]) -> set[str]:
    return {
        f"{r.subject} {r.indicator} {r.measure} {r.period} {r.value} {r.unit}" for r in found if r.kind == "observation"
    }


def test_sectors_by_indicator_columns(catalogue: Catalogue) -> None:
    found = readings(SECTORS, catalogue)
    run = "2024-01/2024-08"
    assert bound(found) == {
        f"industry:BCD@nbs revenue level {run} 870001.1 亿元",
        f"industry:BCD@nbs revenue yoy {run} 2.4 %",
        f"industry:BCD@nbs profit level {run} 46001.3 亿元",
        f"industry:BCD@nbs profit yoy {run} 0.5 %",
        f"industry:13@nbs revenue level {run} 35124.5 亿元",
        f"industry:13@nbs revenue yoy {run} -1.2 %",
        f"industry:13@nbs profit level {run} 934.5 亿元",
        f"industry:13@nbs profit yoy {run} 18.0 %",
        f"industry:25@nbs profit level {run} -207.5 亿元",
    }
    assert [r.why for r in found if r.kind == "unbound"] == ["目录中没有“国有控股企业”"] * 4


def test_production_table_with_sections(catalogue: Catalogue) -> None:
    found = readings(PRODUCTION, catalogue)
    month, run = "2024-08", "2024-01/2024-08"
    assert bound(found) == {
        f"industry:BCD@nbs value_added yoy {month} 4.5 %",
        f"industry:BCD@nbs value_added yoy {run} 5.8 %",
        f"industry:B@nbs value_added yoy {month} 3.7 %",
        f"industry:B@nbs value_added yoy {run} 2.8 %",
        f"product:solar_cells@nbs output level {month} 5387 万千瓦",
        f"product:solar_cells@nbs output yoy {month} 11.7 %",
        f"product:solar_cells@nbs output level {run} 40115 万千瓦",
        f"product:solar_cells@nbs output yoy {run} 21.9 %",
        f"industry:BCD@nbs sales_ratio level {month} 96.9 %",
        f"industry:BCD@nbs sales_ratio yoy {month} -0.5 百分点",
        f"industry:BCD@nbs sales_ratio level {run} 96.3 %",
        f"industry:BCD@nbs export_delivery level {month} 13222 亿元",
        f"industry:BCD@nbs export_delivery yoy {month} 6.4 %",
        f"industry:BCD@nbs export_delivery level {run} 97977 亿元",
        f"industry:BCD@nbs export_delivery yoy {run} 4.4 %",
    }


def test_unit_line_and_month_and_run_columns(catalogue: Catalogue) -> None:
    page = """<p>2024年8月社会消费品零售</p><p>单位：亿元、%</p>
    <table><tr><th>指标</th><th>本月</th><th>本月±%</th><th>本月止累计</th><th>累计±%</th></tr>
    <tr><td>家具类</td><td>121</td><td>-3.7</td><td>990</td><td>1.3</td></tr>
    <tr><td>其中：民营</td><td>21</td><td>-3.7</td><td>90</td><td>1.3</td></tr></table>"""
    assert bound(readings(page, catalogue)) == {
        "retail:furniture@nbs retail_sales level 2024-08 121 亿元",
        "retail:furniture@nbs retail_sales yoy 2024-08 -3.7 %",
        "retail:furniture@nbs retail_sales level 2024-01/2024-08 990 亿元",
        "retail:furniture@nbs retail_sales yoy 2024-01/2024-08 1.3 %",
    }


def test_indicators_in_rows_with_a_unit_column(catalogue: Catalogue) -> None:
    page = """<p>2024年1—8月轻工业主要经济指标</p>
    <table><tr><th>序号</th><th>指标</th><th>单位</th><th>累计</th><th>同比增长(%)</th><th>占全国工业%</th></tr>
    <tr><td>1</td><td>营业收入</td><td>亿元</td><td>152000.5</td><td>1.7</td><td>16.6</td></tr>
    <tr><td>2</td><td>营业收入利润率</td><td>%</td><td>6.04</td><td></td><td></td></tr></table>"""
    found = readings(page, catalogue)
    assert bound(found) == {
        "group:light_industry@cnlic revenue level 2024-01/2024-08 152000.5 亿元",
        "group:light_industry@cnlic revenue yoy 2024-01/2024-08 1.7 %",
        "group:light_industry@cnlic revenue_margin level 2024-01/2024-08 6.04 %",
    }
    assert [r.why for r in found if r.kind == "unbound"] == ["表头里有“占”"]


@pytest.mark.parametrize(
    ("head", "why"),
    [
        ("<th>指标</th><th>金额（亿元）</th><th>环比增长(%)</th>", "环比"),
        ("<th>指标</th><th>金额（亿元）</th><th>上年同期</th>", "上年同期"),
        ("<th>指标</th><th>金额（亿元）</th><th>两年平均增速(%)</th>", "两年"),
        ("<th>指标</th><th>金额（亿元）</th><th>得分</th>", "没有读懂"),
        ("<th>指标</th><th>金额（亿元）</th><th></th>", "没有表头"),
    ],
)
def test_a_column_that_is_not_understood_is_not_bound(head: str, why: str, catalogue: Catalogue) -> None:
    page = f"<p>2024年1—8月营业收入</p><table><tr>{head}</tr><tr><td>家具制造业</td><td>4200.5</td><td>1.1</td></tr></table>"
    found = readings(page, catalogue)
    assert bound(found) == {"industry:21@nbs revenue level 2024-01/2024-08 4200.5 亿元"}
    assert [why in r.why for r in found if r.kind == "unbound"] == [True]


@pytest.mark.parametrize(
    "page",
    [
        "<table><tr><th>行业</th><th>营业收入(亿元)</th></tr><tr><td>家具制造业</td><td>4200.5</td></tr></table>",
        "<h2>2024年8月</h2><table><tr><th>行业</th><th>利润总额(亿元)</th></tr>"
        "<tr><td>家具制造业</td><td>20.5</td></tr></table>",
        "<h2>2024年1—8月利润</h2><table><tr><th>行业</th><th>金额</th></tr><tr><td>家具制造业</td><td>20.5</td></tr></table>",
        "<h2>2024年1—8月利润总额</h2><p>单位：亿元、%</p><table><tr><th>行业</th><th>1—8月</th></tr>"
        "<tr><td>家具制造业</td><td>20.5</td></tr></table>",
        "<h2>2024年1—8月轻工业主要指标</h2><table><tr><th>指标</th><th>累计（亿元）</th></tr><tr><td>国有企业</td><td></td></tr>"
        "<tr><td>营业收入</td><td>20.5</td></tr></table>",
    ],
    ids=["no period", "single month or run", "no unit", "level or growth", "below a section of others"],
)
def test_a_table_that_leaves_something_open_is_not_bound(page: str, catalogue: Catalogue) -> None:
    found = readings(page, catalogue)
    assert not bound(found)
    assert [r.kind for r in found] == ["unbound"]


def test_rows_under_a_subject_heading(catalogue: Catalogue) -> None:
    page = """<p>2024年1—8月</p><table><tr><th>指标</th><th>累计（亿元）</th><th>同比增长（%）</th></tr>
    <tr><td>家具制造业</td><td></td><td></td></tr><tr><td>营业收入</td><td>4200.5</td><td>1.1</td></tr></table>"""
    assert bound(readings(page, catalogue)) == {
        "industry:21@nbs revenue level 2024-01/2024-08 4200.5 亿元",
        "industry:21@nbs revenue yoy 2024-01/2024-08 1.1 %",
    }


TEXT_TABLES = {
    "markdown": "| 行业 | 营业收入（亿元） | 同比增长（%） |\n|---|---|---|\n| 家具制造业 | 4200.5 | 1.1 |\n| 民营企业 | 1.5 | 2.1 |\n",
    "tabs": "行业\t营业收入（亿元）\t同比增长（%）\n家具制造业\t4200.5\t1.1\n民营企业\t1.5\t2.1\n",
    "blanks": "行业 营业收入（亿元） 同比增长（%）\n家具制造业 4200.5 1.1\n民营企业 1.5 2.1\n",
}


@pytest.mark.parametrize("table", TEXT_TABLES.values(), ids=TEXT_TABLES)
def test_tables_in_plain_text(table: str, catalogue: Catalogue) -> None:
    page = f"2024年1—8月家具行业运行情况\n\n1—8月，家具制造业利润总额200亿元。\n\n{table}\n说明完毕。\n"
    found = readings(page, catalogue, "a.md")
    assert bound(found) == {
        "industry:21@nbs profit level 2024-01/2024-08 200 亿元",
        "industry:21@nbs revenue level 2024-01/2024-08 4200.5 亿元",
        "industry:21@nbs revenue yoy 2024-01/2024-08 1.1 %",
    }
