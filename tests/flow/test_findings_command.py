"""`qinggong findings`: what the checks found, and what a person said to it, from ingest to the next ingest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qinggong import flow
from qinggong.cli import app
from qinggong.intake import warnings_for
from qinggong.periods import month

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("findings") / "ws"
    flow.ingest_bundled(flow.Workspace.at(root, make=True))
    return root


@pytest.fixture
def root(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(template, tmp_path / "workspace")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "数据.csv").write_text(
        f"{HEAD}\n"
        "2024-09,CN,烟酒类,零售额,level,5530000,亿元,9月份,2024-10-18,国家统计局,\n"
        "2024-09,CN,饮料类,零售额,yoy,95.0,%,9月份,2024-10-18,国家统计局,\n"
        "2024-09,CN,原烟,产量,level,3,万吨,9月份,2024-10-18,国家统计局,\n"
        "2024-09,CN,饮料类,零售额,level,290,亿元,9月份,2024-10-18,国家统计局,\n",
        encoding="utf-8",
    )
    return tmp_path / "workspace"


def call(*arguments: str) -> Any:
    return CliRunner().invoke(app, [*arguments])


def listed(*arguments: str) -> list[dict[str, str]]:
    done = call("findings", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, str]] = json.loads(done.stdout)
    return found


def test_from_ingest_to_the_next(root: Path) -> None:
    done = call("ingest", "数据.csv")
    assert done.exit_code == 1
    assert "✗ 数据.csv 第2行" in done.stdout and "！ 数据.csv 第3行" in done.stdout
    found = {f["rule"]: f for f in listed("--file", "数据.csv", "--open")}
    assert {r: f["severity"] for r, f in found.items()} == {
        "part-above-whole": "error", "far-from-history": "warning", "unknown-industry": "error"
    }  # fmt: skip
    assert found["part-above-whole"]["expected"].startswith("≤")
    workspace = flow.Workspace.at(root)
    assert [f.rule for f in warnings_for(workspace, month(2024, 9))] == ["far-from-history"]
    assert len(workspace.store.rows_of(found["far-from-history"]["sha256"])) == 2

    slip, far, name = (found[r]["id"] for r in ("part-above-whole", "far-from-history", "unknown-industry"))
    refused = call("findings", "accept", name, "--reason", "x")
    assert (refused.exit_code, "不能采信" in refused.stderr) == (2, True)
    assert call("findings", "accept", slip).exit_code == 2
    assert call("findings", "accept", "ffff", "--reason", "x").exit_code == 2
    done = call("findings", "accept", slip[:8], far, "--reason", "已与发布单位核实", "--by", "张三")
    assert done.exit_code == 0, done.output
    assert "已采信：已与发布单位核实（张三）" in done.stdout
    assert warnings_for(workspace, month(2024, 9)) == []

    again = call("ingest", "数据.csv", "--json")
    (one,) = json.loads(again.stdout)
    assert (one["added"], one["rejected"], [f["rule"] for f in one["findings"]]) == (1, 1, ["unknown-industry"])
    (third,) = json.loads(call("ingest", "数据.csv", "--json").stdout)
    assert (third["added"], third["known_file"]) == (0, True)
    states = {f["rule"]: f["state"] for f in listed("--file", "数据.csv")}
    assert states == {"part-above-whole": "accepted", "far-from-history": "accepted", "unknown-industry": "open"}
    shown = call("findings", "--file", "数据.csv").stdout
    assert "已采信（张三，" in shown and "未处理1条" in shown
    assert call("replay", "--check").exit_code == 0


def test_several_accepted_one_after_the_other_all_go_in(root: Path) -> None:
    """Each further commit of a file has a name of its own, under the same catalogue too."""
    path = Path("两行.csv")
    path.write_text(
        f"{HEAD}\n2024-09,CN,烟酒类,零售额,level,5530000,亿元,,,国家统计局,\n"
        "2024-09,CN,饮料类,零售额,level,2530000,亿元,,,国家统计局,\n2024-09,CN,原盐,产量,level,500,万吨,,,国家统计局,\n",
        encoding="utf-8",
    )
    call("ingest", str(path))
    for number in (1, 2):
        first = next(f for f in listed("--open", "--file", path.name))
        call("findings", "accept", first["id"], "--reason", "核实")
        (one,) = json.loads(call("ingest", str(path), "--json").stdout)
        assert (one["added"], one["rejected"]) == (1, 2 - number)
    sha = listed("--file", path.name)[0]["sha256"]
    assert flow.Workspace.at(root).store.rows_of(sha) == {2, 3, 4}


def test_the_workspace_may_be_named_on_either_side(root: Path, tmp_path: Path) -> None:
    call("ingest", "数据.csv")
    moved = tmp_path / "别处"
    root.rename(moved)
    assert call("findings").exit_code == 2
    found = listed("-w", str(moved), "--file", "数据.csv")
    one, two = found[0]["id"], found[1]["id"]
    assert call("findings", "-w", str(moved), "accept", one, "--reason", "x").exit_code == 0
    assert call("findings", "accept", two, "--reason", "x", "-w", str(moved)).exit_code == 0


def test_a_workspace_without_findings(tmp_path: Path) -> None:
    call("init", "-w", str(tmp_path / "w"))
    done = call("findings", "-w", str(tmp_path / "w"))
    assert (done.exit_code, done.stdout) == (0, "没有核查结果。\n")
