"""Targets for the level of a year (总量目标), held against published levels and growth.

A level of an earlier year is not the base: samples change every year, see ``target_inputs.basis_changes``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from qinggong.methods import required_growth as need
from qinggong.methods.attainment import Paths
from qinggong.methods.growth import Interval
from qinggong.monitor.facts import Fact, Part, TargetReading
from qinggong.monitor.harmonise import half_unit
from qinggong.monitor.target_industries import Weighted, weighted_industries
from qinggong.monitor.target_inputs import BasisChange, Readings, basis_changes, readings, step_of
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
)
from qinggong.periods import Period, ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]


def level_target(f: Follower) -> Pursuit:
    """A target for the level of one year."""
    assert f.target.value is not None
    found = readings(f.figures, f.subject, f.indicator)
    year = f.target.years[-1] if f.target.years else f.plan.valid_to.year
    final = found.level.get(ytd(year, 12))
    if final is not None:
        wanted = _in_unit(f, f.target.value, final)
        assert final.value is not None
        verdict = "met" if final.value + half_unit(final) > wanted else "missed"
        period = final.period
        floor = f.computed("floor", "目标值", f.target.value, _digits(f.target.value), f.target.unit, period, "target")
        gap = _level_gap(f, final, wanted, (final,))
        told = TargetReading("strict", f.settings.readings[0].name, floor, verdict=verdict)
        return Pursuit("decided", period=period, value=f.shown(final), gap=gap, readings=(told,))
    full = [p.year for p in found.level if p.last == 12 and p.year < year]
    last_full = max(full, default=None)
    running = year if found.newest(year) or last_full is None else last_full + 1
    if last_full is None and found.newest(year) is None:
        return Pursuit("no_data", f"缺数据：没有收录{f.subject.name}{f.indicator.name}")
    if running < year and found.newest(year):
        running = year
    ahead = outlook(f.figures, f.subject, f.indicator, f.settings.simulation, year=running)
    return _open_level(f, found, ahead, year, last_full)


def _in_unit(f: Follower, value: float, o: Observation) -> float:
    """A value in the target's unit, in the unit of a series."""
    return float(f.figures.catalogue.convert(Decimal(repr(value)), unit=f.target.unit, to=o.series.unit))


def _level_gap(f: Follower, o: Observation, wanted: float, used: Sequence[Observation]) -> Fact:
    assert o.value is not None
    in_target_unit = f.figures.catalogue.convert(
        Decimal(repr(round(o.value - wanted, 6))), unit=o.series.unit, to=f.target.unit
    )
    decimals = max(_digits(f.target.value or 0.0), o.decimals if o.printed_unit == f.target.unit else 1)
    return f.computed(
        "gap", "与目标之差", float(in_target_unit), decimals, f.target.unit, o.period, "value − target", used
    )


def _digits(value: float) -> int:
    return len(f"{value:g}".partition(".")[2])


def _open_level(f: Follower, found: Readings, ahead: Outlook, year: int, last_full: int | None) -> Pursuit:
    assert f.target.value is not None
    running = ahead.year
    period = max((p for p in found.level if p.year == running and p in found.growth), default=None)
    base_o = found.level.get(ytd(last_full, 12)) if last_full is not None else None
    anchor = found.level[period] if period is not None else base_o
    if anchor is None:
        return Pursuit("no_base", f"缺基数：没有收录{running - 1}年全年{f.indicator.name}，本年也没有同比增速")
    wanted = _in_unit(f, f.target.value, anchor)
    changes = basis_changes(f.figures, [found, *_profiles(f)])
    used = [anchor, *(o for c in changes for o in c.used), *ahead.shares.used]
    factors = np.array([c.factor for c in changes]) if changes else np.array([1.0])
    spread = Interval(float(factors.min()), float(factors.max()))
    after = year - running
    method, interval, rest = "", None, "months"
    if period is not None and after == 0:
        growth_o = found.growth[period]
        used.append(growth_o)
        share = ahead.shares.upto[step_of(period)]
        interval = need.bounds(need.level_by_share, wanted, around(anchor), around(growth_o), share)
        method = "(T − L) / (b(1−w)/w) − 1, b = L/(1+G), w by " + ahead.shares.origin
    elif base_o is not None:
        # Samples change every year: past changes of the basis bound what the published base is worth next year.
        whole = after + 1 if period is None else after
        start = around(base_o) if period is None else _year_level(found, period, ahead)
        interval = need.bounds(
            lambda level, factor: ((wanted / (level * factor**whole)) ** (1 / max(whole, 1)) - 1) * 100, start, spread
        )
        method = "(T / (L·f^k))^(1/k) − 1, f the change of basis seen in past years"
        rest = "year" if whole == 1 and period is None else "years"
    facts: dict[str, Fact] = {}
    at_period = period or anchor.period
    if interval is not None:
        facts = required_facts(f, "strict", interval, at_period, method, used, "剩余月份")
    if ahead.model is not None:
        paths = ahead.simulate(f.settings.simulation, years=after + 1)
        level = _level_paths(f, paths, found, ahead, period, base_o, changes)
        if level is not None:
            facts |= chance_facts(
                f, "strict", level >= wanted, paths, at_period, how(ahead) + _basis(changes, period), used
            )
    floor = f.computed("floor", "目标值", f.target.value, _digits(f.target.value), f.target.unit, at_period, "target")
    told = with_facts(TargetReading("strict", f.settings.readings[0].name, floor), facts)
    months = 12 - period.last if period is not None else 12
    remaining = f.computed("remaining", "剩余月数", months, 0, "个月", at_period, "count")
    industries = weighted_industries(f.figures, f.subject, f.indicator, period=period) if period is not None else None
    carrying, dragging, weights = _level_parts(f, industries, period)
    ended = f.at.end_date >= ytd(year, 12).end_date
    reason = ahead.lacking or (f"没有收录{year}年全年{f.indicator.name}" if ended else "")
    return Pursuit(
        "ended" if ended else "open", reason, period=at_period, value=f.shown(anchor),
        growth=f.shown(found.growth[period]) if period is not None else None,
        finished=(f.shown(base_o),) if base_o is not None else (), gap=_level_gap(f, anchor, wanted, used),
        remaining=remaining, rest=rest, readings=(told,), carrying=carrying, dragging=dragging, weights=weights,
    )  # fmt: skip


