"""Components of the level index from published figures (景气分项): three-month growth, change of the profit margin.

Rows are months from a January on. Januaries have no value: the survey has none, and the block of January and February
stands in February.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.prosperity import Component
from qinggong.methods import composite
from qinggong.methods.chain import exact, single_months
from qinggong.periods import Period
from qinggong.store.base import Observation

Floats = NDArray[np.float64]

PROFIT, REVENUE = ("profit",), ("revenue", "main_revenue")
MONTHLY = ("producer_prices",)
"""Indicators published for January and February apart."""


def used_indicators(components: Sequence[Component]) -> frozenset[str]:
    """Every indicator that the components are made from."""
    margin = (*PROFIT, *REVENUE) if any(c.measure == "margin_change" for c in components) else ()
    return frozenset({c.indicator for c in components} | set(margin))


def of_component(component: Component) -> tuple[str, ...]:
    """The indicators of one component."""
    return (*PROFIT, *REVENUE) if component.measure == "margin_change" else (component.indicator,)


def component_values(
    rows: Sequence[Observation],
    components: Sequence[Component],
    *,
    first: int,
    months: int,
    distorted: NDArray[np.bool_],
    outlier: float = np.inf,
) -> tuple[Floats, NDArray[np.bool_]]:
    """``(months, components)`` values over three months, in percent and in points of the margin, and ``(months,)``
    where a margin was left out.

    Parameters
    ----------
    first
        Year of the first row.
    distorted
        ``(months,)`` months whose base of the year before is distorted: growth becomes the two-year average growth,
        the change of the margin half of its change over two years.
    outlier
        Robust spreads beyond which a single month's change of the margin is none of that month (``unlike_before``).
    """
    withheld = np.zeros(months, dtype=np.bool_)
    found = np.full((months, len(components)), np.nan)
    for column, c in enumerate(components):
        if c.measure == "margin_change":
            profit, revenue = levels(rows, PROFIT, first, months), levels(rows, REVENUE, first, months)
            change = margin_change(margin_of(profit, revenue), distorted)
            withheld = margins_left_out(profit, revenue, distorted, outlier=outlier) & ~np.isnan(change)
            found[:, column] = np.where(withheld, np.nan, change)
            continue
        growth = np.full(months, np.nan)
        for o in rows:
            single = o.period.kind == "month" or o.period.is_jan_feb
            if single and (o.series.indicator, o.series.measure) == (c.indicator, "yoy") and o.value is not None:
                growth[row_of(o.period, first)] = o.value
        three = _prices(growth) if c.indicator in MONTHLY else composite.three_month_growth(growth, block=True)
        found[:, column] = composite.undistorted(three, distorted)
    return found, withheld


def margin_of(profit: Floats, revenue: Floats) -> Floats:
    """Profit margin of the last three observations in percent, from year-to-date levels.

    Levels become single months (January–February one block); margin = Σ profit / Σ revenue. The sum of January–February
    and of April take four months, since the block cannot be cut; the year before is summed alike.
    """
    p, r = single_months(exact(profit)).value, single_months(exact(revenue)).value
    top, bottom = _recent_sum(p), _recent_sum(r)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(bottom > 0, top / bottom * 100, np.nan)


def margin_change(margin: Floats, distorted: NDArray[np.bool_]) -> Floats:
    """Change of the margin on the year before in points; in distorted months half of the change over two years.

    Samples change every year, but profit and revenue are of the same units, so that most of it cancels.
    """
    out = np.full_like(margin, np.nan)
    out[12:] = margin[12:] - margin[:-12]
    rows = np.flatnonzero(distorted)
    out[rows[rows < 24]] = np.nan
    rows = rows[rows >= 24]
    out[rows] = (margin[rows] - margin[rows - 24]) / 2
    return out


def margins_left_out(
    profit: Floats, revenue: Floats, distorted: NDArray[np.bool_], *, outlier: float
) -> NDArray[np.bool_]:
    """``(months,)`` whose change of the margin contains a single month unlike all before.

    Cumulative profits sometimes catch up in one month what earlier months of the year lack: the difference of two
    cumulative figures is then no profit of a month, and neither is the change on it a year later.
    """
    p, r = single_months(exact(profit)).value, single_months(exact(revenue)).value
    with np.errstate(invalid="ignore", divide="ignore"):
        single = np.where(r > 0, p / r * 100, np.nan)
    change = np.full_like(single, np.nan)
    change[12:] = single[12:] - single[:-12]
    odd = unlike_before(change, limit=outlier).astype(np.float64)
    out = np.nan_to_num(_recent_sum(odd)) > 0
    two_years = out.copy()
    two_years[12:] |= out[:-12]
    return np.where(distorted, two_years, out)


def unlike_before(values: Floats, *, limit: float, window: int = 60) -> NDArray[np.bool_]:
    """``(months,)`` farther than ``limit`` robust spreads from the median of the ``window`` values before.

    The first ``window`` values are held against each other. The robust spread is 1.4826 times the median absolute
    deviation from the median; without one nothing is marked.
    """
    known = np.flatnonzero(~np.isnan(values))
    out = np.zeros(values.size, dtype=np.bool_)
    for number, row in enumerate(known):
        past = values[known[max(number - window, 0) : number] if number >= window else known[:window]]
        centre = float(np.median(past))
        spread = 1.4826 * float(np.median(np.abs(past - centre)))
        out[row] = past.size >= window and spread > 0 and abs(values[row] - centre) > limit * spread
    return out


def levels(rows: Sequence[Observation], indicators: tuple[str, ...], first: int, months: int) -> Floats:
    """Year-to-date levels as ``(months,)``; earlier names of the list go before later ones."""
    out = np.full(months, np.nan)
    for code in reversed(indicators):
        for o in rows:
            s = o.series
            cumulative = o.period.first == 1 and o.period.last > 1
            if cumulative and (s.indicator, s.measure) == (code, "level") and o.value is not None:
                out[row_of(o.period, first)] = o.value
    return out


def row_of(period: Period, first: int) -> int:
    return (period.year - first) * 12 + period.last - 1


def _recent_sum(values: Floats) -> Floats:
    """Sum of the last observations that cover three months: in March the block and March, else three of them."""
    out = np.full_like(values, np.nan)
    for row in range(1, values.size):
        place = row % 12
        if place == 0:
            continue
        taken = [row, row - 2] if place == 1 else [row, row - 1] if place == 2 else [row, row - 1, row - 2]
        if min(taken) >= 0:
            out[row] = values[taken].sum()
    return out


def _prices(growth: Floats) -> Floats:
    """Prices are published for January too; Januaries have no index, so that all components have the same months."""
    out = np.full_like(growth, np.nan)
    out[2:] = (growth[2:] + growth[1:-1] + growth[:-2]) / 3
    out[::12] = np.nan
    return out
