"""Exact Gaussian likelihood of a seasonal ARIMA model with regressors, in a number of steps linear in the length.

Let w = (1−B)^d (1−B^s)^D y be stationary with φ(B)Φ(B^s) w = θ(B)Θ(B^s) e, signs as in Box and Jenkins (the airline
model is w = (1−θB)(1−ΘB^s) e). Given zeros before the sample, e⁰ = Π φ(B) w with the lower-triangular filter Π of
1/θ(B). What came before the sample only adds r = max(p*, q*) starting inputs b ~ N(0, σ²LL'), so that

    x'Ω⁻¹y = x⁰'y⁰ − (L'Π_r'x⁰)' M⁻¹ (L'Π_r'y⁰),   M = I + L'Π_r'Π_r L,   |Ω| = |M|,

where Π_r holds the first r columns of Π. Π_r'y⁰ is a filter that runs backwards and Π_r'Π_r is Toeplitz up to a step
of rank one, so that no matrix of the length of the series is formed. Regression coefficients and σ² are
concentrated out.

A missing value is a regressor (an impulse) whose coefficient is integrated out under a flat prior: −2 log L gains the
log-determinant of these "nuisance" rows after filtering, and the effective number of observations loses their number.

References: G. M. Ljung and G. E. P. Box (1979), The likelihood function of stationary autoregressive-moving average
models, Biometrika 66, 265–270; V. Gómez, A. Maravall and D. Peña (1999), Missing observations in ARIMA models: skipping
approach versus additive outlier approach, Journal of Econometrics 88, 341–363; M. C. Otto, W. R. Bell and J. P. Burman
(1987), An iterative GLS approach to maximum likelihood estimation of regression models with ARIMA errors, ASA
Proceedings of the Business and Economic Statistics Section, 632–637.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.compiled import compiled, compiled_part, compiled_sum_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# orders = (p, d, q, P, D, Q, s)
_TINY_PIVOT = 1e-10


@compiled_sum_part
def _dot(a: Floats, b: Floats) -> float:
    total = 0.0
    for t in range(a.shape[0]):
        total += a[t] * b[t]
    return float(total)


@compiled_part
def _from_partials(partials: Floats, count: int) -> Floats:
    """Coefficients a of 1 − Σ a_j B^j from partial autocorrelations in (−1, 1): all roots outside the unit circle.

    O. Barndorff-Nielsen and G. Schou (1973), On the parametrization of autoregressive models by partial
    autocorrelations, Journal of Multivariate Analysis 3, 408–419.
    """
    a = np.zeros(count)
    old = np.zeros(count)
    for k in range(count):
        for j in range(k):
            old[j] = a[j]
        a[k] = partials[k]
        for j in range(k):
            a[j] = old[j] - partials[k] * old[k - 1 - j]
    return a


@compiled
def factors(parameters: Floats, orders: Ints) -> tuple[Floats, Floats, Floats, Floats]:
    """Coefficients of the four factors (φ, Φ, θ, Θ) from the parameters in partial-autocorrelation form."""
    p, q, sp, sq = orders[0], orders[2], orders[3], orders[5]
    return (
        _from_partials(parameters[:p], p),
        _from_partials(parameters[p : p + sp], sp),
        _from_partials(parameters[p + sp : p + sp + q], q),
        _from_partials(parameters[p + sp + q :], sq),
    )


@compiled_part
def product(regular: Floats, seasonal: Floats, period: int) -> Floats:
    """(1 − Σ a_j B^j)(1 − Σ A_j B^{sj}) as 1 + Σ c_l B^l; c[0] is 1."""
    c = np.zeros(regular.shape[0] + period * seasonal.shape[0] + 1)
    for j in range(seasonal.shape[0] + 1):
        high = 1.0 if j == 0 else -seasonal[j - 1]
        c[period * j] += high
        for i in range(regular.shape[0]):
            c[period * j + i + 1] -= high * regular[i]
    return c


@compiled_part
def difference(x: Floats, orders: Ints, out: Floats) -> None:
    """(1−B)^d (1−B^s)^D of one row; ``out`` is shorter by d + sD."""
    n = x.shape[0]
    work = x.copy()
    for _ in range(orders[1]):
        n -= 1
        for t in range(n):
            work[t] = work[t + 1] - work[t]
    for _ in range(orders[4]):
        n -= orders[6]
        for t in range(n):
            work[t] = work[t + orders[6]] - work[t]
    for t in range(n):
        out[t] = work[t]


@compiled_part
def _ar_filter(x: Floats, regular: Floats, seasonal: Floats, period: int) -> None:
    """x ← φ(B)Φ(B^s) x, zeros before the start."""
    n = x.shape[0]
    for t in range(n - 1, -1, -1):
        value = x[t]
        for j in range(min(regular.shape[0], t)):
            value -= regular[j] * x[t - 1 - j]
        x[t] = value
    for t in range(n - 1, -1, -1):
        value = x[t]
        for j in range(seasonal.shape[0]):
            if t >= period * (j + 1):
                value -= seasonal[j] * x[t - period * (j + 1)]
        x[t] = value


@compiled_part
def ma_filter(x: Floats, regular: Floats, seasonal: Floats, period: int) -> None:
    """x ← x / θ(B)Θ(B^s), zeros before the start."""
    n = x.shape[0]
    if seasonal.shape[0] == 1:
        factor = seasonal[0]
        for t in range(period, n):
            x[t] += factor * x[t - period]
    elif seasonal.shape[0] > 1:
        for t in range(period, n):
            for j in range(min(seasonal.shape[0], t // period)):
                x[t] += seasonal[j] * x[t - period * (j + 1)]
    if regular.shape[0] == 1:
        factor = regular[0]
        last = 0.0
        for t in range(n):
            last = x[t] + factor * last
            x[t] = last
    elif regular.shape[0] > 1:
        for t in range(n):
            value = x[t]
            for j in range(min(regular.shape[0], t)):
                value += regular[j] * x[t - 1 - j]
            x[t] = value


@compiled_part
def ma_filter_back(x: Floats, out: Floats, regular: Floats, seasonal: Floats, period: int) -> None:
    """out ← the transposed filter of 1/θ(B)Θ(B^s): the same recursion from the end, zeros after it."""
    n = x.shape[0]
    for t in range(n):
        out[t] = x[n - 1 - t]
    ma_filter(out, regular, seasonal, period)
    half = n // 2
    for t in range(half):
        out[t], out[n - 1 - t] = out[n - 1 - t], out[t]


@compiled_part
def ar_filter_back(x: Floats, regular: Floats, seasonal: Floats, period: int) -> None:
    """x ← the transposed φ(B)Φ(B^s) x, zeros after the end."""
    n = x.shape[0]
    for t in range(n):
        value = x[t]
        for j in range(min(regular.shape[0], n - 1 - t)):
            value -= regular[j] * x[t + 1 + j]
        x[t] = value
    for t in range(n):
        value = x[t]
        for j in range(seasonal.shape[0]):
            if t + period * (j + 1) < n:
                value -= seasonal[j] * x[t + period * (j + 1)]
        x[t] = value


@compiled_part
def cholesky(a: Floats, size: int) -> float:
    """Lower Cholesky factor in place (upper part untouched); returns the log-determinant.

    A pivot that vanishes against its diagonal marks a redundant row: its factor is left at zero and counts nothing.
    """
    log_determinant = 0.0
    for j in range(size):
        original = a[j, j]
        pivot = original
        for i in range(j):
            pivot -= a[j, i] * a[j, i]
        if not pivot > _TINY_PIVOT * original:
            for i in range(j, size):
                a[i, j] = 0.0
            continue
        root = np.sqrt(pivot)
        log_determinant += np.log(pivot)
        a[j, j] = root
        for i in range(j + 1, size):
            value = a[i, j]
            for k in range(j):
                value -= a[i, k] * a[j, k]
            a[i, j] = value / root
    return log_determinant


@compiled_part
def solve_lower(factor: Floats, size: int, x: Floats) -> None:
    """x ← factor⁻¹ x; redundant rows give 0."""
    for i in range(size):
        value = x[i]
        for j in range(i):
            value -= factor[i, j] * x[j]
        x[i] = value / factor[i, i] if factor[i, i] > 0.0 else 0.0


@compiled_part
def solve_upper(factor: Floats, size: int, x: Floats) -> None:
    """x ← factor'⁻¹ x; redundant rows give 0."""
    for i in range(size - 1, -1, -1):
        value = x[i]
        for j in range(i + 1, size):
            value -= factor[j, i] * x[j]
        x[i] = value / factor[i, i] if factor[i, i] > 0.0 else 0.0


