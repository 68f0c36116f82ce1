"""Charts of pages (页面图): specifications of ``publish`` from figures, in the same form as in print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from qinggong.catalogue.breaks import Break
from qinggong.catalogue.synthetic import MARK
from qinggong.periods import parse
from qinggong.publish import signal_charts
from qinggong.publish.chart_frame import ChartError, Spec, with_watermark
from qinggong.publish.charts import LineSeries, bar_chart, bar_line_chart, line_chart
from qinggong.publish.fan_chart import fan_chart
from qinggong.publish.fonts import text_width
from qinggong.store.reader import Figure
from qinggong.web.english import say
from qinggong.web.readings import axis_of, label_of, on_axis, written

_WIDEST_NAME = 17.0
"""Width of a bar's name at most, in em: the drawing has 224 px for it."""
PHASES = ("上升", "放缓", "收缩", "复苏")


def line_spec(*, labels: Sequence[str], series: Sequence[LineSeries], unit: str, **more: Any) -> Spec:
    """A line chart whose layers carry the names of their series; ``more`` as for ``publish.charts.line_chart``."""
    series = [replace(one, name=say(one.name)) for one in series]
    names = [one.name for one in series]
    spec = named(line_chart(labels=labels, series=series, unit=say(unit), **more), names)
    return {**spec, "usermeta": {"units": dict.fromkeys(names, say(unit))}}


def named(spec: Spec, names: Sequence[str]) -> Spec:
    """The specification with the name of its series at every layer that belongs to one: bars, line, dots of the line.

    Tooltips, saving as CSV and leaving a series out go by these names; layers that stand for themselves have none.
    """
    left = list(names)
    now = ""

    def walk(layers: Sequence[Spec], data: Spec) -> list[Spec]:
        nonlocal now
        found = []
        for layer in layers:
            kind = (layer.get("mark") or {}).get("type") if "layer" not in layer else None
            rows = layer.get("data", data).get("values") or [{}]
            if "layer" in layer:
                found.append({**layer, "layer": walk(layer["layer"], layer.get("data", data))})
            elif kind in ("line", "bar") and left and "value" in rows[0]:
                now = left.pop(0)
                found.append({**layer, "description": now})
            elif kind == "point" and now and "label" in rows[0]:
                found.append({**layer, "description": now})
            else:
                found.append(layer)
        return found

    return {**spec, "layer": walk(spec["layer"], {})}


def over_time(
    lines: Sequence[tuple[str, Sequence[Figure]]], *, span: str, unit: str, decimals: int = 1, height: int = 250,
    reference: float | None = None, breaks: Sequence[Break] = (),
) -> Spec | None:  # fmt: skip
    """Lines over all periods of any of them; ``None`` where there is nothing to draw."""
    told = [(name, some) for name, some in lines if some]
    axis = axis_of([some for _, some in told], span)
    if len(axis) < 2:
        return None
    labels = [label_of(p, span) for p in axis]
    first = {b: next((i for i, p in enumerate(axis) if p.end_date >= b.first.end_date), 0) for b in breaks}
    spec = line_spec(
        labels=labels, unit=unit, decimals=decimals, height=height, reference=reference,
        series=[LineSeries(name, on_axis(some, axis), strong=i == 0) for i, (name, some) in enumerate(told)],
        breaks=[(place, b.short) for b, place in first.items() if place > 0],
    )  # fmt: skip
    return {**spec, "usermeta": {**spec["usermeta"], "span": span}}


def comparison_look(most: int, *, synthetic: bool) -> dict[str, Any]:
    """What the script of a site of files needs to draw up to ``most`` lines as ``over_time`` would: an empty frame
    with its typography and mark, and the stroke of each line.
    """
    lines = [LineSeries(str(i), (0.0, 1.0), strong=i == 0) for i in range(most)]
    spec = line_chart(labels=("1", "2"), series=lines, unit="", height=340)
    strokes = [one["mark"] for one in spec["layer"] if one["mark"]["type"] == "line"]
    rule = next(one["mark"] for one in spec["layer"] if one["mark"]["type"] == "rule")
    text = next(one["mark"] for one in spec["layer"] if one["mark"]["type"] == "text")
    axes = next(one["encoding"] for one in spec["layer"] if one["mark"]["type"] == "line")
    frame = {**spec, "width": 600, "height": 260, "padding": {"left": 60, "right": 24, "top": 20, "bottom": 28}}
    frame |= {"description": "", "layer": []}
    if synthetic:
        frame["layer"] = with_watermark(frame, say(MARK))["layer"][:-1]
    return {
        "frame": frame, "strokes": strokes, "rule": rule, "text": text,
        "axes": {name: axes[name]["axis"] for name in ("x", "y")},
    }  # fmt: skip


