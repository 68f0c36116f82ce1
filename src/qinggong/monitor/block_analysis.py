"""The analysis of all series, block by block (分块测算): growth, momentum, level, and how unusual the last figure is.

The task reads one block of the store and works on all its series at once; what it returns depends on the series
alone, never on which others share the block: every sum adds months in their order, element by element. (A sum along
an axis is not such a sum: NumPy adds a single column in pairs and several columns in rows, with other last bits.)
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong.panel import Panel
from qinggong.periods import Period
from qinggong.store.base import Block, PanelStore

# Places in an identifier (``SeriesKey.id``).
_INDICATOR, _MEASURE = 2, 3
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOMENTUM_MONTHS = 3
AVERAGE_MONTHS = 12
LEAST_IN_AVERAGE = 10
"""Months that an average of twelve needs: industry surveys have no single January and February."""
LEAST_HISTORY = 24
"""Earlier growth rates that a judgement of the last one needs."""
CONSISTENT = 1.4826
"""Makes the median absolute deviation estimate a normal distribution's standard deviation."""


@dataclass(frozen=True, slots=True, eq=False)
class SeriesFigures:
    """One figure a series; arrays of one length, in the order of ``series``.

    Attributes
    ----------
    series
        Identifiers, sorted.
    last
        Last month with a value, as months since the year 0; −1 without any.
    value
        The value of that month, in the unit of the series.
    growth
        Year on year, percent; of series that are published as growth rates the rate itself.
    momentum
        Sum of the last three months over the sum of the three before, percent; monthly levels only.
    average
        Mean of the last twelve months; monthly levels only.
    surprise
        Robust z-score of the last growth rate among all earlier ones.

    NaN where a figure cannot be had.
    """

    series: tuple[str, ...]
    last: Integers
    value: Floats
    growth: Floats
    momentum: Floats
    average: Floats
    surprise: Floats

    def __post_init__(self) -> None:
        for name in _COLUMNS:
            column = getattr(self, name)
            if column.shape != (len(self.series),):
                raise ValueError(f"{name} has shape {column.shape} where {len(self.series)} series are")
            column.setflags(write=False)


