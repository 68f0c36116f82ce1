"""From what is known at a date to the brief of one month (月度要情): topics, gaps, and what comes next.

Each topic stands at the newest period of its anchor figure, no later than the bulletin's month. Figures of other
bodies may lag behind; they stand at their own newest period, which is printed with them.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from qinggong.catalogue import Catalogue, Indicator, Subject, UnknownName
from qinggong.catalogue.breaks import Break
from qinggong.catalogue.bulletins import ChartPlan, Headline, MonthlyPlan, TopicPlan, Wording
from qinggong.catalogue.narrative import Narrative
from qinggong.catalogue.prosperity import LevelIndexPlan
from qinggong.monitor import adjust, prosperity_brief, prosperity_record
from qinggong.monitor.comparisons import compare, newest_period
from qinggong.monitor.contributions import level_share
from qinggong.monitor.facts import (
    Brief,
    Chart,
    Citation,
    Doubt,
    Fact,
    FactBook,
    Line,
    Lineage,
    Missing,
    Movement,
    NextRelease,
    Topic,
    quantity,
)
from qinggong.monitor.highlights import contrasts, highlighted
from qinggong.monitor.industry_lines import industry_topic
from qinggong.monitor.movements import (
    Desk,
    Sequence_,
    back_from,
    movement,
    observed,
    period_in,
    published_fact,
)
from qinggong.periods import Period, month, observed_month, parse, ytd
from qinggong.store.base import Snapshot


class NothingToTell(Exception):
    """No figure of the month is known; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Which of the required figures of a month are known."""

    month: Period
    missing: tuple[Missing, ...]
    members: int
    members_needed: int

    @property
    def complete(self) -> bool:
        return not self.missing and self.members >= self.members_needed


def _subject(catalogue: Catalogue, name: str, indicator: Indicator) -> Subject:
    return catalogue.subject(name, indicator=indicator.code)


def completeness(desk: Desk, plan: MonthlyPlan, at: Period) -> Completeness:
    """Hold a month against the catalogue's list of what makes it complete enough."""
    missing = []
    for want in plan.complete_when:
        indicator = desk.catalogue.indicator(want.indicator)
        subject = _subject(desk.catalogue, want.subject, indicator)
        period = period_in(want.sequence, at)
        if observed(desk, subject, indicator, measure=want.measure, sequence=want.sequence, period=period) is None:
            missing.append(missing_figure(desk, subject, indicator, want.measure, want.sequence, period))
    need = plan.minimum_members
    indicator = desk.catalogue.indicator(need.indicator)
    period = period_in(need.sequence, at)
    members = [
        desk.catalogue.known_subjects[m.subjects[0]] for m in desk.catalogue.groups[need.group].members if m.subjects
    ]
    count = sum(
        1 for s in members if observed(desk, s, indicator, measure=need.measure, sequence=need.sequence, period=period)
    )
    return Completeness(at, tuple(missing), count, need.count)


def latest_complete_month(desk: Desk, plan: MonthlyPlan) -> Period | None:
    """The newest month that is complete enough."""
    months = {observed_month(o.period.year, o.period.last) for o in desk.snapshot.observations}
    return next((m for m in sorted(months, reverse=True) if completeness(desk, plan, m).complete), None)


def missing_figure(
    desk: Desk, subject: Subject, indicator: Indicator, measure: str, sequence: Sequence_, period: Period
) -> Missing:
    """Describe a figure that is not known: the body whose scope the series has, and when it is due there."""
    scope = desk.catalogue.scopes[subject.scope]
    publisher = desk.catalogue.publishers[scope.publisher].name
    try:
        unit = desk.catalogue.canonical_unit(indicator.code, measure, subject)
    except UnknownName:
        unit = ""
    due = desk.catalogue.release(publisher=publisher, indicator=indicator.code, period=period)
    return Missing(
        subject.key, subject.name, indicator.code, indicator.name, measure, unit, sequence, period, publisher,
        due.expected.isoformat() if due else "", bool(due and due.announced),
    )  # fmt: skip


