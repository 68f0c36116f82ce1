"""News (新信息分解): every change of a nowcast traced to the figures that caused it.

Between two data sets the expectation of a figure y* moves in three steps, each a sum of contributions:

1. a figure that was withdrawn counts as revised to what the model expects without it;
2. a revised figure moves the expectation by its weight in the smoother times the revision;
3. new figures move it by their surprise: E[y*|updated] − E[y*|revised] = Σ b_j (actual_j − expected_j), with
   b = Cov(y*, I) Var(I)⁻¹ and the innovations I of all new figures taken together.

Expected values of new figures are those after the revisions, so the two kinds do not mix, as in statsmodels' ``news``.

References
----------
Bańbura & Modugno (2014), Maximum likelihood estimation of factor models on datasets with arbitrary pattern of missing
data, Journal of Applied Econometrics 29, section 2.3; Bańbura, Giannone, Modugno & Reichlin (2013), Now-casting
and the real-time data flow, Handbook of Economic Forecasting 2A, ch. 4; Koopman & Harvey (2003), Computing observation
weights for signal extraction and filtering, Journal of Economic Dynamics and Control 27 (weights of revisions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods import factor_kernel as kernel
from qinggong.methods.dynamic_factor import DynamicFactor, check_months, row_of, standardised
from qinggong.methods.factor_aggregation import Chains, build, without_covered
from qinggong.methods.factor_parameters import FactorParameters, column, first_month
from qinggong.methods.factor_smoother import Smoothed, Target, rights, smooth, target

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NewsRow:
    """What one figure did: ``effect`` = ``weight`` · (``actual`` − ``expected``), in the units of the target.

    Attributes
    ----------
    series, period
        Column, and month ("2024-08").
    expected
        Of a new figure: what the model expected after the revisions. Of a revised one: the value before.
    actual
        The figure as it now stands; of a withdrawn figure: what the model expects without it.
    kind
        "new" or "revision".
    """

    series: int
    period: str
    expected: float
    actual: float
    weight: float
    effect: float
    kind: Literal["new", "revision"]


@dataclass(frozen=True, slots=True)
class News:
    """The nowcast of a figure before and after; the effects of the rows sum to ``updated`` − ``previous``.

    Attributes
    ----------
    previous, updated
        Expectation of the target with either data set.
    revision_effect, new_effect
        What revisions and what new figures did.
    rows
        One for each figure that changed, by month and column, revisions first.
    """

    previous: float
    updated: float
    revision_effect: float
    new_effect: float
    rows: tuple[NewsRow, ...]


def news(model: DynamicFactor, before: ArrayLike, after: ArrayLike, *, target: int, period: str) -> News:
    """Split the change of a nowcast into the contributions of revised and new figures.

    Parameters
    ----------
    model
        A result of ``dynamic_factor``; its parameters, means and deviations serve for both data sets.
    before, after
        (periods, series) with the columns and the start of the model's data; either may have more rows.
    target
        Column of the figure.
    period
        Its month, for example "2024-09"; also after the end of the data.

    Returns
    -------
    News

    Raises
    ------
    ValueError
        If the data sets do not fit the model, nothing was added and something was lost (an update out of order), or the
        target was left out of the model.
    """
    if not isinstance(model, DynamicFactor):
        raise ValueError(f"model应为dynamic_factor的结果，收到{type(model).__name__}")
    parameters = model.parameters
    form = parameters.form
    aim = column(target, form.series, "target")
    if not parameters.included[aim]:
        raise ValueError(f"第{aim}列没有进入模型，不能作为目标：{'；'.join(model.notes)}")
    begin = first_month(model.start)
    old, new = (_figures(each, name, model) for each, name in ((before, "before"), (after, "after")))
    row = row_of(period, model.start)
    if not 0 <= row < max(old.shape[0], new.shape[0]) + 120:
        raise ValueError(f"目标月份{period}不在数据起点{model.start}之后、终点之后10年之内")
    for each in (old, new):
        check_months(form, each, begin)
    count = max(old.shape[0], new.shape[0])
    old, new = _padded(old, count), _padded(new, count)
    z_old, known_old = standardised(parameters, old)
    z_new, known_new = standardised(parameters, new)
    known_old, known_new = (without_covered(form, known, begin) for known in (known_old, known_new))
    lost, added = known_old & ~known_new, known_new & ~known_old
    if lost.any() and not added.any():
        at, i = (int(v) for v in np.argwhere(lost)[0])
        raise ValueError(
            f"更新后的数据比更新前少（例如第{i}列第{at + 1}行的值没有了，却没有新值）："
            "before与after的次序可能颠倒，请交换后重试"
        )
    setting = _Setting(parameters, begin, aim, row, max(0, row + 1 - count, form.order + 1 - count))
    common = known_old & known_new
    revised = common & (z_old != z_new)
    previous = setting.expectation(known_old, z_old)
    rows: list[NewsRow] = []
    unit = float(parameters.deviation[aim])
    for (at, i), weight, expected in setting.gains(common, z_old, lost):
        # z_old is the figure that is taken away, ``expected`` what the model puts in its place.
        rows.append(_row(setting, model, at, i, float(z_old[at, i]), expected, weight, "revision"))
    weights = setting.weights(common) if revised.any() else np.zeros_like(z_old)
    for at, i in np.argwhere(revised).tolist():
        rows.append(
            _row(setting, model, at, i, float(z_old[at, i]), float(z_new[at, i]), float(weights[at, i]), "revision")
        )
    rows.sort(key=lambda line: (line.period, line.series))
    middle = setting.expectation(common, z_new) if lost.any() or revised.any() else previous
    updated = setting.expectation(known_new, z_new) if added.any() else middle
    fresh = [
        _row(setting, model, at, i, expected, float(z_new[at, i]), weight, "new")
        for (at, i), weight, expected in setting.gains(common, z_new, added)
    ]
    centre = float(parameters.mean[aim])
    return News(
        previous=previous * unit + centre,
        updated=updated * unit + centre,
        revision_effect=(middle - previous) * unit,
        new_effect=(updated - middle) * unit,
        rows=(*rows, *fresh),
    )


@dataclass(frozen=True, slots=True)
class _Setting:
    """A model and the figure whose expectation is asked for, all on the standardised scale."""

    parameters: FactorParameters
    begin: tuple[int, int]
    aim: int
    row: int
    horizon: int

    def _smoothed(self, known: Bools, values: Floats, extra: Sequence[tuple[int, int]] = ()) -> Smoothed:
        asked = [(self.row, self.aim), *extra]
        chains = build(self.parameters.form, known, self.begin, horizon=self.horizon, extra=asked)
        return smooth(chains, self.parameters, chains.values(values))

    def _target(self, chains: Chains, row: int, series: int) -> Target:
        return target(chains, self.parameters, series, row)

    def expectation(self, known: Bools, values: Floats) -> float:
        smoothed = self._smoothed(known, values)
        return self._target(smoothed.chains, self.row, self.aim).mean(smoothed)

    def gains(self, known: Bools, values: Floats, asked: Bools) -> list[tuple[tuple[int, int], float, float]]:
        """For each figure ``asked``: its place, the weight of its surprise, and what the known figures expect of it."""
        places: list[tuple[int, int]] = [(int(at), int(i)) for at, i in np.argwhere(asked)]
        if not places:
            return []
        smoothed = self._smoothed(known, values, places)
        targets = [self._target(smoothed.chains, self.row, self.aim)]
        targets += [self._target(smoothed.chains, at, i) for at, i in places]
        halves = smoothed.half_solved(rights(targets, smoothed.chains.unknowns))
        surprises = halves[1:] @ halves[1:].T
        surprises[np.diag_indices(len(places))] += [each.noise + each.own for each in targets[1:]]
        weights = np.linalg.solve(surprises, halves[1:] @ halves[0])
        return [
            (place, float(weight), each.mean(smoothed))
            for place, weight, each in zip(places, weights, targets[1:], strict=True)
        ]

    def weights(self, known: Bools) -> Floats:
        """(rows, series) derivative of the expectation by each known figure."""
        smoothed = self._smoothed(known, np.zeros(known.shape))
        chains = smoothed.chains
        aim = self._target(chains, self.row, self.aim)
        adjoint = np.zeros(chains.month.size)
        loading = np.ascontiguousarray(self.parameters.loadings[chains.form.loads])
        kernel.node_weights(
            smoothed.solved(rights([aim], chains.unknowns))[0], chains.base, chains.pointer, chains.month, chains.gap,
            chains.term_pointer, chains.term, chains.term_weight, chains.load_pointer, chains.load, loading,
            self.parameters.persistence, self.parameters.variance, chains.longest, adjoint,
        )  # fmt: skip
        for j, weight in aim.nodes:
            adjoint[j] += weight
        found = np.zeros(known.shape)
        for side in range(chains.source.shape[1]):
            at, columns = chains.source[:, side], chains.source_column[:, side]
            np.add.at(found, (at, columns), adjoint * chains.source_weight[:, side])
        return found


def _figures(values: ArrayLike, name: str, model: DynamicFactor) -> Floats:
    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != model.parameters.form.series or not found.shape[0]:
        raise ValueError(f"{name}应与模型同为{model.parameters.form.series}列，收到形状{found.shape}")
    if np.isinf(found).any():
        row, i = (int(v) for v in np.argwhere(np.isinf(found))[0])
        raise ValueError(f"{name}第{i}列第{row + 1}行的值是无穷大；请改正，或以NaN表示缺失")
    return found


def _padded(figures: Floats, rows: int) -> Floats:
    return np.vstack([figures, np.full((rows - figures.shape[0], figures.shape[1]), np.nan)])


def _row(
    setting: _Setting,
    model: DynamicFactor,
    at: int,
    i: int,
    expected: float,
    actual: float,
    weight: float,
    kind: Literal["new", "revision"],
) -> NewsRow:
    """A row in the units of the series."""
    deviation, mean = float(model.parameters.deviation[i]), float(model.parameters.mean[i])
    unit = float(model.parameters.deviation[setting.aim])
    months = setting.begin[1] - 1 + at
    return NewsRow(
        series=i,
        period=f"{setting.begin[0] + months // 12}-{months % 12 + 1:02d}",
        expected=expected * deviation + mean,
        actual=actual * deviation + mean,
        weight=weight * unit / deviation,
        effect=weight * (actual - expected) * unit,
        kind=kind,
    )
