"""What prosperity indices and turning points cost at full reach; run as ``python benchmarks/prosperity.py``.

Synthetic data. ``index``: 40 industries × 31 provinces × 4 components (4,960 series) of 20 years: centre and spread,
level index, contributions to the change on the month and on the year, lights, the aggregate with its parts.
``backtest``: turning points by BBQ and by Markov switching on 100 vintages of 40 industries of 25 years, with delays
and false alarms. ``compile`` is the first call of the switching model in a process with an empty cache. The outcome
goes to ``benchmarks/results/prosperity.json``; the slowest round is held against the limit.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

MONTHS, COMPONENTS, INDUSTRIES, PROVINCES, ROUNDS = 240, 4, 40, 31, 5
VINTAGES, BACKTEST_MONTHS, BACKTEST_ROUNDS = 100, 300, 2
LIMIT_INDEX_SECONDS, LIMIT_BACKTEST_SECONDS = 5.0, 60.0

_FIRST_CALL = """
import time, numpy
from qinggong.methods.switching import markov_switching
y = numpy.random.default_rng(1).normal(size=120)
started, cpu = time.perf_counter(), time.process_time()
markov_switching(y)
print(time.perf_counter() - started, time.process_time() - cpu)
"""


def seconds(question: Callable[[], object], rounds: int) -> list[float]:
    question()
    out = []
    for _ in range(rounds):
        started = time.perf_counter()
        question()
        out.append(round(time.perf_counter() - started, 3))
    return out


def compile_seconds() -> tuple[float, float]:
    """Wall and processor time of the first call with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        done = subprocess.run([sys.executable, "-c", _FIRST_CALL], env=environment, capture_output=True, check=True)
    wall, cpu = done.stdout.split()
    return round(float(wall), 2), round(float(cpu), 2)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "prosperity.json")
    out = parser.parse_args().out
    import numpy as np

    from qinggong.methods import composite, lights
    from qinggong.methods.cycles import bbq
    from qinggong.methods.real_time_turns import bbq_detector, evaluate, switching_detector

    random = np.random.default_rng(20240229)
    subjects = INDUSTRIES * PROVINCES
    values = 5 + np.cumsum(random.normal(0, 0.6, (MONTHS, COMPONENTS, subjects)), axis=0)
    values += random.normal(0, 2, values.shape)
    values[random.random(values.shape) < 0.02] = np.nan
    window, weights = np.arange(MONTHS) < 120, [0.4, 0.3, 0.2, 0.1]

    def index() -> None:
        got = composite.level_index(values, weights, composite.reference(values, window))
        got.contributions(lag=1)
        got.contributions(lag=12)
        lights.zones(got.index, (80.0, 90.0, 110.0, 120.0))
        composite.weighted_mean(got.index, np.full(subjects, 1 / subjects))

    t = np.arange(BACKTEST_MONTHS)[:, None]
    cycle = 3 * np.sin(2 * np.pi * t / random.uniform(36, 60, INDUSTRIES) + random.uniform(0, 6, INDUSTRIES))
    drift = np.cumsum(random.normal(0, 0.05, (BACKTEST_MONTHS, INDUSTRIES)), axis=0)
    final = cycle + drift + random.normal(0, 0.15, drift.shape)
    vintages = []
    for last in range(BACKTEST_MONTHS - VINTAGES + 1, BACKTEST_MONTHS + 1):
        vintage = final[:last].copy()
        vintage[-3:] += random.normal(0, 0.1, (3, INDUSTRIES))
        vintages.append(vintage)
    turns = [bbq(final[:, i]) for i in range(INDUSTRIES)]
    records = {}

    def backtest() -> None:
        records["bbq"] = evaluate(vintages, turns, bbq_detector())
        records["switching"] = evaluate(vintages, turns, switching_detector())

    load = round(os.getloadavg()[0], 2)
    indexed, tested = seconds(index, ROUNDS), seconds(backtest, BACKTEST_ROUNDS)
    wall, cpu = compile_seconds()
    found = {
        "date": dt.date.today().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load_before": load,
        "series": COMPONENTS * subjects,
        "months": MONTHS,
        "index_seconds": indexed,
        "limit_index_seconds": LIMIT_INDEX_SECONDS,
        "vintages": VINTAGES,
        "industries": INDUSTRIES,
        "backtest_seconds": tested,
        "limit_backtest_seconds": LIMIT_BACKTEST_SECONDS,
        "delays": {name: record.median_delay for name, record in records.items()},
        "shares_missed": {name: round(record.share_missed, 3) for name, record in records.items()},
        "compile_seconds": wall,
        "compile_processor_seconds": cpu,
        "within_limits": max(indexed) <= LIMIT_INDEX_SECONDS and max(tested) <= LIMIT_BACKTEST_SECONDS,
    }
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
