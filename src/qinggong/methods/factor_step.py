"""Compiled maximisation step of the dynamic factor model for the series; see ``factor_em``.

For each series the expected complete-data likelihood is that of a regression with AR(1) errors observed at unequal
distances. Loadings are generalised least squares given the persistence, the persistence is the root of its score given
the loadings (the stationary start included), the variance is the mean square: each step can only gain (expectation
conditional maximisation).

References
----------
Meng & Rubin (1993), Maximum likelihood estimation via the ECM algorithm, Biometrika 80; Bańbura & Modugno (2014),
Maximum likelihood estimation of factor models on datasets with arbitrary pattern of missing data, Journal of Applied
Econometrics 29, 133–160.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qinggong.methods.compiled import compiled

LARGEST = 0.9999
CYCLES = 3


@compiled
def series_step(
    solution: Any, covariance: Any, row: Any, base: Any, moments: Any, pointer: Any, month: Any, value: Any, gap: Any,
    term_pointer: Any, term: Any, weight: Any, load_pointer: Any, load: Any, loading: Any, phi: Any, variance: Any,
    persistent: bool, floor: float, longest: int,
) -> None:  # fmt: skip
    """Replace ``loading``, ``phi`` and ``variance`` by those that maximise the expected likelihood."""
    most = 0
    for i in range(pointer.size - 1):
        most = max(most, load_pointer[i + 1] - load_pointer[i])
    shape = (longest + 1, most + 1, most + 1)
    now, between, before = np.empty(shape), np.empty(shape), np.empty(shape)
    counts = np.empty(longest + 1)
    e00, e01, e11 = np.empty(longest + 1), np.empty(longest + 1), np.empty(longest + 1)
    normal, beta = np.empty((most + 1, most + 1)), np.empty(most + 1)
    for i in range(pointer.size - 1):
        start, end = pointer[i], pointer[i + 1]
        if start == end:
            continue
        lo, k = load_pointer[i], load_pointer[i + 1] - load_pointer[i]
        now[:], between[:], before[:], counts[:] = 0.0, 0.0, 0.0, 0.0
        for j in range(start, end):
            t, d = month[j], gap[j]
            counts[d] += 1.0
            g = _mean(j, value, term_pointer, term, weight, solution)
            now[d, 0, 0] += g * g + _spread(j, j, term_pointer, term, weight, row, covariance)
            for a in range(k):
                at = base[t] + load[lo + a]
                now[d, a + 1, 0] += g * solution[at] + _with(j, at, term_pointer, term, weight, row, covariance)
                for c in range(a + 1):
                    now[d, a + 1, c + 1] += moments[0, t, load[lo + a], load[lo + c]]
            if d > 0:
                s = t - d
                h = _mean(j - 1, value, term_pointer, term, weight, solution)
                between[d, 0, 0] += g * h + _spread(j, j - 1, term_pointer, term, weight, row, covariance)
                before[d, 0, 0] += h * h + _spread(j - 1, j - 1, term_pointer, term, weight, row, covariance)
                for a in range(k):
                    at, earlier = base[t] + load[lo + a], base[s] + load[lo + a]
                    between[d, 0, a + 1] += g * solution[earlier] + _with(
                        j, earlier, term_pointer, term, weight, row, covariance
                    )
                    between[d, a + 1, 0] += h * solution[at] + _with(
                        j - 1, at, term_pointer, term, weight, row, covariance
                    )
                    before[d, a + 1, 0] += h * solution[earlier] + _with(
                        j - 1, earlier, term_pointer, term, weight, row, covariance
                    )
                    for c in range(k):
                        between[d, a + 1, c + 1] += moments[d, t, load[lo + a], load[lo + c]]
                    for c in range(a + 1):
                        before[d, a + 1, c + 1] += moments[0, s, load[lo + a], load[lo + c]]
        f = phi[i]
        for _ in range(CYCLES if persistent else 1):
            normal[:] = 0.0
            for d in range(longest + 1):
                if counts[d] == 0.0:
                    continue
                if d == 0:
                    rho, scale = 0.0, 1.0 - f * f
                else:
                    rho = f**d
                    scale = (1.0 - f * f) / (1.0 - rho * rho)
                for a in range(k + 1):
                    for c in range(a + 1):
                        mixed = between[d, a, c] + between[d, c, a]
                        normal[a, c] += scale * (now[d, a, c] - rho * mixed + rho * rho * before[d, a, c])
            beta[0] = 1.0
            _least_squares(normal, k, beta)
            for d in range(longest + 1):
                e00[d], e01[d], e11[d] = 0.0, 0.0, 0.0
                if counts[d] == 0.0:
                    continue
                for a in range(k + 1):
                    for c in range(k + 1):
                        both = beta[a] * beta[c]
                        low, high = min(a, c), max(a, c)
                        e00[d] += both * now[d, high, low]
                        e01[d] += both * between[d, a, c]
                        e11[d] += both * before[d, high, low]
            if persistent:
                f = _persistence(f, counts, e00, e01, e11)
        squares = _squares(f, counts, e00, e01, e11)
        phi[i] = f
        variance[i] = max(squares / (end - start), floor)
        for a in range(k):
            loading[lo + a] = -beta[a + 1]


@compiled
def _mean(j: int, value: Any, term_pointer: Any, term: Any, weight: Any, solution: Any) -> float:
    found = float(value[j])
    for q in range(term_pointer[j], term_pointer[j + 1]):
        found += weight[q] * solution[term[q]]
    return found


@compiled
def _with(j: int, at: int, term_pointer: Any, term: Any, weight: Any, row: Any, covariance: Any) -> float:
    found = 0.0
    for q in range(term_pointer[j], term_pointer[j + 1]):
        low, high = min(term[q], at), max(term[q], at)
        found += weight[q] * covariance[row[high] + low]
    return found


@compiled
def _spread(j: int, i: int, term_pointer: Any, term: Any, weight: Any, row: Any, covariance: Any) -> float:
    found = 0.0
    for p in range(term_pointer[i], term_pointer[i + 1]):
        found += weight[p] * _with(j, term[p], term_pointer, term, weight, row, covariance)
    return found


@compiled
def _least_squares(normal: Any, k: int, beta: Any) -> None:
    """β with (1, β')M(1, β')' smallest: minus the loadings. Row 0 of M is the value, the lower triangle is filled."""
    for a in range(1, k + 1):
        beta[a] = -normal[a, 0]
        for c in range(a + 1, k + 1):
            normal[a, c] = normal[c, a]
    for a in range(1, k + 1):
        pivot = normal[a, a]
        if not pivot > 1e-300:
            # A factor without any movement has no loading.
            beta[a] = 0.0
            for c in range(a, k + 1):
                normal[a, c] = 0.0
                normal[c, a] = 0.0
            normal[a, a] = 1.0
            continue
        for c in range(a + 1, k + 1):
            ratio = normal[c, a] / pivot
            beta[c] -= ratio * beta[a]
            for e in range(a, k + 1):
                normal[c, e] -= ratio * normal[a, e]
    for a in range(k, 0, -1):
        found = beta[a]
        for c in range(a + 1, k + 1):
            found -= normal[a, c] * beta[c]
        beta[a] = found / normal[a, a]


