"""Seasonal adjustment of monthly series: calendar effects and outliers by regARIMA, the seasonal by X-11.

The steps are those of X-13ARIMA-SEATS: the series is cleared of festival, trading-day and outlier effects, extended by
the model's forecasts and decomposed; outliers return to the trend and the irregular, calendar effects stay out. See
``regarima``, ``calendar_effects``, ``outliers``, ``model_choice`` and ``x11`` for methods and sources.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong import periods as periods_of_time
from qinggong.methods import regarima, x11
from qinggong.methods.adjustment_assembly import Assembly
from qinggong.methods.adjustment_policies import (
    POLICIES,
    Plan,
    fit_fixed,
    outdated,
    stored_plan,
    with_stored_factors,
)
from qinggong.methods.adjustment_result import CONCURRENT, SeasonalAdjustment, squeezed
from qinggong.methods.adjustment_stability import with_sliding_spans
from qinggong.methods.calendar_effects import DEFAULT_WINDOWS, Windows, window_grid
from qinggong.methods.compiled import workers
from qinggong.methods.diagnostics import diagnose
from qinggong.methods.model_choice import (
    SHORT_LIST,
    TRADING_DAYS,
    Choice,
    Request,
    calendar_matrix,
    choose,
    fit_choice,
    groups,
)
from qinggong.methods.outliers import AO, LS, TYPES, effect
from qinggong.methods.pooling import pool as pool_coefficients
from qinggong.methods.regarima import AIRLINE, Order, RegArimaFit, check_order
from qinggong.methods.specification import Specification

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_BLOCK = 256  # series a task: small enough to stay in the processor's cache


@dataclass(frozen=True, slots=True)
class _Effects:
    """(periods + forecast, series) effects that are taken out before X-11; the last two return afterwards."""

    calendar: Floats
    transient: Floats
    level: Floats


def seasonal_adjust(
    values: ArrayLike,
    start: str,
    *,
    transform: Literal["auto", "log", "none"] = "auto",
    model: str | Order = "auto",
    holiday: Literal["cny"] | None = "cny",
    trading_day: Literal["auto", "china", "weekday"] | None = "auto",
    regressors: ArrayLike | None = None,
    outliers: Sequence[str] | None = ("AO", "LS", "TC"),
    seasonal_filter: str = "auto",
    trend_filter: str | int = "auto",
    forecast: int = 12,
    jan_feb: Literal["combined"] | None = None,
    pool: Sequence[str] | None = None,
    policy: Literal["concurrent", "partial", "fixed"] = "concurrent",
    specifications: Specification | Sequence[Specification] | None = None,
    stability: bool = False,
) -> SeasonalAdjustment:
    """Adjust monthly series for the season, the Spring Festival and working days.

    Parameters
    ----------
    values
        (periods,) or (periods, series); NaN is missing.
    start
        First month, for example "2010-01".
    transform
        "log" (multiplicative), "none" (additive), or "auto": by AICc.
    model
        "airline", an order ((p,d,q),(P,D,Q)), or "auto": by AICc from ``model_choice.SHORT_LIST``.
    holiday
        "cny": Spring Festival regressors, or ``None``. With ``model="auto"`` the windows are chosen from a grid by
        AICc; with a stated model they are 20 days before, 7 during and 14 after.
    trading_day
        "china" (working days that know holidays and make-up workdays), "weekday" (six contrasts and leap year),
        ``None``, or "auto": by AICc.
    regressors
        Holiday-type regressors of the user, (periods + forecast, k); their effect is removed like a holiday's.
    outliers
        Types searched for, or ``None``.
    seasonal_filter, trend_filter
        Of X-11: "auto", "3x3", "3x5", "3x9" …; "auto" or an odd length.
    forecast
        Months forecast; X-11 works on the series extended by them.
    jan_feb
        "combined": January is NaN and February holds the sum of both. ``adjusted`` has half of the block's adjusted sum
        in each month (flagged in ``diagnostics.estimated``); ``forecast`` follows the form of ``values``.
    pool
        A label for each series: series with one label get the same windows, and their festival coefficients are shrunk
        towards each other (``pooling``). Only series in logarithms are pooled.
    policy, specifications
        "concurrent" identifies and estimates everything. "partial" keeps the model, outliers and filters of the
        specifications (one a series, from ``specification_of``) and estimates the coefficients; "fixed" keeps the
        coefficients as well and divides by the stored and projected seasonal factors. Both then leave aside
        ``transform``, ``model``, ``holiday``, ``trading_day``, ``outliers`` and the filters; "fixed" also ``pool``.
    stability
        Adjust overlapping spans too, and let unstable series be doubtful (``stability.sliding_spans``).

    Returns
    -------
    SeasonalAdjustment
        Arrays of the form of ``values``. No series raises: one that cannot be adjusted holds NaN and has a verdict
        and a reason in ``diagnostics``.

    Raises
    ------
    ValueError
        If an argument is not one of those above, or has the wrong shape.

    References
    ----------
    D. F. Findley et al. (1998), New capabilities and methods of the X-12-ARIMA seasonal adjustment program, Journal of
    Business and Economic Statistics 16, 127–177; X-13ARIMA-SEATS Reference Manual, version 1.1.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim not in (1, 2) or array.shape[0] == 0:
        raise ValueError(f"values应为(月份,)或(月份,序列)的数组，收到形状{array.shape}")
    single = array.ndim == 1
    matrix = array[:, None] if single else array
    horizon = _whole(forecast)
    request = Request(
        values=matrix,
        start=_first_month(start),
        forecast=horizon,
        regressors=_own_regressors(regressors, matrix.shape[0], horizon),
        combined=_one_of("jan_feb", jan_feb, (None, "combined")) == "combined",
    )
    plan = Plan(
        types=_outlier_types(outliers),
        filters=[(seasonal_filter, trend_filter)] * matrix.shape[1],
    )
    _one_of("holiday", holiday, ("cny", None))
    automatic = model == "auto"
    orders: Sequence[Order] = SHORT_LIST
    if not automatic:
        orders = (AIRLINE,) if model == "airline" else (check_order(model),)  # type: ignore[arg-type]
    windows: Sequence[Windows] = ((),)
    if holiday == "cny":
        windows = window_grid() if automatic else (DEFAULT_WINDOWS,)
    days = _one_of("trading_day", trading_day, ("auto", "china", "weekday", None))
    form = _one_of("transform", transform, ("auto", "log", "none"))
    _check_filters(seasonal_filter, trend_filter)
    if pool is not None and len(pool) != matrix.shape[1]:
        raise ValueError(f"pool应给每条序列一个组名：序列{matrix.shape[1]}条，组名{len(pool)}个")
    rule = _one_of("policy", policy, POLICIES)
    options: list[tuple[Any, ...]] = [(seasonal_filter, trend_filter, jan_feb, rule)] * matrix.shape[1]
    if rule != CONCURRENT or specifications is not None:
        plan = stored_plan(request, rule, specifications)
        chosen = [stored.choice for stored in plan.stored]
        options = [(one.seasonal_filter, one.trend_filter, jan_feb, rule) for one in plan.stored]
    else:
        chosen = choose(
            request,
            transforms=("log", "none") if form == "auto" else (form,),
            orders=orders,
            trading_days=TRADING_DAYS if days == "auto" else (days,),
            windows=windows,
            outliers=plan.types,
            labels=pool,
        )
    tasks = [
        (choice, filters, part)
        for choice, columns in groups(chosen).items()
        for filters, same in _by_filters(plan.filters, columns).items()
        for part in _portions(same)
    ]
    if pool is not None and not plan.fixed:
        plan = dataclasses.replace(plan, known=_pooled(request, tasks, plan, pool, chosen))
    assembly = Assembly(request, chosen, options)
    _each(lambda task: _adjust(assembly, plan, *task), tasks)
    finished = assembly.finish(start)
    if stability:
        finished = with_sliding_spans(finished, request, seasonal_adjust)
    return squeezed(finished) if single else finished


