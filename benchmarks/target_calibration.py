"""Do targets called 70 % likely come true seven times in ten? Run as ``python benchmarks/target_calibration.py``.

Pseudo-targets on the monthly growth of value added of 41 divisions in the workbooks of ``../shared``: will the year's
growth reach last year's, two points less, or two points more, seen from January–February up to November of every year
from 2013 to 2024? Each year is judged by a model that knows only the years before. What the divisions of one year do
is not independent, so all intervals resample whole years. The workbooks carry final figures: revisions are not
represented.

Writes ``benchmarks/results/target_calibration.json``, the tables between the marks of ``docs/methods/targets.md`` and
two drawings beside it; the second follows the plan of 2023–2024 through the published readings.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qinggong import flow
from qinggong.catalogue.plans import load_target_settings
from qinggong.methods import attainment
from qinggong.monitor.facts import FactBook
from qinggong.monitor.movements import Desk
from qinggong.monitor.target_inputs import figures_of, histories, shares
from qinggong.periods import month
from qinggong.publish.drawing import render_svg
from qinggong.store.base import Snapshot

Floats = NDArray[np.float64]

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared" / "data" / "china_subsector_monthly"
RESULT = Path(__file__).resolve().parent / "results" / "target_calibration.json"
PAGE = ROOT / "docs" / "methods" / "targets.md"
FILES = (
    "htfa_wind_monthly_vintage_20251204.xlsx", "htfa_ifind_iva_revenue_ceidata_exports_202503.xlsx",
    "htfa_subsector_iva_profit_vintage_20250704.xlsx",
)  # fmt: skip
FIRST_YEAR, FIRST_JUDGED, LAST_JUDGED = 2006, 2013, 2024
MARGINS = (-2.0, 0.0, 2.0)
PATHS, RESAMPLES, SEED = 1000, 1000, 20240101
ODD_YEARS = (2020, 2021)
COLUMNS = ("division", "year", "step", "margin", "probability", "met", "simple", "low", "high", "outcome")


def real_snapshot(folder: Path) -> Snapshot:
    workspace = flow.Workspace.at(folder, make=True)
    flow.ingest(workspace, [SHARED / name for name in FILES])
    return workspace.snapshot()


def statements(snapshot: Snapshot) -> tuple[Floats, list[dict[str, Any]]]:
    """One row for each division, year, month and margin; and what the models of each year learnt."""
    settings = load_target_settings().simulation
    catalogue = flow.load_catalogue()
    indicator = catalogue.indicator("value_added")
    profile = catalogue.subject(settings.profile, indicator="value_added")
    figures = figures_of(Desk(snapshot, catalogue, FactBook()), month(LAST_JUDGED, 12))
    whole = shares(figures, profile, profile=profile, base_year=LAST_JUDGED - 1)
    everything = histories(
        figures, indicator, whole.steps, first_year=FIRST_YEAR, before=LAST_JUDGED + 1,
        fewest_years=settings.fewest_years,
    )  # fmt: skip
    assert everything is not None
    kept = [i for i, name in enumerate(everything.names) if name[9:11].isdigit()]
    growth, cumulative = everything.growth[kept], everything.cumulative[kept]
    rows: list[list[float]] = []
    learnt = []
    for year in range(FIRST_JUDGED, LAST_JUDGED + 1):
        y = year - FIRST_YEAR
        known = figures.until(month(year - 1, 12))
        parts = shares(known, profile, profile=profile, base_year=year - 1).steps
        model = attainment.fit(growth[:, :y], cumulative[:, :y], parts)
        learnt.append(
            {
                "year": year,
                "alpha": model.alpha,
                "pull": round(model.pull, 3),
                "base_effect": round(model.base_effect, 3),
            }
        )
        for i in range(len(kept)):
            before, outcome = cumulative[i, y - 1, -1], cumulative[i, y, -1]
            if not np.isfinite([before, outcome]).all():
                continue
            for step in range(attainment.STEPS - 1):
                so_far = cumulative[i, y, step]
                if not np.isfinite(so_far):
                    continue
                paths = attainment.simulate(
                    model, growth[i, : y + 1], float(so_far), step=step, scale=float(model.scales[i]), paths=PATHS,
                    seed=SEED + i * 10_000 + year * 20 + step,
                )  # fmt: skip
                reached = paths.growth[:, 0]
                low, high = np.quantile(reached, [0.05, 0.95])
                for margin in MARGINS:
                    target = before + margin
                    # A published rate has one decimal: what rounds to the target meets it.
                    p = (float((reached >= target - 0.05).sum()) + 0.5) / (PATHS + 1)
                    rows.append(
                        [i, year, step, margin, p, outcome >= target - 1e-9, so_far >= target, low, high, outcome]
                    )
    return np.array(rows, dtype=np.float64), learnt


def by_years(rows: Floats, of: Any) -> tuple[float, float, float]:
    """A figure of the rows and its 90 % interval over resampled years."""
    generator = np.random.default_rng(SEED)
    years = np.unique(rows[:, 1])
    parts = {year: rows[rows[:, 1] == year] for year in years}
    drawn = [
        of(np.concatenate([parts[y] for y in generator.choice(years, years.size)])) for _ in range(RESAMPLES)
    ]  # fmt: skip
    low, high = np.nanquantile(np.array(drawn, dtype=np.float64), [0.05, 0.95])
    return float(of(rows)), float(low), float(high)


def brier(rows: Floats) -> float:
    return float(np.mean((rows[:, 4] - rows[:, 5]) ** 2))


def bins(rows: Floats) -> list[dict[str, Any]]:
    """Ten classes of stated probability against how often the targets were met."""
    out = []
    for k in range(10):
        here = (rows[:, 4] >= k / 10) & ((rows[:, 4] < (k + 1) / 10) | (k == 9))
        if not here.any():
            continue

        def share(sample: Floats, k: int = k) -> float:
            chosen = (sample[:, 4] >= k / 10) & ((sample[:, 4] < (k + 1) / 10) | (k == 9))
            return float(sample[chosen, 5].mean()) if chosen.any() else float("nan")

        met, low, high = by_years(rows, share)
        out.append(
            {"class": k, "statements": int(here.sum()), "stated": round(float(rows[here, 4].mean()), 3),
             "met": round(met, 3), "low": round(low, 3), "high": round(high, 3)}
        )  # fmt: skip
    return out


def climatology(rows: Floats) -> Floats:
    """The share of earlier years' pseudo-targets of the same margin that were met: a forecast without any reading."""
    out = np.full(rows.shape[0], 0.5)
    for margin in MARGINS:
        for year in np.unique(rows[:, 1]):
            earlier = rows[(rows[:, 3] == margin) & (rows[:, 1] < year)]
            if earlier.size:
                out[(rows[:, 3] == margin) & (rows[:, 1] == year)] = earlier[:, 5].mean()
    return out


