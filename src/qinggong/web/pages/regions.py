"""Province pages (地区): the tile-grid map, the ranking, and one province with its industries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qinggong.catalogue.synthetic import publisher_name
from qinggong.web import charts
from qinggong.web.ask import Ask, BadRequest, NotFound
from qinggong.web.page import Page, drawn, table
from qinggong.web.pages.industries import ROW_COLUMNS
from qinggong.web.place import Place
from qinggong.web.readings import (
    at_one_period,
    indicator_name,
    indicator_rows,
    newest_growth,
    region_name,
    row_data,
    subject_name,
    told_period,
    written,
)
from qinggong.web.search import suggestions
from qinggong.web.series_index import known_by, slug_of

# Column and row of each province on a grid that keeps neighbours together.
TILES: Mapping[str, tuple[int, int]] = {
    "23": (9, 1), "65": (1, 2), "15": (6, 2), "22": (9, 2), "62": (3, 3), "64": (4, 3), "14": (6, 3), "11": (7, 3),
    "12": (8, 3), "21": (9, 3), "54": (1, 4), "63": (2, 4), "61": (4, 4), "41": (5, 4), "13": (6, 4), "37": (7, 4),
    "51": (3, 5), "50": (4, 5), "42": (5, 5), "34": (6, 5), "32": (7, 5), "31": (8, 5), "53": (2, 6), "52": (3, 6),
    "43": (4, 6), "36": (5, 6), "33": (7, 6), "45": (3, 7), "44": (4, 7), "35": (6, 7), "71": (7, 7), "46": (3, 8),
    "81": (5, 8), "82": (4, 8),
}  # fmt: skip
MEASURED = ("value_added", "revenue", "profit", "export_delivery")
STEPS = (-5.0, 0.0, 3.0, 6.0)
"""Limits of the shades of the map, in percent."""
_DEFAULT = "industry:BCD@nbs"
_PULLS = (
    ("indicator", "指标代码"), ("indicator_name", "指标"), ("period", "时期"), ("code", "行业代码"), ("name", "行业"),
    ("growth", "增速（%）"), ("share", "占规模以上工业营业收入比重（%）"), ("contribution", "拉动（百分点）"),
    ("publisher", "编制"), ("release", "取自月报"),
)  # fmt: skip


def listing(place: Place, ask: Ask) -> Page:
    """All provinces by growth of one indicator of one industry."""
    indicator, subject = _chosen(place, ask)
    kind, code, scope = _parts(subject)
    held = known_by(
        [
            h for h in place.index.of_indicator(indicator)
            if (h.series.subject_kind, h.series.subject, h.series.scope) == (kind, code, scope)
        ],
        ask.as_of,
    )  # fmt: skip
    newest = newest_growth(place, held, ask)
    country = next((f for k, (f, _) in newest.items() if k.region == "CN"), None)
    period, same = at_one_period({k: v for k, v in newest.items() if k.region != "CN"})
    before = {k: b for k, (_, b) in newest.items()}
    known = {key.region: (key, figure) for key, figure in same.items()}
    rows = []
    for region in place.catalogue.regions.values():
        if region.code == "CN":
            continue
        key, figure = known.get(region.code, (None, None))
        last = before.get(key) if key else None
        rows.append(
            {
                "code": region.code, "name": region.name_en if ask.english else region.name, "short": region.short,
                "growth": figure.value if figure else None, "growth_text": figure.printed if figure else "",
                "change": round(figure.value - last.value, 9) if figure and last else None,
                "change_text": f"{figure.value - last.value:+.1f}" if figure and last else "",
                "series": slug_of(key) if key else "", "column": TILES[region.code][0], "row": TILES[region.code][1],
                "shade": _shade(figure.value if figure else None), "path": f"/regions/{region.code}",
            }
        )  # fmt: skip
    ranked = sorted((r for r in rows if r["growth"] is not None), key=lambda r: -float(r["growth"] or 0))
    for position, row in enumerate(ranked, start=1):
        row["rank"] = position
    places = (place.told(ask.as_of).portal or {}).get("prosperity") or {}
    data = {
        "indicator": indicator,
        "indicator_name": indicator_name(place, indicator, english=ask.english),
        "subject": subject, "subject_name": subject_name(place, kind, code, scope, english=ask.english),
        "period": period.code if period else None,
        "period_name": told_period(period, english=ask.english) if period else "",
        "country": {"growth": country.value, "growth_text": country.printed} if country else None,
        "regions": rows, "ranked": ranked, "steps": list(STEPS),
        "indicators": [{"code": c, "name": indicator_name(place, c, english=ask.english)} for c in MEASURED],
        "subjects": _subjects(place, ask), "prosperity": places.get("places"), "zones": places.get("zones") or [],
    }  # fmt: skip
    drawings = []
    if ranked:
        spec = charts.ranking(
            [(str(r["short"]), float(r["growth"] or 0)) for r in ranked], unit="%",
            reference=("全国", country.value) if country and period == country.period else None,
        )  # fmt: skip
        if spec is not None:
            between = ": " if ask.english else ""
            title = f"{data['subject_name']}{between}{data['indicator_name']}累计增速（{data['period_name']}）"
            drawings.append(drawn("ranking", title, spec, synthetic=place.synthetic))
    columns = (("rank", "位次"), ("code", "代码"), ("name", "地区"), ("growth", "增速（%）"), ("change", "较上期变化"), ("series",
    "序列"))  # fmt: skip
    csv = table(
        "regions", "分省增速", columns, [[r.get(c) for c, _ in columns] for r in ranked], "rank", "growth", "change"
    )
    return Page("regions", "地区", data, (csv,), tuple(drawings))


def _chosen(place: Place, ask: Ask) -> tuple[str, str]:
    indicator = ask.text("indicator", MEASURED[0])
    if indicator not in MEASURED:
        raise BadRequest(f"地图没有指标“{indicator[:40]}”，可用：{'、'.join(MEASURED)}")
    subject = ask.text("subject", _DEFAULT)
    kind, _, rest = subject.partition(":")
    code, _, scope = rest.partition("@")
    if not (kind and code and scope):
        raise BadRequest(f"行业“{subject[:40]}”不对，请写成 industry:13@nbs")
    if not ask.text("subject") and not any(r != "CN" for r in _regions_of(place, kind, code)):
        other = next(
            (s for s in place.index.subjects() if any(r != "CN" for r in _regions_of(place, s[0], s[1]))), None
        )
        if other is not None:
            subject = f"{other[0]}:{other[1]}@{other[2]}"
    return indicator, subject


def _regions_of(place: Place, kind: str, code: str) -> set[str]:
    return {r for r in place.index.regions() if place.index.of(kind, code, region=r)}


def _parts(subject: str) -> tuple[str, str, str]:
    kind, _, rest = subject.partition(":")
    code, _, scope = rest.partition("@")
    return kind, code, scope


def _shade(value: float | None) -> int:
    """Place of a value among the shades, −1 for none."""
    return -1 if value is None else sum(value >= step for step in STEPS)


def _subjects(place: Place, ask: Ask) -> list[dict[str, str]]:
    """Industries that have provincial figures."""
    found: dict[str, str] = {}
    for h in place.index.all:
        key = h.series
        if key.region != "CN" and key.indicator in MEASURED and key.subject_kind in ("industry", "group"):
            found.setdefault(
                key.subject_key, subject_name(place, key.subject_kind, key.subject, key.scope, english=ask.english)
            )
    return [{"key": key, "name": name} for key, name in found.items()]


def region(place: Place, ask: Ask, code: str) -> Page:
    """One province: its figures for industry as a whole, its industries, its place among the others."""
    entry = place.catalogue.regions.get(code)
    if entry is None:
        raise NotFound(f"没有代码为“{code[:40]}”的地区", suggestions(place, code, kinds=("region",)))
    if all(r == "CN" for r in place.index.regions()):
        what = f"还没有收录分省数字，“{entry.name}”页要等各省统计局的月度数字用 qinggong ingest 导入后才有"
        raise NotFound(what, (("/regions", "地区"),))
    held = known_by(place.index.in_region(code), ask.as_of)
    whole = [h for h in held if h.series.subject_key == _DEFAULT]
    if not whole and held:
        whole = [h for h in held if h.series.subject_key == held[0].series.subject_key]
    rows = [row_data(place, row, ask) for row in indicator_rows(place, whole, ask)]
    growth = newest_growth(place, [h for h in held if h.series.indicator == "value_added"], ask)
    period, same = at_one_period(growth)
    industries = sorted(
        (
            {
                "code": key.subject, "kind": key.subject_kind, "scope": key.scope,
                "name": subject_name(place, key.subject_kind, key.subject, key.scope, english=ask.english),
                "growth": figure.value, "growth_text": figure.printed, "series": slug_of(key),
                "path": f"/industries/{key.subject}",
            }
            for key, figure in same.items()
        ),
        key=lambda r: -float(str(r["growth"])),
    )  # fmt: skip
    told = place.told(ask.as_of)
    signals = (told.portal or {}).get("prosperity") or {}
    pulls = _pulls(place, ask, code)
    name = region_name(place, code, english=ask.english)
    line = next(
        (one for one in (signals.get("places") or {}).get("lines",
        ()) if entry.short in one["name"] or one["key"].endswith(code)),
        None,
    )  # fmt: skip
    subject = whole[0].series if whole else None
    data: dict[str, Any] = {
        "code": code, "name": name, "short": entry.short, "rows": rows,
        "subject_name": subject_name(place, subject.subject_kind, subject.subject, subject.scope, english=ask.english)
        if subject else "",
        "industries": industries, "period": period.code if period else None,
        "period_name": told_period(period, english=ask.english) if period else "",
        "prosperity": line, "zones": signals.get("zones") or [], "held": len(held), "contributions": pulls,
        "release": told.release.name if told.release else "",
    }  # fmt: skip
    drawings = []
    if len(industries) > 1:
        spec = charts.ranking([(str(r["name"]), float(str(r["growth"]))) for r in industries], unit="%")
        if spec is not None:
            title = f"{name}：各行业增加值累计增速（{data['period_name']}）"
            drawings.append(drawn("industries", title, spec, synthetic=place.synthetic))
    for pull in pulls:
        labels = [place.catalogue.industries[p["code"]].name for p in pull["parts"]]
        values = [p["contribution"] for p in pull["parts"]]
        spec = charts.ranking(list(zip(labels, values, strict=True)), unit="百分点", decimals=2)
        if len(values) > 1 and spec is not None:
            what = indicator_name(place, pull["indicator"])
            title = f"{entry.name}：各行业对规模以上工业{what}增长的拉动（{told_period(pull['period'])}）"
            key = f"pull-{pull['indicator']}"
            drawings.append(drawn(key, title, spec, note=pull["note"], synthetic=place.synthetic))
    csv = table(
        "figures",
        f"{name}主要指标",
        ROW_COLUMNS,
        [[r[c] for c, _ in ROW_COLUMNS] for r in rows],
        "level",
        "growth",
        "change",
    )
    rows_of = [
        [
            u["indicator"], u["indicator_name"], u["period"], p["code"], p["name"], p["growth"], p["share"],
            p["contribution"], _publisher(place), data["release"],
        ]
        for u in pulls for p in u["parts"]
    ]  # fmt: skip
    more = (
        (table("contributions", f"{name}各行业拉动", _PULLS, rows_of, "growth", "share", "contribution"),)
        if pulls
        else ()
    )
    return Page("region", name, data, (csv, *more), tuple(drawings))


def _publisher(place: Place) -> str:
    return publisher_name("本系统测算") if place.synthetic else "本系统测算"


def _pulls(place: Place, ask: Ask, code: str) -> list[dict[str, Any]]:
    """What the industries of a province add to its growth, as the release of the day states it."""
    told = place.told(ask.as_of)
    found = []
    for one in (told.portal or {}).get("provinces") or ():
        if one["region"] != code:
            continue
        weighted = one["indicator"] == "value_added"
        how = "上年营业收入比重乘以增加值增速" if weighted else "按公布的本期数和可比增速推算同期基数"
        found.append(
            {
                "indicator": one["indicator"],
                "indicator_name": indicator_name(place, one["indicator"], english=ask.english),
                "period": one["period"], "period_name": told_period(one["period"], english=ask.english),
                "whole_name": subject_name(place, "industry", "BCD", "nbs", english=ask.english),
                "growth": one["growth"], "growth_text": written(one["growth"], 1), "weighted": weighted,
                "publisher": one["publisher"],
                "note": f"本系统测算：{how}，取自{told.release.name if told.release else ''}期月报；"
                "只列景气指数所编的轻工大类中该省有数字的行业，合计不等于全省增速。",
                "parts": [_pull(place, ask, p) for p in one["parts"]],
            }
        )  # fmt: skip
    return found


def _pull(place: Place, ask: Ask, part: Mapping[str, Any]) -> dict[str, Any]:
    code = part["subject_key"].partition(":")[2].partition("@")[0]
    share = part["share_text"]
    return {
        "code": code, "name": subject_name(place, "industry", code, "nbs", english=ask.english),
        "path": f"/industries/{code}", "growth": part["growth"], "growth_text": written(part["growth"], 1),
        "share": float(share) if share else None, "share_text": share or "—",
        "contribution": part["contribution"], "contribution_text": part["contribution_text"],
    }  # fmt: skip