def _adjust(assembly: Assembly, plan: Plan, choice: Choice, filters: tuple[str, str | int], columns: Ints) -> None:
    """Model, decompose and judge the columns that share a choice and filters."""
    request = assembly.request
    periods = request.values.shape[0]
    fitted = fit_fixed(request, plan, choice, columns) if plan.fixed else _fit(request, plan, choice, columns)
    effects = _effects(request, choice, fitted)
    additive = choice.transform == "none"
    whole = np.vstack([fitted.filled, fitted.forecast]) - effects.calendar - effects.transient - effects.level
    if not additive:
        with np.errstate(over="ignore"):
            whole = np.exp(whole)
            effects = _Effects(np.exp(effects.calendar), np.exp(effects.transient), np.exp(effects.level))
    usable = (fitted.state == regarima.FITTED) | (fitted.state == regarima.NOT_CONVERGED)
    for last in np.unique(fitted.last[usable]):
        here = np.flatnonzero(usable & (fitted.last == last))
        result = x11.decompose(
            whole[:, here],
            mode="additive" if additive else "multiplicative",
            seasonal_filter=filters[0],
            trend_filter=filters[1],
            start_month=request.start[1],
            span=(0, int(last) + 1),
        )
        judged = diagnose(
            result,
            calendar=effects.calendar[:, here],
            prior=_together(effects.transient, effects.level, additive)[:, here],
            residuals=fitted.residuals[:, here],
            parameters=fitted.parameters.shape[0],
        )
        restored = x11.restore(result, transient=effects.transient[:, here], level=effects.level[:, here])
        late: dict[int, str] = {}
        if plan.fixed:
            restored = with_stored_factors(request, plan, columns[here], restored, effects.calendar[:, here])
            for column in columns[here]:
                if text := outdated(request, plan.stored[column], int(last)):
                    late[int(column)] = text
        assembly.add_components(columns[here], restored, judged, effects.calendar[:, here], int(last), periods)
        for column, text in late.items():
            assembly.add_reason(column, text)
    assembly.add_model(choice, columns, fitted)


