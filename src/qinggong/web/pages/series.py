"""Series pages (序列): one series with its growth, its vintages, what it means, where it comes from, how to cite it."""

from __future__ import annotations

import datetime as dt
from typing import Any

from qinggong.periods import Period
from qinggong.store.base import SeriesKey
from qinggong.store.layout import period_number
from qinggong.store.reader import Figure, Held, Vintage
from qinggong.web import adjusted, charts
from qinggong.web.ask import Ask, BadRequest, NotFound
from qinggong.web.page import Drawing, Page, drawn, in_script, table
from qinggong.web.place import Place
from qinggong.web.readings import (
    BASES,
    MEASURES,
    SPANS,
    decimals_of,
    figures,
    indicator_name,
    indicator_of,
    joint_of,
    label_of,
    region_name,
    series_name,
    subject_name,
    told_period,
    written,
)
from qinggong.web.search import suggestions
from qinggong.web.series_index import slug_of

MOST_COMPARED = 8
_COLUMNS = (
    ("series_id", "序列"), ("period", "时期"), ("period_name", "时期名称"), ("value", "数值"), ("unit", "单位"),
    ("printed", "公布的数字"), ("printed_unit", "公布的单位"), ("growth", "由本序列计算的同比（%）"),
    ("published_at", "发布日期"), ("published_at_basis", "日期依据"), ("publisher", "发布机构"), ("citation", "发布"),
    ("url", "页面地址"), ("vintages", "版本数"),
)  # fmt: skip
_VINTAGES = (
    ("period", "时期"), ("published_at", "发布日期"), ("value", "数值"), ("status", "状态"), ("publisher", "发布机构"),
    ("citation", "发布"),
)  # fmt: skip
_BASIS = {"stated": "发布注明", "calendar": "按发布日历推定", "unknown": "不详"}