def level_and_growth(
    level: Sequence[Figure], growth: Sequence[Figure], *, span: str, units: tuple[str, str], names: tuple[str, str]
) -> Spec | None:
    """Levels as bars with growth as a line."""
    axis = axis_of([level, growth], span)
    if len(axis) < 2 or not level or not growth:
        return None
    names = (say(names[0]), say(names[1]))
    try:
        spec = bar_line_chart(
            labels=[label_of(p, span) for p in axis], bars=on_axis(level, axis), line=on_axis(growth, axis),
            bar_unit=say(units[0]), line_unit=say(units[1]), bar_name=names[0], line_name=names[1],
        )  # fmt: skip
    except ChartError:
        return None
    told = {"span": span, "units": {names[0]: say(units[0]), names[1]: say(units[1])}}
    return {**named(spec, names), "usermeta": told}


def ranking(
    rows: Sequence[tuple[str, float]], *, unit: str, decimals: int = 1, highlight: str = "",
    reference: tuple[str, float] | None = None,
) -> Spec | None:  # fmt: skip
    """Bars in falling order."""
    if not rows:
        return None
    ordered = sorted(((_fitted(say(name)), value) for name, value in rows), key=lambda r: -r[1])
    spec = bar_chart(
        labels=[name for name, _ in ordered], values=[value for _, value in ordered],
        texts=[written(value, decimals) for _, value in ordered], unit=say(unit),
        highlight=[_fitted(say(highlight))] if highlight else [], reference=(say(reference[0]),
        reference[1]) if reference else None,
    )  # fmt: skip
    name = say("增速") if unit == "%" else say(unit)
    return {**named(spec, [name]), "usermeta": {"units": {name: say(unit)}}}


def _fitted(name: str) -> str:
    """A name for a bar, cut where it would leave the drawing."""
    if text_width(name) <= _WIDEST_NAME:
        return name
    return next(name[:n] + "…" for n in range(len(name), 0, -1) if text_width(name[:n] + "…") <= _WIDEST_NAME)


def interrupted(spec: Spec) -> bool:
    """True if a line of the chart has a gap between two of its numbers."""
    for layer in spec["layer"]:
        if "layer" in layer and interrupted(
            {**layer, "layer": [{"data": layer.get("data"), **one} for one in layer["layer"]]}
        ):
            return True
        rows = ((layer.get("data") or {}).get("values") or ()) if (layer.get("mark") or {}) else ()
        if rows and isinstance(layer["mark"], dict) and layer["mark"].get("type") == "line":
            known = [i for i, row in enumerate(rows) if row.get("value") is not None]
            if known and known[-1] - known[0] + 1 > len(known):
                return True
    return False


def fan(line: Mapping[str, Any], *, unit: str = "%") -> Spec | None:
    """The fan of a nowcast line of a release."""
    path = line["path"]
    labels = [label_of(parse(p["period"])) for p in path]
    known = [p["mean"] if p["kind"] == "known" else None for p in path]
    mean = [p["mean"] if p["kind"] != "known" else None for p in path]
    if len(set(labels)) != len(labels) or not any(v is not None for v in mean):
        return None

    def side(name: str) -> list[float | None]:
        return [p[name] if p["kind"] != "known" else None for p in path]

    spec = fan_chart(
        labels=labels, known=known, mean=mean, unit=unit,
        bands=[(say("八成区间"), side("p10"), side("p90")), (say("五成区间"), side("p25"), side("p75"))],
    )  # fmt: skip
    names = [say("已公布"), say("预测")]
    return {**named(spec, names), "usermeta": {"units": dict.fromkeys(names, say(unit))}}


def clock(signals: Mapping[str, Any]) -> Spec | None:
    """The business-cycle clock of a release."""
    points = []
    for line in (signals["whole"], *signals["industries"]):
        hand = line and line["hand"]
        if hand and hand["step"]["value"] is not None and hand["deviation"]["value"] is not None:
            strong = line is signals["whole"]
            points.append(
                signal_charts.ClockPoint(
                    say("合计" if strong else line["short"] or line["name"]), hand["step"]["value"],
                    hand["deviation"]["value"], [tuple(p) for p in hand["trail"]], strong,
                )
            )  # fmt: skip
    if not points:
        return None
    up, slow, down, back = PHASES
    return signal_charts.cycle_clock(points=points, phases=(say(up), say(slow), say(down), say(back)), unit="点")


def history(signals: Mapping[str, Any], line: Mapping[str, Any]) -> Spec | None:
    """An index over the strip of a release, with its components where it is the whole."""
    periods = [label_of(parse(p)) for p in signals["strip"]]
    lines = [line, *(signals["components"] if line is signals["whole"] else ())]
    told = [
        LineSeries(one["short"] or one["name"], [f["value"] if f else None for f in one["history"]], strong=i == 0)
        for i, one in enumerate(lines) if len(one["history"]) == len(periods)
    ]  # fmt: skip
    told = [one for one in told if any(v is not None for v in one.values)]
    if not told:
        return None
    return line_spec(labels=periods, series=told, unit="点", decimals=2, reference=100.0)
