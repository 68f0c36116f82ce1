"""Markov switching between two states (马尔可夫区制转换): real-time probability of contraction and of a turn.

    y(t) − μ(s(t)) = Σ φ_j (y(t−j) − μ(s(t−j))) + e(t),   e ~ N(0, σ²) or N(0, σ²(s(t))),   P(s(t) = j | s(t−1) = i) =
    p_ij

State 0 is the one with the lower mean (contraction), state 1 the other. The model is estimated by maximum likelihood
with expectation–maximisation; the first state has the ergodic distribution. A series depends on its own values only.

References
----------
Hamilton (1989), A New Approach to the Economic Analysis of Nonstationary Time Series and the Business Cycle,
Econometrica 57, 357–384; Hamilton (1990), Analysis of time series subject to changes in regime, Journal of
Econometrics 45, 39–70 (EM); Kim (1994), Dynamic linear models with Markov-switching, Journal of Econometrics 60
(smoother); Chauvet & Piger (2008), A Comparison of the Real-Time Performance of Business Cycle Dating Methods,
Journal of Business & Economic Statistics 26 (rule of the two thresholds).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
States = NDArray[np.int8]

GOOD, EMPTY, INFINITE, GAPS, SHORT, CONSTANT, FAILED, NOT_CONVERGED, ALIKE, ONE_OFF = range(10)
REASONS: tuple[str, ...] = (
    "",
    "序列全部缺失",
    "序列含有无穷大的值",
    "序列中间有缺月，自回归模型不能估计",
    "样本不足",
    "序列没有变化",
    "似然函数无法计算",
    "估计未收敛",
    "两个状态的均值没有拉开，不能区分",
    "其中一个状态只出现在个别月份，像外点而不像周期",
)
# Beyond these the estimates are shown with a doubt, before them there are none.
_DOUBTFUL = NOT_CONVERGED

FEWEST_MONTHS, MOST_ITERATIONS, TOLERANCE = 60, 1000, 1e-9
LEAST_DISTANCE, LEAST_MONTHS, HIGHEST_ORDER = 0.5, 6.0, 4
ENTER, LEAVE = 0.8, 0.2


@dataclass(frozen=True, slots=True)
class Switching:
    """A two-state model of each series of a batch.

    Attributes
    ----------
    means, deviations
        ``(2, series)`` of the states, the lower mean first.
    autoregression
        ``(order, series)``.
    transition
        ``(2, 2, series)``: from, to.
    filtered, smoothed
        ``(months, series)`` probability of contraction with what was known in the month, and with all months; NaN
        where the series is not modelled, in the first ``order`` months and outside its values.
    loglikelihood
        ``(series,)``.
    iterations
        ``(series,)``.
    state
        ``(series,)`` places in ``REASONS``: 0 good, 1 to 6 not estimated, from 7 on estimated with a doubt.
    """

    means: Floats
    deviations: Floats
    autoregression: Floats
    transition: Floats
    filtered: Floats
    smoothed: Floats
    loglikelihood: Floats
    iterations: NDArray[np.int64]
    state: States

    @property
    def verdicts(self) -> tuple[str, ...]:
        """``"good"``, ``"doubtful"`` or ``"not estimated"`` for each series."""
        return tuple("good" if s == GOOD else "doubtful" if s >= _DOUBTFUL else "not estimated" for s in self.state)

    @property
    def reasons(self) -> tuple[str, ...]:
        """The reason for each series in Chinese, empty where good."""
        return tuple(REASONS[s] for s in self.state)

    @property
    def durations(self) -> Floats:
        """``(2, series)`` expected months of contraction and of expansion, 1/(1 − p_ii)."""
        return np.asarray(1 / np.stack([self.transition[0, 1], self.transition[1, 0]]))

    def probability_of_downturn(self, months: int) -> Floats:
        """``(months, series)``: contraction already, or within so many months: 1 − P(expansion now) · p₁₁^months."""
        return np.asarray(1 - (1 - self.filtered) * self.transition[1, 1] ** months)

    def probability_of_upturn(self, months: int) -> Floats:
        """The same for expansion: 1 − P(contraction now) · p₀₀^months."""
        return np.asarray(1 - self.filtered * self.transition[0, 0] ** months)


def markov_switching(
    values: ArrayLike,
    *,
    order: int = 0,
    switching_variance: bool = False,
    most: int = MOST_ITERATIONS,
    tolerance: float = TOLERANCE,
    fewest: int = FEWEST_MONTHS,
) -> Switching:
    """Estimate the two-state model of each series.

    Parameters
    ----------
    values
        ``(months,)`` or ``(months, series)``: growth, or change of the deviation from trend. Missing months inside are
        allowed without autoregression.
    order
        Lags of the autoregression, at most 4.
    switching_variance
        Whether the states have variances of their own.
    most, tolerance
        Iterations, and relative change of the log-likelihood at which they end.
    fewest
        Months that a series needs.

    Returns
    -------
    Switching
        No series of a batch raises an error: ``state`` says what hindered it.

    Raises
    ------
    ValueError
        For an order that is not offered or values of another shape.
    """
    from qinggong.methods.switching_kernel import filtered_states, smoothed_states

    if not 0 <= order <= HIGHEST_ORDER:
        raise ValueError(f"自回归阶数为0至{HIGHEST_ORDER}，收到{order}")
    y = np.asarray(values, dtype=np.float64)
    if y.ndim not in (1, 2):
        raise ValueError(f"序列应为（月）或（月，序列），收到形状{y.shape}")
    panel = y.reshape(y.shape[0], -1)
    months, number = panel.shape
    means, deviations = np.full((2, number), np.nan), np.full((2, number), np.nan)
    phi, transition = np.full((order, number), np.nan), np.full((2, 2, number), np.nan)
    filtered, smoothed = np.full((months, number), np.nan), np.full((months, number), np.nan)
    likelihood, iterations = np.full(number, np.nan), np.zeros(number, dtype=np.int64)
    state = np.zeros(number, dtype=np.int8)
    for i in range(number):
        known = np.flatnonzero(~np.isnan(panel[:, i]))
        state[i] = _refusal(panel[:, i], known, order, fewest)
        if state[i] != GOOD:
            continue
        first, last = int(known[0]), int(known[-1])
        series = np.ascontiguousarray(panel[first : last + 1, i])
        centre, size = float(np.nanmean(series)), float(np.nanstd(series))
        scaled = (series - centre) / size
        found, rounds = _best(scaled, order, switching_variance, most, tolerance)
        if found is None:
            state[i] = FAILED
            continue
        if found[0] > found[1]:
            found[[0, 1, 2, 3, 4, 5]] = found[[1, 0, 3, 2, 5, 4]]
        rows, histories = scaled.size - order, 2 ** (order + 1)
        joint, predicted, smooth = (np.empty((rows, histories)) for _ in range(3))
        args = (found[:2], found[6 : 6 + order], found[2:4], float(found[4]), float(found[5]))
        total = filtered_states(scaled, *args, joint, predicted)
        smoothed_states(joint, predicted, float(found[4]), float(found[5]), order, smooth, np.zeros((2, 2)))
        # The newest state is the highest bit: the first half of the histories is contraction.
        filtered[first + order : last + 1, i] = joint[:, : histories // 2].sum(axis=1)
        smoothed[first + order : last + 1, i] = smooth[:, : histories // 2].sum(axis=1)
        means[:, i], deviations[:, i] = centre + size * found[:2], size * np.sqrt(found[2:4])
        phi[:, i] = found[6 : 6 + order]
        transition[:, :, i] = [[1 - found[4], found[4]], [found[5], 1 - found[5]]]
        likelihood[i] = total - np.log(size) * int((~np.isnan(scaled[order:])).sum())
        iterations[i] = abs(rounds)
        state[i] = _doubt(found, rounds, np.nansum(smoothed[:, i]), rows)
    shape = y.shape
    return Switching(
        means,
        deviations,
        phi,
        transition,
        filtered.reshape(shape),
        smoothed.reshape(shape),
        likelihood,
        iterations,
        state,
    )


def turns_by_probability(
    probability: ArrayLike, *, enter: float = ENTER, leave: float = LEAVE
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Peaks and troughs of one series from its probability of contraction.

    A contraction is called when the probability passes ``enter`` and ends when it falls below ``leave``; the turn is
    the last month before the probability had crossed one half on its way.

    Parameters
    ----------
    probability
        ``(months,)``, NaN where unknown.

    Returns
    -------
    tuple of arrays
        Rows of peaks and of troughs.
    """
    if not 0 < leave <= enter < 1:
        raise ValueError(f"概率界限应满足0<离开≤进入<1，收到{leave}与{enter}")
    p = np.asarray(probability, dtype=np.float64)
    peaks: list[int] = []
    troughs: list[int] = []
    inside: bool | None = None
    crossing = 0
    for t in range(p.size):
        if np.isnan(p[t]):
            continue
        if t == 0 or np.isnan(p[t - 1]) or (p[t] > 0.5) != (p[t - 1] > 0.5):
            crossing = t
        if p[t] > enter and inside is not True:
            if inside is False:
                peaks.append(crossing - 1)
            inside = True
        elif p[t] < leave and inside is not False:
            if inside is True:
                troughs.append(crossing - 1)
            inside = False
    return np.array(peaks, dtype=np.int64), np.array(troughs, dtype=np.int64)


