"""The frame of every chart: its size, scales on round numbers, legend, units, and texts placed by measured widths.

Nothing is left to the automatic layout of the drawing library, so that charts of one bulletin stand in line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from qinggong.publish.fonts import FAMILY, text_width
from qinggong.publish.palette import (
    BAR,
    BAR_NEGATIVE,
    BAR_NEGATIVE_STRONG,
    BAR_STRONG,
    GRID,
    INK,
    NOTICE,
    PAPER,
    QUIET,
)

Spec = dict[str, Any]

WIDTH = 640
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"

TEXT_SIZE = 12
_LABEL_GAP = 14.0


class ChartError(ValueError):
    """A chart was asked for with lists that do not fit together, or without any value."""


@dataclass(frozen=True, slots=True)
class Axis:
    low: float
    high: float
    step: float

    def ticks(self) -> list[float]:
        first = math.ceil(self.low / self.step - 1e-9)
        last = math.floor(self.high / self.step + 1e-9)
        return [round(i * self.step, 10) for i in range(first, last + 1)]

    @property
    def decimals(self) -> int:
        return next((d for d in range(6) if math.isclose(round(self.step, d), self.step)), 6)


@dataclass(frozen=True, slots=True)
class Plot:
    left: float
    right: float
    top: float
    height: float
    axis: Axis
    bottom: float = 28
    left_inner: float = 0.0

    @property
    def width(self) -> float:
        return WIDTH - self.left - self.left_inner - self.right

    def y(self, value: float) -> float:
        return self.height * (self.axis.high - value) / (self.axis.high - self.axis.low)

    def x_value(self, value: float) -> float:
        return self.width * (value - self.axis.low) / (self.axis.high - self.axis.low)

    def x(self, index: int, count: int) -> float:
        """Pixel of a point on a point scale with outer padding 0.3, as in :func:`line_chart`."""
        return self.width * (index + 0.3) / max(count - 1 + 0.6, 1e-9) if count > 1 else self.width / 2


@dataclass(frozen=True, slots=True)
class Key:
    name: str
    colour: str
    shape: str
    dash: tuple[int, ...]
    weight: float


def check_length(labels: Sequence[str], values: Sequence[object], name: str) -> None:
    """Refuse lists of different lengths and numbers that are none: a gap is ``None``, never NaN."""
    if len(labels) != len(values):
        raise ChartError(f"{name}: {len(values)} values for {len(labels)} labels")
    for label, value in zip(labels, values, strict=True):
        if isinstance(value, float) and not math.isfinite(value):
            raise ChartError(f"{name}, {label}: {value} is no number; a gap is None")


def nice_axis(values: Sequence[float]) -> Axis:
    """Limits on round numbers with four to seven steps; zero joins when the values come near it."""
    if not values:
        raise ChartError("a chart needs at least one value")
    low, high = min(values), max(values)
    if low > 0 and low < 0.5 * high:
        low = 0.0
    if high < 0 and high > 0.5 * low:
        high = 0.0
    if high == low:
        low, high = low - 1, high + 1
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(m * power for m in (1, 2, 2.5, 5, 10) if m * power >= rough * 0.999)
    return Axis(round(math.floor(low / step + 1e-9) * step, 10), round(math.ceil(high / step - 1e-9) * step, 10), step)


def plain_number(value: float, decimals: int) -> str:
    return f"{value:,.{decimals}f}".replace("-0." + "0" * decimals, "0." + "0" * decimals)


def last_value(values: Sequence[float | None]) -> tuple[int, float] | None:
    return next(((i, v) for i, v in reversed(list(enumerate(values))) if v is not None), None)


def stands_alone(values: Sequence[float | None], i: int) -> bool:
    """Whether a value stands between two gaps, where a line alone would not show it."""
    before = values[i - 1] if i else None
    after = values[i + 1] if i + 1 < len(values) else None
    return values[i] is not None and before is None and after is None


def bar_colour(value: float | None, strong: bool) -> str:
    if value is not None and value < 0:
        return BAR_NEGATIVE_STRONG if strong else BAR_NEGATIVE
    return BAR_STRONG if strong else BAR


def axis_width(axis: Axis) -> float:
    return max(text_width(f"{v:,.{axis.decimals}f}") for v in axis.ticks()) * 11 + 14


def spread_labels(wanted: dict[int, float], low: float, high: float) -> dict[int, float]:
    """Move end labels apart so that none covers another, keeping their order and staying in the plot."""
    order = sorted(wanted, key=lambda i: (wanted[i], i))
    placed: list[float] = []
    for i in order:
        placed.append(max(wanted[i], placed[-1] + _LABEL_GAP if placed else low))
    limit = high
    for n in range(len(placed) - 1, -1, -1):
        placed[n] = min(placed[n], limit)
        limit = placed[n] - _LABEL_GAP
    return dict(zip(order, placed, strict=True))


def _key_width(name: str) -> float:
    return 24 + 6 + text_width(name) * TEXT_SIZE + 18


def _legend_rows(names: Sequence[str], room: float) -> list[list[int]]:
    rows: list[list[int]] = [[]]
    used = 0.0
    for i, name in enumerate(names):
        width = _key_width(name)
        if rows[-1] and used + width > room:
            rows.append([])
            used = 0.0
        rows[-1].append(i)
        used += width
    return rows


def _unit_width(unit: str) -> float:
    return text_width(f"单位：{unit}") * TEXT_SIZE + 24


def top_band(unit: str, names: Sequence[str]) -> float:
    """Height above the plot: one line when unit and legend fit beside each other, else the legend's own lines."""
    if sum(map(_key_width, names)) <= WIDTH - _unit_width(unit):
        return 34
    return 34 + 19 * len(_legend_rows(names, WIDTH - 8))


