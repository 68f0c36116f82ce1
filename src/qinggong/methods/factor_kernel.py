"""Compiled parts of the exact smoother: precision matrix, envelope Cholesky, selected inverse; see ``factor_smoother``.

The unknowns of all months stand in one vector, month by month: the latent monthly values of aggregated series, then the
factors. Their precision matrix has an envelope: row i holds the columns ``first[i]`` to i, and ``first`` never
decreases, so that factor and selected inverse need no other place. Element (i, j) lies at ``row[i] + j``.

References
----------
George & Liu (1981), Computer Solution of Large Sparse Positive Definite Systems, ch. 4 (envelope); Erisman & Tinney
(1975), On computing certain elements of the inverse of a sparse matrix, Communications of the ACM 18; Rue & Held
(2005), Gaussian Markov Random Fields; Chan & Jeliazkov (2009), Efficient simulation and integrated likelihood
estimation in state space models, International Journal of Mathematical Modelling and Numerical Optimisation 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qinggong.methods.compiled import compiled, compiled_sum


@compiled
def envelope(
    base: Any, number: int, order: int, pointer: Any, month: Any, gap: Any, term_pointer: Any, term: Any,
    load_pointer: Any, load: Any, first: Any,
) -> None:  # fmt: skip
    """Fill ``first`` (unknowns) with the first column of each row."""
    months = base.size
    for i in range(first.size):
        first[i] = i
    for t in range(months):
        back = max(0, t - order)
        for a in range(number):
            first[base[t] + a] = base[back]
    for i in range(pointer.size - 1):
        for j in range(pointer[i], pointer[i + 1]):
            t, d = month[j], gap[j]
            low = base[t] + load[load_pointer[i]]
            if d > 0:
                low = min(low, base[t - d] + load[load_pointer[i]])
            for q in range(term_pointer[j], term_pointer[j + 1]):
                low = min(low, term[q])
            if d > 0:
                for q in range(term_pointer[j - 1], term_pointer[j]):
                    low = min(low, term[q])
            for q in range(term_pointer[j], term_pointer[j + 1]):
                first[term[q]] = min(first[term[q]], low)
            if d > 0:
                for q in range(term_pointer[j - 1], term_pointer[j]):
                    first[term[q]] = min(first[term[q]], low)
                for a in range(number):
                    first[base[t - d] + a] = min(first[base[t - d] + a], low)
            for a in range(number):
                first[base[t] + a] = min(first[base[t] + a], low)
    lowest = first.size
    for i in range(first.size - 1, -1, -1):
        lowest = min(lowest, first[i])
        first[i] = lowest


@compiled
def series_precision(
    matrix: Any, right: Any, row: Any, base: Any, pointer: Any, month: Any, value: Any, gap: Any, term_pointer: Any,
    term: Any, weight: Any, plain: Any, load_pointer: Any, load: Any, loading: Any, phi: Any, variance: Any,
    diagonal: Any, cross: Any,
) -> None:  # fmt: skip
    """Add what the series say: for each link of a chain the residual of an AR(1) over its gap, over its variance.

    ``diagonal`` (months, r, r) and ``cross`` (longest gap + 1, months, r, r) are work space filled with zeros.
    """
    longest = cross.shape[0] - 1
    number = diagonal.shape[1]
    rho, precision = np.empty(longest + 1), np.empty(longest + 1)
    index, coefficient = np.empty(64 + 2 * number, dtype=np.int64), np.empty(64 + 2 * number)
    for i in range(pointer.size - 1):
        start, end = pointer[i], pointer[i + 1]
        lo, k = load_pointer[i], load_pointer[i + 1] - load_pointer[i]
        link_weights(phi[i], variance[i], rho, precision)
        for j in range(start, end):
            t, d = month[j], gap[j]
            p = precision[d]
            if plain[i]:
                total = p
                ahead = 0.0
                if j + 1 < end and gap[j + 1] > 0:
                    e = gap[j + 1]
                    total += rho[e] * rho[e] * precision[e]
                    ahead = rho[e] * precision[e] * (value[j + 1] - rho[e] * value[j])
                now = p * (value[j] - rho[d] * value[j - 1]) if d > 0 else p * value[j]
                for a in range(k):
                    la = loading[lo + a]
                    fa = load[lo + a]
                    right[base[t] + fa] += la * (now - ahead)
                    for c in range(a + 1):
                        diagonal[t, fa, load[lo + c]] += total * la * loading[lo + c]
                    if d > 0:
                        for c in range(k):
                            cross[d, t, fa, load[lo + c]] -= rho[d] * p * la * loading[lo + c]
                continue
            size = 0
            constant = value[j]
            for q in range(term_pointer[j], term_pointer[j + 1]):
                index[size], coefficient[size] = term[q], weight[q]
                size += 1
            for a in range(k):
                index[size], coefficient[size] = base[t] + load[lo + a], -loading[lo + a]
                size += 1
            if d > 0:
                constant -= rho[d] * value[j - 1]
                for q in range(term_pointer[j - 1], term_pointer[j]):
                    index[size], coefficient[size] = term[q], -rho[d] * weight[q]
                    size += 1
                for a in range(k):
                    index[size], coefficient[size] = base[t - d] + load[lo + a], rho[d] * loading[lo + a]
                    size += 1
            for x in range(size):
                right[index[x]] -= p * constant * coefficient[x]
                for y in range(size):
                    if index[x] >= index[y]:
                        matrix[row[index[x]] + index[y]] += p * coefficient[x] * coefficient[y]
    for t in range(base.size):
        for a in range(number):
            for c in range(a + 1):
                # Loadings of a series are sorted, so its products stand in the lower triangle.
                matrix[row[base[t] + a] + base[t] + c] += diagonal[t, a, c]
    for d in range(1, longest + 1):
        for t in range(d, base.size):
            for a in range(number):
                for c in range(number):
                    if cross[d, t, a, c] != 0.0:
                        matrix[row[base[t] + a] + base[t - d] + c] += cross[d, t, a, c]


@compiled
def link_weights(phi: float, variance: float, rho: Any, precision: Any) -> None:
    """φ^d and 1 / Var(u(t) | u(t−d)) for each gap d; place 0 is the start of a chain, with the stationary variance."""
    power = 1.0
    rho[0], precision[0] = 0.0, (1.0 - phi * phi) / variance
    for d in range(1, rho.size):
        power *= phi
        rho[d] = power
        precision[d] = (1.0 - phi * phi) / (1.0 - power * power) / variance


@compiled
def factor_precision(matrix: Any, row: Any, base: Any, start: Any, step: Any, number: int) -> None:
    """Add the vector autoregression: ``start`` for the first p months, ``step`` for the p + 1 months of a step.

    Both are ordered from the newest month to the oldest.
    """
    order = step.shape[0] // number - 1
    for t in range(order - 1, base.size):
        block = start if t == order - 1 else step
        lags = block.shape[0] // number
        for x in range(lags):
            for y in range(x, lags):
                for a in range(number):
                    for c in range(number):
                        if x < y or a >= c:
                            matrix[row[base[t - x] + a] + base[t - y] + c] += block[x * number + a, y * number + c]


@compiled_sum
def cholesky(matrix: Any, first: Any, row: Any, inverse: Any) -> float:
    """Factor in place, ``inverse`` gets 1 over the diagonal; log-determinant, NaN if not positive definite."""
    total = 0.0
    for i in range(first.size):
        low, ri = first[i], row[i]
        own = 0.0
        for j in range(low, i):
            rj = row[j]
            s = 0.0
            for k in range(low, j):
                s += matrix[ri + k] * matrix[rj + k]
            found = (matrix[ri + j] - s) * inverse[j]
            matrix[ri + j] = found
            own += found * found
        pivot = matrix[ri + i] - own
        if not pivot > 1e-13 * matrix[ri + i]:
            return np.nan
        matrix[ri + i] = np.sqrt(pivot)
        inverse[i] = 1.0 / matrix[ri + i]
        total += 2.0 * np.log(matrix[ri + i])
    return total


@compiled_sum
def half_solved(matrix: Any, first: Any, row: Any, inverse: Any, right: Any) -> None:
    """L⁻¹b in place for each row of ``right`` (vectors, unknowns)."""
    for v in range(right.shape[0]):
        start = 0
        while start < first.size and right[v, start] == 0.0:
            start += 1
        for i in range(start, first.size):
            s = 0.0
            for k in range(max(first[i], start), i):
                s += matrix[row[i] + k] * right[v, k]
            right[v, i] = (right[v, i] - s) * inverse[i]


@compiled
def back_solved(matrix: Any, first: Any, row: Any, inverse: Any, right: Any) -> None:
    """L'⁻¹b in place for each row of ``right``."""
    for v in range(right.shape[0]):
        for i in range(first.size - 1, -1, -1):
            found = right[v, i] * inverse[i]
            right[v, i] = found
            for k in range(first[i], i):
                right[v, k] -= matrix[row[i] + k] * found


