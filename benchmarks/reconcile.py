"""Forecasts of 30,000 bottom series made coherent; run as ``python benchmarks/reconcile.py``.

Synthetic data: 750 industries × 40 regions with their totals and the whole, 60 periods of errors. ``mint``: minimum
trace with shrinkage and the region totals held as published; ``nonnegative``: the same with no figure below nil. The
outcome goes to ``benchmarks/results/reconcile.json``; the time is that of the processor.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import time
from pathlib import Path

INDUSTRIES, REGIONS, PERIODS = 750, 40, 60
LIMIT_SECONDS, LIMIT_GIB = 60.0, 8.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "reconcile.json")
    out = parser.parse_args().out
    import numpy as np

    from qinggong.methods.reconcile import constraints, reconcile

    random = np.random.default_rng(20240601)
    bottom = INDUSTRIES * REGIONS
    cells = np.arange(bottom).reshape(INDUSTRIES, REGIONS)
    count = bottom + INDUSTRIES + REGIONS + 1
    totals = [(bottom + i, cells[i], None) for i in range(INDUSTRIES)]
    totals += [(bottom + INDUSTRIES + k, cells[:, k], None) for k in range(REGIONS)]
    totals.append((count - 1, bottom + np.arange(INDUSTRIES), None))
    truth = random.gamma(0.5, 4.0, bottom)
    table = truth.reshape(INDUSTRIES, REGIONS)
    whole = np.concatenate([truth, table.sum(axis=1), table.sum(axis=0), [table.sum()]])
    common = random.normal(size=(PERIODS, 3)) @ random.normal(size=(3, bottom))
    errors = random.normal(size=(PERIODS, bottom)) + 0.3 * common
    grid = errors.reshape(PERIODS, INDUSTRIES, REGIONS)
    residuals = np.column_stack([errors, grid.sum(axis=2), grid.sum(axis=1), grid.sum(axis=(1, 2))])
    forecasts = whole + residuals[-1] * random.uniform(0.5, 1.5, count)
    published = np.full(count, np.nan)
    published[bottom + INDUSTRIES : count - 1] = whole[bottom + INDUSTRIES : count - 1]
    result: dict[str, object] = {"bottom": bottom, "series": count, "periods": PERIODS, "data": "synthetic"}
    for name, nonnegative in (("mint", False), ("nonnegative", True)):
        started, busy = time.perf_counter(), time.process_time()
        found = reconcile(
            forecasts, constraints(totals, count), residuals=residuals, fixed=published, nonnegative=nonnegative
        )
        result[name] = {
            "cpu_seconds": round(time.process_time() - busy, 2), "wall_seconds": round(time.perf_counter() - started,
            2),
            "rounds": found.rounds, "shrinkage": round(found.shrinkage, 4), "incoherence": found.incoherence,
            "mean_squared_error_before": round(float(np.mean((forecasts - whole)[:bottom] ** 2)), 4),
            "mean_squared_error_after": round(float(np.mean((found.values - whole)[:bottom] ** 2)), 4),
        }  # fmt: skip
    result |= {
        "limit_seconds": LIMIT_SECONDS, "limit_gib": LIMIT_GIB,
        "peak_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "machine": {
            "processors": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version(),
            "load_average": [round(v, 1) for v in os.getloadavg()],
        },
    }  # fmt: skip
    out.write_text(json.dumps(result, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(result, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
