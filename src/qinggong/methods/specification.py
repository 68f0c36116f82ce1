"""The specification of an adjusted series, to be stored and used again: revision policies.

A concurrent adjustment identifies and estimates everything anew each month. Offices that publish fix some of it between
yearly reviews: under the *partial* policy the model, the outliers and the filters are held and the coefficients are
estimated again; under the *fixed* policy ("current adjustment") the coefficients are held too, and months after the
review get the seasonal factors projected then, so that nothing published moves until the next review.

References: Eurostat (2015), ESS Guidelines on Seasonal Adjustment, section 4.2 (revision policies); J. Shiskin,
A. H. Young and J. C. Musgrave (1967), Technical Paper 15, Bureau of the Census (factors one year ahead, table D10A).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong import periods
from qinggong.methods.adjustment_result import FIXED, SeasonalAdjustment
from qinggong.methods.calendar_effects import Windows, months_from, trading_day_names, window_name
from qinggong.methods.model_choice import Choice
from qinggong.methods.outliers import TYPES
from qinggong.methods.regarima import Order, Transform, check_order, parameter_names
from qinggong.methods.x11_filters import SEASONAL_FILTERS

Floats = NDArray[np.float64]

VERSION = 1
"""Of the stored form; a later version reads the earlier ones or refuses them by name."""
_YEAR = 12


@dataclass(frozen=True, slots=True)
class StoredOutlier:
    """An outlier of a specification: type, month ("2020-02") and effect in the transformed scale."""

    kind: str
    month: str
    coefficient: float


@dataclass(frozen=True, slots=True)
class Specification:
    """What one series was adjusted with. The first part serves the partial policy, all of it the fixed one.

    Attributes
    ----------
    start, end
        First and last month adjusted, "2010-01".
    transform, order, windows, trading_day, user_regressors, combined
        The regARIMA model: transformation, order, festival windows, trading days, number of the user's regressors, and
        whether January and February are one figure.
    outliers
        With their months.
    seasonal_filter, trend_filter
        The rule of X-11: "auto" or a filter for all steps, as it was asked for.
    final_filter, trend_length
        What X-11 used in its last step.
    coefficients
        By name: ARMA parameters, festival, user's regressors, trading days.
    seasonal
        (months from ``start`` to ``end``) factors, or differences.
    projected
        (12) the same for the year after ``end``.
    blocks
        Month of February -> what a January–February sum is divided by (log) to give one adjusted month, or what is
        taken off it before halving (none).
    gaps
        Month -> estimate of a value that was missing; of combined series each block, should it be missing later.
    """

    start: str
    end: str
    transform: Transform
    order: Order
    windows: Windows
    trading_day: str | None
    user_regressors: int
    combined: bool
    outliers: tuple[StoredOutlier, ...]
    seasonal_filter: str
    trend_filter: str
    final_filter: str
    trend_length: int
    coefficients: Mapping[str, float]
    seasonal: tuple[float, ...]
    projected: tuple[float, ...]
    blocks: Mapping[str, float]
    gaps: Mapping[str, float]

    @property
    def choice(self) -> Choice:
        """The model as the fit takes it."""
        return Choice(self.transform, self.order, self.trading_day, self.windows)

    @property
    def filters(self) -> tuple[str, str]:
        """Seasonal and trend filter for ``x11.decompose``: the rule, with the last step held."""
        seasonal, trend = self.seasonal_filter, self.trend_filter
        if seasonal == "auto" and self.final_filter != "stable":  # stable under "auto" only says: too short to choose
            seasonal = f"auto:{self.final_filter}"
        return seasonal, f"auto:{self.trend_length}" if trend == "auto" else trend

    def seasonal_of(self, first: int, months: int) -> Floats:
        """Stored, then projected factors for ``months`` months from the ``first`` one after ``start``."""
        longest = first + months - len(self.seasonal)
        years = max(0, -(-longest // _YEAR))
        whole = np.array(self.seasonal + self.projected * years, dtype=np.float64)
        return whole[first : first + months]

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dictionaries, texts and numbers, fit for YAML and JSON."""
        return {
            "version": VERSION,
            "start": self.start,
            "end": self.end,
            "transform": self.transform,
            "order": [list(part) for part in self.order],
            "windows": [list(window) for window in self.windows],
            "trading_day": self.trading_day,
            "user_regressors": self.user_regressors,
            "jan_feb": "combined" if self.combined else None,
            "outliers": [{"kind": o.kind, "month": o.month, "coefficient": o.coefficient} for o in self.outliers],
            "seasonal_filter": self.seasonal_filter,
            "trend_filter": self.trend_filter,
            "final_filter": self.final_filter,
            "trend_length": self.trend_length,
            "coefficients": dict(self.coefficients),
            "seasonal": list(self.seasonal),
            "projected": list(self.projected),
            "blocks": dict(self.blocks),
            "gaps": dict(self.gaps),
        }

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Specification:
        """The specification of ``to_dict``.

        Raises
        ------
        ValueError
            If the form is of another version, or an entry is missing or of the wrong kind.
        """
        if not isinstance(stored, Mapping) or stored.get("version") != VERSION:
            found = stored.get("version") if isinstance(stored, Mapping) else stored
            raise ValueError(f"调整规格的版本应为{VERSION}，收到{found!r}；请用本版本重新生成规格")
        try:
            read = _read(stored)
        except KeyError as error:
            raise ValueError(f"调整规格缺少{error.args[0]}一项，请补上或重新生成规格") from error
        except (TypeError, ValueError, AttributeError) as error:
            raise ValueError(f"调整规格无法读取（{error}），请重新生成规格") from error
        _check(read)
        return read