@compiled_sum
def selected_inverse(matrix: Any, first: Any, row: Any, inverse: Any, covariance: Any) -> None:
    """The elements of the inverse inside the envelope, from the Cholesky factor, last column first."""
    size = first.size
    last = size - 1
    slope, sums = np.empty(size), np.empty(size)
    for j in range(size - 1, -1, -1):
        while first[last] > j:
            last -= 1
        for i in range(j + 1, last + 1):
            slope[i] = matrix[row[i] + j] * inverse[j]
            sums[i] = 0.0
        own = inverse[j] * inverse[j]
        for i in range(j + 1, last + 1):
            ri = row[i]
            s = 0.0
            si = slope[i]
            for k in range(j + 1, i):
                s += covariance[ri + k] * slope[k]
                sums[k] += covariance[ri + k] * si
            sums[i] += s + covariance[ri + i] * si
        for i in range(j + 1, last + 1):
            covariance[row[i] + j] = -sums[i]
            own += slope[i] * sums[i]
        covariance[row[j] + j] = own


@compiled
def factor_moments(solution: Any, covariance: Any, first: Any, row: Any, base: Any, number: int, moments: Any) -> None:
    """``moments[d, t]`` = E f(t) f(t−d)' (r, r) where both stand in one envelope."""
    for d in range(moments.shape[0]):
        for t in range(d, base.size):
            for a in range(number):
                i = base[t] + a
                for c in range(number):
                    j = base[t - d] + c
                    found = solution[i] * solution[j]
                    if j <= i:
                        if j >= first[i]:
                            found += covariance[row[i] + j]
                    else:
                        found += covariance[row[j] + i]
                    moments[d, t, a, c] = found


