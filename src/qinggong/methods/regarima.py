"""Regression with seasonal ARIMA errors (regARIMA), estimated by exact maximum likelihood, for one or many series.

    y_t = Σ β_i x_{it} + z_t,   φ(B)Φ(B¹²)(1−B)^d(1−B¹²)^D z_t = θ(B)Θ(B¹²) e_t,   e_t ~ N(0, σ²)

Signs of the coefficients follow Box and Jenkins: the airline model is (1−B)(1−B¹²) z_t = (1−θB)(1−ΘB¹²) e_t.

References: G. E. P. Box and G. M. Jenkins (1976), Time Series Analysis: Forecasting and Control; D. F. Findley,
B. C. Monsell, W. R. Bell, M. C. Otto and B.-C. Chen (1998), New capabilities and methods of the X-12-ARIMA seasonal
adjustment program, Journal of Business and Economic Statistics 16, 127–177; for the likelihood see
``arima_likelihood``, for outliers ``outliers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import NormalDist
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.methods import regarima_kernel as kernel
from qinggong.methods.arima_likelihood import factors
from qinggong.methods.calendar_effects import over_blocks
from qinggong.methods.compiled import workers
from qinggong.methods.outliers import TYPES, critical_values

Floats = NDArray[np.float64]
Order = tuple[tuple[int, int, int], tuple[int, int, int]]
Transform = Literal["log", "none"]

AIRLINE: Order = ((0, 1, 1), (0, 1, 1))
MOST_OUTLIERS = 20
_MOST_ROUNDS = 80  # improvements of the split of January–February sums

# State of a series -> Chinese reason. The first ones come from the kernel, the others from the values themselves.
FITTED, TOO_SHORT, CONSTANT, NOT_CONVERGED, EXACT_FIT, MONTH_NEVER_SEEN = range(6)
ALL_MISSING, INFINITE, NOT_POSITIVE, JANUARY_PRESENT = range(6, 10)
REASONS = (
    "",
    "序列太短：有效观测不足以估计模型，至少要有三年多的月度数据",
    "序列为常数，没有可调整的变动",
    "似然估计未收敛，结果只能参考",
    "序列可由回归项完全解释，残差为零，无法估计模型",
    "有的月份从未有过观测，季节形态不可识别",
    "序列全部缺失",
    "序列含有无穷大的值",
    "对数变换要求全部为正，序列含有零或负值",
    "1—2月合并的序列，1月必须为缺失，合计填在2月",
)
USABLE = (FITTED, NOT_CONVERGED)


@dataclass(frozen=True, slots=True)
class RegArimaFit:
    """A batch of fitted series; the last axis of every array is the series.

    Attributes
    ----------
    order, transform
        The model, and the transformation of the values.
    state
        (series,) 0 fitted, else a place in ``REASONS``; only states in ``USABLE`` have results, NaN otherwise.
    arma, arma_error
        (parameters, series) coefficients of φ, Φ, θ, Θ in this order, and their standard errors.
    coefficients, covariance
        (k, series) and (k, k, series) of the regressors, in the transformed scale.
    outlier_kind, outlier_position, outlier_coefficient, outlier_error
        (most, series); kind is a place in ``outliers.TYPES`` or −1, position a row of the values.
    variance, deviance, aicc, bic
        (series,) σ² by maximum likelihood, −2 log-likelihood, and criteria of the *untransformed* values, so that
        they may be compared between transformations but not between orders of differencing.
    effective
        (series,) observations that carry information after differencing.
    filled
        (periods, series) transformed values with gaps, blocks and the months after the last value estimated.
    residuals
        (periods, series) expected innovations, NaN in the months lost by differencing.
    forecast, forecast_error, backcast, backcast_error
        (steps, series) transformed mean and standard deviation after (before) the values given.
    first, last
        (series,) row of the first and last observed value.
    """

    order: Order
    transform: Transform
    state: NDArray[np.int64]
    arma: Floats
    arma_error: Floats
    coefficients: Floats
    covariance: Floats
    outlier_kind: NDArray[np.int64]
    outlier_position: NDArray[np.int64]
    outlier_coefficient: Floats
    outlier_error: Floats
    variance: Floats
    deviance: Floats
    aicc: Floats
    bic: Floats
    effective: NDArray[np.int64]
    filled: Floats
    residuals: Floats
    forecast: Floats
    forecast_error: Floats
    backcast: Floats
    backcast_error: Floats
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    parameters: Floats
    parameter_covariance: Floats
    scale: Floats

    @property
    def errors(self) -> Floats:
        """(k, series) standard errors of the regression coefficients."""
        return np.sqrt(np.diagonal(self.covariance, axis1=0, axis2=1).T)

    def interval(self, level: float = 0.95) -> tuple[Floats, Floats]:
        """(steps, series) bounds of the forecasts in the scale of the values."""
        half = NormalDist().inv_cdf(0.5 + level / 2) * self.forecast_error
        low, high = self.forecast - half, self.forecast + half
        return (np.exp(low), np.exp(high)) if self.transform == "log" else (low, high)


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """Where an earlier fit of the same series ended: (parameters, series), their covariance, (periods, series)."""

    order: Order
    parameters: Floats
    covariance: Floats
    filled: Floats

    @classmethod
    def after(cls, fitted: RegArimaFit) -> StartingPoint:
        return cls(fitted.order, fitted.parameters, fitted.parameter_covariance, fitted.filled)

    def of(self, columns: NDArray[np.int64]) -> StartingPoint:
        """That of some of the series."""
        return StartingPoint(
            self.order, self.parameters[:, columns], self.covariance[:, :, columns], self.filled[:, columns]
        )


def parameter_names(order: Order) -> list[str]:
    """Names of the rows of ``arma``: ``ar_1``, ``seasonal_ar_1``, ``ma_1``, ``seasonal_ma_1`` …"""
    (p, _, q), (sp, _, sq) = order
    groups = (("ar", p), ("seasonal_ar", sp), ("ma", q), ("seasonal_ma", sq))
    return [f"{name}_{i}" for name, count in groups for i in range(1, count + 1)]


def check_order(order: Order) -> Order:
    """The order as nested tuples; a ``ValueError`` says what an order looks like."""
    try:
        (p, d, q), (sp, sd, sq) = order
        flat = tuple(int(v) for v in (p, d, q, sp, sd, sq))
    except (TypeError, ValueError) as error:
        raise ValueError(f"模型阶数应写作((p,d,q),(P,D,Q))，例如((0,1,1),(0,1,1))，收到{order!r}") from error
    if min(flat) < 0 or max(flat[0], flat[2]) > 4 or flat[1] > 2 or max(flat[3], flat[5]) > 2 or flat[4] > 1:
        raise ValueError(f"模型阶数超出范围（p、q≤4，d≤2，P、Q≤2，D≤1）：{order!r}")
    return (flat[0], flat[1], flat[2]), (flat[3], flat[4], flat[5])


def fit(
    values: Floats,
    regressors: Floats | None = None,
    *,
    start_month: int = 1,
    order: Order = AIRLINE,
    transform: Transform = "log",
    jan_feb: Literal["combined"] | None = None,
    outliers: Sequence[str] | None = None,
    critical: float | None = None,
    given_outliers: NDArray[np.int64] | None = None,
    parameters: Floats | None = None,
    known: Floats | None = None,
    near: StartingPoint | None = None,
    forecast: int = 12,
    backcast: int = 0,
    threads: int | None = None,
) -> RegArimaFit:
    """Fit the same model to every series of a batch.

    Parameters
    ----------
    values
        (periods, series) monthly values; NaN is missing. With ``jan_feb="combined"`` February holds the sum of January
        and February, and January is NaN: the likelihood is that of the sums, under logarithms by linearising
        log(e^a + e^b) about the estimate until it no longer moves.
    regressors
        (periods + forecast, k), known after the end; with ``backcast`` the first row holds before the start. Blocks get
        the mean of both months (``calendar_effects.over_blocks``). A regressor that the sample does not identify has
        the coefficient 0 and the standard error NaN.
    start_month
        Calendar month of the first row, 1–12.
    outliers
        Types searched for, of "AO", "LS", "TC".
    critical
        Critical value of the search; by the length of the series if ``None``.
    given_outliers
        (most, 2, series) kind (−1 for none) and position of outliers that are in the model from the start.
    parameters
        (count, series) parameters in partial-autocorrelation form (``RegArimaFit.parameters``), held fixed.
    known
        (k, series) coefficients that are not estimated but given, NaN where they are estimated.
    near
        An earlier fit of the same series: the search starts there, and the split of January–February sums is taken
        from it and not improved. For comparisons of models only; a final fit starts afresh.
    threads
        Threads that share the series; by default what ``NUMBA_NUM_THREADS`` allows.

    Notes
    -----
    Each series is computed alone and in the same way whatever the batch. No series raises: see ``state``.
    """
    order = check_order(order)
    y = np.ascontiguousarray(np.asarray(values, dtype=np.float64).T)
    series, periods = y.shape
    x = np.zeros((0, periods + forecast))
    if regressors is not None:
        matrix = np.asarray(regressors, dtype=np.float64)[: periods + forecast]
        x = np.ascontiguousarray((matrix if jan_feb is None else over_blocks(matrix, start_month)).T)
    user = x.shape[0]
    orders = np.array([*order[0], *order[1], 12], dtype=np.int64)
    if (constant := _trend_constant(orders, periods + forecast)) is not None:
        x = np.vstack([x, constant])
    log = transform == "log"
    combined = 0 if jan_feb is None else (2 if log else 1)
    state, prepared, scale = _prepare(y, log=log, combined=combined, start_month=start_month)
    k, count = x.shape[0], int(orders[0] + orders[2] + orders[3] + orders[5])
    most = MOST_OUTLIERS if (outliers or given_outliers is not None) else 0
    given = np.full((series, most, 2), -1, dtype=np.int64)
    if given_outliers is not None:
        given[:, : given_outliers.shape[0]] = np.moveaxis(given_outliers, 2, 0)[:, :most]
    search = np.array([kind in (outliers or ()) for kind in TYPES])
    thresholds = np.full(periods + 1, critical) if critical is not None else critical_values(periods)
    held = np.full((series, count), np.nan) if parameters is None else np.ascontiguousarray(parameters.T)
    given_coefficients = np.full((series, k), np.nan)
    if known is not None:
        given_coefficients[:, :user] = known.T if log else known.T / scale[:, None]
    out = _Arrays.empty(series, periods, k, count, most, forecast)
    arguments = (
        prepared, x, orders, given, search, thresholds, start_month - 1, combined, held, given_coefficients, most,
        *_starting_point(near, order, orders, series, periods, combined), 1 if near is not None else _MOST_ROUNDS,
    )  # fmt: skip
    good = np.flatnonzero(state == FITTED)
    _run(arguments, out, series, threads or workers())
    state[good] = out.numbers[good, kernel.STATE].astype(np.int64)
    before, before_error = np.full((series, backcast), np.nan), np.full((series, backcast), np.nan)
    if backcast:
        before, before_error = _backcasts(arguments, out, backcast, periods, scale, state)
    return _collect(order, transform, orders, state, out, y, scale, user, before, before_error)


@dataclass(frozen=True, slots=True)
class _Arrays:
    """What the kernel writes, series first."""

    parameters: Floats
    parameter_covariance: Floats
    coefficients: Floats
    covariance: Floats
    found: NDArray[np.int64]
    filled: Floats
    residuals: Floats
    forecast: Floats
    forecast_error: Floats
    numbers: Floats

    @classmethod
    def empty(cls, series: int, periods: int, k: int, count: int, most: int, steps: int) -> _Arrays:
        def nan(*shape: int) -> Floats:
            return np.full((series, *shape), np.nan)

        size = k + most
        return cls(
            nan(count), nan(count, count), nan(size), nan(size, size), np.full((series, most, 2), -1), nan(periods),
            nan(periods), nan(steps), nan(steps), np.zeros((series, kernel.NUMBERS)),
        )  # fmt: skip


def _run(arguments: tuple[Any, ...], out: _Arrays, series: int, threads: int) -> None:
    results: tuple[Any, ...] = (
        out.parameters, out.parameter_covariance, out.coefficients, out.covariance, out.found, out.filled,
        out.residuals, out.forecast, out.forecast_error, out.numbers,
    )  # fmt: skip
    threads = min(threads, series)

    def run(first: int) -> None:
        for place in range(first, series, max(threads, 1)):
            kernel.fit_series(*arguments, *results, place)  # type: ignore[call-arg]

    if threads <= 1:
        run(0)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(run, range(threads)))


def _prepare(y: Floats, *, log: bool, combined: int, start_month: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """States known from the values, values ready for the kernel, and the factor they were divided by."""
    state = np.zeros(y.shape[0], dtype=np.int64)
    finite = np.isfinite(y)
    state[~finite.any(axis=1)] = ALL_MISSING
    if log:
        state[(np.where(finite, y, 1.0) <= 0).any(axis=1)] = NOT_POSITIVE
    if combined:
        januaries = np.arange(y.shape[1]) % 12 == (1 - start_month) % 12
        state[(finite & januaries).any(axis=1)] = JANUARY_PRESENT
    highest, lowest = np.where(finite, y, -np.inf).max(axis=1), np.where(finite, y, np.inf).min(axis=1)
    state[(highest == lowest) & (finite.sum(axis=1) >= 24)] = CONSTANT
    state[np.isinf(y).any(axis=1)] = INFINITE
    size = np.where(finite, np.abs(y), 0.0).sum(axis=1) / np.maximum(finite.sum(axis=1), 1)
    usable = np.isfinite(size) & (size > 0)
    # A power of two changes no digit; it keeps sums of squares of very large or small figures within range.
    scale = np.where(usable, np.exp2(np.round(np.log2(np.where(usable, size, 1.0)))), 1.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        ready = y / scale[:, None]
        if log and not combined:
            ready = np.log(ready)
    ready[state != FITTED] = np.nan
    return state, ready, scale


def _start_values(orders: NDArray[np.int64]) -> Floats:
    p, q, sp, sq = (int(orders[i]) for i in (0, 2, 3, 5))
    first = [0.1] * p + [0.1] * sp + [0.5] * min(q, 1) + [0.05] * (q - 1) + [0.7] * min(sq, 1) + [0.05] * (sq - 1)
    return np.array(first[: p + sp + q + sq], dtype=np.float64)


def _starting_point(
    near: StartingPoint | None, order: Order, orders: NDArray[np.int64], series: int, periods: int, combined: int
) -> tuple[Floats, Floats, Floats]:
    """Parameters, inverse Hessian of the deviance, and January's shares to begin with, series first."""
    first = _start_values(orders)
    starts = np.repeat(first[None], series, axis=0)
    inverse = np.full((series, first.size, first.size), np.nan)
    shares = np.full((series, periods), np.nan)
    if near is None:
        return starts, inverse, shares
    if near.order == order:
        # −2 log-likelihood has twice the curvature of the log-likelihood, whose inverse is the covariance.
        covariance = np.moveaxis(near.covariance, 2, 0) / 2
        usable = np.isfinite(covariance).all(axis=(1, 2)) & np.isfinite(near.parameters).all(axis=0)
        starts[usable] = near.parameters.T[usable]
        inverse[usable] = covariance[usable]
    if combined:
        filled = near.filled.T
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
            if combined == 2:
                shares[:, :-1] = 1 / (1 + np.exp(filled[:, 1:] - filled[:, :-1]))
            else:
                shares[:, :-1] = filled[:, :-1] / (filled[:, :-1] + filled[:, 1:])
        shares[~np.isfinite(shares)] = np.nan
    return starts, inverse, shares


