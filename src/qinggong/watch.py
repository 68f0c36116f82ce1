"""The early warnings of a workspace (预警): what is known is gathered, judged, told, and handed to the office as plain
values.

A stage of ``flow``: it opens what the store knows, asks the monitor, and passes warnings on to cases only where there
is an office already.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qinggong.catalogue.breaks import load_breaks
from qinggong.catalogue.plans import load_plans, load_problems
from qinggong.catalogue.prosperity import load_level_index
from qinggong.catalogue.warnings import EVENT_NAMES, STANDING_NAMES, WarningSettings, load_warning_record, load_warnings
from qinggong.intake import Workspace, warnings_for
from qinggong.intake.earlier import known_on_days
from qinggong.monitor.facts import Alerts, Fact, FactBook, Nowcasts, Targets, WarningLine
from qinggong.monitor.movements import Desk
from qinggong.monitor.prosperity import by_province, index_series, prosperity
from qinggong.monitor.prosperity_cycles import final_turns
from qinggong.monitor.warning_adjusted import AdjustedChanges, Reviews, adjusted_changes
from qinggong.monitor.warning_episodes import Backtest, backtest
from qinggong.monitor.warning_inputs import (
    KINDS,
    Beside,
    Readings,
    gather,
    months_after,
    read_series,
    warned_subjects,
)
from qinggong.monitor.warnings import GRAVITY, chances, target_chance, top_shares, warnings, zone_rows
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.store.base import Snapshot, winners

if TYPE_CHECKING:
    from qinggong.office.episodes import WarningInput


def alerts(
    workspace: Workspace,
    snapshot: Snapshot,
    book: FactBook,
    *,
    at: Period,
    nowcasts: Nowcasts | None = None,
    targets: Targets | None = None,
    industry: str = "",
    regions: Sequence[str] = ("CN",),
) -> Alerts:
    """The warnings of a month, of one industry or all, by what a snapshot knows of the country or of provinces.

    Forecasts, targets, shares of goods and adjusted series are national: rules that need them say nothing of provinces.
    """
    overlay = workspace.layout.catalogue
    catalogue, settings = workspace.catalogue, load_warnings(overlay=overlay)
    desk = Desk(snapshot, catalogue, book)
    readings = gather(snapshot.observations, catalogue, settings, upto=at, regions=regions)
    level_index = load_level_index(overlay=overlay)
    national, provinces = "CN" in regions, [r for r in regions if r != "CN"]
    indices = [prosperity(snapshot, catalogue, level_index, at=at)] if national else []
    indices += by_province(snapshot, catalogue, level_index, at=at) if provinces else ()
    zones = {key: rows for one in indices if one.region in regions for key, rows in zone_rows(one, readings).items()}
    breaks = load_breaks(overlay=overlay)
    adjusted = (
        adjusted_changes(snapshot, catalogue, settings, readings, breaks, at=at) if national else AdjustedChanges()
    )
    latest, below, behind = chances(nowcasts)
    aimed, shares = target_chance(targets), top_shares(desk, readings)
    today = snapshot.as_of or max(
        (o.published_at for o in snapshot.observations if o.published_at), default=at.end_date
    )
    beside = Beside(
        zones=zones, adjusted=adjusted.changes, latest=latest, chance_below=below, target_chance=aimed[0],
        top_share=shares[0],
        doubtful=_doubtful(workspace, at), late=today > months_after(at, 1),
        inputs=behind | aimed[1] | shares[1] | {("export_change", *k): ids for k, ids in adjusted.inputs.items()},
    )  # fmt: skip
    return warnings(
        desk, readings, settings, load_warning_record(overlay=overlay), at=at, beside=beside,
        plans=load_plans(overlay=overlay),
        problems=load_problems(overlay=overlay), industry=industry,
    )  # fmt: skip


def provinces_known(workspace: Workspace) -> tuple[str, ...]:
    """Codes of the provinces of which there are figures that are watched."""
    subjects = warned_subjects(workspace.catalogue, load_warnings(overlay=workspace.layout.catalogue))
    keys, codes = {s.key for s in subjects}, {kind[0] for kind in KINDS}
    found = {s.region for s in workspace.store.series() if s.subject_key in keys and s.indicator in codes}
    return tuple(code for code in workspace.catalogue.regions if code in found and code != "CN")


def known_of(workspace: Workspace, regions: Sequence[str], *, as_of: dt.date | None) -> Snapshot:
    """What was known of the watched series of some regions."""
    overlay = workspace.layout.catalogue
    catalogue, settings = workspace.catalogue, load_warnings(overlay=overlay)
    wanted = read_series(catalogue, settings, regions)
    wanted += index_series(catalogue, load_level_index(overlay=overlay), regions=regions)
    rows = workspace.store.of_series(list(dict.fromkeys(wanted)))
    known = (o for o in rows if as_of is None or (o.published_at is not None and o.published_at <= as_of))
    return Snapshot(tuple(winners(known)), as_of, None, workspace.store.version)


def watched(workspace: Workspace) -> list[tuple[str, str, str]]:
    """Code, name and short name of the industries that are watched."""
    subjects = warned_subjects(workspace.catalogue, load_warnings(overlay=workspace.layout.catalogue))
    industries = workspace.catalogue.industries
    return [(s.code, s.name, industries[s.code].short if s.code in industries else s.name) for s in subjects]


def _doubtful(workspace: Workspace, at: Period) -> dict[tuple[str, str], float]:
    """Open findings about the month's figures by industry."""
    found: dict[tuple[str, str], float] = {}
    for f in warnings_for(workspace, at):
        kind, _, rest = f.series.partition(":")
        if kind == "industry":
            subject, _, tail = rest.partition("@")
            key = (subject, ([*tail.split("/"), "CN"])[1] if "/" in tail else "CN")
            found[key] = found.get(key, 0.0) + 1
    return found


