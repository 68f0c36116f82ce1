"""X-11 seasonal adjustment of a batch of monthly series, as X-13ARIMA-SEATS does it.

The series come adjusted for calendar effects and outliers and extended by forecasts (and backcasts); the outliers go
back with ``restore``. The arithmetic is in ``x11_kernel``; docs/methods/x11.md describes the steps.

References
----------
Shiskin, J., Young, A. H. and Musgrave, J. C. (1967), The X-11 Variant of the Census Method II Seasonal Adjustment
Program, Technical Paper 15, Bureau of the Census.
Dagum, E. B. (1980), The X-11-ARIMA Seasonal Adjustment Method, Statistics Canada.
Ladiray, D. and Quenneville, B. (2001), Seasonal Adjustment with the X-11 Method, Springer.
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec X11.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods import x11_averages, x11_kernel
from qinggong.methods.x11_filters import SEASONAL_FILTERS, henderson_bank, seasonal_bank
from qinggong.methods.x11_kernel import TABLES

Floats = NDArray[np.float64]
Mode = Literal["multiplicative", "additive", "log-additive"]

MODES: tuple[Mode, ...] = ("multiplicative", "additive", "log-additive")
MINIMUM_MONTHS = 36  # X-13ARIMA-SEATS manual: X-11 needs three years of data
_LONGEST_TREND_FILTER = 35  # longer ones would need more than the least number of months
_CORE = ("C17", "D8", "D10", "D11", "D12", "D13")


class Status(IntEnum):
    """Whether a series was adjusted, and why not."""

    ADJUSTED = 0
    ALL_MISSING = 1
    GAPS = 2
    NOT_FINITE = 3
    TOO_SHORT = 4
    NOT_POSITIVE = 5
    CONSTANT = 6
    FAILED = 7


REASONS: Mapping[Status, str] = MappingProxyType(
    {
        Status.ADJUSTED: "",
        Status.ALL_MISSING: "序列没有任何数值",
        Status.GAPS: "序列中间有缺失值，须先由模型补齐",
        Status.NOT_FINITE: "序列含无穷大",
        Status.TOO_SHORT: f"序列不足{MINIMUM_MONTHS}个月",
        Status.NOT_POSITIVE: "序列含零或负值，不能作乘法或对数加法调整",
        Status.CONSTANT: "序列为常数，没有季节变动可言",
        Status.FAILED: "计算结果不是有限数",
    }
)


@dataclass(frozen=True, slots=True)
class X11:
    """Result of X-11 on a batch; arrays of numbers are ``(periods, series)`` over the extended series.

    A series that was refused (``status``) holds NaN. ``irregular`` and ``seasonal`` are factors (1 is none) unless the
    mode is additive, and then in the units of the series.
    """

    mode: Mode
    start_month: int
    span: tuple[int, int]
    """Observed part of the periods, half open."""
    seasonal: Floats
    """D10."""
    adjusted: Floats
    """D11."""
    trend: Floats
    """D12."""
    irregular: Floats
    """D13."""
    si: Floats
    """D8: seasonal and irregular together, extremes included."""
    weights: Floats
    """C17: weights of the irregular, 0 to 1."""
    seasonal_filters: tuple[str, ...]
    """Seasonal filter of D10, by series; empty where refused."""
    trend_lengths: NDArray[np.int64]
    """Henderson length of D12, ``(series,)``; 0 where refused."""
    noise_to_trend: Floats
    """I/C behind the choice of that length, ``(series,)``."""
    moving_seasonality: Floats
    """Global moving seasonality ratio of the observed part, ``(series,)``."""
    years_left_out: NDArray[np.int64]
    """Years dropped at the end before that ratio decided on a filter, ``(series,)``."""
    status: NDArray[np.int8]
    """``Status``, ``(series,)``."""
    extension_dropped: NDArray[np.bool_]
    """Forecasts or backcasts were given but not positive or not finite, and were left aside, ``(series,)``."""
    tables: Mapping[str, Floats]
    """Tables asked for by X-13's names, NaN where a table is not defined."""

    @property
    def additive(self) -> bool:
        """Whether the components add up (in a log-additive run they multiply in the end)."""
        return self.mode == "additive"

    @property
    def observed(self) -> slice:
        """The observed part as a slice of the periods."""
        return slice(*self.span)


