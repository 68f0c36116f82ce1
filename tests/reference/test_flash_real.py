"""Flash estimates and chances on the real workbooks in ../shared, against what the federation published.

The figures of docs/methods/flash-estimate.md and docs/methods/targets.md. The workspace is temporary.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qinggong import flow
from qinggong.catalogue.plans import load_target_settings
from qinggong.methods import attainment
from qinggong.monitor.facts import FactBook, FlashLine, TargetLine
from qinggong.monitor.movements import Desk
from qinggong.monitor.target_inputs import figures_of, histories, shares
from qinggong.periods import month, ytd
from qinggong.store.base import Snapshot


@pytest.fixture(scope="module")
def workspace(real_workspace: Path) -> flow.Workspace:
    return flow.Workspace.at(real_workspace)


@pytest.fixture(scope="module")
def snapshot(workspace: flow.Workspace) -> Snapshot:
    return workspace.snapshot()


@pytest.fixture(scope="module")
def lines(workspace: flow.Workspace) -> dict[str, FlashLine]:
    return {line.indicator: line for line in flow.flash(workspace, at=month(2025, 10)).lines}


def test_value_added_is_estimated_within_a_point(lines: dict[str, FlashLine]) -> None:
    line = lines["value_added"]
    assert line.readings is not None and line.readings.value == 14 and line.better
    assert line.miss is not None and line.miss_by_year is not None and line.simple is not None
    assert (line.miss.value or 9) <= 0.5 and (line.miss_by_year.value or 9) <= 0.8 and (line.simple.value or 0) >= 1.2
    judged = [r for r in line.history if r.error is not None and r.value is not None]
    assert len(judged) == 14
    inside = [
        (r.low.value or 0) <= (r.published.value or 0) <= (r.high.value or 0)
        for r in judged
        if r.low is not None and r.high is not None and r.published is not None
    ]
    assert all(inside)
    wanted = {ytd(2024, 12): 4.9, ytd(2024, 7): 5.1}
    for period, value in wanted.items():
        row = next(r for r in line.history if r.period == period)
        assert row.published is None and row.value is not None and row.value.value == pytest.approx(value, abs=0.4)


def test_money_is_estimated_with_wide_intervals_and_says_so(lines: dict[str, FlashLine]) -> None:
    for indicator, miss, width in (("revenue", 3.0, 5.0), ("profit", 6.0, 10.0)):
        line = lines[indicator]
        assert line.miss_by_year is not None and (line.miss_by_year.value or 99) <= miss
        row = next(r for r in line.history if r.period == ytd(2024, 9))
        assert row.low is not None and row.high is not None and (row.high.value or 0) - (row.low.value or 0) >= width
    newest = lines["revenue"].history[-1]
    assert newest.value is None and newest.reason  # the workbooks end in March 2025: nothing is filled in


def test_the_plan_of_2023_seen_with_the_divisions(workspace: flow.Workspace) -> None:
    found = flow.targets(workspace, at=month(2024, 11))
    growth: TargetLine = next(one for one in found.lines if one.key == "steady_growth_2023_2024.value_added_growth")
    chances = [p.probability.value or 0 for p in growth.points if p.probability is not None]
    assert len(chances) == 7 and max(chances) < 35 and chances[-1] <= 2
    loosest = growth.readings[-1].probability
    assert loosest is not None and (loosest.value or 0) >= 85
    assert {p.name for p in growth.dragging} >= {"农副食品加工业"} and growth.carrying
    width = [
        (r.high.value or 0) - (r.low.value or 0) for r in growth.readings if r.high is not None and r.low is not None
    ]
    assert max(width) < 25  # many years to draw from: narrower than on the bundled figures


def test_chances_of_pseudo_targets_come_true_as_often_as_said(snapshot: Snapshot) -> None:
    """A slice of benchmarks/target_calibration.py: 2019 to 2024, seen from four months, against last year's growth."""
    catalogue = flow.load_catalogue()
    settings = load_target_settings().simulation
    profile = catalogue.subject(settings.profile, indicator="value_added")
    figures = figures_of(Desk(snapshot, catalogue, FactBook()), month(2024, 12))
    parts = shares(figures, profile, profile=profile, base_year=2023).steps
    known = histories(figures, catalogue.indicator("value_added"), parts, first_year=2006, before=2025, fewest_years=4)
    assert known is not None
    kept = [i for i, name in enumerate(known.names) if name[9:11].isdigit()]
    assert len(kept) == 41
    growth, cumulative = known.growth[kept], known.cumulative[kept]
    rows = []
    for year in range(2019, 2025):
        y = year - 2006
        model = attainment.fit(growth[:, :y], cumulative[:, :y], parts)
        assert -0.5 < model.base_effect < 0
        for i in range(41):
            for step in (1, 4, 6, 8):
                target, outcome, so_far = cumulative[i, y - 1, -1], cumulative[i, y, -1], cumulative[i, y, step]
                if not np.isfinite([target, outcome, so_far]).all():
                    continue
                paths = attainment.simulate(
                    model,
                    growth[i, : y + 1],
                    float(so_far),
                    step=step,
                    scale=float(model.scales[i]),
                    paths=300,
                    seed=i * 99 + year,
                )
                rows.append((float((paths.growth[:, 0] >= target - 0.05).mean()), float(outcome >= target)))
    stated, met = np.array(rows).T
    assert stated.size > 900 and float(np.mean((stated - met) ** 2)) < 0.12
    for low, high in ((0.0, 0.2), (0.4, 0.6), (0.6, 0.85), (0.85, 1.01)):
        here = (stated >= low) & (stated < high)
        assert here.sum() > 30 and abs(float(met[here].mean()) - float(stated[here].mean())) < 0.15, (low, high)
