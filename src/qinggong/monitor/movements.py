"""What one indicator of one subject did in a period (单项动态): growth, its change, gap, run and record.

Rules that keep the statements true: a cumulative rate is compared with the previous cumulative rate of the same
year (1—2月 with last year's full year), a single-month rate with the previous month (1—2月 with December, March
with 1—2月); the two kinds are never compared. A run or a record is stated only if every observation it needs is
there, otherwise it is withheld with the reason.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

import numpy as np

from qinggong.catalogue import Catalogue, Indicator, Subject
from qinggong.catalogue.narrative import Narrative, bundled_narrative
from qinggong.methods import growth as arithmetic
from qinggong.monitor.facts import Citation, Fact, FactBook, Lineage, Movement, fixed, quantity
from qinggong.periods import Period, month, previous_month, previous_ytd, ytd
from qinggong.periods import name as period_name
from qinggong.store.base import Observation, Snapshot

Sequence_ = Literal["month", "ytd", "point"]

EARLIEST = month(2018, 3)
"""Runs and records look back no further: the 2017 classification enters monthly statistics in 2018."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What an analyst has on the desk: the figures known, the catalogue, and the book that facts go into."""

    snapshot: Snapshot
    catalogue: Catalogue
    book: FactBook
    bands: tuple[tuple[float, str], ...] = ()
    narrative: Narrative | None = None

    def threshold(self, name: str) -> float:
        """A threshold of the narrative (``bulletins/narrative.yaml``)."""
        return (self.narrative or bundled_narrative()).threshold(name)


def span_for(sequence: Sequence_, period: Period) -> str:
    """Span under which a step of a sequence is stored: 1—2月 of a single-month sequence is cumulative."""
    return "ytd" if sequence == "month" and period.is_jan_feb else sequence


def step_back(sequence: Sequence_, period: Period) -> Period:
    """The observation before ``period`` in its own sequence."""
    if sequence == "ytd":
        return previous_ytd(period)
    if sequence == "month":
        return previous_month(period)
    return month(period.year - 1, 12) if period.last <= 2 else month(period.year, period.last - 1)


def observed(
    desk: Desk, subject: Subject, indicator: Indicator, *, measure: str, sequence: Sequence_, period: Period
) -> Observation | None:
    """The figure known for a step of a sequence."""
    found = desk.snapshot.find(
        subject.key, indicator=indicator.code, measure=measure, span=span_for(sequence, period), period=period
    )
    return found if found is not None and found.value is not None else None


def citation_of(o: Observation) -> Citation:
    date = o.published_at.isoformat() if o.published_at else ""
    return Citation(o.citation, o.publisher, date, o.published_at_basis, o.url)


def fact_id(o: Observation) -> str:
    s = o.series
    return f"{s.subject_key}/{s.indicator}/{s.measure}/{o.period.code}"


def published_fact(desk: Desk, o: Observation, *, label: str) -> Fact:
    """A published number with the digits and the unit of its release."""
    value = float(Decimal(o.printed))
    lineage = Lineage((f"{o.series.id}@{o.period.code}",), "published", (citation_of(o),))
    return desk.book.add(Fact(fact_id(o), label, value, o.printed, o.printed_unit, o.period, "published", lineage))


def difference_fact(desk: Desk, first: Fact, second: Fact, *, suffix: str, label: str, unit: str, method: str) -> Fact:
    """Difference of two growth rates in 百分点, with the digits that both have."""
    decimals = min(_decimals(first), _decimals(second))
    exact = float(Decimal(first.text) - Decimal(second.text))
    text = fixed(exact, decimals)
    return desk.book.add(
        Fact(
            f"{first.id}#{suffix}", label, float(text), text, unit, first.period, "computed",
            _joined(first, second, method),
        )
    )  # fmt: skip


def _joined(first: Fact, second: Fact, method: str) -> Lineage:
    a, b = first.lineage, second.lineage
    citations = {c.key: c for c in (*a.citations, *b.citations)}
    return Lineage((*a.inputs, *b.inputs), method, tuple(citations.values()))


