"""Diagnostics of a seasonal adjustment, series by series, and a verdict with reasons.

The statistics are in ``quality_statistics``, ``seasonality_tests`` and ``stability``; here they are put together.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods import seasonality_tests as tests
from qinggong.methods.quality_statistics import (
    QualityStatistics,
    modified_series,
    quality_statistics,
    same_spans,
    unit_of,
)
from qinggong.methods.seasonality_tests import Significance
from qinggong.methods.stability import SlidingSpans
from qinggong.methods.x11 import REASONS, X11, Status

Floats = NDArray[np.float64]


class Grade(StrEnum):
    """Verdict on an adjustment: 良好, 存疑, 不可调整."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    NOT_ADJUSTABLE = "not adjustable"


_SENTENCES: Mapping[str, str] = MappingProxyType(
    {
        "refused": "{text}",
        "no_seasonality": "季节形态不可识别（综合检验未通过，M7={value:.2f}）",
        "weak_seasonality": "季节形态可能不存在（综合检验，M7={value:.2f}）",
        "undefined": "质量统计量无法计算（不规则成分或趋势没有变动）",
        "q": "质量统计量Q={value:.2f}，不低于{limit:g}",
        "q2": "不含M2的质量统计量Q2={value:.2f}，不低于{limit:g}",
        "qs_adjusted": "调整后序列仍有季节性（QS检验p={value:.3f}，低于{limit:g}）",
        "qs_irregular": "不规则成分仍有季节性（QS检验p={value:.3f}，低于{limit:g}）",
        "f_adjusted": "调整后序列仍有季节性（F检验p={value:.3f}，低于{limit:g}）",
        "f_recent": "最近三年的调整后序列仍有季节性（F检验p={value:.3f}，低于{limit:g}）",
        "autocorrelation": "模型残差自相关（Ljung–Box检验p={value:.3f}，低于{limit:g}）",
        "sliding_spans": "滑动区间中{value:.0f}%的月份季节因子不稳定，超过{limit:g}%",
        "sliding_changes": "滑动区间中{value:.0f}%的月份环比增速不稳定，超过{limit:g}%",
    }
)


@dataclass(frozen=True, slots=True)
class Reason:
    """One reason for a verdict: what was measured and the limit it crossed."""

    code: str
    value: float
    limit: float
    text: str
    """Chinese sentence for readers."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether an adjustment may be used."""

    grade: Grade
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Diagnostics:
    """All diagnostics of a batch; arrays are ``(series,)``, NaN where a series was refused or a test has no data."""

    quality: QualityStatistics
    stable: Significance
    """F of D8 for stable seasonality."""
    moving: Significance
    """F of D8 for moving seasonality."""
    kruskal: Significance
    """Kruskal-Wallis of D8."""
    identifiable: NDArray[np.int8]
    """Combined test: 0 present, 1 probably not, 2 not; −1 where refused."""
    qs_adjusted: Significance
    """QS of D11."""
    qs_irregular: Significance
    """QS of D13."""
    qs_adjusted_modified: Significance
    """QS of D11 without extremes (E2)."""
    qs_irregular_modified: Significance
    """QS of D13 without extremes (E3)."""
    residual: Significance
    """F test on the differences of D11."""
    residual_recent: Significance
    """The same over the last three years."""
    autocorrelation: Significance
    """Ljung-Box of the model's residuals; NaN if none were given."""
    spans: SlidingSpans | None
    verdicts: tuple[Verdict, ...]


def diagnose(
    result: X11,
    *,
    calendar: ArrayLike | None = None,
    prior: ArrayLike | None = None,
    residuals: ArrayLike | None = None,
    parameters: int = 2,
    lags: int = 24,
    spans: SlidingSpans | None = None,
    q_limit: float = 1.0,
    residual_level: float = 0.01,
    autocorrelation_level: float = 0.01,
    spans_limit: float = 15.0,
    changes_limit: float = 40.0,
) -> Diagnostics:
    """Compute the diagnostics of an X-11 adjustment and judge it.

    Parameters
    ----------
    result
        Result of ``decompose``, before ``restore`` (outliers out, as in X-13).
    calendar, prior
        Calendar and outlier effects removed before (see ``quality_statistics``).
    residuals
        Residuals of the regARIMA model, ``(periods, series)``, NaN at the beginning where there are none.
    parameters
        ARMA parameters estimated, for the degrees of freedom of the Ljung-Box test.
    lags
        Autocorrelations in that test: 24 for monthly series (X-13ARIMA-SEATS, CHECK).
    spans
        Result of ``sliding_spans``.
    q_limit
        Q and Q2 at or above it are doubtful: 1 (Lothian and Morry 1978).
    residual_level
        Level of the tests for residual seasonality, QS and F: 0.01 (X-13ARIMA-SEATS manual, version 1.1;
        Eurostat, ESS Guidelines on Seasonal Adjustment, 2015).
    autocorrelation_level
        Level of the Ljung-Box test: 0.01.
    spans_limit, changes_limit
        S% and MM% above them are doubtful: 15 and 40 (Findley et al. 1990; S% above 25 is unacceptable).

    Returns
    -------
    Diagnostics
        Not adjustable: refused by ``decompose``, or no identifiable seasonality. Doubtful: any limit crossed.
    """
    count = result.adjusted.shape[1]
    found = {name: _empty(count) for name in _TESTS}
    identifiable = np.full(count, -1, dtype=np.int8)
    given = None if residuals is None else np.asarray(residuals, dtype=np.float64)
    for columns, periods in same_spans(result):
        group = _tests_of(result, columns, periods)
        if given is not None:
            group["autocorrelation"] = _autocorrelation(given[:, columns], lags, parameters)
        for name, test in group.items():
            found[name].statistic[columns] = test.statistic
            found[name].p_value[columns] = test.p_value
        identifiable[columns] = tests.identifiable_seasonality(group["stable"], group["moving"], group["kruskal"])
    quality = quality_statistics(
        result, found["stable"].statistic, found["moving"].statistic, calendar=calendar, prior=prior
    )
    measures = {
        "q": (quality.q, q_limit, True),
        "q2": (quality.q2, q_limit, True),
        "qs_adjusted": (found["qs_adjusted"].p_value, residual_level, False),
        "qs_irregular": (found["qs_irregular"].p_value, residual_level, False),
        "f_adjusted": (found["residual"].p_value, residual_level, False),
        "f_recent": (found["residual_recent"].p_value, residual_level, False),
        "autocorrelation": (found["autocorrelation"].p_value, autocorrelation_level, False),
    }
    if spans is not None:
        # A share at the limit is still acceptable, so the limit is the next number above it.
        measures["sliding_spans"] = (spans.seasonal, math.nextafter(spans_limit, math.inf), True)
        measures["sliding_changes"] = (spans.monthly_change, math.nextafter(changes_limit, math.inf), True)
    verdicts = tuple(_judge(result, c, int(identifiable[c]), float(quality.m[6, c]), measures) for c in range(count))
    return Diagnostics(
        quality=quality,
        identifiable=identifiable,
        spans=spans,
        verdicts=verdicts,
        **found,
    )


