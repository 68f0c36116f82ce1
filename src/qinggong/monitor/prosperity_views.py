"""Further views of the level indices (景气指数的其他方面): groups, provinces, turns, revisions, watched sectors."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import numpy as np

from qinggong.catalogue import Catalogue, Subject
from qinggong.methods import cycles as methods
from qinggong.monitor.facts import (
    Cycles,
    Fact,
    IndexLine,
    Lineage,
    Places,
    Revision,
    Turn,
    TurnRecord,
    Uncompiled,
    Watched,
    fixed,
)
from qinggong.monitor.prosperity import COUNTRY, DECIMALS, IndustryIndex, Prosperity
from qinggong.monitor.prosperity_cycles import IndexCycle
from qinggong.monitor.prosperity_lines import WHOLE, Lines
from qinggong.monitor.prosperity_record import AGGREGATE, LaterLights, zone_then
from qinggong.periods import Period, observed_month

_BEYOND = "71"
"""From this code on (台湾、香港、澳门) national industrial statistics have no figures."""
WHY = {"short": "可比数据不足", "constant": "数值没有变化，不能标准化"}


def why_refused(one: IndustryIndex) -> str:
    """Why an industry has no index, in Chinese."""
    by_why: dict[str, list[str]] = {}
    for lack in one.lacking:
        by_why.setdefault(WHY[lack.why], []).append(lack.name)
    return "；".join(f"{'、'.join(names)}{text}" for text, names in by_why.items()) or "没有一个月分项足够"


def short_name(catalogue: Catalogue, subject: Subject) -> str:
    """The short name of an industry, else its name."""
    industry = catalogue.industries.get(subject.code) if subject.kind == "industry" else None
    return industry.short if industry is not None and industry.short else subject.name


def ingredients(lines: Lines) -> tuple[str, ...]:
    """What each component is, for the statement of the method."""
    told = []
    for c in lines.plan.components:
        name = lines.desk.catalogue.indicator(c.indicator).name
        if c.measure == "margin_change":
            told.append("利润率同比变动")
        elif c.measure == "revenue":
            told.append("营业收入增速（未公布的月份用增加值增速与出厂价格涨幅连乘代替）")
        else:
            told.append(f"{name}{'涨幅' if '价格' in name else '增速'}")
    return tuple(told)


def groups(lines: Lines, row: int, shown: Sequence[int]) -> tuple[IndexLine, ...]:
    """Aggregates of some industries; the parts are those of their industries."""
    found = lines.found
    out = []
    for g in found.groups:
        if np.isnan(g.index[row]):
            continue
        key = f"{WHOLE}/{g.group.key}"
        inside = [i for i in lines.counted if i.subject.code in g.group.members]
        told = lines.values(key, "index", f"{g.group.name}指数", g.index, row, inside)
        places = [n for n, i in enumerate(found.industries) if i in inside]
        changes = found.change_of(g.parts[:, places], row)
        names = [i.subject.name for i in inside]
        parts = lines.parts(key, "industry", told[3], names, changes, row)
        out.append(lines.line(key, g.group.name, g.group.name, told, g.zones, row, shown, parts))
    return tuple(out)


def places(lines: Lines, provinces: Sequence[Prosperity], row: int) -> Places | None:
    """Indices by province in the month of the country's index; ``None`` where no province has a figure."""
    if not provinces:
        return None
    catalogue, period = lines.desk.catalogue, lines.found.period(row)
    told: list[IndexLine] = []
    refused: dict[str, list[str]] = {}
    present: set[str] = set()
    for p in provinces:
        name = catalogue.regions[p.region].short or catalogue.regions[p.region].name
        there = p.row(period)
        if not 0 <= there < p.months or np.isnan(p.aggregate[there]):
            refused.setdefault(_why_none(p, lines), []).append(name)
            continue
        own = Lines(lines.desk, p, lines.at)
        values = own.values(own.key, "index", f"{name}指数", p.aggregate, there, own.counted)
        told.append(own.line(own.key, name, name, values, p.aggregate_zones, there, [there], ()))
        with_index = [i for i in own.counted if not np.isnan(i.index[there])]
        known = (~np.isnan(np.stack([i.components[there] for i in with_index]))).any(axis=0).tolist()
        present |= {c.name for c, k in zip(lines.plan.components, known, strict=True) if k}
    regions = sum(1 for code in catalogue.regions if code != COUNTRY and code < _BEYOND)
    return Places(
        tuple(told), lines.zone_counts(told, row, what="地区"),
        lines.count("places", "有指数的地区", len(told), row), lines.count("regions", "省级行政区", regions, row),
        tuple(c.name for c in lines.plan.components if c.name in present),
        tuple(Uncompiled(tuple(names), why) for why, names in refused.items()),
    )  # fmt: skip


def _why_none(province: Prosperity, lines: Lines) -> str:
    compiled = sum(1 for i in province.industries if i.counted and not i.refused)
    if compiled < lines.plan.provinces.fewest_industries:
        reasons = [why_refused(i) for i in province.industries if i.counted and i.refused]
        common = max(sorted(set(reasons)), key=reasons.count, default="")
        return f"有指数的行业不足{f'，多数行业{common}' if common else ''}"
    return "本期没有指数"