@compiled_part
def _autocovariance(ar: Floats, ma: Floats, psi: Floats) -> Floats:
    """γ(0..p*−1) of the ARMA process with unit innovation variance (A. I. McLeod, 1975, Applied Statistics 24, 255)."""
    p, q = ar.shape[0] - 1, ma.shape[0] - 1
    size = p + 1
    a = np.zeros((size, size + 1))
    for k in range(size):
        for j in range(size):
            a[k, abs(k - j)] += ar[j]
        for j in range(k, q + 1):
            a[k, size] += ma[j] * psi[j - k]
    for k in range(size):  # Gauss with partial pivoting
        best = k
        for i in range(k + 1, size):
            if abs(a[i, k]) > abs(a[best, k]):
                best = i
        for j in range(size + 1):
            a[k, j], a[best, j] = a[best, j], a[k, j]
        for i in range(k + 1, size):
            ratio = a[i, k] / a[k, k]
            if ratio != 0.0:
                for j in range(k, size + 1):
                    a[i, j] -= ratio * a[k, j]
    gamma = np.zeros(size)
    for k in range(size - 1, -1, -1):
        value = a[k, size]
        for j in range(k + 1, size):
            value -= a[k, j] * gamma[j]
        gamma[k] = value / a[k, k]
    return gamma


