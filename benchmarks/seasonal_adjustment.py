"""What a seasonal adjustment costs: at a fixed specification, with outlier search, fully automatic, and at first use.

Run as ``.venv/bin/python benchmarks/seasonal_adjustment.py [--series 10000] [--threads 2]``; prints JSON. The
series are made up (合成), 180 months with trend, moving season, festival effect and noise. statsmodels' STL runs in the
same process between ours, so that a busy machine slows both; X-13ARIMA-SEATS runs at the same fixed specification where
``x13as`` or ``x13ashtml`` is on PATH. First use is a fresh process with an empty cache of compiled code.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

MONTHS = 180
TARGETS = {"fixed": 0.4, "outliers": 1.5, "automatic": 10.0, "first_use_seconds": 20.0}
FIXED = {
    "transform": "log", "model": "airline", "trading_day": None, "outliers": None, "seasonal_filter": "3x5",
    "trend_filter": 13,
}  # fmt: skip
FIRST_USE = """
import time
start = time.perf_counter()
import numpy as np
import qinggong as qg
season = np.tile(np.linspace(0.9, 1.1, 12), 15)
noise = np.random.default_rng(1).lognormal(0, 0.02, 180)
assert qg.seasonal_adjust(100 * season * noise, "2010-01").diagnostics.verdict
print(time.perf_counter() - start)
"""

IN_BLOCKS = """
import json, resource, sys
import qinggong as qg
from seasonal_adjustment import FIXED, made_up
series, block = int(sys.argv[1]), int(sys.argv[2])
gib = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
peaks = []
for number in range(series // block):
    found = qg.seasonal_adjust(made_up(block, seed=number), "2010-01", **(FIXED | {"outliers": ("AO", "LS", "TC")}))
    assert found.adjusted.shape == (180, block)
    peaks.append(gib())
print(json.dumps({"series": series, "block": block, "peak_gib_after_each_block": [round(peak, 3) for peak in peaks]}))
"""


def made_up_parts(series: int, *, months: int = MONTHS, seed: int = 20) -> tuple[np.ndarray, np.ndarray]:
    """合成: (months, series) monthly levels, and what is left of them without season and festival."""
    from qinggong.methods.calendar_effects import festival_regressors

    random = np.random.default_rng(seed)
    moves = random.normal(0, 0.01, (months // 12, 12, series))
    moves[0] = random.normal(0, 0.1, (12, series))
    season = np.cumsum(moves, axis=0).reshape(months, series)
    festival = festival_regressors((2010, 1), months) @ random.normal([[0.1], [-0.25], [-0.1]], 0.03, (3, series))
    trend = 5 + np.cumsum(random.normal(0.004, 0.012, (months, series)), axis=0)
    rest = trend + random.normal(0, 0.02, (months, series))
    return np.exp(rest + season + festival), np.exp(rest)


def made_up(series: int, *, seed: int = 20) -> np.ndarray:
    """合成: (180, series) monthly levels."""
    return made_up_parts(series, seed=seed)[0]


def peak_memory(series: int, block: int) -> dict[str, Any]:
    """Peak resident memory, in GiB, of a fresh process that adjusts blocks one after another and keeps no result."""
    done = subprocess.run(
        [sys.executable, "-c", IN_BLOCKS, str(series), str(block)], capture_output=True, text=True, check=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def milliseconds(work: Callable[[], Any], series: int) -> float:
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) / series * 1000


def stl(values: np.ndarray) -> None:
    from statsmodels.tsa.seasonal import STL

    for column in np.log(values).T:
        STL(column, period=12).fit()


def x13(program: str, values: np.ndarray) -> None:
    """One process a series, the festival regressors given, tables of X-11 saved."""
    from qinggong.methods.calendar_effects import festival_regressors

    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(Path(folder, "h.dat"), festival_regressors((2010, 1), MONTHS + 12))
        for number, column in enumerate(values.T):
            Path(folder, f"s{number}.dat").write_text("\n".join(f"{v:.8f}" for v in column) + "\n", encoding="ascii")
            Path(folder, f"s{number}.spc").write_text(
                f"series{{file='s{number}.dat' start=2010.1 period=12}} transform{{function=log}}"
                " regression{user=(c1 c2 c3) usertype=(holiday holiday holiday) file='h.dat' start=2010.1}"
                " arima{model=(0 1 1)(0 1 1)} estimate{} forecast{maxlead=12}"
                " x11{mode=mult seasonalma=s3x5 trendma=13 save=d11}\n",
                encoding="ascii",
            )
            subprocess.run([program, f"s{number}"], cwd=folder, check=True, capture_output=True)


def first_use(threads: int) -> float:
    with tempfile.TemporaryDirectory() as cache:
        environment = os.environ | {"NUMBA_CACHE_DIR": cache, "NUMBA_NUM_THREADS": str(threads)}
        done = subprocess.run(
            [sys.executable, "-c", FIRST_USE], env=environment, capture_output=True, text=True, check=True
        )
    return float(done.stdout)


def main() -> None:
    options = argparse.ArgumentParser(description="cost of a seasonal adjustment")
    options.add_argument("--series", type=int, default=10_000)
    options.add_argument("--threads", type=int, default=2)
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--memory", type=int, default=0, help="series adjusted in blocks of 10,000 for peak memory")
    chosen = options.parse_args()
    os.environ["NUMBA_NUM_THREADS"] = str(chosen.threads)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    import qinggong as qg

    if chosen.memory:
        print(json.dumps(peak_memory(chosen.memory, min(10_000, chosen.memory))))
        return
    values = made_up(chosen.series)
    parts = {
        "fixed": (values, FIXED),
        "outliers": (values[:, : chosen.series // 5], FIXED | {"outliers": ("AO", "LS", "TC")}),
        "automatic": (values[:, : chosen.series // 50], {}),
    }
    compared = values[:, : max(chosen.series // 100, 20)]
    for sample, keywords in parts.values():
        qg.seasonal_adjust(sample[:, :4], "2010-01", **keywords)  # compiled code is loaded
    stl(compared[:, :2])
    times: dict[str, list[float]] = {name: [] for name in (*parts, "statsmodels_stl")}
    for _ in range(chosen.runs):
        for name, (sample, keywords) in parts.items():
            run = partial(qg.seasonal_adjust, sample, "2010-01", **keywords)
            times[name].append(milliseconds(run, sample.shape[1]))
            times["statsmodels_stl"].append(milliseconds(lambda: stl(compared), compared.shape[1]))
    program = shutil.which("x13as") or shutil.which("x13ashtml")
    if program:
        times["x13_one_process_a_series"] = [milliseconds(lambda: x13(program, compared), compared.shape[1])]
    report: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} processors",
        "python": platform.python_version(),
        "threads": chosen.threads,
        "series": chosen.series,
        "months": MONTHS,
        "milliseconds_a_series": {
            name: {"best": round(min(found), 3), "median": round(statistics.median(found), 3)}
            for name, found in times.items()
        },
        "first_use_seconds": round(first_use(chosen.threads), 1),
        "targets": TARGETS,
        "x13_on_path": bool(program),
    }
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
