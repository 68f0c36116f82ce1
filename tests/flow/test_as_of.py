"""The bundled figures as of a day: what was out on 20 September 2024, and what was not."""

from __future__ import annotations

import datetime as dt

import pytest

from qinggong import flow
from qinggong.periods import month, ytd
from qinggong.store.base import Observation, Snapshot

ASKED = dt.date(2024, 9, 20)
DAY = dt.timedelta(days=1)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> flow.Workspace:
    opened = flow.Workspace.at(tmp_path_factory.mktemp("as-of") / "工作区", make=True)
    (done,) = flow.ingest_bundled(opened)
    assert (done.added, done.rejected, done.repeated) == (4103, 0, 0)
    return opened


@pytest.fixture(scope="module")
def snapshot(workspace: flow.Workspace) -> Snapshot:
    return workspace.snapshot(as_of=ASKED)


def of(snapshot: Snapshot, indicator: str, *periods: object) -> list[Observation]:
    return [o for o in snapshot.observations if o.series.indicator == indicator and o.period in periods]


def test_the_august_production_and_retail_figures_are_there(snapshot: Snapshot) -> None:
    assert {o.series.subject for o in of(snapshot, "value_added", month(2024, 8))} >= {"BCD", "13", "15", "38"}
    assert of(snapshot, "export_delivery", month(2024, 8))  # the file holds no output of products for this month
    growth = snapshot.find(
        "industry:BCD@nbs", indicator="value_added", measure="yoy", span="month", period=month(2024, 8)
    )
    assert growth is not None and growth.printed == "4.5"
    sales = [o for o in of(snapshot, "retail_sales", month(2024, 8)) if o.series.measure == "level"]
    assert "38726" in {o.printed for o in sales}


def test_no_january_august_profit_of_any_industry_is_there(snapshot: Snapshot, workspace: flow.Workspace) -> None:
    assert of(snapshot, "profit", ytd(2024, 8), month(2024, 8)) == []
    assert of(snapshot, "revenue", ytd(2024, 8)) == []
    assert of(snapshot, "profit", ytd(2024, 7))
    everything = workspace.snapshot()
    assert of(everything, "profit", ytd(2024, 8))  # it is in the store, and came out on the 27th
    assert of(workspace.snapshot(as_of=dt.date(2024, 9, 28)), "profit", ytd(2024, 8))


def test_nothing_is_there_before_its_day(snapshot: Snapshot, workspace: flow.Workspace) -> None:
    for o in snapshot.observations:
        assert o.published_at is not None and o.published_at <= ASKED
        assert o.period.end_date < ASKED + 5 * DAY
    assert {o.published_at_basis for o in snapshot.observations} == {"stated", "calendar"}
    for o in workspace.snapshot().observations:
        assert (o.published_at is None) == (o.published_at_basis == "unknown")


def test_a_calendar_date_is_never_earlier_than_the_latest_customary_day(workspace: flow.Workspace) -> None:
    by_calendar = [o for o in workspace.store.everything() if o.published_at_basis == "calendar"]
    assert by_calendar
    for o in by_calendar:
        release = workspace.catalogue.release(publisher=o.publisher, indicator=o.series.indicator, period=o.period)
        assert release is not None and o.published_at is not None
        assert o.published_at >= max(release.latest, release.customary, release.announced or release.customary)


def test_undated_rows_are_counted_and_stay_in_latest(snapshot: Snapshot, workspace: flow.Workspace) -> None:
    undated = [o for o in workspace.store.everything() if o.published_at is None]
    assert undated
    assert snapshot.undated == sum(1 for o in undated if o.period.end_date <= ASKED) > 0
    assert len([o for o in workspace.snapshot().observations if o.published_at is None]) > 0


def test_before_the_first_release_there_is_nothing(workspace: flow.Workspace) -> None:
    assert workspace.snapshot(as_of=dt.date(2018, 1, 1)).observations == ()


def test_what_is_known_grows_from_day_to_day(workspace: flow.Workspace) -> None:
    keys = [
        {(o.series, o.period) for o in workspace.snapshot(as_of=ASKED + n * DAY).observations} for n in (-30, 0, 10, 30)
    ]
    assert keys[0] < keys[1] < keys[2] < keys[3]


def test_as_of_answers_are_the_same_after_a_restart(workspace: flow.Workspace, snapshot: Snapshot) -> None:
    again = flow.Workspace.at(workspace.layout.root)
    assert again.snapshot(as_of=ASKED) == snapshot
