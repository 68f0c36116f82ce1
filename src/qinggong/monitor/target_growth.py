"""Targets for the growth of a year, or for its mean over several (增速目标), held against published figures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.plans import Reading
from qinggong.methods import required_growth as need
from qinggong.methods.attainment import Paths
from qinggong.methods.growth import Interval
from qinggong.monitor.facts import Fact, TargetReading
from qinggong.monitor.target_industries import Weighted, weighted_industries
from qinggong.monitor.target_inputs import period_at, readings
from qinggong.monitor.target_outlook import Outlook, outlook
from qinggong.monitor.target_pursuit import (
    Follower,
    Pursuit,
    around,
    carriers,
    chance_facts,
    how,
    required_facts,
    with_facts,
    year_of,
)
from qinggong.periods import ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]


def growth_target(f: Follower) -> Pursuit:
    """A target for the growth of one year, or for its mean over several."""
    assert f.target.value is not None
    found = readings(f.figures, f.subject, f.indicator)
    years = f.target.years if f.target.over != "each_year" else (year_of(f),)
    known = []
    for year in years:
        o = found.growth.get(ytd(year, 12))
        if o is None:
            break
        known.append(o)
    finished = tuple(f.shown(o) for o in known)
    bounds = f.bounds()
    if len(known) == len(years):
        return _decided_growth(f, known, finished, bounds)
    running = years[len(known)]
    if running > f.at.year and not known:
        return Pursuit("no_data", f"{running}年还没有开始", finished=finished)
    if any(running < p.year <= years[-1] for p in found.growth):
        return Pursuit("no_base", f"缺{running}年全年{f.indicator.name}增速，不能推算", finished=finished)
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=running)
    if ahead.step < 0 and not known and not any(p.year < running for p in found.growth):
        return Pursuit("no_data", f"缺数据：没有收录{f.subject.name}{f.indicator.name}增速")
    return _open_growth(f, ahead, known, finished, bounds, years)


def _decided_growth(
    f: Follower, known: Sequence[Observation], finished: tuple[Fact, ...], bounds: Sequence[Reading]
) -> Pursuit:
    assert f.target.value is not None
    last = known[-1].period
    values = [o.value for o in known if o.value is not None]
    reached = need.mean_growth(values)
    mean = None
    if len(known) > 1:
        mean = f.computed("mean", "平均增速", reached, 1, "%", last, "geometric mean of the years", known)
    told = []
    for b in bounds:
        floor = b.floor(f.target.value)
        fact = f.computed(f"{b.key}.floor", f"下限（{b.name}）", floor, 1, "%", last, "target less tolerance")
        # Published growth has one decimal: a mean that rounds to the floor meets it.
        verdict = "met" if reached >= floor - 0.05 else "missed"
        told.append(TargetReading(b.key, b.name, fact, verdict=verdict))
    gap = f.computed("gap", "与目标之差", reached - f.target.value, 1, "百分点", last, "value − target", known)
    return Pursuit(
        "decided", period=last, value=finished[-1], finished=finished, mean=mean, gap=gap, readings=tuple(told),
        headline=f.headline(bounds),
    )  # fmt: skip


def _open_growth(
    f: Follower, ahead: Outlook, known: Sequence[Observation], finished: tuple[Fact, ...], bounds: Sequence[Reading],
    years: Sequence[int],
) -> Pursuit:  # fmt: skip
    assert f.target.value is not None
    running, step, last_year = ahead.year, ahead.step, years[-1]
    period = period_at(running, step) if step >= 0 else ytd(running - 1, 12)
    newest = ahead.readings.growth.get(period)
    so_far = around(newest) if newest is not None and step >= 0 else Interval(0.0, 0.0)
    share = ahead.shares.upto[step] if step >= 0 else Interval(0.0, 0.0)
    used = [*known, *([newest] if newest is not None and step >= 0 else []), *ahead.shares.used]
    earlier = [around(o) for o in known]
    after = last_year - running
    remaining = f.computed("remaining", "剩余月数", 12 - (step + 2 if step >= 0 else 0), 0, "个月", period, "count")
    paths = ahead.simulate(f.settings.simulation, years=after + 1) if ahead.model is not None else None
    industries = weighted_industries(f.figures, f.subject, f.indicator, period=period) if step >= 0 else None
    growth = _moved(f, paths, industries, share.middle) if paths is not None else None
    told = []
    for b in bounds:
        floor = b.floor(f.target.value)
        facts: dict[str, Fact] = {}
        year_need = None
        if after == 0:
            wanted = need.bounds(partial(_last_year, floor), *earlier)
            if len(years) > 1:
                year_need = f.computed(
                    f"{b.key}.year_need", f"{running}年全年需增长", wanted.middle, 1, "%", ytd(running, 12),
                    "((1+m)^n / Π(1+g)) − 1", known,
                )  # fmt: skip
            if step < 10:
                interval = need.bounds(need.of_share, wanted, so_far, share)
                facts = required_facts(
                    f, b.key, interval, period, "(G* − wG) / (1 − w), w by " + ahead.shares.origin, used, "剩余月份"
                )
        else:
            interval = need.bounds(partial(_evenly, floor, len(years)), so_far, share, *earlier)
            facts = required_facts(
                f, b.key, interval, period, "one rate for the rest of the year and the years after", used, "此后"
            )
        if growth is not None and paths is not None:
            factor = np.prod([1 + (o.value or 0.0) / 100 for o in known]) * np.prod(1 + growth / 100, axis=1)
            mean = (factor ** (1 / len(years)) - 1) * 100
            facts |= chance_facts(f, b.key, mean >= floor - 0.05, paths, period, how(ahead), used)
        fact = f.computed(f"{b.key}.floor", f"下限（{b.name}）", floor, 1, "%", period, "target less tolerance")
        told.append(with_facts(TargetReading(b.key, b.name, fact, year_need), facts))
    mean_fact = None
    if known and newest is not None and step >= 0:
        so_far_mean = need.mean_growth([*(o.value or 0.0 for o in known), newest.value or 0.0])
        mean_fact = f.computed(
            "mean", "已知各期平均增速", so_far_mean, 1, "%", period, "geometric mean, the running year by its months", used
        )  # fmt: skip
    gap = None
    if newest is not None and step >= 0:
        against = told[0].year_need.value if told[0].year_need is not None else f.target.value
        gap = f.computed(
            "gap", "累计增速与所需全年增速之差", (newest.value or 0.0) - (against or 0.0), 1, "百分点", period,
            "growth so far − growth that the year needs", used,
        )  # fmt: skip
    carrying, dragging, weights = carriers(f, industries, told[0], period)
    ended = f.at.end_date >= ytd(last_year, 12).end_date
    reason = ahead.lacking or (f"没有收录{running}年全年{f.indicator.name}增速" if ended else "")
    return Pursuit(
        "ended" if ended else "open", reason, period=period,
        value=f.shown(newest) if newest is not None and step >= 0 else (finished[-1] if finished else None),
        finished=finished, mean=mean_fact, gap=gap, remaining=remaining,
        rest="years" if after else "months" if step >= 0 else "year", readings=tuple(told),
        headline=f.headline(bounds), carrying=carrying, dragging=dragging, weights=weights,
    )  # fmt: skip


def _last_year(floor: float, *known: float) -> float:
    """Growth that the last year needs for a mean over it and the years known."""
    return need.of_mean(floor, len(known) + 1, known)


def _evenly(floor: float, years: int, so_far: float, share: float, *known: float) -> float:
    return need.of_mean_evenly(floor, years, known, so_far, share)


def _moved(f: Follower, paths: Paths, industries: Weighted | None, share: float) -> Floats:
    """Growth of the paths; an industry supposed to grow faster moves the running year by its weight."""
    growth = paths.growth
    for _, key, points in f.moved:
        weight = industries.weight_of(key) if industries is not None else None
        if weight is not None:
            growth = growth.copy()
            growth[:, 0] += weight * (1 - share) * points
    return growth