def _decimals(fact: Fact) -> int:
    return len(fact.text.partition(".")[2])


def withheld(desk: Desk, identifier: str, *, label: str, unit: str, period: Period, reason: str) -> Fact:
    """A fact that is not stated, with the reason."""
    return desk.book.add(Fact(identifier, label, None, "", unit, period, "withheld", Lineage((), "withheld"), reason))


def movement(
    desk: Desk,
    subject: Subject,
    indicator: Indicator,
    *,
    sequence: Sequence_,
    period: Period,
    benchmark: Movement | None = None,
    history: bool = False,
    note: str = "",
) -> Movement:
    """All that can be stated of one subject and indicator at one period.

    Parameters
    ----------
    benchmark
        The same indicator of all industry at the same period, for the gap in 百分点.
    history
        Also look for runs and records.
    """
    previous = step_back(sequence, period)
    label = quantity(subject.name, indicator.code, indicator.name)
    level = growth = before = None
    if o := observed(desk, subject, indicator, measure="level", sequence=sequence, period=period):
        level = published_fact(desk, o, label=label)
    if o := observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=period):
        growth = published_fact(desk, o, label=label + _growth_word(indicator))
    if o := observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=previous):
        before = published_fact(desk, o, label=label + _growth_word(indicator))
    change = gap = run = record = None
    in_points = indicator.measures.get("yoy") == "%"
    if growth and before and in_points:
        change = difference_fact(
            desk, growth, before, suffix=f"change.{sequence}", label=f"{label}增速变化", unit="百分点",
            method=f"growth({period.code}) − growth({previous.code})",
        )  # fmt: skip
    if growth and benchmark and benchmark.growth and in_points and benchmark.subject_key != subject.key:
        if benchmark.period != period or benchmark.sequence != sequence:
            raise ValueError(f"{label}: a gap needs one period, got {period.code} and {benchmark.period.code}")
        gap = difference_fact(
            desk, growth, benchmark.growth, suffix="gap", label=f"{label}增速与{benchmark.name}之差", unit="百分点",
            method="growth − growth of the benchmark, same period",
        )  # fmt: skip
    if growth and history:
        run = run_fact(desk, subject, indicator, sequence=sequence, growth=growth)
        record = record_fact(desk, subject, indicator, sequence=sequence, growth=growth)
    return Movement(
        subject.key, subject.name, note, subject.scope, indicator.code, indicator.name, sequence, period, previous,
        level, growth, before, change, gap, run, record,
        band=_band(desk, growth) if growth and in_points else "",
    )  # fmt: skip


def _growth_word(indicator: Indicator) -> str:
    return "同比" if indicator.measures.get("yoy") == "%" else "同比变化"


def _band(desk: Desk, growth: Fact) -> str:
    for lower, label in desk.bands:
        if growth.value is not None and growth.value >= lower:
            return label
    return ""


def past_rates(
    desk: Desk, subject: Subject, indicator: Indicator, *, sequence: Sequence_, period: Period
) -> tuple[list[Period], list[Observation | None]]:
    """The sequence from the earliest usable step to ``period``, gaps as ``None``."""
    periods = [period]
    while periods[-1] > EARLIEST:
        periods.append(step_back(sequence, periods[-1]))
    periods.reverse()
    rows = [observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=p) for p in periods]
    return periods, rows


