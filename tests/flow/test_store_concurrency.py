"""Readers never block and never see half a commit: eight readers and two writers at one table, each a process.

Every commit writes all series and periods anew with one value, and moments grow from commit to commit. So whatever
version a reader meets, all numbers that count must be the same, every input file must be there whole, and the files
of each writer must be there without a gap.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from qinggong.store.delta import DeltaStore

COMMON = """
import datetime as dt, sys, time
from collections import Counter
from pathlib import Path
import deltalake, duckdb, numpy as np
from qinggong.periods import month
from qinggong.store.base import Observation, SeriesKey
from qinggong.store.delta import DeltaStore

store, name, seconds = DeltaStore(Path(sys.argv[1])), sys.argv[2], float(sys.argv[3])
SERIES = [
    SeriesKey("product", f"goods {n}", "nbs", "CN", "output", "level", "published", "month", "t") for n in range(6)
]
PERIODS = [month(2024, m) for m in range(3, 8)]
ROWS = len(SERIES) * len(PERIODS)
print("ready", flush=True)
sys.stdin.readline()
end = time.monotonic() + seconds
"""
WRITER = """
number = 0
while time.monotonic() < end:
    known = dt.datetime.now(dt.UTC)
    value = float(known.timestamp())
    rows = [
        Observation(s, p, value, f"{value}", "t", "published", dt.date(2024, 9, 14), "stated", known, name, "file",
                    f"{name} {number:06d}", n, "", "")
        for n, (s, p) in enumerate((s, p) for s in SERIES for p in PERIODS)
    ]
    assert store.append(rows, transaction=f"{name} {number}")
    number += 1
    if number % 7 == 0:
        store.compact(small=number % 2 == 0)
print(number)
"""
READER = """
reads, version, seen = 0, -1, Counter()
while time.monotonic() < end or not reads:
    files, now = store._select(
        "SELECT raw_sha256, count(*), count(DISTINCT value) FROM observations GROUP BY ALL ORDER BY ALL", {}
    )
    assert now >= version, (now, version)
    assert all((rows, values) == (ROWS, 1) for _, rows, values in files), files
    names = [file.rsplit(" ", 1) for file, _, _ in files]
    found = Counter(writer for writer, _ in names)
    assert all(sorted(int(n) for w, n in names if w == writer) == list(range(found[writer])) for writer in found)
    assert all(found[writer] >= seen[writer] for writer in seen), (found, seen)
    blocks = store.blocks(3)
    values = [panel.values for block in blocks for panel in store.read(block)]
    assert sum(v.size for v in values) == ROWS and len(np.unique(np.concatenate([v.ravel() for v in values]))) == 1
    counting = store.as_of(dt.date(2024, 9, 14)).observations
    assert len(counting) == ROWS and len({o.raw_sha256 for o in counting}) == 1
    reads, version, seen = reads + 1, now, found
print(reads)
"""


def start(code: str, folder: Path, name: str, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMON + code, str(folder), name, str(seconds)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8",
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip


def together(folder: Path, *, readers: int, writers: int, seconds: float) -> str:
    first = start(WRITER, folder, "first", 0.2)  # so that readers find a table
    assert first.stdin is not None
    first.stdin.write("\n")
    done, said = first.communicate(timeout=100)
    assert first.returncode == 0, said
    children = [start(WRITER, folder, f"writer {n}", seconds) for n in range(writers)]
    children += [start(READER, folder, f"reader {n}", seconds) for n in range(readers)]
    for child in children:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n", child.stderr and child.stderr.read()
    began = time.monotonic()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    counts = []
    for child in children:
        out, error = child.communicate(timeout=seconds * 10 + 100)
        assert child.returncode == 0, error[-3000:]
        counts.append(int(out))
    commits, reads = int(done.splitlines()[-1]) + sum(counts[:writers]), counts[writers:]
    store = DeltaStore(folder)
    assert store.count() == commits * 30
    assert store.verify().sound
    assert all(reads) and all(counts[:writers])
    return (
        f"{readers} readers, {writers} writers, {time.monotonic() - began:.0f} s: {sum(counts[:writers])} commits,"
        f" {sum(reads)} reads, version {store.version}"
    )


def test_readers_see_whole_commits_while_others_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = together(tmp_path / "table", readers=8, writers=2, seconds=5)
    with capsys.disabled():
        print(f"\n{said}")


@pytest.mark.soak
def test_readers_see_whole_commits_for_a_minute(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = together(tmp_path / "table", readers=8, writers=2, seconds=60)
    with capsys.disabled():
        print(f"\n{said}")
