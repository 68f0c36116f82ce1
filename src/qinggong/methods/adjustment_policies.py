"""The partial and the fixed revision policy: what of a stored specification is held, and how. See ``specification``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.adjustment_result import CONCURRENT, FIXED, PARTIAL
from qinggong.methods.calendar_effects import months_from
from qinggong.methods.model_choice import Choice, Request, fit_choice
from qinggong.methods.outliers import AO, TYPES, effect
from qinggong.methods.regarima import MOST_OUTLIERS, RegArimaFit
from qinggong.methods.specification import Specification, month_number, partial_autocorrelations, regressor_values
from qinggong.methods.x11 import X11

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POLICIES = (CONCURRENT, PARTIAL, FIXED)
_YEAR = 12


@dataclass(frozen=True, slots=True)
class Plan:
    """How to adjust each series: outlier types searched for and filters; or outliers and specifications that are held.

    ``held`` is (most, 2, series) as ``regarima.fit`` takes it; ``known`` are pooled festival coefficients by column.
    """

    types: tuple[str, ...]
    filters: list[tuple[str, str | int]]
    held: Ints | None = None
    known: dict[int, Floats] | None = None
    stored: tuple[Specification, ...] = ()
    fixed: bool = False


def stored_plan(request: Request, policy: str, specifications: Specification | Sequence[Specification] | None) -> Plan:
    """The plan of a policy that needs specifications.

    Raises
    ------
    ValueError
        If there is not one specification for each series, or one does not fit its series.
    """
    if policy == CONCURRENT:
        raise ValueError('给出specifications时，policy应为"partial"或"fixed"')
    series = request.values.shape[1]
    given = (specifications,) if isinstance(specifications, Specification) else tuple(specifications or ())
    unknown = [one for one in given if not isinstance(one, Specification)]
    if unknown:
        raise ValueError(f"specifications应为specification_of给出的规格，收到{type(unknown[0]).__name__}")
    if len(given) != series:
        raise ValueError(f'policy="{policy}"时每条序列要有一个规格：序列{series}条，规格{len(given)}个')
    held = np.full((MOST_OUTLIERS, 2, series), -1, dtype=np.int64)
    for column, one in enumerate(given):
        problem = _misfit(request, one, policy, column)
        if problem:
            raise ValueError(f"第{column + 1}条序列的规格不合用：{problem}")
        for place, outlier in enumerate(one.outliers[:MOST_OUTLIERS]):
            held[place, 0, column] = TYPES.index(outlier.kind)
            held[place, 1, column] = _row(request, outlier.month)
    return Plan(
        types=(),
        filters=[one.filters for one in given],
        held=held if (held >= 0).any() else None,
        stored=given,
        fixed=policy == FIXED,
    )


def fit_fixed(request: Request, plan: Plan, choice: Choice, columns: Ints) -> RegArimaFit:
    """The model with all coefficients as stored: it only fills gaps and forecasts."""
    months, steps = request.values.shape[0], request.forecast
    shifts = np.zeros((months + steps, columns.size))
    positions = np.full((MOST_OUTLIERS, 2, columns.size), -1, dtype=np.int64)
    found = np.full((MOST_OUTLIERS, columns.size), np.nan)
    for place, column in enumerate(columns):
        for number, outlier in enumerate(plan.stored[column].outliers[:MOST_OUTLIERS]):
            row = _row(request, outlier.month)
            shifts[:, place] += outlier.coefficient * effect(outlier.kind, row, months + steps)
            if request.combined and TYPES[AO] == outlier.kind and (request.start[1] + row) % _YEAR == 2 and row > 0:
                shifts[row - 1, place] += outlier.coefficient  # the block is one figure
            positions[number, :, place] = TYPES.index(outlier.kind), row
            found[number, place] = outlier.coefficient
    cleaned = request.values.copy()
    if choice.transform == "log":
        cleaned[:, columns] /= np.exp(shifts[:months])
    else:
        cleaned[:, columns] -= _over_sums(request, shifts[:months])
    stored = [plan.stored[column] for column in columns]
    fitted = fit_choice(
        dataclasses.replace(request, values=cleaned),
        choice,
        columns,
        known=np.stack([regressor_values(one) for one in stored], axis=1),
        parameters=np.stack([partial_autocorrelations(one) for one in stored], axis=1),
        threads=1,
    )
    return dataclasses.replace(
        fitted,
        filled=fitted.filled + shifts[:months],
        forecast=fitted.forecast + shifts[months:],
        outlier_kind=positions[:, 0],
        outlier_position=positions[:, 1],
        outlier_coefficient=found,
        outlier_error=np.full(found.shape, np.nan),
    )


def with_stored_factors(request: Request, plan: Plan, columns: Ints, result: X11, calendar: Floats) -> X11:
    """Replace the seasonal by the stored and projected one; the adjusted series and the irregular follow.

    The trend stays that of X-11. The value of a month is divided by factors that never change, so an adjusted value
    moves only with its own value; only the estimate of a gap after the stored span may move.
    """
    months = request.values.shape[0]
    seasonal, adjusted = result.seasonal.copy(), result.adjusted.copy()
    # Outliers belong to the adjusted series: what X-11 adjusted, times its seasonal, is the estimate of each month.
    estimate = adjusted + seasonal if result.additive else adjusted * seasonal
    names = [f"{year}-{month:02d}" for year, month in months_from(request.start, months)]
    for place, column in enumerate(columns):
        stored = plan.stored[column]
        ahead = _row(request, stored.start)
        factors = np.full(months, np.nan)
        factors[max(ahead, 0) :] = stored.seasonal_of(max(-ahead, 0), months - max(ahead, 0))
        values = request.values[:, column]
        here = np.isfinite(result.seasonal[:months, place])
        effects = calendar[:months, place]
        free = estimate[:months, place] + effects if result.additive else estimate[:months, place] * effects
        full = np.where(np.isfinite(values), values, free)
        for t in np.flatnonzero(here & ~np.isfinite(values)):
            full[t] = stored.gaps.get(names[t], full[t])
        deseasonalised = full - factors - effects if result.additive else full / (factors * effects)
        adjusted[:months, place] = np.where(here, deseasonalised, np.nan)
        if request.combined:
            _adjust_blocks(request, stored, names, values, factors, calendar[:, place], adjusted[:, place], here)
        seasonal[:months, place] = np.where(here, factors, np.nan)
    irregular = adjusted - result.trend if result.additive else adjusted / result.trend
    return dataclasses.replace(result, seasonal=seasonal, adjusted=adjusted, irregular=irregular)


def outdated(request: Request, stored: Specification, last: int) -> str:
    """A reason if factors are used for longer than the year for which they were projected."""
    months = last - _row(request, stored.end)
    return f"季节因子止于{stored.end}，已推算{months}个月，超过一年，请更新规格" if months > _YEAR else ""


def _adjust_blocks(
    request: Request, stored: Specification, names: Sequence[str], values: Floats, factors: Floats, calendar: Floats,
    adjusted: Floats, here: NDArray[np.bool_],
) -> None:  # fmt: skip
    """Half of the block's adjusted sum in January and in February, by the stored divisor or that of the factors."""
    additive = stored.transform == "none"
    for february in range((2 - request.start[1]) % _YEAR, adjusted[: len(names)].size, _YEAR):
        january = february - 1
        value = values[february]
        if not np.isfinite(value):
            value = stored.gaps.get(names[february], np.nan)
        if january < 0 or not (here[january] and np.isfinite(value)):
            continue
        both = slice(january, february + 1)
        of_factors = (factors[both] + calendar[both]).sum() if additive else (factors[both] * calendar[both]).sum()
        divisor = stored.blocks.get(names[february], of_factors)
        half = (value - divisor) / 2 if additive else value / divisor
        adjusted[january] = adjusted[february] = half


