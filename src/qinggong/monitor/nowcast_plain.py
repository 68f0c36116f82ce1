"""Nowcasts as plain values (即时预测的数据形式), for programs."""

from __future__ import annotations

from typing import Any

from qinggong.monitor.facts import Density, Fact, NowcastLine, Nowcasts, PathPoint, Tested, ViewChange


def plain_nowcasts(found: Nowcasts) -> dict[str, Any]:
    """Everything that is told, as it is told."""
    return {
        "month": f"{found.wanted.year}-{found.wanted.last:02d}",
        "end": found.end.code,
        "evaluation": {"source": found.record_source, "pseudo_vintages": found.pseudo} if found.record_source else None,
        "nowcasts": [_line(line) for line in found.lines],
        "refused": [
            {"industry": r.subject_code, "name": r.subject_name, "indicator": r.indicator, "reason": r.reason}
            for r in found.refused
        ],
        "notes": list(found.model_notes),
    }


def _line(line: NowcastLine) -> dict[str, Any]:
    return {
        "industry": line.subject_code, "name": line.subject_name, "indicator": line.indicator,
        "indicator_name": line.indicator_name, "period": line.period.code, "unit": "%", "published": line.chosen,
        "why": line.why, "density": _density(line.density),
        "newest": None if line.newest is None else {
            "period": line.newest.period.code, "value": line.newest.value, "derived_from_levels": line.derived
        },
        "methods": [
            {"method": m.key, "mean": m.mean.value, "std": m.std.value, "rmse": _value(m.rmse),
            "weight": _value(m.weight)}
            for m in line.methods
        ],
        "combination": _value(line.combined), "base_effect": _value(line.base),
        "evaluation": None if line.tested is None else _tested(line.tested),
        "news": None if line.change is None else _change(line.change),
        "path": [_point(p) for p in line.path],
    }  # fmt: skip


def _value(fact: Fact | None) -> float | None:
    return None if fact is None else fact.value


def _density(d: Density) -> dict[str, float | None]:
    names = ("mean", "std", "p10", "p25", "p75", "p90")
    return {n: f.value for n, f in zip(names, (d.mean, d.std, d.p10, d.p25, d.p75, d.p90), strict=True)}


def _point(p: PathPoint) -> dict[str, Any]:
    return {
        "period": p.period.code, "kind": p.kind, "mean": p.mean, "std": p.std, "p10": p.p10, "p25": p.p25, "p75": p.p75,
        "p90": p.p90,
    }  # fmt: skip


def _tested(t: Tested) -> dict[str, Any]:
    return {
        "observations": t.observations.value, "rmse_model": t.model.value, "rmse_simple": t.simple.value,
        "simple": t.simple_name, "crps_model": t.crps_model.value, "crps_simple": t.crps_simple.value,
        "coverage": [c.value for c in t.coverage], "diebold_mariano": _value(t.statistic), "p_value": _value(t.p_value),
        "model_wins": t.model_wins,
    }  # fmt: skip


def _change(c: ViewChange) -> dict[str, Any]:
    return {
        "since": c.since, "previous": c.previous.value, "updated": c.updated.value, "change": c.change.value,
        "releases": [
            {
                "date": r.date, "release": r.what, "kind": r.kind, "effect": r.effect.value, "figures": r.figures.value,
                "items": [
                    {
                        "name": i.subject_name, "indicator": i.indicator_name, "period": i.period.code,
                        "expected": i.expected.value, "actual": i.actual.value, "surprise": i.surprise.value,
                        "base_effect": _value(i.base), "weight": i.weight, "effect": i.effect.value,
                    }
                    for i in r.items
                ],
            }
            for r in c.releases
        ],
    }  # fmt: skip
