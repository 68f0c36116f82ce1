"""Figures of the series of one file (序列的数): doubtful zeros and Februaries out, equal columns once, then raw rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from qinggong.periods import Period
from qinggong.sources.base import Defect, RawRow, Unmapped
from qinggong.sources.layouts import Layout, Mapped, plain_name
from qinggong.sources.zeros import confirmed_zero


@dataclass(slots=True)
class Series:
    """A mapped series: its figures by period, as (text, number, figure's number).

    ``februaries`` are the figures of February alone, by year: not taken in, but telling what those beside them are.
    """

    sheet: str
    name: str
    column: str
    layout: Layout
    mapped: Mapped
    region: str
    figures: dict[Period, tuple[str, float, int]] = field(default_factory=dict)
    februaries: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Tally:
    """What is counted on the way."""

    blank: int = 0
    zeros: int = 0
    confirmed: int = 0
    defects: list[Defect] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)


def _key(series: Series) -> tuple[str, str, str, str]:
    return (series.region, series.mapped.subject.key, series.mapped.indicator.code, series.mapped.measure)


def drop_februaries(series: Sequence[Series], tally: Tally) -> None:
    """Take out of “1-2月合并” series what is February alone: the plain series has the same figure for February."""
    alone: dict[tuple[str, str, str, str], dict[int, float]] = {}
    for s in series:
        if s.februaries and not s.mapped.combined:
            alone.setdefault(_key(s), {}).update(s.februaries)
    out = names = 0
    for s in series:
        if not s.mapped.combined:
            continue
        februaries = alone.get(_key(s), {})
        wrong = [p for p, (_, v, _) in s.figures.items() if p.is_jan_feb and v and februaries.get(p.year) == v]
        for period in wrong:
            del s.figures[period]
        out, names = out + len(wrong), names + bool(wrong)
    if out:
        why = "名称是1-2月合并，数值却与单独的2月相同；1—2月取自累计序列"
        tally.unmapped.append(Unmapped(f"{names}个“1-2月合并”序列的部分2月", out, why))


def drop_zeros(series: Sequence[Series], tally: Tally) -> None:
    """Take out the zeros that mean missing, or may."""
    siblings: dict[tuple[str, str, str, str], tuple[dict[Period, float], dict[Period, float]]] = {}
    for s in series:
        if s.mapped.measure == "yoy":
            monthly, cumulative = siblings.setdefault(_key(s), ({}, {}))
            for period, (_, value, _) in s.figures.items():
                if value:
                    (cumulative if period.kind == "ytd" else monthly)[period] = value
    for s in series:
        rule = s.layout.missing.zero(s.mapped.measure)
        if rule is None:
            continue
        for period in [p for p, (_, value, _) in s.figures.items() if value == 0]:
            if rule.when == "unless_confirmed" and confirmed_zero(period, *siblings[_key(s)], tolerance=rule.tolerance):
                tally.confirmed += 1
            else:
                del s.figures[period]
                tally.zeros += 1
                tally.blank += 1


def raw_rows(series: Sequence[Series], file: str, tally: Tally) -> Iterator[RawRow]:
    """The rows of all series, each figure once; where two columns of one series differ, neither is taken."""
    first: dict[tuple[object, ...], dict[tuple[str, Period], int]] = {}
    for n, s in enumerate(series):
        known = first.setdefault(_place(s), {})
        differs: dict[int, list[Period]] = {}
        for period, figure in s.figures.items():
            key = (s.mapped.indicator_at(period).code, period)
            other = known.setdefault(key, n)
            if other not in (n, -1) and not _agree(series[other].figures[period], figure, s.mapped):
                differs.setdefault(other, []).append(period)
        for rival, periods in differs.items():
            tally.defects.append(_difference(series[rival], s, periods))
            known.update(((s.mapped.indicator_at(p).code, p), -1) for p in periods)
    for n, s in enumerate(series):
        known = first[_place(s)]
        title = s.layout.citation.replace("{file}", file).replace("{sheet}", s.sheet)
        region, publisher, mapped = s.region, s.mapped.publisher, s.mapped
        # Goods by their HS code have no name of their own.
        coded = mapped.subject.kind == "trade" and mapped.subject.code.startswith("hs.")
        subject, measure, unit = mapped.subject.key if coded else mapped.subject.name, mapped.measure, mapped.unit
        for period, (text, _, row) in s.figures.items():
            indicator = mapped.indicator_at(period)
            if known[indicator.code, period] == n:
                yield RawRow(
                    row, period.code, region, subject, indicator.name, measure, text, unit, title, "", publisher, ""
                )


def _place(series: Series) -> tuple[object, ...]:
    mapped = series.mapped
    return (series.region, mapped.subject.key, mapped.measure, mapped.span == "point")


def _agree(one: tuple[str, float, int], other: tuple[str, float, int], mapped: Mapped) -> bool:
    """True if two figures are one: equal, or the one is the other rounded to no fewer digits than are published."""
    if one[1] == other[1]:
        return True
    digits = min(len(t.partition(".")[2]) for t in (one[0], other[0]))
    digits = max(digits, mapped.indicator.decimals.get(mapped.measure, 1))
    return abs(one[1] - other[1]) <= 0.5 * 10.0**-digits * (1 + 1e-9)


def _difference(one: Series, other: Series, periods: Sequence[Period]) -> Defect:
    newest = max(periods)
    a, b = one.figures[newest], other.figures[newest]
    places = [f"“{s.name}”（{s.sheet + '!' if s.sheet else ''}{s.column}）" for s in (one, other)]
    same = plain_name(one.name) == plain_name(other.name)
    message = (
        f"{places[0]}与{places[1]}是同一序列{'的两列' if same else ''}，有{len(periods)}期数值不同"
        f"（如{newest.code}：{a[0]}与{b[0]}），这些期没有导入"
    )
    return Defect("duplicate-series", b[2], other.name[:60], message, "请核对后只保留正确的一列")
