"""Figures that sections share: small multiples of a chart's lines, steps of a change, provinces as tiles.

Every number in them is the text of a fact; a figure without enough facts is ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from qinggong.catalogue import load_catalogue
from qinggong.monitor.facts import Chart, Fact, Part, Signals
from qinggong.periods import name as period_name
from qinggong.publish.document import Figure
from qinggong.publish.panel_chart import Panel, small_multiples
from qinggong.publish.phrases import called, called_short
from qinggong.publish.province_map import Province, provinces_of, tile_map
from qinggong.publish.sections.prosperity_tables import SOURCE
from qinggong.publish.waterfall import Step, waterfall

MOST_LINES = 6
"""More lines than these are drawn side by side: one chart has six kinds of line."""
FEWEST_PANELS, FEWEST_POINTS = 4, 6
"""So many industries with so many figures are worth a panel each."""
FEWEST_TILES, BEYOND = 3, "71"
"""A map needs this many provinces; codes from ``BEYOND`` on are not in the statistics of the mainland."""


def panel_figure(chart: Chart, *, label: str) -> Figure | None:
    """Growth of every industry of a chart, each in a panel of its own; its strong line stands behind all of them."""
    behind = next((line for line in chart.lines if line.strong), None)
    lines = [
        line for line in chart.lines
        if line is not behind and sum(f is not None for _, f in line.points) >= FEWEST_POINTS
    ]  # fmt: skip
    if len(lines) < FEWEST_PANELS:
        return None
    labels = [f"{p.year}-1—2月" if p.is_jan_feb and chart.sequence == "month" else f"{p.year}-{p.last:02d}"
              for p in chart.periods]  # fmt: skip
    newest = [next((f.text for _, f in reversed(line.points) if f is not None), "") for line in lines]
    spec = small_multiples(
        labels=labels,
        panels=[
            Panel(called_short(line.name), [f.value if f else None for _, f in line.points], text)
            for line, text in zip(lines, newest, strict=True)
        ],
        unit=chart.unit,
        backdrop=(called_short(behind.name), [f.value if f else None for _, f in behind.points]) if behind else None,
    )
    span = f"{period_name(chart.periods[0], form='month')}至{period_name(chart.periods[-1], form='month')}"
    notes = ["各幅同一纵轴；右上为最近一期数值。"]
    if chart.sequence == "month":
        notes.append("1—2月合并为一个观测值。")
    if any(f is None for line in lines for _, f in line.points):
        notes.append("折线中断处为未收录该月数据。")
    notes += [f"{b.first.year}年{b.first.last}月起，{b.what}。" for b in chart.breaks]
    title = f"{chart.title}（{span}）"
    return Figure(label, title, spec, alt=title, notes=tuple(notes), source=_publishers(chart))


def index_steps(signals: Signals, *, label: str) -> Figure | None:
    """How the industries add up to the change of the whole index (拉动瀑布图)."""
    whole = signals.whole
    if whole is None or whole.change is None or signals.period is None or signals.previous is None:
        return None
    total = f"{whole.name}变动"
    return _steps(
        whole.parts, Step(called(total), whole.change.value or 0.0, whole.change.text), unit="点", label=label,
        title=f"各行业对总指数变动的拉动（{period_name(signals.period, form='month')}比"
        f"{period_name(signals.previous, form='month')}）", source=SOURCE, rest="其他行业",
    )  # fmt: skip


def _steps(
    parts: Sequence[Part], total: Step, *, unit: str, label: str, title: str, source: str, rest: str
) -> Figure | None:
    moving = sorted((p for p in parts if p.points.value), key=lambda p: -(p.points.value or 0.0))
    if len(moving) < 2:
        return None
    steps = [Step(called_short(p.name), p.points.value or 0.0, p.points.text) for p in moving]
    spec = waterfall(parts=steps, total=total, unit=called(unit), rest=called(rest), tolerance=0.005)
    return Figure(label, title, spec, alt=title, source=source, notes=("自上而下依次累加；无变动的不列。",))


def place_tiles(signals: Signals, *, label: str) -> Figure | None:
    """The indices of the provinces as tiles, coloured by their distance from the centre line."""
    if signals.places is None or signals.period is None:
        return None
    regions = {c: r for c, r in load_catalogue().regions.items() if c.isdigit() and c < BEYOND}
    codes = {r.short or r.name: c for c, r in regions.items()}
    told: dict[str, Fact] = {
        codes[line.short]: line.value for line in signals.places.lines if line.value and line.short in codes
    }
    if len(told) < FEWEST_TILES:
        return None
    provinces: Sequence[Province] = provinces_of(
        {c: (f.value, f.text) for c, f in told.items() if f.value is not None},
        {c: called(r.short or r.name) for c, r in regions.items()},
    )
    spec = tile_map(provinces=provinces, unit="点", middle=signals.settings["centre"].value or 0.0)
    title = f"各省份景气水平指数（{period_name(signals.period, form='month')}）"
    return Figure(
        label, title, spec, alt=title, source=SOURCE,
        notes=("每格一个省级行政区，按相对方位排列，不表示面积和边界；“—”为不足以编制。",),
    )  # fmt: skip


def numbered(build: Callable[..., Figure | None], *given: object, counter: Callable[[], str]) -> list[Figure]:
    """The figure with the next label, or nothing: a label is taken only by a figure that is drawn."""
    drawn = build(*given, label="")
    if drawn is None:
        return []
    return [Figure(counter(), drawn.title, drawn.spec, drawn.alt, drawn.notes, drawn.source)]


def _publishers(chart: Chart) -> str:
    named = (c.publisher for line in chart.lines for _, f in line.points if f for c in f.lineage.citations)
    return "、".join(dict.fromkeys(named))
