"""Plans and targets as data: what each document says, and what is refused in a plan of one's own."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from qinggong.catalogue import CatalogueError, load_catalogue
from qinggong.catalogue.plans import (
    Plan,
    check_plans,
    load_plans,
    load_problems,
    load_target_settings,
    measures_for,
)

OWN = """
kind: plan
code: own
title: 某市轻工业稳增长方案
title_en: A city's plan
short: 某市方案
number: ""
issuers: [某市工业和信息化局]
published: 2024-03-01
valid_from: 2024-01-01
valid_to: 2024-12-31
adopted: true
text: full
source: 合成，仅供测试
sources: [{code: a, title: 方案, publisher: 某市工业和信息化局, date: 2024-03-01, mark: read}]
targets:
  - {code: growth, text: 增加值增长5%以上, quantity: growth, bound: floor, over: full_year, years: [2024], value: 5,
     unit: "%", measured: {subject: 轻工业, indicator: 增加值}, source: a, mark: read}
"""


def own(folder: Path, text: str = OWN) -> Path:
    (folder / "plans").mkdir(parents=True, exist_ok=True)
    (folder / "plans" / "own.yaml").write_text(text, encoding="utf-8")
    return folder


def plan(code: str) -> Plan:
    return next(p for p in load_plans() if p.code == code)


def test_every_name_in_the_plans_is_known() -> None:
    check_plans(load_plans(), load_target_settings(), load_catalogue())


def test_the_plan_of_2023_has_its_numbers_and_the_one_of_2025_has_none_for_growth() -> None:
    first, second = plan("steady_growth_2023_2024"), plan("steady_growth_2025_2026")
    growth, revenue = first.target("value_added_growth"), first.target("revenue")
    assert (growth.value, growth.bound, growth.over, growth.years) == (4, "approximate", "mean_of_years", (2023, 2024))
    assert (revenue.value, revenue.unit, revenue.bound, revenue.deadline) == (25, "万亿元", "floor", 2024)
    assert not [t for t in second.targets if t.quantity in ("growth", "level")]
    assert second.target("scale").kinds == ("无量化目标",)
    assert second.target("upgraded_products").over == "net_new"
    area = second.target("production_areas")
    assert area.size is not None and (area.size.value, area.size.unit, area.value) == (1000, "亿元", 10)
    assert first.target("standards").kinds == ("个数", "定数", "每年")


def test_kinds_of_target_that_occur() -> None:
    targets = [t for p in load_plans() for t in p.targets]
    assert {t.bound for t in targets} == {"floor", "approximate", "exact", "between", "relative", "direction"}
    assert {t.over for t in targets} == {
        "mean_of_years", "full_year", "each_year", "cumulative", "net_new", "by_end",
    }  # fmt: skip
    assert {t.quantity for t in targets} == {"growth", "level", "count", "rate", "amount", "none"}
    assert sum(1 for t in targets if t.size) == 4
    assert len(targets) == 61


def test_tasks_say_whose_heading_they_have() -> None:
    tasks = plan("steady_growth_2025_2026").groups
    assert [len(g.tasks) for g in tasks] == [3, 4, 3, 3, 2, 3]
    assert [t.heading for t in tasks[1].tasks] == ["inferred"] * 4
    assert all(t.heading == "official" for g in tasks if g.code != "consumption" for t in g.tasks)
    assert tasks[-1].safeguard and not tasks[0].safeguard
    assert [len(g.tasks) for g in plan("steady_growth_2023_2024").groups][:2] == [6, 5]


def test_measures_are_found_by_problem_and_day() -> None:
    now = measures_for(load_plans(), "price", on=dt.date(2025, 10, 1))
    assert "加强行业自律，反对非理性价格竞争" in [m.text for _, _, m in now]
    assert {p.code for p, _, _ in now} == {"steady_growth_2025_2026"}
    for problem in load_problems():
        assert any(measures_for(load_plans(), problem.code, on=dt.date(y, 6, 1)) for y in (2022, 2024, 2026)) or (
            problem.code in ("profit", "overcapacity", "employment", "investment")
        )
    assert not measures_for(load_plans(), "price", on=dt.date(2016, 6, 1))


def test_a_draft_is_no_plan_in_force() -> None:
    draft = plan("guidance_draft_2022")
    assert not draft.adopted and draft.superseded_by == "guidance_2022"
    assert not [p for p, _, _ in measures_for(load_plans(), "demand", on=dt.date(2022, 3, 1)) if not p.adopted]


def test_a_plan_of_ones_own_is_added(tmp_path: Path) -> None:
    found = load_plans(overlay=own(tmp_path))
    assert [p.code for p in found].count("own") == 1 and len(found) == len(load_plans()) + 1


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("bound: floor", "bound: flor", "targets.0.bound"),
        ('unit: "%"', 'unit: ""', "needs its unit"),
        ("value: 5,", "", "a quantified target needs value"),
        ("quantity: growth", "quantity: none", "a quantified target needs value"),
        ("over: full_year", "over: each_year, upper: 6", "needs upper"),
        ("years: [2024]", "years: [2024, 2025]", "needs one year"),
        ("source: a, mark", "source: b, mark", "no source “b”"),
        ("valid_to: 2024-12-31", "valid_to: 2023-12-31", "is before valid_from"),
        ("adopted: true", "adopted: false", "superseded_by"),
        ("code: own", "code: guidance_2022", "stands in another file too"),
        ("kind: plan", "kind: plan\nkinds: x", "unknown field"),
        ("kind: plan", "kind: !!python/object/apply:os.system [true]", "not readable as YAML"),
    ],
)
def test_a_wrong_plan_is_refused_with_its_place(tmp_path: Path, old: str, new: str, says: str) -> None:
    assert old in OWN
    with pytest.raises(CatalogueError, match=r"\w") as refused:
        load_plans(overlay=own(tmp_path, OWN.replace(old, new)))
    assert says in str(refused.value) and "own.yaml" in str(refused.value)


def test_an_unknown_problem_and_an_unknown_name_are_refused(tmp_path: Path) -> None:
    group = (
        "groups: [{code: g, title: 组, heading: official, tasks: [{code: t, title: 项, heading: official, "
        "measures: [{text: 措施, problems: [nonsense], mark: read}]}]}]\n"
    )
    with pytest.raises(CatalogueError, match="nonsense"):
        load_plans(overlay=own(tmp_path, OWN + group))
    wrong = load_plans(overlay=own(tmp_path, OWN.replace("subject: 轻工业", "subject: 轻功业")))
    with pytest.raises(CatalogueError, match="plan own, target growth"):
        check_plans(wrong, load_target_settings(), load_catalogue())


def test_readings_widen_the_bound_downwards() -> None:
    floors = {r.key: r.floor(4.0) for r in load_target_settings().readings}
    assert floors == {"strict": 4.0, "tenth": 3.6, "half_point": 3.5, "one_point": 3.0}
