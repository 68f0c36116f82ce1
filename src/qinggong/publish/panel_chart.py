"""Small multiples (分面图): one small line chart for each industry, all on one scale, side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from qinggong.publish.chart_frame import (
    TEXT_SIZE,
    ChartError,
    Key,
    Plot,
    Spec,
    axis_width,
    chart,
    check_length,
    head_marks,
    last_value,
    nice_axis,
    plain_number,
    scale_texts,
    stands_alone,
    text_mark,
)
from qinggong.publish.chart_words import panels_words
from qinggong.publish.fonts import text_width
from qinggong.publish.palette import GRID, INK, LINES, PALE_LINE, QUIET

_HEAD, _FOOT, _APART = 20.0, 8.0, 14.0


@dataclass(frozen=True, slots=True)
class Panel:
    """One small chart: ``values`` go with the labels, ``None`` is a gap; ``text`` is the newest value as printed."""

    name: str
    values: Sequence[float | None]
    text: str = ""


def small_multiples(
    *,
    labels: Sequence[str],
    panels: Sequence[Panel],
    unit: str,
    columns: int = 4,
    backdrop: tuple[str, Sequence[float | None]] | None = None,
    panel_height: int = 62,
    decimals: int = 1,
) -> Spec:
    """A grid of small lines on one common scale, so that heights may be compared from panel to panel.

    Parameters
    ----------
    labels
        Periods; the first and the last are printed below each column.
    backdrop
        A named line drawn pale behind every panel (全国工业), for comparison.

    Raises
    ------
    ChartError
        Without a panel or a period, for lists that do not fit together, and where no panel has a value.
    """
    if not panels or not labels:
        raise ChartError("small multiples need a panel and a period")
    for panel in panels:
        check_length(labels, panel.values, panel.name)
    behind: Sequence[float | None] = ()
    if backdrop is not None:
        check_length(labels, backdrop[1], backdrop[0])
        behind = backdrop[1]
    axis = nice_axis([v for one in (*(p.values for p in panels), behind) for v in one if v is not None])
    columns = min(columns, len(panels))
    rows = math.ceil(len(panels) / columns)
    left = axis_width(axis)
    pitch = _HEAD + panel_height + _FOOT
    plot = Plot(left, 10, 34, rows * pitch, axis, bottom=18)
    width = (plot.width - _APART * (columns - 1)) / columns

    def place(panel: int, index: int, value: float) -> Spec:
        across, down = panel % columns, panel // columns
        step = width / max(len(labels) - 1, 1)
        x = across * (width + _APART) + (step * index if len(labels) > 1 else width / 2)
        y = down * pitch + _HEAD + panel_height * (axis.high - value) / (axis.high - axis.low)
        return {"x": round(x, 2), "y": round(y, 2), "label": labels[index], "value": value}

    def stretches(panel: int, values: Sequence[float | None]) -> list[Spec]:
        """The points of one line; a gap begins a new stretch, so that nothing is drawn across it."""
        rows: list[Spec] = []
        stretch = 0
        for i, value in enumerate(values):
            if value is None:
                stretch += 1
            else:
                rows.append({"stretch": f"{panel}-{stretch}", **place(panel, i, value)})
        return rows

    at = {c: {"field": c, "type": "quantitative", "scale": None, "axis": None} for c in ("x", "y")}
    line = {**at, "detail": {"field": "stretch", "type": "nominal"}}
    rules: list[Spec] = []
    grounds: list[Spec] = []
    points: list[Spec] = []
    dots: list[Spec] = []
    marks: list[Spec] = []
    texts: list[str] = []
    scale: list[tuple[float, float, str, str]] = []
    for n, panel in enumerate(panels):
        x, y = (n % columns) * (width + _APART), (n // columns) * pitch + _HEAD
        levels = [axis.low, axis.high, *([0.0] if axis.low < 0 < axis.high else [])]
        for level in levels:
            py = y + panel_height * (axis.high - level) / (axis.high - axis.low)
            rules.append({"x": round(x, 2), "x2": round(x + width, 2), "y": round(py, 2),
                          "stroke": QUIET if level == 0 else GRID})  # fmt: skip
            if n % columns == 0:
                text = plain_number(level, axis.decimals)
                scale.append((-6.0, py + 4, text, "right"))
        grounds += stretches(n, behind)
        points += stretches(n, panel.values)
        newest = last_value(panel.values)
        dots += [
            place(n, i, v) for i, v in enumerate(panel.values)
            if v is not None and (stands_alone(panel.values, i) or (newest is not None and i == newest[0]))
        ]  # fmt: skip
        said = panel.text or (plain_number(newest[1], decimals) if newest else "没有数值")
        texts.append(said)
        marks.append(text_mark(said, x + width, y - 7, LINES[0][0] if newest else QUIET, weight="bold", align="right"))
        marks.append(text_mark(_fitting(panel.name, width - 6 - text_width(said, "Bold") * TEXT_SIZE), x, y - 7, INK))
        if n + columns >= len(panels):
            foot = y + panel_height + 14
            scale.append((x, foot, labels[0], "left"))
            if len(labels) > 1:
                scale.append((x + width, foot, labels[-1], "right"))
    colour = LINES[0][0]
    layers: list[Spec] = [
        {
            "data": {"values": rules},
            "mark": {"type": "rule", "strokeWidth": 0.8},
            "encoding": {**at, "x2": {"field": "x2"}, "stroke": {"field": "stroke", "type": "nominal", "scale": None}},
        },
        *([_lines(grounds, line, PALE_LINE, 1.1, (3, 2))] if behind else []),
        _lines(points, line, colour, 1.8, ()),
        {"data": {"values": dots}, "mark": {"type": "point", "filled": True, "size": 20, "opacity": 1, "fill": colour},
         "encoding": at},
        *scale_texts(scale),
        *marks,
    ]  # fmt: skip
    keys = [Key("各幅所示行业", colour, "line", (), 1.8)] if backdrop else []
    keys += [Key(backdrop[0], PALE_LINE, "line", (3, 2), 1.1)] if backdrop else []
    layers += head_marks(unit, keys, plot)
    told = [(p.name, p.values, said) for p, said in zip(panels, texts, strict=True)]
    return chart(plot, layers, axis_x=None, axis_y=None, words=panels_words(labels, told, unit=unit))


def _lines(rows: list[Spec], encoding: Spec, colour: str, weight: float, dash: tuple[int, ...]) -> Spec:
    mark = {
        "type": "line", "stroke": colour, "strokeWidth": weight, "strokeDash": list(dash), "strokeJoin": "round",
    }  # fmt: skip
    return {"data": {"values": rows}, "mark": mark, "encoding": encoding}


def _fitting(name: str, room: float) -> str:
    """The name, cut with … where it would run into the value beside it."""
    if text_width(name) * TEXT_SIZE <= room:
        return name
    while name and (text_width(name) + 1) * TEXT_SIZE > room:
        name = name[:-1]
    return f"{name}…"
