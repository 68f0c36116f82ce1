"""Tables with one figure in a row as series, names of the national data service, and the guided way for the rest.

All figures here are made up (合成).
"""

from __future__ import annotations

import datetime as dt
import io
from pathlib import Path, PurePath

import pytest
import xlsxwriter  # type: ignore[import-untyped]

from qinggong.catalogue import load_catalogue
from qinggong.sources import SHAPES, Parsed, shapes
from qinggong.sources.named_series import NamedSeries, sheet_of, unfolded
from qinggong.sources.opening import open_sheets
from qinggong.sources.proposal import confirm, propose, save
from qinggong.sources.series_reading import UnknownLayout
from qinggong.sources.series_workbook import SHAPE
from qinggong.sources.sheet import Sheet, csv_sheet

DAY = dt.date(2026, 11, 21)
APPLIANCES = """月份,指标,数值,单位,原始时间,来源
2024-01-01,房间空气调节器产量当期值,,万台,2024年1月,国家统计局
2024-03-01,房间空气调节器产量当期值,1639.1,万台,2024年3月,国家统计局
2024-04-01,房间空气调节器产量当期值,1582.9,万台,2024年4月,国家统计局
2024-03-01,家用电冰箱产量当期值,700.5,万台,2024年3月,国家统计局
"""
OWN = """日期,序列,分项,数值
2024-03,空调,内销,101.5
2024-03,空调,外销,88.25
2024-04,空调,内销,99
2024-05,空调,内销,-
"""


def parsed(text: str, name: str = "合成.csv") -> Parsed:
    content = text.encode()
    shape = next(s for s in SHAPES if s.recognises(PurePath(name), content[:65536]))
    assert shape is SHAPE
    return shape.parse(PurePath(name), content)


def test_a_long_table_becomes_a_series_a_column() -> None:
    sheet = unfolded(csv_sheet(OWN.encode()))
    assert sheet.lines == [
        ["指标名称", "空调:内销", "空调:外销"],
        ["单位", "", ""],
        ["2024-03", "101.5", "88.25"],
        ["2024-04", "99", ""],
        ["2024-05", "-", ""],
    ]
    assert sheet.place(3, 1) == (4, 4) and sheet.place(3, 2) == (0, 0)
    assert sheet.extent == (5, 4)
    assert sheet.turn().place(1, 3) == (4, 4)


def test_units_regions_and_sources_stand_in_lines_of_their_own() -> None:
    text = "period,region,series,value,unit,source\n2024-03,北京,甲,1,%,某局\n2024-03,上海,甲,2,%,某局\n"
    sheet = unfolded(csv_sheet(text.encode()))
    assert sheet.lines[:4] == [
        ["指标名称", "甲", "甲"], ["单位", "%", "%"], ["地区", "北京", "上海"], ["来源", "某局", "某局"],
    ]  # fmt: skip


def test_two_figures_of_one_period_stand_in_two_columns_of_one_name() -> None:
    sheet = unfolded(csv_sheet("period,name,value\n2024-03,甲,1\n2024-03,甲,2\n2024-04,甲,3\n".encode()))
    assert sheet.lines == [
        ["指标名称", "甲", "甲"], ["单位", "", ""], ["2024-03", "1", "2"], ["2024-04", "3", ""],
    ]  # fmt: skip
    crowd = [NamedSeries("甲", figures=[("2024-03", str(i), (i, 1)) for i in range(1, 8)])]
    assert len(sheet_of("", 1, crowd).strays) == 3


@pytest.mark.parametrize(
    "text",
    [
        "甲,乙\n1,2\n",
        "period,value\n2024-03,1\n",
        "period,name\n2024-03,1\n",
        "period,name,value\n甲,乙,1\n丙,丁,2\n",
        "",
    ],
)
def test_other_tables_stay_as_they_are(text: str) -> None:
    sheet = csv_sheet(text.encode())
    assert unfolded(sheet) is sheet


def test_the_documented_long_table_is_left_to_its_own_shape() -> None:
    text = "时期,行业,指标,度量,数值,单位,发布机构\n2024-08,原盐,产量,level,1,万吨,国家统计局\n"
    (sheet,) = open_sheets(PurePath("合成.csv"), text.encode())
    assert sheet.places is None
    assert not SHAPE.recognises(PurePath("合成.csv"), text.encode())


