"""Automatic outliers (AO, LS, TC): critical values, and test statistics of all positions at once.

The search adds the position and type with the largest robust t value, re-estimates, and repeats; then it drops, one at
a time, what no longer reaches the critical value. The t values of all positions come from one pass: with g = D'Ω⁻¹r of
the residuals r the numerator of an impulse at t is g_t, that of a level shift a sum of g and that of a temporary change
a recursion over g, and the same holds for the products with the other regressors and with the start of the sample.

References: I. Chang, G. C. Tiao and C. Chen (1988), Estimation of time series parameters in the presence of outliers,
Technometrics 30, 193–204; X-13ARIMA-SEATS Reference Manual, section 7.11 (method addone); G. M. Ljung (1993), On
outlier detection in time series, Journal of the Royal Statistical Society B 55, 559–567.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.arima_likelihood import (
    ar_filter_back,
    difference,
    factors,
    filter_rows,
    ma_filter,
    ma_filter_back,
    product,
    solve_lower,
)
from qinggong.methods.compiled import compiled, compiled_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TYPES = ("AO", "LS", "TC")
AO, LS, TC = range(3)
DECAY = 0.7  # of a temporary change a month, as in X-13ARIMA-SEATS (0.7^(12/s))


def _ljung(observations: int, level: float) -> float:
    """Asymptotic quantile of the largest of ``observations`` standardised residuals (Ljung 1993)."""
    a = math.sqrt(2 * math.log(observations))
    b = a - (math.log(math.log(observations)) + math.log(4 * math.pi)) / (2 * a)
    return b - math.log(-0.5 * math.log(2 - math.sqrt(1 + level))) / a


@lru_cache(maxsize=4096)
def critical_value(observations: int, *, level: float = 0.05) -> float:
    """Default critical value of the outlier search for a series of this length.

    Ljung's asymptotic value holds at 100 and 200 observations; the normal quantile at two. The curve through the three
    points, linear in the terms of Ljung's expansion, gives the rest, as X-13ARIMA-SEATS has it.

    Parameters
    ----------
    observations
        Number of observations tested, at least 2.
    level
        Probability of finding an outlier in a clean series.

    Examples
    --------
    >>> round(critical_value(180), 3)
    3.931
    """
    if observations < 2:
        raise ValueError("a critical value needs at least two observations")
    at = np.array([2.0, 100.0, 200.0])
    known = [NormalDist().inv_cdf((1 + math.sqrt(1 - level)) / 2), _ljung(100, level), _ljung(200, level)]

    def terms(n: float) -> list[float]:
        a = math.sqrt(2 * math.log(n))
        return [1.0, (math.log(math.log(n)) + math.log(4 * math.pi)) / (2 * a), a]

    weights = np.linalg.solve(np.array([terms(float(n)) for n in at]), np.array(known))
    return float(np.dot(weights, terms(float(observations))))


@lru_cache(maxsize=64)
def critical_values(longest: int, *, level: float = 0.05) -> Floats:
    """Critical values for 0..``longest`` observations; infinite below two."""
    found = np.array([np.inf, np.inf, *(critical_value(n, level=level) for n in range(2, longest + 1))])
    found.setflags(write=False)  # shared by all callers
    return found


def effect(kind: str, position: int, length: int) -> Floats:
    """The regressor of an outlier over ``length`` months.

    AO is 1 at the position; LS −1 before it and 0 from it on, so that the recent level stays; TC is 0.7^k after it.
    """
    x = np.zeros(length)
    write_effect(x, TYPES.index(kind), position)
    return x


@compiled
def write_effect(x: Floats, kind: int, position: int) -> None:
    """``x`` ← the regressor of an outlier of type 0 AO, 1 LS, 2 TC; the position may lie before the start."""
    n = x.shape[0]
    for t in range(n):
        x[t] = 0.0
    if kind == 0:
        if 0 <= position < n:
            x[position] = 1.0
    elif kind == 1:
        for t in range(min(position, n)):
            x[t] = -1.0
    else:
        value = 1.0
        for t in range(position, n):
            if t >= 0:
                x[t] = value
            value *= DECAY


@compiled_part
def median_absolute(x: Floats) -> float:
    """Median of the absolute values (shell sort; the mean of the two middle ones for an even number)."""
    n = x.shape[0]
    a = np.empty(n)
    for t in range(n):
        a[t] = abs(x[t])
    gap = n // 2
    while gap > 0:
        for t in range(gap, n):
            value = a[t]
            j = t
            while j >= gap and a[j - gap] > value:
                a[j] = a[j - gap]
                j -= gap
            a[j] = value
        gap //= 2
    half = n // 2
    return float(a[half] if n % 2 else 0.5 * (a[half - 1] + a[half]))


@compiled_part
def _pull_back(e: Floats, phi: Floats, sphi: Floats, theta: Floats, stheta: Floats, orders: Ints, out: Floats) -> None:
    """out ← D'Φ'Π'e: the product of e with the filtered impulse at each of the n original positions."""
    n = out.shape[0]
    m = e.shape[0]
    period = orders[6]
    work = np.empty(m)
    ma_filter_back(e, work, theta, stheta, period)
    ar_filter_back(work, phi, sphi, period)
    lead = n - m
    for t in range(n):
        out[t] = work[t - lead] if t >= lead else 0.0
    for _ in range(orders[1]):  # (1−B)' x_t = x_t − x_{t+1}
        for t in range(n - 1):
            out[t] -= out[t + 1]
    for _ in range(orders[4]):
        for t in range(n - period):
            out[t] -= out[t + period]


