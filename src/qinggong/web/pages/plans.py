"""Plan pages (方案): targets with probability and required growth, tasks and measures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from qinggong.catalogue.plans import Plan, Target, Task
from qinggong.catalogue.schema import CatalogueError
from qinggong.periods import parse
from qinggong.publish.charts import LineSeries
from qinggong.web import charts
from qinggong.web.ask import Ask, NotFound
from qinggong.web.page import Drawing, Page, drawn, table
from qinggong.web.place import Place
from qinggong.web.readings import label_of, told_period
from qinggong.web.search import suggestions

STATES = {
    "open": "进行中", "decided": "已有结果", "ended": "期限已过", "no_number": "无量化目标", "no_data": "缺数据",
    "no_base": "缺基数", "not_published": "方案未公布", "": "未跟踪",
}  # fmt: skip
WHY = {
    "no_number": "方案只写了方向，没有数字，不计算可能性。",
    "no_data": "没有公开的统计序列能显示该目标的进展；收录相应数据后可以跟踪。",
    "no_base": "缺目标基期的数字；收录基期后可以计算。",
    "not_published": "查询日该方案还没有公布。",
    "": "所选日期的月报没有跟踪该方案。",
}
VERDICTS = {"met": "已达到", "missed": "未达到", "": ""}
_COLUMNS = (
    ("plan", "方案"), ("code", "目标代码"), ("text", "目标"), ("state", "状态"), ("period", "时期"), ("value", "最新数字"),
    ("unit", "单位"), ("probability", "达到目标的可能性（%）"), ("required", "其余月份所需增速（%）"), ("reason", "说明"),
)  # fmt: skip
_TASK_COLUMNS = (
    ("group", "任务组"), ("task", "任务"), ("measures", "举措"), ("industries", "行业"), ("target", "服务的目标"),
    ("state", "状态"), ("period", "时期"), ("value", "最新数字"), ("unit", "单位"), ("required", "其余时间所需增速（%）"),
    ("probability", "达到目标的可能性（%）"),
)  # fmt: skip


def listing(place: Place, ask: Ask) -> Page:
    """All plans, those in force first."""
    lines = _lines(place, ask)
    rows = []
    for plan in reversed(place.plans):
        told = [v for v in lines.values() if v["plan"] == plan.code]
        rows.append(
            {
                "code": plan.code, "title": plan.title_en if ask.english else plan.title, "short": plan.short,
                "issuers": list(plan.issuers), "published": plan.published.isoformat(),
                "valid_from": plan.valid_from.isoformat(), "valid_to": plan.valid_to.isoformat(),
                "adopted": plan.adopted, "targets": len(plan.targets), "tasks": len(plan.tasks),
                "followed": sum(1 for v in told if v["value"]), "path": f"/plans/{plan.code}",
            }
        )  # fmt: skip
    data = {"plans": rows, "targets": [target(v) for v in lines.values() if v["value"]]}
    csv = table(
        "targets", "目标进度", _COLUMNS, [_csv(target(v)) for v in lines.values()], "value", "probability", "required"
    )
    return Page("plans", "方案与目标", data, (csv,))


def plan(place: Place, ask: Ask, code: str) -> Page:
    """One plan."""
    found = next((p for p in place.plans if p.code == code), None)
    if found is None:
        raise NotFound(f"没有代码为“{code[:40]}”的方案", suggestions(place, code, kinds=("plan",)))
    lines = _lines(place, ask)
    targets = []
    drawings: list[Drawing] = []
    for one in found.targets:
        line = lines.get(f"{code}.{one.code}")
        if line is not None:
            told = target(line)
            if (drawing := _chart(place, line)) is not None:
                drawings.append(drawing)
                told["drawing"] = drawing.key
        else:
            told = {
                "plan": code, "code": one.code, "text": one.text, "state": "", "state_name": STATES[""], "period": None,
                "value": None, "value_text": "", "unit": one.unit, "probability": None, "required": None,
                "reason": WHY[""], "readings": [], "verdict": "", "kinds": [], "carrying": [], "dragging": [],
            }  # fmt: skip
        source = found.source_of(one)
        targets.append({**told, "note": one.note, "source": f"{source.publisher}《{source.title}》"})
    groups = _groups(place, ask, found, lines)
    zones = ((place.told(ask.as_of).portal or {}).get("prosperity") or {}).get("zones") or []
    data = {**_head(found, ask), "targets": targets, "groups": groups, "zones": zones}
    csv = table(
        "targets", f"{found.short}目标", _COLUMNS, [_csv(t) for t in targets], "value", "probability", "required"
    )
    tasks = table("tasks", f"{found.short}任务", _TASK_COLUMNS, _task_rows(groups), "value", "required", "probability")
    return Page("plan", found.title_en if ask.english else found.title, data, (csv, tasks), tuple(drawings))


def _groups(place: Place, ask: Ask, found: Plan, lines: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Tasks with their public part: measures, industries with their lights, targets served with their progress."""
    signals = (place.told(ask.as_of).portal or {}).get("prosperity") or {}
    lights = {line["key"]: line for line in signals.get("industries", ())}
    known = place.catalogue.industries
    followed = {t.code: line for t in found.targets if (line := lines.get(f"{found.code}.{t.code}")) and line["value"]}
    return [
        {
            "code": g.code, "title": g.title, "official": g.heading == "official", "safeguard": g.safeguard,
            "tasks": [
                {
                    "code": t.code, "title": t.title, "official": t.heading == "official",
                    "industries": [place.catalogue.industries[c].name for c in t.industries if c in known],
                    "industry_lines": [
                        _industry(place, ask, c, lights, signals, followed) for c in t.industries if c in known
                    ],
                    "measures": [m.text for m in t.measures],
                    "targets": [
                        _progress(o.code, followed[o.code], ask) for o in found.targets
                        if o.code in followed and _serves(place, t, o)
                    ],
                }
                for t in g.tasks
            ],
        }
        for g in found.groups
    ]  # fmt: skip


