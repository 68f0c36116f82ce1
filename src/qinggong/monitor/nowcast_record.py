"""What nowcasts were worth (即时预测的检验): the model and the simple methods on past states of the figures.

On each day the figures known by then are taken; every series' next figure is forecast by all methods and held against
today's figure. The store gives each figure's newest edition of that day: where it holds one edition only, the past
state is cut by the release calendar from final figures (pseudo-vintage), and revisions are not represented. Parameters
are estimated with the first state of every year and serve until the next one. The combination is weighted by the
errors that were known on the day. Months that the setting leaves out are no outcomes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from qinggong.catalogue import Catalogue
from qinggong.catalogue.nowcast import METHODS, SIMPLE, NowcastSettings, RecordedLine
from qinggong.methods.forecast_combination import combine, discounted_weights
from qinggong.methods.forecast_evaluation import accuracy, crps_normal, diebold_mariano, rmse
from qinggong.monitor.nowcast_forecasts import Estimated, estimated, forecasts, unknown_rows
from qinggong.monitor.nowcast_inputs import Floats, GrowthPanel, growth_panel, without_left_out
from qinggong.periods import Period, month
from qinggong.store.base import Snapshot

AHEAD = 2
"""Steps ahead that are held against outcomes: the next figure and the one after it."""


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """Forecasts of past days against outcomes.

    Attributes
    ----------
    final
        Today's panel; its columns are those of the arrays.
    days
        The days of the states.
    mean, std
        (days, ``AHEAD``, methods and the combination, columns).
    actual
        (days, ``AHEAD``, columns), NaN where the outcome is not known.
    rows
        (days, ``AHEAD``, columns) rows of the panel that were forecast, −1 where none was.
    revised
        Figures of past states that stand otherwise in the final panel.
    compared
        Figures of past states that stand in the final panel.
    """

    final: GrowthPanel
    days: tuple[dt.date, ...]
    mean: Floats
    std: Floats
    actual: Floats
    rows: Floats
    revised: int
    compared: int

    @property
    def vintages(self) -> str:
        """Whether past states differ from the final figures: ``pseudo``, ``mixed``."""
        return "mixed" if self.revised else "pseudo"


def trial(
    known: Callable[[dt.date], Snapshot],
    catalogue: Catalogue,
    settings: NowcastSettings,
    *,
    days: Sequence[dt.date],
    at: Period,
    progress: Callable[[dt.date], None] = lambda day: None,
) -> Trial:
    """Forecast the next figures on each day.

    Parameters
    ----------
    known
        What was known by the end of a day.
    days
        In order.
    at
        The last month whose figures are outcomes.
    """
    final = growth_panel(known(dt.date.max).observations, catalogue, settings, at=at)
    count = len(final.columns)
    shape = (len(days), AHEAD, len(METHODS) + 1, count)
    mean, std = np.full(shape, np.nan), np.full(shape, np.nan)
    actual, rows = np.full((len(days), AHEAD, count), np.nan), np.full((len(days), AHEAD, count), -1.0)
    model: Estimated | None = None
    year = revised = compared = 0
    judged = without_left_out(final, settings)
    for place, day in enumerate(days):
        progress(day)
        # Rows end with the month of the day: nothing of it is published, but it can be forecast.
        then = growth_panel(
            known(day).observations, catalogue, settings, at=month(day.year, day.month), columns=final.columns
        )
        shared = min(then.values.shape[0], final.values.shape[0])
        both = ~np.isnan(then.values[:shared]) & ~np.isnan(final.values[:shared])
        compared += int(both.sum())
        revised += int((both & (np.abs(then.values[:shared] - final.values[:shared]) > 1e-9)).sum())
        if day.year != year:
            model, year = estimated(then, settings), day.year
        end = then.values.shape[0] + 3
        told, outcomes = forecasts(then, settings, model, end=end), without_left_out(then, settings)
        for n in range(count):
            newest = int(then.newest[n])
            if newest < 0 or then.values.shape[0] - 1 - newest > settings.stalest:
                continue
            for ahead, row in enumerate(unknown_rows(then, n, end)[:AHEAD]):
                rows[place, ahead, n] = row
                mean[place, ahead, :-1, n], std[place, ahead, :-1, n] = told.mean[:, row, n], told.std[:, row, n]
                if row < final.values.shape[0]:
                    actual[place, ahead, n] = judged[row, n]
                # Only outcomes that were out on the day may weigh.
                past = np.flatnonzero((rows[:place, ahead, n] >= 0) & (rows[:place, ahead, n] <= newest))
                errors = mean[past, ahead, :-1, n] - outcomes[rows[past, ahead, n].astype(int), n][:, None]
                weights = discounted_weights(errors, discount=settings.discount)
                mixed = combine(mean[place, ahead, :-1, n], std[place, ahead, :-1, n], weights)
                mean[place, ahead, -1, n], std[place, ahead, -1, n] = mixed.mean, mixed.std
    return Trial(final, tuple(days), mean, std, actual, rows, revised, compared)


def recorded(found: Trial, settings: NowcastSettings, *, ahead: int = 0, fewest: int = 24) -> list[RecordedLine]:
    """Errors by series; each outcome counts once, with the last forecast before it came out."""
    lines = []
    for n, column in enumerate(found.final.columns):
        use = _last_before(found.rows[:, ahead, n]) & ~np.isnan(found.actual[:, ahead, n])
        use &= ~np.isnan(found.mean[:, ahead, :, n]).any(axis=1)
        if use.sum() < fewest:
            continue
        actual, mean, std = found.actual[use, ahead, n], found.mean[use, ahead, :, n], found.std[use, ahead, :, n]
        errors = mean - actual[:, None]
        names = (*METHODS, "combination")
        roots = {name: rmse(actual, mean[:, k]) for k, name in enumerate(names)}
        best = min(SIMPLE, key=lambda name: roots[name])
        place = METHODS.index(best)
        test = diebold_mariano(errors[:, 0], errors[:, place], horizon=ahead + 1)
        model = accuracy(actual, mean[:, 0], std[:, 0], levels=settings.levels)
        faded = settings.discount ** np.arange(len(errors) - 1, -1, -1)
        squares = faded @ errors[:, :-1] ** 2 / faded.sum()
        lines.append(
            RecordedLine(
                column.subject.code, column.indicator.code, int(use.sum()), roots,
                (model.crps, float(np.mean(crps_normal(actual, mean[:, place], std[:, place])))),
                tuple(100 * c for c in model.coverage), best, test.statistic, test.p_value,
                dict(zip(METHODS, map(float, squares), strict=True)),
            )
        )  # fmt: skip
    return lines


def _last_before(rows: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """True for the last day on which a row was forecast."""
    following = np.concatenate([rows[1:], [-2.0]])
    return np.asarray((rows >= 0) & (rows != following), dtype=np.bool_)
