"""Rule packs: bad input of every kind, records from everywhere, checks with their lines, the spreadsheet template."""

from __future__ import annotations

import datetime as dt
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qinggong as qg
from qinggong.rules import PackError, PackFile, RecordsError, RulesError, bundled_packs, evaluate, open_pack, read_pack
from qinggong.rules.check import check
from qinggong.rules.compile import compile_pack
from qinggong.rules.expression import FormulaError, parse
from qinggong.rules.pack_files import chosen_version, same_time
from qinggong.rules.spreadsheet import converted_pack
from qinggong.rules.template import EXAMPLE, as_sheets, pack_template, workbook
from qinggong.rules.vectors import try_vectors

DAY = dt.date(2025, 6, 30)
HEAD = """id: trial
version: "1"
title: 试验
jurisdiction: 全国
document: 示例文件
source: 编造
mark: own
checked_on: 2025-01-01
valid_from: 2020-01-01
subject: 企业
"""
BODY = """fields:
  - {code: revenue, name: 营业收入, unit: 万元, min: 0}
  - {code: staff, name: 从业人员, type: integer, unit: 人}
  - {code: certified, name: 高企, type: flag}
  - {code: industry, name: 行业, type: choice, options: [工业, 建筑业]}
  - {code: founded, name: 成立日期, type: date}
requires: 营业收入 ≥ 1000万元
"""
LINES_OF_HEAD = HEAD.count("\n")


def pack(body: str = BODY) -> PackFile:
    return read_pack(HEAD + body, shown="我的规则.yaml")


# ---------------------------------------------------------------------------------------------- bundled packs


@pytest.mark.parametrize("file", bundled_packs(), ids=lambda f: f"{f.pack.id}@{f.pack.version}")
def test_the_vectors_of_the_bundled_packs_pass(file: PackFile) -> None:
    tried = try_vectors(file)
    assert len(tried) >= 5
    assert not [(t.line, t.title, t.differences) for t in tried if not t.passed]


@pytest.mark.parametrize("file", bundled_packs(), ids=lambda f: f"{f.pack.id}@{f.pack.version}")
def test_the_bundled_packs_are_cited_and_marked(file: PackFile) -> None:
    one = file.pack
    assert one.document and one.source and one.title_en
    assert "示例" in one.notice and ("以官方文本为准" in one.notice or one.id == "rule_template")
    assert not [f for f in check(file, at=one.valid_from) if f.severity != "info"]


def test_no_two_versions_of_a_bundled_pack_are_valid_at_once() -> None:
    assert same_time(bundled_packs()) == []


# ------------------------------------------------------------------------------------------------- bad packs


@pytest.mark.parametrize(
    "text, said",
    [
        ("a: [1, 2", "不是正确的 YAML"),
        ("- 1\n- 2", "最外层"),
        ("", "最外层"),
        ("a: &x [1]\nb: *x", "不能用引用"),
        ("a: &a [x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]", "不能用引用"),
        ("a: !!python/object/apply:os.system ['true']", "不能用标签"),
        ("a: !x 1", "不能用标签"),
        ("a: " + "[" * 60 + "]" * 60, "层次超过"),
        ("a: " + "x" * 2_100_000, "至多"),
        ("a: 2020-99-99", "第1行：没有这个日期"),
        ("a: 1\na: 2", "第2行：“a”写了两次"),
        (HEAD + BODY + "colour: red\n", "不认识这一项"),
        (HEAD.replace("2020-01-01", "soon") + BODY, "应写日期"),
        (HEAD.replace("title: 试验\n", "") + BODY, "缺少这一项"),
        (HEAD.replace("mark: own", "mark: sure") + BODY, "只能写"),
        (HEAD + BODY.replace("min: 0", "min: 零"), "要写一个数"),
        (HEAD + BODY.replace("min: 0", "min: .inf"), "数太大"),
        (HEAD + BODY.replace("type: integer, unit: 人", "type: flag, unit: 人"), "没有 unit"),
        (HEAD + BODY.replace("type: choice, options: [工业, 建筑业]", "type: choice"), "options"),
        (HEAD + BODY.replace("requires: 营业收入 ≥ 1000万元", "note: x"), "没有可判断的内容"),
        (HEAD + BODY + "valid_to: 2019-01-01\n", "早于"),
        (HEAD + BODY.replace("requires: ", "requires: {all: [高企], any: [高企]}\nnote: "), "恰好一个"),
        (HEAD + BODY.replace("requires: ", "requires: {at_least: 3, of: [高企, 高企]}\nnote: "), "永远不能满足"),
    ],
)  # fmt: skip
def test_a_malformed_pack_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(PackError, match=said):
        read_pack(text, shown="坏.yaml")


