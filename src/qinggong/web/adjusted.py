"""Seasonally adjusted series of a release (季调序列): original, adjusted and trend, as chart, rows and table.

The rows stand in the release (``momentum.series`` of ``data/portal.json``); a page only shows them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qinggong.catalogue.synthetic import publisher_name
from qinggong.periods import parse
from qinggong.publish.charts import LineSeries
from qinggong.publish.data import DataTable
from qinggong.store.base import SeriesKey
from qinggong.web import charts
from qinggong.web.ask import Ask
from qinggong.web.page import Drawing, drawn, table
from qinggong.web.place import Place
from qinggong.web.readings import indicator_name, label_of, told_period, written

METHOD = "regARIMA–X-11"
_COLUMNS = (
    ("indicator", "指标代码"), ("indicator_name", "指标"), ("period", "时期"), ("original", "原序列（同口径）"),
    ("adjusted", "季调后"), ("trend", "趋势"), ("unit", "单位"), ("verdict", "季调质量"), ("publisher", "编制"),
    ("release", "取自月报"),
)  # fmt: skip


def of_series(place: Place, ask: Ask, key: SeriesKey, *, start: str = "", end: str = "") -> dict[str, Any] | None:
    """The adjusted series that a published series went into; ``None`` where the release has none.

    Parameters
    ----------
    start, end
        First and last month, ``2020-01``; empty for all.
    """
    found = next((one for one in _all(place, ask) if key.id in one["inputs"]), None)
    return None if found is None else _told(place, ask, found, start, end)


def of_subject(place: Place, ask: Ask, subject_key: str) -> list[dict[str, Any]]:
    """All adjusted series of a subject, ``industry:13@nbs``."""
    return [_told(place, ask, one, "", "") for one in _all(place, ask) if one["subject_key"] == subject_key]


def _all(place: Place, ask: Ask) -> Sequence[Mapping[str, Any]]:
    momentum = (place.told(ask.as_of).portal or {}).get("momentum") or {}
    found: Sequence[Mapping[str, Any]] = momentum.get("series") or ()  # releases made earlier have none
    return found


def _told(place: Place, ask: Ask, one: Mapping[str, Any], start: str, end: str) -> dict[str, Any]:
    release = place.told(ask.as_of).release
    rows = []
    for code, original, adjusted, trend in zip(
        one["periods"], one["original"], one["adjusted"], one["trend"], strict=True
    ):
        period = parse(code)
        if (start and label_of(period) < start) or (end and label_of(period) > end):
            continue
        rows.append(
            {
                "period": code, "period_name": told_period(period, english=ask.english), "original": original,
                "adjusted": adjusted, "trend": trend, "original_text": written(original, 1),
                "adjusted_text": written(adjusted, 1), "trend_text": written(trend, 1),
            }
        )  # fmt: skip
    joint = any(parse(r["period"]).is_jan_feb for r in rows)
    return {
        "subject_key": one["subject_key"], "name": one["name"], "indicator": one["indicator"],
        "indicator_name": indicator_name(place, one["indicator"], english=ask.english), "unit": one["unit"],
        "verdict": one["verdict"], "method": METHOD, "publisher": _publisher(place),
        "release": release.name if release else "", "release_day": release.day.isoformat() if release else "",
        "note": _note(one["verdict"], release.name if release else "", joint), "rows": rows,
    }  # fmt: skip


def _publisher(place: Place) -> str:
    return publisher_name("本系统测算") if place.synthetic else "本系统测算"


def _note(verdict: str, release: str, joint: bool) -> str:
    told = (
        f"季调后和趋势为本系统测算（{METHOD}，质量{verdict}），取自{release}期月报；原序列按可比口径由公布的绝对量和增速推得，"
        "与公布的绝对量可能不同。"
    )
    return told + ("原序列1—2月为两个月合计，图中按月均画出。" if joint else "")


def drawing(place: Place, told: Mapping[str, Any], *, key: str, months: int | None = None) -> Drawing | None:
    """Original, adjusted and trend in one chart, the last ``months`` observations; ``None`` with fewer than two."""
    rows = told["rows"][-months:] if months else told["rows"]
    if len(rows) < 2:
        return None
    periods = [parse(r["period"]) for r in rows]
    # The sum of two months beside single months would be a spike that means nothing.
    original = [
        r["original"] / 2 if p.is_jan_feb and r["original"] is not None else r["original"]
        for r, p in zip(rows, periods, strict=True)
    ]
    spec = charts.line_spec(
        labels=[label_of(p, "month") for p in periods], unit=told["unit"], height=280,
        series=[
            LineSeries("季调后", [r["adjusted"] for r in rows], strong=True),
            LineSeries("趋势", [r["trend"] for r in rows], last_text=None),
            LineSeries("原序列", original, last_text=None),
        ],
    )  # fmt: skip
    title = f"{told['name']}{indicator_name(place, told['indicator'])}：原序列、季调后与趋势"
    return drawn(key, title, spec, note=told["note"], synthetic=place.synthetic)


def as_table(title: str, some: Sequence[Mapping[str, Any]]) -> DataTable:
    """The rows of some adjusted series as a table of a page."""
    rows = [
        [
            one["indicator"], one["indicator_name"], r["period"], r["original"], r["adjusted"], r["trend"], one["unit"],
            one["verdict"], one["publisher"], one["release"],
        ]
        for one in some for r in one["rows"]
    ]  # fmt: skip
    return table("adjusted", title, _COLUMNS, rows, "original", "adjusted", "trend")