def summary(rows: Floats) -> dict[str, Any]:
    normal = rows[~np.isin(rows[:, 1], ODD_YEARS)]
    base = climatology(rows)
    score, low, high = by_years(rows, brier)
    months = []
    for step in range(attainment.STEPS - 1):
        here = rows[:, 2] == step
        months.append(
            {"last_month": step + 2, "brier": round(brier(rows[here]), 4),
             "without_readings": round(float(np.mean((base[here] - rows[here, 5]) ** 2)), 4),
             "pace_so_far": round(float(np.mean((rows[here, 6] - rows[here, 5]) ** 2)), 4),
             "coverage": round(float(np.mean((rows[here, 9] >= rows[here, 7]) & (rows[here, 9] <= rows[here, 8]))), 3)}
        )  # fmt: skip
    seventy = rows[(rows[:, 4] >= 0.65) & (rows[:, 4] < 0.75)]
    return {
        "statements": int(rows.shape[0]), "divisions": int(np.unique(rows[:, 0]).size),
        "years": [FIRST_JUDGED, LAST_JUDGED],
        "brier": [round(v, 4) for v in (score, low, high)],
        "brier_without_readings": round(float(np.mean((base - rows[:, 5]) ** 2)), 4),
        "brier_pace_so_far": round(float(np.mean((rows[:, 6] - rows[:, 5]) ** 2)), 4),
        "brier_without_2020_2021": round(brier(normal), 4),
        "coverage_90": round(float(np.mean((rows[:, 9] >= rows[:, 7]) & (rows[:, 9] <= rows[:, 8]))), 3),
        "seventy": {
            "statements": int(seventy.shape[0]), "stated": round(float(seventy[:, 4].mean()), 3),
            "met": [round(v, 3) for v in by_years(rows, _seventy)],
            "met_without_2020_2021": round(_seventy(normal), 3),
        },
        "bins": bins(rows), "bins_without_2020_2021": bins(normal), "months": months,
    }  # fmt: skip


def _seventy(rows: Floats) -> float:
    chosen = (rows[:, 4] >= 0.65) & (rows[:, 4] < 0.75)
    return float(rows[chosen, 5].mean()) if chosen.any() else float("nan")


