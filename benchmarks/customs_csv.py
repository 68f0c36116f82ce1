"""How fast a customs query export is read, and in how much memory; one process a question.

Run as ``python benchmarks/customs_csv.py`` (``--rows 20000000`` for the large file). A synthetic file in the shape of
the platform's export (GB18030, quoted amounts, three figures a line) is written into a temporary folder, then read
three ways: batches made and left alone (``read``), written as Parquet parts (``parts``), and committed to a Delta
table as one commit (``commit``). Rows per second count the lines of the file; memory is the largest resident size.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

MIB = 1 << 20
LIMIT_ROWS_PER_SECOND = 500_000
LIMIT_MIB = 2048
HEADER = (
    "数据年月,商品编码,商品名称,贸易伙伴编码,贸易伙伴名称,贸易方式编码,贸易方式名称,注册地编码,注册地名称,"
    "第一数量,第一计量单位,第二数量,第二计量单位,美元,\r\n"
)
_LINES = """
SELECT '2025' || lpad(CAST(1 + i % 12 AS VARCHAR), 2, '0') || ',' || CAST(95030000 + (i * 7919) % 4000 AS VARCHAR)
  || ',"供儿童乘骑的带轮玩具,第' || CAST(i % 500 AS VARCHAR) || '种",' || CAST(101 + i % 230 AS VARCHAR) || ','
  || ['美国', '中国香港', '阿尔巴尼亚', '圣文森特和格林纳丁斯'][1 + i % 4] || ',' || CAST(10 + i % 20 AS VARCHAR)
  || ',来料加工装配贸易,' || ['11,北京市', '44,广东省', '33,浙江省', '65,新疆维吾尔自治区'][1 + i % 4]
  || ',"' || format('{:,}', (i * 104729) % 9999999) || '",千克,"' || format('{:,}', (i * 7919) % 99999) || '",个,"'
  || format('{:,}', (i * 1299709) % 99999999) || '",' AS line
FROM range(?, ?) AS t(i)
"""


def write_synthetic(path: Path, rows: int) -> None:
    """A file of that many lines; the same bytes every time."""
    import duckdb

    connection = duckdb.connect()
    with path.open("wb") as file:
        file.write(HEADER.encode("gb18030"))
        for start in range(0, rows, 250_000):
            found = connection.execute(_LINES, [start, min(rows, start + 250_000)]).fetchall()
            file.write("".join(f"{line}\r\n" for (line,) in found).encode("gb18030"))


def ask(question: str, path: Path, folder: Path, threads: int) -> dict[str, float | str]:
    """One reading of the file in this process."""
    from qinggong.sources import customs

    tally = customs.Tally()
    origin = customs.Origin("出口.csv", "0" * 64, dt.datetime(2026, 1, 1, tzinfo=dt.UTC))
    started, parts = time.perf_counter(), list[Path]()
    for number, batch in enumerate(customs.stream(path, origin=origin, tally=tally, threads=threads)):
        if question != "read":
            parts.append(folder / f"part-{number:05d}.parquet")
            batch.relation.write_parquet(str(parts[-1]), compression="zstd")
    if question == "commit":
        commit(folder, parts)
    seconds = time.perf_counter() - started
    return {
        "question": question,
        "rows": tally.rows,
        "observations": tally.observations,
        "seconds": round(seconds, 2),
        "rows_per_second": round(tally.rows / seconds),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


def commit(folder: Path, parts: list[Path]) -> None:
    """All parts as one commit of a Delta table in their folder."""
    from deltalake import DeltaTable
    from deltalake.transaction import AddAction, RemoveAction

    from qinggong.store.delta import DeltaStore

    table: DeltaTable = DeltaStore(folder)._made()
    now = int(time.time() * 1000)
    actions: list[AddAction | RemoveAction] = [AddAction(p.name, p.stat().st_size, {}, now, True, "{}") for p in parts]
    table.create_write_transaction(actions, mode="append", schema=table.schema())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=2_000_000)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--only", choices=("read", "parts", "commit"))
    parser.add_argument("--no-record", action="store_true", help="print only")
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.file is not None:
        with tempfile.TemporaryDirectory() as folder:
            print(json.dumps(ask(given.only, given.file, Path(folder), given.threads)))
        return
    answers = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "export.csv"
        write_synthetic(path, given.rows)
        print(f"{given.rows} rows, {path.stat().st_size / MIB:.0f} MiB")
        for question in (given.only,) if given.only else ("read", "parts", "commit"):
            command = [
                sys.executable,
                __file__,
                "--file",
                str(path),
                "--only",
                question,
                "--threads",
                str(given.threads),
            ]
            answer = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            answers.append(answer)
            print(answer)
    if not given.no_record:
        import deltalake
        import duckdb

        results = Path(__file__).resolve().parent / "results"
        results.mkdir(exist_ok=True)
        machine = {"cores": os.cpu_count(), "machine": platform.machine(), "python": platform.python_version()}
        versions = {"duckdb": duckdb.__version__, "deltalake": deltalake.__version__}
        limits = {"rows_per_second": LIMIT_ROWS_PER_SECOND, "peak_mib": LIMIT_MIB}
        document = {"machine": machine | versions, "load": os.getloadavg()[0], "limits": limits, "answers": answers}
        target = results / f"customs_csv-{dt.date.today().isoformat()}.json"
        target.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
