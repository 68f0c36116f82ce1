"""Is a number plausible (合理性)? Pure tests on plain numbers; what they mean for a row is said in ``examine``.

Distances are robust: the median and the median absolute deviation (MAD) of comparable figures, so that a few wrong
ones among them do not hide a further one (Hampel's identifier).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
_MAD_TO_SIGMA = 1.4826
"""MAD of a normal distribution times this is its standard deviation."""


def distance(value: float, comparable: Array, *, floor: float, least: int) -> float:
    """How many robust standard deviations ``value`` is from the median of ``comparable``; NaN below ``least``.

    ``floor`` keeps a history without any spread from making every change look large; in the unit of the values.
    """
    if comparable.size < least:
        return math.nan
    middle = float(np.median(comparable))
    spread = _MAD_TO_SIGMA * float(np.median(np.abs(comparable - middle)))
    return abs(value - middle) / max(spread, floor)


def outside(value: float, comparable: Array, *, beyond: float) -> bool:
    """True if a positive value is more than ``beyond`` times the largest or below the smallest divided by it."""
    return comparable.size > 0 and not comparable.min() / beyond <= value <= comparable.max() * beyond


def slip(value: float, expected: float, *, within: Mapping[int, float]) -> int | None:
    """The power of ten by which ``value`` is off ``expected``, or ``None``.

    ``within`` maps each power, of either sign, to the share of the target by which the value may differ.
    """
    if not expected or not value or (value > 0) != (expected > 0):
        return None
    for size, share in within.items():
        for power in (size, -size):
            target = expected * 10.0**power
            if abs(value - target) <= share * abs(target):
                return power
    return None


def breaks(values: Array, *, powers: Iterable[int], within: float, run: int) -> list[tuple[int, int]]:
    """Where a series jumps by a power of ten and stays: positions of the first value after, with the power.

    On both sides at least ``run`` values in time order lie on their own side, nearer to their median than half the
    jump. The tolerance is in logarithms of base ten, so that a season's swing does not hide the jump.
    """
    found: list[tuple[int, int]] = []
    if values.size < 2 * run or np.any(values <= 0):
        return found
    logs = np.log10(values)
    for at in range(run, values.size - run + 1):
        step = logs[at] - logs[at - 1]
        power = round(step)
        if power not in powers or abs(step - power) > math.log10(1 + within):
            continue
        before, after = logs[max(0, at - 2 * run) : at], logs[at : at + 2 * run]
        middle = (np.median(before), np.median(after))
        if abs(middle[1] - middle[0] - power) > 0.35:
            continue
        calm = (np.abs(before - middle[0]).max(), np.abs(after - middle[1]).max())
        if max(calm) < 0.5:
            found.append((at, power))
    return found


def implied_growth(level: float, before: float) -> float | None:
    """Growth in % that two levels say; ``None`` if the earlier one is not positive."""
    return (level / before - 1) * 100 if before > 0 else None


def growth_gap(growth: float, implied: float, *, level: float, before: float, rounding: tuple[float, float]) -> float:
    """Points between published and implied growth, less what the rounding of the two levels explains."""
    explained = (rounding[0] / before + abs(level) * rounding[1] / before**2) * 100
    return max(0.0, abs(growth - implied) - explained)


def contrary(growth: float, implied: float) -> bool:
    """True if one says growth and the other decline."""
    return growth * implied < 0


def ratio_range(part: float, whole: float, *, rounding: tuple[float, float], scale: float) -> tuple[float, float]:
    """The least and the largest ratio that the rounded parts allow; ``whole`` is positive."""
    corners = [
        scale * (part + a * rounding[0]) / max(whole + b * rounding[1], 1e-300) for a in (-1, 1) for b in (-1, 1)
    ]
    return min(corners), max(corners)


def large_revision(change: float, past: Sequence[float], *, floor: float, times: float, least: int) -> bool:
    """True if a revision is larger than usual; with fewer than ``least`` known ones, larger than ``floor``."""
    usual = times * float(np.median(np.abs(past))) if len(past) >= least else 0.0
    return abs(change) > max(floor, usual)


def differ(one: float, other: float, *, rounding: float) -> bool:
    """True if two figures of one thing differ beyond the rounding of both."""
    return abs(one - other) > rounding * (1 + 1e-9) + 1e-12
