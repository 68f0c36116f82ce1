"""Figures made from facts: small multiples, steps of the index, provinces as tiles; nothing where facts are too few."""

from __future__ import annotations

import dataclasses
import re
from types import SimpleNamespace
from typing import Any, cast

import pytest

from qinggong.monitor.facts import (
    BreakMark,
    Chart,
    Citation,
    Fact,
    IndexLine,
    Line,
    Lineage,
    Part,
    Places,
    Signals,
)
from qinggong.periods import Period, month, months_between
from qinggong.publish.drawing import render_svg
from qinggong.publish.sections.figures import MOST_LINES, index_steps, numbered, panel_figure, place_tiles

PERIODS = tuple(months_between(month(2024, 3), month(2024, 12)))


def _fact(text: str, at: Period = PERIODS[-1], unit: str = "%") -> Fact:
    cited = Lineage((), citations=(Citation("新闻稿", "国家统计局", "2024-09-14", "stated", ""),))
    return Fact(f"x/{text}/{at.code}", "增速", float(text), text, unit, at, "published", cited)


def _chart(lines: int = 8, absent: tuple[int, ...] = ()) -> Chart:
    drawn = tuple(
        Line(
            f"k{n}", f"行业{n}" if n else "规模以上工业", n == 0,
            tuple((p, None if n and i in absent else _fact(f"{n + i / 10:.1f}", p)) for i, p in enumerate(PERIODS)),
        )
        for n in range(lines)
    )  # fmt: skip
    return Chart("x", "增加值单月同比增速", "增加值", "%", "month", PERIODS, drawn)


def _drawn_numbers(spec: dict[str, Any]) -> set[str]:
    """Numbers of a drawing, its scales apart."""
    svg = re.sub(r'<g class="mark-(?:group role-axis|text role-mark scale)[^>]*>.*?</g>', "", render_svg(spec, uid="a"))
    return {n for text in re.findall(r"<text[^>]*>([^<]*)</text>", svg) for n in re.findall(r"-?\d+\.\d+", text)}


def test_more_lines_than_kinds_of_line_stand_side_by_side() -> None:
    figure = panel_figure(_chart(MOST_LINES + 2), label="图2-2")
    assert figure is not None and figure.label == "图2-2" and figure.source == "国家统计局"
    assert figure.title == "增加值单月同比增速（2024年3月份至2024年12月份）"
    assert "共7幅" in figure.spoken and "1—2月合并为一个观测值。" in figure.notes
    assert _drawn_numbers(figure.spec) == {f"{n}.9" for n in range(1, MOST_LINES + 2)}
    words = re.findall(r"<text[^>]*>([^<]*)</text>", render_svg(figure.spec, uid="a"))
    assert "规模以上工业" in words  # the line behind, in the legend


def test_gaps_and_breaks_are_said_below_the_panels() -> None:
    marked = dataclasses.replace(_chart(absent=(3,)), breaks=(BreakMark(month(2024, 6), "口径调整", "口径"),))
    figure = panel_figure(marked, label="图2-2")
    assert figure is not None
    assert "折线中断处为未收录该月数据。" in figure.notes and "2024年6月起，口径调整。" in figure.notes


def test_too_few_figures_make_no_panels_and_take_no_number() -> None:
    taken: list[str] = []

    def label() -> str:
        taken.append("图")
        return "图2-9"

    assert numbered(panel_figure, _chart(4), counter=label) == []
    assert numbered(panel_figure, _chart(absent=tuple(range(6))), counter=label) == []
    assert taken == []
    (figure,) = numbered(panel_figure, _chart(), counter=label)
    assert figure.label == "图2-9" and len(taken) == 1


@pytest.fixture
def signals() -> Any:
    def build(**given: Any) -> Signals:
        base: dict[str, Any] = {
            "period": month(2024, 8), "previous": month(2024, 7), "places": None, "whole": None,
            "settings": {"centre": _fact("100", unit="点")},
        }  # fmt: skip
        return cast("Signals", SimpleNamespace(**{**base, **given}))

    return build


def _whole(*parts: tuple[str, str], change: str) -> IndexLine:
    told = tuple(Part(name, _fact(text, unit="点")) for name, text in parts)
    return IndexLine("whole", "总指数", "合计", change=_fact(change, unit="点"), parts=told)


def test_the_steps_of_the_index_are_its_parts(signals: Any) -> None:
    whole = _whole(("家具", "-0.50"), ("造纸", "0.30"), ("食品", "0.00"), ("皮革", "-0.04"), change="-0.24")
    figure = index_steps(signals(whole=whole), label="图7-3")
    assert figure is not None
    assert figure.title == "各行业对总指数变动的拉动（2024年8月份比2024年7月份）"
    assert _drawn_numbers(figure.spec) == {"-0.50", "0.30", "-0.04", "-0.24"}
    assert "总指数变动-0.24点；拉高的有造纸0.30点；拉低的有家具0.50点、皮革0.04点" in figure.spoken
    assert index_steps(signals(whole=_whole(("家具", "-0.50"), ("造纸", "0.00"), change="-0.50")), label="") is None
    assert index_steps(signals(), label="") is None


def test_provinces_with_an_index_are_tiles_and_the_others_are_empty(signals: Any) -> None:
    lines = tuple(
        IndexLine(f"place/{n}", f"{n}指数", n, value=_fact(text, unit="点"))
        for n, text in (("广东", "101.20"), ("浙江", "98.10"), ("福建", "100.00"))
    )
    places = Places(lines, (), _fact("3"), _fact("31"), (), ())
    figure = place_tiles(signals(places=places), label="图7-5")
    assert figure is not None and _drawn_numbers(figure.spec) == {"101.20", "98.10", "100.00"}
    words = re.findall(r"<text[^>]*>([^<]*)</text>", render_svg(figure.spec, uid="a"))
    assert words.count("—") == 28 and {"西藏", "新疆", "北京"} <= set(words)
    assert "共31项" in figure.spoken and "28项没有数值" in figure.spoken
    few = dataclasses.replace(places, lines=lines[:2])
    assert place_tiles(signals(places=few), label="") is None
    assert place_tiles(signals(), label="") is None