def _over_sums(request: Request, shifts: Floats) -> Floats:
    """Effects on the values as given: with combined blocks February's is that of both months."""
    if not request.combined:
        return shifts
    out = shifts.copy()
    for january in range((1 - request.start[1]) % _YEAR, out.shape[0] - 1, _YEAR):
        out[january + 1] += shifts[january]
    return out


def _row(request: Request, month: str) -> int:
    return month_number(month) - (request.start[0] * _YEAR + request.start[1] - 1)


def _misfit(request: Request, stored: Specification, policy: str, column: int) -> str:
    """Why a specification cannot serve a series; empty if it can."""
    months, columns = request.values.shape[0], request.regressors.shape[1]
    first, last = _row(request, stored.start), _row(request, stored.end)
    if stored.combined != request.combined:
        return f"规格的jan_feb为{'combined' if stored.combined else None!r}，与本次不同"
    if stored.user_regressors != columns:
        return f"规格有{stored.user_regressors}个自备回归变量，本次给出{columns}个"
    if last < 0 or first >= months:
        return f"规格的时段{stored.start}—{stored.end}与序列没有共同的月份"
    if policy == FIXED:
        observed = np.flatnonzero(np.isfinite(request.values[:, column]))
        if observed.size and int(observed[0]) < first:
            year, month = months_from(request.start, int(observed[0]) + 1)[-1]
            return f"规格从{stored.start}开始，序列从{year}-{month:02d}开始，更早的月份没有季节因子"
    outside = [o.month for o in stored.outliers if not 0 <= _row(request, o.month) < months]
    if outside:
        return f"异常值{'、'.join(outside)}不在序列的时段内"
    return ""
