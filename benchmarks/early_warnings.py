"""How long do the warnings of a month take: the catalogue's industries, and 25 industries × 31 provinces of synthetic
figures?

python benchmarks/early_warnings.py    # writes results/early_warnings.json
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import platform
import time
from pathlib import Path

import numpy as np

from qinggong.catalogue import load_catalogue
from qinggong.catalogue.synthetic import SOURCE
from qinggong.catalogue.warnings import load_warning_record, load_warnings
from qinggong.monitor.facts import FactBook
from qinggong.monitor.movements import Desk
from qinggong.monitor.warning_inputs import WHOLE, Unit, frame, gather
from qinggong.monitor.warning_rules import judge
from qinggong.monitor.warnings import warnings
from qinggong.periods import Period, month, ytd
from qinggong.store.base import Observation, SeriesKey, Snapshot

RESULTS = Path(__file__).parent / "results" / "early_warnings.json"
YEARS = 4
KNOWN = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def synthetic(codes: list[str], regions: list[str]) -> list[Observation]:
    """Four years of growth of value added, exports and prices: random walks, marked synthetic in every row."""
    rng, out = np.random.default_rng(1), []
    for region in regions:
        for code in codes:
            for indicator in ("value_added", "export_delivery", "producer_prices"):
                series = SeriesKey("industry", code, "nbs", region, indicator, "yoy", "published", "month", "%")
                block = dataclasses.replace(series, span="ytd")
                walk = np.round(np.cumsum(rng.standard_normal(11 * YEARS)) + 3, 1)
                for n, value in enumerate(walk.tolist()):
                    year, step = 2021 + n // 11, n % 11
                    p: Period = ytd(year, 2) if step == 0 else month(year, step + 2)
                    out.append(
                        Observation(
                            block if step == 0 else series, p, value, f"{value:g}", "%", "published", p.end_date,
                            "calendar", KNOWN,
                            "合成数据", SOURCE, "0" * 64, n, "合成数据", "",
                        )
                    )  # fmt: skip
    return out


def main() -> None:
    catalogue, settings, record = load_catalogue(), load_warnings(), load_warning_record()
    at = month(2020 + YEARS, 12)
    divisions = [c for c in catalogue.industries if len(c) == 2 and c.isdigit()][:25]
    provinces = [c for c in catalogue.regions if c != "CN"][:31]
    wide = settings.model_copy(
        update={
            "subjects": settings.subjects.model_copy(
                update={"also": tuple(catalogue.industries[c].name for c in divisions)}
            )
        }
    )
    done = {}
    for name, one, regions in (("catalogue", settings, ["CN"]), ("25 x 31", wide, provinces)):
        rows = synthetic(divisions, list(regions))
        begin = time.process_time()
        readings = gather(rows, catalogue, one, upto=at, regions=regions)
        gathered = time.process_time() - begin
        raw = readings.at(None)
        judged = judge(frame(readings, raw, at=at, tail=33), one)  # packs are compiled here
        begin = time.process_time()
        judged = judge(frame(readings, raw, at=at, tail=33), one)
        judging = time.process_time() - begin
        desk = Desk(Snapshot(tuple(rows), None, None, 1), catalogue, FactBook())
        begin = time.process_time()
        found = warnings(desk, readings, one, record, at=at)
        all_of_it = time.process_time() - begin
        units = sum(1 for u in readings.units if isinstance(u, Unit) and u.industry != WHOLE)
        done[name] = {
            "units": units, "observations": len(rows), "rules": len(one.rules), "warnings": len(found.lines),
            "judged": sum(int((s[-1] >= 0).sum()) for s in judged.severity.values()),
            "gather_seconds": round(gathered, 3), "judge_seconds": round(judging, 3),
            "with_evidence_seconds": round(all_of_it, 3),
        }  # fmt: skip
        print(name, done[name])
    told = {"machine": platform.processor() or platform.machine(), "processor_time": True, "results": done}
    RESULTS.write_text(json.dumps(told, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
