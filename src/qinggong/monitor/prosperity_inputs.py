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
PROXY = ("value_added", "producer_prices")
MONTHLY = ("producer_prices",)
"""Indicators published for January and February apart."""


def used_indicators(components: Sequence[Component]) -> frozenset[str]:
    """Every indicator that the components are made from."""
    return frozenset(code for c in components for code in of_component(c))


def of_component(component: Component) -> tuple[str, ...]:
    """The indicators of one component."""
    if component.measure == "margin_change":
        return (*PROFIT, *REVENUE)
    return (*REVENUE, *PROXY) if component.measure == "revenue" else (component.indicator,)


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
    kinds: dict[tuple[str, str], list[Observation]] = {}
    for o in rows:
        kinds.setdefault((o.series.indicator, o.series.measure), []).append(o)
    withheld = np.zeros(months, dtype=np.bool_)
    found = np.full((months, len(components)), np.nan)
    for column, c in enumerate(components):
        if c.measure == "margin_change":
            profit, revenue = _levels(kinds, PROFIT, first, months), _levels(kinds, REVENUE, first, months)
            change = margin_change(margin_of(profit, revenue), distorted)
            withheld = margins_left_out(profit, revenue, distorted, outlier=outlier) & ~np.isnan(change)
            found[:, column] = np.where(withheld, np.nan, change)
            continue
        three = _revenue(kinds, first, months) if c.measure == "revenue" else _growth(kinds, c.indicator, first, months)
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
    out = np.zeros(values.size, dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(values))
    if known.size < window:
        return out
    present = values[known]
    past = np.lib.stride_tricks.sliding_window_view(present, window)
    centre = np.median(past, axis=1)
    spread = 1.4826 * np.median(np.abs(past - centre[:, None]), axis=1)
    # Window n ends before value window + n; the first window also judges its own members.
    place = np.maximum(np.arange(known.size) - window, 0)
    out[known] = (spread[place] > 0) & (np.abs(present - centre[place]) > limit * spread[place])
    return out


def row_of(period: Period, first: int) -> int:
    return (period.year - first) * 12 + period.last - 1


def _levels(
    kinds: dict[tuple[str, str], list[Observation]], indicators: tuple[str, ...], first: int, months: int
) -> Floats:
    """Year-to-date levels as ``(months,)``; earlier names of the list go before later ones."""
    out = np.full(months, np.nan)
    for code in reversed(indicators):
        for o in kinds.get((code, "level"), ()):
            if o.period.first == 1 and o.period.last > 1 and o.value is not None:
                out[row_of(o.period, first)] = o.value
    return out


def _recent_sum(values: Floats) -> Floats:
    """Sum of the last observations that cover three months: in March the block and March, else three of them."""
    one, two = np.full_like(values, np.nan), np.full_like(values, np.nan)
    one[1:], two[2:] = values[:-1], values[:-2]
    place = np.arange(values.size) % 12
    later = values + one + two
    return np.select(
        [place == 0, place == 1, place == 2], [np.full_like(values, np.nan), values + two, values + one], later
    )


def _growth(kinds: dict[tuple[str, str], list[Observation]], indicator: str, first: int, months: int) -> Floats:
    """Growth over three months: the mean of the months' own growth, else from cumulative levels."""
    growth = np.full(months, np.nan)
    for o in kinds.get((indicator, "yoy"), ()):
        if (o.period.kind == "month" or o.period.is_jan_feb) and o.value is not None:
            growth[row_of(o.period, first)] = o.value
    if indicator in MONTHLY:
        return _prices(growth)
    three = composite.three_month_growth(growth, block=True)
    return np.where(np.isnan(three), _cumulative_growth(kinds, indicator, first, months), three)


def _revenue(kinds: dict[tuple[str, str], list[Observation]], first: int, months: int) -> Floats:
    """Growth of revenue as published; for other months its proxy (1 + real growth)(1 + price growth) − 1."""
    published = np.full(months, np.nan)
    for indicator in reversed(REVENUE):
        own = _growth(kinds, indicator, first, months)
        published = np.where(np.isnan(own), published, own)
    real, prices = (_growth(kinds, indicator, first, months) for indicator in PROXY)
    proxy = ((1 + real / 100) * (1 + prices / 100) - 1) * 100
    return np.where(np.isnan(published), proxy, published)


def _cumulative_growth(
    kinds: dict[tuple[str, str], list[Observation]], indicator: str, first: int, months: int
) -> Floats:
    """Three-month growth from year-to-date levels and their published growth, for months without growth of their own.

    The comparable base is L / (1 + g); growth is Σ L / Σ base over the months that ``margin_of`` sums.
    """
    level = _levels(kinds, (indicator,), first, months)
    growth = np.full(months, np.nan)
    for o in kinds.get((indicator, "yoy"), ()):
        if o.period.first == 1 and o.period.last > 1 and o.value is not None and o.value > -100:
            growth[row_of(o.period, first)] = o.value
    base = level / (1 + growth / 100)
    now, before = (_recent_sum(single_months(exact(v)).value) for v in (level, base))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where((now > 0) & (before > 0), (now / before - 1) * 100, np.nan)


def _prices(growth: Floats) -> Floats:
    """Prices are published for January too; Januaries have no index, so that all components have the same months."""
    out = np.full_like(growth, np.nan)
    out[2:] = (growth[2:] + growth[1:-1] + growth[:-2]) / 3
    out[::12] = np.nan
    return out
