"""Tables and charts from comparisons and headlines (统计表、统计图); one period in a table, named in its title."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from qinggong.monitor.facts import Chart, Comparison, Fact, Line, Movement, quantity
from qinggong.periods import Period
from qinggong.periods import name as period_name
from qinggong.publish import charts
from qinggong.publish.document import Cell, Column, Figure, Table
from qinggong.publish.phrases import called_short

DASH = "—"
PARTIAL_MARK = "*"
LINE_HEIGHT = 210


def cell(fact: Fact | None, *, unit: str = "", why: str = "未收录") -> Cell:
    """A number cell; a missing one is a dash with the reason, a unit other than the column's is printed."""
    if fact is None or fact.value is None:
        reason = fact.reason if fact is not None and fact.reason else why
        return Cell(DASH, title=reason)
    # “89.62万亿” in a column of 亿元: the digits stay as published, 元 is left out so that the cell stays on one line.
    other = fact.unit.removesuffix("元") if unit and fact.unit != unit else ""
    return Cell(fact.text + other, fact.id)


def publishers_of(movements: Iterable[Movement]) -> str:
    """“国家统计局、工业和信息化部”: who published what a table shows."""
    seen: dict[str, None] = {}
    for m in movements:
        for fact in (m.level, m.growth):
            for citation in fact.lineage.citations if fact else ():
                seen.setdefault(citation.publisher)
    return "、".join(seen)


def column_name(movement_previous: Period, *, sequence: str, beside: Period) -> str:
    """Head of the column with the previous period's growth."""
    if sequence == "ytd" and movement_previous.last == 12:
        return f"{movement_previous.year}年全年"
    with_year = movement_previous.year != beside.year
    return period_name(movement_previous, form="month" if sequence != "point" else "stock", with_year=with_year)


def _growth_head(period: str) -> str:
    """“7月份同比”, with a year “2024年12月份同比”, in lines that break between words."""
    year, sign, rest = period.partition("年")
    if not (sign and rest):
        return f"{period}\n同比"
    return f"{year}年\n{rest}同比" if rest == "全年" else f"{year}年\n{rest}\n同比"


def comparison_table(comparison: Comparison, *, label: str) -> Table:
    """The table of one comparison: benchmark first, members by growth, further subjects below."""
    rows = list(comparison.rows)
    everyone = [*([comparison.benchmark] if comparison.benchmark else []), *rows]
    units = {m.level.unit for m in everyone if m.level is not None}
    common = _common_unit(units)
    one_unit = len(units) <= 1 or common != ""
    has_level = bool(units)
    shows = {
        "previous": any(m.previous_growth for m in everyone),
        "change": any(m.change for m in everyone),
        "gap": any(m.gap for m in rows),
        "share": any(m.share for m in rows),
        "contribution": any(m.contribution for m in rows),
        "band": any(m.band for m in rows) and not any(m.share or m.contribution for m in rows),
    }
    head = "商品" if rows and rows[0].subject_key.startswith(("retail", "trade")) else "行业"
    head = "产品" if rows and rows[0].subject_key.startswith("product") else head
    columns = [Column(head, align="left")]
    if has_level and not one_unit:
        columns.append(Column("单位", align="center"))
    if has_level:
        columns.append(Column("绝对量", unit=common if one_unit else ""))
    columns.append(Column("同比", unit="%"))
    previous = column_name(comparison.previous, sequence=comparison.sequence, beside=comparison.period)
    if shows["previous"]:
        columns.append(Column(_growth_head(previous), unit="%"))
    if shows["change"]:
        columns.append(Column("增速变化", unit="百分点"))
    if shows["gap"] and comparison.benchmark:
        columns.append(Column(_gap_head(comparison.benchmark), unit="百分点"))
    if shows["share"]:
        columns.append(Column("比重", unit="%"))
    if shows["contribution"]:
        columns.append(Column("拉动", unit="百分点"))
    if shows["band"]:
        columns.append(Column("增速区间", align="center"))

    def line(m: Movement, *, strong: bool = False, indent: int = 0) -> tuple[Cell, ...]:
        mark = PARTIAL_MARK if m.note else ""
        cells = [Cell(m.name + mark, strong=strong, indent=indent)]
        if has_level and not one_unit:
            cells.append(Cell(m.level.unit if m.level else ""))
        if has_level:
            cells.append(cell(m.level, unit=common))
        cells.append(cell(m.growth))
        if shows["previous"]:
            cells.append(cell(m.previous_growth))
        if shows["change"]:
            cells.append(cell(m.change, why="两期不全"))
        if shows["gap"] and comparison.benchmark:
            cells.append(cell(m.gap, why="基准") if not strong else Cell(DASH, title="基准"))
        if shows["share"]:
            cells.append(cell(m.share, why="缺绝对量"))
        if shows["contribution"]:
            cells.append(cell(m.contribution, why="缺权数或绝对量"))
        if shows["band"]:
            cells.append(Cell(m.band or DASH))
        return tuple(cells)

    lines = [line(m, strong=True) for m in ([comparison.benchmark] if comparison.benchmark else [])]
    lines += [line(m, indent=1 if comparison.benchmark else 0) for m in rows]
    notes = []
    if any(m.note for m in rows):
        notes.append(f"{PARTIAL_MARK} 该大类仅部分小类属轻工业，不参加排名和个数统计。")
    if comparison.contribution_note and shows["contribution"]:
        notes.append(comparison.contribution_note + "。")
    if shows["band"]:
        notes.append("增速区间为本系统划分，界限见“数据来源与说明”。")
    title = f"{comparison.title}（{period_name(comparison.period)}）"
    unit_note = f"单位：{common}、%" if has_level and one_unit and common else "单位：%" if not has_level else ""
    return Table(
        label, title, tuple(columns), tuple(lines), unit_note=unit_note, notes=tuple(notes),
        source=publishers_of(everyone),
    )  # fmt: skip


