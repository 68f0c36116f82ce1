"""What a chart shows, in words made from its numbers (图的文字说明), for those who cannot see it.

Every chart function puts such a text into its specification as ``description``; a page, a PDF and a document read it
to the reader after the title. Trend, newest value and extremes are told, never more than a handful of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

_NAMED = 3


def figure_text(value: float, decimals: int = 1) -> str:
    """A number with at least ``decimals`` digits after the point, and a second one where it has one."""
    exact = f"{value:.2f}".rstrip("0")
    digits = max(decimals, len(exact.partition(".")[2]))
    text = f"{value:,.{digits}f}"
    return text.lstrip("-") if not any(c in "123456789" for c in text) else text


def with_unit(text: str, unit: str) -> str:
    """“5.2%”, “98.30点”; a unit of several words stands apart."""
    return f"{text}{unit}" if len(unit) <= 4 else f"{text}（{unit}）"


def _points(unit: str) -> str:
    return "个百分点" if unit == "%" else unit


def line_words(
    name: str, labels: Sequence[str], values: Sequence[float | None], *, unit: str, decimals: int = 1, newest: str = ""
) -> str:
    """One line: newest value, change against the value before, run of changes in one direction, extremes."""
    known = [(label, v) for label, v in zip(labels, values, strict=True) if v is not None]
    if not known:
        return f"{name}没有数值"
    label, last = known[-1]
    told = f"{name}{label}为{with_unit(newest or figure_text(last, decimals), unit)}"
    if len(known) == 1:
        return told
    steps = [round(b - a, 9) for (_, a), (_, b) in pairwise(known)]
    if steps[-1] == 0:
        told += f"，与{known[-2][0]}持平"
    else:
        word = "上升" if steps[-1] > 0 else "下降"
        told += f"，比{known[-2][0]}{word}{with_unit(figure_text(abs(steps[-1]), decimals), _points(unit))}"
        run = 0
        while run < len(steps) and steps[-1 - run] * steps[-1] > 0:
            run += 1
        told += f"，连续{run}期{word}" if run >= 3 else ""
    low, high = min(known, key=lambda k: k[1]), max(known, key=lambda k: k[1])
    if low[1] == high[1]:
        return told + "，各期相同"
    return told + (
        f"；最高{with_unit(figure_text(high[1], decimals), unit)}（{high[0]}），"
        f"最低{with_unit(figure_text(low[1], decimals), unit)}（{low[0]}）"
    )


def lines_words(kind: str, labels: Sequence[str], told: Sequence[str]) -> str:
    """A chart over periods: its span, then what each line says."""
    span = f"{labels[0]}至{labels[-1]}" if len(labels) > 1 else "".join(labels)
    return f"{kind}，{span}。{'。'.join(told)}。"


def bars_words(
    labels: Sequence[str], values: Sequence[float | None], texts: Sequence[str], *, unit: str,
    reference: tuple[str, float] | None = None, kind: str = "条形图", zero: str = "0",
) -> str:  # fmt: skip
    """Bars of one period: how many above and below zero, the ends, and how many pass the reference.

    ``zero`` is the name of the level that the values are counted from: 100 for an index.
    """
    known = [(n, v, t) for n, v, t in zip(labels, values, texts, strict=True) if v is not None]
    told = f"{kind}，共{len(labels)}项"
    if not known:
        return f"{told}，没有数值。"
    up, down = sum(v > 0 for _, v, _ in known), sum(v < 0 for _, v, _ in known)
    told += f"，高于{zero}的{up}项" + (f"、低于{zero}的{down}项" if down else "")
    told += f"，{len(labels) - len(known)}项没有数值" if len(known) < len(labels) else ""
    ordered = sorted(known, key=lambda k: -k[1])
    if len(ordered) <= 2 * _NAMED:
        told += f"：{_listed(ordered, unit)}"
    else:
        told += f"；最高的是{_listed(ordered[:_NAMED], unit)}；最低的是{_listed(ordered[-_NAMED:], unit)}"
    if reference is not None:
        above = sum(v > reference[1] for _, v, _ in known)
        told += f"；高于{reference[0]}（{with_unit(figure_text(reference[1]), unit)}）的有{above}项"
    return told + "。"


def _listed(rows: Sequence[tuple[str, float, str]], unit: str) -> str:
    return "、".join(f"{name}{with_unit(text, unit)}" for name, _, text in rows)


def lights_words(labels: Sequence[str], rows: Sequence[tuple[str, Sequence[int]]], zones: Sequence[str]) -> str:
    """A strip of lights: how many subjects stand in which zone in the newest period, and which have moved into it."""
    told = []
    for place, zone in reversed(list(enumerate(zones))):
        names = [name for name, lights in rows if lights and lights[-1] == place]
        if names:
            told.append(f"{zone}{len(names)}个（{'、'.join(names)}）")
    unknown = [name for name, lights in rows if not lights or lights[-1] < 0]
    if unknown:
        told.append(f"没有指数{len(unknown)}个（{'、'.join(unknown)}）")
    moved = [
        f"{name}由{zones[lights[-2]]}转为{zones[lights[-1]]}"
        for name, lights in rows if len(lights) > 1 and min(lights[-2:]) >= 0 and lights[-1] != lights[-2]
    ]  # fmt: skip
    span = f"{labels[0]}至{labels[-1]}" if len(labels) > 1 else labels[0]
    change = f"；比上一期变化：{'，'.join(moved)}" if moved else ("；灯号与上一期相同" if len(labels) > 1 else "")
    return f"信号灯，{span}，共{len(rows)}行。{labels[-1]}：{'；'.join(told)}{change}。"


def clock_words(points: Sequence[tuple[str, float, float]], phases: tuple[str, str, str, str]) -> str:
    """A cycle clock: who stands in which quarter, by the signs of deviation and change."""
    told = []
    for place, (above, rising) in enumerate(((True, True), (True, False), (False, False), (False, True))):
        names = [n for n, change, deviation in points if (deviation >= 0) is above and (change >= 0) is rising]
        if names:
            told.append(f"{phases[place]}{len(names)}个（{'、'.join(names)}）")
    return f"周期钟，共{len(points)}个点：{'；'.join(told)}。"


def fan_words(
    labels: Sequence[str],
    known: Sequence[float | None],
    mean: Sequence[float | None],
    bands: Sequence[tuple[str, Sequence[float | None], Sequence[float | None]]],
    *,
    unit: str,
) -> str:
    """A fan: newest known value, first and last expected one with its intervals."""
    said = []
    past = [(n, v) for n, v in zip(labels, known, strict=True) if v is not None]
    if past:
        said.append(f"已公布至{past[-1][0]}，为{with_unit(figure_text(past[-1][1]), unit)}")
    places = [i for i, v in enumerate(mean) if v is not None]
    for place in dict.fromkeys((places[0], places[-1])):
        value = mean[place]
        assert value is not None
        text = f"{labels[place]}预测{with_unit(figure_text(value), unit)}"
        for name, low, high in reversed(list(bands)):
            if (a := low[place]) is not None and (b := high[place]) is not None:
                text += f"，{name}{figure_text(a)}至{with_unit(figure_text(b), unit)}"
        said.append(text)
    return f"扇形图，{labels[0]}至{labels[-1]}。{'；'.join(said)}。"


def panels_words(labels: Sequence[str], panels: Sequence[tuple[str, Sequence[float | None], str]], *, unit: str) -> str:
    """Small multiples: newest values of the ends, and how many rose and fell against the period before."""
    newest = [(name, next((v for v in reversed(values) if v is not None), None), text) for name, values, text in panels]
    told = f"分面折线图，{labels[0]}至{labels[-1]}，共{len(panels)}幅"
    up = down = 0
    for _, values, _ in panels:
        if len(values) > 1 and (a := values[-2]) is not None and (b := values[-1]) is not None:
            up, down = up + (b > a), down + (b < a)
    if up or down:
        told += f"，{labels[-1]}比{labels[-2]}上升的{up}个、下降的{down}个"
    rows = sorted(((n, v, t) for n, v, t in newest if v is not None), key=lambda r: -r[1])
    if not rows:
        return f"{told}，没有数值。"
    if len(rows) <= 2 * _NAMED:
        return f"{told}；最新值：{_listed(rows, unit)}。"
    return f"{told}；最新值最高的是{_listed(rows[:_NAMED], unit)}；最低的是{_listed(rows[-_NAMED:], unit)}。"


def steps_words(parts: Sequence[tuple[str, float, str]], total: tuple[str, float, str], *, unit: str) -> str:
    """A waterfall: the whole, then the parts that pull up and down, largest first."""
    told = f"瀑布图：{total[0]}{with_unit(total[2], unit)}"
    for word, chosen in (("拉高", [p for p in parts if p[1] > 0]), ("拉低", [p for p in parts if p[1] < 0])):
        if chosen:
            first = sorted(chosen, key=lambda p: -abs(p[1]))[: 2 * _NAMED]
            rest = f"等{len(chosen)}项" if len(chosen) > len(first) else ""
            names = "、".join(f"{name}{with_unit(text.lstrip('-'), unit)}" for name, _, text in first)
            told += f"；{word}的有{names}{rest}"
    return told + "。"
