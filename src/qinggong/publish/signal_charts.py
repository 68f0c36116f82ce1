"""Charts of lights and cycles as Vega-Lite specifications: the signal-light strip and the business-cycle clock.

Both are readable in grey: hot and cold lights carry a character, white on the dark outer ones; places on the clock
carry their names.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from qinggong.publish.chart_frame import (
    TEXT_SIZE,
    WIDTH,
    ChartError,
    Plot,
    Spec,
    chart,
    check_length,
    nice_axis,
    rule_mark,
    text_mark,
    value_axis,
)
from qinggong.publish.chart_words import clock_words, lights_words
from qinggong.publish.fonts import text_width
from qinggong.publish.palette import INK, LINES, ON_DARK, ON_LIGHT, PALE_LINE, PAPER, QUARTERS, QUIET, UNKNOWN_FIELD
from qinggong.publish.phrases import called

_ROW, _CHARACTER, _GAP = 22, 11, 0.6


@dataclass(frozen=True, slots=True)
class Lamp:
    """One zone: its name, the colour of its field, the character in it and the character's colour."""

    name: str
    fill: str
    character: str
    ink: str


# From cold to hot, as in the published strips: blue, light blue, green, yellow, red.
LAMPS: tuple[Lamp, ...] = (
    Lamp("过冷", "#1b4f8a", "冷", ON_DARK),
    Lamp("渐冷", "#a9d3ec", "冷", ON_LIGHT),
    Lamp("稳定", "#cfe6c4", "", ON_LIGHT),
    Lamp("渐热", "#f2cf63", "热", ON_LIGHT),
    Lamp("过热", "#a93226", "热", ON_DARK),
)
UNKNOWN = Lamp("无指数", UNKNOWN_FIELD, "·", QUIET)


@dataclass(frozen=True, slots=True)
class StripRow:
    """One row of a strip: places of zones (−1 unknown), and the text at its end."""

    name: str
    zones: Sequence[int]
    text: str = ""
    strong: bool = False


@dataclass(frozen=True, slots=True)
class ClockPoint:
    """One place on the clock: change of the deviation, the deviation, and the trail that led there, oldest first."""

    name: str
    change: float
    deviation: float
    trail: Sequence[tuple[float, float]] = ()
    strong: bool = False


def lamps(names: Sequence[str]) -> tuple[Lamp, ...]:
    """Lamps of zones named from cold to hot; five zones as published, others in even steps of these.

    Raises
    ------
    ChartError
        For fewer than two zones or more than five.
    """
    if not 2 <= len(names) <= len(LAMPS):
        raise ChartError(f"a strip has two to five zones, not {len(names)}")
    last = len(LAMPS) - 1
    chosen = [LAMPS[round(place * last / (len(names) - 1))] for place in range(len(names))]
    return tuple(Lamp(name, c.fill, c.character, c.ink) for name, c in zip(names, chosen, strict=True))


