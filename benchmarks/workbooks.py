"""How fast series workbooks become raw rows: the real exports where they lie beside the project, and a made-up one.

Run as ``.venv/bin/python benchmarks/workbooks.py [--data FOLDER]``; prints JSON. Counted are the cells of all sheets,
timed is everything from the bytes of the file to the last raw row. One warm-up, then the best and the median of five.
"""

from __future__ import annotations

import argparse
import datetime as dt
import io
import json
import statistics
import time
from pathlib import Path, PurePath
from typing import Any

import xlsxwriter  # type: ignore[import-untyped]

from qinggong.sources.base import UnreadableFile
from qinggong.sources.series_workbook import SHAPE, open_sheets

ROOT = Path(__file__).resolve().parent.parent
DATA = ROOT.parent / "shared" / "data" / "china_subsector_monthly"
TARGET = 100_000
RUNS = 5


def made_up(*, series: int = 300, years: int = 30) -> bytes:
    """合成: a sheet like those of a terminal, newest first."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet, day = book.add_worksheet("合成"), book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.write_row(0, 0, ["指标名称", *[f"规模以上工业增加值:家具制造业:当月同比.{j % 90}" for j in range(series)]])
    months = [dt.datetime(2024 - y, 12 - m, 28) for y in range(years) for m in range(12)]
    for i, month in enumerate(months, start=1):
        sheet.write_datetime(i, 0, month, day)
        sheet.write_row(i, 1, [i / 10] * series)
    book.close()
    return out.getvalue()


def measure(path: PurePath, content: bytes) -> dict[str, Any]:
    """Cells, rows and cells a second of one file."""
    cells = sum(sum(map(len, sheet.lines)) for sheet in open_sheets(path, content))
    times, rows = [], 0
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        rows = len(SHAPE.parse(path, content).rows)
        times.append(time.perf_counter() - start)
    best, median = min(times[1:]), statistics.median(times[1:])
    return {
        "file": path.name, "bytes": len(content), "cells": cells, "rows": rows, "seconds_best": round(best, 3),
        "seconds_median": round(median, 3), "cells_per_second": round(cells / median),
    }  # fmt: skip


def main() -> None:
    options = argparse.ArgumentParser(description="cells a second of series workbooks")
    options.add_argument("--data", type=Path, default=DATA)
    files = sorted(options.parse_args().data.glob("*.xlsx"))
    results = [measure(PurePath("made_up.xlsx"), made_up())]
    for path in files:
        try:
            results.append(measure(path, path.read_bytes()))
        except UnreadableFile as error:
            results.append({"file": path.name, "refused": str(error)})
    timed = [r for r in results if "cells" in r]
    total = sum(r["cells"] for r in timed) / sum(r["seconds_median"] for r in timed)
    summary = {"cells_per_second": round(total), "target": TARGET, "met": total >= TARGET}
    print(json.dumps({"question": "workbooks", **summary, "files": results}, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