def decompose(
    values: ArrayLike,
    *,
    mode: Mode = "multiplicative",
    seasonal_filter: str = "auto",
    trend_filter: str | int = "auto",
    sigma_limits: tuple[float, float] = (1.5, 2.5),
    start_month: int = 1,
    span: tuple[int, int] | None = None,
    tables: tuple[str, ...] = (),
) -> X11:
    """Decompose monthly series into trend, seasonal and irregular.

    Parameters
    ----------
    values
        Extended series ``(periods,)`` or ``(periods, series)``, free of calendar effects and outliers. Missing months
        may only be at the beginning or the end of the observed part.
    mode
        "multiplicative", "additive" or "log-additive" (additive on logarithms, trend corrected for the bias).
    seasonal_filter
        "auto" (by the moving seasonality ratio), "default" (3x3, then 3x5), or one of "3x1", "3x3", "3x5", "3x9",
        "3x15" (20 years and more), "stable" for all steps; "auto:3x5" is "auto" with the filter of D10 held.
    trend_filter
        "auto" (9, 13 or 23 terms by I/C) or an odd length from 3 to 35; "auto:13" is "auto" with the length of part D
        held.
    sigma_limits
        Distances from the expected irregular, in standard deviations, at which a value begins to lose weight and has
        lost all.
    start_month
        Calendar month of the first period, 1 to 12.
    span
        Observed part of the periods, half open; by default all. What lies before it are backcasts, after it forecasts.
    tables
        Further tables by X-13's names (``x11_kernel.TABLES``); B and C of a log-additive run are in logarithms.

    Returns
    -------
    X11
        A column depends on its own values alone, whatever else is in the batch.

    Raises
    ------
    ValueError
        If an option is not one of those above. Data never raise: see ``X11.status``.
    """
    series = np.asarray(values, dtype=np.float64)
    if series.ndim == 1:
        series = series[:, None]
    if series.ndim != 2:
        raise ValueError("values must be (periods,) or (periods, series)")
    periods, count = series.shape
    begin, end = (0, periods) if span is None else span
    if not 0 <= begin <= end <= periods:
        raise ValueError(f"span {span} is not within the {periods} periods")
    chosen = _seasonal_choice(seasonal_filter)
    preset, held_trend = _trend_choice(trend_filter)
    _check_options(mode, sigma_limits, start_month, tables)

    status, spans, dropped = _usable(series, begin, end, positive=mode != "additive")
    columns = np.ascontiguousarray(series.T)
    if mode == "log-additive":
        with np.errstate(divide="ignore", invalid="ignore"):
            columns = np.log(columns)
    wanted = tuple(dict.fromkeys((*_CORE, *tables)))
    out = np.full((count, len(wanted), periods), np.nan)
    choices = np.full((count, x11_kernel.CHOICES), np.nan)
    trends, lengths = henderson_bank(preset)
    x11_kernel.run(
        columns,
        spans,
        start_month - 1,
        mode != "multiplicative",
        mode == "log-additive",
        chosen,
        held_trend if preset is None else 0,
        float(sigma_limits[0]),
        float(sigma_limits[1]),
        seasonal_bank((start_month - 1 + periods) // 12 + 2),
        trends,
        lengths,
        x11_kernel.table_slots(wanted),
        out,
        choices,
    )
    _refuse_failures(status, out, choices, spans, wanted.index("D11"), wanted.index("D12"))
    named = {name: out[:, place].T for place, name in enumerate(wanted)}
    done = status == Status.ADJUSTED
    filters = np.where(done, choices[:, x11_kernel.FILTER], -1).astype(np.int64)
    return X11(
        mode=mode,
        start_month=start_month,
        span=(begin, end),
        seasonal=named["D10"],
        adjusted=named["D11"],
        trend=named["D12"],
        irregular=named["D13"],
        si=named["D8"],
        weights=named["C17"],
        seasonal_filters=tuple(SEASONAL_FILTERS[number] if number >= 0 else "" for number in filters),
        trend_lengths=np.where(done, choices[:, x11_kernel.TREND_LENGTH], 0).astype(np.int64),
        noise_to_trend=choices[:, x11_kernel.NOISE_TO_TREND].copy(),
        moving_seasonality=choices[:, x11_kernel.MSR].copy(),
        years_left_out=np.where(done, choices[:, x11_kernel.YEARS_LEFT_OUT], 0).astype(np.int64),
        status=status,
        extension_dropped=dropped,
        tables=MappingProxyType({name: named[name] for name in tables}),
    )


def restore(result: X11, *, transient: ArrayLike | None = None, level: ArrayLike | None = None) -> X11:
    """Put the effects of outliers back that were taken out before ``decompose``.

    Parameters
    ----------
    transient
        Effects of additive outliers and temporary changes: they return to D11 and to the irregular D13.
    level
        Effects of level shifts: they return to D11 and to the trend D12.
        Both are factors or, in an additive run, differences, and broadcast to ``(periods, series)``.

    Notes
    -----
    X-13ARIMA-SEATS manual, tables D11 to D13: D11 is the original series over D10 and the calendar factors, so that
    it keeps all outliers unless ``final`` removes them; holiday and trading-day effects stay out.
    """
    adjusted, trend, irregular = result.adjusted, result.trend, result.irregular
    if transient is not None:
        effect = np.asarray(transient, dtype=np.float64)
        adjusted = adjusted + effect if result.additive else adjusted * effect
        irregular = irregular + effect if result.additive else irregular * effect
    if level is not None:
        effect = np.asarray(level, dtype=np.float64)
        adjusted = adjusted + effect if result.additive else adjusted * effect
        trend = trend + effect if result.additive else trend * effect
    return dataclasses.replace(result, adjusted=adjusted, trend=trend, irregular=irregular)


def year_ahead(result: X11) -> Floats:
    """Seasonal of the twelve months after the last period: last year's plus half of its change (table D10A).

    ``(12, series)``; S(t + 12) = S(t) + (S(t) − S(t − 12)) / 2, Shiskin, Young and Musgrave (1967).
    """
    last, before = result.seasonal[-12:], result.seasonal[-24:-12]
    return np.asarray(last + (last - before) / 2, dtype=np.float64)


def _seasonal_choice(seasonal_filter: str) -> int:
    if seasonal_filter == "auto":
        return x11_averages.AUTOMATIC
    if seasonal_filter == "default":
        return x11_averages.DEFAULT
    held = seasonal_filter.removeprefix("auto:")
    if held not in SEASONAL_FILTERS:
        raise ValueError(f"seasonal_filter must be auto, default or one of {SEASONAL_FILTERS}, not {seasonal_filter!r}")
    place = SEASONAL_FILTERS.index(held)
    return x11_averages.HELD - place if held != seasonal_filter else place


def _trend_choice(trend_filter: str | int) -> tuple[int | None, int]:
    """Preset length or ``None``, and the rule of the automatic choice: 1, or the length held in part D."""
    if trend_filter == "auto":
        return None, 1
    if str(trend_filter).startswith("auto:"):
        length = int(str(trend_filter).removeprefix("auto:"))
        if length not in (9, 13, 23):
            raise ValueError(f"the trend filter held after auto must have 9, 13 or 23 terms, not {length}")
        return None, length
    length = int(trend_filter)
    if length % 2 == 0 or not 3 <= length <= _LONGEST_TREND_FILTER:
        raise ValueError(f"trend_filter must be auto or odd and within 3 to {_LONGEST_TREND_FILTER}, not {length}")
    return length, 0


def _check_options(mode: str, sigma_limits: tuple[float, float], start_month: int, tables: tuple[str, ...]) -> None:
    if mode not in MODES:
        raise ValueError(f"mode must be one of {MODES}, not {mode!r}")
    if not 0 < sigma_limits[0] < sigma_limits[1]:
        raise ValueError(f"sigma_limits must be positive and rising, not {sigma_limits}")
    if not 1 <= start_month <= 12:
        raise ValueError(f"start_month must be 1 to 12, not {start_month}")
    unknown = [name for name in tables if name not in TABLES]
    if unknown:
        raise ValueError(f"no such X-11 table: {', '.join(unknown)}")


def _usable(
    series: Floats, begin: int, end: int, *, positive: bool
) -> tuple[NDArray[np.int8], NDArray[np.int64], NDArray[np.bool_]]:
    """Status of each series before the run, its spans for the kernel, and whether an extension was dropped."""
    periods, count = series.shape
    status = np.zeros(count, dtype=np.int8)
    spans = np.zeros((count, 4), dtype=np.int64)
    data = series[begin:end]
    if data.size == 0:
        return np.full(count, Status.ALL_MISSING, dtype=np.int8), spans, np.zeros(count, dtype=np.bool_)
    there = ~np.isnan(data)
    first = np.where(there.any(axis=0), there.argmax(axis=0), 0)
    last = np.where(there.any(axis=0), data.shape[0] - there[::-1].argmax(axis=0), 0)
    with np.errstate(invalid="ignore"):
        bad = ~np.isfinite(series) | (series <= 0) if positive else ~np.isfinite(series)
        below = (data <= 0).any(axis=0)
        extent = np.nanmax(np.where(there, data, -np.inf), axis=0, initial=-np.inf) - np.nanmin(
            np.where(there, data, np.inf), axis=0, initial=np.inf
        )
    # The later tests win: a series that is all missing is also too short.
    status[extent == 0] = Status.CONSTANT
    if positive:
        status[below] = Status.NOT_POSITIVE
    status[last - first < MINIMUM_MONTHS] = Status.TOO_SHORT
    status[there.sum(axis=0) < last - first] = Status.GAPS
    status[np.isinf(data).any(axis=0)] = Status.NOT_FINITE
    status[~there.any(axis=0)] = Status.ALL_MISSING
    low = np.where(first > 0, begin + first, 0)
    high = np.where(last < data.shape[0], begin + last, periods)
    no_backcast = (first == 0) & (bad[:begin].any(axis=0) if begin else False)
    no_forecast = (last == data.shape[0]) & (bad[end:].any(axis=0) if end < periods else False)
    low = np.where(no_backcast, begin, low)
    high = np.where(no_forecast, end, high)
    good = status == Status.ADJUSTED
    spans[good] = np.stack([low, high, begin + first, begin + last], axis=1)[good]
    return status, spans, good & (no_backcast | no_forecast)


def _refuse_failures(
    status: NDArray[np.int8], out: Floats, choices: Floats, spans: NDArray[np.int64], adjusted: int, trend: int
) -> None:
    """A result that is not finite where the series is observed is refused as a whole (for instance on overflow)."""
    places = np.arange(out.shape[2])
    inside = (places >= spans[:, 2:3]) & (places < spans[:, 3:4])
    broken = (inside & ~(np.isfinite(out[:, adjusted]) & np.isfinite(out[:, trend]))).any(axis=1)
    status[broken] = Status.FAILED
    refused = status != Status.ADJUSTED
    out[refused] = np.nan
    choices[refused] = np.nan
