"""Figures pasted into JSON or scripts: forms, names, and what is refused. All figures are made up (合成)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import PurePath
from typing import Any

import pytest

from qinggong.catalogue import load_catalogue
from qinggong.sources import SHAPES, UnreadableFile
from qinggong.sources.pasted import FIELDS, SHAPE, TRAPS, sheets
from qinggong.sources.proposal import propose
from qinggong.sources.series_reading import UnknownLayout
from qinggong.sources.sheet import Sheet

DAY = dt.date(2026, 11, 21)
PPI = "家具制造业工业生产者出厂价格指数(上年同月=100)"
FORMS: dict[str, tuple[Any, str]] = {
    "points": ([{"key": "A1", "name": PPI, "points": [{"time": "2024-03", "timeCode": "202403", "value": 99.5}]}],
    "points"),
    "rows": ({"rows": [{"indicatorName": PPI, "timeCode": "202403", "time": "2024-03", "value": 99.5}]}, "rows"),
    "by-period": ({PPI: {"2024-03": 99.5, "2024-04": None}}, ""),
    "records": ([{"时期": "2024年3月", PPI: "99.5", "备注": "合成"}], ""),
    "labels": ({"header": {"t": "时期", "p": PPI}, "data": [{"t": "2024年3月", "p": "99.5"}]}, "data"),
    "pairs": ({"name": PPI, "data": [["2024-03", 99.5], ["2024-04", None]]}, ""),
    "side-by-side": ({"dates": ["2024-03", "2024-04"], PPI: [99.5, None]}, ""),
}  # fmt: skip


def only(found: list[Sheet]) -> Sheet:
    (sheet,) = found
    return sheet


@pytest.mark.parametrize("form", FORMS)
def test_forms(form: str) -> None:
    data, where = FORMS[form]
    content = json.dumps(data, ensure_ascii=False).encode()
    path = PurePath("合成.json")
    assert next(s for s in SHAPES if s.recognises(path, content)) is SHAPE
    sheet = only(sheets(content))
    assert sheet.name == where and sheet.lines[0] == ["指标名称", PPI]
    assert sheet.lines[2] == ["2024-03", "99.5"]
    read = SHAPE.parse(path, content)
    assert [(r.period, r.subject, r.indicator, r.measure, r.value, r.unit) for r in read.rows] == [
        ("2024-03", "家具制造业", "producer_prices", "yoy", "-0.5", "%")
    ]
    assert read.recognised.startswith("按国家数据命名的序列：1个指标")


@pytest.mark.parametrize(
    "script",
    [
        "const data = {};\nexport default data;",
        "export default {};",
        "module.exports = {};",
        "var chart = {};  // 单位：% [1]\n/* {不是数据} */",
        "callback({});",
        "﻿let a = {}, b = 1",
    ],
)
def test_literals_are_cut_out_of_scripts(script: str) -> None:
    literal = json.dumps({PPI: {"2024-03": 99.5, "2024-04": 99.7}}, ensure_ascii=False)
    content = script.replace("{}", literal).encode()
    assert SHAPE.recognises(PurePath("合成.js"), content)
    assert [(r.period, r.value) for r in SHAPE.parse(PurePath("合成.js"), content).rows] == [
        ("2024-03", "-0.5"), ("2024-04", "-0.3"),
    ]  # fmt: skip


def test_a_comment_inside_a_text_is_no_comment() -> None:
    content = ('var a = {"url": "https://example.invalid/x", "' + PPI + '": {"2024-03": 99.5, "2024-04": 1}}').encode()
    assert len(SHAPE.parse(PurePath("合成.js"), content).rows) == 2


def test_several_literals_and_places_are_sheets_of_their_own() -> None:
    series = {"甲": {"2024-03": 1, "2024-04": 2}}
    script = f"var one = {json.dumps({'x': series})};\nvar two = {json.dumps(series)};"
    assert [s.name for s in sheets(script.encode())] == ["one.x", "two"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("const a = {time: '2024-03', value: 1};", "不是完整的 JSON"),
        ("const a = {'2024-03': compute()};", "不是完整的 JSON"),
        ("function f() { return '2024-03'; }", "没有 JSON 写法的数据"),
        ('{"2024-03": 1, "2024-04"', "不是完整的 JSON"),
        ('{"2024-03": {"a": 1}}', "没有写明时期的数字"),
        ('{"说明": "2024-03"}', "没有写明时期的数字"),
        ("[" * 100_000 + '"2024-03"', "JSON|嵌套"),
    ],
)
def test_what_is_no_data_is_refused(text: str, why: str) -> None:
    with pytest.raises(UnreadableFile, match=why):
        SHAPE.parse(PurePath("合成.js"), text.encode())


def test_deep_data_is_refused() -> None:
    text = '{"a":' * 60 + '{"2024-03": 1, "2024-04": 2}' + "}" * 60
    with pytest.raises(UnreadableFile, match="嵌套过深"):
        SHAPE.parse(PurePath("合成.json"), text.encode())


def test_a_figure_given_twice_alike_comes_in_once_and_two_different_ones_not_at_all() -> None:
    point = {"time": "2024-03", "value": 99.5}
    twice = [{"name": PPI, "points": [point], "rows": [{**point, "indicatorName": PPI}]}]
    assert len(SHAPE.parse(PurePath("合成.json"), json.dumps(twice).encode()).rows) == 1
    twice[0]["rows"][0]["value"] = 99.6  # type: ignore[index]
    read = SHAPE.parse(PurePath("合成.json"), json.dumps(twice).encode())
    assert read.rows == () and [d.rule for d in read.defects] == ["duplicate-series"]


def test_unknown_names_are_proposed_with_the_keys_as_names() -> None:
    content = json.dumps({"note": "合成", "revenue_yoy": {"2024-03": 4.5, "2024-04": 5.2}}).encode()
    with pytest.raises(UnknownLayout):
        SHAPE.parse(PurePath("合成.json"), content)
    (proposal,) = propose(PurePath("合成.json"), content, catalogue=load_catalogue(), day=DAY)
    assert [(g.name, g.take) for g in proposal.guesses] == [("revenue_yoy", False)]


def test_part_of_a_file_may_be_unknown() -> None:
    content = json.dumps(
        {"a": {PPI: {"2024-03": 99.5, "2024-04": 1}}, "b": {"x": {"2024-03": 1, "2024-04": 2}}}
    ).encode()
    read = SHAPE.parse(PurePath("合成.json"), content)
    assert len(read.rows) == 2 and [(u.series, u.figures) for u in read.unmapped] == [("数据“b”", 2)]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", b'{"a": 1}'),
        ("a.txt", "2024-03 的说明".encode()),
        ("a.html", b'{"2024-03": 1}'),
        ("a.json", b"PAR1"),
        ("a.xlsx", b"PK\x03\x04"),
    ],
)
def test_other_files_are_not_claimed(name: str, content: bytes) -> None:
    assert not SHAPE.recognises(PurePath(name), content)


def test_fields_and_traps_are_documented() -> None:
    assert FIELDS and TRAPS and all(t.endswith("。") for t in TRAPS)
