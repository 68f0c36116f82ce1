"""Targets of the plans in force (目标进度): how far along, what the remaining months must bring, how likely it is.

Every target of an adopted plan gets a line. One that published figures can follow is held against them: value so far,
gap, growth that the remaining months need, probability of attainment, industries that carry or drag. The others say
why not: no number in the plan, no data, no base, plan over.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qinggong.catalogue import UnknownName
from qinggong.catalogue.plans import Plan, Target, TargetSettings
from qinggong.monitor.facts import Citation, Fact, Lineage, TargetLine, TargetPoint, Targets
from qinggong.monitor.movements import Desk
from qinggong.monitor.target_growth import growth_target
from qinggong.monitor.target_industries import weighted_industries
from qinggong.monitor.target_inputs import Figures, Readings, figures_of, readings
from qinggong.monitor.target_level import level_target
from qinggong.monitor.target_pursuit import Follower, Pursuit
from qinggong.monitor.target_relative import relative_target
from qinggong.periods import Period, ytd

TITLE = "目标进度"
NUMBERS = re.compile(r"\d+(?:\.\d+)?")
SHOWN_AFTER = 365
"""Days after its end for which a plan is still shown."""


@dataclass(frozen=True, slots=True)
class Supposition:
    """What if an industry grew by so many points more in the remaining months (假设某行业后几个月增速变化)."""

    subject: str
    points: float


def targets(
    desk: Desk,
    plans: Sequence[Plan],
    settings: TargetSettings,
    *,
    at: Period,
    as_of: dt.date | None = None,
    suppose: Sequence[Supposition] = (),
) -> Targets | None:
    """All targets of the plans in force at a month, or over for less than a year.

    Parameters
    ----------
    desk
        What is known; figures of later periods are left aside.
    as_of
        Plans that were not public by then are left out.
    suppose
        Industries whose growth of the remaining months is moved; the lines say so and no history is drawn.

    Returns
    -------
    Targets or None
        ``None`` if no adopted plan is in force.

    Raises
    ------
    UnknownName
        If an industry supposed to move is not in the catalogue.
    """
    shown = [
        p for p in plans
        if p.adopted and p.valid_from <= at.end_date <= p.valid_to + dt.timedelta(days=SHOWN_AFTER)
        and (as_of is None or p.published <= as_of)
    ]  # fmt: skip
    if not shown:
        return None
    figures = figures_of(desk, at)
    lines = []
    for plan in sorted(shown, key=lambda p: (p.valid_to < at.end_date, -p.valid_from.toordinal(), p.code)):
        for target in plan.targets:
            lines.append(_line(figures, plan, target, settings, at=at, suppose=suppose))
    order = {"open": 0, "ended": 1, "decided": 2, "no_base": 3, "no_number": 4, "no_data": 5}
    lines.sort(key=lambda line: order[line.state])
    return Targets(
        TITLE, at, tuple(lines), _unfollowed(desk, lines, at), _parameters(desk, settings, at)
    )  # fmt: skip


def _unfollowed(desk: Desk, lines: Sequence[TargetLine], at: Period) -> tuple[tuple[str, Fact], ...]:
    """How many targets of each plan have no figures."""
    counted = []
    for title, plan in dict.fromkeys((line.plan_title, line.plan) for line in lines):
        number = sum(1 for line in lines if line.plan == plan and line.state == "no_data" and line.value is None)
        if number:
            identifier = f"target:{plan}/{at.year}-{at.last:02d}#no_data"
            fact = Fact(
                identifier,
                f"{title}：缺数据的目标",
                float(number),
                str(number),
                "项",
                at,
                "computed",
                Lineage((), "count"),
            )
            counted.append((title, desk.book.add(fact)))
    return tuple(counted)


def _parameters(desk: Desk, settings: TargetSettings, at: Period) -> tuple[Fact, ...]:
    s = settings.simulation
    values = (("interval", "区间的置信水平", s.interval * 100, "%"), ("paths", "模拟路径", float(s.paths), "条"))
    return tuple(
        desk.book.add(
            Fact(
                f"parameter:targets/{key}", label, v, f"{v:g}", unit, at, "computed", Lineage((), "catalogue parameter")
            )
        )
        for key, label, v, unit in values
    )


def _line(
    figures: Figures,
    plan: Plan,
    target: Target,
    settings: TargetSettings,
    *,
    at: Period,
    suppose: Sequence[Supposition],
) -> TargetLine:
    blank = _blank(figures.desk, plan, target, at)
    over = at.end_date > plan.valid_to
    if target.quantity == "none" or (target.measured is None and target.bound == "direction"):
        return _direction(figures, target, blank)
    if target.measured is None:
        ended = f"，方案已于{plan.valid_to.isoformat()}到期，不能判断是否完成" if over else ""
        return replace(blank, state="no_data", reason=f"缺数据：没有按期公布的数字{ended}")
    indicator = figures.catalogue.indicator(target.measured.indicator)
    subject = figures.catalogue.subject(target.measured.subject, indicator=indicator.code)
    moved = tuple(_resolved(figures.desk, s) for s in suppose)
    follower = Follower(figures, plan, target, settings, subject, indicator, at, moved)
    if target.bound == "relative":
        pursuit = relative_target(follower)
    elif target.quantity == "growth":
        pursuit = growth_target(follower)
    elif target.quantity in ("level", "amount"):
        pursuit = level_target(follower)
    else:
        return replace(blank, state="no_data", reason="缺数据：没有这类目标的测算方法，请人工填报")
    line = _filled(blank, pursuit, subject.name, indicator.name)
    if moved:
        return replace(line, supposed=_supposed(follower, moved, line))
    if line.state in ("no_base", "no_data") or target.bound == "relative":
        return line
    return replace(line, points=_points(follower, readings(figures, subject, indicator)))


def _supposed(follower: Follower, moved: Sequence[tuple[str, str, float]], line: TargetLine) -> str:
    """What is supposed, in words; an industry without a weight in the whole moves nothing, which is said."""
    known = line.period is not None and line.state in ("open", "ended")
    weighted = (
        weighted_industries(follower.figures, follower.subject, follower.indicator, period=line.period)
        if known and line.period is not None else None
    )  # fmt: skip
    parts = []
    for name, key, points in moved:
        weightless = weighted is None or weighted.weight_of(key) is None
        parts.append(f"{name}后几个月增速{points:+g}个百分点{'（没有权数，未计入）' if weightless else ''}")
    return "假设" + "、".join(parts)


def _resolved(desk: Desk, suppose: Supposition) -> tuple[str, str, float]:
    """Name, key and points of an industry that is supposed to move."""
    found = desk.catalogue.subject(suppose.subject, indicator="value_added")
    if found.kind != "industry" or found.scope != "nbs":
        raise UnknownName(f"“{suppose.subject}” is no division of the statistics bureau; write its whole name.")
    return found.name, found.key, suppose.points


def _blank(desk: Desk, plan: Plan, target: Target, at: Period) -> TargetLine:
    """What the plan itself says of a target."""
    source = plan.source_of(target)
    citation = Citation(source.title, source.publisher, source.date.isoformat(), "stated", "")
    number = baseline = None
    at_end = ytd(target.deadline or plan.valid_to.year, 12)
    key = f"target:{plan.code}.{target.code}"
    if target.value is not None:
        number = desk.book.add(
            Fact(
                key, f"目标：{target.text}", target.value, f"{target.value:g}", target.unit,
                at_end, "published", Lineage((), "plan", (citation,)),
            )
        )  # fmt: skip
    if target.baseline is not None:
        day = target.baseline.at
        baseline = desk.book.add(
            Fact(
                f"{key}/baseline", f"目标起点：{target.text}", target.baseline.value, f"{target.baseline.value:g}",
                target.unit, ytd(day.year, day.month), "published", Lineage((), "plan", (citation,)),
            )
        )  # fmt: skip
    marks = {"read": "", "secondary": "（转引）", "recalled": "（未核实）", "computed": "（推算）"}
    numbers = tuple(
        desk.book.add(
            Fact(
                f"{key}/number.{place}", f"目标原文中的数：{target.text}", float(text), text, "", at_end, "published",
                Lineage((), "plan", (citation,)),
            )
        )
        for place, text in enumerate(NUMBERS.findall(target.text))
    )  # fmt: skip
    return TargetLine(
        f"{plan.code}.{target.code}", plan.code, plan.short, target.text, target.kinds, target.deadline, "no_data",
        f"{source.title}，{source.publisher}{marks[target.mark]}", numbers, target=number, baseline=baseline,
    )  # fmt: skip


def _direction(figures: Figures, target: Target, blank: TargetLine) -> TargetLine:
    """A target without a number: the newest growth stands beside it, and no verdict is made of it."""
    line = replace(blank, state="no_number", reason="无量化目标")
    if target.measured is None:
        return line
    indicator = figures.catalogue.indicator(target.measured.indicator)
    subject = figures.catalogue.subject(target.measured.subject, indicator=indicator.code)
    found = readings(figures, subject, indicator)
    newest = max(found.growth, default=None)
    if newest is None:
        return replace(line, subject_name=subject.name, indicator_name=indicator.name)
    value = Follower.published(figures, found.growth[newest], subject, indicator)
    return replace(
        line, period=newest, value=value, subject_name=subject.name, indicator_name=indicator.name
    )  # fmt: skip


def _filled(blank: TargetLine, p: Pursuit, subject_name: str, indicator_name: str) -> TargetLine:
    return replace(
        blank, state=p.state, reason=p.reason, subject_name=subject_name, indicator_name=indicator_name,
        period=p.period, value=p.value, growth=p.growth, finished=p.finished, mean=p.mean, gap=p.gap,
        benchmark=p.benchmark, benchmark_name=p.benchmark_name, remaining=p.remaining, rest=p.rest, readings=p.readings,
        headline=p.headline, carrying=p.carrying, dragging=p.dragging, weights=p.weights,
    )  # fmt: skip


def _points(follower: Follower, found: Readings) -> tuple[TargetPoint, ...]:
    """What could be said at each published figure of the target's years, with what was known of those periods."""
    target, years = follower.target, follower.target.years
    of_level = target.quantity != "growth"
    chosen = [
        p for p in found.periods
        if years[0] - of_level <= p.year <= years[-1] and p.end_date <= follower.at.end_date
        and (p in found.level if of_level else p in found.growth)
        and p.end_date >= follower.plan.valid_from
    ]  # fmt: skip
    points = []
    for period in chosen:
        then = replace(follower, figures=follower.figures.until(period), at=period)
        pursuit = level_target(then) if of_level else growth_target(then)
        if pursuit.value is None or pursuit.period != period:
            continue
        told = pursuit.readings[pursuit.headline] if pursuit.readings else None
        points.append(
            TargetPoint(
                period, pursuit.value, told.probability if told else None, told.low if told else None,
                told.high if told else None, told.required if told else None,
            )
        )  # fmt: skip
    return tuple(points)


