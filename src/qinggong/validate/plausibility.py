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


def median(values: Sequence[float] | Array) -> float:
    """The middle of some finite figures: NumPy's, in a tenth of the time for the few dozens of a history."""
    ordered = np.sort(values)
    half = ordered.size // 2
    return float(ordered[half]) if ordered.size % 2 else float((ordered[half - 1] + ordered[half]) / 2)


def distance(value: float, comparable: Array, *, floor: float, least: int) -> float:
    """How many robust standard deviations ``value`` is above the median of ``comparable``; NaN below ``least``.

    ``floor`` keeps a history without any spread from making every change look large; in the unit of the values.
    """
    if comparable.size < least:
        return math.nan
    middle = median(comparable)
    spread = _MAD_TO_SIGMA * median(np.abs(comparable - middle))
    return (value - middle) / max(spread, floor)


def trimmed_range(comparable: Array, *, trim: float) -> tuple[float, float]:
    """The least and the largest figure without the share ``trim`` of them, at least one, on either side.

    A few wrong figures among many do not stretch the range.
    """
    ordered = np.sort(comparable)
    cut = min(max(1, round(trim * ordered.size)), (ordered.size - 1) // 2)
    return float(ordered[cut]), float(ordered[ordered.size - 1 - cut])


def outside(value: float, comparable: Array, *, beyond: float, trim: float) -> bool:
    """True if a positive value is ``beyond`` times above the trimmed range of positive figures, or below it."""
    if not comparable.size:
        return False
    low, high = trimmed_range(comparable, trim=trim)
    return not low / beyond <= value <= high * beyond


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


def slip_by_record(
    value: float, comparable: Array, *, powers: Iterable[int], beyond: float, inside: float, trim: float,
    floor: float = 0.0,
) -> int | None:  # fmt: skip
    """The power of ten that brings a value from far outside all comparable figures into their midst, or ``None``.

    Sizes alone count, so that losses among profits do no harm; the range is the trimmed one.

    Parameters
    ----------
    powers
        Powers to try, of either sign.
    beyond, inside
        Factors: the value lies more than ``beyond`` times outside the range, and moved by the power at most
        ``inside`` times outside.
    floor
        Size that the upper end of the range has at least, for figures around zero.
    """
    sizes = np.abs(comparable[comparable != 0])
    if sizes.size < 2 or not value:
        return None
    least, most = trimmed_range(sizes, trim=trim)
    x, low, high = math.log10(abs(value)), math.log10(min(least, floor or least)), math.log10(max(most, floor))
    if low - math.log10(beyond) <= x <= high + math.log10(beyond):
        return None
    room, middle = math.log10(inside), math.log10(median(sizes))
    fitting = [p for p in powers if (p > 0) == (x > high) and low - room <= x - p <= high + room]
    return min(fitting, key=lambda p: abs(x - p - middle), default=None)


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
        middle = (median(before), median(after))
        if abs(middle[1] - middle[0] - power) > 0.35:
            continue
        calm = (np.abs(before - middle[0]).max(), np.abs(after - middle[1]).max())
        if max(calm) < 0.5:
            found.append((at, power))
    return found


def usual(past: Array, *, share: float, times: float, least: int) -> float:
    """How large a discrepancy of a series may be by its own record: ``times`` the ``share`` quantile of past ones.

    0 with fewer than ``least`` past ones: a series without a record has none to excuse it.
    """
    return times * float(np.quantile(past, share)) if past.size >= least else 0.0


def implied_growth(level: float, before: float) -> float | None:
    """Growth in % that two levels say; ``None`` if the earlier one is not positive."""
    return (level / before - 1) * 100 if before > 0 else None


def growth_gap(growth: float, implied: float, *, level: float, before: float, rounding: tuple[float, float]) -> float:
    """Points between published and implied growth, less what the rounding of the two levels explains."""
    explained = (rounding[0] / before + abs(level) * rounding[1] / before**2) * 100
    return max(0.0, abs(growth - implied) - explained)


def base_shift(growth: float, level: float, before: float) -> float | None:
    """Logarithm of the base that published growth implies, over the level published a year before; 0 if they agree.

    All months of a year are compared with the same set of enterprises, so the shift is nearly one number a year.
    """
    if growth <= -100 or level <= 0 or before <= 0:
        return None
    return math.log(level / (1 + growth / 100) / before)


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
    usual = times * median(np.abs(past)) if len(past) >= least else 0.0
    return abs(change) > max(floor, usual)


def differ(one: float, other: float, *, rounding: float) -> bool:
    """True if two figures of one thing differ beyond the rounding of both."""
    return abs(one - other) > rounding * (1 + 1e-9) + 1e-12
