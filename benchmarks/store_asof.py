"""What was known on a day, asked of a large table: how fast, in how much memory, and against a plain query.

Run as ``python benchmarks/store_asof.py`` (10⁸ rows in 10⁵ series, about 15 GB of disk and an hour); ``--rows
10000000`` for a tenth of it, ``--only one,all,month,hours`` for some of the questions, ``--keep FOLDER`` to keep the
tables for the next run. Rows are synthetic and say so: 250 months, four vintages of every number.

- ``one``: one series as of a day, table opened anew each time.
- ``all``: all series as of a day as arrays, beside a hand-written DuckDB query over one sorted Parquet file of the same
  rows. Of three such queries the fastest is taken; each run is a process of its own, ours and theirs in turn.
- ``month``: a month of 25,000 rows appended as observations, each time onto the large table.
- ``hours``: 8,760 appends of 100 rows onto 10⁷ rows, then a compaction; reads beside those of a table that was written
  with the same rows at once, in turn.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
from run import MIB, machine, work_of_others

MONTHS, VINTAGES = 250, 4
PAIRS = 9
DAY = dt.date(2015, 10, 1)
LIMITS = {"one_s": 0.1, "all_s": 10.0, "all_mib": 4096.0, "all_ratio": 1.3, "month_s": 0.3, "hours_ratio": 1.2}
MARK = "合成数据"
_ROWS = """
SELECT 'industry' AS subject_kind, 'c' || (i // 310 % 600) AS subject, 'above_scale' AS scope,
  CAST(11 + i % 31 AS VARCHAR) AS region, 'ind' || (i // 31 % 10) AS indicator,
  ['level', 'yoy', 'index', 'share'][1 + i // 186000 % 4] AS measure, 'published' AS basis, 'month' AS span,
  ['亿元', '%'][1 + i // 744000 % 2] AS unit,
  (1999 + m // 12) || '-' || lpad(CAST(m % 12 + 1 AS VARCHAR), 2, '0') AS period,
  CASE WHEN gone THEN NULL ELSE drawn END AS value, CASE WHEN gone THEN '' ELSE printf('%.1f', drawn) END AS printed,
  '亿元' AS printed_unit, CASE WHEN gone THEN 'withdrawn' ELSE 'published' END AS status,
  day AS published_at, 'stated' AS published_at_basis, to_timestamp(epoch(day) + 32400) AS known_at,
  '{mark}' AS publisher, 'synthetic' AS source, md5(CAST(day AS VARCHAR)) AS raw_sha256,
  CAST(i % 25000 AS INTEGER) AS row, '{mark}' AS citation, '' AS url
FROM (
  SELECT i, m, v, CAST(date '1999-02-15' + to_months(CAST(m + 3 * v AS INTEGER)) AS DATE) AS day,
    round(hash(i, m, v) % 99991 / 10.0 + 100, 1) AS drawn, (i + m + v) % 997 = 0 AS gone
  FROM range({series}) s(i), range({first}, {last}) p(m), range({vintages}) q(v)
)
"""
_WHERE = f"published_at <= DATE '{DAY}'"
_NUMBERS = "series_hash, period_first, period_last, value"
# Three ways that somebody who knows the engine may write it. The first leans on the order of the file.
PLAIN = {
    "lead": f"""
        SELECT {_NUMBERS} FROM (
            SELECT {_NUMBERS}, status, lead(series_hash) OVER () AS h, lead(period_last) OVER () AS l,
              lead(period_first) OVER () AS f FROM read_parquet('{{file}}') WHERE {_WHERE}
        ) WHERE (h IS DISTINCT FROM series_hash OR l IS DISTINCT FROM period_last OR f IS DISTINCT FROM period_first)
          AND status = 'published'""",
    "arg_max": f"""
        SELECT series_hash, period_first, period_last, counting.value AS value FROM (
            SELECT series_hash, period_first, period_last,
              arg_max({{{{'value': value, 'status': status}}}}, (published_at, known_at, row)) AS counting
            FROM read_parquet('{{file}}') WHERE {_WHERE} GROUP BY ALL
        ) WHERE counting.status = 'published'""",
    "window": f"""
        SELECT {_NUMBERS} FROM (
            SELECT * FROM read_parquet('{{file}}') WHERE {_WHERE}
            QUALIFY row_number() OVER (
              PARTITION BY series_hash, period_last, period_first ORDER BY published_at DESC, known_at DESC, row DESC
            ) = 1
        ) WHERE status = 'published'""",
}


# --------------------------------------------------------------------------------------------------------- the data


def batches(rows: int) -> Iterator[duckdb.DuckDBPyRelation]:
    """The synthetic rows month by month, as a statistical office would bring them: about half a million a batch."""
    series = rows // (MONTHS * VINTAGES)
    step = max(1, 500_000 // (series * VINTAGES))
    connection = duckdb.connect(config={"threads": "1"})
    for first in range(0, MONTHS, step):
        chosen = {"first": first, "last": min(MONTHS, first + step)}
        yield connection.sql(_ROWS.format(mark=MARK, series=series, vintages=VINTAGES, **chosen))


def build(folder: Path, rows: int) -> dict[str, Any]:
    """The table, and one sorted file of the same rows beside it."""
    from qinggong.store.delta import DeltaStore
    from qinggong.store.files import listed

    store, table = DeltaStore(folder / "table"), folder / "sorted.parquet"
    if table.exists():
        return {"rows": store.count(), "kept": True}
    shutil.rmtree(store.folder, ignore_errors=True)
    start = time.perf_counter()
    added = store.append_parts(batches(rows), transaction="synthetic")
    written = time.perf_counter() - start
    start = time.perf_counter()
    done = store.compact()
    merged = time.perf_counter() - start
    opened = store._made()
    files = sorted(listed(opened), key=lambda f: f.low or 0)
    paths = [str(store.folder / f.name) for f in files]
    part = table.with_suffix(".part")
    duckdb.connect().execute(
        f"COPY (SELECT * FROM read_parquet({paths!r})) TO '{part}' (FORMAT parquet, COMPRESSION zstd)"
    )
    store.vacuum(keep=dt.timedelta(0), force=True)
    part.rename(table)
    return {
        "rows": added, "files": done.files_after, "append_parts_s": round(written, 1), "compact_s": round(merged, 1),
        "table_mib": round(sum(f.size for f in files) / MIB), "plain_mib": round(table.stat().st_size / MIB),
    }  # fmt: skip


# ---------------------------------------------------------------------------------------------------- the questions


def one_series(folder: Path, runs: int = 31) -> dict[str, Any]:
    """Other series each time; what is measured is what a user waits for, opening the table included."""
    from qinggong.store.delta import DeltaStore

    keys = DeltaStore(folder / "table").series()
    seconds = []
    for n in range(runs + 1):
        key = keys[(n * 7919) % len(keys)]
        start = time.perf_counter()
        found = DeltaStore(folder / "table").series_as_of(key, DAY)
        seconds.append(time.perf_counter() - start)
        assert len(found) > 150
    return {"seconds": rounded(seconds[1:]), "series": len(keys)} | spread(seconds[1:], limit_s=LIMITS["one_s"])


def all_series(folder: Path) -> dict[str, Any]:
    """Every panel of the table as of a day; block by block, none kept."""
    from qinggong.store.delta import DeltaStore

    start = time.perf_counter()
    numbers = total = series = 0
    for panels in DeltaStore(folder / "table").panels(as_of=DAY):
        for panel in panels:
            known = panel.values == panel.values
            numbers += int(known.sum())
            total += round(float(panel.values[known].sum()) * 10)
            series += len(panel.series)
    return measured(start) | {"numbers": numbers, "sum": total, "series": series}


def plain(folder: Path, query: str) -> dict[str, Any]:
    """The hand-written query over one file: columns of numbers, nothing made of them."""
    start = time.perf_counter()
    connection = duckdb.connect()
    found = connection.execute(PLAIN[query].format(file=folder / "sorted.parquet")).fetchnumpy()
    numbers, total = len(found["value"]), round(float(found["value"].sum()) * 10)
    return measured(start) | {"numbers": numbers, "sum": total}


def month(folder: Path, runs: int = 11) -> dict[str, Any]:
    """Months of 25,000 observations that a reader has made, onto the large table."""
    from qinggong.store.delta import DeltaStore

    store = DeltaStore(folder / "table")
    keys, seconds = store.series(), []
    for n in range(runs + 1):
        rows = observations(keys, 25_000, number=n)
        start = time.perf_counter()
        assert store.append(rows, transaction=f"month {n} {time.time_ns()}")
        seconds.append(time.perf_counter() - start)
    return {"seconds": rounded(seconds[1:])} | spread(seconds[1:], limit_s=LIMITS["month_s"])


def hours(folder: Path, rows: int, appends: int) -> dict[str, Any]:
    """Many small appends, then a compaction; and the same rows written at once."""
    from qinggong.store.delta import DeltaStore

    grown, fresh = DeltaStore(folder / "grown"), DeltaStore(folder / "fresh")
    for store in (grown, fresh):
        shutil.rmtree(store.folder, ignore_errors=True)
    grown.append_parts(batches(rows), transaction="synthetic")
    grown.compact()
    shutil.copytree(grown.folder, fresh.folder)
    keys, seconds, everything = grown.series(), [], []
    for n in range(appends):
        some = observations(keys, 100, number=n)
        everything += some
        start = time.perf_counter()
        assert grown.append(some, transaction=f"hour {n}")
        seconds.append(time.perf_counter() - start)
    start = time.perf_counter()
    before = sum(p.values.size for panels in grown.panels(as_of=dt.date(2100, 1, 1)) for p in panels)
    untidy = time.perf_counter() - start
    start = time.perf_counter()
    grown.compact()
    merged = time.perf_counter() - start
    fresh.append(everything, transaction="at once")
    fresh.compact()
    for store in (grown, fresh):
        store.vacuum(keep=dt.timedelta(0), force=True)
    assert grown.count() == fresh.count() == rows // (MONTHS * VINTAGES) * MONTHS * VINTAGES + 100 * appends
    return {
        "appends": appends, "append_median_s": round(statistics.median(seconds), 4),
        "append_max_s": round(max(seconds), 3), "first_100_s": round(statistics.median(seconds[:100]), 4),
        "last_100_s": round(statistics.median(seconds[-100:]), 4), "read_before_s": round(untidy, 2),
        "cells": before, "compact_s": round(merged, 1),
    }  # fmt: skip


def whole(folder: Path) -> dict[str, Any]:
    """All series of one table, everything known."""
    from qinggong.store.delta import DeltaStore

    start = time.perf_counter()
    numbers = sum(int((p.values == p.values).sum()) for panels in DeltaStore(folder).panels() for p in panels)
    return measured(start) | {"numbers": numbers}


def observations(keys: Sequence[Any], count: int, *, number: int) -> list[Any]:
    """A further vintage of the last years, spread over the series."""
    from qinggong.periods import month as one_month
    from qinggong.store.base import Observation

    known = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=number)
    return [
        Observation(
            keys[(number * 31 + n * 7) % len(keys)], one_month(2016 + n % 4, 1 + (number + n) % 12), n / 7,
            f"{n / 7:.1f}", "亿元", "published", known.date(), "stated", known, MARK, "synthetic",
            f"{number:064d}", n, MARK, "",
        )
        for n in range(count)
    ]  # fmt: skip


# -------------------------------------------------------------------------------------------------------- measuring


def measured(start: float) -> dict[str, Any]:
    seconds = time.perf_counter() - start
    # The processor's own time tells more where other work runs; imports are in it.
    return {
        "seconds": round(seconds, 3),
        "cpu_s": round(time.process_time(), 2),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def rounded(seconds: Sequence[float]) -> list[float]:
    return [round(s, 4) for s in seconds]


def spread(seconds: Sequence[float], **limits: float) -> dict[str, Any]:
    return {
        "median_s": round(statistics.median(seconds), 4), "min_s": round(min(seconds), 4),
        "max_s": round(max(seconds), 4), **limits,
    }  # fmt: skip


def child(*words: str) -> dict[str, Any]:
    """One step in a process of its own; its answer is its last line."""
    command = [sys.executable, __file__, "--step", *words]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def in_turn(ours: Sequence[str], theirs: Sequence[str], pairs: int) -> dict[str, Any]:
    """Pairs of processes, ours first and theirs first by turns; the ratio of each pair."""
    mine, others = [], []
    for number in range(pairs):
        for one, kept in ((ours, mine), (theirs, others)) if number % 2 else ((theirs, others), (ours, mine)):
            kept.append(child(*one))
    assert len({a["numbers"] for a in mine + others}) == 1, "the answers differ"
    assert len({a.get("sum") for a in mine + others}) == 1, "the answers differ"
    ratios = [a["seconds"] / b["seconds"] for a, b in zip(mine, others, strict=True)]
    return {
        "ours": spread([a["seconds"] for a in mine]), "theirs": spread([a["seconds"] for a in others]),
        "ratios": rounded(ratios), "ratio_median": round(statistics.median(ratios), 3),
        "ratio_min": round(min(ratios), 3), "ratio_max": round(max(ratios), 3), "numbers": mine[0]["numbers"],
        "cpu_s": statistics.median(a["cpu_s"] for a in mine),
        "their_cpu_s": statistics.median(a["cpu_s"] for a in others),
        "peak_mib": max(a["peak_mib"] for a in mine), "their_peak_mib": max(a["peak_mib"] for a in others),
    }  # fmt: skip


STEPS = {
    "build": lambda folder, rows: build(Path(folder), int(rows)),
    "one": lambda folder: one_series(Path(folder)),
    "all": lambda folder: all_series(Path(folder)),
    "plain": lambda folder, query: plain(Path(folder), query),
    "month": lambda folder: month(Path(folder)),
    "hours": lambda folder, rows, appends: hours(Path(folder), int(rows), int(appends)),
    "whole": lambda folder: whole(Path(folder)),
}


def ask(folder: Path, rows: int, questions: Sequence[str], pairs: int, appends: int) -> dict[str, Any]:
    place, answers = str(folder), dict[str, Any]()

    def told(name: str, answer: dict[str, Any]) -> None:
        answers[name] = answer
        print(name, json.dumps(answer, ensure_ascii=False), flush=True)

    if {"one", "all", "month"} & set(questions):
        told("build", child("build", place, str(rows)))
    if "one" in questions:
        told("one", child("one", place))
    if "all" in questions:
        tried = {name: child("plain", place, name) for name in PLAIN}
        best = min(tried, key=lambda name: tried[name]["seconds"])
        told("plain", {name: answer["seconds"] for name, answer in tried.items()} | {"taken": best})
        told("all", in_turn(["all", place], ["plain", place, best], pairs) | {
            k: v for k, v in LIMITS.items() if k.startswith("all_")
        })  # fmt: skip
    if "month" in questions:
        told("month", child("month", place))
    if "hours" in questions:
        told("hours", child("hours", place, str(min(rows, 10_000_000)), str(appends)))
        grown, fresh = str(folder / "grown"), str(folder / "fresh")
        told("hours_reads", in_turn(["whole", grown], ["whole", fresh], pairs) | {"limit_ratio": LIMITS["hours_ratio"]})
    return answers


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000_000)
    parser.add_argument("--only", default="one,all,month,hours")
    parser.add_argument("--pairs", type=int, default=PAIRS)
    parser.add_argument("--appends", type=int, default=8760)
    parser.add_argument("--keep", type=Path, help="folder for the tables; by default one that is removed")
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.step:
        print(json.dumps(STEPS[given.step[0]](*given.step[1:])))  # type: ignore[no-untyped-call]
        return
    others, load = work_of_others(), os.getloadavg()
    with tempfile.TemporaryDirectory(prefix="qinggong-bench-") as temporary:
        folder = given.keep or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        answers = ask(folder, given.rows, given.only.split(","), given.pairs, given.appends)
    if not given.no_record:
        now = dt.datetime.now(dt.UTC)
        results = Path(__file__).resolve().parent / "results"
        results.mkdir(exist_ok=True)
        target = results / f"store_asof-{given.rows:.0e}.json".replace("+", "")
        kept = json.loads(target.read_text(encoding="utf-8")) if target.is_file() else {"answers": {}, "taken": {}}
        # A question that was not asked this time keeps its last answer and the time and load of it.
        asked = {name: answer for name, answer in answers.items() if not answer.get("kept")}
        taken = {"at": now.isoformat(timespec="seconds"), "load_before": load[0], "others": others()}
        record = {
            "format": 2, "machine": machine(), "rows": given.rows, "limits": LIMITS,
            "taken": kept["taken"] | dict.fromkeys(asked, taken), "answers": kept["answers"] | asked,
        }  # fmt: skip
        target.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
