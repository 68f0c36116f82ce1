"""Compiled filter, smoother and estimation of the two-state switching model; see ``switching``.

The state of an autoregression of order p is the history (s(t), s(t−1), …, s(t−p)) as a number of p + 1 bits, the
newest in the highest bit.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from qinggong.methods.compiled import compiled

LOG_2PI = 1.8378770664093453


@compiled
def filtered_states(
    y: Any, means: Any, phi: Any, variances: Any, p01: float, p10: float, joint: Any, predicted: Any
) -> float:
    """Fill ``joint`` (rows, 2^(p+1)) with P(history | y to t) and ``predicted`` with P(history | y to t−1);
    log-likelihood.

    Row 0 is observation p; p observations before it are given. A missing value leaves the prediction as it is.
    """
    order = phi.size
    size = 2 ** (order + 1)
    half = size // 2
    rows = y.size - order
    stay = np.empty((2, 2))
    stay[0, 0], stay[0, 1], stay[1, 0], stay[1, 1] = 1.0 - p01, p01, p10, 1.0 - p10
    total = 0.0
    for t in range(rows):
        if t == 0:
            for h in range(size):
                # Oldest bit from the ergodic distribution, then transitions up to the newest.
                probability = (p01 if h & 1 else p10) / (p01 + p10)
                for lag in range(order):
                    probability *= stay[(h >> lag) & 1, (h >> (lag + 1)) & 1]
                predicted[0, h] = probability
        else:
            for h in range(half):
                # Histories that differ in the bit that falls out are added up.
                before = joint[t - 1, 2 * h] + joint[t - 1, 2 * h + 1]
                newest = h >> (order - 1) if order > 0 else 0
                if order == 0:
                    predicted[t, 0] = joint[t - 1, 0] * stay[0, 0] + joint[t - 1, 1] * stay[1, 0]
                    predicted[t, 1] = joint[t - 1, 0] * stay[0, 1] + joint[t - 1, 1] * stay[1, 1]
                else:
                    predicted[t, h] = before * stay[newest, 0]
                    predicted[t, h + half] = before * stay[newest, 1]
        value = y[t + order]
        if np.isnan(value):
            for h in range(size):
                joint[t, h] = predicted[t, h]
            continue
        likelihood = 0.0
        for h in range(size):
            now = h >> order
            error = value - means[now]
            for lag in range(1, order + 1):
                error -= phi[lag - 1] * (y[t + order - lag] - means[(h >> (order - lag)) & 1])
            density = np.exp(-0.5 * (LOG_2PI + np.log(variances[now]) + error * error / variances[now]))
            joint[t, h] = predicted[t, h] * density
            likelihood += joint[t, h]
        if not likelihood > 1e-300:
            return -np.inf
        for h in range(size):
            joint[t, h] /= likelihood
        total += np.log(likelihood)
    return total


@compiled
def smoothed_states(joint: Any, predicted: Any, p01: float, p10: float, order: int, smooth: Any, moves: Any) -> None:
    """Fill ``smooth`` with P(history | all y) and add the expected transitions within the rows to ``moves`` (2, 2)."""
    rows, size = joint.shape
    half = size // 2
    stay = np.empty((2, 2))
    stay[0, 0], stay[0, 1], stay[1, 0], stay[1, 1] = 1.0 - p01, p01, p10, 1.0 - p10
    for h in range(size):
        smooth[rows - 1, h] = joint[rows - 1, h]
    for t in range(rows - 2, -1, -1):
        for h in range(size):
            newest = h >> order
            weight = 0.0
            for now in range(2):
                following = (h >> 1) + now * half if order > 0 else now
                if predicted[t + 1, following] > 0:
                    part = joint[t, h] * stay[newest, now] * smooth[t + 1, following] / predicted[t + 1, following]
                    weight += part
                    moves[newest, now] += part
            smooth[t, h] = weight


@compiled
def estimated(y: Any, order: int, switching_variance: bool, start: Any, most: int, tolerance: float, out: Any) -> int:
    """Expectation–maximisation from ``start`` = (μ0, μ1, σ²0, σ²1, p01, p10, φ…); writes the end and the
    log-likelihood.

    ``out`` is (7 + order): the parameters and the log-likelihood. Returns the iterations, negative if not converged,
    0 if the likelihood broke down.
    """
    size = 2 ** (order + 1)
    rows = y.size - order
    means, variances, phi = start[:2].copy(), start[2:4].copy(), start[6:].copy()
    p01, p10 = start[4], start[5]
    joint, predicted, smooth = np.empty((rows, size)), np.empty((rows, size)), np.empty((rows, size))
    floor = 1e-6 * (variances[0] + variances[1])
    before = -np.inf
    for iteration in range(1, most + 1):
        total = filtered_states(y, means, phi, variances, p01, p10, joint, predicted)
        if not np.isfinite(total):
            return 0
        for s in range(2):
            out[s], out[2 + s] = means[s], variances[s]
        for i in range(order):
            out[6 + i] = phi[i]
        out[4], out[5], out[6 + order] = p01, p10, total
        if abs(total - before) < tolerance * (1.0 + abs(total)):
            return iteration
        before = total
        moves = np.zeros((2, 2))
        smoothed_states(joint, predicted, p01, p10, order, smooth, moves)
        # The first history holds transitions too, and its oldest state the ergodic probability.
        oldest = np.zeros(2)
        for h in range(size):
            oldest[h & 1] += smooth[0, h]
            for lag in range(order):
                moves[(h >> lag) & 1, (h >> (lag + 1)) & 1] += smooth[0, h]
        for _ in range(20):
            # Stationary point of Σ n log p + the log of the ergodic probability, one probability after the other.
            p01 = _root(moves[0, 1] + oldest[1], moves[0, 0], p10)
            p10 = _root(moves[1, 0] + oldest[0], moves[1, 1], p01)
        # Means given φ and σ² by weighted least squares: e = y* − μ0 a − μ1 b.
        a00, a01, a11, b0, b1 = 0.0, 0.0, 0.0, 0.0, 0.0
        for t in range(rows):
            if np.isnan(y[t + order]):
                continue
            quasi = y[t + order]
            for lag in range(1, order + 1):
                quasi -= phi[lag - 1] * y[t + order - lag]
            for h in range(size):
                c0, c1 = 0.0, 0.0
                if h >> order == 0:
                    c0 = 1.0
                else:
                    c1 = 1.0
                for lag in range(1, order + 1):
                    if (h >> (order - lag)) & 1 == 0:
                        c0 -= phi[lag - 1]
                    else:
                        c1 -= phi[lag - 1]
                weight = smooth[t, h] / variances[h >> order]
                a00 += weight * c0 * c0
                a01 += weight * c0 * c1
                a11 += weight * c1 * c1
                b0 += weight * c0 * quasi
                b1 += weight * c1 * quasi
        determinant = a00 * a11 - a01 * a01
        if not determinant > 1e-12 * a00 * a11:
            return 0
        means[0] = (a11 * b0 - a01 * b1) / determinant
        means[1] = (a00 * b1 - a01 * b0) / determinant
        if order > 0:
            cross, right = np.zeros((order, order)), np.zeros(order)
            lagged = np.empty(order)
            for t in range(rows):
                for h in range(size):
                    weight = smooth[t, h] / variances[h >> order]
                    now = y[t + order] - means[h >> order]
                    for lag in range(1, order + 1):
                        lagged[lag - 1] = y[t + order - lag] - means[(h >> (order - lag)) & 1]
                    for i in range(order):
                        right[i] += weight * lagged[i] * now
                        for j in range(order):
                            cross[i, j] += weight * lagged[i] * lagged[j]
            # Elimination without pivots: the matrix is positive definite.
            for i in range(order):
                cross[i, i] += 1e-12 * (1.0 + cross[i, i])
                for j in range(i + 1, order):
                    ratio = cross[j, i] / cross[i, i]
                    right[j] -= ratio * right[i]
                    for k in range(i, order):
                        cross[j, k] -= ratio * cross[i, k]
            for i in range(order - 1, -1, -1):
                phi[i] = right[i]
                for j in range(i + 1, order):
                    phi[i] -= cross[i, j] * phi[j]
                phi[i] /= cross[i, i]
        squares, shares = np.zeros(2), np.zeros(2)
        for t in range(rows):
            if np.isnan(y[t + order]):
                continue
            for h in range(size):
                error = y[t + order] - means[h >> order]
                for lag in range(1, order + 1):
                    error -= phi[lag - 1] * (y[t + order - lag] - means[(h >> (order - lag)) & 1])
                squares[h >> order] += smooth[t, h] * error * error
                shares[h >> order] += smooth[t, h]
        if switching_variance:
            for s in range(2):
                variances[s] = max(squares[s] / max(shares[s], 1e-8), floor)
        else:
            variances[0] = max((squares[0] + squares[1]) / (shares[0] + shares[1]), floor)
            variances[1] = variances[0]
    return -most


@compiled
def _root(gains: float, stays: float, other: float) -> float:
    """The probability p in (0, 1) with gains/p − stays/(1 − p) − 1/(p + other) = 0, by bisection."""
    low, high = 1e-6, 1.0 - 1e-6
    for _ in range(40):
        middle = 0.5 * (low + high)
        if gains / middle - stays / (1.0 - middle) - 1.0 / (middle + other) > 0:
            low = middle
        else:
            high = middle
    return 0.5 * (low + high)
