"""Screening of candidate leading indicators (先行指标筛选) against a reference cycle.

A candidate is judged by cross-correlation, by the turning points it shares with the reference, by its economic sign
and by what is known of it in time. Every reason for a rejection is listed, not the first one only.

References
----------
OECD (2012), OECD System of Composite Leading Indicators, section 2.2 (economic significance, cyclical behaviour,
coverage, timeliness); Gyomai & Guidetti (2012), the same, on median lead, dispersion, missed and extra turns;
Bry & Boschan (1971) for the turns.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.cycles import FEWEST_MONTHS, UNDATED_END, bbq

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

(
    SHORT, INFINITE, CONSTANT, GAPS, WEAK, WRONG_SIGN, NO_LEAD, FEW_TURNS, NO_TURN_LEAD, DISPERSED, MISSED, EXTRA, LATE,
    STALE,
) = range(1, 15)  # fmt: skip
REASONS: tuple[str, ...] = (
    "",
    "与基准序列共同的月份不足",
    "序列含有无穷大的值",
    "序列没有变化",
    "序列中间有缺月",
    "与基准序列的相关系数过低",
    "相关方向与经济含义不符",
    "相关系数最大处不领先",
    "可比较的转折点太少",
    "转折点的领先月数中位数不足",
    "转折点的领先月数过于分散",
    "漏报的转折点过多",
    "多出的转折点过多",
    "发布太晚，抵消了领先",
    "最近数月没有数据",
)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a leading indicator must meet; shares are of the turns compared.

    ``most_dispersion`` is the mean absolute deviation of the leads from their median, in months.
    """

    correlation: float = 0.5
    lead: int = 2
    longest_lead: int = 12
    turn_lead: float = 2.0
    turn_window: int = 12
    fewest_turns: int = 4
    most_dispersion: float = 4.0
    most_missed: float = 0.35
    most_extra: float = 0.35
    most_stale: int = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """The verdict on one candidate.

    Attributes
    ----------
    place
        Column of the candidate.
    accepted, reasons
        Accepted, or every reason against it (places in ``REASONS``).
    correlation, lead
        The correlation of greatest size over all leads, after the expected sign, and the months by which the candidate
        precedes there (negative: follows).
    turn_lead, dispersion
        Median lead at turning points and mean absolute deviation from it, months.
    turns, missed, extra
        Turns of the reference compared, those without a partner, and turns of the candidate without one.
    months
        Months common to both.
    usable_lead
        Median lead less the delay of publication.
    """

    place: int
    accepted: bool
    reasons: tuple[int, ...]
    correlation: float = float("nan")
    lead: int = 0
    turn_lead: float = float("nan")
    dispersion: float = float("nan")
    turns: int = 0
    missed: int = 0
    extra: int = 0
    months: int = 0
    usable_lead: float = float("nan")

    @property
    def words(self) -> tuple[str, ...]:
        """The reasons in Chinese."""
        return tuple(REASONS[code] for code in self.reasons)


def screen(
    candidates: ArrayLike,
    reference: ArrayLike,
    *,
    signs: ArrayLike | None = None,
    delays: ArrayLike | None = None,
    limits: Limits | None = None,
) -> tuple[Candidate, ...]:
    """Judge candidates for a leading index, in the order of their columns.

    Parameters
    ----------
    candidates
        ``(months, k)`` deviations from trend, smoothed (``amplitude_adjusted.deviations``).
    reference
        ``(months,)`` deviation from trend of the reference series.
    signs
        ``(k,)`` +1 where theory expects movement with the reference, −1 against it; +1 by default.
    delays
        ``(k,)`` months between the end of a month and publication; 0 by default.
    limits
        What is asked.
    """
    x, y = np.asarray(candidates, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1]:
        raise ValueError(f"候选指标应为（月，指标），基准序列应为（月），收到{x.shape}与{y.shape}")
    asked = limits or Limits()
    sign = np.ones(x.shape[1]) if signs is None else np.asarray(signs, dtype=np.float64)
    if sign.shape != x.shape[1:] or not np.isin(sign, (-1, 1)).all():
        raise ValueError("经济含义的方向应为每个候选指标一个+1或-1")
    late = np.zeros(x.shape[1]) if delays is None else np.asarray(delays, dtype=np.float64)
    if late.shape != x.shape[1:]:
        raise ValueError(f"候选指标有{x.shape[1]}个，发布滞后有{late.size}个，两者应相同")
    return tuple(_judge(i, x[:, i], y, sign[i], float(late[i]), asked) for i in range(x.shape[1]))


def cross_correlation(candidate: ArrayLike, reference: ArrayLike, *, longest_lead: int = 12) -> Floats:
    """Correlation of the reference with the candidate 0, 1, … months before and after.

    Returns
    -------
    array
        ``(2·longest_lead + 1,)``, place 0 for a candidate that follows by ``longest_lead``, the middle for none; NaN
        where fewer than 24 pairs are known or one side does not vary.
    """
    x, y = np.asarray(candidate, dtype=np.float64), np.asarray(reference, dtype=np.float64)
    out = np.full(2 * longest_lead + 1, np.nan)
    for place, lead in enumerate(range(-longest_lead, longest_lead + 1)):
        early = x[: x.size - lead] if lead >= 0 else x[-lead:]
        later = y[lead:] if lead >= 0 else y[: y.size + lead]
        known = np.isfinite(early) & np.isfinite(later)
        if known.sum() >= 24:
            a, b = early[known] - early[known].mean(), later[known] - later[known].mean()
            size = float(np.sqrt((a @ a) * (b @ b)))
            if size > 0:
                out[place] = float(a @ b) / size
    return out


