"""预警提示: what holds where since when, on what evidence and what may be done; what is only observed; what is not in
use."""

from __future__ import annotations

from qinggong.monitor.facts import Alerts, Chart, Line, WarningCase, WarningLine
from qinggong.periods import name as period_name
from qinggong.publish.document import Block, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell, line_figure

GRAVITY = {1: "一般", 2: "较重", 3: "严重"}
MOST_ROWS, MOST_MEASURES, TOLD, SIGNALS = 20, 4, 4, 3
"""Lines of the table, measures, cases told in words and signals of each; the data have all."""


def build(alerts: Alerts, *, place: int) -> Section:
    """The section of one month."""
    counter = Counter(place)
    blocks: list[Block] = [Paragraph(tuple(_lead(alerts)), "lead")]
    if alerts.in_force:
        blocks += [Paragraph(tuple(_told(case)), "body") for case in alerts.cases[:TOLD]]
        blocks.append(_table(alerts, label=counter.table()))
        chart = _chart(alerts.in_force)
        if chart is not None:
            blocks.append(line_figure(chart, label=counter.figure()))
        blocks += [Paragraph((text,), "body") for text in _measures(alerts)]
    if alerts.observed:
        blocks.append(Paragraph(tuple(_observed(alerts)), "note"))
    if alerts.inactive:
        names = "、".join(r.name for r in alerts.inactive)
        lacking = "、".join(dict.fromkeys(name for r in alerts.inactive for name in r.lacking))
        blocks.append(Paragraph((f"下列规则未启用：缺数据（{names}），所缺的是{lacking}。",), "note"))
    blocks.append(Paragraph((METHOD,), "note"))
    return Section("warnings", counter.numeral, "预警提示", tuple(blocks))


METHOD = (
    "预警由规则和统计检出给出，是苗头性提示，不是结论。下降指增速低于零，回落指增速低于上一期；两年平均增速未变的，不因上年基数预警。"
    "回测准确率低于规定或证据不足的规则只作观察。"
)


def _lead(alerts: Alerts) -> list[Inline]:
    if not alerts.in_force:
        return [f"{when(alerts.period)}，启用的规则没有发出预警。"]
    return [
        f"{when(alerts.period)}，启用的规则有", number(alerts.counts["in_force"]), "条信号，按行业归并为",
        number(alerts.counts["cases"]), "件。",
    ]  # fmt: skip


def _told(case: WarningCase) -> list[Inline]:
    """“家具制造业（较重）：增加值连续下降，2025年10月份同比下降8.9%……。”"""
    inlines: list[Inline] = [f"{case.subject_name}（{GRAVITY[case.severity]}）："]
    for place, line in enumerate(case.lines[:SIGNALS]):
        inlines += ["；" if place else "", line.name, f"，{when(line.since)}起预警"]
        if line.evidence:
            first = line.evidence[0]
            dated = "" if line.fresh else when(first.period)
            inlines += [f"，{dated}{first.label.removeprefix(case.subject_name)}", number(first), first.unit]
        inlines += [] if line.fresh else ["，本月未再出现，尚未解除"]
        if line.past and not place:
            past = line.past[0]
            span = when(past.first) if past.first == past.last else f"{when(past.first)}至{when(past.last)}"
            inlines += [f"（此前一次为{span}，持续", number(past.length), f"期，{past.ended}）"]
    return [*inlines, "。"]


def _table(alerts: Alerts, *, label: str) -> Table:
    columns = (
        Column("行业", align="left"), Column("信号", align="left"), Column("预警始于", align="center"), Column("依据"),
        Column("基数影响"), Column("两年平均"),
    )  # fmt: skip
    rows = tuple(
        (
            Cell(line.subject_name), Cell(f"{line.name}（{GRAVITY[line.severity]}）"),
            Cell(when(line.since).removesuffix("份")),
            cell(line.evidence[0] if line.evidence else None, unit="%"), cell(line.base, why="不是增速的规则"),
            cell(line.two_year, why="不是增速的规则"),
        )
        for line in alerts.in_force[:MOST_ROWS]
    )  # fmt: skip
    notes: tuple[str, ...] = (
        "依据：各规则的主要数字，季调环比的规则是季节调整后的环比，其余是同比；信号后括号内是程度。",
        "基数影响：上年同期增速的变化本身使本期增速变化的百分点。",
    )
    if len(alerts.in_force) > MOST_ROWS:
        notes = (*notes, "信号较多，只列程度较重的；全部见数据文件。")
    return Table(
        label, f"启用规则的预警信号，本系统判断（{period_name(alerts.period)}）", columns, rows, unit_note="单位：%，基数影响为百分点",
        notes=notes, source="本系统判断",
    )  # fmt: skip


def _chart(lines: tuple[WarningLine, ...]) -> Chart | None:
    """The gravest warning that has a figure of most months."""
    for line in lines:
        known = [f for _, f in line.chart if f is not None]
        if len(known) >= 6:
            first = known[-1]
            name = first.label
            return Chart(
                "warnings", f"{name}（{line.name}）", first.label, first.unit or "点", "month", tuple(p for p,
                _ in line.chart),
                (Line("warned", name, True, line.chart),),
            )  # fmt: skip
    return None


def _measures(alerts: Alerts) -> list[str]:
    """Measures of the plans in force, each once, with the problem they are against."""
    seen: dict[str, str] = {}
    fitting: dict[str, list[str]] = {}
    for line in alerts.in_force:
        for m in line.measures:
            if any(c.isdigit() for c in m.text):
                continue  # numbers of the plans are told with the targets
            heading = m.task if m.official else f"{m.task}（据官方解读）"
            seen.setdefault(m.text, f"{m.text}（{m.plan}“{heading}”，针对{m.problem}")
            fitting.setdefault(m.text, []).append(line.subject_name)
    told = []
    for text, said in list(seen.items())[:MOST_MEASURES]:
        names = list(dict.fromkeys(fitting[text]))
        told.append(f"{said}，可用于{'、'.join(names[:2])}{'等行业' if names[2:] else ''}）")
    return [f"可用的对策：{'；'.join(told)}。"] if told else []


def _observed(alerts: Alerts) -> list[Inline]:
    """“另有12条只作观察：家具制造业（增速均值下移）；……。”"""
    by_rule: dict[str, list[str]] = {}
    for line in alerts.observed:
        by_rule.setdefault(line.name, []).append(line.subject_name)
    told = "；".join(f"{name}（{'、'.join(dict.fromkeys(names))}）" for name, names in by_rule.items())
    return ["只作观察、不立案的信号有", number(alerts.counts["observed"]), f"条：{told or DASH}。"]