@compiled
def _squares(f: float, counts: Any, e00: Any, e01: Any, e11: Any) -> float:
    found = float((1.0 - f * f) * e00[0])
    for d in range(1, counts.size):
        if counts[d] > 0.0:
            rho = f**d
            found += (1.0 - f * f) / (1.0 - rho * rho) * (e00[d] - 2.0 * rho * e01[d] + rho * rho * e11[d])
    return found


@compiled
def _score(f: float, counts: Any, e00: Any, e01: Any, e11: Any) -> float:
    """Derivative of the expected log-likelihood by φ, the variance concentrated out."""
    one = 1.0 - f * f
    squares, slope, total = one * e00[0], -2.0 * f * e00[0], counts[0]
    found = -counts[0] * f / one
    for d in range(1, counts.size):
        if counts[d] == 0.0:
            continue
        rho = f**d
        steep = d * f ** (d - 1)
        rest = 1.0 - rho * rho
        scale = one / rest
        scale_slope = (-2.0 * f * rest + one * 2.0 * rho * steep) / (rest * rest)
        inner = e00[d] - 2.0 * rho * e01[d] + rho * rho * e11[d]
        squares += scale * inner
        slope += scale_slope * inner + scale * (-2.0 * steep * e01[d] + 2.0 * rho * steep * e11[d])
        total += counts[d]
        found += 0.5 * counts[d] * scale_slope / scale
    return float(found - 0.5 * total * slope / squares)


@compiled
def _persistence(f: float, counts: Any, e00: Any, e01: Any, e11: Any) -> float:
    """The summit next to ``f``: the root of the score between it and the bound, by the Illinois rule."""
    left, right = f, f
    at = _score(f, counts, e00, e01, e11)
    if at == 0.0 or not np.isfinite(at):
        return f
    if at > 0.0:
        right = LARGEST
    else:
        left = -LARGEST
    low = at if at > 0.0 else _score(left, counts, e00, e01, e11)
    high = at if at < 0.0 else _score(right, counts, e00, e01, e11)
    if low <= 0.0:
        return left
    if high >= 0.0:
        return right
    side = 0
    for _ in range(60):
        middle = (low * right - high * left) / (low - high)
        if not left < middle < right:
            middle = 0.5 * (left + right)
        found = _score(middle, counts, e00, e01, e11)
        if found > 0.0:
            left, low = middle, found
            if side == 1:
                high *= 0.5
            side = 1
        else:
            right, high = middle, found
            if side == -1:
                low *= 0.5
            side = -1
        if right - left < 1e-10 or abs(found) < 1e-9:
            return middle
    return 0.5 * (left + right)
