"""Signal-light strip and business-cycle clock: drawn, readable in grey, the same every time, nothing outside."""

from __future__ import annotations

import re
from itertools import combinations, pairwise
from typing import Any

import pytest

from qinggong.publish.chart_frame import WIDTH, ChartError
from qinggong.publish.drawing import render_png, render_svg
from qinggong.publish.fonts import text_width
from qinggong.publish.signal_charts import LAMPS, ClockPoint, StripRow, cycle_clock, lamps, light_strip

LABELS = [f"{y}-{m:02d}" for y in (2023, 2024) for m in range(2, 13)]
ZONES = [lamp.name for lamp in LAMPS]
PHASES = ("上升", "放缓", "收缩", "复苏")


def _strip(zones: list[int], labels: list[str] = LABELS) -> dict[str, object]:
    return light_strip(labels=labels, rows=[StripRow("合计", zones, "94.32", True)], zones=ZONES, head="指数")


def _grey(colour: str) -> float:
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.299 * red + 0.587 * green + 0.114 * blue


def test_lights_can_be_told_apart_in_grey() -> None:
    """By the grey of the field, or by the character in it."""
    for a, b in combinations(LAMPS, 2):
        assert a.character != b.character or abs(_grey(a.fill) - _grey(b.fill)) > 60, (a.name, b.name)
    for lamp in LAMPS:
        if lamp.character:
            ink = 255.0 if lamp.ink == "white" else _grey(lamp.ink)
            assert abs(_grey(lamp.fill) - ink) > 110, lamp.name


def test_every_light_of_a_strip_is_drawn() -> None:
    zones = [k % 5 for k in range(len(LABELS))]
    svg = render_svg(_strip(zones), uid="a")
    for place, lamp in enumerate(LAMPS):
        fields = len(re.findall(f'fill="{lamp.fill}"', svg))
        assert fields == zones.count(place) + 1, lamp.name  # and one in the legend
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert "94.32" in texts and "指数" in texts and "合计" in texts
    assert "无指数" not in texts


def test_a_missing_index_is_an_empty_field() -> None:
    svg = render_svg(_strip([2, -1] * 11), uid="a")
    assert "无指数" in svg and svg.count(">·<") == 11 + 1


def test_years_stand_above_their_first_month() -> None:
    svg = render_svg(_strip([2] * len(LABELS)), uid="a")
    spoken = re.findall(r"<tspan[^>]*>([^<]*)</tspan>|<text[^>]*>([^<]*)</text>", svg)
    words = [a or b for a, b in spoken]
    assert words.count("2023") == 1 and words.count("2024") == 1
    assert words.index("2023") < words.index("2024")
    many = [f"{2019 + k // 12}-{k % 12 + 1:02d}" for k in range(36)]
    assert "2021" in render_svg(_strip([2] * 36, many), uid="a")


def test_what_does_not_fit_is_refused() -> None:
    with pytest.raises(ChartError, match="合计"):
        _strip([2])
    with pytest.raises(ChartError):
        light_strip(labels=[], rows=[], zones=ZONES)
    with pytest.raises(ChartError, match="two to five"):
        lamps(["一"])
    with pytest.raises(ChartError):
        cycle_clock(points=[], phases=PHASES, unit="点")


def test_three_zones_take_the_outer_and_the_middle_lamp() -> None:
    assert [c.fill for c in lamps(["冷", "平", "热"])] == [LAMPS[0].fill, LAMPS[2].fill, LAMPS[4].fill]


def _clock(points: list[ClockPoint]) -> str:
    return render_svg(cycle_clock(points=points, phases=PHASES, unit="点"), uid="a")


def test_names_on_the_clock_do_not_cover_each_other() -> None:
    points = [ClockPoint(f"行业{'甲乙丙丁戊己庚辛'[k]}", 1 + 0.02 * k, 2 - 0.05 * k) for k in range(8)]
    svg = _clock(points)
    found = re.findall(r'<text[^>]*transform="translate\(([-\d.]+),([-\d.]+)\)"[^>]*>(行业.)</text>', svg)
    assert len(found) == 8
    boxes = [(float(x), float(y), float(x) + text_width(t) * 12) for x, y, t in found]
    for (a, y, b), (c, z, d) in combinations(boxes, 2):
        assert abs(y - z) > 11 or b < c or d < a
    assert all(a >= 0 and b <= WIDTH for a, _, b in boxes)


def test_the_clock_names_its_quarters_and_draws_the_trail() -> None:
    svg = _clock([ClockPoint("合计", -1.0, 2.0, [(1.0, 1.0), (0.2, 1.8)], True), ClockPoint("造纸", 0.5, -1.0)])
    texts = re.findall(r"<text[^>]*>([^<]*)</text>", svg)
    assert set(PHASES) <= set(texts) and "合计" in texts
    trails = [d for d in re.findall(r'<path[^>]* d="([^"]+)"[^>]*stroke="#b5442e"', svg) if d.count("L") == 2]
    assert len(trails) == 1


def test_the_same_drawing_every_time() -> None:
    spec = cycle_clock(points=[ClockPoint("合计", -1.0, 2.0)], phases=PHASES, unit="点")
    strip = _strip([2] * len(LABELS))
    for one in (spec, strip):
        assert render_svg(one, uid="a") == render_svg(one, uid="a")
        padding = one["padding"]
        assert round(one["width"] + padding["left"] + padding["right"]) == WIDTH
        assert one["config"]["font"] in render_svg(one, uid="a")
    assert render_png(strip)[:8] == b"\x89PNG\r\n\x1a\n"


def test_a_name_that_had_to_move_away_is_tied_to_its_point() -> None:
    """Twelve points in one place: names spread out, thin lines lead back; one point alone needs none."""
    crowd = [ClockPoint(f"行业{n}", -1.0 + n * 0.03, 1.0 + n * 0.02) for n in range(12)]
    spec = cycle_clock(points=crowd, phases=PHASES, unit="点")
    leaders = [
        layer for layer in spec["layer"]
        if isinstance(layer.get("mark"), dict) and layer["mark"].get("strokeWidth") == 0.7
    ]  # fmt: skip
    assert len(leaders) >= 6
    for layer in leaders:
        sides = {side: at["value"] for side, at in layer["encoding"].items()}
        assert abs(sides["x"] - sides["x2"]) + abs(sides["y"] - sides["y2"]) >= 14
    alone = cycle_clock(points=[ClockPoint("合计", -1.0, 2.0)], phases=PHASES, unit="点")
    assert not [x for x in alone["layer"] if isinstance(x.get("mark"), dict) and x["mark"].get("strokeWidth") == 0.7]


def test_equal_neighbours_of_a_year_are_one_field() -> None:
    """Twenty-two stable months are two fields, one a year; a change of zone begins a new one."""
    stable = LAMPS[2].fill
    assert render_svg(_strip([2] * 22), uid="a").count(f'fill="{stable}"') == 2 + 1
    spec = _strip([2] * 5 + [3] * 2 + [2] * 15)
    layers: list[dict[str, Any]] = spec["layer"]  # type: ignore[assignment]
    fields = next(layer["data"]["values"] for layer in layers if layer["mark"] == {"type": "rect"})
    assert [row["fill"] for row in fields] == [stable, LAMPS[3].fill, stable, stable]
    assert all(a["x2"] < b["x"] for a, b in pairwise(fields))
