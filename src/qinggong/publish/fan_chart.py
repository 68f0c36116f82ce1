"""The fan chart (扇形图): what is known as a line, what is expected as bands that widen."""

from __future__ import annotations

from collections.abc import Sequence

from qinggong.publish.chart_frame import (
    ChartError,
    Key,
    Plot,
    Spec,
    axis_width,
    chart,
    check_length,
    head_marks,
    nice_axis,
    period_axis,
    rule_mark,
    text_mark,
    top_band,
    value_axis,
)
from qinggong.publish.chart_words import fan_words
from qinggong.publish.palette import FAN_NARROW, FAN_WIDE, INK, LINES
from qinggong.publish.phrases import called

_BANDS = (FAN_WIDE, FAN_NARROW)
"""Wide and narrow band; both read as greys."""


def fan_chart(
    *,
    labels: Sequence[str],
    known: Sequence[float | None],
    mean: Sequence[float | None],
    bands: Sequence[tuple[str, Sequence[float | None], Sequence[float | None]]],
    unit: str,
    told: tuple[str, str] | None = None,
    height: int = 230,
) -> Spec:
    """A line of known figures, a dashed line of expected ones, and their intervals.

    Parameters
    ----------
    labels
        Periods, ``2025-08``; the block of January and February as ``2025-02``.
    known, mean
        Values at the labels; ``None`` outside their range. The first expected figure is joined to the last known one.
    bands
        Name, lower and upper bounds, the widest first.
    told
        A label and the text printed at its expected figure.
    """
    check_length(labels, known, "known")
    check_length(labels, mean, "mean")
    for name, low, high in bands:
        check_length(labels, low, name)
        check_length(labels, high, name)
    if not any(v is not None for v in mean):
        raise ChartError("a fan needs an expected figure")
    every = [v for _, low, high in bands for v in (*low, *high) if v is not None]
    axis = nice_axis([v for v in (*known, *mean) if v is not None] + every)
    names = [called(name) for name in ("已公布", "预测", *(name for name, _, _ in bands))]
    top, left = top_band(unit, names), axis_width(axis)
    plot = Plot(left, 34, top, height - 28 - top, axis)
    x = {"field": "label", "type": "ordinal", "scale": {"domain": list(labels), "type": "point", "padding": 0.3}}
    y = {"field": "value", "type": "quantitative"}
    last = max((i for i, v in enumerate(known) if v is not None), default=None)
    layers: list[Spec] = []
    for place, (_, low, high) in enumerate(bands):
        rows = [
            {"label": label, "low": a, "high": b}
            for label, a, b in zip(labels, low, high, strict=True) if a is not None and b is not None
        ]  # fmt: skip
        if last is not None:
            rows.insert(0, {"label": labels[last], "low": known[last], "high": known[last]})
        layers.append(
            {
                "data": {"values": rows},
                "mark": {"type": "area", "fill": _BANDS[min(place, 1)], "opacity": 1},
                "encoding": {
                    "x": x, "y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"},
                },
            }
        )  # fmt: skip
    if axis.low <= 0 <= axis.high:
        layers.append(rule_mark("y", 0.0, {"stroke": INK, "strokeWidth": 1}))
    colour = LINES[0][0]
    expected = list(mean)
    if last is not None and last + 1 < len(expected) and expected[last] is None:
        expected[last] = known[last]
    for values, dash, weight in ((known, (), 2.2), (expected, (5, 3), 1.8)):
        rows = [{"label": label, "value": v} for label, v in zip(labels, values, strict=True)]
        layers.append(
            {
                "data": {"values": rows},
                "mark": {
                    "type": "line", "stroke": colour, "strokeWidth": weight, "strokeDash": list(dash),
                    "strokeJoin": "round", "invalid": "break-paths-show-domains",
                },
                "encoding": {"x": x, "y": y},
            }
        )  # fmt: skip
    keys = [Key(names[0], colour, "line", (), 2.2), Key(names[1], colour, "line", (5, 3), 1.8)]
    keys += [Key(name, _BANDS[min(k, 1)], "bar", (), 1.0) for k, name in enumerate(names[2:])]
    layers += head_marks(unit, keys, plot)
    if told is not None and (value := mean[labels.index(told[0])]) is not None:
        px, py = plot.x(labels.index(told[0]), len(labels)), plot.y(value)
        layers.append(text_mark(told[1], px, py - 8, colour, weight="bold", align="center", halo=True))
    return chart(
        plot, layers, axis_x=period_axis(labels, plot.width), axis_y=value_axis(axis),
        words=fan_words(labels, known, mean, bands, unit=unit),
    )  # fmt: skip
