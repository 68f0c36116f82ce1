"""What a page reads (读数): names, figures of series on a day, rows of indicators, gaps with their reason."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from qinggong.catalogue.schema import CatalogueError, Indicator
from qinggong.monitor.facts import fixed
from qinggong.periods import (
    Period,
    month,
    months_between,
    observed_month,
    parse,
    previous_month,
    previous_ytd,
    ytd,
    ytds_between,
)
from qinggong.periods import name as period_name
from qinggong.periods import name_en as period_name_en
from qinggong.store.base import SeriesKey
from qinggong.store.layout import period_number
from qinggong.store.reader import Figure, Held
from qinggong.web.ask import Ask
from qinggong.web.place import Place
from qinggong.web.series_index import known_by, slug_of

DASH = "—"
MEASURES = {"level": "绝对量", "yoy": "同比", "mom": "环比", "index": "指数", "share": "占比"}
MEASURES_EN = {"level": "level", "yoy": "year on year", "mom": "month on month", "index": "index", "share": "share"}
SPANS = {"month": "当月", "ytd": "累计", "point": "期末", "quarter": "当季", "half": "当半年"}
SPANS_EN = {
    "month": "month",
    "ytd": "year to date",
    "point": "end of period",
    "quarter": "quarter",
    "half": "half-year",
}
BASES = {"published": "公布", "comparable": "可比", "derived": "推算"}
CODES_OF_MAIN = (
    "value_added", "revenue", "profit", "revenue_margin", "export_delivery", "producer_prices", "finished_goods",
    "receivables", "sales_ratio", "retail_sales", "output",
)  # fmt: skip
"""Indicators in the order in which pages tell them; the others follow in the catalogue's order."""


# ----------------------------------------------------------------------------------------------------- names


def subject_name(place: Place, kind: str, code: str, scope: str, *, english: bool = False) -> str:
    try:
        found = place.catalogue.subject_by_key(kind, code, scope)
    except CatalogueError:
        return f"{kind}:{code}"
    return found.name_en if english else found.name


def indicator_of(place: Place, code: str) -> Indicator | None:
    return place.catalogue.indicators.get(code)


def indicator_name(place: Place, code: str, *, english: bool = False) -> str:
    found = indicator_of(place, code)
    if found is None:
        return code
    return found.name_en if english else found.name


def region_name(place: Place, code: str, *, english: bool = False) -> str:
    found = place.catalogue.regions.get(code)
    if found is None:
        return code
    return found.name_en if english else found.name


def series_name(place: Place, key: SeriesKey, *, english: bool = False) -> str:
    """The name of a series in one line: 广东省农副食品加工业增加值（当月同比）."""
    subject = subject_name(place, key.subject_kind, key.subject, key.scope, english=english)
    indicator = indicator_name(place, key.indicator, english=english)
    if english:
        where = "" if key.region == "CN" else f", {region_name(place, key.region, english=True)}"
        return f"{subject}{where}: {indicator} ({SPANS_EN[key.span]}, {MEASURES_EN[key.measure]}, {key.unit})"
    where = "" if key.region == "CN" else region_name(place, key.region)
    return f"{where}{subject}{indicator}（{SPANS[key.span]}{MEASURES[key.measure]}，{key.unit}）"


def told_period(period: Period | str, *, english: bool = False, stock: bool = False) -> str:
    one = parse(period) if isinstance(period, str) else period
    return period_name_en(one) if english else period_name(one, form="stock" if stock else "flow")


# --------------------------------------------------------------------------------------------------- numbers


def decimals_of(place: Place, key: SeriesKey) -> int:
    found = indicator_of(place, key.indicator)
    return 1 if found is None else next((d for m, d in found.decimals.items() if m == key.measure), 1)


def written(value: float | None, decimals: int) -> str:
    """A number in print: thousands grouped, rounded half up; a dash for none."""
    if value is None:
        return DASH
    text = fixed(value, decimals)
    whole, point, rest = text.lstrip("-").partition(".")
    return f"{'-' if text.startswith('-') else ''}{int(whole):,}{point}{rest}"


