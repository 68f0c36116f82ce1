"""Adjusted exports for the detectors: the season goes out, a sudden fall stays, later figures change nothing."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np
import pytest
from warning_figures import observation, periods

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.warnings import load_warnings
from qinggong.monitor.warning_adjusted import Reviews, adjusted_changes
from qinggong.monitor.warning_inputs import Beside, frame, gather
from qinggong.monitor.warning_rules import judge
from qinggong.periods import Period, month
from qinggong.store.base import Observation, Snapshot

CATALOGUE, SETTINGS = load_catalogue(), load_warnings()
SEASON = [1.9, 1.0, 0.9, 1.0, 1.1, 0.95, 1.0, 1.05, 1.0, 1.1, 1.3]
FALL, YEARS = month(2018, 6), 9


def exports(industry: str, *, falls: bool) -> list[Observation]:
    """Nine years of levels and their growth with a season of ±30 %; in June 2018 a fall of a fifth that stays."""
    rng, rows, levels = random.Random(int(industry)), [], {}
    for n, p in enumerate(periods(2010, 11 * YEARS)):
        level = 100 * 1.004**n * SEASON[n % 11] * math.exp(rng.gauss(0, 0.01))
        level *= 0.8 if falls and (p.year, p.last) >= (FALL.year, FALL.last) else 1.0
        levels[n] = round(level, 2)
        unit = observation(industry, "export_delivery", "level", p, levels[n])
        unit = dataclasses.replace(unit, series=dataclasses.replace(unit.series, unit="亿元"), printed_unit="亿元")
        rows.append(unit)
        if n >= 11:
            rows.append(
                observation(industry, "export_delivery", "yoy", p, round(levels[n] / levels[n - 11] * 100 - 100, 1))
            )
    return rows


ROWS = exports("21", falls=True) + exports("22", falls=False)
LAST = month(2018, 12)
READINGS = gather(ROWS, CATALOGUE, SETTINGS, upto=LAST)


def changes(rows: list[Observation], at: Period, reviews: Reviews | None = None) -> dict[tuple[str, str], np.ndarray]:
    found = adjusted_changes(
        Snapshot(tuple(rows), None, None, 1), CATALOGUE, SETTINGS, READINGS, (), at=at, reviews=reviews
    )
    return dict(found.changes)


def test_the_season_goes_out_and_the_fall_stays() -> None:
    found = changes(ROWS, LAST)
    assert set(found) == {("21", "CN"), ("22", "CN")}, "value added has growth only and is not adjusted"
    row = READINGS.row(FALL)
    assert found["21", "CN"][row] == pytest.approx(-20, abs=4)
    quiet = np.delete(found["22", "CN"], row)
    assert np.nanmax(np.abs(quiet)) < 8, "the season is ±30 %"
    assert np.nanmedian(np.abs(quiet)) < 3
    one = frame(READINGS, READINGS.at(None), at=FALL, tail=1, beside=Beside(adjusted=found))
    done = judge(one, SETTINGS).severity["export_residual_low"][-1]
    places = {u.industry: n for n, u in enumerate(one.units)}
    assert (done[places["21"]], done[places["22"]], done[places["13"]]) == (1, 0, -1)


def test_later_figures_change_nothing_and_a_review_serves_its_year() -> None:
    at, reviews = month(2018, 5), Reviews()
    early = changes([o for o in ROWS if o.period.end_date <= at.end_date], at)
    late = changes(ROWS, at, reviews)
    np.testing.assert_allclose(late["21", "CN"], early["21", "CN"])
    assert [p.code for p in reviews.known] == ["2017-12"]
    changes(ROWS, FALL, reviews)
    assert len(reviews.known) == 1


def test_without_a_setting_or_with_short_figures_nothing_is_adjusted() -> None:
    none = SETTINGS.model_copy(update={"adjusted": None})
    snapshot = Snapshot(tuple(ROWS), None, None, 1)
    assert not adjusted_changes(snapshot, CATALOGUE, none, READINGS, (), at=LAST).changes
    assert not changes(ROWS[:60], LAST)