def light_strip(*, labels: Sequence[str], rows: Sequence[StripRow], zones: Sequence[str], head: str = "") -> Spec:
    """Signal lights: one row a subject, one column a period; an unknown light is an empty field with a dot.

    Parameters
    ----------
    labels
        Periods, ``2025-08``; the block of January and February as ``2025-02``. Years are printed once.
    zones
        Names from cold to hot.
    head
        What the texts at the ends are.
    """
    if not rows or not labels:
        raise ChartError("a strip needs a row and a period")
    for row in rows:
        check_length(labels, row.zones, row.name)
    chosen = lamps(zones)
    unknown = any(z < 0 for row in rows for z in row.zones)
    left = max(text_width(r.name, "Bold" if r.strong else "Regular") for r in rows) * TEXT_SIZE + 14
    right = max((text_width(t, "Bold") for t in (head, *(r.text for r in rows)) if t), default=0.0) * TEXT_SIZE + 12
    plot = Plot(left, right, 62, float(_ROW * len(rows)), nice_axis([0.0, 1.0]), bottom=10)
    column = plot.width / len(labels)
    fields: list[Spec] = []
    characters: list[Spec] = []
    for r, row in enumerate(rows):
        for first, end, zone in _runs(labels, row.zones):
            lamp = chosen[zone] if zone >= 0 else UNKNOWN
            top, bottom = r * _ROW + 1.5, (r + 1) * _ROW - 1.5
            box = {"x": round(first * column + _GAP, 2), "x2": round(end * column - _GAP, 2), "y": top, "y2": bottom}
            fields.append({**box, "fill": lamp.fill})
            if lamp.character:
                middle = round((first + end) / 2 * column, 2)
                characters.append({"x": middle, "y": (r + 0.5) * _ROW, "text": lamp.character, "ink": lamp.ink})
    x = {
        "field": "label", "type": "ordinal",
        "scale": {"domain": list(labels), "type": "band", "paddingInner": 0, "paddingOuter": 0},
        "axis": _period_axis(labels, plot.width),
    }  # fmt: skip
    at = {c: {"field": c, "type": "quantitative", "scale": None, "axis": None} for c in ("x", "y")}
    layers: list[Spec] = [
        # Draws nothing: it carries the scale of the periods.
        {
            "data": {"values": [{"label": labels[0]}]},
            "mark": {"type": "tick", "opacity": 0, "fill": PAPER},
            "encoding": {"x": x},
        },
        {
            "data": {"values": fields},
            "mark": {"type": "rect"},
            "encoding": {**at, "x2": {"field": "x2"}, "y2": {"field": "y2"}, "fill": _own("fill")},
        },
        {
            "data": {"values": characters},
            "mark": {"type": "text", "align": "center", "baseline": "middle", "fontSize": _CHARACTER},
            "encoding": {**at, "text": {"field": "text"}, "fill": _own("ink")},
        },
    ]
    for r, row in enumerate(rows):
        middle, weight = (r + 0.5) * _ROW, "bold" if row.strong else "normal"
        layers.append(text_mark(row.name, -8, middle, INK, align="right", baseline="middle", weight=weight))
        if row.text:
            layers.append(text_mark(row.text, plot.width + 8, middle, INK, baseline="middle", weight=weight))
    if head:
        layers.append(text_mark(head, plot.width + 8, -8, QUIET))
    layers += _lamp_keys([*reversed(chosen), *([replace(UNKNOWN, name=called(UNKNOWN.name))] if unknown else [])], plot)
    words = lights_words(labels, [(row.name, row.zones) for row in rows], [lamp.name for lamp in chosen])
    return chart(plot, layers, axis_x=None, axis_y=None, words=words)


def _runs(labels: Sequence[str], zones: Sequence[int]) -> list[tuple[int, int, int]]:
    """Equal neighbours of one year as (first place, place after the last, zone): one field each."""
    runs: list[tuple[int, int, int]] = []
    for place, zone in enumerate(zones):
        if runs and runs[-1][2] == zone and labels[place][:4] == labels[place - 1][:4]:
            runs[-1] = (runs[-1][0], place + 1, zone)
        else:
            runs.append((place, place + 1, zone))
    return runs