Warned = tuple[str, str, str, str]
"""Rule, series as “subject·indicator·measure”, period and value of a figure that came in with a warning."""


def brief(
    snapshot: Snapshot,
    catalogue: Catalogue,
    plan: MonthlyPlan,
    wording: Wording,
    *,
    at: Period,
    warned: Sequence[Warned] = (),
    breaks: Sequence[Break] = (),
    level_index: LevelIndexPlan | None = None,
    earlier: Callable[[dt.date], Snapshot] | None = None,
    narrative: Narrative | None = None,
) -> Brief:
    """Everything that the bulletin of one month may print.

    Parameters
    ----------
    breaks
        Declared breaks in the figures.
    level_index
        The setting of the level index; without it there is none.
    earlier
        What was known on a day, for the history of revisions of the index; asked only if there is an index.
    narrative
        Thresholds of runs, records and marks; without them the bundled ones.
    warned
        Open warnings about figures of the month; those that the snapshot does not hold are left out.

    Raises
    ------
    NothingToTell
        If no topic has a figure of the month or of a period shortly before it.
    """
    capped = Snapshot(
        tuple(o for o in snapshot.observations if o.period.end_date <= at.end_date),
        snapshot.as_of, snapshot.known, snapshot.version, snapshot.undated,
    )  # fmt: skip
    bands_of = tuple((b.lower, b.label) for b in wording.bands)
    desk = Desk(capped, catalogue, FactBook(), bands_of, narrative)
    topics = [_topic(desk, plan, topic, at, breaks) for topic in plan.topics]
    if not any(_says_something(t, at) for t in topics):
        known = f"（截至{snapshot.as_of.isoformat()}）" if snapshot.as_of else ""
        raise NothingToTell(f"{at.year}年{at.last}月没有可用数据{known}，不能编制月报")
    topics = _contrasted(desk, plan, topics)
    topics.append(industry_topic(desk, plan, at))
    paced = adjust.momentum(desk, plan.momentum, breaks, at=at) if plan.momentum else None
    dates = [c.published_at for t in topics for c in _anchor_citations(t) if c.published_at]
    release = max(dates) if dates else at.end_date.isoformat()
    if snapshot.as_of is not None:
        release = snapshot.as_of.isoformat()
    index = None
    if level_index is not None:
        days = prosperity_record.earlier_days(dt.date.fromisoformat(release), level_index.shown.earlier)
        before = ((day, earlier(day)) for day in days) if earlier is not None else ()
        index = prosperity_brief.signals(desk, level_index, at=at, earlier=before)
    bands = tuple((_bound(desk, b.lower, at), b.label) for b in wording.bands)
    undated = _number(desk, "parameter:undated", "发布日期不详而未采用的数字", snapshot.undated, at)
    figures = _number(desk, "parameter:figures", "截至本期的已知数字", len(capped.observations), at)
    return Brief(
        at, snapshot.as_of.isoformat() if snapshot.as_of else "", release, tuple(topics), desk.book,
        bands, undated, figures, tuple(d for w in warned if (d := _doubt(desk, wording, w)) is not None), paced,
        index,
    )  # fmt: skip


def _doubt(desk: Desk, wording: Wording, warned: Warned) -> Doubt | None:
    """The doubt about a figure that is known here under the value that was doubted."""
    rule, series, code, value = warned
    try:
        name, indicator_name, measure = series.split("·")
        period, indicator = parse(code), desk.catalogue.indicator(indicator_name)
        subject = desk.catalogue.subject(name, indicator=indicator.code)
    except (ValueError, UnknownName):
        return None
    sequence: Sequence_ = "point" if indicator.nature == "stock" else "month" if period.kind == "month" else "ytd"
    o = observed(desk, subject, indicator, measure=measure, sequence=sequence, period=period)
    if o is None or o.printed != value.strip().rstrip("%％"):
        return None
    what = quantity(subject.name, indicator.code, indicator.name) + ("同比" if measure == "yoy" else "")
    return Doubt(what, published_fact(desk, o, label=what), wording.doubts.get(rule, rule))


