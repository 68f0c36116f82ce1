"""Quality statistics M1 to M11 and Q of an X-11 adjustment.

Each M is scaled so that 1 is the border of what is acceptable and lies between 0 and 3; Q is their weighted mean.

References
----------
Lothian, J. and Morry, M. (1978), A Set of Quality Control Statistics for the X-11-ARIMA Seasonal Adjustment Method,
Statistics Canada.
Ladiray, D. and Quenneville, B. (2001), Seasonal Adjustment with the X-11 Method, Springer (tables F2 and F3).
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec X11.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.x11 import X11, Status

Floats = NDArray[np.float64]

WEIGHTS = (10.0, 11.0, 10.0, 8.0, 11.0, 10.0, 18.0, 7.0, 7.0, 4.0, 4.0)
"""Weights of M1 to M11 in Q, per cent (Lothian and Morry 1978; their sum is 100)."""
_SPANS = 12
_MOST = 3.0


@dataclass(frozen=True, slots=True)
class Summary:
    """Table F2: how much of the movement each component makes; by series, spans of 1 to 12 months where two-way."""

    irregular_change: Floats
    """Ī, mean absolute change over a span, ``(12, series)``: per cent, or units of the series if additive."""
    trend_change: Floats
    """C̄, ``(12, series)``."""
    seasonal_change: Floats
    """S̄, ``(12, series)``."""
    shares: Floats
    """Shares of I, C, S, prior and calendar effects in the squared changes, ``(5, 12, series)``; they sum to 1."""
    variance_shares: Floats
    """Shares of I, C, S, prior and calendar effects in the variance of the stationary part, per cent, ``(5, series)``.
    They sum to about 100."""
    run_length: Floats
    """Average duration of run of the irregular, ``(series,)``."""
    months_for_cyclical_dominance: NDArray[np.int64]
    """MCD: the shortest span over which Ī/C̄ stays below 1, ``(series,)``; 0 where refused."""


@dataclass(frozen=True, slots=True)
class QualityStatistics:
    """M1 to M11, ``(11, series)``, and their weighted means.

    M8 to M11 are NaN below six years of data or with a stable seasonal filter.
    """

    m: Floats
    q: Floats
    q2: Floats
    """Q without M2."""
    failed: NDArray[np.int64]
    """How many of the M are 1 or more, ``(series,)``."""
    summary: Summary


def same_spans(result: X11) -> Iterator[tuple[NDArray[np.int64], slice]]:
    """Adjusted series grouped by the periods they were observed in: column numbers and periods.

    Series that begin or end with missing values lie in groups of their own, so that statistics need no masks.
    """
    there = np.isfinite(result.adjusted[result.observed])
    done = np.flatnonzero(result.status == Status.ADJUSTED)
    if done.size == 0:
        return
    first = there.argmax(axis=0)
    last = there.shape[0] - there[::-1].argmax(axis=0)
    spans = np.stack([first[done], last[done]], axis=1)
    kinds, which = np.unique(spans, axis=0, return_inverse=True)
    for number, (begin, end) in enumerate(kinds + result.span[0]):
        yield done[which.reshape(-1) == number], slice(int(begin), int(end))


def quality_statistics(
    result: X11,
    stable_f: ArrayLike,
    moving_f: ArrayLike,
    *,
    calendar: ArrayLike | None = None,
    prior: ArrayLike | None = None,
) -> QualityStatistics:
    """M1 to M11, Q and Q without M2, as X-13ARIMA-SEATS computes them.

    Parameters
    ----------
    result
        Result of ``decompose``, before ``restore``.
    stable_f, moving_f
        F statistics of the tests for stable and for moving seasonality of D8, ``(series,)``
        (``seasonality_tests``).
    calendar, prior
        Calendar effects and outlier effects that were removed before, ``(periods, series)``: factors, or differences
        in an additive run. They take their shares in F2 and so in M1 and M2.

    Notes
    -----
    M6 counts in Q only if the seasonal filter is 3x5, which is the one it was made for. Where M8 to M11 cannot be
    had, M7 takes the weights of M8 and M9, M1 that of M10, and M2 that of M11.
    """
    count = result.adjusted.shape[1]
    m = np.full((11, count), np.nan)
    summary = Summary(
        irregular_change=np.full((_SPANS, count), np.nan),
        trend_change=np.full((_SPANS, count), np.nan),
        seasonal_change=np.full((_SPANS, count), np.nan),
        shares=np.full((5, _SPANS, count), np.nan),
        variance_shares=np.full((5, count), np.nan),
        run_length=np.full(count, np.nan),
        months_for_cyclical_dominance=np.zeros(count, dtype=np.int64),
    )
    identity = 0.0 if result.additive else 1.0
    calendar_effect = _effect(calendar, result, identity)
    prior_effect = _effect(prior, result, identity)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        for columns, periods in same_spans(result):
            _summarise(result, columns, periods, calendar_effect, prior_effect, summary)
            _movement(result, columns, periods, m)
        _amounts(result, summary, np.asarray(stable_f, float), np.asarray(moving_f, float), m)
    return _combine(result, np.clip(m, 0.0, _MOST), summary)


def modified_series(result: X11, columns: NDArray[np.int64], periods: slice) -> tuple[Floats, Floats]:
    """Tables E2 and E3, ``(columns, months)``: D11 and D13 with trend and expectation in place of extremes.

    An extreme is what table C17 gives no weight at all.
    """
    part = (periods, columns)
    rejected = result.weights[part] == 0.0
    adjusted = np.where(rejected, result.trend[part], result.adjusted[part])
    irregular = np.where(rejected, 0.0 if result.additive else 1.0, result.irregular[part])
    return np.ascontiguousarray(adjusted.T), np.ascontiguousarray(irregular.T)


def run_length(series: Floats) -> Floats:
    """Average duration of run, the mean number of months between turns, of each row of ``(series, months)``."""
    signs = np.sign(np.diff(series, axis=1))
    # An unchanged value belongs to the run before it.
    places = np.where(signs != 0, np.arange(signs.shape[1]), 0)
    signs = np.take_along_axis(signs, np.maximum.accumulate(places, axis=1), axis=1)
    turns = ((signs[:, 1:] != signs[:, :-1]) & (signs[:, :-1] != 0)).sum(axis=1)
    return np.asarray((series.shape[1] - 1) / (turns + 1.0), dtype=np.float64)


def unit_of(adjusted: Floats) -> Floats:
    """A power of two near the mean size of each row, ``(rows, 1)``: to divide by it changes no digit.

    Squares of figures in very large or very small units would leave the range of numbers.
    """
    size = np.abs(adjusted).mean(axis=1, keepdims=True)
    return np.asarray(np.exp2(np.round(np.log2(np.where(size > 0.0, size, 1.0)))), dtype=np.float64)


def _effect(effect: ArrayLike | None, result: X11, identity: float) -> Floats:
    if effect is None:
        return np.broadcast_to(np.float64(identity), result.adjusted.shape)
    return np.broadcast_to(np.asarray(effect, dtype=np.float64), result.adjusted.shape)


def _rows(table: Floats, columns: NDArray[np.int64], periods: slice) -> Floats:
    return np.ascontiguousarray(table[periods, columns].T)


def _mean_changes(series: Floats, additive: bool) -> Floats:
    """Mean absolute change over spans of 1 to 12 months of each row, ``(12, rows)``; per cent unless additive."""
    found = np.empty((_SPANS, series.shape[0]))
    for span in range(1, _SPANS + 1):
        change = np.abs(series[:, span:] - series[:, :-span])
        found[span - 1] = (change if additive else change * 100.0 / series[:, :-span]).mean(axis=1)
    return found


def _spread(series: Floats, additive: bool, about: float | None) -> Floats:
    """Sum of squares of each row (of its logarithms unless additive) about 0 or, if ``None``, about the mean."""
    level = series if additive else np.log(series)
    centre = level.mean(axis=1, keepdims=True) if about is None else about
    return np.asarray(((level - centre) ** 2).sum(axis=1), dtype=np.float64)


def _summarise(
    result: X11, columns: NDArray[np.int64], periods: slice, calendar: Floats, prior: Floats, summary: Summary
) -> None:
    additive = result.additive
    trend, seasonal = _rows(result.trend, columns, periods), _rows(result.seasonal, columns, periods)
    irregular = _rows(result.irregular, columns, periods)
    effects = _rows(calendar, columns, periods), _rows(prior, columns, periods)
    _, modified_irregular = modified_series(result, columns, periods)
    rejected = _rows(result.weights, columns, periods) == 0.0
    unit = unit_of(trend) if additive else np.ones((columns.size, 1))
    if additive:
        trend, seasonal, irregular = trend / unit, seasonal / unit, irregular / unit
        modified_irregular, effects = modified_irregular / unit, (effects[0] / unit, effects[1] / unit)
        original = trend + irregular + seasonal + effects[0]
        modified = np.where(rejected, original - irregular, original)
    else:
        original = trend * irregular * seasonal * effects[0]
        modified = np.where(rejected, original / irregular, original)

    changes = [_mean_changes(part, additive) for part in (irregular, trend, seasonal)]
    summary.irregular_change[:, columns] = changes[0] * unit[:, 0]
    summary.trend_change[:, columns] = changes[1] * unit[:, 0]
    summary.seasonal_change[:, columns] = changes[2] * unit[:, 0]
    squares = np.stack(
        [
            _mean_changes(modified_irregular, additive) ** 2,
            changes[1] ** 2,
            changes[2] ** 2,
            _mean_changes(effects[1], additive) ** 2,
            _mean_changes(effects[0], additive) ** 2,
        ]
    )
    summary.shares[:, :, columns] = squares / squares.sum(axis=0)

    # Variances are compared once the linear trend (linear in logarithms unless additive) is out of trend and series.
    months = trend.shape[1]
    place = np.arange(months) - (months - 1) / 2
    level = trend if additive else np.log(trend)
    slope = 12.0 * (level * place).sum(axis=1) / (months * (months**2 - 1.0))
    line = slope[:, None] * place
    if additive:
        stationary_trend, stationary = trend - line, modified - line
    else:
        stationary_trend, stationary = trend / np.exp(line), modified / np.exp(line)
    spreads = np.stack(
        [
            _spread(modified_irregular, additive, 0.0),
            _spread(stationary_trend, additive, None),
            _spread(seasonal, additive, 0.0),
            _spread(effects[1], additive, None),
            _spread(effects[0], additive, 0.0),
        ]
    )
    summary.variance_shares[:, columns] = 100.0 * spreads / _spread(stationary, additive, None)
    summary.run_length[columns] = run_length(irregular)
    ratios = summary.irregular_change[:, columns] / summary.trend_change[:, columns]
    # The last span, counted from twelve down, that is not below 1 comes just before the MCD.
    not_below = ~(ratios < 1.0)
    last = np.where(not_below.any(axis=0), _SPANS - not_below[::-1].argmax(axis=0), 0)
    summary.months_for_cyclical_dominance[columns] = np.minimum(last + 1, _SPANS)


def _movement(result: X11, columns: NDArray[np.int64], periods: slice, m: Floats) -> None:
    """M4, and M8 to M11 from six years on."""
    irregular = _rows(result.irregular, columns, periods)
    months = irregular.shape[1]
    expected_runs = np.abs(3.0 * (months - 1.0) / run_length(irregular) - 2.0 * months + 1.0)
    m[3, columns] = expected_runs / (np.sqrt(1.6 * months - 2.9) * 2.577)
    filters = np.array([result.seasonal_filters[c] == "stable" for c in columns])
    if months // 12 < 6 or filters.all():
        return
    seasonal = _rows(result.seasonal, columns, periods) - (0.0 if result.additive else 1.0)
    scaled = seasonal / unit_of(seasonal)
    scaled /= np.sqrt((scaled**2).mean(axis=1, keepdims=True))
    change = np.abs(scaled[:, 12:] - scaled[:, :-12])
    linear, recent, recent_linear = (np.zeros(columns.size) for _ in range(3))
    for month in range(12):
        years = scaled[:, month::12]
        linear += np.abs(years[:, -1] - years[:, 0]) / (years.shape[1] - 1)
        steps = np.abs(np.diff(years, axis=1))[:, -5:-2]
        recent += steps.sum(axis=1)
        recent_linear += np.abs(years[:, -3] - years[:, -6]) / 3.0
    found = np.stack([change.mean(axis=1), linear / 12, recent / 36, recent_linear / 12]) * 10.0
    m[7:, columns] = np.where(filters, np.nan, found)


def _amounts(result: X11, summary: Summary, stable_f: Floats, moving_f: Floats, m: Floats) -> None:
    """M1 to M3 and M5 to M7."""
    irregular, _, _, prior, _ = summary.shares
    m[0] = irregular[2] / (1.0 - prior[2]) / 0.10
    m[1] = summary.variance_shares[0] / np.abs(100.0 - summary.variance_shares[3]) / 0.10
    m[2] = (result.noise_to_trend - 1.0) / 2.0
    ratios = summary.irregular_change / summary.trend_change
    reach = summary.months_for_cyclical_dominance
    at = np.maximum(reach, 1)
    here = np.take_along_axis(ratios, at[None] - 1, axis=0)[0]
    before = np.take_along_axis(ratios, np.maximum(at - 2, 0)[None], axis=0)[0]
    second = ratios[1]
    fall = before - here
    exact = np.where(
        at == 1,
        np.clip(1.0 + (here - 1.0) / (here - second), 0.5, 1.0),
        np.where((fall <= 0.0) & (at == _SPANS), 15.5, at + (here - 1.0) / fall),
    )
    m[4] = (exact - 0.5) / 5.0
    m[5] = np.abs(result.moving_seasonality - 4.0) / 2.5
    weak = np.where(stable_f * 9.0 >= 7.0, 7.0 / stable_f, 9.0)
    moving = np.where(stable_f > 0.0, np.minimum(3.0 * moving_f / stable_f, 9.0), 9.0)
    m[6] = np.sqrt((weak + moving) / 2.0)
    refused = result.status != Status.ADJUSTED
    m[:, refused] = np.nan


def _combine(result: X11, m: Floats, summary: Summary) -> QualityStatistics:
    weights = np.repeat(np.array(WEIGHTS)[:, None], m.shape[1], axis=1)
    short = np.isnan(m[7:]).any(axis=0)
    weights[6, short] += WEIGHTS[7] + WEIGHTS[8]
    weights[0, short] += WEIGHTS[9]
    weights[1, short] += WEIGHTS[10]
    weights[7:, short] = 0.0
    weights[5, [name != "3x5" for name in result.seasonal_filters]] = 0.0
    used = np.where(weights > 0.0, m, 0.0)
    q = (used * weights).sum(axis=0) / weights.sum(axis=0)
    without = weights.copy()
    without[1] = 0.0
    q2 = (used * without).sum(axis=0) / without.sum(axis=0)
    return QualityStatistics(m=m, q=q, q2=q2, failed=(m >= 1.0).sum(axis=0), summary=summary)