@compiled_part
def start_loading(ar: Floats, ma: Floats) -> Floats:
    """L (r × (q* + p*)): what unit shocks before the sample add to the inputs of its first r = max(p*, q*) periods.

    The first q* columns belong to e_0, e_−1, …, the others to the part of w_0, w_−1, … that these do not explain.
    """
    p, q = ar.shape[0] - 1, ma.shape[0] - 1
    r = max(p, q)
    loading = np.zeros((r, q + p))
    for j in range(q):
        for t in range(q - j):
            loading[t, j] = -ma[t + 1 + j]
    if p == 0:
        return loading
    psi = np.zeros(max(p, q) + 1)
    for k in range(psi.shape[0]):
        value = ma[k] if k <= q else 0.0
        for j in range(1, min(k, p) + 1):
            value -= ar[j] * psi[k - j]
        psi[k] = value
    gamma = _autocovariance(ar, ma, psi)
    rest = np.zeros((p, p))
    for i in range(p):
        for j in range(i + 1):
            value = gamma[i - j]
            for k in range(i, q):  # e_−k enters w_−i and w_−j for k ≥ i ≥ j
                value -= psi[k - i] * psi[k - j]
            rest[i, j] = value
    cholesky(rest, p)
    for t in range(p):
        for i in range(p - t):  # w_−i enters period t with the coefficient ar[t + 1 + i]
            coefficient = ar[t + 1 + i]
            for j in range(i, q):
                loading[t, j] += coefficient * psi[j - i]
            for j in range(i + 1):
                loading[t, q + j] += coefficient * rest[i, j]
    return loading


@compiled_part
def start_information(loading: Floats, impulse: Floats, back: Floats, m: Floats) -> None:
    """``m`` ← I + L'Π_r'Π_r L, lower half; ``back``, the impulse filtered both ways, is the first column of Π'Π."""
    r, size = loading.shape
    n = impulse.shape[0]
    c = np.zeros((r, r))
    for j in range(r):
        c[0, j] = back[j]
        c[j, 0] = back[j]
    for i in range(1, r):
        for j in range(1, i + 1):
            c[i, j] = c[i - 1, j - 1] - impulse[n - i] * impulse[n - j]
            c[j, i] = c[i, j]
    right = np.zeros((size, r))  # (C L)', by the non-zero entries of L
    for t in range(r):
        for j in range(size):
            value = loading[t, j]
            if value != 0.0:
                for i in range(r):
                    right[j, i] += value * c[t, i]
    for t in range(r):
        for j in range(size):
            value = loading[t, j]
            if value != 0.0:
                for i in range(j + 1):
                    m[j, i] += value * right[i, t]
    for j in range(size):
        m[j, j] += 1.0


