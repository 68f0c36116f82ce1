"""Trends and cycles by penalised smoothing (趋势与周期): Hodrick–Prescott, and twice for a band of periods.

Arrays are time first, ``(months,)`` or ``(months, series)``; NaN is missing: it carries no weight in the fit.

References
----------
Hodrick & Prescott (1997), Postwar U.S. Business Cycles, Journal of Money, Credit and Banking 29, 1–16; Pedersen
(2001), The Hodrick–Prescott filter, the Slutzky effect, and the distortionary effect of filters, Journal of Economic
Dynamics and Control 25 (penalty for a cut-off period); OECD (2012), OECD System of Composite Leading Indicators,
section 2.3 (double filter, 12 to 120 months).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]

SHORTEST, LONGEST = 12.0, 120.0
FEWEST_VALUES = 24


def penalty_for(period: float) -> float:
    """The penalty at which the filter halves the amplitude of cycles of ``period`` months: (2 sin(π/p))⁻⁴.

    Raises
    ------
    ValueError
        For a period of two months or less, which no monthly series shows.
    """
    if not period > 2:
        raise ValueError(f"周期应大于2个月，收到{period}")
    return float((2 * np.sin(np.pi / period)) ** -4)


def hodrick_prescott(values: ArrayLike, *, penalty: float) -> Floats:
    """Trend τ that minimises Σ(y − τ)² + λ Σ(Δ²τ)².

    Parameters
    ----------
    values
        ``(months,)`` or ``(months, series)``. Inner gaps are bridged by the trend.
    penalty
        λ, see ``penalty_for``.

    Returns
    -------
    array
        The same shape; NaN outside the first and last value of a series and where it has fewer than 24 values or an
        infinite one.
    """
    from scipy.linalg import solveh_banded  # type: ignore[import-untyped]

    if not (np.isfinite(penalty) and penalty >= 0):
        raise ValueError(f"平滑参数应为不小于零的数，收到{penalty}")
    y = np.asarray(values, dtype=np.float64)
    flat = y.reshape(y.shape[0], -1)
    out = np.full(flat.shape, np.nan)
    for (first, last), columns in _alike(flat).items():
        part = flat[first:last, columns]
        present = ~np.isnan(part)
        whole = present.all(axis=0)
        band = penalty * _second_differences(last - first)
        if whole.any():
            ready = band.copy()
            ready[2] += 1.0
            out[first:last, columns[whole]] = solveh_banded(ready, part[:, whole])
        for place in np.flatnonzero(~whole):
            ready = band.copy()
            ready[2] += present[:, place]
            out[first:last, columns[place]] = solveh_banded(ready, np.nan_to_num(part[:, place]))
    return out.reshape(y.shape)


def band_pass(values: ArrayLike, *, shortest: float = SHORTEST, longest: float = LONGEST) -> Floats:
    """Cycles between ``shortest`` and ``longest`` months: the trend is taken off, the rest smoothed.

    Returns
    -------
    array
        The same shape, around zero, without inner gaps.
    """
    if not shortest < longest:
        raise ValueError(f"周期范围应由短到长，收到{shortest}至{longest}个月")
    y = np.asarray(values, dtype=np.float64)
    return hodrick_prescott(y - hodrick_prescott(y, penalty=penalty_for(longest)), penalty=penalty_for(shortest))


def _alike(flat: Floats) -> dict[tuple[int, int], NDArray[np.int64]]:
    """Columns by their first and last value, so that one band serves all of a kind; what cannot be fitted is left."""
    present = ~np.isnan(flat)
    fit = (present.sum(axis=0) >= FEWEST_VALUES) & ~np.isinf(flat).any(axis=0)
    first = present.argmax(axis=0)
    last = flat.shape[0] - present[::-1].argmax(axis=0)
    groups: dict[tuple[int, int], list[int]] = {}
    for column in np.flatnonzero(fit):
        groups.setdefault((int(first[column]), int(last[column])), []).append(int(column))
    return {span: np.array(columns, dtype=np.int64) for span, columns in groups.items()}


def _second_differences(n: int) -> Floats:
    """D'D of second differences in upper banded form."""
    band = np.zeros((3, n))
    for shift, weights in ((0, (1.0, 4.0, 1.0)), (1, (-2.0, -2.0)), (2, (1.0,))):
        for place, weight in enumerate(weights):
            # Row t of D touches t, t+1 and t+2; the last rows stop at n − 2.
            band[2 - shift, place + shift : place + shift + n - 2] += weight
    return band
