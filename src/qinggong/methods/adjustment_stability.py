"""Sliding spans and revision histories of ``seasonal_adjust``: the statistics of ``stability`` with their adjustments.

Spans are adjusted at the specification of the whole series, coefficients estimated anew (the partial policy), as in
X-13ARIMA-SEATS, spec SLIDINGSPANS; a history repeats whatever it is asked to repeat.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.adjustment_result import DOUBTFUL, GOOD, NOT_ADJUSTABLE, PARTIAL, SeasonalAdjustment
from qinggong.methods.calendar_effects import months_from
from qinggong.methods.diagnostics import span_reasons
from qinggong.methods.model_choice import Request
from qinggong.methods.specification import Specification, month_number, specification_of
from qinggong.methods.stability import (
    SPAN_YEARS,
    RevisionHistory,
    mean_of_present,
    revision_history,
    sliding_spans,
    span_plan,
)

Floats = NDArray[np.float64]
Adjust = Callable[..., SeasonalAdjustment]


def with_sliding_spans(result: SeasonalAdjustment, request: Request, adjust: Adjust) -> SeasonalAdjustment:
    """The result with S% and MM% of each adjusted series, and verdicts that know them."""
    d = result.diagnostics
    series = request.values.shape[1]
    seasonal, change = np.full(series, np.nan), np.full(series, np.nan)
    alike: dict[tuple[int, bool, int, int], list[int]] = {}
    for column in range(series):
        there = np.flatnonzero(np.isfinite(result.seasonal[:, column]))
        if d.verdict[column] != NOT_ADJUSTABLE and there.size:
            key = SPAN_YEARS[d.seasonal_filter[column]], d.transform[column] == "none", int(there[0]), int(there[-1])
            alike.setdefault(key, []).append(column)
    for (years, additive, first, last), columns in alike.items():
        start = months_from(request.start, first + 1)[-1]
        length = last + 1 - first
        spans = span_plan(length, start_month=start[1], years=years)
        if request.combined:  # a span must not begin between January and February
            spans = tuple((begin + (begin + start[1] == 2), end) for begin, end in spans)
        if len(spans) < 2:
            continue
        work = _Spans(result, request, adjust, first, columns)
        found = sliding_spans(work, spans, months=length, additive=additive)
        seasonal[columns], change[columns] = found.seasonal, found.monthly_change
    reasons, verdicts = list(d.reasons), list(d.verdict)
    for column in range(series):
        more = span_reasons(float(seasonal[column]), float(change[column]))
        if more:
            reasons[column] = (*reasons[column], *more)
            verdicts[column] = DOUBTFUL if verdicts[column] == GOOD else verdicts[column]
    return dataclasses.replace(
        result,
        diagnostics=dataclasses.replace(
            d, verdict=tuple(verdicts), reasons=tuple(reasons), sliding_seasonal=seasonal, sliding_change=change
        ),
    )


def revisions(
    values: ArrayLike, start: str, *, horizon: int = 24, adjust: Adjust | None = None, **options: Any
) -> RevisionHistory:
    """How first estimates of the adjusted series were revised.

    Parameters
    ----------
    values
        (periods,) or (periods, series): today's values, cut off at each of the last months; or a sequence of vintages
        (vintages, periods, series), each as it was known then, NaN for what was not out yet; they take the place of
        the cut series, the last one is today's.
    start
        First month.
    horizon
        First estimates compared; with vintages all but the last one are.
    options
        Of ``seasonal_adjust``.

    Returns
    -------
    RevisionHistory
        ``(months, series)``. With vintages the revisions of the figures are in it too.

    Raises
    ------
    ValueError
        If there are too few months, or vintages that bring no new month.
    """
    array = np.asarray(values, dtype=np.float64)
    run = _default() if adjust is None else adjust

    def adjusted(matrix: Floats) -> Floats:
        return run(matrix, start, **options).adjusted

    if array.ndim == 3:
        return _on_vintages(array, adjusted)
    matrix = array[:, None] if array.ndim == 1 else array
    if matrix.ndim != 2:
        raise ValueError(f"values应为(月份,)、(月份,序列)或(版本,月份,序列)的数组，收到形状{array.shape}")
    if matrix.shape[0] - 1 - horizon < 1:
        raise ValueError(f"序列共{matrix.shape[0]}个月，不足以回看{horizon}个月，请减小horizon")
    return revision_history(lambda n: adjusted(matrix[:n]), months=matrix.shape[0], horizon=horizon)


def _on_vintages(vintages: Floats, adjusted: Callable[[Floats], Floats]) -> RevisionHistory:
    last = [int(np.flatnonzero(np.isfinite(one).any(axis=1))[-1]) if np.isfinite(one).any() else -1 for one in vintages]
    if len(last) < 2 or min(np.diff(last)) <= 0 or last[0] < 1:
        raise ValueError("各版本应按时间先后排列，每个版本至少比前一个多一个月")
    final = adjusted(vintages[-1])
    first, then, change = [], [], []
    for end, one in zip(last[:-1], vintages, strict=False):  # each gives the first estimate of its own last month
        known = adjusted(one[: end + 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            first.append(known[end])
            then.append(final[end])
            change.append((final[end] / final[end - 1] - known[end] / known[end - 1]) * 100)
    with np.errstate(divide="ignore", invalid="ignore"):
        revision = (np.array(then) / np.array(first) - 1) * 100
    changes = np.array(change)
    return RevisionHistory(
        first=np.array(first),
        final=np.array(then),
        revision=revision,
        change_revision=changes,
        mean_absolute=mean_of_present(np.abs(revision)),
        change_mean_absolute=mean_of_present(np.abs(changes)),
    )


def _default() -> Adjust:
    from qinggong.methods.seasonal_adjustment import seasonal_adjust

    return seasonal_adjust


class _Spans:
    """Adjusts some columns from one month to another at their specifications."""

    def __init__(
        self, result: SeasonalAdjustment, request: Request, adjust: Adjust, first: int, columns: Sequence[int]
    ) -> None:
        self._request, self._adjust, self._first, self._columns = request, adjust, first, list(columns)
        self._stored = [specification_of(_concurrent(result), column) for column in columns]

    def __call__(self, begin: int, end: int) -> tuple[Floats, Floats]:
        request = self._request
        low, high = self._first + begin, self._first + end
        year, month = months_from(request.start, low + 1)[-1]
        own = request.regressors[low:high] if request.regressors.shape[1] else None
        found = self._adjust(
            request.values[low:high, self._columns],
            f"{year}-{month:02d}",
            policy=PARTIAL,
            specifications=[_inside(one, (year * 12 + month - 1, high - low)) for one in self._stored],
            jan_feb="combined" if request.combined else None,
            regressors=None if own is None else request.regressors[low : high + request.forecast],
            forecast=request.forecast,
        )
        return found.seasonal, found.adjusted


def _inside(stored: Specification, span: tuple[int, int]) -> Specification:
    """Without the outliers outside a span."""
    first, months = span
    return dataclasses.replace(
        stored, outliers=tuple(o for o in stored.outliers if first <= month_number(o.month) < first + months)
    )


def _concurrent(result: SeasonalAdjustment) -> SeasonalAdjustment:
    """A fixed result, too, has a model and filters, which is all that a span takes from it."""
    d = result.diagnostics
    options = tuple((*one[:3], PARTIAL) for one in d.options)
    return dataclasses.replace(result, diagnostics=dataclasses.replace(d, options=options))