@compiled_part
def filter_rows(rows: Floats, parameters: Floats, orders: Ints) -> tuple[Floats, Floats, Floats, Floats, float]:
    """The rows in the metric of the model, without their starting inputs yet.

    Returns
    -------
    filtered, start, loading, factor, log_determinant
        e⁰ of each row, with the unit impulse as one row more; M^{-1/2} L'Π_r'e⁰ of each row; L; the Cholesky factor
        of M; log |Ω|. Then x'Ω⁻¹y is the product of filtered rows less that of their starts.
    """
    k, n = rows.shape
    phi, seasonal_phi, theta, seasonal_theta = factors(parameters, orders)
    period = orders[6]
    ar = product(phi, seasonal_phi, period)
    ma = product(theta, seasonal_theta, period)
    filtered = np.empty((k + 1, n))
    for i in range(k + 1):
        for t in range(n):
            filtered[i, t] = rows[i, t] if i < k else 0.0
        if i == k:
            filtered[k, 0] = 1.0
        elif ar.shape[0] > 1:
            _ar_filter(filtered[i], phi, seasonal_phi, period)
        ma_filter(filtered[i], theta, seasonal_theta, period)
    loading = start_loading(ar, ma)
    r, size = loading.shape
    factor = np.zeros((size, size))
    start = np.zeros((k, size))
    back = np.empty(n)
    log_determinant = 0.0
    for i in range(k, -1, -1):
        ma_filter_back(filtered[i], back, theta, seasonal_theta, period)
        if i == k:
            start_information(loading, filtered[k], back, factor)
            log_determinant = cholesky(factor, size)
            continue
        for t in range(r):
            for j in range(size):
                start[i, j] += loading[t, j] * back[t]
        solve_lower(factor, size, start[i])
    return filtered, start, loading, factor, log_determinant


@compiled_part
def cross_products(filtered: Floats, start: Floats, out: Floats) -> None:
    """x'Ω⁻¹y of all pairs of rows, lower half."""
    k = start.shape[0]
    for i in range(k):
        for j in range(i + 1):
            out[i, j] = _dot(filtered[i], filtered[j]) - _dot(start[i], start[j])


@compiled_part
def deviance(rows: Floats, nuisance: int, parameters: Floats, orders: Ints, gram: Floats) -> float:
    """−2 log-likelihood without its constant: (n−m) log(S/(n−m)) + log|Ω| + log|N'Ω⁻¹N|.

    Parameters
    ----------
    rows
        (k, n) differenced rows: first the ``nuisance`` ones (missing values), then the regressors, last the series.
    gram
        (k, k) work array; on return the Cholesky factor of the rows' cross products, whose last pivot is √S.
    """
    k, n = rows.shape
    filtered, start, _, _, log_determinant = filter_rows(rows, parameters, orders)
    cross_products(filtered, start, gram)
    scale = gram[k - 1, k - 1]
    lost = 0
    cholesky(gram, k - 1)
    total = scale
    for j in range(k - 1):
        value = gram[k - 1, j]
        for i in range(j):
            value -= gram[k - 1, i] * gram[j, i]
        value = value / gram[j, j] if gram[j, j] > 0.0 else 0.0
        gram[k - 1, j] = value
        total -= value * value
        if j < nuisance and gram[j, j] > 0.0:
            log_determinant += 2.0 * np.log(gram[j, j])
            lost += 1
    if not total > 1e-14 * scale:
        gram[k - 1, k - 1] = 0.0
        return np.inf
    gram[k - 1, k - 1] = np.sqrt(total)
    effective = n - lost
    return float(effective * np.log(total / effective) + log_determinant)
