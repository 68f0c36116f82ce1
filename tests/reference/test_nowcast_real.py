"""Nowcasts on real workbooks (../shared): September 2025 as known before its profits; nothing of it enters the
repository."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from qinggong import flow
from qinggong.monitor.facts import Nowcasts
from qinggong.periods import month

AS_OF = dt.date(2025, 9, 26)


@pytest.fixture(scope="module")
def found(real_workspace: Path) -> Nowcasts:
    return flow.nowcast(flow.Workspace.at(real_workspace), at=month(2025, 8), as_of=AS_OF)


def test_every_division_has_production_exports_and_prices(found: Nowcasts) -> None:
    for indicator in ("value_added", "export_delivery", "producer_prices"):
        lines = found.of(indicator)
        assert len(lines) == 11 and {line.period for line in lines} == {month(2025, 9)}
    assert found.end == month(2026, 12) and all(line.path[-1].period == month(2026, 12) for line in found.lines)


def test_profits_up_to_may_are_cast_back_to_august_and_on(found: Nowcasts) -> None:
    """The workbook of July 2025 ends with May; production and prices are known to August."""
    profits = {line.subject_code: line for line in found.of("profit")}
    furniture = profits["21"]
    assert furniture.period == month(2025, 6) and furniture.derived
    assert [p.period.last for p in furniture.path if p.kind == "backcast"] == [6, 7, 8]
    assert all(line.tested is not None for line in profits.values())


@pytest.mark.soak  # judges the same on every run; the intervals themselves are tested beside it
def test_outcomes_lie_inside_the_intervals_about_as_often_as_said(found: Nowcasts, real_workspace: Path) -> None:
    """September's growth of value added came out in October: of eleven divisions most lie within ten and ninety
    percent."""
    later = flow.nowcast(flow.Workspace.at(real_workspace), at=month(2025, 9))
    newest = {line.subject_code: line.newest for line in later.of("value_added")}
    inside = 0
    for line in found.of("value_added"):
        fact = newest[line.subject_code]
        assert fact is not None and fact.period == month(2025, 9) and fact.value is not None
        inside += (line.density.p10.value or 0) <= fact.value <= (line.density.p90.value or 0)
    assert inside >= 7


def test_the_view_moved_with_production_and_prices(found: Nowcasts) -> None:
    changed = [line for line in found.lines if line.change is not None]
    assert changed
    for line in changed:
        assert line.change is not None
        assert sum(round(10 * (r.effect.value or 0)) for r in line.change.releases) == round(
            10 * (line.change.change.value or 0)
        )
        assert {r.what for r in line.change.releases} <= {"工业生产", "价格", "工业企业利润"}