def _anchor_citations(topic: Topic) -> list[Citation]:
    """Citations of the section's own figures at its own period: the newest of them dates the bulletin."""
    own = [m for m in topic.headlines if m.period == topic.period and m.scope == "nbs"]
    return [c for m in own for f in (m.level, m.growth) if f for c in f.lineage.citations]


def _bound(desk: Desk, lower: float, at: Period) -> Fact:
    lineage = Lineage((), "catalogue parameter")
    return desk.book.add(
        Fact(f"parameter:band/{lower:g}", "增速区间下限", lower, f"{lower:g}", "%", at, "computed", lineage)
    )


def _number(desk: Desk, identifier: str, label: str, number: int, at: Period) -> Fact:
    return desk.book.add(
        Fact(identifier, label, float(number), str(number), "个", at, "computed", Lineage((), "count"))
    )


def _says_something(topic: Topic, at: Period) -> bool:
    return topic.period is not None and (at.year - topic.period.year) * 12 + at.last - topic.period.last <= 1


def _contrasted(desk: Desk, plan: MonthlyPlan, topics: Sequence[Topic]) -> list[Topic]:
    """The topics with their contrasts: of the headlines of all sections, and of the rows of their own comparisons."""
    headlines = [m for t in topics for m in t.headlines]
    told = []
    for topic, planned in zip(topics, plan.topics, strict=True):
        rows = [m for c in topic.comparisons for m in c.rows]
        pairs = [(c.key, c.first, c.second) for c in planned.contrasts]
        found = {c.gap.id: c for c in contrasts(desk, [*headlines, *rows], pairs)}
        told.append(dataclasses.replace(topic, contrasts=tuple(found.values())))
    return told


def _topic(desk: Desk, plan: MonthlyPlan, topic: TopicPlan, at: Period, breaks: Sequence[Break]) -> Topic:
    indicator = desk.catalogue.indicator(topic.anchor.indicator)
    subject = _subject(desk.catalogue, topic.anchor.subject, indicator)
    wanted = period_in(topic.anchor.sequence, at)
    candidates = back_from(topic.anchor.sequence, wanted, steps=plan.oldest_months)
    period = newest_period(desk, [subject], indicator, sequence=topic.anchor.sequence, candidates=candidates)
    here = observed_month(period.year, period.last) if period else None
    headlines, missing = _headlines(desk, plan, topic, at, here)
    comparisons = [
        c
        for p in topic.comparisons
        if (
            c := compare(
                desk, p, wanted=period_in(p.sequence, at),
                candidates=back_from(p.sequence, period_in(p.sequence, at), steps=plan.oldest_comparison),
                anchor=period_in(p.sequence, here) if here else None,
            )
        )
    ]  # fmt: skip
    ends = [(p, period_in(p.sequence, here or at)) for p in topic.charts]
    charts = [chart for p, end in ends if (chart := _chart(desk, p, end, breaks))]
    following = _following(desk, topic, subject, indicator, period) if period else None
    return Topic(
        topic.key, topic.title, wanted, period, headlines, tuple(c for c in comparisons if c.rows), tuple(charts),
        missing, following,
    )  # fmt: skip