def test_series_called_as_in_the_national_data_service_need_no_layout() -> None:
    read = parsed(APPLIANCES)
    assert [(r.row, r.subject, r.indicator, r.period, r.value, r.unit) for r in read.rows] == [
        (10_003_003, "房间空气调节器", "output", "2024-03", "1639.1", "万台"),
        (10_004_003, "房间空气调节器", "output", "2024-04", "1582.9", "万台"),
        (10_005_003, "家用电冰箱", "output", "2024-03", "700.5", "万台"),
    ]
    assert (read.blank_rows, read.defects, read.unmapped) == (1, (), ())
    assert read.rows[0].title == "合成.csv：房间空气调节器产量当期值"
    assert read.recognised == "按国家数据命名的序列：2个指标，3期，3个数"


def test_the_same_names_of_another_body_are_not_taken_for_the_bureaus() -> None:
    content = APPLIANCES.replace("国家统计局", "某咨询公司").encode()
    assert not SHAPE.recognises(PurePath("合成.csv"), content)
    with pytest.raises(UnknownLayout):
        SHAPE.parse(PurePath("合成.csv"), content)


def test_figures_that_are_none_and_figures_that_differ_stay_out() -> None:
    read = parsed(
        APPLIANCES
        + "2024-04-01,家用电冰箱产量当期值,约700,万台,2024年4月,国家统计局\n"
        + "2024-03-01,家用电冰箱产量当期值,700.5,万台,2024年3月,国家统计局\n"
        + "2024-03-01,房间空气调节器产量当期值,16391,万台,2024年3月,国家统计局\n"
        + "二〇二四年,房间空气调节器产量当期值,1,万台,,国家统计局\n"
    )
    assert [(d.rule, d.text) for d in read.defects] == [
        ("not-a-number", "约700"), ("duplicate-series", "房间空气调节器产量当期值"),
    ]  # fmt: skip
    assert "1639.1、16391" in read.defects[1].message
    assert [r.value for r in read.rows] == ["1582.9", "700.5"]
    assert [(u.figures, u.why) for u in read.unmapped] == [(1, "没有读懂时期或名称，或同一时期的数过多")]


@pytest.mark.parametrize(
    ("name", "period", "expected"),
    [
        ("家具制造业利润总额_累计值", "2024年1-2月", ("2024-01/2024-02", "level", "12.5")),
        ("家具制造业利润总额_累计值", "2024-04", ("2024-01/2024-04", "level", "12.5")),
        ("社会消费品零售总额_当期值", "2024年1-2月", ("2024-01/2024-02", "level", "12.5")),
        ("居民消费价格指数(上年同月=100)", "2024-04", ("2024-04", "yoy", "-87.5")),
        ("居民消费价格指数(上月=100)", "2024-04", ("2024-04", "mom", "-87.5")),
        ("家用电冰箱产量_当期值", "2024年1—4月", None),
        ("家用电冰箱产量_当期值", "2024-02", None),
        ("家用电冰箱产量_当期值", "2024年二季度", None),
    ],
)
def test_periods_and_measures_of_the_service_names(name: str, period: str, expected: tuple[str, ...] | None) -> None:
    unit = "%" if "指数" in name else "万台" if "产量" in name else "亿元"
    read = parsed(f"时期,指标,数值,单位\n{period},{name},12.5,{unit}\n2024-05,{name},,{unit}\n")
    assert [(r.period, r.measure, r.value) for r in read.rows] == ([expected] if expected else [])
    assert sum(u.figures for u in read.unmapped) == (0 if expected else 1)


def test_a_workbook_with_a_figure_in_a_row() -> None:
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet("数据")
    for i, line in enumerate(line.split(",") for line in APPLIANCES.splitlines()):
        for j, cell in enumerate(line):
            sheet.write(i, j, float(cell) if j == 2 and i and cell else cell)
    book.close()
    content = out.getvalue()
    assert SHAPE.recognises(PurePath("合成.xlsx"), content)
    rows = SHAPE.parse(PurePath("合成.xlsx"), content).rows
    assert [(r.row, r.value) for r in rows] == [(10_003_003, "1639.1"), (10_004_003, "1582.9"), (10_005_003, "700.5")]