def _profiles(f: Follower) -> list[Readings]:
    """The profile industry, whose changes of basis stand beside the subject's own few."""
    try:
        profile = f.figures.catalogue.subject(f.settings.simulation.profile, indicator=f.indicator.code)
    except LookupError:
        return []
    return [readings(f.figures, profile, f.indicator)] if profile.key != f.subject.key else []


def _year_level(found: Readings, period: Period, ahead: Outlook) -> Interval:
    """The running year's level if the rest of it grew like its months so far: L / w."""
    share = ahead.shares.upto[step_of(period)]
    level = around(found.level[period])
    return Interval(level.low / share.high, level.high / share.low)


def _level_paths(
    f: Follower, paths: Paths, found: Readings, ahead: Outlook, period: Period | None, base_o: Observation | None,
    changes: Sequence[BasisChange],
) -> Floats | None:  # fmt: skip
    """The level of the target's year on each path.

    With level and growth of some months the base of the year is b/w on this year's own samples. Before them the
    published base is multiplied by a change of basis drawn from past years; each later year draws one again.
    """
    generator = np.random.default_rng(f.settings.simulation.seed + 1)
    count = paths.growth.shape[0]
    factors = np.array([c.factor for c in changes])
    if period is not None:
        level, growth = around(found.level[period]), around(found.growth[period])
        share = ahead.shares.upto[step_of(period)]
        l = generator.uniform(level.low, level.high, count)  # noqa: E741 - the level L of the formulas
        g = generator.uniform(growth.low, growth.high, count)
        w = generator.uniform(share.low, share.high, count)
        if step_of(period) == ahead.step:
            reached = np.asarray(l / (1 + g / 100) / w * (1 + paths.growth[:, 0] / 100))
        else:
            reached = np.asarray(l / w)
    elif base_o is not None and factors.size:
        before = around(base_o)
        reached = (
            generator.uniform(before.low, before.high, count)
            * generator.choice(factors, count)
            * (1 + paths.growth[:, 0] / 100)
        )
    else:
        return None
    for later in range(1, paths.growth.shape[1]):
        if not factors.size:
            return None
        reached = reached * generator.choice(factors, count) * (1 + paths.growth[:, later] / 100)
    return np.asarray(reached, dtype=np.float64)


def _basis(changes: Sequence[BasisChange], period: Period | None) -> str:
    if period is not None:
        return "; base of the year from this year's level, growth and shares"
    return f"; change of basis drawn from {len(changes)} past ones"


def _level_parts(
    f: Follower, industries: Weighted | None, period: Period | None
) -> tuple[tuple[Part, ...], tuple[Part, ...], str]:
    """Industries above and below the whole's own growth, which is what a level can be held against."""
    if industries is None or period is None or not industries.rows or industries.whole is None:
        return (), (), ""
    whole = f.computed("aim", "本期增速", industries.whole, 1, "%", period, "published growth of the whole")
    return carriers(f, industries, TargetReading("strict", "", whole), period)
