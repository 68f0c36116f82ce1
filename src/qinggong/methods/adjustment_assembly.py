"""The arrays of a batch while its parts come in, and the verdicts at the end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong.methods import regarima
from qinggong.methods.adjustment_result import (
    DOUBTFUL,
    GOOD,
    NOT_ADJUSTABLE,
    AdjustmentDiagnostics,
    Coefficients,
    Outlier,
    SeasonalAdjustment,
)
from qinggong.methods.calendar_effects import months_from, trading_day_names, window_name
from qinggong.methods.diagnostics import Diagnostics
from qinggong.methods.model_choice import Choice, Request
from qinggong.methods.outliers import TYPES
from qinggong.methods.regarima import RegArimaFit, parameter_names
from qinggong.methods.x11 import X11

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_JUMP = 10**3.5  # a change by this factor from one value to the next is taken for a slip of the unit
_MOST_MISSING = 0.25  # share of gaps above which a result is doubtful


class Assembly:
    """Preallocated results; tasks write the columns they own, so they need no lock."""

    def __init__(self, request: Request, choices: Sequence[Choice], options: Sequence[tuple[Any, ...]]) -> None:
        self.request = request
        self._choices = choices
        self._options = tuple(options)
        periods, series = request.values.shape
        self._months = [f"{year}-{month:02d}" for year, month in months_from(request.start, periods)]
        self._names = _all_names(request, choices)
        self._row = {name: row for row, name in enumerate(self._names)}

        def nan(*shape: int) -> Floats:
            return np.full((*shape, series), np.nan)

        self._estimates, self._errors = nan(len(self._names)), nan(len(self._names))
        self._tables = {name: nan(periods) for name in ("adjusted", "seasonal", "trend", "irregular", "calendar")}
        self._forecast = {name: nan(request.forecast) for name in ("mean", "low", "high")}
        self._statistics = {name: nan() for name in ("aicc", "variance", "q", "q2", "qs", "residual_f", "ljung_box")}
        self._m, self._residuals = nan(11), nan(periods)
        self._trend_length = np.zeros(series, dtype=np.int64)
        self._filters = [""] * series
        self._outliers: list[tuple[Outlier, ...]] = [()] * series
        self._verdicts = [NOT_ADJUSTABLE] * series
        self._reasons: list[tuple[str, ...]] = [()] * series
        self._states = np.full(series, regarima.FITTED)

    def add_components(
        self, columns: Ints, result: X11, judged: Diagnostics, calendar: Floats, last: int, periods: int
    ) -> None:
        """Components of series that end at the same month."""
        end = last + 1
        there = np.isfinite(result.adjusted[:end])
        for name, table in (
            ("adjusted", result.adjusted), ("seasonal", result.seasonal), ("trend", result.trend),
            ("irregular", result.irregular),
        ):  # fmt: skip
            self._tables[name][:end, columns] = table[:end]
        self._tables["calendar"][:end, columns] = np.where(there, calendar[:end], np.nan)
        self._m[:, columns] = judged.quality.m
        for name, values in (
            ("q", judged.quality.q), ("q2", judged.quality.q2), ("qs", judged.qs_adjusted.p_value),
            ("residual_f", judged.residual.p_value), ("ljung_box", judged.autocorrelation.p_value),
        ):  # fmt: skip
            self._statistics[name][columns] = values
        self._trend_length[columns] = result.trend_lengths
        for place, column in enumerate(columns):
            self._filters[column] = result.seasonal_filters[place]
            verdict = judged.verdicts[place]
            self._verdicts[column] = str(verdict.grade.value)
            if verdict.reasons:
                self._reasons[column] = tuple(reason.text for reason in verdict.reasons)

    def add_reason(self, column: int, text: str) -> None:
        """A reason of the way of adjusting; ``finish`` turns "good" into "doubtful"."""
        self._reasons[column] = (*self._reasons[column], text)

    def add_model(self, choice: Choice, columns: Ints, fitted: RegArimaFit) -> None:
        """Coefficients, outliers, forecasts and the state of the model."""
        rows = np.array([self._row[name] for name in parameter_names(choice.order)], dtype=np.int64)
        self._estimates[np.ix_(rows, columns)] = fitted.arma
        self._errors[np.ix_(rows, columns)] = fitted.arma_error
        rows = np.array([self._row[name] for name in _regressor_names(self.request, choice)], dtype=np.int64)
        if rows.size:
            self._estimates[np.ix_(rows, columns)] = fitted.coefficients
            with np.errstate(invalid="ignore"):
                self._errors[np.ix_(rows, columns)] = fitted.errors
        self._statistics["aicc"][columns] = fitted.aicc
        self._statistics["variance"][columns] = fitted.variance
        self._residuals[:, columns] = fitted.residuals
        self._states[columns] = fitted.state
        low, high = fitted.interval()
        mean = np.exp(fitted.forecast) if choice.transform == "log" else fitted.forecast
        for name, values in (("mean", mean), ("low", low), ("high", high)):
            self._forecast[name][:, columns] = self._as_given(values)
        for column in np.flatnonzero((fitted.outlier_kind >= 0).any(axis=0)):
            self._outliers[columns[column]] = tuple(
                Outlier(
                    TYPES[fitted.outlier_kind[i, column]],
                    int(fitted.outlier_position[i, column]),
                    self._months[fitted.outlier_position[i, column]],
                    float(fitted.outlier_coefficient[i, column]),
                    float(fitted.outlier_coefficient[i, column] / fitted.outlier_error[i, column]),
                )
                for i in np.flatnonzero(fitted.outlier_kind[:, column] >= 0)
            )

    def _as_given(self, values: Floats) -> Floats:
        """Forecasts in the form of the values: with combined blocks February is the sum, January is missing.

        The bounds of a sum are the sums of the bounds, as if the errors of both months went together: never too narrow.
        """
        if not self.request.combined:
            return values
        values = values.copy()
        first = self.request.start[1] - 1 + self.request.values.shape[0]
        for row in range(values.shape[0]):
            if (first + row) % 12 == 0:
                if row + 1 < values.shape[0]:
                    values[row + 1] += values[row]
                values[row] = np.nan
            elif (first + row) % 12 == 1 and row == 0:
                values[row] = np.nan  # the block began in the data, without its sum
        return values

    def finish(self, start: str) -> SeasonalAdjustment:
        """Blocks halved, gaps flagged, verdicts completed."""
        values = self.request.values
        tables = self._tables
        estimated = np.isfinite(tables["adjusted"]) & ~np.isfinite(values)
        if self.request.combined:
            estimated |= self._halve_blocks()
        for column in range(values.shape[1]):
            self._complete_verdict(column, int(estimated[:, column].sum()))
        choices = self._choices
        diagnostics = AdjustmentDiagnostics(
            verdict=tuple(self._verdicts),
            reasons=tuple(self._reasons),
            transform=tuple(c.transform for c in choices),
            model=tuple(c.order for c in choices),
            windows=tuple(c.windows for c in choices),
            trading_day=tuple(c.trading_day for c in choices),
            outliers=tuple(self._outliers),
            estimated=estimated,
            seasonal_filter=tuple(self._filters),
            trend_length=self._trend_length,
            aicc=self._statistics["aicc"],
            innovation_variance=self._statistics["variance"],
            m=self._m,
            q=self._statistics["q"],
            q2=self._statistics["q2"],
            qs=self._statistics["qs"],
            residual_f=self._statistics["residual_f"],
            ljung_box=self._statistics["ljung_box"],
            residuals=self._residuals,
            options=self._options,
            sliding_seasonal=np.full(values.shape[1], np.nan),
            sliding_change=np.full(values.shape[1], np.nan),
        )
        return SeasonalAdjustment(
            start=start,
            forecast=self._forecast["mean"],
            forecast_low=self._forecast["low"],
            forecast_high=self._forecast["high"],
            coefficients=Coefficients(self._names, self._estimates, self._errors),
            diagnostics=diagnostics,
            **tables,
        )

    def _halve_blocks(self) -> NDArray[np.bool_]:
        """Half of the block's adjusted sum in January and February; the months concerned."""
        adjusted = self._tables["adjusted"]
        inside = np.zeros(adjusted.shape, dtype=np.bool_)
        first = (1 - self.request.start[1]) % 12
        for january in range(first, adjusted.shape[0] - 1, 12):
            half = (adjusted[january] + adjusted[january + 1]) / 2
            adjusted[january] = adjusted[january + 1] = half
            inside[january : january + 2] = np.isfinite(half)
        return inside

    def _complete_verdict(self, column: int, gaps: int) -> None:
        state = int(self._states[column])
        reasons = list(self._reasons[column])
        verdict = self._verdicts[column]
        if state not in regarima.USABLE:
            verdict, reasons = NOT_ADJUSTABLE, [regarima.REASONS[state]]
        elif state != regarima.FITTED:
            reasons.append(regarima.REASONS[state])
        observed = np.flatnonzero(np.isfinite(self.request.values[:, column]))
        if observed.size > 1:
            series = np.abs(self.request.values[observed, column])
            with np.errstate(divide="ignore", invalid="ignore"):
                ratios = np.where((series[1:] > 0) & (series[:-1] > 0), series[1:] / series[:-1], 1.0)
            jumps = np.flatnonzero((ratios > _JUMP) | (ratios < 1 / _JUMP))
            if jumps.size:
                at = int(jumps[0])
                reasons.append(
                    f"{self._months[observed[at + 1]]}的值是前一个值的{ratios[at]:.3g}倍，疑为单位变化或录入错误，请核对"
                )
            span = observed[-1] - observed[0] + 1
            if not self.request.combined and gaps > _MOST_MISSING * span:
                reasons.append(f"序列中间缺失{gaps}个月，超过四分之一")
        if reasons and verdict == GOOD:
            verdict = DOUBTFUL
        self._verdicts[column], self._reasons[column] = verdict, tuple(reasons)


def _regressor_names(request: Request, choice: Choice) -> list[str]:
    return [
        *(window_name(window) for window in choice.windows),
        *(f"user_{i}" for i in range(1, request.regressors.shape[1] + 1)),
        *trading_day_names(choice.trading_day),
    ]


def _all_names(request: Request, choices: Sequence[Choice]) -> tuple[str, ...]:
    """Every name that some series has, in a fixed order: ARMA, festival, user, trading days."""
    arma: dict[str, None] = {}
    windows: dict[str, None] = {}
    others: dict[str, None] = {}
    for choice in sorted(set(choices), key=repr):
        arma.update(dict.fromkeys(parameter_names(choice.order)))
        windows.update(dict.fromkeys(window_name(window) for window in choice.windows))
        others.update(dict.fromkeys(_regressor_names(request, choice)[len(choice.windows) :]))
    return (*arma, *windows, *others)
