"""Warning lights (信号灯): zones of an index, with hysteresis on request, counts and shares that add up.

Reference: the zones of the published light-industry index, see the catalogue's dated bounds; hysteresis as in
Schmitt (1938), A thermionic trigger: a zone is left only when its bound is passed by a margin.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Zones = NDArray[np.int8]
UNKNOWN = -1


@dataclass(frozen=True, slots=True)
class Counts:
    """How many subjects stand in each zone; ``shares`` are whole percent that sum to 100 (largest remainder)."""

    counts: tuple[int, ...]
    shares: tuple[int, ...]
    unknown: int

    @property
    def total(self) -> int:
        return sum(self.counts)


def zones(
    index: ArrayLike, bounds: ArrayLike, *, upper_closed: tuple[bool, ...] | None = None, hysteresis: float = 0.0
) -> Zones:
    """The zone of each value.

    Parameters
    ----------
    index
        ``(months,)`` or ``(months, subjects)``.
    bounds
        Increasing bounds, for example 80, 90, 110, 120: one zone more than bounds, 0 the coldest.
    upper_closed
        For each bound whether a value on it belongs to the zone below (default: below the middle no, above it yes, so
        that both sides of the stable zone are in it).
    hysteresis
        Points by which a bound must be passed before the zone changes.

    Returns
    -------
    array of int8
        −1 where the index is missing; the zone before a gap does not outlive it.

    Raises
    ------
    ValueError
        If bounds do not increase, or hysteresis is as wide as a zone.
    """
    limits = np.asarray(bounds, dtype=np.float64)
    if limits.ndim != 1 or not limits.size or (np.diff(limits) <= 0).any():
        raise ValueError(f"区间界限应由低到高，收到{list(np.ravel(limits))}")
    if hysteresis < 0 or (limits.size > 1 and hysteresis >= np.diff(limits).min()):
        raise ValueError(f"滞后幅度{hysteresis}应不小于0且小于最窄的区间")
    closed = upper_closed or tuple(place >= limits.size / 2 for place in range(limits.size))
    if len(closed) != limits.size:
        raise ValueError(f"界限有{limits.size}个，开闭有{len(closed)}个")
    x = np.asarray(index, dtype=np.float64)
    out = _plain(x, limits, closed)
    if hysteresis == 0:
        return out
    high, low = _plain(x - hysteresis, limits, closed), _plain(x + hysteresis, limits, closed)
    for row in range(1, x.shape[0]):
        before, now = out[row - 1], out[row]
        known = (before >= 0) & (now >= 0)
        # Upwards only as far as the value less the margin reaches, downwards as far as the value plus it.
        moved = np.where(now > before, np.maximum(high[row], before), np.minimum(low[row], before))
        out[row] = np.where(known & (now != before), moved, now)
    return out


def count(row: ArrayLike, *, number: int) -> Counts:
    """Subjects in each of ``number`` zones in one month."""
    z = np.asarray(row)
    counts = tuple(int((z == place).sum()) for place in range(number))
    return Counts(counts, whole_shares(counts), int((z < 0).sum()))


def whole_shares(counts: tuple[int, ...]) -> tuple[int, ...]:
    """Whole percentages that sum to 100: floors, the missing points to the largest remainders, earlier ones first."""
    total = sum(counts)
    if not total:
        return (0,) * len(counts)
    floors = [c * 100 // total for c in counts]
    remainders = sorted(range(len(counts)), key=lambda i: (-(counts[i] * 100 % total), i))
    for place in remainders[: 100 - sum(floors)]:
        floors[place] += 1
    return tuple(floors)


def light_changes(first: ArrayLike, later: ArrayLike) -> tuple[int, int]:
    """How often a light was another one later: number changed, number compared."""
    a, b = np.asarray(first), np.asarray(later)
    both = (a >= 0) & (b >= 0)
    return int((a[both] != b[both]).sum()), int(both.sum())


def _plain(x: NDArray[np.float64], limits: NDArray[np.float64], closed: tuple[bool, ...]) -> Zones:
    out = np.zeros(x.shape, dtype=np.int8)
    for limit, below in zip(limits, closed, strict=True):
        with np.errstate(invalid="ignore"):
            out += (x > limit) if below else (x >= limit)
    out[np.isnan(x)] = UNKNOWN
    return out
