"""How stable an adjustment is: sliding spans and the history of revisions. The adjustment comes as a function.

References
----------
Findley, D. F., Monsell, B. C., Shulman, H. B. and Pugh, M. G. (1990), Sliding-Spans Diagnostics for Seasonal and
Related Adjustments, Journal of the American Statistical Association 85, 345-355.
Findley, D. F., Monsell, B. C., Bell, W. R., Otto, M. C. and Chen, B.-C. (1998), New Capabilities and Methods of the
X-12-ARIMA Seasonal-Adjustment Program, Journal of Business and Economic Statistics 16, 127-152.
U.S. Census Bureau, X-13ARIMA-SEATS Reference Manual, version 1.1, specs HISTORY and SLIDINGSPANS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

SPAN_YEARS = MappingProxyType({"3x1": 6, "3x3": 7, "3x5": 8, "3x9": 11, "3x15": 17, "stable": 6})
"""Length of a span for a seasonal filter, in years (defaults of X-13ARIMA-SEATS 1.1; long enough to end the filter's
memory)."""
_MOST_SPANS = 4


@dataclass(frozen=True, slots=True)
class SlidingSpans:
    """Months whose estimates differ between spans by more than the threshold, in per cent of those compared.

    All ``(series,)``; NaN where there is nothing to compare.
    """

    seasonal: Floats
    """S%: the largest seasonal factor over the smallest."""
    monthly_change: Floats
    """MM%: the largest monthly growth of the adjusted series less the smallest."""
    yearly_change: Floats
    """YY%: the same for growth over twelve months."""
    spans: tuple[tuple[int, int], ...]
    """Periods of the spans, half open."""


@dataclass(frozen=True, slots=True)
class RevisionHistory:
    """First estimates of the last months and what became of them; ``(months, series)``."""

    first: Floats
    """Adjusted value when its month was the last one."""
    final: Floats
    """Adjusted value with all data."""
    revision: Floats
    """(final − first) / first, per cent."""
    change_revision: Floats
    """Monthly growth with all data less that of the first estimate, points."""
    mean_absolute: Floats
    """Mean of \\|revision\\|, ``(series,)``."""
    change_mean_absolute: Floats
    """Mean of \\|change_revision\\|, ``(series,)``."""


def span_plan(months: int, *, start_month: int, years: int) -> tuple[tuple[int, int], ...]:
    """Up to four spans a year apart, the last one to the end of the data; empty if there is no room for two.

    The first month of the spans is moved back to January if there is data for it; the spans are then longer than
    ``years`` by the months before.
    """
    length = 12 * years
    count = min(_MOST_SPANS, (months - length) // 12 + 1)
    if count < 2:
        return ()
    first = months - length - 12 * (count - 1)
    back = (start_month - 1 + first) % 12
    if back <= first:
        first -= back
        length += back
    return tuple((first + 12 * number, first + 12 * number + length) for number in range(count))


def sliding_spans(
    adjust: Callable[[int, int], tuple[Floats, Floats]],
    spans: tuple[tuple[int, int], ...],
    *,
    months: int,
    additive: bool = False,
    threshold: float = 3.0,
) -> SlidingSpans:
    """Compare the adjustments of overlapping spans.

    Parameters
    ----------
    adjust
        Given first and last period (half open) it returns seasonal factors and adjusted series of that span,
        ``(periods, series)``, computed from the data of the span alone.
    spans
        From ``span_plan``.
    months
        Periods of the whole series.
    additive
        The seasonal is in units of the series; S% is then not defined.
    threshold
        Per cent above which a month counts as unstable: 3 (Findley et al. 1990).
    """
    if len(spans) < 2:
        nothing = np.full(adjust(0, months)[1].shape[1] if months else 0, np.nan)
        return SlidingSpans(nothing, nothing.copy(), nothing.copy(), ())
    pairs = [adjust(begin, end) for begin, end in spans]
    count = pairs[0][1].shape[1]
    seasonal = np.full((len(spans), months, count), np.nan)
    adjusted = np.full((len(spans), months, count), np.nan)
    for number, ((begin, end), (factors, series)) in enumerate(zip(spans, pairs, strict=True)):
        seasonal[number, begin:end] = factors
        adjusted[number, begin:end] = series
    monthly, yearly = np.full_like(adjusted, np.nan), np.full_like(adjusted, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        monthly[:, 1:] = (adjusted[:, 1:] / adjusted[:, :-1] - 1) * 100
        yearly[:, 12:] = (adjusted[:, 12:] / adjusted[:, :-12] - 1) * 100
        most, least = _extent(seasonal)
        share = np.full_like(most, np.nan) if additive else (most / least - 1) * 100
    return SlidingSpans(
        seasonal=_share_above(share, threshold),
        monthly_change=_share_above(np.subtract(*_extent(monthly)), threshold),
        yearly_change=_share_above(np.subtract(*_extent(yearly)), threshold),
        spans=spans,
    )


def revision_history(adjust: Callable[[int], Floats], *, months: int, horizon: int) -> RevisionHistory:
    """Adjust again with the data up to each of the last months, and compare with what all the data give.

    Parameters
    ----------
    adjust
        Given a number of months it returns the adjusted series of the first so many months, ``(months, series)``,
        computed from their data alone.
    months
        Months of the whole series.
    horizon
        How many first estimates to compare, not counting the last month (whose first estimate is the final one).
    """
    final = adjust(months)
    start = months - 1 - horizon
    if start < 1:
        raise ValueError(f"a history of {horizon} months needs more than {horizon + 1} months of data, not {months}")
    first = np.full((horizon, final.shape[1]), np.nan)
    first_change = np.full_like(first, np.nan)
    for number in range(horizon):
        then = adjust(start + number + 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            first[number] = then[-1]
            first_change[number] = (then[-1] / then[-2] - 1) * 100
    later = final[start : months - 1]
    with np.errstate(divide="ignore", invalid="ignore"):
        revision = (later / first - 1) * 100
        change = (later / final[start - 1 : months - 2] - 1) * 100 - first_change
    return RevisionHistory(
        first=first,
        final=later,
        revision=revision,
        change_revision=change,
        mean_absolute=mean_of_present(np.abs(revision)),
        change_mean_absolute=mean_of_present(np.abs(change)),
    )


def _extent(estimates: Floats) -> tuple[Floats, Floats]:
    """Largest and smallest over the spans where at least two have an estimate, else NaN."""
    there = np.isfinite(estimates)
    most = np.where(there, estimates, -np.inf).max(axis=0)
    least = np.where(there, estimates, np.inf).min(axis=0)
    enough = there.sum(axis=0) >= 2
    return np.where(enough, most, np.nan), np.where(enough, least, np.nan)


def _share_above(differences: Floats, threshold: float) -> Floats:
    compared = np.isfinite(differences).sum(axis=0)
    above = (np.nan_to_num(differences, nan=-np.inf) > threshold).sum(axis=0)
    return np.where(compared > 0, 100.0 * above / np.maximum(compared, 1), np.nan)


def mean_of_present(values: Floats) -> Floats:
    """Mean over the first axis of what is not missing; NaN where nothing is there."""
    there = np.isfinite(values)
    return np.where(
        there.any(axis=0), np.where(there, values, 0.0).sum(axis=0) / np.maximum(there.sum(axis=0), 1), np.nan
    )
