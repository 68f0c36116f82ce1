"""qinggong targets: sentences, JSON, suppositions, and errors in one Chinese sentence."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qinggong import cli, flow

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("targets") / "ws"
    flow.ingest_bundled(flow.Workspace.at(root, make=True))
    return root


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundled: Path) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        given = ["qinggong", "targets", "--workspace", str(bundled), *map(str, arguments)]
        monkeypatch.setattr(sys, "argv", given)
        with pytest.raises(SystemExit) as stop:
            cli.main()
        caught = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(code is not None), caught.out, caught.err)

    return run


def test_sentences(call: Call) -> None:
    code, out, err = call("--month", "2024-11")
    assert code == 0 and err == ""
    assert "轻工业增加值平均增速4%左右：2023年全年增长1.8%；2024年1—11月增长4.8%；已知各期平均增长3.3%" in out
    assert "2024年全年需增长6.2%，后1个月需增长" in out and "才能达到全年目标" in out
    assert "规模以上企业营业收入规模突破25万亿元：2024年1—11月20.6万亿元，同比增长1.4%；还差4.4万亿元" in out
    assert "无量化目标" in out and "缺数据" in out and "达到的可能性" in out


@pytest.mark.parametrize("month", ["2017-06", "2022-12", "2025-02", "2025-08", "2026-03"])
def test_months_without_figures_of_their_year_are_said_too(call: Call, month: str) -> None:
    code, out, err = call("--month", month)
    assert code == 0 and err == "" and "目标进度" in out
    if month == "2025-08":
        assert "增速与全国工业平均水平一致：最近一次公布的是2024年1—11月增长4.8%；缺数据：没有收录2025年" in out


def test_json_and_the_same_answer_twice(call: Call) -> None:
    code, out, _ = call("--month", "2024-11", "--json")
    assert code == 0
    found = json.loads(out)
    assert found["month"] == "2024-11"
    growth = next(t for t in found["targets"] if t["key"] == "steady_growth_2023_2024.value_added_growth")
    assert growth["kinds"] == ["增速", "约数", "多年平均"] and growth["readings"][0]["year_need"]["text"] == "6.2"
    assert growth["target"] == {"value": 4.0, "text": "4", "unit": "%", "period": "2024-01/2024-12"}
    assert call("--month", "2024-11", "--json")[1] == out


def test_what_if(call: Call) -> None:
    code, out, _ = call("--month", "2024-02", "--what-if", "农副食品加工业=30")
    assert code == 0 and "假设农副食品加工业后几个月增速+30个百分点" in out
    plain = json.loads(call("--month", "2024-02", "--json")[1])
    moved = json.loads(call("--month", "2024-02", "--what-if", "农副食品加工业=30", "--json")[1])
    chances = [t["targets"][0]["readings"][0]["probability"]["value"] for t in (plain, moved)]
    assert chances[1] > chances[0]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--month", "2014-06"), 3, "2014年6月份没有在执行的方案"),
        (("--month", "2024-13"), 3, "不认识的月份"),
        (("--month", "2024-11", "--what-if", "家具制造业"), 2, "不认识的假设"),
        (("--month", "2024-11", "--what-if", "家具制造业=nan"), 2, "不认识的假设"),
        (("--month", "2024-11", "--what-if", "家俱=5"), 3, "不认识的行业"),
        (("--month", "2024-11", "--what-if", "轻工业=5"), 3, "不认识的行业"),
        (("--month", "2024-11", "--as-of", "昨天"), 2, "不认识的日期"),
    ],
)
def test_mistakes_are_one_sentence(call: Call, arguments: tuple[str, ...], code: int, says: str) -> None:
    found, out, err = call(*arguments)
    assert (found, out) == (code, "") and says in err and err.startswith("qinggong：") and err.count("\n") == 1
