"""qinggong warnings and qinggong backtest warnings, and warnings that become cases."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from qinggong import cli, flow, watch
from qinggong.catalogue.warnings import load_warnings
from qinggong.monitor.facts import FactBook
from qinggong.publish.sections import warnings as section

Call = Callable[..., tuple[int, str, str]]
MONTH = "2024-08"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root: Path = tmp_path_factory.mktemp("warnings") / "ws"
    flow.ingest_bundled(flow.Workspace.at(root, make=True))
    return root


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundled: Path) -> Call:
    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["qinggong", *map(str, arguments), "--workspace", str(bundled)])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        caught = capsys.readouterr()
        code = stop.value.code
        return (code if isinstance(code, int) else int(code is not None), caught.out, caught.err)

    return run


def test_a_month_is_told_with_evidence_and_with_what_is_not_in_use(call: Call) -> None:
    code, out, err = call("warnings", "--month", MONTH)
    assert (code, err) == (0, "")
    assert out.startswith("2024年8月份预警：")
    assert "未启用：缺数据：" in out
    assert "存货与应收账款上升（缺产成品存货同比、应收账款同比）" in out


def test_json_has_every_rule_and_lineage_of_evidence(call: Call) -> None:
    code, out, _ = call("warnings", "--month", MONTH, "--json")
    assert code == 0
    told = json.loads(out)
    assert {r["rule"] for r in told["rules"]} == {r.code for r in load_warnings().rules}
    named = {r["rule"] for r in told["not_in_use"]}
    assert {"stocks", "price_fall", "forecast"} <= named
    for one in told["warnings"]:
        assert one["since"] <= one["period"]
        assert one["rule"] not in {"stocks", "forecast"}
        for fact in one["evidence"]:
            assert fact["inputs"] or fact["label"].endswith(("逾期未到数字", "存疑数字"))


def test_mistakes_are_one_sentence(call: Call) -> None:
    code, out, err = call("warnings", "--month", MONTH, "--industry", "飞机")
    assert (code, out) == (3, "")
    assert "“飞机”不在预警的行业之内" in err
    code, _, err = call("backtest", "warnings", "--from", "2025", "--to", "2012")
    assert code == 3
    assert "从2025年到2012年" in err


def test_a_backtest_of_few_figures_is_no_pass(call: Call) -> None:
    code, out, _ = call("backtest", "warnings", "--from", "2019", "--to", "2022", "--json")
    assert code == 0
    done = json.loads(out)
    assert "伪实时" in done["vintages"]
    assert {x["rule"] for x in done["lines"]} == {r.code for r in load_warnings().rules if r.event}
    assert all(x["right"] <= x["alarms"] and x["found"] <= x["events"] for x in done["lines"])


def test_the_past_is_told_as_it_was_known(bundled: Path) -> None:
    workspace = flow.Workspace.at(bundled)
    import datetime as dt

    at = flow.parse_month("2022-10")
    known = workspace.snapshot(as_of=dt.date(2022, 11, 20))
    found = watch.alerts(workspace, known, FactBook(), at=at)
    days = {
        c.published_at for line in found.lines for f in line.evidence for c in f.lineage.citations if c.published_at
    }  # fmt: skip
    assert all(day <= "2022-11-20" for day in days)


def test_the_section_says_what_is_not_in_use(bundled: Path) -> None:
    workspace = flow.Workspace.at(bundled)
    found = watch.alerts(workspace, workspace.snapshot(), FactBook(), at=flow.parse_month(MONTH))
    built = section.build(found, place=9)
    text = "".join(getattr(b, "text", "") for b in built.blocks)
    assert "下列规则未启用：缺数据（" in text
    assert all(r.name in text for r in found.inactive)


def test_warnings_become_one_case_an_industry(bundled: Path, tmp_path: Path) -> None:
    root = tmp_path / "ws"
    shutil.copytree(bundled, root)
    workspace = flow.Workspace.at(root)
    at = flow.parse_month(MONTH)
    found = watch.alerts(workspace, workspace.snapshot(), FactBook(), at=at)
    assert found.in_force, "the month has warnings in force"
    assert watch.raise_cases(workspace, found) is None, "no office, no case"
    assert not workspace.layout.office.exists()
    bureau = flow.open_office(workspace, make=True)
    bureau.close()
    raised = watch.raise_cases(workspace, found)
    assert raised is not None
    fired = [line for line in found.in_force if line.fresh]
    assert len(raised.outcomes) == len(fired)
    assert len({number for _, number in raised.outcomes}) == len({(x.industry, x.region) for x in fired})
    again = watch.raise_cases(workspace, found)
    assert again is not None
    assert {what for what, _ in again.outcomes} == {"已有记录"}
