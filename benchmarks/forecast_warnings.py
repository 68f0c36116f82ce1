"""What is the warning “the forecast crosses zero” worth? Run as ``python benchmarks/forecast_warnings.py --workspace
FOLDER``.

The workspace holds real monthly figures by division. On 60 days, the 26th of each month, the next growth of value added
of every industry is forecast with what was known by then. The rule warns where the newest growth is not below zero and
the chance of the next being below is 50% (80%) or more. Held against it: whether the next growth was below zero, and
whether a fall of three observations began within six after it, or two before. Months of several industries within three
observations are one episode. The outcome goes to ``benchmarks/results/forecast_warnings.json``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

DAY, AFTER, BEFORE, EPISODE = 26, 6, 2, 3
ROOT = Path(__file__).resolve().parents[1]


def episodes(rows: Sequence[int]) -> int:
    """Groups of rows, each begun within ``EPISODE`` of its first."""
    count, start = 0, -(10**9)
    for row in sorted(rows):
        if row >= start + EPISODE:
            count, start = count + 1, row
    return count


def judged(found: Any, method: int, chance: float) -> dict[str, Any]:
    """Warnings of one method at one chance, against what came."""
    import numpy as np
    from scipy.special import ndtr

    from qinggong.monitor.warning_episodes import onsets

    final = found.final
    columns = [n for n, c in enumerate(final.columns) if c.indicator.code == "value_added"]
    steps = final.values[:, columns]
    steps = steps[~np.isnan(steps).all(axis=1)]  # January is none of the eleven
    place = np.cumsum(~np.isnan(final.values[:, columns]).all(axis=1)) - 1
    begun = {(row, n) for row, n in onsets(steps < 0, months=3)}
    alarms: list[tuple[int, int, bool, bool]] = []
    crossings = caught = 0
    for day in range(len(found.days)):
        for n, column in enumerate(columns):
            row = int(found.rows[day, 0, column])
            mean, std = found.mean[day, 0, method, column], found.std[day, 0, method, column]
            actual = found.actual[day, 0, column]
            if row < 1 or not (np.isfinite(mean) and std > 0 and np.isfinite(actual)):
                continue
            here = int(place[row])
            newest = steps[here - 1, n] if here >= 1 else np.nan
            if not newest >= 0:
                continue
            fires = ndtr(-mean / std) >= chance
            crossings += actual < 0
            caught += bool(fires and actual < 0)
            if fires:
                right = any((here + k, n) in begun for k in range(-BEFORE, AFTER + 1))
                alarms.append((here, n, bool(actual < 0), right))
    share = (lambda some: round(sum(some) / len(some), 3)) if alarms else (lambda some: None)
    return {
        "warnings": len(alarms), "next_below": share([a[2] for a in alarms]),
        "fall_of_three": share([a[3] for a in alarms]),
        "crossings": int(crossings), "crossings_warned": int(caught), "episodes": episodes([a[0] for a in alarms]),
    }  # fmt: skip


def main() -> None:
    from qinggong import flow
    from qinggong.catalogue.nowcast import METHODS, load_nowcast_settings
    from qinggong.intake.earlier import known_on_days
    from qinggong.monitor.nowcast_inputs import used_series
    from qinggong.monitor.nowcast_record import trial
    from qinggong.periods import month

    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--workspace", type=Path, required=True)
    options.add_argument("--last", type=dt.date.fromisoformat, default=dt.date(2025, 11, DAY))
    options.add_argument("--vintages", type=int, default=60)
    options.add_argument("--out", type=Path, default=ROOT / "benchmarks" / "results" / "forecast_warnings.json")
    given = options.parse_args()
    workspace, setting = flow.Workspace.at(given.workspace, make=False), load_nowcast_settings()
    known = known_on_days(workspace, used_series(workspace.catalogue, setting))
    first = given.last.year * 12 + given.last.month - given.vintages
    days = [dt.date(m // 12, m % 12 + 1, DAY) for m in range(first, first + given.vintages)]
    busy = time.process_time()
    found = trial(known, workspace.catalogue, setting, days=days, at=month(given.last.year, given.last.month))
    names = (*METHODS, "combination")
    result: dict[str, Any] = {
        "vintages": len(days), "first": str(days[0]), "last": str(days[-1]), "kind_of_vintages": found.vintages,
        "by_method": {
            name: {f"{chance:.0%}": judged(found, n, chance) for chance in (0.5, 0.8)} for n, name in enumerate(names)
        },
        "cpu_seconds": round(time.process_time() - busy, 1),
    }  # fmt: skip
    given.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
