"""What a plausibility rule may look at (核查的依据), and how it says what it doubts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue
from qinggong.periods import Period
from qinggong.validate import plausibility as test
from qinggong.validate.findings import Finding, Severity
from qinggong.validate.plausibility import Array
from qinggong.validate.related import Figure, Figures, figure
from qinggong.validate.rows import Checked, Key, Series, Stored
from qinggong.validate.thresholds import Thresholds

CHECK = "请核对原发布；确属公布数的，可用 qinggong findings accept 采信并写明理由"
CONFIRM = "请核对数值和单位；确认无误的，可用 qinggong findings accept 采信并写明理由"

Found = Iterator[tuple[Checked, Finding]]
Thing = tuple[str, str, str]
"""Subject key, region, indicator code."""


@dataclass(frozen=True)
class Pool:
    """Comparable figures of one series in order of time: flows by the month; ``held`` marks those that are stored."""

    times: NDArray[np.int64]
    values: NDArray[np.float64]
    held: NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """All that a rule may look at.

    ``figures`` holds stored and new numbers without those found wrong, a new one in the place of a stored one; ``held``
    the stored ones only.
    """

    file: str
    rows: Mapping[Key, Checked]
    stored: Mapping[Key, Sequence[Stored]]
    held: Figures
    figures: Figures
    catalogue: Catalogue
    limits: Thresholds
    series: dict[Series, dict[Period, Figure]] = field(default_factory=dict)
    dimensions: dict[Thing, set[str]] = field(default_factory=dict)
    past: dict[Series, dict[Period, Figure]] = field(default_factory=dict)
    pools: dict[Series, Pool] = field(default_factory=dict)
    compared: dict[Key, Array] = field(default_factory=dict)

    def known(self, key: Key) -> Figure | None:
        """What was known before this file, or else what the file says: a file that revises a series is no witness."""
        return self.held.get(key) or self.figures.get(key)

    def record(self, key: Key) -> dict[Period, Figure]:
        """All figures of a key's series, by period, the stored ones first."""
        if key.series not in self.past:
            found = self.series.get(key.series, {})
            self.past[key.series] = {p: self.held.get(key._replace(period=p), f) for p, f in found.items()}
        return self.past[key.series]

    def dimension(self, thing: Thing) -> str:
        """The dimension in which a thing's level is known; empty if in none of its own, or in several."""
        found = self.dimensions.get(thing, set())
        return next(iter(found)) if len(found) == 1 else ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A discrepancy at a period: its ``size`` in the measure of the record, what is ``left`` of it beyond rounding.

    ``row`` is the new figure that takes part in it, if any.
    """

    period: Period
    size: float
    left: float
    row: Checked | None


def make_case(
    rows: Mapping[Key, Checked], stored: Mapping[Key, Sequence[Stored]], held: Figures, base: Figures, file: str,
    catalogue: Catalogue, limits: Thresholds,
) -> Case:  # fmt: skip
    """A case of new rows; ``base`` are the figures, stored and new, that count beside them."""
    figures = dict(base)
    for key, row in rows.items():
        new = figure(row)
        if new is not None:
            figures[key] = new
    case = Case(file, rows, stored, held, figures, catalogue, limits)
    for key, fig in figures.items():
        case.series.setdefault(key.series, {})[key.period] = fig
        if key.measure == "level":
            case.dimensions.setdefault((key.subject, key.region, key.indicator), set()).add(key.dimension)
    return case


def doubt(
    case: Case, row: Checked, rule: str, severity: Severity, message: str, expected: str = "", advice: str = ""
) -> tuple[Checked, Finding]:
    series = "·".join((row.subject.name, row.indicator.name, row.measure))
    return row, Finding(
        rule, severity, case.file, row.row, series, row.period.code, row.printed, message,
        advice or (CONFIRM if severity == "error" else CHECK), expected,
    )  # fmt: skip


def text(value: float, unit: str) -> str:
    """A number for a message: four digits, from a thousand on one decimal."""
    return f"{value:.4g}{unit}" if abs(value) < 1000 else f"{value:.1f}".removesuffix(".0") + unit


def scale(row: Checked, period: Period) -> float:
    """By what a figure is divided to be comparable over spans: flows by their months."""
    return float(period.months) if row.indicator.nature == "flow" and row.measure == "level" else 1.0


def time(period: Period) -> int:
    """Where a period stands in time: the month in which it ends."""
    return period.year * 12 + period.last


def comparable(case: Case, row: Checked) -> Array:
    """The nearest comparable figures in time, without that of the row's own period.

    Stored ones only if there are enough of them near: a file does not vouch for itself.
    """
    key = row.key
    if (found := case.compared.get(key)) is not None:
        return found
    pool, limits, own = _pool(case, row), case.limits.history, time(row.period)
    near = _near(case, row, pool)
    chosen = near & pool.held
    if int(np.count_nonzero(chosen)) < limits.least:
        chosen = near
    order = np.argsort(np.abs(pool.times[chosen] - own), kind="stable")
    nearest: Array = pool.values[chosen][order[: limits.nearest]]
    case.compared[key] = nearest
    return nearest


def is_seasonal(case: Case, row: Checked) -> bool:
    """True if a level is like that of the same period in several other years: December is such, not the number."""
    limits, value, held = case.limits.history, float(row.value or 0), held_enough(case, row)
    alike = 0
    for period, other in case.record(row.key).items():
        same = (period.first, period.last) == (row.period.first, row.period.last) and period != row.period
        if same and abs(time(period) - time(row.period)) <= limits.window and not (held and other.row):
            alike += other.value * value > 0 and 1 / limits.alike <= value / other.value <= limits.alike
    return alike >= limits.seasons


def held_enough(case: Case, row: Checked) -> bool:
    """True if enough comparable figures near in time are stored, so that those of the file do not count."""
    pool = _pool(case, row)
    return int(np.count_nonzero(_near(case, row, pool) & pool.held)) >= case.limits.history.least


def _near(case: Case, row: Checked, pool: Pool) -> NDArray[np.bool_]:
    away = np.abs(pool.times - time(row.period))
    near: NDArray[np.bool_] = (away > 0) & (away <= case.limits.history.window)
    return near


def _pool(case: Case, row: Checked) -> Pool:
    """All figures of a row's series that are comparable over time, made once for a series."""
    key = row.key
    series = key.series
    if series not in case.pools:
        found = dict(case.record(key))
        if key.span == "month":
            first = case.record(key._replace(span="ytd"))
            found |= {p: f for p, f in first.items() if p.is_jan_feb}
        points = sorted(found.items())
        case.pools[series] = Pool(
            np.array([time(p) for p, _ in points], dtype=np.int64),
            np.array([f.value / scale(row, p) for p, f in points], dtype=np.float64),
            np.array([f.row == 0 for _, f in points], dtype=np.bool_),
        )
    return case.pools[series]


def unusual(gaps: Sequence[Gap], case: Case, *, floor: float = 0.0) -> Iterator[Gap]:
    """The discrepancies with a new figure that are beyond rounding, ``floor`` and the series' own record.

    ``gaps`` is in order of time; floor and record are in the measure of ``Gap.size``.
    """
    limits = case.limits.record
    sizes = np.array([g.size for g in gaps], dtype=np.float64)
    half = limits.nearest // 2
    for n, gap in enumerate(gaps):
        if gap.row is None or gap.left <= floor:
            continue
        start = max(0, min(n - half, sizes.size - limits.nearest - 1))
        past = np.delete(sizes[start : start + limits.nearest + 1], n - start)
        if gap.left > test.usual(past, share=limits.share, times=limits.times, least=limits.least):
            yield gap
