"""The checker with data beside the text: CSV, workbooks, rows; wrong, old and missing figures. Figures are made up."""

from __future__ import annotations

import io
from pathlib import Path, PurePath

import pytest
import xlsxwriter

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.publish.checker import CheckError, Reference, Report, check_document, gather, read_reference

HEAD = "period,industry,indicator,measure,value,unit,publisher"
ROWS = [
    "2024-01/2024-08,家具制造业,利润总额,level,200.5,亿元,国家统计局",
    "2024-01/2024-08,家具制造业,利润总额,yoy,1.1,%,国家统计局",
    "2024-01/2024-07,家具制造业,利润总额,level,170.5,亿元,国家统计局",
    "2024-01/2024-07,家具制造业,利润总额,yoy,2.4,%,国家统计局",
    "2024-08,社会消费品零售总额,零售额,yoy,2.1,%,国家统计局",
    "2024-07,社会消费品零售总额,零售额,yoy,2.7,%,国家统计局",
    "2024-06,社会消费品零售总额,零售额,yoy,-0.4,%,国家统计局",
]
LONG = "\n".join([HEAD, *ROWS])
RIGHT = "2024年1—8月，家具制造业利润总额200.5亿元，同比增长1.1%，增速比1—7月回落1.3个百分点。"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    return load_catalogue()


@pytest.fixture(scope="module")
def reference(catalogue: Catalogue, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    path: Path = tmp_path_factory.mktemp("data") / "长表.csv"
    path.write_text(LONG, encoding="utf-8-sig")
    return read_reference(path, catalogue=catalogue)


def check(text: str, catalogue: Catalogue, reference: Reference) -> Report:
    return check_document(PurePath("a.txt"), text.encode(), catalogue=catalogue, reference=reference)


def test_a_right_text_is_held_against_the_data(catalogue: Catalogue, reference: Reference) -> None:
    report = check(RIGHT, catalogue, reference)
    assert (report.findings, report.known) == ((), 2)


@pytest.mark.parametrize(
    ("rule", "old", "new", "expected"),
    [
        ("data", "200.5亿元", "210.5亿元", "200.5亿元"),
        ("data", "增长1.1%", "增长1.3%", "增长1.1%"),
        ("repeated", "200.5亿元", "170.5亿元", "200.5亿元"),
        ("unit", "200.5亿元", "200.5万亿元", "200.5亿元"),
        ("change", "回落1.3", "回落2.3", "-1.3百分点"),
        ("direction", "回落1.3", "加快1.3", "-1.3百分点"),
    ],
)
def test_a_wrong_number_is_found(
    rule: str, old: str, new: str, expected: str, catalogue: Catalogue, reference: Reference
) -> None:
    findings = check(RIGHT.replace(old, new), catalogue, reference).findings
    assert (rule, expected) in {(f.rule, f.expected) for f in findings}


def test_runs_are_counted_in_the_data(catalogue: Catalogue, reference: Reference) -> None:
    text = "2024年8月份，社会消费品零售总额同比增长2.1%，连续{}个月增长。"
    assert check(text.format(2), catalogue, reference).findings == ()
    (finding,) = check(text.format(3), catalogue, reference).findings
    assert (finding.rule, finding.expected) == ("run", "连续2个月")


def test_two_publishers_may_differ(catalogue: Catalogue) -> None:
    rows = [
        {"period": "2024-01/2024-08", "industry": "家具制造业", "indicator": "利润总额", "measure": "level",
         "value": value, "unit": "亿元", "publisher": publisher}
        for value, publisher in (("200.5", "国家统计局"), ("201.0", "中国轻工业联合会"))
    ]  # fmt: skip
    known = gather(rows, catalogue=catalogue)
    assert check("2024年1—8月，家具制造业利润总额201.0亿元。", catalogue, known).findings == ()
    assert check("2024年1—8月，家具制造业利润总额202.0亿元。", catalogue, known).errors == 1


def test_digits_go_with_their_own_unit(catalogue: Catalogue) -> None:
    row = {
        "subject_kind": "industry", "subject": "21", "scope": "nbs", "indicator": "revenue", "measure": "level",
        "period": "2024-01/2024-08", "unit": "亿元", "value": 4200.0, "printed": "0.42", "printed_unit": "万亿元",
    }  # fmt: skip
    known = gather([row], catalogue=catalogue)
    assert check("2024年1—8月，家具制造业营业收入4231亿元。", catalogue, known).findings == ()
    assert check("2024年1—8月，家具制造业营业收入4531亿元。", catalogue, known).errors == 1


def test_workbooks_are_read(catalogue: Catalogue, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["时期", "行业或商品", "指标", "度量", "数值", "单位"])
        sheet.write_row(1, 0, ["2024年1—8月", "家具制造业", "利润总额", "同比", 1.1, "%"])
    path = tmp_path / "a.xlsx"
    path.write_bytes(buffer.getvalue())
    known = read_reference(path, catalogue=catalogue)
    assert check(RIGHT, catalogue, known).known == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("a.csv", b"a,b\n1,2\n", "没有可对照的数字"),
        ("a.csv", b"\xff\xfe\xfa", "编码"),
        ("a.xlsx", b"PK broken", "工作簿"),
        ("a.pdf", b"%PDF", "不是数据文件"),
    ],
)
def test_unusable_data_is_refused(name: str, content: bytes, told: str, catalogue: Catalogue, tmp_path: Path) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(CheckError, match=told) as error:
        read_reference(path, catalogue=catalogue)
    assert name in str(error.value)


def test_a_folder_without_data_is_refused(catalogue: Catalogue, tmp_path: Path) -> None:
    with pytest.raises(CheckError, match=r"facts\.csv"):
        read_reference(tmp_path, catalogue=catalogue)
