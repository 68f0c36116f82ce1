"""What nowcasts are worth and what they cost; run as ``python benchmarks/nowcast.py --workspace FOLDER``.

The workspace holds real monthly figures by division (workbooks taken in by ``qinggong ingest``); nothing of it enters
the repository but errors. On 60 days, the 26th of each month, the next figure of every series is forecast by the model
and by the simple methods and held against today's figure. Parameters are estimated anew with the first state of each
year. The outcome goes to ``benchmarks/results/nowcast.json``; ``--record`` also writes the record that bulletins use.
Times are of the processor; other work on the machine lengthens the wall time only.
"""

from __future__ import annotations

import argparse
import csv
import datetime as dt
import json
import os
import platform
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qinggong.catalogue.nowcast import RecordedLine
    from qinggong.monitor.nowcast_record import Trial

DAY, LIMIT_SECONDS = 26, 300.0
ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = ROOT / "src" / "qinggong" / "catalogue" / "data" / "nowcast"


def days_until(last: dt.date, count: int) -> list[dt.date]:
    """The same day of ``count`` months up to ``last``."""
    months = [last.year * 12 + last.month - 1 - back for back in range(count - 1, -1, -1)]
    return [dt.date(m // 12, m % 12 + 1, last.day) for m in months]


def summary(lines: Sequence[RecordedLine]) -> dict[str, Any]:
    """Means over industries by indicator, and how often the model was the better one."""
    import numpy as np

    from qinggong.catalogue.nowcast import METHODS

    out: dict[str, Any] = {}
    for code in dict.fromkeys(line.indicator for line in lines):
        some = [line for line in lines if line.indicator == code]
        out[code] = {
            "series": len(some),
            "outcomes": sum(line.observations for line in some),
            "mean_rmse": {
                m: round(float(np.mean([line.rmse[m] for line in some])), 3) for m in (*METHODS, "combination")
            },
            "mean_crps_model": round(float(np.mean([line.crps[0] for line in some])), 3),
            "mean_crps_best_simple": round(float(np.mean([line.crps[1] for line in some])), 3),
            "coverage": [round(float(c), 1) for c in np.mean([line.coverage for line in some], axis=0)],
            "model_better": sum(line.model_wins for line in some),
            "model_better_at_10_percent": sum(line.statistic < 0 and line.p_value < 0.1 for line in some),
            "simple_better_at_10_percent": sum(line.statistic > 0 and line.p_value < 0.1 for line in some),
        }
    return out


def write_record(lines: Sequence[RecordedLine], found: Trial, source: str) -> None:
    from qinggong.catalogue.nowcast import METHODS, RECORD_HEADS

    def text(value: float, digits: int = 3) -> str:
        return "" if value != value else f"{value:.{digits}f}"

    with (CATALOGUE / "record.csv").open("w", encoding="utf-8", newline="") as file:
        file.write("# Errors of recorded nowcasts in percentage points, by benchmarks/nowcast.py; see record.yaml.\n")
        table = csv.writer(file, lineterminator="\n")
        table.writerow(RECORD_HEADS)
        for line in lines:
            table.writerow(
                [
                    line.subject, line.indicator, line.observations,
                    *(text(line.rmse[m]) for m in (*METHODS, "combination")), *(text(c) for c in line.crps),
                    *(text(c, 1) for c in line.coverage), line.best, text(line.statistic), text(line.p_value),
                    *(text(line.mean_squares[m], 4) for m in METHODS),
                ]
            )  # fmt: skip
    head = [
        "# The recorded evaluation of nowcasts, written by benchmarks/nowcast.py; the figures are in record.csv.",
        "kind: nowcast_record",
        f"source: {source}",
        f"computed: {dt.date.today().isoformat()}",
        f"first: {found.days[0].isoformat()}",
        f"last: {found.days[-1].isoformat()}",
        f"count: {len(found.days)}",
        f"vintages: {found.vintages}",
        f"compared: {found.compared}",
        f"revised: {found.revised}",
    ]
    (CATALOGUE / "record.yaml").write_text("\n".join(head) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--vintages", type=int, default=60)
    parser.add_argument("--last", type=dt.date.fromisoformat, default=dt.date(2025, 11, DAY))
    parser.add_argument("--record", action="store_true", help="write the record that bulletins use")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "nowcast.json")
    given = parser.parse_args()

    from qinggong import flow
    from qinggong.catalogue.nowcast import load_nowcast_settings
    from qinggong.intake.earlier import known_on_days
    from qinggong.monitor.nowcast_inputs import used_series
    from qinggong.monitor.nowcast_record import recorded, trial
    from qinggong.periods import month, name

    workspace = flow.Workspace.at(given.workspace)
    setting = load_nowcast_settings()
    known = known_on_days(workspace, used_series(workspace.catalogue, setting))
    known(dt.date.max)
    days = days_until(given.last, given.vintages)
    started, busy = time.perf_counter(), time.process_time()
    found = trial(known, workspace.catalogue, setting, days=days, at=month(given.last.year, given.last.month))
    cpu, wall = time.process_time() - busy, time.perf_counter() - started
    lines = recorded(found, setting, fewest=min(24, max(given.vintages - 2, 3)))
    industries = len({c.subject.code for c in found.final.columns})
    first, last = (name(month(d.year, d.month)) for d in (days[0], days[-1]))
    source = f"{first}至{last}每月下旬能得到的分行业月度数逐期重算（数据商的大类月度数），以最新数字为准，剔除设定中的异常月份"
    result = {
        "vintages": len(days), "industries": industries, "series": len(found.final.columns),
        "forecasts_judged": sum(line.observations for line in lines), "limit_seconds": LIMIT_SECONDS,
        "cpu_seconds": round(cpu, 1), "wall_seconds": round(wall, 1), "within_limit": cpu <= LIMIT_SECONDS,
        "kind_of_vintages": found.vintages, "figures_compared": found.compared, "figures_revised": found.revised,
        "next_figure": summary(lines), "figure_after": summary(recorded(found, setting, ahead=1, fewest=24)),
        "machine": {
            "processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(),
            "load_average": [round(v, 1) for v in os.getloadavg()],
        },
    }  # fmt: skip
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=2))
    if given.record:
        write_record(lines, found, source)


if __name__ == "__main__":
    main()
