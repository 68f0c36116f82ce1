"""One industry in a month (行业概貌): production, revenue, profit, exports and prices as far as known, the industries below
it, and for each side without figures the one that lacks.

Every figure stands at its own newest period and says so; nothing is carried over from another period.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qinggong.catalogue import Catalogue, Indicator, Subject, UnknownName
from qinggong.catalogue.editions import Aspect, AspectIndicator, EditionPlan
from qinggong.monitor.briefs import missing_figure
from qinggong.monitor.comparisons import newest_period, note_for
from qinggong.monitor.contributions import level_contribution, level_share, margin
from qinggong.monitor.facts import Chart, Fact, Line, Movement, UnitAspect, UnitReport, quantity
from qinggong.monitor.industry_lines import NOT_SUB_INDUSTRIES
from qinggong.monitor.movements import Desk, Sequence_, back_from, movement, observed, period_in, published_fact
from qinggong.periods import Period

WHOLE = "规模以上工业"
RELATED = {
    "product": ("output", ("month", "ytd")),
    "trade": ("exports_usd", ("ytd",)),
    "retail": ("retail_sales", ("month",)),
}
_PART_INDICATORS = ("revenue", "profit")


def units(desk: Desk, plan: EditionPlan, *, at: Period) -> list[tuple[str, str]]:
    """Code and name of every light industry with figures of its own not older than the plan allows, by code."""
    wanted = {
        desk.catalogue.indicator(i.indicator).code for a in plan.aspects if a.key != "prices" for i in a.indicators
    }
    oldest = at.year * 12 + at.last - plan.oldest_months
    known = {
        (o.series.subject_kind, o.series.subject)
        for o in desk.snapshot.observations
        if o.series.region == "CN" and o.series.indicator in wanted and o.value is not None
        and oldest < o.period.year * 12 + o.period.last and o.period.end_date <= at.end_date
    }  # fmt: skip
    found: dict[str, str] = {}
    for code, subjects in _light(desk.catalogue):
        if any((s.kind, code) in known for s in subjects):
            found[code] = subjects[0].name
    return sorted(found.items())


def find_unit(catalogue: Catalogue, text: str) -> tuple[str, str] | None:
    """Code and name of the light industry that a person means by its code, name or short name."""
    wanted = text.strip()
    for code, subjects in _light(catalogue):
        entry = catalogue.industries.get(code)
        spellings = {code, *(s.name for s in subjects)}
        if entry is not None:
            spellings |= {entry.name, entry.short, *entry.aliases} - {""}
        if wanted in spellings:
            return code, subjects[0].name
    return None


def _light(catalogue: Catalogue) -> Iterator[tuple[str, list[Subject]]]:
    """Codes of industries that are light in whole or in part and of sectors, each with its subjects, NBS first."""
    grouped: dict[str, list[Subject]] = {}
    for subject in catalogue.known_subjects.values():
        if subject.kind == "industry":
            industry = catalogue.industries[subject.code]
            if industry.level in ("aggregate", "section") or industry.confidence == "none":
                continue
        elif subject.kind != "group" or subject.code in NOT_SUB_INDUSTRIES:
            continue
        grouped.setdefault(subject.code, []).append(subject)
    for code in sorted(grouped):
        yield code, sorted(grouped[code], key=lambda s: (s.kind != "industry", s.scope != "nbs", s.scope))


def unit_report(desk: Desk, plan: EditionPlan, code: str, *, at: Period) -> UnitReport:
    """Everything known of one industry in a month."""
    subjects = dict(_light(desk.catalogue))[code]
    first = subjects[0]
    aspects = tuple(_aspect(desk, plan, aspect, subjects, at) for aspect in plan.aspects)
    told = [m for a in aspects for m in a.movements if m.subject_key == first.key]
    shares, contributions = _weights(desk, first, told)
    parts_period, parts = _parts(desk, plan, code, at)
    return UnitReport(
        "industry", code, first.name, note_for(desk, first), at, aspects,
        _margin(desk, first, told), shares, contributions, parts, parts_period,
    )  # fmt: skip


def _aspect(desk: Desk, plan: EditionPlan, aspect: Aspect, subjects: Sequence[Subject], at: Period) -> UnitAspect:
    movements: list[Movement] = []
    charts: list[Chart] = []
    lacking: tuple[Subject, Indicator, AspectIndicator] | None = None
    for want in aspect.indicators:
        indicator = desk.catalogue.indicator(want.indicator)
        for subject in subjects:
            if subject.kind not in indicator.kinds:
                continue
            lacking = lacking or (subject, indicator, want)
            found = _newest(desk, plan, subject, indicator, want.sequence, at)
            if found is None or _same(found, movements):
                continue
            movements.append(found)
            if want.chart and (chart := _chart(desk, subject, indicator, want, found.period)) is not None:
                charts.append(chart)
    related = tuple(_related(desk, plan, aspect, subjects[0].code, at))
    missing = None
    if not movements and lacking is not None:
        subject, indicator, want = lacking
        measure = "yoy" if "yoy" in indicator.measures else "level"
        missing = missing_figure(desk, subject, indicator, measure, want.sequence, period_in(want.sequence, at))
    return UnitAspect(aspect.key, aspect.title, tuple(movements), related, tuple(charts), missing)


def _same(found: Movement, known: Sequence[Movement]) -> bool:
    """January–February is both the single-month and the cumulative observation."""
    return any(
        (m.subject_key, m.indicator, m.period) == (found.subject_key, found.indicator, found.period) for m in known
    )


def _newest(
    desk: Desk, plan: EditionPlan, subject: Subject, indicator: Indicator, sequence: Sequence_, at: Period
) -> Movement | None:
    candidates = back_from(sequence, period_in(sequence, at), steps=plan.oldest_months)
    period = newest_period(desk, [subject], indicator, sequence=sequence, candidates=candidates)
    if period is None:
        return None
    whole = _whole(desk, indicator)
    benchmark = None
    if whole is not None and whole.scope == subject.scope:
        benchmark = movement(desk, whole, indicator, sequence=sequence, period=period)
    return movement(
        desk, subject, indicator, sequence=sequence, period=period, benchmark=benchmark, history=sequence == "month",
        note=note_for(desk, subject),
    )  # fmt: skip


def _whole(desk: Desk, indicator: Indicator) -> Subject | None:
    try:
        return desk.catalogue.subject(WHOLE, indicator=indicator.code) if "industry" in indicator.kinds else None
    except UnknownName:
        return None


def _chart(desk: Desk, subject: Subject, indicator: Indicator, want: AspectIndicator, end: Period) -> Chart | None:
    """Growth of the industry beside that of all industry."""
    periods = tuple(reversed(back_from(want.sequence, end, steps=want.chart)))
    lines = []
    whole = _whole(desk, indicator)
    beside = [whole] if whole is not None and whole.scope == subject.scope else []
    for place, one in enumerate((subject, *beside)):
        label = f"{quantity(one.name, indicator.code, indicator.name)}同比"
        points: list[tuple[Period, Fact | None]] = []
        for period in periods:
            o = observed(desk, one, indicator, measure="yoy", sequence=want.sequence, period=period)
            points.append((period, published_fact(desk, o, label=label) if o is not None else None))
        if sum(f is not None for _, f in points) >= 3:
            lines.append(Line(one.key, one.name, place == 0, tuple(points)))
    if not lines or lines[0].key != subject.key:
        return None
    kind = "单月" if want.sequence == "month" else "累计"
    return Chart(
        indicator.code, f"{indicator.name}{kind}同比增速", indicator.name, "%", want.sequence, periods, tuple(lines)
    )


def _related(desk: Desk, plan: EditionPlan, aspect: Aspect, code: str, at: Period) -> Iterator[Movement]:
    """Products and goods that the catalogue's groups count to the industry."""
    keys = dict.fromkeys(
        key
        for group in desk.catalogue.groups.values()
        for member in group.members
        if any(c.startswith(code) for c in member.codes)
        for key in member.subjects
    )
    for subject in (desk.catalogue.known_subjects[k] for k in keys if k.partition(":")[0] in aspect.related):
        name, sequences = RELATED[subject.kind]
        indicator = desk.catalogue.indicator(name)
        seen: list[Movement] = []
        for sequence in sequences:
            found = _newest(desk, plan, subject, indicator, sequence, at)  # type: ignore[arg-type]
            if found is not None and not _same(found, seen):
                seen.append(found)
        yield from seen


