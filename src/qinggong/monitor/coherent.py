"""Growth by industry, province and month that adds up (分行业分地区预测的协调).

Provinces publish later than the country. Their growth in the months to come is forecast figure by figure, and so are
industries, provinces, the whole, and the months taken together; such forecasts contradict each other and the country's
figures that are out already. They are reconciled (``methods.reconcile``): industries are the weighted mean of their
provinces, provinces that of their industries, several months that of single ones; what is published stays. A part
weighs what it has in the base: its level of the same month a year before.

Each figure is forecast by its own autoregression of first order, straight to each horizon; the errors of all past days
make the covariance that minimum trace reconciliation weighs by.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.reconcile import constraints, reconcile
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation

Floats = NDArray[np.float64]

COUNTRY = "CN"
STEPS = 11
"""Steps of a year: January and February are one."""
FEWEST_STEPS = 24
LARGEST = 1.0
"""Growth of a step beyond which a cell is too small for its rounded levels, and is left out."""
LEAST_COVERED = 0.9
"""Part of an industry's base that its provinces must have together."""


@dataclass(frozen=True, slots=True, eq=False)
class GrowthTable:
    """Cumulative levels and comparable growth as single steps: January–February, March … December.

    Attributes
    ----------
    industries, regions
        Subject keys and region codes; the country is the last region.
    first_year
        Year of the first step.
    level, base
        (steps, industries, regions) level of the step and the comparable one of a year before; NaN where a figure
        lacks. Growth of a step is (level / base − 1) · 100.
    """

    industries: tuple[str, ...]
    regions: tuple[str, ...]
    first_year: int
    level: Floats
    base: Floats

    @property
    def growth(self) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray((self.level / self.base - 1) * 100, dtype=np.float64)

    def period(self, step: int) -> Period:
        year, place = self.first_year + step // STEPS, step % STEPS
        return ytd(year, 2) if place == 0 else month(year, place + 2)


@dataclass(frozen=True, slots=True, eq=False)
class CoherentGrowth:
    """Forecasts before and after they were reconciled, in percent.

    Attributes
    ----------
    industries, regions
        As asked; in the arrays a last place is added for the whole of each, of which cells left out are no part.
    periods
        The steps ahead; in the arrays a last place is added for all of them together.
    before, after
        (steps + 1, industries + 1, regions + 1), NaN for cells without figures.
    held
        The same shape: True where ``after`` is a published figure.
    gap_before, gap_after
        Largest difference, in points, between a total and its parts.
    shrinkage
        Of the correlations towards nil, between 0 and 1.
    left_out
        Cells without complete figures or with growth beyond ``LARGEST``, as (industry, region).
    """

    industries: tuple[str, ...]
    regions: tuple[str, ...]
    periods: tuple[Period, ...]
    before: Floats
    after: Floats
    held: NDArray[np.bool_]
    gap_before: float
    gap_after: float
    shrinkage: float
    left_out: tuple[tuple[str, str], ...]


def growth_table(
    observations: Iterable[Observation],
    *,
    industries: Sequence[str],
    regions: Sequence[str],
    indicator: str,
    first_year: int,
    last: Period,
) -> GrowthTable:
    """Steps from cumulative levels L and growth G: the base of a cumulative figure is L / (1 + G).

    Parameters
    ----------
    industries, regions
        Subject keys ("industry:13@nbs") and region codes without the country.
    """
    places = {key: n for n, key in enumerate(industries)}
    areas = {code: n for n, code in enumerate((*regions, COUNTRY))}
    years = last.year - first_year + 1
    found = np.full((2, years, 12, len(places), len(areas)), np.nan)
    for o in observations:
        s, p = o.series, o.period
        if s.indicator != indicator or o.value is None or p.first != 1 or p.last < 2 or p.end_date > last.end_date:
            continue
        if s.subject_key in places and s.region in areas and first_year <= p.year and s.measure in ("level", "yoy"):
            kind = 0 if s.measure == "level" else 1
            found[kind, p.year - first_year, p.last - 1, places[s.subject_key], areas[s.region]] = o.value
    level, growth = found[:, :, 1:]
    base = level / (1 + growth / 100)
    steps = []
    for cumulative in (level, base):
        single = cumulative.copy()
        single[:, 1:] -= cumulative[:, :-1]
        steps.append(single.reshape(-1, len(places), len(areas))[: _step(first_year, last) + 1])
    return GrowthTable(tuple(industries), (*regions, COUNTRY), first_year, steps[0], steps[1])


