"""The overview (概览): what runs hot, what turns and why, in one look."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qinggong.monitor.facts import quantity
from qinggong.periods import parse
from qinggong.web import charts
from qinggong.web.ask import Ask
from qinggong.web.page import Drawing, Page, drawn, table
from qinggong.web.pages.releases import ANNOUNCED, calendar
from qinggong.web.place import Place
from qinggong.web.readings import figures, indicator_rows, label_of, region_name, row_data, subject_name, told_period
from qinggong.web.series_index import known_by

_HEADLINES = 8
_COMING = 5
_OBSERVED = (
    ("industry", "BCD", "nbs", ("value_added", "revenue", "profit", "export_delivery")),
    ("industry", "C", "nbs", ("value_added",)),
    ("group", "light_industry", "", ("value_added", "revenue", "profit")),
    ("retail", "total", "nbs", ("retail_sales",)),
)
"""Of a day without a release: subjects and indicators whose newest published figures are shown."""
LIGHT_COLUMNS = (
    ("industry", "行业代码"), ("name", "行业"), ("month", "月份"), ("zone", "信号灯"), ("index", "景气指数"),
)  # fmt: skip


def overview(place: Place, ask: Ask) -> Page:
    """The first page."""
    told = place.told(ask.as_of)
    portal = told.portal or {}
    signals = portal.get("prosperity")
    wall = light_wall(signals)
    headlines = _headlines(portal.get("topics") or (), ask)
    observed = [] if headlines else _observed(place, ask)
    data: dict[str, Any] = {
        "headlines": headlines or observed,
        "observed": bool(observed),
        "wall": wall,
        "signals": _signal_words(signals),
        "warnings": _warnings(place, portal.get("warnings"), ask),
        "targets": _targets(portal.get("targets")),
        "next": _next_releases(place, ask),
        "nowcasts": _nowcasts(portal.get("nowcasts")),
        "missing": _missing(portal),
        "series": len(place.index.all),
        "provinces": len([r for r in place.index.regions() if r != "CN"]),
        "recent": [_release(r) for r in place.releases.all() if ask.as_of is None or r.day <= ask.as_of][:3],
    }
    drawings: list[Drawing] = []
    if signals and signals["whole"]:
        if (spec := charts.history(signals, signals["whole"])) is not None:
            drawings.append(drawn("index", f"{signals['name']}：总指数和分项指数", spec, synthetic=place.synthetic))
        if (spec := charts.clock(signals)) is not None:
            title = f"景气周期钟（{told_period(signals['period'])}）"
            drawings.append(drawn("clock", title, spec, synthetic=place.synthetic))
    drawings += _topic_charts(place, portal.get("topics") or ()) if portal else _observed_charts(place, ask)
    rows = [
        [row["code"], row["name"], month, wall["zones"][zone]["name"] if zone >= 0 else "", row["values"][n]]
        for row in wall["rows"] for n, (month, zone) in enumerate(zip(wall["months"], row["zones"], strict=True))
    ]  # fmt: skip
    heads = [
        [h["name"], h["period"], h["growth"], h["growth_unit"], h["level"], h["level_unit"], h["change"]]
        for h in data["headlines"]
    ]
    return Page(
        "overview", "概览", data,
        (
            table(
                "headlines", "主要数字",
                (
                    ("name", "指标"), ("period", "时期"), ("growth", "增速"), ("growth_unit", "增速单位"),
                    ("level", "绝对量"), ("level_unit", "单位"), ("change", "较上期变化"),
                ),
                heads, "growth", "level", "change",
            ),
            table("lights", "行业信号灯", LIGHT_COLUMNS, rows, "index"),
        ),
        tuple(drawings),
    )  # fmt: skip


def light_wall(signals: Mapping[str, Any] | None) -> dict[str, Any]:
    """Lights of industries by month; no rows where no index is compiled."""
    if not signals or not signals["strip"]:
        return {"months": [], "rows": [], "zones": [], "name": (signals or {}).get("name", "")}
    months = [label_of(parse(p)) for p in signals["strip"]]
    lines = [one for one in (signals["whole"], *signals["industries"]) if one and len(one["strip"]) == len(months)]
    rows = []
    for line in lines:
        whole = line is signals["whole"]
        values = [f["value"] if f else None for f in line["history"]] or [None] * len(months)
        rows.append(
            {
                "code": "light_industry" if whole else line["key"].partition(":")[2].partition("@")[0],
                "name": "合计" if whole else line["short"] or line["name"],
                "full": line["name"],
                "zones": line["strip"],
                "values": values if len(values) == len(months) else [None] * len(months),
                "text": line["value"]["text"] if line["value"] else "",
                "change": line["change"]["value"] if line["change"] else None,
                "change_text": line["change"]["text"] if line["change"] else "",
                "whole": whole,
            }
        )
    zones = [{"name": name, "light": light} for name, light in signals["zones"]]
    return {"months": months, "rows": rows, "zones": zones, "name": signals["name"]}


def _signal_words(signals: Mapping[str, Any] | None) -> dict[str, Any]:
    """The index in words: value, zone, change; or why there is none."""
    if not signals:
        return {"told": False, "why": ""}
    whole = signals["whole"]
    if not whole or not whole["value"]:
        reasons = "；".join(f"{'、'.join(u['names'])}（{u['reason']}）" for u in signals["uncompiled"])
        fewest = signals["settings"]
        return {
            "told": False,
            "name": signals["name"],
            "why": reasons,
            "fewest_components": fewest["fewest_components"]["text"],
            "fewest_months": fewest["fewest_months"]["text"],
        }
    hot = [i for i in signals["industries"] if i["zone"] > signals["centre"]]
    cold = [i for i in signals["industries"] if 0 <= i["zone"] < signals["centre"]]
    moved = [i for i in signals["industries"] if i["zone"] >= 0 <= i["zone_before"] and i["zone"] != i["zone_before"]]
    return {
        "told": True,
        "name": signals["name"],
        "period": signals["period"],
        "value": whole["value"]["text"],
        "zone": whole["zone"],
        "zone_name": signals["zones"][whole["zone"]][0] if whole["zone"] >= 0 else "",
        "light": signals["zones"][whole["zone"]][1] if whole["zone"] >= 0 else "",
        "change": whole["change"],
        "year_change": whole["year_change"],
        "counts": [
            {"name": c["name"], "zone": c["zone"], "count": c["count"]["text"], "members": c["members"]}
            for c in signals["counts"]
        ],
        "hot": [i["name"] for i in hot],
        "cold": [i["name"] for i in cold],
        "moved": [
            {"name": i["name"], "from": signals["zones"][i["zone_before"]][0], "to": signals["zones"][i["zone"]][0]}
            for i in moved
        ],
        "parts": sorted(
            ({"name": p["name"], "text": p["points"]["text"], "value": p["points"]["value"]} for p in whole["parts"]),
            key=lambda p: -abs(p["value"] or 0),
        ),
    }


def _headlines(topics: Sequence[Mapping[str, Any]], ask: Ask) -> list[dict[str, Any]]:
    found = []
    for topic in topics:
        for m in topic["headlines"][:3] if topic["key"] != "industries" else ():
            growth, level, change = m["growth"], m["level"], m["change"]
            if not (growth or level):
                continue
            found.append(
                {
                    "name": quantity(m["name"], m["indicator"], m["indicator_name"]),
                    "subject": m["subject_key"],
                    "indicator": m["indicator"],
                    "topic": topic["title"],
                    "period": m["period"],
                    "period_name": told_period(m["period"], english=ask.english, stock=m["sequence"] == "point"),
                    "growth": growth["value"] if growth else None,
                    "growth_text": growth["text"] if growth else "",
                    "growth_unit": growth["unit"] if growth else "",
                    "level": level["value"] if level else None,
                    "level_text": level["text"] if level else "",
                    "level_unit": level["unit"] if level else "",
                    "change": change["value"] if change else None,
                    "change_text": change["text"] if change else "",
                    "path": f"/industries/{m['subject_key'].partition(':')[2].partition('@')[0]}"
                    if m["subject_key"].startswith(("industry:", "group:"))
                    else f"/indicators/{m['indicator']}",
                }
            )
    return found[:_HEADLINES]


def _observed(place: Place, ask: Ask) -> list[dict[str, Any]]:
    """Newest published figures of the day, in the form of headlines."""
    found = []
    for kind, code, scope, indicators in _OBSERVED:
        held = [h for h in place.index.of(kind, code, scope=scope) if h.series.indicator in indicators]
        name = subject_name(place, kind, code, scope or "cnlic", english=ask.english)
        best: dict[str, dict[str, Any]] = {}
        for row in indicator_rows(place, known_by(held, ask.as_of), ask):
            told = row_data(place, row, ask)
            if told["growth"] is None and told["level"] is None:
                continue
            if told["indicator"] not in best or told["span"] == "ytd":
                best[told["indicator"]] = told
        for told in best.values():
            english = f"{told['name']} of {name[:1].lower()}{name[1:]}"
            rate, level = told["growth"] is not None, told["level"] is not None
            found.append(
                {
                    "name": english if ask.english else quantity(name, told["indicator"], told["name"]),
                    "subject": f"{kind}:{code}", "indicator": told["indicator"], "topic": "",
                    "period": told["period"], "period_name": told["period_name"], "growth": told["growth"],
                    "growth_text": told["growth_text"] if rate else "",
                    "growth_unit": told["growth_unit"] if rate else "",
                    "level": told["level"], "level_text": told["level_text"] if level else "",
                    "level_unit": told["unit"] if level else "", "change": told["change"],
                    "change_text": told["change_text"],
                    "path": f"/industries/{code}" if kind != "retail" else f"/indicators/{told['indicator']}",
                }
            )  # fmt: skip
    return found[:_HEADLINES]


def _observed_charts(place: Place, ask: Ask) -> list[Drawing]:
    """Growth of value added and of profits as published by the day."""
    drawings = []
    for key, indicator, span, title in (
        ("production", "value_added", "month", "增加值单月同比增速"), ("efficiency", "profit", "ytd", "利润总额累计同比增速"),
    ):  # fmt: skip
        held = [
            h for kind, code, scope, _ in _OBSERVED[:3] for h in place.index.of(kind, code, scope=scope)
            if (h.series.indicator, h.series.span, h.series.measure) == (indicator, span, "yoy")
        ]  # fmt: skip
        found = figures(place, known_by(held, ask.as_of), ask, months=26)
        lines = [(subject_name(place, k.subject_kind, k.subject, k.scope), some) for k, some in found.items() if some]
        if lines and (spec := charts.over_time(lines, span=span, unit="%")) is not None:
            drawings.append(drawn(key, title, spec, synthetic=place.synthetic))
    return drawings


def _warnings(place: Place, alerts: Mapping[str, Any] | None, ask: Ask) -> list[dict[str, Any]]:
    found = []
    for line in (alerts or {}).get("lines", ()):
        found.append(
            {
                "rule": line["rule"], "name": line["name"], "what": line["what"], "severity": line["severity"],
                "standing": line["standing"], "industry": line["industry"], "subject": line["subject_name"],
                "region": region_name(place, line["region"], english=ask.english), "since": line["since"],
                "run": line["run"]["text"],
            }
        )  # fmt: skip
    return sorted(found, key=lambda w: (w["standing"] != "in_force", -int(w["severity"])))


def _targets(targets: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    found = []
    for line in (targets or {}).get("lines", ()):
        if not line["value"]:
            continue
        reading = line["readings"][line["headline"]] if line["readings"] else None
        found.append(
            {
                "plan": line["plan"], "plan_title": line["plan_title"], "text": line["text"], "state": line["state"],
                "value": line["value"], "period": line["period"], "gap": line["gap"],
                "probability": reading["probability"] if reading else None,
                "verdict": reading["verdict"] if reading else "",
            }
        )  # fmt: skip
    return found


def _next_releases(place: Place, ask: Ask) -> list[dict[str, Any]]:
    """Official figures to come after the newest ones of the day, by the calendar."""
    return [
        {"date": c["day"], "what": c["what"], "period_name": c["period"], "announced": c["announced"] == ANNOUNCED}
        for c in calendar(place, ask)[:_COMING]
    ]


def _nowcasts(nowcasts: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    return [
        {
            "subject": n["subject_name"], "code": n["subject_code"], "indicator": n["indicator_name"],
            "period": n["period"], "period_name": told_period(n["period"]), "mean": n["density"]["mean"]["text"],
            "low": n["density"]["p10"]["text"], "high": n["density"]["p90"]["text"],
        }
        for n in (nowcasts or {}).get("lines", ()) if n["indicator"] == "value_added"
    ]  # fmt: skip


def _missing(portal: Mapping[str, Any]) -> list[dict[str, str]]:
    """Figures that the month lacks, by publisher and expected day."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for topic in portal.get("topics") or ():
        for m in topic["missing"]:
            grouped.setdefault((m["expected"], m["publisher"]), []).append(
                quantity(m["name"], m["indicator"], m["indicator_name"])
            )
    return [
        {"expected": day, "publisher": body, "what": "、".join(dict.fromkeys(what))}
        for (day, body), what in sorted(grouped.items())
    ]


def _topic_charts(place: Place, topics: Sequence[Mapping[str, Any]]) -> list[Drawing]:
    """The first chart of the first topic: growth of production."""
    from qinggong.publish.charts import LineSeries

    drawings = []
    for topic in topics:
        for chart in topic["charts"][:1] if topic["key"] in ("production", "efficiency") else ():
            labels = [label_of(parse(p)) for p in chart["periods"]]
            lines = []
            for one in chart["lines"]:
                points = {label_of(parse(p)): f["value"] if f else None for p, f in one["points"]}
                lines.append(LineSeries(one["name"], [points.get(label) for label in labels], one["strong"]))
            if len(labels) > 1 and any(v is not None for one in lines for v in one.values):
                spec = charts.line_spec(labels=labels, series=lines, unit=chart["unit"])
                drawings.append(drawn(topic["key"], chart["title"], spec, synthetic=place.synthetic))
    return drawings


def _release(release: Any) -> dict[str, str]:
    return {"name": release.name, "title": release.title, "day": release.day.isoformat(), "month": release.month}
