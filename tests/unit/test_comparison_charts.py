"""Small multiples, the tile map of provinces and the waterfall: places, scales, gaps, words."""

from __future__ import annotations

import datetime as dt
import re
from itertools import combinations

import pytest
from pydantic import ValidationError

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.tile_grid import FILE, TileGrid, tile_grid
from qinggong.publish.chart_frame import WIDTH, ChartError, Spec
from qinggong.publish.drawing import render_svg
from qinggong.publish.palette import BAR, BAR_NEGATIVE, DIVERGING, UNKNOWN_FIELD
from qinggong.publish.panel_chart import Panel, small_multiples
from qinggong.publish.province_map import Province, provinces_of, tile_map
from qinggong.publish.waterfall import Step, waterfall

MONTHS = [f"2024-{m:02d}" for m in range(1, 9)]


def _rows(spec: Spec, kind: str) -> list[Spec]:
    return [row for layer in spec["layer"] if layer["mark"].get("type") == kind for row in layer["data"]["values"]]


def _words(spec: Spec) -> list[str]:
    return re.findall(r"<text[^>]*>([^<]*)</text>", render_svg(spec, uid="a"))


# ------------------------------------------------------------------------------------------------ small multiples


def test_panels_share_one_scale() -> None:
    """Equal values stand at equal heights in their panels, and twice the value at twice the height above zero."""
    panels = [Panel("甲", [0.0, 4.0]), Panel("乙", [0.0, 8.0]), Panel("丙", [0.0, 4.0])]
    rows = _rows(small_multiples(labels=MONTHS[:2], panels=panels, unit="%", columns=3), "line")
    rise = [a["y"] - b["y"] for a, b in zip(rows[0::2], rows[1::2], strict=True)]
    assert rise[0] == pytest.approx(rise[2]) and rise[1] == pytest.approx(2 * rise[0])
    assert len({row["x"] for row in rows}) == 6


def test_a_gap_in_a_panel_stays_a_gap() -> None:
    values = [1.0, 2.0, None, 4.0, None, 6.0, 7.0, None]
    spec = small_multiples(labels=MONTHS, panels=[Panel("甲", values)], unit="%")
    paths = [d for d in re.findall(r' d="([^"]+)"[^>]*stroke="#1f4e79"', render_svg(spec, uid="a")) if d.count("L")]
    assert sorted(d.count("L") for d in paths) == [1, 1]
    assert {row["label"] for row in _rows(spec, "point")} == {"2024-04", "2024-07"}


def test_panels_carry_names_numbers_and_the_line_behind() -> None:
    panels = [Panel(f"行业{n}", [float(n)] * 8, f"{n}.0") for n in range(7)] + [Panel("无数", [None] * 8)]
    spec = small_multiples(labels=MONTHS, panels=panels, unit="%", backdrop=("全国工业", [5.0] * 8))
    words = _words(spec)
    assert {"行业0", "行业6", "6.0", "没有数值", "全国工业", "2024-01", "2024-08"} <= set(words)
    assert spec["description"].startswith("分面折线图，2024-01至2024-08，共8幅")
    assert "最高的是行业6" in spec["description"]


def test_a_long_name_gives_way_to_its_number() -> None:
    name = "木材加工和木、竹、藤、棕、草制品业"
    words = _words(small_multiples(labels=MONTHS, panels=[Panel(name, [1.0] * 8)] * 4, unit="%"))
    assert name not in words and any(w.startswith("木材加工") and w.endswith("…") for w in words)


def test_panels_keep_inside_the_drawing() -> None:
    panels = [Panel(f"行业{n}", [-50.0, 80.0, 3.0, 2.0, 1.0, 0.0, 9.0, 5.0]) for n in range(30)]
    spec = small_multiples(labels=MONTHS, panels=panels, unit="%")
    for row in _rows(spec, "line"):
        assert 0 <= row["x"] <= spec["width"] + 0.1 and 0 <= row["y"] <= spec["height"]


# -------------------------------------------------------------------------------------------------------- tiles


def test_every_province_of_the_catalogue_has_one_tile() -> None:
    codes = {code for code in load_catalogue().regions if code.isdigit()}
    grid = tile_grid()
    assert {t.code for t in grid.entries} == codes
    assert len({(t.row, t.column) for t in grid.entries}) == len(codes)
    assert grid.source and grid.valid_from <= dt.date.today()
    assert FILE.startswith("bulletins/")


def test_tiles_stand_as_the_provinces_lie() -> None:
    """Neighbours by direction: north is above, east is to the right."""
    at = {load_catalogue().regions[t.code].short: t for t in tile_grid().entries}
    for north, south in (("北京", "河北"), ("黑龙江", "吉林"), ("吉林", "辽宁"), ("广东", "海南"), ("湖北", "湖南")):
        assert at[north].row < at[south].row, (north, south)
    for west, east in (("新疆", "甘肃"), ("四川", "重庆"), ("安徽", "江苏"), ("江苏", "上海"), ("福建", "台湾")):
        assert at[west].column < at[east].column, (west, east)


