"""Industry pages (行业): prosperity, figures, charts, nowcast, warnings, peers and provinces of one industry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qinggong.catalogue.schema import Industry
from qinggong.web import adjusted, charts
from qinggong.web.ask import Ask, NotFound
from qinggong.web.page import Drawing, Page, drawn, table
from qinggong.web.place import Place
from qinggong.web.readings import (
    at_one_period,
    figures,
    indicator_name,
    indicator_rows,
    newest_growth,
    region_name,
    row_data,
    subject_name,
    told_period,
)
from qinggong.web.search import suggestions
from qinggong.web.series_index import known_by

ROW_COLUMNS = (
    ("indicator", "指标代码"), ("name", "指标"), ("span", "时期类型"), ("period", "时期"), ("level", "绝对量"),
    ("unit", "单位"), ("growth", "增速"), ("growth_unit", "增速单位"), ("change", "较上期变化"),
    ("published_at", "发布日期"), ("level_series", "绝对量序列"), ("growth_series", "增速序列"),
)  # fmt: skip
_CHARTS = (
    ("production", "生产", "value_added", "month"), ("revenue", "营业收入", "revenue", "ytd"),
    ("profit", "利润总额", "profit", "ytd"), ("exports", "出口交货值", "export_delivery", "month"),
    ("prices", "出厂价格", "producer_prices", "month"), ("inventories", "产成品存货", "finished_goods", "point"),
)  # fmt: skip
_MONTHS = 38
_ADJUSTED_MONTHS = 60


def listing(place: Place, ask: Ask) -> Page:
    """All divisions with light industry in them, and the aggregates: light, index, growth."""
    signals = _signals(place, ask)
    lights = {line["key"]: line for line in _lines(signals)}
    growth = {
        f"{k.subject_kind}:{k.subject}@{k.scope}": f
        for k, f in newest_growth(
            place, [h for h in place.index.of_indicator("value_added") if h.series.region == "CN"], ask
        ).items()
    }
    rows = []
    for entry in place.catalogue.industries.values():
        if entry.level in ("aggregate", "section") or (entry.level == "division" and entry.confidence != "none"):
            rows.append(_listed(place, ask, entry, lights.get(f"industry:{entry.code}@nbs"), growth, signals))
    groups = []
    for kind, code, scope in place.index.subjects():
        if kind == "group" and known_by(place.index.of(kind, code, scope=scope), ask.as_of):
            name = subject_name(place, kind, code, scope, english=ask.english)
            groups.append({"code": code, "scope": scope, "name": name, "path": f"/industries/{code}"})
    seen = {g["code"]: g for g in reversed(groups)}
    data = {
        "industries": rows,
        "groups": list(reversed(seen.values())),
        "zones": signals["zones"] if signals else [],
        "month": signals["period"] if signals else None,
    }
    columns = (
        ("code", "代码"), ("name", "行业"), ("level", "层级"), ("index", "景气指数"), ("zone", "信号灯"),
        ("growth", "增加值累计增速（%）"), ("growth_period", "时期"),
    )  # fmt: skip
    return Page(
        "industries", "行业", data,
        (table("industries", "行业", columns, [[r[c] for c, _ in columns] for r in rows], "index", "growth"),),
    )  # fmt: skip


def _listed(
    place: Place, ask: Ask, entry: Industry, line: Mapping[str, Any] | None, growth: Mapping[str, Any],
    signals: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    one = growth.get(f"industry:{entry.code}@nbs")
    zone = line["zone"] if line else -1
    return {
        "code": entry.code,
        "name": entry.name_en if ask.english else entry.name,
        "level": entry.level,
        "index": line["value"]["value"] if line and line["value"] else None,
        "index_text": line["value"]["text"] if line and line["value"] else "",
        "zone_place": zone,
        "zone": signals["zones"][zone][0] if signals and zone >= 0 else "",
        "growth": one[0].value if one else None,
        "growth_text": one[0].printed if one else "",
        "growth_period": one[0].period.code if one else "",
        "path": f"/industries/{entry.code}",
    }


def industry(place: Place, ask: Ask, code: str) -> Page:
    """One industry or group."""
    kind, entry = _subject(place, code)
    index = place.index
    scopes = index.scopes(kind, code)
    scope = ask.text("scope") if ask.text("scope") in scopes else (scopes[0] if scopes else "nbs")
    held = known_by(index.of(kind, code, scope=scope), ask.as_of)
    name = subject_name(place, kind, code, scope, english=ask.english)
    rows = [row_data(place, row, ask) for row in indicator_rows(place, held, ask)]
    told = place.told(ask.as_of)
    portal = told.portal or {}
    signals = portal.get("prosperity")
    line = _line_of(signals, kind, code)
    key = f"{kind}:{code}@{scope}"
    nowcasts = [n for n in (portal.get("nowcasts") or {}).get("lines", ()) if n["subject_code"] == code]
    warnings = [w for w in (portal.get("warnings") or {}).get("lines", ()) if w["industry"] == code]
    smooth = adjusted.of_subject(place, ask, key)
    data: dict[str, Any] = {
        "code": code,
        "kind": kind,
        "scope": scope,
        "scopes": [{"code": s, "name": place.catalogue.scopes[s].name} for s in scopes if s in place.catalogue.scopes],
        "name": name,
        "name_en": subject_name(place, kind, code, scope, english=True),
        "level": entry.level if entry else "group",
        "note": entry.note if entry else "",
        "parents": _parents(place, ask, entry),
        "children": _children(place, ask, code) if entry else [],
        "rows": rows,
        "prosperity": line,
        "zones": signals["zones"] if signals else [],
        "strip": signals["strip"] if signals else [],
        "prosperity_month": signals["period"] if signals else None,
        "uncompiled": _uncompiled(signals, entry.name if entry else name),
        "components": signals["components"] if signals and line is not None and line is signals["whole"] else [],
        "momentum": [p for p in (portal.get("momentum") or {}).get("paces", ()) if p["subject_key"] == key],
        "adjusted": smooth,
        "contributions": _contributions(portal, key),
        "nowcasts": [{k: v for k, v in n.items() if k != "path"} for n in nowcasts],
        "refused": [r for r in (portal.get("nowcasts") or {}).get("refused", ()) if r["subject_code"] == code],
        "warnings": warnings,
        "peers": _peers(place, ask, entry),
        "provinces": _provinces(place, ask, kind, code, scope),
    }
    drawings = _drawings(place, ask, held, name)
    if signals and line is not None and (spec := charts.history(signals, line)) is not None:
        drawings.insert(0, drawn("prosperity", f"{name}景气指数", spec, synthetic=place.synthetic))
    for one in smooth:
        drawing = adjusted.drawing(place, one, key=f"adjusted-{one['indicator']}", months=_ADJUSTED_MONTHS)
        if drawing is not None:
            drawings.append(drawing)
    for one in nowcasts[:2]:
        if (spec := charts.fan(one)) is not None:
            title = f"{one['indicator_name']}：已公布与预测"
            drawings.append(drawn(f"nowcast-{one['indicator']}", title, spec, synthetic=place.synthetic))
    if (peers := _peer_chart(place, data["peers"], name)) is not None:
        drawings.append(peers)
    if data["provinces"] and (spec := charts.ranking(
        [(p["short"], p["growth"]) for p in data["provinces"]], unit="%"
    )):  # fmt: skip
        drawings.append(drawn("provinces", f"{name}：分省增加值增速", spec, synthetic=place.synthetic))
    csv = table(
        "figures", f"{name}主要指标", ROW_COLUMNS, [[r[c] for c, _ in ROW_COLUMNS] for r in rows], "level", "growth",
        "change",
    )  # fmt: skip
    more = (adjusted.as_table(f"{name}季调序列", smooth),) if smooth else ()
    return Page("industry", name, data, (csv, *more), tuple(drawings))


def _subject(place: Place, code: str) -> tuple[str, Industry | None]:
    entry = place.catalogue.industries.get(code)
    if entry is not None:
        return "industry", entry
    if ("group", code) in place.catalogue.subjects:
        return "group", None
    raise NotFound(f"没有代码为“{code[:40]}”的行业", suggestions(place, code, kinds=("industry", "group")))


def _signals(place: Place, ask: Ask) -> dict[str, Any] | None:
    portal = place.told(ask.as_of).portal
    return portal.get("prosperity") if portal else None


def _lines(signals: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    if not signals:
        return []
    return [one for one in (signals["whole"], *signals["industries"], *signals["groups"]) if one]


def _line_of(signals: Mapping[str, Any] | None, kind: str, code: str) -> Mapping[str, Any] | None:
    if signals and kind == "group" and code == "light_industry":
        whole: Mapping[str, Any] | None = signals["whole"]
        return whole
    return next((one for one in _lines(signals) if one["key"].partition("@")[0] == f"{kind}:{code}"), None)


def _uncompiled(signals: Mapping[str, Any] | None, name: str) -> str:
    """Why there is no index of an industry, in the words of the release."""
    for one in (signals or {}).get("uncompiled", ()):
        if name in one["names"]:
            return str(one["reason"])
    return ""


def _parents(place: Place, ask: Ask, entry: Industry | None) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    while entry is not None and entry.parent:
        entry = place.catalogue.industries.get(entry.parent)
        if entry is not None:
            found.insert(0, {"code": entry.code, "name": entry.name_en if ask.english else entry.name})
    return found


def _children(place: Place, ask: Ask, code: str) -> list[dict[str, Any]]:
    return [
        {"code": c.code, "name": c.name_en if ask.english else c.name, "held": bool(place.index.of("industry", c.code))}
        for c in place.catalogue.children(code)
    ]


def _contributions(portal: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    """What the industry adds to growth of the total, of every comparison that states it."""
    found = []
    for topic in portal.get("topics") or ():
        for comparison in topic["comparisons"]:
            for member in (*comparison["members"], *comparison["also"]):
                if member["subject_key"] == key and (member["contribution"] or member["share"]):
                    found.append(
                        {
                            "indicator": comparison["indicator_name"], "period": member["period"],
                            "share": member["share"], "contribution": member["contribution"],
                        }
                    )  # fmt: skip
    return found


def _peers(place: Place, ask: Ask, entry: Industry | None) -> list[dict[str, Any]]:
    """Industries of the same parent, by growth of value added in one period."""
    if entry is None or not entry.parent:
        return []
    codes = {i.code for i in place.catalogue.children(entry.parent) if i.confidence != "none" or i.code == entry.code}
    held = [
        h for h in place.index.of_indicator("value_added")
        if h.series.region == "CN" and h.series.scope == "nbs" and h.series.subject in codes
    ]  # fmt: skip
    period, same = at_one_period(newest_growth(place, held, ask))
    if period is None:
        return []
    rows = [
        {
            "code": key.subject, "name": subject_name(place, "industry", key.subject, "nbs", english=ask.english),
            "growth": figure.value, "growth_text": figure.printed, "period": period.code,
        }
        for key, figure in same.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda r: -float(r["growth"] or 0))


def _peer_chart(place: Place, peers: list[dict[str, Any]], name: str) -> Drawing | None:
    def short(peer: dict[str, Any]) -> str:
        return place.catalogue.industries[peer["code"]].short or str(peer["name"])

    own = next((short(p) for p in peers if p["name"] == name), "")
    if (
        len(peers) < 2
        or (spec := charts.ranking([(short(p), p["growth"]) for p in peers], unit="%", highlight=own)) is None
    ):
        return None
    return drawn("peers", f"同类行业增加值增速（{told_period(peers[0]['period'])}）", spec, synthetic=place.synthetic)


def _provinces(place: Place, ask: Ask, kind: str, code: str, scope: str) -> list[dict[str, Any]]:
    held = [
        h for h in place.index.of_indicator("value_added")
        if (h.series.subject_kind, h.series.subject, h.series.scope) == (kind, code, scope) and h.series.region != "CN"
    ]  # fmt: skip
    period, same = at_one_period(newest_growth(place, held, ask))
    if period is None:
        return []
    rows = [
        {
            "code": key.region, "name": region_name(place, key.region, english=ask.english),
            "short": place.catalogue.regions[key.region].short, "growth": figure.value,
            "growth_text": figure.printed, "period": period.code,
        }
        for key, figure in same.items()
    ]  # fmt: skip
    return sorted(rows, key=lambda r: -float(r["growth"] or 0))


def _drawings(place: Place, ask: Ask, held: Any, name: str) -> list[Drawing]:
    wanted = {(indicator, span) for _, _, indicator, span in _CHARTS}
    found = figures(place, [h for h in held if (h.series.indicator, h.series.span) in wanted], ask, months=_MONTHS)
    drawings = []
    for key, title, indicator, span in _CHARTS:
        here = {k.measure: (k, v) for k, v in found.items() if (k.indicator, k.span) == (indicator, span) and v}
        level, growth = here.get("level"), here.get("yoy")
        spec = None
        if level and growth:
            spec = charts.level_and_growth(
                level[1], growth[1], span=span, units=(level[0].unit, growth[0].unit),
                names=(indicator_name(place, indicator), "同比"),
            )  # fmt: skip
        if spec is None and growth:
            spec = charts.over_time(
                [(f"{indicator_name(place, indicator)}同比", growth[1])], span=span, unit=growth[0].unit
            )
        if spec is not None:
            drawings.append(drawn(key, f"{name}：{title}", spec, synthetic=place.synthetic))
    return drawings
