"""Tests for the presence of seasonality: F, Kruskal-Wallis, moving seasonality, their combination, QS, Ljung-Box.

Rows are series, columns months: ``(series, months)``, without missing values.

References
----------
Lothian, J. and Morry, M. (1978), A Test for the Presence of Identifiable Seasonality When Using the X-11-ARIMA
Program, Statistics Canada.
Higginson, J. (1975), An F Test for the Presence of Moving Seasonality When Using Census Method II-X-11 Variant,
Statistics Canada.
Kruskal, W. H. and Wallis, W. A. (1952), Use of Ranks in One-Criterion Variance Analysis, JASA 47.
Maravall, A. (2012), Update of Seasonality Tests and Automatic Model Identification in TRAMO-SEATS, Bank of Spain.
Ljung, G. M. and Box, G. E. P. (1978), On a Measure of Lack of Fit in Time Series Models, Biometrika 65.
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, specs X11 and SPECTRUM (QS).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

PRESENT, PROBABLY_NOT, NOT_PRESENT = 0, 1, 2
"""Outcomes of the combined test."""


@dataclass(frozen=True, slots=True)
class Significance:
    """A statistic and the probability of one as large or larger without the effect tested for, both ``(series,)``."""

    statistic: Floats
    p_value: Floats


def stable_seasonality(series: Floats) -> Significance:
    """F test for differences between the calendar months (one-way analysis of variance)."""
    count, months = series.shape
    between = np.zeros(count)
    grand = series.mean(axis=1)
    within = np.zeros(count)
    for month in range(12):
        years = series[:, month::12]
        mean = years.mean(axis=1)
        between += years.shape[1] * (mean - grand) ** 2
        within += ((years - mean[:, None]) ** 2).sum(axis=1)
    freedom = months - 12
    if freedom <= 0:
        return _nothing(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (between / 11) / (within / freedom)
    return Significance(statistic, _f_tail(statistic, 11, freedom))


def moving_seasonality(si: Floats, *, start_month: int, expected: float) -> Significance:
    """F test for differences between the years in the size of the seasonal, complete calendar years only.

    A two-way analysis of variance, months and years, of \\|SI − ``expected``\\| (1 for ratios, 0 for differences).
    """
    lead = (1 - start_month) % 12
    years = (si.shape[1] - lead) // 12
    if years < 2:
        return _nothing(si.shape[0])
    size = np.abs(si[:, lead : lead + 12 * years] - expected).reshape(-1, years, 12)
    grand = size.mean(axis=(1, 2))
    by_month, by_year = size.mean(axis=1), size.mean(axis=2)
    of_years = 12 * ((by_year - grand[:, None]) ** 2).sum(axis=1)
    rest = ((size - by_month[:, None, :] - by_year[:, :, None] + grand[:, None, None]) ** 2).sum(axis=(1, 2))
    freedom = 11 * (years - 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = (of_years / (years - 1)) / (rest / freedom)
    return Significance(statistic, _f_tail(statistic, years - 1, freedom))


def kruskal_wallis(series: Floats) -> Significance:
    """Kruskal-Wallis test for differences between the calendar months; ties take their mean rank."""
    months = series.shape[1]
    ranks = _ranks(series)
    total = np.zeros(series.shape[0])
    for month in range(12):
        of_month = ranks[:, month::12]
        total += of_month.sum(axis=1) ** 2 / of_month.shape[1]
    statistic = 12.0 * total / (months * (months + 1.0)) - 3.0 * (months + 1.0)
    return Significance(statistic, _chi_square_tail(statistic, 11))


def identifiable_seasonality(
    stable: Significance,
    moving: Significance,
    kruskal: Significance,
    *,
    levels: tuple[float, float, float] = (0.001, 0.05, 0.001),
) -> NDArray[np.int8]:
    """Combined test of Lothian and Morry (1978) on D8: 0 present, 1 probably not present, 2 not present.

    ``levels`` are those of the three tests. With T1 = 7 / F(stable) and T2 = 3 F(moving) / F(stable), at most 9:
    not present if the stable test fails, or the moving test rejects and (T1 + T2) / 2 ≥ 1; probably not present if T1
    or T2 is 1 or more or the Kruskal-Wallis test fails.
    """
    f_stable = stable.statistic
    with np.errstate(divide="ignore", invalid="ignore"):
        t1 = np.where(f_stable * 9.0 >= 7.0, 7.0 / f_stable, 9.0)
        t2 = np.where(f_stable > 0.0, np.minimum(3.0 * moving.statistic / f_stable, 9.0), 9.0)
    outcome = np.full(f_stable.shape, PRESENT, dtype=np.int8)
    outcome[(t1 >= 1.0) | (t2 >= 1.0) | ~(kruskal.p_value <= levels[2])] = PROBABLY_NOT
    outcome[(moving.p_value <= levels[1]) & ((t1 + t2) / 2 >= 1.0)] = NOT_PRESENT
    outcome[~(stable.p_value < levels[0])] = NOT_PRESENT
    return outcome


def residual_seasonality(adjusted: Floats, *, years: int | None = None) -> Significance:
    """F test on the three-month differences of an adjusted series, of all or of the last years."""
    changes = adjusted[:, 3:] - adjusted[:, :-3]
    if years is not None:
        changes = changes[:, max(0, changes.shape[1] - 12 * years) :]
    return stable_seasonality(changes)


def qs(series: Floats) -> Significance:
    """QS: positive autocorrelation of a stationary series about zero at 12 and 24 months.

    n (n + 2) Σ max(0, r(12 k))² / (n − 12 k), k = 1, 2; zero if r(12) is not positive. Compared with χ² of two degrees
    of freedom.
    """
    count, months = series.shape
    if months <= 24:
        return _nothing(count)
    with np.errstate(divide="ignore", invalid="ignore"):
        r1, r2 = (_autocorrelation(series, lag) for lag in (12, 24))
        total = np.maximum(r1, 0.0) ** 2 / (months - 12) + np.maximum(r2, 0.0) ** 2 / (months - 24)
    statistic = np.where(r1 > 0.0, months * (months + 2.0) * total, 0.0)
    return Significance(statistic, _chi_square_tail(statistic, 2))


def qs_of_levels(series: Floats, *, differences: int = 1) -> Significance:
    """QS of a series with a trend: of its differences less their mean.

    With one difference, a second one is taken where the autocorrelations at 1 to 4 and 12 months all remain positive
    (X-13ARIMA-SEATS takes the model's number of differences, at most two).
    """
    changes = np.diff(series, n=differences, axis=1)
    changes = changes - changes.mean(axis=1, keepdims=True)
    found = qs(changes)
    if differences != 1 or changes.shape[1] <= 24:
        return found
    again = np.ones(series.shape[0], dtype=np.bool_)
    with np.errstate(divide="ignore", invalid="ignore"):
        for lag in (1, 2, 3, 4, 12):
            again &= _autocorrelation(changes, lag) > 0.0
    second = qs(np.diff(changes, axis=1))
    return Significance(
        np.where(again, second.statistic, found.statistic), np.where(again, second.p_value, found.p_value)
    )


def ljung_box(residuals: Floats, *, lags: int = 24, fitted: int = 0) -> Significance:
    """Ljung-Box test for autocorrelation of residuals about zero up to ``lags``, less ``fitted`` parameters."""
    months = residuals.shape[1]
    if months <= lags or lags <= fitted:
        return _nothing(residuals.shape[0])
    total = np.zeros(residuals.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        for lag in range(1, lags + 1):
            total += _autocorrelation(residuals, lag) ** 2 / (months - lag)
    statistic = months * (months + 2.0) * total
    return Significance(statistic, _chi_square_tail(statistic, lags - fitted))


def _f_tail(statistic: Floats, between: int, within: int) -> Floats:
    from scipy.special import fdtrc  # type: ignore[import-untyped]

    return np.asarray(fdtrc(between, within, statistic), dtype=np.float64)


def _chi_square_tail(statistic: Floats, freedom: int) -> Floats:
    from scipy.special import chdtrc

    return np.asarray(chdtrc(freedom, statistic), dtype=np.float64)


def _ranks(series: Floats) -> Floats:
    """Ranks from 1 within each row; ties share the mean of theirs."""
    ordered = np.sort(series, axis=1)
    ranks = np.empty_like(series)
    for row, (values, sorted_values) in enumerate(zip(series, ordered, strict=True)):
        below = np.searchsorted(sorted_values, values, side="left")
        ranks[row] = (below + np.searchsorted(sorted_values, values, side="right") + 1) / 2
    return ranks


def _autocorrelation(series: Floats, lag: int) -> Floats:
    return np.asarray((series[:, lag:] * series[:, :-lag]).sum(axis=1) / (series**2).sum(axis=1), dtype=np.float64)


def _nothing(count: int) -> Significance:
    return Significance(np.full(count, np.nan), np.full(count, np.nan))