@compiled_part
def _as_type(impulse: Floats, kind: int, out: Floats) -> None:
    """Products with a level shift or temporary change at each position, from those with impulses."""
    n = impulse.shape[0]
    if kind == 0:
        for t in range(n):
            out[t] = impulse[t]
    elif kind == 1:
        total = 0.0
        for t in range(n):
            out[t] = total
            total -= impulse[t]
    else:
        total = 0.0
        for t in range(n - 1, -1, -1):
            total = impulse[t] + 0.7 * total
            out[t] = total


@compiled_part
def _norms(
    kind: int, n: int, phi: Floats, sphi: Floats, theta: Floats, stheta: Floats, orders: Ints, out: Floats
) -> None:
    """Squared length of the filtered regressor of one type at each position."""
    period = orders[6]
    lead = orders[1] + period * orders[4]
    m = n - lead
    x = np.zeros(n)
    work = np.empty(m)
    ar = product(phi, sphi, period)
    # From the first differenced row on, the response only shifts: one response, cut off at the end of the sample.
    write_effect(x, kind, lead)
    difference(x, orders, work)
    _filter(work, ar, theta, stheta, period)
    total = 0.0
    for t in range(m):
        total += work[t] * work[t]
        out[n - 1 - t] = total
    for position in range(lead):
        write_effect(x, kind, position)
        difference(x, orders, work)
        _filter(work, ar, theta, stheta, period)
        total = 0.0
        for t in range(m):
            total += work[t] * work[t]
        out[position] = total


@compiled_part
def _filter(work: Floats, ar: Floats, theta: Floats, stheta: Floats, period: int) -> None:
    if ar.shape[0] > 1:
        for t in range(work.shape[0] - 1, -1, -1):
            value = work[t]
            for j in range(1, min(ar.shape[0] - 1, t) + 1):
                value += ar[j] * work[t - j]
            work[t] = value
    ma_filter(work, theta, stheta, period)


