"""Forecasts of every figure of a panel, by the model and by the simple methods (模型与简单方法的预测).

The dynamic factor model has one factor of all figures and one for each block of the setting. All methods read the
months that the setting leaves out as missing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.nowcast import METHODS, SIMPLE, NowcastSettings
from qinggong.methods import simple_forecasts as simple
from qinggong.monitor.nowcast_inputs import Column, Floats, GrowthPanel, stand_ins, steps, without_left_out

if TYPE_CHECKING:
    from qinggong.methods.dynamic_factor import DynamicFactor
    from qinggong.methods.factor_parameters import FactorParameters

WINDOW_YEARS = 6
"""Calendar years that the estimated model is applied to."""


@dataclass(frozen=True, slots=True, eq=False)
class Estimated:
    """Parameters of the model and the columns of the panel that it uses.

    ``used`` has a column of the panel for each of the model, −1 for one that was left out; where ``to_date`` is True it
    is the growth to date of that column.
    """

    parameters: FactorParameters
    used: NDArray[np.int64]
    to_date: NDArray[np.bool_]
    iterations: int
    converged: bool
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Expectations of all figures not known, in percent.

    ``mean`` and ``std`` are (methods of ``METHODS``, rows, columns) over the rows of the panel and those after it up to
    the end asked for; NaN where a figure is known, cannot be, or a method has too little.
    """

    mean: Floats
    std: Floats


