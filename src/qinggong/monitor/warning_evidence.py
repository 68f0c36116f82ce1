"""Evidence of warnings (预警的依据): published and computed figures with lineage, earlier episodes, measures of the
plans."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from qinggong.catalogue.plans import Plan, Problem, measures_for
from qinggong.catalogue.warnings import WarningRule
from qinggong.monitor.facts import Fact, Lineage, MeasureLine, PastEpisode, fixed
from qinggong.monitor.movements import Desk, citation_of, fact_id
from qinggong.monitor.warning_growth import STEPS
from qinggong.monitor.warning_inputs import SOURCES, WHOLE, Unit, cumulative
from qinggong.monitor.warning_rules import Judged, Runs, field_names
from qinggong.periods import Period, observed_month
from qinggong.store.base import Observation

METHOD = "warnings.yaml"
CHART = 24
"""Observations of a small chart."""
MOST_PAST, MOST_MEASURES = 3, 3
_AFTER = 3
_EARLIER = {"revenue": "main_revenue"}
_COUNTED = ("late", "doubtful")
_POINTS = ("_two_change", "_base")
_ADJUSTED = ("export_change", "export_residual", "export_cusum", "export_shift")
_OUTSIDE = ("latest", "chance_below", "target_chance", "top_share", "late", "doubtful", *_ADJUSTED)
_DETECTED = {"slope": "production", "residual": "production", "cusum": "production",
"shift": "production"} | dict.fromkeys(
    _ADJUSTED, "export"
)  # fmt: skip


def main_field(rule: WarningRule) -> str:
    """The figure that says how it went on: the growth itself rather than what is computed from it."""
    return _DETECTED.get(rule.inputs[0], rule.inputs[0])


def shown_field(rule: WarningRule) -> str:
    """The figure that a rule's evidence and chart begin with: of adjusted series their change."""
    return "export_change" if rule.inputs[0] in _ADJUSTED else main_field(rule)


def field_fact(desk: Desk, judged: Judged, pack: str, name: str, unit: Unit, column: int, row: int) -> Fact | None:
    """One field of a unit in a row: the published number where it is one, else a computed one with what it is from."""
    value = judged.frame.fields[name][row, column]
    if not np.isfinite(value):
        return None
    period = judged.frame.period(row)
    sources = _observations(desk, name, unit, period, judged.frame.units)
    if len(sources) == 1 and not name.endswith(("_two", "_two_change", "_base")) and name not in _derived(name):
        o = sources[0]
        if o.value is not None and abs(o.value - value) < 1e-9:
            lineage = Lineage((f"{o.series.id}@{o.period.code}",), "published", (citation_of(o),))
            label = f"{unit.shown}{field_names().get(name, name)}"
            # Facts of provinces have ids of their own beside those of the country.
            place = "" if unit.region == "CN" else f"/{unit.region}"
            fact = Fact(
                fact_id(o) + place,
                label,
                float(Decimal(o.printed)),
                o.printed,
                o.printed_unit,
                o.period,
                "published",
                lineage,
            )
            return desk.book.get(fact.id) or desk.book.add(fact)
    unit_text = "项" if name in _COUNTED else "" if name.endswith(("zone", "residual", "cusum", "shift")) else "%"
    if name.endswith(_POINTS) or name == "slope":
        unit_text = "百分点"
    text = fixed(float(value), 0 if name in (*_COUNTED, "zone") else 1)
    label = f"{unit.shown}{field_names().get(name, '基数影响' if name.endswith('_base') else name)}"
    given = judged.frame.inputs.get(("export_change" if name in _ADJUSTED else name, *unit.key), ())
    inputs = tuple(f"{o.series.id}@{o.period.code}" for o in sources) or given
    citations = {c.key: c for c in map(citation_of, sources)}
    lineage = Lineage(inputs, f"{METHOD}: {name}", tuple(citations.values()))
    identifier = f"warning/{unit.industry or 'whole'}/{unit.region}/{name}/{period.code}"
    return desk.book.add(Fact(identifier, label, float(text), text, unit_text, period, "computed", lineage))


def _derived(name: str) -> tuple[str, ...]:
    return tuple(n for n in ("slope", "residual", "cusum", "shift", "falling_share", "loss_share", "zone") if n == name)


