"""The one-page brief (一页通): a month or a longer period on one sheet — lines, one table, one chart, signals.

``detail`` says how much of it fits: from 4 (all) down to 0; the sheet is set again with less until it is one page.
"""

from __future__ import annotations

import dataclasses

from qinggong.monitor.facts import Alerts, Brief, Movement, Nowcasts, Signals, Targets, Topic
from qinggong.periods import Period
from qinggong.publish import nowcast_narrative, target_narrative
from qinggong.publish.document import Block, Inline, Paragraph, Section
from qinggong.publish.narrative import join, number, when
from qinggong.publish.sections import topics
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.unit import _index_sentence
from qinggong.publish.tables import indicator_table, line_figure

MOST_DETAIL = 4
_ROWS = (4, 5, 5, 6, 8)
_SIGNALS = (3, 5, 3, 5, 6)
_CHART_STEPS = 13


def build(brief: Brief, told: list[Topic], period: Period, *, detail: int, place: int) -> list[Section]:
    """Three short sections; those without content are left out."""
    sections: list[Section] = []
    first = Counter(place)
    lines = [topics.short_light_industry(told), *(topics.short(t) for t in told)]
    points: list[Block] = [line for line in lines if line is not None]
    if not points:
        points = [Paragraph((f"本库尚未收录{when(period)}的主要指标。",), "lead")]
    sections.append(Section("digest", first.numeral, "运行要点", tuple(points)))
    second = Counter(place + len(sections))
    if figures := _figures(told, period, second, detail):
        sections.append(Section("figures", second.numeral, "主要指标", tuple(figures)))
    third = Counter(place + len(sections))
    if signals := _signals(brief)[: _SIGNALS[detail]]:
        sections.append(
            Section("signals", third.numeral, "信号和预期", tuple(Paragraph(tuple(s), "bullet") for s in signals))
        )
    return sections


def _figures(told: list[Topic], period: Period, counter: Counter, detail: int) -> list[Block]:
    blocks: list[Block] = []
    national = [m for t in told for m in t.headlines if m.scope == "nbs" and m.growth is not None]
    # 1—2月 is a month and a cumulative period at once: the columns of a table compare with one period before.
    kinds = dict.fromkeys((m.period, m.sequence) for m in national)
    rows = _most([[m for m in national if (m.period, m.sequence) == kind] for kind in kinds], period)
    if rows and _ROWS[detail]:
        kept = rows[: _ROWS[detail]]
        blocks.append(indicator_table(kept, label=counter.table(), title="主要指标", period=kept[0].period))
    if detail >= 2:  # below, the chart gives way
        charts = [c for t in told for c in t.charts]
        if charts:
            steps = _CHART_STEPS if detail < MOST_DETAIL else 2 * _CHART_STEPS - 1
            shown = dataclasses.replace(
                charts[0], periods=charts[0].periods[-steps:],
                lines=tuple(dataclasses.replace(x, points=x.points[-steps:]) for x in charts[0].lines),
                breaks=(),
            )  # fmt: skip
            if any(f for x in shown.lines for _, f in x.points):
                figure = line_figure(shown, label=counter.figure())
                blocks.append(dataclasses.replace(figure, notes=()))
    return blocks


def _most(groups: list[list[Movement]], period: Period) -> list[Movement]:
    """The period with most figures, the newest of these; each group has one period."""
    ends = [g for g in groups if g and (g[0].period.year, g[0].period.last) == (period.year, period.last)]
    moving = [[m for m in g if m.sequence != "point"] for g in ends or groups]
    return max(moving, key=lambda g: (len(g), g[0].period if g else period), default=[])


def _signals(brief: Brief) -> list[list[Inline]]:
    said: list[list[Inline]] = []
    if brief.prosperity is not None:
        said += _index(brief.prosperity)
    if brief.warnings is not None:
        said += _warnings(brief.warnings)
    if brief.targets is not None:
        said += _targets(brief.targets)
    if brief.nowcasts is not None:
        said += _nowcasts(brief.nowcasts)
    return said


def _index(signals: Signals) -> list[list[Inline]]:
    if signals.whole is None or signals.whole.value is None:
        return []
    return [_index_sentence(dataclasses.replace(signals.whole, name="轻工"), signals)]


def _warnings(alerts: Alerts) -> list[list[Inline]]:
    if not alerts.in_force:
        return [[f"{when(alerts.period)}，启用的规则没有发出预警。"]]
    names = "、".join(dict.fromkeys(c.subject_name for c in alerts.cases[:4]))
    more = "等" if len(alerts.cases) > 4 else ""
    return [
        [
            f"{when(alerts.period)}，预警信号", number(alerts.counts["in_force"]), "条，归并为",
            number(alerts.counts["cases"]), f"件，涉及{names}{more}。",
        ]
    ]  # fmt: skip


def _targets(targets: Targets) -> list[list[Inline]]:
    """The targets with a chance, each in one line."""
    said: list[list[Inline]] = []
    for t in targets.lines:
        if t.state == "open" and t.told is not None and (chance := target_narrative.chance(t.told)):
            said.append([f"{t.plan_title}：", *target_narrative.title(t), "，", *chance, "。"])
    return said[:2]


def _nowcasts(found: Nowcasts) -> list[list[Inline]]:
    lines = found.of("value_added")
    if not lines:
        return []
    ordered = sorted(lines, key=lambda x: -(x.density.mean.value or 0.0))
    ends = ordered if len(ordered) < 3 else [ordered[0], ordered[-1]]
    return [
        ["即时预测（本系统预测，不是公布数）：", *join((nowcast_narrative.expectation(x) for x in ends), "；"), "。"]
    ]
