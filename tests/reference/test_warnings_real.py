"""Warnings of real monthly figures: a known month, and the recorded back-test found again."""

from __future__ import annotations

from pathlib import Path

import pytest

from qinggong import flow, watch
from qinggong.catalogue.warnings import load_warning_record, load_warnings
from qinggong.monitor.facts import FactBook
from qinggong.monitor.warning_episodes import backtest
from qinggong.monitor.warning_inputs import gather, read_series


def test_furniture_in_october_2025_is_the_gravest(real_workspace: Path) -> None:
    workspace = flow.Workspace.at(real_workspace)
    found = watch.alerts(workspace, workspace.snapshot(), FactBook(), at=flow.parse_month("2025-10"))
    first = found.cases[0]
    assert first.subject_name == "家具制造业"
    line = next(x for x in first.lines if x.rule == "production_fall")
    assert line.severity == 3, "a year of falls"
    assert line.evidence[0].status == "published"
    assert [r.rule for r in found.inactive if r.rule == "stocks"] == ["stocks"], (
        "no stocks by industry in these workbooks"
    )
    assert line.past
    assert all(p.last < line.since for p in line.past)
    adjusted = next(x for x in found.lines if x.rule == "export_cusum_low")
    assert adjusted.evidence[0].lineage.inputs, "the exports behind the adjusted change"
    assert adjusted.base is None
    assert len(adjusted.chart) == 24


def test_the_record_is_what_the_figures_give(real_workspace: Path) -> None:
    """All but the level index and the adjusted series, whose vintages take most of the time."""
    workspace, settings, record = flow.Workspace.at(real_workspace), load_warnings(), load_warning_record()
    assert record is not None
    rows = workspace.store.of_series(read_series(workspace.catalogue, settings))
    newest = max(o.period for o in rows if o.value is not None)
    readings = gather(rows, workspace.catalogue, settings, upto=flow.parse_month(f"{newest.year}-{newest.last:02d}"))
    done = backtest(readings, settings, first=2012, last=2025)
    assert (done.tuning, done.evaluation) == (record.tuning, record.evaluation)
    for line in done.lines:
        if line.rule == "zone" or settings.rule(line.rule).inputs[0].startswith("export_"):
            continue
        kept = record.line(line.rule, years=line.years, without=line.without)
        assert kept is not None
        counts = ("alarms", "right", "events", "found", "episodes")
        assert [getattr(line, c) for c in counts] == [getattr(kept, c) for c in counts], line.rule
        assert line.precision == pytest.approx(kept.precision)
        assert line.precision_low == pytest.approx(kept.precision_low)
        assert line.lead == kept.lead