def _gap_head(benchmark: Movement) -> str:
    """高于全国工业, in two lines of about equal length; negative cells lie below."""
    name = _short(benchmark.name)
    return f"高于{name[:2]}\n{name[2:]}"


def _common_unit(units: set[str]) -> str:
    """亿元 for money columns (a figure published in 万亿元 then says so in its cell); else the only unit, or none."""
    if units <= {"亿元", "万亿元"} and "亿元" in units:
        return "亿元"
    return next(iter(units)) if len(units) == 1 else ""


def _short(name: str) -> str:
    return {"规模以上工业": "全国工业", "限额以上单位商品零售": "限上商品零售"}.get(name, name)


def indicator_table(
    movements: Sequence[Movement], *, label: str, title: str, period: Period, missing: Sequence[tuple[str, str]] = ()
) -> Table:
    """Several indicators at one period: level, growth, growth one period before, change.

    ``missing`` names figures of the period that are not known, with the reason; notes tell them. A column of which no
    row has a figure is left out.

    Raises
    ------
    ValueError
        If a movement stands at another period: two periods never share a column.
    """
    for m in movements:
        if m.period != period:
            raise ValueError(f"table {label}: {m.name}{m.indicator_name} stands at {m.period.code}, not {period.code}")
    previous = column_name(movements[0].previous, sequence=movements[0].sequence, beside=period)
    rates = [m for m in movements if m.growth is None or m.growth.unit == "%"]
    shown = {
        "unit": any(m.level is not None for m in movements),
        "previous": any(m.previous_growth is not None for m in rates),
        "change": any(m.change is not None for m in rates),
    }
    columns = [Column("指标", align="left")]
    columns += [Column("单位", align="center"), Column("绝对量")] if shown["unit"] else []
    columns.append(Column("同比", unit="%"))
    columns += [Column(_growth_head(previous), unit="%")] if shown["previous"] else []
    columns += [Column("增速变化", unit="百分点")] if shown["change"] else []
    rows: list[tuple[Cell, ...]] = []
    for m in movements:
        ratio = m not in rates
        unit = m.level.unit if m.level else ""
        cells = [Cell(quantity(m.name, m.indicator, m.indicator_name))]
        cells += [Cell(unit or DASH), cell(m.level, why="不公布绝对量")] if shown["unit"] else []
        cells.append(cell(m.growth, unit="%"))
        cells += [Cell("") if ratio else cell(m.previous_growth)] if shown["previous"] else []
        cells += [Cell("") if ratio else cell(m.change, why="两期不全")] if shown["change"] else []
        rows.append(tuple(cells))
    absent: dict[str, list[str]] = {}
    for name, why in missing:
        absent.setdefault(why, []).append(name)
    notes = tuple(f"{'、'.join(names)}：{why}。" for why, names in absent.items())
    return Table(
        label, f"{title}（{period_name(period)}）", tuple(columns), tuple(rows), notes=notes,
        source=publishers_of(movements),
    )  # fmt: skip