@compiled_part
def scan(
    rows: Floats,
    gram: Floats,
    coefficients: Floats,
    parameters: Floats,
    orders: Ints,
    n: int,
    residuals: Floats,
    allowed: NDArray[np.bool_],
    partner: Ints,
    statistics: Floats,
) -> None:
    """t values over σ of all outlier types and positions, given the fitted model.

    Parameters
    ----------
    rows, gram, coefficients
        Differenced rows (regressors, then the series), the Cholesky factor that ``deviance`` leaves, and the
        coefficients of the regressors.
    n
        Length of the undifferenced series.
    residuals
        Expected innovations given the sample.
    allowed
        (3, n) positions to be tested.
    partner
        (n,) −1, or the month whose impulse goes with that of this one (January–February observed as a sum).
    statistics
        (3, n) result; 0 where not tested or not distinct from the regressors.
    """  # fmt: skip
    k = rows.shape[0]
    period = orders[6]
    filtered, start, loading, factor, _ = filter_rows(rows, parameters, orders)
    phi, sphi, theta, stheta = factors(parameters, orders)
    r, size = loading.shape
    m = rows.shape[1]
    # Numerators, the products with the regressors (orthogonalised) and with the start of the sample.
    count = 1 + (k - 1) + size
    base = np.empty((count, n))
    _pull_back(residuals, phi, sphi, theta, stheta, orders, base[0])
    shock = np.zeros(m)
    for i in range(k - 1):
        for j in range(size):
            start[k - 1, j] = start[i, j]
        expected_innovations(filtered[i], start[k - 1], loading, factor, theta, stheta, period, shock)
        _pull_back(shock, phi, sphi, theta, stheta, orders, base[1 + i])
    for j in range(size):
        for t in range(m):
            shock[t] = loading[t, j] if t < r else 0.0
        ma_filter(shock, theta, stheta, period)
        _pull_back(shock, phi, sphi, theta, stheta, orders, base[k + j])
    _orthogonalise(base[1:k], gram)
    _orthogonalise(base[k:], factor)
    values = np.empty(n)
    used = np.empty(n)
    norms = np.empty(n)
    x = np.zeros(n)
    work = np.empty(m)
    ar = product(phi, sphi, period)
    for kind in range(3):
        tested = False
        for t in range(n):
            tested = tested or allowed[kind, t]
        if not tested:
            continue
        _norms(kind, n, phi, sphi, theta, stheta, orders, norms)
        if kind == 0:
            for t in range(n):
                if partner[t] >= 0:
                    x[t] = 1.0
                    x[partner[t]] = 1.0
                    difference(x, orders, work)
                    _filter(work, ar, theta, stheta, period)
                    x[t] = 0.0
                    x[partner[t]] = 0.0
                    norms[t] = 0.0
                    for s in range(m):
                        norms[t] += work[s] * work[s]
        for t in range(n):
            used[t] = 0.0
        for i in range(1, count):
            _as_type(base[i], kind, values)
            for t in range(n):
                value = values[t]
                if kind == 0 and partner[t] >= 0:
                    value += values[partner[t]]
                used[t] += value * value
        _as_type(base[0], kind, values)
        for t in range(n):
            statistics[kind, t] = 0.0
            rest = norms[t] - used[t]
            if allowed[kind, t] and rest > 1e-8 * norms[t]:
                value = values[t]
                if kind == 0 and partner[t] >= 0:
                    value += values[partner[t]]
                statistics[kind, t] = value / np.sqrt(rest)


@compiled_part
def expected_innovations(
    filtered: Floats,
    start: Floats,
    loading: Floats,
    factor: Floats,
    theta: Floats,
    stheta: Floats,
    period: int,
    out: Floats,
) -> None:
    """E[e | w] of one row: its e⁰ plus what the expected starting inputs add. ``start`` is used up."""  # fmt: skip
    r, size = loading.shape
    for i in range(size - 1, -1, -1):
        value = start[i]
        for j in range(i + 1, size):
            value -= factor[j, i] * start[j]
        start[i] = value / factor[i, i]
    for t in range(out.shape[0]):
        out[t] = 0.0
    for t in range(min(r, out.shape[0])):
        for j in range(size):
            out[t] -= loading[t, j] * start[j]
    ma_filter(out, theta, stheta, period)
    for t in range(out.shape[0]):
        out[t] += filtered[t]


@compiled_part
def _orthogonalise(rows: Floats, factor: Floats) -> None:
    """``rows`` ← factor⁻¹ rows, at all positions."""
    size = rows.shape[0]
    column = np.empty(size)
    for t in range(rows.shape[1]):
        for i in range(size):
            column[i] = rows[i, t]
        solve_lower(factor, size, column)
        for i in range(size):
            rows[i, t] = column[i]
