"""Provinces as a grid of tiles (省级方格图): one tile each by its direction, no border drawn, its number inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qinggong.catalogue.tile_grid import tile_grid
from qinggong.publish.chart_frame import (
    TEXT_SIZE,
    WIDTH,
    ChartError,
    Plot,
    Spec,
    chart,
    check_length,
    nice_axis,
    scale_texts,
    text_mark,
)
from qinggong.publish.chart_words import bars_words
from qinggong.publish.fonts import text_width
from qinggong.publish.palette import DIVERGING, QUIET, UNKNOWN_FIELD, ink_on

_SIZE = 46.0


@dataclass(frozen=True, slots=True)
class Province:
    """One tile: the code of GB/T 2260, the short name, the value with the text printed in the tile."""

    code: str
    name: str
    value: float | None
    text: str = ""


def tile_map(
    *, provinces: Sequence[Province], unit: str, middle: float = 0.0, step: float | None = None, dash: str = "—"
) -> Spec:
    """A tile for each province, coloured in three steps below and three above ``middle``.

    Parameters
    ----------
    provinces
        Those of the catalogue; one left out has no tile, one without value an empty tile with a dash.
    middle
        Where the colour changes from blue to orange: 0 for growth, 100 for an index.
    step
        Width of a colour step in ``unit``; without it a round number that three steps fill.

    Raises
    ------
    ChartError
        Without a province, for one that has no place in the grid, and where none has a value.
    """
    places = {t.code: (t.column, t.row) for t in tile_grid().entries}
    if not provinces:
        raise ChartError("a map needs a province")
    for p in provinces:
        if p.code not in places:
            raise ChartError(f"{p.name} ({p.code}) has no place in the tile grid")
    check_length([p.name for p in provinces], [p.value for p in provinces], "provinces")
    known = [p.value for p in provinces if p.value is not None]
    if not known:
        raise ChartError("a map needs at least one value")
    width = step or _round_step(max(abs(v - middle) for v in known) / 3)
    columns, rows = tile_grid().columns, 1 + max(places[p.code][1] for p in provinces)
    top_row = min(places[p.code][1] for p in provinces)
    wide = (WIDTH - 8.0) / columns
    plot = Plot(4, 4, 58, (rows - top_row) * _SIZE, nice_axis([0.0, 1.0]), bottom=4)
    tiles: list[Spec] = []
    names: list[Spec] = []
    for p in provinces:
        column, row = places[p.code]
        x, y = column * wide, (row - top_row) * _SIZE
        fill = UNKNOWN_FIELD if p.value is None else DIVERGING[_class(p.value - middle, width)]
        ink = QUIET if p.value is None else ink_on(fill)
        tiles.append({"code": p.code, "x": round(x + 1, 2), "x2": round(x + wide - 1, 2), "y": y + 1,
                      "y2": y + _SIZE - 1, "fill": fill})  # fmt: skip
        centre = round(x + wide / 2, 2)
        names.append({"x": centre, "y": y + 16, "text": p.name, "ink": ink})
        said = dash if p.value is None else p.text
        names.append({"x": centre, "y": y + 33, "text": said, "ink": ink})
    own: dict[str, Spec] = {c: {"field": c, "type": "nominal", "scale": None} for c in ("fill", "ink")}
    at = {c: {"field": c, "type": "quantitative", "scale": None, "axis": None} for c in ("x", "y")}
    layers: list[Spec] = [
        {
            "data": {"values": tiles},
            "mark": {"type": "rect", "cornerRadius": 3},
            "encoding": {**at, "x2": {"field": "x2"}, "y2": {"field": "y2"}, "fill": own["fill"]},
        },
        {
            "data": {"values": names},
            "mark": {"type": "text", "align": "center", "baseline": "middle", "fontSize": TEXT_SIZE},
            "encoding": {**at, "text": {"field": "text"}, "fill": own["ink"]},
        },
        text_mark(f"单位：{unit}", 0, 15 - plot.top, QUIET),
        *_legend(middle, width, plot, unknown=len(known) < len(provinces)),
    ]
    words = bars_words(
        [p.name for p in provinces], [None if p.value is None else p.value - middle for p in provinces],
        [p.text for p in provinces], unit=unit, kind="省级方格图", zero=_plain(middle),
    )  # fmt: skip
    return chart(plot, layers, axis_x=None, axis_y=None, words=words)


def provinces_of(values: Mapping[str, tuple[float, str]], names: Mapping[str, str]) -> tuple[Province, ...]:
    """All provinces of ``names`` (code to short name) with the values known of them."""
    return tuple(Province(code, name, *values.get(code, (None, ""))) for code, name in names.items())


def _class(away: float, step: float) -> int:
    """0 to 5: the colour step of a distance from the middle; the middle itself is the first step above."""
    return 2 - min(int((-away - 1e-9) / step), 2) if away < 0 else 3 + min(int((away + 1e-9) / step), 2)


def _round_step(rough: float) -> float:
    axis = nice_axis([0.0, max(rough, 1e-6) * 5])
    return axis.step


def _plain(value: float) -> str:
    return f"{round(value, 6):g}"


def _legend(middle: float, step: float, plot: Plot, *, unknown: bool) -> list[Spec]:
    """The six steps with the numbers at their borders, and the empty tile where there is one."""
    wide, x0 = 62.0, plot.width - 6 * 62.0
    y = 24 - plot.top
    marks: list[Spec] = []
    scale: list[tuple[float, float, str, str]] = []
    for place, fill in enumerate(DIVERGING):
        marks.append(_box(x0 + place * wide, y, wide - 1, fill))
    for border in range(1, 6):
        text = _plain(middle + (border - 3) * step)
        scale.append((x0 + border * wide, y - 5, text, "center"))
    if unknown:
        name = "没有数值"
        x = x0 - 24 - text_width(name) * TEXT_SIZE - 18
        marks += [_box(x, y, 18, UNKNOWN_FIELD), text_mark(name, x + 23, y + 10, QUIET)]
    return [*marks, *scale_texts(scale)]


def _box(x: float, y: float, width: float, fill: str) -> Spec:
    sides = {"x": x, "x2": x + width, "y": y, "y2": y + 12}
    place = {side: {"value": round(at, 2)} for side, at in sides.items()}
    return {"data": {"values": [{}]}, "mark": {"type": "rect", "fill": fill}, "encoding": place}
