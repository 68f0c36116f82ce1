"""Real-time evaluation of turning-point methods (实时评价): delay and false alarms on vintages.

A method sees each vintage as it was known and says which turns it dates. A final turn counts as found in the first
vintage in which a turn of the same kind is dated within a few months of it; a dated turn that no final turn answers
is a false alarm.

References
----------
Chauvet & Piger (2008), A Comparison of the Real-Time Performance of Business Cycle Dating Methods, Journal of
Business & Economic Statistics 26, 42–49; Hamilton (2011), Calling recessions in real time, International Journal of
Forecasting 27, 1006–1026.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qinggong.methods.cycles import UNDATED_END, bbq
from qinggong.methods.switching import ENTER, FEWEST_MONTHS, LEAVE, markov_switching, turns_by_probability

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Turns = tuple[ArrayLike, ArrayLike]
Detector = Callable[[Floats], Sequence[tuple[Rows, Rows]]]

TOLERANCE = 5


@dataclass(frozen=True, slots=True)
class RealTimeRecord:
    """What a method was worth in real time.

    Attributes
    ----------
    vintages, series
        How many were read.
    turns
        Final turns that could have been found: dated in the span of the vintages, early enough before its end.
    found, missed
        Of these; they add up.
    delays
        Months from each found turn to the last month of the vintage that first dated it, in the order of series and
        turn.
    median_delay
        NaN if none was found.
    share_missed
        NaN without turns.
    false_alarms
        Turns dated in some vintage after the first that no final turn answers.
    series_years
        Length of the span of the vintages times series, years.
    false_alarms_per_year
        A series and year; NaN without a span.
    verdict, reason
        ``"good"``, or ``"not evaluated"`` with the reason in Chinese.
    """

    vintages: int
    series: int
    turns: int
    found: int
    missed: int
    delays: tuple[int, ...]
    median_delay: float
    share_missed: float
    false_alarms: int
    series_years: float
    false_alarms_per_year: float
    verdict: Literal["good", "not evaluated"] = "good"
    reason: str = ""


def evaluate(
    vintages: NDArray[np.float64] | Sequence[ArrayLike],
    final: Sequence[Turns],
    detect: Detector,
    *,
    tolerance: int = TOLERANCE,
    undated: int = UNDATED_END,
) -> RealTimeRecord:
    """Delay, missed turns and false alarms of a method.

    Parameters
    ----------
    vintages
        ``(vintages, months)`` of one series or ``(vintages, months, series)``, or a sequence of ``(months, series)``
        from the oldest on, all beginning in the same month; NaN after the end of a vintage.
    final
        For each series the rows of its peaks and of its troughs as finally dated.
    detect
        Takes ``(months, series)`` of a vintage, cut at its end, and gives rows of peaks and troughs for each series:
        ``bbq_detector()``, ``switching_detector()`` or another.
    tolerance
        Months by which a turn dated in real time may lie off the final one.
    undated
        Months at the end of the last vintage in which a final turn is not asked for.
    """
    panels = [_two_dimensional(v) for v in vintages]
    number = len(final)
    if any(p.shape[1] != number for p in panels):
        raise ValueError(f"各版本的序列数应等于最终转折点的序列数{number}")
    ends = [_last_row(p) for p in panels]
    if any(b < a for a, b in itertools.pairwise(ends)):
        raise ValueError("各版本应由旧到新排列")
    if len(panels) < 2 or ends[0] < 0 or ends[-1] <= ends[0]:
        return _not_evaluated(len(panels), number, "版本不足两个或没有新的月份")
    seen: list[dict[tuple[int, int], int]] = [{} for _ in range(number)]
    for order, (panel, end) in enumerate(zip(panels, ends, strict=True)):
        dated = detect(panel[: end + 1])
        if len(dated) != number:
            raise ValueError(f"转折点方法应给出{number}个序列的结果，给出{len(dated)}个")
        for place, kinds in enumerate(dated):
            for kind, rows in enumerate(kinds):
                for row in rows:
                    seen[place].setdefault((kind, int(row)), order)
    # What the first vintage could already date is history, not news.
    opening, closing = ends[0] - undated, ends[-1] - undated
    delays: list[int] = []
    turns = false_alarms = 0
    for place, ended in enumerate(final):
        for kind in (0, 1):
            wanted = np.sort(np.asarray(ended[kind], dtype=np.int64))
            mine = sorted((order, row) for (k, row), order in seen[place].items() if k == kind)
            for turn in wanted[(wanted > opening) & (wanted <= closing)]:
                turns += 1
                first = next((order for order, row in mine if abs(row - turn) <= tolerance), None)
                if first is not None:
                    delays.append(max(ends[first] - int(turn), 0))
            false_alarms += _unanswered(mine, wanted, opening, closing, tolerance)
    years = number * (ends[-1] - ends[0]) / 12
    found = len(delays)
    return RealTimeRecord(
        len(panels), number, turns, found, turns - found, tuple(delays),
        float(np.median(delays)) if delays else float("nan"), (turns - found) / turns if turns else float("nan"),
        false_alarms, years, false_alarms / years,
    )  # fmt: skip


def bbq_detector(*, window: int = 5, phase: int = 5, cycle: int = 15, end: int = UNDATED_END) -> Detector:
    """The rules of ``cycles.bbq`` on the values of a vintage; a series with inner gaps has no turns."""

    def detect(panel: Floats) -> list[tuple[Rows, Rows]]:
        out: list[tuple[Rows, Rows]] = []
        for column in panel.T:
            first, series = _known_part(column)
            peaks, troughs = bbq(series, window=window, phase=phase, cycle=cycle, end=end)
            out.append((peaks + first, troughs + first))
        return out

    return detect


def switching_detector(
    *,
    span: int = 3,
    order: int = 0,
    switching_variance: bool = False,
    enter: float = ENTER,
    leave: float = LEAVE,
    fewest: int = FEWEST_MONTHS,
) -> Detector:
    """Markov switching on changes over ``span`` months, estimated anew on each vintage; filtered probabilities.

    A model whose two states cannot be told apart, or of which one is met in single months only, dates nothing.
    """

    def detect(panel: Floats) -> list[tuple[Rows, Rows]]:
        change = np.full_like(panel, np.nan)
        change[span:] = panel[span:] - panel[:-span]
        model = markov_switching(change, order=order, switching_variance=switching_variance, fewest=fewest)
        nothing = np.empty(0, dtype=np.int64)
        return [
            turns_by_probability(model.filtered[:, i], enter=enter, leave=leave)
            if verdict == "good"
            else (nothing, nothing)
            for i, verdict in enumerate(model.verdicts)
        ]

    return detect


def _unanswered(mine: list[tuple[int, int]], wanted: Rows, opening: int, closing: int, tolerance: int) -> int:
    """Turns dated without a final one near; neighbouring months of successive vintages are one alarm."""
    alarms: list[int] = []
    for order, row in mine:
        # Turns that the end of the sample could not confirm yet are neither right nor wrong.
        if order == 0 or row <= opening or row > closing:
            continue
        if wanted.size and np.abs(wanted - row).min() <= tolerance:
            continue
        if not any(abs(row - alarm) <= tolerance for alarm in alarms):
            alarms.append(row)
    return len(alarms)


def _known_part(column: Floats) -> tuple[int, Floats]:
    known = np.flatnonzero(~np.isnan(column))
    if not known.size:
        return 0, np.empty(0)
    part = column[known[0] : known[-1] + 1]
    return int(known[0]), part if np.isfinite(part).all() else np.empty(0)


def _two_dimensional(values: ArrayLike) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim not in (1, 2):
        raise ValueError(f"一个版本应为（月）或（月，序列），收到形状{x.shape}")
    return x.reshape(x.shape[0], -1)


def _last_row(panel: Floats) -> int:
    known = np.flatnonzero(~np.isnan(panel).all(axis=1))
    return int(known[-1]) if known.size else -1


def _not_evaluated(vintages: int, series: int, reason: str) -> RealTimeRecord:
    nan = float("nan")
    return RealTimeRecord(vintages, series, 0, 0, 0, (), nan, nan, 0, 0.0, nan, "not evaluated", reason)
