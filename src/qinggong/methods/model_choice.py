"""Choice of transformation, trading days, festival windows and ARIMA order by AICc, series by series.

AICc (C. M. Hurvich and C.-L. Tsai, 1989, Regression and time series model selection in small samples, Biometrika 76,
297–307) is that of the untransformed values. Models that difference differently cannot be compared by it
(X-13ARIMA-SEATS Reference Manual, section 5.5), so every order on the list takes one regular and one seasonal
difference. Outliers are searched once, with the airline model, and are held during the comparisons, for
criteria of models with different sets of outliers do not compare either; so is the split of January–February sums.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.calendar_effects import Windows, festival_regressors, over_blocks, trading_day_regressors
from qinggong.methods.regarima import AIRLINE, MOST_OUTLIERS, Order, RegArimaFit, StartingPoint, Transform, fit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The airline model fits most monthly economic series; a second moving-average term, an autoregressive term beside it,
# or two in its place are what automatic procedures most often put instead: the default list of X-13ARIMA-SEATS
# (PICKMDL: 011, 012, 210, 212) without the mixed order, whose factors nearly cancel in short series, plus (1,1,1).
SHORT_LIST: tuple[Order, ...] = (AIRLINE, ((0, 1, 2), (0, 1, 1)), ((1, 1, 1), (0, 1, 1)), ((2, 1, 0), (0, 1, 1)))
# Another order than the airline model must gain this much, so that the order does not flicker between months.
_AIRLINE_MARGIN = 2.0
# So must other windows than the default ones: the best of a dozen alike gains something by chance alone.
_WINDOWS_MARGIN = 2.0
# X-13ARIMA-SEATS keeps logarithms unless levels are better by more than 2 (TRANSFORM, aicdiff).
_LOG_MARGIN = 2.0
TRADING_DAYS: tuple[str | None, ...] = (None, "china", "weekday")


@dataclass(frozen=True, slots=True)
class Request:
    """What to fit to: values (periods, series), first month, horizon, the user's regressors, and the January rule."""

    values: Floats
    start: tuple[int, int]
    forecast: int
    regressors: Floats
    combined: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """The specification of one series; ``windows`` is empty without a festival."""

    transform: Transform
    order: Order
    trading_day: str | None
    windows: Windows


def calendar_matrix(request: Request, trading_day: str | None, windows: Windows) -> Floats:
    """(periods + forecast, k): festival windows, the user's regressors, trading days."""
    length = request.values.shape[0] + request.forecast
    matrix = np.hstack(
        [
            festival_regressors(request.start, length, windows=windows),
            request.regressors,
            trading_day_regressors(trading_day, request.start, length),
        ]
    )
    return over_blocks(matrix, request.start[1]) if request.combined else matrix


def choose(
    request: Request,
    *,
    transforms: Sequence[Transform],
    orders: Sequence[Order],
    trading_days: Sequence[str | None],
    windows: Sequence[Windows],
    outliers: Sequence[str],
    labels: Sequence[str] | None = None,
) -> list[Choice]:
    """The best of each list for every series, one list after another: transformation, days, windows, order.

    The first entry of each list is what a series keeps when nothing else is better, or when nothing can be fitted.
    ``labels`` name groups whose series get the same windows, by the sum of their criteria.
    """
    series = request.values.shape[1]
    choices = [Choice(transforms[0], orders[0], trading_days[0], windows[0])] * series
    if max(len(transforms), len(orders), len(trading_days), len(windows)) == 1 or series == 0:
        return choices
    if len(transforms) > 1:
        choices = _pick_transform(request, choices, transforms)
    if max(len(orders), len(trading_days), len(windows)) == 1:
        return choices
    held, near = _airline(request, choices, outliers)
    if len(trading_days) > 1:
        choices = _pick(request, choices, "trading_day", trading_days, held, near, 0.0)
    if len(windows) > 1:
        choices = _pick(request, choices, "windows", windows, held, near, _WINDOWS_MARGIN, labels)
    if len(orders) > 1:
        choices = _pick(request, choices, "order", orders, held, near, _AIRLINE_MARGIN)
    return choices