def test_the_fault_names_the_line() -> None:
    with pytest.raises(PackError, match=f"坏.yaml 第{LINES_OF_HEAD + 2}行 fields.1.unti：不认识这一项"):
        read_pack(HEAD + BODY.replace("unit: 万元", "unti: 万元"), shown="坏.yaml")


@pytest.mark.parametrize(
    "formula, said",
    [
        ("__import__('os').system('true')", "不能出现在公式里"),
        ("().__class__", "不能出现|缺少"),
        ("eval('1')", "没有函数“eval”"),
        ("lambda: 1", "不能出现在公式里|多余"),
        ("营业收入 ≥ 1000万元; 1", "不能出现在公式里"),
        ("营业收入 ** 9 ≥ 1", "缺少数或字段"),
        ("营业收入 ≥ ", "还没有写完"),
        ("(营业收入 ≥ 1", "缺少右括号"),
        ("1 ≤ 营业收入 ≤ 2 ≤ 3", "至多两个比较"),
        ("x" * 1_000_000, "至多2000个"),
        ("(" * 100 + "1" + ")" * 100 + " ≥ 1", "超过40层"),
        ("非 " * 300 + "高企", "超过40层"),
        (" 且 ".join(["高企"] * 300), "成分"),
        ("营业收人 ≥ 1000万元", "是不是“营业收入”"),
        ("营业收入 ≥ 50人", "单位不合：金额（人民币）（万元）与count:人（人）"),
        ("营业收入 ≥ 成立日期", "单位不合"),
        ("营业收入 + 从业人员 ≥ 5", "单位不合"),
        ("营业收入", "不是条件"),
        ("高企 ≥ 1", "不能与数相比"),
        ('行业 = "农业"', "不是字段“industry”的选项"),
        ("营业收入 ÷ 0 ≥ 1", "除数是0"),
        ("min(营业收入) ≥ 1", "要2至20个参数"),
        ('成立日期 ≥ "去年"', "不认识的日期"),
        ("", "不能空着|空的"),
    ],
)
def test_a_bad_formula_is_a_fault_and_never_runs(formula: str, said: str) -> None:
    import yaml

    body = BODY.replace("requires: 营业收入 ≥ 1000万元", yaml.safe_dump({"requires": formula}, allow_unicode=True))
    with pytest.raises(PackError, match=said):
        compile_pack(pack(body), at=DAY)


@pytest.mark.parametrize(
    "body",
    [
        "fields: [{code: a}]\nconditions:\n  - {code: C1, test: 非 C2}\n  - {code: C2, test: C1 且 a > 1}",
        "fields:\n  - {code: a, formula: b + 1}\n  - {code: b, formula: a - 1}\nrequires: a > 1",
        "fields: [{code: a}]\nscores:\n  - {code: S, items: [{of: T}]}\n  - {code: T, items: [{of: S}]}",
        "fields: [{code: a, formula: a + 1}]\nrequires: a > 1",
    ],
)
def test_a_circle_is_found(body: str) -> None:
    with pytest.raises(PackError, match=r"循环引用：.* → "):
        compile_pack(pack(body), at=DAY)


def test_formulas_know_nothing_but_their_grammar() -> None:
    for text in ("a.b", "a[0]", "a := 1", "{}", "a; b", "`a`", "$a", "a\\n", "@a", "a % b"):
        with pytest.raises(FormulaError):
            parse(text)


def test_two_values_at_once_and_none() -> None:
    body = "parameters: [{code: 下限, values: [%s]}]\nfields: [{code: a}]\nrequires: a ≥ 下限"
    with pytest.raises(PackError, match="2个值同时有效"):
        compile_pack(pack(body % "{value: 1}, {value: 2, from: 2024-01-01}"), at=DAY)
    with pytest.raises(PackError, match="没有适用于全国的值"):
        compile_pack(pack(body % "{value: 1, to: 2024-01-01}"), at=DAY)


# -------------------------------------------------------------------------------------------------- versions


def test_the_version_of_the_day_is_taken() -> None:
    assert open_pack("sme_size", at=dt.date(2015, 1, 1)).pack.version == "2011"
    assert open_pack("sme_size", at=dt.date(2020, 1, 1)).pack.version == "2017"
    assert open_pack("sme_size@2011").pack.version == "2011"


