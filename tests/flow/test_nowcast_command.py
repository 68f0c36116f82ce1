"""qinggong nowcast: refusals on few figures, JSON, mistakes in one Chinese sentence."""

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
    root: Path = tmp_path_factory.mktemp("nowcast") / "ws"
    flow.ingest_bundled(flow.Workspace.at(root, make=True))
    return root


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundled: Path) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qinggong", "nowcast", "--workspace", str(bundled), *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        caught = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(code is not None), caught.out, caught.err)

    return run


def test_too_few_figures_are_said_line_by_line(call: Call) -> None:
    code, out, err = call("--month", "2024-08")
    assert code == 0 and err == ""
    assert "不预测：农副食品加工业增加值：样本不足" in out and "没有收录数字" in out and "预计" not in out


def test_json(call: Call) -> None:
    code, out, _ = call("--month", "2024-08", "--industry", "家具制造业", "--json")
    found = json.loads(out)
    assert code == 0 and found["month"] == "2024-08" and found["end"] == "2024-12" and found["nowcasts"] == []
    assert {r["industry"] for r in found["refused"]} == {"21"} and all(r["reason"] for r in found["refused"])
    assert found["evaluation"]["pseudo_vintages"] is True


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("--month", "2024-13"), 3, "不认识的月份"),
        (("--month", "2024-01"), 3, "1—2月合并发布"),
        (("--month", "1999-05"), 3, "没有1999年5月份及以前可用于即时预测的行业数字"),
        (("--month", "2024-08", "--industry", "采矿"), 3, "不在即时预测的行业之内"),
        (("--month", "2024-08", "--as-of", "昨天"), 2, "不认识的日期"),
    ],
)
def test_mistakes_are_one_sentence(call: Call, arguments: tuple[str, ...], code: int, says: str) -> None:
    found, out, err = call(*arguments)
    assert (found, out) == (code, "") and says in err and err.startswith("qinggong：") and err.count("\n") == 1