def revisions(lines: Lines, later: LaterLights, row: int) -> tuple[Revision, ...]:
    """First and present values of the aggregate; every earlier value of every index becomes a fact."""
    found = lines.found
    columns = {AGGREGATE: (WHOLE, "总指数", found.aggregate)}
    columns |= {i.subject.key: (i.subject.key, f"{i.subject.name}指数", i.index) for i in found.industries}
    out = []
    for (key, at), values in sorted(later.history.items()):
        if key not in columns:
            continue
        identity, name, today = columns[key]
        if at > row or np.isnan(today[at]):
            continue
        period = found.period(at)
        facts = [
            lines.points(
                f"index#known/{v.day.isoformat()}", f"{name}（{v.day.isoformat()}所知）", v.value, period, identity
            )
            for v in values
        ]
        if key == AGGREGATE:
            now = lines.points("index", name, float(today[at]), period, identity)
            text = fixed(float(Decimal(now.text) - Decimal(facts[0].text)), DECIMALS)
            change = lines.desk.book.add(
                Fact(
                    f"{now.id}#since_first", f"{name}现值与首次值之差", float(text), text, "点", period, "computed",
                    Lineage((), f"difference of {now.id} and {facts[0].id}"),
                )
            )  # fmt: skip
            zone = int(found.aggregate_zones[at])
            first = values[0]
            out.append(Revision(period, first.day.isoformat(), facts[0], now, change, zone_then(first, found), zone))
    return tuple(sorted(out, key=lambda r: r.period.end_date)[-lines.plan.shown.revised :])


def cycles(lines: Lines, cycled: Sequence[tuple[str, str, IndexCycle]], row: int) -> Cycles | None:
    """Turns and probabilities; ``cycled`` are key, short name and cycle up to ``row``."""
    if not cycled:
        return None
    period, plan = lines.found.period(row), lines.plan
    turns = []
    for key, name, cycle in cycled:
        contraction = turning = None
        toward = ""
        if not np.isnan(cycle.contraction):
            falling = cycle.contraction > 0.5
            soon = cycle.upturn if falling else cycle.downturn
            toward = "上行" if falling else "下行"
            contraction = _percent(lines, key, "contraction", f"{name}处于下行的概率", cycle.contraction, period)
            turning = _percent(lines, key, "turning", f"{name}已转入或将转入{toward}的概率", soon, period)
        dated = cycle.turns
        turns.append(
            Turn(
                key, name, methods.PHASES[int(cycle.phase[row])], _newest(dated.peaks), _newest(dated.troughs),
                contraction, turning, toward, cycle.doubt, dated.reason,
            )
        )  # fmt: skip
    record = plan.turn_record
    undated = divmod(lines.found.start_year * 12 + row + 1 - methods.UNDATED_END, 12)
    return Cycles(
        tuple(turns), observed_month(undated[0], undated[1] + 1),
        lines.count("ahead", "给出转折概率的月数", plan.shown.ahead, row),
        lines.count("turn_record/turns", "回测中的转折点", record.turns, row),
        lines.count("turn_record/vintages", "回测的期数", record.vintages, row),
        tuple(
            TurnRecord(
                m.name, lines.count(f"turn_record/found/{n}", f"{m.name}认出的转折点", m.found, row),
                lines.count(f"turn_record/delay/{n}", f"{m.name}的滞后月数（中位数）", m.delay, row),
                lines.count(f"turn_record/alarms/{n}", f"{m.name}每个行业每年误报", m.alarms, row, "次"),
            )
            for n, m in enumerate(record.methods)
        ),
    )  # fmt: skip


def watched(lines: Lines) -> Watched | None:
    """The sectors that a body watches: which index stands for each, or why there is none."""
    catalogue, name = lines.desk.catalogue, lines.plan.subjects.watched
    if not name:
        return None
    group = catalogue.groups[name]
    indices = {i.subject.key: i for i in lines.found.industries}
    grouped: dict[str, list[str]] = {}
    for m in group.members:
        mine = next((indices[k] for k in m.subjects if k in indices), None)
        if m.status == "no_statistics":
            how = "没有可用的月度公布数"
        elif mine is None:
            told = {catalogue.known_subjects[k].kind for k in m.subjects if k in catalogue.known_subjects}
            how = "公布的只有产量、零售额或出口额" if told <= {"product", "retail", "trade"} else "公布不按月、历史不足"
        elif mine.refused:
            how = f"由{short_name(catalogue, mine.subject)}代表，该大类不足以编制"
        elif tuple(m.codes) == (mine.subject.code,):
            how = "有本行业指数"
        else:
            how = "由所在大类的指数代表"
        grouped.setdefault(how, []).append(m.name)
    total = lines.count("watched", group.name, len(group.members))
    return Watched(group.name, total, tuple(Uncompiled(tuple(names), how) for how, names in grouped.items()))


def _percent(lines: Lines, key: str, what: str, label: str, probability: float, period: Period) -> Fact:
    """A probability as whole percent; certainty is never printed."""
    text = f"{min(max(round(probability * 100), 1), 99)}"
    return lines.desk.book.add(
        Fact(
            f"{key}/level_index/{what}/{period.code}", label, float(text), text, "%", period, "computed",
            Lineage((), "Markov switching on the three-month change of the deviation from trend"),
        )
    )  # fmt: skip


def _newest(turns: tuple[str, ...]) -> Period | None:
    if not turns:
        return None
    year, number = turns[-1].split("-")
    return observed_month(int(year), int(number))