def test_an_expired_pack_and_two_versions_at_once_are_refused() -> None:
    with pytest.raises(PackError, match="请另指定评价日（--date），或换用有效的版本"):
        evaluate("sme_size@2011", [{"行业": "工业"}], at=DAY)
    with pytest.raises(PackError, match="没有有效的版本"):
        evaluate("sme_size", [{"行业": "工业"}], at=dt.date(2001, 1, 1))
    one, other = pack(), read_pack(HEAD.replace('"1"', '"2"') + BODY, shown="b.yaml")
    with pytest.raises(PackError, match=r"2个版本同时有效.*id@版本"):
        chosen_version([one, other], at=DAY)
    assert [f.rule for f in check(one, at=DAY, others=[other]) if f.severity == "error"] == [
        "no-vectors",
        "two-versions",
    ]


@pytest.mark.parametrize(
    "name, said", [("nothing", "没有规则包“nothing”.*sme_size"), ("nothing.yaml", "找不到规则包文件")]
)
def test_an_unknown_pack(name: str, said: str) -> None:
    with pytest.raises(PackError, match=said):
        open_pack(name)


def test_a_file_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(PackError, match="不是 UTF-8 文本"):
        open_pack(path)


# --------------------------------------------------------------------------------------------------- records


@pytest.mark.parametrize(
    "value, outcome, rule",
    [
        (1000, "符合", ""), ("1,000", "符合", ""), ("１０００", "符合", ""), ("0.1亿元", "符合", ""), (" 1000 万元 ", "符合", ""),
        ("9999999元", "不符合", ""), (None, "无法判断", ""), ("", "无法判断", ""), ("—", "无法判断", ""), ("未知", "无法判断", ""),
        (float("nan"), "无法判断", ""), ("约1000", "无法判断", "not-a-number"), ("=1+1", "无法判断", "not-a-number"),
        ("x" * 1_000_000, "无法判断", "not-a-number"), ("9" * 400, "无法判断", "not-a-number"), (True, "无法判断", "not-a-number"),
        (float("inf"), "无法判断", "not-a-number"), ("1000人", "无法判断", "unit"), (-1, "无法判断", "out-of-range"),
        (object(), "无法判断", "not-a-number"), ([1], "无法判断", "not-a-number"), (1e300, "无法判断", "not-a-number"),
    ],
)  # fmt: skip
def test_a_number_or_unknown_and_a_finding(value: Any, outcome: str, rule: str) -> None:
    done = evaluate(pack(), [{"营业收入": value}], at=DAY)
    assert done.outcome == [outcome]
    assert [f.rule for f in done.findings] == ([rule] if rule else [])
    assert all(len(f.message) < 200 and "按未知处理" in f.message and f.row == 1 for f in done.findings)


@pytest.mark.parametrize(
    "field, good, bad",
    [
        ("从业人员", {"20": 20.0, 20.0: 20.0}, ["20.5", "二十"]),
        ("高企", {"是": 1, "否": -1, "√": 1, True: 1, 0: -1, "无": -1}, ["也许", "x" * 10_000, 2]),
        ("行业", {"工业": 0, "建筑业": 1}, ["工业 ", "农业"][1:]),
        (
            "成立日期",
            {"2020-01-02": 18263.0, dt.date(2020, 1, 2): 18263.0, "2020年1月": 18262.0},
            ["2020-13-01", "昨天"],
        ),
    ],
)
def test_other_kinds_of_cells(field: str, good: dict[Any, Any], bad: list[Any]) -> None:
    from qinggong.rules.records import typed

    one = pack()
    code = next(f.code for f in one.pack.fields if f.name == field)
    values = typed([{field: v} for v in good], one.pack)
    assert list(values.columns[code]) == list(good.values()) and not values.findings
    doubts = typed([{field: v} for v in bad], one.pack).findings
    assert len(doubts) == len(bad)


def test_records_from_lists_columns_arrays_and_frames() -> None:
    import pandas
    import polars

    values = [900.0, 1000.0, None]
    frames = (
        [{"营业收入": v} for v in values], {"revenue": values}, {"营业收入": np.array([900.0, 1000.0, np.nan])},
        pandas.DataFrame({"营业收入": values}), polars.DataFrame({"营业收入": values}),
        pandas.DataFrame({"营业收入（亿元）": [0.09, 0.1, None]}),
    )  # fmt: skip
    for given in frames:
        assert qg.evaluate(pack(), given, at=DAY).outcome == ["不符合", "符合", "无法判断"], type(given)