def _observations(
    desk: Desk, name: str, unit: Unit, period: Period, units: Sequence[Unit]
) -> list[Observation]:  # fmt: skip
    """The figures behind a field: of the month, for two-year averages and bases also of the year before."""
    if name in _OUTSIDE:
        return []
    stem = name.removesuffix("_change").removesuffix("_base").removesuffix("_two")
    kinds = SOURCES.get(stem, ())
    own = _found(desk, unit, kinds[0], period) if kinds else None
    whole = unit.industry == WHOLE
    if own is not None and stem == name and name not in _derived(name):
        return [own]
    periods = [period] if stem == name else [period, period.year_before()]
    if name in ("slope", "residual", "cusum", "shift"):
        periods = _steps_back(period, 6 if name == "slope" else STEPS * 2)
    keys = [u.subject_key for u in units if u.region == unit.region and u.subject_key] if whole else [unit.subject_key]
    found = []
    for key in keys:
        there = Unit(unit.industry, unit.name, key, unit.region, unit.place)
        for p in periods:
            found += [o for kind in kinds if (o := _found(desk, there, kind, p)) is not None]
    return found


def _found(desk: Desk, unit: Unit, kind: tuple[str, str, str], period: Period) -> Observation | None:
    indicator, measure, span = kind
    if span == "ytd" or (period.is_jan_feb and indicator != "producer_prices"):
        period, span = cumulative(period), "ytd"
    elif period.is_jan_feb or span == "point":
        period = Period(year=period.year, first=period.last, last=period.last)
    for code in (indicator, _EARLIER.get(indicator, "")):
        o = code and desk.snapshot.find(
            unit.subject_key, indicator=code, measure=measure, span=span, period=period, region=unit.region
        )
        if o and o.value is not None:
            return o
    return None


def _steps_back(period: Period, count: int) -> list[Period]:
    out = [period]
    while len(out) < count:
        last = out[-1]
        out.append(observed_month(last.year - 1, 12) if last.is_jan_feb else observed_month(last.year, last.last - 1))
    return out


def chart_of(
    desk: Desk, judged: Judged, rule: WarningRule, unit: Unit, column: int
) -> tuple[tuple[Period, Fact | None], ...]:
    """The last two years of a rule's main figure."""
    name, rows = shown_field(rule), range(max(judged.frame.rows - CHART, 0), judged.frame.rows)
    if name in _OUTSIDE and name != "export_change":
        return ()
    return tuple((judged.frame.period(r), field_fact(desk, judged, rule.pack, name, unit, column, r)) for r in rows)


def past_of(
    desk: Desk, judged: Judged, found: Runs, rule: WarningRule, unit: Unit, column: int, *, before: int
) -> tuple[PastEpisode, ...]:
    """Earlier warnings of the same rule and unit, the newest first, and how they ended."""
    name = main_field(rule)
    values = judged.frame.fields[name][:, column]
    starts = sorted({int(s) for s in found.since[:before, column] if s >= 0}, reverse=True)
    out = []
    for start in [s for s in starts if s < before][:MOST_PAST]:
        rows = np.flatnonzero(found.since[:, column] == start)
        fired = [r for r in rows if judged.severity[rule.code][r, column] > 0]
        end = int(fired[-1]) if fired else int(rows[-1])
        first, last = judged.frame.period(start), judged.frame.period(end)
        size = len(range(start, end + 1))
        identifier = f"warning/{unit.industry or 'whole'}/{unit.region}/{rule.code}/run/{first.code}"
        length = desk.book.add(
            Fact(identifier, f"{unit.shown}{rule.name}持续期数", float(size), str(size), "期", last, "computed", Lineage((),
            METHOD))
        )  # fmt: skip
        part = values[start : end + 1]
        lowest = after = None
        if np.isfinite(part).any() and name not in _OUTSIDE:
            lowest = field_fact(desk, judged, rule.pack, name, unit, column, start + int(np.nanargmin(part)))
            if end + _AFTER < judged.frame.rows:
                after = field_fact(desk, judged, rule.pack, name, unit, column, end + _AFTER)
        ended = "至今未满三期"
        if after is not None and after.value is not None and lowest is not None and lowest.value is not None:
            up = "转为上涨" if name == "price" else "转为增长"
            ended = up if after.value > 0 else "降幅收窄" if after.value > lowest.value else "仍在下降"
        elif end + _AFTER < judged.frame.rows:
            ended = "此后无数"
        out.append(PastEpisode(first, last, length, lowest, after, ended))
    return tuple(out)


def measures_of(
    rule: WarningRule, plans: Sequence[Plan], problems: Sequence[Problem], at: Period, industry: str
) -> tuple[MeasureLine, ...]:
    """Measures of the plans in force in a month against a rule's problems and for an industry, the first of each."""
    lines: list[MeasureLine] = []
    for problem in (p for p in problems if p.code in rule.problems):
        for plan, task, measure in measures_for(tuple(plans), problem.code, on=at.end_date, industry=industry)[
            :MOST_MEASURES
        ]:
            lines.append(
                MeasureLine(problem.name, plan.short, task.title, task.heading == "official", measure.text, ())
            )
    return tuple(lines)
