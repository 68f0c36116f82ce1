"""qinggong check: our own bulletins in every format are clean, spoilt ones are not; exit codes and JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from qinggong import cli, flow

CODES = ("2022-10", "2022-12", "2024-02", "2024-08")
WRONG = "2024年1—8月，轻工业实现营业收入15.2万亿元，实现利润9177.6亿元，营业收入利润率为6.54%。"


class Answer(NamedTuple):
    code: int
    out: str
    err: str


Call = Callable[..., Answer]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """``call("check", "a.txt")`` as in a shell whose folder is the test's."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: object) -> Answer:
        monkeypatch.setattr(sys, "argv", ["qinggong", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        caught = capsys.readouterr()
        code = stop.value.code
        return Answer(code if isinstance(code, int) else int(code is not None), caught.out, caught.err)

    return run


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", ["bulletin.html", "bulletin.docx", "bulletin.pdf"])
def test_own_bulletins_are_clean(code: str, name: str, released: dict[str, flow.Released]) -> None:
    """Against themselves and against their own facts, read back from each format."""
    folder = released[code].folder
    report = flow.check(folder / name, data=folder)
    assert [f"{f.position} {f.quote} {f.message}" for f in report.findings] == []
    assert report.numbers > 200
    assert report.known > 80


@pytest.mark.parametrize("code", CODES)
def test_golden_texts_are_clean(code: str) -> None:
    report = flow.check(Path(__file__).parent / "golden" / f"{code}.txt")
    assert [f"{f.position} {f.quote} {f.message}" for f in report.findings] == []


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (">46527.3<", ">46257.3<", "text-table"),
        ("增速比7月份回落", "增速比7月份加快", "direction"),
        ("增速由负转正", "增速由正转负", "turn"),
    ],
)
def test_spoilt_bulletins_are_not(
    old: str, new: str, rule: str, released: dict[str, flow.Released], tmp_path: Path
) -> None:
    code = "2024-02" if rule == "turn" else "2024-08"
    page = (released[code].folder / "bulletin.html").read_text(encoding="utf-8")
    spoilt = page.replace(old, new, 1)
    assert spoilt != page
    path = tmp_path / "a.html"
    path.write_text(spoilt, encoding="utf-8")
    rules = {f.rule for f in flow.check(path).findings}
    assert rule in rules


def test_a_number_told_once_is_found_with_data(released: dict[str, flow.Released], tmp_path: Path) -> None:
    """Beside the facts of the release no number can be moved, one that stands alone included."""
    folder = released["2024-08"].folder
    page = (folder / "bulletin.html").read_text(encoding="utf-8")
    spoilt = page.replace(">819<", ">891<", 1)  # exports of household appliances
    assert spoilt != page
    path = tmp_path / "a.html"
    path.write_text(spoilt, encoding="utf-8")
    assert {f.rule for f in flow.check(path, data=folder).findings} == {"data"}
    assert flow.check(path).findings == ()


def test_exit_codes_and_sentences(call: Call, tmp_path: Path) -> None:
    (tmp_path / "错.txt").write_text(WRONG, encoding="utf-8")
    (tmp_path / "对.txt").write_text(WRONG.replace("6.54", "6.04"), encoding="utf-8")
    (tmp_path / "提示.txt").write_text("25个行业中，12个上升、11个下降。", encoding="utf-8")
    wrong, right, warned = call("check", "错.txt"), call("check", "对.txt"), call("check", "提示.txt")
    assert (wrong.code, right.code, warned.code) == (1, 0, 0)
    assert "第1段第1句 “6.54%”" in wrong.out and "[margin]" in wrong.out and "错误1处" in wrong.out
    assert "没有发现问题" in right.out
    assert "提示1处" in warned.out


def test_json_is_one_object(call: Call, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text(WRONG, encoding="utf-8")
    answer = call("check", "a.txt", "--json")
    told = json.loads(answer.out)
    (finding,) = told["findings"]
    assert answer.code == 1
    assert finding == {
        "rule": "margin", "severity": "error", "position": {"paragraph": 1, "sentence": 1}, "quote": "6.54%",
        "message": finding["message"], "expected": "6.04%",
    }  # fmt: skip
    assert (told["errors"], told["warnings"]) == (1, 0)


@pytest.mark.parametrize("name", ["无.txt", "空.txt", "表.xls", "坏.pdf", "坏.docx"])
def test_unreadable_reports_are_refused(name: str, call: Call, tmp_path: Path) -> None:
    if not name.startswith("无"):
        (tmp_path / name).write_bytes(b"" if name.startswith("空") else b"x")
    answer = call("check", name)
    assert answer.code == 2
    assert answer.out == ""
    assert answer.err.startswith("qinggong：") and name in answer.err and answer.err.count("\n") == 1


def test_data_of_every_kind(call: Call, released: dict[str, flow.Released], tmp_path: Path) -> None:
    folder = released["2024-08"].folder
    workspace = folder.parents[1]
    (tmp_path / "a.txt").write_text("2024年8月份，社会消费品零售总额38726亿元，同比增长2.4%。", encoding="utf-8")
    for data in (folder, folder / "data" / "facts.csv", folder / "data" / "observations.csv",
                 folder / "data" / "data.xlsx", workspace):  # fmt: skip
        answer = call("check", "a.txt", "--data", data)
        assert answer.code == 1, data
        assert "数据中是增长2.1%" in answer.out
        assert "2个与数据对照" in answer.out
    absent = call("check", "a.txt", "--data", tmp_path / "无.csv")
    assert absent.code == 2 and "无.csv" in absent.err


def test_nothing_to_compare_is_said(call: Call, tmp_path: Path, released: dict[str, flow.Released]) -> None:
    (tmp_path / "a.txt").write_text("今年生产平稳，同比增长2.4%。", encoding="utf-8")
    answer = call("check", "a.txt", "--data", released["2024-08"].folder)
    assert answer.code == 0
    assert "没有一个数字能与数据对照" in answer.err
