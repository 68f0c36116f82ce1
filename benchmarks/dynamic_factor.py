"""What a dynamic factor model costs, paired with statsmodels, and what a nowcast's news and the first use cost.

Run as ``.venv/bin/python benchmarks/dynamic_factor.py [--statsmodels small] [--runs 3]``; prints JSON. The series are
made up (合成): 180 months, factors AR(2), AR(1) or white idiosyncratic terms, 3 % gaps and a ragged edge. Times are of a
full fit (standardisation, start, estimation to the default tolerance, smoother), wall and processor. statsmodels'
DynamicFactorMQ fits the same data in the same process with one BLAS thread; its log-likelihood is taken with the
stationary start, at the parameters where it ended, because its own report also has the first state estimated. Memory is
the peak of a fresh process. First use is a fresh process with an empty cache of compiled code.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import warnings
from datetime import date
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

MONTHS = 180
SIZES: dict[str, dict[str, Any]] = {
    "25 monthly and 1 quarterly, AR(1)": {
        "monthly": 25, "quarterly": 1, "factors": 2, "factor_order": 2, "idiosyncratic": "ar1", "limit": 0.5,
    },
    "100 monthly, AR(1)": {
        "monthly": 100, "quarterly": 0, "factors": 1, "factor_order": 1, "idiosyncratic": "ar1", "limit": 3.0,
    },
    "2000 monthly, white": {
        "monthly": 2000, "quarterly": 0, "factors": 2, "factor_order": 2, "idiosyncratic": "white", "limit": 10.0,
    },
}  # fmt: skip
LIMIT_FIRST_USE = 20.0

FIRST_USE = """
import json, time
wall, own = time.perf_counter(), time.process_time()
import qinggong as qg
from dynamic_factor import made_up
y = made_up(25, 1, seed=1)
model = qg.dynamic_factor(y, "2010-01", quarterly=[25])
model.forecast(6)
before = y.copy()
before[-1] = float("nan")
before[-9] += 0.1
qg.news(model, before, y, target=25, period="2024-12")
print(json.dumps({"wall": round(time.perf_counter() - wall, 1), "processor": round(time.process_time() - own, 1)}))
"""

PEAK = """
import sys
import qinggong as qg
from dynamic_factor import SIZES, form, made_up
size = SIZES[sys.argv[1]]
y = made_up(size["monthly"], size["quarterly"], seed=1)
qg.dynamic_factor(y, "2010-01", **form(size))
# Not getrusage: its peak is inherited from the parent.
print(int(open("/proc/self/status").read().split("VmHWM:")[1].split()[0]) / 1024)
"""


def made_up(monthly: int, quarterly: int, *, factors: int = 2, seed: int) -> np.ndarray:
    """合成: (180, series); the quarterly ones last, sums of months by 1, 2, 3, 2, 1."""
    random = np.random.default_rng(seed)
    n, burn = monthly + quarterly, 100
    f, u = np.zeros((MONTHS + burn, factors)), np.zeros((MONTHS + burn, n))
    ar, damping = random.uniform(0.5, 0.8, factors), random.uniform(-0.2, 0.1, factors)
    phi, sigma = random.uniform(-0.3, 0.8, n), random.uniform(0.4, 1.2, n)
    for t in range(2, MONTHS + burn):
        f[t] = ar * f[t - 1] + damping * f[t - 2] + random.normal(size=factors)
        u[t] = phi * u[t - 1] + sigma * random.normal(size=n)
    g = f @ random.normal(0.5, 0.7, (n, factors)).T + u
    y = g[burn:].copy()
    for i in range(monthly, n):
        quarter = sum(w * g[burn - k : burn - k + MONTHS, i] for k, w in enumerate((1, 2, 3, 2, 1)))
        y[:, i] = np.nan
        y[2::3, i] = quarter[2::3]
    y[random.random(y.shape) < 0.03] = np.nan
    y[-1, ::2] = np.nan
    y[-2, ::4] = np.nan
    return y


def form(size: dict[str, Any]) -> dict[str, Any]:
    found = {name: size[name] for name in ("factors", "factor_order", "idiosyncratic")}
    return found | {"quarterly": list(range(size["monthly"], size["monthly"] + size["quarterly"]))}


def timed(work: Any) -> tuple[Any, dict[str, float]]:
    wall, own = time.perf_counter(), time.process_time()
    found = work()
    return found, {
        "wall_seconds": round(time.perf_counter() - wall, 3),
        "processor_seconds": round(time.process_time() - own, 3),
    }


def statsmodels_fit(y: np.ndarray, size: dict[str, Any]) -> dict[str, Any]:
    import pandas as pd
    from statsmodels.tsa.statespace.dynamic_factor_mq import DynamicFactorMQ

    model = DynamicFactorMQ(
        pd.DataFrame(y, index=pd.period_range("2010-01", periods=MONTHS, freq="M")),
        k_endog_monthly=size["monthly"],
        factors=size["factors"],
        factor_orders={tuple(str(k) for k in range(size["factors"])): size["factor_order"]},
        idiosyncratic_ar1=size["idiosyncratic"] == "ar1",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found, times = timed(lambda: model.fit(disp=False))
        stationary = float(model.loglike(found.params))
    return times | {
        "iterations": int(found.mle_retvals.iter),
        "loglikelihood": round(stationary, 3),
        "reported_loglikelihood": round(float(found.llf), 3),
    }


def in_a_fresh_process(code: str, *arguments: str, **environment: str) -> str:
    path = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])
    return subprocess.run(
        [sys.executable, "-c", code, *arguments], env=os.environ | {"PYTHONPATH": path} | environment, check=True,
        capture_output=True, text=True,
    ).stdout  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description="cost of a dynamic factor model")
    options.add_argument("--runs", type=int, default=3)
    options.add_argument("--statsmodels", choices=("none", "small", "both"), default="both", help="sizes it fits too")
    chosen = options.parse_args()
    import qinggong as qg

    report: dict[str, Any] = {
        "date": date.today().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load_before": round(os.getloadavg()[0], 2),
        "months": MONTHS,
        "sizes": {},
    }
    judged = {"none": 0, "small": 1, "both": 2}[chosen.statsmodels]
    for place, (name, size) in enumerate(SIZES.items()):
        y = made_up(size["monthly"], size["quarterly"], seed=1)
        qg.dynamic_factor(y, "2010-01", max_iterations=2, **form(size))  # compiled code is loaded
        runs = []
        for _ in range(chosen.runs):
            model, times = timed(lambda y=y, size=size: qg.dynamic_factor(y, "2010-01", **form(size)))
            runs.append(times)
        line: dict[str, Any] = {
            "runs": runs,
            "iterations": model.iterations,
            "loglikelihood": round(model.loglikelihood, 3),
            "forecast_12": timed(lambda model=model: model.forecast(12))[1],
            "limit_seconds": size["limit"],
            # One thread: on a busy machine processor time says what a quiet one would take.
            "within_limit": {
                clock: max(run[f"{clock}_seconds"] for run in runs) <= size["limit"] for clock in ("wall", "processor")
            },
            "peak_mib": round(float(in_a_fresh_process(PEAK, name))),
        }
        before = y.copy()
        before[-1] = np.nan
        before[-9] += 0.1
        line["news"] = timed(
            lambda y=y, before=before, model=model: qg.news(model, before, y, target=0, period="2025-03")
        )[1]
        if place < judged:
            line["statsmodels"] = statsmodels_fit(y, size)
            line["at_least_as_high"] = line["loglikelihood"] >= line["statsmodels"]["loglikelihood"]
        report["sizes"][name] = line
    with tempfile.TemporaryDirectory() as cache:
        report["first_use_seconds"] = json.loads(in_a_fresh_process(FIRST_USE, NUMBA_CACHE_DIR=cache))
    report["limit_first_use_seconds"] = LIMIT_FIRST_USE
    print(json.dumps(report, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
