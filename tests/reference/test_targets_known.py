"""The plan of 2023–2024 on the bundled official figures, against what is known of how it ended.

Known (published): value added +1.8 % in 2023 and +4.8 % in January–November 2024, so that two years' mean is about
3.3 % against “4 % 左右”; revenue 23.2 of 25 万亿元 in 2024. The full-year growth of value added in 2024 is not among the
figures.
"""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from qinggong import flow
from qinggong.methods import required_growth as need
from qinggong.monitor.facts import TargetLine, Targets
from qinggong.periods import month, ytd

GROWTH, REVENUE = "steady_growth_2023_2024.value_added_growth", "steady_growth_2023_2024.revenue"
RELATIVE = "guidance_2022.value_added_growth"


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    workspace = flow.Workspace.at(tmp_path_factory.mktemp("targets") / "ws", make=True)
    flow.ingest_bundled(workspace)
    return workspace


@pytest.fixture(scope="module")
def november(bundled: flow.Workspace) -> Targets:
    return flow.targets(bundled, at=month(2024, 11))


def line(found: Targets, key: str) -> TargetLine:
    return next(one for one in found.lines if one.key == key)


def test_the_mean_of_two_years_falls_short(november: Targets) -> None:
    growth = line(november, GROWTH)
    assert [f.text for f in growth.finished] == ["1.8"] and growth.value is not None and growth.value.text == "4.8"
    assert growth.mean is not None and growth.mean.text == "3.3"
    strict, tenth, half, whole = growth.readings
    assert strict.year_need is not None and strict.year_need.text == "6.2"
    assert strict.required is not None and strict.required_low is not None and strict.required_high is not None
    # One month of about a tenth of the year has to bring (6.2 − 4.8)/0.1 points more than 4.8 %.
    assert (
        15 < (strict.required_low.value or 0) <= (strict.required.value or 0) <= (strict.required_high.value or 0) < 27
    )
    chances = [r.probability.value for r in (strict, tenth, half, whole) if r.probability is not None]
    assert len(chances) == 4 and chances == sorted(chances)
    assert chances[0] <= 2 and chances[1] <= 5 and chances[2] <= 25 and chances[3] >= 75
    assert (
        whole.required is not None and (whole.required.value or 0) < 0
    )  # one point less is met if December does not fall


def test_the_chance_fell_as_the_readings_came_in(november: Targets) -> None:
    points = line(november, GROWTH).points
    assert [p.period for p in points] == [
        ytd(2023, 6), ytd(2023, 12), ytd(2024, 2), ytd(2024, 4), ytd(2024, 6), ytd(2024, 9), ytd(2024, 11),
    ]  # fmt: skip
    chances = [p.probability.value or 0 for p in points if p.probability is not None]
    assert len(chances) == 7 and chances[0] > 20 and chances[-2] < chances[0] and chances[-1] <= 2


def test_revenue_missed_the_25_trillion(bundled: flow.Workspace, november: Targets) -> None:
    before = line(november, REVENUE)
    assert before.value is not None and before.value.text == "20.6" and before.growth is not None
    assert before.growth.text == "1.4" and before.gap is not None and before.gap.text == "-4.4"
    told = before.readings[0]
    assert told.required is not None and (told.required.value or 0) > 50
    assert told.probability is not None and (told.probability.value or 0) <= 1
    after = line(flow.targets(bundled, at=month(2024, 12)), REVENUE)
    assert after.state == "decided" and after.value is not None and after.value.text == "23.2"
    assert after.gap is not None and after.gap.text == "-1.8" and after.readings[0].verdict == "missed"


def test_the_base_of_2023_is_not_the_published_level_of_2022(bundled: flow.Workspace) -> None:
    """22.2 at +1.6 % stands on 21.9, not on the 24 published a year before: the basis moved by 9 %."""
    summer = line(flow.targets(bundled, at=month(2023, 6)), REVENUE)
    told = summer.readings[0]
    assert told.required_low is not None and told.required_high is not None
    naive = need.of_mean((25 / 24 - 1) * 100, 1, [])
    assert (told.required_low.value or 0) < 12 < (told.required_high.value or 0) and naive < 5
    assert told.probability is not None and (told.probability.value or 0) < 40


def test_growth_like_all_industry_was_missed_in_2022_and_2023(bundled: flow.Workspace) -> None:
    for year, gap in ((2022, "-1.2"), (2023, "-2.8")):
        found = line(flow.targets(bundled, at=month(year, 12)), RELATIVE)
        assert found.state == "decided" and found.gap is not None and found.gap.text == gap
        assert [r.verdict for r in found.readings] == ["missed", "missed"]


def test_the_year_2024_stays_open_because_its_figure_is_not_known(bundled: flow.Workspace) -> None:
    later = line(flow.targets(bundled, at=month(2025, 6)), GROWTH)
    assert later.state == "ended" and "没有收录2024年全年" in later.reason
    assert later.period == ytd(2024, 11) and later.mean is not None and later.mean.text == "3.3"


def test_the_plan_of_2025_has_no_number_for_growth(bundled: flow.Workspace) -> None:
    found = flow.targets(bundled, at=month(2025, 10))
    scale = line(found, "steady_growth_2025_2026.scale")
    assert scale.state == "no_number" and scale.reason == "无量化目标" and scale.value is not None
    assert scale.value.text == "1.9"
    standards = line(found, "steady_growth_2025_2026.mandatory_standards")
    assert standards.state == "no_data" and "缺数据" in standards.reason


def test_what_was_known_on_a_day(bundled: flow.Workspace) -> None:
    before = flow.targets(bundled, at=month(2023, 6), as_of=dt.date(2023, 7, 20))
    assert not [one for one in before.lines if one.plan == "steady_growth_2023_2024"]  # public on 28 July 2023
    with pytest.raises(flow.FlowError, match="没有在执行的方案"):
        flow.targets(bundled, at=month(2014, 6))


def test_no_line_is_silent(bundled: flow.Workspace, tmp_path: Path) -> None:
    for at in (month(2016, 6), month(2022, 12), month(2023, 12), month(2024, 2), month(2026, 3)):
        try:
            found = flow.targets(bundled, at=at)
        except flow.FlowError as nothing:
            assert "没有" in str(nothing)
            continue
        for one in found.lines:
            assert one.reason or one.readings or one.value is not None
            assert one.state == "no_data" or one.value is not None or one.state in ("no_number", "no_base")
    with pytest.raises(flow.FlowError, match="没有数据"):
        flow.targets(flow.Workspace.at(tmp_path / "empty", make=True), at=month(2024, 11))
