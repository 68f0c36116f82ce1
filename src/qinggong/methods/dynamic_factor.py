"""Dynamic factor model with mixed frequencies and any pattern of missing values (混频动态因子模型).

    z(i,t) = Σ_k w_k g(i,t−k),   g(i,t) = λ_i f(t) + u(i,t),   u(i,t) = φ_i u(i,t−1) + e(i,t),   e ~ N(0, σ²_i)
    f(t) = A_1 f(t−1) + … + A_p f(t−p) + η(t),   η ~ N(0, Q), block by block

z is the standardised figure; a monthly one has the single weight 1. See ``factor_aggregation`` for the weights of
quarters, years to date and January–February, ``factor_smoother`` for the exact smoother, ``factor_em`` for the
estimation and ``news`` for what a change of the data does to a nowcast.

References
----------
Bańbura & Modugno (2014), Maximum likelihood estimation of factor models on datasets with arbitrary pattern of missing
data, Journal of Applied Econometrics 29, 133–160; Mariano & Murasawa (2003), Journal of Applied Econometrics 18,
427–443; Bok, Caratelli, Giannone, Sbordone & Tambalotti (2018), Macroeconomic Nowcasting and Forecasting with Big Data,
Annual Review of Economics 10 (blocks).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.factor_aggregation import Chains, build
from qinggong.methods.factor_em import LEAST_VARIANCE, estimate
from qinggong.methods.factor_parameters import (
    JAN_FEB,
    FactorForm,
    FactorParameters,
    check_parameters,
    first_month,
    form_of,
)
from qinggong.methods.factor_screening import screened, weak_blocks, weak_factors
from qinggong.methods.factor_smoother import signals, smooth, target

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

SHORTEST, MONTHS_A_LAG = 24, 3


@dataclass(frozen=True, slots=True, eq=False)
class FactorForecast:
    """``mean`` and ``std`` (standard deviation) in the units of the series.

    (h, series) from ``forecast``, (series,) from ``nowcast``. The uncertainty of factors, idiosyncratic terms and
    missing values is in ``std``, that of the parameters is not. NaN for series that were left out.
    """

    mean: Floats
    std: Floats


@dataclass(frozen=True, slots=True, eq=False)
class DynamicFactor:
    """A dynamic factor model and what it says of its data.

    Attributes
    ----------
    loglikelihood
        Of the standardised figures, exact, with the stationary start.
    iterations, converged
        Maximisation steps of EM, and whether they ended by the tolerance; 0 and True with given ``parameters``.
    factors, factors_cov
        (periods, factors) smoothed means and (periods, factors, factors) covariances.
    fitted
        (periods, series) smoothed signal in the units of the series. With AR(1) idiosyncratic terms that is the figure
        itself where it is known and its expectation elsewhere; a month with white idiosyncratic terms is its common
        component. A quarterly or year-to-date column holds in every month the figure of the window that ends there; in
        January a January–February column holds the month. NaN for series that were left out.
    parameters
        ``FactorParameters``; accepted by ``dynamic_factor(parameters=…)``.
    notes
        Sentences (Chinese) on series that were left out or are weakly identified, and why.
    path
        Log-likelihoods of the accepted points of EM; never decreasing.
    values, start
        The data (read-only) and their first month.
    """

    loglikelihood: float
    iterations: int
    converged: bool
    factors: Floats
    factors_cov: Floats
    fitted: Floats
    parameters: FactorParameters
    notes: tuple[str, ...]
    path: tuple[float, ...]
    values: Floats
    start: str

    def forecast(self, h: int) -> FactorForecast:
        """The h months after the data: mean and std, each (h, series)."""
        if isinstance(h, bool) or not isinstance(h, int | np.integer) or not 1 <= int(h) <= 120:
            raise ValueError(f"预测月数应为1—120的整数，收到{h!r}")
        rows = self.values.shape[0]
        return _expected(self, list(range(rows, rows + int(h))))

    def nowcast(self, period: str) -> FactorForecast:
        """One month, before, at or after the end of the data: mean and std, each (series,).

        A known figure is itself, with std 0.
        """
        row = row_of(period, self.start)
        if not 0 <= row < self.values.shape[0] + 120:
            raise ValueError(f"月份{period}不在数据起点{self.start}之后、终点之后10年之内")
        found = _expected(self, [row])
        mean, std = found.mean[0], found.std[0]
        if row < self.values.shape[0]:
            known = ~np.isnan(self.values[row]) & self.parameters.included
            mean, std = np.where(known, self.values[row], mean), np.where(known, 0.0, std)
        return FactorForecast(mean, std)


def dynamic_factor(
    values: ArrayLike,
    start: str,
    *,
    factors: int | Sequence[int] = 1,
    factor_order: int | Sequence[int] = 1,
    idiosyncratic: Literal["ar1", "white"] = "ar1",
    blocks: ArrayLike | None = None,
    quarterly: Sequence[int] = (),
    quarterly_weights: Literal["growth", "mean", "sum"] = "growth",
    aggregation: Sequence[Any] | None = None,
    parameters: FactorParameters | None = None,
    standardize: bool = True,
    tolerance: float = 1e-6,
    max_iterations: int = 500,
) -> DynamicFactor:
    """Estimate a dynamic factor model, or apply a known one to data.

    Parameters
    ----------
    values
        (periods, series) monthly rows; NaN is missing, anywhere.
    start
        First month, for example "2010-01".
    factors, factor_order
        Factors, and lags of their vector autoregression: an int, or one int for each block.
    idiosyncratic
        "ar1" or "white".
    blocks
        (series, blocks) bool: which series load on the factors of which block. Default: one block of all series.
    quarterly
        Columns whose value stands in the last month of the quarter (March, June …), NaN in the other months.
    quarterly_weights
        How a quarter comes from its months: "growth" (1, 2, 3, 2, 1; growth on the quarter before of a series whose
        months are growth on the month before), "mean" or "sum" (levels, growth on the year before).
    aggregation
        For each series "month"; "jan_feb" (January is NaN and February holds the mean of both months: growth on the
        year before); "ytd" (January to the month: Σ w_k g_k of the months with equal weights); or ("ytd", shares) with
        the base year's shares, 12 numbers, or (years, 12) from the year of ``start`` on; ("ytd_of", column) or
        ("ytd_of", column, shares): growth to date of the series in another column ("month" or "jan_feb"), which is
        used only where months of it are missing there. Default: all "month".
    parameters
        ``parameters`` of a result: skips the estimation, and the form, means and deviations of the model are theirs.
        Other arguments of the form may then be left out; if given they must agree.
    standardize
        Subtract means and divide by standard deviations; otherwise the series must have mean 0.
    tolerance
        Estimation ends when the log-likelihood moves by less, 2|a − b| / (|a| + |b|), in two rounds of two steps and an
        extrapolation.
    max_iterations
        Most maximisation steps.

    Returns
    -------
    DynamicFactor
        Constant, empty, duplicate and very short series are left out, and ``notes`` says so.

    Raises
    ------
    ValueError
        If an argument is not one of those above, the data are infinite, too short or in the wrong months, or a factor
        has too few series to be identified.
    """
    try:
        figures = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise ValueError(f"values应为（月份，序列）的数，缺失为NaN；{error}") from error
    if figures.ndim != 2 or figures.size == 0:
        raise ValueError(f"values应为（月份，序列）的二维数组，收到形状{figures.shape}")
    begin = first_month(start)
    _check_infinite(figures, begin)
    if not 0 < float(tolerance) < 1:
        raise ValueError(f"tolerance应在0与1之间，收到{tolerance!r}")
    if isinstance(max_iterations, bool) or int(max_iterations) != max_iterations or max_iterations < 1:
        raise ValueError(f"max_iterations应为正整数，收到{max_iterations!r}")
    series = figures.shape[1]
    asked: dict[str, Any] = {
        "factors": factors,
        "factor_order": factor_order,
        "idiosyncratic": idiosyncratic,
        "blocks": blocks,
        "quarterly": tuple(quarterly),
        "quarterly_weights": quarterly_weights,
        "aggregation": aggregation,
    }
    if parameters is not None:
        given = check_parameters(parameters, series)
        _check_agreement(asked, given.form)
        check_months(given.form, figures, begin)
        notes = tuple(f"第{i}列在估计时未进入模型" for i in np.flatnonzero(~given.included).tolist())
        return _result(given, figures, start, 0, True, notes, ())
    form = form_of(series, **asked)
    check_months(form, figures, begin)
    fewest = max(SHORTEST, MONTHS_A_LAG * form.order)
    if figures.shape[0] < fewest:
        raise ValueError(f"数据只有{figures.shape[0]}个月，估计{form.order}阶的动态因子模型至少需要{fewest}个月")
    included, notes = screened(form, figures)
    notes = (*notes, *weak_blocks(form, included))
    centre, scale = np.zeros(series), np.ones(series)
    own = included & form.own
    centre[own] = np.nanmean(figures[:, own], axis=0) if standardize else 0.0
    scale[own] = np.nanstd(figures[:, own], axis=0, ddof=1)
    whole = np.array([form.whole(i) for i in range(series)])
    centre, scale = centre[whole], scale[whole]
    known = ~np.isnan(figures) & included
    r = form.number
    first = FactorParameters(
        form=form,
        loadings=np.zeros((series, r)),
        transition=np.zeros((r, r * form.order)),
        innovation=np.eye(r),
        persistence=np.zeros(series),
        variance=np.ones(series),
        mean=centre,
        deviation=scale,
        included=included,
    )
    found = estimate(
        form,
        (figures - centre) / scale,
        known,
        begin,
        first,
        tolerance=float(tolerance),
        max_iterations=int(max_iterations),
    )
    best = found.smoothed.parameters
    floor = np.flatnonzero(included & form.own & (best.variance <= 1.01 * LEAST_VARIANCE))
    notes = (*notes, *(f"第{i}列几乎完全由因子解释，特异方差降到下限；它可能与其他列共线" for i in floor.tolist()))
    notes = (*notes, *weak_factors(best))
    if not found.converged:
        notes = (*notes, f"估计在{found.iterations}步后停止，尚未收敛；可加大max_iterations")
    out = np.where(included, 0.0, np.nan)
    best = replace(best, loadings=best.loadings[whole])
    best = replace(best, persistence=best.persistence[whole] + out, variance=best.variance[whole] + out)
    best = replace(best, mean=best.mean + out, deviation=best.deviation + out)
    if not standardize:
        best = replace(
            best,
            loadings=best.loadings * scale[:, None],
            variance=best.variance * scale**2,
            deviation=best.deviation / scale,
        )
    return _result(best, figures, start, found.iterations, found.converged, notes, found.path)


def row_of(period: str, start: str) -> int:
    """Row of a month counted from ``start``."""
    year, number = first_month(period)
    begin = first_month(start)
    return (year - begin[0]) * 12 + number - begin[1]


def standardised(parameters: FactorParameters, figures: Floats) -> tuple[Floats, Bools]:
    """(rows, series) figures on the scale of the parameters, and which of them the model knows."""
    known = ~np.isnan(figures) & parameters.included
    return np.where(known, (figures - parameters.mean) / parameters.deviation, 0.0), known


def check_months(form: FactorForm, figures: Floats, begin: tuple[int, int]) -> None:
    """No quarterly figure inside a quarter and no January of a January–February series."""
    number = (begin[1] - 1 + np.arange(figures.shape[0])) % 12 + 1
    for i in range(form.series):
        kind = form.kind(i)
        if kind == "quarterly":
            wrong = np.flatnonzero(~np.isnan(figures[:, i]) & (number % 3 != 0))
            text = "季度序列的值应在季末月（3、6、9、12月），其他月份为NaN"
        elif kind == JAN_FEB:
            wrong = np.flatnonzero(~np.isnan(figures[:, i]) & (number == 1))
            text = "1—2月合并的序列，1月应为NaN，合并值放在2月"
        else:
            continue
        if wrong.size:
            row = int(wrong[0])
            raise ValueError(f"第{i}列{_month_name(begin, row)}的值{figures[row, i]:g}位置不对：{text}")


def _check_infinite(figures: Floats, begin: tuple[int, int]) -> None:
    wrong = np.argwhere(np.isinf(figures))
    if wrong.size:
        row, i = (int(v) for v in wrong[0])
        raise ValueError(f"第{i}列{_month_name(begin, row)}的值是无穷大；请改正，或以NaN表示缺失")


def _month_name(begin: tuple[int, int], row: int) -> str:
    months = begin[1] - 1 + row
    return f"{begin[0] + months // 12}年{months % 12 + 1}月"


def _check_agreement(asked: dict[str, Any], form: FactorForm) -> None:
    """Arguments that were given beside ``parameters`` must describe the same model."""
    left_out = {
        "factors": isinstance(asked["factors"], int) and asked["factors"] == 1,
        "factor_order": isinstance(asked["factor_order"], int) and asked["factor_order"] == 1,
        "idiosyncratic": asked["idiosyncratic"] == "ar1",
        "blocks": asked["blocks"] is None,
        "quarterly": len(asked["quarterly"]) == 0,
        "quarterly_weights": asked["quarterly_weights"] == "growth",
        "aggregation": asked["aggregation"] is None,
    }
    wanted = {name: getattr(form, name) if left_out[name] else asked[name] for name in asked}
    wanted["blocks"] = np.array(form.blocks) if left_out["blocks"] else asked["blocks"]
    given = form_of(form.series, **wanted)
    for name in asked:
        if getattr(given, name) != getattr(form, name):
            raise ValueError(f"{name}与parameters所属的模型不一致：模型为{getattr(form, name)}，收到{asked[name]}")


def _result(
    parameters: FactorParameters,
    figures: Floats,
    start: str,
    iterations: int,
    converged: bool,
    notes: tuple[str, ...],
    path: tuple[float, ...],
) -> DynamicFactor:
    form = parameters.form
    values, known = standardised(parameters, figures)
    chains = build(
        form, known, first_month(start), horizon=_shortfall(form, figures.shape[0]), complete=parameters.included
    )
    smoothed = smooth(chains, parameters, chains.values(values))
    if not np.isfinite(smoothed.loglikelihood):
        raise ValueError("按给定参数无法计算似然函数：精度矩阵在数值上不正定，请检查parameters的数量级")
    inside = slice(chains.lead, chains.lead + figures.shape[0])
    factors = smoothed.factors()[inside]
    moments = smoothed.factor_moments(smoothed.covariance(), 0)[0, inside]
    fitted = signals(smoothed)[inside] * parameters.deviation + parameters.mean
    fitted[:, ~parameters.included] = np.nan
    figures.flags.writeable = False
    return DynamicFactor(
        loglikelihood=smoothed.loglikelihood,
        iterations=iterations,
        converged=converged,
        factors=factors,
        factors_cov=moments - factors[:, :, None] * factors[:, None, :],
        fitted=fitted,
        parameters=parameters,
        notes=notes,
        path=path,
        values=figures,
        start=start,
    )


def _shortfall(form: FactorForm, rows: int) -> int:
    """Months that a few rows lack for the first step of the vector autoregression."""
    return max(0, form.order + 1 - rows)


def _expected(model: DynamicFactor, rows: list[int]) -> FactorForecast:
    """Mean and std of all series in some rows, (rows, series), in their units."""
    parameters = model.parameters
    count = model.values.shape[0]
    values, known = standardised(parameters, model.values)
    horizon = max(0, max(rows) - count + 1, _shortfall(parameters.form, count))
    chains: Chains = build(
        parameters.form, known, first_month(model.start), horizon=horizon, complete=parameters.included
    )
    smoothed = smooth(chains, parameters, chains.values(values))
    mean, variance = (np.full((len(rows), parameters.form.series), np.nan) for _ in range(2))
    places = [(k, i) for k in range(len(rows)) for i in np.flatnonzero(parameters.included).tolist()]
    targets = [target(chains, parameters, i, rows[k]) for k, i in places]
    # Many series hang on few unknowns: their covariance is enough.
    used = sorted({j for each in targets for j in each.unknown})
    spot = {j: place for place, j in enumerate(used)}
    units = np.zeros((len(used), chains.unknowns))
    units[np.arange(len(used)), used] = 1.0
    halves = smoothed.half_solved(units)
    covariance = halves @ halves.T
    for (k, i), each in zip(places, targets, strict=True):
        at, weight = [spot[j] for j in each.unknown], np.array(each.weight)
        mean[k, i] = each.mean(smoothed)
        variance[k, i] = weight @ covariance[np.ix_(at, at)] @ weight + each.noise + each.own
    variance = np.maximum(variance, 0.0)
    return FactorForecast(mean * parameters.deviation + parameters.mean, np.sqrt(variance) * parameters.deviation)
