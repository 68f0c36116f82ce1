"""Level indices by province on a synthetic workspace: what the provinces publish is enough for an index."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qinggong import flow
from qinggong.catalogue.prosperity import load_level_index
from qinggong.monitor.coherent import GrowthTable, coherent_growth, growth_table
from qinggong.monitor.prosperity import by_province, index_series, prosperity
from qinggong.periods import month
from qinggong.store.base import Snapshot, winners
from qinggong.synth.plan import Plan

LAST = month(2025, 12)
REGIONS = ("44", "54", "33")


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    folder: Path = tmp_path_factory.mktemp("synthetic") / "合成"
    made, rows = flow.init_synthetic(folder, Plan(seed=7, end="2025-12", months=120))
    assert rows > 0
    return made


def test_provinces_have_indices_from_their_own_figures(workspace: flow.Workspace) -> None:
    plan, catalogue = load_level_index(), workspace.catalogue
    rows = workspace.store.of_series(index_series(catalogue, plan, regions=REGIONS))
    snapshot = Snapshot(tuple(winners(rows)), None, None, workspace.store.version)
    provinces = {p.region: p for p in by_province(snapshot, catalogue, plan, at=LAST)}
    assert list(provinces) == ["33", "44", "54"]
    for region, p in provinces.items():
        row = p.row(LAST)
        inside = [i for i in p.industries if i.counted and not np.isnan(i.index[row])]
        assert np.isnan(p.aggregate[row]) == (len(inside) < plan.provinces.fewest_industries)
        # No prices by province: three components, the weight of the fourth shared.
        for i in inside:
            assert i.weights[row, 1] == 0 and i.weights[row].sum() == pytest.approx(1)
            assert i.contributions[row].sum() == pytest.approx(i.index[row] - i.index[row - 1], abs=1e-9)
        assert (region == "54") == (len(inside) < 3), region
    assert np.isnan(prosperity(snapshot, catalogue, plan, at=LAST).aggregate).all()


def test_growth_of_industries_and_provinces_adds_up_and_errs_less(workspace: flow.Workspace) -> None:
    """Provinces are a month late: the country's figures of the month are held, and the provinces' are forecast."""
    industries = [f"industry:{code}@nbs" for code in ("13", "14", "19", "21", "22", "24", "29", "38")]
    regions = sorted({s.region for s in workspace.store.series() if s.region != "CN" and len(s.region) == 2})
    rows = winners(workspace.store.of_series([(key, r, "revenue") for key in industries for r in [*regions, "CN"]]))
    whole = growth_table(rows, industries=industries, regions=regions, indicator="revenue", first_year=2017, last=LAST)
    assert len(regions) == 31 and whole.period(whole.level.shape[0] - 1) == LAST
    before, after, better = [], [], 0
    for year in (2024, 2025):
        for number in (3, 5, 8, 10):
            now = (year - 2017) * 11 + number - 2
            level, base = whole.level.copy(), whole.base.copy()
            for table in (level, base):
                table[now + 1 :, :, :-1] = np.nan
                table[now + 2 :] = np.nan
            told = coherent_growth(
                GrowthTable(whole.industries, whole.regions, 2017, level, base), after=month(year, number), steps=2
            )
            # What the country has published stays to the last digit, and everything adds up.
            published = whole.growth[now + 1, :, -1]
            np.testing.assert_array_equal(told.after[0, :-1, -1], published)
            assert told.held.sum() == len(industries) and told.held[0, :-1, -1].all()
            assert told.gap_before > 0.5 and told.gap_after < 1e-9
            weights = np.nan_to_num(whole.level[now + 1 - 11, :, :-1]) * ~np.isnan(told.after[0, :-1, :-1])
            sums = (weights * np.nan_to_num(told.after[0, :-1, :-1])).sum(axis=1) / weights.sum(axis=1)
            np.testing.assert_allclose(sums, published, atol=1e-9)
            truth = whole.growth[now + 1 : now + 3, :, :-1]
            base_of = np.nan_to_num(whole.base[now + 1 : now + 3, :, :-1])
            known = ~np.isnan(told.after[:2, :-1, :-1]) & ~np.isnan(truth)
            errors = [
                np.average((table[:2, :-1, :-1] - truth)[known] ** 2, weights=base_of[known])
                for table in (told.before, told.after)
            ]
            before.append(errors[0])
            after.append(errors[1])
            better += errors[1] < errors[0]
    assert np.mean(after) < 0.97 * np.mean(before) and better >= 5, (before, after)


def test_tables_that_cannot_be_made_to_add_up(workspace: flow.Workspace) -> None:
    level = np.ones((30, 1, 3))
    table = GrowthTable(("a",), ("11", "12", "CN"), 2020, level, level)
    for at, steps, says in ((month(2021, 3), 1, "至少需要24期"), (month(2022, 5), 12, "应为1—11")):
        with pytest.raises(ValueError, match=says):
            coherent_growth(table, after=at, steps=steps)
    part = level.copy()
    part[:, :, 0] = np.nan
    part[:, :, 2] = 4.0
    with pytest.raises(ValueError, match="占全国25%，少于90%"):
        coherent_growth(GrowthTable(("a",), ("11", "12", "CN"), 2020, part, part), after=month(2022, 6), steps=1)


def test_a_province_is_warned_by_its_own_figures(workspace: flow.Workspace) -> None:
    at = flow.parse_month("2025-10")
    found = flow.warnings(workspace, at=at, region="广东")
    assert found.lines
    assert {x.region for x in found.lines} == {"44"}
    national = {"forecast", "target", "concentration", "export_residual_low"}
    assert national <= {r.rule for r in found.inactive}, "what is known of the country only is not in use"
    for line in found.lines:
        for fact in line.evidence:
            assert fact.label.startswith("广东")
            assert all("44" in i for i in fact.lineage.inputs)
    told = flow.warning_lines(found)
    assert any(line.startswith("【") and "】广东" in line for line in told)


def test_published_facts_of_two_provinces_are_two_facts(workspace: flow.Workspace) -> None:
    from qinggong import watch
    from qinggong.monitor.facts import FactBook

    at, both = flow.parse_month("2025-10"), ("33", "44")
    book = FactBook()
    found = watch.alerts(workspace, watch.known_of(workspace, both, as_of=None), book, at=at, regions=both)
    for line in found.lines:
        for fact in line.evidence:
            if fact.status == "published":
                assert fact.id.endswith(f"/{line.region}")
                assert fact.label.startswith(line.region_name)


@pytest.mark.parametrize(("region", "said"), [("火星", "不认识地区"), ("台湾", "不能按省预警")])
def test_a_region_without_figures_is_refused(workspace: flow.Workspace, region: str, said: str) -> None:
    with pytest.raises(flow.FlowError, match=said):
        flow.warnings(workspace, at=flow.parse_month("2025-10"), region=region)