def plan_readings(snapshot: Snapshot, bundled: Snapshot) -> dict[str, list[dict[str, Any]]]:
    """The chance of the two targets of 2023–2024 at each published reading, on both sets of figures."""
    from qinggong.catalogue.plans import load_plans
    from qinggong.monitor.targets import plain_targets, targets

    found: dict[str, list[dict[str, Any]]] = {}
    settings = load_target_settings()
    for name, known in (("bundled", bundled), ("workbooks", snapshot)):
        for reading in ("strict", "one_point"):
            told = targets(
                Desk(known, flow.load_catalogue(), FactBook()), load_plans(),
                settings.model_copy(update={"headline": reading}), at=month(2024, 12),
            )  # fmt: skip
            assert told is not None
            for line in plain_targets(told):
                if line["key"] in ("steady_growth_2023_2024.value_added_growth", "steady_growth_2023_2024.revenue"):
                    key = f"{name}/{str(line['key']).split('.')[1]}/{reading}"
                    if reading == "one_point" and "revenue" in key:
                        continue
                    points: Any = line["points"]
                    found[key] = [
                        {"period": p["period"], "value": p["value"]["text"], "probability": p["probability"]["value"]}
                        for p in points if p["probability"]
                    ]  # fmt: skip
    return found


# ------------------------------------------------------------------------------------------------ drawings

_SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"


def reliability_chart(found: dict[str, Any]) -> dict[str, Any]:
    axis = {
        "type": "quantitative",
        "scale": {"domain": [0, 100]},
        "axis": {"grid": True, "values": list(range(0, 101, 20))},
    }
    rows = [
        {"stated": b["stated"] * 100, "met": b["met"] * 100, "low": b["low"] * 100, "high": b["high"] * 100,
         "n": b["statements"]}
        for b in found["bins"]
    ]  # fmt: skip
    x = {"field": "stated", **axis, "title": "测算的可能性（%） / stated probability"}
    return {
        "$schema": _SCHEMA, "width": 420, "height": 420, "background": "white",
        "config": {"font": "Noto Sans SC"},
        "layer": [
            {"data": {"values": [{"x": 0, "y": 0}, {"x": 100, "y": 100}]},
             "mark": {"type": "line", "color": "#888", "strokeDash": [5, 4]},
             "encoding": {"x": {"field": "x", "type": "quantitative"}, "y": {"field": "y", "type": "quantitative"}}},
            {"data": {"values": rows}, "mark": {"type": "rule", "color": "#1f4e79"},
             "encoding": {"x": x, "y": {"field": "low", **axis, "title": "实际达到的比例（%） / share that came true"},
                          "y2": {"field": "high"}}},
            {"data": {"values": rows}, "mark": {"type": "circle", "color": "#1f4e79", "opacity": 1},
             "encoding": {"x": x, "y": {"field": "met", "type": "quantitative"},
                          "size": {"field": "n", "type": "quantitative", "scale": {"range": [30, 260]},
                                   "legend": None}}},
            {"data": {"values": rows}, "mark": {"type": "text", "dx": 12, "dy": 12, "fontSize": 10, "color": "#555"},
             "encoding": {"x": x, "y": {"field": "met", "type": "quantitative"}, "text": {"field": "n"}}},
        ],
    }  # fmt: skip


def plan_chart(found: dict[str, list[dict[str, Any]]]) -> dict[str, Any]:
    names = {
        "bundled/value_added_growth/strict": "增加值平均4%（附带数字）",
        "workbooks/value_added_growth/strict": "增加值平均4%（分行业工作簿）",
        "workbooks/value_added_growth/one_point": "增加值平均3%（分行业工作簿）",
        "workbooks/revenue/strict": "营业收入25万亿元（分行业工作簿）",
    }
    rows = [
        {"line": names[key], "period": p["period"][-7:], "probability": p["probability"]}
        for key, points in found.items() if key in names for p in points
    ]  # fmt: skip
    return {
        "$schema": _SCHEMA, "width": 560, "height": 300, "background": "white",
        "config": {"font": "Noto Sans SC"}, "data": {"values": rows},
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {"field": "period", "type": "ordinal", "title": "公布的各期 / published readings",
                  "axis": {"labelAngle": 0}},
            "y": {"field": "probability", "type": "quantitative", "title": "达到的可能性（%）", "scale": {"domain": [0, 100]}},
            "color": {"field": "line", "type": "nominal", "title": None,
                      "legend": {"orient": "top", "columns": 2, "labelLimit": 260}},
            "strokeDash": {"field": "line", "type": "nominal", "legend": None},
        },
    }  # fmt: skip


