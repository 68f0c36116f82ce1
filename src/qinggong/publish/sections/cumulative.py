"""总体情况 and 走势 of a quarter, half or year: cumulative figures lead, then the steps of the year side by side."""

from __future__ import annotations

import dataclasses

from qinggong.monitor.facts import Brief, Course, CourseTable, Movement, Topic
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish.document import Block, Cell, Column, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import FLAT, join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.topics import period_sentences
from qinggong.publish.tables import cell, indicator_table, publishers_of

SCOPE_NAMES = {"nbs": "", "cnlic": "（中国轻工业联合会）"}
TITLES = {"through_year": "主要指标累计同比增速", "months": "主要指标单月同比增速", "years": "主要指标全年同比增速"}


def cumulative_first(topic: Topic, period: Period) -> Topic:
    """The topic with its cumulative figures in front; it then stands at the cumulative period, where that is known."""
    headlines = sorted(topic.headlines, key=lambda m: m.sequence == "month")
    comparisons = sorted(topic.comparisons, key=lambda c: c.sequence == "month")
    own = [m for m in headlines if m.sequence == "ytd" and m.scope == "nbs"]
    stands = max((m.period for m in own), default=topic.period)
    moved = topic.period is not None and stands is not None and (stands.year, stands.last) >= (
        topic.period.year, topic.period.last
    )  # fmt: skip
    return dataclasses.replace(
        topic, headlines=tuple(headlines), comparisons=tuple(comparisons),
        period=stands if moved else topic.period, wanted=period if moved else topic.wanted,
    )  # fmt: skip


def build(brief: Brief, period: Period, *, place: int) -> Section:
    """The overview of a longer period."""
    counter = Counter(place)
    everything = [m for t in brief.topics if t.key != "industries" for m in t.headlines]
    national = [m for m in everything if m.scope == "nbs" and m.sequence == "ytd" and m.period == period]
    stocks = [m for m in everything if m.scope == "nbs" and m.sequence == "point" and _ends(m, period)]
    light = [m for m in everything if m.scope != "nbs"]
    blocks: list[Block] = []
    leads = [m for m in national if m.subject_key.startswith(("industry:BCD", "retail:total"))]
    if leads:
        blocks.append(Paragraph(tuple(period_sentences(leads, detailed=False)), "lead"))
    else:
        blocks.append(Paragraph((f"本库尚未收录{when(period)}的主要指标。",), "lead"))
    newest = max((m.period for m in light), default=None)
    if newest is not None:
        said = [m for m in light if m.period == newest]
        blocks.append(Paragraph((f"据{publishers_of(said)}数据，", *period_sentences(said)), "body"))
        if newest < period:
            note = f"本库尚未收录{when(period, beside=brief.month)}轻工业合计数据，以上为已收录的最近一期。"
            blocks.append(Paragraph((note,), "note"))
    else:
        blocks.append(Paragraph((f"本库尚未收录{when(period)}及此前一年内的轻工业合计数据。",), "body"))
    if national:
        blocks.append(indicator_table(national, label=counter.table(), title="主要累计指标", period=period))
    if len(stocks) > 1:
        blocks.append(indicator_table(stocks, label=counter.table(), title="期末指标", period=stocks[0].period))
    if newest is not None and (rows := [m for m in light if m.period == newest]):
        blocks.append(indicator_table(rows, label=counter.table(), title="轻工业主要指标", period=newest))
    return Section("overview", counter.numeral, "总体情况", tuple(blocks))


def _ends(m: Movement, period: Period) -> bool:
    return (m.period.year, m.period.last) == (period.year, period.last)


def course(found: Course, *, place: int) -> Section:
    """The tables of the course, and its cumulative growth in words."""
    counter = Counter(place)
    blocks: list[Block] = []
    through = next((t for t in found.tables if t.key == "through_year"), None)
    if through is not None:
        blocks.append(Paragraph(tuple(_told(through, found.period)), "lead"))
    else:
        blocks.append(Paragraph((f"{when(found.period)}，各期增速见下表。",), "lead"))
    blocks += [_table(t, label=counter.table()) for t in found.tables]
    return Section("course", counter.numeral, "走势", tuple(blocks))


def _told(table: CourseTable, period: Period) -> list[Inline]:
    """“2024年，规模以上工业增加值累计增速一季度为6.1%，上半年为6.0%，前三季度为5.8%；…。”"""
    clauses: list[list[Inline]] = []
    for row in table.rows[:4]:
        points: list[list[Inline]] = []
        for p, fact in zip(table.periods, row.points, strict=True):
            if fact is None or fact.value is None:
                continue
            name = period_name(p, with_year=False)
            if abs(fact.value) < FLAT:
                points.append([f"{name}持平"])
            else:
                points.append([f"{name}{'增长' if fact.value > 0 else '下降'}", number(fact, unsigned=True), "%"])
        clauses.append([f"{row.name}{SCOPE_NAMES.get(row.scope, '')}同比", *join(points, "，")])
    return [f"{period.year}年累计增速，", *join(clauses, "；"), "。"]


def _table(table: CourseTable, *, label: str) -> Table:
    columns = (Column("指标", align="left"), *(Column(_head(p, table.key), unit="%") for p in table.periods))
    rows = tuple(
        (Cell(row.name + SCOPE_NAMES.get(row.scope, "")), *(cell(f) for f in row.points)) for row in table.rows
    )
    first, last = table.periods[0], table.periods[-1]
    span = f"{first.year}年至{last.year}年" if table.key == "years" else f"{last.year}年"
    notes = ("1—2月合并为一个观测值。",) if any(p.is_jan_feb for p in table.periods) else ()
    cited = dict.fromkeys(
        c.publisher for row in table.rows for f in row.points if f is not None for c in f.lineage.citations
    )
    return Table(
        label, f"{TITLES[table.key]}（{span}）", columns, rows, unit_note="单位：%",
        notes=notes, source="、".join(cited),
    )  # fmt: skip


def _head(period: Period, key: str) -> str:
    if key == "years":
        return f"{period.year}年"
    return period_name(period, form="month" if key == "months" else "flow", with_year=False).removesuffix("份")
