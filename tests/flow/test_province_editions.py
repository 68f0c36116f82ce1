"""Editions of provinces: from synthetic provincial figures, and not where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html

from qinggong import flow
from qinggong.editions.facts import gathered, subjects_of, units_of
from qinggong.editions.making import ask, made
from qinggong.standing import FlowError
from qinggong.synth.plan import Plan


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    made_, rows = flow.init_synthetic(
        tmp_path_factory.mktemp("synthetic") / "合成", Plan(seed=7, end="2025-12", months=30)
    )
    assert rows > 0
    return made_


def test_a_province_beside_the_country(workspace: flow.Workspace) -> None:
    asked = ask(workspace, "分省版", period="2025-09", subjects=["广东"])
    # Figures of provinces alone: what else the edition tells is proved on the country.
    facts = gathered(workspace, asked.span, [], snapshot=asked.snapshot)
    chosen = subjects_of(facts, asked.edition, asked.subjects)
    assert chosen == [("44", "广东")]
    (unit,) = units_of(facts, asked.edition, chosen)
    assert unit is not None
    assert {f.indicator for f in unit.figures} == {"value_added", "revenue", "profit", "export_delivery"}
    one = next(f for f in unit.figures if f.gap is not None)
    assert one.growth is not None
    assert one.benchmark is not None
    assert one.gap is not None
    assert float(one.gap.text) == pytest.approx(float(one.growth.text) - float(one.benchmark.text), abs=1e-9)
    page = made(facts, asked.edition, unit, formats=("html",))
    tree = html.fromstring(page.files["bulletin.html"].decode())
    text = tree.text_content()
    assert "广东轻工业运行监测（合成数据）" in text
    assert "低于全国同行业" in text or "高于全国同行业" in text
    for element in tree.xpath("//*[@data-fact]"):
        fact = facts.brief.book[element.get("data-fact")]
        assert element.text_content().strip() in fact.forms()
        assert "/" in fact.id
    own = [f for f in facts.brief.book if f.id.startswith("industry:13@nbs@44/")]
    assert own, "facts of a province have ids of their own"


@pytest.mark.soak
def test_all_provinces_are_those_with_figures(workspace: flow.Workspace) -> None:
    asked = ask(workspace, "分省版", period="2025-09", subjects=["all"])
    facts = gathered(workspace, asked.span, [], snapshot=asked.snapshot)
    chosen = subjects_of(facts, asked.edition, asked.subjects)
    found = [u.code for u in units_of(facts, asked.edition, chosen) if u is not None]
    assert len(chosen) == 34
    assert len(found) == 31
    assert not {"71", "81", "82"} & set(found)


def test_there_is_none_without_provincial_figures(tmp_path: Path) -> None:
    bare = flow.Workspace.at(tmp_path / "ws", make=True)
    flow.ingest(bare, [])
    asked = ask(bare, "分省版", period="2024-08", subjects=["all"])
    facts = gathered(bare, asked.span, [], snapshot=asked.snapshot)
    assert not list(units_of(facts, asked.edition, subjects_of(facts, asked.edition, ["all"])))
    with pytest.raises(FlowError, match="全国不是一个省份"):
        subjects_of(facts, asked.edition, ["全国"])
