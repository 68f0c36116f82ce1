"""Moving averages of X-11 as matrices: Henderson, seasonal filters, with the filters for the ends of a series.

A filter of length L is an (L, L) matrix. Row h = L // 2 holds the symmetric weights, the rows above it serve the
first h points, the rows below it the last h points; each row multiplies the first (middle, last) L values. Seasonal
filters run over the years of one calendar month and depend on how many years there are, so they are (years, years).

References
----------
Henderson, R. (1916), "Note on Graduation by Adjusted Average", Transactions of the Actuarial Society of America 17.
Musgrave, J. C. (1964), "A Set of End Weights to End All End Weights", Bureau of the Census working paper.
Doherty, M. (1991), "Surrogate Henderson Filters in X-11", Statistics New Zealand working paper.
Ladiray, D. and Quenneville, B. (2001), Seasonal Adjustment with the X-11 Method, Springer.
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, spec X11.
"""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SEASONAL_FILTERS = ("3x1", "3x3", "3x5", "3x9", "3x15", "stable")

_FIRST_LENGTH = 13  # of the trend average from which I/C is measured, for monthly series
_LONGEST_HENDERSON = 101

# End weights of the seasonal averages, from the first year to the last that still lacks a symmetric average: the row
# of year i weighs the years 1, 2, ... . 3x3 and 3x5 are exact fractions; 3x9 and 3x15 are published with three and
# five decimals and are divided by their sum. Shiskin, Young and Musgrave (1967); Ladiray and Quenneville (2001);
# 3x15: X-13ARIMA-SEATS 1.1, data statements of its source.
_SEASONAL_ENDS: MappingProxyType[str, tuple[tuple[float, ...], ...]] = MappingProxyType(
    {
        "3x1": ((0.61, 0.39),),
        "3x3": ((11 / 27, 11 / 27, 5 / 27), (7 / 27, 10 / 27, 7 / 27, 3 / 27)),
        "3x5": (
            (17 / 60, 17 / 60, 17 / 60, 9 / 60),
            (15 / 60, 15 / 60, 15 / 60, 11 / 60, 4 / 60),
            (9 / 60, 13 / 60, 13 / 60, 13 / 60, 8 / 60, 4 / 60),
        ),
        "3x9": (
            (0.246, 0.221, 0.197, 0.173, 0.112, 0.051),
            (0.208, 0.192, 0.176, 0.160, 0.144, 0.092, 0.028),
            (0.173, 0.163, 0.154, 0.143, 0.133, 0.123, 0.079, 0.032),
            (0.141, 0.137, 0.132, 0.128, 0.123, 0.117, 0.113, 0.075, 0.034),
            (0.084, 0.120, 0.118, 0.117, 0.116, 0.114, 0.113, 0.111, 0.073, 0.034),
        ),
        "3x15": (
            (*[0.16] * 5, 0.06667, 0.06667, 0.04444, 0.02222),
            (*[0.14667] * 5, *[0.06667] * 3, 0.04444, 0.02220),
            (*[0.13333] * 5, *[0.06667] * 4, 0.04444, 0.02223),
            (*[0.12] * 5, *[0.06667] * 5, 0.04444, 0.02221),
            (*[0.10667] * 5, *[0.06667] * 6, 0.04444, 0.02219),
            (*[0.09333] * 5, *[0.06667] * 7, 0.04444, 0.02222),
            (*[0.08] * 5, *[0.06667] * 8, 0.04444, 0.02220),
            (0.04889, *[0.07111] * 4, *[0.06667] * 9, 0.04444, 0.02220),
        ),
    }
)
_SEASONAL_LENGTH = MappingProxyType({"3x1": 1, "3x3": 3, "3x5": 5, "3x9": 9, "3x15": 15})