def _serves(place: Place, task: Task, aim: Target) -> bool:
    """Plans do not divide targets among tasks: one for the whole is served by all, one for an industry by its own."""
    if aim.measured is None:
        return False
    try:
        indicator = place.catalogue.indicator(aim.measured.indicator).code
        subject = place.catalogue.subject(aim.measured.subject, indicator=indicator)
    except CatalogueError:
        return False
    return subject.kind != "industry" or not task.industries or subject.code in task.industries


def _industry(
    place: Place, ask: Ask, code: str, lights: Mapping[str, Mapping[str, Any]], signals: Mapping[str, Any],
    followed: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    """An industry of a task: its light in the release, and what it adds to the growth that a target aims at."""
    entry = place.catalogue.industries[code]
    line = lights.get(f"industry:{code}@nbs")
    zone = line["zone"] if line else -1
    points = [
        {"target": line["text"], "points": part["points"]["value"], "text": part["points"]["text"]}
        for line in followed.values() for part in (*line["carrying"], *line["dragging"])
        if part["name"] in (entry.name, entry.short)
    ]  # fmt: skip
    return {
        "code": code, "name": entry.name_en if ask.english else entry.name, "path": f"/industries/{code}",
        "index": line["value"]["value"] if line and line["value"] else None,
        "index_text": line["value"]["text"] if line and line["value"] else "", "zone_place": zone,
        "zone": signals["zones"][zone][0] if zone >= 0 else "", "points": points,
    }  # fmt: skip


def _progress(code: str, line: Mapping[str, Any], ask: Ask) -> dict[str, Any]:
    """How far a followed target is: newest figure, growth still required, probability."""
    reading = line["readings"][line["headline"]] if line["readings"] else None

    def told(name: str) -> dict[str, Any]:
        one = reading[name] if reading and reading[name] else {"value": None, "text": ""}
        return {name: one["value"], f"{name}_text": one["text"]}

    return {
        "code": code, "text": line["text"], "state": line["state"],
        "state_name": STATES.get(line["state"], line["state"]), "period": line["period"],
        "period_name": told_period(line["period"], english=ask.english),
        "value": line["value"]["value"], "value_text": line["value"]["text"], "unit": line["value"]["unit"],
        "mean": line["mean"]["value"] if line["mean"] else None,
        "mean_text": line["mean"]["text"] if line["mean"] else "",
        "verdict": VERDICTS.get(reading["verdict"], "") if reading else "",
        **told("required"), **told("probability"), **told("low"), **told("high"),
    }  # fmt: skip


def _task_rows(groups: list[dict[str, Any]]) -> list[list[Any]]:
    """One row a task and target; a task without a followed target has one row."""
    rows: list[list[Any]] = []
    for g in groups:
        for t in g["tasks"]:
            own = [g["title"], t["title"], "；".join(t["measures"]), "、".join(t["industries"])]
            rows += [
                [*own, p["text"], p["state_name"], p["period"], p["value"], p["unit"], p["required"], p["probability"]]
                for p in t["targets"]
            ] or [[*own, "", "", "", None, "", None, None]]
    return rows


def _head(found: Plan, ask: Ask) -> dict[str, Any]:
    return {
        "code": found.code, "title": found.title_en if ask.english else found.title, "short": found.short,
        "number": found.number, "issuers": list(found.issuers), "published": found.published.isoformat(),
        "precision": found.date_precision, "valid_from": found.valid_from.isoformat(),
        "valid_to": found.valid_to.isoformat(), "adopted": found.adopted, "superseded_by": found.superseded_by,
        "text": found.text, "note": found.note,
        "sources": [{"title": s.title, "publisher": s.publisher, "date": s.date.isoformat()} for s in found.sources],
    }  # fmt: skip


def _lines(place: Place, ask: Ask) -> dict[str, Mapping[str, Any]]:
    portal = place.told(ask.as_of).portal or {}
    return {line["key"]: line for line in (portal.get("targets") or {}).get("lines", ())}


def target(line: Mapping[str, Any]) -> dict[str, Any]:
    """A target of a release as plain values for page and data."""
    reading = line["readings"][line["headline"]] if line["readings"] else None

    def of(name: str) -> Any:
        return reading[name]["value"] if reading and reading[name] else None

    return {
        "plan": line["plan"], "plan_title": line["plan_title"], "code": line["key"].partition(".")[2],
        "text": line["text"], "kinds": line["kinds"], "state": line["state"],
        "state_name": STATES.get(line["state"], line["state"]), "deadline": line["deadline"],
        "period": line["period"], "value": line["value"]["value"] if line["value"] else None,
        "value_text": line["value"]["text"] if line["value"] else "",
        "unit": line["value"]["unit"] if line["value"] else "",
        "target": line["target"]["text"] if line["target"] else "",
        "gap": line["gap"]["text"] if line["gap"] else "", "gap_unit": line["gap"]["unit"] if line["gap"] else "",
        "probability": of("probability"), "low": of("low"), "high": of("high"), "required": of("required"),
        "required_low": of("required_low"), "required_high": of("required_high"),
        "verdict": VERDICTS.get(reading["verdict"], "") if reading else "",
        "readings": [
            {
                "name": r["name"], "floor": r["floor"]["text"] if r["floor"] else "",
                "probability": r["probability"]["text"] if r["probability"] else "",
                "low": r["low"]["text"] if r["low"] else "", "high": r["high"]["text"] if r["high"] else "",
                "required": r["required"]["text"] if r["required"] else "", "verdict": VERDICTS.get(r["verdict"], ""),
            }
            for r in line["readings"]
        ],
        "reason": line["reason"] or WHY.get(line["state"], ""), "supposed": line["supposed"],
        "carrying": [{"name": p["name"], "points": p["points"]["text"]} for p in line["carrying"]],
        "dragging": [{"name": p["name"], "points": p["points"]["text"]} for p in line["dragging"]],
    }  # fmt: skip


def _csv(told: Mapping[str, Any]) -> list[Any]:
    return [told.get(name) for name, _ in _COLUMNS]


def _chart(place: Place, line: Mapping[str, Any]) -> Drawing | None:
    """Probability of attainment after each published figure."""
    points = [p for p in line["points"] if p["probability"]]
    if len(points) < 2:
        return None
    labels = [label_of(parse(p["period"])) for p in points]

    def values(name: str) -> list[float | None]:
        return [p[name]["value"] if p[name] else None for p in points]

    spec = charts.line_spec(
        labels=labels, unit="%", decimals=0,
        series=[
            LineSeries("达到目标的可能性", values("probability"), strong=True),
            LineSeries("区间下限", values("low"), last_text=None), LineSeries("区间上限", values("high"), last_text=None),
        ],
    )  # fmt: skip
    title = f"{line['text']}：每次公布数字后达到目标的可能性"
    return drawn(f"target-{line['key'].partition('.')[2]}", title, spec, synthetic=place.synthetic)
