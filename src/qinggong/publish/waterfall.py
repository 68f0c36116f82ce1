"""Waterfall of contributions (拉动瀑布图): parts pile up to the whole, one row each."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from qinggong.publish.chart_frame import (
    TEXT_SIZE,
    ChartError,
    Plot,
    Spec,
    chart,
    nice_axis,
    rule_mark,
    text_mark,
    value_axis,
)
from qinggong.publish.chart_words import steps_words
from qinggong.publish.fonts import text_width
from qinggong.publish.palette import BAR, BAR_NEGATIVE, BAR_STRONG, INK, QUIET

_NAME_ROOM = 230.0


@dataclass(frozen=True, slots=True)
class Step:
    """One part: its name, how much it adds (below zero: takes away), and the text printed beside it."""

    name: str
    value: float
    text: str


def waterfall(
    *, parts: Sequence[Step], total: Step, unit: str, rest: str = "", tolerance: float = 0.0, row_height: int = 22
) -> Spec:
    """Horizontal steps from zero to the whole; falling steps run back and have another colour.

    Parameters
    ----------
    parts
        In the order of drawing.
    total
        The whole, as a bar from zero.
    rest
        Name for what the parts leave of the whole (未列出的行业); its size is drawn without a number of its own.
    tolerance
        By how much parts and whole may differ from rounding without a rest.

    Raises
    ------
    ChartError
        Without a part, for a number that is none, and where parts do not add up to the whole and ``rest`` has no name.
    """
    if not parts:
        raise ChartError("a waterfall needs a part")
    for one in (*parts, total):
        if not math.isfinite(one.value):
            raise ChartError(f"{one.name}: {one.value} is no number")
    left_over = round(total.value - sum(p.value for p in parts), 9)
    if abs(left_over) > tolerance + 1e-9:
        if not rest:
            raise ChartError(f"the parts miss {total.name} by {left_over:g}: name the rest")
        parts = (*parts, Step(rest, left_over, ""))
    steps: list[tuple[Step, float, float, str]] = []
    level = 0.0
    for part in parts:
        steps.append((part, level, level + part.value, BAR if part.value >= 0 else BAR_NEGATIVE))
        level += part.value
    steps.append((total, 0.0, total.value, BAR_STRONG))
    axis = nice_axis([0.0, *(v for _, a, b, _ in steps for v in (a, b))])
    left = min(max(text_width(s.name, "Bold") for s, _, _, _ in steps) * TEXT_SIZE + 14, _NAME_ROOM)
    plot = Plot(left, 14, 30, float(row_height * len(steps)), axis, bottom=26)
    plot = _with_room(plot, steps)
    x = {"field": "x", "type": "quantitative"}
    flat = {"type": "quantitative", "scale": None, "axis": None}
    bars = [
        {"name": s.name, "x": min(a, b), "x2": max(a, b), "fill": fill,
         "y": round((n + 0.18) * row_height, 2), "y2": round((n + 0.82) * row_height, 2)}
        for n, (s, a, b, fill) in enumerate(steps)
    ]  # fmt: skip
    joints = [
        {"x": b, "y": round((n + 0.82) * row_height, 2), "y2": round((n + 1.18) * row_height, 2)}
        for n, (_, _, b, _) in enumerate(steps[:-1])
    ]
    up_down = {"y": {"field": "y", **flat}, "y2": {"field": "y2"}}
    layers: list[Spec] = [
        {
            "data": {"values": bars},
            "mark": {"type": "rect"},
            "encoding": {
                "x": x, "x2": {"field": "x2"}, **up_down, "fill": {"field": "fill", "type": "nominal", "scale": None},
            },
        },
        {
            "data": {"values": joints},
            "mark": {"type": "rule", "stroke": QUIET, "strokeWidth": 1},
            "encoding": {"x": x, **up_down},
        },
        rule_mark("x", 0.0, {"stroke": INK, "strokeWidth": 1}),
    ]  # fmt: skip
    for n, (s, a, b, _) in enumerate(steps):
        y, weight = (n + 0.5) * row_height, "bold" if s is total else "normal"
        name_at = -8.0 - plot.left_inner
        layers.append(text_mark(s.name, name_at, y, INK, align="right", baseline="middle", weight=weight))
        if s.text:
            back = s.value < 0
            at = plot.x_value(min(a, b) if back else max(a, b)) + (-5 if back else 5)
            layers.append(
                text_mark(s.text, at, y, INK, align="right" if back else "left", baseline="middle", weight=weight)
            )
    layers.append(text_mark(f"单位：{unit}", 4 - plot.left - plot.left_inner, 15 - plot.top, QUIET))
    told = [(p.name, p.value, p.text) for p in parts if p.text]
    words = steps_words(told, (total.name, total.value, total.text), unit=unit)
    return chart(plot, layers, axis_x=value_axis(axis), axis_y=None, words=words)


def _with_room(plot: Plot, steps: Sequence[tuple[Step, float, float, str]]) -> Plot:
    """Room beyond the scale where a text would leave the drawing on the right or run into the names on the left."""
    right = left = 0.0
    for s, a, b, _ in steps:
        size = text_width(s.text, "Bold") * TEXT_SIZE + 10
        if s.value < 0:
            left = max(left, size - plot.x_value(min(a, b)))
        else:
            right = max(right, size - (plot.width - plot.x_value(max(a, b))))
    return replace(plot, right=max(plot.right, right), left_inner=left)