def henderson_weights(length: int) -> Floats:
    """Symmetric Henderson weights, shape ``(length,)``.

    They reproduce a cubic and make the sum of squared third differences of the weights least (Henderson 1916; closed
    form as in Ladiray and Quenneville 2001).
    """
    if length < 3 or length % 2 == 0 or length > _LONGEST_HENDERSON:
        raise ValueError(f"Henderson length must be odd and between 3 and {_LONGEST_HENDERSON}, not {length}")
    n = (length - 1) // 2 + 2
    j2 = np.arange(-(length // 2), length // 2 + 1, dtype=np.float64) ** 2
    top = 315 * ((n - 1) ** 2 - j2) * (n**2 - j2) * ((n + 1) ** 2 - j2) * (3 * n**2 - 16 - 11 * j2)
    below = 8 * n * (n**2 - 1) * (4 * n**2 - 1) * (4 * n**2 - 9) * (4 * n**2 - 25)
    return np.asarray(top / below, dtype=np.float64)


def musgrave_weights(symmetric: Floats, known: int, noise_to_trend: float) -> Floats:
    """Weights for a point with fewer neighbours on one side than the symmetric filter wants.

    Parameters
    ----------
    symmetric
        Symmetric weights, shape ``(length,)``.
    known
        Number of values at hand, counted from the side where none is missing; at least ``length // 2 + 1``.
    noise_to_trend
        Mean absolute change of the irregular over that of the trend, I/C, for which the revision is least.

    Returns
    -------
    ndarray of shape ``(known,)``

    Notes
    -----
    Musgrave (1964) minimises the mean squared revision of a locally linear trend whose slope b and noise variance s²
    have b²/s² = 4 / (π (I/C)²); Doherty (1991); Ladiray and Quenneville (2001).
    """
    ratio = 4.0 / (np.pi * noise_to_trend**2)
    kept, lost = symmetric[:known], symmetric[known:]
    centre = (known + 1) / 2
    sum_lost = lost.sum()
    moment_lost = ((np.arange(known + 1, symmetric.size + 1) - centre) * lost).sum()
    slope = (np.arange(1, known + 1) - centre) * ratio
    scale = 1.0 + known * (known - 1) * (known + 1) / 12.0 * ratio
    return np.asarray(kept + sum_lost / known + slope / scale * moment_lost, dtype=np.float64)


def default_noise_to_trend(length: int) -> float:
    """I/C behind the end weights of a Henderson filter whose length is preset: 1.0 to 9 terms, 3.5 to 13, else 4.5.

    X-13ARIMA-SEATS manual, argument ``trendic``: these values come close to the end weights printed in X-11.
    """
    return 1.0 if length <= 9 else 3.5 if length <= 13 else 4.5


def henderson_matrix(length: int, noise_to_trend: float) -> Floats:
    """Henderson filter with Musgrave's ends as a ``(length, length)`` matrix (see the module's text)."""
    symmetric = henderson_weights(length)
    half = length // 2
    matrix = np.zeros((length, length))
    matrix[half] = symmetric
    for back in range(half):
        weights = musgrave_weights(symmetric, half + 1 + back, noise_to_trend)
        matrix[length - 1 - back, length - weights.size :] = weights
        matrix[back, : weights.size] = weights[::-1]
    return matrix


@lru_cache(maxsize=64)
def henderson_bank(trend_filter: int | None) -> tuple[Floats, NDArray[np.int64]]:
    """All Henderson filters that one run may need, as ``(filters, longest, longest)``, and their lengths.

    The order is: 13 terms with end weights for I/C = 3.5, 1.0, 4.5; 9 terms (1.0); 23 terms (4.5); the preset filter
    (the first one where none is preset). X-13 leaves the I/C of the end weights where the last choice of another
    length put it, which is why 13 terms come three times.
    """
    plan = [(_FIRST_LENGTH, 3.5), (_FIRST_LENGTH, 1.0), (_FIRST_LENGTH, 4.5), (9, 1.0), (23, 4.5)]
    preset = _FIRST_LENGTH if trend_filter is None else trend_filter
    plan.append((preset, default_noise_to_trend(preset)))
    longest = max(length for length, _ in plan)
    bank = np.zeros((len(plan), longest, longest))
    for number, (length, noise_to_trend) in enumerate(plan):
        bank[number, :length, :length] = henderson_matrix(length, noise_to_trend)
    lengths = np.array([length for length, _ in plan], dtype=np.int64)
    return bank, lengths


def seasonal_matrix(name: str, years: int) -> Floats:
    """Smoother of one calendar month over the years, shape ``(years, years)``.

    Too few years for a filter give the nearest thing that X-13 uses: 3x3 with three years and 3x5 with four or five
    take plain means in the middle, 3x15 below 20 years and every filter with too few years become the mean of all.
    """
    if name not in SEASONAL_FILTERS:
        raise ValueError(f"seasonal filter must be one of {SEASONAL_FILTERS}, not {name!r}")
    mean = np.full((years, years), 1.0 / years)
    if name == "stable" or (name == "3x15" and years < 20):
        return mean
    ends = _SEASONAL_ENDS[name]
    if years < len(ends[0]):
        return mean
    width = _SEASONAL_LENGTH[name]
    symmetric = np.full(3, 1 / 3) if width == 1 else np.convolve(np.full(3, 1 / 3), np.full(width, 1 / width))
    half = symmetric.size // 2
    matrix = np.zeros((years, years))
    for year in range(half, years - half):
        matrix[year, year - half : year + half + 1] = symmetric
    for year, weights in enumerate(ends):
        if year > years - 1 - year:
            break
        row = np.asarray(weights) / np.sum(weights) if len(weights) <= years else mean[0]
        for place, values in ((year, row), (years - 1 - year, row[::-1])):
            matrix[place] = 0.0
            if place == year:
                matrix[place, : values.size] = values
            else:
                matrix[place, years - values.size :] = values
    return matrix


@lru_cache(maxsize=16)
def seasonal_bank(most_years: int) -> Floats:
    """Seasonal filters for every number of years, ``(filters, most_years + 1, most_years, most_years)``.

    The first axis follows ``SEASONAL_FILTERS``; entry ``[f, n, :n, :n]`` smooths n years.
    """
    bank = np.zeros((len(SEASONAL_FILTERS), most_years + 1, most_years, most_years))
    for number, name in enumerate(SEASONAL_FILTERS):
        for years in range(1, most_years + 1):
            bank[number, years, :years, :years] = seasonal_matrix(name, years)
    return bank
