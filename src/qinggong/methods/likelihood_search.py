"""The search for the maximum of the likelihood: a quasi-Newton method with few evaluations, compiled."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qinggong.methods.arima_likelihood import deviance
from qinggong.methods.compiled import compiled_part

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@compiled_part
def maximise(
    rows: Floats,
    nuisance: int,
    parameters: Floats,
    orders: Ints,
    inverse: Floats,
    warm: bool,
    tolerance: float,
    gram: Floats,
) -> tuple[float, bool, int]:
    """Minimise the deviance over the parameters by a quasi-Newton method inside the unit box.

    ``parameters`` and ``inverse`` (the inverse Hessian, kept for a later start with ``warm``) are changed in place; an
    empty ``inverse`` holds the parameters. The search ends when a step promises less than ``tolerance``. ``gram`` is
    left at the optimum. Returns the deviance, whether the search
    converged, and the evaluations used.
    """
    count = inverse.shape[0]
    edge = 1.0 - 1e-5
    trial = parameters.copy()
    gradient = np.zeros(count)
    old_gradient = np.zeros(count)
    step = np.zeros(count)
    change = np.zeros(count)
    value = deviance(rows, nuisance, trial, orders, gram)
    evaluations = 1
    # Curvature along each axis by central differences, whose error in the gradient is of second order only; later
    # gradients by one-sided differences, taken towards the inside of the box.
    central = not warm
    converged = count == 0
    for _ in range(60):
        if converged or not np.isfinite(value):
            break
        for i in range(count):
            old_gradient[i] = gradient[i]
            width = min(1e-2, 0.5 * (1.0 - abs(parameters[i]))) if central else (-1e-6 if parameters[i] > 0.0 else 1e-6)
            above, below = value, value
            for side in range(2 if central else 1):
                trial[i] = parameters[i] + (width if side == 0 else -width)
                found = deviance(rows, nuisance, trial, orders, gram)
                evaluations += 1
                if side == 0:
                    above = found
                else:
                    below = found
            trial[i] = parameters[i]
            gradient[i] = (above - below) / (2.0 * width if central else width)
            if central:
                for j in range(count):
                    inverse[i, j] = 0.0
                inverse[i, i] = 1.0 / max(abs(above - 2.0 * value + below) / (width * width), 0.1 * rows.shape[1])
        if not central:
            _update_inverse(inverse, change, gradient, old_gradient)
        central = False
        decrease = 0.0
        for i in range(count):
            step[i] = 0.0
            if (parameters[i] >= edge and gradient[i] < 0.0) or (parameters[i] <= -edge and gradient[i] > 0.0):
                continue
            for j in range(count):
                step[i] -= inverse[i, j] * gradient[j]
            step[i] = min(max(step[i], -0.35), 0.35)
            decrease -= gradient[i] * step[i]
        if decrease < 0.0:
            central = True
            for i in range(count):
                change[i] = 0.0
            continue
        if 0.5 * decrease < tolerance:
            converged = True
            break
        length = 1.0
        gained = 0.0
        for _ in range(14):
            for i in range(count):
                trial[i] = min(max(parameters[i] + length * step[i], -edge), edge)
            found = deviance(rows, nuisance, trial, orders, gram)
            evaluations += 1
            if found <= value - 1e-4 * length * decrease:
                gained = value - found
                break
            length *= 0.4
        for i in range(count):
            if gained == 0.0:
                trial[i] = parameters[i]
            change[i] = trial[i] - parameters[i]
            parameters[i] = trial[i]
        value -= gained
        converged = gained < 1e-10 and decrease < 1e-5
        if gained == 0.0:
            break
    if evaluations > 1:
        value = deviance(rows, nuisance, parameters, orders, gram)
    return value, converged, evaluations + 1


@compiled_part
def _update_inverse(inverse: Floats, change: Floats, gradient: Floats, old_gradient: Floats) -> None:
    """Broyden–Fletcher–Goldfarb–Shanno update of the inverse Hessian (J. Nocedal and S. Wright, 2006, eq. 6.17)."""
    count = change.shape[0]
    curvature = 0.0
    for i in range(count):
        curvature += change[i] * (gradient[i] - old_gradient[i])
    if not curvature > 1e-12:
        return
    product_vector = np.zeros(count)
    quadratic = 0.0
    for i in range(count):
        for j in range(count):
            product_vector[i] += inverse[i, j] * (gradient[j] - old_gradient[j])
    for i in range(count):
        quadratic += (gradient[i] - old_gradient[i]) * product_vector[i]
    for i in range(count):
        for j in range(count):
            inverse[i, j] += (1.0 + quadratic / curvature) * change[i] * change[j] / curvature - (
                product_vector[i] * change[j] + change[i] * product_vector[j]
            ) / curvature