def _margin(desk: Desk, subject: Subject, told: Sequence[Movement]) -> Fact | None:
    if any(m.indicator == "revenue_margin" for m in told):
        return None
    find = desk.catalogue.indicator
    period = next((m.period for m in told if m.indicator == "profit"), None)
    if period is None:
        return None
    return margin(
        desk, subject, profit=find("profit"), revenue=find("revenue"), label=find("revenue_margin").name, period=period
    )


def _weights(desk: Desk, subject: Subject, told: Sequence[Movement]) -> tuple[tuple[Fact, ...], tuple[Fact, ...]]:
    """Share of the whole and contribution to its growth, for money figures."""
    shares: list[Fact] = []
    contributions: list[Fact] = []
    for m in told:
        if m.indicator not in ("revenue", "profit", "export_delivery") or m.sequence != "ytd":
            continue
        indicator = desk.catalogue.indicator(m.indicator)
        whole = _whole(desk, indicator)
        if whole is None or whole.scope != subject.scope:
            continue
        share = level_share(desk, subject, whole, indicator, sequence=m.sequence, period=m.period)
        added = level_contribution(desk, subject, whole, indicator, sequence=m.sequence, period=m.period)
        shares += [share] if share is not None else []
        contributions += [added] if added is not None else []
    return tuple(shares), tuple(contributions)


def _parts(desk: Desk, plan: EditionPlan, code: str, at: Period) -> tuple[Period | None, tuple[Movement, ...]]:
    """The industries one level below at the newest period that any of them has."""
    below = [
        s for key in (f"industry:{i.code}@nbs" for i in desk.catalogue.children(code))
        if (s := desk.catalogue.known_subjects.get(key)) is not None
    ]  # fmt: skip
    if not below:
        return None, ()
    indicators = [desk.catalogue.indicator(name) for name in _PART_INDICATORS]
    candidates = back_from("ytd", period_in("ytd", at), steps=plan.oldest_months)
    newest = [newest_period(desk, below, i, sequence="ytd", candidates=candidates) for i in indicators]
    period = max((p for p in newest if p is not None), default=None)
    if period is None:
        return None, ()
    rows = (movement(desk, s, i, sequence="ytd", period=period) for s in below for i in indicators)
    return period, tuple(m for m in rows if m.present)
