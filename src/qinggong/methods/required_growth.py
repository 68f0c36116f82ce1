r"""Growth that the remaining months of a year must bring to reach a target (后几个月需增长多少才能达到全年目标).

With cumulative growth G over the months so far, target growth G*, base-year level b of those months and B of the whole
year, cumulative growth of the year is a base-weighted mean, so that the remaining months need

.. math:: g = \frac{B(1+G^*) - b(1+G)}{B-b} - 1 = \frac{G^* - wG}{1-w}, \qquad w = b/B .

The second form needs only the share w and serves series that are published as growth alone (增加值). A level target T with
the level L so far needs g = (T − L)/(B − b) − 1, where B and b are on the basis that the published growth uses:
b = L/(1+G). A mean over years is geometric: two years at 4 % after a first one of 1.8 % ask 1.04²/1.018 − 1 = 6.2 %.

All growth is in percent. Every function is monotone in each argument on its domain, so bounds are found at the corners
of the intervals that rounding leaves (``bounds``).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence

from qinggong.methods.growth import Interval


def of_share(target: float, so_far: float, share: float) -> float:
    """Required growth from growth alone.

    Parameters
    ----------
    target, so_far
        Growth of the year aimed at, and cumulative growth so far, in percent.
    share
        Share of the months so far in the base year, 0 ≤ w < 1.

    Raises
    ------
    ValueError
        If no month remains or the share is negative.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share of the months so far is {share:g}; it must be at least 0 and below 1")
    return (target - share * so_far) / (1 - share)


def of_bases(target: float, so_far: float, base_so_far: float, base_year: float) -> float:
    """Required growth from base-year levels: (B(1+G*) − b(1+G))/(B − b) − 1.

    Raises
    ------
    ValueError
        If the base of the remaining months is not positive.
    """
    _positive(base_so_far, base_year)
    need = base_year * (1 + target / 100) - base_so_far * (1 + so_far / 100)
    return (need / (base_year - base_so_far) - 1) * 100


def of_level(target: float, so_far: float, base_so_far: float, base_year: float) -> float:
    """Required growth for a level: (T − L)/(B − b) − 1; levels in one unit.

    Raises
    ------
    ValueError
        If the base of the remaining months is not positive.
    """
    _positive(base_so_far, base_year)
    return ((target - so_far) / (base_year - base_so_far) - 1) * 100


def level_by_share(target: float, so_far: float, growth: float, share: float) -> float:
    """Required growth for a level from level, growth and share alone: B − b = b(1 − w)/w with b = L/(1+G).

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, or growth is −100 % or less.
    """
    if not 0 < share < 1:
        raise ValueError(f"the share of the months so far is {share:g}; it must lie between 0 and 1")
    if growth <= -100:
        raise ValueError(f"growth of {growth:g} % leaves no base")
    base = so_far / (1 + growth / 100)
    return of_level(target, so_far, base, base / share)


def of_mean(target: float, years: int, known: Sequence[float]) -> float:
    """Mean growth that the remaining years need for a geometric mean over ``years`` years.

    Parameters
    ----------
    target
        Mean growth aimed at, in percent.
    years
        Years of the plan.
    known
        Growth of the years that are over, fewer than ``years``.

    Raises
    ------
    ValueError
        If no year remains, or growth is −100 % or less.
    """
    if len(known) >= years:
        raise ValueError(f"{len(known)} of {years} years are over: no year remains")
    if min((*known, target)) <= -100:
        raise ValueError("growth of −100 % and less has no mean")
    reached = math.prod(1 + g / 100 for g in known)
    return float(((1 + target / 100) ** years / reached) ** (1 / (years - len(known))) - 1) * 100


def of_mean_evenly(target: float, years: int, known: Sequence[float], so_far: float, share: float) -> float:
    """One rate for the rest of this year and every year after it that gives the mean aimed at.

    Solves ∏known · (1 + wG + (1 − w)g) · (1 + g)^k = (1 + m)^n for g, with k whole years after this one; the left side
    increases in g, so that bisection finds the only solution.

    Raises
    ------
    ValueError
        As for :func:`of_mean` and :func:`of_share`.
    """
    if not 0 <= share < 1:
        raise ValueError(f"the share of the months so far is {share:g}; it must be at least 0 and below 1")
    after = years - len(known) - 1
    if after < 0:
        raise ValueError(f"{len(known)} of {years} years are over: no year remains")
    if min((*known, target)) <= -100:
        raise ValueError("growth of −100 % and less has no mean")
    wanted = (1 + target / 100) ** years / math.prod(1 + g / 100 for g in known)
    low, high = -1.0, 100.0
    for _ in range(200):
        g = (low + high) / 2
        reached = (1 + share * so_far / 100 + (1 - share) * g) * (1 + g) ** after
        low, high = (g, high) if reached < wanted else (low, g)
    return (low + high) / 2 * 100


def mean_growth(growths: Sequence[float]) -> float:
    """Geometric mean growth of several years, in percent."""
    if not growths or min(growths) <= -100:
        raise ValueError("a mean needs growth above −100 % of at least one year")
    return float(math.prod(1 + g / 100 for g in growths) ** (1 / len(growths)) - 1) * 100


def bounds(of: Callable[..., float], *arguments: Interval | float) -> Interval:
    """Bounds of a function that is monotone in every argument, over intervals of its arguments."""
    sides = [(a.low, a.high) if isinstance(a, Interval) else (float(a),) for a in arguments]
    values = [of(*corner) for corner in itertools.product(*sides)]
    return Interval(min(values), max(values))


def _positive(base_so_far: float, base_year: float) -> None:
    if not 0 <= base_so_far < base_year:
        raise ValueError(f"base-year level so far {base_so_far:g} and of the year {base_year:g} leave no months")
