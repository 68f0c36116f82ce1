"""Early warnings of a month (预警): which rules hold for which industries, since when, how gravely, and why.

下降 is growth below zero, 回落 growth below that of the period before; each rule names which. A rule without its inputs is
listed as 未启用：缺数据. A warning stays open until its rule was judged and did not hold in several observations in a row;
what several rules say of one industry is one case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.catalogue.plans import Plan, Problem
from qinggong.catalogue.warnings import WarningRecord, WarningRule, WarningSettings, standing
from qinggong.monitor.facts import (
    Alerts,
    Fact,
    InactiveRule,
    Lineage,
    MeasureLine,
    Nowcasts,
    Targets,
    WarningCase,
    WarningLine,
)
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import Prosperity
from qinggong.monitor.warning_evidence import METHOD, chart_of, field_fact, measures_of, past_of, shown_field
from qinggong.monitor.warning_growth import STEPS, Floats
from qinggong.monitor.warning_inputs import WHOLE, Beside, Readings, Unit, frame
from qinggong.monitor.warning_rules import Judged, Runs, judge, runs
from qinggong.periods import Period

FEW_UNITS = 100
SHORT_TAIL = 3 * STEPS
"""With many units only three years are judged; with few ones all, so that earlier episodes are found."""
FEWEST_GOODS = 5
_TOTALS = ("total", "all_goods")
_COUNTED = {"judged": "预警判断次数", "cases": "预警事项", "in_force": "启用规则的信号", "observed": "只作观察的信号"}
GRAVITY = {1: "一般", 2: "较重", 3: "严重"}


def warnings(
    desk: Desk,
    readings: Readings,
    settings: WarningSettings,
    record: WarningRecord | None,
    *,
    at: Period,
    beside: Beside | None = None,
    plans: Sequence[Plan] = (),
    problems: Sequence[Problem] = (),
    industry: str = "",
) -> Alerts:
    """All warnings that are open in a month.

    Parameters
    ----------
    desk
        What is known, and the book that the evidence goes into.
    readings
        The same figures in cells (``warning_inputs.gather``).
    record
        The back-test on record, which says what rules are in force.
    beside
        Zones, nowcasts, targets and findings of the month; rules that need what is absent are not in use.
    industry
        Code of one industry; without it all.
    """
    tail = readings.rows if len(readings.units) <= FEW_UNITS else SHORT_TAIL
    judged = judge(frame(readings, readings.at(None), at=at, tail=tail, beside=beside), settings)
    row = judged.frame.rows - 1
    lines: list[WarningLine] = []
    standings = {r.code: standing(r, settings, record) for r in settings.rules}
    for rule in settings.rules:
        found = runs(judged.severity[rule.code], clear_after=settings.clear_after, lapse_after=settings.lapse_after)
        fitting: dict[str, tuple[MeasureLine, ...]] = {}
        for column in np.flatnonzero(found.open[row]):
            unit = readings.units[column]
            if industry and unit.industry != industry:
                continue
            one = _line(desk, judged, found, rule, unit, int(column), standings[rule.code], at)
            if unit.industry not in fitting:
                fitting[unit.industry] = measures_of(rule, plans, problems, at, unit.industry)
            lines.append(replace(one, measures=fitting[unit.industry]))
    lines.sort(key=lambda x: (x.standing != "in_force", -x.severity, not x.fresh, x.industry, x.region, x.rule))
    evaluated = [
        (rule.code, readings.units[c].industry, readings.units[c].region)
        for rule in settings.rules if standings[rule.code][0] == "in_force"
        for c in np.flatnonzero(judged.severity[rule.code][row] >= 0)
    ]  # fmt: skip
    cases = _cases(lines)
    counts = {
        "judged": sum(int((s[row] >= 0).sum()) for s in judged.severity.values()), "cases": len(cases),
        "in_force": sum(x.standing == "in_force" for x in lines),
        "observed": sum(x.standing != "in_force" for x in lines),
    }  # fmt: skip
    facts = {
        key: desk.book.add(
            Fact(f"warning/{key}/{at.code}", _COUNTED[key], float(n), str(n), "条", at, "computed", Lineage((), METHOD))
        )
        for key, n in counts.items()
    }  # fmt: skip
    inactive = tuple(
        InactiveRule(r.code, r.name, judged.lacking[r.code]) for r in settings.rules if r.code in judged.lacking
    )
    return Alerts(
        at, tuple(lines), cases, inactive,
        tuple((r.code, r.name, *standings[r.code]) for r in settings.rules), tuple(evaluated), facts, desk.book,
        record.vintages if record is not None else "",
    )  # fmt: skip


def _line(
    desk: Desk,
    judged: Judged,
    found: Runs,
    rule: WarningRule,
    unit: Unit,
    column: int,
    held: tuple[str, str],
    at: Period,
) -> WarningLine:
    row = judged.frame.rows - 1
    since, severity = int(found.since[row, column]), int(found.worst[row, column])
    fresh = bool(judged.severity[rule.code][row, column] > 0)
    newest = row
    while judged.severity[rule.code][newest, column] <= 0 and newest > since:
        newest -= 1

    def fact(name: str) -> Fact | None:
        return field_fact(desk, judged, rule.pack, name, unit, column, newest)

    names = [n for n in rule.inputs if not n.endswith("_two")]
    evidence = [f for n in dict.fromkeys((shown_field(rule), *names)) if (f := fact(n)) is not None]
    growth = shown_field(rule)
    based = growth if f"{growth}_base" in judged.frame.fields else ""
    size, acted = row - since + 1, held[0] == "in_force"
    first = judged.frame.period(since)
    run = desk.book.add(
        Fact(
            f"warning/{unit.industry or 'whole'}/{unit.region}/{rule.code}/open/{at.code}",
            f"{unit.shown}{rule.name}已持续期数",
            float(size), str(size), "期", at, "computed", Lineage((), METHOD),
        )
    )  # fmt: skip
    titles = {c.code: c.title for c in judged.evaluations[rule.pack].pack.conditions}
    met = [x for x in rule.levels if x.severity == judged.severity[rule.code][newest, column]] or [rule.levels[0]]
    catalogue: Catalogue = desk.catalogue
    region = catalogue.regions.get(unit.region, None)
    return WarningLine(
        rule=rule.code, name=rule.name, word=rule.word, what=titles[met[0].condition], industry=unit.industry,
        subject_name=unit.name, region=unit.region,
        region_name=(region.short or region.name) if region else unit.region,
        severity=severity, fresh=fresh, since=first, period=judged.frame.period(newest), run=run, standing=held[0],
        why=held[1],
        evidence=tuple(evidence), base=fact(f"{based}_base") if based else None,
        two_year=fact(f"{based}_two") if based else None,
        chart=chart_of(desk, judged, rule, unit, column) if acted else (), problems=rule.problems, measures=(),
        past=past_of(desk, judged, found, rule, unit, column, before=since) if acted else (),
    )  # fmt: skip


def _cases(lines: Sequence[WarningLine]) -> tuple[WarningCase, ...]:
    """What is in force of one industry and region together, the gravest first."""
    groups: dict[tuple[str, str], list[WarningLine]] = {}
    for line in lines:
        if line.standing == "in_force":
            groups.setdefault((line.industry, line.region), []).append(line)
    found = [
        WarningCase(industry, mine[0].subject_name, region, max(x.severity for x in mine), tuple(mine))
        for (industry, region), mine in groups.items()
    ]
    return tuple(sorted(found, key=lambda c: (-c.severity, -len(c.lines), c.industry, c.region)))


# ------------------------------------------------------------------------------------- what others know


def zone_rows(found: Prosperity, readings: Readings) -> dict[tuple[str, str], Floats]:
    """Zones of each industry's index, and of the whole, by row of the readings; −1 where there is none."""
    out = {}
    columns = [((i.subject.code, found.region), i.zones) for i in found.industries if not i.refused]
    columns.append(((WHOLE, found.region), found.aggregate_zones))
    for key, zones in columns:
        rows = np.full(readings.rows, -1.0)
        for month in range(found.months):
            row = readings.row(found.period(month))
            if month % 12 and 0 <= row < readings.rows:
                rows[row] = zones[month]
        out[key] = rows
    return out


