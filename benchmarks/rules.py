"""How long do rule packs take over many records (规则包的速度)? Prints one JSON object.

Synthetic records and rules, marked so: 100,000 records of 20 fields, a pack of 1,000 conditions. A third of the rules
are one comparison each on a field or a share, a third combine three by and / or / not, a third are at least two of
four; 5 % of the values are missing. Timed, each several times:

``evaluate``   typed columns to the truth of every rule of every record (10⁸ answers), on two threads
``explain``    one record's explanation: of one condition, of all 1,000 at once, through two bundled packs
``gap``        the cheapest change set of a record under a bundled pack
``load``       reading and compiling the pack of 1,000 conditions
``windows``    three falls in a row, own history and peers, over 25 industries × 31 provinces × 160 months

Usage::

    python benchmarks/rules.py [--records 100000] [--rules 1000] [--repeat 3] [--check]

``--check`` ends with status 1 if evaluation takes more than 10 s or an explanation (but that of all 1,000
conditions at once) more than 50 ms. Held against the limits is the processor time of all threads of the slowest run:
other work on the machine lengthens the wall time only.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from qinggong.rules import evaluate, read_pack
from qinggong.rules.compile import compile_pack
from qinggong.rules.evaluate import evaluated
from qinggong.rules.records import typed

EVALUATE_SECONDS = 10.0
EXPLAIN_SECONDS = 0.05
FIELDS = 20
DAY = dt.date(2025, 1, 1)
HEAD = """
id: benchmark
version: "1"
title: 合成数据的速度试验
jurisdiction: 无
document: 无
source: 由程序生成
mark: own
checked_on: 2025-01-01
valid_from: 2020-01-01
subject: 记录
"""


def comparison(rng: random.Random) -> str:
    """A comparison of a field or of a share."""
    sign, one = rng.choice([">=", ">", "<=", "<"]), f"f{rng.randrange(FIELDS)}"
    if rng.random() < 0.3:
        return f"{one} / f{rng.randrange(FIELDS)} {sign} {rng.randint(1, 300)}%"
    return f"{one} {sign} {rng.randint(0, 1000)}万元"


def pack_text(rules: int, seed: int = 1) -> str:
    """A pack of random conditions."""
    rng = random.Random(seed)
    lines = [HEAD, "fields:"]
    lines += [f"  - {{code: f{n}, unit: 万元, min: 0}}" for n in range(FIELDS)]
    lines.append("conditions:")
    for n in range(rules):
        parts = [comparison(rng) for _ in range(4)]
        if n % 3 == 0:
            lines.append(f"  - {{code: R{n}, test: {parts[0]}}}")
        elif n % 3 == 1:
            lines.append(f"  - {{code: R{n}, test: ({parts[0]} 且 {parts[1]}) 或 非 {parts[2]}}}")
        else:
            lines.append(f"  - {{code: R{n}, at_least: 2, of: [{', '.join(parts)}]}}")
    return "\n".join(lines)


def columns(records: int, seed: int = 1) -> dict[str, Any]:
    """Columns of random amounts, one in twenty missing."""
    rng = np.random.default_rng(seed)
    found = {}
    for n in range(FIELDS):
        values = rng.gamma(2.0, 250.0, records).round(2)
        values[rng.random(records) < 0.05] = np.nan
        found[f"f{n}"] = values
    return found


def timed(work: Callable[[], Any], repeat: int) -> dict[str, float]:
    """Wall and processor time of the runs, in seconds."""
    wall, processor = [], []
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        work()
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - used)
    return {
        "wall_median_s": round(float(np.median(wall)), 4),
        "processor_median_s": round(float(np.median(processor)), 4),
        "processor_worst_s": round(max(processor), 4),
    }


WINDOWS = (
    HEAD
    + """
over: {period: 时期, by: [行业, 地区], step: industrial_month}
fields: [{code: 增速, unit: "%"}]
conditions:
  - {code: W1, test: "连续(增速 < 0, 3)"}
  - {code: W2, test: "变动(增速, 1) < -2% 且 期均(增速, 3) < 0"}
  - {code: W3, test: "历史分位(增速, 36, 24) ≤ 10%"}
  - {code: W4, test: "同期分位(增速) ≤ 10%"}
"""
)


def panel(seed: int = 1) -> dict[str, Any]:
    """25 industries × 31 provinces × 160 periods of growth."""
    rng = np.random.default_rng(seed)
    periods = [f"{y}-{m:02d}" if m > 2 else f"{y}-01/{y}-02" for y in range(2010, 2025) for m in range(2, 13)][:160]
    rows = [(p, i, r) for i in range(25) for r in range(31) for p in periods]
    growth = rng.normal(3.0, 6.0, len(rows)).round(1)
    names = list(zip(*rows, strict=True))
    return {"时期": list(names[0]), "行业": list(names[1]), "地区": list(names[2]), "增速": growth}


def main() -> None:
    options = argparse.ArgumentParser(description="speed of rule packs")
    options.add_argument("--records", type=int, default=100_000)
    options.add_argument("--rules", type=int, default=1000)
    options.add_argument("--repeat", type=int, default=3)
    options.add_argument("--check", action="store_true")
    chosen = options.parse_args()
    text = pack_text(chosen.rules)
    load = timed(lambda: compile_pack(read_pack(text), at=DAY), 1)
    file = read_pack(text)
    program, records = compile_pack(file, at=DAY), typed(columns(chosen.records), file.pack)
    run = timed(lambda: evaluated(program, records), chosen.repeat)
    done = evaluated(program, records)
    explain_all = timed(lambda: done.explain(17), 10)
    size = evaluate("sme_size", [{"行业": "工业", "从业人员": 350, "营业收入": 2100}], at=DAY)
    giant = evaluate("little_giant@2022", [{"上年营业收入": 9000, "前年营业收入": 8000, "上年研发费用": 300}], at=DAY)
    grid, windows = panel(), read_pack(WINDOWS)
    answer = {
        "what": "seconds; synthetic records and rules",
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "numpy": np.__version__},
        "records": chosen.records, "rules": chosen.rules,
        "operations": len(program.nodes), "answers": chosen.records * chosen.rules, "evaluate": run,
        "load_and_compile": load, "explain_all_conditions": explain_all,
        "explain_one_condition": timed(lambda: done.explain(17, condition="R8"), 20),
        "explain_sme_size": timed(lambda: size.explain(0), 20),
        "explain_little_giant": timed(lambda: giant.explain(0), 20),
        "gap_little_giant": timed(lambda: giant.gap(0), 5),
        "windows": timed(lambda: evaluate(windows, grid, at=DAY), 1) | {"records": len(grid["时期"])},
    }  # fmt: skip
    print(json.dumps(answer, ensure_ascii=False, indent=2))
    explained = (
        answer[k]["processor_worst_s"] for k in answer if k.startswith("explain_") and k != "explain_all_conditions"
    )
    slow = max(explained) > EXPLAIN_SECONDS or run["processor_worst_s"] > EVALUATE_SECONDS
    if chosen.check and slow:
        sys.exit(1)


if __name__ == "__main__":
    main()