def specification_of(result: SeasonalAdjustment, column: int | None = None) -> Specification:
    """What a series of a result was adjusted with.

    Parameters
    ----------
    result
        From ``seasonal_adjust``, of the concurrent or the partial policy.
    column
        Of the batch; ``None`` for the result of a single series.

    Raises
    ------
    ValueError
        If the series was not adjusted, or by the fixed policy (its specification is the one that was given).
    """
    single = result.adjusted.ndim == 1
    if single != (column is None):
        raise ValueError("单条序列的结果不写column，多条序列的结果要写column")

    def of(values: Any) -> Any:
        return values if single else values[..., column] if isinstance(values, np.ndarray) else values[column]

    d = result.diagnostics
    seasonal_filter, trend_filter, jan_feb, policy = of(d.options)
    if policy == FIXED:
        raise ValueError("按fixed政策得到的结果不产生新的规格，请沿用原来给出的规格")
    adjusted, seasonal, calendar = of(result.adjusted), of(result.seasonal), of(result.calendar)
    there = np.flatnonzero(np.isfinite(seasonal))
    if there.size < 2 * _YEAR:
        raise ValueError("该序列没有调整结果，没有可以保存的规格")
    low, high = int(there[0]), int(there[-1]) + 1
    first = periods.parse(result.start)
    months = [f"{y}-{m:02d}" for y, m in months_from((first.year, first.last), adjusted.size)]
    order, windows, transform = of(d.model), of(d.windows), of(d.transform)
    days = of(d.trading_day)
    users = sum(name.startswith("user_") for name in result.coefficients.names)
    names = (*parameter_names(order), *_regressors(windows, users, days))
    estimates = of(result.coefficients.estimates)
    stored = {name: float(estimates[result.coefficients.names.index(name)]) for name in names}
    last, before = seasonal[high - _YEAR : high], seasonal[high - 2 * _YEAR : high - _YEAR]
    trend, irregular = of(result.trend), of(result.irregular)
    log = transform == "log"
    estimate = trend * irregular * seasonal * calendar if log else trend + irregular + seasonal + calendar
    blocks, gaps = {}, {}
    combined = jan_feb is not None
    flagged = of(d.estimated)
    for t in range(low, high):
        february = combined and months[t].endswith("-02") and t > low
        if february:
            total = estimate[t - 1] + estimate[t]
            blocks[months[t]] = float(total / adjusted[t] if log else total - 2 * adjusted[t])
            gaps[months[t]] = float(total)
        elif flagged[t] and not (combined and months[t].endswith("-01") and t + 1 < high):
            gaps[months[t]] = float(estimate[t])
    return Specification(
        start=months[low],
        end=months[high - 1],
        transform=transform,
        order=order,
        windows=windows,
        trading_day=days,
        user_regressors=users,
        combined=combined,
        outliers=tuple(StoredOutlier(o.kind, o.month, o.coefficient) for o in of(d.outliers)),
        seasonal_filter=seasonal_filter,
        trend_filter=str(trend_filter),
        final_filter=of(d.seasonal_filter),
        trend_length=int(of(d.trend_length)),
        coefficients=stored,
        seasonal=tuple(seasonal[low:high].tolist()),
        projected=tuple((last + (last - before) / 2).tolist()),
        blocks=blocks,
        gaps=gaps,
    )