def _refusal(series: Floats, known: NDArray[np.int64], order: int, fewest: int) -> int:
    if not known.size:
        return EMPTY
    if np.isinf(series).any():
        return INFINITE
    if known.size < max(fewest, 4 * (order + 2)):
        return SHORT
    if order > 0 and known[-1] - known[0] + 1 != known.size:
        return GAPS
    present = series[known]
    if np.std(present) <= 1e-12 * (1 + np.abs(present).max()):
        return CONSTANT
    return GOOD


def _best(
    series: Floats, order: int, switching_variance: bool, most: int, tolerance: float
) -> tuple[Floats | None, int]:
    """The best of three starts: states split at the quarter, the half and the three quarters of the values."""
    from qinggong.methods.switching_kernel import estimated

    present = series[~np.isnan(series)]
    best: Floats | None = None
    rounds = 0
    for quantile in (0.25, 0.5, 0.75):
        cut = float(np.quantile(present, quantile))
        low, high = present[present <= cut], present[present > cut]
        if not low.size or not high.size:
            continue
        within = float((low.var() * low.size + high.var() * high.size) / present.size)
        within = max(within, 1e-3)
        start = np.array([low.mean(), high.mean(), within, within, 0.1, 0.1] + [0.0] * order)
        out = np.empty(7 + order)
        count = int(estimated(series, order, switching_variance, start, most, tolerance, out))
        if count and (best is None or out[6 + order] > best[6 + order]):
            best, rounds = out, count
    return best, rounds


def _doubt(found: Floats, rounds: int, contraction: float, months: int) -> int:
    if rounds < 0:
        return NOT_CONVERGED
    if found[1] - found[0] < LEAST_DISTANCE * np.sqrt(max(found[2], found[3])):
        return ALIKE
    if min(contraction, months - contraction) < LEAST_MONTHS:
        return ONE_OFF
    return GOOD
