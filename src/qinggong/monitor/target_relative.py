"""Targets for growth like that of another subject (与全国工业平均水平一致), in the same period."""

from __future__ import annotations

from qinggong.methods import required_growth as need
from qinggong.methods.growth import Interval
from qinggong.monitor.facts import TargetReading
from qinggong.monitor.target_inputs import readings, step_of
from qinggong.monitor.target_outlook import outlook
from qinggong.monitor.target_pursuit import (
    Follower,
    Pursuit,
    around,
    required_facts,
    with_facts,
    year_of,
)
from qinggong.periods import ytd


def relative_target(f: Follower) -> Pursuit:
    """Growth held against that of another subject, in the same period (与全国工业平均水平一致)."""
    assert f.target.relative_to is not None
    indicator = f.figures.catalogue.indicator(f.target.relative_to.indicator)
    other = f.figures.catalogue.subject(f.target.relative_to.subject, indicator=indicator.code)
    mine, theirs = readings(f.figures, f.subject, f.indicator), readings(f.figures, other, indicator)
    year = year_of(f)
    both = sorted(p for p in mine.growth if p in theirs.growth and p.year in f.target.years)
    if not both:
        return Pursuit("no_data", f"缺数据：{f.subject.name}与{other.name}没有同一时期的{f.indicator.name}增速")
    finished = tuple(f.shown(mine.growth[p]) for p in both if p.last == 12)
    now = [p for p in both if p.year == year]
    if not now:
        state = "ended" if f.at.end_date >= ytd(year, 12).end_date else "no_data"
        return Pursuit(
            state, f"缺数据：没有收录{year}年{f.subject.name}{f.indicator.name}增速", period=both[-1],
            value=f.shown(mine.growth[both[-1]]), finished=finished,
        )  # fmt: skip
    period = now[-1]
    own, standard = mine.growth[period], theirs.growth[period]
    assert own.value is not None and standard.value is not None
    benchmark = Follower.published(f.figures, standard, other, indicator)
    gap = f.computed(
        "gap",
        f"与{other.name}之差",
        own.value - standard.value,
        1,
        "百分点",
        period,
        "growth − growth",
        (own, standard),
    )
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=year)
    told = []
    for reading in (f.settings.readings[0], f.settings.same_within):
        key, name, lowest = reading.key, reading.name, reading.floor(standard.value)
        floor = f.computed(
            f"{key}.floor", f"下限（{name}）", lowest, 1, "%", period, "benchmark less tolerance", (standard,)
        )
        if period.last == 12:
            told.append(TargetReading(key, name, floor, verdict="met" if own.value >= lowest - 1e-9 else "missed"))
            continue
        tolerance = standard.value - lowest
        share = ahead.shares.upto[step_of(period)]
        aim = around(standard)
        interval = need.bounds(need.of_share, Interval(aim.low - tolerance, aim.high - tolerance), around(own), share)
        facts = required_facts(
            f, key, interval, period, f"(G* − wG)/(1 − w), G* the growth of {other.name} so far", (own, standard),
            "剩余月份",
        )  # fmt: skip
        told.append(with_facts(TargetReading(key, name, floor), facts))
    ended = f.at.end_date >= ytd(year, 12).end_date and period.last < 12
    return Pursuit(
        "decided" if period.last == 12 else "ended" if ended else "open",
        f"没有收录两者{year}年全年的增速" if ended else "", period=period, value=f.shown(own), finished=finished, gap=gap,
        benchmark=benchmark, benchmark_name=other.name,
        remaining=f.computed("remaining", "剩余月数", 12 - period.last, 0, "个月", period, "count"),
        readings=tuple(told),
    )  # fmt: skip