def enough(panel: GrowthPanel, settings: NowcastSettings) -> NDArray[np.bool_]:
    """(columns,) True for series with enough months known for the model."""
    cleaned = without_left_out(panel, settings)
    counts = (~np.isnan(cleaned)).sum(axis=0)
    cumulative = np.array([c.kind == "ytd" for c in panel.columns])
    return np.asarray(counts >= np.where(cumulative, settings.fewest // 2, settings.fewest), dtype=np.bool_)


def estimated(panel: GrowthPanel, settings: NowcastSettings) -> Estimated | None:
    """Estimate the model; ``None`` with too few usable series."""
    used = np.flatnonzero(enough(panel, settings))
    if used.size < settings.fewest_series:
        return None
    columns = [panel.columns[n] for n in used]
    further = stand_ins(panel, settings)[:, used]
    filled = np.flatnonzero((~np.isnan(further)).any(axis=0))
    values = np.hstack([without_left_out(panel, settings)[:, used], further[:, filled]])
    first = int(np.argmax((~np.isnan(values)).any(axis=1))) // 12 * 12
    blocks = _blocks(columns, len(settings.blocks))
    kinds: list[Any] = [
        ("ytd", panel.shares[n]) if panel.columns[n].kind == "ytd" else panel.columns[n].kind for n in used
    ]
    kinds += [("ytd_of", int(k), panel.shares[used[k]]) for k in filled]
    from qinggong.methods.dynamic_factor import dynamic_factor  # brings the compiler

    found = dynamic_factor(
        values[first:], _start(panel, first), factors=1, factor_order=settings.factor_order,
        blocks=np.vstack([blocks, blocks[filled]]), aggregation=kinds, tolerance=settings.tolerance,
        max_iterations=settings.max_iterations,
    )  # fmt: skip
    to_date = np.arange(values.shape[1]) >= used.size
    # Constant or duplicate series: the model stands, and they are not told.
    used = np.where(found.parameters.included, np.concatenate([used, used[filled]]), -1)
    return Estimated(found.parameters, used, to_date, found.iterations, found.converged, found.notes)


def applied(panel: GrowthPanel, settings: NowcastSettings, model: Estimated) -> DynamicFactor:
    """The model with these parameters on the newest years of a panel, from ``first_row`` up to the last row with a
    figure."""
    values = columns_of(panel, settings, model)
    rows = np.flatnonzero((~np.isnan(values)).any(axis=1))
    last = int(rows[-1]) + 1 if rows.size else values.shape[0]
    from qinggong.methods.dynamic_factor import dynamic_factor

    return dynamic_factor(values[:last], _start(panel, first_row(panel)), parameters=model.parameters)


def columns_of(panel: GrowthPanel, settings: NowcastSettings, model: Estimated) -> Floats:
    """The figures of a panel's newest years in the columns of the model, without the months left out."""
    places = _places(panel, model)
    values = np.full((panel.values.shape[0], places.size), np.nan)
    for table, chosen in (
        (without_left_out(panel, settings), ~model.to_date),
        (stand_ins(panel, settings), model.to_date),
    ):
        own = chosen & (places >= 0)
        values[:, own] = table[:, places[own]]
    return values[first_row(panel) :]


def first_row(panel: GrowthPanel) -> int:
    """The January from which the model is applied: what lies further back has no weight left in what is to come."""
    return max(0, (int(panel.values.shape[0]) - 1) // 12 - WINDOW_YEARS + 1) * 12


def forecasts(
    panel: GrowthPanel,
    settings: NowcastSettings,
    model: Estimated | None,
    *,
    end: int,
    chosen: Sequence[int] | None = None,
    methods: Sequence[str] = METHODS,
) -> Forecasts:
    """Expectations of the figures not known, up to row ``end`` (not included), of some or all columns."""
    columns = list(range(len(panel.columns))) if chosen is None else list(chosen)
    rows = max(end, panel.values.shape[0])
    shape = (len(METHODS), rows, len(panel.columns))
    mean, std = np.full(shape, np.nan), np.full(shape, np.nan)
    if "model" in methods and model is not None:
        mean[0], std[0] = _by_model(panel, settings, model, columns, rows)
    newest = panel.newest
    for name in (m for m in SIMPLE if m in methods):
        place = METHODS.index(name)
        for n in columns:
            if newest[n] >= 0:
                at, told = _by_simple(panel, settings, n, rows, name)
                mean[place, at, n], std[place, at, n] = told.mean, told.std
    return Forecasts(mean, std)


def unknown_rows(panel: GrowthPanel, column: int, end: int) -> list[int]:
    """Rows after the newest figure of a column that can hold one, up to ``end`` (not included)."""
    return [int(r) for r in steps(panel.columns[column].kind, end) if r > panel.newest[column]]


def _by_model(
    panel: GrowthPanel, settings: NowcastSettings, model: Estimated, columns: Sequence[int], rows: int
) -> tuple[Floats, Floats]:
    shape = (rows, len(panel.columns))
    mean, std = np.full(shape, np.nan), np.full(shape, np.nan)
    found = applied(panel, settings, model)
    places = _places(panel, model)
    inside = first_row(panel) + found.values.shape[0]
    own = (places >= 0) & ~model.to_date
    target = places[own]
    wanted = set(columns)
    missing = {
        r for n in target.tolist() if n in wanted for r in unknown_rows(panel, n, inside) if r >= first_row(panel)
    }  # fmt: skip
    for row in sorted(missing):
        told = found.nowcast(f"{panel.first_year + row // 12}-{row % 12 + 1:02d}")
        mean[row, target], std[row, target] = told.mean[own], told.std[own]
    if rows > inside:
        ahead = found.forecast(rows - inside)
        mean[inside:, target], std[inside:, target] = ahead.mean[:, own], ahead.std[:, own]
    for n in range(len(panel.columns)):
        keep = np.zeros(rows, dtype=np.bool_)
        keep[unknown_rows(panel, n, rows)] = n in wanted
        mean[~keep, n], std[~keep, n] = np.nan, np.nan
    return mean, std


def _by_simple(
    panel: GrowthPanel, settings: NowcastSettings, n: int, rows: int, name: str
) -> tuple[list[int], simple.SimpleForecast]:
    """A simple method on the sequence of a column's steps, without the months left out."""
    column = panel.columns[n]
    values = without_left_out(panel, settings)
    at = unknown_rows(panel, n, rows)
    if not at:
        return [], simple.SimpleForecast(np.empty(0), np.empty(0))
    past = steps(column.kind, int(panel.newest[n]) + 1)
    y = values[past, n]
    season = 12 if column.kind == "month" else 11
    if name == "bridge":
        x = _indicators(panel, values, settings, column, past.size, rows)
        return at, simple.bridge(y, x, len(at)) if x.shape[1] else simple.autoregression(y, len(at), most=1)
    how: dict[str, Callable[[], simple.SimpleForecast]] = {
        "random_walk": lambda: simple.random_walk(y, len(at)),
        "autoregression": lambda: simple.autoregression(y, len(at)),
        "seasonal_naive": lambda: simple.seasonal_naive(y, len(at), season=season),
    }
    return at, how[name]()


def _indicators(
    panel: GrowthPanel, values: Floats, settings: NowcastSettings, column: Column, count: int, rows: int
) -> Floats:
    """(steps, k) what the bridge equation of a column takes, on the column's own steps."""
    own = steps(column.kind, panel.values.shape[0])
    found = []
    for code in settings.indicator(column.indicator.code).bridge:
        place = panel.place(column.subject.code, code)
        if place is None:
            continue
        x = values[:, place].copy()
        if panel.columns[place].kind == "month" and column.kind != "month":
            january = x[:-1][np.arange(x.size - 1) % 12 == 0]
            february = np.flatnonzero(np.arange(x.size) % 12 == 1)
            x[february] = np.where(
                np.isnan(january[: february.size]), x[february], (january[: february.size] + x[february]) / 2
            )
        if (~np.isnan(x)).sum() >= settings.fewest // 2:
            found.append(x[own])
    return np.column_stack(found) if found else np.empty((count, 0))


def _places(panel: GrowthPanel, model: Estimated) -> NDArray[np.int64]:
    if model.used.max(initial=-1) >= len(panel.columns):
        raise ValueError(f"模型有第{int(model.used.max())}列，面板只有{len(panel.columns)}列")
    return model.used


def _blocks(columns: Sequence[Column], count: int) -> NDArray[np.bool_]:
    """One block of all figures and those of the setting that have at least three series."""
    table = np.zeros((len(columns), count + 1), dtype=np.bool_)
    table[:, 0] = True
    for place, column in enumerate(columns):
        table[place, column.block + 1] = True
    sizes = table.sum(axis=0)
    return table[:, (sizes >= 3) & ((sizes < len(columns)) | (np.arange(count + 1) == 0))]


def _start(panel: GrowthPanel, row: int) -> str:
    return f"{panel.first_year + row // 12}-{row % 12 + 1:02d}"