def _fit(request: Request, plan: Plan, choice: Choice, columns: Ints) -> RegArimaFit:
    given = None
    if plan.known is not None:
        width = calendar_matrix(request, choice.trading_day, choice.windows).shape[1]
        given = np.full((width, columns.size), np.nan)
        for place, column in enumerate(columns):
            if int(column) in plan.known:
                given[: len(choice.windows), place] = plan.known[int(column)]
    return fit_choice(request, choice, columns, outliers=plan.types, held=plan.held, known=given, threads=1)


def _pooled(
    request: Request, tasks: Sequence[tuple[Choice, tuple[str, str | int], Ints]], plan: Plan, labels: Sequence[str],
    chosen: Sequence[Choice],
) -> dict[int, Floats]:  # fmt: skip
    """Festival coefficients of each series after pooling within its label; series that stand alone are left out."""
    estimates: dict[int, tuple[Floats, Floats]] = {}

    def fitted_alone(task: tuple[Choice, tuple[str, str | int], Ints]) -> RegArimaFit:
        return fit_choice(request, task[0], task[2], outliers=plan.types, held=plan.held, forecast=0, threads=1)

    for (choice, _, columns), fitted in zip(tasks, _each(fitted_alone, tasks), strict=True):
        k = len(choice.windows)
        if k and choice.transform == "log":
            for place, column in enumerate(columns):
                estimates[int(column)] = fitted.coefficients[:k, place], fitted.covariance[:k, :k, place]
    members: dict[tuple[str, Windows], list[int]] = {}
    for column in sorted(estimates):
        members.setdefault((labels[column], chosen[column].windows), []).append(column)
    known: dict[int, Floats] = {}
    for group in members.values():
        own = np.stack([estimates[c][0] for c in group], axis=1)
        covariance = np.stack([estimates[c][1] for c in group], axis=2)
        # Windows inside a combined block are identified in no series; they stay as they are.
        seen = np.flatnonzero(np.isfinite(np.diagonal(covariance).T).any(axis=1))
        pooled = pool_coefficients(own[seen], covariance[np.ix_(seen, seen)])
        if pooled.pooled.any():
            result = np.full(own.shape, np.nan)
            result[seen] = pooled.coefficients
            known.update({column: result[:, place] for place, column in enumerate(group)})
    return known


def _effects(request: Request, choice: Choice, fitted: RegArimaFit) -> _Effects:
    """Calendar, transient and level effects over values and forecasts, in the transformed scale."""
    x = calendar_matrix(request, choice.trading_day, choice.windows)
    length, series = x.shape[0], fitted.state.size
    found = np.where(np.isnan(fitted.coefficients), 0.0, fitted.coefficients)
    # Row by row, so that a sum does not depend on how many series a library multiplies at once.
    effect_of_calendar = np.zeros((length, series))
    for i in range(x.shape[1]):
        effect_of_calendar += x[:, i : i + 1] * found[i]
    transient, level = np.zeros((length, series)), np.zeros((length, series))
    for place, column in np.argwhere(fitted.outlier_kind >= 0):
        kind = int(fitted.outlier_kind[place, column])
        shape = effect(TYPES[kind], int(fitted.outlier_position[place, column]), length)
        target = level if kind == LS else transient
        target[:, column] += fitted.outlier_coefficient[place, column] * shape
        if request.combined and kind == AO and (request.start[1] + fitted.outlier_position[place, column]) % 12 == 2:
            january = int(fitted.outlier_position[place, column]) - 1
            target[max(january, 0), column] += fitted.outlier_coefficient[place, column] * (january >= 0)
    return _Effects(effect_of_calendar, transient, level)