_COLUMNS = tuple(f.name for f in fields(SeriesFigures) if f.name != "series")


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Places of the series by growth, among those of the same indicator, measure, basis, span and unit.

    ``place`` is 1 for the fastest and shared by equals, 0 without a growth rate; ``of`` counts those that have one.
    """

    place: Integers
    of: Integers


@dataclass(frozen=True, slots=True)
class BlockAnalysis:
    """The task: from a block of a store to the figures of its series.

    Parameters
    ----------
    store
        Reads the block; it must be picklable to travel.
    as_of, known
        As ``PanelStore.read`` takes them.
    """

    store: PanelStore
    as_of: dt.date | None = None
    known: dt.datetime | None = None

    def __call__(self, block: Block) -> SeriesFigures:
        return joined(analysed(panel) for panel in self.store.read(block, as_of=self.as_of, known=self.known))


def analysed(panel: Panel) -> SeriesFigures:
    """The figures of the series of one panel."""
    if not panel.series or not panel.periods:
        nothing = np.full(len(panel.series), np.nan)
        return SeriesFigures(panel.series, np.full(len(panel.series), -1), *(nothing.copy() for _ in _COLUMNS[1:]))
    measures = np.array([identity_parts(series)[_MEASURE] for series in panel.series], dtype=object)
    ends = np.array([period.year * 12 + period.last - 1 for period in panel.periods], dtype=np.int64)
    is_level, is_rate = measures == "level", measures == "yoy"
    growth = np.where(is_level, year_on_year(panel.values, panel.periods), np.where(is_rate, panel.values, np.nan))
    last, columns = last_row(panel.values), np.arange(len(panel.series))
    momentum = average = np.full(len(panel.series), np.nan)
    # Decided by the span, not by the periods at hand: those depend on what else is in the block.
    if panel.span == "month":
        levels = np.where(is_level, monthly(panel.values, ends), np.nan)
        momentum = momentum_at(levels, ends[last] - ends[0])
        average = average_at(levels, ends[last] - ends[0])
    known = last >= 0
    return SeriesFigures(
        series=panel.series,
        last=np.where(known, ends[last], -1),
        value=panel.values[last, columns],
        growth=growth[last, columns],
        momentum=np.where(known, momentum, np.nan),
        average=np.where(known, average, np.nan),
        surprise=robust_score(growth, last),
    )


def year_on_year(values: Floats, periods: Sequence[Period]) -> Floats:
    """Growth over the same period of the year before, percent: 100 (x_t / x_{t−1 year} − 1).

    Parameters
    ----------
    values
        Shape (periods, series); NaN where missing.
    periods
        The time axis, with or without gaps.

    Returns
    -------
    Floats
        Shape (periods, series); NaN unless both values are there and the base is positive.
    """
    place = {period: number for number, period in enumerate(periods)}
    before = np.array([place.get(period.year_before(), -1) for period in periods], dtype=np.int64)
    base = np.where((before >= 0)[:, None], values[before], np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(base > 0, (values / base - 1) * 100, np.nan)


def last_row(values: Floats) -> Integers:
    """Row of the last value of each series, −1 without any."""
    there = ~np.isnan(values)
    rows = values.shape[0] - 1 - np.argmax(there[::-1], axis=0)
    return np.where(there.any(axis=0), rows, -1).astype(np.int64)


def monthly(values: Floats, ends: Integers) -> Floats:
    """The values on an axis of all months from the first to the last; ``ends`` numbers the months there are."""
    grid = np.full((int(ends[-1] - ends[0]) + 1, values.shape[1]), np.nan)
    grid[ends - ends[0]] = values
    return grid


def momentum_at(levels: Floats, rows: Integers) -> Floats:
    """Growth of three months over the three before, percent; NaN unless all six are there and the base is positive.

    Parameters
    ----------
    levels
        Shape (months, series), every month of the axis.
    rows
        Of each series the row of its last month.
    """
    late = _sum_back(levels, rows, range(MOMENTUM_MONTHS), before=np.nan)
    early = _sum_back(levels, rows, range(MOMENTUM_MONTHS, 2 * MOMENTUM_MONTHS), before=np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(early > 0, (late / early - 1) * 100, np.nan)


def average_at(levels: Floats, rows: Integers) -> Floats:
    """Mean of the last twelve months, of which at least ten are there; parameters as for ``momentum_at``."""
    there = ~np.isnan(levels)
    number = _sum_back(there.astype(np.float64), rows, range(AVERAGE_MONTHS), before=0.0)
    total = _sum_back(np.where(there, levels, 0.0), rows, range(AVERAGE_MONTHS), before=0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(number >= LEAST_IN_AVERAGE, total / number, np.nan)


def _sum_back(levels: Floats, rows: Integers, lags: Iterable[int], *, before: float) -> Floats:
    """x_{r−lag} added one after the other; ``before`` stands for months before the axis begins."""
    columns, total = np.arange(levels.shape[1]), np.zeros(levels.shape[1])
    for lag in lags:
        total = total + np.where(rows >= lag, levels[np.maximum(rows - lag, 0), columns], before)
    return total


def robust_score(growth: Floats, rows: Integers) -> Floats:
    """How far the last growth rate lies from all earlier ones: (g − med) / (1.4826 · MAD).

    Parameters
    ----------
    growth
        Shape (periods, series), percent; NaN where missing.
    rows
        Of each series the row of the rate that is judged, −1 for none.

    Returns
    -------
    Floats
        NaN with fewer than ``LEAST_HISTORY`` earlier rates, or where half of them are equal.

    References
    ----------
    P. J. Rousseeuw and C. Croux (1993), Alternatives to the median absolute deviation, Journal of the American
    Statistical Association 88, 1273–1283: the constant is that of eq. (1.1).
    """
    columns = np.arange(growth.shape[1])
    judged = np.where(rows >= 0, growth[rows, columns], np.nan)
    earlier = np.where(np.arange(growth.shape[0])[:, None] < rows, growth, np.nan)
    number = np.count_nonzero(~np.isnan(earlier), axis=0)
    centre = _median(earlier, number)
    spread = _median(np.abs(earlier - centre), number)
    with np.errstate(divide="ignore", invalid="ignore"):
        score = (judged - centre) / (CONSISTENT * spread)
    return np.where((number >= LEAST_HISTORY) & (spread > 0), score, np.nan)


def _median(values: Floats, number: Integers | NDArray[np.intp]) -> Floats:
    """Median of the ``number`` values of each column that are not NaN."""
    ordered, columns = np.sort(values, axis=0), np.arange(values.shape[1])
    low, high = np.maximum(number - 1, 0) // 2, np.minimum(number // 2, values.shape[0] - 1)
    return np.asarray((ordered[low, columns] + ordered[high, columns]) / 2)


def joined(parts: Iterable[SeriesFigures]) -> SeriesFigures:
    """The figures of several blocks as one, sorted by series, whatever the order of the parts."""
    found = list(parts)
    series = [name for part in found for name in part.series]
    order = np.array(sorted(range(len(series)), key=series.__getitem__), dtype=np.int64)
    if len(set(series)) != len(series):
        raise ValueError("a series occurs in two parts")

    def column(name: str) -> NDArray[np.generic]:
        kind = np.int64 if name == "last" else np.float64
        columns = [getattr(part, name) for part in found]
        return np.concatenate([*columns, np.empty(0, dtype=kind)]).astype(kind)[order]

    columns: list[Any] = [column(name) for name in _COLUMNS]
    return SeriesFigures(tuple(series[i] for i in order), *columns)


def ranked(figures: SeriesFigures) -> Ranking:
    """Places by growth among comparable series."""
    place, of = np.zeros(len(figures.series), dtype=np.int64), np.zeros(len(figures.series), dtype=np.int64)
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, series in enumerate(figures.series):
        if not np.isnan(figures.growth[number]):
            groups.setdefault(identity_parts(series)[_INDICATOR:], []).append(number)
    for members in groups.values():
        rates = figures.growth[members]
        # The number of faster ones, plus one.
        place[members] = 1 + len(rates) - np.searchsorted(np.sort(rates), rates, side="right")
        of[members] = len(rates)
    place.setflags(write=False)
    of.setflags(write=False)
    return Ranking(place, of)


def fingerprint(figures: SeriesFigures) -> str:
    """SHA-256 of all names and bits; equal only for identical results."""
    digest = hashlib.sha256("\n".join(figures.series).encode())
    for name in _COLUMNS:
        digest.update(getattr(figures, name).tobytes())
    return digest.hexdigest()


def identity_parts(series: str) -> tuple[str, ...]:
    """Subject, region, indicator, measure, basis, span and unit of a series identifier."""
    return tuple(series.split("/", 6))
