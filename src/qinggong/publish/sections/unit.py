"""The sections of an edition on one industry (行业版): its figures side by side, its parts, its index.

Every side of the industry is told or its gap explained in one sentence: which figure lacks, who publishes it, when.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import (
    Brief,
    IndexLine,
    Missing,
    Movement,
    Signals,
    UnitAspect,
    UnitReport,
    quantity,
)
from qinggong.periods import Period, ytd
from qinggong.periods import name as period_name
from qinggong.publish import signal_charts
from qinggong.publish.document import Block, Cell, Column, Figure, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import date_name, growth_clause, join, level_clause, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.sections.topics import period_sentences
from qinggong.publish.tables import DASH, cell, indicator_table, line_figure, publishers_of

FEWEST_ROWS = 2
MOST_PARTS = 30


# --------------------------------------------------------------------------------------------- overview


def overview(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """The main figures in a paragraph and in tables, one for each period that has several of them."""
    counter = Counter(place)
    blocks: list[Block] = []
    main = [m for m in _leading(unit) if _same_month(m.period, unit.month)]
    lead = main or _leading(unit)
    if lead:
        blocks.append(Paragraph(tuple(period_sentences(_newest_first(lead), detailed=False)), "lead"))
    else:
        blocks.append(
            Paragraph(
                (f"本库尚未收录{unit.name}{when(ytd(unit.month.year, unit.month.last))}及此前一年的数字。",), "lead"
            )
        )
    if unit.note:
        blocks.append(Paragraph((f"{unit.name}{unit.note}，以下为该大类全部的数字。",), "note"))
    blocks += _tables(unit, counter)
    return Section("unit_overview", counter.numeral, "运行概况", tuple(blocks))


def summary(unit: UnitReport, brief: Brief) -> tuple[Paragraph, ...]:
    """The industry in a few lines."""
    lines = []
    for aspect in unit.aspects:
        told = [m for m in aspect.movements if m.growth is not None or m.level is not None][:2]
        if told:
            lines.append(Paragraph(tuple(period_sentences(_newest_first(told), detailed=False)), "bullet"))
    if (line := index_line(unit, brief.prosperity)) is not None and brief.prosperity is not None:
        lines.append(Paragraph(tuple(_index_sentence(line, brief.prosperity)), "bullet"))
    return tuple(lines[:5])


def _leading(unit: UnitReport) -> list[Movement]:
    return [a.movements[0] for a in unit.aspects if a.movements]


def _newest_first(movements: Iterable[Movement]) -> list[Movement]:
    return sorted(movements, key=lambda m: (-m.period.year, -m.period.last, -m.period.first))


def _same_month(period: Period, month: Period) -> bool:
    return (period.year, period.last) == (month.year, month.last)


def _tables(unit: UnitReport, counter: Counter) -> Iterable[Block]:
    # 1—2月 is a month and a cumulative period at once: the columns of a table compare with one period before.
    for period, sequence in dict.fromkeys((m.period, m.sequence) for m in _newest_first(unit.movements)):
        rows = [m for m in unit.movements if (m.period, m.sequence) == (period, sequence)]
        if len(rows) >= FEWEST_ROWS:
            title = f"{unit.name}主要{'累计' if sequence == 'ytd' else ''}指标"
            yield indicator_table(rows, label=counter.table(), title=title, period=period)


# ---------------------------------------------------------------------------------------------- figures


def figures(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """Each side in its own paragraph with its chart, or why there is none."""
    counter = Counter(place)
    blocks: list[Block] = []
    for aspect in unit.aspects:
        blocks += _aspect(aspect, unit, brief, counter)
    return Section("unit_figures", counter.numeral, "生产、效益、出口和价格", tuple(blocks))


def _aspect(aspect: UnitAspect, unit: UnitReport, brief: Brief, counter: Counter) -> Iterable[Block]:
    if not aspect.movements:
        yield Paragraph((f"{aspect.title}：{gap(aspect, brief)}",), "body")
    else:
        yield Paragraph((f"{aspect.title}：", *period_sentences(aspect.movements), *_weights(aspect, unit)), "body")
        if (late := _late(aspect, unit)) is not None:
            yield Paragraph((late,), "note")
    if aspect.related:
        yield Paragraph(("有关产品和商品：", *_related(aspect.related)), "body")
    for chart in aspect.charts:
        yield line_figure(chart, label=counter.figure())


def gap(aspect: UnitAspect, brief: Brief) -> str:
    """Why a side has no figures, in one sentence."""
    missing = aspect.missing
    if missing is None:
        return "没有按期公布的指标。"
    what = f"{when(missing.period)}{quantity(missing.name, missing.indicator, missing.indicator_name)}"
    return f"本库尚未收录{what}及此前一年的数字，{_due(missing, brief)}。"


def _due(missing: Missing, brief: Brief) -> str:
    if not missing.expected:
        return f"由{missing.publisher}发布，发布日期不定"
    day = date_name(missing.expected, beside=brief.month)
    return f"由{missing.publisher}{'于' if missing.announced else '按惯例于'}{day}{'' if missing.announced else '前后'}发布"


def _late(aspect: UnitAspect, unit: UnitReport) -> str | None:
    """Says that the newest figure of a side is older than the month."""
    newest = max(m.period for m in aspect.movements)
    if (newest.year, newest.last) >= (unit.month.year, unit.month.last):
        return None
    return f"{aspect.title}的数字最近一期为{when(newest)}，此后各期本库尚未收录。"


def _weights(aspect: UnitAspect, unit: UnitReport) -> list[Inline]:
    """Share of the whole, contribution, margin: computed, and marked so."""
    parts: list[list[Inline]] = []
    for m in aspect.movements:
        if m.sequence != "ytd":
            continue
        share = next(
            (f for f in unit.shares if f.id == f"{m.subject_key}/{m.indicator}/level/{m.period.code}#share"), None
        )
        added = next(
            (f for f in unit.contributions if f.id.startswith(f"{m.subject_key}/{m.indicator}/yoy/{m.period.code}#")),
            None,
        )
        said: list[list[Inline]] = []
        if share is not None:
            said.append([f"{m.indicator_name}占规模以上工业的", number(share), "%"])
        if added is not None and added.value:
            word = "拉动" if added.value > 0 else "拉低"
            said.append([f"{word}规模以上工业{m.indicator_name}增速", number(added, unsigned=True), "个百分点"])
        if said:
            parts.append([when(m.period) + "，", *join(said, "，"), "（测算）"])
    if aspect.key == "profit" and unit.margin is not None:
        parts.append([when(unit.margin.period) + "，营业收入利润率为", number(unit.margin), "%（测算）"])
    return [*join(parts, "；"), "。"] if parts else []


def _related(movements: Sequence[Movement]) -> list[Inline]:
    clauses: list[list[Inline]] = []
    for m in _newest_first(movements):
        noun = quantity(m.name, m.indicator, m.indicator_name)
        clauses.append([when(m.period), noun, *join([level_clause(m), growth_clause(m)], "，")])
    return [*join(clauses, "；"), "。"]


def parts(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """The industries below this one, at one period."""
    counter = Counter(place)
    assert unit.parts_period is not None
    rows: dict[str, dict[str, Movement]] = {}
    for m in unit.parts:
        rows.setdefault(m.subject_key, {})[m.indicator] = m
    columns = (
        Column("行业", align="left"), Column("营业收入", unit="亿元"), Column("同比", unit="%"),
        Column("利润总额", unit="亿元"), Column("同比", unit="%"),
    )  # fmt: skip
    lines = []
    for found in list(rows.values())[:MOST_PARTS]:
        revenue, profit = found.get("revenue"), found.get("profit")
        lines.append(
            (
                Cell(next(iter(found.values())).name),
                cell(revenue.level if revenue else None, unit="亿元"), cell(revenue.growth if revenue else None),
                cell(profit.level if profit else None, unit="亿元"), cell(profit.growth if profit else None),
            )
        )  # fmt: skip
    title = f"{unit.name}细分行业营业收入和利润总额（{period_name(unit.parts_period)}）"
    table = Table(
        counter.table(), title, columns, tuple(lines), unit_note="单位：亿元、%", source=publishers_of(unit.parts)
    )
    opening = Paragraph((f"{when(unit.parts_period)}，已收录数字的细分行业见下表。",), "lead")
    return Section("unit_parts", counter.numeral, "细分行业", (opening, table))


# ------------------------------------------------------------------------------------------------ index


def index_line(unit: UnitReport, signals: Signals | None) -> IndexLine | None:
    """The industry's own index, or the province's."""
    if signals is None or signals.period is None:
        return None
    if unit.kind == "province":
        places = signals.places.lines if signals.places is not None else ()
        return next(
            (
                i
                for i in places
                if unit.code in i.key.replace("@", "/").split("/") or i.name == unit.name or i.short == unit.name
            ),
            None,
        )
    return next((i for i in signals.industries if i.key.partition(":")[2].partition("@")[0] == unit.code), None)


def index(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """The level index of the industry, its zone, the components that moved it."""
    counter = Counter(place)
    signals = brief.prosperity
    line = index_line(unit, signals)
    blocks: list[Block]
    if line is None or signals is None:
        blocks = [Paragraph((_no_index(unit, signals),), "lead")]
    else:
        blocks = [Paragraph(tuple(_index_sentence(line, signals)), "lead")]
        moving = sorted((p for p in line.parts if p.points.value), key=lambda p: -abs(p.points.value or 0.0))
        if moving:
            clauses: list[list[Inline]] = [
                [p.name, "拉高" if (p.points.value or 0) > 0 else "拉低", number(p.points, unsigned=True), "点"]
                for p in moving
            ]
            blocks.append(Paragraph(("较上期的变动中，", *join(clauses, "，"), "。"), "body"))
        if any(z >= 0 for z in line.strip):
            blocks.append(_strip(line, signals, label=counter.figure()))
        blocks.append(Paragraph((f"{signals.name}不是任何机构发布的景气指数；编制方法见月报。",), "note"))
    return Section("unit_index", counter.numeral, "景气与信号灯", tuple(blocks))


def _no_index(unit: UnitReport, signals: Signals | None) -> str:
    if signals is None:
        return f"{when(unit.month)}没有编制景气指数。"
    reason = next((u.reason for u in signals.uncompiled if unit.name in u.names), "")
    if signals.period is None:
        newest = f"最近一期为{when(signals.newest)}" if signals.newest is not None else "本库的数字不足以编制"
        return f"{when(signals.wanted)}，{signals.name}没有编制（{newest}），{unit.name}因而没有指数。"
    where = reason or ("不在景气指数的行业之内" if unit.kind == "industry" else "分项不足")
    return f"{when(signals.period)}，{unit.name}没有景气指数（{where}）。"


def _index_sentence(line: IndexLine, signals: Signals) -> list[Inline]:
    assert signals.period is not None and line.value is not None
    zone, light = signals.zones[line.zone]
    said: list[Inline] = [
        f"{when(signals.period)}，{line.name.removesuffix('*')}景气水平指数（本系统编制）为", number(line.value),
        f"点，位于“{zone}”区间（{light}）",
    ]  # fmt: skip
    for what, change in (("较上期", line.change), ("较上年同期", line.year_change)):
        if change is not None:
            word = "持平" if not change.value else "上升" if change.value > 0 else "下降"
            size: list[Inline] = [number(change, unsigned=True), "点"] if change.value else []
            said += [f"，{what}{word}", *size]
    return [*said, "。"]


def _strip(line: IndexLine, signals: Signals, *, label: str) -> Figure:
    whole = signals.whole
    rows = [signal_charts.StripRow(line.short, line.strip, line.value.text if line.value else DASH, True)]
    if whole is not None and whole.strip:
        rows.append(signal_charts.StripRow(whole.short, whole.strip, whole.value.text if whole.value else DASH, False))
    names = [name for name, _ in signals.zones]
    labels = [f"{p.year}-{p.last:02d}" for p in signals.strip]
    span = f"{when(signals.strip[0])}至{when(signals.strip[-1])}"
    last = names[line.zone] if line.zone >= 0 else DASH
    return Figure(
        label, f"{line.short}信号灯（{span}）", signal_charts.light_strip(labels=labels, rows=rows, zones=names, head="指数"),
        alt=f"{line.short}信号灯图，{span}；最近一期：{last}。",
        notes=("一列一期，2月为1—2月；灯号为各期指数按本期数据计算。",), source="本系统测算",
    )  # fmt: skip


def notes(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """What the figures are."""
    counter = Counter(place)
    known = f"本版只使用截至{_date(brief.as_of)}已发布的数字。" if brief.as_of else "本版使用库中已收录的全部数字。"
    lines = (
        "同比增速为发布机构公布的可比口径增速，不用相邻两年的绝对量反算；增加值增速为扣除价格因素的实际增速。",
        "各指标使用各自最近一期的公布数，时期逐一注明；不同时期、不同口径的数字不混比、不相加。",
        "标注“测算”的数字由本系统按公布数推算，其余数字与发布原文逐位一致。",
    )
    blocks = (Paragraph((known,), "lead"), *(Paragraph((line,), "bullet") for line in lines))
    return Section("notes", counter.numeral, "说明", blocks)


def _date(iso: str) -> str:
    year, month, day = iso.split("-")
    return f"{year}年{int(month)}月{int(day)}日"
