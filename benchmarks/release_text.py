"""How many releases a second are read (发布文字的提取速度)? Prints one JSON object.

A release is about 1,500 characters of prose and a table of 20 rows with four figures each, as HTML, made up from the
catalogue's names; the whole way is measured, from bytes to rows, on one core; the figure is the
median of windows of one second. Usage::

    python benchmarks/release_text.py [--seconds 5] [--check]

``--check`` ends with status 1 below the reach of 200 releases a second.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import sys
import time
from pathlib import PurePath

from qinggong.catalogue import Catalogue, load_catalogue
from qinggong.sources.release_text import PARSER_VERSION, SHAPE

REACH = 200
DIFFERENT = 50
CHARACTERS = 1500


def release(rng: random.Random, catalogue: Catalogue) -> str:
    """One made-up release as HTML."""
    divisions = [i.name for i in catalogue.industries.values() if i.level == "division"]
    products = [(s.name, s.unit) for s in catalogue.subjects.values() if s.kind == "product" and "(" not in s.name]
    last = rng.randint(3, 11)
    run = f"1—{last}月份"

    def growth() -> str:
        value = rng.randint(-199, 199) / 10
        return f"{'增长' if value >= 0 else '下降'}{abs(value)}%"

    paragraphs = [
        f"{run}，规模以上工业企业实现利润总额{rng.randint(9000, 70000)}.{rng.randint(0, 9)}亿元，同比{growth()}（按可比口径计算）。",
        f"{last}月份，规模以上工业增加值同比实际{growth()}，增速比{last - 1}月份回落0.{rng.randint(1, 9)}个百分点。",
        f"{last}月末，规模以上工业企业应收账款25.{rng.randint(10, 99)}万亿元，同比{growth()}；产成品存货6.47万亿元，{growth()}。",
        "国有控股企业实现利润总额1234.5亿元，同比下降1.3%；私营企业增长2.6%。",
    ]
    length = sum(map(len, paragraphs))
    while length < CHARACTERS:
        if rng.random() < 0.5:
            some = rng.sample(divisions, 4)
            told = "，".join(f"{name}{growth()}" for name in some[1:])
            text = f"{run}，主要行业利润情况如下：{some[0]}利润同比{growth()}，{told}。"
        else:
            name, unit = rng.choice(products)
            text = f"{run}，{name}产量{rng.randint(100, 9999)}.{rng.randint(0, 9)}{unit}，同比{growth()}，增速比上月加快0.3个百分点。"
        paragraphs.append(text)
        length += len(text)
    rows = "".join(
        f"<tr><td>{name}</td><td>{rng.randint(100, 90000)}.{rng.randint(0, 9)}</td><td>{rng.randint(-99, 99) / 10}</td>"
        f"<td>{rng.randint(1, 9000)}.{rng.randint(0, 9)}</td><td>{rng.randint(-99, 99) / 10}</td></tr>"
        for name in rng.sample(divisions, 20)
    )
    head = (
        "<tr><td rowspan=2>行业</td><td colspan=2>营业收入</td><td colspan=2>利润总额</td></tr>"
        "<tr><td>金额（亿元）</td><td>同比增长（％）</td><td>金额（亿元）</td><td>同比增长（％）</td></tr>"
    )
    title = f"2024年{run}全国规模以上工业企业利润"
    body = "".join(f"<p>{text}</p>" for text in paragraphs)
    return (
        f"<html><head><title>{title}</title></head><body><h1>{title}</h1><p>2024/12/27 09:30</p><p>来源：国家统计局</p>"
        f"{body}<p>2024年{run}规模以上工业企业主要财务指标（分行业）</p><table>{head}{rows}</table></body></html>"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    rng = random.Random(20241208)
    catalogue = load_catalogue()
    pages = [release(rng, catalogue).encode() for _ in range(DIFFERENT)]
    path = PurePath("release.html")
    rows = sum(len(SHAPE.parse(path, page).rows) for page in pages)
    windows: list[float] = []
    done = 0
    processor = time.process_time()
    for _ in range(max(1, round(options.seconds))):
        started, before = time.perf_counter(), done
        while (elapsed := time.perf_counter() - started) < 1.0:
            SHAPE.parse(path, pages[done % DIFFERENT])
            done += 1
        windows.append((done - before) / elapsed)
    rate = statistics.median(windows)
    processor = time.process_time() - processor
    result = {
        "what": "releases read per second, one core, bytes to rows",
        "releases_per_second": round(rate, 1),
        "slowest_and_fastest_second": [round(min(windows), 1), round(max(windows), 1)],
        "releases_per_processor_second": round(done / processor, 1),
        "reach": REACH,
        "rows_per_release": round(rows / DIFFERENT, 1),
        "rows_per_second": round(rate * rows / DIFFERENT),
        "bytes_per_release": sum(map(len, pages)) // DIFFERENT,
        "releases": done,
        "seconds": len(windows),
        "parser_version": PARSER_VERSION,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    print(json.dumps(result, ensure_ascii=False, indent=2))
    return 1 if options.check and rate < REACH else 0


if __name__ == "__main__":
    sys.exit(main())