def line_figure(chart: Chart, *, label: str) -> Figure:
    """A line chart of growth rates; months without a figure are gaps."""
    names = [_axis_label(p, chart.sequence) for p in chart.periods]
    drawn = [
        charts.LineSeries(
            called_short(_short(line.name)),
            [f.value if f else None for _, f in line.points],
            line.strong,
            last_text=_last_text(line),
        )
        for line in chart.lines
    ]
    places = [
        (next(i for i, p in enumerate(chart.periods) if (p.year, p.last) >= (b.first.year, b.first.last)), b.short)
        for b in chart.breaks
    ]
    spec = charts.line_chart(labels=names, series=drawn, unit=chart.unit, height=LINE_HEIGHT, breaks=places)
    span = f"{period_name(chart.periods[0], form='month')}至{period_name(chart.periods[-1], form='month')}"
    gaps = any(f is None for line in chart.lines for _, f in line.points)
    notes = ("折线中断处为未收录该月数据。",) if gaps else ()
    if chart.sequence == "month":
        notes = ("1—2月合并为一个观测值。", *notes)
    if chart.breaks:
        told = "；".join(f"{b.first.year}年{b.first.last}月起，{b.what}" for b in chart.breaks)
        notes = (*notes, f"竖虚线处口径有变化：{told}。")
    source = "、".join(
        dict.fromkeys(c.publisher for line in chart.lines for _, f in line.points if f for c in f.lineage.citations)
    )
    latest = "；".join(
        f"{line.name}最新值{line.points[-1][1].text}%" for line in chart.lines if line.points[-1][1] is not None
    )
    return Figure(
        label,
        f"{chart.title}（{span}）",
        spec,
        alt=f"{chart.title}折线图，{span}。{latest}",
        notes=notes,
        source=source,
    )


def _axis_label(period: Period, sequence: str) -> str:
    if period.is_jan_feb and sequence == "month":
        return f"{period.year}-1—2月"
    return f"{period.year}-{period.last:02d}"


def bar_figure(comparison: Comparison, *, label: str, title: str) -> Figure | None:
    """Horizontal bars of growth at one period, with the benchmark as a reference line; at least three bars."""
    rows = [m for m in comparison.rows if m.growth is not None and m.growth.unit == "%"]
    if len(rows) < 3:
        return None
    rows.sort(key=lambda m: -(m.growth.value if m.growth and m.growth.value is not None else 0.0))
    growths = [m.growth for m in rows if m.growth is not None]
    benchmark = comparison.benchmark
    reference = None
    if benchmark is not None and benchmark.growth is not None and benchmark.growth.value is not None:
        reference = (called_short(_short(benchmark.name)), benchmark.growth.value)
    spec = charts.bar_chart(
        labels=[called_short(m.name) + (PARTIAL_MARK if m.note else "") for m in rows],
        values=[f.value or 0.0 for f in growths], texts=[f.text for f in growths], unit="%", reference=reference,
    )  # fmt: skip
    notes = (f"{PARTIAL_MARK} 该大类仅部分小类属轻工业。",) if any(m.note for m in rows) else ()
    full = f"{title}（{period_name(comparison.period)}）"
    return Figure(
        label, full, spec, notes=notes, source=publishers_of(rows),
        alt=f"{full}条形图：" + "，".join(f"{m.name}{m.growth.text}%" for m in rows if m.growth),
    )  # fmt: skip


def _last_text(line: Line) -> str:
    """The end label of a line: its newest figure as published."""
    return next((f.text for _, f in reversed(line.points) if f is not None), "")
