"""The same analysis of all series on every engine: the same bits, and how the time falls with processes.

Run as ``.venv/bin/python benchmarks/engines.py``. A synthetic table (合成数据, every row says so) of 100,000 series is
made in a temporary folder and merged. One task reads a block of it and works out growth, momentum, average and the
robust score of the last figure of every series. Timed is ``map`` over all blocks on engines that are warm: in this
process, in two processes, and on a Spark cluster of two workers on this machine. The three take turns, the order
changing from round to round; ratios are those of one round, given as median, least and greatest. The outcome goes to
``benchmarks/results/engines.json``.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import platform
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

import duckdb
from run import work_of_others

from qinggong import engine
from qinggong.engine import Engine, EngineError
from qinggong.engine.threads import usable_cores
from qinggong.monitor.block_analysis import BlockAnalysis, SeriesFigures, fingerprint, joined, ranked
from qinggong.store.delta import DeltaStore

RESULTS = Path(__file__).resolve().parent / "results"
SCALING = 1.7
"""Least ratio of the times of one process and of two."""
FIRST_MONTH = 2018 * 12
ODD = (7, 33)
"""Other numbers of blocks that must give the same bits."""
_ROWS = """
SELECT 'enterprise' AS subject_kind, 'e' || lpad(CAST(s AS VARCHAR), 7, '0') AS subject, 'synthetic' AS scope,
    lpad(CAST(s % 31 AS VARCHAR), 2, '0') AS region,
    CASE s % 3 WHEN 0 THEN 'output' WHEN 1 THEN 'sales' ELSE 'profit' END AS indicator,
    'level' AS measure, 'published' AS basis, 'month' AS span, '万元' AS unit,
    CAST(m // 12 AS VARCHAR) || '-' || lpad(CAST(m % 12 + 1 AS VARCHAR), 2, '0') AS period,
    exp(s % 11) * (1 + 0.3 * sin(m * 0.5236) + 0.2 * (hash(s, m) % 1000003) / 1000003.0) AS value,
    '' AS printed, '万元' AS printed_unit, 'published' AS status,
    make_date(CAST((m + 1) // 12 AS BIGINT), CAST((m + 1) % 12 + 1 AS BIGINT), 27) AS published_at,
    'stated' AS published_at_basis, make_timestamptz(1600000000000000 + m * 2600000000) AS known_at,
    '合成数据' AS publisher, 'synthetic' AS source, lpad(CAST(m AS VARCHAR), 64, '0') AS raw_sha256, s AS row,
    '' AS citation, '' AS url
FROM range({series}) AS series(s), range({first}, {last}) AS months(m)
WHERE hash(s, m, 'gap') % 50 > 0
"""


def table(folder: Path, *, series: int, months: int) -> DeltaStore:
    """合成: one commit of all months, with gaps, then merged."""
    store = DeltaStore(folder / "observations")
    with duckdb.connect(config={"threads": "1"}) as connection:

        def parts() -> Iterator[duckdb.DuckDBPyRelation]:
            for first in range(FIRST_MONTH, FIRST_MONTH + months, 12):
                last = min(first + 12, FIRST_MONTH + months)
                yield connection.sql(_ROWS.format(series=series, first=first, last=last))

        store.append_parts(parts(), transaction="synthetic")
    store.compact()
    return store


def engines(*, spark: bool) -> dict[str, Engine]:
    opened = {
        "local, 1 process": engine.open("local", workers=1),
        "local, 2 processes": engine.open("local", workers=2),
    }
    if spark:
        try:
            opened["spark, 2 workers"] = engine.open("spark", master="local-cluster[2,1,1024]")
        except EngineError as error:
            print(f"without Spark: {error}")
    return opened


def timed(opened: Engine, store: DeltaStore, count: int) -> tuple[float, SeriesFigures]:
    """Seconds of one ``map``, and what it gave; joining the parts is not in the time."""
    task, blocks = BlockAnalysis(store), store.blocks(count)
    started = time.perf_counter()
    parts = opened.map(task, blocks).complete()
    return time.perf_counter() - started, joined(parts)


def machine() -> dict[str, object]:
    """The machine without its name."""
    names = ("deltalake", "duckdb", "numpy", *(("pyspark",) if find_spec("pyspark") else ()))
    return {
        "cores": usable_cores(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: metadata.version(name) for name in names},
    }


def spread(values: Sequence[float]) -> dict[str, object]:
    return {
        "median": round(statistics.median(values), 3),
        "least": round(min(values), 3),
        "greatest": round(max(values), 3),
        "all": [round(value, 3) for value in values],
    }


def main() -> int:
    parser = argparse.ArgumentParser(description="The analysis of all series on every engine.")
    parser.add_argument("--series", type=int, default=100_000)
    parser.add_argument("--months", type=int, default=84)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--no-spark", action="store_true")
    parser.add_argument("--no-record", action="store_true", help="print only, write no result file")
    chosen = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="qinggong-bench-"))
    opened: dict[str, Engine] = {}
    try:
        store = table(folder, series=chosen.series, months=chosen.months)
        opened = engines(spark=not chosen.no_spark)
        bits = {name: {fingerprint(timed(one, store, count)[1]) for count in (*ODD, 1)} for name, one in opened.items()}
        seconds: dict[str, list[float]] = {name: [] for name in opened}
        others, figures = work_of_others(), None
        for number in range(chosen.rounds):
            order = list(opened) if number % 2 == 0 else list(reversed(opened))
            for name in order:
                took, figures = timed(opened[name], store, chosen.blocks)
                seconds[name].append(took)
                bits[name].add(fingerprint(figures))
        assert figures is not None
        first, *rest = opened
        ratios = {
            name: spread([one / other for one, other in zip(seconds[first], seconds[name], strict=True)])
            for name in rest
        }
        identical = len(set().union(*bits.values())) == 1
        scaling = ratios["local, 2 processes"]["median"]
        met = identical and isinstance(scaling, float) and scaling >= SCALING
        record = {
            "taken_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "machine": machine(),
            "work_of_others": others(),
            "rows": store.count(),
            "series": len(figures.series),
            "ranked": int((ranked(figures).place > 0).sum()),
            "blocks": chosen.blocks,
            "other_blocks": [*ODD, 1],
            "fingerprint": fingerprint(figures),
            "identical": identical,
            "seconds": {name: spread(values) for name, values in seconds.items()},
            f"times_faster_than_{first}": ratios,
            "limit_scaling": SCALING,
            "met": met,
        }
    finally:
        for one in opened.values():
            one.close()
        shutil.rmtree(folder, ignore_errors=True)
    print(json.dumps(record, ensure_ascii=False, indent=1))
    if not chosen.no_record:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(record, ensure_ascii=False, indent=1) + "\n"
        (RESULTS / "engines.json").write_text(text, encoding="utf-8")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
