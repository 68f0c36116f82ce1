"""Every plausibility rule through ingest: a case that fires, a near one that does not, and both again in a replay."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from typer.testing import CliRunner

from qinggong import flow
from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.catalogue.official import bundled_figures
from qinggong.cli import app
from qinggong.intake import listed
from qinggong.validate import DOUBTS

HEAD = "period,geo,industry,indicator,measure,value,unit,release_title,release_date,publisher,read_at"
CATALOGUE: Catalogue = load_catalogue()
PRODUCTS = [s.name for s in CATALOGUE.subjects.values() if s.kind == "product"]
_NEXT = iter(PRODUCTS)


@pytest.fixture(scope="module", autouse=True)
def no_bundled_figures() -> Iterator[None]:
    """The bundled figures reduced to their head: they must not vouch for the cases."""
    content, day = bundled_figures()
    head = content.splitlines(keepends=True)[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(importlib.import_module("qinggong.intake.ingest"), "bundled_figures", lambda: (head, day))
        yield


@dataclass
class Case:
    """What is stored before, a row that the rule doubts, and a near one that no rule doubts."""

    rule: str
    severity: str
    before: list[str] = field(default_factory=list)
    fires: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)


def line(
    value: float, period: str, subject: str, indicator: str = "产量", *, measure: str = "level", day: str = "",
    publisher: str = "国家统计局",
) -> str:  # fmt: skip
    known = CATALOGUE.indicator(indicator)
    unit = "%" if measure == "share" else CATALOGUE.canonical_unit(
        known.code, measure, CATALOGUE.subject(subject, indicator=known.code)
    )  # fmt: skip
    return f"{period},CN,{subject},{indicator},{measure},{value:.10g},{unit},,{day},{publisher},"


def history(subject: str, *, measure: str = "level", middle: float = 500.0) -> list[str]:
    return [line(middle * (1 + 0.02 * (n % 5)), f"{y}-{n:02d}", subject, measure=measure)
            for y in (2022, 2023) for n in range(3, 13)]  # fmt: skip


def both(make: Callable[[str], tuple[list[str], list[str], list[str]]], rule: str, severity: str) -> Case:
    """A case on two products: what fires on the first, what is near on the second."""
    before, fires, _ = make(next(_NEXT))
    other, _, near = make(next(_NEXT))
    return Case(rule, severity, [*before, *other], fires, near)


def _slip(p: str) -> tuple[list[str], list[str], list[str]]:
    return history(p), [line(520 * 1e4, "2024-08", p)], [line(620, "2024-08", p)]


def _growth_slip(p: str) -> tuple[list[str], list[str], list[str]]:
    return history(p, measure="yoy", middle=4), [line(5300, "2024-08", p, measure="yoy")], [
        line(9, "2024-08", p, measure="yoy")]  # fmt: skip


def _break(p: str) -> tuple[list[str], list[str], list[str]]:
    def jump(by: float) -> list[str]:
        return [line((500 + n) * (by if n > 7 else 1), f"2023-{n:02d}", p) for n in range(3, 13)]

    return [], jump(10), jump(2)


def _far(p: str) -> tuple[list[str], list[str], list[str]]:
    return history(p, measure="yoy", middle=4), [line(45, "2024-08", p, measure="yoy")], [
        line(20, "2024-08", p, measure="yoy")]  # fmt: skip


def _month(p: str) -> tuple[list[str], list[str], list[str]]:
    before = [line(3000, "2024-01/2024-06", p), line(3500, "2024-01/2024-07", p)]
    return before, [line(560, "2024-07", p)], [line(505, "2024-07", p)]


def _quarter(p: str) -> tuple[list[str], list[str], list[str]]:
    before = [line(1500, "2024-01/2024-03", p), line(3100, "2024-01/2024-06", p)]
    return before, [line(1800, "2024-04/2024-06", p)], [line(1610, "2024-04/2024-06", p)]


def _falls(p: str) -> tuple[list[str], list[str], list[str]]:
    return [line(4000, "2024-01/2024-07", p)], [line(3900, "2024-01/2024-08", p)], [line(4000, "2024-01/2024-08", p)]


def _sign(p: str) -> tuple[list[str], list[str], list[str]]:
    before = [line(500, "2023-08", p), line(560, "2024-08", p)]
    return before, [line(-12, "2024-08", p, measure="yoy")], [line(6, "2024-08", p, measure="yoy")]


def _growth(p: str) -> tuple[list[str], list[str], list[str]]:
    before = [line(500, "2023-08", p), line(560, "2024-08", p)]
    return before, [line(41, "2024-08", p, measure="yoy")], [line(20, "2024-08", p, measure="yoy")]


def _revision(p: str) -> tuple[list[str], list[str], list[str]]:
    return [line(500, "2024-08", p, day="2024-09-14")], [line(560, "2024-08", p, day="2024-10-18")], [
        line(505, "2024-08", p, day="2024-10-18")]  # fmt: skip


def _publishers(p: str) -> tuple[list[str], list[str], list[str]]:
    other = {"publisher": "工业和信息化部", "day": "2024-09-20"}
    return [line(500, "2024-08", p)], [line(507, "2024-08", p, **other)], [line(500.4, "2024-08", p, **other)]


YTD = "2024-01/2024-08"
CASES = [
    both(_slip, "unit-slip", "error"),
    both(_growth_slip, "unit-slip", "error"),
    both(_break, "unit-break", "warning"),
    both(_far, "far-from-history", "warning"),
    both(_month, "month-against-cumulative", "warning"),
    both(_quarter, "month-against-cumulative", "warning"),
    both(_falls, "cumulative-falls", "warning"),
    both(_sign, "growth-sign", "warning"),
    both(_growth, "growth-against-levels", "warning"),
    both(_revision, "large-revision", "warning"),
    both(_publishers, "publishers-differ", "warning"),
    Case("out-of-bounds", "error", [], [line(112, YTD, "轻工业", "主要产品产量增长面")],
         [line(99.9, "2024-01/2024-07", "轻工业", "主要产品产量增长面")]),
    Case("out-of-bounds", "error", [], [line(101, YTD, "纺织业", "资产总计", measure="share").replace(YTD, "2024-08")],
         [line(3, "2024-07", "纺织业", "资产总计", measure="share")]),
    Case("part-above-whole", "error", [line(38000, "2024-08", "社会消费品零售总额", "零售额")],
         [line(41000, "2024-08", "烟酒类", "零售额")], [line(290, "2024-08", "饮料类", "零售额")]),
    Case("part-above-whole", "warning", [line(1000, "2024-08", "家具制造业", "资产总计")],
         [line(1020, "2024-08", "家具制造业", "流动资产合计")], [line(400, "2024-08", "家具制造业", "存货")]),
    Case("ratio-against-parts", "warning",
         [line(v, YTD, n, i) for n in ("食品制造业", "造纸和纸制品业") for v, i in ((50, "利润总额"), (1000, "营业收入"))],
         [line(6.5, YTD, "食品制造业", "营业收入利润率")], [line(5.02, YTD, "造纸和纸制品业", "营业收入利润率")]),
    Case("ratio-against-parts", "warning",
         [line(868800, "2024-01/2024-07", "规模以上工业", "营业收入"),
          line(10000, "2024-01/2024-07", "纺织业", "营业收入"), line(20000, "2024-01/2024-07", "印刷和记录媒介复制业", "营业收入")],
         [line(1.7, "2024-01/2024-07", "纺织业", "营业收入", measure="share")],
         [line(2.3, "2024-01/2024-07", "印刷和记录媒介复制业", "营业收入", measure="share")]),
]  # fmt: skip


@pytest.fixture(scope="module")
def ingested(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[flow.Workspace, dict[int, str], list[dict[str, object]]]:
    """All cases in one workspace, each on subjects of its own; the rule that each row must fire, and what was found."""
    folder: Path = tmp_path_factory.mktemp("rules")
    before, file = folder / "先.csv", folder / "后.csv"
    before.write_text("\n".join([HEAD, *(x for c in CASES for x in c.before)]) + "\n", encoding="utf-8")
    lines, wanted = [HEAD], {}
    for case in CASES:
        first = len(lines) + 1
        lines += case.fires
        wanted |= dict.fromkeys(range(first, len(lines) + 1), case.rule)
        lines += case.near
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    root = folder / "ws"
    quiet = CliRunner().invoke(app, ["ingest", str(before), "--json", "-w", str(root)])
    assert json.loads(quiet.stdout)[0]["findings"] == []
    done = CliRunner().invoke(app, ["ingest", str(file), "--json", "-w", str(root)])
    return flow.Workspace.at(root), wanted, json.loads(done.stdout)[0]["findings"]


def test_every_rule_has_a_case() -> None:
    assert {case.rule for case in CASES} == set(DOUBTS)


@pytest.mark.parametrize("case", CASES, ids=[f"{n}-{c.rule}" for n, c in enumerate(CASES)])
def test_a_rule_fires_and_a_near_case_does_not(
    ingested: tuple[flow.Workspace, dict[int, str], list[dict[str, object]]], case: Case
) -> None:
    _, wanted, found = ingested
    start = 2 + sum(len(c.fires) + len(c.near) for c in CASES[: CASES.index(case)])
    mine = [f for f in found if f["row"] in range(start, start + len(case.fires))]
    assert {(f["rule"], f["severity"]) for f in mine} == {(case.rule, case.severity)}
    assert all(wanted[int(str(f["row"]))] == case.rule for f in mine)
    near = range(start + len(case.fires), start + len(case.fires) + len(case.near))
    assert [f for f in found if f["row"] in near] == []


def test_what_was_found_and_what_was_taken_in_survive_a_replay(
    ingested: tuple[flow.Workspace, dict[int, str], list[dict[str, object]]],
) -> None:
    workspace, _, found = ingested
    before = [n.as_dict() for n in listed(workspace)]
    assert len(before) == len(found)
    done = flow.replay(workspace)
    assert done.same
    assert [f.as_dict() for f in done.files[-1].findings] == found
    assert [n.as_dict() for n in listed(flow.Workspace.at(workspace.layout.root))] == before
    refused = {f["row"] for f in found if f["severity"] == "error"}
    kept = {r.row for r in workspace.store.everything() if r.raw_sha256 == done.files[-1].sha256}
    assert not refused & kept
    assert len(kept) == sum(len(c.fires) + len(c.near) for c in CASES) - len(refused)
