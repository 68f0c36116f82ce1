"""The sections of an edition on one province (分省版): its industries against the same industries of the country."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import Brief, UnitFigure, UnitReport
from qinggong.periods import name as period_name
from qinggong.publish import charts
from qinggong.publish.document import Block, Cell, Column, Figure, Inline, Paragraph, Section, Table
from qinggong.publish.narrative import FLAT, join, number, when
from qinggong.publish.sections.numbering import Counter
from qinggong.publish.tables import DASH, cell

MOST_TOLD = 2


def overview(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """Per indicator the fastest and the slowest industries, and how many are below the country."""
    counter = Counter(place)
    blocks: list[Block] = []
    for place_, figures in enumerate(_by_indicator(unit)):
        blocks.append(Paragraph(tuple(_told(figures, unit)), "lead" if place_ == 0 else "body"))
    return Section("unit_overview", counter.numeral, "运行概况", tuple(blocks))


def summary(unit: UnitReport) -> tuple[Paragraph, ...]:
    """One line an indicator."""
    return tuple(Paragraph(tuple(_told(figures, unit, most=1)), "bullet") for figures in _by_indicator(unit))


def figures(unit: UnitReport, brief: Brief, *, place: int) -> Section:
    """A table for each indicator, and a chart of the first."""
    counter = Counter(place)
    blocks: list[Block] = []
    for place_, rows in enumerate(_by_indicator(unit)):
        blocks.append(_table(rows, unit, label=counter.table()))
        if place_ == 0 and (drawn := _bars(rows, unit, counter)) is not None:
            blocks.append(drawn)
    return Section("unit_figures", counter.numeral, "分行业情况", tuple(blocks))


def _by_indicator(unit: UnitReport) -> list[list[UnitFigure]]:
    """Figures of one indicator at its newest period, fastest first."""
    groups = []
    for indicator in dict.fromkeys(f.indicator for f in unit.figures):
        rows = [f for f in unit.figures if f.indicator == indicator]
        newest = max(f.period for f in rows)
        groups.append(sorted((f for f in rows if f.period == newest), key=lambda f: -_value(f)))
    return groups


def _value(figure: UnitFigure) -> float:
    return figure.growth.value if figure.growth is not None and figure.growth.value is not None else 0.0


def _told(rows: Sequence[UnitFigure], unit: UnitReport, *, most: int = MOST_TOLD) -> list[Inline]:
    """“2025年1—10月，广东轻工各行业中，增加值增长最快的是…；下降最多的是…。”"""
    opening = f"{when(rows[0].period)}，{unit.name}已收录的轻工行业中，{rows[0].indicator_name}"
    if len(rows) <= 2 * most:
        return [opening, *join((_grew(f) for f in rows), "；"), "。"]
    ends = [*rows[:most], *rows[-most:]]
    return [f"{opening}增速较高的是", *join((_grew(f) for f in ends[:most]), "、"), "；较低的是",
            *join((_grew(f) for f in ends[most:]), "、"), "。"]  # fmt: skip


def _grew(f: UnitFigure) -> list[Inline]:
    assert f.growth is not None
    said: list[Inline] = [f.unit_name if f.unit_name != f.unit else f.subject_name]
    if abs(_value(f)) < FLAT:
        said.append("与上年同期持平")
    else:
        said += ["增长" if _value(f) > 0 else "下降", number(f.growth, unsigned=True), "%"]
    if f.gap is not None and f.gap.value:
        said += [f"（{'高于' if f.gap.value > 0 else '低于'}全国同行业", number(f.gap, unsigned=True), "个百分点）"]
    return said


def _table(rows: Sequence[UnitFigure], unit: UnitReport, *, label: str) -> Table:
    leveled = any(f.level is not None for f in rows)
    columns = [Column("行业", align="left")]
    if leveled:
        units = {f.level.unit for f in rows if f.level is not None}
        columns.append(Column("绝对量", unit=next(iter(units)) if len(units) == 1 else ""))
    columns += [
        Column("同比", unit="%"), Column("上期", unit="%"), Column("增速变化", unit="百分点"), Column("全国同行业", unit="%"),
        Column("与全国\n之差", unit="百分点"),
    ]  # fmt: skip
    lines = []
    for f in rows:
        cells = [Cell(f.unit_name)]
        if leveled:
            cells.append(cell(f.level, why="不公布绝对量"))
        cells += [
            cell(f.growth),
            cell(f.before),
            cell(f.change, why="两期不全"),
            cell(f.benchmark),
            cell(f.gap, why="全国数未收录"),
        ]
        lines.append(tuple(cells))
    cited = dict.fromkeys(
        c.publisher
        for f in rows
        for x in (f.level, f.growth, f.benchmark)
        if x is not None
        for c in x.lineage.citations
    )
    title = f"{unit.name}分行业{rows[0].indicator_name}（{period_name(rows[0].period)}）"
    return Table(label, title, tuple(columns), tuple(lines), unit_note="单位：%、百分点" if not leveled else "",
                 source="、".join(cited))  # fmt: skip


def _bars(rows: Sequence[UnitFigure], unit: UnitReport, counter: Counter) -> Figure | None:
    drawn = [f for f in rows if f.growth is not None and f.growth.value is not None]
    if len(drawn) < 3:
        return None
    title = f"{unit.name}分行业{rows[0].indicator_name}同比增速（{period_name(rows[0].period)}）"
    texts = [f.growth.text if f.growth is not None else DASH for f in drawn]
    spec = charts.bar_chart(
        labels=[f.unit_name for f in drawn], values=[_value(f) for f in drawn], texts=texts, unit="%"
    )
    cited: Iterable[str] = dict.fromkeys(
        c.publisher for f in drawn if f.growth is not None for c in f.growth.lineage.citations
    )
    return Figure(
        counter.figure(), title, spec, source="、".join(cited),
        alt=f"{title}条形图：" + "，".join(f"{f.unit_name}{t}%" for f, t in zip(drawn, texts, strict=True)),
    )  # fmt: skip