def cycle_clock(*, points: Sequence[ClockPoint], phases: tuple[str, str, str, str], unit: str) -> Spec:
    """Business-cycle clock: deviation from trend upwards, its change to the right; the cycle runs against the clock.

    Parameters
    ----------
    phases
        Names of the quarters: above and rising (right, top), above and falling, below and falling, below and rising.
    """
    if not points:
        raise ChartError("a clock needs a point")
    for p in points:
        check_length(("变动", "偏离"), (p.change, p.deviation), p.name)
    sizes = [(p.change, p.deviation) for p in points] + [t for p in points for t in p.trail]
    wide = _round_limit(max(abs(x) for x, _ in sizes))
    high = _round_limit(max(abs(y) for _, y in sizes))
    across, upwards = nice_axis([-wide, wide]), nice_axis([-high, high])
    plot = Plot(52, 16, 36, 330, upwards, bottom=44)

    def at(x: float, y: float) -> tuple[float, float]:
        return plot.width * (x - across.low) / (across.high - across.low), plot.y(y)

    x_place = {
        "field": "x", "type": "quantitative", "scale": {"domain": [across.low, across.high], "nice": False},
        "axis": {**value_axis(across), "labelPadding": 5},
    }  # fmt: skip
    y_place = {
        "field": "y", "type": "quantitative", "scale": {"domain": [upwards.low, upwards.high], "nice": False},
        "axis": value_axis(upwards),
    }  # fmt: skip
    place = {"x": x_place, "y": y_place}
    shades = [
        {"x": 0.0, "x2": across.high if right else across.low, "y": 0.0, "y2": upwards.low if low else upwards.high,
         "fill": fill}
        for fill, right, low in (
            (QUARTERS[0], 1, 0), (QUARTERS[1], 0, 0), (QUARTERS[2], 0, 1), (QUARTERS[3], 1, 1)
        )
    ]  # fmt: skip
    layers: list[Spec] = [
        {
            "data": {"values": shades},
            "mark": {"type": "rect"},
            "encoding": {**place, "x2": {"field": "x2"}, "y2": {"field": "y2"}, "fill": _own("fill")},
        }
    ]
    layers += [rule_mark(channel, 0.0, {"stroke": INK, "strokeWidth": 1}) for channel in ("x", "y")]
    corners = ((plot.width - 10, 20.0, "right"), (10.0, 20.0, "left"), (10.0, plot.height - 10, "left"),
               (plot.width - 10, plot.height - 10, "right"))  # fmt: skip
    taken: list[Box] = []
    for name, (x, y, side) in zip(phases, corners, strict=True):
        layers.append(text_mark(name, x, y, QUIET, weight="bold", align=side))
        size = text_width(name, "Bold") * TEXT_SIZE
        taken.append((x - size if side == "right" else x, y - 12.0, x if side == "right" else x + size, y + 3.0))
    for p in points:
        path = [*p.trail, (p.change, p.deviation)]
        colour, weight = (LINES[1][0], 1.8) if p.strong else (PALE_LINE, 1.1)
        layers.append(
            {
                "data": {"values": [{"x": x, "y": y, "n": n} for n, (x, y) in enumerate(path)]},
                "mark": {"type": "line", "stroke": colour, "strokeWidth": weight, "strokeJoin": "round"},
                "encoding": {**place, "order": {"field": "n", "type": "quantitative"}},
            }
        )
    dots = [
        {"x": p.change, "y": p.deviation, "fill": LINES[1 if p.strong else 0][0], "size": 90 if p.strong else 52}
        for p in points
    ]
    size_of = {"field": "size", "type": "quantitative", "scale": None, "legend": None}
    layers.append(
        {
            "data": {"values": dots},
            "mark": {"type": "point", "filled": True, "opacity": 1, "stroke": PAPER, "strokeWidth": 1},
            "encoding": {**place, "fill": _own("fill"), "size": size_of},
        }
    )
    places = [at(p.change, p.deviation) for p in points]
    middle = at(0.0, 0.0)
    taken += [(middle[0] - 3, 0.0, middle[0] + 3, plot.height), (0.0, middle[1] - 3, plot.width, middle[1] + 3)]
    taken += [(x - 6, y - 6, x + 6, y + 6) for x, y in places]
    trails = [at(*step) for p in points for step in _between([*p.trail, (p.change, p.deviation)])]
    taken += [(x - 2, y - 2, x + 2, y + 2) for x, y in trails]
    for p, spot in sorted(zip(points, places, strict=True), key=lambda both: (not both[0].strong, both[1])):
        x, y = _free_place(p, spot, taken, plot)
        weight_of = "bold" if p.strong else "normal"
        if (leader := _leader(spot, x, y, text_width(p.name, "Bold") * TEXT_SIZE)) is not None:
            layers.append(leader)
        layers.append(text_mark(p.name, x, y, INK, weight=weight_of, baseline="middle"))
    layers.append(text_mark(f"纵轴：对趋势的偏离（{unit}）", 4 - plot.left, 15 - plot.top, QUIET))
    layers.append(text_mark("细线：近六个月的路径", plot.width + 8, 15 - plot.top, QUIET, align="right"))
    foot = text_mark(f"横轴：偏离在三个月中的变动（{unit}）", plot.width + 8, plot.height + 38, QUIET, align="right")
    words = clock_words([(p.name, p.change, p.deviation) for p in points], phases)
    return chart(plot, [*layers, foot], axis_x=None, axis_y=None, words=words)


Box = tuple[float, float, float, float]


def _free_place(point: ClockPoint, place: tuple[float, float], taken: list[Box], plot: Plot) -> tuple[float, float]:
    """Left end and middle of a name beside its point, where it covers least; the chosen field is then taken."""
    size = text_width(point.name, "Bold") * TEXT_SIZE
    x, y = place
    best: tuple[float, tuple[float, float], Box] | None = None
    held = np.array(taken).T
    for away in (0.0, 12.0, 24.0, 36.0, 50.0, 66.0):
        for left, middle in (
            (x + 8 + away / 2, y), (x - 8 - away / 2 - size, y), (x - size / 2, y - 14 - away),
            (x - size / 2, y + 14 + away), (x + 6, y - 12 - away), (x + 6, y + 12 + away),
            (x - 6 - size, y - 12 - away), (x - 6 - size, y + 12 + away),
            (x + 10 + away, y - 10 - away / 2), (x + 10 + away, y + 10 + away / 2),
            (x - 10 - away - size, y - 10 - away / 2), (x - 10 - away - size, y + 10 + away / 2),
        ):  # fmt: skip
            box = (left - 3, middle - 8, left + size + 3, middle + 8)
            outside = max(0.0, -box[0]) + max(0.0, box[2] - plot.width) + max(0.0, -box[1])
            outside += max(0.0, box[3] - plot.height)
            way = _between([place, (min(max(x, left), left + size), middle)])[1:] if away else []
            crossed = sum(_covered((a - 2, b - 2, a + 2, b + 2), held) for a, b in way)
            worth = _covered(box, held) + crossed + 40 * outside + away
            if best is None or worth < best[0] - 1e-9:
                best = (worth, (left, middle), box)
    assert best is not None
    # A name over a name is worse than one over a line.
    taken += [best[2]] * 4
    return best[1]


