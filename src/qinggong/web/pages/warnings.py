"""The warnings page (预警): open warnings with their evidence, earlier ones, and what each rule was worth."""

from __future__ import annotations

from typing import Any

from qinggong.catalogue.warnings import EVENT_NAMES, STANDING_NAMES, load_warning_record, standing
from qinggong.periods import parse
from qinggong.publish.charts import LineSeries
from qinggong.web import charts
from qinggong.web.ask import Ask
from qinggong.web.page import Drawing, Page, drawn, table
from qinggong.web.place import Place
from qinggong.web.readings import label_of, told_period

SEVERITIES = {1: "一般", 2: "较重", 3: "严重"}
_COLUMNS = (
    ("rule", "规则"), ("name", "名称"), ("industry", "行业代码"), ("subject_name", "行业"), ("region_name", "地区"),
    ("severity_name", "等级"), ("standing_name", "启用"), ("since", "起始"), ("run", "持续期数"), ("evidence", "依据"),
)  # fmt: skip


def listing(place: Place, ask: Ask) -> Page:
    """All warnings of the month, by industry, and all rules with their records."""
    alerts = (place.told(ask.as_of).portal or {}).get("warnings")
    lines = [_line(line) for line in (alerts or {}).get("lines", ())]
    lines.sort(key=lambda w: (w["standing"] != "in_force", -w["severity"], w["industry"]))
    drawings: list[Drawing] = []
    for number, line in enumerate((alerts or {}).get("lines", ())):
        told = line["standing"] == "in_force" and len(drawings) < 12
        if told and (drawing := _chart(place, line, number)) is not None:
            drawings.append(drawing)
            who = (line["rule"], line["industry"], line["region"])
            for one in lines:
                if (one["rule"], one["industry"], one["region"]) == who:
                    one["drawing"] = drawing.key
    data: dict[str, Any] = {
        "known": alerts is not None, "period": alerts["period"] if alerts else None,
        "period_name": told_period(alerts["period"], english=ask.english) if alerts else "",
        "warnings": lines, "rules": _rules(place, ask),
        "inactive": [{"name": r["name"], "lacking": r["lacking"]} for r in (alerts or {}).get("inactive", ())],
        "judged": alerts["counts"]["judged"]["text"] if alerts and "judged" in alerts["counts"] else "",
        "severities": SEVERITIES,
    }  # fmt: skip
    csv = table("warnings", "预警", _COLUMNS, [[w[c] for c, _ in _COLUMNS] for w in lines])
    columns = tuple((k, k) for k in ("code", "name", "standing", "why", "precision", "recall", "episodes"))
    record = table("rules", "规则与回测", columns, [[r[c] for c, _ in columns] for r in data["rules"]], "precision",
    "recall", "episodes")  # fmt: skip
    return Page("warnings", "预警", data, (csv, record), tuple(drawings))


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "rule": line["rule"], "name": line["name"], "what": line["what"], "word": line["word"],
        "industry": line["industry"], "subject_name": line["subject_name"], "region": line["region"],
        "region_name": line["region_name"], "severity": line["severity"], "severity_name": SEVERITIES[line["severity"]],
        "standing": line["standing"], "standing_name": STANDING_NAMES.get(line["standing"], ""), "why": line["why"],
        "since": line["since"], "since_name": told_period(line["since"]), "run": line["run"]["text"],
        "fresh": line["fresh"],
        "evidence": "；".join(_evidence(f) for f in line["evidence"]),
        "past": [
            {
                "first": p["first"], "last": p["last"], "length": p["length"]["text"],
                "lowest": p["lowest"]["text"] if p["lowest"] else "", "after": p["after"]["text"] if p["after"] else "",
                "ended": p["ended"],
            }
            for p in line["past"]
        ],
        "measures": [{"plan": m["plan"], "text": m["text"]} for m in line["measures"]], "drawing": "",
    }  # fmt: skip


def _evidence(fact: dict[str, Any]) -> str:
    """One figure of the evidence: 2025年12月份家具制造业增加值同比下降5.6%."""
    label, text, unit = str(fact["label"]), str(fact["text"]), str(fact["unit"])
    value = f"{text}{unit}"
    if label.endswith("同比") and unit == "%" and text[:1] in "-−0123456789":
        rate = text.lstrip("-−")
        still = not any(c in "123456789" for c in rate)
        value = "持平" if still else f"{'下降' if rate != text else '增长'}{rate}%"
    else:
        value = f"为{value}"
    return f"{told_period(fact['period'])}{label}{value}"


def _rules(place: Place, ask: Ask) -> list[dict[str, Any]]:
    """Every rule with its record of the years it was judged on."""
    settings = place.warning_settings
    record = load_warning_record(overlay=place.layout.catalogue)
    found = []
    for rule in settings.rules:
        state, why = standing(rule, settings, record)
        line = record.line(rule.code, years=record.evaluation) if record else None
        found.append(
            {
                "code": rule.code, "name": rule.name_en if ask.english else rule.name, "word": rule.word,
                "standing": STANDING_NAMES[state], "state": state, "why": why, "event": EVENT_NAMES[rule.event],
                "precision": line.precision if line else None, "precision_low": line.precision_low if line else None,
                "precision_high": line.precision_high if line else None, "recall": line.recall if line else None,
                "alarms": line.alarms if line else None, "right": line.right if line else None,
                "episodes": line.episodes if line else None, "lead": line.lead if line else None,
                "years": record.evaluation if record else "",
            }
        )  # fmt: skip
    return found


def _chart(place: Place, line: dict[str, Any], number: int) -> Drawing | None:
    points = [(label_of(parse(p)), f["value"] if f else None) for p, f in line["chart"]]
    if len(points) < 2 or not any(v is not None for _, v in points) or len({p for p, _ in points}) != len(points):
        return None
    spec = charts.line_spec(
        labels=[p for p, _ in points],
        unit="%",
        series=[LineSeries(line["what"], [v for _, v in points], strong=True)],
        height=200,
    )
    return drawn(f"warning-{number}", f"{line['subject_name']}：{line['what']}", spec, synthetic=place.synthetic)