# --------------------------------------------------------------------------------------------- back-test


def run_backtest(workspace: Workspace, *, first: int, last: int) -> tuple[Backtest, WarningSettings]:
    """Judge every month by what was known at the end of the month after it."""
    overlay = workspace.layout.catalogue
    catalogue, settings = workspace.catalogue, load_warnings(overlay=overlay)
    level_index = load_level_index(overlay=overlay)
    rows = workspace.store.of_series(read_series(catalogue, settings))
    newest = max((o.period for o in rows if o.value is not None), default=None)
    upto = Period(year=last, first=12, last=12)
    if newest is not None and (newest.year, newest.last) < (last, 12):
        upto = Period(year=newest.year, first=max(newest.last, 2), last=max(newest.last, 2))
    readings = gather(rows, catalogue, settings, upto=upto)
    wanted = index_series(catalogue, level_index)
    if settings.adjusted is not None:
        wanted += [(s.key, "CN", settings.adjusted.indicator) for s in warned_subjects(catalogue, settings)]
    known, reviews, breaks = known_on_days(workspace, dict.fromkeys(wanted)), Reviews(), load_breaks(overlay=overlay)

    def beside(at: Period) -> Beside:
        snapshot = known(months_after(at, settings.backtest.months_after))
        zones = zone_rows(prosperity(snapshot, catalogue, level_index, at=at), readings)
        found = adjusted_changes(snapshot, catalogue, settings, readings, breaks, at=at, reviews=reviews)
        return Beside(zones=zones, adjusted=found.changes)

    peaks = _peaks(workspace, readings, known(dt.date.max), upto)
    return backtest(readings, settings, first=first, last=last, beside=beside, peaks=peaks), settings


def _peaks(
    workspace: Workspace, readings: Readings, snapshot: Snapshot, upto: Period
) -> dict[tuple[str, str], list[int]]:
    """Rows of the dated peaks of each industry's index and of the whole, by what is known now."""
    import numpy as np

    level_index = load_level_index(overlay=workspace.layout.catalogue)
    found = prosperity(snapshot, workspace.catalogue, level_index, at=upto)
    own = found.compiled
    columns = np.stack([*(i.index for i in own), found.aggregate], axis=1)
    keys = [*((i.subject.code, found.region) for i in own), ("", found.region)]
    turns = final_turns(columns)
    return {
        key: sorted(readings.row(found.period(int(month))) for month in peaks)
        for key, (peaks, _) in zip(keys, turns, strict=True)
    }


# ------------------------------------------------------------------------------------------------- cases


