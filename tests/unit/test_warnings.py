"""Warnings: the frame as known on a day, the rules over it, runs with hysteresis, and the back-test's arithmetic."""

from __future__ import annotations

import dataclasses
import datetime as dt
import statistics

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from warning_figures import growth, observation, periods

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.warnings import WarningRecord, load_warning_record, load_warnings, standing
from qinggong.monitor.facts import FactBook
from qinggong.monitor.movements import Desk
from qinggong.monitor.warning_episodes import backtest, onsets
from qinggong.monitor.warning_growth import two_years
from qinggong.monitor.warning_inputs import Beside, Frame, Readings, frame, gather, months_after
from qinggong.monitor.warning_rules import judge, runs
from qinggong.monitor.warnings import warnings
from qinggong.periods import month, ytd
from qinggong.rules import bundled_packs
from qinggong.store.base import Observation, Snapshot

CATALOGUE = load_catalogue()
SETTINGS = load_warnings()


def gathered(rows: list[Observation], at: str = "2018-12") -> Readings:
    year, number = (int(x) for x in at.split("-"))
    return gather(rows, CATALOGUE, SETTINGS, upto=month(year, number))


def column(one: Frame | Readings, industry: str, region: str = "CN") -> int:
    return [u.key for u in one.units].index((industry, region))


def test_the_frame_has_eleven_rows_a_year_and_the_block_in_the_first() -> None:
    readings = gathered(growth("21", [float(n) for n in range(44)]))
    raw = readings.at(None)
    assert readings.rows == 44
    assert raw[0, :, column(readings, "21")].tolist() == [float(n) for n in range(44)]
    assert readings.period(0) == ytd(2015, 2)
    assert readings.period(12) == month(2016, 3)
    assert months_after(month(2024, 12), 1) == dt.date(2025, 1, 31)


def test_a_day_knows_what_was_published_by_then_and_the_value_of_then() -> None:
    p = month(2018, 5)
    rows = [
        observation("21", "value_added", "yoy", p, 3.0, published=dt.date(2018, 6, 14)),
        observation("21", "value_added", "yoy", p, 2.5, published=dt.date(2018, 7, 20)),
        observation("21", "value_added", "yoy", p, None, published=dt.date(2018, 9, 1)),
    ]
    readings = gathered(rows)
    place = (0, readings.row(p), column(readings, "21"))
    seen = [readings.at(dt.date(2018, m, d))[place] for m, d in ((6, 13), (6, 14), (7, 20), (9, 1))]
    assert np.isnan(seen[0])
    assert seen[1:3] == [3.0, 2.5]
    assert np.isnan(seen[3])
    assert readings.revised == 1


def test_derived_growth_of_profits_is_that_of_revenue_times_the_margin() -> None:
    rows: list[Observation] = []
    for year, sales, profit in ((2017, 100.0, 10.0), (2018, 300.0, 24.0)):
        p = month(year, 6)
        rows.append(observation("21", "revenue", "level", p, sales, cumulative=True))
        rows.append(observation("21", "profit", "level", p, profit, cumulative=True))
    rows.append(observation("21", "value_added", "yoy", month(2018, 6), 5.0, cumulative=True))
    rows.append(observation("21", "producer_prices", "yoy", month(2018, 6), -2.0, cumulative=True))
    readings = gathered(rows, "2018-06")
    one = frame(readings, readings.at(None), at=month(2018, 6), tail=1)
    place = column(one, "21")
    assert one.fields["revenue"][0, place] == pytest.approx((1.05 * 0.98 - 1) * 100)
    # The level tripled since more firms are counted; the margin fell from 10 % to 8 %.
    assert one.fields["profit"][0, place] == pytest.approx((1.05 * 0.98 * 0.8 - 1) * 100)


def test_two_year_average_and_base_effect() -> None:
    values = np.array([[float(v)] for v in [8, 2] + [0] * 9 + [-2, 3]])
    assert two_years(values)[11, 0] == pytest.approx((np.sqrt(0.98 * 1.08) - 1) * 100)
    readings = gathered(growth("21", values[:, 0].tolist()), "2016-03")
    one = frame(readings, readings.at(None), at=month(2016, 3), tail=1)
    assert one.fields["production_base"][0, column(one, "21")] == pytest.approx(8 - 2), "last year fell by 6 points"


