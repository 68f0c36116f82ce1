"""Warnings held against what came (预警回测): month by month with what was known then, by episode.

A warning is right if an event of its industry begins within the months that the setting names. Events and warnings of
several industries in the same months are one episode: they are not independent evidence, and intervals are drawn by
episode.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qinggong.catalogue.warnings import BacktestPlan, RecordLine, WarningRule, WarningSettings
from qinggong.monitor.warning_inputs import Beside, Frame, Readings, frame, months_after
from qinggong.monitor.warning_rules import judge, runs
from qinggong.periods import Period, observed_month, parse

Floats = NDArray[np.float64]
TAIL = 13
"""Observations of each vintage that are judged: the longest window of a rule, and one before."""

Besides = Callable[[Period], Beside]
"""What other parts of the monitor knew when a month was judged: zones, adjusted changes."""


@dataclass(frozen=True, slots=True)
class Backtest:
    """What the rules came to.

    ``lines`` are by rule, years, with and without the months left out. ``vintages`` counts the months judged,
    ``revised`` the figures of which more than one value was published, ``stated`` those whose day of publication is
    stated.
    """

    lines: tuple[RecordLine, ...]
    vintages: int
    figures: int
    revised: int
    stated: int
    tuning: str
    evaluation: str


@dataclass(frozen=True, slots=True)
class _Span:
    """Rows of readings judged, and how rows and years meet."""

    first_row: int
    last_row: int
    readings: Readings

    def year(self, row: int) -> int:
        return self.readings.period(row).year


def backtest(
    readings: Readings,
    settings: WarningSettings,
    *,
    first: int,
    last: int,
    beside: Besides | None = None,
    peaks: Mapping[tuple[str, str], Sequence[int]] | None = None,
) -> Backtest:
    """Judge every month from ``first`` to ``last`` (years) with what was known then.

    Parameters
    ----------
    beside
        Zones of the level index and adjusted changes as known in a month; without them those rules are not tested.
    peaks
        Rows of the dated peaks of each unit's index, by what is known now.
    """
    plan = settings.backtest
    span = _Span(
        max(readings.row(observed_month(first, 2)), 0),
        min(readings.row(observed_month(last, 12)), readings.rows - 1),
        readings,
    )
    now = frame(readings, readings.at(None), at=readings.period(readings.rows - 1), tail=readings.rows)
    severity = _in_real_time(readings, settings, span, beside)
    split = settings.tuned_until
    tuning, evaluation = f"{first}-{min(split, last)}", f"{max(split + 1, first)}-{last}"
    left_out = (readings.row(parse(plan.without[0])), readings.row(parse(plan.without[1])))
    lines = []
    for rule in settings.rules:
        if not rule.event:
            continue
        events = _events(rule, now, plan, peaks or {})
        fired = runs(severity[rule.code], clear_after=settings.clear_after, lapse_after=settings.lapse_after)
        starts = [
            (span.first_row + row, unit)
            for row, unit in np.argwhere(fired.open & (fired.since == np.arange(fired.open.shape[0])[:, None]))
        ]
        matched = _matched(starts, events, plan, span.last_row)
        for label, low, high in ((tuning, first, min(split, last)), (evaluation, max(split + 1, first), last)):
            if low > high:
                continue
            for without in (False, True):
                lines.append(
                    _line(
                        rule, matched, events, plan, span, label, (low, high), left_out if without else None, settings
                    )
                )
    return Backtest(
        tuple(lines), span.last_row - span.first_row + 1, int(readings.value.size), readings.revised, readings.stated,
        tuning, evaluation
    )  # fmt: skip


def _in_real_time(
    readings: Readings, settings: WarningSettings, span: _Span, beside: Besides | None
) -> dict[str, NDArray[np.int8]]:
    """Severity of each rule in each month by what was known at its judging: all vintages are judged in one go."""
    frames: list[Frame] = []
    for row in range(span.first_row, span.last_row + 1):
        at = readings.period(row)
        raw = readings.at(months_after(at, settings.backtest.months_after))
        one = frame(readings, raw, at=at, tail=TAIL, beside=beside(at) if beside is not None else None)
        if one.rows < TAIL:
            gap = TAIL - one.rows
            one = Frame(
                one.units,
                {k: np.pad(v, ((gap, 0), (0, 0)), constant_values=np.nan) for k, v in one.fields.items()},
                one.first,
                0,
            )
        frames.append(one)
    if not frames:
        return {r.code: np.zeros((0, len(readings.units)), dtype=np.int8) for r in settings.rules}
    units = tuple(u for one in frames for u in one.units)
    fields = {name: np.concatenate([f.fields[name] for f in frames], axis=1) for name in frames[0].fields}
    done = judge(Frame(units, fields, readings.first, 0), settings)
    return {code: s[-1].reshape(len(frames), len(readings.units)) for code, s in done.severity.items()}


def _events(
    rule: WarningRule, now: Frame, plan: BacktestPlan, peaks: Mapping[tuple[str, str], Sequence[int]]
) -> list[tuple[int, int]]:
    """Row and unit of each event, by what is known now."""
    if rule.event == "peak":
        return [(row, n) for n, u in enumerate(now.units) for row in peaks.get(u.key, ())]
    if rule.event == "most_production":
        below = now.fields["falling_share"] >= 50
    elif rule.event == "most_profit":
        below = now.fields["loss_share"] >= 50
    else:
        below = now.fields[rule.event] < 0
    return onsets(below, months=plan.fall_months)


def onsets(below: NDArray[np.bool_], *, months: int) -> list[tuple[int, int]]:
    """Row and unit in which a run of at least ``months`` begins; a run that the data begin with has no known
    beginning."""
    found = []
    for unit in range(below.shape[1]):
        row = 0
        while row < below.shape[0]:
            if not below[row, unit]:
                row += 1
                continue
            end = row
            while end < below.shape[0] and below[end, unit]:
                end += 1
            if end - row >= months and row > 0:
                found.append((row, unit))
            row = end
    return sorted(found)


@dataclass(frozen=True, slots=True)
class _Alarm:
    row: int
    unit: int
    event: tuple[int, int] | None


def _matched(
    starts: Sequence[tuple[int, int]], events: Sequence[tuple[int, int]], plan: BacktestPlan, last_row: int
) -> list[_Alarm]:
    """Each warning with the first event that makes it right; one whose months are not over yet is left aside."""
    by_unit: dict[int, list[int]] = {}
    for row, unit in events:
        by_unit.setdefault(unit, []).append(row)
    found = []
    for row, unit in starts:
        right = [e for e in by_unit.get(int(unit), []) if row - plan.late <= e <= row + plan.early]
        if right or row + plan.early <= last_row:
            found.append(_Alarm(int(row), int(unit), (right[0], int(unit)) if right else None))
    return found


def _line(
    rule: WarningRule, alarms: Sequence[_Alarm], events: Sequence[tuple[int, int]], plan: BacktestPlan, span: _Span,
    label: str, years: tuple[int, int], left_out: tuple[int, int] | None, settings: WarningSettings,
) -> RecordLine:  # fmt: skip
    def inside(row: int) -> bool:
        if not (span.first_row <= row <= span.last_row and years[0] <= span.year(row) <= years[1]):
            return False
        return left_out is None or not left_out[0] <= row <= left_out[1]

    mine = [
        a
        for a in alarms
        if inside(a.row) and (a.event is None or left_out is None or inside_range(a.event[0], left_out))
    ]
    due = [e for e in events if inside(e[0]) and e[0] + plan.late <= span.last_row]
    leads: dict[tuple[int, int], int] = {}
    for a in alarms:
        if a.event is not None:
            leads[a.event] = max(leads.get(a.event, -99), a.event[0] - a.row)
    found = [leads[e] for e in due if e in leads]
    right = sum(a.event is not None for a in mine)
    rows = [(e[0], 0, 0, 1, int(e in leads)) for e in due]
    rows += [(a.event[0] if a.event else a.row, 1, int(a.event is not None), 0, 0) for a in mine]
    episodes, blocks = _blocks(rows, plan.fall_months)
    with_events, with_alarms = sum(b[2] > 0 for b in blocks), sum(b[0] > 0 for b in blocks)
    low_p, high_p, low_r, high_r = _intervals(blocks, plan)
    count = sum(inside(r) for r in range(span.first_row, span.last_row + 1)) / 11
    return RecordLine(
        rule=rule.code, years=label, without=left_out is not None, alarms=len(mine), right=right, events=len(due),
        found=len(found),
        episodes=min(with_events, with_alarms) if episodes else 0, precision=_share(right, len(mine)),
        precision_low=low_p,
        precision_high=high_p, recall=_share(len(found), len(due)), recall_low=low_r, recall_high=high_r,
        lead=float(np.median(found)) if found else None,
        false_a_year=round((len(mine) - right) / count, 2) if count and mine else None,
    )  # fmt: skip


def inside_range(row: int, left_out: tuple[int, int]) -> bool:
    """True if a row is not among those left out."""
    return not left_out[0] <= row <= left_out[1]


def _share(part: int, of: int) -> float | None:
    return round(part / of, 4) if of else None


def _blocks(rows: Sequence[tuple[int, int, int, int, int]], width: int) -> tuple[int, NDArray[np.int64]]:
    """Sums of (warnings, right, events, found) by episode: what begins within ``width`` observations of an episode's
    first."""
    blocks: list[list[int]] = []
    start = -(10**9)
    for row, *counts in sorted(rows):
        if row >= start + width:
            blocks.append([0, 0, 0, 0])
            start = row
        blocks[-1] = [a + b for a, b in zip(blocks[-1], counts, strict=True)]
    return len(blocks), np.array(blocks, dtype=np.int64).reshape(-1, 4)


def _intervals(
    blocks: NDArray[np.int64], plan: BacktestPlan
) -> tuple[float | None, float | None, float | None, float | None]:
    """Intervals of precision and recall: whole episodes drawn with replacement from a fixed seed."""
    if len(blocks) < 2:
        return None, None, None, None
    rng = np.random.default_rng(plan.seed)
    drawn = blocks[rng.integers(len(blocks), size=(plan.resamples, len(blocks)))].sum(axis=1)
    tails = (1 - plan.interval) / 2 * 100
    out: list[float | None] = []
    for part, of in ((1, 0), (3, 2)):
        some = drawn[drawn[:, of] > 0]
        if len(some):
            share = some[:, part] / some[:, of]
            out += [round(float(q), 4) for q in np.percentile(share, [tails, 100 - tails])]
        else:
            out += [None, None]
    return out[0], out[1], out[2], out[3]