def warning_inputs(found: Alerts) -> tuple[tuple[WarningInput, ...], tuple[tuple[str, str], ...]]:
    """What is in force as the office takes it in, and what was evaluated, both as plain values."""
    from qinggong.office.episodes import WarningInput

    fired = tuple(
        WarningInput(
            rule=line.rule, title=f"{_place(line)}{line.subject_name}：{line.name}", text=told(line),
            severity=line.severity,
            period=found.period.code, industry=line.industry, region=line.region, problems=line.problems,
            facts=tuple(f.id for f in line.evidence),
        )
        for line in found.in_force if line.fresh
    )  # fmt: skip
    return fired, tuple((rule, f"{industry or '*'}|{region}") for rule, industry, region in found.evaluated)


@dataclass(frozen=True, slots=True)
class Raised:
    """What became of the warnings of a month in the office: (what, case number) of each, and cases whose signals have
    gone."""

    outcomes: tuple[tuple[str, str], ...]
    gone: tuple[str, ...]


def raise_cases(workspace: Workspace, found: Alerts) -> Raised | None:
    """Hand the warnings to the office; ``None`` where the workspace has none (nothing is set up by this)."""
    from qinggong.config import settings

    if not settings(workspace.layout).office_database and not workspace.layout.office.is_file():
        return None
    from qinggong.bureau import open_bureau
    from qinggong.office.episodes import WHAT_NAMES, take_month
    from qinggong.office.permissions import SYSTEM

    bureau = open_bureau(workspace)
    try:
        fired, evaluated = warning_inputs(found)
        outcomes, gone = take_month(
            bureau.database, SYSTEM, fired, period=found.period.code, evaluated=evaluated
        )  # fmt: skip
        return Raised(tuple((WHAT_NAMES[o.what], o.case.number) for o in outcomes), tuple(c.number for c in gone))
    finally:
        bureau.close()


# ------------------------------------------------------------------------------------------ for the screen


def told(line: WarningLine) -> str:
    """One warning in one Chinese sentence, with the base effect of a growth rule."""
    dated = "" if line.fresh else period_name(line.period)
    shown = "；".join(f"{dated}{f.label}{f.text}{f.unit}" for f in line.evidence[:3])
    word = f"（{line.word}）" if line.word != "其他" and line.word not in line.what else ""
    text = f"{line.what}{word}，{period_name(line.since)}起预警"
    text += f"：{shown}" if shown else ""
    if line.base is not None:
        text += f"；基数影响{line.base.text}个百分点"
    if line.two_year is not None:
        text += f"，两年平均{line.two_year.text}%"
    return text + ("。" if line.fresh else "（本月未再出现，尚未解除）。")


def lines(found: Alerts) -> list[str]:
    """The warnings in Chinese: in force by industry, then what is only observed, then what is not in use and why."""
    out = [
        f"{period_name(found.period)}预警：启用的规则有{len(found.in_force)}条信号，"
        f"归为{len(found.cases)}件；另有{len(found.observed)}条只作观察。"
    ]
    for case in found.cases:
        out.append(f"【{GRAVITY[case.severity]}】{_place(case.lines[0])}{case.subject_name}")
        for line in case.lines:
            out.append(f"  {line.name}：{told(line)}")
            out += [f"    此前：{_past(p)}" for p in line.past[:1]]
        seen = {m.text: m for line in case.lines for m in line.measures}
        out += [f"  对策（{m.problem}）：{m.text}——{m.plan}，{m.task}" for m in list(seen.values())[:3]]
    if found.observed:
        out.append("只作观察（不立案）：")
        out += [
            f"  {_place(x)}{x.subject_name}：{x.name}（{STANDING_NAMES[x.standing]}：{x.why}）。{told(x)}"
            for x in found.observed
        ]
    if found.inactive:
        out.append(
            "未启用：缺数据：" + "；".join(f"{r.name}（缺{'、'.join(r.lacking)}）" for r in found.inactive) + "。"
        )
    return out


def _place(line: WarningLine) -> str:
    return "" if line.region == "CN" else line.region_name


def _past(p: Any) -> str:
    low = f"，最低{p.lowest.text}{p.lowest.unit}" if p.lowest is not None else ""
    after = f"，三期后{p.after.text}{p.after.unit}，{p.ended}" if p.after is not None else f"，{p.ended}"
    span = period_name(p.first) if p.first == p.last else f"{period_name(p.first)}至{period_name(p.last)}"
    return f"{span}，{p.length.text}期{low}{after}"


