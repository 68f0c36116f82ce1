"""A release that just came in (数据快评): its figures, their change, base effect, contributions, what was expected.

The base effect is what last year's growth alone does to this year's: if the growth of two years together stayed, growth
would move by the growth of last year's period before less that of last year's same period.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from qinggong.catalogue import Catalogue, Subject, UnknownName
from qinggong.catalogue.bulletins import ComparisonPlan, MonthlyPlan
from qinggong.monitor.comparisons import compare
from qinggong.monitor.facts import (
    Carriers,
    Fact,
    Lineage,
    NowcastLine,
    Nowcasts,
    ReleaseFigure,
    ReleaseNote,
    fixed,
    quantity,
)
from qinggong.monitor.movements import Desk, Sequence_, difference_fact, movement, observed, published_fact, span_for
from qinggong.periods import Period, month
from qinggong.periods import name as period_name
from qinggong.store.base import Observation

MOST_FIGURES, MOST_CARRIERS, MOST_PARTS, MOST_MOVED = 8, 2, 6, 3


def release_note(
    desk: Desk,
    plan: MonthlyPlan,
    rows: Sequence[Observation],
    *,
    title: str = "",
    before: Nowcasts | None = None,
    after: Nowcasts | None = None,
    unexpected: str = "",
) -> ReleaseNote:
    """What a release says at its newest month.

    Parameters
    ----------
    desk
        Everything known with the release.
    rows
        The figures of the release, at least one.
    before, after
        The nowcasts as of the day before it, and with it.
    unexpected
        Why there is no nowcast of before, in Chinese.
    """
    newest = max((o.period.year, o.period.last) for o in rows)
    own = [o for o in rows if (o.period.year, o.period.last) == newest and o.series.region == "CN"] or list(rows)
    period = max(o.period for o in own)
    chosen = _chosen(desk, plan, own)[:MOST_FIGURES]
    figures = tuple(_figure(desk, *one, before) for one in chosen)
    dates = [o.published_at for o in own if o.published_at is not None]
    at = month(period.year, period.last)
    return ReleaseNote(
        title or _title(own), "、".join(dict.fromkeys(o.publisher for o in own)),
        max(dates).isoformat() if dates else "", period, tuple(f for f in figures if f.movement.present),
        _carriers(desk, plan, own), _count(desk, "figures", "本次发布的本期数字", len(own), at),
        _count(desk, "older", "本次发布的以前各期数字", len(rows) - len(own), at), _moved(desk, before, after, at), unexpected,
        any(o.source == "synthetic" for o in own), desk.book,
    )  # fmt: skip


def _title(rows: Sequence[Observation]) -> str:
    titles = dict.fromkeys(o.citation for o in rows if o.citation)
    first = next(iter(titles), "")
    return first if len(titles) < 2 else f"{first}等{len(titles)}次发布"


def _count(desk: Desk, key: str, label: str, number: int, at: Period) -> Fact:
    lineage = Lineage((), "count of figures of the release")
    return desk.book.add(Fact(f"release:{key}", label, float(number), str(number), "个", at, "computed", lineage))


def _chosen(desk: Desk, plan: MonthlyPlan, own: Sequence[Observation]) -> list[tuple[Subject, str, Sequence_, Period]]:
    """Subject, indicator, sequence and period of the figures, those that the bulletin tells first in front."""
    order = _order(desk.catalogue, plan)
    found: dict[tuple[str, str, Period], tuple[int, Subject, str, Sequence_, Period]] = {}
    for o in own:
        subject = desk.catalogue.known_subjects.get(o.series.subject_key)
        if subject is None or o.value is None:
            continue
        indicator = o.series.indicator
        sequence: Sequence_ = "point" if o.series.span == "point" else "ytd" if o.series.span == "ytd" else "month"
        if sequence == "ytd" and o.period.is_jan_feb and (subject.key, indicator, "month") in order:
            sequence = "month"
        rank = order.get((subject.key, indicator, sequence), len(order) + _late(desk.catalogue, subject, indicator))
        found.setdefault((subject.key, indicator, o.period), (rank, subject, indicator, sequence, o.period))
    ranked = sorted(found.values(), key=lambda one: (one[0], one[1].code, one[2], one[4]))
    return [(subject, indicator, sequence, period) for _, subject, indicator, sequence, period in ranked]


def _order(catalogue: Catalogue, plan: MonthlyPlan) -> dict[tuple[str, str, str], int]:
    order: dict[tuple[str, str, str], int] = {}
    for topic in plan.topics:
        for line in topic.headlines:
            indicator = catalogue.indicator(line.indicator)
            try:
                subject = catalogue.subject(line.subject, indicator=indicator.code)
            except UnknownName:
                continue
            order.setdefault((subject.key, indicator.code, line.sequence), len(order))
    return order


def _late(catalogue: Catalogue, subject: Subject, indicator: str) -> int:
    """Figures of whole light divisions go before others, main indicators before the rest."""
    main = ("value_added", "profit", "revenue", "export_delivery", "output", "retail_sales", "producer_prices")
    industry = catalogue.industries.get(subject.code) if subject.kind == "industry" else None
    light = (
        0 if industry is not None and industry.whole else 1 if industry is None or industry.confidence != "none" else 2
    )
    return light * 100 + (main.index(indicator) if indicator in main else len(main))


def _figure(
    desk: Desk, subject: Subject, code: str, sequence: Sequence_, period: Period, before: Nowcasts | None
) -> ReleaseFigure:
    indicator = desk.catalogue.indicator(code)
    told = movement(desk, subject, indicator, sequence=sequence, period=period, history=sequence == "month")
    growth = told.growth
    if growth is None or indicator.measures.get("yoy") != "%":
        return ReleaseFigure(told)
    label = quantity(subject.name, indicator.code, indicator.name)
    past = _growth(desk, subject, code, sequence, period.year_before())
    earlier = _growth(desk, subject, code, sequence, told.previous.year_before())
    base = two_year = None
    if past is not None and earlier is not None:
        base = difference_fact(
            desk, earlier, past, suffix=f"base.{sequence}", label=f"{label}基数影响", unit="百分点",
            method="growth a year before: period before − same period",
        )  # fmt: skip
    if past is not None and past.value is not None and growth.value is not None:
        two_year = _two_year(desk, growth, past, label)
    expected = _expected(before, subject, code, period)
    surprise = None
    if expected is not None:
        mean = desk.book.add(expected.density.mean)
        surprise = difference_fact(
            desk, growth, mean, suffix="surprise", label=f"{label}与此前预测之差", unit="百分点", method="actual − nowcast",
        )  # fmt: skip
        return ReleaseFigure(told, base, two_year, mean, surprise, expected.chosen_name)
    return ReleaseFigure(told, base, two_year)


def _growth(desk: Desk, subject: Subject, code: str, sequence: Sequence_, period: Period) -> Fact | None:
    indicator = desk.catalogue.indicator(code)
    o = observed(desk, subject, indicator, measure="yoy", sequence=sequence, period=period)
    if o is None:
        return None
    return published_fact(desk, o, label=f"{quantity(subject.name, indicator.code, indicator.name)}同比")


def _two_year(desk: Desk, growth: Fact, past: Fact, label: str) -> Fact | None:
    """Average growth of two years: √((1+g)(1+g₀)) − 1."""
    assert growth.value is not None and past.value is not None
    product = (1 + growth.value / 100) * (1 + past.value / 100)
    if product <= 0:
        return None
    value = 100 * (math.sqrt(product) - 1)
    citations = {c.key: c for c in (*growth.lineage.citations, *past.lineage.citations)}
    lineage = Lineage(
        (*growth.lineage.inputs, *past.lineage.inputs), "sqrt((1+g)(1+g of the year before)) − 1",
        tuple(citations.values()),
    )  # fmt: skip
    text = fixed(value, 1)
    return desk.book.add(
        Fact(
            f"{growth.id}#two_year", f"{label}两年平均增速", float(text), text, "%", growth.period, "computed", lineage
        )
    )


def _expected(before: Nowcasts | None, subject: Subject, code: str, period: Period) -> NowcastLine | None:
    """The nowcast of a figure made before it came out."""
    for line in before.lines if before is not None else ():
        own = (line.subject_key, line.indicator) == (subject.key, code)
        if own and line.period == period and span_for("month", period) in ("month", "ytd"):
            return line
    return None


def _carriers(desk: Desk, plan: MonthlyPlan, own: Sequence[Observation]) -> tuple[Carriers, ...]:
    """For the comparisons of the bulletin that the release brings: the parts that move the whole most."""
    brought = {(o.series.indicator, o.period) for o in own}
    found: list[Carriers] = []
    for topic in plan.topics:
        for comparison in topic.comparisons:
            period = next((p for i, p in brought if i == desk.catalogue.indicator(comparison.indicator).code
                           and _fits(comparison, p)), None)  # fmt: skip
            if period is None:
                continue
            told = compare(desk, comparison, wanted=period, candidates=[period], anchor=period)
            if told is None or not told.rows or any(c.indicator_name == told.indicator_name for c in found):
                continue
            rows = [m for m in told.rows if m.growth is not None and m.growth.value is not None]
            added = [m for m in rows if m.contribution is not None and m.contribution.value]
            whole = told.benchmark.name if told.benchmark is not None else told.group_name
            if added:
                parts = sorted(added, key=lambda m: -abs(_value(m.contribution)))[:MOST_PARTS]
                parts.sort(key=lambda m: -_value(m.contribution))
                found.append(Carriers(whole, told.indicator_name, period, tuple(parts), True))
            elif len(rows) > 1:
                ends = rows if len(rows) <= MOST_PARTS else [*rows[:3], *rows[-3:]]
                found.append(Carriers(whole, told.indicator_name, period, tuple(ends), False))
    return tuple(found[:MOST_CARRIERS])


def _fits(comparison: ComparisonPlan, period: Period) -> bool:
    if comparison.sequence == "ytd":
        return period.first == 1 and period.last > 1
    return period.kind == "month" or period.is_jan_feb


def _value(fact: Fact | None) -> float:
    return fact.value if fact is not None and fact.value is not None else 0.0


def _moved(
    desk: Desk, before: Nowcasts | None, after: Nowcasts | None, at: Period
) -> tuple[tuple[str, Fact, Fact, Fact], ...]:
    """Figures still to come whose nowcast is another than before the release: what moved most."""
    if before is None or after is None:
        return ()
    told = []
    earlier = {(x.subject_key, x.indicator): x for x in before.lines}
    for line in after.lines:
        then = earlier.get((line.subject_key, line.indicator))
        point = next((p for p in then.path if p.period == line.period and p.kind != "known"), None) if then else None
        if point is None or not math.isfinite(point.mean) or line.period.end_date < at.end_date:
            continue
        name = f"{period_name(line.period)}{quantity(line.subject_name, line.indicator, line.indicator_name)}"
        now = desk.book.add(line.density.mean)
        lineage = Lineage(now.lineage.inputs, "nowcast as of the day before the release")
        text = fixed(point.mean, 1)
        was = desk.book.add(
            Fact(f"{now.id}#before", f"{name}此前的预测", float(text), text, "%", line.period, "computed", lineage)
        )
        change = difference_fact(
            desk,
            now,
            was,
            suffix="note.change",
            label=f"{name}预测的变动",
            unit="百分点",
            method="nowcast now − before",
        )
        if change.value:
            told.append((name, was, now, change))
    return tuple(sorted(told, key=lambda one: -abs(_value(one[3])))[:MOST_MOVED])
