"""Indicator pages (指标): what is measured, who has figures, where it stands in every industry."""

from __future__ import annotations

from typing import Any

from qinggong.web import charts
from qinggong.web.ask import Ask, NotFound
from qinggong.web.page import Page, drawn, table
from qinggong.web.place import Place
from qinggong.web.readings import decimals_of, figures, indicator_name, subject_name, told_period, written
from qinggong.web.search import suggestions
from qinggong.web.series_index import known_by, slug_of

_NATURE = {"flow": "流量", "stock": "存量", "ratio": "比率", "index": "指数"}
_BASIS = {"real": "不变价", "nominal": "当年价", "points": "百分点"}
_MOST_ROWS = 400


def listing(place: Place, ask: Ask) -> Page:
    """All indicators and how many series each has."""
    rows: list[dict[str, Any]] = [
        {
            "code": i.code, "name": i.name_en if ask.english else i.name, "nature": _NATURE[i.nature],
            "definition": i.definition, "series": len(known_by(place.index.of_indicator(i.code), ask.as_of)),
            "path": f"/indicators/{i.code}",
        }
        for i in place.catalogue.indicators.values()
    ]  # fmt: skip
    columns = (("code", "代码"), ("name", "指标"), ("nature", "性质"), ("definition", "定义"), ("series", "序列数"))
    csv = table("indicators", "指标", columns, [[r[c] for c, _ in columns] for r in rows], "series")
    return Page("indicators", "指标", {"indicators": rows}, (csv,))


def indicator(place: Place, ask: Ask, code: str) -> Page:
    """One indicator: definition, release rule, its national series with their newest figures."""
    entry = place.catalogue.indicators.get(code)
    if entry is None:
        raise NotFound(f"没有代码为“{code[:40]}”的指标", suggestions(place, code, kinds=("indicator",)))
    held = [h for h in known_by(place.index.of_indicator(code), ask.as_of) if h.series.region == "CN"][:_MOST_ROWS]
    found = figures(place, held, ask, months=14)
    rows: list[dict[str, Any]] = []
    for h in held:
        key, numbers = h.series, found.get(h.series, ())
        last = numbers[-1] if numbers else None
        rows.append(
            {
                "series": slug_of(key), "kind": key.subject_kind, "subject": key.subject, "scope": key.scope,
                "name": subject_name(place, key.subject_kind, key.subject, key.scope, english=ask.english),
                "measure": key.measure, "span": key.span, "unit": key.unit,
                "period": last.period.code if last else h.last.code,
                "period_name": told_period(last.period if last else h.last, english=ask.english,
                stock=key.span == "point"),
                "value": last.value if last else None,
                "text": written(last.value if last else None, decimals_of(place, key)),
                "first": h.first.code, "periods": h.periods,
            }
        )  # fmt: skip
    families = [
        {"name": r.family_name, "publishers": list(r.publishers), "source": r.source}
        for r in place.catalogue.rules.values()
        if code in r.indicators
    ]
    data: dict[str, Any] = {
        "code": code, "name": indicator_name(place, code, english=ask.english), "name_en": entry.name_en,
        "aliases": list(entry.aliases), "definition": entry.definition, "source": entry.source,
        "formula": entry.formula, "nature": _NATURE[entry.nature], "growth_basis": _BASIS[entry.growth_basis],
        "since": entry.since.isoformat() if entry.since else "",
        "until": entry.until.isoformat() if entry.until else "",
        "predecessor": entry.predecessor, "successor": entry.successor, "families": families, "rows": rows,
        "provinces": len({h.series.region for h in place.index.of_indicator(code)} - {"CN"}),
        "series": len(place.index.of_indicator(code)),
    }  # fmt: skip
    drawings = []
    growing = [r for r in rows if r["measure"] == "yoy" and r["kind"] == "industry" and r["value"] is not None]
    spans = [r["span"] for r in growing]
    if spans:
        span = max(sorted(set(spans)), key=spans.count)
        newest = max(r["period"] for r in growing if r["span"] == span)
        same = [r for r in growing if r["span"] == span and r["period"] == newest and len(r["subject"]) == 2]
        if len(same) > 1:
            unit = str(same[0]["unit"])
            spec = charts.ranking([(str(r["name"]), float(str(r["value"]))) for r in same], unit=unit)
            if spec is not None:
                title = f"各行业{data['name']}增速（{same[0]['period_name']}）"
                drawings.append(drawn("ranking", title, spec, synthetic=place.synthetic))
    columns = (
        ("series", "序列"), ("name", "对象"), ("measure", "度量"), ("span", "时期类型"), ("period", "时期"), ("value", "数值"),
        ("unit", "单位"), ("first", "最早时期"), ("periods", "期数"),
    )  # fmt: skip
    csv = table("series", f"{entry.name}序列", columns, [[r[c] for c, _ in columns] for r in rows], "value", "periods")
    return Page("indicator", str(data["name"]), data, (csv,), tuple(drawings))