def series(place: Place, ask: Ask, slug: str) -> Page:
    """One series as known on the day of the question."""
    held = place.index.find(slug)
    if held is None:
        raise NotFound(f"没有序列“{slug[:60]}”", _near(place, slug))
    key = held.series
    rows = place.reader.versions(key)
    joint = joint_of(place, key)
    if joint is not None:
        # January and February of a monthly series are one observation, which stands in its cumulative sister.
        added = [o for o in place.reader.versions(joint) if o.period.is_jan_feb]
        rows = sorted(rows + added, key=lambda o: period_number(o.period))
    seen = [o for o in rows if ask.as_of is None or (o.published_at is not None and o.published_at <= ask.as_of)]
    last = {o.period: o for o in seen}  # by period, the row that counts after those which it replaced
    counting = {period: o for period, o in last.items() if o.status != "withdrawn"}
    start, end = _range(ask)
    kept = {
        p: o for p, o in counting.items() if (not start or label_of(p) >= start) and (not end or label_of(p) <= end)
    }
    numbers = {p: o.value for p, o in counting.items() if o.value is not None}
    versions: dict[Period, list[Vintage]] = {}
    for o in seen:
        versions.setdefault(o.period, []).append(o)
    decimals = decimals_of(place, key)
    name = series_name(place, key, english=ask.english)
    listed = [_row(o, key, numbers, versions, decimals, ask) for o in kept.values()]
    revised = _revisions(versions)
    newest = listed[-1] if listed else None
    indicator = indicator_of(place, key.indicator)
    ends = [next(iter(numbers)).end_date, next(reversed(numbers)).end_date] if numbers else []  # in order of time
    breaks = [
        b for b in place.breaks
        if b.concerns(kind=key.subject_kind, code=key.subject, indicator=key.indicator) and ends
        and ends[0] < b.first.end_date <= ends[1]
    ]  # fmt: skip
    siblings = _siblings(place, held)
    smooth = adjusted.of_series(place, ask, key, start=start, end=end)
    data: dict[str, Any] = {
        "id": key.id,
        "slug": slug_of(key),
        "name": name,
        "name_en": series_name(place, key, english=True),
        "subject": {
            "kind": key.subject_kind, "code": key.subject, "scope": key.scope,
            "name": subject_name(place, key.subject_kind, key.subject, key.scope, english=ask.english),
            "path": f"/industries/{key.subject}" if key.subject_kind in ("industry", "group") else "",
        },
        "region": {"code": key.region, "name": region_name(place, key.region, english=ask.english)},
        "indicator": {
            "code": key.indicator, "name": indicator_name(place, key.indicator, english=ask.english),
            "definition": indicator.definition if indicator else "", "source": indicator.source if indicator else "",
            "formula": indicator.formula if indicator else "",
            "growth_basis": indicator.growth_basis if indicator else "",
        },
        "measure": key.measure, "measure_name": MEASURES[key.measure],
        "span": key.span, "span_name": SPANS[key.span],
        "basis": key.basis, "basis_name": BASES.get(key.basis, key.basis),
        "scope_name": place.catalogue.scopes[key.scope].name if key.scope in place.catalogue.scopes else key.scope,
        "unit": key.unit,
        "newest": newest,
        "observations": listed,
        "undated": sum(1 for o in rows if o.published_at is None),
        "vintages": [
            {
                "period": o.period.code, "published_at": o.published_at.isoformat() if o.published_at else "",
                "value": o.value, "text": written(o.value, decimals), "status": o.status, "publisher": o.publisher,
                "citation": o.citation,
            }
            for p in sorted(revised, reverse=True)[:24] for o in versions[p]
        ],
        "revised": len(revised),
        "revision": _mean_revision(versions, key),
        "breaks": [{"from": b.from_, "what": b.what_en if ask.english else b.what} for b in breaks],
        "siblings": [{"slug": slug_of(h.series), "name": series_name(place, h.series,
        english=ask.english)} for h in siblings],
        "range": {"from": start, "to": end},
        "adjusted": smooth,
        "citation": _citation(place, key, ask, newest),
    }  # fmt: skip
    drawings = _drawings(place, key, kept, numbers, breaks, ask)
    if smooth is not None and (drawing := adjusted.drawing(place, smooth, key="adjusted")) is not None:
        drawings.append(drawing)
    csv = table("series", name, _COLUMNS, [[r[c] for c, _ in _COLUMNS] for r in listed], "value", "growth", "vintages")
    old = table(
        "vintages", f"{name}：各次公布", _VINTAGES,
        [
            [o.period.code, o.published_at.isoformat() if o.published_at else "", o.value, o.status, o.publisher,
            o.citation]
            for o in seen
        ],
        "value",
    )  # fmt: skip
    more = (adjusted.as_table(f"{name}：季调序列", [smooth]),) if smooth is not None else ()
    return Page("series", name, data, (csv, old, *more), tuple(drawings))


def _near(place: Place, slug: str) -> tuple[tuple[str, str], ...]:
    """Series whose names begin alike, else pages that fit a part of the name."""
    stem = "-".join(slug.split("-")[:2])
    alike = [s for s in place.index.by_slug if stem and s.startswith(stem)][:5]
    if alike:
        return tuple((f"/series/{s}", series_name(place, place.index.by_slug[s].series)) for s in alike)
    return suggestions(place, slug.split("-")[1] if "-" in slug else slug)


def _range(ask: Ask) -> tuple[str, str]:
    """First and last month of the chart and the table."""
    found = []
    for name in ("from", "to"):
        text = ask.text(name)
        if text and not (len(text) == 7 and text[:4].isdigit() and text[4] == "-" and "01" <= text[5:] <= "12"):
            raise BadRequest(f"月份“{text[:20]}”不对，请写成 2020-01")
        found.append(text)
    start, end = found
    if start and end and start > end:
        raise BadRequest(f"起始月份 {start} 在截止月份 {end} 之后，请对调")
    return start, end


