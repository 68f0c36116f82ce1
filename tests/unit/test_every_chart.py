"""What holds for every chart: its frame, its words, its colours on paper and in the dark; no number that is none."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Sequence
from itertools import combinations
from typing import Any

import pytest

from qinggong.publish.chart_frame import WIDTH, ChartError, Spec, with_watermark
from qinggong.publish.charts import LineSeries, bar_chart, bar_line_chart, line_chart
from qinggong.publish.drawing import render_svg
from qinggong.publish.fan_chart import fan_chart
from qinggong.publish.fonts import FAMILY, missing_characters
from qinggong.publish.palette import (
    BAR,
    BAR_NEGATIVE,
    DARK,
    DARK_PAPER,
    DIVERGING,
    FAN_NARROW,
    FAN_WIDE,
    INK,
    LINES,
    ON_DARK,
    ON_LIGHT,
    PAPER,
    QUARTERS,
    QUIET,
    UNKNOWN_FIELD,
    contrast,
    dark_rules,
    ink_on,
)
from qinggong.publish.panel_chart import Panel, small_multiples
from qinggong.publish.province_map import Province, tile_map
from qinggong.publish.signal_charts import LAMPS, ClockPoint, StripRow, cycle_clock, light_strip
from qinggong.publish.waterfall import Step, waterfall

Values = Sequence[float | None]
MONTHS = ["2024-1—2月", *(f"2024-{m:02d}" for m in range(3, 10))]
CODES = ("11", "31", "44", "65", "23", "54", "46", "15")
PHASES = ("上升", "放缓", "收缩", "复苏")


def _texts(values: Values) -> list[str]:
    return ["—" if v is None else f"{v:.1f}" for v in values]


def _numbers(values: Values) -> list[float]:
    return [0.0 if v is None else v for v in values]


def _labels(values: Values) -> list[str]:
    return MONTHS[: len(values)]


def _line(values: Values) -> Spec:
    return line_chart(labels=_labels(values), series=[LineSeries("家具", values, True)], unit="%", reference=None)


def _bars(values: Values) -> Spec:
    return bar_chart(labels=_labels(values), values=values, texts=_texts(values), unit="%", reference=("全国", 1.0))


def _levels(values: Values) -> Spec:
    return bar_line_chart(
        labels=_labels(values), bars=[None if v is None else abs(v) for v in values], line=values, bar_unit="亿元",
        line_unit="%", bar_name="出口", line_name="同比",
    )  # fmt: skip


def _panels(values: Values) -> Spec:
    return small_multiples(labels=_labels(values), panels=[Panel("家具", values), Panel("造纸", values)], unit="%",
                           backdrop=("全国", values))  # fmt: skip


def _map(values: Values) -> Spec:
    return tile_map(
        provinces=[Province(c, f"省{c}", v, t) for c, v, t in zip(CODES, values, _texts(values), strict=False)],
        unit="%",
    )


def _steps(values: Values) -> Spec:
    parts = [Step(n, v, t) for n, v, t in zip(_labels(values), _numbers(values), _texts(values), strict=True)]
    return waterfall(parts=parts, total=Step("合计", sum(_numbers(values)), "合计"), unit="点")


def _fan(values: Values) -> Spec:
    known = [*values, None]
    mean = [*[None] * len(values), values[-1]]
    return fan_chart(
        labels=[*_labels(values), "2025-01"], known=known, mean=mean, bands=[("九成", mean, mean)], unit="%"
    )


def _clock(values: Values) -> Spec:
    points = [ClockPoint(f"业{i}", v, -v, [(0.0, v)]) for i, v in enumerate(_numbers(values))]
    return cycle_clock(points=points, phases=PHASES, unit="点")


CHARTS: dict[str, Callable[[Values], Spec]] = {
    "lines": _line, "bars": _bars, "levels with growth": _levels, "small multiples": _panels, "tiles": _map,
    "waterfall": _steps, "fan": _fan, "clock": _clock,
}  # fmt: skip
every = pytest.mark.parametrize("build", CHARTS.values(), ids=CHARTS)
USUAL: Values = [1.5, -2.0, 0.0, 3.25, 2.0, -1.0, 4.0, 5.5]


def _spoken(svg: str) -> list[str]:
    return [a or b for a, b in re.findall(r"<text[^>]*>([^<]*)</text>|<tspan[^>]*>([^<]*)</tspan>", svg)]


@every
def test_frame_font_and_words(build: Callable[[Values], Spec]) -> None:
    spec = build(USUAL)
    padding = spec["padding"]
    assert round(spec["width"] + padding["left"] + padding["right"]) == WIDTH
    assert json.loads(json.dumps(spec, allow_nan=False)) == spec
    svg = render_svg(spec, uid="a")
    assert set(re.findall(r'font-family="([^"]+)"', svg)) == {FAMILY}
    assert not re.search(r"NaN|undefined|null|Infinity", svg)
    assert spec["description"] and missing_characters(spec["description"]) == ""
    assert render_svg(build(USUAL), uid="a") == svg


@every
@pytest.mark.parametrize(
    "values",
    [[2.5], [0.0, 0.0, 0.0], [1e9, -1e9, 5.0], [1e-7, 2e-7, 1.5e-7], [-3.0, -4.0, -5.0], [100.01, 100.02, 100.03]],
    ids=["one point", "all zero", "huge", "tiny", "below zero", "close together"],
)
def test_values_of_any_size_are_drawn(build: Callable[[Values], Spec], values: Values) -> None:
    spec = build(values)
    svg = render_svg(spec, uid="a")
    assert not re.search(r"NaN|undefined|Infinity", svg)
    places = [float(v) for v in re.findall(r"translate\((-?[\d.e+-]+),", svg)]
    assert all(-WIDTH <= place <= 2 * WIDTH for place in places)
    assert spec["description"]


@every
def test_a_number_that_is_none_is_refused(build: Callable[[Values], Spec]) -> None:
    for wrong in (math.nan, math.inf):
        with pytest.raises(ChartError, match="is no number"):
            build([1.0, wrong, 2.0])


@pytest.mark.parametrize(
    "build", [_line, _bars, _levels, _panels, _map], ids=["lines", "bars", "levels", "panels", "map"]
)
def test_nothing_to_draw_is_said(build: Callable[[Values], Spec]) -> None:
    with pytest.raises(ChartError, match="at least one value"):
        build([None, None])


def test_charts_without_subjects_say_so() -> None:
    empty: list[tuple[str, Callable[[], Any]]] = [
        ("panel and a period", lambda: small_multiples(labels=MONTHS, panels=[], unit="%")),
        ("needs a province", lambda: tile_map(provinces=[], unit="%")),
        ("needs a part", lambda: waterfall(parts=[], total=Step("合计", 1.0, "1.0"), unit="点")),
        ("expected figure", lambda: fan_chart(labels=["a"], known=[1.0], mean=[None], bands=[], unit="%")),
        ("needs a point", lambda: cycle_clock(points=[], phases=PHASES, unit="点")),
    ]
    for said, build in empty:
        with pytest.raises(ChartError, match=said):
            build()


# ------------------------------------------------------------------------------------------------------ colours

CONSTANT = {lamp.fill for lamp in LAMPS} | {ON_LIGHT, ON_DARK, *DIVERGING, "none", "transparent"}


@every
def test_every_colour_has_a_partner_in_the_dark(build: Callable[[Values], Spec]) -> None:
    svg = render_svg(with_watermark(build(USUAL), "合成示例数据"), uid="a")
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', svg))
    assert used - CONSTANT - set(DARK) == set()
    assert {"fill", "stroke"} == set(re.findall(r"\{(fill|stroke):", dark_rules(".drawing")))


def test_a_strip_keeps_its_lights_in_the_dark() -> None:
    strip = light_strip(labels=["2024-08"], rows=[StripRow("甲", [k]) for k in (-1, 0, 1, 2, 3, 4)],
                        zones=[lamp.name for lamp in LAMPS])  # fmt: skip
    used = set(re.findall(r'(?:fill|stroke)="([^"]+)"', render_svg(strip, uid="a")))
    assert used - CONSTANT - set(DARK) == set()


def test_texts_are_read_on_their_ground() -> None:
    """4.5 to 1 for every text (WCAG 2.2, 1.4.3), on paper and in the dark; 3 to 1 for bars and lines (1.4.11)."""
    grounds = {PAPER: (INK, QUIET, *(c for c, _ in LINES)), UNKNOWN_FIELD: (QUIET,)}
    grounds |= dict.fromkeys((*QUARTERS, FAN_WIDE, FAN_NARROW), (INK,))
    grounds |= dict.fromkeys(QUARTERS, (INK, QUIET))
    for ground, inks in grounds.items():
        for ink in inks:
            assert contrast(ground, ink) >= 4.5, (ground, ink)
            assert contrast(DARK[ground], DARK.get(ink, ink) if ink != LINES[0][0] else DARK[ink]) >= 4.5, (ground, ink)
    for lamp in LAMPS:
        assert contrast(lamp.fill, lamp.ink) >= 4.5, lamp.name
    for field in DIVERGING:
        assert contrast(field, ink_on(field)) >= 4.5, field
    for mark in (BAR, BAR_NEGATIVE):
        assert contrast(mark, PAPER) >= 3 and contrast(DARK[mark], DARK_PAPER) >= 3, mark
    assert not {ON_LIGHT, ON_DARK} & set(DARK)


# Machado, Oliveira and Fernandes (2009), A Physiologically-based Model for Simulation of Color Vision Deficiency,
# IEEE TVCG 15(6), table of severity 1.0.
BLINDNESS = {
    "protan": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deutan": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritan": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}


def _seen(colour: str, matrix: tuple[tuple[float, ...], ...]) -> tuple[float, float, float]:
    """CIE L*a*b* of a colour as seen with a deficiency."""
    linear = []
    for i in (1, 3, 5):
        part = int(colour[i : i + 2], 16) / 255
        linear.append(part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4)
    r, g, b = (min(max(sum(m * c for m, c in zip(row, linear, strict=True)), 0.0), 1.0) for row in matrix)
    xyz = (
        (0.4124 * r + 0.3576 * g + 0.1805 * b) / 0.9505, 0.2126 * r + 0.7152 * g + 0.0722 * b,
        (0.0193 * r + 0.1192 * g + 0.9505 * b) / 1.089,
    )  # fmt: skip
    x, y, z = (v ** (1 / 3) if v > 0.008856 else 7.787 * v + 16 / 116 for v in xyz)
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


@pytest.mark.parametrize("blindness", BLINDNESS)
def test_the_colour_blind_tell_the_marks_apart(blindness: str) -> None:
    """Signs of bars and map, and lights, by colour; lines by colour or by dash and place of the number."""
    matrix = BLINDNESS[blindness]

    def apart(one: str, other: str) -> float:
        return math.dist(_seen(one, matrix), _seen(other, matrix))

    assert apart(BAR, BAR_NEGATIVE) > 10
    for below in DIVERGING[:3]:
        for above in DIVERGING[3:]:
            assert apart(below, above) > 10, (below, above)
    for one, other in combinations(LAMPS, 2):
        assert apart(one.fill, other.fill) > 10 or one.character != other.character
    for (one, dash), (other, dash_of_other) in combinations(LINES, 2):
        assert apart(one, other) > 20 or dash != dash_of_other
    assert apart(LINES[0][0], LINES[1][0]) > 20