def test_columns_of_numbers_and_units_are_read_at_once() -> None:
    done = evaluate(
        pack(), {"营业收入（亿元）": [0.1, 0.0999, None, 10**400], "从业人员（万人）": [0.29, 0.00015, 1, 1]}, at=DAY
    )
    assert done.outcome == ["符合", "不符合", "无法判断", "无法判断"]
    assert [(f.rule, f.row) for f in done.findings] == [("not-a-number", 4), ("not-an-integer", 2)]


def test_per_cents_that_were_perhaps_written_as_shares() -> None:
    body = "fields: [{code: 占比, unit: '%'}]\nrequires: 占比 ≥ 3%\n"
    found = evaluate(pack(body), {"占比": [0.05, 0.031, 0.5, 0.02, 0.11]}, at=DAY).findings
    assert [(f.rule, f.severity) for f in found] == [("perhaps-shares", "info")]
    assert evaluate(pack(body), {"占比": [5, 3.1, 50, 2, 11]}, at=DAY).findings == ()


def test_numeric_arrays_are_held_to_the_fields_limits() -> None:
    done = evaluate(pack(), {"营业收入": np.array([-5.0, 2000.0, np.inf])}, at=DAY)
    assert done.outcome == ["无法判断", "符合", "无法判断"]
    assert [(f.rule, f.row) for f in done.findings] == [("out-of-range", 1), ("not-a-number", 3)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_files_with_units_in_their_heads(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "企业.csv"
    path.write_bytes("企业名称,营业收入（亿元）,净利润（合并）\n甲,0.1,1\n乙,0.09,x\n丙,,\n".encode(encoding))
    done = evaluate(pack(), path, at=DAY)
    assert done.outcome == ["符合", "不符合", "无法判断"]
    assert [row["name"] for row in done.as_dicts()] == ["甲", "乙", "丙"]
    assert [row["row"] for row in done.as_dicts()] == [2, 3, 4]


def test_an_xlsx_file(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "企业.xlsx"
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        for row, line in enumerate([["营业收入", "成立日期"], [1000, "2020-01-01"], ["一千", None]]):
            sheet.write_row(row, 0, line)
    done = evaluate(pack(), path, at=DAY)
    assert done.outcome == ["符合", "无法判断"]
    assert [(f.row, f.column) for f in done.findings] == [(3, "营业收入")]


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.csv", b"", "文件是空的"), ("a.csv", b"x,y\n1,2\n", "没有一列是规则包的字段"), ("a.pdf", b"x", "不认识这种文件"),
        ("a.xlsx", b"not a workbook", "不是完好的 XLSX"), ("a.csv", "营业收入,营业收入\n1,2".encode(), "出现两次"),
        ("a.csv", "营业收入,revenue\n1,2".encode(), "有几列"), ("b.csv", None, "找不到记录文件"),
    ],
)  # fmt: skip
def test_files_that_cannot_be_read(tmp_path: Path, name: str, content: bytes | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(RecordsError, match=said):
        evaluate(pack(), path, at=DAY)


def test_records_of_no_known_form() -> None:
    for given, said in ((5, "要是文件"), ([1], "第1条"), ({"营业收入": [1], "高企": []}, "行数不同")):
        with pytest.raises(RecordsError, match=said):
            evaluate(pack(), given, at=DAY)


def test_no_records_are_no_answers() -> None:
    assert evaluate(pack(), [], at=DAY).outcome == []


WINDOWED = "over: {period: 月份, by: [行业], step: month}\n" + BODY.replace("营业收入 ≥ 1000万元", "变动(营业收入) > 0")


def test_a_period_twice_is_a_finding_and_unknown() -> None:
    rows = [("2024-01", 1), ("2024-02", 2), ("2024-02", 3), ("2024-03", 4), ("某月", 5)]
    records = [{"月份": p, "行业": "工业", "营业收入": v} for p, v in rows]
    done = evaluate(pack(WINDOWED), records, at=DAY)
    assert done.outcome == ["无法判断", "符合", "符合", "无法判断", "无法判断"]
    assert [f.rule for f in done.findings] == ["not-a-period", "repeated-period"]
    with pytest.raises(RecordsError, match="缺少“月份”一列"):
        evaluate(pack(WINDOWED), [{"营业收入": 1}], at=DAY)
    with pytest.raises(PackError, match="要写 over"):
        evaluate(pack(WINDOWED.partition("\n")[2]), [{"营业收入": 1}], at=DAY)


@pytest.mark.parametrize(
    "step, first, second",
    [("month", "2024-12", "2025-01"), ("industrial_month", "2024年12月", "2025年1—2月"),
     ("industrial_month", "2024年全年", "2025-01/2025-02"),
     ("quarter", "2024年四季度", "2025年一季度"), ("half", "2024年上半年", "2024年下半年"),
     ("year", "2024", "2025年"), ("day", "2024-12-31", "2025-01-01")],
)  # fmt: skip
def test_the_period_before(step: Any, first: str, second: str) -> None:
    from qinggong.rules.steps import step_number

    numbers = [step_number(text, step) for text in (first, second)]
    assert None not in numbers and numbers[1] - numbers[0] == 1  # type: ignore[operator]
    assert step_number("x" * 1_000_000, step) is None


# ------------------------------------------------------------------------------------------- answers in detail


def test_a_choice_of_formulas_and_half_up_rounding() -> None:
    body = """fields: [{code: a}, {code: b}, {code: p, type: flag}]
conditions:
  - {code: C1, test: "如果(p, a, b) ≥ 10"}
  - {code: C2, test: "四舍五入(a, 1) = 2.7"}
  - {code: C3, test: "a + b = 0.3"}
"""
    done = evaluate(pack(body), {"a": [12, 2.65, 0.1], "b": [11, 0, 0.2], "p": [None, None, "是"]}, at=DAY)
    assert list(done.conditions["C1"]) == [1, -1, -1]  # both branches agree although p is unknown
    assert list(done.conditions["C2"]) == [-1, 1, -1]
    assert list(done.conditions["C3"]) == [-1, -1, 1]  # 0.1 + 0.2 is 0.3


def test_explanations_of_one_condition_and_of_a_wrong_row() -> None:
    done = evaluate("innovative_sme", [{"高新技术企业等资质": "是"}], at=dt.date(2025, 1, 1))
    told = done.explain(0, condition="直接条件")
    assert told.outcome == "符合" and [s.text for s in told.decisive] == ["高新技术企业等资质"]
    assert told.as_dict()["steps"]
    with pytest.raises(IndexError):
        done.explain(5)
    with pytest.raises(RulesError, match="没有条件“X”"):
        done.explain(0, condition="X")


def test_the_gap_to_a_level_and_an_unknown_one() -> None:
    done = evaluate(
        "rule_template",
        [{"营业收入": 900, "研发费用": 45, "资产负债率": 60, "发明专利": 2, "高新技术企业": "否"}],
        at=dt.date(2024, 6, 1),
    )
    gap = done.gap(0, level="优秀")
    assert gap.status == "reachable"
    assert {m.code: m.after for m in gap.moves} == {"revenue": 1000.0, "rd_cost": 50.0}
    with pytest.raises(RulesError, match="没有等级“卓越”；有：优秀、合格"):
        done.gap(0, level="卓越")


def test_a_gap_is_verified_where_the_rule_is_not_linear() -> None:
    body = """fields:
  - {code: a, min: 0, change: up, cost: 1}
  - {code: b, min: 0, change: up, cost: 1}
requires: a * b ≥ 100
"""
    gap = evaluate(pack(body), [{"a": 5, "b": 4}], at=DAY).gap(0)
    assert gap.status == "reachable" and len(gap.held) == 1
    (move,) = gap.moves
    assert move.after * (5 if move.code == "b" else 4) >= 100


# ---------------------------------------------------------------------------------------------------- checks

CHECKED = """fields:
  - {code: a, unit: "%", min: 0, max: 100}
  - {code: n, type: integer, min: 0}
  - {code: p, type: flag}
"""
VECTORS = """vectors:
  - {title: x, given: {a: 1, n: 1, p: 是}, expect: {conditions: {C: 符合}}}
  - {title: y, given: {a: 99, n: 99, p: 否}, expect: {conditions: {C: 不符合}}}
"""


def rules_of(body: str) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for f in check(pack(body), at=DAY, others=[]):
        found.setdefault(f.rule, []).append(f.line - LINES_OF_HEAD)
    return found


def scored(bands: str, of: str = "a") -> str:
    items = f"scores: [{{code: S, items: [{{of: {of}, bands: [{bands}]}}]}}]\n"
    return CHECKED + items + "conditions: [{code: C, test: n < 50 且 p 且 a < 50}]\n" + VECTORS


@pytest.mark.parametrize(
    "bands, rules",
    [
        ('{in: "[0, 50%)", points: 0}, {in: "[50%, 100%]", points: 1}', set()),
        ('{in: "[0, 50%]", points: 0}, {in: "[50%, 100%]", points: 1}', {"overlapping-bands"}),
        ('{in: "[0, 60%)", points: 0}, {in: "[50%, 100%]", points: 1}', {"overlapping-bands"}),
        ('{in: "[0, 50%)", points: 0}, {in: "(50%, 100%]", points: 1}', {"leaky-bands"}),
        ('{in: "[0, 40%)", points: 0}, {in: "[50%, 100%]", points: 1}', {"leaky-bands"}),
        ('{in: "(0, 50%)", points: 0}, {in: "≥ 50%", points: 1}', {"leaky-bands"}),
        ('{in: "< 50%", points: 0}, {in: "[50%, 99%]", points: 1}', {"leaky-bands"}),
    ],
)
def test_overlaps_and_leaks_of_bands(bands: str, rules: set[str]) -> None:
    assert set(rules_of(scored(bands))) == rules


def test_bands_of_whole_numbers_have_no_leak_between_neighbours() -> None:
    assert (
        rules_of(scored('{in: "[0, 2]", points: 0}, {in: "[3, 9]", points: 1}, {in: "> 9", points: 2}', of="n")) == {}
    )
    assert set(rules_of(scored('{in: "[0, 2]", points: 0}, {in: "≥ 4", points: 1}', of="n"))) == {"leaky-bands"}


@pytest.mark.parametrize(
    "condition, rule",
    [
        ("a > 50% 且 a < 40%", "contradiction"), ("a > 100%", "contradiction"), ("n > 2 且 n < 3", "contradiction"),
        ("a ≥ 0", "always-true"), ("a ≥ 50% 或 a < 60%", "always-true"), ("p 且 非 p", "contradiction"),
    ],
)  # fmt: skip
def test_contradictions_and_what_is_always_true(condition: str, rule: str) -> None:
    assert rule in rules_of(CHECKED + f"conditions: [{{code: C, test: {condition}}}]\n" + VECTORS)


def test_levels_that_nobody_reaches_and_untested_ones() -> None:
    body = (
        CHECKED
        + """levels:
  - {code: 高, when: a ≥ 50%}
  - {code: 中, when: a ≥ 60% 且 p}
  - {code: 低, when: n ≥ 5}
vectors: [{title: x, given: {a: 50, n: 1, p: 是}, expect: {level: 高}}]
"""
    )
    assert rules_of(body) == {"unreachable-level": [7], "untested-level": [7, 8]}


def test_missing_failing_and_strange_vectors() -> None:
    condition = "conditions: [{code: C, test: a ≥ 50% 且 n > 1 且 p}]\n"
    assert rules_of(CHECKED + condition)["no-vectors"]
    assert rules_of(CHECKED + condition + VECTORS)["failing-vector"] == [7]
    strange = "vectors: [{title: x, given: {b: 1}, expect: {outcome: 符合}}]\n"
    assert rules_of(CHECKED + condition + strange) == {"failing-vector": [6], "untested-condition": [5, 5]}


def test_names_units_and_fields_nobody_uses() -> None:
    body = (
        CHECKED.replace('"%"', "百分号")
        + "  - {code: p, type: flag}\n  - {code: q, type: flag}\nrequires: p 且 n > b\n"
    )
    assert rules_of(body) == {"unknown-unit": [2], "double-name": [5], "formula": [7]}
    assert rules_of(CHECKED + "conditions: [{code: C, test: a < 50%}]\n" + VECTORS) == {"unused-field": [3, 4]}


def test_expiry_and_marks() -> None:
    text = HEAD.replace("mark: own", "mark: recalled") + "valid_to: 2024-01-01\n" + BODY
    rules = {f.rule: f.severity for f in check(read_pack(text), at=DAY, others=[])}
    assert rules["expired"] == "warning" and rules["recalled"] == "info"
    assert "not-yet-valid" in {f.rule for f in check(pack(), at=dt.date(2019, 1, 1), others=[])}


# ------------------------------------------------------------------------------------------------ spreadsheet


@pytest.mark.parametrize("file", bundled_packs(), ids=lambda f: f"{f.pack.id}@{f.pack.version}")
def test_a_pack_survives_the_spreadsheet(file: PackFile, tmp_path: Path) -> None:
    """Written into the template and converted back, it gives the same answers to its vectors."""
    path = tmp_path / "规则.xlsx"
    path.write_bytes(pack_template(f"{file.pack.id}@{file.pack.version}"))
    again = read_pack(converted_pack(path))
    assert again.pack.model_dump(include={"id", "valid_from", "valid_to", "notice", "mark"}) == file.pack.model_dump(
        include={"id", "valid_from", "valid_to", "notice", "mark"}
    )
    tried = try_vectors(again)
    assert len(tried) == len(file.pack.vectors) and not [t.differences for t in tried if not t.passed]


def test_the_empty_template_is_a_pack_of_ones_own(tmp_path: Path) -> None:
    path = tmp_path / "模板.xlsx"
    path.write_bytes(pack_template())
    assert read_pack(converted_pack(path)).pack.id == "my_rules"


def _edited(sheet: str, row: int, column: int, value: Any) -> bytes:
    """The template with one cell changed."""
    sheets = as_sheets(open_pack(EXAMPLE).pack)
    while len(sheets[sheet]) <= row:
        sheets[sheet].append([])
    line = sheets[sheet][row]
    line.extend([None] * (column + 1 - len(line)))
    line[column] = value
    return workbook(sheets)


@pytest.mark.parametrize(
    "sheet, row, column, value, said",
    [
        ("字段", 2, 3, "文本", "“字段”表第3行“文本”；只能写 数、整数"), ("字段", 0, 0, "号码", "不认识的表头“号码”"),
        ("条件", 1, 5, "没有", "“条件”表第2行的上级“没有”"), ("字段", 2, 6, "零", "“字段”表第3行.*要写一个数"),
        ("基本信息", 12, 1, "明天", "“基本信息”表第13行.*应写日期"), ("评分", 3, 12, "多", "“评分”表第4行.*要写一个数"),
    ],
)  # fmt: skip
def test_a_fault_in_the_spreadsheet_names_sheet_and_row(
    tmp_path: Path, sheet: str, row: int, column: int, value: Any, said: str
) -> None:
    path = tmp_path / "x.xlsx"
    path.write_bytes(_edited(sheet, row, column, value))
    with pytest.raises(PackError, match=said):
        converted_pack(path)


def test_what_is_no_template(tmp_path: Path) -> None:
    import xlsxwriter

    path = tmp_path / "x.xlsx"
    path.write_bytes(b"x")
    with pytest.raises(PackError, match="不是完好的 XLSX"):
        converted_pack(path)
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer) as book:
        book.add_worksheet("Sheet1")
    path.write_bytes(buffer.getvalue())
    with pytest.raises(PackError, match="缺少“基本信息”表"):
        converted_pack(path)
    with pytest.raises(PackError, match="找不到"):
        converted_pack(tmp_path / "none.xlsx")


# ------------------------------------------------------------------------------------------------ the manual

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "rule-packs.md"
GUIDE = REFERENCE.parents[1] / "howto" / "write-a-rule-pack.md"


def test_every_key_function_check_and_pack_is_in_the_reference() -> None:
    from pydantic import BaseModel

    from qinggong.rules import model
    from qinggong.rules.expression import FUNCTIONS

    text = REFERENCE.read_text(encoding="utf-8")
    models = [
        m for m in vars(model).values() if isinstance(m, type) and issubclass(m, BaseModel) and m is not BaseModel
    ]
    keys = {info.alias or name for one in models for name, info in one.model_fields.items()}
    sources = [p.read_text(encoding="utf-8") for p in Path(model.__file__).parent.glob("*.py")]
    rules = {
        r
        for t in sources
        for r in re.findall(r'(?:Finding|_?Placed|_fault|ParameterError|append\()\(?\s*"([a-z]+(?:-[a-z]+)+)"', t)
    }
    assert {"leaky-bands", "two-versions", "no-value", "double-name"} <= rules
    record_findings = {
        "not-a-number",
        "not-an-integer",
        "not-a-flag",
        "not-a-date",
        "not-a-period",
        "repeated-period",
        "out-of-range",
        "perhaps-shares",
    }
    named = keys | set(FUNCTIONS) | (rules - record_findings) | {f.pack.id for f in bundled_packs()}
    assert not {name for name in named if f"`{name}`" not in text and f"`{name}: true`" not in text}


def test_the_pack_of_the_guide_is_right(tmp_path: Path) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    body = text[text.index("```yaml\n") + 8 : text.index("```", text.index("```yaml\n") + 8)]
    file = read_pack(body)
    assert check(file, at=DAY, others=[]) == []
    table = text[text.index("```csv\n") + 7 : text.index("```", text.index("```csv\n") + 7)]
    (tmp_path / "企业.csv").write_text(table, encoding="utf-8")
    assert evaluate("sme_size", tmp_path / "企业.csv", at=DAY).level == ["大型", "中型", None]


# ------------------------------------------------------------------------------------- found by trying to break it


OVER_TIME = (
    HEAD
    + """
over: {period: 时期, by: [行业], step: industrial_month}
fields: [{code: g, name: 增速, unit: "%"}]
conditions: [{code: C, test: 增速 < 0}]
vectors:
  - {title: 降, given: [{时期: 2024-03, 行业: 甲, 增速: -1}], expect: {outcome: 符合}}
  - {title: 升, given: [{时期: 2024-03, 行业: 甲, 增速: 1}], expect: {outcome: 不符合}}
"""
)
TWO_OF_THREE = (
    HEAD
    + """
fields:
  - {code: a, name: 营收, unit: 万元, min: 0, change: up}
  - {code: b, name: 研发, unit: 万元, min: 0, change: up}
  - {code: c, name: 有证, type: flag, change: up}
conditions:
  - {code: C1, title: 营收, test: 营收 ≥ 100}
  - {code: C3, title: 两项, at_least: 2, of: [营收 ≥ 100, 研发 ≥ 5, 有证]}
requires: C1 且 非 非 C3
"""
)


def test_a_pack_over_time_without_windows_can_be_checked() -> None:
    assert check(read_pack(OVER_TIME), at=DAY, others=()) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[1, 2", "方括号没有合上"), ("a: {b: 1", "花括号没有合上"), ('a: "b', "引号没有合上"), ("a: b: c", "两个冒号"),
        ("a: 1\n---\nb: 2", "两份内容"), ("a: 1\n<<: {b: 2}", "不能用 <<"), ("a: 2020-13-45", "第1行：没有这个日期"),
        ("a: " + "9" * 5000, "数太长"), (HEAD.replace("试验", "试" * 5000) + BODY, "文字太长"),
    ],
    ids=lambda v: v[:12],
)  # fmt: skip
def test_faults_of_a_pack_are_told_in_chinese_with_their_line(text: str, said: str) -> None:
    with pytest.raises(PackError) as caught:
        read_pack(text, shown="坏.yaml")
    message = str(caught.value)
    assert said in message
    assert re.search(r"坏\.yaml 第\d+行", message)
    assert not re.search(r"[a-z]{4,} [a-z]{3,}", message), "English of a library"


def test_single_values_are_one_record_and_a_text_is_no_column() -> None:
    done = evaluate(read_pack(TWO_OF_THREE), {"营收": "100", "研发": 5}, at=DAY)
    assert done.outcome == ["符合"]
    with pytest.raises(RulesError, match="单个值"):
        evaluate(read_pack(TWO_OF_THREE), {"营收": 100, "研发": [5, 6]}, at=DAY)
    with pytest.raises(RulesError, match="单个值"):
        evaluate(read_pack(TWO_OF_THREE), {"营收": [1, 2], "研发": np.ones((2, 2))}, at=DAY)


@pytest.mark.parametrize(
    "value", [10**5000, 1 + 2j, object(), [1], {"a": 1}, "9" * 1_000_000, True, float("inf")],
    ids=lambda v: type(v).__name__
)  # fmt: skip
def test_what_is_no_number_is_unknown_and_told(value: object) -> None:
    done = evaluate(read_pack(TWO_OF_THREE), [{"营收": value, "研发": 5}], at=DAY)
    assert done.outcome == ["无法判断"]
    assert [f.column for f in done.findings] == ["营收"]


def test_the_day_may_be_a_text() -> None:
    assert evaluate(read_pack(TWO_OF_THREE), [{"营收": 100, "研发": 5}], at="2024-01-31").outcome == ["符合"]
    with pytest.raises(RulesError, match="评价日"):
        evaluate(read_pack(TWO_OF_THREE), [{"营收": 100}], at="昨天")


def test_conditions_joined_in_requires_are_told_one_by_one() -> None:
    done = evaluate(read_pack(TWO_OF_THREE), [{"营收": 100}], at=DAY)
    told = done.explain(0)
    codes = [s.code for s in told.steps[0].walk()]
    assert {"C1", "C3"} <= set(codes)
    assert "缺研发" in told.text
    assert {s.text for s in told.decisive} == {"研发 ≥ 5", "有证"}


def test_only_missing_fields_that_are_needed_are_to_be_shown_and_at_their_border() -> None:
    gap = evaluate(read_pack(TWO_OF_THREE), [{"营收": 100}], at=DAY).gap(0)
    assert gap.status == "reachable"
    assert [m.code for m in gap.moves] in (["b"], ["c"])
    first = gap.moves[0]
    assert first.after in (5.0, True)


def test_the_file_of_a_bundled_pack_begins_with_its_id() -> None:
    """Only the files whose names begin with the id asked for are read."""
    for file in bundled_packs():
        assert file.shown.startswith(file.pack.id)
        assert open_pack(f"{file.pack.id}@{file.pack.version}") is file
