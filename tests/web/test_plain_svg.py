"""The quick drawing looks as the library's does, for every kind of chart."""

from __future__ import annotations

import io
import re
from xml.etree import ElementTree

import building
import pytest
from PIL import Image, ImageChops

from qinggong.publish import signal_charts
from qinggong.publish.chart_frame import Spec, with_watermark
from qinggong.publish.charts import LineSeries, bar_chart, bar_line_chart, line_chart
from qinggong.publish.drawing import render_svg, svg_to_png
from qinggong.publish.fan_chart import fan_chart
from qinggong.publish.plain_svg import NotPlain, draw

LABELS = ["2024-11", "2024-12", "2025-1—2月", "2025-03", "2025-04", "2025-05"]
CHARTS: dict[str, Spec] = {
    "lines": line_chart(
        labels=LABELS, unit="%", reference=2.0, breaks=[(3, "口径变化")],
        series=[LineSeries("甲", [1.0, 2.5, 3.0, None, 2.0, 4.5], strong=True), LineSeries("乙", [-1.0, None, 0.5, 1.0,
        None, 2.0])],
    ),
    "bars": bar_chart(
        labels=["家具制造业", "食品制造业", "造纸"], values=[5.2, -3.1, None], texts=["5.2", "-3.1", "—"], unit="%",
        highlight=["食品制造业"], reference=("全国", 2.0),
    ),
    "levels": bar_line_chart(
        labels=LABELS, bars=[100, 120, 180, None, 110, 130], line=[1.0, -2.0, 3.0, None, 4.0, 2.0], bar_unit="亿元",
        line_unit="%", bar_name="收入", line_name="同比",
    ),
    "falls": bar_line_chart(
        labels=LABELS, bars=[100, 120, 180, 90, 110, 130], line=[1.0, -22.0, -13.0, -5.0, -4.0, -2.0], bar_unit="亿元",
        line_unit="%", bar_name="收入", line_name="同比",
    ),
    "fan": fan_chart(
        labels=LABELS, known=[1.0, 2.0, 1.5, None, None, None], mean=[None, None, None, 1.7, 1.9, 2.0], unit="%",
        bands=[("八成区间", [None] * 3 + [0.5, 0.3, 0.0], [None] * 3 + [2.9, 3.5, 4.0]),
               ("五成区间", [None] * 3 + [1.1, 1.0, 0.9], [None] * 3 + [2.3, 2.8, 3.1])],
    ),
    "lights": signal_charts.light_strip(
        labels=["2024-11", "2024-12", "2025-02", "2025-03"], zones=[name for name, _ in building.ZONES], head="指数",
        rows=[signal_charts.StripRow("合计", (2, 2, 3, 4), "98.2", strong=True), signal_charts.StripRow("家具", (0, 1, -1,
        2), "78.0")],
    ),
    "clock": signal_charts.cycle_clock(
        points=[signal_charts.ClockPoint("合计", 0.4, -1.8, ((0.1, -2.0), (0.3, -1.9)), strong=True),
                signal_charts.ClockPoint("家具", -1.0, 2.0, ((-0.5, 2.2),))],
        phases=("上升", "放缓", "收缩", "复苏"), unit="点",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CHARTS)
def test_the_drawing_is_that_of_the_library(name: str) -> None:
    spec = with_watermark(CHARTS[name], "合成数据")
    mine, theirs = draw(spec, uid="c"), render_svg(spec, uid="v")
    found = re.search(r' viewBox="0 0 ([\d.]+) ([\d.]+)"', mine)
    assert found is not None
    width, height = found.groups()
    pictures = [
        Image.open(io.BytesIO(svg_to_png(svg, scale=1))).convert("L")
        for svg in (mine.replace("<svg ", f'<svg width="{width}" height="{height}" ', 1), theirs)
    ]
    assert abs(pictures[0].width - pictures[1].width) <= 1 and abs(pictures[0].height - pictures[1].height) <= 1
    size = tuple(min(p.size[i] for p in pictures) for i in (0, 1))
    difference = ImageChops.difference(*(p.crop((0, 0, *size)) for p in pictures)).histogram()
    strong = sum(difference[96:]) / (size[0] * size[1])
    assert strong < 0.006, f"{strong:.2%} of the picture differs"


@pytest.mark.parametrize("name", CHARTS)
def test_the_drawing_is_well_formed_and_says_what_it_shows(name: str) -> None:
    svg = draw(CHARTS[name], uid="c1", label="甲<乙 & “丙”")
    parsed = ElementTree.fromstring(svg)
    assert parsed.get("aria-label") == "甲<乙 & “丙”" and parsed.get("role") == "img"
    assert "style=" not in svg and "<script" not in svg and "nan" not in svg.lower()
    assert svg == draw(CHARTS[name], uid="c1", label="甲<乙 & “丙”")


def test_what_it_cannot_draw_it_refuses() -> None:
    for broken in ({"mark": {"type": "arc"}}, {"mark": {"type": "line"}, "transform": [{"filter": "true"}]}):
        layer = {"data": {"values": [{"value": 1}]}, "encoding": {}, **broken}
        with pytest.raises(NotPlain):
            draw({**CHARTS["lines"], "layer": [layer]}, uid="c")