def test_two_provinces_on_one_tile_are_refused() -> None:
    head = {"id": "x", "title": "x", "source": "x", "read_at": "2026-01-01", "valid_from": "2026-01-01"}
    tiles = [{"code": "11", "row": 0, "column": 0}, {"code": "12", "row": 0, "column": 0}]
    with pytest.raises(ValidationError, match="same place stands twice"):
        TileGrid.model_validate({**head, "entries": tiles})
    with pytest.raises(ValidationError, match="same code stands twice"):
        TileGrid.model_validate({**head, "entries": [tiles[0], {"code": "11", "row": 1, "column": 0}]})


def _map(values: dict[str, float | None], **options: float) -> Spec:
    names = {c: r.short for c, r in load_catalogue().regions.items() if c in values}
    known = {c: (v, f"{v:.1f}") for c, v in values.items() if v is not None}
    return tile_map(provinces=provinces_of(known, names), unit="%", **options)


def test_colours_follow_the_distance_from_the_middle() -> None:
    values = {"11": -9.0, "12": -5.0, "13": -1.0, "31": 0.0, "32": 5.0, "33": 9.0, "54": None}
    fills = {row["code"]: row["fill"] for row in _rows(_map(values, step=3.0), "rect") if "code" in row}
    assert [fills[c] for c in ("11", "12", "13", "31", "32", "33")] == list(DIVERGING)
    assert fills["54"] == UNKNOWN_FIELD


def test_a_map_prints_names_and_numbers_and_counts_them() -> None:
    spec = _map({"11": 101.5, "31": 98.0, "54": None}, middle=100.0)
    words = _words(spec)
    assert {"北京", "101.5", "上海", "98.0", "西藏", "—", "没有数值"} <= set(words)
    assert "高于100的1项、低于100的1项，1项没有数值" in spec["description"]
    boxes = [(r["x"], r["y"], r["x2"], r["y2"]) for r in _rows(spec, "rect") if "code" in r]
    for a, b in combinations(boxes, 2):
        assert a[2] <= b[0] or b[2] <= a[0] or a[3] <= b[1] or b[3] <= a[1]
    assert all(box[2] <= WIDTH for box in boxes)


def test_a_place_that_is_no_province_is_refused() -> None:
    with pytest.raises(ChartError, match="没有这里"):
        tile_map(provinces=[Province("99", "没有这里", 1.0, "1.0")], unit="%")


# ---------------------------------------------------------------------------------------------------- waterfall


def test_steps_add_up_and_falling_ones_run_back() -> None:
    parts = [Step("甲", 2.0, "2.0"), Step("乙", -0.5, "-0.5"), Step("丙", 1.0, "1.0")]
    rows = _rows(waterfall(parts=parts, total=Step("合计", 2.5, "2.5"), unit="百分点"), "rect")
    assert [(r["x"], r["x2"]) for r in rows] == [(0.0, 2.0), (1.5, 2.0), (1.5, 2.5), (0.0, 2.5)]
    assert [r["fill"] for r in rows[:3]] == [BAR, BAR_NEGATIVE, BAR]


def test_what_the_parts_leave_needs_a_name() -> None:
    parts, total = [Step("甲", 2.0, "2.0")], Step("合计", 2.5, "2.5")
    with pytest.raises(ChartError, match=r"miss 合计 by 0\.5"):
        waterfall(parts=parts, total=total, unit="点")
    rows = _rows(waterfall(parts=parts, total=total, unit="点", rest="其他"), "rect")
    assert [r["name"] for r in rows] == ["甲", "其他", "合计"]
    assert len(_rows(waterfall(parts=parts, total=total, unit="点", tolerance=0.5), "rect")) == 2


def test_texts_of_steps_stay_off_the_names() -> None:
    """A fall at the left end leaves room for its number between the bar and the names."""
    parts = [Step("一个比较长的行业名称", -3.0, "-3.00"), Step("乙", 0.1, "0.10")]
    spec = waterfall(parts=parts, total=Step("合计", -2.9, "-2.90"), unit="点")
    texts = {layer["mark"]["text"]: layer for layer in spec["layer"] if layer["mark"].get("type") == "text"}
    name, number = texts["一个比较长的行业名称"], texts["-3.00"]
    left_end_of_number = number["encoding"]["x"]["value"] - 12 * 3
    assert left_end_of_number > name["encoding"]["x"]["value"]
    assert "拉低的有一个比较长的行业名称3.00点" in spec["description"]
