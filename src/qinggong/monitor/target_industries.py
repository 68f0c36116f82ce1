"""Industries behind a figure of the whole (分行业的拉动): their weight in it and their growth, from published figures.

The weight of a division is its revenue over that of the whole in the newest full year before the period that has
both. The divisions that are light industry as a whole are shown; the others are light industry only in part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qinggong.catalogue import Indicator, Subject
from qinggong.monitor.target_inputs import Figures, readings
from qinggong.periods import Period, ytd
from qinggong.store.base import Observation

GROUP = "whole_divisions"


@dataclass(frozen=True, slots=True)
class Row:
    """One industry: weight in the whole (0…1), growth in percent, the figures used."""

    key: str
    name: str
    weight: float
    growth: float
    used: tuple[Observation, ...]


@dataclass(frozen=True, slots=True)
class Weighted:
    """Industries with weight and growth at one period; ``whole`` is the growth of the whole."""

    rows: tuple[Row, ...]
    whole: float | None
    origin: str

    def weight_of(self, key: str) -> float | None:
        return next((r.weight for r in self.rows if r.key == key), None)


def weighted_industries(figures: Figures, whole: Subject, indicator: Indicator, *, period: Period) -> Weighted:
    """Weights and cumulative growth of the divisions at a period; empty where none is published."""
    revenue = figures.catalogue.indicator("revenue")
    total = readings(figures, whole, revenue).level
    own = readings(figures, whole, indicator).growth.get(period)
    rows, years = [], set()
    members = [
        figures.catalogue.known_subjects[m.subjects[0]] for m in figures.catalogue.groups[GROUP].members if m.subjects
    ]
    for member in members:
        growth = readings(figures, member, indicator).growth.get(period)
        if growth is None or growth.value is None:
            continue
        found = _weight(total, readings(figures, member, revenue).level, before=period.year)
        if found is None:
            continue
        weight, year, used = found
        years.add(year)
        rows.append(Row(member.key, member.name, weight, growth.value, (growth, *used)))
    first, last = (min(years), max(years)) if years else (0, 0)
    span = f"{last}年全年" if first == last else f"各行业最近一年（{first}年全年至{last}年全年）"
    origin = f"{span}营业收入占{whole.name}的比重" if years else ""
    return Weighted(tuple(rows), own.value if own is not None else None, origin)


def _weight(
    total: Mapping[Period, Observation], part: Mapping[Period, Observation], *, before: int
) -> tuple[float, int, tuple[Observation, Observation]] | None:
    """Share in the newest full year before a year, and that year."""
    for year in sorted({p.year for p in part if p.last == 12 and p.year < before}, reverse=True):
        one, whole = part[ytd(year, 12)], total.get(ytd(year, 12))
        if whole is None or not whole.value or one.value is None or one.series.unit != whole.series.unit:
            continue
        return one.value / whole.value, year, (one, whole)
    return None
