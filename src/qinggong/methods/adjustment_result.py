"""What ``seasonal_adjust`` returns: components, coefficients, and diagnostics with a verdict for each series."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.calendar_effects import Windows
from qinggong.methods.regarima import Order

Floats = NDArray[np.float64]

GOOD, DOUBTFUL, NOT_ADJUSTABLE = "good", "doubtful", "not adjustable"
CONCURRENT, PARTIAL, FIXED = "concurrent", "partial", "fixed"


@dataclass(frozen=True, slots=True)
class Outlier:
    """An outlier of a series: type, row and month, effect in the transformed scale and its t value."""

    kind: str
    position: int
    month: str
    coefficient: float
    t_value: float


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Estimates by name: ARMA parameters (Box–Jenkins signs), festival windows, the user's regressors, trading days.

    ``estimates`` and ``errors`` are (names,) or (names, series); NaN where a series' model does not have the name.
    Regression coefficients are in the transformed scale.
    """

    names: tuple[str, ...]
    estimates: Floats
    errors: Floats

    @property
    def t_values(self) -> Floats:
        with np.errstate(invalid="ignore", divide="ignore"):
            return self.estimates / self.errors

    def __getitem__(self, name: str) -> Any:
        """Estimate of a name: a number, or an array over the series."""
        return self.estimates[self.names.index(name)]


@dataclass(frozen=True, slots=True)
class AdjustmentDiagnostics:
    """Verdicts, specifications and statistics; over the series, or of the one series.

    Attributes
    ----------
    verdict, reasons
        "good", "doubtful" or "not adjustable", and Chinese sentences that say why.
    transform, model, windows, trading_day, outliers
        The specification of each series.
    estimated
        (periods[, series]) months whose value is an estimate: gaps, and months of a combined block.
    seasonal_filter, trend_length
        Of X-11's last step.
    aicc, innovation_variance
        Of the regARIMA model.
    m, q, q2
        Quality statistics M1–M11 (11[, series]), Q, and Q without M2.
    qs, residual_f, ljung_box
        p values: QS and F test of the adjusted series for seasonality, Ljung–Box of the residuals.
    residuals
        (periods[, series]) innovations of the model, transformed scale.
    options
        What was asked for: (seasonal_filter, trend_filter, jan_feb, policy).
    sliding_seasonal, sliding_change
        Per cent of months with unstable factors and with unstable monthly growth in sliding spans; NaN if not asked
        for or if the series is too short.
    """

    verdict: Any
    reasons: Any
    transform: Any
    model: tuple[Order, ...] | Order
    windows: tuple[Windows, ...] | Windows
    trading_day: Any
    outliers: Any
    estimated: NDArray[np.bool_]
    seasonal_filter: Any
    trend_length: NDArray[np.int64]
    aicc: Floats
    innovation_variance: Floats
    m: Floats
    q: Floats
    q2: Floats
    qs: Floats
    residual_f: Floats
    ljung_box: Floats
    residuals: Floats
    options: Any
    sliding_seasonal: Floats
    sliding_change: Floats


@dataclass(frozen=True, slots=True)
class SeasonalAdjustment:
    """Result of ``seasonal_adjust``; arrays have the form of the values, (periods,) or (periods, series).

    Attributes
    ----------
    start
        First month.
    adjusted
        Values less season and calendar; outliers stay in. Gaps inside a series are estimated.
    seasonal, irregular, calendar
        Factors under logarithms (1 is none), differences else; ``trend`` and ``adjusted`` are in the unit of the
        values. ``calendar`` is festival, user regressors and trading days together.
    forecast, forecast_low, forecast_high
        (forecast[, series]) of the values, with 95 % bounds (the mean of the logarithms gives the median).
    """

    start: str
    adjusted: Floats
    seasonal: Floats
    trend: Floats
    irregular: Floats
    calendar: Floats
    forecast: Floats
    forecast_low: Floats
    forecast_high: Floats
    coefficients: Coefficients
    diagnostics: AdjustmentDiagnostics


def squeezed(result: SeasonalAdjustment) -> SeasonalAdjustment:
    """The only series of a batch, without the axis of the series."""
    return dataclasses.replace(
        result,
        coefficients=_first(result.coefficients, keep=("names",)),
        diagnostics=_first(result.diagnostics),
        **{
            field.name: getattr(result, field.name)[..., 0]
            for field in dataclasses.fields(result)
            if isinstance(getattr(result, field.name), np.ndarray)
        },
    )


def _first(value: Any, *, keep: tuple[str, ...] = ()) -> Any:
    changed = {}
    for field in dataclasses.fields(value):
        found = getattr(value, field.name)
        if field.name not in keep:
            changed[field.name] = found[..., 0] if isinstance(found, np.ndarray) else found[0]
    return dataclasses.replace(value, **changed)