_TESTS = (
    "stable",
    "moving",
    "kruskal",
    "qs_adjusted",
    "qs_irregular",
    "qs_adjusted_modified",
    "qs_irregular_modified",
    "residual",
    "residual_recent",
    "autocorrelation",
)


def _empty(count: int) -> Significance:
    return Significance(np.full(count, np.nan), np.full(count, np.nan))


def _tests_of(result: X11, columns: NDArray[np.int64], periods: slice) -> dict[str, Significance]:
    """All tests on the components of series observed in the same periods."""
    identity = 0.0 if result.additive else 1.0
    si = np.ascontiguousarray(result.si[periods, columns].T)
    adjusted = np.ascontiguousarray(result.adjusted[periods, columns].T)
    irregular = np.ascontiguousarray(result.irregular[periods, columns].T)
    modified, modified_irregular = modified_series(result, columns, periods)
    unit = unit_of(adjusted)
    adjusted, modified = adjusted / unit, modified / unit
    if result.additive:
        si, irregular, modified_irregular = si / unit, irregular / unit, modified_irregular / unit
    start = (result.start_month - 1 + periods.start) % 12 + 1
    return {
        "stable": tests.stable_seasonality(si),
        "moving": tests.moving_seasonality(si, start_month=start, expected=identity),
        "kruskal": tests.kruskal_wallis(si),
        "qs_adjusted": tests.qs_of_levels(adjusted),
        "qs_irregular": tests.qs(irregular - identity),
        "qs_adjusted_modified": tests.qs_of_levels(modified),
        "qs_irregular_modified": tests.qs(modified_irregular - identity),
        "residual": tests.residual_seasonality(adjusted),
        "residual_recent": tests.residual_seasonality(adjusted, years=3),
    }


def _autocorrelation(residuals: Floats, lags: int, parameters: int) -> Significance:
    """Ljung-Box by series: those with residuals in the same months together."""
    test = _empty(residuals.shape[1])
    there = np.isfinite(residuals)
    rest = np.ones(residuals.shape[1], dtype=np.bool_)
    while rest.any():
        pattern = there[:, int(rest.argmax())]
        same = np.flatnonzero(rest & (there == pattern[:, None]).all(axis=0))
        rest[same] = False
        one = tests.ljung_box(np.ascontiguousarray(residuals[np.ix_(pattern, same)].T), lags=lags, fitted=parameters)
        test.statistic[same], test.p_value[same] = one.statistic, one.p_value
    return test


def span_reasons(
    seasonal: float, change: float, *, spans_limit: float = 15.0, changes_limit: float = 40.0
) -> tuple[str, ...]:
    """Sentences on S% and MM% above their limits (Findley et al. 1990); none where they are missing."""
    found = (("sliding_spans", seasonal, spans_limit), ("sliding_changes", change, changes_limit))
    return tuple(_reason(code, value, limit).text for code, value, limit in found if value > limit)


def _reason(code: str, value: float, limit: float, text: str = "") -> Reason:
    return Reason(code, value, limit, _SENTENCES[code].format(value=value, limit=limit, text=text))


def _judge(
    result: X11, column: int, identifiable: int, m7: float, measures: Mapping[str, tuple[Floats, float, bool]]
) -> Verdict:
    status = Status(int(result.status[column]))
    if status != Status.ADJUSTED:
        return Verdict(Grade.NOT_ADJUSTABLE, (_reason("refused", math.nan, math.nan, REASONS[status]),))
    if identifiable == tests.NOT_PRESENT:
        return Verdict(Grade.NOT_ADJUSTABLE, (_reason("no_seasonality", m7, 1.0),))
    reasons = []
    if identifiable == tests.PROBABLY_NOT:
        reasons.append(_reason("weak_seasonality", m7, 1.0))
    if not math.isfinite(float(measures["q"][0][column])):
        reasons.append(_reason("undefined", math.nan, math.nan))
    for code, (values, limit, upper) in measures.items():
        value = float(values[column])
        if (value >= limit) if upper else (value < limit):
            reasons.append(_reason(code, value, limit))
    return Verdict(Grade.DOUBTFUL if reasons else Grade.GOOD, tuple(reasons))