def groups(choices: Sequence[Choice]) -> dict[Choice, Ints]:
    """The columns that share a choice."""
    found: dict[Choice, list[int]] = {}
    for place, choice in enumerate(choices):
        found.setdefault(choice, []).append(place)
    return {choice: np.array(places, dtype=np.int64) for choice, places in found.items()}


def fit_choice(
    request: Request,
    choice: Choice,
    columns: Ints,
    *,
    outliers: Sequence[str] = (),
    held: Ints | None = None,
    known: Floats | None = None,
    parameters: Floats | None = None,
    near: StartingPoint | None = None,
    forecast: int | None = None,
    threads: int | None = None,
) -> RegArimaFit:
    """Fit a choice to the columns of a request.

    ``held`` are outliers of all series that are not searched again; ``known`` coefficients and ``parameters`` of these
    columns are not estimated (see ``regarima.fit``).
    """
    return fit(
        request.values[:, columns],
        calendar_matrix(request, choice.trading_day, choice.windows),
        start_month=request.start[1],
        order=choice.order,
        transform=choice.transform,
        jan_feb="combined" if request.combined else None,
        outliers=outliers,
        given_outliers=None if held is None else held[:, :, columns],
        known=known,
        parameters=parameters,
        near=near,
        forecast=request.forecast if forecast is None else forecast,
        threads=threads,
    )


def _pick_transform(request: Request, choices: list[Choice], transforms: Sequence[Transform]) -> list[Choice]:
    everything = np.arange(len(choices))
    first = choices[0]
    scores = {
        name: fit_choice(request, Choice(name, AIRLINE, None, first.windows), everything, forecast=0).aicc
        for name in transforms
    }
    with np.errstate(invalid="ignore"):
        level = np.isnan(scores["log"]) & np.isfinite(scores["none"])
        level |= scores["none"] < scores["log"] - _LOG_MARGIN
    return [
        Choice("none" if at_level else "log", c.order, c.trading_day, c.windows)
        for c, at_level in zip(choices, level, strict=True)
    ]


def _airline(request: Request, choices: Sequence[Choice], outliers: Sequence[str]) -> tuple[Ints | None, StartingPoint]:
    """(most, 2, series) outliers of the airline model, and where its fit ended."""
    series = len(choices)
    held = np.full((MOST_OUTLIERS, 2, series), -1) if outliers else None
    near = StartingPoint(
        AIRLINE, np.full((2, series), np.nan), np.full((2, 2, series), np.nan), np.full(request.values.shape, np.nan)
    )
    for choice, columns in groups(choices).items():
        plain = Choice(choice.transform, AIRLINE, choice.trading_day, choice.windows)
        found = fit_choice(request, plain, columns, outliers=outliers, forecast=0)
        if held is not None:
            held[:, 0, columns] = found.outlier_kind
            held[:, 1, columns] = found.outlier_position
        near.parameters[:, columns] = found.parameters
        near.covariance[:, :, columns] = found.parameter_covariance
        near.filled[:, columns] = found.filled
    return held, near


def _pick(
    request: Request,
    choices: list[Choice],
    name: str,
    alternatives: Sequence[object],
    held: Ints | None,
    near: StartingPoint,
    margin: float,
    labels: Sequence[str] | None = None,
) -> list[Choice]:
    """Replace one part of each choice by the alternative of lowest AICc; the first must be beaten by ``margin``."""
    scores = np.full((len(alternatives), len(choices)), np.inf)
    for choice, columns in groups(choices).items():
        for i, alternative in enumerate(alternatives):
            candidate = dataclasses.replace(choice, **{name: alternative})  # type: ignore[arg-type]
            aicc = fit_choice(request, candidate, columns, held=held, near=near.of(columns), forecast=0).aicc
            scores[i, columns] = np.where(np.isfinite(aicc), aicc, np.inf) + (margin if i else 0.0)
    for label in set(labels or ()):
        members = np.array([place for place, own in enumerate(labels or ()) if own == label])
        members = members[np.isfinite(scores[:, members]).all(axis=0)]
        scores[:, members] = scores[:, members].sum(axis=1, keepdims=True)
    return [
        dataclasses.replace(choice, **{name: alternatives[int(best)]})  # type: ignore[arg-type]
        for choice, best in zip(choices, scores.argmin(axis=0), strict=True)
    ]