def _together(transient: Floats, level: Floats, additive: bool) -> Floats:
    return transient + level if additive else transient * level


def _each(work: Callable[[Any], Any], tasks: Sequence[Any]) -> list[Any]:
    threads = min(workers(), len(tasks))
    if threads <= 1:
        return [work(task) for task in tasks]
    with ThreadPoolExecutor(threads) as executor:
        return list(executor.map(work, tasks))


def _by_filters(filters: Sequence[tuple[str, str | int]], columns: Ints) -> dict[tuple[str, str | int], Ints]:
    found: dict[tuple[str, str | int], list[int]] = {}
    for column in columns:
        found.setdefault(filters[column], []).append(int(column))
    return {pair: np.array(places, dtype=np.int64) for pair, places in found.items()}


def _portions(columns: Ints) -> list[Ints]:
    """Columns cut into tasks: blocks of limited size, and at least one for each thread."""
    size = max(1, min(_BLOCK, -(-columns.size // workers())))
    return [columns[low : low + size] for low in range(0, columns.size, size)]


def _first_month(start: str) -> tuple[int, int]:
    try:
        found = periods_of_time.parse(str(start))
    except periods_of_time.PeriodError as error:
        raise ValueError(f'start应为起始月份，例如"2010-01"，收到{start!r}') from error
    if found.kind != "month":
        raise ValueError(f'start应为一个月份，例如"2010-01"，收到{start!r}')
    return found.year, found.last


def _whole(forecast: int) -> int:
    if isinstance(forecast, bool) or int(forecast) != forecast or not 0 <= forecast <= 120:
        raise ValueError(f"forecast应为0—120的整数（月数），收到{forecast!r}")
    return int(forecast)


def _one_of(name: str, value: Any, allowed: tuple[Any, ...]) -> Any:
    if not (value is None or isinstance(value, str)) or value not in allowed:
        raise ValueError(f"{name}应为{'、'.join(repr(v) for v in allowed)}之一，收到{value!r}")
    return value


def _outlier_types(outliers: Sequence[str] | None) -> tuple[str, ...]:
    types = () if outliers is None else tuple(outliers)
    unknown = [kind for kind in types if kind not in TYPES]
    if isinstance(outliers, str) or unknown:
        raise ValueError(f"outliers应为{'、'.join(TYPES)}中若干项的元组或None，收到{outliers!r}")
    return types


def _own_regressors(regressors: ArrayLike | None, periods: int, horizon: int) -> Floats:
    length = periods + horizon
    if regressors is None:
        return np.zeros((length, 0))
    found = np.asarray(regressors, dtype=np.float64)
    if found.ndim == 1:
        found = found[:, None]
    if found.ndim != 2 or found.shape[0] < length:
        rows = found.shape[0] if found.ndim == 2 else 0
        raise ValueError(
            f"regressors应覆盖{periods}个月和{horizon}个月的预测期，共{length}行，收到{rows}行，缺{length - rows}行；"
            "请补上预测期的取值，或减小forecast"
        )
    if found.shape[0] > length:
        raise ValueError(f"regressors应有{length}行（{periods}个月加{horizon}个月预测），收到{found.shape[0]}行")
    bad = np.argwhere(~np.isfinite(found))
    if bad.size:
        raise ValueError(f"regressors第{bad[0][0] + 1}行第{bad[0][1] + 1}列不是有限数，回归变量不能缺失")
    return found


def _check_filters(seasonal_filter: str, trend_filter: str | int) -> None:
    """Let X-11 refuse an unknown filter now, not in the middle of a batch."""
    try:
        x11.decompose(np.zeros((0, 0)), seasonal_filter=seasonal_filter, trend_filter=trend_filter)
    except (ValueError, TypeError) as error:
        raise ValueError(f"季节滤波或趋势滤波的写法不对：{seasonal_filter!r}、{trend_filter!r}（{error}）") from error
