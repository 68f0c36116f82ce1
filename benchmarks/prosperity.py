"""What prosperity indices and turning points cost at full reach; run as ``python benchmarks/prosperity.py``.

Synthetic data. ``index``: 40 industries × 31 provinces × 4 components (4,960 series) of 20 years: centre and spread,
level index, contributions to the change on the month and on the year, lights, the aggregate with its parts.
``published``: the same from observations, as a bulletin does
it: seven divisions × 31 provinces × 5 published indicators. ``backtest``: turning points by BBQ and by Markov
switching on 100 vintages of 40 industries of 25 years, with delays and false alarms. ``compile`` is the first call of
the switching model in a process with an empty cache. The outcome goes to ``benchmarks/results/prosperity.json``. Each
round has its processor time and its wall time; the slowest round by processor time is held against the limit, since
other work on the machine lengthens the wall time only.
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
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.random import Generator

    from qinggong.store.base import Observation

MONTHS, COMPONENTS, INDUSTRIES, PROVINCES, ROUNDS = 240, 4, 40, 31, 5
VINTAGES, BACKTEST_MONTHS, BACKTEST_ROUNDS = 100, 300, 2
FIRST_YEAR, DIVISIONS = 2006, ("13", "14", "15", "19", "21", "22", "24")
LIMIT_INDEX_SECONDS, LIMIT_BACKTEST_SECONDS = 5.0, 60.0

_FIRST_CALL = """
import time, numpy
from qinggong.methods.switching import markov_switching
y = numpy.random.default_rng(1).normal(size=120)
started, cpu = time.perf_counter(), time.process_time()
markov_switching(y)
print(time.perf_counter() - started, time.process_time() - cpu)
"""


def seconds(question: Callable[[], object], rounds: int) -> tuple[list[float], list[float]]:
    """Wall and processor seconds of each round, after one that is not counted."""
    question()
    wall, cpu = [], []
    for _ in range(rounds):
        started, busy = time.perf_counter(), time.process_time()
        question()
        cpu.append(round(time.process_time() - busy, 3))
        wall.append(round(time.perf_counter() - started, 3))
    return wall, cpu


def compile_seconds() -> tuple[float, float]:
    """Wall and processor time of the first call with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {"NUMBA_CACHE_DIR": folder}
        done = subprocess.run([sys.executable, "-c", _FIRST_CALL], env=environment, capture_output=True, check=True)
    wall, cpu = done.stdout.split()
    return round(float(wall), 2), round(float(cpu), 2)


def _figures(random: Generator) -> list[Observation]:
    """Growth and cumulative levels of seven divisions in 31 provinces, every month of 20 years."""
    from qinggong.catalogue import load_catalogue
    from qinggong.periods import month, ytd
    from qinggong.store.base import Observation, SeriesKey

    published = dt.date(2020, 1, 1)
    known = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
    rows: list[Observation] = []
    regions = [code for code in load_catalogue().regions if code != "CN" and code < "71"]
    for region in regions:
        for code in DIVISIONS:
            for indicator, measure in (
                ("value_added", "yoy"), ("producer_prices", "yoy"), ("export_delivery", "yoy"),
                ("revenue", "level"), ("profit", "level"),
            ):  # fmt: skip
                span, total = ("month" if measure == "yoy" else "ytd"), 0.0
                series = SeriesKey("industry", code, "nbs", region, indicator, measure, "published", span, "")
                for n in range(MONTHS):
                    year, place = FIRST_YEAR + n // 12, n % 12 + 1
                    if place == 1:
                        total = 0.0
                    total += float(random.uniform(90, 110)) * (0.06 if indicator == "profit" else 1)
                    if place == 1:
                        continue
                    block = measure == "level" or place == 2
                    period = ytd(year, place) if block else month(year, place)
                    value = total if measure == "level" else float(random.normal(5, 3))
                    rows.append(
                        Observation(
                            series, period, value, f"{value:.1f}", "", "published", published, "stated", known, "", "",
                            "", 1, "", "",
                        )
                    )  # fmt: skip
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results" / "prosperity.json")
    out = parser.parse_args().out
    import numpy as np

    from qinggong.catalogue import load_catalogue
    from qinggong.catalogue.prosperity import load_level_index
    from qinggong.methods import composite, lights
    from qinggong.methods.cycles import bbq
    from qinggong.methods.real_time_turns import bbq_detector, evaluate, switching_detector
    from qinggong.monitor.prosperity import by_province
    from qinggong.periods import month
    from qinggong.store.base import Snapshot

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

    figures = _figures(random)
    catalogue, plan = load_catalogue(), load_level_index()
    known = Snapshot(tuple(figures), None, None, 1)

    def provinces() -> None:
        by_province(known, catalogue, plan, at=month(FIRST_YEAR + MONTHS // 12 - 1, 12))

    load = round(os.getloadavg()[0], 2)
    (indexed, indexed_cpu), (tested, tested_cpu) = seconds(index, ROUNDS), seconds(backtest, BACKTEST_ROUNDS)
    published, published_cpu = seconds(provinces, ROUNDS)
    wall, cpu = compile_seconds()
    found = {
        "date": dt.date.today().isoformat(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "load_before": load,
        "series": COMPONENTS * subjects,
        "months": MONTHS,
        "index_seconds": indexed,
        "index_processor_seconds": indexed_cpu,
        "limit_index_seconds": LIMIT_INDEX_SECONDS,
        "published_figures": len(figures),
        "published_seconds": published,
        "published_processor_seconds": published_cpu,
        "vintages": VINTAGES,
        "industries": INDUSTRIES,
        "backtest_seconds": tested,
        "backtest_processor_seconds": tested_cpu,
        "limit_backtest_seconds": LIMIT_BACKTEST_SECONDS,
        "delays": {name: record.median_delay for name, record in records.items()},
        "shares_missed": {name: round(record.share_missed, 3) for name, record in records.items()},
        "compile_seconds": wall,
        "compile_processor_seconds": cpu,
        "within_limits": max(indexed_cpu + published_cpu) <= LIMIT_INDEX_SECONDS
        and max(tested_cpu) <= LIMIT_BACKTEST_SECONDS,
    }
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