def coherent_growth(table: GrowthTable, *, after: Period, steps: int) -> CoherentGrowth:
    """Forecast the steps after a month and reconcile them with what the country has published of these.

    Parameters
    ----------
    after
        The last month whose figures of provinces are used. Later figures of the country by industry are held.
    steps
        How many, 1 to 11.

    Raises
    ------
    ValueError
        If there are too few steps before, or an industry's provinces have too little of it.
    """
    now = _step(table.first_year, after)
    if not 1 <= steps <= STEPS:
        raise ValueError(f"预测的期数应为1—{STEPS}，收到{steps}")
    if not FEWEST_STEPS <= now + 1 <= table.level.shape[0]:
        raise ValueError(
            f"截至{after.code}有{min(now + 1, table.level.shape[0])}期数字，预测至少需要{FEWEST_STEPS}期且不能在数据之后"
        )
    level, base = table.level[: now + 1], table.base[: now + 1]
    industries, regions = len(table.industries), len(table.regions) - 1
    with np.errstate(invalid="ignore", divide="ignore"):
        good: NDArray[np.bool_] = np.asarray(
            (np.isfinite(level) & (base > 0) & (np.abs(level / base - 1) <= LARGEST)).all(axis=0), dtype=np.bool_
        )
    usable = good[:, :regions]
    parts = [(i, r) for i in range(industries) for r in range(regions) if usable[i, r]]
    for i, key in enumerate(table.industries):
        year = np.where(usable[i], base[-STEPS:, i, :regions], 0.0).sum() / base[-STEPS:, i, -1].sum()
        covered = float(year) if good[i, -1] else 0.0
        if not covered >= LEAST_COVERED:
            raise ValueError(
                f"{key}：有完整数字的省份合计占全国{covered:.0%}，少于{LEAST_COVERED:.0%}，请减少行业或补充省份"
            )
    # Places: cells, industries, provinces, the whole.
    at_region = [r for r in range(regions) if usable[:, r].any()]
    where = [*parts, *((i, regions) for i in range(industries)), *((industries, r) for r in at_region)]
    where.append((industries, regions))
    levels, bases = (_with_totals(each, usable, where, industries, regions) for each in (level, base))
    expected, errors = _forecast(levels, bases, steps)
    weights = np.stack([levels[now + 1 + h - STEPS] for h in range(steps)])
    count = len(where)
    totals = _totals(where, weights, industries, regions)
    totals += [(steps * count + n, [h * count + n for h in range(steps)], _shares(weights[:, n])) for n in range(count)]
    fixed = np.full((steps + 1, count), np.nan)
    growth = table.growth
    for h in range(steps):
        if now + 1 + h < growth.shape[0]:
            fixed[h, len(parts) : len(parts) + industries] = growth[now + 1 + h, :, -1]
    rule = constraints(totals, (steps + 1) * count)
    found = reconcile(expected.ravel(), rule, residuals=errors, fixed=fixed.ravel())
    shape = (steps + 1, industries + 1, regions + 1)
    tables = {name: np.full(shape, np.nan) for name in ("before", "after")}
    held = np.zeros(shape, dtype=np.bool_)
    for n, (i, r) in enumerate(where):
        tables["before"][:, i, r], tables["after"][:, i, r] = expected[:, n], found.values.reshape(steps + 1, -1)[:, n]
        held[:, i, r] = ~np.isnan(fixed[:, n])
    gaps = [float(np.abs(rule @ y).max()) for y in (expected.ravel(), found.values)]
    out = tuple(
        (table.industries[i], table.regions[r]) for i in range(industries) for r in range(regions) if not usable[i, r]
    )
    return CoherentGrowth(
        table.industries, table.regions[:-1], tuple(table.period(now + 1 + h) for h in range(steps)), tables["before"],
        tables["after"], held, gaps[0], gaps[1], found.shrinkage, out,
    )  # fmt: skip