def literal_fall(values: list[float | None], months: int) -> int:
    """Severity of a fall of one level, the slow way: growth of the last months, and the two-year average."""

    def two(n: int) -> float | None:
        now, before = values[n], values[n - 11] if n >= 11 else None
        return None if now is None or before is None else (((1 + now / 100) * (1 + before / 100)) ** 0.5 - 1) * 100

    last = values[-months:]
    below = [None if v is None else v < 0 for v in last]
    falls = False if False in below else None if None in below else True
    averages = [two(n) for n in range(len(values))]
    recent, past = averages[-3:], [a for a in averages[-14:-3] if a is not None]
    change = (
        None
        if None in recent or len(past) < 8
        else sum(a for a in recent if a is not None) / 3 - statistics.median(past)
    )
    first = None if change is None else change < -0.5
    second = None if averages[-1] is None else averages[-1] < 0
    guard = True if True in (first, second) else None if None in (first, second) else False
    return 0 if falls is False or guard is False else -1 if None in (falls, guard) else 1


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from([None, -3.0, -1.0, 0.0, 2.0, 6.0]), min_size=30, max_size=44))
def test_the_engine_agrees_with_the_literal_rule_and_unknown_never_fires(values: list[float | None]) -> None:
    at = periods(2015, len(values))[-1]
    readings = gather(growth("21", values), CATALOGUE, SETTINGS, upto=at)
    if readings.first != 2015:  # nothing was published in the first year: the frame begins later
        return
    done = judge(frame(readings, readings.at(None), at=at, tail=readings.rows), SETTINGS)
    found = done.severity["production_fall"][-1, column(readings, "21")]
    literal = literal_fall(values, 3)
    if literal <= 0:
        assert found == literal or (literal == 0 and found == 0)
    else:
        assert found >= 1
    without = list(values)
    without[-1] = None
    blind = gather(growth("21", without), CATALOGUE, SETTINGS, upto=at)
    if blind.first == 2015:
        done = judge(frame(blind, blind.at(None), at=at, tail=blind.rows), SETTINGS)
        assert done.severity["production_fall"][-1, column(blind, "21")] <= 0


@settings(deadline=None, max_examples=60)
@given(st.lists(st.sampled_from([-1, 0, 1, 2]), min_size=1, max_size=30), st.integers(1, 3), st.integers(1, 5))
def test_runs_open_and_close_as_they_say(marks: list[int], clear_after: int, lapse_after: int) -> None:
    got = runs(np.array(marks, dtype=np.int8)[:, None], clear_after=clear_after, lapse_after=lapse_after)
    is_open, silent, blind, worst, since = False, 0, 0, 0, -1
    for row, mark in enumerate(marks):
        blind = blind + 1 if mark == -1 else 0
        silent = 0 if mark > 0 else silent + (mark == 0)
        if is_open and (silent >= clear_after or blind >= lapse_after):
            is_open, worst = False, 0
        if mark > 0:
            since = since if is_open else row
            is_open, worst = True, max(worst, mark)
        assert got.open[row, 0] == is_open
        assert got.worst[row, 0] == worst
        assert got.since[row, 0] == (since if is_open else -1)


def test_rules_without_inputs_are_named_and_say_nothing() -> None:
    readings = gathered(growth("21", [3.0] * 33), "2017-12")
    done = judge(frame(readings, readings.at(None), at=month(2017, 12), tail=12), SETTINGS)
    assert "production_fall" not in done.lacking
    assert done.lacking["export_fall"] == ("出口交货值同比", "出口两年平均")
    assert done.lacking["stocks"] == ("产成品存货同比", "应收账款同比", "营业收入累计同比")
    assert (done.severity["export_fall"] == -1).all()


def test_one_warning_a_rule_one_case_an_industry_and_evidence_with_lineage() -> None:
    rows = growth("21", [5.0] * 25 + [-3.0] * 6) + growth("21", [4.0] * 25 + [-6.0] * 6, indicator="export_delivery")
    at = periods(2015, 31)[-1]
    readings = gather(rows, CATALOGUE, SETTINGS, upto=at)
    record = WarningRecord.model_validate(
        {
            "kind": "warning_record", "source": "测试", "valid_from": "2026-01-01", "vintages": "测试", "tuning": "a",
            "evaluation": "b",
            "lines": [
                {"rule": r.code, "years": "b", "without": False, "alarms": 9, "right": 9, "events": 9, "found": 9,
                "episodes": n,
                 "precision": p}
                for r, n, p in ((SETTINGS.rule("production_fall"), 9, 0.9), (SETTINGS.rule("export_fall"), 7, 0.9),
                                (SETTINGS.rule("production_slow"), 9, 0.1))
            ],
        }
    )  # fmt: skip
    assert [standing(SETTINGS.rule(c), SETTINGS, record)[0] for c in ("production_fall", "export_fall",
    "production_slow")] == [
        "in_force", "observed", "observed",
    ]  # fmt: skip
    assert "证据不足" in standing(SETTINGS.rule("export_fall"), SETTINGS, record)[1]
    assert "低于规定" in standing(SETTINGS.rule("production_slow"), SETTINGS, record)[1]
    desk = Desk(Snapshot(tuple(rows), None, None, 1), CATALOGUE, FactBook())
    found = warnings(desk, readings, SETTINGS, record, at=at)
    (case,) = found.cases
    assert case.industry == "21"
    (line,) = case.lines
    assert (line.rule, line.severity, line.since, line.fresh) == ("production_fall", 2, month(2017, 7), True)
    assert line.evidence[0].value == -3.0
    assert line.evidence[0].lineage.inputs == (f"{rows[30].series.id}@{at.code}",)
    assert line.base is not None
    assert line.base.value == 0
    assert {x.rule for x in found.observed} >= {"export_fall"}
    assert all(x.standing != "in_force" for x in found.observed)
    assert ("production_fall", "21", "CN") in found.evaluated
    assert all(rule == "production_fall" for rule, _, _ in found.evaluated)