def rates_of(rows: Sequence[Observation | None]) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The values of observations, NaN where there is none."""
    return np.array([np.nan if o is None or o.value is None else o.value for o in rows], dtype=np.float64)


def run_fact(desk: Desk, subject: Subject, indicator: Indicator, *, sequence: Sequence_, growth: Fact) -> Fact | None:
    """“连续n个月”: stated if the month before the run is known and has another sign; 1—2月 counts as two months."""
    if sequence != "month":
        return None
    periods, rows = past_rates(desk, subject, indicator, sequence=sequence, period=growth.period)
    run = arithmetic.trailing_run(rates_of(rows), np.array([p.months for p in periods], dtype=np.int64))
    if run is None or run.sign == 0:
        return None
    label = f"{quantity(subject.name, indicator.code, indicator.name)}连续{'增长' if run.sign > 0 else '下降'}"
    identifier = f"{growth.id}#run"
    if not run.closed:
        missing = periods[-run.observations - 1] if run.observations < len(periods) else None
        reason = (
            f"已知连续{run.months}个月同向，但{period_name(missing)}没有收录，起点不明"
            if missing
            else f"已知连续{run.months}个月同向，更早的数据没有收录"
        )
        return withheld(desk, identifier, label=label, unit="个月", period=growth.period, reason=reason)
    if run.months < desk.threshold("run"):
        return None
    used = [o for o in rows[-run.observations - 1 :] if o is not None]
    return desk.book.add(
        Fact(
            identifier, label, float(run.months * run.sign), str(run.months), "个月", growth.period, "computed",
            _lineage(used, "months of equal sign; January–February counts as two"),
        )
    )  # fmt: skip


def record_fact(
    desk: Desk, subject: Subject, indicator: Indicator, *, sequence: Sequence_, growth: Fact
) -> Fact | None:
    """“为某月以来最高/最低”: the month since which the rate is unmatched, stated if no month between is missing.

    The value is the earlier rate that matched it; its period is in the label.
    """
    if sequence != "month":
        return None
    periods, rows = past_rates(desk, subject, indicator, sequence=sequence, period=growth.period)
    values = rates_of(rows)
    for highest in (True, False):
        reach, ended = arithmetic.record_reach(values, highest=highest)
        if reach < desk.threshold("record"):
            continue
        word = "最高" if highest else "最低"
        label = f"{quantity(subject.name, indicator.code, indicator.name)}增速为若干月以来{word}"
        if not ended:
            missing = rows[-reach - 2] is None if reach + 1 < len(rows) else False
            reason = "更早的月份没有收录" if not missing else f"{period_name(periods[-reach - 2])}没有收录"
            return withheld(
                desk, f"{growth.id}#record", label=label, unit="%", period=growth.period, reason=f"{reason}，起点不明"
            )
        matched, used = rows[-reach - 2], [o for o in rows[-reach - 2 :] if o is not None]
        assert matched is not None
        label = f"{quantity(subject.name, indicator.code, indicator.name)}增速为{period_name(matched.period)}以来{word}"
        return desk.book.add(
            Fact(
                f"{growth.id}#record", label, matched.value, matched.printed, "%", growth.period, "computed",
                _lineage(used, "all observations in between are strictly " + ("lower" if highest else "higher")),
            )
        )  # fmt: skip
    return None


def _lineage(used: Sequence[Observation], method: str) -> Lineage:
    citations = {c.key: c for c in map(citation_of, used)}
    return Lineage(tuple(f"{o.series.id}@{o.period.code}" for o in used), method, tuple(citations.values()))


def newest(candidates: Sequence[Period], has_data: Callable[[Period], bool]) -> Period | None:
    """The newest of ``candidates`` (newest first) with data."""
    return next((p for p in candidates if has_data(p)), None)


def back_from(sequence: Sequence_, end: Period, *, steps: int) -> list[Period]:
    """``end`` and the observations before it in its sequence, newest first."""
    periods = [end]
    while len(periods) < steps and periods[-1].year >= EARLIEST.year:
        periods.append(step_back(sequence, periods[-1]))
    return periods


def period_in(sequence: Sequence_, wanted: Period) -> Period:
    """The step of a sequence that belongs to the bulletin month ``wanted``."""
    if sequence == "ytd":
        return ytd(wanted.year, max(2, wanted.last))
    if sequence == "point":
        return month(wanted.year, wanted.last)
    return wanted