def _step(first_year: int, period: Period) -> int:
    return (period.year - first_year) * STEPS + max(period.last - 2, 0)


def _with_totals(
    values: Floats, usable: NDArray[np.bool_], where: Sequence[tuple[int, int]], industries: int, regions: int
) -> Floats:
    """(steps, places) levels of cells, of industries as published, and the sums of both."""
    cells = np.where(usable, values[:, :, :regions], 0.0)
    columns = []
    for i, r in where:
        if i < industries:
            columns.append(values[:, i, r])
        elif r < regions:
            columns.append(cells[:, :, r].sum(axis=1))
        else:
            columns.append(values[:, :, -1].sum(axis=1))
    return np.column_stack(columns)


def _forecast(levels: Floats, bases: Floats, steps: int) -> tuple[Floats, Floats]:
    """(steps + 1, places) expectations for each step ahead and all together, and (days, …) the errors of past days."""
    growth = (levels / bases - 1) * 100
    sums = [np.cumsum(np.vstack([np.zeros(each.shape[1]), each]), axis=0) for each in (levels, bases)]
    together = ((sums[0][steps:] - sums[0][:-steps]) / (sums[1][steps:] - sums[1][:-steps]) - 1) * 100
    days = growth.shape[0] - steps
    expected, errors = [], []
    for h in range(1, steps + 1):
        told, missed = _straight(growth, growth, h)
        expected.append(told)
        errors.append(missed[:days])
    told, missed = _straight(growth, np.vstack([np.full((steps - 1, growth.shape[1]), np.nan), together]), steps)
    expected.append(told)
    errors.append(missed)
    return np.stack(expected), np.hstack(errors)


def _straight(now: Floats, later: Floats, h: int) -> tuple[Floats, Floats]:
    """Regression of ``later`` h steps on on ``now``, drawn back to the stationary side; and its errors."""
    x, y = now[:-h], later[h:]
    middle, goal = x.mean(axis=0), y.mean(axis=0)
    spread = ((x - middle) ** 2).sum(axis=0)
    slope = np.clip(((x - middle) * (y - goal)).sum(axis=0) / np.where(spread > 0, spread, 1.0), 0.0, 0.98)
    return goal + slope * (now[-1] - middle), y - goal - slope * (x - middle)


def _totals(
    where: Sequence[tuple[int, int]], weights: Floats, industries: int, regions: int
) -> list[tuple[int, Sequence[int], Sequence[float]]]:
    """For each step: industries and provinces of their cells, the whole of its industries."""
    found: list[tuple[int, Sequence[int], Sequence[float]]] = []
    count = len(where)
    for n, (i, r) in enumerate(where):
        if i < industries and r < regions:
            continue
        if r == regions and i == industries:
            parts = [k for k, (_, region) in enumerate(where[:-1]) if region == regions]
        elif r == regions:
            parts = [k for k, (of, region) in enumerate(where) if of == i and region < regions]
        else:
            parts = [k for k, (of, region) in enumerate(where) if region == r and of < industries]
        for h in range(weights.shape[0]):
            found.append((h * count + n, [h * count + k for k in parts], _shares(weights[h, parts])))
    return found


def _shares(levels: Floats) -> list[float]:
    return [float(share) for share in levels / levels.sum()]