def month_number(month: str) -> int:
    """Months since year 0, for differences."""
    try:
        found = periods.parse(month)
    except periods.PeriodError as error:
        raise ValueError(f"调整规格中的月份应写作2020-02，收到{month!r}") from error
    if found.kind != "month":
        raise ValueError(f"调整规格中的月份应写作2020-02，收到{month!r}")
    return found.year * _YEAR + found.last - 1


def _regressors(windows: Windows, users: int, days: str | None) -> tuple[str, ...]:
    own = tuple(f"user_{i}" for i in range(1, users + 1))
    return (*(window_name(window) for window in windows), *own, *trading_day_names(days))


def regressor_values(stored: Specification) -> Floats:
    """Coefficients in the order of ``model_choice.calendar_matrix``."""
    names = _regressors(stored.windows, stored.user_regressors, stored.trading_day)
    return np.array([stored.coefficients[name] for name in names])


def partial_autocorrelations(stored: Specification) -> Floats:
    """ARMA parameters in the form in which the likelihood takes them."""
    (p, _, q), (sp, _, sq) = stored.order
    values = [stored.coefficients[name] for name in parameter_names(stored.order)]
    out: list[float] = []
    for count in (p, sp, q, sq):
        a, values = values[:count], values[count:]
        found = [0.0] * count
        for k in range(count - 1, -1, -1):
            found[k] = a[k]
            a = [(a[j] + a[k] * a[k - 1 - j]) / (1 - a[k] ** 2) for j in range(k)]
        out += found
    return np.array(out)


def _read(stored: Mapping[str, Any]) -> Specification:
    return Specification(
        start=str(stored["start"]),
        end=str(stored["end"]),
        transform=stored["transform"],
        order=check_order(stored["order"]),
        windows=tuple((int(low), int(high)) for low, high in stored["windows"]),
        trading_day=stored["trading_day"],
        user_regressors=int(stored["user_regressors"]),
        combined=stored["jan_feb"] == "combined",
        outliers=tuple(
            StoredOutlier(str(o["kind"]), str(o["month"]), float(o["coefficient"])) for o in stored["outliers"]
        ),
        seasonal_filter=str(stored["seasonal_filter"]),
        trend_filter=str(stored["trend_filter"]),
        final_filter=str(stored["final_filter"]),
        trend_length=int(stored["trend_length"]),
        coefficients={str(k): float(v) for k, v in stored["coefficients"].items()},
        seasonal=tuple(float(v) for v in stored["seasonal"]),
        projected=tuple(float(v) for v in stored["projected"]),
        blocks={str(k): float(v) for k, v in stored["blocks"].items()},
        gaps={str(k): float(v) for k, v in stored["gaps"].items()},
    )


def _check(found: Specification) -> None:
    """What is read must fit together, or the adjustment would be silently another one."""
    length = month_number(found.end) - month_number(found.start) + 1
    names = (*parameter_names(found.order), *_regressors(found.windows, found.user_regressors, found.trading_day))
    numbers = (*found.coefficients.values(), *found.seasonal, *found.projected, *found.blocks.values())
    unknown = [o.kind for o in found.outliers if o.kind not in TYPES]
    problem = ""
    if found.transform not in ("log", "none"):
        problem = f"transform应为log或none，收到{found.transform!r}"
    elif found.trading_day not in (None, "china", "weekday"):
        problem = f"trading_day应为china、weekday或空，收到{found.trading_day!r}"
    elif len(found.seasonal) != length or len(found.projected) != _YEAR:
        problem = (
            f"seasonal应有{length}个值、projected应有12个值，收到{len(found.seasonal)}个和{len(found.projected)}个"
        )
    elif missing := [name for name in names if name not in found.coefficients]:
        problem = f"coefficients缺少{'、'.join(missing)}"
    elif unknown:
        problem = f"异常值类型应为{'、'.join(TYPES)}，收到{'、'.join(unknown)}"
    elif found.final_filter not in SEASONAL_FILTERS:
        problem = f"final_filter应为{'、'.join(SEASONAL_FILTERS)}之一，收到{found.final_filter!r}"
    elif not all(math.isfinite(v) for v in numbers):
        problem = "系数或因子不是有限数"
    elif not (np.abs(partial_autocorrelations(found)) < 1).all():
        problem = "ARMA系数不平稳或不可逆"
    for outlier in found.outliers:
        month_number(outlier.month)
    if problem:
        raise ValueError(f"调整规格不合用：{problem}；请更正或重新生成规格")