def test_the_user_names_industry_and_indicator_once(tmp_path: Path) -> None:
    """A table without names of the catalogue: proposed, filled in, confirmed; then the file is read without asking."""
    catalogue = load_catalogue()
    with pytest.raises(UnknownLayout, match="先提出各列的对应关系"):
        SHAPE.parse(PurePath("合成.csv"), OWN.encode())
    (proposal,) = propose(PurePath("合成.csv"), OWN.encode(), catalogue=catalogue, day=DAY)
    assert "2个序列" in proposal.summary and "建议导入0个" in proposal.summary
    path = save(proposal, tmp_path)
    text = path.read_text(encoding="utf-8")
    block = text[text.index('  - name: "空调:内销"') : text.index("  # C列")]
    filled = block.replace("take: false", "take: true").replace('subject: ""', "subject: 房间空气调节器")
    filled = filled.replace('indicator: ""', "indicator: 产量").replace('unit: ""', "unit: 万台")
    path.write_text(text.replace(block, filled), encoding="utf-8")
    own = next(s for s in shapes(overlay=tmp_path, catalogue=catalogue) if s.id == SHAPE.id)
    assert not own.recognises(PurePath("合成.csv"), OWN.encode())
    confirm(path)
    own = next(s for s in shapes(overlay=tmp_path, catalogue=catalogue) if s.id == SHAPE.id)
    assert own.recognises(PurePath("下月.csv"), OWN.encode())
    read = own.parse(PurePath("下月.csv"), OWN.encode())
    assert [(r.subject, r.indicator, r.period, r.value, r.unit, r.row) for r in read.rows] == [
        ("房间空气调节器", "产量", "2024-03", "101.5", "万台", 10_002_004),
        ("房间空气调节器", "产量", "2024-04", "99", "万台", 10_004_004),
    ]
    assert [(u.series, u.figures) for u in read.unmapped] == [("空调:外销", 1)]
    assert read.blank_rows == 1


def test_a_proposal_states_the_body_that_the_table_names() -> None:
    text = (
        "月份,指标,数值,单位,来源\n2024-03,家具行业某某,1,亿元,中国家具协会\n2024-04,家具行业某某,2,亿元,中国家具协会\n"
    )
    (proposal,) = propose(PurePath("合成.csv"), text.encode(), catalogue=load_catalogue(), day=DAY)
    assert "publisher: 中国家具协会" in proposal.yaml and "  unit: 2\n" in proposal.yaml


def test_an_index_number_is_proposed_less_its_base(tmp_path: Path) -> None:
    lines = ["年份,家具制造业工业生产者出厂价格指数(上年=100),家具制造业资产总计"]
    lines += [f"{y}年,10{y % 10}.5,{y}" for y in (2012, 2013, 2014)]
    content = "\n".join(lines).encode()
    (proposal,) = propose(PurePath("合成.csv"), content, catalogue=load_catalogue(), day=DAY)
    price, assets = proposal.guesses
    assert (price.measure, price.span, price.base, price.certainty) == ("yoy", "ytd", 100, "高")
    assert (assets.indicator, assets.span, assets.take) == ("资产总计", "point", True)
    path = save(proposal, tmp_path)
    text = path.read_text(encoding="utf-8").replace("take: false", "take: true")
    path.write_text(text, encoding="utf-8")
    confirm(path)
    own = next(s for s in shapes(overlay=tmp_path, catalogue=load_catalogue()) if s.id == SHAPE.id)
    rows = own.parse(PurePath("合成.csv"), content).rows
    assert [(r.indicator, r.period, r.value) for r in rows if r.period.startswith("2014")] == [
        ("工业生产者出厂价格", "2014-01/2014-12", "4.5"), ("资产总计", "2014-12", "2014"),
    ]  # fmt: skip


def test_a_sheet_of_the_file_itself_has_its_own_extent() -> None:
    assert Sheet("合成", 1, [["a", "b"], ["c"]]).extent == (2, 2)
    assert Sheet("合成", 1, [], places={}).extent == (0, 0)


def test_a_file_that_is_called_an_index_is_not_taken_for_the_figures_themselves() -> None:
    content = "日期,行业,分项,数值\n2024-03,家具制造业,利润总额,96.5\n2024-04,家具制造业,利润总额,97.5\n".encode()
    for name, take in (("景气指数.csv", False), ("数据.csv", True)):
        (proposal,) = propose(PurePath(name), content, catalogue=load_catalogue(), day=DAY)
        assert [g.take for g in proposal.guesses] == [take]