def _row(
    o: Vintage, key: SeriesKey, numbers: dict[Period, float], versions: dict[Period, list[Vintage]],
    decimals: int, ask: Ask,
) -> dict[str, Any]:  # fmt: skip
    same = versions[o.period]
    before = numbers.get(o.period.year_before()) if key.measure == "level" else None
    growth = None
    if before and before > 0 and o.value is not None:
        growth = round((o.value / before - 1) * 100, 4)
    return {
        "series_id": o.series.id, "period": o.period.code, "month": label_of(o.period),
        "period_name": told_period(o.period, english=ask.english, stock=key.span == "point"),
        "value": o.value, "text": written(o.value, decimals), "unit": key.unit, "printed": o.printed,
        "printed_unit": o.printed_unit, "growth": growth, "growth_text": written(growth,
        1) if growth is not None else "",
        "published_at": o.published_at.isoformat() if o.published_at else "",
        "published_at_basis": _BASIS.get(o.published_at_basis, ""), "publisher": o.publisher, "citation": o.citation,
        "url": o.url if o.url.lower().startswith(("http://", "https://")) else "",
        "vintages": 1 if len(same) == 1 else len({(v.published_at, v.value) for v in same}),
    }  # fmt: skip


def _revisions(versions: dict[Period, list[Vintage]]) -> set[Period]:
    """Periods whose number was changed after it was first published."""
    return {p for p, some in versions.items() if len(some) > 1 and len({o.value for o in some}) > 1}


def _mean_revision(versions: dict[Period, list[Vintage]], key: SeriesKey) -> dict[str, Any] | None:
    """Mean size of the revision from the first to the newest number: in points of a rate, in percent of a level."""
    sizes = []
    for some in versions.values():
        if len(some) == 1:
            continue
        values = [o.value for o in some if o.value is not None]
        if len(values) > 1 and values[0]:
            sizes.append(
                abs(values[-1] - values[0]) if key.measure != "level" else abs(values[-1] / values[0] - 1) * 100
            )
    if not sizes:
        return None
    return {
        "mean": round(sum(sizes) / len(sizes), 2),
        "periods": len(sizes),
        "unit": "百分点" if key.measure != "level" else "%",
    }


def _siblings(place: Place, held: Held) -> list[Held]:
    """Other measures and spans of the same indicator, subject and region."""
    key = held.series
    return [
        h for h in place.index.of(key.subject_kind, key.subject, region=key.region, scope=key.scope)
        if h.series.indicator == key.indicator and h.series != key
    ]  # fmt: skip


def _drawings(
    place: Place, key: SeriesKey, kept: dict[Period, Vintage], numbers: dict[Period, float], breaks: Any, ask: Ask
) -> list[Drawing]:
    name = series_name(place, key, english=ask.english)
    own = [Figure(p, o.value, o.printed, o.published_at) for p, o in kept.items() if o.value is not None]
    decimals = decimals_of(place, key)
    drawings = []
    spec = charts.over_time(
        [(MEASURES[key.measure], own)], span=key.span, unit=key.unit, decimals=decimals, breaks=breaks, height=280
    )
    if spec is not None:
        drawings.append(drawn("main", name, spec, synthetic=place.synthetic))
    if key.measure == "level":
        growth = [
            Figure(p, round((o.value / numbers[p.year_before()] - 1) * 100, 6), "", None)
            for p, o in kept.items()
            if o.value is not None and numbers.get(p.year_before(), 0.0) > 0
        ]
        spec = charts.over_time([("同比（由公布的绝对量计算）", growth)], span=key.span, unit="%", breaks=breaks)
        if spec is not None:
            drawings.append(
                drawn(
                    "growth", f"{name}：同比", spec, synthetic=place.synthetic,
                    note="由本序列的绝对量相除得出，口径调整的年份与公布的增速可能不同。",
                )
            )  # fmt: skip
    return drawings


def _citation(place: Place, key: SeriesKey, ask: Ask, newest: dict[str, Any] | None) -> str:
    publisher = newest["publisher"] if newest else ""
    day = f"，截至{ask.as_of.isoformat()}已公布的数字" if ask.as_of else ""
    return f"{publisher}：{series_name(place, key)}{day}。轻工运行监测，/series/{slug_of(key)}。"