def head_marks(unit: str, keys: Sequence[Key], plot: Plot, other_unit: str = "") -> Iterator[Spec]:
    """Unit at the top left (and right), legend beside or below it."""
    line = 15 - plot.top
    yield text_mark(f"单位：{unit}", -plot.left + 4, line, QUIET)
    if other_unit:
        yield text_mark(f"单位：{other_unit}", plot.width + plot.right - 2, line, QUIET, align="right")
    total = sum(_key_width(key.name) for key in keys)
    beside = plot.top < 40
    rows = [list(range(len(keys)))] if beside else _legend_rows([k.name for k in keys], WIDTH - 8)
    for r, row in enumerate(rows):
        x = (WIDTH - plot.left - plot.left_inner - 8 - total + 18) if beside else 4 - plot.left
        if beside and other_unit:
            x = (plot.width - total + 18) / 2
        y = line if beside else line + 19 * (r + 1)
        for i in row:
            yield from _key(keys[i], x, y)
            x += _key_width(keys[i].name)


def _key(key: Key, x: float, y: float) -> Iterator[Spec]:
    if key.shape == "bar":
        mark: Spec = {"type": "rect", "fill": key.colour}
        place = {"x": {"value": x + 6}, "x2": {"value": x + 24}, "y": {"value": y - 9}, "y2": {"value": y + 1}}
    else:
        mark = {"type": "rule", "stroke": key.colour, "strokeWidth": key.weight, "strokeDash": list(key.dash)}
        place = {"x": {"value": x}, "x2": {"value": x + 24}, "y": {"value": y - 4}}
    yield {"data": {"values": [{}]}, "mark": mark, "encoding": place}
    yield text_mark(key.name, x + 30, y, INK)


def rule_mark(channel: str, level: float, mark: Spec) -> Spec:
    return {"data": {"values": [{}]}, "mark": {"type": "rule", **mark}, "encoding": {channel: {"datum": level}}}


def text_mark(
    text: str,
    x: float,
    y: float,
    colour: str,
    *,
    weight: str = "normal",
    align: str = "left",
    baseline: str = "alphabetic",
    halo: bool = False,
) -> Spec:
    mark: Spec = {
        "type": "text", "text": text, "align": align, "baseline": baseline, "fill": colour,
        "fontSize": TEXT_SIZE, "fontWeight": weight,
    }  # fmt: skip
    place = {"x": {"value": round(x, 2)}, "y": {"value": round(y, 2)}}
    one: Spec = {"data": {"values": [{}]}, "mark": mark, "encoding": place}
    if not halo:
        return one
    half = text_width(text, "Bold") * TEXT_SIZE / 2 + 2
    plate = {"type": "rect", "fill": PAPER, "opacity": 0.8, "cornerRadius": 2}
    box = {"x": x - half, "x2": x + half, "y": y - 11, "y2": y + 2}
    place = {channel: {"value": round(at, 2)} for channel, at in box.items()}
    return {"layer": [{"data": {"values": [{}]}, "mark": plate, "encoding": place}, one]}


def scale_texts(rows: Sequence[tuple[float, float, str, str]]) -> Iterator[Spec]:
    """Texts of a scale that is drawn by hand, as (x, y, text, align); the drawing marks them as parts of a scale.

    In a drawing all other numbers are facts.
    """
    at = {c: {"field": c, "type": "quantitative", "scale": None, "axis": None} for c in ("x", "y")}
    for align in sorted({row[3] for row in rows}):
        chosen = [{"x": round(x, 2), "y": round(y, 2), "text": text} for x, y, text, side in rows if side == align]
        mark = {"type": "text", "align": align, "baseline": "alphabetic", "fill": INK, "fontSize": 11}
        encoding = {**at, "text": {"field": "text"}}
        yield {"name": f"scale_{align}", "data": {"values": chosen}, "mark": mark, "encoding": encoding}


