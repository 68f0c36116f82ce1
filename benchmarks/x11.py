"""What X-11 and its diagnostics cost for a series, one core; run as ``python benchmarks/x11.py``.

Synthetic series of 180 months and 12 forecasts in batches of 2,000; each question takes the median of several rounds
after the kernels have been compiled. ``compile`` is the first call in a process with an empty cache. The outcome goes
to ``benchmarks/results/x11.json``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MONTHS, FORECASTS, SERIES, ROUNDS = 180, 12, 2000, 7
LIMIT_MS = 0.25
LIMIT_COMPILE_SECONDS = 8.0

_FIRST_CALL = """
import time, numpy, numba
from qinggong.methods.x11 import decompose
started, cpu = time.perf_counter(), time.process_time()
decompose(100 + numpy.random.default_rng(1).normal(size=(192, 2)))
print(time.perf_counter() - started, time.process_time() - cpu)
"""


def milliseconds(question: Callable[[], object]) -> float:
    question()
    seconds = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        question()
        seconds.append(time.perf_counter() - started)
    return round(statistics.median(seconds) / SERIES * 1000, 4)


def compile_seconds() -> tuple[float, float]:
    """Wall and processor time of the first call with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        done = subprocess.run([sys.executable, "-c", _FIRST_CALL], env=environment, capture_output=True, check=True)
    wall, cpu = done.stdout.split()
    return round(float(wall), 2), round(float(cpu), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "x11.json")
    out = parser.parse_args().out
    import numpy as np

    from qinggong.methods.diagnostics import diagnose
    from qinggong.methods.x11 import decompose

    random = np.random.default_rng(20240229)
    months = MONTHS + FORECASTS
    trend = np.cumsum(random.normal(0.004, 0.01, (months, SERIES)), axis=0)
    angle = np.arange(months)[:, None] * np.pi / 6 + random.uniform(0, 6, SERIES)
    series = 100 * np.exp(trend + 0.15 * np.cos(angle) + random.standard_t(5, (months, SERIES)) * 0.02)
    span = (0, MONTHS)
    result = decompose(series, span=span)
    wall, cpu = compile_seconds()
    found = {
        "date": dt.date.today().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load_before": round(os.getloadavg()[0], 2),
        "series": SERIES,
        "months": MONTHS,
        "forecasts": FORECASTS,
        "fixed_filters_ms": milliseconds(lambda: decompose(series, span=span, seasonal_filter="3x5", trend_filter=13)),
        "automatic_filters_ms": milliseconds(lambda: decompose(series, span=span)),
        "diagnostics_ms": milliseconds(lambda: diagnose(result)),
        "limit_ms": LIMIT_MS,
        "compile_seconds": wall,
        "compile_processor_seconds": cpu,
        "limit_compile_seconds": LIMIT_COMPILE_SECONDS,
    }
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
