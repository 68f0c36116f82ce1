"""The national data service: names, codes, answers of both interfaces, downloads. All figures are synthetic."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import time
from pathlib import Path, PurePath
from typing import Any

import pytest
import xlsxwriter  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.load import load_catalogue as load_with_overlay
from qinggong.catalogue.nbs_codes import FILE, load_nbs_codes, read_nbs_codes
from qinggong.sources import nbs, nbs_download
from qinggong.sources.base import Parsed, UnreadableFile
from qinggong.sources.nbs import read_answer
from qinggong.sources.nbs_download import read_download
from qinggong.validate import check_rows

CSV = """数据库：月度数据
时间：最近3个月
指标,2099年3月,2099年2月,2099年1月
规模以上工业增加值_同比增长(%),4.0,,
规模以上工业增加值_累计增长(%),4.2,4.3,
啤酒产量_当期值(万千升),301.2,,
啤酒产量_累计值(万千升),"1,000.5",660.0,
卷烟产量_当期值(亿支),9.9,,
产成品存货_增减(%),3.1,2.9,
注：本表数字为测试用。
数据来源：国家统计局
"""


def node(code: str, time: str, text: str | None, **more: str) -> dict[str, Any]:
    held = text is not None
    data = {"data": float(text or 0), "dotcount": 1, "hasdata": held, "strdata": text or ""}
    wds = [("zb", code), *more.items(), ("sj", time)]
    return {"code": f"zb.{code}_sj.{time}", "data": data, "wds": [{"wdcode": k, "valuecode": v} for k, v in wds]}


def easyquery(names: dict[str, tuple[str, str]], nodes: list[dict[str, Any]]) -> bytes:
    labels = [{"code": c, "cname": n, "name": n, "unit": u, "dotcount": 1} for c, (n, u) in names.items()]
    data = {"datanodes": nodes, "freshsort": 0, "hasdatacount": 1}
    data["wdnodes"] = [{"wdcode": "zb", "wdname": "指标", "nodes": labels}]
    return json.dumps({"returncode": 200, "returndata": data}, ensure_ascii=False).encode()


def website(*months: tuple[str, list[dict[str, Any]]]) -> bytes:
    return json.dumps(
        {"success": True, "data": [{"code": c, "name": c, "values": v} for c, v in months]}, ensure_ascii=False
    ).encode()


def item(name: str, value: str, unit: str = "%", area: str = "全国") -> dict[str, Any]:
    return {"_id": "0" * 32, "i_showname": name, "value": value, "du_name": unit, "da_name": area}


def short(parsed: Parsed) -> list[tuple[str, ...]]:
    return [(r.period, r.subject, r.indicator, r.measure, r.value, r.unit, r.region) for r in parsed.rows]


BEER = {"A02090A01": ("啤酒产量_当期值", "万千升"), "A02090A02": ("啤酒产量_累计值", "万千升")}


# ------------------------------------------------------------------------------------------- names and codes


def test_every_code_of_the_file_leads_to_the_catalogue() -> None:
    codes, catalogue = load_nbs_codes(), load_catalogue()
    for code, entry in codes.nodes.items():
        assert entry.indicators, code
        for indicator in entry.indicators:
            assert entry.kind in catalogue.indicators[indicator].kinds, code
        for key in entry.subjects:
            assert key in catalogue.known_subjects, (code, key)
    for stem in codes.file.stems:
        assert catalogue.indicator(stem.indicator)
        for unit in stem.unit_as.values():
            assert catalogue.unit(unit)
    for name in codes.file.names.values():
        assert catalogue.subject(name, indicator="producer_prices" if name.endswith("业") else "")
    assert catalogue.publisher(codes.file.publisher)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("规上工业增加值_同比增长", ("规上工业", "value_added", "yoy", "month")),
        ("农副食品加工业出口交货值_累计值", ("农副食品加工业", "export_delivery", "level", "ytd")),
        ("家用电冰箱（家用冷冻冷藏箱）产量_当期值", ("家用电冰箱(家用冷冻冷藏箱)", "output", "level", "month")),
        ("房间空气调节器产量当期值", ("房间空气调节器", "output", "level", "month")),
        ("家具类商品零售类值_累计增长", ("家具类", "retail_sales", "yoy", "ytd")),
        ("利润总额_累计值", ("", "profit", "level", "ytd")),
        ("产成品存货_本月末", ("", "finished_goods", "level", "point")),
        ("家具制造业工业生产者出厂价格指数(上年同期=100)", ("家具制造业", "producer_prices", "yoy", "ytd")),
        ("工业亏损企业亏损总额_累计值", ("工业", "losses", "level", "ytd")),
        ("主营业务收入_累计增长", ("", "main_revenue", "yoy", "ytd")),
    ],
)
def test_a_name_is_taken_apart(name: str, expected: tuple[str, ...]) -> None:
    read = load_nbs_codes().read(name)
    assert (read.subject, read.indicator, read.measure, read.span) == expected and not read.why


@pytest.mark.parametrize(
    "name",
    [
        "利润总额_上年同期累计值",
        "商品零售价格指数(上年同月=100)",
        "非制造业采购经理指数",
        "规上工业增加值_环比增长",
        "房地产投资_累计值",
    ],
)
def test_a_name_that_is_not_taken_says_why(name: str) -> None:
    assert load_nbs_codes().read(name).why


def test_a_unit_stands_in_the_brackets_behind_the_suffix() -> None:
    read = load_nbs_codes().read("机制纸及纸板（外购原纸加工除外）产量当期值 (万吨) ")
    assert (read.subject, read.unit) == ("机制纸及纸板(外购原纸加工除外)", "万吨")


def test_the_innermost_table_of_a_code() -> None:
    codes = load_nbs_codes()
    found = [codes.node(c) for c in ("A02080902", "A020O0913", "A02090D01", "A0D0101")]
    assert [n.code if n else None for n in found] == ["A020809", "A020O09", "A0209", None]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("measure: level, span: month}", "measure: level}"), "give either measure and span"),
        (("kind: product\n", "kind: produkt\n"), "line .*kind"),
        (("      A02090A:", "      A03090A:"), "not below A0209"),
        (("preferred: website", "preferred: website\nsurplus: 1"), "surplus"),
        (("publisher: nbs", "publisher: [nbs"), "not readable as YAML"),
        (("{code: A0205,", "{code: A0201,"), "A0201: stands twice"),
    ],
)
def test_a_fault_of_the_file_says_where_it_is(change: tuple[str, str], message: str) -> None:
    from importlib import resources

    text = resources.files("qinggong.catalogue").joinpath("data", *FILE.split("/")).read_text(encoding="utf-8")
    assert change[0] in text
    with pytest.raises(CatalogueError, match=message):
        read_nbs_codes(text.replace(*change, 1))


# ---------------------------------------------------------------------------------------------- old interface


def test_published_digits_periods_and_missing_cells() -> None:
    nodes = [node("A02090A01", "209903", "301.0"), node("A02090A01", "209902", None), node("A02090A01", "209901", None)]
    nodes += [node("A02090A02", t, v) for t, v in (("209903", "1000.50"), ("209902", "699.5"), ("209901", None))]
    parsed = read_answer(easyquery(BEER, nodes))
    assert short(parsed) == [
        ("2099-03", "啤酒", "output", "level", "301.0", "万千升", "CN"),
        ("2099-01/2099-03", "啤酒", "output", "level", "1000.50", "万千升", "CN"),
        ("2099-01/2099-02", "啤酒", "output", "level", "699.5", "万千升", "CN"),
    ]
    assert parsed.blank_rows == 3 and not parsed.defects and not parsed.unmapped
    assert [r.row for r in parsed.rows] == [1, 4, 5]
    assert parsed.recognised == "国家数据 easyquery 应答：2个指标，3期"
    assert {(r.publisher, r.published, r.title) for r in parsed.rows[:1]} == {("nbs", "", "国家数据：啤酒产量_当期值")}


def test_a_number_beside_hasdata_false_is_no_figure() -> None:
    cell = node("A02090A01", "209903", "7.5")
    cell["data"]["hasdata"] = False
    parsed = read_answer(easyquery(BEER, [cell]))
    assert parsed.rows == () and parsed.blank_rows == 1
    assert "全部没有数据" in parsed.recognised


@pytest.mark.parametrize("time", ["202001", "202002"])
def test_a_single_january_or_february_stays_out_once_a_series(time: str) -> None:
    parsed = read_answer(easyquery(BEER, [node("A02090A01", time, "1.0"), node("A02090A01", time, "1.0")]))
    assert parsed.rows == () and [(u.series, u.figures) for u in parsed.unmapped] == [("啤酒产量_当期值", 2)]
    assert "1—2月" in parsed.unmapped[0].why


def test_stocks_are_of_the_month_end_and_have_no_january() -> None:
    names = {"A020A0E": ("产成品存货_本月末", "亿元"), "A020A0G": ("产成品存货_增减", "%")}
    nodes = [node("A020A0E", "209902", "5.0"), node("A020A0G", "209902", "3.0"), node("A020A0E", "209901", "4.0")]
    parsed = read_answer(easyquery(names, nodes))
    assert short(parsed) == [
        ("2099-02", "规模以上工业", "finished_goods", "level", "5.0", "亿元", "CN"),
        ("2099-02", "规模以上工业", "finished_goods", "yoy", "3.0", "%", "CN"),
    ]
    assert [u.why for u in parsed.unmapped] == ["1月份免报，没有1月末数据"]


def test_a_price_index_becomes_growth_with_its_digits() -> None:
    names = {"A010B0E": ("家具制造业工业生产者出厂价格指数(上年同月=100)", "")}
    nodes = [node("A010B0E", t, v) for t, v in (("202403", "99.4"), ("202402", "100.0"), ("202401", "102.25"))]
    parsed = read_answer(easyquery(names, nodes))
    assert [(r.period, r.value, r.unit) for r in parsed.rows] == [
        ("2024-03", "-0.6", "%"), ("2024-02", "0.0", "%"), ("2024-01", "2.25", "%"),
    ]  # fmt: skip
    assert parsed.rows[0].title.endswith("（减100）")


@pytest.mark.parametrize(
    ("code", "name", "unit", "why"),
    [
        ("A02090A01", "啤酒产量_当期值", "万吨", "不能换算"),
        ("A02090A01", "啤酒产量_当期值", "", "没有写明单位"),
        ("A02090A01", "啤酒产量_当期值", "桶", "没有单位"),
        ("A02090A01", "葡萄酒产量_当期值", "万千升", "与指标代码A02090A01所在的表不符"),
        ("A02080901", "啤酒产量_当期值", "万千升", "不符"),
        ("A0ZZ0101", "啤酒产量_当期值", "万千升", "不在目录所列的表中"),
        ("A02090D01", "卷烟产量_当期值", "亿支", "没有统计局口径的“卷烟”"),
        ("A020207", "轻工业增加值_同比增长", "%", "不在目录所列的表中"),
        ("A020101", "轻工业增加值_同比增长", "%", "没有统计局口径的“轻工业”"),
    ],
)
def test_what_does_not_fit_is_left_out_with_the_reason(code: str, name: str, unit: str, why: str) -> None:
    nodes = [node(code, "209903", "1.0"), node(code, "209904", "1.0"), node(code, "209902", None)]
    parsed = read_answer(easyquery({code: (name, unit)}, nodes))
    assert parsed.rows == () and [(u.series, u.figures) for u in parsed.unmapped] == [(name, 2)]
    assert why in parsed.unmapped[0].why and parsed.blank_rows == 1


def test_enterprises_are_counted_in_another_word() -> None:
    parsed = read_answer(easyquery({"A020A01": ("企业单位数_本月末", "个")}, [node("A020A01", "209903", "12")]))
    assert [(r.indicator, r.unit) for r in parsed.rows] == [("enterprises", "户")]


def test_industries_before_the_present_classification_stay_out() -> None:
    names = {"A0205011": ("家具制造业增加值_累计增长", "%"), "A020102": ("规上工业增加值_累计增长", "%")}
    parsed = read_answer(easyquery(names, [node(c, "201712", "5.0") for c in names]))
    assert [r.subject for r in parsed.rows] == ["规模以上工业"]
    assert "旧版行业分类" in parsed.unmapped[0].why


def test_provinces_by_code_and_cities_left_out() -> None:
    names = {"A0201X1": ("工业增加值_累计增长", "%")}
    nodes = [node("A0201X1", "209903", "5.0", reg=r) for r in ("110000", "440000", "130100")]
    parsed = read_answer(easyquery(names, nodes))
    assert [(r.region, r.subject) for r in parsed.rows] == [("11", "规模以上工业"), ("44", "规模以上工业")]
    assert "130100" in parsed.unmapped[0].why and "3个地区" in parsed.recognised


def test_years_and_quarters_are_left_out() -> None:
    parsed = read_answer(easyquery(BEER, [node("A02090A02", t, "1.0") for t in ("2099", "2099A")]))
    assert [(u.figures, u.why) for u in parsed.unmapped] == [(2, "年度、季度数据，目录只收月度")]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"wds": None}, "没有 wds"),
        ({"data": {"data": 1.0, "strdata": "1.0"}}, "没有 hasdata"),
        ({"data": {"data": 1.0, "strdata": "", "hasdata": True}}, "没有 strdata"),
        ({"wds": [{"wdcode": "zb", "valuecode": "A02090A01"}, {"wdcode": "sj", "valuecode": "上月"}]}, "时间代码"),
        ({"wds": [{"wdcode": "zb", "valuecode": "A1"}, {"wdcode": "sj", "valuecode": "209901"}]}, "没有名称"),
    ],
)
def test_a_malformed_figure_stops_nothing_else(change: dict[str, Any], message: str) -> None:
    bad = node("A02090A01", "209903", "1.0") | change
    parsed = read_answer(easyquery(BEER, [bad, node("A02090A01", "209904", "2.0")]))
    assert [r.row for r in parsed.rows] == [2]
    assert [d.row for d in parsed.defects] == [1] and message in parsed.defects[0].message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"returncode":501,"returndata":"对不起，未能找到符合查询条件的信息。"}'.encode(), "501：对不起，未能找到"),
        (b'{"returncode":200,"returndata":"later"}', "later"),
        (b'{"returncode":200,"returndata":{"wdnodes":[]}}', "datanodes"),
        (b'{"returncode":200,"returndata":{"datanodes":[', "JSON"),
        (b'{"success":false,"message":"no","data":null}', "答复失败"),
        (b'{"success":true,"data":{}}', "没有 data"),
        (b"[]", "不是国家数据"),
        (b"[" * 200_000, "JSON"),
        (b'{"returndata": "\xff"}', "UTF-8"),
    ],
)
def test_a_file_that_is_no_answer(content: bytes, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        nbs.SHAPE.parse(PurePath("x.json"), content)


# ---------------------------------------------------------------------------------------------- new interface


def test_the_new_interface() -> None:
    content = website(
        ("209903MM", [item("啤酒产量当期值 (万千升) ", "301.0", "万千升"), item("家具制造业增加值累计增长", "4.0")]),
        ("209902MM", [item("啤酒产量当期值 (万千升) ", "", "万千升"), item("家具制造业增加值累计增长", "4.10")]),
        ("2099YY", [item("家具制造业增加值累计增长", "4.10")]),
    )
    parsed = read_answer(content)
    assert short(parsed) == [
        ("2099-03", "啤酒", "output", "level", "301.0", "万千升", "CN"),
        ("2099-01/2099-03", "家具制造业", "value_added", "yoy", "4.0", "%", "CN"),
        ("2099-01/2099-02", "家具制造业", "value_added", "yoy", "4.10", "%", "CN"),
    ]
    assert parsed.blank_rows == 1 and len(parsed.unmapped) == 1


def test_the_area_of_the_answer_counts() -> None:
    name = "工业增加值累计增长"
    values = [item(name, "1.0", area="北京市"), item(name, "2.0", area="石家庄市"), item(name, "3.0", area="")]
    parsed = read_answer(website(("209903MM", values)))
    assert [(r.region, r.value) for r in parsed.rows] == [("11", "1.0")]
    assert [u.why for u in parsed.unmapped] == ["“石家庄市”不是省级地区", "应答没有写明地区（da_name）"]


def test_an_item_without_value_or_name_is_a_defect() -> None:
    parsed = read_answer(website(("209903MM", [{"i_showname": "啤酒产量当期值"}, item("", "1.0")])))
    assert [d.row for d in parsed.defects] == [1, 2]


def test_the_workspace_catalogue_counts(tmp_path: Path) -> None:
    (tmp_path / "industries").mkdir()
    text = "id: x\ntitle: 试验\nsource: 试验\nread_at: 2026-11-21\nvalid_from: 2018-01-01\nentries:\n"
    text += "  - {kind: product, code: cigarettes, name: 卷烟, name_en: Cigarettes, unit: 亿支}\n"
    (tmp_path / "industries" / "subjects.yaml").write_text(text, encoding="utf-8")
    content = easyquery({"A02090D01": ("卷烟产量_当期值", "亿支")}, [node("A02090D01", "209903", "1.0")])
    assert read_answer(content).rows == ()
    assert [r.subject for r in read_answer(content, catalogue=load_with_overlay(overlay=tmp_path)).rows] == ["卷烟"]


# -------------------------------------------------------------------------------------------------- downloads


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk"])
def test_a_downloaded_csv(encoding: str) -> None:
    content = CSV.encode(encoding)
    assert nbs_download.SHAPE.recognises(PurePath("月度数据.csv"), content[:65536])
    parsed = read_download(PurePath("月度数据.csv"), content)
    assert short(parsed) == [
        ("2099-03", "规模以上工业", "value_added", "yoy", "4.0", "%", "CN"),
        ("2099-01/2099-03", "规模以上工业", "value_added", "yoy", "4.2", "%", "CN"),
        ("2099-01/2099-02", "规模以上工业", "value_added", "yoy", "4.3", "%", "CN"),
        ("2099-03", "啤酒", "output", "level", "301.2", "万千升", "CN"),
        ("2099-01/2099-03", "啤酒", "output", "level", "1,000.5", "万千升", "CN"),
        ("2099-01/2099-02", "啤酒", "output", "level", "660.0", "万千升", "CN"),
        ("2099-03", "规模以上工业", "finished_goods", "yoy", "3.1", "%", "CN"),
        ("2099-02", "规模以上工业", "finished_goods", "yoy", "2.9", "%", "CN"),
    ]
    assert [(u.series, u.figures) for u in parsed.unmapped] == [("卷烟产量_当期值(亿支)", 1)]
    assert parsed.blank_rows == 9 and parsed.recognised == "国家数据网站下载表：6个指标，3期"
    assert [r.row for r in parsed.rows] == [4, 5, 5, 6, 7, 7, 9, 9]


def book(lines: list[list[Any]]) -> bytes:
    buffer = io.BytesIO()
    workbook = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = workbook.add_worksheet("月度数据")
    for r, line in enumerate(lines):
        for c, cell in enumerate(line):
            sheet.write(r, c, cell)
    workbook.close()
    return buffer.getvalue()


def test_a_downloaded_workbook() -> None:
    lines: list[list[Any]] = [["数据库：月度数据"], ["时间：最近2个月"], ["指标", "2099年3月", "2099年2月"]]
    lines += [
        ["啤酒产量_累计值(万千升)", 1000.5, 660.1],
        ["啤酒产量_当期值(万千升)", 300.25, ""],
        ["数据来源：国家统计局"],
    ]
    content = book(lines)
    assert nbs_download.SHAPE.recognises(PurePath("月度数据.xlsx"), content[:65536])
    parsed = nbs_download.SHAPE.parse(PurePath("月度数据.xlsx"), content)
    assert [(r.row, r.period, r.value) for r in parsed.rows] == [
        (4, "2099-01/2099-03", "1000.5"), (4, "2099-01/2099-02", "660.1"), (5, "2099-03", "300.25"),
    ]  # fmt: skip
    assert parsed.blank_rows == 1


def test_one_indicator_across_provinces_and_one_province() -> None:
    text = "数据库：分省月度数据\n指标：规模以上工业增加值_累计增长(%)\n时间：最近1个月\n地区,2099年3月\n北京市,1.0\n广东省,2.0\n"
    parsed = read_download(PurePath("x.csv"), text.encode())
    assert [(r.region, r.subject, r.value) for r in parsed.rows] == [
        ("11", "规模以上工业", "1.0"), ("44", "规模以上工业", "2.0"),
    ]  # fmt: skip
    text = "数据库：分省月度数据\n地区：广东省\n时间：x\n指标,2099年3月\n啤酒产量_累计值(万千升),2.0\n"
    assert [r.region for r in read_download(PurePath("x.csv"), text.encode()).rows] == ["44"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("数据库：年度数据\n时间：最近\n指标,2023年,2022年\n啤酒产量(万千升),1,2\n", "月度数据"),
        ("指标,2099年3月\n啤酒产量_累计值(万千升),2.0\n", "不能断定"),
        ("数据库：月度数据\n什么都没有\n", "表头"),
        ("数据库：分省月度数据\n地区,2099年3月\n北京市,1.0\n", "不知道是什么指标"),
        ("数据库：月度数据\n指标,2099年13月\n", "表头"),
    ],
)
def test_a_table_that_is_not_the_sites(text: str, message: str) -> None:
    with pytest.raises(UnreadableFile, match=message):
        read_download(PurePath("x.csv"), text.encode())


def test_a_short_line_is_a_defect() -> None:
    text = "数据库：月度数据\n指标,2099年3月,2099年2月\n啤酒产量_累计值(万千升),2.0\n"
    assert [d.row for d in read_download(PurePath("x.csv"), text.encode()).defects] == [3]


def test_all_that_is_read_passes_the_checks_before_the_store() -> None:
    rows = read_download(PurePath("x.csv"), CSV.encode()).rows
    answer = easyquery(BEER, [node("A02090A01", "209904", "301.0"), node("A02090A02", "209904", "1301.50")])
    rows += read_answer(answer).rows
    received = dt.datetime(2100, 1, 1, tzinfo=dt.UTC)
    report = check_rows(rows, file="x", catalogue=load_catalogue(), received=received, stored={})
    assert not report.findings and len(report.accepted) == len(rows) == 10
    assert {c.span for c in report.accepted} == {"month", "ytd", "point"}
    assert [c.printed for c in report.accepted if c.period.code == "2099-01/2099-04"] == ["1301.50"]


# -------------------------------------------------------------------------------------- recognition and fuzz

TABLE = "时期,行业,指标,度量,数值,单位,发布机构\n2099-03,啤酒,产量,level,1.0,万千升,国家统计局\n"


@pytest.mark.parametrize(
    ("name", "head", "shape"),
    [
        ("a.json", easyquery(BEER, []), "nbs-answer"),
        ("easyquery.htm", b"\xef\xbb\xbf\n " + easyquery(BEER, []), "nbs-answer"),
        ("b.json", website(("209903MM", [item("x", "1")])), "nbs-answer"),
        ("c.json", b'{"header": {"structureID": "x"}, "dataSets": []}', ""),
        ("d.json", b'{"series": {"docs": [{"values": [1]}]}}', ""),
        ("d.html", b"<html>returndata datanodes i_showname</html>", ""),
        ("e.csv", CSV.encode(), "nbs-download"),
        ("f.csv", TABLE.encode(), ""),
        ("g.csv", "指标,2099年3月\n啤酒,1\n".encode(), ""),
        ("h.xlsx", book([["时期", "行业", "指标"], ["2099-03", "数据库", "指标"]]), ""),
        ("i.bin", b"\x00\xff\xfe", ""),
        ("j", b"", ""),
    ],
)
def test_no_other_file_is_claimed(name: str, head: bytes, shape: str) -> None:
    claimed = [s.id for s in (nbs.SHAPE, nbs_download.SHAPE) if s.recognises(PurePath(name), head[:65536])]
    assert claimed == ([shape] if shape else [])


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.floats()
    | st.integers()
    | st.sampled_from(["209903", "209903MM", "A02090A01", "全国"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "returndata",
                    "datanodes",
                    "wdnodes",
                    "nodes",
                    "wds",
                    "data",
                    "zb",
                    "code",
                    "values",
                    "value",
                    "wdcode",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(_JSON, _JSON, st.booleans())
def test_any_json_is_read_or_refused(one: Any, two: Any, old: bool) -> None:
    data = (
        {"returncode": 200, "returndata": {"datanodes": one, "wdnodes": two}} if old else {"success": True, "data": one}
    )
    with contextlib.suppress(UnreadableFile):
        assert isinstance(read_answer(json.dumps(data).encode()), Parsed)


def test_many_foreign_series_do_not_hold_up_the_reading() -> None:
    names = {f"A0209{i:05d}": (f"外来产品{i}产量_当期值" + "长" * 50, f"单位{i}") for i in range(3000)}
    content = easyquery(names, [node(c, "209903", "1e9", reg=str(i)) for i, c in enumerate(names)])
    begun = time.monotonic()
    assert len(read_answer(content).unmapped) == 3000
    assert time.monotonic() - begun < 5