@compiled
def series_deviance(
    solution: Any, base: Any, pointer: Any, month: Any, value: Any, gap: Any, term_pointer: Any, term: Any, weight: Any,
    load_pointer: Any, load: Any, loading: Any, phi: Any, variance: Any, longest: int, residual: Any,
) -> float:  # fmt: skip
    """Σ log v + e²/v over all links at the given solution; ``residual`` (nodes) gets the idiosyncratic terms u."""
    rho, precision = np.empty(longest + 1), np.empty(longest + 1)
    total = 0.0
    for i in range(pointer.size - 1):
        link_weights(phi[i], variance[i], rho, precision)
        for j in range(pointer[i], pointer[i + 1]):
            u = value[j]
            for q in range(term_pointer[j], term_pointer[j + 1]):
                u += weight[q] * solution[term[q]]
            for a in range(load_pointer[i], load_pointer[i + 1]):
                u -= loading[a] * solution[base[month[j]] + load[a]]
            residual[j] = u
            d = gap[j]
            e = u
            if d > 0:
                e -= rho[d] * residual[j - 1]
            total += e * e * precision[d] - np.log(precision[d])
    return total


@compiled
def node_weights(
    target: Any, base: Any, pointer: Any, month: Any, gap: Any, term_pointer: Any, term: Any, weight: Any,
    load_pointer: Any, load: Any, loading: Any, phi: Any, variance: Any, longest: int, adjoint: Any,
) -> None:  # fmt: skip
    """How much c'x moves with the constant of each node, ``target`` being A⁻¹c; added to ``adjoint`` (nodes)."""
    rho, precision = np.empty(longest + 1), np.empty(longest + 1)
    for i in range(pointer.size - 1):
        link_weights(phi[i], variance[i], rho, precision)
        before = 0.0
        for j in range(pointer[i], pointer[i + 1]):
            u = 0.0
            for q in range(term_pointer[j], term_pointer[j + 1]):
                u += weight[q] * target[term[q]]
            for a in range(load_pointer[i], load_pointer[i + 1]):
                u -= loading[a] * target[base[month[j]] + load[a]]
            d = gap[j]
            e = (u - rho[d] * before) * precision[d]
            adjoint[j] -= e
            if d > 0:
                adjoint[j - 1] += rho[d] * e
            before = u