def _trend_constant(orders: NDArray[np.int64], length: int) -> Floats | None:
    """The regressor whose difference is constant, for models with less than two differences."""
    if orders[1] + orders[4] >= 2:
        return None
    months = np.arange(length, dtype=np.float64)
    if orders[4] == 1:
        return months / 12
    return months if orders[1] == 1 else np.ones(length)


def _backcasts(
    arguments: tuple[Any, ...], out: _Arrays, steps: int, periods: int, scale: Floats, state: NDArray[np.int64]
) -> tuple[Floats, Floats]:
    """Forecasts of the reversed series: a Gaussian ARIMA process has the same law in both directions of time.

    The series is first cleared of its regression, with the coefficients and parameters of the forward fit.
    """
    x = np.asarray(arguments[1])
    orders = np.asarray(arguments[2])
    series = out.filled.shape[0]
    cleared = out.filled.copy()
    k = x.shape[0]
    effects = np.zeros_like(cleared)
    for i in range(series):
        if state[i] not in USABLE:
            continue
        if k:
            effects[i] = out.coefficients[i, :k] @ x[:, :periods]
        for j, (kind, place) in enumerate(out.found[i]):
            if kind >= 0:
                from qinggong.methods.outliers import effect

                effects[i] += out.coefficients[i, k + j] * effect(TYPES[kind], int(place), periods)
        cleared[i, : int(out.numbers[i, kernel.FIRST])] = np.nan
    back = _Arrays.empty(series, periods, 0, out.parameters.shape[1], 0, steps)
    reversed_values = np.ascontiguousarray((cleared - effects)[:, ::-1])
    _run(
        (
            reversed_values, np.zeros((0, periods + steps)), orders, np.full((series, 0, 2), -1),
            np.zeros(3, dtype=np.bool_), np.asarray(arguments[5]), 0, 0, out.parameters.copy(), np.zeros((series, 0)),
            0, *_starting_point(None, AIRLINE, orders, series, periods, 0), 1,
        ),
        back,
        series,
        1,
    )  # fmt: skip
    # σ of the forward fit; level shifts and trend constants reach back with their first value.
    spread = np.sqrt(
        out.numbers[:, kernel.VARIANCE]
        / np.where(back.numbers[:, kernel.VARIANCE] > 0, back.numbers[:, kernel.VARIANCE], np.nan)
    )
    return back.forecast[:, ::-1] + effects[:, :1], (back.forecast_error * spread[:, None])[:, ::-1]