def plain_targets(found: Targets) -> list[dict[str, object]]:
    """The lines as plain values, for programs."""

    def number(fact: Fact | None) -> dict[str, object] | None:
        if fact is None or fact.value is None:
            return None
        return {"value": fact.value, "text": fact.text, "unit": fact.unit, "period": fact.period.code}

    rows: list[dict[str, object]] = []
    for line in found.lines:
        rows.append(
            {
                "key": line.key, "plan": line.plan_title, "text": line.text, "kinds": list(line.kinds),
                "deadline": line.deadline, "state": line.state, "reason": line.reason, "source": line.source,
                "target": number(line.target), "baseline": number(line.baseline), "value": number(line.value),
                "growth": number(line.growth), "finished": [number(f) for f in line.finished],
                "mean": number(line.mean), "gap": number(line.gap), "benchmark": number(line.benchmark),
                "remaining_months": number(line.remaining), "rest": line.rest, "supposed": line.supposed,
                "readings": [
                    {
                        "key": r.key, "name": r.name, "floor": number(r.floor), "year_need": number(r.year_need),
                        "required": number(r.required), "required_low": number(r.required_low),
                        "required_high": number(r.required_high), "probability": number(r.probability),
                        "probability_low": number(r.low), "probability_high": number(r.high), "verdict": r.verdict,
                    }
                    for r in line.readings
                ],
                "headline": line.readings[line.headline].key if line.readings else "",
                "carrying": [{"name": p.name, "points": p.points.value} for p in line.carrying],
                "dragging": [{"name": p.name, "points": p.points.value} for p in line.dragging],
                "points": [
                    {"period": p.period.code, "value": number(p.value), "probability": number(p.probability),
                     "required": number(p.required)}
                    for p in line.points
                ],
            }
        )  # fmt: skip
    return rows
