"""Lights of 2020, 2021 and 2023 on the real workbooks in ../shared, read against what is known of those months.

Read in docs/methods/level-index.md. The workspace is temporary; its figures never enter the repository.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from qinggong import flow
from qinggong.catalogue import load_catalogue
from qinggong.catalogue.prosperity import load_level_index
from qinggong.intake.earlier import known_on_days
from qinggong.methods.real_time_turns import evaluate
from qinggong.monitor.facts import FactBook
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import Prosperity, index_series, prosperity
from qinggong.monitor.prosperity_brief import signals
from qinggong.monitor.prosperity_cycles import detectors, final_turns
from qinggong.periods import month
from qinggong.store.base import Snapshot

LAST = month(2025, 3)


@pytest.fixture(scope="module")
def known(real_workspace: Path) -> tuple[flow.Workspace, Snapshot]:
    workspace = flow.Workspace.at(real_workspace)
    plan = load_level_index()
    return workspace, known_on_days(workspace, index_series(workspace.catalogue, plan))(dt.date(2026, 1, 1))


@pytest.fixture(scope="module")
def found(known: tuple[flow.Workspace, Snapshot]) -> Prosperity:
    return prosperity(known[1], known[0].catalogue, load_level_index(), at=LAST)


def _year(found: Prosperity, year: int) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    start = (year - found.start_year) * 12
    return found.aggregate[start : start + 12]


def _low(found: Prosperity, year: int, last: int) -> int:
    """Industries below the stable zone in a month."""
    row = (year - found.start_year) * 12 + last - 1
    return sum(0 <= i.zones[row] <= 1 for i in found.industries if i.counted)


def test_all_seven_divisions_are_compiled(found: Prosperity) -> None:
    assert len(found.compiled) == 11 and not any(i.lacking for i in found.industries)
    assert sum(i.counted for i in found.industries) == 7
    assert (~np.isnan(found.aggregate)).sum() > 180


def test_early_2020_was_very_cold_and_recovered_from_spring(found: Prosperity) -> None:
    """复工停顿：1—2月各行业增加值两位数下降；二季度起恢复。"""
    year = _year(found, 2020)
    assert year[1] < 80 and np.nanmin(found.aggregate) == year[1]
    assert _low(found, 2020, 2) == 7
    assert year[1] < year[2] < year[3] < year[4] and year[4:11].min() > 90
    assert _low(found, 2020, 6) <= 4
    exporters = [i for i in found.industries if i.subject.code in ("19", "21")]
    row = (2020 - found.start_year) * 12 + 4
    assert all(i.zones[row] == 0 for i in exporters)  # furniture and shoes stayed very cold: orders from abroad stopped


def test_2021_is_no_boom_once_the_base_is_taken_out(found: Prosperity) -> None:
    """同比增速在2021年一季度达三成以上，两年平均后只在稳定区间。"""
    year = _year(found, 2021)[1:]
    assert year.min() > 90 and year.max() < 100
    plan = load_level_index().model_copy(update={"base_distorted": ()})
    row = (2021 - found.start_year) * 12 + 1
    assert found.aggregate_zones[row] == 2
    naive = prosperity(
        Snapshot(tuple(o for i in found.industries for o in i.observations), None, None, 1),
        load_catalogue(), plan, at=LAST,
    )  # fmt: skip
    assert naive.aggregate[row] > found.aggregate[row] + 10


def test_spring_2023_was_cold(found: Prosperity) -> None:
    """需求不足、价格下行：二季度七个行业多数低于稳定区间，四季度回到稳定区间。"""
    year = _year(found, 2023)
    assert year[3:6].max() < 86 and year[3:7].min() == np.nanmin(year)
    assert _low(found, 2023, 4) >= 5
    assert year[8] > 90 and _low(found, 2023, 9) <= 3
    assert np.nanmin(year) > _year(found, 2020)[1]


def test_how_often_each_light_occurred(found: Prosperity) -> None:
    """The table of the method page."""
    counts = np.zeros(5, dtype=int)
    for i in found.industries[:7]:
        counts += np.bincount(i.zones[i.zones >= 0], minlength=5)
    shares = counts / counts.sum() * 100
    assert shares[2] > 70 and shares[0] < 5 and shares[4] < 1 and shares[1] > shares[3]
    assert 5 < np.nanstd(found.aggregate) < 7


def test_profits_that_catch_up_in_one_month_are_left_out(found: Prosperity) -> None:
    """Drinks: margins of single months of 47, 43 and 48 % against 11 to 26 % in all others since 2018."""
    drinks = found.industries[2]
    assert drinks.subject.code == "15"
    months = [found.period(int(r)).code for r in np.flatnonzero(drinks.withheld)]
    assert months[:6] == ["2022-06", "2022-07", "2022-08", "2023-06", "2023-07", "2023-08"]
    assert all(i.withheld.sum() <= 13 for i in found.industries)
    # With these months the index would jump by 28 points in September 2023.
    assert np.nanmax(np.abs(np.diff(drinks.index[found.row(month(2023, 3)) : found.row(month(2024, 3))]))) < 15


def test_what_finding_turns_was_worth(found: Prosperity) -> None:
    """The record in the setting that the bulletin prints: rounded, and made from figures up to 2025-10."""
    columns = np.stack([*(i.index for i in found.industries), found.aggregate], axis=1)
    vintages = [columns[:end] for end in range(columns.shape[0] - 60, columns.shape[0] + 1)]
    final = final_turns(columns)
    got = {name: evaluate(vintages, final, detect) for name, detect in detectors().items()}
    dated, probable = (
        next(m for m in found.plan.turn_record.methods if m.name == n) for n in ("转折点判定", "转折概率")
    )
    for record, told in ((got["bbq"], dated), (got["switching"], probable)):
        assert record.turns > 30 and abs(record.median_delay - told.delay) <= 1
        assert record.found / record.turns > told.found / found.plan.turn_record.turns - 0.1
        assert abs(record.false_alarms_per_year - told.alarms) < 0.25


def test_the_month_can_be_told(known: tuple[flow.Workspace, Snapshot]) -> None:
    workspace, snapshot = known
    desk = Desk(snapshot, workspace.catalogue, FactBook())
    told = signals(desk, load_level_index(), at=month(2023, 5))
    assert told.whole is not None and told.whole.value is not None and told.whole.value.text.startswith("8")
    assert sum(int(c.count.text) for c in told.counts) == 11