def _leader(spot: tuple[float, float], left: float, middle: float, size: float) -> Spec | None:
    """A thin line from a point to its name, where the name had to move away."""
    end = (min(max(spot[0], left - 2), left + size + 2), min(max(spot[1], middle - 8), middle + 8))
    if abs(end[0] - spot[0]) + abs(end[1] - spot[1]) < 14:
        return None
    sides = {"x": spot[0], "y": spot[1], "x2": end[0], "y2": end[1]}
    return {
        "data": {"values": [{}]},
        "mark": {"type": "rule", "stroke": INK, "strokeWidth": 0.7},
        "encoding": {side: {"value": round(at, 2)} for side, at in sides.items()},
    }


def _between(path: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """Places along a path, four to a step: names keep off them."""
    return [(a[0] + (b[0] - a[0]) * k / 4, a[1] + (b[1] - a[1]) * k / 4) for a, b in pairwise(path) for k in range(4)]


def _covered(box: Box, others: np.ndarray[Any, Any]) -> float:
    """Area that a box shares with others, given as columns; where these lie over each other it counts for each."""
    left, top, right, bottom = others
    across = np.minimum(right, box[2]) - np.maximum(left, box[0])
    down = np.minimum(bottom, box[3]) - np.maximum(top, box[1])
    return float(np.sum(np.maximum(across, 0.0) * np.maximum(down, 0.0)))


def _round_limit(size: float) -> float:
    return max(size * 1.12, 1.0)


def _own(name: str) -> Spec:
    return {"field": name, "type": "nominal", "scale": None}


def _period_axis(labels: Sequence[str], width: float) -> Spec:
    """Months above the columns, the year above its first month; narrow columns name every second month."""
    every = 1 if width / len(labels) >= 15 else 2
    shown = {label for i, label in enumerate(labels) if (len(labels) - 1 - i) % every == 0}
    heads: dict[str, list[str]] = {}
    for place, label in enumerate(labels):
        year, _, number = label.partition("-")
        opens = place == 0 or labels[place - 1][:4] != year
        # A year with one or two columns at the left end would run into the next one.
        named = opens and (place > 0 or sum(one.startswith(year) for one in labels) > 2)
        if label in shown or named:
            heads[label] = [year if named else "", number.lstrip("0") if label in shown else ""]
    table = "{" + ", ".join(f"'{label}': ['{y}', '{m}']" for label, (y, m) in heads.items()) + "}"
    return {
        "title": None, "orient": "top", "values": list(heads), "labelExpr": f"{table}[datum.value]", "labelAngle": 0,
        "labelOverlap": False, "domain": False, "ticks": False, "grid": False, "labelFontSize": _CHARACTER,
        "labelPadding": 19, "labelColor": QUIET, "labelFlush": False, "labelLineHeight": 14, "labelLimit": 0,
    }  # fmt: skip


def _lamp_keys(shown: Sequence[Lamp], plot: Plot) -> list[Spec]:
    """The lamps with their names in the head line, from hot to cold."""
    widths = [24 + text_width(lamp.name) * TEXT_SIZE + 16 for lamp in shown]
    x, y = WIDTH - plot.left - 8 - sum(widths) + 16, 15 - plot.top
    marks: list[Spec] = []
    for lamp, width in zip(shown, widths, strict=True):
        sides = {"x": x, "x2": x + 18, "y": y - 11, "y2": y + 4}
        box = {side: {"value": round(at, 2)} for side, at in sides.items()}
        marks.append({"data": {"values": [{}]}, "mark": {"type": "rect", "fill": lamp.fill}, "encoding": box})
        if lamp.character:
            character = text_mark(lamp.character, x + 9, y - 3.5, lamp.ink, align="center", baseline="middle")
            character["mark"]["fontSize"] = _CHARACTER
            marks.append(character)
        marks.append(text_mark(lamp.name, x + 23, y, INK))
        x += width
    return marks