def test_a_fall_that_is_only_the_base_does_not_fire() -> None:
    """The year before grew by 10 % in these months and by 4 % in others; over two years growth is what it was."""
    year = [4.0] * 6 + [10.0] * 5
    after = [4.0] * 6 + [-1.6] * 5
    rows = growth("21", [4.0] * 11 + [4.0] * 11 + year + after)
    readings = gathered(rows)
    done = judge(frame(readings, readings.at(None), at=month(2018, 12), tail=5), SETTINGS)
    place = column(readings, "21")
    assert (done.frame.fields["production"][-5:, place] < 0).all()
    assert done.severity["production_fall"][-1, place] == 0


def test_shares_stand_in_the_whole_of_each_region() -> None:
    rows = [
        o
        for n, code in enumerate(("13", "14", "15", "19", "21"))
        for o in growth(code, [-1.0 if n < 2 else 2.0] * 3, first=2018)
    ]
    readings = gathered(rows, "2018-04")
    one = frame(readings, readings.at(None), at=month(2018, 4), tail=1, beside=Beside(doubtful={("21", "CN"): 2.0}))
    assert one.fields["falling_share"][0, column(one, "")] == 40.0
    assert one.fields["doubtful"][0, column(one, "21")] == 2
    done = judge(one, SETTINGS)
    assert done.severity["production_breadth"][0, column(one, "")] <= 0
    assert done.severity["figures_doubtful"][0, column(one, "21")] == 1
    assert (done.severity["production_breadth"][0, : column(one, "")] == -1).all()


def test_onsets_are_beginnings_of_long_enough_runs() -> None:
    below = np.array([1, 1, 1, 0, 1, 1, 0, 1, 1, 1, 1], dtype=bool)[:, None]
    assert onsets(below, months=3) == [(7, 0)], "the run that the data begin with has no known beginning"


def test_the_backtest_counts_what_happened() -> None:
    """Eleven years; in every other one a fall of four months, of two industries in the same months: one episode
    each."""
    quiet, falls = [5.0] * 22, [5.0] * 5 + [-4.0] * 4 + [5.0] * 2
    values = [5.0] * 22 + (falls + quiet) * 4
    rows = growth("21", values, first=2008) + growth("22", values, first=2008)
    at = periods(2008, len(values))[-1]
    readings = gather(rows, CATALOGUE, SETTINGS, upto=at)
    plan = SETTINGS.backtest.model_copy(update={"resamples": 200})
    done = backtest(
        readings, SETTINGS.model_copy(update={"tuned_until": 2009, "backtest": plan}), first=2010, last=at.year
    )  # fmt: skip
    (line,) = [x for x in done.lines if x.rule == "production_fall" and not x.without and x.years == done.evaluation]
    assert (line.alarms, line.right, line.events, line.found, line.episodes) == (8, 8, 8, 8, 4)
    assert (line.precision, line.recall, line.lead, line.false_a_year) == (1.0, 1.0, -2.0, 0.0)
    assert done.vintages == len(values) - 22


def test_every_rule_names_conditions_problems_and_fields_that_exist() -> None:
    from qinggong.catalogue.plans import load_problems

    packs = {f.pack.id: f.pack for f in bundled_packs()}
    problems = {p.code for p in load_problems()}
    for rule in SETTINGS.rules:
        pack = packs[rule.pack]
        assert {x.condition for x in rule.levels} <= {c.code for c in pack.conditions}
        assert set(rule.inputs) <= {f.code for f in pack.fields}
        assert rule.problems
        assert set(rule.problems) <= problems
    used = {x.condition for r in SETTINGS.rules for x in r.levels}
    assert used == {c.code for i, p in packs.items() if i.startswith("warning_") for c in p.conditions}


def test_the_record_is_of_these_rules() -> None:
    record = load_warning_record()
    assert record is not None
    tested = {r.code for r in SETTINGS.rules if r.event}
    assert {x.rule for x in record.lines} == tested
    assert len(record.lines) == 4 * len(tested)
    assert dataclasses.is_dataclass(Readings)