def tables(found: dict[str, Any]) -> str:
    score, low, high = found["brier"]
    seventy = found["seventy"]
    met, met_low, met_high = (round(v * 100) for v in seventy["met"])
    lines = [
        f"{found['statements']:,} statements on {found['divisions']} divisions, "
        f"{found['years'][0]}–{found['years'][1]}. Brier score **{score:.3f}** (90 % interval by years "
        f"{low:.3f}–{high:.3f}); without 2020 and 2021 {found['brier_without_2020_2021']:.3f}. Beside it: the share of "
        f"earlier pseudo-targets that were met {found['brier_without_readings']:.3f}; “met if the months so far are "
        f"above the target” {found['brier_pace_so_far']:.3f}. The 90 % interval of the year's growth held "
        f"{found['coverage_90'] * 100:.0f} % of the outcomes.",
        "",
        f"Of the {seventy['statements']:,} statements between 65 % and 75 % (mean "
        f"{seventy['stated'] * 100:.0f} %), **{met} %** came true "
        f"(by years {met_low}–{met_high} %; without 2020 and 2021 {seventy['met_without_2020_2021'] * 100:.0f} %).",
        "",
        "| stated | statements | mean stated | came true | 90 % by years | without 2020, 2021 |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    normal = {b["class"]: b for b in found["bins_without_2020_2021"]}
    for b in found["bins"]:
        k = b["class"]
        other = f"{normal[k]['met'] * 100:.0f} %" if k in normal else "—"
        lines.append(
            f"| {k * 10}–{k * 10 + 10} % | {b['statements']:,} | {b['stated'] * 100:.0f} % | {b['met'] * 100:.0f} % | "
            f"{b['low'] * 100:.0f}–{b['high'] * 100:.0f} % | {other} |"
        )
    lines += [
        "",
        "| seen from | Brier | without readings | pace so far | 90 % interval held |",
        "|---|---|---|---|---|",
    ]
    for m in found["months"]:
        lines.append(
            f"| 1—{m['last_month']}月 | {m['brier']:.3f} | {m['without_readings']:.3f} | {m['pace_so_far']:.3f} | "
            f"{m['coverage'] * 100:.0f} % |"
        )
    return "\n".join(lines)


def plan_table(found: dict[str, list[dict[str, Any]]]) -> str:
    keys = [
        ("bundled/value_added_growth/strict", "mean 4 %, bundled"),
        ("workbooks/value_added_growth/strict", "mean 4 %, workbooks"),
        ("bundled/value_added_growth/one_point", "mean 3 %, bundled"),
        ("workbooks/value_added_growth/one_point", "mean 3 %, workbooks"),
        ("bundled/revenue/strict", "25 万亿元, bundled"), ("workbooks/revenue/strict", "25 万亿元, workbooks"),
    ]  # fmt: skip
    periods = sorted({p["period"] for points in found.values() for p in points}, key=lambda t: t[-7:])
    lines = ["| up to | " + " | ".join(head for _, head in keys) + " |", "|---" * (len(keys) + 1) + "|"]
    for period in periods:
        cells = []
        for key, _ in keys:
            p = next((p for p in found.get(key, []) if p["period"] == period), None)
            cells.append(f"{p['probability']:.0f} % ({p['value']})" if p else "—")
        lines.append(f"| {period[-7:]} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def between(text: str, mark: str, new: str) -> str:
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    head, rest = text.split(start)
    return f"{head}{start}\n{new}\n{end}{rest.split(end)[1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--no-page", action="store_true", help="write the results only")
    given = parser.parse_args()
    started = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        snapshot = real_snapshot(Path(folder) / "real")
        other = flow.Workspace.at(Path(folder) / "bundled", make=True)
        flow.ingest_bundled(other)
        bundled = other.snapshot()
    loaded = time.process_time()
    rows, learnt = statements(snapshot)
    found = summary(rows)
    found["learnt"] = learnt
    found["plan_2023_2024"] = plan_readings(snapshot, bundled)
    found["processor_seconds"] = {
        "ingest": round(loaded - started, 1), "statements": round(time.process_time() - loaded, 1),
    }  # fmt: skip
    RESULT.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(tables(found))
    print(plan_table(found["plan_2023_2024"]))
    if given.no_page:
        return
    (PAGE.parent / "targets-reliability.svg").write_text(
        render_svg(reliability_chart(found), uid="r") + "\n", encoding="utf-8"
    )
    (PAGE.parent / "targets-plan.svg").write_text(
        render_svg(plan_chart(found["plan_2023_2024"]), uid="p") + "\n", encoding="utf-8"
    )
    page = between(PAGE.read_text(encoding="utf-8"), "calibration", tables(found))
    PAGE.write_text(between(page, "plan", plan_table(found["plan_2023_2024"])), encoding="utf-8")


if __name__ == "__main__":
    main()
