"""CEIC text for MATLAB: series, units, frequencies, and torn files. All figures are made up (合成)."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from qinggong.sources import SHAPES, UnreadableFile
from qinggong.sources.ceic_text import FIELDS, SHAPE, TRAPS, sheets

FILE = PurePath("合成.m")


def series(number: int, name: str, unit: str, figures: dict[str, str], frequency: str = "Monthly") -> str:
    days = ",".join(f"'{d[5:]}/01/{d[:4]}'" for d in figures)
    s = f"s{number}_M"
    return (
        f"{s} = timeseries([{';'.join(figures.values())}], {{{days}}});\n{s}.Name = '{name}';\n"
        f"{s}.TimeInfo.Format = 'mm/dd/yyyy';\n{s}.UserData.seriesInfo = struct('seriesId','1','country','China',"
        f"'seriesName','{name}','Unit','{unit}','frequency','{frequency}','source','合成','remarks',['[x]']);\n"
    )


TEXT = (
    series(1, "CN: Industrial Production: Household Refrigerator", "Unit th", {"2022-02": "1", "2022-10": "7235.5"})
    + series(2, "CN: Purchasing Managers' Index: Mfg", "%", {"2022-01": "50.1", "2022-10": "49.2"})
    + series(3, "CN: Consumer Price Index", "Prev Year=100", {"2022-10": "102.1", "2022-11": "NaN"})
    + series(4, "CN: Export FOB", "USD mn", {"2022-10": "298371.2"})
    + series(5, "CN: GDP", "RMB bn", {"2022-09": "30762.74"}, "Quarterly")
    + series(6, "CN: Money Supply M1", "RMB bn", {"2022-10": "66214.9"})
    + series(7, "CN: Retail Sales of Consumer Goods", "RMB bn", {"2022-10": "4027.1"})
)


def test_series_are_read_with_their_units() -> None:
    content = TEXT.encode()
    assert next(s for s in SHAPES if s.recognises(FILE, content)) is SHAPE
    read = SHAPE.parse(FILE, content)
    assert [(r.row, r.period, r.subject, r.indicator, r.measure, r.value, r.unit, r.publisher) for r in read.rows] == [
        (10_002_001, "2022-10", "家用电冰箱", "产量", "level", "7235.5", "千台", "国家统计局"),
        (10_003_001, "2022-01", "制造业(采购经理调查)", "采购经理指数", "level", "50.1", "%", "国家统计局"),
        (10_004_001, "2022-10", "制造业(采购经理调查)", "采购经理指数", "level", "49.2", "%", "国家统计局"),
        (10_005_001, "2022-10", "居民消费", "居民消费价格", "yoy", "2.1", "%", "国家统计局"),
        (10_007_001, "2022-10", "trade:hs.total@gacc", "出口额(美元)", "level", "298371.2", "百万美元", "海关总署"),
        (10_010_001, "2022-10", "社会消费品零售总额", "零售额", "level", "4027.1", "十亿元", "国家统计局"),
    ]
    assert read.blank_rows == 1 and read.defects == ()
    assert [(u.series, u.figures) for u in read.unmapped] == [
        ("CN: GDP", 1), ("CN: Money Supply M1", 1), ("1个序列中单独的1月、2月数和季度数", 1),
    ]  # fmt: skip
    assert read.recognised == "CEIC 月度序列：1张工作表，5个序列，6个数，2022-01至2022-10"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (TEXT[:40], "timeseries 不完整"),
        (TEXT.replace("1;7235.5", "1;2;7235.5"), "3个数、2个日期"),
        (TEXT.replace("'02/01/2022'", "'2022-02'"), "不是 mm/dd/yyyy"),
        (TEXT.replace("Format = 'mm/dd/yyyy'", "Format = 'dd/mm/yyyy'", 1), "日期格式是“dd/mm/yyyy”"),
    ],
)
def test_torn_text_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableFile, match=why):
        SHAPE.parse(FILE, text.encode())


def test_what_is_no_number_is_a_finding() -> None:
    read = SHAPE.parse(FILE, TEXT.replace("4027.1", "x=1").encode())
    assert [(d.rule, d.text) for d in read.defects] == [("not-a-number", "x=1")]


def test_other_scripts_are_not_claimed() -> None:
    for text in ("x = [1;2];", "disp('timeseries([')", "function f()\nend"):
        assert not SHAPE.recognises(FILE, text.encode())


def test_the_order_of_lines_does_not_matter_for_the_sheet() -> None:
    (sheet,) = sheets(TEXT.encode())
    assert sheet.lines[0][:3] == [
        "指标名称", "CN: Industrial Production: Household Refrigerator", "CN: Purchasing Managers' Index: Mfg",
    ]  # fmt: skip
    assert [line[0] for line in sheet.lines[1:4]] == ["单位", "频率", "来源"]


def test_fields_and_traps_are_documented() -> None:
    assert FIELDS and TRAPS and all(t.endswith("。") for t in TRAPS)