def compare(place: Place, ask: Ask) -> Page:
    """Up to eight series in one chart, as they are or rebased to 100."""
    texts = [t for t in ask.text("series").split(",") if t]
    if len(texts) > MOST_COMPARED:
        raise BadRequest(f"最多比较{MOST_COMPARED}个序列，给了{len(texts)}个，请减少")
    chosen: list[Held] = []
    for text in dict.fromkeys(texts):
        held = place.index.find(text)
        if held is None:
            raise NotFound(f"没有序列“{text[:60]}”", _near(place, text))
        chosen.append(held)
    start, end = _range(ask)
    found = figures(place, chosen, ask)
    base = ask.text("base")
    if base not in ("", "first"):
        raise BadRequest(f"换算方式“{base[:20]}”不对，可用 first（以首期为100）或不写")
    units = {h.series.unit for h in chosen}
    rebased = base == "first" or len(units) > 1
    lines: list[tuple[str, list[Figure]]] = []
    for held in chosen:
        numbers = [f for f in found.get(held.series, ()) if (not start or label_of(f.period) >= start)
                   and (not end or label_of(f.period) <= end)]  # fmt: skip
        lines.append((series_name(place, held.series, english=ask.english), numbers))
    note = ""
    if rebased:
        first = max((n[0].period for _, n in lines if n), default=None, key=label_of)
        scaled: list[tuple[str, list[Figure]]] = []
        for name, numbers in lines:
            origin = next(
                (f.value for f in numbers if first and label_of(f.period) >= label_of(first) and f.value), None
            )
            usable = origin is not None and origin > 0 and chosen[len(scaled)].series.measure in ("level", "index")
            scaled.append(
                (
                    name,
                    [Figure(f.period, f.value / origin * 100, f.printed, f.published_at) for f in numbers]
                    if usable and origin
                    else [],
                )
            )
        left = [n for (n, some), (_, old) in zip(scaled, lines, strict=True) if old and not some]
        note = f"各序列以{told_period(first)}为100换算。" if first else ""
        note += f"增速和含负数的序列不能换算，未画出：{'、'.join(left)}。" if left else ""
        lines = scaled
    drawings = []
    spans = {h.series.span for h in chosen}
    if chosen:
        span = next(iter(spans)) if len(spans) == 1 else "other"
        spec = charts.over_time(
            [(n, some) for n, some in lines], span=span, unit="首期=100" if rebased else next(iter(units)), height=340,
            reference=100.0 if rebased else None,
        )  # fmt: skip
        if spec is not None:
            drawings.append(drawn("compare", "序列比较", spec, synthetic=place.synthetic, note=note))
    periods = sorted({label_of(f.period) for _, some in lines for f in some})
    columns = [("month", "月份"), *((slug_of(h.series), name) for h, (name, _) in zip(chosen, lines, strict=True))]
    rows: list[list[Any]] = []
    for label in periods:
        rows.append([label, *(next((f.value for f in some if label_of(f.period) == label), None) for _, some in lines)])
    data = {
        "series": [
            {"slug": slug_of(h.series), "id": h.series.id, "name": name, "unit": h.series.unit, "periods": len(some)}
            for h, (name, some) in zip(chosen, lines, strict=True)
        ],
        "rebased": rebased, "note": note, "months": periods,
        "values": {slug_of(h.series): [r[i + 1] for r in rows] for i, h in enumerate(chosen)},
        "range": {"from": start, "to": end}, "base": base, "most": MOST_COMPARED,
    }  # fmt: skip
    csv = table("compare", "序列比较", columns, rows, *(c for c, _ in columns[1:]))
    look = charts.comparison_look(MOST_COMPARED, synthetic=place.synthetic) if ask.static else {}
    return Page("compare", "序列比较", data, (csv,), tuple(drawings), extra={"look": in_script(look)})


def today() -> dt.date:
    """The day in Beijing."""
    return dt.datetime.now(dt.timezone(dt.timedelta(hours=8))).date()