def blank_plates(rows: Sequence[Spec], at: float, plot: Plot, y: Spec) -> Spec:
    """White plates under the bar texts that the vertical line at pixel ``at`` would strike through."""
    struck = []
    for row in rows:
        value = row["value"] or 0.0
        width = text_width(row["text"]) * TEXT_SIZE + 4
        start = plot.x_value(value) + 3 if value >= 0 else plot.x_value(value) - 3 - width
        if start - 1 < at < start + width + 1:
            struck.append({"label": row["label"]})
    place = {"y": y, "x": {"value": round(at - 2, 2)}, "x2": {"value": round(at + 2, 2)}}
    return {"data": {"values": struck}, "mark": {"type": "rect", "fill": PAPER}, "encoding": place}


def break_lines(breaks: Sequence[tuple[int, str]], plot: Plot, count: int) -> list[Spec]:
    """A dotted line half a step before each given place, its text at the top on the side with room; several go down."""
    layers: list[Spec] = []
    for row, (place, text) in enumerate(breaks):
        x = (plot.x(place - 1, count) + plot.x(place, count)) / 2
        mark = {"type": "rule", "stroke": QUIET, "strokeWidth": 1, "strokeDash": [1, 3]}
        at = {"x": {"value": round(x, 2)}, "y": {"value": 0}, "y2": {"value": round(plot.height, 2)}}
        layers.append({"data": {"values": [{}]}, "mark": mark, "encoding": at})
        width = text_width(text) * TEXT_SIZE + 4
        right = x + width <= plot.width
        layers.append(
            text_mark(text, x + 4 if right else x - 4, 11 + 15 * row, QUIET, align="left" if right else "right")
        )
    return layers


def period_axis(labels: Sequence[str], width: float) -> Spec:
    """Every n-th label, counted back from the last, so that the newest period is always named."""
    widest = max((text_width(label) for label in labels), default=1.0) * 11 + 12
    every = max(1, math.ceil(widest * len(labels) / max(width, 1.0)))
    shown = [label for i, label in enumerate(labels) if (len(labels) - 1 - i) % every == 0]
    return {
        "title": None, "values": shown, "labelAngle": 0, "labelOverlap": False, "grid": False, "tickColor": QUIET,
        "domainColor": QUIET, "labelFontSize": 11, "labelPadding": 5, "labelFlush": False,
    }  # fmt: skip


def value_axis(axis: Axis) -> Spec:
    return {
        "title": None, "values": axis.ticks(), "grid": True,
        # The releases print a hyphen as minus sign; so do the scales.
        "labelExpr": f"replace(format(datum.value, ',.{axis.decimals}f'), '\u2212', '-')", "gridColor": GRID,
        "domain": False, "ticks": False, "labelFontSize": 11, "labelPadding": 6, "labelOverlap": False,
    }  # fmt: skip


def chart(plot: Plot, layers: list[Spec], *, axis_x: Spec | None, axis_y: Spec | None, words: str) -> Spec:
    """Common frame: fixed size, no automatic layout, font and colours for all marks; ``words`` say what is seen."""
    domain = {"scale": {"domain": [plot.axis.low, plot.axis.high], "nice": False}}
    for layer in layers:
        encoding = layer.get("encoding", {})
        for name, axis, quantitative in (("x", axis_x, axis_y is None), ("y", axis_y, axis_y is not None)):
            channel = encoding.get(name)
            if axis is None or channel is None or "value" in channel:
                continue
            encoding[name] = {**channel, "axis": axis}
            if quantitative:
                encoding[name] = {**encoding[name], "type": "quantitative", **domain}
    padding = {"left": plot.left + plot.left_inner, "right": plot.right, "top": plot.top, "bottom": plot.bottom}
    return {
        "$schema": SCHEMA,
        "description": words,
        "width": round(plot.width, 2),
        "height": round(plot.height, 2),
        "autosize": {"type": "none"},
        "padding": {side: round(size, 2) for side, size in padding.items()},
        "background": PAPER,
        "data": {"values": []},
        "layer": layers,
        "config": {
            "aria": False,
            "font": FAMILY,
            "view": {"stroke": None},
            "axis": {"labelColor": INK, "labelFont": FAMILY},
            "text": {"font": FAMILY},
        },
    }


def with_watermark(spec: Spec, text: str) -> Spec:
    """The specification with a text laid across the drawing, and in its upper corner; the drawing stays readable."""
    width, height = float(spec["width"]), float(spec["height"])
    size = max(24.0, min(60.0, height / 3.2, width / (text_width(text, "Bold") + 1)))
    across: Spec = {
        "data": {"values": [{}]},
        "mark": {
            "type": "text", "text": text, "align": "center", "baseline": "middle", "angle": 345, "fontSize": size,
            "fontWeight": "bold", "fill": NOTICE, "opacity": 0.13,
        },
        "encoding": {"x": {"value": round(width / 2, 2)}, "y": {"value": round(height / 2, 2)}},
    }  # fmt: skip
    padding = spec["padding"]
    corner = text_mark(
        text, width + padding["right"] - 4, -padding["top"] + 15, NOTICE, weight="bold", align="right"
    )  # fmt: skip
    return {**spec, "layer": [*spec["layer"], across, corner]}