def figures(
    place: Place, held: Iterable[Held], ask: Ask, *, months: int | None = None
) -> dict[SeriesKey, tuple[Figure, ...]]:
    """The numbers of some series on the day of the question; ``months`` back from the newest period of any."""
    some = known_by(tuple(held), ask.as_of)
    since = None
    if months is not None and some:
        newest = max(h.last for h in some)
        if ask.as_of is not None:
            newest = min(newest, observed_month(ask.as_of.year, ask.as_of.month))
        number = newest.year * 12 + newest.last - 1 - months
        since = month(number // 12, number % 12 + 1) if number >= 1900 * 12 else None
    joint = {h.series: other for h in some if (other := joint_of(place, h.series)) is not None}
    found = place.reader.figures([*(h.series for h in some), *joint.values()], as_of=ask.as_of, since=since)
    return {h.series: _with_joint(found[h.series], found.get(joint.get(h.series, h.series), ())) for h in some}


def joint_of(place: Place, key: SeriesKey) -> SeriesKey | None:
    """Where the observation of January and February of a monthly series stands: in its cumulative sister."""
    entry = indicator_of(place, key.indicator)
    if key.span != "month" or entry is None or not entry.industrial:
        return None
    other = replace(key, span="ytd")
    return other if other.id in place.index.by_id else None


def _with_joint(own: tuple[Figure, ...], sister: tuple[Figure, ...]) -> tuple[Figure, ...]:
    years = {f.period.year for f in own if f.period.last <= 2}
    added = [f for f in sister if f.period.is_jan_feb and f.period.year not in years] if own else []
    return tuple(sorted((*own, *added), key=lambda f: f.period)) if added else own


def label_of(period: Period, span: str = "") -> str:
    """The label of a period: its last month; with ``span`` as in a chart, where 1—2月 is not written as one month."""
    if span == "month" and period.is_jan_feb:
        return f"{period.year}-1—2月"
    return f"{period.year}-{period.last:02d}"


def axis_of(found: Sequence[Sequence[Figure]], span: str) -> list[Period]:
    """All periods between the first and the last figure, so that a missing one is a gap."""
    periods = _sorted({f.period for one in found for f in one})
    if not periods:
        return []
    first, last = periods[0], periods[-1]
    if span == "ytd":
        starts = [p for p in periods if p.last >= 2]
        return _sorted({*periods, *(ytds_between(starts[0], last) if starts else [])})
    singles = any(p.kind == "month" and p.last == 1 for p in periods)
    if span in ("month", "point") and (singles or span == "point"):
        run = [month(n // 12, n % 12 + 1) for n in range(first.year * 12 + first.last - 1, last.year * 12 + last.last)]
        joined = {(p.year, p.last) for p in periods}
        return _sorted({*periods, *(p for p in run if (p.year, p.last) not in joined and (singles or p.last > 1))})
    if span == "month" and all(p.kind == "month" or p.is_jan_feb for p in periods):
        return _sorted({*periods, *months_between(first, last)})
    return periods


def _sorted(periods: Iterable[Period]) -> list[Period]:
    return sorted(periods, key=period_number)  # comparing numbers costs a tenth of comparing periods


def on_axis(some: Sequence[Figure], axis: Sequence[Period]) -> list[float | None]:
    by_month = {(f.period.year, f.period.last): f.value for f in some}
    return [by_month.get((p.year, p.last)) for p in axis]


# -------------------------------------------------------------------------------------------- rows of indicators


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """One indicator of one subject and region over one span: newest level and growth, and the way there."""

    indicator: str
    span: str
    period: Period
    level: Figure | None
    growth: Figure | None
    before: Figure | None
    series: tuple[tuple[str, SeriesKey], ...]
    history: tuple[tuple[Period, float], ...]

    def key(self, measure: str) -> SeriesKey | None:
        return next((key for name, key in self.series if name == measure), None)


def indicator_rows(place: Place, held: Sequence[Held], ask: Ask, *, months: int = 26) -> list[IndicatorRow]:
    """Newest figures of all indicators among some series, the main indicators first."""
    found = figures(place, held, ask, months=months)
    grouped: dict[tuple[str, str], dict[str, SeriesKey]] = {}
    for key, numbers in found.items():
        if numbers and key.measure in ("level", "yoy") and key.span in ("month", "ytd", "point"):
            measures = grouped.setdefault((key.indicator, key.span), {})
            if key.measure not in measures or len(numbers) > len(found[measures[key.measure]]):
                measures[key.measure] = key
    rows = []
    for (indicator, span), measures in grouped.items():
        level, growth = (found[measures[m]] if m in measures else () for m in ("level", "yoy"))
        period = max(f.period for f in (*level, *growth))
        here = {f.period: f for f in growth}
        earlier = preceding(period, span)
        before = next((f for f in growth if f.period == earlier), None)
        rows.append(
            IndicatorRow(
                indicator, span, period, next((f for f in level if f.period == period), None), here.get(period), before,
                tuple(sorted(measures.items())), tuple((f.period, f.value) for f in (growth or level)),
            )
        )  # fmt: skip
    order = {code: place for place, code in enumerate(CODES_OF_MAIN)}
    rest = {code: place for place, code in enumerate(place.catalogue.indicators)}
    spans = {"month": 0, "ytd": 1, "point": 2}
    return sorted(rows, key=lambda r: (order.get(r.indicator, 99), rest.get(r.indicator, 999), spans[r.span]))


def row_data(place: Place, row: IndicatorRow, ask: Ask) -> dict[str, Any]:
    """A row as plain values, for the page and its data alike."""
    entry = indicator_of(place, row.indicator)
    level_key, growth_key = row.key("level"), row.key("yoy")
    # Of two growth rates of ratios the unit is points: shown beside the number.
    change = None
    if row.growth is not None and row.before is not None:
        change = round(row.growth.value - row.before.value, 9)
    return {
        "indicator": row.indicator,
        "name": indicator_name(place, row.indicator, english=ask.english),
        "span": row.span,
        "span_name": (SPANS_EN if ask.english else SPANS)[row.span],
        "period": row.period.code,
        "period_name": told_period(row.period, english=ask.english, stock=row.span == "point"),
        "level": None if row.level is None else row.level.value,
        "level_text": written(
            row.level.value if row.level else None, decimals_of(place, level_key) if level_key else 1
        ),
        "unit": level_key.unit if level_key else "",
        "growth": None if row.growth is None else row.growth.value,
        "growth_text": written(
            row.growth.value if row.growth else None, decimals_of(place, growth_key) if growth_key else 1
        ),
        "growth_unit": growth_key.unit if growth_key else "",
        "change": change,
        "change_text": written(change, decimals_of(place, growth_key) if growth_key else 1),
        "direction": entry.direction if entry else 0,
        "published_at": _day(shown.published_at if (shown := row.growth or row.level) else None),
        "level_series": slug_of(level_key) if level_key else "",
        "growth_series": slug_of(growth_key) if growth_key else "",
        "recent": [value for _, value in row.history[-13:]],
    }


def _day(day: dt.date | None) -> str:
    return day.isoformat() if day else ""


def preceding(period: Period, span: str) -> Period | None:
    """The period that a change compares with: the one before in the sequence of its span; ``None`` if there is none."""
    if span == "ytd":
        return previous_ytd(period) if period.last >= 2 else None
    if span == "point":
        return month(period.year - (period.last == 1), (period.last - 2) % 12 + 1)
    return previous_month(period) if (period.kind == "month" and period.last > 1) or period.is_jan_feb else None


def newest_growth(
    place: Place, held: Sequence[Held], ask: Ask, *, span: str = "ytd"
) -> dict[SeriesKey, tuple[Figure, Figure | None]]:
    """Of each growth series over a span the newest figure and the one before."""
    some = [h for h in held if h.series.measure == "yoy" and h.series.span == span]
    found = figures(place, some, ask, months=14)
    return {key: (numbers[-1], numbers[-2] if len(numbers) > 1 else None) for key, numbers in found.items() if numbers}


def at_one_period(
    newest: Mapping[SeriesKey, tuple[Figure, Figure | None]],
) -> tuple[Period | None, dict[SeriesKey, Figure]]:
    """Figures that can be compared: those of the newest period that most series have."""
    if not newest:
        return None, {}
    counts: dict[Period, int] = {}
    for one, _ in newest.values():
        counts[one.period] = counts.get(one.period, 0) + 1
    period = max(counts, key=lambda p: (counts[p], p))
    return period, {key: one for key, (one, _) in newest.items() if one.period == period}


def wanted_period(text: str) -> Period | None:
    """A month ``2025-08`` as a cumulative period; ``None`` for an empty text."""
    return ytd(int(text[:4]), int(text[5:])) if text else None
