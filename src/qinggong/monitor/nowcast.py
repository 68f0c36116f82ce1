"""Where a month stands before it is published (即时预测): every industry and indicator with a density, and why it moved.

Each figure's first unknown step is told by the dynamic factor model, or, where the recorded evaluation says that the
model was not the better one, by the best simple method; the others stand beside it. The path goes on to the plan's end.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue import Catalogue
from qinggong.catalogue.nowcast import METHODS, SIMPLE, NowcastRecord, NowcastSettings, RecordedLine
from qinggong.methods.forecast_combination import combine, weights_of
from qinggong.methods.forecast_evaluation import normal_quantile
from qinggong.monitor.facts import (
    Density,
    Fact,
    FactBook,
    MethodLine,
    NowcastLine,
    Nowcasts,
    PathPoint,
    Refused,
    Tested,
)
from qinggong.monitor.nowcast_facts import Teller
from qinggong.monitor.nowcast_forecasts import Estimated, Forecasts, enough, estimated, forecasts, unknown_rows
from qinggong.monitor.nowcast_inputs import Column, GrowthPanel, base_effect, growth_panel
from qinggong.monitor.nowcast_news import view_changes
from qinggong.periods import Period
from qinggong.store.base import Snapshot

TITLE = "即时预测"
NAMES = {
    "model": "动态因子模型",
    "random_walk": "随机游走",
    "autoregression": "自回归",
    "bridge": "桥梁方程",
    "seasonal_naive": "上年同期值",
    "combination": "加权组合",
}
MOST_MONTHS = 24
"""Months after the last one up to which a path may go."""
KNOWN_SHARE = 0.1
"""A standard deviation below this part of the past error is none to scale."""
MOST_CHANGES = 3
"""Figures whose change of view is split, those that moved most; all of the asked industry."""


def nowcast(
    known: Callable[[dt.date], Snapshot],
    catalogue: Catalogue,
    settings: NowcastSettings,
    record: NowcastRecord | None,
    book: FactBook,
    *,
    at: Period,
    end: Period,
    as_of: dt.date | None = None,
    industries: Collection[str] = (),
) -> Nowcasts | None:
    """Nowcast the figures of a month and those up to the plan's end.

    Parameters
    ----------
    known
        What was known of the series of ``nowcast_inputs.used_series`` by the end of a day.
    at
        The month; figures of later ones are not used.
    end
        The plan's last month.
    as_of
        Use only what was published by the end of that day.
    industries
        Codes of the industries told; without them those of the setting.

    Returns
    -------
    Nowcasts or None
        ``None`` if no figure of the setting is known at all.
    """
    snapshot = known(as_of or dt.date.max)
    panel = growth_panel(snapshot.observations, catalogue, settings, at=at)
    told = [
        n for n, c in enumerate(panel.columns) if (c.subject.code in industries if industries else c.told)
    ]  # fmt: skip
    if not any(panel.newest[n] >= 0 for n in told):
        return None
    usable, newest = enough(panel, settings), panel.newest
    last = panel.values.shape[0] - 1
    stale = [n for n in told if usable[n] and last - newest[n] > settings.stalest]
    few = int(usable.sum()) < settings.fewest_series
    chosen = [] if few else [n for n in told if usable[n] and n not in stale]
    teller = Teller(book, catalogue, panel, snapshot)
    refused = tuple(_refused(teller, n, settings, usable, n in stale) for n in told if n not in chosen)
    rows = last + 1 + min(max((end.year - at.year) * 12 + end.last - at.last, 3), MOST_MONTHS)
    model = estimated(panel, settings) if chosen else None
    found = forecasts(panel, settings, model, end=rows, chosen=chosen)
    lines = []
    for n in chosen:
        line = _line(teller, n, found, record, rows)
        if line is None:
            refused += (replace(teller.refused(n), reason="样本不足：各种方法都缺少足够的连续月份，不作预测"),)
            continue
        lines.append((n, line))
    changes = (
        view_changes(teller, known, settings, model, {n: line.period for n, line in lines}, at=at, as_of=as_of,
                     most=None if industries else MOST_CHANGES)
        if model is not None else {}
    )  # fmt: skip
    last_period = panel.period(rows - 1, replace(panel.columns[0], kind="month"))
    return Nowcasts(
        TITLE, at, last_period, tuple(replace(line, change=changes.get(n)) for n, line in lines), refused,
        teller.count("series", "进入模型的序列", int(((model.used >= 0) & ~model.to_date).sum()),
        at) if model is not None else None,
        record.head.source if record is not None else "",
        record is None or record.head.vintages == "pseudo" or 100 * record.head.revised < record.head.compared,
        _notes(model),
    )  # fmt: skip


def _notes(model: Estimated | None) -> tuple[str, ...]:
    return () if model is None or model.converged else ("参数估计在规定步数内尚未完全收敛。",)


def _refused(
    teller: Teller, n: int, settings: NowcastSettings, usable: NDArray[np.bool_], stale: bool
) -> Refused:  # fmt: skip
    panel, column = teller.panel, teller.panel.columns[n]
    count = int((~np.isnan(panel.values[:, n])).sum())
    newest = int(panel.newest[n])
    if newest < 0:
        reason = "没有收录数字"
    elif stale:
        behind = panel.values.shape[0] - 1 - newest
        reason = f"最新数字为{teller.period_name(n, newest)}，落后{behind}个月，超过{settings.stalest}个月，不作预测"
    elif usable[n]:
        series = int(usable.sum())
        reason = f"样本不足：够长的月度序列只有{series}条，少于{settings.fewest_series}条，不作预测"
    else:
        fewest = settings.fewest // 2 if column.kind == "ytd" else settings.fewest
        reason = f"样本不足：已知{count}个月，剔除异常月份后少于{fewest}个，不作预测"
    return replace(teller.refused(n), reason=reason)


@dataclass(frozen=True, slots=True)
class _Choice:
    """Which method is published, and why."""

    key: str
    why: str


def _choice(line: RecordedLine | None, at_hand: Collection[str], indicator: str) -> _Choice | None:
    if line is None:
        order = ("autoregression", "random_walk", "bridge", "seasonal_naive", "model")
        key = next((m for m in order if m in at_hand), None)
        return None if key is None else _Choice(key, f"没有检验记录，采用{NAMES[key]}")
    if "model" in at_hand and line.model_wins:
        return _Choice("model", f"以往误差小于最好的简单方法（{NAMES[line.best]}）")
    key = next((m for m in sorted(SIMPLE, key=lambda m: line.rmse[m]) if m in at_hand), None)
    if key is None:
        return _Choice("model", "简单方法缺少足够的月份") if "model" in at_hand else None
    if "model" not in at_hand:
        return _Choice(key, f"模型不能使用这一序列，采用{NAMES[key]}")
    return _Choice(key, f"以往模型的误差不小于{NAMES[line.best]}，采用{NAMES[key]}")


def _line(teller: Teller, n: int, found: Forecasts, record: NowcastRecord | None, rows: int) -> NowcastLine | None:
    panel, column = teller.panel, teller.panel.columns[n]
    unknown = unknown_rows(panel, n, rows)
    row = unknown[0]
    at_hand = [m for k, m in enumerate(METHODS) if np.isfinite(found.mean[k, unknown, n]).all()]
    # The record is of single months.
    recorded = record is not None and column.kind != "ytd"
    tested = record.find(column.subject.code, column.indicator.code) if recorded and record is not None else None
    choice = _choice(tested, at_hand, column.indicator.code)
    if choice is None:
        return None
    place = METHODS.index(choice.key)
    means, stds = found.mean[:, row, n], found.std[:, row, n]
    weights = (
        weights_of([tested.mean_squares[m] for m in METHODS]) if tested is not None
        else np.full(len(METHODS), 1 / len(METHODS))
    )  # fmt: skip
    mixed = combine(means, stds, weights)
    widen = _widening(tested, choice.key, float(stds[place]))
    floor = _floor(tested, choice.key, float(stds[place]))
    methods = tuple(
        MethodLine(
            m, NAMES[m], teller.value(n, row, m, float(means[k]), f"（{NAMES[m]}）"),
            teller.spread(n, row, f"{m}_std", float(stds[k]), f"（{NAMES[m]}）的标准差"),
            teller.error(n, m, tested.rmse[m], NAMES[m]) if tested is not None else None,
            teller.weight(n, m, 100 * float(mixed.weights[k]), NAMES[m]),
        )
        for k, m in enumerate(METHODS) if np.isfinite(means[k])
    )  # fmt: skip
    base = base_effect(panel, n, row) if panel.newest[n] == row - _step(column, row) else float("nan")
    return NowcastLine(
        f"{column.subject.key}/{column.indicator.code}", column.subject.key, column.subject.code, column.subject.name,
        teller.short(n), column.indicator.code, column.indicator.name, panel.period(row, column), teller.newest(n),
        bool(panel.derived[panel.newest[n], n]), choice.key, NAMES[choice.key], choice.why,
        _density(teller, n, row, float(means[place]), max(widen * float(stds[place]), floor)), methods,
        teller.value(n, row, "combination", float(mixed.mean), "（加权组合）"),
        _path(panel, n, unknown, found, place, widen, floor),
        None if math.isnan(base) else teller.points(n, row, "base", base, "的基数影响"),
        _tested(teller, n, tested) if tested is not None else None,
    )  # fmt: skip


def _widening(tested: RecordedLine | None, method: str, std: float) -> float:
    """Densities are as wide as past errors at least: neither parameters nor the form of a model are known for
    certain."""
    error = tested.rmse[method] if tested is not None else float("nan")
    return max(1.0, error / std) if std > 0 and math.isfinite(error) and std >= KNOWN_SHARE * error else 1.0


def _floor(tested: RecordedLine | None, method: str, std: float) -> float:
    """The past error, where growth to date all but tells the month: rounding and shares of months leave it open."""
    error = tested.rmse[method] if tested is not None else float("nan")
    return error if math.isfinite(error) and std < KNOWN_SHARE * error else 0.0


def _step(column: Column, row: int) -> int:
    return 2 if column.kind != "month" and row % 12 == 1 else 1


def _density(teller: Teller, n: int, row: int, mean: float, std: float) -> Density:
    quantiles = [
        teller.value(n, row, f"p{q}", mean + normal_quantile(q / 100) * std, f"的{q}%分位数") for q in (10, 25, 75, 90)
    ]
    return Density(
        teller.value(n, row, "mean", mean, "（即时预测）"),
        teller.spread(n, row, "std", std, "即时预测的标准差"),
        *quantiles,
    )


def _path(
    panel: GrowthPanel, n: int, unknown: list[int], found: Forecasts, place: int, widen: float, floor: float
) -> tuple[PathPoint, ...]:
    """The two years before and all steps to the end; numbers are rounded here, before any renderer sees them."""
    column, last = panel.columns[n], panel.values.shape[0] - 1
    points = []
    for row in np.flatnonzero(~np.isnan(panel.values[:, n])).tolist():
        if row >= last - 25:
            value = round(float(panel.values[row, n]), 1)
            points.append(PathPoint(panel.period(row, column), "known", value, 0.0, *(value,) * 4))
    for row in unknown:
        mean, std = float(found.mean[place, row, n]), max(widen * float(found.std[place, row, n]), floor)
        bounds = [round(mean + normal_quantile(q) * std, 1) + 0.0 for q in (0.1, 0.25, 0.75, 0.9)]
        kind: Literal["backcast", "forecast"] = "backcast" if row <= last else "forecast"
        points.append(PathPoint(panel.period(row, column), kind, round(mean, 1) + 0.0, round(std, 2), *bounds))
    return tuple(points)


def _tested(teller: Teller, n: int, line: RecordedLine) -> Tested:
    number = line.observations
    coverage = tuple(
        teller.recorded(n, f"cover_{level}", f"{level}%区间的覆盖率", value, "%", 0)
        for level, value in zip((50, 80), line.coverage, strict=True)
    )
    return Tested(
        teller.recorded(n, "observations", "检验期数", float(number), "期", 0),
        teller.error(n, "model", line.rmse["model"], NAMES["model"]),
        teller.error(n, line.best, line.rmse[line.best], NAMES[line.best]), NAMES[line.best],
        teller.recorded(n, "crps_model", "模型的CRPS", line.crps[0], "百分点", 2),
        teller.recorded(n, "crps_best", "最好的简单方法的CRPS", line.crps[1], "百分点", 2), coverage,
        _stated(teller, n, "dm", "DM统计量", line.statistic, 2),
        _stated(teller, n, "dm_p", "DM检验的p值", line.p_value, 2), line.model_wins,
    )  # fmt: skip


def _stated(teller: Teller, n: int, key: str, label: str, value: float, decimals: int) -> Fact | None:
    return None if math.isnan(value) else teller.recorded(n, key, label, value, "", decimals)
