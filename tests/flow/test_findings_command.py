"""`qinggong findings`: what the checks found, and what a person said to it, from ingest to the next ingest."""

from __future__ import annotations

import datetime as dt
import importlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qinggong import flow
from qinggong.catalogue.official import bundled_figures
from qinggong.cli import app
from qinggong.config import writing
from qinggong.intake import is_held, warnings_for
from qinggong.intake.findings import settle_in_favour
from qinggong.periods import month

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"


@pytest.fixture(scope="module", autouse=True)
def few_bundled_figures() -> Iterator[None]:
    """Of the bundled figures only two classes of retail sales: a replay of all of them takes seconds."""
    content, day = bundled_figures()
    head, *lines = content.decode("utf-8").splitlines(keepends=True)
    few = "".join(
        [head, *(x for x in lines if any(f"{name},零售额" in x for name in ("烟酒类", "饮料类", "总额")))]
    ).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("qinggong.intake.ingest"), "bundled_figures", lambda: (few, day))
        yield


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
    assert "已重新核查：数据.csv 新增1个数字。" in done.stdout
    assert warnings_for(workspace, month(2024, 9)) == []
    assert len(flow.Workspace.at(root).store.rows_of(found["far-from-history"]["sha256"])) == 3

    (again,) = json.loads(call("ingest", "数据.csv", "--json").stdout)
    assert (again["added"], again["known_file"]) == (0, True)
    assert [f["rule"] for f in again["findings"]] == ["unknown-industry"]
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
        first = next(f for f in listed("--open", "--file", path.name) if f["severity"] == "error")
        done = call("findings", "accept", first["id"], "--reason", "核实")
        assert "两行.csv 新增1个数字" in done.stdout
        (one,) = json.loads(call("ingest", str(path), "--json").stdout)
        assert (one["added"], one["rejected"]) == (0, 2 - number)
    sha = listed("--file", path.name)[0]["sha256"]
    assert flow.Workspace.at(root).store.rows_of(sha) == {2, 3, 4}


def test_an_accepted_row_that_is_refused_for_another_reason_stays_out_and_says_so(root: Path) -> None:
    path = Path("两因.csv")
    path.write_text(f"{HEAD}\n2024-09,CN,饮料类,零售额,yoy,12000,%,,2024-10-18,国家统计局,\n", encoding="utf-8")
    call("ingest", str(path))
    (first,) = listed("--open", "--file", path.name)
    assert first["rule"] == "implausible"
    done = call("findings", "accept", first["id"], "--reason", "核实")
    assert "两因.csv 没有新增，该行另有问题，见 qinggong findings --open --file 两因.csv" in done.stdout
    (second,) = listed("--open", "--file", path.name)
    assert second["rule"] == "unit-slip"
    assert "新增1个数字" in call("findings", "accept", second["id"], "--reason", "核实").stdout
    assert flow.Workspace.at(root).store.rows_of(first["sha256"]) == {2}
    assert call("replay", "--check").exit_code == 0


def test_a_run_takes_in_what_was_accepted_and_not_yet_stored(root: Path) -> None:
    """The acceptance is kept, and then the power failed: the file in the inbox is not passed over."""
    path = root / "inbox" / "八月.csv"
    path.write_text(f"{HEAD}\n2024-09,CN,烟酒类,零售额,level,5530000,亿元,,,国家统计局,\n"
                    "2024-09,CN,饮料类,零售额,level,290,亿元,,,国家统计局,\n", encoding="utf-8")  # fmt: skip
    call("ingest", str(path))
    workspace, content = flow.Workspace.at(root), path.read_bytes()
    (wrong,) = listed("--open", "--file", path.name)
    assert is_held(workspace, content)
    with writing(workspace.layout):
        settle_in_favour(workspace.layout, [wrong["id"]], reason="核实", now=dt.datetime.now(dt.UTC))
    assert not is_held(workspace, content)
    (done,) = flow.ingest(workspace, [path])
    assert done.added == 1
    assert is_held(workspace, content)


def test_an_acceptance_outlives_an_archive_that_cannot_be_read(root: Path) -> None:
    call("ingest", "数据.csv")
    wrong = next(f for f in listed("--open", "--file", "数据.csv") if f["rule"] == "part-above-whole")
    kept = root / "raw" / wrong["sha256"] / "content"
    content = kept.read_bytes()
    kept.write_bytes(content + b" ")
    done = call("findings", "accept", wrong["id"], "--reason", "核实")
    assert (done.exit_code, "采信已记下，但该行没有入库" in done.stderr) == (2, True)
    kept.write_bytes(content)
    assert "新增1个数字" in call("ingest", "数据.csv").stdout


def test_repeated_findings_are_one_line_on_the_screen_and_all_in_json(root: Path) -> None:
    months = [f"2023-{n:02d}" for n in range(3, 13)] + [f"2024-{n:02d}" for n in range(3, 9)]
    path = Path("多月.csv")
    rows = [f"{m},CN,原盐,产量,level,{500 + 3 * n % 7},万吨,,,国家统计局,\n" for n, m in enumerate(months)]
    wrong = [f"{m},CN,原盐,产量,level,{(500 + 3 * n % 7) * 10000},万吨,,2025-02-01,国家统计局,\n"
             for n, m in enumerate(months[:5])]  # fmt: skip
    path.write_text(HEAD + "\n" + "".join(rows), encoding="utf-8")
    call("ingest", str(path))
    path.write_text(HEAD + "\n" + "".join(wrong), encoding="utf-8")
    done = call("ingest", str(path))
    (line,) = [x for x in done.stdout.splitlines() if "✗" in x]
    assert line.endswith("（同一序列同类问题共5条，第2行至第6行）")
    found = listed("--open", "--file", path.name)
    assert len(found) == 5 and len({f["group"] for f in found}) == 1
    (shown,) = [x for x in call("findings", "--open", "--file", path.name).stdout.splitlines() if "✗" in x]
    assert shown.startswith(found[0]["group"])
    assert "新增5个数字" in call("findings", "accept", found[0]["group"], "--reason", "核实").stdout
    assert listed("--open", "--file", path.name) == []


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