def matched_turns(
    reference: tuple[ArrayLike, ArrayLike], candidate: tuple[ArrayLike, ArrayLike], *, window: int
) -> tuple[Rows, Rows, Rows]:
    """Leads of a candidate's turns over the reference's of the same kind, nearest first, each used once.

    Parameters
    ----------
    reference, candidate
        ``(peaks, troughs)`` as rows.
    window
        Farthest distance of a pair.

    Returns
    -------
    tuple of arrays
        Leads in months (positive: the candidate is earlier) in the order of the reference's turns, the reference's
        turns without a partner, the candidate's turns without one.
    """
    leads: list[tuple[int, int]] = []
    missed: list[int] = []
    extra: list[int] = []
    for kind in (0, 1):
        wanted, found = np.asarray(reference[kind], dtype=np.int64), np.asarray(candidate[kind], dtype=np.int64)
        pairs = sorted(
            (abs(int(a - b)), i, j) for i, a in enumerate(wanted) for j, b in enumerate(found) if abs(a - b) <= window
        )
        taken: dict[int, int] = {}
        for _, i, j in pairs:
            if i not in taken and j not in taken.values():
                taken[i] = j
        leads += [(int(wanted[i]), int(wanted[i] - found[j])) for i, j in taken.items()]
        missed += [int(wanted[i]) for i in range(wanted.size) if i not in taken]
        extra += [int(found[j]) for j in range(found.size) if j not in taken.values()]
    return _rows([lead for _, lead in sorted(leads)]), _rows(sorted(missed)), _rows(sorted(extra))


def _judge(place: int, x: Floats, y: Floats, sign: float, delay: float, asked: Limits) -> Candidate:
    known = np.flatnonzero(~np.isnan(x))
    reference_known = np.flatnonzero(~np.isnan(y))
    if np.isinf(x).any():
        return Candidate(place, False, (INFINITE,))
    if not known.size or not reference_known.size:
        return Candidate(place, False, (SHORT,))
    first, last = max(known[0], reference_known[0]), min(known[-1], reference_known[-1])
    months = int(last - first + 1)
    if months < FEWEST_MONTHS:
        return Candidate(place, False, (SHORT,), months=max(months, 0))
    if np.ptp(x[known]) <= 1e-12 * (1 + np.abs(x[known]).max()):
        return Candidate(place, False, (CONSTANT,), months=months)
    own, base = slice(known[0], known[-1] + 1), slice(reference_known[0], reference_known[-1] + 1)
    if np.isnan(x[own]).any() or np.isnan(y[base]).any():
        return Candidate(place, False, (GAPS,), months=months)
    series = sign * x
    against: list[int] = []
    curve = cross_correlation(series, y, longest_lead=asked.longest_lead)
    best = int(np.nanargmax(np.abs(curve))) if not np.isnan(curve).all() else asked.longest_lead
    correlation, lead = float(curve[best]), best - asked.longest_lead
    if not abs(correlation) >= asked.correlation:
        against.append(WEAK)
    elif correlation < 0:
        against.append(WRONG_SIGN)
    if lead < asked.lead:
        against.append(NO_LEAD)
    wanted, found = _turns(y, base), _turns(series, own)
    leads, without, added = matched_turns(wanted, found, window=asked.turn_window)
    # A turn whose partner would lie where the other series has no datable turn says nothing.
    shift = max(lead, 0)
    without = without[(without - shift >= own.start + UNDATED_END) & (without - shift < own.stop - UNDATED_END)]
    added = added[(added + shift >= base.start + UNDATED_END) & (added + shift < base.stop - UNDATED_END)]
    missed, extra = int(without.size), int(added.size)
    turns = int(leads.size) + missed
    median = float(np.median(leads)) if leads.size else float("nan")
    dispersion = float(np.abs(leads - median).mean()) if leads.size else float("nan")
    if turns < asked.fewest_turns:
        against.append(FEW_TURNS)
    else:
        if not median >= asked.turn_lead:
            against.append(NO_TURN_LEAD)
        if dispersion > asked.most_dispersion:
            against.append(DISPERSED)
        if missed > asked.most_missed * turns:
            against.append(MISSED)
        if extra > asked.most_extra * turns:
            against.append(EXTRA)
    usable = (median if leads.size else lead) - delay
    if delay > 0 and not usable > 0:
        against.append(LATE)
    if reference_known[-1] - known[-1] > asked.most_stale:
        against.append(STALE)
    return Candidate(
        place, not against, tuple(against), correlation, lead, median, dispersion, turns, missed, extra, months, usable
    )


def _turns(series: Floats, span: slice) -> tuple[Rows, Rows]:
    peaks, troughs = bbq(series[span], end=UNDATED_END)
    return peaks + span.start, troughs + span.start


def _rows(values: list[int]) -> Rows:
    return np.array(values, dtype=np.int64)
