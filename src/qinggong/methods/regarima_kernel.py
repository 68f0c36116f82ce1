"""One series after another through estimation, outlier search and forecast, compiled. ``regarima`` is the way in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.arima_likelihood import deviance, difference, solve_lower, solve_upper
from qinggong.methods.compiled import compiled, compiled_part
from qinggong.methods.likelihood_search import maximise
from qinggong.methods.outliers import median_absolute, scan, write_effect
from qinggong.methods.regarima_forecast import parameter_information, predict_series, series_residuals

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# States of a series (the reasons are in regarima.REASONS).
FITTED, TOO_SHORT, CONSTANT, NOT_CONVERGED, EXACT_FIT, MONTH_NEVER_SEEN = range(6)

# Columns of ``numbers``.
STATE, FIRST, LAST, EFFECTIVE, DEVIANCE, VARIANCE, EVALUATIONS, CRITICAL, OUTLIERS, ITERATIONS = range(10)
NUMBERS = 10

_JANUARY_SHARE = 31.0 / 59.25  # of the days of January and February


@compiled_part
def _assemble(full: Floats, k: int, n: int, orders: Ints) -> Floats:
    """The differenced rows of the first ``k`` rows."""
    rows = np.empty((k, n - orders[1] - orders[6] * orders[4]))
    for i in range(k):
        difference(full[i], orders, rows[i])
    return rows


@compiled_part
def _place_outliers(
    full: Floats, beyond: Floats, at: int, kinds: Ints, places: Ints, count: int, n: int, partner: Ints
) -> None:
    """Rows ``at``… ← the regressors of the outliers, in the sample and after it."""  # fmt: skip
    steps = beyond.shape[1]
    longer = np.empty(n + steps)
    for i in range(count):
        write_effect(longer, kinds[i], places[i])
        if kinds[i] == 0 and 0 <= places[i] < n and partner[places[i]] >= 0:
            longer[partner[places[i]]] = 1.0
        for t in range(n):
            full[at + i, t] = longer[t]
        for t in range(steps):
            beyond[at + i, t] = longer[n + t]


@compiled_part
def _split_blocks(series: Floats, sums: Floats, blocks: Ints, count: int, log: bool) -> float:
    """Bring January and February back to their observed sum and to the mean split by days; the largest move made."""
    offset = 0.0
    for i in range(count):
        t = blocks[i]
        if log:
            offset += series[t] - series[t + 1] - np.log(_JANUARY_SHARE / (1.0 - _JANUARY_SHARE))
        else:
            offset += 2.0 * (series[t] - _JANUARY_SHARE * sums[i])
    offset *= 0.5 / count
    largest = 0.0
    for i in range(count):
        t = blocks[i]
        old = series[t]
        january, february = series[t] - offset, series[t + 1] + offset
        if log:
            top = max(january, february)
            excess = top + np.log(np.exp(january - top) + np.exp(february - top)) - np.log(sums[i])
            series[t], series[t + 1] = january - excess, february - excess
        else:
            series[t], series[t + 1] = january, february
        largest = max(largest, abs(series[t] - old))
    return largest


@compiled
def fit_series(
    block: Floats,
    regressors: Floats,
    orders: Ints,
    all_given: NDArray[np.int64],
    search: NDArray[np.bool_],
    critical: Floats,
    month: int,
    combined: int,
    all_held: Floats,
    all_known: Floats,
    most_outliers: int,
    all_starts: Floats,
    all_inverse: Floats,
    all_shares: Floats,
    most_rounds: int,
    all_parameters: Floats,
    all_parameter_covariance: Floats,
    all_coefficients: Floats,
    all_covariance: Floats,
    all_found: NDArray[np.int64],
    all_filled: Floats,
    all_residuals: Floats,
    all_forecast: Floats,
    all_forecast_error: Floats,
    all_numbers: Floats,
    place: int,
) -> None:
    """Fit the series ``place`` of arrays that have series first; see ``regarima.fit`` for their meaning.

    ``block`` holds the transformed series, NaN where missing; ``regressors`` (k, months + forecast); ``month`` is the
    calendar month of the first value, 0 for January; ``combined`` is 0, 1 (levels) or 2 (logarithms, the block then
    still holds levels); ``all_held`` fixes the parameters and ``all_known`` (series, k) coefficients where not NaN.
    The search begins at
    ``all_starts`` with the inverse Hessian ``all_inverse`` (NaN: unknown); ``all_shares`` is January's share of a block
    at its row (NaN: by days), and is improved ``most_rounds`` times at most.
    """  # fmt: skip
    y, given, held, known = block[place], all_given[place], all_held[place], all_known[place]
    parameters, parameter_covariance = all_parameters[place], all_parameter_covariance[place]
    coefficients, covariance = all_coefficients[place], all_covariance[place]
    found, filled, residuals = all_found[place], all_filled[place], all_residuals[place]
    forecast, forecast_error, numbers = all_forecast[place], all_forecast_error[place], all_numbers[place]
    total = y.shape[0]
    k = regressors.shape[0]
    count = parameters.shape[0]
    period = orders[6]
    lead = orders[1] + period * orders[4]
    first, last, seen = total, -1, 0
    for t in range(total):
        if not np.isnan(y[t]):
            first = min(first, t)
            last = t
            seen += 1
    if combined > 0 and first < total and (month + first) % 12 == 1 and first > 0:
        first -= 1
    numbers[FIRST], numbers[LAST] = first, last
    n = last - first + 1
    if n - lead < 24 or seen < lead + k + count + 12:
        numbers[STATE] = TOO_SHORT
        return
    months_seen = np.zeros(12, dtype=np.int64)
    for t in range(first, last + 1):
        if not np.isnan(y[t]):
            months_seen[(month + t) % 12] += 1
    for i in range(12):
        if months_seen[i] == 0 and period == 12 and not (combined > 0 and i == 0):
            numbers[STATE] = MONTH_NEVER_SEEN
            return
    # Rows: gaps (and the inside of blocks), regressors, outliers, the series.
    series = np.empty(n)
    partner = np.empty(n, dtype=np.int64)
    blocks = np.empty(n // 12 + 2, dtype=np.int64)
    sums = np.empty(n // 12 + 2)
    gaps = np.empty(n, dtype=np.int64)
    number_of_blocks, number_of_gaps = 0, 0
    for t in range(n):
        series[t] = y[first + t]
        partner[t] = -1
    t = 0
    while t < n:
        if combined > 0 and (month + first + t) % 12 == 0 and t + 1 < n and not np.isnan(series[t + 1]):
            blocks[number_of_blocks] = t
            sums[number_of_blocks] = series[t + 1]
            partner[t + 1] = t
            january = all_shares[place, first + t]
            january = (_JANUARY_SHARE if np.isnan(january) else january) * series[t + 1]
            series[t + 1] -= january
            series[t] = january
            number_of_blocks += 1
            t += 1
        elif np.isnan(series[t]):
            gaps[number_of_gaps] = t
            number_of_gaps += 1
        t += 1
    if combined == 2:
        for t in range(n):
            series[t] = np.log(series[t])
    low, high = np.inf, -np.inf
    for t in range(n):
        if not np.isnan(series[t]):
            low, high = min(low, series[t]), max(high, series[t])
    if not high - low > 1e-12 * max(abs(high), abs(low)):
        numbers[STATE] = CONSTANT
        return
    previous = -1
    for t in range(n):  # gaps are bridged linearly first; their impulses then find the value
        if not np.isnan(series[t]):
            for s in range(previous + 1, t):
                if previous < 0:
                    series[s] = series[t]
                else:
                    series[s] = series[previous] + (series[t] - series[previous]) * (s - previous) / (t - previous)
            previous = t
    nuisance = number_of_gaps + max(number_of_blocks - 1, 0)
    steps = forecast.shape[0]
    after = (total - 1 - last) + steps
    full = np.zeros((nuisance + k + most_outliers + 1, n))
    beyond = np.zeros((nuisance + k + most_outliers + 1, after))
    for i in range(number_of_gaps):
        full[i, gaps[i]] = 1.0
    offset = np.zeros(n + after)  # of coefficients that are known; their rows stay empty
    for i in range(k):
        if not np.isnan(known[i]):
            for t in range(n + after):
                offset[t] += known[i] * regressors[i, first + t]
            continue
        for t in range(n):
            full[nuisance + i, t] = regressors[i, first + t]
        for t in range(after):
            beyond[nuisance + i, t] = regressors[i, last + 1 + t]
    kinds = np.empty(most_outliers + 1, dtype=np.int64)
    places = np.empty(most_outliers + 1, dtype=np.int64)
    extra = 0
    for i in range(given.shape[0]):
        if given[i, 0] >= 0 and first <= given[i, 1] <= last and extra < most_outliers:
            kinds[extra], places[extra] = given[i, 0], given[i, 1] - first
            extra += 1
    fixed = extra
    allowed = np.zeros((3, n), dtype=np.bool_)
    for t in range(n):
        inside = combined > 0 and (month + first + t) % 12 == 0 and t + 1 < n
        allowed[0, t] = search[0] and not inside
        allowed[1, t] = search[1] and 2 <= t < n - 1 and partner[t] < 0
        allowed[2, t] = search[2] and t < n - 1 and partner[t] < 0
    for i in range(number_of_gaps):
        for kind in range(3):
            allowed[kind, gaps[i]] = False
    for i in range(extra):
        allowed[kinds[i], places[i]] = False
    threshold = critical[min(n, critical.shape[0] - 1)]
    numbers[CRITICAL] = threshold
    tolerance = 1e-5 if most_rounds == 1 else 1e-9  # a comparison of models needs no more
    searching = search[0] or search[1] or search[2]
    free = count > 0 and np.isnan(held[0])
    inverse = np.zeros((count if free else 0, count))
    for i in range(count):
        parameters[i] = all_starts[place, i] if free else held[i]
    warm = free and not np.isnan(all_inverse[place, 0, 0])
    if warm:
        for i in range(count):
            for j in range(count):
                inverse[i, j] = all_inverse[place, i, j]
    state = FITTED
    evaluations = 0
    converged = True
    phase = 0  # 0 adds outliers, 1 drops them, 2 is the end
    moves = 0
    while True:
        rounds = 0
        settled = True  # parameters are improved only where the split of the blocks has settled, and at first
        while True:
            for i in range(1, number_of_blocks):
                t = blocks[i]
                row = number_of_gaps + i - 1
                # What moves between the two months and leaves their sum as it is, to first order under logarithms.
                full[row, t], full[row, t + 1] = 1.0, -1.0
                if combined == 2:
                    share = 1.0 / (1.0 + np.exp(series[t + 1] - series[t]))
                    full[row, t], full[row, t + 1] = 1.0 - share, -share
            _place_outliers(full, beyond, nuisance + k, kinds, places, extra, n, partner)
            width = nuisance + k + extra + 1
            for t in range(n):
                full[width - 1, t] = series[t] - offset[t]
            rows = _assemble(full, width, n, orders)
            gram = np.zeros((width, width))
            if settled:
                fit_deviance, converged, used = maximise(
                    rows, nuisance, parameters, orders, inverse, warm, tolerance, gram
                )
                evaluations += used
                warm = True
            else:
                fit_deviance = deviance(rows, nuisance, parameters, orders, gram)
                evaluations += 1
            if not np.isfinite(fit_deviance):
                numbers[STATE] = EXACT_FIT
                return
            beta = np.empty(width - 1)
            shocks = np.empty(rows.shape[1])
            series_residuals(rows, gram, parameters, orders, beta, shocks)
            rounds += 1
            if number_of_blocks < 2 or rounds >= most_rounds:
                converged = converged and (number_of_blocks < 2 or most_rounds == 1)
                break
            for i in range(1, number_of_blocks):
                t = blocks[i]
                row = number_of_gaps + i - 1
                series[t] -= beta[row] * full[row, t]
                series[t + 1] -= beta[row] * full[row, t + 1]
            moved = _split_blocks(series, sums, blocks, number_of_blocks, combined == 2)
            largest = 0.0
            for i in range(1, number_of_blocks):
                largest = max(largest, abs(beta[number_of_gaps + i - 1]))
            close = max(largest, moved) < 1e-7 * (high - low)
            if close and settled:
                break
            settled = close
        numbers[ITERATIONS] = max(numbers[ITERATIONS], rounds)
        effective = rows.shape[1]
        for i in range(nuisance):
            if gram[i, i] > 0.0:
                effective -= 1
        variance = gram[width - 1, width - 1] ** 2 / effective
        if phase == 0:
            phase = 1 if extra > fixed else 2
            if searching and extra < most_outliers and moves < 3 * most_outliers:
                statistics = np.zeros((3, n))
                scan(rows, gram, beta, parameters, orders, n, shocks, allowed, partner, statistics)
                robust = median_absolute(shocks) / 0.6745
                best_kind, best_place, best = -1, -1, threshold * robust
                for t in range(n):
                    for kind in range(3):
                        if abs(statistics[kind, t]) > best:
                            best_kind, best_place, best = kind, t, abs(statistics[kind, t])
                if best_kind >= 0:
                    kinds[extra], places[extra] = best_kind, best_place
                    allowed[best_kind, best_place] = False
                    extra += 1
                    moves += 1
                    phase = 0
                    continue
        if phase == 1:
            smallest, which = np.inf, -1
            unit = np.empty(width - 1)
            for i in range(fixed, extra):
                for j in range(width - 1):
                    unit[j] = 0.0
                unit[nuisance + k + i] = 1.0
                solve_lower(gram, width - 1, unit)
                spread = 0.0
                for j in range(width - 1):
                    spread += unit[j] * unit[j]
                t_value = abs(beta[nuisance + k + i]) / np.sqrt(spread * variance) if spread > 0.0 else 0.0
                if t_value < smallest:
                    smallest, which = t_value, i
            if which >= 0 and smallest < threshold:
                for i in range(which, extra - 1):
                    kinds[i], places[i] = kinds[i + 1], places[i + 1]
                extra -= 1
                continue
        break
    if not converged:
        state = NOT_CONVERGED
    # Results.
    for t in range(n):
        value = series[t]
        for i in range(number_of_gaps):
            if gaps[i] == t:
                value -= beta[i] * full[i, t]
        filled[first + t] = value
    for t in range(rows.shape[1]):
        residuals[first + lead + t] = shocks[t]
    size = k + extra
    unit = np.empty(width - 1)
    for i in range(size):
        coefficients[i] = beta[nuisance + i]
        for j in range(width - 1):
            unit[j] = 0.0
        unit[nuisance + i] = 1.0
        solve_lower(gram, width - 1, unit)
        solve_upper(gram, width - 1, unit)
        for j in range(size):
            covariance[i, j] = unit[nuisance + j] * variance
        if gram[nuisance + i, nuisance + i] == 0.0:  # redundant: no coefficient of its own
            for j in range(size):
                covariance[i, j] = np.nan
                covariance[j, i] = np.nan
    for i in range(k):
        if not np.isnan(known[i]):
            coefficients[i] = known[i]
            for j in range(size):
                covariance[i, j] = 0.0
                covariance[j, i] = 0.0
    for i in range(extra):
        found[i, 0], found[i, 1] = kinds[i], places[i] + first
    if count > 0:
        parameter_information(rows, parameters, orders, beta, shocks, variance, parameter_covariance)
    mean = np.zeros(after)
    deviation = np.zeros(after)
    if after > 0:
        predict_series(full, rows, n, beyond, gram, beta, parameters, orders, variance, mean, deviation)
    for t in range(after):
        mean[t] += offset[n + t]
        if last + 1 + t < total:
            filled[last + 1 + t] = mean[t]
        else:
            forecast[t - (total - 1 - last)] = mean[t]
            forecast_error[t - (total - 1 - last)] = deviation[t]
    numbers[STATE] = state
    numbers[EFFECTIVE] = effective
    numbers[DEVIANCE] = fit_deviance
    numbers[VARIANCE] = variance
    numbers[EVALUATIONS] = evaluations
    numbers[OUTLIERS] = extra