def _collect(
    order: Order, transform: Transform, orders: NDArray[np.int64], state: NDArray[np.int64], out: _Arrays, y: Floats,
    scale: Floats, user: int, before: Floats, before_error: Floats,
) -> RegArimaFit:  # fmt: skip
    log = transform == "log"
    series, periods = y.shape
    usable = (state == FITTED) | (state == NOT_CONVERGED)
    number = out.numbers
    effective = np.where(usable, number[:, kernel.EFFECTIVE], np.nan)
    deviance = np.where(usable, number[:, kernel.DEVIANCE], np.nan) + effective * (1 + np.log(2 * np.pi))
    # Jacobian of the transformation (or of the scale) over the observations that carry the likelihood.
    lead = int(orders[1] + 12 * orders[4])
    counted = np.isfinite(y) & (np.arange(periods) >= number[:, kernel.FIRST, None] + lead)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.log(y) if log else np.broadcast_to(np.log(scale)[:, None], y.shape)
    deviance = deviance + 2 * np.where(counted, logs, 0.0).sum(axis=1)
    k = out.coefficients.shape[1] - out.found.shape[1]
    redundant = np.isnan(np.diagonal(out.covariance[:, :k, :k], axis1=1, axis2=2)).sum(axis=1)
    free = out.parameters.shape[1] + k - redundant + number[:, kernel.OUTLIERS] + 1
    with np.errstate(invalid="ignore", divide="ignore"):
        room = effective - free - 1
        aicc = np.where(room > 0, deviance + 2 * free * effective / room, np.inf)
        aicc = np.where(usable, aicc, np.nan)
        bic = deviance + free * np.log(effective)
    arma, arma_error = _arma(out.parameters, out.parameter_covariance, orders)
    shift = np.log(scale) if log else np.zeros(series)
    factor = np.ones(series) if log else scale

    def back(values: Floats) -> Floats:
        return (values * factor[:, None] + shift[:, None]).T

    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diagonal(out.covariance, axis1=1, axis2=2))
    return RegArimaFit(
        order=order,
        transform=transform,
        state=state,
        arma=arma,
        arma_error=arma_error,
        coefficients=(out.coefficients[:, :user] * factor[:, None]).T,
        covariance=np.moveaxis(out.covariance[:, :user, :user] * (factor**2)[:, None, None], 0, 2),
        outlier_kind=out.found[:, :, 0].T,
        outlier_position=out.found[:, :, 1].T,
        outlier_coefficient=(out.coefficients[:, k:] * factor[:, None]).T,
        outlier_error=(errors[:, k:] * factor[:, None]).T,
        variance=np.where(usable, number[:, kernel.VARIANCE], np.nan) * factor**2,
        deviance=deviance,
        aicc=aicc,
        bic=bic,
        effective=np.where(usable, number[:, kernel.EFFECTIVE], 0).astype(np.int64),
        filled=back(out.filled),
        residuals=(out.residuals * factor[:, None]).T,
        forecast=back(out.forecast),
        forecast_error=(out.forecast_error * factor[:, None]).T,
        backcast=back(before),
        backcast_error=(before_error * factor[:, None]).T,
        first=number[:, kernel.FIRST].astype(np.int64),
        last=number[:, kernel.LAST].astype(np.int64),
        parameters=out.parameters.T,
        parameter_covariance=np.moveaxis(out.parameter_covariance, 0, 2),
        scale=scale,
    )


def _arma(parameters: Floats, covariance: Floats, orders: NDArray[np.int64]) -> tuple[Floats, Floats]:
    """Coefficients of the factors and, by the delta method, their standard errors."""
    with np.errstate(invalid="ignore"):
        errors = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2)).T
    if max(orders[0], orders[2], orders[3], orders[5]) <= 1:  # a single coefficient is its own partial autocorrelation
        return parameters.T.copy(), errors
    coefficients = np.full(parameters.shape, np.nan)
    spread = np.full(parameters.shape, np.nan)
    for i, row in enumerate(parameters):
        if not np.isfinite(row).all():
            continue
        coefficients[i] = np.concatenate(factors(row, orders))
        slopes = np.empty((row.size, row.size))
        for j in range(row.size):
            moved = row.copy()
            moved[j] += 1e-6
            slopes[:, j] = (np.concatenate(factors(moved, orders)) - coefficients[i]) / 1e-6
        spread[i] = np.sqrt(np.diag(slopes @ covariance[i] @ slopes.T))
    return coefficients.T, spread.T
