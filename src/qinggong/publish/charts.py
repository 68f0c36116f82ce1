"""Charts as Vega-Lite specifications: plain dicts with their data inside.

Every chart is 640 px wide, white, set in the bundled font, and readable in grey: series differ by dash and weight as
well as by colour. A missing month is a gap in the line and is never interpolated.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from qinggong.publish.chart_frame import (
    TEXT_SIZE,
    WIDTH,
    Axis,
    ChartError,
    Key,
    Plot,
    Spec,
    axis_width,
    bar_colour,
    blank_plates,
    break_lines,
    chart,
    check_length,
    head_marks,
    last_value,
    nice_axis,
    period_axis,
    plain_number,
    rule_mark,
    spread_labels,
    stands_alone,
    text_mark,
    top_band,
    value_axis,
)
from qinggong.publish.chart_words import bars_words, line_words, lines_words
from qinggong.publish.drawing import render_png, render_svg, spec_uid, svg_to_png
from qinggong.publish.fonts import text_width
from qinggong.publish.palette import BAR, BAR_PALE, INK, LINES, PAPER, QUIET

__all__ = [
    "WIDTH",
    "ChartError",
    "LineSeries",
    "Spec",
    "bar_chart",
    "bar_line_chart",
    "line_chart",
    "render_png",
    "render_svg",
    "spec_uid",
    "svg_to_png",
]


JAN_FEB = "1—2月"
"""Labels with this name the observation of January and February together."""


@dataclass(frozen=True, slots=True)
class LineSeries:
    """One line: ``values`` go with the chart's labels, ``None`` is a gap; ``last_text`` overrides the end label, and
    ``None`` leaves it out (a line that ends long before the chart does)."""

    name: str
    values: Sequence[float | None]
    strong: bool = False
    last_text: str | None = ""


def line_chart(
    *,
    labels: Sequence[str],
    series: Sequence[LineSeries],
    unit: str,
    height: int = 260,
    decimals: int = 1,
    reference: float | None = None,
    breaks: Sequence[tuple[int, str]] = (),
) -> Spec:
    """Lines over ordered periods, each ending in the number of its last value.

    ``reference`` adds a dashed level (100 for an index, 50 for a diffusion index). Zero is marked when it is in range.
    ``breaks`` are places of the first label after a break in the figures, with a short text: a line before each.
    """
    for one in series:
        check_length(labels, one.values, one.name)
    values = [v for one in series for v in one.values if v is not None]
    axis = nice_axis(values + ([reference] if reference is not None else []))
    names = [one.name for one in series]
    top, plot_height, left = top_band(unit, names), height - 28, axis_width(axis)
    ends = [(i, last_value(one.values) if one.last_text is not None else None) for i, one in enumerate(series)]
    texts = {i: series[i].last_text or plain_number(end[1], decimals) for i, end in ends if end}
    right = 14 + max((text_width(t, "Bold") * TEXT_SIZE for t in texts.values()), default=0.0)
    plot = Plot(left, right, top, plot_height - top, axis)

    layers: list[Spec] = []
    for level, mark in ((0.0, {"stroke": INK, "strokeWidth": 1}), (reference, {"stroke": QUIET, "strokeDash": [4, 3]})):
        if level is not None and axis.low <= level <= axis.high:
            layers.append(rule_mark("y", level, mark))
    layers += break_lines(breaks, plot, len(labels))
    x = {"field": "label", "type": "ordinal", "scale": {"domain": list(labels), "type": "point", "padding": 0.3}}
    for i, one in enumerate(series):
        colour, dash = LINES[i % len(LINES)]
        stroke = {"stroke": colour, "strokeWidth": 2.6 if one.strong else 1.6, "strokeDash": list(dash)}
        rows = [{"label": label, "value": value} for label, value in zip(labels, one.values, strict=True)]
        y = {"field": "value", "type": "quantitative"}
        layers.append(
            {
                "data": {"values": rows},
                "mark": {
                    "type": "line", "strokeJoin": "round", "invalid": "break-paths-show-domains", **stroke,
                },
                "encoding": {"x": x, "y": y},
            }
        )  # fmt: skip
        newest = ends[i][1]
        dots = [row for j, row in enumerate(rows) if stands_alone(one.values, j) or (newest and j == newest[0])]
        blocks = [row for label, row in zip(labels, rows, strict=True) if JAN_FEB in label and row["value"] is not None]
        layers.append(
            {
                "data": {"values": dots},
                "mark": {"type": "point", "filled": True, "size": 26, "opacity": 1, "fill": colour},
                "encoding": {"x": x, "y": y},
            }
        )
        if blocks:
            # The observation of two months is a ring, so that nobody reads it as one month.
            ring = {"type": "point", "filled": True, "size": 30, "opacity": 1, "fill": PAPER, "strokeWidth": 1.4}
            layers.append(
                {"data": {"values": blocks}, "mark": {**ring, "stroke": colour}, "encoding": {"x": x, "y": y}}
            )
    heights = spread_labels({i: plot.y(end[1]) for i, end in ends if end}, 0.0, plot.height)
    for i, end in ends:
        if end:
            px = plot.x(end[0], len(labels))
            layers.append(
                text_mark(texts[i], px + 7, heights[i], LINES[i % len(LINES)][0], weight="bold", baseline="middle")
            )
    keys = [
        Key(one.name, LINES[i % len(LINES)][0], "line", LINES[i % len(LINES)][1], 2.6 if one.strong else 1.6)
        for i, one in enumerate(series)
    ]
    layers += head_marks(unit, keys, plot)
    told = [
        line_words(one.name, labels, one.values, unit=unit, decimals=decimals, newest=one.last_text or "")
        for one in series
    ]
    return chart(
        plot, layers, axis_x=period_axis(labels, plot.width), axis_y=value_axis(axis),
        words=lines_words("折线图", labels, told),
    )  # fmt: skip


def bar_chart(
    *,
    labels: Sequence[str],
    values: Sequence[float | None],
    texts: Sequence[str],
    unit: str,
    highlight: Collection[str] = (),
    reference: tuple[str, float] | None = None,
    row_height: int = 22,
) -> Spec:
    """Horizontal bars in the given order with the given ``texts`` at their ends; negative bars in another colour.

    ``highlight`` names the labels drawn strong; ``reference`` is a named level (全国工业, 4.5) as a dashed rule.
    A missing value has no bar and shows its text at zero.
    """
    check_length(labels, values, "values")
    check_length(labels, texts, "texts")
    known = [v for v in values if v is not None]
    if not known:
        raise ChartError("a chart needs at least one value")
    axis = nice_axis([*known, 0.0] + ([reference[1]] if reference else []))
    widest = max((text_width(label) for label in labels), default=0.0) * TEXT_SIZE
    left = min(widest + 14, 230)
    room = max((text_width(t) for t in texts), default=0.0) * TEXT_SIZE + 8
    top = 46 if reference else 30
    height = row_height * len(labels)
    # Room beyond the scale only where the text of the longest bar would leave the plot.
    plot = Plot(left, 10, top, height, axis, bottom=26)
    plot = replace(
        plot,
        right=max(14.0, room - (plot.width - plot.x_value(max(known, default=0.0)))),
        left_inner=max(0.0, room - plot.x_value(min(known))) if min(known, default=0.0) < 0 else 0.0,
    )
    y = {
        "field": "label", "type": "ordinal",
        "scale": {"domain": list(labels), "type": "band", "paddingInner": 0.36, "paddingOuter": 0.2},
        "axis": {
            "title": None, "domain": False, "ticks": False, "labelLimit": 224, "labelFontSize": 12,
            "labelPadding": 8 + plot.left_inner,
        },
    }  # fmt: skip
    rows: list[Spec] = [
        {"label": label, "value": value, "text": text, "colour": bar_colour(value, label in highlight)}
        for label, value, text in zip(labels, values, texts, strict=True)
    ]
    x = {"field": "value", "type": "quantitative"}
    colour = {"field": "colour", "type": "nominal", "scale": None}
    reference_rule: list[Spec] = []
    if reference:
        # The rule stops at a text that it would cross.
        at = plot.x_value(reference[1])
        dash = {"stroke": LINES[1][0], "strokeDash": [5, 3], "strokeWidth": 1.3}
        reference_rule = [rule_mark("x", reference[1], dash), blank_plates(rows, at, plot, y)]
    layers: list[Spec] = [
        {
            "data": {"values": [row for row in rows if row["value"] is not None]},
            "mark": {"type": "bar"},
            "encoding": {"y": y, "x": x, "fill": colour},
        },
        *reference_rule,
        rule_mark("x", 0.0, {"stroke": INK, "strokeWidth": 1}),
    ]
    for below in (False, True):
        some = [{**r, "value": r["value"] or 0.0} for r in rows if ((r["value"] or 0.0) < 0) is below]
        if some:
            mark = {
                "type": "text", "align": "right" if below else "left", "baseline": "middle", "dx": -5 if below else 5,
                "fontSize": TEXT_SIZE, "fill": INK,
            }  # fmt: skip
            encoding = {"y": y, "x": x, "text": {"field": "text"}}
            layers.append({"data": {"values": some}, "mark": mark, "encoding": encoding})
    if reference:
        px = plot.x_value(reference[1])
        name = f"{reference[0]} {plain_number(reference[1], 1)}"
        half = text_width(name, "Bold") * TEXT_SIZE / 2
        px = min(max(px, half - left), plot.width + plot.right - half)
        layers.append(text_mark(name, px, -8, LINES[1][0], weight="bold", align="center"))
    layers.append(text_mark(f"单位：{unit}", -left + 4, 15 - top, QUIET))
    words = bars_words(labels, values, texts, unit=unit, reference=reference)
    return chart(plot, layers, axis_x=value_axis(axis), axis_y=None, words=words)


def bar_line_chart(
    *,
    labels: Sequence[str],
    bars: Sequence[float | None],
    line: Sequence[float | None],
    bar_unit: str,
    line_unit: str,
    bar_name: str,
    line_name: str,
    height: int = 270,
    decimals: int = 1,
) -> Spec:
    """Levels as bars (left scale) with growth as a line (right scale).

    Both scales have zero at one height; when falls outweigh rises that would flatten the bars, so the zero of the
    right scale is then a dashed rule of its own.
    """
    check_length(labels, bars, bar_name)
    check_length(labels, line, line_name)
    if all(v is None for v in (*bars, *line)):
        raise ChartError("a chart needs at least one value")
    rate = nice_axis([v for v in line if v is not None] + [0.0])
    level = nice_axis([v for v in bars if v is not None] + [0.0])
    ticks = level.ticks()
    shared = level.low >= 0 and -rate.low <= rate.high
    if shared:
        # The shared zero keeps a falling growth rate below the foot of the bars, where a reader looks for it.
        level = Axis(level.high * rate.low / rate.high, level.high, level.step)
    top = top_band(f"{bar_unit}{line_unit}（左轴）（右轴）单位：", [bar_name, line_name])
    right = axis_width(rate) + 4
    plot = Plot(axis_width(level), right, top, height - 28 - top, level)
    x = {"field": "label", "type": "ordinal", "scale": {"domain": list(labels), "type": "band", "padding": 0.34}}
    colour = LINES[1][0]
    bar_axis = {**value_axis(level), "values": ticks}
    rate_axis = {**value_axis(rate), "grid": False, "orient": "right"}
    bar_rows = [{"label": a, "value": b} for a, b in zip(labels, bars, strict=True) if b is not None]
    line_rows = [{"label": a, "value": b} for a, b in zip(labels, line, strict=True)]
    line_y = {
        "type": "quantitative", "axis": rate_axis,
        "scale": {"domain": [rate.low, rate.high], "nice": False},
    }  # fmt: skip
    bar_y = {
        "type": "quantitative", "axis": bar_axis,
        "scale": {"domain": [level.low, level.high], "nice": False},
    }  # fmt: skip
    axis_x = period_axis(labels, plot.width)
    stroke = {"stroke": colour, "strokeWidth": 2}
    layers: list[Spec] = [
        {
            "data": {"values": bar_rows},
            "layer": [
                {
                    "mark": {"type": "bar", "fill": BAR_PALE, "stroke": BAR, "strokeWidth": 0.8},
                    "encoding": {"x": {**x, "axis": axis_x}, "y": {**bar_y, "field": "value"}},
                },
                {**rule_mark("y", 0.0, {"stroke": INK}), "encoding": {"y": {**bar_y, "datum": 0}}},
            ],
        },
        {
            "data": {"values": line_rows},
            "layer": [
                {
                    "mark": {"type": "line", "invalid": "break-paths-show-domains", **stroke},
                    "encoding": {"x": x, "y": {**line_y, "field": "value"}},
                },
                {
                    "transform": [{"filter": "datum.value !== null"}],
                    "mark": {"type": "point", "filled": True, "size": 30, "fill": colour, "opacity": 1},
                    "encoding": {"x": x, "y": {**line_y, "field": "value"}},
                },
            ],
        },
    ]
    if not shared:
        zero = {"type": "rule", "stroke": colour, "strokeDash": [4, 3], "strokeWidth": 1}
        layers[1]["layer"].insert(0, {"mark": zero, "encoding": {"y": {**line_y, "datum": 0}}})
    end = last_value(line)
    if end:
        band = plot.width / (len(labels) + 0.34)
        px = band * (0.34 + end[0] + 0.33)
        py = plot.height * (rate.high - end[1]) / (rate.high - rate.low)
        layers.append(
            text_mark(plain_number(end[1], decimals), px, py - 8, colour, weight="bold", align="center", halo=True)
        )
    keys = [Key(f"{bar_name}（左轴）", BAR_PALE, "bar", (), 0), Key(f"{line_name}（右轴）", colour, "line", (), 2)]
    layers += head_marks(bar_unit, keys, plot, other_unit=line_unit)
    told = [
        line_words(bar_name, labels, bars, unit=bar_unit, decimals=decimals),
        line_words(line_name, labels, line, unit=line_unit, decimals=decimals),
    ]
    spec = chart(plot, layers, axis_x=None, axis_y=None, words=lines_words("柱线图", labels, told))
    return {**spec, "resolve": {"scale": {"y": "independent"}}}
