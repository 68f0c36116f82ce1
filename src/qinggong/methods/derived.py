"""Derived indicators (派生指标) by the official formulas, and the named special cases of growth.

Arrays in, arrays out; shapes broadcast; missing is NaN. m is the number of cumulated months.

References
----------
National Bureau of Statistics of China, notes to the monthly releases on industrial profits (主要指标解释); releases
of 2021 for the two-year average (两年平均增速).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Case = Literal["", "扭亏为盈", "由盈转亏", "减亏", "增亏", "持平", "上年同期为零"]
CASES: tuple[Case, ...] = ("", "扭亏为盈", "由盈转亏", "减亏", "增亏", "持平", "上年同期为零")


def margin(profit: ArrayLike, revenue: ArrayLike) -> Floats:
    """营业收入利润率: profit / revenue, in percent; NaN unless revenue is positive."""
    return _ratio(profit, revenue, 100.0)


def cost_per_hundred(cost: ArrayLike, revenue: ArrayLike) -> Floats:
    """每百元营业收入中的成本（费用）: cost / revenue × 100, in yuan."""
    return _ratio(cost, revenue, 100.0)


def asset_liability_ratio(liabilities: ArrayLike, assets: ArrayLike) -> Floats:
    """资产负债率: liabilities / assets, in percent."""
    return _ratio(liabilities, assets, 100.0)


def revenue_per_hundred_assets(revenue: ArrayLike, average_assets: ArrayLike, *, months: ArrayLike) -> Floats:
    """每百元资产实现的营业收入: revenue / average assets / m × 12 × 100, in yuan."""
    return _ratio(revenue, average_assets, 100.0) * 12 / np.asarray(months, dtype=np.float64)


def revenue_per_head(revenue: ArrayLike, average_staff: ArrayLike, *, months: ArrayLike) -> Floats:
    """人均营业收入: revenue / average staff / m × 12, in the unit of revenue a head and year."""
    return _ratio(revenue, average_staff, 1.0) * 12 / np.asarray(months, dtype=np.float64)


def turnover_days(average_stock: ArrayLike, flow: ArrayLike, *, months: ArrayLike) -> Floats:
    """周转天数: 360 × average stock / flow × m / 12.

    Finished goods against cost (产成品存货周转天数), receivables against revenue (应收账款平均回收期).
    """
    return _ratio(average_stock, flow, 360.0) * np.asarray(months, dtype=np.float64) / 12


def average_stock(at_start: ArrayLike, at_end: ArrayLike) -> Floats:
    """Average of a stock over a period: the mean of its start and its end."""
    return np.asarray((np.asarray(at_start, dtype=np.float64) + np.asarray(at_end, dtype=np.float64)) / 2)


def loss_breadth(loss_makers: ArrayLike, enterprises: ArrayLike) -> Floats:
    """亏损面: loss-making enterprises / enterprises, in percent."""
    return _ratio(loss_makers, enterprises, 100.0)


def growth_breadth(growth: ArrayLike, *, axis: int = -1) -> Floats:
    """增长面: share of those counted whose growth is above zero, in percent; missing ones are not counted."""
    g = np.asarray(growth, dtype=np.float64)
    counted = (~np.isnan(g)).sum(axis=axis)
    return _ratio((g > 0).sum(axis=axis), np.where(counted > 0, counted, np.nan), 100.0)


def two_year_average(growth: ArrayLike, growth_year_before: ArrayLike) -> Floats:
    """两年平均增速: √((1+g(t))(1+g(t−12))) − 1, in percent; NaN from −100 % on."""
    a, b = (1 + np.asarray(g, dtype=np.float64) / 100 for g in (growth, growth_year_before))
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where((a > 0) & (b > 0), np.sqrt(a * b) * 100 - 100, np.nan))


def profit_case(now: ArrayLike, before: ArrayLike) -> NDArray[np.int8]:
    """The named case of a profit that is or was not positive, as an index into ``CASES``.

    Parameters
    ----------
    now, before
        Total profit of the period and of the same period a year before, on one basis.

    Returns
    -------
    array of int8
        0 where ordinary growth can be stated (both positive) or a value is missing.
    """
    a, b = np.broadcast_arrays(np.asarray(now, dtype=np.float64), np.asarray(before, dtype=np.float64))
    known = ~np.isnan(a) & ~np.isnan(b)
    cases: list[tuple[NDArray[np.bool_], Case]] = [
        (known & (b == 0), "上年同期为零"),
        (known & (b < 0) & (a >= 0), "扭亏为盈"),
        (known & (b > 0) & (a < 0), "由盈转亏"),
        (known & (b < 0) & (a < 0) & (a > b), "减亏"),
        (known & (b < 0) & (a < b), "增亏"),
        (known & (b < 0) & (a == b), "持平"),
    ]
    out = np.zeros(a.shape, dtype=np.int8)
    for where, name in cases:
        out[where] = CASES.index(name)
    return out


def _ratio(top: ArrayLike, bottom: ArrayLike, factor: float) -> Floats:
    t, b = np.asarray(top, dtype=np.float64), np.asarray(bottom, dtype=np.float64)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(b > 0, t / b * factor, np.nan))