Inputs = dict[tuple[str, str, str], tuple[str, ...]]


def chances(
    nowcasts: Nowcasts | None,
) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float], Inputs]:
    """By industry the newest published growth of value added, the chance in percent that the next is below zero, their
    series."""
    latest: dict[tuple[str, str], float] = {}
    below: dict[tuple[str, str], float] = {}
    inputs: Inputs = {}
    if nowcasts is None:
        return latest, below, inputs
    from scipy.special import ndtr  # type: ignore[import-untyped]

    for line in nowcasts.lines:
        mean, std = line.density.mean, line.density.std
        if line.indicator != "value_added" or line.newest is None or line.newest.value is None:
            continue
        if mean.value is None or std.value is None or not std.value > 0:
            continue
        key = (line.subject_code, "CN")
        if key not in latest:
            latest[key], below[key] = line.newest.value, float(ndtr(-mean.value / std.value)) * 100
            inputs["latest", *key], inputs["chance_below", *key] = line.newest.lineage.inputs, mean.lineage.inputs
    return latest, below, inputs


def target_chance(targets: Targets | None) -> tuple[dict[tuple[str, str], float], Inputs]:
    """The lowest probability of attainment among the targets that are not decided, and the series that it is from."""
    if targets is None:
        return {}, {}
    told = [line for line in targets.lines if line.state == "open" and line.readings]
    found = [
        (p.value, line.value.lineage.inputs if line.value is not None else p.lineage.inputs)
        for line in told
        if (p := line.readings[line.headline].probability) is not None and p.value is not None
    ]
    if not found:
        return {}, {}
    value, inputs = min(found)
    return {(WHOLE, "CN"): value}, {("target_chance", WHOLE, "CN"): inputs}


def top_shares(desk: Desk, readings: Readings) -> tuple[dict[tuple[str, str], Floats], Inputs]:
    """Share of the largest good in the customs exports of the goods on file, by row; from five goods on."""
    sums: dict[int, list[float]] = {}
    used: dict[int, list[str]] = {}
    for o in desk.snapshot.observations:
        s, p = o.series, o.period
        if (s.subject_kind, s.scope, s.region, s.indicator, s.measure) != (
            "trade",
            "gacc",
            "CN",
            "exports_usd",
            "level",
        ):
            continue
        row = readings.row(p)
        counted = p.first == 1 and p.last > 1 and s.subject not in _TOTALS and 0 <= row < readings.rows
        if counted and o.value is not None and o.value > 0:
            sums.setdefault(row, []).append(o.value)
            used.setdefault(row, []).append(f"{s.id}@{p.code}")
    rows = np.full(readings.rows, np.nan)
    for row, values in sums.items():
        if len(values) >= FEWEST_GOODS:
            rows[row] = max(values) / sum(values) * 100
    known = np.flatnonzero(np.isfinite(rows))
    if not known.size:
        return {}, {}
    return {(WHOLE, "CN"): rows}, {("top_share", WHOLE, "CN"): tuple(sorted(used[int(known[-1])]))}
