"""What lies ahead of one industry (行业版的展望部分): nowcasts, warnings, its part in the targets, or why there is none."""

from __future__ import annotations

import dataclasses

from qinggong.monitor.facts import (
    Alerts,
    Brief,
    Fact,
    Nowcasts,
    TargetLine,
    Targets,
    UnitReport,
    WarningLine,
)
from qinggong.publish import target_narrative
from qinggong.publish.document import Block, Inline, Paragraph, Section
from qinggong.publish.narrative import join, number, when
from qinggong.publish.sections import nowcast
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.warnings import GRAVITY

MOST_MEASURES = 4


def nowcasts(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """The nowcasts of the industry, or why there are none."""
    found = brief.nowcasts
    own = nowcasts_of(unit, found)
    if own is not None and own.lines:
        return nowcast.build(own, place=place)
    counter = Counter(place)
    if found is None:
        said = f"{when(unit.month)}没有作即时预测：库中没有可用的行业数字。"
    elif own is not None and own.refused:
        said = f"{when(found.wanted)}，{unit.name}不作即时预测：{own.refused[0].reason.rstrip('。')}。"
    else:
        said = f"{when(found.wanted)}，{unit.name}不在即时预测的行业之内。"
    return Section("nowcast", counter.numeral, "即时预测", (Paragraph((said,), "lead"),))


def nowcasts_of(unit: UnitReport, found: Nowcasts | None) -> Nowcasts | None:
    """The nowcasts of one industry alone."""
    if found is None:
        return None
    lines = tuple(x for x in found.lines if x.subject_code == unit.code)
    refused = tuple(x for x in found.refused if x.subject_code == unit.code)
    return dataclasses.replace(found, lines=lines, refused=refused)


def warnings(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """The warnings of the industry: in force, only observed, or none."""
    counter = Counter(place)
    alerts = brief.warnings
    blocks: list[Block] = []
    mine = [x for x in alerts.lines if x.industry == unit.code] if alerts is not None else []
    in_force = [x for x in mine if x.standing == "in_force"]
    if alerts is None:
        blocks.append(Paragraph((f"{when(unit.month)}没有作预警判断。",), "lead"))
    elif not in_force:
        blocks.append(Paragraph((_no_warning(unit, alerts),), "lead"))
    else:
        blocks.append(Paragraph((f"{when(alerts.period)}，启用的规则对{unit.name}发出下列预警：",), "lead"))
        blocks += [Paragraph(tuple(_warning(x)), "bullet") for x in in_force]
        measures = dict.fromkeys(
            f"{m.text}（{m.plan}，针对{m.problem}）" for x in in_force for m in x.measures
            if not any(c.isdigit() for c in m.text)
        )  # fmt: skip
        if measures:
            blocks.append(Paragraph((f"可用的对策：{'；'.join(list(measures)[:MOST_MEASURES])}。",), "body"))
    observed = [x for x in mine if x.standing != "in_force"]
    if observed:
        names = "、".join(dict.fromkeys(x.name for x in observed))
        blocks.append(Paragraph((f"只作观察、不立案的信号：{names}。",), "note"))
    return Section("warnings", counter.numeral, "预警提示", tuple(blocks))


def _no_warning(unit: UnitReport, alerts: Alerts) -> str:
    judged = any(industry == unit.code for _, industry, _ in alerts.evaluated)
    if judged:
        return f"{when(alerts.period)}，启用的规则没有对{unit.name}发出预警。"
    return f"{when(alerts.period)}，{unit.name}没有可以判断的预警规则：不在预警的行业之内，或所需数字没有收录。"


def _warning(line: WarningLine) -> list[Inline]:
    said: list[Inline] = [f"{line.name}（{GRAVITY[line.severity]}），{when(line.since)}起预警"]
    for fact in line.evidence[:2]:
        said += ["，", fact.label.removeprefix(line.subject_name), *_signed(fact)]
    if line.base is not None:
        said += ["，基数影响", number(line.base), "个百分点"]
    if line.two_year is not None:
        said += ["，两年平均", number(line.two_year), "%"]
    return [*said, "。"]


def _signed(fact: Fact) -> list[Inline]:
    return [number(fact), fact.unit]


def targets(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """Targets of the industry itself, and its part in those of light industry."""
    counter = Counter(place)
    found = brief.targets
    if found is None:
        said = f"{when(unit.month)}没有在执行的方案。"
        return Section("targets", counter.numeral, "目标进度", (Paragraph((said,), "lead"),))
    blocks: list[Block] = []
    own = [t for t in found.lines if t.subject_name == unit.name]
    for line in own:
        blocks.append(Paragraph((f"{line.plan_title}：", *target_narrative.told(line)), "body"))
    if carried := _carried(unit, found):
        blocks.append(Paragraph(tuple(carried), "body"))
    if not own:
        said = f"{when(found.wanted)}，在执行的方案没有给{unit.name}单独规定有数字可对照的目标。"
        blocks.insert(0, Paragraph((said,), "lead"))
    return Section("targets", counter.numeral, "目标进度", tuple(blocks))


def _carried(unit: UnitReport, found: Targets) -> list[Inline]:
    clauses: list[list[Inline]] = []
    for line in found.lines:
        for word, group in (("拉动", line.carrying), ("拖累", line.dragging)):
            part = next((p for p in group if p.name == unit.name), None)
            if part is not None:
                clauses.append([*_target_name(line), f"，该行业{word}", number(part.points, unsigned=True), "个百分点"])
    return ["对", *join(clauses, "；对"), "（本系统测算）。"] if clauses else []


def _target_name(line: TargetLine) -> list[Inline]:
    return [f"{line.plan_title}的{line.subject_name}{line.indicator_name}目标"]