def as_dict(found: Alerts) -> dict[str, Any]:
    """The warnings as plain values."""
    return {
        "month": f"{found.period.year}-{found.period.last:02d}",
        "warnings": [_line_dict(line) for line in found.lines],
        "cases": [
            {"industry": c.industry, "region": c.region, "severity": c.severity, "rules": [x.rule for x in c.lines]}
            for c in found.cases
        ],
        "not_in_use": [{"rule": r.rule, "name": r.name, "lacking": list(r.lacking)} for r in found.inactive],
        "rules": [{"rule": c, "name": n, "standing": s, "why": w} for c, n, s, w in found.standings],
    }  # fmt: skip


def _fact(fact: Fact | None) -> dict[str, Any] | None:
    if fact is None:
        return None
    return {
        "id": fact.id, "label": fact.label, "value": fact.value, "text": fact.text, "unit": fact.unit,
        "period": fact.period.code,
        "status": fact.status, "method": fact.lineage.method, "inputs": list(fact.lineage.inputs),
    }  # fmt: skip


def _line_dict(x: WarningLine) -> dict[str, Any]:
    return {
        "rule": x.rule, "name": x.name, "word": x.word, "what": x.what, "industry": x.industry,
        "subject": x.subject_name,
        "region": x.region, "severity": x.severity, "fresh": x.fresh, "since": x.since.code, "period": x.period.code,
        "standing": x.standing, "why": x.why, "text": told(x), "evidence": [_fact(f) for f in x.evidence],
        "base_effect": _fact(x.base), "two_year_average": _fact(x.two_year), "problems": list(x.problems),
        "chart": [[p.code, None if f is None else f.value] for p, f in x.chart],
        "measures": [
            {"problem": m.problem, "plan": m.plan, "task": m.task, "official": m.official,
            "text": m.text} for m in x.measures
        ],
        "past": [
            {"first": p.first.code, "last": p.last.code, "length": p.length.value, "lowest": _fact(p.lowest),
            "after": _fact(p.after),
             "ended": p.ended}
            for p in x.past
        ],
    }  # fmt: skip


def vintages_text(done: Backtest) -> str:
    """What the back-test's vintages are, in one Chinese sentence."""
    return (
        f"{done.vintages}个月逐月判断，只用次月月底已发布的数字；{done.figures}个数字中{done.stated}个有注明的发布日，其余按发布日历"
        f"推定（伪实时），{done.revised}个有前后不同的公布值并按先后使用，此外的修订没有留存，不在其内"
    )


def backtest_dict(done: Backtest) -> dict[str, Any]:
    """A back-test as plain values."""
    return {
        "vintages": vintages_text(done), "tuning": done.tuning, "evaluation": done.evaluation,
        "lines": [line.model_dump() for line in done.lines],
    }  # fmt: skip


def backtest_lines(done: Backtest, settings: WarningSettings) -> list[str]:
    """A back-test in Chinese, by rule."""
    least = settings.backtest.fewest_episodes
    out = [
        f"预警回测：{vintages_text(done)}。",
        f"选定界限用{done.tuning}年，报告{done.evaluation}年；区间按事件段抽样。",
    ]
    for x in done.lines:
        rule = settings.rule(x.rule)
        where = f"{x.years}年" + ("（不含2020年2月至2021年12月）" if x.without else "")
        if not x.alarms:
            out.append(f"{rule.name}｜{where}：没有出现预警，证据不足（事件{x.events}次）。")
            continue
        few = f"，证据不足（{x.episodes}段）" if x.episodes < least else f"，{x.episodes}段"
        recall = "—" if x.recall is None else f"{x.recall:.0%}"
        lead = "—" if x.lead is None else f"{x.lead:g}期"
        span = "" if x.precision_low is None else f"（{x.precision_low:.0%}至{x.precision_high:.0%}）"
        out.append(
            f"{rule.name}｜{where}：预警{x.alarms}次，准确率{x.precision:.0%}{span}，查全率{recall}，中位提前{lead}，"
            f"误报每年{x.false_a_year:g}次{few}。对照：{EVENT_NAMES[rule.event]}。"
        )
    return out
