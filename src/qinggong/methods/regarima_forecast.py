"""What follows from fitted parameters: coefficients and innovations, information of the parameters, forecasts."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.arima_likelihood import (
    factors,
    filter_rows,
    ma_filter,
    product,
    solve_lower,
    solve_upper,
)
from qinggong.methods.compiled import compiled_part
from qinggong.methods.outliers import expected_innovations

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled_part
def series_residuals(
    rows: Floats, gram: Floats, parameters: Floats, orders: Ints, coefficients: Floats, residuals: Floats
) -> None:
    """Coefficients of the regressors from ``gram``, and the expected innovations of the series less its regression."""
    k, m = rows.shape
    for i in range(k - 1):
        coefficients[i] = gram[k - 1, i]
    solve_upper(gram, k - 1, coefficients)
    single = np.empty((1, m))
    for t in range(m):
        value = rows[k - 1, t]
        for i in range(k - 1):
            value -= coefficients[i] * rows[i, t]
        single[0, t] = value
    filtered, start, loading, factor, _ = filter_rows(single, parameters, orders)
    _, _, theta, stheta = factors(parameters, orders)
    expected_innovations(filtered[0], start[0], loading, factor, theta, stheta, orders[6], residuals)


@compiled_part
def parameter_information(
    rows: Floats,
    parameters: Floats,
    orders: Ints,
    coefficients: Floats,
    residuals: Floats,
    variance: float,
    out: Floats,
) -> None:
    """Covariance of the parameters from the derivatives of the innovations (Gauss–Newton); NaN at the edge."""
    count = parameters.shape[0]
    k, m = rows.shape
    gram = np.zeros((k, k))
    slopes = np.empty((count, m))
    moved = parameters.copy()
    for i in range(k - 1):  # with the coefficients held: a "factor" that returns them
        gram[i, i] = 1.0
        gram[k - 1, i] = coefficients[i]
    for i in range(count):
        width = -1e-5 if parameters[i] > 0.0 else 1e-5
        for j in range(count):
            moved[j] = parameters[j]
        moved[i] += width
        series_residuals(rows, gram, moved, orders, coefficients, slopes[i])
        for t in range(m):
            slopes[i, t] = (slopes[i, t] - residuals[t]) / width
    info = np.zeros((count, count))
    for i in range(count):
        for j in range(i + 1):
            for t in range(m):
                info[i, j] += slopes[i, t] * slopes[j, t] / variance
    # Gauss–Jordan on the small symmetric matrix.
    work = np.zeros((count, 2 * count))
    for i in range(count):
        for j in range(count):
            work[i, j] = info[max(i, j), min(i, j)]
        work[i, count + i] = 1.0
    for i in range(count):
        pivot = work[i, i]
        for j in range(2 * count):
            work[i, j] /= pivot
        for other in range(count):
            if other != i:
                ratio = work[other, i]
                for j in range(2 * count):
                    work[other, j] -= ratio * work[i, j]
    for i in range(count):
        for j in range(count):
            edge = abs(parameters[i]) > 0.999 or abs(parameters[j]) > 0.999
            out[i, j] = np.nan if edge else work[i, count + j]


@compiled_part
def _predict(z: Floats, n: int, e: Floats, ar: Floats, ma: Floats, future: Floats, out: Floats) -> None:
    """Known future of a row less its prediction from the past (``future`` gives the known values)."""
    m = e.shape[0]
    steps = out.shape[0]
    path = np.empty(steps)
    for i in range(steps):
        value = 0.0
        for lag in range(1, ar.shape[0]):
            if ar[lag] != 0.0:
                value -= ar[lag] * (path[i - lag] if lag <= i else z[n + i - lag])
        for lag in range(i + 1, ma.shape[0]):
            value += ma[lag] * e[m + i - lag]
        path[i] = value
        out[i] = future[i] - value


@compiled_part
def predict_series(
    full: Floats,
    rows: Floats,
    n: int,
    beyond: Floats,
    gram: Floats,
    coefficients: Floats,
    parameters: Floats,
    orders: Ints,
    variance: float,
    mean: Floats,
    deviation: Floats,
) -> None:
    """Conditional mean and standard deviation after the end: innovations, regression, gaps and the unknown start.

    Each regressor's own prediction error f carries the uncertainty of its coefficient, f'(X'Ω⁻¹X)⁻¹f; the starting
    inputs, known only up to M⁻¹, add the same way.
    """  # fmt: skip
    k, m = rows.shape
    steps = mean.shape[0]
    phi, sphi, theta, stheta = factors(parameters, orders)
    period = orders[6]
    ma = product(theta, stheta, period)
    ar = product(phi, sphi, period)
    for _ in range(orders[1]):
        longer = np.zeros(ar.shape[0] + 1)
        for j in range(ar.shape[0]):
            longer[j] += ar[j]
            longer[j + 1] -= ar[j]
        ar = longer
    for _ in range(orders[4]):
        longer = np.zeros(ar.shape[0] + period)
        for j in range(ar.shape[0]):
            longer[j] += ar[j]
            longer[j + period] -= ar[j]
        ar = longer
    filtered, start, loading, factor, _ = filter_rows(rows, parameters, orders)
    r, size = loading.shape
    count = k - 1
    errors = np.empty((count + size, steps))
    e = np.empty(m)
    nothing = np.zeros(steps)
    for i in range(count):
        expected_innovations(filtered[i], start[i], loading, factor, theta, stheta, period, e)
        _predict(full[i], n, e, ar, ma, beyond[i], errors[i])
    expected_innovations(filtered[count], start[count], loading, factor, theta, stheta, period, e)
    _predict(full[count], n, e, ar, ma, nothing, mean)
    zeros = np.zeros(n)
    for j in range(size):
        for t in range(m):
            e[t] = loading[t, j] if t < r else 0.0
        ma_filter(e, theta, stheta, period)
        _predict(zeros, n, e, ar, ma, nothing, errors[count + j])
    psi = np.empty(steps)
    total = 0.0
    column = np.empty(count)
    shock = np.empty(size)
    for i in range(steps):
        psi[i] = ma[i] if i < ma.shape[0] else 0.0
        for lag in range(1, min(i, ar.shape[0] - 1) + 1):
            psi[i] -= ar[lag] * psi[i - lag]
        total += psi[i] * psi[i]
        value = -mean[i]  # the prediction of the series itself
        for j in range(count):
            value += coefficients[j] * errors[j, i]
            column[j] = errors[j, i]
        for j in range(size):
            shock[j] = errors[count + j, i]
        solve_lower(gram, count, column)
        solve_lower(factor, size, shock)
        spread = total
        for j in range(count):
            spread += column[j] * column[j]
        for j in range(size):
            spread += shock[j] * shock[j]
        mean[i] = value
        deviation[i] = np.sqrt(variance * spread)
