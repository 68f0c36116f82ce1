"""Early warnings of a month (预警): which rules hold for which industries, since when, how gravely, and why.

下降 is growth below zero, 回落 growth below that of the period before; each rule names which. A rule without its inputs is
listed as 未启用：缺数据. A warning stays open until its rule was judged and did not hold in several observations in a row; what
several rules say of one industry is one case.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.catalogue.plans import Plan, Problem
from qinggong.catalogue.warnings import WarningRecord, WarningRule, WarningSettings, standing
from qinggong.monitor.facts import Alerts, Fact, InactiveRule, Lineage, Nowcasts, Targets, WarningCase, WarningLine
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import Prosperity
from qinggong.monitor.warning_evidence import METHOD, chart_of, field_fact, main_field, measures_of, past_of
from qinggong.monitor.warning_inputs import STEPS, WHOLE, Beside, Floats, Readings, Unit, frame
from qinggong.monitor.warning_rules import Judged, Runs, judge, runs
from qinggong.periods import Period

FEW_UNITS = 100
SHORT_TAIL = 3 * STEPS
"""With many units only three years are judged; with few ones all, so that earlier episodes are found."""
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
        found = runs(judged.severity[rule.code], clear_after=settings.clear_after)
        measures = measures_of(rule, plans, problems, at)
        for column in np.flatnonzero(found.open[row]):
            unit = readings.units[column]
            if industry and unit.industry != industry:
                continue
            one = _line(desk, judged, found, rule, unit, int(column), standings[rule.code], at)
            lines.append(replace(one, measures=measures))
    lines.sort(key=lambda x: (x.standing != "in_force", -x.severity, not x.fresh, x.industry, x.region, x.rule))
    evaluated = [
        (rule.code, readings.units[c].industry, readings.units[c].region)
        for rule in settings.rules if standings[rule.code][0] == "in_force"
        for c in np.flatnonzero(judged.severity[rule.code][row] >= 0)
    ]  # fmt: skip
    count = sum(int((s[row] >= 0).sum()) for s in judged.severity.values())
    total = desk.book.add(
        Fact(f"warning/judged/{at.code}", "预警判断次数", float(count), str(count), "次", at, "computed", Lineage((), METHOD))
    )
    inactive = tuple(
        InactiveRule(r.code, r.name, judged.lacking[r.code]) for r in settings.rules if r.code in judged.lacking
    )
    return Alerts(
        at, tuple(lines), _cases(lines), inactive,
        tuple((r.code, r.name, *standings[r.code]) for r in settings.rules), tuple(evaluated), total, desk.book,
        record.vintages if record is not None else "",
    )  # fmt: skip


def _line(
    desk: Desk, judged: Judged, found: Runs, rule: WarningRule, unit: Unit, column: int, held: tuple[str, str], at: Period
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
    evidence = [f for n in dict.fromkeys((main_field(rule), *names)) if (f := fact(n)) is not None]
    growth = main_field(rule)
    based = growth if f"{growth}_base" in judged.frame.fields else ""
    size = row - since + 1
    first = judged.frame.period(since)
    run = desk.book.add(
        Fact(
            f"warning/{unit.industry or 'whole'}/{unit.region}/{rule.code}/open/{at.code}", f"{unit.name}{rule.name}已持续期数",
            float(size), str(size), "期", at, "computed", Lineage((), METHOD),
        )
    )  # fmt: skip
    titles = {c.code: c.title for c in judged.evaluations[rule.pack].pack.conditions}
    met = [x for x in rule.levels if x.severity == judged.severity[rule.code][newest, column]] or [rule.levels[0]]
    catalogue: Catalogue = desk.catalogue
    region = catalogue.regions[unit.region] if unit.region in catalogue.regions else None
    return WarningLine(
        rule=rule.code, name=rule.name, word=rule.word, what=titles[met[0].condition], industry=unit.industry,
        subject_name=unit.name, region=unit.region, region_name=(region.short or region.name) if region else unit.region,
        severity=severity, fresh=fresh, since=first, period=judged.frame.period(newest), run=run, standing=held[0], why=held[1],
        evidence=tuple(evidence), base=fact(f"{based}_base") if based else None, two_year=fact(f"{based}_two") if based else None,
        chart=chart_of(desk, judged, rule, unit, column), problems=rule.problems, measures=(),
        past=past_of(desk, judged, found, rule, unit, column, before=since),
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


def chances(nowcasts: Nowcasts | None) -> tuple[dict[tuple[str, str], float], dict[tuple[str, str], float]]:
    """By industry the newest published growth of value added, and the chance in percent that the next one is below zero."""
    latest: dict[tuple[str, str], float] = {}
    below: dict[tuple[str, str], float] = {}
    if nowcasts is None:
        return latest, below
    from scipy.special import ndtr

    for line in nowcasts.lines:
        if line.indicator != "value_added" or line.density is None or line.latest is None:
            continue
        mean, std = line.density.mean.value, line.density.std.value
        if mean is None or std is None or not std > 0 or line.latest.value is None:
            continue
        key = (line.subject_key.partition(":")[2].partition("@")[0], "CN")
        latest.setdefault(key, line.latest.value)
        below.setdefault(key, float(ndtr(-mean / std)) * 100)
    return latest, below


def target_chance(targets: Targets | None) -> dict[tuple[str, str], float]:
    """The lowest probability of attainment among the targets that are not decided."""
    if targets is None:
        return {}
    known = [
        line.readings[line.headline].probability for line in targets.lines if line.state == "open" and line.readings
    ]
    values = [p.value for p in known if p is not None and p.value is not None]
    return {(WHOLE, "CN"): min(values)} if values else {}
