"""Chart specifications and their drawings: gaps stay gaps, numbers are as given, identifiers come from the caller."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest

from qinggong.publish.charts import (
    WIDTH,
    ChartError,
    LineSeries,
    bar_chart,
    bar_line_chart,
    line_chart,
    render_png,
    render_svg,
    spec_uid,
    svg_to_png,
)
from qinggong.publish.fonts import FAMILY

MONTHS = [f"2024-{m:02d}" for m in range(1, 9)]


def _line(values: Sequence[float | None], **options: Any) -> dict[str, Any]:
    return line_chart(labels=MONTHS, series=[LineSeries("增速", values, True)], unit="%", **options)


def _paths(svg: str) -> list[str]:
    """Outlines of lines: stroked paths with at least one corner, without axes and rules."""
    return [d for d in re.findall(r'<path[^>]* d="([^"]+)"[^>]*stroke="#1f4e79"', svg) if "L" in d]


def _texts(svg: str) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", svg)


def test_a_missing_month_is_a_gap() -> None:
    whole = _paths(render_svg(_line([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]), uid="a"))
    gap = _paths(render_svg(_line([1.0, 2.0, 3.0, None, 5.0, 6.0, 7.0, 8.0]), uid="a"))
    assert [d.count("M") for d in whole] == [1]
    assert [d.count("M") for d in gap] == [2]
    assert gap[0].count("L") == 5


def test_a_value_between_two_gaps_is_a_point() -> None:
    spec = _line([1.0, None, 3.0, None, 5.0, 6.0, 7.0, 8.0])
    points = [row for layer in spec["layer"] if layer["mark"].get("type") == "point" for row in layer["data"]["values"]]
    assert [row["label"] for row in points] == ["2024-01", "2024-03", "2024-08"]


def test_the_last_value_is_printed_even_before_a_gap() -> None:
    assert "6.5" in _texts(render_svg(_line([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 6.5, None]), uid="a"))
    spec = line_chart(labels=MONTHS, series=[LineSeries("x", [100.0] * 7 + [101.25], last_text="101.25")], unit="点")
    assert "101.25" in _texts(render_svg(spec, uid="a"))
    values = [98.3, 98.7, *[None] * 5]
    silent = LineSeries("x", [*values, None], last_text=None)
    other = LineSeries("y", [100.0] * 8)
    drawn = _texts(render_svg(line_chart(labels=MONTHS, series=[silent, other], unit="点"), uid="a"))
    assert "98.7" not in drawn and "100.0" in drawn


def test_end_labels_do_not_cover_each_other() -> None:
    series = [LineSeries(str(i), [5.0] * 7 + [5.0 + i / 50]) for i in range(4)]
    spec = line_chart(labels=MONTHS, series=series, unit="%")
    heights = sorted(
        layer["encoding"]["y"]["value"]
        for layer in spec["layer"]
        if layer["mark"].get("type") == "text" and layer["mark"]["text"].startswith("5.")
    )
    assert all(b - a >= 13.9 for a, b in pairwise(heights))


def test_labels_thin_out_and_keep_the_newest() -> None:
    months = [f"{2020 + i // 12}-{i % 12 + 1:02d}" for i in range(60)]
    spec = line_chart(labels=months, series=[LineSeries("x", [float(i) for i in range(60)])], unit="%")
    texts = [t for t in _texts(render_svg(spec, uid="a")) if re.fullmatch(r"20\d\d-\d\d", t)]
    assert 5 <= len(texts) <= 14
    assert texts[-1] == "2024-12"


def test_bars_carry_the_texts_given_and_mark_negative_ones() -> None:
    spec = bar_chart(
        labels=["食品", "造纸", "家具", "皮革"],
        values=[5.25, -3.1, 0.0, None],
        texts=["5.3", "-3.1", "0.0", "—"],
        unit="%",
        highlight=["食品"],
        reference=("全国工业", 4.5),
    )
    svg = render_svg(spec, uid="a")
    texts = _texts(svg)
    assert all(text in texts for text in ("5.3", "-3.1", "0.0", "—", "全国工业 4.5", "单位：%", "食品"))
    assert "stroke-dasharray" in svg
    bars = {
        row["label"]: row["colour"] for layer in spec["layer"] for row in layer["data"]["values"] if "colour" in row
    }
    assert len({bars["食品"], bars["造纸"], bars["家具"]}) == 3


def test_scales_print_the_hyphen_of_the_releases() -> None:
    texts = _texts(render_svg(_line([-8.0, -4.0, 0.0, 1.0, 2.0, 3.0, 4.0, 5.0]), uid="a"))
    assert "-5" in texts
    assert not any("−" in text for text in texts)


@pytest.mark.parametrize(
    "line", [[1.0, 2.0, None, 3.0], [-1.0, 4.0, 3.0, 2.0], [-9.0, -4.0, 1.0, -2.0], [-1.0, -2.0, -3.0, -4.0]]
)
def test_levels_with_growth(line: list[float | None]) -> None:
    spec = bar_line_chart(
        labels=MONTHS[:4], bars=[1200.0, 1300.5, None, 1250.0], line=line,
        bar_unit="亿元", line_unit="%", bar_name="出口", line_name="增速",
    )  # fmt: skip
    texts = _texts(render_svg(spec, uid="a"))
    assert {"单位：亿元", "单位：%", "出口（左轴）", "增速（右轴）", "2024-04"} <= set(texts)


def test_same_size_and_font_in_every_chart() -> None:
    for spec in (_line([1.0] * 8), bar_chart(labels=["a"], values=[1.0], texts=["1"], unit="%")):
        svg = render_svg(spec, uid="a")
        assert f'width="{WIDTH}"' in svg
        assert set(re.findall(r'font-family="([^"]+)"', svg)) == {FAMILY}
        assert json.loads(json.dumps(spec)) == spec


def test_drawing_twice_gives_the_same_and_only_the_callers_identifiers() -> None:
    spec = _line([1.0, 2.0, 3.0, 4.0, None, 6.0, 7.0, 8.0])
    first = render_svg(spec, uid="u1")
    render_svg(_line([2.0] * 8), uid="other")
    assert render_svg(spec, uid="u1") == first
    assert all(name.startswith("u1-") for name in re.findall(r'\bid="([^"]+)"', first))
    assert spec_uid(spec, 1) == spec_uid(json.loads(json.dumps(spec)), 1) != spec_uid(spec, 2)


def test_identifiers_of_the_library_are_rewritten_with_their_uses() -> None:
    clipped = {
        "width": 50, "height": 50, "data": {"values": [{"a": 1, "b": 2}, {"a": 2, "b": 3}]},
        "mark": {"type": "line", "clip": True},
        "encoding": {"x": {"field": "a", "type": "quantitative"}, "y": {"field": "b", "type": "quantitative"}},
    }  # fmt: skip
    svg = render_svg(clipped, uid="u9")
    assert re.findall(r'\bid="([^"]+)"', svg) == ["u9-0"]
    assert "url(#u9-0)" in svg
    assert svg == render_svg(clipped, uid="u9")


def test_png_is_a_picture_of_twice_the_size() -> None:
    spec = _line([1.0] * 4 + [2.0] * 4)
    data = render_png(spec)
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert int.from_bytes(data[16:20], "big") == 2 * WIDTH
    assert svg_to_png(render_svg(spec, uid="c")) == data


def test_names_in_a_drawing_are_escaped() -> None:
    name = '<script>alert("x")</script>'
    svg = render_svg(line_chart(labels=MONTHS, series=[LineSeries(name, [1.0] * 8)], unit=name), uid="a")
    assert "<script" not in svg


def test_lists_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ChartError, match="增速: 7 values for 8 labels"):
        _line([1.0] * 7)
    with pytest.raises(ChartError, match="at least one value"):
        _line([None] * 8)


def test_january_and_february_together_are_a_ring() -> None:
    labels = ["2023-12", "2024-1—2月", "2024-03"]
    spec = line_chart(labels=labels, series=[LineSeries("增速", [1.0, 2.0, 3.0])], unit="%")
    rings = [layer for layer in spec["layer"] if layer["mark"].get("stroke") and layer["mark"].get("type") == "point"]
    assert [row["label"] for ring in rings for row in ring["data"]["values"]] == ["2024-1—2月"]
    assert rings[0]["mark"]["fill"] == "white" and "2024-1—2月" in _texts(render_svg(spec, uid="a"))
    gap = line_chart(labels=labels, series=[LineSeries("增速", [1.0, None, 3.0])], unit="%")
    assert not [layer for layer in gap["layer"] if layer["mark"].get("fill") == "white"]