def _headlines(
    desk: Desk, plan: MonthlyPlan, topic: TopicPlan, at: Period, here: Period | None
) -> tuple[tuple[Movement, ...], tuple[Missing, ...]]:
    found: list[Movement] = []
    missing: list[Missing] = []
    for line in topic.headlines:
        if not _in_use(line, at):
            continue
        indicator = desk.catalogue.indicator(line.indicator)
        subject = _subject(desk.catalogue, line.subject, indicator)
        wanted = period_in(line.sequence, at)
        if line.own_period:
            candidates = back_from(line.sequence, wanted, steps=plan.oldest_months)
            period = newest_period(desk, [subject], indicator, sequence=line.sequence, candidates=candidates)
        else:
            period = period_in(line.sequence, here) if here else None
        if period is not None:
            told = _headline(desk, subject, indicator, line, period)
            if told.present:
                found.append(told)
        known = any(
            observed(desk, subject, indicator, measure=m, sequence=line.sequence, period=wanted)
            for m in ("yoy", "level")
        )
        if not known:
            measure = "yoy" if "yoy" in indicator.measures else "level"
            missing.append(missing_figure(desk, subject, indicator, measure, line.sequence, wanted))
    return tuple(found), tuple(missing)


def _in_use(line: Headline, at: Period) -> bool:
    code = f"{at.year}-{at.last:02d}"
    return (not line.since or code >= line.since) and (not line.until or code <= line.until)


def _headline(desk: Desk, subject: Subject, indicator: Indicator, line: Headline, period: Period) -> Movement:
    industry = (
        desk.catalogue.subject("规模以上工业", indicator=indicator.code) if "industry" in indicator.kinds else None
    )
    benchmark = None
    if industry is not None and industry.key != subject.key and indicator.measures.get("yoy") == "%":
        benchmark = movement(desk, industry, indicator, sequence=line.sequence, period=period)
    told = movement(
        desk, subject, indicator, sequence=line.sequence, period=period, benchmark=benchmark, history=line.history
    )
    told = highlighted(desk, subject, indicator, told)
    if indicator.code == "retail_sales" and subject.code != "total":
        whole = desk.catalogue.subject("社会消费品零售总额", indicator=indicator.code)
        share = level_share(desk, subject, whole, indicator, sequence=line.sequence, period=period)
        return dataclasses.replace(told, share=share)
    return told


def _chart(desk: Desk, plan: ChartPlan, end: Period, breaks: Sequence[Break]) -> Chart | None:
    indicator = desk.catalogue.indicator(plan.indicator)
    periods = tuple(reversed(back_from(plan.sequence, end, steps=plan.steps)))
    lines = []
    concerned: list[Break] = []
    for place, name in enumerate(plan.subjects):
        subject = _subject(desk.catalogue, name, indicator)
        points = []
        for period in periods:
            o = observed(desk, subject, indicator, measure="yoy", sequence=plan.sequence, period=period)
            points.append(
                (
                    period,
                    published_fact(desk, o, label=f"{quantity(subject.name, indicator.code, indicator.name)}同比")
                    if o
                    else None,
                )
            )
        if any(f for _, f in points):
            lines.append(Line(subject.key, subject.name, place == 0, tuple(points)))
            about = {"kind": subject.kind, "code": subject.code, "indicator": indicator.code}
            concerned += [b for b in breaks if b.concerns(**about)]
    if not lines:
        return None
    marks = adjust.break_marks([b for b in breaks if b in concerned], periods)
    return Chart(plan.key, plan.title, indicator.name, "%", plan.sequence, periods, tuple(lines), marks)


def _following(
    desk: Desk, topic: TopicPlan, subject: Subject, indicator: Indicator, period: Period
) -> NextRelease | None:
    o = observed(desk, subject, indicator, measure="yoy", sequence=topic.anchor.sequence, period=period)
    o = o or observed(desk, subject, indicator, measure="level", sequence=topic.anchor.sequence, period=period)
    if o is None:
        return None
    after = _step_forward(topic.anchor.sequence, period)
    due = desk.catalogue.release(publisher=o.publisher, indicator=indicator.code, period=after)
    if due is None:
        return None
    return NextRelease(after, topic.release_name, o.publisher, due.expected.isoformat(), bool(due.announced))


def _step_forward(sequence: Sequence_, period: Period) -> Period:
    if period.last == 12:
        return ytd(period.year + 1, 2) if sequence != "point" else month(period.year + 1, 2)
    if sequence == "ytd":
        return ytd(period.year, period.last + 1)
    return month(period.year, period.last + 1)
